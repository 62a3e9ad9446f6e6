"""Generated everyday talks of two people, with a summary, the names in them and questions.

They teach a small base model to summarize conversations. `conversation` makes one; the
situations stand in friends.py and its neighbours, in the notation that script.py explains.
"""

import random
from contextlib import suppress

from tools.makers.conversations import anything, complaints
from tools.makers.conversations.engine import Conversation
from tools.makers.conversations.plot import Untellable, talk, talk_of_two
from tools.makers.conversations.script import Setting, Situation
from tools.makers.conversations.situations import SETTINGS

__all__ = ["SETTINGS", "Conversation", "conversation", "longer_conversation"]

SHARE_OF_TWO = 0.08  # of the longer conversations
SHARE_OF_COMPLAINTS = 0.35  # which begin in more ways than the others
SHARE_OF_ANYTHING = 0.4  # of the situations; they are made up, so that nothing is known by heart


def drawn_setting(rng: random.Random) -> Setting:
    """Draw who the two people are."""
    complains = rng.random() < SHARE_OF_COMPLAINTS
    return rng.choice(complaints.SETTINGS if complains else SETTINGS)


def drawn_situation(rng: random.Random, setting: Setting) -> Situation:
    """Draw what the two talk about."""
    if rng.random() < SHARE_OF_ANYTHING:
        return anything.situation(rng)
    return rng.choice(setting.situations)


def conversation(rng: random.Random, pool: str) -> Conversation:
    """Return a conversation whose names come from `pool`.

    Args:
        rng: source of all choices; the same state gives the same conversation.
        pool: "train" or "test".
    """
    while True:
        setting = drawn_setting(rng)
        with suppress(Untellable):
            return talk(rng, pool, setting, drawn_situation(rng, setting))[0]


def longer_conversation(rng: random.Random, pool: str) -> Conversation:
    """Return a conversation that may come from one thing to another, as SHARE_OF_TWO do.

    Its topic is that of the first thing. `rng` and `pool` are those of `conversation`.
    """
    if rng.random() >= SHARE_OF_TWO:
        return conversation(rng, pool)
    while True:
        setting = drawn_setting(rng)
        first = second = drawn_situation(rng, setting)
        while second is first:
            second = drawn_situation(rng, setting)
        with suppress(Untellable):
            return talk_of_two(rng, pool, setting, (first, second))
