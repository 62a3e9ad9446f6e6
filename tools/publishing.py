"""What is committed of a run of the tiny track: its notebooks, result tables and pictures.

    python -m tools.publishing                      # everything, made again: 15 to 35 minutes
    python -m tools.publishing --resume             # everything, with the trainings in artifacts/
    python -m tools.publishing --notebooks 02 03    # these notebooks alone, without the results
    python -m tools.publishing plans                # the table of what fits on which GPU: minutes

Notebooks are stored over notebooks/, cleaned, each as soon as it is done; results go into
data/results and between the markers of their pages (`PAGES`) once all of them are.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from labutils import notebooks
from labutils.common.errors import LabError, one_message
from labutils.common.files import read_json, write_json, write_text
from labutils.common.text import counted
from labutils.engine import TRIVIAL, found_runs
from labutils.evaluation.fact_report import COMPARED_FACTS, facts_explained
from labutils.evaluation.intervals import Interval
from labutils.lab import run_lab
from labutils.planning import Plan, all_plans
from labutils.tracks import DATA, REPOSITORY, Track, choose_track
from labutils.views.forgetting import forgetting_cell, plot_forgetting
from labutils.views.plans import plan_table
from labutils.views.plots import plot_comparison
from labutils.views.scores import score_tables
from labutils.views.tables import METRIC_NAMES, costs, markdown, print_table, table_text

if TYPE_CHECKING:
    from labutils.runs import Run

RESULTS = DATA / "results"
PAGES = {
    "results": REPOSITORY / "README.md",
    "tested_short": REPOSITORY / "README.md",
    "comparison": REPOSITORY / "docs" / "results.md",
    "seeds": REPOSITORY / "docs" / "results.md",
    "methods": REPOSITORY / "docs" / "results.md",
    "tested": REPOSITORY / "docs" / "results.md",
    "forgetting": REPOSITORY / "docs" / "results.md",
    "methods_forgetting": REPOSITORY / "docs" / "results.md",
    "scores": REPOSITORY / "docs" / "results.md",
    "bench": REPOSITORY / "docs" / "speed.md",
    "bench_gpu": REPOSITORY / "docs" / "speed.md",
    "padding_free": REPOSITORY / "docs" / "speed.md",
    "bench_cpu": REPOSITORY / "docs" / "speed.md",
    "plans": REPOSITORY / "docs" / "speed.md",
    "attack": REPOSITORY / "CONTRIBUTING.md",
}
"""The page that shows each block."""

NOT_IN_README = ("longest turn", "random summary")
"""Systems without a model that another one beats: lead-3 on facts, the nearest chat on ROUGE."""

OF_WHOLE_RUNS = ("seconds", "seconds_by_stage", "whole_fresh_run")
"""What a report says of the lab's time."""

BLOCK = r"(<!-- {name} -->\n).*?(<!-- end of {name} -->)"


def results_table(
    report: dict,
    facts: Sequence[str] = COMPARED_FACTS,
    rouge: Sequence[str] = ("rouge1", "rougeL"),
) -> str:
    """A report.json as a Markdown table of these scores, with its protocol under it."""
    systems = report["systems"]
    facts = facts if all("facts" in system for system in systems) else ()
    columns = {METRIC_NAMES[name]: ("facts", name) for name in facts}
    columns |= {METRIC_NAMES[name]: ("rouge", name) for name in rouge}
    rows = []
    for system in systems:
        scores = [in_two_lines(Interval(**system[group][name])) for group, name in columns.values()]
        rows.append([system["name"], *scores, *costs(system).values()])
    heads = ["system", *columns, "parameters trained", "training", "to keep"]
    told = (
        f"0-1, with 95% bootstrap intervals by dialogue; {report['test_dialogues']} test "
        f"dialogues of {report['dataset']} x "
        f"{counted(report['references_per_dialogue'], 'reference')}; "
        f"{report['scorer']}; seed {report['seed']}; {report['model']} on a "
        f"{report['device'].upper()}; {systems[-1]['train_rows']:,} training rows."
    )
    if facts:
        told += f" {facts_explained(facts)}"
    return f"{markdown(heads, rows)}\n\n{told}"


def in_two_lines(interval: Interval) -> str:
    """An interval for a narrow column of a page: broken before its bracket, and only there."""
    return str(interval).replace(" [", "<br>[").replace(", ", ",\N{NO-BREAK SPACE}")


def short_results(report: dict) -> str:
    """`results_table` with what README needs of it; docs/results.md shows all."""
    systems = [system for system in report["systems"] if system["name"] not in NOT_IN_README]
    return results_table(
        report | {"systems": systems}, ("facts", "outcome", "new_name"), ("rouge1",)
    )


def forgetting_rows(matrix: dict) -> str:
    """A forgetting matrix as a Markdown table: score and change of each system on each task."""
    first = matrix["systems"][0]["scores"]
    table = markdown(
        ["system", *(f"{task}, {first[task]['metric']}" for task in matrix["tasks"])],
        [
            [system["name"], *(forgetting_cell(system["scores"][task]) for task in matrix["tasks"])]
            for system in matrix["systems"]
        ],
    )
    steps = max(system["steps"] for system in matrix["systems"])
    rows = ", ".join(f"{task} {cell['n']}" for task, cell in first.items())
    return (
        f"{table}\n\nScores 0-1; in brackets the change against zero-shot, paired by row, * p < "
        f"0.05 after Holm's correction for the number of changes. {steps:,} optimizer steps each. "
        f"Test rows: {rows}."
    )


def scores_text(report: dict) -> str:
    """What `python -m labutils score` prints of a report, as a block of text."""
    return "\n\n".join(["```text", *map(table_text, score_tables(report)), "```"])


def plan_rows(record: dict) -> str:
    """A plans.json, {name: {card: a Plan's fields}}, as a Markdown table."""
    plans = {
        name: {card: Plan(**found) for card, found in cards.items()}
        for name, cards in record.items()
    }
    table = plan_table(plans)
    rows = markdown(["model, method", *table], table.itertuples())
    return f"{rows}\n\n{table.attrs['caption']}"


def store_plans(plans: dict[str, dict[str, Plan]]) -> None:
    """Put `planning.all_plans` into data/results and its page."""
    record = {
        name: {card: asdict(found) for card, found in cards.items()}
        for name, cards in plans.items()
    }
    show(plans=plan_rows(record))
    write_json(RESULTS / "plans.json", record)


def results_block(text: str, name: str = "results", page: str = "README.md") -> re.Match[str]:
    """A part of a page between its two markers; LabError if the markers are gone."""
    if not (found := re.search(BLOCK.format(name=name), text, re.S)):
        raise LabError(f"{page} has lost its <!-- {name} --> ... <!-- end of {name} --> lines.")
    return found


def with_block(text: str, name: str, content: str, page: str = "README.md") -> str:
    """The page's text with new content between the markers of `name`."""
    found = results_block(text, name, page)
    return text[: found.start()] + f"{found[1]}{content}\n{found[2]}" + text[found.end() :]


def show(**blocks: str) -> None:
    """Write {name: content} into the pages; if one has lost its markers, LabError and nothing."""
    texts: dict[Path, str] = {}
    for name, content in blocks.items():
        page = PAGES[name]
        text = texts.get(page) or page.read_text("utf-8")
        texts[page] = with_block(text, name, content, page.name)
    for page, text in texts.items():
        write_text(page, text)


def store_results(track: Track, runs: Sequence[Run]) -> None:
    """Put the tables and plots of a run into data/results and their pages."""
    report = _with_whole_seconds(read_json(track.artifacts / "report.json"))
    blocks = {"results": short_results(report), "comparison": results_table(report)}
    records = {"report": report}
    if (path := track.artifacts / "forgetting.json").is_file():
        records["forgetting"] = read_json(path)
        blocks["forgetting"] = forgetting_rows(records["forgetting"])
    if (path := track.artifacts / "scores.json").is_file():
        records["scores"] = read_json(path)
        blocks["scores"] = scores_text(records["scores"])
    show(**blocks)
    for name, record in records.items():
        write_json(RESULTS / f"{name}.json", record)
    if "forgetting" in records:
        plot_forgetting(records["forgetting"]).savefig(RESULTS / "forgetting.png", dpi=110)
    trivial = found_runs(track, [TRIVIAL["lead-3"], TRIVIAL["nearest chat"]])
    plot_comparison([*trivial, *runs]).savefig(RESULTS / "comparison.png", dpi=110)


def _with_whole_seconds(report: dict) -> dict:
    """A report whose seconds are those of a whole fresh run: the stored ones if it was none."""
    if report.get("whole_fresh_run"):
        return report
    stored = RESULTS / "report.json"
    known = read_json(stored) if stored.is_file() else {}
    rest = {key: value for key, value in report.items() if key not in OF_WHOLE_RUNS}
    return rest | {key: known[key] for key in OF_WHOLE_RUNS if key in known}


def publish_lab(numbers: Sequence[str] | None = None, *, fresh: bool = True) -> None:
    """Run notebooks on the tiny track and store them, and after all of them their results.

    The demo comes last, in an artifacts folder of its own: it is shown as a fresh clone shows it,
    without runs of one's own.

    Args:
        numbers: of the notebooks, as for `run_lab`; default all, with the demo. The results are
            stored with all of them only, as the seconds of a few are not the lab's.
        fresh: set earlier runs aside and make them again.

    Raises:
        LabError: as `run_lab`; or a page has lost its markers.
    """
    os.environ["LAB_TRACK"] = "tiny"  # for the notebooks' kernels
    lessons = [number for number in numbers or [] if number != notebooks.DEMO]
    if lessons or not numbers:
        track = choose_track()
        runs = run_lab(track, numbers=lessons, fresh=fresh, on_executed=notebooks.store)
        if not numbers:
            store_results(track, runs)
    if not numbers or notebooks.DEMO in numbers:
        with TemporaryDirectory() as folder:
            os.environ["LAB_ARTIFACTS"] = folder
            run_lab(choose_track(), numbers=[notebooks.DEMO], on_executed=notebooks.store)


@one_message()
def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=("lab", "plans"), default="lab")
    parser.add_argument(
        "--notebooks",
        nargs="+",
        metavar="NN",
        help="store these alone (01 03 instructor_demo), with the trainings in artifacts/",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the trainings in artifacts/ instead of making them again",
    )
    args = parser.parse_args(arguments)
    if args.what == "lab":
        publish_lab(args.notebooks, fresh=not (args.notebooks or args.resume))
    else:
        plans = all_plans()
        print_table(plan_table(plans))
        store_plans(plans)


if __name__ == "__main__":
    main()
