"""The methods that `tools.methods_search --test` tested: their table, and what each score costs."""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from labutils.evaluation.intervals import (
    Difference,
    bootstrap_interval,
    holm,
    paired_difference,
    paired_differences,
)
from labutils.methods import ZERO_SHOT
from labutils.views.plots import (
    BLACK,
    BROWN,
    COLOURS,
    GREY,
    MARKERS,
    MORE_COLOURS,
    PURPLE,
    whiskers,
)
from labutils.views.tables import METRIC_NAMES, difference_cell, markdown
from tools.candidates import SHOWN, scored_before, scoring_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TOLD = ("facts", "facts_f1", "new_name", "rouge1")
"""The scores that are told."""
COSTS = {
    "trainable_parameters": "weights trained (log)",
    "seconds": "seconds of training",
    "peak_memory_mib": "MiB, at its peak",
    "saved_mib": "MiB to be kept (log)",
}


def tested_record(
    records: Sequence[dict],
    timed: Mapping[str, dict],
    untouched: Mapping[str, Sequence[float]],
    methods: Collection[str],
    seeds: int,
) -> dict:
    """What the page tells of the tested methods.

    Args:
        records: one for each method and seed, as `tools.methods_search.tested` makes them.
        timed: {method: what `tools.methods_search.timed` makes}: the tests' own seconds are of
            trainings beside others.
        untouched: {metric: the untouched base's score of each dialogue}, of TOLD.
        methods: the names of those that were searched.
        seeds: how many seeds each should have been tested with.

    Returns:
        {"seeds", "scoring", "scored_later", "dialogues", "steps", "device_name", "untouched",
        "methods", "alike"}, {} as long as a test or a timing is missing. "methods", the best facts
        F1 first, are [{"method", "scores": {metric: an Interval's fields, and "seeds", a score for
        each}, "minus_full": a Difference's fields and "p_holm" (facts F1; None for full itself),
        and each of COSTS}]; "alike" are pairs of systems, zero-shot among them, whose facts F1 is
        not told apart. A dialogue's score is the mean over seeds.
    """
    of = {name: [one for one in records if one["method"] == name] for name in methods}
    missing = any(len(found) < seeds for found in of.values()) or of.keys() - timed.keys()
    if missing or "full" not in of:
        return {}
    items = {
        name: {metric: np.mean([one["items"][metric] for one in found], axis=0) for metric in TOLD}
        for name, found in of.items()
    }
    others = [name for name in of if name != "full"]
    against = [
        paired_difference(items[name]["facts_f1"], items["full"]["facts_f1"]) for name in others
    ]
    corrected = holm([difference.p for difference in against])
    minus_full = {
        name: vars(difference) | {"p_holm": p}
        for name, difference, p in zip(others, against, corrected)
    }
    rows = [
        {
            "method": name,
            "scores": {
                metric: vars(bootstrap_interval(values))
                | {"seeds": [one["scores"][metric] for one in of[name]]}
                for metric, values in items[name].items()
            },
            "minus_full": minus_full.get(name),
            **{cost: round(statistics.mean(one[cost] for one in of[name]), 3) for cost in COSTS},
            "seconds": timed[name]["seconds"],
        }
        for name in of
    ]
    rows.sort(key=lambda row: -row["scores"]["facts_f1"]["mean"])
    first = of["full"][0]
    return {
        "seeds": sorted(one["seed"] for one in of["full"]),
        **scoring_of(records),
        "dialogues": first["tested"],
        "steps": first["steps"],
        "device_name": timed["full"]["device_name"],
        "untouched": {metric: float(np.mean(untouched[metric])) for metric in TOLD},
        "methods": rows,
        "alike": not_told_apart(
            {row["method"]: items[row["method"]]["facts_f1"] for row in rows}
            | {ZERO_SHOT.name: np.asarray(untouched["facts_f1"])}
        ),
    }


def seeds_record(records: Sequence[dict], start: Mapping[str, float], lookup: float) -> dict:
    """Full fine-tuning and LoRA, a score of each seed: what of a score is the luck of a training.

    Args:
        records: those of `tested_record`.
        start: {metric: the untouched base's mean score}, of facts.
        lookup: the mean ROUGE-1 of the nearest chat's summary.

    Returns:
        {"seeds", "scoring", "test_dialogues", "systems": {name: {metric, "over lookup", "share of
        gain": a value for each seed}}}.
    """
    of = {
        name: sorted((one for one in records if one["method"] == name), key=itemgetter("seed"))
        for name in ("full", "lora")
    }
    gains = [one["scores"]["facts"] - start["facts"] for one in of["full"]]
    return {
        "seeds": [one["seed"] for one in of["full"]],
        **scoring_of([*of["full"], *of["lora"]]),
        "test_dialogues": of["full"][0]["tested"],
        "systems": {
            name: {
                **{metric: [one["scores"][metric] for one in found] for metric in SHOWN},
                "over lookup": [round(one["scores"]["rouge1"] - lookup, 4) for one in found],
                "share of gain": [
                    round((one["scores"]["facts"] - start["facts"]) / gain, 4)
                    for one, gain in zip(found, gains)
                ],
            }
            for name, found in of.items()
        },
    }


def seeds_rows(record: dict) -> str:
    """A `seeds_record` as a Markdown table: mean and range of each score over the seeds."""
    systems = record["systems"]
    names = METRIC_NAMES | {"over lookup": "ROUGE-1 over the lookup's"}
    names["share of gain"] = "of full's gain in facts"
    rows = [
        [names[metric], *(mean_and_range(found[metric]) for found in systems.values())]
        for metric in systems["full"]
    ]
    seeds = ", ".join(map(str, record["seeds"]))
    heads = [f"over {len(record['seeds'])} seeds", *systems]
    return (
        f"{markdown(heads, rows)}\n\n"
        f"Mean (lowest to highest) of seeds {seeds}, {record['test_dialogues']} test dialogues."
        f"{scored_before(record)}"
    )


def mean_and_range(values: Sequence[float]) -> str:
    """Such as "0.987 (0.984 to 0.990)"."""
    return f"{statistics.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def not_told_apart(scores: Mapping[str, np.ndarray]) -> list[tuple[str, str]]:
    """The pairs of systems whose difference does not survive Holm's correction for all pairs.

    Args:
        scores: {system: its score of each dialogue}.
    """
    return [(a, b) for b, a, _, p in paired_differences(scores) if p >= 0.05]


def tested_rows(record: dict) -> str:
    """A `tested_record` as a Markdown table."""
    heads = ["method", *(METRIC_NAMES[metric] for metric in TOLD), "facts F1 minus full's",
             "seconds", "peak MiB", "MiB kept"]  # fmt: skip
    rows = []
    for row in record["methods"]:
        scores = [row["scores"][metric]["seeds"] for metric in TOLD]
        cells = [row["method"], *map(mean_and_range, scores)]
        cells += [_against(row["minus_full"])]
        cells += [f"{row['seconds']:.0f}", f"{row['peak_memory_mib']:.0f}"]
        rows.append([*cells, format(row["saved_mib"], ".2f")])
    start = [f"{record['untouched'][metric]:.3f}" for metric in TOLD]
    rows.append(["zero-shot", *start, "", "none", "none", "nothing"])
    lines = [markdown(heads, rows)]
    seeds = ", ".join(map(str, record["seeds"]))
    lines.append(
        f"\n{record['dialogues']} test dialogues, {record['steps']:,} optimizer steps each; means "
        f"over seeds {seeds}, in round brackets the lowest and the highest. Of the difference: 95% "
        "bootstrap interval, paired by dialogue; * p < 0.05 after Holm's correction for the "
        "methods. Seconds: of all steps, without validations, one method timed after the other on "
        f"one thread ({record['device_name']}). Kept: the adapter's file, or the whole model."
        f"{scored_before(record)}"
    )
    systems = len(record["methods"]) + 1
    alike = ", ".join(f"{a} and {b}" for a, b in record["alike"]) or "none"
    lines.append(
        f"\nOf all {math.comb(systems, 2)} pairs of these {systems} systems, facts F1 does not "
        f"tell apart, after Holm's correction for all of them: {alike}."
    )
    return "\n".join(lines)


def short_rows(record: dict) -> str:
    """A `tested_record` as README shows it."""
    rows = []
    for row in record["methods"]:
        behind = row["minus_full"]
        star = " *" if behind and behind["mean"] < 0 and behind["p_holm"] < 0.05 else ""
        facts, rouge = (row["scores"][metric]["mean"] for metric in ("facts_f1", "rouge1"))
        scores = f"{facts:.3f}{star}", f"{rouge:.3f}"
        costs = f"{row['seconds']:.0f}", f"{row['saved_mib']:.2f}"
        rows.append([row["method"], f"{row['trainable_parameters']:,.0f}", *scores, *costs])
    heads = ["method", "weights trained", "facts F1", "ROUGE-1", "seconds", "MiB kept"]
    return (
        f"{markdown(heads, rows)}\n\n{record['dialogues']} test dialogues, means of "
        f"{len(record['seeds'])} seeds; * below full by more than luck (Holm)."
        f"{scored_before(record)}"
    )


def _against(found: dict | None) -> str:
    if found is None:
        return ""
    fields = {key: value for key, value in found.items() if key != "p_holm"}
    return difference_cell(Difference(**fields), found["p_holm"])


def plot_costs(record: dict) -> Figure:
    """Facts F1 and ROUGE-1 of a `tested_record` against each of COSTS, with intervals.

    The dashed line is the untouched base. Marks are open, as many lie over one another: both axes
    are measured, so none is moved aside.
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import NullFormatter

    figure, axes = plt.subplots(
        2, len(COSTS), figsize=(11, 5.5), sharex="col", sharey="row", layout="constrained"
    )
    for line, metric in zip(axes, ("facts_f1", "rouge1")):
        line[0].set_ylabel(f"{METRIC_NAMES[metric]} (0-1)")
        for axis, (cost, name) in zip(line, COSTS.items()):
            axis.axhline(record["untouched"][metric], color=GREY, linestyle="--", linewidth=1)
            _draw_methods(axis, record["methods"], cost, metric)
            axis.margins(x=0.15)
            if name.endswith("(log)"):
                axis.set_xscale("log")
                axis.xaxis.set_minor_formatter(NullFormatter())
    for axis, name in zip(axes[-1], COSTS.values()):
        axis.set_xlabel(name)
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False)
    return figure


def _draw_methods(axis: Axes, rows: Sequence[dict], cost: str, metric: str) -> None:
    for place, row in enumerate(rows):
        axis.errorbar(
            row[cost],
            row["scores"][metric]["mean"],
            yerr=whiskers([row["scores"][metric]]),
            label=row["method"],
            markerfacecolor="none",
            **look_of(row["method"], place),
        )


def look_of(name: str, place: int) -> dict:
    """Colour and mark of a method, no two alike."""
    others = (*MORE_COLOURS, GREY, BLACK, PURPLE, BROWN)
    colour = COLOURS.get(name, others[place % len(others)])
    return {"color": colour, "fmt": (*MARKERS[:6], "*", "<", ">")[place % 9], "markersize": 8}
