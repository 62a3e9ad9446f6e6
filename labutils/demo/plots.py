"""Figures of the instructor demo, drawn from its records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labutils.common.text import counted
from labutils.views.curves import draw_task_curves
from labutils.views.plots import COLOURS, DARK, LORA_SHADES, as_label, panels, whiskers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINE_STYLES = {"full": ("-", "s"), "lora": ("--", "^")}
SWEEP = list(zip(LORA_SHADES, "os^", ("--", "-", "-.")))
"""Colour, marker and line of each set of targets."""


def plot_steps(
    systems: dict[str, list[dict]], dialogues: int, position: int | None = None
) -> Figure:
    """Loss (left) and ROUGE (right) over the share of a training that is done.

    Args:
        systems: {name: points}, each a list of {"step", "loss", "validation_loss", "rouge1", ...}.
        dialogues: how many of the validation split ROUGE is of.
        position: the point to mark; by default none.
    """
    figure, axes = panels(9, 3.4, 2)
    for axis, key in zip(axes, ("validation_loss", "rouge1")):
        for name, points in systems.items():
            style, marker = LINE_STYLES[name]
            shares = [100 * point["step"] / points[-1]["step"] for point in points]
            values = [point[key] for point in points]
            axis.plot(shares, values, style, marker=marker, ms=4, color=COLOURS[name],
                      label=f"{name}, {points[-1]['step']:,} steps")  # fmt: skip
            if position is None:
                continue
            axis.plot(shares[position], values[position], marker, ms=11, mew=2,
                      color=COLOURS[name], mec=DARK)  # fmt: skip
            axis.axvline(shares[position], color=DARK, lw=1, ls=":")
        axis.set_xlabel("% of the training done")
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
        axis.legend(frameon=False)
    axes[0].set(ylabel="cross-entropy per token", title="validation loss")
    axes[1].set(
        ylabel=f"ROUGE-1 (0-1),\n{counted(dialogues, 'validation dialogue')}",
        title="validation summaries",
    )
    return figure


def plot_sweep(sweep: dict) -> Figure:
    """ROUGE-1 with intervals against the trained parameters, a line for each set of targets.

    The y axis shows what the intervals span, and the title says so.
    """
    from matplotlib.ticker import LogLocator, NullFormatter

    sets = dict.fromkeys(run["targets"] for run in sweep["runs"])
    figure, axis = panels(7.5, 4)
    for position, (targets, (colour, marker, style)) in enumerate(zip(sets, SWEEP)):
        runs = [run for run in sweep["runs"] if run["targets"] == targets]
        places = [run["trainable_parameters"] for run in runs]
        means = [run["rouge1"]["mean"] for run in runs]
        ends = whiskers([run["rouge1"] for run in runs])
        axis.errorbar(places, means, yerr=ends, fmt=marker, ls=style, color=colour, markersize=8,
                      label=as_label(f"on {targets}"))  # fmt: skip
        for run, place, mean in zip(runs, places, means):
            # Each set's on another side, where no other set's line passes through them.
            aside, side = ((-8, 6), "right") if position else ((8, -12), "left")
            axis.annotate(f"rank {run['rank']}", (place, mean), aside, ha=side,
                          textcoords="offset points", fontsize=9)  # fmt: skip
    axis.set(xscale="log", xlabel="trained parameters (log)", ylabel="ROUGE-1 (0-1), 95% interval")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
    axis.xaxis.set_major_formatter("{x:,.0f}")
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.margins(x=0.15)
    axis.set_title("LoRA's rank and layers (the y axis does not begin at 0)", fontsize=10)
    axis.grid(alpha=0.3)
    axis.legend(frameon=False)
    return figure


def plot_forgetting_curves(curves: dict[str, dict[str, list[tuple[int, float]]]]) -> Figure:
    """Scores of every task over the steps, {task: [(step, score), ...]}, one panel per training."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        2, 2, figsize=(9, 5.6), layout="constrained", sharex=True, sharey=True, squeeze=False
    )
    for axis, (name, tasks) in zip(axes.flat, curves.items()):
        draw_task_curves(axis, tasks)
        axis.set_title(as_label(name))
    for axis in axes[-1]:
        axis.set_xlabel("optimizer step")
    for axis in axes[:, 0]:
        axis.set_ylabel("score (0-1)")
    shown, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(shown, labels, loc="outside lower center", ncols=5, frameon=False)
    return figure
