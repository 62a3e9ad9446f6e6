"""Learning against forgetting: train each method on dialogues alone, and ask it the other tasks.

    python -m tools.methods_forgetting            # makes the runs, stores table and plot
    python -m tools.methods_forgetting --table    # of the stored record

Notebook 4 does so for full fine-tuning and LoRA; here are all methods of `compare` and three ranks,
each for notebook 4's number of steps, at the rate that was best for its whole training. At equal
steps the ends are compared, on test rows; at equal gain the paths, measured on validation rows
while the models were trained.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from labutils.common.files import read_json, write_json
from labutils.comparison import METHOD_NAMES, method_named
from labutils.multitask.experiment import Experiment
from labutils.multitask.forgetting import forgetting_matrix, least_kept, shares_kept
from labutils.tracks import choose_track
from labutils.views.plots import GREY
from labutils.views.tables import markdown
from tools.methods_tested import look_of
from tools.publishing import RESULTS, show

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RECORD = RESULTS / "methods_forgetting.json"
PICTURE = RESULTS / "methods_forgetting.png"
SIZES: dict[str, tuple[str, int | None]] = {
    "full": ("full", None),
    "lora": ("lora", None),
    "lora, rank 1": ("lora", 1),
    "lora, rank 28": ("lora", 28),
    **{name: (name, None) for name in METHOD_NAMES[2:] if not name.startswith("qlora")},
}
"""{what is shown: (method, size)}; None is the size of its own."""
POINTS = 5
"""How often all tasks are measured on a path."""


def measured() -> dict[str, Any]:
    """Make or load the run of each of SIZES; what the page tells of them.

    Returns:
        {"rows": of each task at a point of a path, "seed", "device_name", "matrix": of the ends on
        test rows (`forgetting_matrix`), "paths": {name: [{task: score}]} on validation rows, the
        untouched model first, "weights": {name: trained}}.
    """
    track = choose_track("tiny")
    experiment = Experiment(track)
    alone = {experiment.single: 1.0}
    start = experiment.zero_shot()
    runs = []
    for shown, (name, size) in SIZES.items():
        method = method_named(name, track, size=size).variant(
            batch_size=track.full.recipe.batch_size, group_by_length=False
        )
        runs.append(experiment.tuned(shown, method, alone, curve_points=POINTS))
    tasks = [task.name for task in experiment.tasks]
    return {
        "rows": experiment.settings.curve_rows,
        "seed": start.record["seed"],
        "device_name": start.record["device_name"],
        "matrix": forgetting_matrix([start, *runs], experiment.tasks),
        "paths": {run.name: _path(run.record["history"], tasks) for run in [start, *runs]},
        "weights": {run.name: run.record["trainable_parameters"] for run in runs},
    }


def _path(history: Sequence[Mapping], tasks: Sequence[str]) -> list[dict[str, float]]:
    points = [entry for entry in history if tasks[0] in entry]
    return [{task: round(point[task], 4) for task in tasks} for point in points]


def path_of(record: dict, name: str) -> tuple[list[float], list[float]]:
    """(gain on dialogues, mean share kept of the other tasks) at each point, from (0, 1) on."""
    (start,) = record["paths"]["zero-shot"]
    first, *others = start
    points = [start, *record["paths"][name]]
    gains = [point[first] - start[first] for point in points]
    return gains, [fmean(point[task] / start[task] for task in others) for point in points]


def kept_at(record: dict, name: str, gain: float) -> float | None:
    """The mean share kept where a path first reaches a gain; None if it never does."""
    gains, kept = path_of(record, name)
    for place in range(1, len(gains)):
        if gains[place] >= gain:
            return float(np.interp(gain, gains[place - 1 : place + 1], kept[place - 1 : place + 1]))
    return None


def rows(record: dict) -> str:
    """The record as a Markdown table, the largest gain first."""
    matrix = record["matrix"]
    first = matrix["tasks"][0]
    cells = {system["name"]: system["scores"][first] for system in matrix["systems"][1:]}
    gain = equal_gain(record)
    heads = ["method", "weights trained", "gain on dialogues", "kept of the other tasks"]
    heads += ["least kept", f"kept at a gain of {gain:.2f}"]
    lines = []
    for name in sorted(cells, key=lambda name: -cells[name]["change"]):
        cell, (share, task) = cells[name], least_kept(matrix, name)
        at_gain = kept_at(record, name, gain)
        interval = f"[{cell['change_low']:+.3f}, {cell['change_high']:+.3f}]"
        lines.append(
            [
                name,
                f"{record['weights'][name]:,}",
                f"{cell['change']:+.3f} {interval}",
                f"{fmean(shares_kept(matrix, name).values()):.0%}",
                f"{share:.0%} of {task}",
                "not reached" if at_gain is None else f"{at_gain:.0%}",
            ]
        )
    steps = matrix["systems"][1]["steps"]
    others = ", ".join(f"{task} {c['n']}" for task, c in matrix["systems"][0]["scores"].items())
    told = (
        f"{steps} optimizer steps each, on dialogues alone, one seed ({record['seed']}). Gain: "
        f"in {cells[name]['metric']}, with its 95% bootstrap interval, paired by dialogue; kept: "
        f"the mean share of the untouched model's scores. Test rows: {others}. The last column: on "
        f"{record['rows']} validation rows a task, where the path first reaches that gain "
        f"(interpolated). {record['device_name']}."
    )
    return f"{markdown(heads, lines)}\n\n{told}"


def equal_gain(record: dict) -> float:
    """A gain that most paths reach: the median of their highest ones, rounded down."""
    highest = [max(path_of(record, name)[0]) for name in record["weights"]]
    return float(np.floor(100 * np.median(highest)) / 100)


def plot(record: dict) -> Figure:
    """Two panels: the ends at equal steps, with intervals, and the paths there."""
    import matplotlib.pyplot as plt

    figure, (ends, paths) = plt.subplots(1, 2, figsize=(11, 4.8), layout="constrained")
    matrix = record["matrix"]
    first = matrix["tasks"][0]
    for place, system in enumerate(matrix["systems"][1:]):
        name, cell = system["name"], system["scores"][first]
        look = look_of(name.partition(",")[0], place)  # ranks in LoRA's colour
        ends.errorbar(
            cell["change"],
            fmean(shares_kept(matrix, name).values()),
            xerr=[[cell["change"] - cell["change_low"]], [cell["change_high"] - cell["change"]]],
            label=name,
            elinewidth=0.8,
            **look,
        )
        shown = {"color": look["color"], "marker": look["fmt"], "markersize": 4}
        paths.plot(*path_of(record, name), label=name, linewidth=1, **shown)
    paths.axvline(equal_gain(record), color=GREY, linestyle="--", linewidth=1)
    ends.set_title(f"after {matrix['systems'][1]['steps']} steps, on test rows", fontsize=10)
    paths.set_title("on the way, on validation rows (dashed: an equal gain)", fontsize=10)
    for axis in (ends, paths):
        axis.axhline(1, color=GREY, linewidth=1, linestyle=":")
        axis.set_xlabel("gain on dialogues (ROUGE-L, 0-1)")
        axis.spines[["top", "right"]].set_visible(False)
    ends.set_ylabel("kept of the other tasks (mean share)")
    figure.legend(*ends.get_legend_handles_labels(), loc="outside lower center", ncols=6,
                  frameon=False)  # fmt: skip
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the runs, or show those that were stored."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", action="store_true", help="only print the stored record")
    args = parser.parse_args(arguments)
    if not args.table:
        write_json(RECORD, measured())
    record = read_json(RECORD)
    print(rows(record))
    if not args.table:
        show(methods_forgetting=rows(record))
        plot(record).savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    main()
