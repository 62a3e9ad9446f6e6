"""Tables of finished runs. Every number in them comes from a run record."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from labutils.common.errors import LabError
from labutils.common.text import NO_MATH, printable
from labutils.evaluation.fact_report import COMPARED_FACTS, FACT_NAMES, FACTS_EXPLAINED
from labutils.evaluation.failures import MEANS
from labutils.evaluation.intervals import (
    Difference,
    Interval,
    Values,
    bootstrap_interval,
    difference_records,
    holm,
    p_text,
    paired_difference,
    paired_differences,
)
from labutils.evaluation.rouge import METRICS, UNICODE_SCORER

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
    shown = (*METRICS, *facts)
    for run in runs:
        record = run.record
        columns[run.name] = {
            **{METRIC_NAMES[name]: str(Interval(**run.intervals[name])) for name in shown},
            "parameters": f"{record['total_parameters']:,}",
            "training rows": f"{record['train_rows']:,}",
            "optimizer steps": f"{record.get('steps', 0):,}",
            "peak memory": f"{record['peak_memory_mib']:,.0f} MiB",
            **costs(record),
        }
    caption = f"{protocol(runs)} {FACTS_EXPLAINED}" if facts else protocol(runs)
    return _captioned(pd.DataFrame(columns), caption)


def methods_table(runs: Sequence[Run]) -> pd.DataFrame:
    """`comparison_table` in short, one system a row: for many of them in a terminal."""
    table = comparison_table(runs)
    shown = [METRIC_NAMES[name] for name in compared_by(runs)]
    costs = ["trained", "optimizer steps", "training", "peak memory", "to keep"]
    return _captioned(table.loc[[*shown, *costs]].T, table.attrs["caption"])


def compared_by(runs: Sequence[Run]) -> tuple[str, ...]:
    """The metrics that many systems are compared by, the one that decides first."""
    return (*(("facts_f1",) if _facts_of_all(runs) else ()), "rouge1", "rougeL")


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

    A star marks a difference whose p-value is below 0.05 after Holm's correction for the pairs of
    its column.

    Args:
        runs: Run objects over the same test dialogues.
        metrics: of METRIC_NAMES; default ROUGE-1, -2, -L and, if all runs have them, the facts.

    Raises:
        LabError: no runs, runs over different test sets, or without a metric.
    """
    return differences_told(differences(runs, metrics), protocol(runs))


def differences(runs: Sequence[Run], metrics: Sequence[str] | None = None) -> list[dict]:
    """What `difference_table` tells, as `intervals.difference_records`."""
    _check_comparable(runs)
    metrics = metrics or (*METRICS[:3], *_facts_of_all(runs)[:3])
    for metric in metrics:
        if lacking := [run.name for run in runs if metric not in run.items]:
            raise LabError(f"{', '.join(lacking)}: tested without {metric}; make the runs again.")
    items: Any = {run.name: run.items for run in runs}
    return difference_records(items, metrics, seed=runs[0].record["seed"])


def differences_told(records: Sequence[dict], sample: str) -> pd.DataFrame:
    """`intervals.difference_records` as a table; `sample` tells what was tested."""
    rows: dict[str, dict[str, str]] = {}
    for record in records:
        found = Difference(*(record[key] for key in ("mean", "low", "high", "p", "spread")))
        row = rows.setdefault(f"{record['a']} minus {record['b']}", {})
        row[METRIC_NAMES[record["metric"]]] = difference_cell(found, record["p_holm"])
    return _captioned(pd.DataFrame(rows).T, f"{DIFFERENCES} {sample}")


def p_table(runs: Sequence[Run]) -> pd.DataFrame:
    """The p-values behind ROUGE-1's stars: as they came, and corrected in two ways.

    Args:
        runs: Run objects over the same test dialogues.

    Returns:
        A DataFrame, a row for every two systems; attrs["lost"] counts the differences of all
        METRICS that are below 0.05 when corrected for the pairs of their metric, and not any more
        when corrected for everything that is tested.
    """
    _check_comparable(runs)
    seed = runs[0].record["seed"]
    found = {
        (f"{a} minus {b}", name): (difference.p, p_pairs)
        for name in METRICS
        for a, b, difference, p_pairs in paired_differences(
            {run.name: run.scores[name] for run in runs}, seed=seed
        )
    }
    everything = dict(zip(found, holm([p for p, _ in found.values()])))
    tests, pairs = len(found), len(found) // len(METRICS)
    rows = {
        pair: {
            "p": p_text(p),
            f"corrected for {pairs} pairs": p_text(p_pairs, comparisons=pairs),
            f"corrected for all {tests}": p_text(everything[pair, name], comparisons=tests),
        }
        for (pair, name), (p, p_pairs) in found.items()
        if name == METRICS[0]
    }
    table = _captioned(pd.DataFrame(rows).T, f"{METRIC_NAMES[METRICS[0]]}. {protocol(runs)}")
    table.attrs["lost"] = sum(p < 0.05 <= everything[key] for key, (_, p) in found.items())
    return table


def against_first(scores: Mapping[str, Values], metric: str, *, seed: int = 42) -> pd.DataFrame:
    """Several settings over the same items, each also compared with the first of them, in pairs.

    Two overlapping intervals say little about a difference; the paired difference says it.

    Args:
        scores: {setting: one score an item, 0-1}.
        metric: what was scored, for the column's name.
        seed: of the bootstrap.

    Returns:
        One row a setting: its mean with a 95 % interval, and its difference from the first, with
        a star where p < 0.05 after Holm's correction for the number of comparisons.

    Raises:
        LabError: unequal lengths, or none.
    """
    first, *others = scores
    found = [paired_difference(scores[name], scores[first], seed=seed) for name in others]
    cells = map(difference_cell, found, holm([difference.p for difference in found]))
    table = pd.DataFrame(
        {
            metric: {
                name: str(bootstrap_interval(values, seed=seed)) for name, values in scores.items()
            },
            f"minus {first}, paired": dict(zip(scores, ["", *cells])),
        }
    )
    count = len(scores[first])
    return _captioned(
        table,
        f"{count} dialogues; 95 % bootstrap intervals; * p < 0.05 after Holm's correction for "
        f"the number of comparisons with {first}.",
    )


DIFFERENCES = (
    "Paired by dialogue, with 95 % bootstrap intervals; * p < 0.05 after Holm's correction for "
    "the pairs of a column; columns are not corrected for one another."
)


def difference_cell(difference: Difference, p_holm: float) -> str:
    """A Difference, its interval and a star if it is more than noise after correction."""
    return f"{difference}{' *' if p_holm < 0.05 else ''}"


def score_tables(report: dict) -> list[pd.DataFrame]:
    """What `rouge.score` found, as tables: scores, paired differences, and counts.

    Returns:
        A list of DataFrames with captions; without a second system there are no differences.
    """
    own = "references" if "references" not in report["systems"] else "(references)"
    scores, counts = {}, {}
    for name, found in [*report["systems"].items(), (own, report["references"])]:
        if METRICS[0] in found:
            scores[name] = _score_column(found, best=name != own)
        counts[name] = {
            COUNTED[key]: _counted(key, found[key], "{:.1%}") for key in COUNTED if key in found
        }
    sample = (
        f"{report['n_dialogues']} dialogues, {report['n_rows']} rows, references per dialogue: "
        f"{report['references_per_dialogue']}"
    )
    caption = (
        f"{sample}; {report['scorer']} (best: the highest of them); 95 % bootstrap interval by "
        f"dialogue; seed {report['seed']}."
    )
    if own in scores:
        caption += (
            f" {own}: each against the others of its dialogue, in "
            f"{report['references']['n_dialogues']} dialogues."
        )
    caption_of_counts = (
        f"Share of the summaries that ...; {sample}.{CHARACTERS.get(report['scorer'], '')}"
    )
    counted = _captioned(pd.DataFrame(counts), caption_of_counts)
    facts = _fact_tables(report["facts"], own, sample) if "facts" in report else []
    differences = _differences(report["differences"], sample)
    judge = [_judge_table(report["judge"])] if "judge" in report else []
    return [_captioned(pd.DataFrame(scores), caption), *differences, *facts, counted, *judge]


def _judge_table(found: dict) -> pd.DataFrame:
    """Ratings of a judge, and whether it earned to be believed."""
    rows = {
        name: {"rating": str(_interval_of(one)), "rated": one["rated"]}
        for name, one in found["ratings"].items()
    }
    caption = (
        f"Ratings 1-5 by the judge, {found['n']} dialogues, with 95 % bootstrap intervals; "
        f"{found['unreadable']} answers were unreadable, {found['repeated']} are an earlier call's "
        "of the same model. Controls: the references, and another "
        "chat's, which must come last. "
    )
    caption += (
        "They lie as they should."
        if found["trusted"]
        else "THEY DO NOT LIE AS THEY SHOULD: this judge's ratings count for nothing."
    )
    return _captioned(pd.DataFrame(rows).T, caption)


def _differences(items: list[dict], sample: str) -> list[pd.DataFrame]:
    """Paired differences of a report as a list of one table; of none without a second system."""
    return [differences_told(items, f"{sample}.")] if items else []


def _fact_tables(report: dict, own: str, sample: str) -> list[pd.DataFrame]:
    columns = {
        name: {label: str(Interval(**found[key])) for key, label in FACT_NAMES.items()}
        for name, found in [*report["systems"].items(), (own, report["references"])]
        if found
    }
    caption = f"{FACTS_EXPLAINED} {sample}; 95 % bootstrap interval by dialogue."
    differences = _differences(report["differences"], sample)
    return [_captioned(pd.DataFrame(columns), caption), *differences]


def _score_column(found: dict, best: bool) -> dict[str, str]:
    """Scores of one system; `best` is left out for references, which have fewer others."""
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
    "longest_copy": "longest copy, words on average",
    "new_names": "have names not in the dialogue",
    "new_numbers": "have numbers not in the dialogue",
}


CHARACTERS = {
    UNICODE_SCORER: " In scripts without spaces, a character counts as a word, ten as four words."
}


def _counted(key: str, value: float | None, share: str) -> str:
    """A cell of COUNTED; None where names cannot be told by their capitals."""
    if value is None:
        return "not counted (no capitals)"
    return f"{value:.1f}" if key in MEANS else share.format(value)


def _interval_of(found: dict) -> Interval:
    return Interval(found["mean"], found["low"], found["high"])


def failure_table(runs: Sequence[Run]) -> pd.DataFrame:
    """How often each system's summaries visibly fail, and their mean length in words."""
    _check_comparable(runs)
    rows = {run.name: run.record["failures"] for run in runs}
    table = pd.DataFrame(
        {
            name: {COUNTED[key]: _counted(key, found[key], "{}") for key in COUNTED if key in found}
            for name, found in rows.items()
        }
    )
    return _captioned(
        table,
        f"Of {runs[0].record['test_dialogues']} summaries, so many ...; the references have "
        f"{runs[0].record['reference_words']:.1f} words on average."
        f"{CHARACTERS.get(runs[0].record['scorer'], '')}",
    )


def forgetting_table(matrix: dict) -> pd.DataFrame:
    """A forgetting matrix in short: one system a row, its score and change on each task.

    Args:
        matrix: from `forgetting.forgetting_matrix`.
    """
    first = matrix["systems"][0]
    rows = {
        system["name"]: {
            f"{task}, {cell['metric']}": forgetting_cell(cell)
            for task, cell in system["scores"].items()
        }
        for system in matrix["systems"]
    }
    caption = f"Scores 0-1; in brackets the change against {first['name']}; {_stars(matrix)}"
    return _captioned(pd.DataFrame(rows).T, caption)


def start_table(matrix: dict) -> pd.DataFrame:
    """What the first system of a forgetting matrix scores, one task a row, with intervals."""
    rows = {
        task: {
            "metric": cell["metric"],
            "score": str(_interval_of(cell)),
            "test rows": cell["n"],
            "also": "; ".join(f"{name}: {value:.2f}" for name, value in cell["more"].items()),
        }
        for task, cell in matrix["systems"][0]["scores"].items()
    }
    caption = "Scores 0-1, with 95 % bootstrap intervals over rows."
    return _captioned(pd.DataFrame(rows).T, caption)


def change_table(matrix: dict) -> pd.DataFrame:
    """The changes of a forgetting matrix with their intervals: one system a row, one task a column.

    Systems that changed no score at all are named in the caption instead.
    """
    first, *others = matrix["systems"]
    rows, same = {}, []
    for system in others:
        cells = system["scores"].values()
        if not any(cell["change_low"] or cell["change_high"] for cell in cells):
            same.append(system["name"])
            continue
        rows[system["name"]] = {task: _change_cell(cell) for task, cell in system["scores"].items()}
    unchanged = f" Without any change: {', '.join(same)}." if same else ""
    caption = (
        f"Changes of scores (0-1) against {first['name']}, paired by row, with 95 % bootstrap "
        f"intervals, which are uncorrected; {_stars(matrix)}{unchanged}"
    )
    return _captioned(pd.DataFrame(rows).T, caption)


def forgetting_cell(cell: dict) -> str:
    """One cell of a forgetting matrix: score, and change with a star beyond noise."""
    return f"{cell['mean']:.2f} ({cell['change']:+.2f}{_star(cell)})"


def _change_cell(cell: dict) -> str:
    """A change over its interval, in two lines; "none" where no row was scored otherwise."""
    if not cell["change_low"] and not cell["change_high"]:
        return "none"
    ends = f"[{cell['change_low']:+.2f}, {cell['change_high']:+.2f}]"
    return f"{cell['change']:+.2f}{_star(cell)}\n{ends}"


def _star(cell: dict) -> str:
    """A star for a change that is more than noise (a matrix of an older version has none)."""
    return " *" if cell.get("p_holm", 1.0) < 0.05 else ""


def _stars(matrix: dict) -> str:
    """What a star in a forgetting matrix means, and how many rows were tested."""
    rows = ", ".join(f"{task} {cell['n']}" for task, cell in matrix["systems"][0]["scores"].items())
    return (
        "* p < 0.05 after Holm's correction for the number of all changes in the matrix. "
        f"Test rows: {rows}."
    )


def protocol(runs: Sequence[Run], by: str = "dialogue") -> str:
    """What stands beside every score: sample size, references, scorer, seed, model and device.

    `by` names what was resampled.
    """
    record = runs[0].record
    references = record["references_per_dialogue"]
    return (
        f"{record['test_dialogues']} {record.get('split', 'test')} dialogues of "
        f"{record['dataset']} x {references} reference{'s' * (references > 1)}; "
        f"{record['scorer']}; 95 % bootstrap "
        f"interval by {by}; seed {record['seed']}; {record['model']} on "
        f"{record['device_name']}."
    )


def show(table: pd.DataFrame) -> None:
    """Display a table with its caption."""
    from IPython.display import HTML, display

    display(HTML(table_html(table)))


READ_AS_TEXT = 50
"""Characters of a cell from which a table's cells are set like text, not like numbers."""


def table_html(table: pd.DataFrame) -> str:
    """A table with its caption as HTML. Texts are escaped, so none is run."""
    # pandas writes a line break in a cell as a backslash and an n; its own line breaks and indents
    # would be a third of a stored table.
    body = table.to_html(escape=True, border=0, max_rows=60).replace("\\n", "<br>")
    body = re.sub(r">\n\s*<", "><", body)
    body = body.replace("] *<", "]&nbsp;*<")  # a star stays beside its interval
    body = re.sub(r"(\[[-+.\d]+,) (?=[-+.\d]+\])", r"\1&nbsp;", body)  # an interval stays whole
    if table.map(lambda cell: len(str(cell)) > READ_AS_TEXT).to_numpy().any():
        body = body.replace("<td>", "<td style='text-align: left'>")
    # A <caption> would be as narrow as its table.
    caption = (
        "<figcaption style='max-width: 60em; padding-top: .5em; font-size: 90%'>"
        f"{escape(table.attrs.get('caption', ''))}</figcaption>"
    )
    scroll = f"<div style='overflow-x: auto; white-space: nowrap'>{body}</div>"
    return f"<figure class='{NO_MATH}' style='margin: 0 0 1.2em'>{scroll}{caption}</figure>"


def table_text(table: pd.DataFrame) -> str:
    """A table with its caption as text, for a terminal."""
    whole = ("display.max_rows", None, "display.max_columns", None, "display.width", 200)
    with pd.option_context(*whole):
        return printable(f"{table}\n{table.attrs.get('caption', '')}")


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
    if len({run.record.get("scorer") for run in runs}) > 1:
        raise LabError("These runs were scored by different scorers; make them again with --fresh.")
