"""Reading and writing the lab's own small files, so that a crash loses nothing."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from labutils.common.errors import LabError


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
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(text, "utf-8", newline="\n")
        os.replace(unfinished, path)
    except OSError as error:
        raise LabError(
            f"Cannot write {path} ({error.strerror}). Free some space, or choose another folder "
            "with the variable LAB_ARTIFACTS."
        ) from error


def check_writable(folder: str | Path) -> None:
    """Raise LabError unless files can be made in the folder: better now than after training."""
    probe = Path(folder) / "writable"
    write_text(probe, "yes\n")  # an empty file still fits on a full disk
    probe.unlink()


def set_aside(path: str | Path) -> None:
    """Rename a file or folder of earlier results, so that nothing of it is lost."""
    path = Path(path)
    if path.exists():
        kept = path.with_name(f"{path.stem}-until-{datetime.now():%Y%m%d-%H%M%S}{path.suffix}")
        path.rename(kept)
        print(f"Earlier results are kept in {kept}.")


def fingerprint(source: str | Path) -> str | None:
    """A digest of the data and weights in a folder (8 hex digits); None for a Hub id."""
    if not Path(source).is_dir():
        return None
    digest = hashlib.sha256()
    for path in sorted(Path(source).iterdir()):
        if path.suffix in (".csv", ".jsonl", ".safetensors") or path.name == "tokenizer.json":
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:8]


def first_line(error: BaseException) -> str:
    """The first line of an exception's text, short enough for a message."""
    return (str(error).strip().splitlines() or ["no message"])[0][:200]


@contextmanager
def saving(folder: str | Path) -> Iterator[None]:
    """Turns a full disk or an unwritable folder into one message."""
    try:
        yield
    except (OSError, SafetensorError, RuntimeError) as error:
        # torch.save reports a full disk as a RuntimeError of its stream writer.
        if isinstance(error, RuntimeError) and "StreamWriter" not in str(error):
            raise
        raise LabError(
            f"Cannot write to {folder} ({first_line(error)}). Free some space, or choose another "
            "folder with the variable LAB_ARTIFACTS; what was finished before is kept."
        ) from error
