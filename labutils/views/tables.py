"""Tables of finished runs over the same test dialogues, with captions in attrs["caption"].

Every number in them comes from a run record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from labutils.common.errors import LabError
from labutils.common.text import NO_MATH, counted, printable
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
)
from labutils.evaluation.rouge import METRICS, UNICODE_SCORER

if TYPE_CHECKING:
    from labutils.runs import Run

METRIC_NAMES = {name: name.replace("rouge", "ROUGE-") for name in METRICS} | FACT_NAMES


def comparison_table(runs: Sequence[Run]) -> pd.DataFrame:
    """One system per column: ROUGE with 95% intervals (0-1), facts if all have them, and costs.

    Raises:
        LabError: no runs, or runs over different test sets.
    """
    _check_comparable(runs)
    columns, facts = {}, _facts_of_all(runs)
    shown = (*METRICS, *facts)
    for run in runs:
        record = run.record
        columns[run.name] = {
            **{METRIC_NAMES[name]: str(interval_of(run.intervals[name])) for name in shown},
            "parameters": f"{record['total_parameters']:,}",
            "training rows": f"{record['train_rows']:,}",
            "optimizer steps": f"{record.get('steps', 0):,}",
            "peak memory": f"{record['peak_memory_mib']:,.0f} MiB",
            **costs(record),
        }
    caption = f"{protocol(runs)} {FACTS_EXPLAINED}" if facts else protocol(runs)
    return captioned(pd.DataFrame(columns), caption)


def methods_table(runs: Sequence[Run]) -> pd.DataFrame:
    """`comparison_table` in short, one system per row: for many of them in a terminal."""
    table = comparison_table(runs)
    shown = [METRIC_NAMES[name] for name in compared_by(runs)]
    costs = ["trained", "optimizer steps", "training", "peak memory", "to keep"]
    return captioned(table.loc[[*shown, *costs]].T, table.attrs["caption"])


def compared_by(runs: Sequence[Run]) -> tuple[str, ...]:
    """The metrics that many systems are compared by, the one that decides first."""
    return (*(("facts_f1",) if _facts_of_all(runs) else ()), "rouge1", "rougeL")


def _facts_of_all(runs: Sequence[Run]) -> tuple[str, ...]:
    """The fact metrics to compare runs by: none if a run was made without facts."""
    return COMPARED_FACTS if all(run.has_facts for run in runs) else ()


def seconds_told(record: dict) -> str:
    """A training's seconds from a run's record, and whether they are those of its last part."""
    resumed = record.get("resumed_from_step")
    return f"{record['train_seconds']:.0f} s" + (f" (from step {resumed} on)" if resumed else "")


def costs(record: dict) -> dict[str, str]:
    """What a training took and left, in words, from a run's record or its part of a report."""
    total, trained = record["total_parameters"], record["trainable_parameters"]
    if not trained:
        return {"trained": "none", "training": "none", "to keep": "nothing"}
    return {
        "trained": f"{trained:,} ({trained / total:.1%})",
        "training": seconds_told(record),
        "to keep": f"{record['saved_mib']:.2f} MiB",
    }


def difference_table(runs: Sequence[Run], metrics: Sequence[str] | None = None) -> pd.DataFrame:
    """Every two systems: the later minus the earlier, paired by dialogue, with 95% intervals.

    A star marks a difference whose p-value is below 0.05 after Holm's correction for the pairs of
    its column.

    Args:
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
    return captioned(pd.DataFrame(rows).T, f"{DIFFERENCES} {sample}")


def p_table(runs: Sequence[Run]) -> pd.DataFrame:
    """The p-values behind ROUGE-1's stars: as they came, and corrected in two ways.

    Returns:
        A DataFrame, a row for every two systems; attrs["lost"] counts the differences of all
        METRICS that are below 0.05 when corrected for the pairs of their metric, and not any more
        when corrected for everything that is tested.
    """
    found = differences(runs, METRICS)
    corrected = holm([one["p"] for one in found])
    tests, pairs = len(found), len(found) // len(METRICS)
    rows = {
        f"{one['a']} minus {one['b']}": {
            "p": p_text(one["p"]),
            f"corrected for {pairs} pairs": p_text(one["p_holm"], comparisons=pairs),
            f"corrected for all {tests}": p_text(p, comparisons=tests),
        }
        for one, p in zip(found, corrected)
        if one["metric"] == METRICS[0]
    }
    table = captioned(pd.DataFrame(rows).T, f"{METRIC_NAMES[METRICS[0]]}. {protocol(runs)}")
    table.attrs["lost"] = sum(one["p_holm"] < 0.05 <= p for one, p in zip(found, corrected))
    return table


def against_first(scores: Mapping[str, Values], metric: str, *, seed: int = 42) -> pd.DataFrame:
    """Several settings over the same items, each also compared with the first of them, in pairs.

    Two overlapping intervals say little about a difference; the paired difference says it.

    Args:
        scores: {setting: one score per item, 0-1}.
        metric: what was scored, for the column's name.
        seed: of the bootstrap.

    Returns:
        One row a setting: its mean with a 95% interval, and its difference from the first, with
        a star where p < 0.05 after Holm's correction for the number of comparisons.

    Raises:
        LabError: unequal lengths, or none.
    """
    first, *others = scores
    found = [paired_difference(scores[name], scores[first], seed=seed) for name in others]
    cells = map(difference_cell, found, holm([difference.p for difference in found]))
    means = {name: str(bootstrap_interval(values, seed=seed)) for name, values in scores.items()}
    gaps = dict(zip(scores, ["", *cells]))
    return captioned(
        pd.DataFrame({metric: means, f"minus {first}, paired": gaps}),
        f"{len(scores[first])} dialogues; 95% bootstrap intervals; * p < 0.05 after Holm's "
        f"correction for the number of comparisons with {first}.",
    )


DIFFERENCES = (
    "Paired by dialogue, with 95% bootstrap intervals; * p < 0.05 after Holm's correction for "
    "the pairs of a column; columns are not corrected for one another."
)


def difference_cell(difference: Difference, p_holm: float) -> str:
    """A Difference, its interval and a star if it is more than noise after correction."""
    return f"{difference}{' *' if p_holm < 0.05 else ''}"


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


NOT_COUNTED = "not counted (no capitals)"
SPELLING = "Names and numbers are compared letter for letter."

CHARACTERS = {
    UNICODE_SCORER: " In scripts without spaces, a character counts as a word, ten as four words."
}


def counts_told(found: dict, form: str) -> dict[str, str]:
    """Failures by their names in tables, each as `form` says, means with one decimal.

    None is what could not be counted: names, in scripts without capitals.
    """

    def cell(key: str, value: float | None) -> str:
        if value is None:
            return NOT_COUNTED
        return f"{value:.1f}" if key in MEANS else form.format(value)

    return {name: cell(key, found[key]) for key, name in COUNTED.items() if key in found}


def share_told(failures: dict, kind: str) -> str:
    """The share of summaries that fail so, such as "12%", of what `count_failures` found."""
    count = failures[kind]
    return NOT_COUNTED if count is None else f"{count / failures['n']:.0%}"


def interval_of(found: dict) -> Interval:
    """The Interval in a record that may say more."""
    return Interval(found["mean"], found["low"], found["high"])


def failure_table(runs: Sequence[Run]) -> pd.DataFrame:
    """How often each system's summaries visibly fail, and their mean length in words."""
    _check_comparable(runs)
    return captioned(
        pd.DataFrame({run.name: counts_told(run.record["failures"], "{}") for run in runs}),
        f"How many of the {runs[0].record['test_dialogues']} summaries ...; the references have "
        f"{runs[0].record['reference_words']:.1f} words on average. {SPELLING}"
        f"{CHARACTERS.get(runs[0].record['scorer'], '')}",
    )


def protocol(runs: Sequence[Run], by: str = "dialogue") -> str:
    """What stands beside every score: sample size, references, scorer, seed, model and device.

    `by` names what was resampled.
    """
    record = runs[0].record
    references = record["references_per_dialogue"]
    return (
        f"{record['test_dialogues']} {record.get('split', 'test')} dialogues of "
        f"{record['dataset']} x {counted(references, 'reference')}; "
        f"{record['scorer']}; 95% bootstrap "
        f"interval by {by}; seed {record['seed']}; {record['model']} on "
        f"{record['device_name']}."
    )


def show(table: pd.DataFrame) -> None:
    """Display a table with its caption."""
    from IPython.display import HTML, display

    display(HTML(table_html(table)))


READ_AS_TEXT = 50
"""Characters of a cell from which a table's cells are set like text, not like numbers."""


NOWRAP = "<th style='white-space: nowrap'>"
TEXT_CELL = "<td style='text-align: left; white-space: normal'>"
WORDY = re.compile(r"<td>(?=[^<]{24})")
WORDY_CELL = "<td style='text-align: left; white-space: normal; min-width: 9em'>"
"""A cell that beside a longer one would be as narrow as its longest word."""
INTERVAL_CELL = re.compile(r">([-+]?)([\d.]+) (\[[-+.\d]+, [-+.\d]+\])( \*)?(?=</td>)")
"""A cell's sign, number, interval and star."""


BREAK = "\ue000"
"""Of Unicode's private use: a line break on its way through pandas."""


def _with_breaks(cell: Any) -> Any:
    return cell.replace("\n", BREAK) if isinstance(cell, str) else cell


def table_html(table: pd.DataFrame) -> str:
    """A table with its caption as HTML. Texts are escaped, so none is run."""
    # pandas writes a line break in a cell as a backslash and an n, as they may stand in a path.
    broken = table.map(_with_breaks).rename(index=_with_breaks, columns=_with_breaks)
    body = broken.to_html(escape=True, border=0, max_rows=60).replace(BREAK, "<br>")
    # Its own line breaks and indents would be a third of a stored table.
    body = re.sub(r">\n\s*<", "><", body)
    body = re.sub(r">-(0\.0+)</td>", r">\1</td>", body)  # no sign before a zero: see `signed`
    # Differences have long row labels, which would break into four lines beside whole intervals.
    signs = [found[1] for found in INTERVAL_CELL.finditer(body)]
    if any(signs) or len(table.columns) > 3:
        body = INTERVAL_CELL.sub(r">\1\2\4<br>\3", body)
    body = body.replace(" *<", "&nbsp;*<")  # a star stays beside its number
    body = re.sub(r"(\[[-+.\d]+,) (?=[-+.\d]+\])", r"\1&nbsp;", body)  # an interval stays whole
    if table.map(lambda cell: len(str(cell)) > READ_AS_TEXT).to_numpy().any():
        heads, rows = body.split("</thead>")
        heads = heads.replace("<th>", "<th style='text-align: left'>")
        rows = WORDY.sub(WORDY_CELL, rows).replace("<td>", TEXT_CELL)
        body = f"{heads}</thead>{rows.replace('<th>', NOWRAP)}"
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


def captioned(table: pd.DataFrame, caption: str) -> pd.DataFrame:
    """The table, with a caption that `show` and `print_table` set below it."""
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


def markdown(heads: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A table as Markdown: its headings, and as many cells in each row."""
    lines = [heads, ["---"] * len(heads), *rows]
    text = "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
    return re.sub(r"(\[[-+.\d]+,) (?=[-+.\d]+\])", "\\1\u00a0", text)  # intervals stay whole
