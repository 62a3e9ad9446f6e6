"""What a right summary of a call tells, and several ways to tell it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tools.makers.support_chats.calls import PARTS, Call, Request, expand, fill, slots_in, tidy
from tools.makers.support_chats.scenarios.base import Resolution

REFERENCES = 3

# How a request and its outcome are told, by the kind of the outcome: who wants what, then what
# comes of it. {C} is the customer, {A} the agent.
WORDINGS = {
    "granted": (
        "{C} {request}. {A} will {offer}.",
        "{C} {request}, and {A} agrees to {offer}.",
        "{C} {request} and accepts {A}'s offer to {offer}.",
        "{C} {request}. {A} offers to {offer}, and {C} agrees.",
        "{C} {request}. They agree that {A} will {offer}.",
        "{C} {request}, so {A} will {offer}.",
    ),
    "alternative": (
        "{C} {request}. As {reason}, {A} will {offer}.",
        "{C} {request}. {A} says that {reason} but offers to {offer}.",
        "{C} {request}, but {reason}. {A} will {offer}.",
        "{C} {request}. Because {reason}, {C} accepts {A}'s offer to {offer}.",
        "{C} {request}. {A} explains that {reason} and will {offer} instead.",
    ),
    "refused": (
        "{C} {request}. {A} cannot help because {reason}.",
        "{C} {request}, but {A} refuses because {reason}.",
        "{C} {request} and is told that nothing can be done, as {reason}.",
        "{C} {request}. {A} says that it is impossible, since {reason}.",
        "{C} {request}. Unfortunately, {A} cannot do that because {reason}.",
    ),
    "declined": (
        "{C} {request}. {A} offers to {offer}, but {C} prefers to {choice}.",
        "{C} {request} but turns down {A}'s offer to {offer} and will {choice}.",
        "{C} {request}. Instead of letting {A} {offer}, {C} will {choice}.",
        "{C} {request}. {A} could {offer}, but {C} would rather {choice}.",
    ),
    "gives up": (
        "{C} {request}. Because {reason}, {C} decides to {choice}.",
        "{C} {request}, but {reason}. {C} will {choice}.",
        "{C} {request}. {A} says that {reason}, so {C} prefers to {choice}.",
        "{C} {request} but would rather {choice} because {reason}.",
    ),
    "informed": (
        "{C} {request}. {A} says that {news}.",
        "{C} {request} and learns that {news}.",
        "{C} {request}, and {A} confirms that {news}.",
        "{C} {request}. According to {A}, {news}.",
    ),
}
FURTHER = ("In addition, ", "Besides, ", "Then ", "As a second matter, ", "Apart from that, ")

KIND_OF_SLOT = {
    "name": "person",
    "colleague": "person",
    "company": "company",
    "product": "product",
    "place": "place",
    "place2": "place",
    "day": "day",
    "due": "day",
    "time": "time",
    "clock": "time",
    "date": "date",
    "amount": "amount",
    "amount2": "amount",
    "number": "number",
    "code": "number",
    "few": "count",
    "some": "count",
    "term": "count",
}
PRONOUNS = ("you", "your", "my")


@dataclass(frozen=True)
class Truth:
    """What is known of a call.

    Attributes:
        facts: {"slot", "kind", "value", "required", "instead"} each; `required` ones stand in
            every right summary, `instead` holds values that were given up for this one.
        outcomes: {"kind", "key", "others"} for each request: what a summary must convey of how
            it ended, and how it could have ended otherwise.
    """

    facts: tuple[dict, ...]
    outcomes: tuple[dict, ...]


def wordings(resolution: Resolution) -> tuple[str, ...]:
    """The ways to tell a request that ended like this."""
    gives_up = resolution.choice and not resolution.offer
    return WORDINGS["gives up" if gives_up else resolution.kind]


def summarize(call: Call, requests: list[Request]) -> tuple[str, ...]:
    """REFERENCES summaries that share no wording, in random order."""
    told = [ways_to_tell(call, request, later=i > 0) for i, request in enumerate(requests)]
    return tuple(with_persons(call, " ".join(parts)) for parts in zip(*told, strict=True))


def ways_to_tell(call: Call, request: Request, later: bool) -> list[str]:
    """REFERENCES ways to tell a request, with {C} and {A} still to be named."""
    rng, resolution = call.rng, request.resolution
    ways = [way for way in wordings(resolution) if not later or way.startswith("{C}")]
    marks = {"C": "{C}", "A": "{A}", "you": "{C}", "your": "{C}'s"}
    facts = call.facts | request.facts | marks
    parts = {part: getattr(resolution, part) for part in PARTS}
    told = []
    for way, predicate in zip(
        rng.sample(ways, REFERENCES), rng.sample(request.scenario.requests, REFERENCES), strict=True
    ):
        way = way.replace("{request}", predicate)
        for part, text in parts.items():
            way = way.replace(f"{{{part}}}", text)
        opening = rng.choice(FURTHER) if later else ""
        told.append(opening + fill(expand(rng, way.replace("{my}", "a")), facts))
    return told


def with_persons(call: Call, summary: str) -> str:
    """Name the two: the customer by name if it was told, first in full, then by first name."""
    customer = call.person("customer")
    if call.told("name"):
        summary = summary.replace("{C}", call.facts["name"], 1)
        customer = call.facts["first"]
    return tidy(summary.replace("{C}", customer).replace("{A}", call.person("agent")))


def truth(call: Call, requests: list[Request]) -> Truth:
    """The facts of a call that were told, and the outcome of each request."""
    shared = ["name"] if call.told("name") else []
    facts = [fact(slot, call.facts[slot], required=True) for slot in shared]
    facts += [
        fact(slot, call.facts[slot], required=False)
        for slot in ("company", "number")
        if call.told(slot)
    ]
    said = call.dialogue()
    for request in requests:
        required = required_slots(request)
        facts += [
            fact(
                slot,
                counted(request, slot) if kind_of(slot, request.facts[slot]) == "count" else value,
                required=slot in required,
                instead=request.given_up.get(slot, []),
            )
            for slot, value in request.facts.items()
            if slot in required or is_said(value, said) and kind_of(slot, value) != "count"
        ]
    return Truth(tuple(facts), tuple(outcome(request) for request in requests))


def is_said(value: str, text: str) -> bool:
    """Whether a value stands in a text, and not inside of another word or number."""
    return bool(re.search(rf"(?<![\w#]){re.escape(value)}(?![\w,]*\w)", text))


def required_slots(request: Request) -> set[str]:
    """The slots that every summary of a request tells."""
    of_request = set.intersection(*(set(slots_in(way)) for way in request.scenario.requests))
    parts = " ".join(getattr(request.resolution, part) for part in PARTS)
    return (of_request | set(slots_in(parts))) - {*PRONOUNS, "company"}


def counted(request: Request, slot: str) -> str:
    """A number with the word it counts, such as "three months"."""
    parts = (getattr(request.resolution, part) for part in PARTS)
    phrases = (*request.scenario.requests, *parts)
    what = re.search(rf"\{{{slot}\}} (\w+)", " ".join(phrases))
    return f"{request.facts[slot]} {what[1]}" if what else request.facts[slot]


def kind_of(slot: str, value: str) -> str:
    """The kind of a fact: a scenario's own slots are amounts or details."""
    return KIND_OF_SLOT.get(slot, "amount" if value.startswith("$") else "detail")


def fact(slot: str, value: str, required: bool, instead: Sequence[str] = ()) -> dict:
    """A fact in the form of facts.jsonl."""
    kind = kind_of(slot, value)
    return {"slot": slot, "kind": kind, "value": value, "required": required,
            "instead": list(instead)}  # fmt: skip


def outcome(request: Request) -> dict:
    """How a request ended, in the form of facts.jsonl."""
    others = [other for other in request.scenario.resolutions if other != request.resolution]
    return {
        "kind": request.resolution.kind,
        "key": without_slots(request.resolution.key),
        "others": [{"kind": other.kind, "key": without_slots(other.key)} for other in others],
    }


def without_slots(phrase: str) -> str:
    """A phrase without its facts and choices."""
    return tidy(re.sub(r"\{\w+\}|\[[^\]]*\]", "", phrase))
