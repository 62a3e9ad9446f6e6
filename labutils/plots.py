"""Figures: safe for colour-blind eyes, and told apart in grey by markers and line styles."""

import math
import time
from pathlib import Path

from labutils.models import saving
from labutils.scoring import METRICS
from labutils.tables import forgetting_cell

# Okabe and Ito's palette, in an order whose greys differ too.
COLOURS = {"zero-shot": "#999999", "full": "#0072B2", "lora": "#E69F00"}
DIVERGING = "PuOr"  # brown to purple, with white between them
MORE_COLOURS = ("#009E73", "#CC79A7", "#56B4E9", "#D55E00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def colour_of(name, position=0):
    """A system's colour, the same in every figure."""
    return COLOURS.get(name, MORE_COLOURS[position % len(MORE_COLOURS)])


def plot_history(history, *, axes=None, title=""):
    """Training loss and validation loss (left), validation ROUGE-L (right) over steps.

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
    points = [(entry["step"], entry["rougeL"]) for entry in history if "rougeL" in entry]
    if points:
        right.plot(*zip(*points), "s-", color="#009E73")
    right.set(xlabel="optimizer step", ylabel="ROUGE-L (0-1)", title="validation summaries")
    for axis in axes:
        axis.grid(alpha=0.3)
    return left.figure


class LiveCurve:
    """Redraws `plot_history` in the notebook while a model trains; pass it as `watch`.

    Between two validations it redraws every `seconds` at most: a drawing takes the CPU that the
    training wants.
    """

    def __init__(self, title="", seconds=10):
        self.title, self.seconds = title, seconds
        self.handle, self.drawn = None, -math.inf

    def __call__(self, history):
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


def plot_comparison(runs, metrics=METRICS[:3]):
    """ROUGE of each system with its 95 % interval, beside what share of parameters was trained.

    Returns:
        The figure.
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(8, 3.8), layout="constrained")
    width = 0.8 / len(runs)
    for position, run in enumerate(runs):
        found = [run.record["rouge"][metric] for metric in metrics]
        means = [item["mean"] for item in found]
        whiskers = [
            [item["mean"] - item["low"] for item in found],
            [item["high"] - item["mean"] for item in found],
        ]
        trained = run.record["trainable_parameters"] / run.record["total_parameters"]
        bars = axis.bar(
            [place + (position - (len(runs) - 1) / 2) * width for place in range(len(metrics))],
            means,
            width * 0.92,
            yerr=whiskers,
            capsize=4,
            color=colour_of(run.name, position),
            hatch=("", "//", "..")[position % 3],
            edgecolor="white",
            error_kw={"ecolor": "#333333"},
            label=f"{run.name} ({trained:.1%} of the parameters trained)",
        )
        axis.bar_label(bars, [f"{mean:.2f}" for mean in means], padding=3, fontsize=9)
    record = runs[0].record
    axis.set_xticks(range(len(metrics)), [name.replace("rouge", "ROUGE-") for name in metrics])
    axis.margins(y=0.3)  # room for the legend
    axis.set_ylabel("F1 (0-1), 95 % interval")
    axis.set_title(
        f"{record['model']} on {record['test_dialogues']} dialogues of {record['dataset']} "
        f"x {record['references_per_dialogue']} references",
        fontsize=10,
    )
    axis.legend(loc="upper right", frameon=False, fontsize=9)
    axis.spines[["top", "right"]].set_visible(False)
    return figure


def plot_ranks(runs, metric="rouge1"):
    """One metric against LoRA's rank, with intervals; the trained parameters on the labels.

    Args:
        runs: LoRA runs that differ in rank only.

    Returns:
        The figure.
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
    ordered = sorted(runs, key=lambda run: run.record["settings"]["lora"]["rank"])
    found = [run.record["rouge"][metric] for run in ordered]
    axis.errorbar(
        range(len(ordered)),
        [item["mean"] for item in found],
        yerr=[
            [item["mean"] - item["low"] for item in found],
            [item["high"] - item["mean"] for item in found],
        ],
        fmt="o-",
        capsize=4,
        color=COLOURS["lora"],
    )
    labels = [
        f"rank {run.record['settings']['lora']['rank']}\n"
        f"{run.record['trainable_parameters']:,} parameters"
        for run in ordered
    ]
    axis.set_xticks(range(len(ordered)), labels)
    axis.set_ylabel(f"{metric.replace('rouge', 'ROUGE-')} (0-1)")
    axis.margins(x=0.15)
    axis.grid(axis="y", alpha=0.3)
    return figure


def plot_rates(with_cap, without_cap, cap):
    """Mixing rates of each task, with and without the cap, as pairs of bars.

    Args:
        with_cap, without_cap: {task: rate} from `mixing.mixing_rates`.
        cap: the cap, in training rows.

    Returns:
        The figure.
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
    axis.set_xticks(range(len(with_cap)), with_cap)
    axis.set_ylabel("share of the examples")
    axis.margins(y=0.15)
    axis.legend(frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
    return figure


def plot_forgetting(matrix):
    """A forgetting matrix as a heat map: colour tells the change, text the score as well.

    Args:
        matrix: from `forgetting.forgetting_matrix`.

    Returns:
        The figure.
    """
    import matplotlib.pyplot as plt

    tasks, systems = matrix["tasks"], matrix["systems"]
    changes = [[system["scores"][task]["change"] for task in tasks] for system in systems]
    largest = max(abs(change) for row in changes for change in row) or 1
    figure, axis = plt.subplots(figsize=(9, 0.55 * len(systems) + 1.4), layout="constrained")
    shades = plt.get_cmap(DIVERGING, 11)
    image = axis.imshow(changes, cmap=shades, vmin=-largest, vmax=largest, aspect="auto")
    for row, system in enumerate(systems):
        for column, task in enumerate(tasks):
            cell = system["scores"][task]
            axis.text(
                column,
                row,
                forgetting_cell(cell),
                ha="center",
                va="center",
                fontsize=9,
                color="white" if abs(cell["change"]) > 0.7 * largest else "black",
            )
    first = systems[0]["scores"]
    labels = [f"{task}\n{first[task]['metric']}\nn = {first[task]['n']}" for task in tasks]
    axis.set_xticks(range(len(tasks)), labels)
    axis.set_yticks(range(len(systems)), [system["name"] for system in systems])
    axis.tick_params(length=0)
    figure.colorbar(image, label="change against zero-shot")
    return figure


def plot_task_curves(curves, *, title=""):
    """Scores of several tasks over the steps of one training.

    Args:
        curves: {task: [(step, score), ...]}.

    Returns:
        The figure.
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(8, 3.6), layout="constrained")
    for position, (task, points) in enumerate(curves.items()):
        axis.plot(
            *zip(*points),
            marker=MARKERS[position % len(MARKERS)],
            color=("#0072B2", *MORE_COLOURS)[position % 5],
            linestyle=("-", "--", ":", "-.")[position % 4],
            label=task,
        )
    axis.set(xlabel="optimizer step", ylabel="score (0-1)", title=title)
    axis.set_ylim(0, 1)
    axis.grid(alpha=0.3)
    figure.legend(loc="outside right center", frameon=False)
    return figure


def save_figure(figure, track, name):
    """Write a figure to artifacts/<track>/figures/<name>.png and return its path."""
    path = Path(track.artifacts) / "figures" / f"{name}.png"
    with saving(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=150)
    return path
