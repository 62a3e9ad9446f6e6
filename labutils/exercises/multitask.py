"""The exercises of notebook 4: rates, what was forgotten, rehearsal, a mixture of one's own."""

from collections.abc import Callable
from math import isclose

from labutils.common.text import signed
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
    return f"it changed by {signed(change, 2)} [{signed(low, 2)}, {signed(high, 2)}]"


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


SEEN = (0, 10, 20, 40, 80, 160, 320)
CURVES = {
    task: dict(zip(SEEN, points))
    for task, points in {
        "ratings": ((0.97, 0.93), (0.98, 0.94), (0.96, 0.92), (0.98, 0.95), (0.99, 0.96),
                    (0.99, 0.97), (1.00, 0.98)),
        "code": ((0.52, 0.44), (0.71, 0.63), (0.84, 0.78), (0.93, 0.88), (0.96, 0.92),
                 (0.97, 0.94), (0.98, 0.95)),
        "entities": ((0.80, 0.76), (0.94, 0.91), (0.87, 0.83), (0.91, 0.87), (0.95, 0.93),
                     (0.96, 0.94), (0.97, 0.95)),
        "reports": ((0.55, 0.47), (0.66, 0.59), (0.75, 0.68), (0.83, 0.77), (0.92, 0.87),
                    (0.95, 0.92), (0.96, 0.93)),
    }.items()
}  # fmt: skip
"""{task: {its examples in a training: (share of its score that is kept, the lower end of the 95%
interval of that share)}}. Made up, so that exercise 4.4 has one right answer."""
OTHER_CURVES = {
    "stars": {0: (0.70, 0.62), 25: (0.86, 0.82), 100: (0.93, 0.90)},
    "poems": {0: (0.99, 0.97), 25: (0.85, 0.78), 50: (0.97, 0.94), 100: (0.98, 0.96)},
}
DESIGNS = ((CURVES, 800, 0.9), (CURVES, 600, 0.75), (OTHER_CURVES, 1000, 0.8))
"""(curves, examples of the whole training, what to keep)."""


def design_mixture(answer: Callable) -> None:
    """Curves, the budget in examples, what to keep -> {task: share}, dialogues among them."""
    for curves, examples, keep in DESIGNS:
        shares = answer(curves, examples, keep)
        check_type(shares, dict, "a dict from task to share")
        if set(shares) != {"dialogues", *curves}:
            raise Wrong(f"The tasks are {['dialogues', *curves]}, yours {list(shares)}.")
        if not isclose(total := sum(shares.values()), 1, abs_tol=1e-6):
            raise Wrong(f"Your shares add up to {total:.3g}; dialogues get what the others leave.")
        spent = {task: shares[task] * examples for task in curves}
        where = f"With {examples} examples and {keep:.0%} to keep"
        if lost := [text for task in curves if (text := _lost(task, curves, spent[task], keep))]:
            raise Wrong(f"{where}, {' '.join(lost)}")
        for task, curve in curves.items():
            enough = min(seen for seen in curve if not _lost(task, curves, seen, keep))
            if not isclose(spent[task], enough, abs_tol=1e-6):
                raise Wrong(
                    f"{where}, every task is kept, but dialogues pay too much: {task} takes "
                    f"{spent[task]:.0f} examples, and {enough} are enough."
                )


def _lost(task: str, curves: dict, spent: float, keep: float) -> str:
    """Why a task is lost with so many examples; "" if it is kept."""
    points = sorted(curves[task].items())
    before = [point for point in points if point[0] <= spent + 1e-6]
    if not before:
        return f"{task} gets {spent:.0f} examples: a share cannot be negative."
    (_, (kept, low)), later = before[-1], [p for p in points if p[0] > spent + 1e-6]
    told = f"{task} is lost: {spent:.0f} examples keep {kept:.0%}"
    if kept < keep:
        return f"{told} of it."
    if low < keep:
        return f"{told} on average, and by its interval it may be {low:.0%}."
    if failing := [(more, ends[1]) for more, ends in later if ends[1] < keep]:
        more, end = failing[-1]
        return (
            f"{told}, but {more} examples, which are more, may keep only {end:.0%}: trust no "
            "single lucky point."
        )
    return ""


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
    Exercise(
        "4.4",
        "Design a mixture",
        design_mixture,
        "Every task is kept beyond luck, and dialogues get all that is left.",
    ),
)
