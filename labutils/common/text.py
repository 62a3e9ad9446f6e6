"""Texts from outside, so that nothing in them is run where they are shown."""

import re

UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]|\r(?!\n)"
)
NO_MATH = "tex2jax_ignore mathjax_ignore"
"""The classes of HTML in which MathJax leaves a $ a $."""

FORMULA = re.compile(r"[=@\t\r]|[-+](?![\d.,]*$)")
"""A spreadsheet computes a cell that begins so; a number with its sign is one anyway."""


def inert(cell: str) -> str:
    """A cell as a spreadsheet shows it instead of computing it: a formula gets a ' before it."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def disarmed(cell: str) -> str:
    """A cell as it was before `inert`, or a spreadsheet's user, put a ' before it."""
    return cell[1:] if cell[:1] == "'" and FORMULA.match(cell[1:]) else cell


def is_blank(text: str) -> bool:
    """Whether there is nothing to see: spaces, joiners, marks of direction, control characters."""
    return not any(char.isprintable() and not char.isspace() for char in text)


def printable(text: str) -> str:
    r"""A text for a terminal: what would move its cursor, turn its letters around or cannot be
    encoded is spelled out, as \x1b."""
    return UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def signed(number: float, digits: int = 3) -> str:
    """A number with its sign, such as "+0.250"; without one if all digits that are shown are 0."""
    text = f"{number:+.{digits}f}"
    return text if float(text) else text[1:]


def counted(number: int, noun: str) -> str:
    """A number and what is counted, such as "1 dialogue" or "1,200 dialogues"."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def excerpt(text: str, most: int = 80) -> str:
    """The beginning of a text on one line, for a report: a space for each sign that shows none."""
    text = text if len(text) <= most else f"{text[: most - 3]}..."
    return "".join(sign if sign.isprintable() else " " for sign in text)
