"""Generated everyday talks of two people, with a summary, the names in them and questions.

They teach a small base model to summarize conversations. `conversation` makes one; the
situations stand in friends.py and its neighbours, in the notation that script.py explains.
"""

import random

from tools.makers.conversations.engine import Conversation
from tools.makers.conversations.plot import talk
from tools.makers.conversations.situations import SETTINGS

__all__ = ["SETTINGS", "Conversation", "conversation"]


def conversation(rng: random.Random, pool: str) -> Conversation:
    """Return a conversation whose names come from `pool`.

    Args:
        rng: source of all choices; the same state gives the same conversation.
        pool: "train" or "test".
    """
    setting = rng.choice(SETTINGS)
    return talk(rng, pool, setting, rng.choice(setting.situations))[0]
