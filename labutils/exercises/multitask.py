"""The exercises of notebook 4: mixing rates, what was forgotten, how much rehearsal it takes."""

from collections.abc import Callable
from math import isclose

from labutils.exercises.checking import Exercise, Wrong, check_type, check_value
from labutils.multitask.mixing import mixing_rates


def capped_rates(answer: Callable) -> None:
    """{task: rows}, a cap -> {task: rate}."""
    for sizes, cap in (({"chats": 5000, "code": 1000}, 3000), ({"a": 10, "b": 30}, 100),
                       ({"x": 650_000, "y": 12_460, "z": 10_300}, 30_000)):  # fmt: skip
        found, right = answer(sizes, cap), mixing_rates(sizes, cap)
        check_type(found, dict, "a dict from task to rate")
        if set(found) != set(sizes):
            raise Wrong(f"The tasks are {list(sizes)}, yours {list(found)}.")
        where = f"For {sizes} and the cap {cap}"
        if _same(found, mixing_rates(sizes, None)) and not _same(found, right):
            raise Wrong(f"{where} the largest task still drowns the others: cap its size first.")
        if _same(found, {task: 1 / len(sizes) for task in sizes}) and not _same(found, right):
            raise Wrong(f"{where} all tasks are equally likely. Sizes below the cap still count.")
        if not isclose(total := sum(found.values()), 1, rel_tol=1e-6):
            raise Wrong(
                f"{where} your rates add up to {total:.3g}. Divide by the sum of the *capped* "
                "sizes, and they add up to 1."
            )
        if not _same(found, right):
            raise Wrong(f"{where} it gives {found}. A size counts min(size, cap), no more.")


def _same(one: dict[str, float], other: dict[str, float]) -> bool:
    return all(isclose(one[task], other[task], rel_tol=1e-6) for task in other)


CHANGES = (
    {
        "dialogues": (0.12, 0.10, 0.14),
        "ratings": (-0.02, -0.05, 0.01),
        "code": (-0.64, -0.70, -0.58),
    },
    {
        "dialogues": (0.08, 0.06, 0.10),
        "code": (-0.06, -0.09, -0.03),
        "reports": (0.01, -0.01, 0.03),
        "entities": (-0.47, -0.51, -0.43),
        "ratings": (-0.2, -0.41, 0.01),
        "topics": (-0.03, -0.06, 0.0),
    },
)


def forgotten(answer: Callable) -> None:
    """{task: {"change", "change_low", "change_high"}} -> tasks lost beyond noise, worst first."""
    for changes in CHANGES:
        names = ("change", "change_low", "change_high")
        scores = {task: dict(zip(names, values)) for task, values in changes.items()}
        found = answer(scores)
        check_type(found, list, "a list of tasks")
        right = [task for task, (_, _, high) in changes.items() if high < 0]
        right.sort(key=lambda task: changes[task][0])
        for task in found:
            if task not in changes:
                raise Wrong(f"There is no task {task!r}.")
            _check_forgotten(task, *changes[task])
        if missing := [task for task in right if task not in found]:
            raise Wrong(f"{missing[0]} is missing: {_in_words(*changes[missing[0]])}.")
        if found != right:
            raise Wrong(f"They are right, but in the order {found}; the worst loss comes first.")


def _check_forgotten(task: str, change: float, low: float, high: float) -> None:
    if low > 0:
        raise Wrong(f"{task} gained: {_in_words(change, low, high)}. Only losses are forgetting.")
    if high >= 0:
        raise Wrong(
            f"{task} is in your list: {_in_words(change, low, high)}. The interval reaches "
            "zero, so this may be noise: the whole of it must lie below."
        )


def _in_words(change: float, low: float, high: float) -> str:
    return f"it changed by {change:+.2f} [{low:+.2f}, {high:+.2f}]"


START = {"code": 0.8, "ratings": 0.6}
LADDERS = (
    ({0.01: (0.30, 0.59), 0.05: (0.74, 0.60), 0.1: (0.78, 0.61)}, 0.9, 0.05),
    ({0.2: (0.80, 0.58), 0.02: (0.90, 0.30), 0.1: (0.60, 0.45), 0.4: (0.79, 0.60)}, 0.7, 0.1),
    ({0.1: (0.20, 0.50), 0.2: (0.40, 0.30), 0.4: (0.70, 0.60)}, 0.5, 0.2),
)
"""({share: scores of START's tasks}, what to keep, the right share)."""


def smallest_share(answer: Callable) -> None:
    """Zero-shot scores, {share: scores}, what to keep -> the smallest share that keeps it."""
    for rows, keep, right in LADDERS:
        ladder = {share: dict(zip(START, scores)) for share, scores in rows.items()}
        where = f"zero-shot {START}, the ladder {ladder} and {keep:.0%} to keep"
        check_value(answer(START, ladder, keep), right, _share_mistakes(rows, keep), where)


def _share_mistakes(rows: dict[float, tuple[float, float]], keep: float) -> list[tuple[float, str]]:
    kept = {
        share: [score >= keep * start for score, start in zip(scores, START.values())]
        for share, scores in rows.items()
    }
    mean = [s for s, scores in rows.items() if sum(scores) >= keep * sum(START.values())]
    more = [s for s in rows if all(x > keep * y for x, y in zip(rows[s], START.values()))]
    return [
        (min(more), "A smaller one keeps exactly as much as it must, which is enough: use >=."),
        (max(rows), "The smallest share that suffices costs least."),
        (min(mean), "There one task makes up for another: *every* task must be kept."),
        (min(s for s in rows if any(kept[s])), "There some tasks are kept, and not *every* one."),
        (
            next(s for s in rows if all(kept[s])),
            "It suffices, and a smaller one does, too: shares need not come sorted.",
        ),
    ]


EXERCISES = (
    Exercise(
        "4.1",
        "Mix with a cap",
        capped_rates,
        "No dataset, however large, drowns the others, and the small ones keep their order.",
    ),
    Exercise(
        "4.2",
        "Read a forgetting matrix",
        forgotten,
        "You name what was lost, and blame no method for noise.",
    ),
    Exercise(
        "4.3",
        "How much rehearsal?",
        smallest_share,
        "The cheapest insurance that still covers every task.",
    ),
)
