"""A forgetting matrix (`multitask.forgetting.forgetting_matrix`) as tables and as figures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import cycle
from statistics import fmean
from typing import TYPE_CHECKING

import pandas as pd

from labutils.common.text import signed
from labutils.multitask.forgetting import may_have_changed, shares_kept
from labutils.views.curves import plot_task_curves
from labutils.views.plots import COLOURS, DIVERGING, GREY, MARKERS, as_label, colours_of, panels
from labutils.views.tables import captioned, interval_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


LINES = {"full": "-", "lora": "--"}


def forgetting_table(matrix: dict) -> pd.DataFrame:
    """The matrix in short: one system per row, its score and change on each task."""
    first = matrix["systems"][0]
    rows = {
        system["name"]: {
            f"{task}, {cell['metric']}": forgetting_cell(cell)
            for task, cell in system["scores"].items()
        }
        for system in matrix["systems"]
    }
    caption = f"Scores 0-1; in brackets the change against {first['name']}; {_stars(matrix)}"
    return captioned(pd.DataFrame(rows).T, caption)


def start_table(matrix: dict) -> pd.DataFrame:
    """What the first system scores, one task per row, with intervals."""
    rows = {
        task: {
            "metric": cell["metric"],
            "score": str(interval_of(cell)),
            "test rows": cell["n"],
            "also": "; ".join(f"{name}: {value:.2f}" for name, value in cell["more"].items()),
        }
        for task, cell in matrix["systems"][0]["scores"].items()
    }
    caption = "Scores 0-1, with 95% bootstrap intervals over rows."
    return captioned(pd.DataFrame(rows).T, caption)


def change_table(matrix: dict) -> pd.DataFrame:
    """The changes with their intervals: one system per row, one task per column.

    Systems that changed no score at all are named in the caption instead.
    """
    first, *others = matrix["systems"]
    rows, same = {}, []
    for system in others:
        cells = system["scores"].values()
        if not any(map(may_have_changed, cells)):
            same.append(system["name"])
            continue
        rows[system["name"]] = {task: _change_cell(cell) for task, cell in system["scores"].items()}
    unchanged = f" Without any change: {', '.join(same)}." if same else ""
    caption = (
        f"Changes of scores (0-1) against {first['name']}, paired by row, with 95% bootstrap "
        f"intervals, which are uncorrected; {_stars(matrix)}{unchanged}"
    )
    return captioned(pd.DataFrame(rows).T, caption)


def forgetting_cell(cell: dict) -> str:
    """One cell of the matrix: score, and change with a star beyond noise."""
    return f"{cell['mean']:.2f} ({signed(cell['change'], 2)}{_star(cell)})"


def _change_cell(cell: dict) -> str:
    """A change over its interval, in two lines; "none" where no row was scored otherwise."""
    if not may_have_changed(cell):
        return "none"
    change, low, high = (signed(cell[key], 2) for key in ("change", "change_low", "change_high"))
    return f"{change}{_star(cell)}\n[{low}, {high}]"


def _star(cell: dict) -> str:
    """A star for a change that is more than noise (a matrix of an older version has none)."""
    return " *" if cell.get("p_holm", 1.0) < 0.05 else ""


def _stars(matrix: dict) -> str:
    """What a star means, and how many rows were tested."""
    rows = ", ".join(f"{task} {cell['n']}" for task, cell in matrix["systems"][0]["scores"].items())
    return (
        "* p < 0.05 after Holm's correction for the number of all changes in the matrix (of "
        "systems that changed any score). "
        f"Test rows: {rows}."
    )


def plot_forgetting(matrix: dict) -> Figure:
    """A heat map: colour tells the change, text the score as well."""
    tasks, systems = matrix["tasks"], matrix["systems"]
    changes = [[system["scores"][task]["change"] for task in tasks] for system in systems]
    # At least a tenth, so that small changes look small.
    largest = max(0.1, *(abs(change) for row in changes for change in row))
    figure, axis = panels(8, 0.5 * len(systems) + 1.4)
    image = axis.imshow(changes, cmap=DIVERGING, vmin=-largest, vmax=largest, aspect="auto")
    for row, system in enumerate(systems):
        for column, task in enumerate(tasks):
            cell = system["scores"][task]
            red, green, blue, _ = image.cmap(image.norm(cell["change"]))
            dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
            axis.text(
                column,
                row,
                forgetting_cell(cell),
                ha="center",
                va="center",
                fontsize=9,
                color="white" if dark else "black",
            )
    first = systems[0]["scores"]
    labels = [
        as_label(f"{task}\n{first[task]['metric']}\nn = {first[task]['n']}") for task in tasks
    ]
    axis.set_xticks(range(len(tasks)), labels)
    axis.set_yticks(range(len(systems)), [as_label(system["name"]) for system in systems])
    axis.tick_params(length=0)
    figure.colorbar(image, label="change against zero-shot")
    return figure


def plot_gain_and_loss(matrix: dict, paths: Mapping[str, Sequence[str]] | None = None) -> Figure:
    """What each system gained on the first task against what it kept of the others.

    A point is the mean over the other tasks, from which a line reaches down to the one that was
    kept least; the horizontal one is the gain's 95% interval. Colour and line tell the method that
    a name begins with, the marker tells the remedy: what comes after it.

    Args:
        matrix: the untouched model first.
        paths: {label: names of systems}, joined in this order by a line that begins at the
            untouched model; the other systems stand alone. Of a name such as "lora-single, 25%"
            the share stands beside its point.
    """
    first, start = matrix["tasks"][0], matrix["systems"][0]["name"]
    cells = {system["name"]: system["scores"][first] for system in matrix["systems"]}
    gains = {name: cell["change"] for name, cell in cells.items()}
    kept = {name: list(shares_kept(matrix, name).values()) for name in cells}
    means = {name: fmean(shares) for name, shares in kept.items()}
    joined = {label: [start, *names] for label, names in (paths or {}).items()}
    alone = [name for name in gains if name not in sum(joined.values(), [start])]
    figure, axis = panels(8, 4.2)
    drawn = joined | {name: [name] for name in alone}
    parts = {label: _method_and_remedy(label) for label in drawn}
    colours = colours_of([method for method, _ in parts.values()])
    markers = dict(zip(dict.fromkeys(remedy for _, remedy in parts.values()), cycle(MARKERS)))
    for label, names in drawn.items():
        method, remedy = parts[label]
        axis.errorbar(
            [gains[name] for name in names],
            [means[name] for name in names],
            xerr=[
                [cells[name]["change"] - cells[name]["change_low"] for name in names],
                [cells[name]["change_high"] - cells[name]["change"] for name in names],
            ],
            yerr=[[means[name] - min(kept[name]) for name in names], [0] * len(names)],
            fmt=markers[remedy] + LINES.get(method, "-") * (len(names) > 1),
            color=colours[method],
            markersize=8,
            elinewidth=0.7,
            label=as_label(label),
        )
        for name in names if len(names) > 1 else ():
            if share := re.search(r", (\d+%)$", name):
                at = gains[name], means[name]
                axis.annotate(share[1], at, (7, 5), textcoords="offset points", fontsize=8)
    axis.axhline(1, color=GREY, lw=1, ls=":")
    axis.set(
        xlabel=as_label(f"gain on {first} ({cells[start]['metric']}, 0-1)"),
        ylabel="kept of the other tasks (share)",
    )
    axis.set_title("learning against forgetting: best is the upper right corner", fontsize=11)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, fontsize=9)
    return figure


def _method_and_remedy(label: str) -> tuple[str, str]:
    """("full", "single-slow") of "full-single-slow"; a name of no known method is its own."""
    method, _, remedy = label.partition("-")
    return (method, remedy) if method in COLOURS else (label, label)


def plot_rehearsal(matrix: dict, percent: Sequence[float]) -> Figure:
    """Every task's score against how much of the training was of other tasks.

    Args:
        matrix: the untouched model first, which is not drawn.
        percent: of the examples, for each of the other systems, in rising order; the axis is
            stretched near 0.
    """
    points: dict[str, list] = {
        task: [(x, system["scores"][task]["mean"])
               for x, system in zip(percent, matrix["systems"][1:])]
        for task in matrix["tasks"]
    }  # fmt: skip
    figure = plot_task_curves(points, title="what a little of the other tasks buys back")
    axis = figure.axes[0]
    axis.set(xlabel="other tasks among the examples, % (stretched near 0)")
    axis.set(xscale="symlog", xlim=(-0.1, 100))
    axis.minorticks_off()
    axis.set_xticks(percent, [f"{x:.0f}" for x in percent])
    return figure
