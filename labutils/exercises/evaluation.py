"""The exercises of notebook 5: ROUGE-1 by hand, an interval, a split; diagnosis.py has another."""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any

import numpy as np

from labutils.exercises.checking import Exercise, Wrong, check_drawn_by_seed, two_lists
from labutils.exercises.diagnosis import diagnose

PAIRS = (
    ("ann lost her card", "ann calls because her card is lost"),
    ("the the the the", "the bank calls the customer"),
    ("bo waits and waits", "bo waits"),
)


def rouge_1(answer: Callable) -> None:
    """Words of a prediction, words of a reference -> (precision, recall, F1)."""
    for pair in PAIRS:
        prediction, reference = (text.split() for text in pair)
        found = answer(prediction, reference)
        if not isinstance(found, (tuple, list)) or len(found) != 3:
            raise Wrong(f"It should return precision, recall and F1, and returned {found!r}.")
        shared = sum(min(prediction.count(word), reference.count(word)) for word in set(prediction))
        precision, recall = shared / len(prediction), shared / len(reference)
        right = (precision, recall, 2 * precision * recall / (precision + recall))
        if not np.allclose(found, right):
            raise Wrong(f"For {pair[0]!r} against {pair[1]!r}: {_likely(found, right, *pair)}")
    try:
        nothing = answer(["hello"], ["goodbye"])
    except ZeroDivisionError:
        raise Wrong("Nothing is shared, and it divides by zero: all three are 0 then.") from None
    if not np.allclose(nothing, (0, 0, 0)):
        raise Wrong(f"'hello' and 'goodbye' share nothing, and it gives {tuple(nothing)}.")


def _likely(found: Sequence[float], right: Sequence[float], *pair: str) -> str:
    prediction, reference = (text.split() for text in pair)
    precision, recall, f1 = right
    unclipped = sum(word in reference for word in prediction) / len(prediction)
    once = len(set(prediction) & set(reference))
    if np.allclose(found[:2], (precision, recall)):
        return f"F1 is {found[2]:.3f}, not {f1:.3f}: it is the harmonic mean, 2 P R / (P + R)."
    if np.allclose(found[:2], (recall, precision)):
        return "precision and recall are swapped. Precision asks about the prediction's words."
    if np.isclose(found[0], unclipped):
        return (
            f"precision is {found[0]:.2f}, but a word counts at most as often as the reference "
            "has it: repeating it must not pay."
        )
    if np.isclose(found[1], once / len(reference)) or np.isclose(found[0], once / len(prediction)):
        return "words that both have twice count twice: a set forgets that, a Counter does not."
    found, right = (np.round(scores, 3).tolist() for scores in (found, right))
    return f"it gives {found}, and {right} is right."


def dialogue_interval(answer: Callable) -> None:
    """{dialogue: [a score for each row]}, a seed -> the ends of a 95% bootstrap interval."""
    rng = np.random.default_rng(5)
    values = rng.uniform(0.1, 0.7, 60)
    alike = {f"test_{i}": [float(value)] * 3 for i, value in enumerate(values)}
    low, high = _ends(answer(alike, 1))
    if low == high:
        raise Wrong(
            "The interval has no width: every sample was the same. Draw *with* replacement."
        )
    _check_width((high - low) / (3.92 * values.std() / len(values) ** 0.5))
    _check_centre(values.mean(), low, high, "the mean is")
    if _ends(answer(alike, 1)) != (low, high):
        raise Wrong("The same seed gives two intervals: draw with default_rng(seed) only.")
    _check_ends([_ends(answer(alike, seed)) for seed in range(2, 14)], values)

    short = {f"a_{i}": [0.2 + 0.001 * i] for i in range(30)}
    long = {f"b_{i}": [0.8 - 0.001 * i] * 9 for i in range(30)}
    low, high = _ends(answer(short | long, 2))
    _check_centre(
        0.5,
        low,
        high,
        "half the dialogues score 0.2 in one row, half 0.8 in nine, so the mean over dialogues is",
    )


def _ends(found: Any) -> tuple[float, float]:
    if np.shape(found) != (2,):
        raise Wrong(f"It should return two numbers, low and high, and returned {found!r}.")
    low, high = map(float, found)
    if low > high:
        raise Wrong(f"The lower end {low:.3f} is above the upper one {high:.3f}.")
    return low, high


def _check_width(ratio: float) -> None:
    if ratio < 0.45:
        raise Wrong(
            f"The interval has {ratio:.0%} of the right width. For 95%, cut 2.5% at each end."
        )
    if ratio < 0.7:
        raise Wrong(
            f"The interval has {ratio:.0%} of the right width: rows were drawn as if each were "
            "an observation of its own. The three rows of a dialogue go together: draw dialogues."
        )
    if ratio > 1.5:
        raise Wrong(
            f"The interval is {ratio:.1f} times too wide: take the quantiles of the samples' "
            "*means*, each sample as large as the data."
        )
    if not 0.9 <= ratio <= 1.15:
        raise Wrong(
            f"The interval is {ratio:.2f} times as wide as it should be. Draw 1,000 samples, and "
            "take the quantiles 0.025 and 0.975 of their means."
        )


def _check_ends(found: Sequence[tuple[float, float]], values: np.ndarray) -> None:
    """Over several seeds luck averages out, and each end must be where a normal mean has it."""
    error = values.std() / len(values) ** 0.5
    low, high = np.mean(found, axis=0)
    for name, off in (("lower", values.mean() - low), ("upper", high - values.mean())):
        if abs(off / error - 1.96) > 0.15:
            raise Wrong(
                f"Over {len(found)} seeds, the {name} end lies {off / error:.2f} standard errors "
                "from the mean, and 1.96 are right: take the quantiles 0.025 and 0.975."
            )


def _check_centre(right: float, low: float, high: float, reason: str) -> None:
    if abs((low + high) / 2 - right) > 0.03:
        raise Wrong(
            f"The interval [{low:.3f}, {high:.3f}] lies beside the mean: {reason} {right:.3f}. "
            "A dialogue's value is the mean of its rows, however many they are."
        )


def split_by_dialogue(answer: Callable) -> None:
    """Row ids, a share, a seed -> (ids to train on, ids held out), each dialogue on one side."""
    for count, share in ((20, 0.2), (40, 0.5)):
        rows = [f"test_{dialogue}_{k}" for dialogue in range(count) for k in (1, 2, 3)]
        Random(count).shuffle(rows)
        check_drawn_by_seed(partial(_held_out, answer, rows, share), "dialogues")


def _held_out(answer: Callable, rows: list[str], share: float, seed: int) -> set[str]:
    """The held-out ids as a set, if a split is one: nothing lost, doubled or leaked."""
    train, held_out = two_lists(answer(rows, share, seed), "ids")
    if both := set(train) & set(held_out):
        raise Wrong(f"{min(both)!r} is on both sides.")
    if sorted(train + held_out) != sorted(rows):
        odd = sorted(set(train + held_out) ^ set(rows))
        what = f"such as {odd[0]!r}" if odd else "some are there twice"
        raise Wrong(
            f"{len(rows)} rows went in, {len(train + held_out)} came out ({what}). Return the "
            "rows' ids, each once."
        )
    partner = {row.rpartition("_")[0]: row for row in train}
    for row in held_out:
        if other := partner.get(row.rpartition("_")[0]):
            raise Wrong(
                f"{row!r} is held out while {other!r} is trained on: one dialogue, so the test is "
                "no test. Draw dialogues, not rows."
            )
    part = len(held_out) / len(rows)
    if abs(part - share) > 0.051:
        raise Wrong(f"{part:.0%} of the rows are held out; {share:.0%} were asked for.")
    return set(held_out)


EXERCISES = (
    Exercise(
        "5.1",
        "ROUGE-1 by hand",
        rouge_1,
        "Whatever a paper calls ROUGE-1, you can now ask which of the three it is.",
    ),
    Exercise(
        "5.2",
        "High ROUGE, wrong facts",
        diagnose,
        "Run it on a system of your own: the fault that it finds most is what to work on next.",
    ),
    Exercise(
        "5.3",
        "An interval by dialogue",
        dialogue_interval,
        "It is as wide as the data are uncertain; drawn by rows it would promise too much.",
    ),
    Exercise(
        "5.4",
        "Split without a leak",
        split_by_dialogue,
        "What is held out is new to the model, which is the promise that a test makes.",
    ),
)
