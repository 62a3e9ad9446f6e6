"""The one error type that the lab raises on purpose, and how it ends a program."""

import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from labutils.common.text import printable

BROKEN_PIPE = 141
"""As a shell has it: 128 and the number of SIGPIPE, which Windows lacks."""


class LabError(ValueError):
    """A bad input or surrounding; the message says what is wrong, where, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))  # it may quote a file


class Terminated(KeyboardInterrupt):
    """The signal SIGTERM, which a shutdown, a container or a scheduler sends before it kills."""


@contextmanager
def one_message(after_interrupt: str = "") -> Iterator[None]:
    """Ends a program with one message on stderr.

    Its status is 2 for a LabError or a full disk, 130 for Ctrl-C, 143 for SIGTERM and 141 where
    nobody reads on.

    Args:
        after_interrupt: what to tell after Ctrl-C or SIGTERM.
    """
    try:
        with _raising_on_sigterm():
            yield
            if sys.stdout is not None:  # as after `>&-`
                sys.stdout.flush()
    except BrokenPipeError:  # what reads the output has enough of it, as head in `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(BROKEN_PIPE)
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # it may be what is full
        print(f"error: {error.strerror}: make room, and run the same again.", file=sys.stderr)
        sys.exit(2)
    except Terminated:
        print(f"\nEnded by SIGTERM. {after_interrupt}".rstrip(), file=sys.stderr)
        sys.exit(128 + signal.SIGTERM)
    except KeyboardInterrupt:
        print(f"\nInterrupted. {after_interrupt}".rstrip(), file=sys.stderr)
        sys.exit(128 + signal.SIGINT)


@contextmanager
def _raising_on_sigterm() -> Iterator[None]:
    """Has SIGTERM do what Ctrl-C does, where nobody else handles it."""

    def raise_it(number: int, frame: object) -> None:
        raise Terminated

    if signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    try:
        signal.signal(signal.SIGTERM, raise_it)
    except ValueError:  # not the main thread, which alone is told of signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
