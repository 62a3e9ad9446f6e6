"""One at a time: two kernels, or a notebook and `run`, that make the same thing in one folder."""

import os
import platform
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from errno import ENOLCK, ENOSYS, ENOTSUP, EOPNOTSUPP
from functools import cache
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from labutils.common.files import saving

LOCK, OWNER = ".lock", ".owner"
NO_LOCKS = (ENOLCK, ENOSYS, ENOTSUP, EOPNOTSUPP)
POLL_SECONDS = 0.2


@contextmanager
def alone(folder: Path, name: str = "", *, unless: Path | None = None) -> Iterator[None]:
    """Be the only process that makes what a folder is to hold, or wait for the one that is at it.

    The lock is the operating system's, so a process that died holds none. Some network drives know
    no locks: that is said once, and nobody waits there. The work is then done twice, but no file
    mixes both (`files.unfinished`).

    Args:
        folder: made if it is missing.
        name: of what is made, for the messages; without one nothing is said, as of a moment's work.
        unless: the file that is there once it is made: from then on nobody needs a lock.

    Raises:
        LabError: the folder cannot be written.
    """
    with locked(folder, name) if unless is None or not unless.exists() else nullcontext():
        try:
            yield
        finally:
            for file in (OWNER, LOCK):  # perhaps of a process that was killed right here
                with suppress(OSError):
                    (folder / file).unlink(missing_ok=True)


@contextmanager
def locked(folder: Path, name: str) -> Iterator[None]:
    """Be the only thread and process inside the block, of all that give this folder.

    Raises:
        LabError: the folder cannot be written.
    """
    with saving(folder):
        lock = _acquired(folder, name)
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def _acquired(folder: Path, name: str) -> BaseFileLock | None:
    """The lock of a folder, once this process has it; None where there are no locks."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, is_singleton=True)  # its holder may ask for it again
    try:
        with warnings.catch_warnings():
            # Instead of a lock filelock would leave a file, which nobody frees after a kill.
            warnings.simplefilter("error", UserWarning)
            lock.acquire(timeout=0)
    except Timeout:
        if name:
            who = f"another kernel or program is making this run{_owner(folder)}"
            print(f"{name}: {who}; waiting ...", flush=True)
        while not lock.is_locked:
            with suppress(FileNotFoundError):  # whoever held it took the folder away
                folder.mkdir(parents=True, exist_ok=True)
                lock.acquire(poll_interval=POLL_SECONDS)
    except (NotImplementedError, UserWarning, OSError) as error:
        if isinstance(error, OSError) and error.errno not in NO_LOCKS:
            raise
        return _no_lock(folder.parent) if name else None
    with suppress(OSError):  # it is for a message only
        (folder / OWNER).write_text(f" (process {os.getpid()} on {platform.node()})", "utf-8")
    return lock


def _owner(folder: Path) -> str:
    try:
        return (folder / OWNER).read_text("utf-8")
    except OSError:  # it has only just begun
        return ""


@cache
def _no_lock(place: Path) -> None:
    """Said once."""
    print(
        f"{place} knows no locks, as some network drives: if two kernels or programs make the same "
        "run there, each does all the work."
    )
