"""Reading and writing the lab's own small files, so that a crash loses nothing."""

import ctypes
import errno
import hashlib
import json
import os
import platform
import re
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

from labutils.common.errors import LabError

HELD_OPEN = (5, 32)
"""Windows' numbers for a file that a program holds open: access denied, sharing violation."""

SCRATCH = ".unfinished-"
"""Stands in the names of what is being written, before the number of the process that writes, a
sign of its machine (`_machine`), and a random number."""

ABANDONED = 86_400
"""Seconds after which what another machine was writing is taken for left behind: whether that
machine still works on it, nobody here can see."""


def read_json(path: str | Path) -> Any:
    """A JSON file's content; LabError if it is missing or not JSON."""
    try:
        return json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise LabError(
            f"{path} cannot be read as JSON ({first_line(error)}). Put a whole copy of it there, "
            "or make it again."
        ) from error


def write_json(path: str | Path, content: object) -> None:
    """Write JSON to a file, whole or not at all (`write_text`)."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_text(path: str | Path, text: str) -> None:
    """Write a file through a temporary one beside it, so that a crash leaves no half of it.

    Raises:
        LabError: the folder cannot be written, or the disk is full.
    """
    with saving(path), unfinished(path) as temporary:
        temporary.write_text(text, "utf-8", newline="\n")


def append(path: Path, content: bytes, keep: int | None = None) -> int:
    """Put bytes at the end of a file, on the disk before this returns; the file's new size.

    `keep` is how many bytes of the file stay before them (default all): a kill may have left half
    a line.
    """
    with open(path, "ab") as file:
        if keep is not None:
            file.truncate(keep)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def check_new(path: Path, force: bool) -> None:
    """Raise LabError if there is a file or folder already, unless it may be replaced."""
    if path.exists() and not force:
        raise LabError(f"{path} is there already; choose another name, or add --force.")


def check_new_file(path: Path, force: bool, endings: Collection[str]) -> None:
    """Raise LabError unless a file of such an ending can be written without losing anything."""
    if path.suffix not in endings:
        raise LabError(f"The file {path.name!r} must end in {' or '.join(endings)}.")
    if path.is_dir():
        raise LabError(f"{path} is a folder; give the name of a file in it.")
    check_new(path, force)
    check_parent(path)


def check_parent(path: Path) -> None:
    """Raise LabError unless the folder that is to hold a file or folder is there."""
    if not (parent := path.absolute().parent).is_dir():
        raise LabError(f"{parent} is no folder; make it first.")


def check_writable(folder: str | Path) -> None:
    """Raise LabError unless files can be made in the folder: better now than after training."""
    with saving(folder), scratch(Path(folder) / "writable") as probe:
        write_text(probe, "yes\n")  # an empty file still fits on a full disk


@contextmanager
def unfinished(path: str | Path) -> Iterator[Path]:
    """Yield a name for a new file or folder, which becomes `path` when the block ends.

    So `path` is whole or not there, and two writers at once never mix: of two files the last stays,
    of two folders the first.
    """
    path = Path(path)
    with scratch(path) as temporary:
        yield temporary
        _to_disk(temporary)
        try:
            rename(temporary, path)
        except OSError:
            if not (temporary.is_dir() and path.is_dir()):
                raise


@contextmanager
def scratch(path: str | Path) -> Iterator[Path]:
    """Yield a name beside `path` that is this process's alone; what lies there goes at the end.

    So does what killed processes left under such names in the same folder, those of another machine
    after a day.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for other in path.parent.glob(f".*{SCRATCH}*"):
        if _is_left(other):
            _remove(other)
    # Not the whole name, which may be as long as a file system allows.
    mine = f"{os.getpid()}-{_machine()}{token_hex(4)}"
    temporary = path.with_name(f".{path.name[:20]}{SCRATCH}{mine}")
    try:
        yield temporary
    finally:
        _remove(temporary)


def replace_folder(new: Path, path: Path) -> None:
    """Give a whole new folder the name of an older one, which is deleted.

    Where the system lets two folders exchange their names (Linux, on most drives) there is a whole
    one of this name at every moment, wherever the process is killed. Elsewhere a kill between two
    renames leaves none, and the older one is put back by `put_back`.

    Args:
        new: a folder under the name of a `scratch`, on the same drive.
        path: what it is to be called; there may be no older one.
    """
    if not (path.exists() and _exchanged(new, path)):
        if path.exists():
            rename(path, _earlier(path))
        rename(new, path)
    for older in (new, _earlier(path)):
        _remove(older)


def put_back(path: Path) -> None:
    """Undo or end what a kill between the renames of `replace_folder` has left, if anything."""
    if path.exists():
        _remove(_earlier(path))
    elif _earlier(path).exists():
        rename(_earlier(path), path)


def rename(source: str | Path, target: str | Path) -> None:
    """Give a file or folder another name, as os.replace does.

    Windows refuses that while anything in it is open, as what was just written is for a moment to
    a virus scanner or an indexer: then it is tried again, for two seconds in all.
    """
    for wait in (0.1, 0.3, 0.6, 1.0):
        try:
            return os.replace(source, target)
        except PermissionError as error:
            if getattr(error, "winerror", None) not in HELD_OPEN:
                raise
            time.sleep(wait)
    os.replace(source, target)


def _earlier(path: Path) -> Path:
    path = path.absolute()  # "." has no name
    return path.parent / f".{path.name}.earlier"


def _exchanged(one: Path, other: Path) -> bool:
    """Have two folders exchange their names in one step; False where the system cannot."""
    here, exchange = -100, 2  # AT_FDCWD and RENAME_EXCHANGE: see rename(2)
    try:
        call = ctypes.CDLL(None).renameat2
    except (OSError, AttributeError, TypeError):  # another system, or an older libc
        return False
    return call(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0


def _is_left(path: Path) -> bool:
    """Whether nobody is writing any more what lies under the name of a `scratch`."""
    import psutil

    process, _, sign = path.name.partition(SCRATCH)[2].partition("-")
    if sign.startswith(_machine()):
        return not (process.isdigit() and psutil.pid_exists(int(process)))
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > ABANDONED
    return False


def _machine() -> str:
    """A sign of this machine among those that share a folder (8 hex digits)."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _remove(path: Path) -> None:
    """Delete a file or folder, if it is there and can be."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _to_disk(path: Path) -> None:
    """Have a file, or those in a folder, written out: a power cut else leaves them empty."""
    for file in [path, *path.rglob("*")]:
        if file.is_file():
            with open(file, "rb+") as opened:
                os.fsync(opened.fileno())


def set_aside(path: str | Path) -> None:
    """Rename a file or folder of earlier results, so that nothing of it is lost."""
    path = Path(path)
    if path.exists():
        kept = path.with_name(f"{path.stem}-until-{datetime.now():%Y%m%d-%H%M%S}{path.suffix}")
        with saving(kept):
            rename(path, kept)
        print(f"Earlier results are kept in {kept}.")


def fingerprint(source: str | Path) -> str | None:
    """A digest of the data and weights in a folder (8 hex digits); None for a Hub id."""
    if not Path(source).is_dir():
        return None
    digest = hashlib.sha256()
    for path in sorted(Path(source).iterdir()):
        if path.suffix in (".csv", ".jsonl", ".safetensors") or path.name == "tokenizer.json":
            digest.update(path.name.encode())
            with open(path, "rb") as file:
                hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()[:8]


def first_line(error: BaseException) -> str:
    """The first line of an exception's text, short enough for a message."""
    return (str(error).strip().splitlines() or ["no message"])[0][:200]


FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
BLOCKED = (errno.ENOTDIR, errno.EEXIST, errno.EISDIR)
GONE = (errno.ENOENT, errno.EIO, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ENOTCONN)


@contextmanager
def saving(place: str | Path) -> Iterator[None]:
    """Turns whatever keeps a file or folder from being written into one message."""
    try:
        yield
    except LabError:
        raise
    except Exception as error:  # torch and what is in Rust have kinds of their own for a full disk
        from safetensors import SafetensorError  # the doctor comes without any package

        # torch tells of its stream writer, or of the container that it could not end; what is
        # written in Rust, of the system's number; and a folder that is copied, of each file in it
        # that was not.
        listed = isinstance(error, shutil.Error) and isinstance(error.args[0], list)
        text = str(error.args[0][0][-1] if listed else error)
        told = re.search(r"StreamWriter|inline_container|(?:os error |\[Errno )(\d+)", text)
        if not isinstance(error, OSError | SafetensorError) and not told:
            raise
        number = getattr(error, "errno", None) or (int(told[1]) if told and told[1] else None)
        reason = getattr(error, "strerror", None)
        reason = reason or (os.strerror(number) if listed and number else first_line(error))
        raise LabError(
            f"Cannot write to {place} ({reason}). {_cure(number, Path(place))} or choose another "
            "folder (for what runs leave: the variable LAB_ARTIFACTS); what was finished before is "
            "kept."
        ) from error


def _cure(number: int | None, place: Path) -> str:
    if number in FORBIDDEN:
        held = "Close the program that has it open, such as a spreadsheet, or m"
        return f"{held if os.name == 'nt' else 'M'}ake it writable for you,"
    if number in BLOCKED:
        in_the_way = next((p for p in (place, *place.parents) if p.is_file()), place)
        return f"Rename or delete {in_the_way}, which is in the way,"
    if number in GONE:
        return "If it is on a network drive, connect that again and run the same again,"
    if number == errno.ENAMETOOLONG:
        return "Use a shorter name,"
    return "Free some space"  # a full disk, mostly
