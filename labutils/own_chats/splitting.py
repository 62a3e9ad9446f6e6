"""Which chats are learned, which choose a checkpoint, which test.

Chats of one customer, and chats that are nearly the same, are never on two sides.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from labutils.common.text import counted
from labutils.evaluation.intervals import expected_half_width, items_needed
from labutils.own_chats.duplicates import Groups, near_duplicates
from labutils.own_chats.reading import Chat

GROUP = "chat_group"
"""The column of a prepared folder with the number of the group that a chat stays together with."""

TEST_SHARE, VALIDATION_SHARE, MOST_TESTED = 0.2, 0.1, 500
"""Beyond 500 test chats, the others serve better in training."""

SPREAD = 0.118
"""Standard deviation of ROUGE-1 over chats: of the untouched tiny model on support_chats, from its
interval on 200 of them in README."""

WORTH_SEEING = 0.03
FEW_TESTED = 30
"""Below so many test chats even a settled difference says little about chats to come."""


@dataclass
class SplitPlan:
    """What becomes of each chat.

    Attributes:
        splits: {"train", "validation", "test": chats}; empty if none can be made (`problem`).
        groups: {split: groups of chats that must stay together}.
        group_of: {id of a chat in a split: the number of its group}.
        without_summary: chats that can be summarized and not learned.
        empty, repeated: chats left out; of the same chats the first stays.
        nearly_same: chats that are alike to another one.
        leaks: test chats that had such a one, or one of their customer, in training if rows were
            drawn instead of groups.
        problem: why there are no splits, or "".
    """

    empty: list[Chat]
    repeated: list[Chat]
    without_summary: list[Chat]
    nearly_same: list[Chat]
    splits: dict[str, list[Chat]] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)
    group_of: dict[str, int] = field(default_factory=dict)
    leaks: int = 0
    problem: str = ""


def plan_split(chats: Sequence[Chat], *, seed: int = 42) -> SplitPlan:
    """Leave out empty and repeated chats, set those without a summary aside, split the rest."""
    first: dict[str, Chat] = {}
    for chat in chats:
        key = " ".join(chat.dialogue.lower().split())
        if key and (key not in first or (chat.summary and not first[key].summary)):
            first[key] = chat
    kept = {chat.id for chat in first.values()}
    usable = [chat for chat in first.values() if chat.summary]
    together = near_duplicates([chat.dialogue for chat in usable])
    plan = SplitPlan(
        empty=[chat for chat in chats if not chat.dialogue],
        repeated=[chat for chat in chats if chat.dialogue and chat.id not in kept],
        without_summary=[chat for chat in first.values() if not chat.summary],
        nearly_same=[c for group in _members(usable, together) for c in group if len(group) > 1],
    )
    customers: dict[str, int] = {}
    for place, chat in enumerate(usable):
        if chat.customer:
            together.join(place, customers.setdefault(chat.customer, place))
    groups = _members(usable, together)
    if len(groups) < 3:
        plan.problem = _too_few(len(usable), len(groups))
        return plan
    split = _filled(groups, len(usable), seed)
    plan.splits = {
        name: [chat for group in found for chat in group] for name, found in split.items()
    }
    plan.groups = {name: len(found) for name, found in split.items()}
    plan.group_of = {chat.id: n for n, group in enumerate(groups, 1) for chat in group}
    drawn = set(random.Random(seed).sample(range(len(usable)), len(plan.splits["test"])))
    learned = {together[place] for place in range(len(usable)) if place not in drawn}
    plan.leaks = sum(together[place] in learned for place in drawn)
    return plan


def numbered_customers(chats: Sequence[Chat]) -> list[str]:
    """For each chat its customer as a number of its own ("customer-1"), or "" where none is known.

    What is written says whose chats stay together, and names nobody.
    """
    numbers: dict[str, str] = {"": ""}
    return [numbers.setdefault(chat.customer, f"customer-{len(numbers)}") for chat in chats]


def _too_few(chats: int, groups: int) -> str:
    said = f"{counted(chats, 'chat')} with a summary"
    if groups < chats:
        said += (
            f", but only {counted(groups, 'group')} of them, as those of one customer and "
            "those that are nearly the same stay together"
        )
    return f"{said}: training, validation and test take one each, so three at least."


def _members(chats: Sequence[Chat], together: Groups) -> list[list[Chat]]:
    found = defaultdict(list)
    for place, chat in enumerate(chats):
        found[together[place]].append(chat)
    return list(found.values())


def _filled(groups: list[list[Chat]], chats: int, seed: int) -> dict[str, list[list[Chat]]]:
    """Groups of each split: drawn for test and validation while they fit, the largest learned."""
    largest, *rest = sorted(random.Random(seed).sample(groups, len(groups)), key=len, reverse=True)
    random.Random(seed).shuffle(rest)
    sizes = {
        "test": max(1, min(MOST_TESTED, round(TEST_SHARE * chats))),
        "validation": max(1, min(MOST_TESTED, round(VALIDATION_SHARE * chats))),
    }
    taken: dict[str, list] = {"train": [largest], "validation": [], "test": []}
    filled: Counter[str] = Counter()
    for group in rest:
        fits = (name for name, size in sizes.items() if filled[name] + len(group) <= size)
        name = next(fits, "train")
        taken[name].append(group)
        filled[name] += len(group)
    for name in sizes:
        if not taken[name]:  # whoever has most groups has two at least
            giver = max(taken.values(), key=len)
            giver.sort(key=len, reverse=True)
            taken[name].append(giver.pop())
    return taken


def what_it_proves(tested: int, groups: int | None = None) -> str:
    """How sure a score on so many test chats will be, in sentences, with what that assumes.

    `groups` is how many groups they are of, which is how many there really are if the chats of a
    group are alike.
    """
    if tested < 2:
        sure = "One test chat gives no interval, and proves nothing."
    else:
        width = expected_half_width(SPREAD, tested)
        sure = f"On {tested:,} test chats a mean ROUGE-1 will be known to +- {width:.3f} (95%)."
    if groups is not None and groups < tested:
        sure += (
            f" They are of {counted(groups, 'group')}; the more alike a group's chats, the less "
            "sure it is."
        )
    if min(tested, groups or tested) < FEW_TESTED:
        sure += " That is too little to rely on: read the summaries, too."
    return (
        f"{sure} Two systems that differ by {WORTH_SEEING} are told apart, four times out of five, "
        f"by {items_needed(SPREAD, WORTH_SEEING)} test chats. Both assume that scores, and "
        f"differences of two systems, spread over chats by {SPREAD}, as the untouched tiny model's "
        "scores do on support_chats; the first test measures it."
    )
