"""Short third-person reports with their summary, topic and named entities."""

import re
from dataclasses import dataclass
from random import Random
from typing import Any

from tools.makers import names
from tools.makers.tasks.incidents import INCIDENTS, Incident
from tools.makers.tasks.reviews import DAYS, MONTHS

ENTITY_SLOTS = {
    "person": "person",
    "person2": "person",
    "company": "company",
    "company2": "company",
    "product": "product",
    "place": "place",
    "place2": "place",
}
NUMBER_SLOTS = {
    "years": (2, 80),
    "percent": (3, 95),
    "weeks": (2, 12),
    "days": (2, 20),
    "hours": (2, 30),
    "minutes": (3, 90),
    "degrees": (28, 45),
    "speed": (80, 190),
    "money": (5, 900),
}
PLAIN_SENTENCES = (
    "The road was wet and the traffic was slow.",
    "Most of the guests had left before the rain began.",
    "The meeting was short, but everybody was content.",
    "Nobody knows yet how the story will end.",
    "The soup was cold and the bread was old.",
    "A cup of tea is all you need in the morning.",
    "The children played in the garden until it got dark.",
    "Some birds return every spring to the same tree.",
    "The old clock in the hall has stopped again.",
    "It took a long time to find the keys.",
)


@dataclass(frozen=True)
class Report:
    """A report: `entities` maps each name to its type, in the order of the text."""

    text: str
    summary: str
    topic: str
    entities: dict


def filled(template: str, slots: dict) -> str:
    """Fill the slots of a sentence; 'a {product}' becomes 'an ...' before a vowel."""
    text = re.sub(r"\b([Aa]) (?=[AEIOU])", r"\1n ", template.format(**slots))
    return text[0].upper() + text[1:]


def slots_of(rng: Random, pool: str, incident: Incident) -> dict:
    """Draw a value for every slot of `incident`."""
    slots: dict[str, Any] = {
        slot: names.MAKERS[kind](rng, pool) for slot, kind in ENTITY_SLOTS.items()
    }
    slots |= {slot: rng.randint(*bounds) for slot, bounds in NUMBER_SLOTS.items()}
    slots |= {slot: rng.choice(values) for slot, values in incident.slots.items()}
    slots["n"] = rng.randint(*rng.choice(((3, 99), (100, 999), (1000, 9999))))
    slots["day"], slots["day2"] = rng.sample(DAYS, 2)
    slots["month"] = rng.choice(MONTHS)
    return slots


def entities_of(text: str, slots: dict) -> dict[str, str]:
    """Return {name: type} of the slot values that occur in `text`, in their order."""
    found = {slots[slot]: kind for slot, kind in ENTITY_SLOTS.items() if slots[slot] in text}
    return dict(sorted(found.items(), key=lambda item: text.index(item[0])))


def report(rng: Random, pool: str, sentences: int | None = None) -> Report:
    """Return a Report of four to six sentences, or of its first `sentences` only."""
    incident = rng.choice(INCIDENTS)
    slots = slots_of(rng, pool, incident)
    extras = rng.sample(incident.extras, rng.randint(1, min(3, len(incident.extras))))
    middle = [rng.choice(incident.keys), *extras[1:]]
    rng.shuffle(middle)
    parts = [rng.choice(incident.leads), *middle, rng.choice(incident.endings), extras[0]]
    if rng.random() < 0.5:
        parts[-1], parts[-2] = parts[-2], parts[-1]
    parts = [filled(part, slots) for part in parts[:sentences]]
    text = " ".join(parts)
    summary = filled(rng.choice(incident.summaries), slots)
    return Report(text, summary, incident.topic, entities_of(text, slots))


def short_text(rng: Random, pool: str) -> Report:
    """Return a Report of one to three sentences; one in twelve names nothing at all."""
    if rng.random() < 1 / 12:
        text = " ".join(rng.sample(PLAIN_SENTENCES, rng.randint(1, 3)))
        return Report(text, "", "daily life", {})
    return report(rng, pool, sentences=rng.randint(1, 3))
