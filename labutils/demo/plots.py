"""Figures of the instructor demo, drawn from its records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labutils.views.curves import draw_task_curves
from labutils.views.plots import COLOURS, DARK, GREEN, SKY, VERMILION, as_label, panels, whiskers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINE_STYLES = {"full": ("-", "s"), "lora": ("--", "^")}
SWEEP = [(SKY, "o", "--"), (VERMILION, "s", "-"), (GREEN, "^", "-.")]
"""Colour, marker and line of each set of targets."""


def plot_steps(systems: dict[str, list[dict]], position: int | None = None) -> Figure:
    """Loss (left) and ROUGE (right) over the share of a training that is done.

    Args:
        systems: {name: points}, each a list of {"step", "loss", "validation_loss", "rouge1", ...}.
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
    axes[1].set(ylabel="ROUGE-1 (0-1)", title="validation summaries")
    return figure


def plot_sweep(sweep: dict) -> Figure:
    """ROUGE-1 with intervals against the trained parameters, one panel for each set of targets.

    The y axis shows what the intervals span, and the title says so.
    """
    sets = dict.fromkeys(run["targets"] for run in sweep["runs"])
    figure, axes = panels(9, 3.4, len(sets), sharex=True, sharey=True, squeeze=False)
    for axis, targets, (colour, marker, style) in zip(axes[0], sets, SWEEP):
        runs = [run for run in sweep["runs"] if run["targets"] == targets]
        places = [run["trainable_parameters"] for run in runs]
        means = [run["rouge1"]["mean"] for run in runs]
        ends = whiskers([run["rouge1"] for run in runs])
        axis.errorbar(places, means, yerr=ends, fmt=marker, ls=style, color=colour, capsize=4)
        for run, place, mean in zip(runs, places, means):
            axis.annotate(f"rank {run['rank']}", (place, mean), (8, -12),
                          textcoords="offset points", fontsize=9)  # fmt: skip
        ticks = [3_000, 30_000, 300_000]
        axis.set(xscale="log", title=as_label(f"on {targets}"), xlim=(2_000, 900_000))
        axis.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        axis.minorticks_off()
        axis.grid(alpha=0.3)
        axis.title.set_fontsize(10)
    figure.suptitle("LoRA's rank and layers (the y axis does not begin at 0)", fontsize=10)
    figure.supxlabel("trained parameters", fontsize=10)
    axes[0][0].set_ylabel("ROUGE-1 (0-1), 95% interval")
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
