"""Predictions files: any table with a column of human references and a column for each system."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labutils.common.errors import LabError
from labutils.common.table_files import (
    SHOWN_ROWS,
    check_table,
    is_text,
    read_table,
    row_numbers,
    says_something,
)
from labutils.common.text import counted, is_blank
from labutils.data import dialogue_id
from labutils.evaluation import scripts
from labutils.evaluation.failures import flag_columns

MOST_ROWS = 100_000
NO_SYSTEMS = ("topic", "customer", "")
"""Columns that hold no summaries: DialogSum's, `inspect`'s, and one without a name."""
COPIED = 0.5
"""The share of answers equal to a reference above which a column is taken for references."""


@dataclass
class Predictions:
    """What `rouge.score` needs, one item per dialogue.

    Attributes:
        ids: of the dialogues.
        references: one list of human texts per dialogue.
        systems: {name: one prediction per dialogue}.
        dialogues: their texts, or None.
        topics: one text per dialogue, "" if it has none.
        rows: of the file.
        remarks: sentences a reader of the scores should see.
    """

    ids: list[str]
    references: list[list[str]]
    systems: dict[str, list[str]]
    dialogues: list[str] | None
    topics: list[str]
    rows: int
    remarks: list[str] = field(default_factory=list)


def read_predictions(
    path: str | Path,
    *,
    references: str,
    ids: str | None = None,
    dialogue: str | None = None,
    systems: Sequence[str] | None = None,
) -> Predictions:
    """Read and check a predictions file: CSV, JSONL or Parquet, one row per reference.

    Rows whose ids are built like DialogSum's test_7_1, test_7_2 (`data.dialogue_id`) belong to one
    dialogue and give it several references. In JSONL and Parquet a row may also hold a list of
    references.

    Args:
        path: of the file.
        references: the column with the human texts.
        ids: the column with the rows' ids; default "id" if there is one. Without ids each row is a
            dialogue of its own.
        dialogue: the column with the dialogues; default "dialogue" if there is one.
        systems: the columns with predictions; default every other column of texts, without those in
            which `summarize` flags what is new in a summary.

    Raises:
        LabError: a column that is not there or taken for two things, ids missing or given twice,
            cells that are no texts, empty references, no system, not UTF-8, or more than 100,000
            rows.
    """
    name, rows = Path(path).name, read_table(path, most=MOST_ROWS)
    check_table(rows, name)
    columns = list(dict.fromkeys(key for row in rows for key in row))
    ids = ids or ("id" if "id" in columns else None)
    dialogue = dialogue or ("dialogue" if "dialogue" in columns else None)
    named = [references, ids, dialogue, *(systems or ())]
    _check_named([column for column in named if column is not None], columns, name)
    remarks = []
    if systems is None:
        systems, skipped = _columns_of_texts(rows, columns, {references, ids, dialogue})
        if skipped:
            remarks.append(f"Columns of numbers, not scored: {', '.join(map(repr, skipped))}.")
    if not systems:
        raise LabError(f"{name} has no column with predictions beside {references!r}.")
    for column in (*systems, *filter(None, [dialogue])):
        _require_texts(rows, column, name)
    found = _grouped(rows, name, references, ids, dialogue, systems)
    return Predictions(
        ids=list(found),
        references=[item["references"] for item in found.values()],
        systems={
            system: [item["predictions"][system] for item in found.values()] for system in systems
        },
        dialogues=[item["dialogue"] for item in found.values()] if dialogue else None,
        topics=[item["topic"] for item in found.values()],
        rows=len(rows),
        remarks=[
            *remarks,
            *_disagreements(found, systems),
            *_empty(found, systems),
            *_unread(found, systems),
            *_copied(found, systems),
            *(_same_dialogues(found) if dialogue else ()),
        ],
    )


def _check_named(named, columns, name):
    """Raise LabError unless each column that was named is there, and named once."""
    for column in named:
        if column not in columns:
            raise LabError(
                f"{name} has no column {column!r}; it has {', '.join(map(str, columns))}."
            )
        if named.count(column) > 1:
            raise LabError(
                f"{name}: the column {column!r} is named for two things; name each column once, as "
                "ids, dialogues, references or a system."
            )


def _columns_of_texts(rows, columns, taken):
    """(the columns that hold a system's texts, those of numbers), of those that are not taken."""
    flags = {flag for column in columns for flag in flag_columns(column)}
    others = [column for column in columns if column not in {*taken, *NO_SYSTEMS, *flags}]
    cells = {c: [row[c] for row in rows if row.get(c) not in (None, "")] for c in others}
    numbers = [c for c in others if cells[c] and all(map(_is_number, cells[c]))]
    return [c for c in others if c not in numbers], numbers


def _is_number(cell):
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return True


def _require_texts(rows, column, name):
    faulty = [i for i, row in enumerate(rows, 1) if not is_text(row.get(column))]
    if faulty:
        raise LabError(
            f"{name}: {column} is missing or not a text in {row_numbers(faulty)}. "
            'Fill in the rows; an empty answer is "".'
        )


def _grouped(rows, name, references, ids, dialogue, systems):
    """{dialogue's id: its references, text and predictions}."""
    seen: dict = {}
    found: dict = {}
    for number, row in enumerate(rows, 1):
        row_id = number if ids is None else row.get(ids)
        row_id = "" if row_id is None else str(row_id).strip()
        if not row_id:
            raise LabError(f"{name}: {ids} is empty in row {number}; give every row an id.")
        if row_id in seen:
            raise LabError(
                f"{name}: the id {row_id!r} appears in row {seen[row_id]} and in row {number}. If "
                "both are references of one dialogue, number them as in test_7_1 and test_7_2."
            )
        seen[row_id] = number
        texts = row.get(references)
        texts = texts if isinstance(texts, list) else [texts]
        if not texts or not all(map(says_something, texts)):
            raise LabError(
                f"{name}: {references} is empty or not a text in row {number}. Fill it in or "
                "delete the row."
            )
        predictions = {system: row[system] for system in systems}
        item = found.setdefault(
            row_id if ids is None else dialogue_id(row_id),
            {"references": [], "dialogue": dialogue and row[dialogue], "predictions": predictions,
             "topic": str(row.get("topic") or ""), "differing": set()},
        )  # fmt: skip
        if dialogue and item["dialogue"] != row[dialogue]:
            raise LabError(
                f"{name}: row {number} has another {dialogue} than the rows of its id before it. "
                "Give every dialogue an id of its own."
            )
        item["references"] += texts
        item["differing"] |= {s for s in systems if predictions[s] != item["predictions"][s]}
    return found


def _disagreements(found, systems):
    for system in systems:
        names = [name for name, item in found.items() if system in item["differing"]]
        if names:
            yield (
                f"{system} answers {counted(len(names), 'dialogue')} differently in several rows "
                f"(such as {', '.join(names[:SHOWN_ROWS])}); the first answer is scored."
            )


def _empty(found, systems):
    for system in systems:
        count = sum(is_blank(item["predictions"][system]) for item in found.values())
        if count:
            yield f"{system} gives no answer for {counted(count, 'dialogue')}: a score of 0 each."


def _unread(found, systems):
    texts = [text for item in found.values() for text in item["references"]]
    if count := sum(not scripts.words(text) for text in texts):
        yield (
            f"With neither a letter nor a digit: {counted(count, 'reference')}; ROUGE compares "
            "nothing else, so the score is 0."
        )
    answers = {name: [item["predictions"][name] for item in found.values()] for name in systems}
    yield from scripts.remarks({"references": texts} | answers)


def _copied(found, systems):
    for system in systems:
        count = sum(item["predictions"][system] in item["references"] for item in found.values())
        if count > COPIED * len(found):
            yield (
                f"{system} gives one of the references itself for {count} of "
                f"{counted(len(found), 'dialogue')}; is it a system, or are they its references?"
            )


def _same_dialogues(found):
    texts = Counter(item["dialogue"] for item in found.values())
    count = sum(times > 1 for times in texts.values())
    if count:
        yield (
            f"Under several ids, and counted as several: {counted(count, 'dialogue')}. If the rows "
            "are references of one dialogue, number the ids as in test_7_1 and test_7_2."
        )
