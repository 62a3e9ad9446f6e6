"""The truths of a corpus: what is known of each chat, from its facts.jsonl.

A truth's facts are names, amounts, times and the like ("value"), with the values that were given up
for them ("instead"); its outcomes are what came of each request, in the words of "key". Whether a
summary tells them is asked in labutils.evaluation.facts.
"""

import json
from pathlib import Path

from labutils.common.errors import LabError
from labutils.common.files import first_line
from labutils.common.table_files import numbered_lines
from labutils.evaluation.wordings import read

FACT_KINDS = frozenset(
    "person company product place amount date day time number count detail".split()
)
OUTCOME_KINDS = frozenset("granted alternative refused declined informed".split())


def read_facts(path: str | Path) -> dict[str, dict]:
    """The truths of a facts.jsonl: {dialogue id: its line}.

    Raises:
        LabError: not there, not UTF-8, no JSON, keys missing, kinds unknown, or an id twice; with
            the path, the line's number and what to do.
    """
    try:
        lines = list(numbered_lines(path))
    except (OSError, UnicodeDecodeError) as error:
        raise LabError(
            f"{path} cannot be read ({first_line(error)}). Give the facts.jsonl that belongs to "
            "the chats; that of the lab's own is data/support_chats/facts.jsonl."
        ) from error
    found: dict[str, dict] = {}
    for number, line in lines:
        truth = _parsed(line, f"{path}, line {number}")
        if truth["id"] in found:
            raise LabError(
                f"{path}, line {number}: the id {truth['id']!r} stands there a second time. Keep "
                "one line a dialogue."
            )
        found[truth["id"]] = truth
    return found


def _parsed(line, where):
    try:
        truth = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise LabError(
            f"{where} is not JSON ({first_line(error)}). Put one JSON object on each line."
        ) from error
    _check(truth, ("id", "topic", "facts", "outcomes"), where)
    for fact in truth["facts"]:
        _check(fact, ("slot", "kind", "value", "required", "instead"), where, FACT_KINDS)
    for outcome in truth["outcomes"]:
        _check(outcome, ("kind", "key", "others"), where, OUTCOME_KINDS)
        for other in outcome["others"]:
            _check(other, ("kind", "key"), where, OUTCOME_KINDS)
    return truth


def _check(item, keys, where, kinds=None):
    if not isinstance(item, dict):
        raise LabError(f"{where}: {item!r} is no object. Write it as {{...}} with {_quoted(keys)}.")
    if missing := [key for key in keys if key not in item]:
        raise LabError(
            f"{where}: {_quoted(missing)} is missing. Add it; see labutils/evaluation/truths.py."
        )
    for key in ("facts", "outcomes", "others", "instead"):
        if not isinstance(item.get(key, []), list):
            raise LabError(f"{where}: {key!r} is no list. Write it in [...].")
    for key in {"value", "key"} & set(keys):
        text = item[key]
        if not isinstance(text, str) or not (read(text).content if key == "key" else text.strip()):
            raise LabError(f"{where}: {key!r} says nothing: {text!r}. Fill in its words.")
    if kinds and item["kind"] not in kinds:
        raise LabError(
            f"{where}: no kind is called {item['kind']!r}. Use one of {_quoted(sorted(kinds))}."
        )


def _quoted(words):
    return ", ".join(map(repr, words))
