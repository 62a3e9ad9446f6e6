"""Trivial systems, without any model: what a summary must beat before it says anything.

Each one is a function of rows to summarize, training rows and a seed. Rows are dicts with dialogue
and perhaps topic; training rows have a summary as well.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import log, sqrt

import numpy as np

from labutils.common.errors import LabError
from labutils.data import turns
from labutils.evaluation.failures import count_words, words

LEAD = 3

Rows = Iterable[Mapping[str, str]]


def longest_turn(rows: Rows, train: Rows = (), seed: int = 42) -> list[str]:
    """The turn of most words in each dialogue, without its speaker; the first of equals."""
    said = ([" ".join(text.split()) for _, text in turns(row["dialogue"])] for row in rows)
    return [max(texts, key=count_words, default="") for texts in said]


def lead(rows: Rows, train: Rows = (), seed: int = 42) -> list[str]:
    """The first three turns of each dialogue, with their speakers."""
    return [" ".join(f"{speaker}: {text}" if speaker else text for speaker, text in first)
            for first in (turns(row["dialogue"])[:LEAD] for row in rows)]  # fmt: skip


def random_summary(rows: Rows, train: Rows, seed: int = 42) -> list[str]:
    """A training row's human summary for each row: of its topic, or of any if none has it."""
    of_topic = defaultdict(list)
    for row in train:
        if row.get("topic"):
            of_topic[row["topic"]].append(row["summary"])
    everything, draw = [row["summary"] for row in train], random.Random(seed)
    return [draw.choice(of_topic.get(row.get("topic", ""), everything)) for row in rows]


def nearest_summary(rows: Rows, train: Sequence[Mapping[str, str]], seed: int = 42) -> list[str]:
    """The human summary of the training dialogue that is most like each row's."""
    places = nearest((row["dialogue"] for row in rows), [row["dialogue"] for row in train])
    return [train[place]["summary"] for place in places]


def nearest(texts: Iterable[str], known: Sequence[str]) -> list[int]:
    """The place of the known text that is most like each text.

    Likeness is the cosine of TF-IDF vectors over words and pairs of words (0-1).
    """
    weights, found = _tf_idf(known), []
    for text in texts:
        likeness = np.zeros(len(known))
        for term, times in _terms(text).items():
            if term in weights:
                rarity, places, shares = weights[term]
                likeness[places] += (1 + log(times)) * rarity * shares
        # The text's own length would divide all of these alike.
        found.append(int(likeness.argmax()))
    return found


def _terms(text):
    """How often each word, and each pair of neighbours, stands in a text."""
    found = words(text)
    return Counter(found) + Counter(zip(found, found[1:]))


def _tf_idf(texts):
    """{term: (its rarity, positions of the texts that have it, its share of each one's vector)}."""
    counts = [_terms(text) for text in texts]
    having = Counter(term for count in counts for term in count)
    rarity = {term: 1 + log((1 + len(texts)) / (1 + n)) for term, n in having.items()}
    places, shares = defaultdict(list), defaultdict(list)
    for place, count in enumerate(counts):
        vector = {term: (1 + log(times)) * rarity[term] for term, times in count.items()}
        length = sqrt(sum(weight**2 for weight in vector.values()))
        for term, weight in vector.items():
            places[term].append(place)
            shares[term].append(weight / length)
    return {term: (rarity[term], np.array(places[term]), np.array(shares[term]))
            for term in rarity}  # fmt: skip


BASELINES = {
    "longest turn": longest_turn,
    "lead-3": lead,
    "random summary": random_summary,
    "nearest chat": nearest_summary,
}
"""{name: function of (rows, train, seed)} that returns one text per row."""

FROM_TRAINING = ("random summary", "nearest chat")
"""Those that give a training row's summary."""


def all_baselines(
    rows: Rows, train: Sequence[Mapping[str, str]], *, seed: int = 42
) -> dict[str, list[str]]:
    """{name: one text per row} of every baseline.

    Raises:
        LabError: no training rows.
    """
    if not train:
        raise LabError("The baselines take summaries from training rows, and there are none.")
    return {name: baseline(rows, train, seed) for name, baseline in BASELINES.items()}
