"""Where a value stands in a text, in any spelling: names, codes, amounts, times and details."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from labutils.evaluation.wordings import Reading, read

SCATTERED = 6
"""Words that may stand between the words of a detail; for an outcome twice as many."""

_GENERIC = frozenset(
    "the a an of in at mr mrs ms miss dr new old port north south east west saint st lake mount "
    "upper lower fort bank hotel inn clinic hospital shop store company airline airways air "
    "energy power net telecom gym spa".split()
)
"""Words of names by which nobody is known, unless a name has no others."""

_UNITS = {
    "minut": ("minut", 1),
    "hour": ("minut", 60),
    "dai": ("minut", 1440),
    "day": ("minut", 1440),
    "week": ("minut", 10_080),
    "month": ("month", 1),
    "year": ("month", 12),
}


def places(kind: str, value: str, reading: Reading) -> list[int]:
    """Indices of the tokens at which a value begins, in any spelling."""
    if kind in ("person", "company", "product", "place"):
        names = _coined(kind, value)
        return [i for i, token in enumerate(reading.tokens) if token in names]
    if kind == "number":
        return _code_places(re.sub(r"\W", "", value.lower()), reading.tokens)
    wanted = read(value)
    if kind == "count" and (counted := counts(wanted)):
        return [i for i, count in counts(reading) if count == counted[-1][1]]
    if kind in ("amount", "date", "day", "time") and len(wanted.tokens) == 1:
        token = wanted.tokens[0]
        return [i for i, other in enumerate(reading.tokens) if same(token, other)]
    stems = wanted.content
    return [
        min(found.values())
        for found in windows(stems, reading, len(wanted.tokens) + SCATTERED)
        if len(found) == len(stems)
    ]


@lru_cache(maxsize=10_000)
def _coined(kind, value):
    """The words of a name by which it is known: any of a person's, else the first one."""
    parts = re.findall(r"\w+", value.lower())
    parts = [part for part in parts if part not in _GENERIC and len(part) > 1] or parts
    parts = parts if kind == "person" else parts[:1]
    return frozenset(form for part in parts for form in (part, part + "s"))


def _code_places(code, tokens):
    return [
        i
        for i, token in enumerate(tokens)
        if code.startswith(token)
        and any("".join(tokens[i:end]) == code for end in range(i + 1, i + len(code) + 1))
    ]


def counts(reading: Reading) -> list[tuple[int, tuple[int, str]]]:
    """(index, (number, unit)) of what is counted; 2 weeks are as many minutes as 14 days."""
    found = []
    for i, token in enumerate(reading.tokens):
        number = 1 if token in ("a", "an", "one", "single") else token.isdecimal() and int(token)
        for word in filter(None, reading.stems[i + 1 : i + 4] if number else ()):
            unit, times = _UNITS.get(word, (word, 1))
            found.append((i, (number * times, unit)))
    return found


def same(token: str, other: str) -> bool:
    """Whether two tokens are equal; a clock time without am or pm is both."""
    if token == other:
        return True
    if token[0] != "@" or ":" not in token or other[0] != "@":
        return False
    return token.rstrip("apm") == other.rstrip("apm") and (token[-1] != "m" or other[-1] != "m")


def windows(stems: Sequence[str], reading: Reading, width: int) -> Iterator[dict[str, int]]:
    """For each place of a stem: {stem: index} of the stems in the `width` tokens from there."""
    hits = [(i, word) for i, word in enumerate(reading.stems) if word and word in stems]
    for start, (first, _) in enumerate(hits):
        found: dict[str, int] = {}
        for i, word in hits[start:]:
            if i >= first + width:
                break
            found.setdefault(word, i)
        yield found
