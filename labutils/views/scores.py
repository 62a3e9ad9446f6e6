"""What `rouge.score` found, as tables and as a figure."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import pandas as pd

from labutils.common.text import counted
from labutils.evaluation.fact_report import FACT_NAMES, FACTS_EXPLAINED
from labutils.evaluation.intervals import visible_difference
from labutils.evaluation.rouge import METRICS
from labutils.views.plots import (
    BLACK,
    BROWN,
    GREY,
    MARKERS,
    PURPLE,
    as_label,
    colours_of,
    line_look,
    panels,
    whiskers,
)
from labutils.views.tables import (
    CHARACTERS,
    METRIC_NAMES,
    SPELLING,
    captioned,
    counts_told,
    differences_told,
    interval_of,
)

MARKS = ("x", "o", "s", "D")
"""Marks of the differences found: two that cover each other are still told apart."""

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def score_tables(report: dict) -> list[pd.DataFrame]:
    """Scores, paired differences if there are two systems, facts if they are known, and counts."""
    own = "references" if "references" not in report["systems"] else "(references)"
    scores, failing = {}, {}
    for name, found in [*report["systems"].items(), (own, report["references"])]:
        if METRICS[0] in found:
            scores[name] = _score_column(found, best=name != own)
        failing[name] = counts_told(found, "{:.1%}")
    sample = (
        f"{counted(report['n_dialogues'], 'dialogue')}, {counted(report['n_rows'], 'row')}, "
        f"references per dialogue: {_range(report['references_per_dialogue'])}"
    )
    caption = (
        f"{sample}; {report['scorer']} (best: the highest of them); 95% bootstrap interval by "
        f"dialogue; seed {report['seed']}."
    )
    if own in scores:
        several = counted(report["references"]["n_dialogues"], "dialogue")
        caption += f" {own}: each against the others of its dialogue, in {several}."
    caption_of_counts = (
        f"Share of the summaries that ..., and means of words; {sample}. {SPELLING}"
        f"{CHARACTERS.get(report['scorer'], '')}"
    )
    facts = _fact_tables(report["facts"], own, sample) if "facts" in report else []
    differences = _differences(report["differences"], sample)
    judge = [_judge_table(report["judge"])] if "judge" in report else []
    return [
        captioned(pd.DataFrame(scores), caption),
        *differences,
        *facts,
        captioned(pd.DataFrame(failing), caption_of_counts),
        *judge,
    ]


def _range(numbers: int | list[int]) -> str:
    """One number, or several in ascending order: "3", "1 or 2", "1 to 5"."""
    if isinstance(numbers, int):
        return str(numbers)
    return f"{numbers[0]} {'or' if len(numbers) == 2 else 'to'} {numbers[-1]}"


def _judge_table(found: dict) -> pd.DataFrame:
    """Ratings of a judge, and whether it earned to be believed."""
    rows = {
        name: {"rating": str(interval_of(one)), "rated": one["rated"]}
        for name, one in found["ratings"].items()
    }
    caption = (
        f"Ratings 1-5 by the judge, {counted(found['n'], 'dialogue')}, with 95% bootstrap "
        f"intervals. Unreadable answers: {found['unreadable']}; from an earlier call of the same "
        f"model: {found['repeated']}. Controls: the references, and another chat's, which must "
        "come last. "
    )
    trusted = "They lie as they should."
    if not found["trusted"]:
        trusted = "THEY DO NOT LIE AS THEY SHOULD: this judge's ratings count for nothing."
    return captioned(pd.DataFrame(rows).T, caption + trusted)


def _differences(items: list[dict], sample: str) -> list[pd.DataFrame]:
    """Paired differences of a report as a list of one table; of none without a second system."""
    return [differences_told(items, f"{sample}.")] if items else []


def _fact_tables(report: dict, own: str, sample: str) -> list[pd.DataFrame]:
    columns = {
        name: {label: str(interval_of(found[key])) for key, label in FACT_NAMES.items()}
        for name, found in [*report["systems"].items(), (own, report["references"])]
        if found
    }
    caption = f"{FACTS_EXPLAINED} {sample}; 95% bootstrap interval by dialogue."
    differences = _differences(report["differences"], sample)
    return [captioned(pd.DataFrame(columns), caption), *differences]


def _score_column(found: dict, best: bool) -> dict[str, str]:
    """Scores of one system; `best` is left out for references, which have fewer others."""
    column = {METRIC_NAMES[metric]: str(interval_of(found[metric])) for metric in METRICS}
    for metric in METRICS:
        value = f"{found[metric]['best_of_references']:.3f}" if best else ""
        column[f"{METRIC_NAMES[metric]}, best"] = value
    if "bertscore" in found:
        column["BERTScore"] = f"{found['bertscore']:.3f}"
    return column


def plot_scores(report: dict) -> Figure:
    """Scores of any systems with intervals, and how many items their differences need.

    Left: each system's scores, and the references' own as a line. Right: the smallest true
    difference in ROUGE-1 that 80% of samples of a size would show, for every two systems; a cross
    marks the difference that was found.
    """
    wide = bool(report["differences"])
    figure, axes = panels(8 if wide else 6.5, 3.8, 1 + wide, squeeze=False)
    _draw_scores(axes[0][0], report)
    if wide:
        _draw_sizes(axes[0][1], report)
    return figure


def _draw_scores(axis: Axes, report: dict) -> None:
    metrics = METRICS[:3]
    systems, height = report["systems"], 0.8 / len(report["systems"])
    colours = colours_of(systems)
    for position, (name, found) in enumerate(systems.items()):
        means = [found[metric]["mean"] for metric in metrics]
        places = [i + (position - (len(systems) - 1) / 2) * height for i in range(len(metrics))]
        axis.errorbar(
            means,
            places,
            xerr=whiskers([found[metric] for metric in metrics]),
            fmt=MARKERS[position % len(MARKERS)],
            color=colours[name],
            capsize=4,
            label=as_label(name),
        )
    for i, metric in enumerate(metrics if metrics[0] in report["references"] else ()):
        axis.plot([report["references"][metric]["mean"]] * 2, [i - 0.45, i + 0.45], "k--", lw=1,
                  label="references against each other" if i == 0 else None)  # fmt: skip
    axis.set_yticks(range(len(metrics)), [METRIC_NAMES[name] for name in metrics])
    axis.invert_yaxis()
    axis.set(xlabel="F1 (0-1), 95% interval")
    axis.set_title(counted(report["n_dialogues"], "dialogue"), fontsize=11)
    axis.grid(axis="x", alpha=0.3)
    _legend_below(axis)


def _draw_sizes(axis: Axes, report: dict) -> None:
    found = [item for item in report["differences"] if item["metric"] == METRICS[0]]
    largest = max(1000, report["n_dialogues"])
    sizes = [10 * (largest / 10) ** (i / 40) for i in range(41)]
    for position, (item, colour) in enumerate(zip(found, _difference_colours(report))):
        look = line_look(position) | {"color": colour}
        seen = [visible_difference(item["spread"], size) for size in sizes]
        axis.plot(sizes, seen, label=as_label(f"{item['a']} minus {item['b']}"), **look)
        axis.plot(report["n_dialogues"], abs(item["mean"]), MARKS[position % len(MARKS)],
                  color=look["color"], ms=9 + 3 * (position % 3), mew=2, mfc="none")  # fmt: skip
    label = {"textcoords": "offset points", "bbox": {"fc": "white", "ec": "none", "pad": 1}}
    place = (report["n_dialogues"], 1)
    axis.annotate("marks: found here", place, (-6, -6), fontsize=9, ha="right", va="top", **label)
    axis.axvline(report["n_dialogues"], color=GREY, lw=1)
    ticks = [size for size in (10, 30, 100, 300, 1000, 3000, 10_000) if size <= largest]
    axis.set(xscale="log", xlabel="dialogues in the test",
             ylabel=f"difference in {METRIC_NAMES[METRICS[0]]} (0-1)")  # fmt: skip
    axis.set_title("smallest difference that 4 of 5 tests find", fontsize=11)
    axis.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    # The rule is a straight line where both axes are logarithmic; a difference of 0 is seen, too.
    axis.set_yscale("symlog", linthresh=0.001, linscale=0.2)
    axis.set(ylim=(0, 1.1))
    axis.set_yticks([0.001, 0.01, 0.1, 1], ["0.001", "0.01", "0.1", "1"])
    axis.minorticks_off()
    axis.grid(alpha=0.3)
    _legend_below(axis)


def _difference_colours(report: dict) -> list[str]:
    """Of each difference in ROUGE-1: its first system's colour, or where that is drawn already or
    is the line's of the test, one that no system has."""
    systems, more = colours_of(report["systems"]), cycle((BLACK, PURPLE, BROWN))
    found: list[str] = []
    for item in report["differences"]:
        if item["metric"] == METRICS[0]:
            own = systems[item["a"]]
            found.append(next(more) if own in (*found, GREY) else own)
    return found


def _legend_below(axis: Axes) -> None:
    """A legend below an axis, where it hides nothing."""
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2, frameon=False, fontsize=9)
