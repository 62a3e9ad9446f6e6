"""The notebooks' exercises: `check` diagnoses an answer, `progress` shows what is passed.

checking and notes are common to all; baseline, fine_tuning, lora, multitask and evaluation hold
the exercises of notebooks 1 to 5, own_chats those of notebook 6, museum those of the fault museum,
M.1 and M.2. Every checker brings small inputs of its own, so that a
passed exercise says that the function is right and not that one number was.
"""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from labutils.common.errors import LabError
from labutils.common.text import printable
from labutils.exercises import (
    baseline,
    evaluation,
    fine_tuning,
    lora,
    multitask,
    museum,
    own_chats,
)
from labutils.exercises.checking import PASSED, UNTOUCHED, verdict_on
from labutils.exercises.notes import note, progress_table, read_notes
from labutils.views.tables import show

if TYPE_CHECKING:
    from pandas import DataFrame

EXERCISES = {
    exercise.number: exercise
    for module in (baseline, fine_tuning, lora, multitask, evaluation, own_chats, museum)
    for exercise in module.EXERCISES
}


def check(number: str, answer: object) -> None:
    """Print whether an answer is right, and if not, which mistake it is likely to be.

    Nothing is raised, so an untouched stub or a wrong answer does not stop a notebook.

    Args:
        number: of the exercise, such as "2.1".
        answer: the student's function; with `...` as its body it is not attempted yet.
    """
    if number not in EXERCISES:
        print(f"There is no exercise {number!r}; there are {', '.join(EXERCISES)}.")
        return
    verdict = verdict_on(EXERCISES[number], answer)
    print(fill(printable(verdict.message), 100, break_on_hyphens=False))
    if verdict.state != UNTOUCHED and (remark := note(number, verdict.state == PASSED)):
        print(fill(remark, 100, break_on_hyphens=False))


def progress(notebook: int | str | None = None) -> None:
    """Show the exercises passed or tried, of one notebook ("M" is the museum) or all."""
    table = progress_of(notebook)
    waiting = table.index[table["state"] == UNTOUCHED]
    if len(waiting) < len(table):
        show(table.drop(waiting))
    if len(waiting):
        print(f"Not attempted yet: {', '.join(waiting)}.")


def progress_of(notebook: int | str | None = None) -> DataFrame:
    """The table of `progress`; of notes that cannot be read it says so and takes them for none."""
    chosen = [
        exercise
        for number, exercise in EXERCISES.items()
        if notebook is None or number.startswith(f"{notebook}.")
    ]
    try:
        notes = read_notes()
    except LabError as error:
        print(f"{error} The next check will set it aside.")
        notes = {}
    return progress_table(chosen, notes)
