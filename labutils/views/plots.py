"""Figures: safe for colour-blind eyes, and told apart in grey by markers and line styles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labutils.common.errors import LabError
from labutils.common.files import saving, unfinished
from labutils.common.text import printable
from labutils.evaluation.intervals import visible_difference
from labutils.evaluation.rouge import METRICS
from labutils.multitask.forgetting import shares_kept
from labutils.views.tables import METRIC_NAMES, forgetting_cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from labutils.runs import Run
    from labutils.tracks import Track

# Okabe and Ito's palette, in an order whose greys differ too.
COLOURS = {"zero-shot": "#999999", "full": "#0072B2", "lora": "#E69F00"}
DIVERGING = "PuOr"  # brown to purple, with white between them
MORE_COLOURS = ("#009E73", "#CC79A7", "#56B4E9", "#D55E00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def colour_of(name: str, position: int = 0) -> str:
    """A system's colour, the same in every figure."""
    return COLOURS.get(name, MORE_COLOURS[position % len(MORE_COLOURS)])


def line_look(position: int) -> dict[str, str]:
    """Colour and style of the line at this position, by either of which it is told apart."""
    return {
        "color": ("#0072B2", *MORE_COLOURS)[position % 5],
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


def plot_comparison(runs: Sequence[Run], metrics: Sequence[str] = ()) -> Figure:
    """Scores of each system with their 95 % intervals, and the share of parameters trained.

    Args:
        runs: over the same test dialogues.
        metrics: of `tables.METRIC_NAMES`; default ROUGE-1, ROUGE-L and, if all runs have them,
            the facts and outcomes told; without facts ROUGE-2 as well.
    """
    import matplotlib.pyplot as plt

    if not metrics:
        facts = all(run.has_facts for run in runs)
        metrics = ("rouge1", "rougeL", "facts", "outcome") if facts else METRICS[:3]
    figure, axis = plt.subplots(figsize=(7.6, 3.5), layout="constrained")
    width = 0.8 / len(runs)
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
            color=colour_of(run.name, position),
            hatch=("", "//", "..")[position % 3],
            edgecolor="white",
            error_kw={"ecolor": "#333333"},
            label=as_label(run.name) + share,
        )
        axis.bar_label(bars, [f"{mean:.2f}" for mean in means], padding=3, fontsize=9)
    axis.set_xticks(range(len(metrics)), [METRIC_NAMES[name] for name in metrics])
    axis.set_ylim(0, 1.12)
    axis.set_ylabel("score (0-1), 95 % interval")
    axis.set_title(_tested(runs[0]), fontsize=10)
    figure.legend(loc="outside lower center", frameon=False, fontsize=9, ncols=2)
    axis.spines[["top", "right"]].set_visible(False)
    return figure


def _tested(run: Run) -> str:
    """What a run was tested on, as a title."""
    record = run.record
    return as_label(
        f"{record['model']} on {record['test_dialogues']} dialogues of {record['dataset']} "
        f"x {record['references_per_dialogue']} references"
    )


def plot_methods(untrained: Sequence[Run], trained: Sequence[Run], metric: str) -> Figure:
    """A score of trained systems against the weights that were trained (`plot_weights`).

    Args:
        untrained: over the same test dialogues; their means are lines.
        trained: over the same test dialogues, with 95 % intervals.
        metric: of METRIC_NAMES.
    """
    figure = plot_weights(
        {run.name: (run.record["trainable_parameters"], run.intervals[metric]) for run in trained},
        {run.name: run.intervals[metric]["mean"] for run in untrained},
        f"{METRIC_NAMES[metric]} (0-1), 95 % interval",
    )
    figure.axes[0].set_title(_tested(trained[0]), fontsize=10)
    return figure


def plot_weights(
    named: Mapping[str, tuple[int, dict]],
    lines: Mapping[str, float],
    score: str,
    dots: Sequence[tuple[int, float]] = (),
) -> Figure:
    """A score against the number of weights trained, which is drawn as a logarithm.

    Args:
        named: {method: (weights trained, {"mean", "low", "high"})}.
        lines: {what was not trained: its mean score}.
        score: what the scores are, for the axis.
        dots: (weights trained, score) of further trainings, without names.

    Returns:
        The figure.
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
    for name, mean in lines.items():
        axis.axhline(mean, color="#999999", linestyle="--", linewidth=1)
        axis.text(0.01, mean, as_label(name), transform=axis.get_yaxis_transform(), va="bottom",
                  color="#666666")  # fmt: skip
    for dot in dots:
        axis.plot(*dot, ".", color="#999999")
    found = sorted(named.items(), key=lambda item: (item[1][0], item[1][1]["mean"]), reverse=True)
    axis.errorbar(
        [trained for _, (trained, _) in found],
        [interval["mean"] for _, (_, interval) in found],
        yerr=whiskers([interval for _, (_, interval) in found]),
        fmt="o",
        color=COLOURS["full"],
        capsize=3,
    )
    axis.set(xscale="log", xlabel="weights trained", ylabel=score)
    axis.margins(x=0.2)
    _name_points(axis, [(name, trained, item["mean"]) for name, (trained, item) in found])
    axis.spines[["top", "right"]].set_visible(False)
    return figure


def _name_points(axis: Axes, points: Sequence[tuple[str, float, float]]) -> None:
    """Write names beside points (name, x, y), those of neighbors left and right in turn."""
    axis.figure.draw_without_rendering()  # only then is it known how far apart they are
    placed: list[tuple[float, float, int]] = []
    for name, x, y in sorted(points, key=lambda point: -point[2]):
        across, up = axis.transData.transform((x, y)) * 72 / axis.figure.dpi
        near = [place for place in placed if abs(place[0] - across) < 60 and place[1] - up < 30]
        side = -near[-1][2] if near else 1
        # A line of print below the last name on this side, where that is not higher up anyway.
        height = min([up, *(other - 11 for _, other, own in near if own == side)])
        placed.append((across, height, side))
        axis.annotate(as_label(name), (x, y), (7 * side, height - up - 3),
                      textcoords="offset points", ha="left" if side > 0 else "right",
                      bbox={"fc": "white", "ec": "none", "pad": 0.5}, zorder=1)  # fmt: skip


def plot_scores(report: dict) -> Figure:
    """Scores of any systems with intervals, and how many items their differences need.

    Left: each system's scores, and the references' own as a line. Right: the smallest true
    difference in ROUGE-1 that 80 % of samples of a size would show, for every two systems; a cross
    marks the difference that was found.

    Args:
        report: from `rouge.score`.
    """
    import matplotlib.pyplot as plt

    wide = bool(report["differences"])
    figure, axes = plt.subplots(
        1, 1 + wide, figsize=(10 if wide else 6.5, 3.5), layout="constrained", squeeze=False
    )
    _draw_scores(axes[0][0], report)
    if wide:
        _draw_sizes(axes[0][1], report)
    return figure


def _draw_scores(axis: Axes, report: dict) -> None:
    metrics = METRICS[:3]
    systems, height = report["systems"], 0.8 / len(report["systems"])
    for position, (name, found) in enumerate(systems.items()):
        means = [found[metric]["mean"] for metric in metrics]
        places = [i + (position - (len(systems) - 1) / 2) * height for i in range(len(metrics))]
        axis.errorbar(
            means,
            places,
            xerr=whiskers([found[metric] for metric in metrics]),
            fmt=MARKERS[position % len(MARKERS)],
            color=colour_of(name, position),
            capsize=4,
            label=as_label(name),
        )
    for i, metric in enumerate(metrics if metrics[0] in report["references"] else ()):
        axis.plot([report["references"][metric]["mean"]] * 2, [i - 0.45, i + 0.45], "k--", lw=1,
                  label="references against each other" if i == 0 else None)  # fmt: skip
    axis.set_yticks(range(len(metrics)), [METRIC_NAMES[name] for name in metrics])
    axis.invert_yaxis()
    axis.set(xlabel="F1 (0-1), 95 % interval", title=f"{report['n_dialogues']} dialogues")
    axis.grid(axis="x", alpha=0.3)
    figure_legend(axis)


def _draw_sizes(axis: Axes, report: dict) -> None:
    found = [item for item in report["differences"] if item["metric"] == METRICS[0]]
    largest = max(1000, report["n_dialogues"])
    sizes = [10 * (largest / 10) ** (i / 40) for i in range(41)]
    for position, item in enumerate(found):
        look = line_look(position)
        seen = [visible_difference(item["spread"], size) for size in sizes]
        axis.plot(sizes, seen, label=as_label(f"{item['a']} minus {item['b']}"), **look)
        axis.plot(report["n_dialogues"], abs(item["mean"]), "x", color=look["color"], ms=9, mew=2)
    label = {"textcoords": "offset points", "bbox": {"fc": "white", "ec": "none", "pad": 1}}
    place = (report["n_dialogues"], axis.get_ylim()[1])
    axis.annotate("× found here", place, (-6, -6), fontsize=9, ha="right", va="top", **label)
    axis.axvline(report["n_dialogues"], color="#999999", lw=1)
    ticks = [size for size in (10, 30, 100, 300, 1000, 3000, 10_000) if size <= largest]
    axis.set(xscale="log", xlabel="dialogues in the test",
             ylabel=f"difference in {METRIC_NAMES[METRICS[0]]} (0-1)",
             title="curves: what 4 of 5 tests of a size would find")  # fmt: skip
    axis.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axis.minorticks_off()
    axis.set_ylim(bottom=0)
    axis.grid(alpha=0.3)
    figure_legend(axis)


def figure_legend(axis: Axes) -> None:
    """A legend below an axis, where it hides nothing."""
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2, frameon=False, fontsize=9)


def plot_sample_spread(spreads: dict[int, tuple[float, float]], mean: float) -> Figure:
    """Where the mean ROUGE-1 of samples of different sizes falls, around that of all items.

    Args:
        spreads: {size: (low, high)} from `intervals.sample_spread`.
        mean: over all items.
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 3.2), layout="constrained")
    for place, (low, high) in enumerate(spreads.values()):
        axis.plot([low, high], [place, place], "o-", color="#0072B2", lw=2)
        axis.annotate(f"{low:.3f} to {high:.3f}", ((low + high) / 2, place), (0, 7),
                      textcoords="offset points", ha="center", fontsize=9,
                      bbox={"fc": "white", "ec": "none", "pad": 1})  # fmt: skip
    axis.axvline(mean, color="#333333", ls="--", lw=1)
    axis.set_yticks(range(len(spreads)), [f"{size} dialogues" for size in spreads])
    axis.set(xlabel="ROUGE-1 of the sample (0-1); 95 % of the samples lie between the dots")
    axis.margins(y=0.2)
    axis.invert_yaxis()
    return figure


def plot_ranks(sweeps: Mapping[str, Sequence[Run]], metric: str = "rouge1") -> Figure:
    """One metric against LoRA's rank, a line for each rule that sets alpha, with intervals.

    The y axis shows what the intervals span. The trained parameters stand under the ranks.

    Args:
        sweeps: {what is held constant, such as "alpha": LoRA runs that differ in rank}.
        metric: of METRIC_NAMES, ROUGE or facts.
    """
    import matplotlib.pyplot as plt
    from matplotlib.transforms import ScaledTranslation

    figure, axis = plt.subplots(figsize=(7.5, 4), layout="constrained")
    trained = {
        _adapter_of(run)["rank"]: run.record["trainable_parameters"]
        for runs in sweeps.values()
        for run in runs
    }
    ranks = sorted(trained)
    for position, (name, runs) in enumerate(sweeps.items()):
        ordered = sorted(runs, key=lambda run: _adapter_of(run)["rank"])
        found = [run.intervals[metric] for run in ordered]
        drawn = axis.errorbar(
            [ranks.index(_adapter_of(run)["rank"]) for run in ordered],
            [item["mean"] for item in found],
            yerr=whiskers(found),
            fmt=MARKERS[position] + ("-", "--", ":")[position % 3],
            capsize=4,
            color=(COLOURS["lora"], COLOURS["full"], *MORE_COLOURS)[position],
            label=as_label(name),
        )
        # Whiskers at one rank would hide each other: an eighth of an inch apart.
        aside = (position - (len(sweeps) - 1) / 2) / 8
        for artist in drawn.get_children():
            artist.set_transform(
                axis.transData + ScaledTranslation(aside, 0, figure.dpi_scale_trans)
            )
    axis.set_xticks(
        range(len(ranks)), [f"rank {rank}\n{trained[rank]:,} parameters" for rank in ranks]
    )
    record = next(iter(sweeps.values()))[0].record
    axis.set(
        ylabel=f"{METRIC_NAMES[metric]} (0-1), 95 % interval",
        title=f"LoRA after {record['steps']:,} steps, {record['test_dialogues']} "
        f"{record.get('split', 'test')} dialogues",
    )
    axis.margins(x=0.15)
    axis.grid(axis="y", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=len(sweeps), frameon=False)
    return figure


def _adapter_of(run: Run) -> dict:
    return run.record["settings"]["adapter"]


def plot_rates(with_cap: dict[str, float], without_cap: dict[str, float], cap: int) -> Figure:
    """Mixing rates of each task, with and without the cap, as pairs of bars.

    Args:
        with_cap, without_cap: {task: rate} from `mixing.mixing_rates`.
        cap: the cap, in training rows.
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(8, 3.2), layout="constrained")
    kinds = {"no cap": (without_cap, "#999999", ""), f"cap {cap:,}": (with_cap, "#0072B2", "//")}
    for position, (label, (rates, colour, hatch)) in enumerate(kinds.items()):
        places = [place + (position - 0.5) * 0.4 for place in range(len(rates))]
        bars = axis.bar(
            places, rates.values(), 0.38, label=label, color=colour, hatch=hatch, edgecolor="white"
        )
        axis.bar_label(bars, [f"{rate:.0%}" for rate in rates.values()], padding=2, fontsize=9)
    axis.set_xticks(range(len(with_cap)), map(as_label, with_cap))
    axis.set_ylabel("share of the examples")
    axis.margins(y=0.15)
    axis.legend(frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
    return figure


def plot_forgetting(matrix: dict) -> Figure:
    """A forgetting matrix as a heat map: colour tells the change, text the score as well.

    Args:
        matrix: from `forgetting.forgetting_matrix`.
    """
    import matplotlib.pyplot as plt

    tasks, systems = matrix["tasks"], matrix["systems"]
    changes = [[system["scores"][task]["change"] for task in tasks] for system in systems]
    # At least a tenth, so that small changes look small.
    largest = max(0.1, *(abs(change) for row in changes for change in row))
    figure, axis = plt.subplots(figsize=(8, 0.5 * len(systems) + 1.4), layout="constrained")
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

    Args:
        matrix: from `forgetting.forgetting_matrix`, the untouched model first.
        paths: {label: names of systems}, joined in this order by a line that begins at the
            untouched model; the other systems stand alone.

    Returns:
        The figure: a point is the mean over the other tasks, from which a line reaches down to the
        one that was kept least; the horizontal one is the gain's 95 % interval.
    """
    import matplotlib.pyplot as plt

    first, start = matrix["tasks"][0], matrix["systems"][0]["name"]
    cells = {system["name"]: system["scores"][first] for system in matrix["systems"]}
    gains = {name: cell["change"] for name, cell in cells.items()}
    kept: dict[str, list[float]] = {}
    for name in gains:
        shares = shares_kept(matrix, name)
        kept[name] = [share for task, share in shares.items() if task != first]
    means = {name: sum(shares) / len(shares) for name, shares in kept.items()}
    joined = {label: [start, *names] for label, names in (paths or {}).items()}
    alone = [name for name in gains if name not in sum(joined.values(), [start])]
    figure, axis = plt.subplots(figsize=(8, 4.2), layout="constrained")
    colours = (*COLOURS.values(), *MORE_COLOURS)[1:]  # without the untouched model's grey
    for position, (label, names) in enumerate((joined | {name: [name] for name in alone}).items()):
        axis.errorbar(
            [gains[name] for name in names],
            [means[name] for name in names],
            xerr=[
                [cells[name]["change"] - cells[name]["change_low"] for name in names],
                [cells[name]["change_high"] - cells[name]["change"] for name in names],
            ],
            yerr=[[means[name] - min(kept[name]) for name in names], [0] * len(names)],
            fmt=f"{MARKERS[position % len(MARKERS)]}-",
            color=colours[position % len(colours)],
            elinewidth=0.7,
            label=as_label(label),
        )
    axis.axhline(1, color="#999999", lw=1, ls=":")
    axis.set(
        xlabel=as_label(f"gain on {first} ({cells[start]['metric']}, 0-1)"),
        ylabel="kept of the other tasks (share)",
    )
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, fontsize=9)
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
