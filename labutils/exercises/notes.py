"""Which exercises were passed or tried: a small file that the checkers write."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from labutils.common.errors import LabError
from labutils.common.files import read_json, rename, write_json
from labutils.common.locks import alone
from labutils.exercises.checking import PASSED, TRIED, UNTOUCHED, Exercise
from labutils.tracks import artifacts_folder

FIELDS = {"state": str, "attempts": int, "when": str}


def notes_file() -> Path:
    """Where the notes are: exercises.json in the artifacts folder, the same for every track."""
    return artifacts_folder() / "exercises.json"


def read_notes() -> dict[str, dict]:
    """{exercise's number: {"state": "passed" or "tried", "attempts", "when"}}, {} without a file.

    `attempts` counts up to the first pass, `when` is the local time of the last one counted.

    Raises:
        LabError: the file holds something else.
    """
    path = notes_file()
    if not os.path.exists(path):
        return {}
    notes = read_json(path)
    if not isinstance(notes, dict) or not all(map(_is_note, notes.values())):
        raise LabError(f"{path} does not hold what the exercises' checkers write.")
    return notes


def _is_note(note: object) -> bool:
    return (
        isinstance(note, dict)
        and all(isinstance(note.get(name), kind) for name, kind in FIELDS.items())
        and note["state"] in (PASSED, TRIED)
    )


def note(number: str, passed: bool) -> str:
    """Note an attempt; what is passed stays passed.

    Returns:
        A remark if that did not go smoothly, else "". Nothing is raised: a full disk is no reason
        to keep a diagnosis from a student.
    """
    try:
        with alone(notes_file().parent):
            return _noted(number, passed)
    except (LabError, OSError) as error:
        return f"This could not be noted for your progress: {error}"


def _noted(number: str, passed: bool) -> str:
    remark = ""
    try:
        notes = read_notes()
    except LabError as error:
        notes, remark = {}, f"{error} It is kept as {_set_aside()}, and a new one is begun."
    before = notes.get(number, {"attempts": 0, "state": TRIED})
    if before["state"] != PASSED:
        notes[number] = {
            "state": PASSED if passed else TRIED,
            "attempts": before["attempts"] + 1,
            "when": datetime.now().isoformat(" ", timespec="minutes"),
        }
        write_json(notes_file(), notes)
    return remark


def _set_aside() -> str:
    """Rename a file that cannot be read, so that nothing in it is lost; return its new name."""
    kept = notes_file().with_name(f"exercises-broken-{datetime.now():%Y%m%d-%H%M%S-%f}.json")
    rename(notes_file(), kept)
    return kept.name


def progress_table(exercises: Sequence[Exercise], notes: dict[str, dict]) -> pd.DataFrame:
    """One row an exercise: title, state, attempts, when."""
    none = {"state": UNTOUCHED, "attempts": 0, "when": ""}
    rows = [{"title": each.title, **notes.get(each.number, none)} for each in exercises]
    numbers = [exercise.number for exercise in exercises]
    table = pd.DataFrame(rows, index=numbers, columns=["title", *FIELDS])
    passed = (table["state"] == PASSED).sum()
    table.attrs["caption"] = f"{passed} of {len(rows)} exercises passed."
    return table
