"""The fact score beside ROUGE: where a dataset's truths lie, intervals, and a report of systems."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from labutils.common.cost import stage
from labutils.common.errors import LabError
from labutils.common.table_files import first_few
from labutils.evaluation.facts import FACT_METRICS, fact_scores, outcome_told, told
from labutils.evaluation.intervals import check_same_length, difference_records, interval_records
from labutils.evaluation.scripts import is_latin
from labutils.evaluation.truths import read_facts
from labutils.evaluation.values import places
from labutils.evaluation.wordings import read

if TYPE_CHECKING:
    from labutils.tracks import Track

FACT_NAMES = {
    "facts": "facts told",
    "outcome": "outcome told",
    "facts_f1": "facts F1",
    "new_name": "with a new name",
    "new_number": "with a new number",
    "all_right": "all right",
}
"""{metric: its name in tables}, all of FACT_METRICS."""

COMPARED_FACTS = tuple(FACT_NAMES)[:5]
MEANINGS = {
    "facts": "the share of the names, numbers and details that a right summary must tell",
    "outcome": "how each request ended",
    "facts_f1": "the harmonic mean of how much of both is told and how much of all told is right",
}


def facts_explained(metrics: Sequence[str] = COMPARED_FACTS) -> str:
    """What these metrics, of COMPARED_FACTS, mean, in one sentence: for a table's caption."""
    parts = [f"{FACT_NAMES[name]}: {MEANINGS[name]}" for name in metrics if name in MEANINGS]
    if new := [kind for kind in ("name", "number") if f"new_{kind}" in metrics]:
        parts.append(
            f"with a new {' or '.join(new)}: the share of summaries that have one that is not in "
            "their dialogue in any spelling"
        )
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


FACTS_EXPLAINED = facts_explained()


def dataset_facts(source: str | Path) -> dict[str, dict] | None:
    """{dialogue id: truth} of a dataset folder with facts.jsonl; None where there is none.

    Raises:
        LabError: a facts.jsonl that cannot be read (`truths.read_facts`).
    """
    path = Path(source) / "facts.jsonl"
    return read_facts(path) if path.is_file() else None


def known_facts(track: "Track") -> dict[str, dict]:
    """`dataset_facts` of a track's dataset, or {} and a sentence that says that there are none."""
    facts = dataset_facts(track.dataset)
    if facts is None:
        print(f"Nobody wrote down what is true in {track.dataset_name}: no facts are scored here.")
    return facts or {}


LEFT_OUT = re.compile(r"\b(at|by|for|from|in|on|to|until)(?= (?:at|by|for|from|in|on|until)\b|$)")
"""A word that a name or number followed in an outcome, whose key holds neither."""


OUTCOMES = {
    "granted": "outcome: granted",
    "refused": "outcome: refused",
    "alternative": "outcome (no, but)",
    "declined": "outcome (offer declined; instead)",
    "informed": "outcome (news)",
}
"""{kind of an outcome: how a table names it, so that it reads on to its key}."""


def truth_table(truth: dict) -> pd.DataFrame:
    """What is true in a dialogue, one fact or outcome per row, and which a summary must tell."""
    rows = [
        (fact["kind"], ", not ".join([fact["value"], *fact["instead"]]), fact["required"])
        for fact in truth["facts"]
    ]
    rows += [
        (OUTCOMES[found["kind"]], LEFT_OUT.sub(r"\1 ...", found["key"]), True)
        for found in truth["outcomes"]
    ]
    table = (
        pd.DataFrame(rows, columns=["kind", "what is true", "a summary"])
        .set_index("kind")
        .rename_axis(None)
    )
    table["a summary"] = table["a summary"].map({True: "must tell it", False: "may leave it out"})
    table.attrs["caption"] = (
        "Any wording will do. An outcome is told by its words, close together; where a deed was "
        "granted or refused, the summary must say which. Who does it is not checked. Its names "
        "and numbers are facts of their own, and left out of it here."
    )
    return table


def missing(summary: str, truth: dict) -> list[str]:
    """What a right summary must tell and this one does not: values of facts, keys of outcomes."""
    facts = [fact for fact in truth["facts"] if fact["required"] and not told(fact, summary)]
    outcomes = [found for found in truth["outcomes"] if not outcome_told(found, summary)]
    return [fact["value"] for fact in facts] + [found["key"] for found in outcomes]


def truths_of(ids: Sequence[str], facts: dict[str, dict]) -> list[dict]:
    """The truth of each dialogue id.

    Raises:
        LabError: ids that have no truth, the first of which are named.
    """
    if unknown := list(dict.fromkeys(repr(name) for name in ids if name not in facts)):
        raise LabError(
            f"The facts know no dialogue {first_few(unknown)}; they know "
            f"{', '.join(list(facts)[:3])} and so on. Use the facts of the dataset that these ids "
            "are from."
        )
    return [facts[name] for name in ids]


def facts_of_summaries(
    predictions: Sequence[str],
    ids: Sequence[str],
    dialogues: Sequence[str],
    facts: dict[str, dict],
) -> pd.DataFrame:
    """The fact score of each summary; `facts` is {dialogue id: truth}.

    Returns:
        A DataFrame (dialogues, 6) with the columns FACT_METRICS, 0-1.

    Raises:
        LabError: unequal lengths, or ids that have no truth, which are named.
    """
    check_same_length(predictions=predictions, ids=ids, dialogues=dialogues)
    truths = truths_of(ids, facts)
    with stage("scoring"):
        return fact_scores(list(predictions), truths, list(dialogues))


def fact_report(
    systems: dict[str, list[str]],
    references: Sequence[list[str]],
    *,
    ids: Sequence[str],
    dialogues: Sequence[str] | None,
    facts: dict[str, dict],
    seed: int = 42,
) -> dict:
    """The fact scores of any number of systems over the same dialogues.

    Args:
        systems: {name: one prediction per dialogue}.
        references: one list of human texts per dialogue.
        ids: of the dialogues.
        dialogues: their texts; None is an error.
        facts: {dialogue id: truth}, from `truths.read_facts`.
        seed: of the bootstrap.

    Returns:
        {"systems": {name: {metric: {"mean", "low", "high"}}}, "differences": as in
        `rouge.score`, and "references": the same as of a system, each value the mean over a
        dialogue's references, of the dialogues that have several; {} if none has}.

    Raises:
        LabError: no dialogues, unequal lengths, ids that have no truth, or references that are
            not English.
    """
    if dialogues is None:
        raise LabError(
            "The fact score finds out what was invented in the dialogues, and there are none; name "
            "their column with --dialogue."
        )
    if not is_latin([text for texts in references for text in texts]):
        raise LabError(
            "The fact score reads English, and these references are in another script "
            "or language; leave --facts out."
        )
    _check_belongs(truths_of(ids, facts), dialogues)
    scores = {
        name: facts_of_summaries(texts, ids, dialogues, facts) for name, texts in systems.items()
    }
    own = _reference_scores(references, ids, dialogues, facts)
    return {
        "systems": {name: interval_records(table, seed=seed) for name, table in scores.items()},
        "differences": difference_records(scores, FACT_METRICS, seed=seed),
        "references": {} if own is None else interval_records(own, seed=seed),
    }


def _check_belongs(truths, dialogues):
    """Raise LabError if most values of the facts stand nowhere in the dialogues of their ids."""
    values = [(f, text) for truth, text in zip(truths, dialogues) for f in truth["facts"]]
    found = sum(bool(places(f["kind"], f["value"], read(text))) for f, text in values)
    if found < len(values) / 2:
        raise LabError(
            f"{len(values) - found} of the {len(values)} facts stand nowhere in the dialogues of "
            "their ids: they are another dataset's. Use the facts of these dialogues."
        )


def _reference_scores(references, ids, dialogues, facts):
    """A row for each dialogue with several references, their mean; None if there is none."""
    held_out = [
        (text, *owner)
        for texts, *owner in zip(references, ids, dialogues)
        if len(texts) > 1
        for text in texts
    ]
    if not held_out:
        return None
    texts, owners, sources = zip(*held_out)
    scores = facts_of_summaries(texts, owners, sources, facts)
    return scores.groupby(list(owners), sort=False).mean()
