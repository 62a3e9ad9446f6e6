"""The one error type that the lab raises on purpose, and how it ends a program."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from labutils.common.text import printable


class LabError(ValueError):
    """A bad input or surrounding; the message says what is wrong, where, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))  # it may quote a file


@contextmanager
def one_message(after_interrupt: str = "") -> Iterator[None]:
    """Ends a program with one message on stderr: status 2 for a LabError, 130 for Ctrl-C.

    Args:
        after_interrupt: what to tell whoever pressed Ctrl-C.
    """
    try:
        yield
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print(f"\nInterrupted. {after_interrupt}".rstrip(), file=sys.stderr)
        sys.exit(130)
