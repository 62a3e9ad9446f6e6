"""Support chats, as texts to ask questions about and as the unseen task of the base model."""

import sys
from dataclasses import dataclass
from pathlib import Path

from data.tasks import names

# The generator of the chats is a script that finds its own modules beside it.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support_chats"))

from data.support_chats.generate import conversation, rows  # noqa: E402

__all__ = ["Chat", "conversation", "draw_chat", "rows"]


@dataclass(frozen=True)
class Chat:
    """A dialogue and what it says word for word; its summaries stay where they are.

    `entities` maps names to their type in the order of the dialogue, `facts` maps slots of the
    chats' generator to values, and `quotes` holds the "problem" and the "answer" to it.
    """

    dialogue: str
    entities: dict
    topic: str
    facts: dict
    quotes: dict


def renamings(rng, pool, entities):
    """Return {name: coined name} for every entity, and for the first name of a person."""
    renamed = {}
    for name, kind in entities.items():
        coined = names.MAKERS[kind](rng, pool)
        renamed[name] = coined
        if kind == "person":
            renamed[name.split()[0]] = coined.split()[0]
    return renamed


def draw_chat(rng, pool):
    """Return a random Chat.

    Half of the chats get coined names, as the chats' own lists of names are short enough to be
    learned by heart.
    """
    chat = conversation(rng, pool)
    renamed = renamings(rng, pool, chat.entities) if rng.random() < 0.5 else {}

    def rename(text):
        for name, coined in renamed.items():
            text = text.replace(name, coined)
        return text

    dialogue = rename(chat.dialogue)
    entities = {rename(name): kind for name, kind in chat.entities.items()}
    found = sorted((name for name in entities if name in dialogue), key=dialogue.index)
    return Chat(
        dialogue=dialogue,
        entities={name: entities[name] for name in found},
        topic=chat.topic,
        facts={slot: rename(value) for slot, value in chat.facts.items()},
        quotes={kind: rename(text) for kind, text in chat.quotes.items()},
    )
