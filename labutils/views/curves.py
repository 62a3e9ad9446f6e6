"""Curves over the steps of a training, live while it trains."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from labutils.views.plots import MARKERS, MORE_COLOURS

if TYPE_CHECKING:
    from IPython.display import DisplayHandle
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_history(
    history: list[dict[str, float]], *, axes: Sequence[Axes] | None = None, title: str = ""
) -> Figure:
    """Training and validation loss (left), validation ROUGE-L and facts F1 (right) over steps.

    Args:
        history: as `training.fine_tune` returns it.
        axes: two matplotlib axes; made if not given.

    Returns:
        The figure.
    """
    import matplotlib.pyplot as plt

    if axes is None:
        _, axes = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained")
    left, right = axes
    for name, style in {"loss": "-", "validation_loss": "o--"}.items():
        points = [(entry["step"], entry[name]) for entry in history if name in entry]
        if points:
            left.plot(*zip(*points), style, label=name.replace("_", " "))
    if history:
        left.legend()
    left.set(xlabel="optimizer step", ylabel="cross-entropy a token", title=title)
    scores = {"rougeL": ("ROUGE-L", "s-", "#009E73"), "facts_f1": ("facts F1", "D--", "#CC79A7")}
    for name, (label, style, color) in scores.items():
        if points := [(entry["step"], entry[name]) for entry in history if name in entry]:
            right.plot(*zip(*points), style, color=color, label=label)
            right.legend()
    right.set(xlabel="optimizer step", ylabel="score (0-1)", title="validation summaries")
    for axis in axes:
        axis.grid(alpha=0.3)
    return left.figure


class LiveCurve:
    """Redraws `plot_history` in the notebook while a model trains; pass it as `watch`.

    Between two validations it redraws every `seconds` at most: a drawing takes the CPU that the
    training wants.
    """

    def __init__(self, title: str = "", seconds: float = 10) -> None:
        self.title, self.seconds = title, seconds
        self.handle: DisplayHandle | None = None
        self.drawn = -math.inf

    def __call__(self, history: list[dict[str, float]]) -> None:
        import matplotlib.pyplot as plt
        from IPython.display import display

        validated = bool(history) and len(history[-1]) > 2
        if not validated and time.monotonic() - self.drawn < self.seconds:
            return
        self.drawn = time.monotonic()
        figure = plot_history(history, title=self.title)
        if self.handle is None:
            self.handle = display(figure, display_id=True)
        else:
            self.handle.update(figure)
        plt.close(figure)


def plot_task_curves(curves: dict[str, list[tuple[int, float]]], *, title: str = "") -> Figure:
    """Scores of several tasks over the steps of one training.

    Args:
        curves: {task: [(step, score), ...]}.

    Returns:
        The figure.
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(8, 3.6), layout="constrained")
    draw_task_curves(axis, curves)
    axis.set(xlabel="optimizer step", ylabel="score (0-1)", title=title)
    figure.legend(loc="outside right center", frameon=False)
    return figure


def draw_task_curves(axis: Axes, curves: dict[str, list[tuple[int, float]]]) -> None:
    """Draw scores of several tasks on an axis, told apart by colour, marker and line style."""
    for position, (task, points) in enumerate(curves.items()):
        axis.plot(
            *zip(*points),
            marker=MARKERS[position % len(MARKERS)],
            color=("#0072B2", *MORE_COLOURS)[position % 5],
            linestyle=("-", "--", ":", "-.")[position % 4],
            label=task,
        )
    axis.set_ylim(0, 1)
    axis.grid(alpha=0.3)
