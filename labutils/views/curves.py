"""Curves over the steps of a training, live while it trains.

A history is what `training.fine_tune` returns.
"""

from __future__ import annotations

import math
import time
from statistics import fmean
from typing import TYPE_CHECKING

from labutils.training import best_step
from labutils.views.plots import (
    BLACK,
    DARK,
    GREEN,
    MARKERS,
    PINK,
    PURPLE,
    QUIET,
    as_label,
    line_look,
    panels,
)

if TYPE_CHECKING:
    from IPython.display import DisplayHandle
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


LOG_LOSS = "cross-entropy per token (log)"
LOSSES = {
    "loss": ("training loss", "-", DARK),
    "validation_loss": ("validation loss", "o--", PURPLE),
}
"""{key: (name, style, colour)}: the same in every figure, and no system's, whichever trains."""


def plot_history(history: list[dict[str, float]], *, title: str = "") -> Figure:
    """Training and validation loss (left), validation ROUGE-L and facts F1 (right) over steps."""
    figure, (left, right) = panels(7.4, 3.1, 2)
    for name, (label, style, color) in LOSSES.items():
        if points := _points(history, name):
            left.plot(*zip(*points), style, color=color, label=label)
    if history:
        left.legend()
        log_scale(left)  # else the end, where they part, is a flat line
    left.set(xlabel="optimizer step", ylabel=LOG_LOSS, title=as_label(title))
    scores = {"rougeL": ("ROUGE-L", "s-", GREEN), "facts_f1": ("facts F1", "D--", PINK)}
    for name, (label, style, color) in scores.items():
        if points := _points(history, name):
            right.plot(*zip(*points), style, color=color, label=label)
            right.legend()
    right.set(xlabel="optimizer step", ylabel="score (0-1)", title="validation summaries")
    for axis in (left, right):
        axis.grid(alpha=0.3)
    return figure


def log_scale(axis: Axes) -> None:
    """Make the y axis logarithmic, with plain numbers at 1, 2 and 5 of each power of ten.

    Where it spans little, at 3 and 8 as well: draw first.
    """
    from matplotlib.ticker import LogLocator, NullFormatter

    axis.set_yscale("log")
    low, high = axis.get_ylim()
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5, 8) if high < 20 * low else (1, 2, 5)))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_formatter(NullFormatter())


def _points(history: list[dict[str, float]], name: str) -> list[tuple[float, float]]:
    """[(step, value), ...] of what a history tells under a name."""
    return [(entry["step"], entry[name]) for entry in history if name in entry]


REDRAWN_AFTER = 10
"""Seconds, between two validations: a drawing takes the CPU that the training wants."""


class LiveCurve:
    """Redraws `plot_history` in the notebook while a model trains; pass it as `watch`.

    Args:
        title: of the figure.
        start: scores of the model before its training, such as {"rougeL": 0.3}, drawn at step 0.
    """

    def __init__(self, title: str = "", start: dict[str, float] | None = None) -> None:
        self.title = title
        self.start = [] if start is None else [{**start, "step": 0}]
        self.handle: DisplayHandle | None = None
        self.drawn = -math.inf

    def __call__(self, history: list[dict[str, float]]) -> None:
        import matplotlib.pyplot as plt
        from IPython.display import display

        validated = bool(history) and "validation_loss" in history[-1]
        if not validated and time.monotonic() - self.drawn < REDRAWN_AFTER:
            return
        self.drawn = time.monotonic()
        figure = plot_history([*self.start, *history], title=self.title)
        if self.handle is None:
            self.handle = display(figure, display_id=True)
        else:
            self.handle.update(figure)
        plt.close(figure)


def plot_losses(
    trainings: dict[str, list[dict[str, float]]], passes: dict[str, float], best: str
) -> Figure:
    """Training and validation loss over the passes of several trainings, a panel for each.

    The losses' axis is logarithmic: else those of many rows would end in one flat line.
    A star marks the lowest validation loss; a line the checkpoint that is kept.

    Args:
        trainings: {name: history}.
        passes: {name: optimizer steps of one pass over its training rows}.
        best: the score that keeps a checkpoint (`training.best_step`).
    """
    figure, axes = panels(8, 3.4, len(trainings), sharey=True, squeeze=False)
    for axis, (name, history) in zip(axes[0], trainings.items()):
        for key, (label, style, color) in LOSSES.items():
            points = [(step / passes[name], loss) for step, loss in _points(history, key)]
            axis.plot(*zip(*points), style, color=color, label=label)
        lowest = min(points, key=lambda point: point[1])
        axis.plot(*lowest, "*", color=color, ms=16, label="lowest validation loss")
        if (step := best_step(history, best)) is not None:
            where = step / passes[name]
            axis.axvline(where, color=QUIET, ls=":", label="kept checkpoint")
        axis.set(xlabel="passes over the training rows", title=as_label(name))
        axis.grid(alpha=0.3)
    # One for all, below: a panel has no place where it would hide no line.
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=9, loc="outside lower center", ncols=4)
    axes[0][0].set_ylabel(LOG_LOSS)
    log_scale(axes[0][0])  # of all, as they share it
    return figure


SMOOTHED_STEPS = 8


def plot_learning_rates(
    histories: dict[float, list[dict]], untouched: float | None = None
) -> Figure:
    """Trainings that differ in the learning rate: their losses over steps, and where they ended.

    Left: the training loss, a mean of the last few steps. Right: the validation loss at the end
    over the rate. All axes but the steps' are logarithmic.

    Args:
        histories: {learning rate: history}.
        untouched: the validation loss before any training, drawn on the right as a dashed line.
    """
    figure, (left, right) = panels(8, 3.6, 2)
    ends = {rate: history[-1]["validation_loss"] for rate, history in sorted(histories.items())}
    for place, (rate, history) in enumerate(sorted(histories.items())):
        logged = _points(history, "loss")
        losses = [loss for _, loss in logged]
        smooth = [fmean(losses[max(0, i + 1 - SMOOTHED_STEPS) : i + 1]) for i in range(len(losses))]
        left.plot([step for step, _ in logged], smooth, label=f"{rate:.1e}", **line_look(place))
    left.set(xlabel="optimizer step", ylabel=LOG_LOSS, title="training loss")
    figure.legend(title="learning rate", fontsize=9, loc="outside lower center", ncols=len(ends))
    if untouched is not None:
        right.axhline(untouched, color=QUIET, ls="--", label="untouched model")
    # In no colour of the rates on the left, nor of a system.
    right.plot(ends.keys(), ends.values(), "o-", color=QUIET, label="validation loss")
    best = min(ends, key=ends.__getitem__)
    right.plot(best, ends[best], "*", color=BLACK, ms=16, label="lowest")
    right.legend(fontsize=9)
    right.set(xscale="log", xlabel="learning rate (log)", ylabel=LOG_LOSS)
    right.set_title("validation loss at the end")
    for axis in (left, right):  # a rate too high ends many times higher than the others
        log_scale(axis)
        axis.grid(alpha=0.3)
    return figure


def plot_task_curves(curves: dict[str, list[tuple[int, float]]], *, title: str = "") -> Figure:
    """Scores of several tasks over the steps of one training.

    Args:
        curves: {task: [(step, score), ...]}.
    """
    figure, axis = panels(7.2, 3.2)
    draw_task_curves(axis, curves)
    axis.set(xlabel="optimizer step", ylabel="score (0-1)", title=as_label(title))
    figure.legend(loc="outside right center", frameon=False)
    return figure


def draw_task_curves(axis: Axes, curves: dict[str, list[tuple[int, float]]]) -> None:
    """Draw scores of several tasks on an axis, told apart by colour, marker and line style."""
    for position, (task, points) in enumerate(curves.items()):
        axis.plot(
            *zip(*points),
            marker=MARKERS[position % len(MARKERS)],
            label=as_label(task),
            **line_look(position),
        )
    axis.set_ylim(0, 1.03)  # whole markers, also of a perfect score
    axis.grid(alpha=0.3)
