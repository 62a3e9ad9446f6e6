"""The exercises of the fault museum: the mistakes in a result table, and a large enough test."""

from collections.abc import Callable
from numbers import Integral
from random import Random
from statistics import median, pstdev
from typing import Any

import pandas as pd

from labutils.evaluation.intervals import items_needed
from labutils.exercises.checking import Exercise, Wrong, check_type

FEW = 30
"""Dialogues below which a test set is called small here."""

_SOUND = {
    "ROUGE-1": 0.62, "first loss": 2.5, "same answer twice": True,
    "trained with": "Summarize:", "tested with": "Summarize:",
    "test rows": 600, "test dialogues": 200, "also trained on": 0,
    "baseline, before": 0.36, "baseline, after": 0.36,
}  # fmt: skip


def _row(system: str, changed: dict[str, Any]) -> dict[str, Any]:
    """A system of a result table: sound, but for what is changed."""
    return {"system": system} | _SOUND | changed


SUSPECTS = (
    _row("A", {"ROUGE-1": 0.64}),
    _row("B", {"ROUGE-1": 0.71, "test rows": 60, "test dialogues": 20}),
    _row("C", {"ROUGE-1": 0.58, "first loss": 7.9}),
    _row("D", {"ROUGE-1": 0.83, "also trained on": 41}),
    _row("E", {"ROUGE-1": 0.55, "tested with": "TL;DR:", "same answer twice": False}),
    _row("F", {"baseline, after": 0.61}),
)
"""The result table of exercise M.1: one sound system, and five that are not."""

FAULTS = {
    "pads": ("first loss", "more than twice the median of the table's first losses"),
    "dropout": ("same answer twice", "greedy decoding has no chance in it, and dropout has"),
    "prompt": ("tested with", "it was trained with other words"),
    "small test": ("test dialogues", f"fewer than {FEW}; rows of one dialogue count once"),
    "baseline": ("baseline, after", "a baseline that nothing touched scores what it did before"),
    "leak": ("also trained on", "so many of its test dialogues were in training"),
}
"""{fault: (the entry that shows it, how)}."""


def suspect_table() -> pd.DataFrame:
    """SUSPECTS as a table, one system per column."""
    table = pd.DataFrame(SUSPECTS).set_index("system").T
    table.columns.name = None
    table.attrs["caption"] = (
        "Six systems as notebooks might report them. Same answer twice: whether the same greedy "
        "call gave the same texts again. Also trained on: test dialogues that are in the training "
        "rows. Baseline: its ROUGE-1 before and after the training."
    )
    return table


def _right(table: list[dict]) -> dict[str, set[str]]:
    usual = median(row["first loss"] for row in table)
    return {
        row["system"]: {
            name
            for name, wrong in {
                "pads": row["first loss"] > 2 * usual,
                "dropout": not row["same answer twice"],
                "prompt": row["trained with"] != row["tested with"],
                "small test": row["test dialogues"] < FEW,
                "baseline": row["baseline, before"] != row["baseline, after"],
                "leak": row["also trained on"] > 0,
            }.items()
            if wrong
        }
        for row in table
    }


SUSPECT_TABLES = (
    [dict(row) for row in SUSPECTS],
    [_row("one", {"first loss": 3.5, "also trained on": 1}), _row("two", {"first loss": 1.2}),
     _row("three", {"first loss": 1.4, "test rows": 90, "test dialogues": 30,
                    "baseline, after": 0.35})],
    [_row("x", {"test rows": 29, "test dialogues": 29, "tested with": "Summarize: "}),
     _row("y", {"ROUGE-1": 0.99}),
     _row("z", {"same answer twice": False, "first loss": 5.0})],
)  # fmt: skip


def faults_of_table(answer: Callable) -> None:
    """A result table (a list of dicts) -> {system: a list of its faults}."""
    for table in SUSPECT_TABLES:
        found, right = answer(table), _right(table)
        check_type(found, dict, "a dict from system to a list of faults")
        if set(found) != set(right):
            raise Wrong(f"The systems are {', '.join(right)}; yours are {list(found)}.")
        for row in table:
            _check_faults(row, found[row["system"]], right[row["system"]])


def _check_faults(row: dict, found: Any, right: set[str]) -> None:
    system = f"System {row['system']}"
    if not isinstance(found, (list, tuple, set)):
        raise Wrong(
            f"{system}: give a list of faults, [] for a sound one, not {type(found).__name__}."
        )
    if unknown := [name for name in found if name not in FAULTS]:
        raise Wrong(f"{system}: {unknown[0]!r} is no fault; they are called {', '.join(FAULTS)}.")
    for name in FAULTS:
        entry, how = FAULTS[name]
        if name in right and name not in found:
            raise Wrong(f"{system} lacks {name!r}: its {entry!r} is {row[entry]!r}; {how}.")
        if name in found and name not in right:
            raise Wrong(
                f"{system} is accused of {name!r}, and its {entry!r} is {row[entry]!r}. The rule "
                f"is: {how}."
            )


CLAIMS: tuple[tuple[int, float, float], ...] = (
    (200, 0.11, 0.02), (150, 0.2, -0.01), (80, 0.05, 0.05)
)  # fmt: skip
"""(dialogues, standard deviation of their differences, the true difference)."""


def dialogues_for_a_claim(answer: Callable) -> None:
    """Paired differences, a true difference -> how many dialogues show it in 4 of 5 samples."""
    for size, spread, effect in CLAIMS:
        draw = Random(size)
        differences = [draw.gauss(0.03, spread) for _ in range(size)]
        found = answer(differences, effect)
        sd = pstdev(differences)
        right = items_needed(sd, effect)
        if not isinstance(found, Integral) or isinstance(found, bool):
            raise Wrong(f"It gives {found!r}; a number of dialogues is whole: round it up.")
        found = int(found)
        if abs(found - right) <= max(1, 0.02 * right):
            continue
        ratio = 2.8 * sd / abs(effect)
        by_mistake = {
            "Square it: four times the dialogues halve the width of an interval.": ratio,
            "The 1.96 alone finds the difference in only half the samples: use 2.8.": (
                (0.7 * ratio) ** 2
            ),
            "That is with the variance: take its root, the standard deviation.": (ratio * sd) ** 2,
            "That is the difference you happen to have; ask about the one you claim.": (
                (2.8 * sd * size / sum(differences)) ** 2
            ),
        }
        said = [
            text for text, value in by_mistake.items() if abs(found - value) <= 2 + 0.03 * value
        ]
        raise Wrong(
            f"For differences with a standard deviation of {sd:.3f} and a true one of {effect} it "
            f"gives {found}, and {right} is right.{' ' + said[0] if said else ''}"
        )


EXERCISES = (
    Exercise(
        "M.1",
        "Find the mistakes in a result table",
        faults_of_table,
        "Six lines of checks: run them over a table of your own before you believe it.",
    ),
    Exercise(
        "M.2",
        "How many dialogues does a claim need?",
        dialogues_for_a_claim,
        "Ask it before an experiment: afterwards it only says what could not have been seen.",
    ),
)
