"""Figures: safe for colour-blind eyes, and told apart in grey by markers and line styles."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labutils.common.errors import LabError
from labutils.common.files import saving, unfinished
from labutils.common.text import counted, printable
from labutils.evaluation.rouge import METRICS
from labutils.views.tables import METRIC_NAMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Transform

    from labutils.runs import Run
    from labutils.tracks import Track

# Okabe and Ito's palette. No other module names a colour of a figure by its code.
GREY, BLUE, ORANGE = "#999999", "#0072B2", "#E69F00"
GREEN, PINK, SKY, VERMILION = "#009E73", "#CC79A7", "#56B4E9", "#D55E00"
BLACK, INK, DARK, NOTE = "#000000", "#222222", "#333333", "#555555"
QUIET, PALE, FROZEN, WHITE = "#767676", "#8A8A8A", "#E6E6E6", "#FFFFFF"
DIVERGING, PURPLE, BROWN = "PuOr", "#5e3c99", "#b35806"
"""A colour map from brown to purple, with white between them, and what stands near its ends."""

# In an order whose greys differ too.
COLOURS = {
    "zero-shot": GREY, "full": BLUE, "lora": ORANGE, "nearest chat": GREEN, "lead-3": PINK,
    "random summary": SKY, "longest turn": VERMILION,
}  # fmt: skip
LORA_SHADES = (ORANGE, BROWN, PURPLE)
"""Of lines that are all LoRA: no other system has them."""
HATCHES = {"zero-shot": "", "full": "//", "lora": ".."}
MORE_COLOURS = (GREEN, PINK, SKY, VERMILION)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def panels(width: float, height: float, columns: int = 1, **options: Any) -> tuple[Figure, Any]:
    """A new figure, in inches, and its axis or axes side by side, as `plt.subplots` gives them."""
    import matplotlib.pyplot as plt

    return plt.subplots(1, columns, figsize=(width, height), layout="constrained", **options)


def colours_of(names: Collection[str]) -> dict[str, str]:
    """{system: its colour}, the same in every figure for those of COLOURS.

    Others get colours that no system in this figure has, as long as there are any.
    """
    known = {name: COLOURS[name] for name in names if name in COLOURS}
    rest = (*MORE_COLOURS, PURPLE, BROWN, BLACK)
    free = cycle([colour for colour in rest if colour not in known.values()])
    return {name: known.get(name) or next(free) for name in dict.fromkeys(names)}


def line_look(position: int) -> dict[str, str]:
    """Colour and style of the line at this position, by either of which it is told apart."""
    return {
        "color": (BLUE, *MORE_COLOURS)[position % 5],
        "linestyle": ("-", "--", ":", "-.")[position % 4],
    }


def as_label(name: str) -> str:
    """A name as matplotlib shows it as it is: no mathematics, and not hidden by a leading _."""
    return " " * name.startswith("_") + printable(name).replace("$", r"\$")


def whiskers(intervals: Sequence[dict]) -> list[list[float]]:
    """How far intervals ({"mean", "low", "high"}) reach down and up, as `errorbar` wants it."""
    return [
        [item["mean"] - item["low"] for item in intervals],
        [item["high"] - item["mean"] for item in intervals],
    ]


def plot_comparison(runs: Sequence[Run]) -> Figure:
    """Scores of each system with their 95% intervals, and the share of parameters trained.

    They are ROUGE-1, ROUGE-L and the facts and outcomes told, or ROUGE alone if a run has no facts.
    """
    with_facts = all(run.has_facts for run in runs)
    metrics = ("rouge1", "rougeL", "facts", "outcome") if with_facts else METRICS[:3]
    figure, axis = panels(7.6, 3.5)
    width, colours = 0.8 / len(runs), colours_of([run.name for run in runs])
    for position, run in enumerate(runs):
        found = [run.intervals[metric] for metric in metrics]
        means = [item["mean"] for item in found]
        trained = run.record["trainable_parameters"] / max(1, run.record["total_parameters"])
        share = f" ({trained:.1%} of the parameters trained)" if trained else ""
        bars = axis.bar(
            [place + (position - (len(runs) - 1) / 2) * width for place in range(len(metrics))],
            means,
            width * 0.92,
            yerr=whiskers(found),
            capsize=4,
            color=colours[run.name],
            hatch=HATCHES.get(run.name, ("", "xx")[position % 2]),
            edgecolor="white",
            error_kw={"ecolor": DARK},
            label=as_label(run.name) + share,
        )
        # Three decimals, as two systems may differ in the third; without the 0 where bars are thin.
        told = [f"{mean:.3f}" for mean in means]
        narrow = len(runs) > 3
        told = [text.removeprefix("0") for text in told] if narrow else told
        axis.bar_label(bars, told, padding=3, fontsize=8 if narrow else 9)
    axis.set_xticks(range(len(metrics)), [METRIC_NAMES[name] for name in metrics])
    axis.set_ylim(0, 1.12)
    axis.set_ylabel("score (0-1), 95% interval")
    axis.set_title(_test_set(runs[0]), fontsize=10)
    figure.legend(loc="outside lower center", frameon=False, fontsize=9, ncols=2)
    axis.spines[["top", "right"]].set_visible(False)
    return figure


def _test_set(run: Run) -> str:
    """What a run was tested on, as a title."""
    record = run.record
    return as_label(
        f"{record['model']} on {record['test_dialogues']} dialogues of {record['dataset']} "
        f"x {counted(record['references_per_dialogue'], 'reference')}"
    )


def plot_methods(untrained: Sequence[Run], trained: Sequence[Run], metric: str) -> Figure:
    """A metric of trained runs against the weights that were trained, untrained ones as lines."""
    figure = plot_weights(
        {run.name: (run.record["trainable_parameters"], run.intervals[metric]) for run in trained},
        {run.name: run.intervals[metric]["mean"] for run in untrained},
        f"{METRIC_NAMES[metric]} (0-1), 95% interval",
    )
    figure.axes[0].set_title(_test_set(trained[0]), fontsize=10)
    return figure


OTHERS_TRIED = "the other candidates tried"


def plot_weights(
    named: Mapping[str, tuple[int, dict]],
    lines: Mapping[str, float],
    score: str,
    dots: Sequence[tuple[int, float]] = (),
) -> Figure:
    """A score against the number of weights trained, which is drawn as a logarithm.

    Marks are open and of many shapes and colours, as many may lie over one another: both axes are
    measured, so none is moved aside.

    Args:
        named: {method: (weights trained, {"mean", "low", "high"})}.
        lines: {what was not trained: its mean score}.
        score: what the scores are, for the axis.
        dots: (weights trained, score) of further trainings, without names.
    """
    figure, axis = panels(7.5, 4)
    for name, mean in lines.items():
        axis.axhline(mean, color=GREY, linestyle="--", linewidth=1)
        axis.text(0.01, mean, as_label(name), transform=axis.get_yaxis_transform(), va="bottom",
                  color=NOTE)  # fmt: skip
    if dots:
        axis.scatter(*zip(*dots), s=9, color=GREY, label=OTHERS_TRIED)
    found = sorted(named.items(), key=lambda item: (item[1][0], item[1][1]["mean"]), reverse=True)
    colours = colours_of([name for name, _ in found])
    for marker, (name, (trained, interval)) in zip(cycle(MARKERS), found):
        axis.errorbar(
            trained,
            interval["mean"],
            yerr=whiskers([interval]),
            fmt=marker,
            markersize=8,
            mfc="none",
            color=colours[name],
            label=as_label(name),
        )
    axis.set(xscale="log", xlabel="weights trained (log)", ylabel=score)
    figure.legend(loc="outside right center", frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
    return figure


def _moved(axis: Axes, aside: float) -> Transform:
    """The transform of an axis's data, so many points of print to the right."""
    from matplotlib.transforms import ScaledTranslation

    return axis.transData + ScaledTranslation(aside / 72, 0, axis.figure.dpi_scale_trans)


def plot_sample_spread(spreads: dict[int, tuple[float, float]], mean: float) -> Figure:
    """Where the mean ROUGE-1 of samples of different sizes falls, around that of all items.

    The title says what the samples are, and the dashed line has its number above it.

    Args:
        spreads: {size: (low, high)} from `intervals.sample_spread`.
        mean: over all items.
    """
    figure, axis = panels(7, 3.2)
    for place, (low, high) in enumerate(spreads.values()):
        axis.plot([low, high], [place, place], "o-", color=BLUE, lw=2)
        # Each number on its dot's far side, so that the mean's line runs through none.
        for end, side, aside in ((low, "right", 3), (high, "left", -3)):
            axis.annotate(f"{end:.3f}", (end, place), (aside, 7), textcoords="offset points",
                          ha=side, fontsize=9)  # fmt: skip
    line = "mean of all dialogues"
    axis.axvline(mean, color=DARK, ls="--", lw=1, label=line)
    axis.text(mean, 1.02, f"{line}: {mean:.3f}", transform=axis.get_xaxis_transform(),
              ha="center", fontsize=9)  # fmt: skip
    axis.set_title("one model, tested on samples of different sizes", pad=20, fontsize=11)
    axis.set_yticks(range(len(spreads)), [f"{size} dialogues" for size in spreads])
    axis.set(xlabel="ROUGE-1 of the sample (0-1); 95% of the samples lie between the dots")
    axis.margins(x=0.1, y=0.2)
    axis.invert_yaxis()
    return figure


def plot_ranks(
    sweeps: Mapping[str, Sequence[Run]], metric: str = "rouge1", untouched: float | None = None
) -> Figure:
    """One metric against LoRA's rank, a line for each rule that sets alpha, with intervals.

    The y axis shows what the intervals span. The trained parameters stand under the ranks.

    Args:
        sweeps: {what is held constant, such as "alpha": LoRA runs that differ in rank}.
        metric: of METRIC_NAMES, ROUGE or facts.
        untouched: the mean score of the model without an adapter, drawn as a dashed line.
    """
    figure, axis = panels(7.5, 4)
    trained = {
        _rank_of(run): run.record["trainable_parameters"]
        for runs in sweeps.values()
        for run in runs
    }
    ranks = sorted(trained)
    for position, (name, runs) in enumerate(sweeps.items()):
        ordered = sorted(runs, key=_rank_of)
        found = [run.intervals[metric] for run in ordered]
        drawn = axis.errorbar(
            [ranks.index(_rank_of(run)) for run in ordered],
            [item["mean"] for item in found],
            yerr=whiskers(found),
            fmt=MARKERS[position] + ("-", "--", ":")[position % 3],
            capsize=4,
            color=LORA_SHADES[position % len(LORA_SHADES)],
            label=as_label(name),
        )
        # Whiskers at one rank would hide each other.
        aside = (position - (len(sweeps) - 1) / 2) * 9  # points of print
        for artist in drawn.get_children():
            artist.set_transform(_moved(axis, aside))
    if untouched is not None:
        axis.axhline(untouched, color=QUIET, ls="--", lw=1, label="untouched model")
    axis.set_xticks(
        range(len(ranks)), [f"rank {rank}\n{trained[rank]:,} parameters" for rank in ranks]
    )
    record = next(iter(sweeps.values()))[0].record
    axis.set(
        ylabel=f"{METRIC_NAMES[metric]} (0-1), 95% interval",
        title=f"LoRA after {record['steps']:,} steps, {record['test_dialogues']} "
        f"{record.get('split', 'test')} dialogues (the y axis does not begin at 0)",
    )
    axis.margins(x=0.15)
    axis.grid(axis="y", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=len(sweeps) + 1, frameon=False)
    return figure


def _rank_of(run: Run) -> int:
    return run.record["settings"]["adapter"]["rank"]


def plot_rates(with_cap: dict[str, float], without_cap: dict[str, float], cap: int) -> Figure:
    """Mixing rates of each task, with and without the cap, as pairs of bars.

    Args:
        with_cap, without_cap: {task: rate} from `mixing.mixing_rates`.
        cap: the cap, in training rows.
    """
    from matplotlib.ticker import PercentFormatter

    figure, axis = panels(8, 3.2)
    kinds = {"no cap": (without_cap, GREY, ""), f"cap {cap:,}": (with_cap, BLUE, "//")}
    for position, (label, (rates, colour, hatch)) in enumerate(kinds.items()):
        places = [place + (position - 0.5) * 0.4 for place in range(len(rates))]
        bars = axis.bar(
            places, rates.values(), 0.38, label=label, color=colour, hatch=hatch, edgecolor="white"
        )
        axis.bar_label(bars, [f"{rate:.0%}" for rate in rates.values()], padding=2, fontsize=9)
    axis.set_xticks(range(len(with_cap)), map(as_label, with_cap))
    axis.set_ylabel("share of the examples")
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.margins(y=0.15)
    axis.legend(frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
    return figure


def save_figure(figure: Figure, track: Track, name: str) -> Path:
    """Write a figure to artifacts/<track>/figures/<name>.png and return its path."""
    path = Path(track.artifacts) / "figures" / f"{name}.png"
    if path.name != f"{name}.png":
        raise LabError(f"The figure's name is {name!r}; it must be a file's name without folders.")
    write_figure(figure, path)
    return path


def write_figure(figure: Figure, path: Path) -> None:
    """Write a figure as a .png, whole or not at all."""
    with saving(path.parent), unfinished(path) as new:
        figure.savefig(new, dpi=150, format="png")
