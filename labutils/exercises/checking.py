"""Checking a student's function: first the shape, then the core, then what is easily missed."""

import dis
import math
import traceback
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from numbers import Real
from typing import Any

from labutils.common.files import first_line

PASSED, TRIED, UNTOUCHED = "passed", "tried", "not attempted yet"
STUB_STEPS = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}
"""All that Python compiles a body of `...` into, in 3.11 to 3.14."""


class Wrong(Exception):
    """An answer is wrong; the message names the likely mistake."""


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        number: "2.1" is the first of notebook 2.
        title: a few words.
        check: called with the student's function, raises Wrong.
        gain: one sentence on what a right answer is good for.
    """

    number: str
    title: str
    check: Callable[[Callable], None]
    gain: str


@dataclass(frozen=True)
class Verdict:
    """PASSED, TRIED or UNTOUCHED, and what the student reads."""

    state: str
    message: str


def verdict_on(exercise: Exercise, answer: object) -> Verdict:
    """The Verdict on a student's function; nothing that it does raises."""
    title = f"Exercise {exercise.number}"
    if not callable(answer):
        return Verdict(TRIED, f"{title}: give the function itself, its name without brackets.")
    if untouched(answer):
        return Verdict(UNTOUCHED, f"{title}: {UNTOUCHED}")
    try:
        exercise.check(_answering(answer))
    except Wrong as wrong:
        return Verdict(TRIED, f"{title}: not yet. {wrong}")
    except (Exception, SystemExit) as error:  # whatever a student's code does
        return Verdict(TRIED, f"{title}: not yet. {_explained(error, answer)}")
    return Verdict(PASSED, f"{title}: passed. {exercise.gain}")


def untouched(answer: object) -> bool:
    """Whether a function's body is still `...`."""
    code = getattr(answer, "__code__", None)
    if code is None:
        return False
    steps = list(dis.get_instructions(code))
    returned = [step.argval for step in steps if step.opname.endswith("_CONST")]
    return {step.opname for step in steps} <= STUB_STEPS and returned == [None]


def _answering(answer: Callable) -> Callable:
    """The function with copies of its lists and dicts, so that it may do with them as it likes."""

    def ask(*inputs: Any) -> Any:
        copies = [deepcopy(item) if isinstance(item, (list, dict)) else item for item in inputs]
        if (found := answer(*copies)) is None:
            raise Wrong("It returned None. Is there a `return` at the end of every branch?")
        return found

    return ask


def _explained(error: BaseException, answer: object) -> str:
    """An exception in words: what, and in which line of the student's code."""
    what = f"{type(error).__name__}: {first_line(error)}"
    file = getattr(getattr(answer, "__code__", None), "co_filename", None)
    steps = [step for step in traceback.extract_tb(error.__traceback__) if step.filename == file]
    if steps:
        line = f" ({steps[-1].line})" if steps[-1].line else ""
        return f"Your code stopped in line {steps[-1].lineno}{line} with {what}."
    return (
        "It could not be called, or what it returned could not be read: keep the stub's arguments "
        f"and return what its docstring says. Python says: {what}."
    )


def check_type(found: object, kind: type, name: str) -> None:
    """Raise Wrong unless the answer is of this type, called `name` in the message."""
    if not isinstance(found, kind):
        raise Wrong(f"It should return {name}, and returned {type(found).__name__}.")


def check_drawn_by_seed(held_out: Callable[[int], set[str]], units: str) -> None:
    """Raise Wrong unless a split is the same for the same seed, and not for every other one.

    Args:
        held_out: the ids that a student's function holds out for a seed.
        units: what is to be drawn, in words.
    """
    first = held_out(1)
    if held_out(1) != first:
        raise Wrong("The same seed gives two different splits: draw with Random(seed) only.")
    if all(held_out(seed) == first for seed in (2, 3, 4)):
        raise Wrong(f"Every seed holds out the same rows: shuffle the {units} by the seed.")


def two_lists(found: Any, what: str) -> tuple[list, list]:
    """The two sides of a split as lists; Wrong unless there are two, of `what`."""
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        raise Wrong(f"It should return two lists: {what} to train on, {what} held out.")
    train, held_out = map(list, found)
    return train, held_out


def check_value(
    found: Any, right: float, mistakes: Sequence[tuple[float, str]], where: str
) -> None:
    """Raise Wrong unless a number is the right one, naming the mistake that leads to it.

    Args:
        found, right: numbers.
        mistakes: [(what a likely mistake gives, what to say about it)]; the first that fits.
        where: the inputs, in words.
    """
    check_type(found, Real, "a number")
    if math.isclose(found, right, rel_tol=1e-6, abs_tol=1e-9):
        return
    said = [text for value, text in mistakes if math.isclose(found, value, rel_tol=1e-6)]
    advice = f" {said[0]}" if said else ""
    raise Wrong(f"For {where} it gives {found:.6g}, and {right:.6g} is right.{advice}")
