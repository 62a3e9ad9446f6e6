"""ROUGE beside the facts: a table, a figure, and two summaries that ROUGE puts in wrong order.

Runs are over the test split, and dialogues its texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from labutils.evaluation.agreement import supported_share
from labutils.evaluation.fact_report import COMPARED_FACTS, FACT_NAMES
from labutils.evaluation.intervals import bootstrap_interval
from labutils.evaluation.rouge import failure_shares
from labutils.views.plots import (
    BLACK,
    MARKERS,
    as_label,
    colours_of,
    panels,
    whiskers,
)
from labutils.views.tables import captioned
from labutils.views.widgets import dialogue_html

if TYPE_CHECKING:
    from datasets import Dataset
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from labutils.runs import Run

REFERENCES = "references"
"""A column of this name is no system, and drawn as a black star."""

NEAR = 0.05
"""ROUGE-1 (0-1) that is nearly the same."""

SUPPORTED = "names and numbers of the dialogue"
INVENTED = {"new_names": "with a new name", "new_numbers": "with a new number"}


def rouge_beside_facts(runs: Sequence[Run], dialogues: Sequence[str]) -> pd.DataFrame:
    """One system per row: ROUGE-1 and facts, or without facts only what is invented; each 0-1."""
    rows = {}
    with_facts = all(run.has_facts for run in runs)
    for run in runs:
        row = {"ROUGE-1": run.scores["rouge1"].mean()}
        if with_facts:
            row |= {FACT_NAMES[name]: run.items[name].mean() for name in COMPARED_FACTS}
        else:
            shares = failure_shares(run.predictions, dialogues)
            row |= {k: shares[n] for n, k in INVENTED.items() if shares[n] is not None}
        rows[run.name] = row
    table = pd.DataFrame(rows).T.sort_values("ROUGE-1", ascending=False)
    return captioned(table, f"0-1, {len(dialogues)} test dialogues, highest ROUGE-1 first.")


def rouge_and_truth(
    runs: Sequence[Run], dialogues: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """ROUGE-1 of every summary, and how true it is, as far as that is known.

    Returns:
        (rouge, truth, measure): two DataFrames (dialogues, systems), 0-1, and the truth's name:
        facts F1, or where a run has no facts, the share of a summary's names and numbers that its
        dialogue has.
    """
    rouge = pd.DataFrame({run.name: run.scores["rouge1"] for run in runs})
    if all(run.has_facts for run in runs):
        truth = {run.name: run.items["facts_f1"] for run in runs}
        return rouge, pd.DataFrame(truth), FACT_NAMES["facts_f1"]
    shares = {
        run.name: [supported_share(*pair) for pair in zip(run.predictions, dialogues)]
        for run in runs
    }
    return rouge, pd.DataFrame(shares), SUPPORTED


def truth_of_like_rouge(rouge: pd.DataFrame, truth: pd.DataFrame, measure: str) -> str:
    """How unlike in truth are summaries of nearly one ROUGE-1, in a sentence: see `NEAR`.

    The arguments are what `rouge_and_truth` returns.
    """
    scores = rouge.to_numpy().ravel()
    middle = float(np.median(scores))
    alike = truth.to_numpy().ravel()[abs(scores - middle) <= NEAR]
    low, high = np.quantile(alike, [0.05, 0.95])
    return (
        f"{len(alike):,} summaries have a ROUGE-1 within {NEAR} of the median, {middle:.2f}. The "
        f"{measure} of nine in ten of these lies between {low:.2f} and {high:.2f}."
    )


def show_worst_pair(
    pairs: pd.DataFrame, runs: Sequence[Run], test: Dataset, systems: Sequence[str]
) -> None:
    """Display the two summaries by these systems that the score orders most clearly wrongly.

    Of pairs that are all ordered rightly it shows the one with the narrowest margin.

    Args:
        pairs: from `agreement.ordered_pairs` of what `rouge_and_truth` gives for the runs.
        systems: names; both of a pair must be among them.
    """
    from IPython.display import HTML, display

    found = pairs[pairs["more"].isin(systems) & pairs["fewer"].isin(systems)]
    if found.empty:
        print("These systems' summaries are equally right everywhere: there is no such pair.")
        return
    wrong = found[found["score_gap"] < 0]
    order = (wrong["score_gap"] * wrong["truth_gap"]) if len(wrong) else found["score_gap"]
    worst = found.loc[order.idxmin()]
    item = int(worst["item"])
    rouge, truth, measure = rouge_and_truth(
        [run for run in runs if run.name in (worst["more"], worst["fewer"])], test["dialogue"]
    )
    shown = {
        f"{run.name}: ROUGE-1 {rouge[run.name][item]:.2f}, {measure} "
        f"{truth[run.name][item]:.2f}": run.predictions[item]
        for run in runs
        if run.name in rouge
    }
    row = test[item]
    display(HTML(dialogue_html(row["dialogue"], row["references"][:1], shown, marked=True)))


def plot_rouge_and_facts(rouge: pd.DataFrame, truth: pd.DataFrame, measure: str) -> Figure:
    """ROUGE-1 against a measure of what is right: a point per system, and a point per summary.

    Args:
        rouge, truth: DataFrames (dialogues, systems), 0-1, with the same systems.
        measure: the truth's name.
    """
    figure, (left, right) = panels(8.5, 4, 2, sharey=True)
    systems = [name for name in rouge.columns if name != REFERENCES]
    colours = colours_of(systems)
    for place, name in enumerate(rouge.columns):
        style = {"color": BLACK, "marker": "*"}
        if name != REFERENCES:
            style = {"color": colours[name], "marker": MARKERS[place % len(MARKERS)]}
        style["label"] = as_label(name)
        size = 13 if name == REFERENCES else 9
        _draw_system(left, rouge[name], truth[name], style, size)
        if name != REFERENCES:  # which lie in a row at the top, over the others
            right.scatter(rouge[name], truth[name], s=14, alpha=0.35, lw=0, **style)
    left.set(title="systems, with 95% intervals", ylabel=f"{measure} (0-1)")
    right.set_title(f"single summaries, {len(rouge)} of each")
    for axis in (left, right):
        axis.set(xlabel="ROUGE-1 (0-1)", xlim=(0, 1), ylim=(-0.05, 1.05))
        axis.grid(alpha=0.3)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    return figure


def _draw_system(
    axis: Axes, rouge: pd.Series, truth: pd.Series, style: dict[str, str], size: int
) -> None:
    """An open mark: its intervals are hardly wider, and others may lie over it."""
    x, y = (vars(bootstrap_interval(values)) for values in (rouge, truth))
    axis.errorbar(
        [x["mean"]], [y["mean"]], xerr=whiskers([x]), yerr=whiskers([y]),
        linestyle="none", markersize=size, mfc="none", capsize=0, elinewidth=1,
        **style,
    )  # fmt: skip
