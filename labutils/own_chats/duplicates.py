"""Texts that are nearly the same, found among 300,000 without comparing each with each.

Two texts are alike if they share four fifths of their runs of three words (Jaccard similarity of
shingles; Broder 1997). Candidates come from an index of each text's rarest runs alone: texts so
alike must share one of these (Bayardo, Ma and Srikant 2007, "Scaling up all pairs similarity
search").
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from math import ceil
from zlib import crc32

import numpy as np

ALIKE = 0.8
MOST_COMPARED = 30
"""Texts that one text is compared with, and that a run of words leads to. Where more share even
their rare runs, as in forms, some pairs are missed; time and memory stay bounded."""

COMPARED_WORD = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]|\w+"
)
"""Signs of scripts without spaces count as words."""

MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
BUCKETS = 2**22


class Groups:
    """Items joined into groups, each known by its first item (union-find)."""

    def __init__(self, items: int) -> None:
        self._leader = list(range(items))

    def __getitem__(self, item: int) -> int:
        while self._leader[item] != item:
            self._leader[item] = item = self._leader[self._leader[item]]
        return item

    def join(self, one: int, other: int) -> None:
        """Make their two groups one."""
        first, second = sorted((self[one], self[other]))
        self._leader[second] = first


def shingles(text: str) -> np.ndarray:
    """Hashes of a text's different runs of three words: uint32 (runs,), ascending."""
    codes = [crc32(word.encode()) for word in COMPARED_WORD.findall(text.lower())]
    words = np.array(codes + [0] * (3 - len(codes)), np.uint64)
    mixed = words[:-2] * MIX[0] + words[1:-1] * MIX[1] + words[2:] * MIX[2]
    return np.unique((mixed >> np.uint64(32)).astype(np.uint32))


def similarity(one: set[int], other: np.ndarray) -> float:
    """Jaccard similarity of two texts' shingles, 0-1."""
    common = len(one.intersection(other.tolist()))
    return common / (len(one) + len(other) - common)


def near_duplicates(texts: Sequence[str]) -> Groups:
    """Groups of texts that are alike, or that a chain of alike texts connects."""
    sets = [shingles(text) for text in texts]
    frequency = np.zeros(BUCKETS, np.int32)
    for found in sets:
        np.add.at(frequency, found % BUCKETS, 1)
    groups, having = Groups(len(texts)), defaultdict[int, list[int]](list)
    for item, found in enumerate(sets):
        times = frequency[found % BUCKETS]
        rarest = np.lexsort((found, times))[: len(found) - ceil(ALIKE * len(found)) + 1]
        shared = found[rarest[times[rarest] > 1]].tolist()  # the others no other text has
        candidates = Counter(other for run in shared for other in having[run])
        own = set(found.tolist()) if candidates else set()
        for other, _ in candidates.most_common(MOST_COMPARED):
            if groups[item] != groups[other] and similarity(own, sets[other]) >= ALIKE:
                groups.join(item, other)
        for run in shared:
            if len(having[run]) < MOST_COMPARED:
                having[run].append(item)
    return groups
