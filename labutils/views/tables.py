"""Tables of finished runs. Every number in them comes from a run record."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from labutils.common.errors import LabError
from labutils.evaluation.fact_report import COMPARED_FACTS, FACT_NAMES, FACTS_EXPLAINED
from labutils.evaluation.failures import MEANS
from labutils.evaluation.intervals import Difference, Interval, paired_differences
from labutils.evaluation.rouge import METRICS

if TYPE_CHECKING:
    from labutils.runs import Run

METRIC_NAMES = {name: name.replace("rouge", "ROUGE-") for name in METRICS} | FACT_NAMES


def comparison_table(runs: Sequence[Run]) -> pd.DataFrame:
    """One system per column: ROUGE with 95 % intervals (0-1), facts if all have them, and costs.

    Args:
        runs: Run objects over the same test dialogues.

    Returns:
        A DataFrame whose attrs["caption"] tells the protocol (`protocol`).

    Raises:
        LabError: no runs, or runs over different test sets.
    """
    _check_comparable(runs)
    columns, facts = {}, _facts_of_all(runs)
    for run in runs:
        record = run.record
        columns[run.name] = {
            **{METRIC_NAMES[name]: str(Interval(**record["rouge"][name])) for name in METRICS},
            **{METRIC_NAMES[name]: str(Interval(**record["facts"][name])) for name in facts},
            "parameters": f"{record['total_parameters']:,}",
            "training rows": f"{record['train_rows']:,}",
            "optimizer steps": f"{record.get('steps', 0):,}",
            "peak memory": f"{record['peak_memory_mib']:,.0f} MiB",
            **costs(record),
        }
    caption = f"{protocol(runs)} {FACTS_EXPLAINED}" if facts else protocol(runs)
    return _captioned(pd.DataFrame(columns), caption)


def _facts_of_all(runs: Sequence[Run]) -> tuple[str, ...]:
    """The fact metrics to compare runs by: none if a run was made without facts."""
    return COMPARED_FACTS if all(run.has_facts for run in runs) else ()


def costs(record: dict) -> dict[str, str]:
    """What a training took and left, in words, from a run's record or its part of a report."""
    total, trained = record["total_parameters"], record["trainable_parameters"]
    if not trained:
        return {"trained": "none", "training": "none", "to keep": "nothing"}
    resumed = record.get("resumed_from_step")
    since = f" (from step {resumed} on)" if resumed else ""
    return {
        "trained": f"{trained:,} ({trained / total:.1%})",
        "training": f"{record['train_seconds']:.0f} s{since}",
        "to keep": f"{record['saved_mib']:.2f} MiB",
    }


def difference_table(runs: Sequence[Run], metrics: Sequence[str] | None = None) -> pd.DataFrame:
    """Every two systems: the later minus the earlier, paired by dialogue, with 95 % intervals.

    A star marks a difference whose p-value is below 0.05 after Holm's correction for the number
    of pairs.

    Args:
        runs: Run objects over the same test dialogues.
        metrics: of METRIC_NAMES; default ROUGE-1, -2, -L and, if all runs have them, the facts.

    Raises:
        LabError: no runs, runs over different test sets, or without a metric.
    """
    _check_comparable(runs)
    rows: dict[str, dict[str, str]] = {}
    for metric in metrics or (*METRICS[:3], *_facts_of_all(runs)[:3]):
        if lacking := [run.name for run in runs if metric not in run.items]:
            raise LabError(f"{', '.join(lacking)}: tested without {metric}; make the runs again.")
        scores = {run.name: run.items[metric] for run in runs}
        for a, b, found, p_holm in paired_differences(scores, seed=runs[0].record["seed"]):
            row = rows.setdefault(f"{a} minus {b}", {})
            row[METRIC_NAMES[metric]] = difference_cell(found, p_holm)
    return _captioned(pd.DataFrame(rows).T, f"{DIFFERENCES} {protocol(runs)}")


DIFFERENCES = (
    "Paired by dialogue, with 95 % bootstrap intervals; * p < 0.05 after Holm's correction for "
    "the number of pairs."
)


def difference_cell(difference: Difference, p_holm: float) -> str:
    """A Difference, its interval and a star if it is more than noise after correction."""
    return f"{difference}{' *' if p_holm < 0.05 else ''}"


def score_tables(report: dict) -> list[pd.DataFrame]:
    """What `rouge.score` found, as tables: scores, paired differences, and counts.

    Returns:
        A list of DataFrames with captions; without a second system there are no differences.
    """
    humans = "humans" if "humans" not in report["systems"] else "(humans)"
    scores, counts = {}, {}
    for name, found in [*report["systems"].items(), (humans, report["human"])]:
        if METRICS[0] in found:
            scores[name] = _score_column(found, best=name != humans)
        counts[name] = {
            COUNTED[key]: f"{found[key]:.1f}" if key in MEANS else f"{found[key]:.1%}"
            for key in COUNTED
            if key in found
        }
    sample = (
        f"{report['n_dialogues']} dialogues, {report['n_rows']} rows, references per dialogue: "
        f"{report['references_per_dialogue']}"
    )
    caption = (
        f"{sample}; {report['scorer']} (best: the highest of them); 95 % bootstrap interval by "
        f"dialogue; seed {report['seed']}."
    )
    if humans in scores:
        caption += (
            f" {humans}: each reference against the others of its dialogue, in "
            f"{report['human']['n_dialogues']} dialogues."
        )
    counted = _captioned(pd.DataFrame(counts), f"Share of the summaries that ...; {sample}.")
    facts = _fact_tables(report["facts"], humans, sample) if "facts" in report else []
    differences = _differences(report["differences"], sample)
    return [_captioned(pd.DataFrame(scores), caption), *differences, *facts, counted]


def _differences(items: list[dict], sample: str) -> list[pd.DataFrame]:
    """Paired differences of a report as a list of one table; of none without a second system."""
    rows: dict[str, dict[str, str]] = {}
    for item in items:
        found = Difference(*(item[key] for key in ("mean", "low", "high", "p", "spread")))
        row = rows.setdefault(f"{item['a']} minus {item['b']}", {})
        row[METRIC_NAMES[item["metric"]]] = difference_cell(found, item["p_holm"])
    return [_captioned(pd.DataFrame(rows).T, f"{DIFFERENCES} {sample}.")] if rows else []


def _fact_tables(report: dict, humans: str, sample: str) -> list[pd.DataFrame]:
    columns = {
        name: {label: str(Interval(**found[key])) for key, label in FACT_NAMES.items()}
        for name, found in [*report["systems"].items(), (humans, report["human"])]
        if found
    }
    caption = f"{FACTS_EXPLAINED} {sample}; 95 % bootstrap interval by dialogue."
    differences = _differences(report["differences"], sample)
    return [_captioned(pd.DataFrame(columns), caption), *differences]


def _score_column(found: dict, best: bool) -> dict[str, str]:
    """Scores of one system; `best` would be of fewer references for humans, so it is left out."""
    column = {METRIC_NAMES[metric]: str(_interval_of(found[metric])) for metric in METRICS}
    for metric in METRICS:
        value = f"{found[metric]['best_of_references']:.3f}" if best else ""
        column[f"{METRIC_NAMES[metric]}, best"] = value
    if "bertscore" in found:
        column["BERTScore"] = f"{found['bertscore']:.3f}"
    return column


COUNTED = {
    "words": "words, on average",
    "continues_dialogue": "continue the dialogue",
    "empty": "are empty",
    "truncated": "end at the token limit",
    "repeats": "repeat four words",
    "copied": "are copied word for word",
    "longest_copy": "longest copy, words",
    "new_names": "have names not in the dialogue",
    "new_numbers": "have numbers not in the dialogue",
}


def _interval_of(found: dict) -> Interval:
    return Interval(found["mean"], found["low"], found["high"])


def failure_table(runs: Sequence[Run]) -> pd.DataFrame:
    """How often each system's summaries visibly fail, and their mean length in words."""
    _check_comparable(runs)
    rows = {run.name: run.record["failures"] for run in runs}
    table = pd.DataFrame(
        {
            name: {
                COUNTED[key]: f"{found[key]:.1f}" if key in MEANS else str(found[key])
                for key in COUNTED
                if key in found
            }
            for name, found in rows.items()
        }
    )
    return _captioned(
        table,
        f"Of {runs[0].record['test_dialogues']} summaries, so many ...; the references have "
        f"{runs[0].record['reference_words']:.1f} words on average.",
    )


def forgetting_table(matrix: dict) -> pd.DataFrame:
    """A forgetting matrix with intervals: one system a column, score and change a task.

    Args:
        matrix: from `forgetting.forgetting_matrix`.

    Returns:
        A DataFrame. A change whose interval excludes zero is marked with a star.
    """
    first = matrix["systems"][0]
    columns = {}
    for system in matrix["systems"]:
        column = {"steps": f"{system['steps']:,}"}
        for task, cell in system["scores"].items():
            score = Interval(cell["mean"], cell["low"], cell["high"])
            change = Interval(cell["change"], cell["change_low"], cell["change_high"])
            label = f"{task}: {cell['metric']}"
            column[label] = str(score)
            mark = " *" if change.excludes_zero else ""
            column[f"{task}: change"] = (
                f"{change.mean:+.3f} [{change.low:+.3f}, {change.high:+.3f}]{mark}"
            )
            for name, value in cell["more"].items():
                column[f"{task}: {name}"] = f"{value:.2f}"
        columns[system["name"]] = column
    rows = ", ".join(f"{task} {cell['n']}" for task, cell in first["scores"].items())
    return _captioned(
        pd.DataFrame(columns),
        f"Scores 0-1, and changes against {first['name']}, paired by row; 95 % bootstrap intervals "
        f"over rows; * excludes zero. Test rows: {rows}.",
    )


def forgetting_cell(cell: dict) -> str:
    """One cell of a forgetting matrix: score, and change with a star beyond noise."""
    change = Interval(cell["change"], cell["change_low"], cell["change_high"])
    return f"{cell['mean']:.2f} ({change.mean:+.2f}{' *' if change.excludes_zero else ''})"


def protocol(runs: Sequence[Run]) -> str:
    """What stands beside every score: sample size, references, scorer, seed, model and device."""
    record = runs[0].record
    references = record["references_per_dialogue"]
    return (
        f"{record['test_dialogues']} {record.get('split', 'test')} dialogues of "
        f"{record['dataset']} x {references} reference{'s' * (references > 1)}; "
        f"{record['scorer']}; 95 % bootstrap "
        f"interval by dialogue; seed {record['seed']}; {record['model']} on "
        f"{record['device_name']}."
    )


def show(table: pd.DataFrame) -> None:
    """Display a table with its caption."""
    from IPython.display import HTML, display

    display(HTML(table_html(table)))


def table_html(table: pd.DataFrame) -> str:
    """A table with its caption as HTML. Texts are escaped, so none is run."""
    body = table.to_html(escape=True, border=0, max_rows=60)
    # A <caption> would be as narrow as its table.
    caption = (
        "<figcaption style='max-width: 60em; padding-top: .5em; font-size: 90%'>"
        f"{escape(table.attrs.get('caption', ''))}</figcaption>"
    )
    scroll = f"<div style='overflow-x: auto; white-space: nowrap'>{body}</div>"
    return f"<figure style='margin: 0'>{scroll}{caption}</figure>"


def table_text(table: pd.DataFrame) -> str:
    """A table with its caption as text, for a terminal."""
    with pd.option_context("display.width", 200, "display.max_columns", None):
        return f"{table}\n{table.attrs.get('caption', '')}"


def print_table(table: pd.DataFrame) -> None:
    """Print a table with its caption."""
    print(f"\n{table_text(table)}\n")


def _captioned(table: pd.DataFrame, caption: str) -> pd.DataFrame:
    table.attrs["caption"] = caption
    return table


def _check_comparable(runs: Sequence[Run]) -> None:
    if not runs:
        raise LabError("No runs to compare. Run the notebooks first: make lab.")
    tested = {tuple(run.items["id"]) for run in runs}
    if len(tested) != 1:
        names = ", ".join(run.name for run in runs)
        raise LabError(f"{names} were tested on different dialogues and cannot be compared.")
