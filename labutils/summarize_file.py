"""Summaries of a file of dialogues by a trained model, as `python -m labutils summarize` writes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from labutils.common.errors import LabError
from labutils.common.files import (
    append,
    check_new,
    fingerprint,
    read_json,
    rename,
    saving,
    write_json,
)
from labutils.common.locks import alone
from labutils.common.table_files import (
    check_flat,
    check_table,
    nested_columns,
    rows_text,
    table_rows,
)
from labutils.common.text import FORMULA, disarmed, inert
from labutils.engine import load_trained
from labutils.evaluation.failures import as_written, flag_columns, unsupported
from labutils.evaluation.scripts import have_case
from labutils.generation import BATCH_TOKENS
from labutils.model_folders import model_folder, track_of
from labutils.prompts import build_prompt, fit_prompts
from labutils.summarization import summarize
from labutils.tracks import Track

SPEAKER = re.compile("#Person[0-9]+#")
CHUNK_ROWS = 256
"""Rows in memory, and between two times that progress is saved: what a kill can cost."""


@dataclass(frozen=True)
class Table:
    """A checked file of dialogues, whose rows stay in the file.

    Attributes:
        path: of the file.
        dialogue: the column with the dialogues.
        rows: how many.
        columns: all of them, in the order in which they come.
        nested: those that hold lists or objects.
    """

    path: Path
    dialogue: str
    rows: int
    columns: tuple[str, ...]
    nested: tuple[str, ...]

    def chunks(self, start: int = 0) -> Iterator[list[dict]]:
        """The rows from `start` on, a list of CHUNK_ROWS of them at a time."""
        rows = islice(table_rows(self.path), start, self.rows)
        while chunk := list(islice(rows, CHUNK_ROWS)):
            yield chunk


@dataclass
class Progress:
    """How far a file is summarized, kept beside it, and what is to be told of it in the end.

    Attributes:
        made_of: digests and settings that decide the summaries.
        rows: summarized and saved.
        size: of the new file, in bytes.
        flagged: rows whose summary has a name or number that is not in its dialogue.
        unlike: rows whose summary has a #Person1# and whose dialogue has none: the model learned
            chats in another form.
        uncased: rows whose dialogue has no capitals to tell names by.
        cut: rows whose dialogue is longer than the model reads.
        formulas: cells of the file that a spreadsheet would take for a formula.
    """

    made_of: dict[str, str]
    rows: int = 0
    size: int = 0
    flagged: int = 0
    unlike: int = 0
    uncased: int = 0
    cut: int = 0
    formulas: int = 0


def read_dialogues(
    path: str | Path, *, dialogue: str = "dialogue", new: Collection[str] = ("prediction",)
) -> Table:
    """Read a CSV, JSONL or Parquet file once, and check that all its rows can be summarized.

    `dialogue` is the column with the dialogues, `new` those that must not be there yet.

    Raises:
        LabError: the file cannot be read, the column is not there or has empty cells, or there is
            a column of a new one's name.
    """
    path = Path(path)
    columns: dict[str, None] = {}
    nested: dict[str, None] = {}

    def noted() -> Iterator[Any]:
        for row in table_rows(path):
            if isinstance(row, dict):
                columns.update(dict.fromkeys(row))
                nested.update(dict.fromkeys(nested_columns(row)))
            yield row

    rows = check_table(noted(), path.name, (dialogue,))
    if taken := [column for column in new if column in columns]:
        raise LabError(
            f"{path.name} has a column {taken[0]!r} already; choose another with --column."
        )
    return Table(path, dialogue, rows, tuple(columns), tuple(nested))


def summarize_table(
    table: Table,
    folder: str | Path,
    out: str | Path,
    *,
    column: str = "prediction",
    flags: bool = True,
    force: bool = False,
    device: str | None = None,
    max_tokens: int | None = None,
    batch_tokens: int = BATCH_TOKENS,
) -> Progress:
    """Write the table with a summary in each row, in the lab's prompt and greedy, as its runs are
    tested.

    Rows that are done lie in a folder beside `out` (`unfinished_of`) until all of them are. Killed,
    the same call goes on after the last chunk that was saved, and ends with the same bytes. Within
    a chunk rows with the same dialogue share one summary.

    Args:
        table: from `read_dialogues`.
        folder: of a trained checkpoint or adapter.
        out: the new file, .csv or .jsonl.
        column: the new one.
        flags: add `failures.flag_columns` with names and numbers that are not in the dialogue.
        force: replace `out`, and the rows of another call that was not finished.
        device: one of `device.DEVICES`; default the GPU if there is one.
        max_tokens: of a summary, 4 or more; default the limit of the run that the model is of, if
            its run.json lies beside the folder, or else 128.
        batch_tokens: prompt tokens summarized at once.

    Raises:
        LabError: no usable model in the folder, an adapter whose base is not found, no such
            device, a list in a CSV's cell, `out` is there, or it cannot be written.
    """
    folder, out = model_folder(folder), Path(out)
    if out.suffix == ".csv":
        check_flat(table.nested, out.name)
    track = replace(track_of(folder, device, max_tokens), generation_tokens=batch_tokens)
    made_of = _made_of(table, track, folder) | {
        "--column": column,
        "--without-flags": str(not flags),
    }
    new = (column, *(flag_columns(column) if flags else ()))
    columns = (*table.columns, *new)
    work = unfinished_of(out)
    part, record = work / f"rows{out.suffix}", work / "progress.json"

    def save(rows: list[dict]) -> None:
        with saving(out):
            # JSON writes half a character like this; no file can hold one otherwise.
            text = rows_text(rows, columns, out.suffix, not progress.size)
            content = text.encode("utf-8", "backslashreplace")
            progress.size = append(part, content, keep=progress.size)
        write_json(record, asdict(progress))

    try:
        with alone(work, out.name):
            progress = _earlier_progress(record, made_of, force)
            # It may have been killed right after the file got its name.
            whole = progress.rows == table.rows and _size(out) == progress.size
            if part.exists() or not whole:
                check_new(out, force)
                if _size(part) < progress.size:
                    progress = Progress(made_of)
                _go_on(table, track, folder, progress, new, save, disarm=out.suffix == ".csv")
                with saving(out):
                    rename(part, out)
            with saving(out):
                record.unlink()
    finally:
        with suppress(OSError):  # there are rows in it to go on with
            work.rmdir()
    return progress


def unfinished_of(out: Path) -> Path:
    """The folder beside a file that holds what is done of it."""
    return out.parent / f"{out.name}.unfinished"


def _made_of(table: Table, track: Track, folder: Path) -> dict[str, str]:
    """What decides the summaries, for messages and to compare; not how fast they are made."""
    with open(table.path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "file": digest,
        "model": f"{fingerprint(folder)} on {fingerprint(track.model) or track.model}",
        "--dialogue": table.dialogue,
        "--max-tokens": f"{track.max_summary_tokens} of {track.max_prompt_tokens}",
    }


def _earlier_progress(record: Path, made_of: dict[str, str], force: bool) -> Progress:
    """What an earlier call got done, or that nothing is."""
    if not record.exists():
        return Progress(made_of)
    try:
        found = Progress(**read_json(record))
    except TypeError as error:
        raise LabError(f"{record} is damaged; delete {record.parent} to start anew.") from error
    other = [name for name in made_of if found.made_of.get(name) != made_of[name]]
    if not other:
        return found
    if not force:
        raise LabError(
            f"{record.parent} holds {found.rows:,} rows of another command, which differs in "
            f"{', '.join(other)}. Give that one again to finish it, choose another --out, or add "
            "--force to drop them."
        )
    record.unlink()
    return Progress(made_of)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _go_on(
    table: Table,
    track: Track,
    folder: Path,
    progress: Progress,
    new: tuple[str, ...],
    save: Callable[[list[dict]], None],
    *,
    disarm: bool,
) -> None:
    """Summarize the chunks that are left, count them in the progress, and save each."""
    from tqdm.auto import tqdm

    if progress.rows == table.rows:
        return
    if progress.rows:
        print(f"Going on after row {progress.rows:,} of {table.rows:,}.")
    model, tokenizer = load_trained(track, folder)
    size: dict[str, Any] = dict(total=table.rows, initial=progress.rows, unit="row")
    with tqdm(desc="summarizing", leave=False, **size) as bar:
        for rows in table.chunks(progress.rows):
            texts = list(dict.fromkeys(row[table.dialogue] for row in rows))
            asked = [disarmed(text) for text in texts]
            prompts = fit_prompts(asked, tokenizer, max_tokens=track.max_prompt_tokens)
            summaries = summarize(track, model, tokenizer, prompts, progress=True)
            answers = dict(zip(texts, map(_new_cells, texts, prompts, summaries)))
            progress.formulas += formulas(rows)
            for row in rows:
                cells, remarkable = answers[row[table.dialogue]]
                # A summary may begin with what a customer typed, and that with a =.
                row.update(zip(new, map(inert, cells) if disarm else cells))
                progress.flagged += remarkable["flagged"]
                progress.unlike += remarkable["unlike"]
                progress.uncased += remarkable["uncased"]
                progress.cut += remarkable["cut"]
            progress.rows += len(rows)
            save(rows)
            bar.update(len(rows))
    if progress.rows < table.rows:
        raise LabError(f"{table.path} lost rows meanwhile. Put it back, and give the same again.")


def _new_cells(dialogue: str, prompt: str, summary: str) -> tuple[list[str], dict[str, bool]]:
    """(a row's new cells, what is remarkable about it)."""
    found = unsupported(summary, dialogue).values()
    flags = ["; ".join(as_written(summary, kind)) for kind in found]
    return [summary, *flags], {
        "flagged": any(flags),
        "unlike": bool(SPEAKER.search(summary)) and not SPEAKER.search(dialogue),
        "uncased": not have_case([dialogue]),
        "cut": prompt != build_prompt(dialogue),
    }


def formulas(rows: list[dict]) -> int:
    """How many cells a spreadsheet would take for a formula: the file's own texts stay as they
    are."""
    return sum(bool(FORMULA.match(str(cell))) for row in rows for cell in row.values())
