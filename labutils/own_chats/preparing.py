"""Chats written for the lab: a folder that `choose_track(dataset=folder)` takes, or one table."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from labutils.common.errors import LabError
from labutils.common.files import (
    check_new,
    check_new_file,
    check_parent,
    put_back,
    replace_folder,
    saving,
    scratch,
    write_json,
)
from labutils.common.table_files import WRITTEN, write_table
from labutils.common.text import inert
from labutils.data import dialogue_id
from labutils.own_chats.personal_data import masked, personal_data
from labutils.own_chats.reading import Chat, Chats, Columns, read_chats
from labutils.own_chats.splitting import GROUP, SplitPlan, numbered_customers, plan_split

WITHOUT_SUMMARY, PREPARED = "without_summary.csv", "prepared.json"
FILES = {"train.csv", "validation.csv", "test.csv", WITHOUT_SUMMARY, PREPARED}
OTHER_FILES = (".parquet", ".json", ".txt", ".tsv", ".xlsx", ".html")
"""Whoever gives such a name wants no folder that is called so."""


def prepare(
    source: str | Path,
    folder: str | Path,
    columns: Columns | None = None,
    *,
    keep_speakers: bool = False,
    mask: bool = False,
    seed: int = 42,
    force: bool = False,
) -> SplitPlan:
    """Read chats, split them by customer, and write what the lab trains and tests on.

    Args:
        source, columns, keep_speakers: as for `read_chats`.
        folder: a new one for train.csv, validation.csv and test.csv (id, dialogue, summary, and
            the number of the group whose chats stay together), without_summary.csv with the chats
            that can only be summarized, and prepared.json.
        mask: put placeholders for likely personal data.
        seed: of the split.
        force: replace an earlier prepared folder.

    Raises:
        LabError: chats that cannot be read or split, or the folder is there already.
    """
    check_out(folder, force)
    prepared = read_and_split(source, columns, keep_speakers, mask, seed)
    write_prepared(folder, prepared)
    return prepared.plan


@dataclass(frozen=True)
class Prepared:
    """What `prepare` writes, before anything is written.

    Attributes:
        found: the chats as they were read.
        written: as they are written, with placeholders if that was asked for.
        plan: their split.
        record: what prepared.json tells of it.
    """

    found: Chats
    written: Chats
    plan: SplitPlan
    record: dict[str, Any]


def read_and_split(
    source: str | Path, columns: Columns | None, keep_speakers: bool, mask: bool, seed: int
) -> Prepared:
    """The first half of `prepare`, whose arguments and errors these are."""
    found = read_chats(source, columns or Columns(), keep_speakers=keep_speakers)
    written = without_personal_data(found) if mask else found
    record = {"source": found.name, "seed": seed, "masked": mask}
    return Prepared(found, written, plan_split(written.chats, seed=seed), record)


def without_personal_data(found: Chats) -> Chats:
    """The chats with placeholders in their texts; an id that is such data gets a number instead."""
    kept = {chat.id for chat in found.chats if not personal_data(chat.id)}
    chats = [
        replace(
            chat,
            id=chat.id if chat.id in kept else _free_id(f"chat-{number}", kept),
            dialogue=masked(chat.dialogue),
            summary=masked(chat.summary),
        )
        for number, chat in enumerate(found.chats, 1)
    ]
    return replace(found, chats=chats)


def _free_id(name: str, taken: Container[str]) -> str:
    """This id, or with as many marks behind it as make it nobody else's."""
    while name in taken:
        name += "'"
    return name


def check_out(path: str | Path, force: bool) -> None:
    """Raise LabError unless a table or a prepared folder can be written without losing anything."""
    path = Path(path)
    if path.suffix in WRITTEN:
        check_new_file(path, force, WRITTEN)
        return
    if path.suffix in OTHER_FILES and not path.is_dir():
        raise LabError(f"{path} must end in .csv or .jsonl, or be the name of a folder.")
    put_back(path)
    if path.is_file():
        raise LabError(f"{path} is a file; choose another name.")
    names = sorted(each.name for each in path.iterdir()) if path.is_dir() else []
    if others := [name for name in names if name not in FILES]:
        raise LabError(f"{path} holds other things ({', '.join(others[:3])}); give a new folder.")
    check_new(path, force or not names)
    check_parent(path)


def write_prepared(folder: str | Path, prepared: Prepared) -> None:
    """Write the splits to a folder, instead of an earlier one, whole or not at all.

    Raises:
        LabError: the plan has no splits, or the folder cannot be written.
    """
    plan = prepared.plan
    check_plan(plan)
    folder = Path(folder).absolute()
    with saving(folder.parent), scratch(folder) as new:
        new.mkdir()
        for split, chats in plan.splits.items():
            rows = rows_of(chats, inert)
            numbers = [{GROUP: str(plan.group_of[chat.id])} for chat in chats]
            write_table(new / f"{split}.csv", [row | number for row, number in zip(rows, numbers)])
        if plan.without_summary:
            write_table(new / WITHOUT_SUMMARY, rows_of(plan.without_summary, inert))
        sizes = {split: len(chats) for split, chats in plan.splits.items()}
        write_json(new / PREPARED, {**prepared.record, "chats": sizes})
        replace_folder(new, folder)


def check_plan(plan: SplitPlan) -> None:
    """Raise LabError for a plan without splits."""
    if plan.problem:
        raise LabError(f"{plan.problem} Nothing was written.")


def rows_of(chats: Sequence[Chat], safe: Callable[[str], str]) -> list[dict[str, str]]:
    """Rows with id, dialogue and summary, with ids that the lab does not take for references."""
    rows: dict[str, dict[str, str]] = {}
    for chat in chats:
        name = chat.id
        if dialogue_id(name) != name:  # T_12_3 would be the third reference of T_12
            name = "-".join(name.rsplit("_", 1))
        while name in rows:
            name += "-"
        texts = {"id": name, "dialogue": chat.dialogue, "summary": chat.summary}
        rows[name] = {column: safe(text) for column, text in texts.items()}
    return list(rows.values())


def write_chats(path: str | Path, chats: Sequence[Chat]) -> bool:
    """Write all chats to one .csv or .jsonl: id, dialogue, summary, and whose they are if known.

    Returns:
        Whether there is such a column, `customer`. It numbers them, so that nobody is named.
    """
    rows = rows_of(chats, inert if Path(path).suffix == ".csv" else str)
    known = any(chat.customer for chat in chats)
    if known:
        numbers = numbered_customers(chats)
        rows = [row | {"customer": number} for row, number in zip(rows, numbers)]
    write_table(path, rows)
    return known
