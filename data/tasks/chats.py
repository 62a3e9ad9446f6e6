"""Support chats, as texts to ask questions about and as the unseen task of the base model."""

import sys
from pathlib import Path

from data.tasks import names

# The generator of the chats is a script that finds its own modules beside it.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support_chats"))

from data.support_chats.generate import conversation, rows  # noqa: E402

__all__ = ["chat_text", "conversation", "rows"]


def renamed(rng, pool, dialogue, entities):
    """Give every entity a coined name; return the new dialogue and {name: type}."""
    renamings = {}
    for name, kind in entities.items():
        coined = names.MAKERS[kind](rng, pool)
        renamings[name] = coined
        dialogue = dialogue.replace(name, coined)
        if kind == "person":
            dialogue = dialogue.replace(name.split()[0], coined.split()[0])
    return dialogue, {renamings[name]: kind for name, kind in entities.items()}


def chat_text(rng, pool):
    """Return (dialogue, {name: type}, topic) of a random support chat.

    Half of the chats get coined names, as the chats' own lists of names are short enough to be
    learned by heart.
    """
    chat = conversation(rng, pool)
    dialogue, entities = chat.dialogue, chat.entities
    if rng.random() < 0.5:
        dialogue, entities = renamed(rng, pool, dialogue, entities)
    found = sorted((name for name in entities if name in dialogue), key=dialogue.index)
    return dialogue, {name: entities[name] for name in found}, chat.topic
