"""Dialogues and their human summaries: loading, checking, grouping a test dialogue's references."""

import csv
import json
import random
import re
import shutil
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labutils.common.errors import LabError
from labutils.common.files import first_line, unfinished
from labutils.common.hub import bound_patience, loading

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

    from labutils.tracks import Track

DIALOGUE_COLUMNS = ("id", "dialogue", "summary")
SPLITS = ("train", "validation", "test")
SHOWN_ROWS = 5
TABLES = (".csv", ".jsonl", ".parquet")
PARQUET_ROWS = 1024
"""Of a Parquet file in memory at once."""


def load_dialogues(track: "Track") -> "DatasetDict":
    """The track's dialogues as a DatasetDict.

    "train" and "validation" hold id, dialogue, summary, topic, one row per example. "test" holds
    id, dialogue, references (a list of summaries), topic, one row per dialogue: the file's three
    rows of a dialogue (ids test_7_1, test_7_2, test_7_3) are one thing to summarize, with three
    references to score it against.

    Test dialogues that are trained or validated on as well are warned of.

    Raises:
        LabError: missing files or columns, empty texts (rows named), or a failed download.
    """
    from datasets import Dataset, DatasetDict

    splits = load_splits(track.dataset)
    train = subset(splits["train"], track.train_rows, track.seed)
    test = group_references(splits["test"])[: track.test_dialogues]
    known = {row["dialogue"] for row in train + splits["validation"]}
    if seen := sum(item["dialogue"] in known for item in test):
        warnings.warn(
            f"{seen} of {len(test)} test dialogues of {track.dataset_name} stand in train or "
            "validation too; scores on them flatter. Take them out of one of the splits.",
            stacklevel=2,
        )
    return DatasetDict(
        train=Dataset.from_list(train),
        validation=Dataset.from_list(splits["validation"]),
        test=Dataset.from_list(test),
    )


def load_splits(source: str | Path) -> dict[str, list[dict[str, str]]]:
    """Rows of train, validation and test, checked, from a folder or a Hub id."""
    if Path(source).is_dir():
        return {split: read_rows(split_file(source, split)) for split in SPLITS}
    downloaded = download(str(source), SPLITS)
    return {split: checked(downloaded[split].to_list(), f"{source} {split}") for split in SPLITS}


def download(source: str, splits: Iterable[str]) -> "DatasetDict":
    """The DatasetDict of a Hub id, memory-mapped; LabError if it fails or lacks a split."""
    bound_patience()
    from datasets import load_dataset

    with loading("dataset", source):
        downloaded = load_dataset(source)
    missing = [split for split in splits if split not in downloaded]
    if missing:
        raise LabError(f"The dataset {source!r} has no split {', '.join(missing)}.")
    return downloaded


def cached_dataset(folder: str | Path, make: "Callable[[], Dataset]") -> "Dataset":
    """The Dataset that lies in the folder, or else what `make()` returns, put there.

    One that is damaged is made again.
    """
    from datasets import disable_progress_bars, enable_progress_bars, load_from_disk

    folder = Path(folder)
    if folder.is_dir():
        try:
            return load_from_disk(folder)
        except Exception:
            shutil.rmtree(folder, ignore_errors=True)
    dataset = make()
    disable_progress_bars()  # this takes a moment, and its bar would stay on the screen
    try:
        with suppress(OSError), unfinished(folder) as new:  # a full disk: it can be done without
            dataset.save_to_disk(new)
    finally:
        enable_progress_bars()
    return dataset


def split_file(folder: str | Path, split: str) -> Path:
    """The split's .csv or .jsonl in a folder."""
    for ending in (".csv", ".jsonl"):
        if (path := Path(folder) / f"{split}{ending}").is_file():
            return path
    raise LabError(f"{folder} holds neither {split}.csv nor {split}.jsonl; put one of them there.")


def read_rows(path: str | Path, columns: Sequence[str] = DIALOGUE_COLUMNS) -> list[dict[str, str]]:
    """Rows of a CSV or JSONL file with the columns id, dialogue and summary (or others).

    Returns:
        A list of dicts of strings: the columns, and topic where there is one.

    Raises:
        LabError: not there, not UTF-8, no such columns, empty, or rows without a text.
    """
    path = Path(path)
    return checked(read_table(path, endings=(".csv", ".jsonl")), path.name, columns)


def read_table(
    path: str | Path, *, endings: Sequence[str] = TABLES, most: int | None = None
) -> list[Any]:
    """Rows of a CSV, JSONL or Parquet file as dicts, values as they are in the file.

    Raises:
        LabError: another ending, not there, not readable, not UTF-8, or more than `most` rows,
            which is found out without reading all of them.
    """
    rows = table_rows(path, endings=endings)
    found = list(islice(rows, None if most is None else most + 1))
    if most is not None and len(found) > most:
        raise LabError(
            f"{Path(path).name} holds more than {most:,} rows. They would take long and much "
            "memory, and a sample says as much: draw some of the dialogues, all rows of each."
        )
    return found


def table_rows(path: str | Path, *, endings: Sequence[str] = TABLES) -> Iterator[Any]:
    """The rows of `read_table` one by one, so that a file of any size takes little memory.

    What is wrong with the file is raised when its row comes.
    """
    path = Path(path)
    if path.suffix not in endings:
        raise LabError(
            f"{path.name}: cannot read {path.suffix or 'this'}; use {' or '.join(endings)}."
        )
    readers = {".csv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}
    try:
        yield from readers[path.suffix](path)
    except OSError as error:
        raise LabError(
            f"{path} cannot be read ({error.strerror or first_line(error)}). Check its name, and "
            "that it is a whole file."
        ) from error
    except csv.Error as error:
        raise LabError(
            f"{path.name} is not a CSV table ({first_line(error)}). Is a quotation mark left open? "
            'One inside a quoted text is written twice: "".'
        ) from error
    except UnicodeDecodeError as error:
        content = path.read_bytes()
        place = _first_fault(content)
        line = content[:place].count(b"\n") + 1
        raise LabError(
            f"{path.name} is not UTF-8 (line {line}, byte {place}). "
            "Save it as UTF-8 in your editor or spreadsheet."
        ) from error


def _first_fault(content):
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _read_csv(path):
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, strict=True)
        _check_names(rows.fieldnames or [], path.name)
        yield from rows


def _check_names(names, where):
    if any("\0" in name for name in names):
        raise LabError(f"{where} is not UTF-8 (there are zeros in it). Save it as UTF-8.")
    if twice := sorted(name for name, times in Counter(names).items() if times > 1):
        raise LabError(
            f"{where} has several columns named {', '.join(map(repr, twice))}; rename them."
        )


def _read_jsonl(path):
    def row(pairs):
        _check_names([name for name, _ in pairs], f"{path.name}, line {number}")
        return dict(pairs)

    for number, line in numbered_lines(path):
        try:
            yield json.loads(line, object_pairs_hook=row)
        except LabError:
            raise
        except (ValueError, RecursionError) as error:
            raise LabError(
                f"{path.name}, line {number}: not JSON ({first_line(error)}). Put one whole object "
                "on each line."
            ) from error


def numbered_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """(number from 1, text) of every line of a UTF-8 file that is not blank."""
    # Only "\n" ends a line: JSON's texts may hold other signs that end one elsewhere (U+2028).
    with open(path, encoding="utf-8-sig", newline="\n") as file:
        yield from ((number, line) for number, line in enumerate(file, 1) if line.strip())


def _read_parquet(path):
    import pyarrow
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            _check_names(file.schema_arrow.names, path.name)
            for batch in file.iter_batches(PARQUET_ROWS):
                yield from batch.to_pylist()
    except LabError:
        raise
    except (pyarrow.ArrowException, ArithmeticError, ValueError) as error:
        raise LabError(
            f"{path.name} is not a Parquet file that can be read ({first_line(error)}). Write it "
            "again, or save it as CSV."
        ) from error


def checked(
    rows: list[Any], where: str, columns: Sequence[str] = DIALOGUE_COLUMNS
) -> list[dict[str, str]]:
    """The rows, if they have every column and a text in each of them; else LabError.

    Row numbers in messages start at 1 and do not count a CSV's header.
    """
    check_table(rows, where, columns)
    return [
        {**{name: row[name] for name in columns}, "topic": str(row.get("topic") or "")}
        for row in rows
    ]


def check_table(rows: Iterable[Any], where: str, columns: Sequence[str] = ()) -> int:
    """How many rows there are, told in one pass.

    Raises:
        LabError: none, one that is no object or has more cells than columns, a column that is not
            there, or rows without a text in it.
    """
    number, names, ragged = 0, (), []
    empty: dict[str, list[int]] = {name: [] for name in columns}
    for number, row in enumerate(rows, 1):
        # A comma in a text without quotes would cut the text there.
        if not isinstance(row, dict) or None in row:
            ragged.append(number)
            continue
        names = names or tuple(row)
        for name in columns:
            if not says_something(row.get(name)):
                empty[name].append(number)
    if not number:
        raise LabError(f"{where} has no rows; put at least one into it.")
    if ragged:
        raise LabError(
            f"{where}: more cells than columns, or no columns, in {row_numbers(ragged)}. Put texts "
            "with commas into quotation marks."
        )
    if missing := [name for name in columns if name not in names]:
        raise LabError(
            f"{where} lacks the column {', '.join(missing)}; it has {', '.join(map(str, names))}."
            " Names count letter for letter."
        )
    for name, faulty in empty.items():
        if faulty:
            raise LabError(
                f"{where}: {name} is empty or not a text in {row_numbers(faulty)}. "
                "Fill in the rows or delete them."
            )
    return number


def is_text(value: object) -> bool:
    """Whether it is a text of whole characters: JSON can hold half of one, which is no UTF-8."""
    return isinstance(value, str) and not re.search("[\ud800-\udfff]", value)


def says_something(value: object) -> bool:
    """Whether it is a text with a visible sign in it."""
    return is_text(value) and any(sign.isprintable() and not sign.isspace() for sign in str(value))


def row_numbers(numbers: Sequence[int]) -> str:
    """Row numbers in words, the first few of them: "rows 1, 2, 3, 5, 8 and 13 more"."""
    shown = ", ".join(map(str, numbers[:SHOWN_ROWS]))
    more = len(numbers) - SHOWN_ROWS
    plural = "s" if len(numbers) > 1 else ""
    return f"row{plural} {shown}" + (f" and {more} more" if more > 0 else "")


def subset(rows: Any, count: int | None, seed: int) -> Any:
    """`count` rows (of a list or Dataset) drawn by seed, in their order; all if there are fewer."""
    if count is None or count >= len(rows):
        return rows
    drawn = sorted(random.Random(seed).sample(range(len(rows)), count))
    return rows.select(drawn) if hasattr(rows, "select") else [rows[i] for i in drawn]


def first_rows(rows: "Dataset", count: int) -> "Dataset":
    """The first `count` rows; all if there are fewer."""
    return rows.select(range(min(count, len(rows))))


def group_references(rows: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """One row a dialogue, with all its summaries as `references`.

    Rows belong together when their ids are the same up to a last _1, _2, ... (DialogSum's
    test_7_1, test_7_2, test_7_3); a row whose id has no such ending stands alone.

    Raises:
        LabError: rows of one id disagree about the dialogue.
    """
    grouped: dict[str, dict[str, Any]] = {}
    for row in rows:
        name = dialogue_id(row["id"])
        first = grouped.setdefault(
            name,
            {"id": name, "dialogue": row["dialogue"], "references": [], "topic": row["topic"]},
        )
        if first["dialogue"] != row["dialogue"]:
            raise LabError(f"The rows of {name!r} hold different dialogues; give them other ids.")
        first["references"].append(row["summary"])
    return list(grouped.values())


def dialogue_id(row_id: str) -> str:
    """The dialogue that a row belongs to: test_7_2 -> test_7; train_7 stays."""
    return re.sub(r"^(.+_\d+)_\d+$", r"\1", row_id)


def turns(dialogue: str) -> list[tuple[str, str]]:
    """[(speaker, text), ...] of a dialogue with one `speaker: text` a line.

    A line without a speaker goes on with the turn before it.
    """
    found = []
    for line in dialogue.splitlines():
        match = re.match(r"\s*(#?\w+#?)[:：]\s*(.*)", line)
        if match:
            found.append([match[1], match[2]])
        elif found:
            found[-1][1] += f"\n{line}"
        elif line.strip():
            found.append(["", line])
    return [(speaker, text) for speaker, text in found]
