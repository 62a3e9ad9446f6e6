"""Whether a summary tells the facts of its chat and what came of it, in whatever words.

The truths are those of truths.py. wordings.py brings numbers, dates, clock times and synonyms into
one spelling, so "half past two" tells 2:30 pm; values.py finds values in it.
"""

import re
from functools import lru_cache

import pandas as pd

from labutils.evaluation.failures import unsupported
from labutils.evaluation.intervals import check_same_length
from labutils.evaluation.synonyms import stem
from labutils.evaluation.values import SCATTERED, counts, places, same, windows
from labutils.evaluation.wordings import DAYS, MONTHS, REFUSED, STATED, WANTED, read, spelled

FACT_METRICS = ("facts", "outcome", "facts_f1", "new_name", "new_number", "all_right")
"""Columns of `fact_scores`, each 0-1."""

ENOUGH = 0.6
"""The share of an outcome's content words that tells it."""

_ACTS = frozenset(
    map(
        stem,
        "refund send repair book cancel replace move free block get give reduce extend upgrade "
        "change open close unlock reset install deliver collect pay credit add remove offer "
        "start stop investigate".split(),
    )
)
"""First words of keys that name a deed; a refusal's other keys are its reasons."""

_COMMON = frozenset("usd us am pm ok mr mrs ms miss dr doctor professor".split())
"""Capitalized words that are no names."""

_FORMERLY = frozenset(
    "from original initial previou previous former formerli earli first 1st wa was had been old "
    "befor".split()
)
_CHANGED = frozenset((stem("moved"), stem("replaced"), "becom", "instead", "now", "correct"))


# --- Facts -------------------------------------------------------------------------------------


def told(fact: dict, summary: str) -> bool:
    """Whether the fact's value stands in the summary and no value that was given up stands for it.

    Telling what was given up is right where the words say so: "instead of", "not", "from".
    """
    reading = read(summary)
    return bool(places(fact["kind"], fact["value"], reading)) and not _untaken(fact, reading)


def _untaken(fact, reading):
    """The fact's `instead` values that the summary tells as if they held."""
    taken = places(fact["kind"], fact["value"], reading)
    return [
        value
        for value in fact["instead"]
        if any(
            place not in taken and not _given_up(place, taken, reading)
            for place in places(fact["kind"], value, reading)
        )
    ]


def _given_up(place, taken, reading):
    """Whether what stands at a place is told as past: "from Monday", "Monday is moved to"."""
    if reading.stances[place] == REFUSED:
        return True
    for before in reversed(range(max(0, place - 4), place)):
        if {reading.tokens[before], reading.stems[before]} & _FORMERLY:
            return True
        if reading.tokens[before] == "to":
            break
    return any(set(reading.stems[place:later]) & _CHANGED for later in taken if later > place)


# --- Outcomes ----------------------------------------------------------------------------------


def outcome_told(outcome: dict, summary: str) -> bool:
    """Whether the summary tells an outcome, at least as well as any of its `others`.

    It does with ENOUGH of the key's content words close together, in a clause of the right
    stance: what is granted must not be denied or only asked for, a refused deed must be denied.
    """
    reading = read(summary)
    share, hits = _match(outcome, reading)
    if share < ENOUGH:
        return False
    others = [_match(_against(other, outcome), reading) for other in outcome["others"]]
    return not any(
        other >= share and count >= hits and (other, count) != (share, hits)
        for other, count in others
    )


def _told_otherwise(outcome, reading):
    """Whether the summary tells another outcome, or the same words in the other stance."""
    rivals = [_against(other, outcome) for other in outcome["others"]]
    if outcome["kind"] in ("granted", "alternative"):
        rivals.append({"kind": "refused", "key": outcome["key"], "others": [outcome]})
    elif _needs_denial(outcome):
        rivals.append({"kind": "granted", "key": outcome["key"], "others": [outcome]})
    return any(_match(rival, reading)[0] >= ENOUGH for rival in rivals)


def _against(other, outcome):
    return {**other, "others": [outcome]}


def _match(outcome, reading):
    """(share, number) of the key's content words in the best window of the right stance."""
    stems, stances = _wanted(outcome)
    most = 0
    for found in windows(stems, reading, len(stems) + 3 * SCATTERED):
        head = next(word for word in stems if word in found)
        ends = min(found.values()) + len(stems) + 3 * SCATTERED
        said = {
            reading.stances[i]
            for i in range(min(found.values()), min(ends, len(reading.stems)))
            if reading.stems[i] == head
        }
        if said & stances:
            most = max(most, len(found))
    return most / max(len(stems), 1), most


def _wanted(outcome):
    """The content words of an outcome's key and the stances in which they tell it."""
    key = read(outcome["key"])
    stems = key.content or list(key.tokens)
    if REFUSED in {stance for word, stance in zip(key.stems, key.stances) if word == stems[0]}:
        return stems, {REFUSED}
    if outcome["kind"] in ("granted", "alternative"):
        return stems, {STATED}
    if outcome["kind"] == "informed":
        return stems, {STATED, WANTED}
    return stems, {REFUSED} if _needs_denial(outcome) else {STATED, WANTED, REFUSED}


def _needs_denial(outcome):
    """Whether the key is the deed that is refused or declined, not the reason for that."""
    if outcome["kind"] not in ("refused", "declined"):
        return False
    key = read(outcome["key"])
    stems = key.content
    starts_with_deed = key.stems[0] in _ACTS and not key.tokens[0].endswith("s")
    if outcome["kind"] == "refused" and starts_with_deed:
        return True
    return any(
        other["kind"] in ("granted", "alternative")
        and len(set(stems) & set(read(other["key"]).content)) >= ENOUGH * len(stems)
        for other in outcome["others"]
    )


# --- Inventions --------------------------------------------------------------------------------


_SPEAKER = re.compile(r"person\d+")


def invented(summary: str, dialogue: str) -> dict[str, set]:
    """What is in the summary but not in the dialogue, in any spelling.

    Returns:
        {"names": lower-case words, "numbers": as wordings.spelled has them, such as "$45"}.
    """
    source, reading = _source(dialogue), read(summary)
    names = unsupported(summary, dialogue)["new_names"]
    counted = {i for i, count in counts(reading) if count in source["counts"]}
    return {
        "names": {name for name in names if not _known_name(name, source)},
        "numbers": {
            token
            for i, token in enumerate(reading.tokens)
            if re.search(r"\d", token) and i not in counted and not _known_number(token, source)
        },
    }


@lru_cache(maxsize=10_000)
def _source(dialogue):
    """What a dialogue offers to its summaries; kept, as a dialogue is scored many times."""
    reading = read(dialogue)
    return {
        "tokens": frozenset(reading.tokens),
        "words": frozenset(map(stem, reading.tokens)),
        "digits": _digits_by_kind(reading.tokens),
        "counts": frozenset(count for _, count in counts(reading)),
        "letters": re.sub(r"\W", "", dialogue.lower()),
    }


def _digits_by_kind(tokens):
    """{"@" for dates, ":" for clock times, "$", "" for other numbers: their runs of digits}."""
    found = {"@": {token for token in tokens if token in MONTHS}, ":": set(), "$": set(), "": set()}
    for token in tokens:
        if not _SPEAKER.fullmatch(token):
            found[_kind(token)] |= _runs(token)
    return found


def _kind(token):
    if re.fullmatch(r"@\d+/\d+", token):
        return "@"
    return next((sign for sign in "$:" if sign in token), "")


def _runs(token):
    """The runs of digits of a number, a date's month by name, a whole hour without its minutes."""
    if _kind(token) == "@":
        month, day = token[1:].split("/")
        return {MONTHS[int(month) - 1] if 0 < int(month) <= 12 else month, day}
    return set(re.findall(r"\d+", re.sub(r":00(?:[ap]m)?$", "", token)))


def _known_name(name, source):
    word = spelled(name.capitalize())
    if word in MONTHS:
        return any(token.startswith(f"@{MONTHS.index(word) + 1}/") for token in source["tokens"])
    if word in DAYS:
        return word in source["tokens"]
    if name in _COMMON or stem(name) in source["words"]:
        return True
    has_digit = bool(re.search(r"\d", name)) and not name.startswith("person")
    return has_digit or len(name) > 4 and name in source["letters"]


def _known_number(token, source):
    """Whether the dialogue has a number, or its parts in numbers of its kind or of none.

    So "May 4" is known where the 4 comes without its month, and not for a May 5 and 4 boxes.
    """
    if _SPEAKER.fullmatch(token) or token in ("1st", "2nd", "3rd"):
        return True
    if any(same(token, other) for other in source["tokens"]):
        return True
    digits, kind = source["digits"], _kind(token)
    known = digits[kind] | digits[""] if kind else set().union(*digits.values())
    return _runs(token) <= known


# --- Scores ------------------------------------------------------------------------------------


def score_facts(summary: str, truth: dict, dialogue: str) -> dict[str, float]:
    """The scores of a summary, each 0-1.

    Returns:
        {"facts": the share of the required facts that it tells, "outcome": that of the outcomes,
        "facts_f1": F1 over both, where names and numbers not of the dialogue, values that were
        given up and outcomes told wrong count as wrong, "new_name" and "new_number": 1 if it has
        one, "all_right": 1 if everything is told and nothing is wrong}.
    """
    reading = read(summary)
    required = [fact for fact in truth["facts"] if fact["required"]]
    facts = [told(fact, summary) for fact in required]
    outcomes = [outcome_told(outcome, summary) for outcome in truth["outcomes"]]
    new = invented(summary, dialogue)
    inventions = len(new["names"]) + len(new["numbers"])
    untaken = sum(len(_untaken(fact, reading)) for fact in truth["facts"])
    misled = sum(
        not right and _told_otherwise(outcome, reading)
        for outcome, right in zip(truth["outcomes"], outcomes)
    )
    items, wrong = facts + outcomes, inventions + untaken + misled
    right = sum(items)
    return {
        "facts": sum(facts) / len(facts) if facts else 1.0,
        "outcome": sum(outcomes) / len(outcomes) if outcomes else 1.0,
        "facts_f1": 2 * right / max(right + wrong + len(items), 1),
        "new_name": float(bool(new["names"])),
        "new_number": float(bool(new["numbers"])),
        "all_right": float(all(items) and not wrong),
    }


def fact_scores(predictions: list[str], truths: list[dict], dialogues: list[str]) -> pd.DataFrame:
    """The scores of `score_facts`: a row for each prediction, columns FACT_METRICS, each 0-1.

    Raises:
        LabError: unequal lengths, or none.
    """
    check_same_length(predictions=predictions, truths=truths, dialogues=dialogues)
    rows = [score_facts(*row) for row in zip(predictions, truths, dialogues)]
    return pd.DataFrame(rows, columns=FACT_METRICS)
