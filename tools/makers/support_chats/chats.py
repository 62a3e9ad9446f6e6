"""Support chats: a dialogue, its summaries, and what is known to be true in it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tools.makers.support_chats.calls import PARTS, Call, Request, fill, hold_call
from tools.makers.support_chats.summaries import Truth, kind_of, summarize, truth

NAMED = ("person", "company", "product", "place")


@dataclass(frozen=True)
class Chat:
    """A dialogue with several summaries that tell the same in different words.

    `customer` is the tag of the customer, `entities` maps the names in the dialogue to the kind of
    thing they name; `quotes` holds what was said word for word: "offer", "reason", "choice" and
    "news" of a call's only request.
    """

    dialogue: str
    summaries: tuple[str, ...]
    topic: str
    domain: str
    customer: str
    entities: dict[str, str]
    quotes: dict[str, str]
    truth: Truth


def chat(rng: random.Random, pool: str) -> Chat:
    """A fresh random chat with names of pool "train" or "test"."""
    call, domain, requests = hold_call(rng, pool)
    dialogue = call.dialogue()
    values = [call.facts, *(request.facts for request in requests)]
    given_up = [request.given_up for request in requests]
    named = [(slot, value) for facts in values for slot, value in facts.items()]
    named += [(slot, value) for facts in given_up for slot in facts for value in facts[slot]]
    entities = {
        value: kind_of(slot, value)
        for slot, value in named
        if kind_of(slot, value) in NAMED and value in dialogue
    }
    return Chat(
        dialogue=dialogue,
        summaries=summarize(call, requests),
        topic=requests[0].scenario.topic,
        domain=domain.name,
        customer=call.person("customer"),
        entities=dict(sorted(entities.items(), key=lambda item: dialogue.index(item[0]))),
        quotes=quotes(call, requests, dialogue),
        truth=truth(call, requests),
    )


def quotes(call: Call, requests: list[Request], dialogue: str) -> dict[str, str]:
    """What was offered, refused, chosen or told, as it was said; nothing if that is ambiguous."""
    if len(requests) > 1:
        return {}
    said = {part: fill(getattr(requests[0].resolution, part), call.facts) for part in PARTS}
    return {part: text for part, text in said.items() if text and text in dialogue}


def chats(pool: str, seed: int) -> Iterator[Chat]:
    """An endless stream of chats without a repeated dialogue."""
    rng = random.Random(f"support chats, {pool}, {seed}")
    seen = set()
    while True:
        made = chat(rng, pool)
        if made.dialogue not in seen:
            seen.add(made.dialogue)
            yield made
