"""Tables in files: CSV, JSONL and Parquet read, checked and written, a dict of cells a row."""

import csv
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from labutils.common.errors import LabError
from labutils.common.files import first_line, write_text
from labutils.common.text import is_blank

WRITTEN = (".csv", ".jsonl")
TABLES = (*WRITTEN, ".parquet")
"""What is written, and what is read."""

OTHER_SIGNS = ";\t|"
"""Between columns, where it is no comma."""

SHOWN_ROWS = 5
PARQUET_ROWS = 1024
"""Of a Parquet file in memory at once."""


def read_table(path: str | Path, *, most: int | None = None) -> list[Any]:
    """Rows of a CSV, JSONL or Parquet file as dicts, values as they are in the file.

    Raises:
        LabError: another ending, not there, not readable, not UTF-8, or more than `most` rows,
            which is found out without reading all of them.
    """
    found = list(islice(table_rows(path), None if most is None else most + 1))
    if most is not None and len(found) > most:
        raise LabError(
            f"{Path(path).name} holds more than {most:,} rows. They would take long and much "
            "memory, and a sample says as much: draw some of the dialogues, all rows of each."
        )
    return found


def table_rows(path: str | Path) -> Iterator[Any]:
    """The rows of `read_table` one by one, so that a file of any size takes little memory.

    What is wrong with the file is raised when its row comes.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in TABLES:
        raise LabError(
            f"{path.name}: cannot read {path.suffix or 'this'}; use {' or '.join(TABLES)}."
        )
    readers = {".csv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}
    try:
        yield from readers[ending](path)
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


def _first_fault(content: bytes) -> int:
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _read_csv(path: Path) -> Iterator[dict]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    with open(path, encoding="utf-8-sig", newline="") as file:
        header = file.readline()
        _check_commas(header, path.name)
        rows = csv.DictReader(chain([header] if header else [], file), strict=True)
        _check_names(rows.fieldnames or [], path.name)
        yield from rows


def _check_commas(header: str, name: str) -> None:
    """Raise LabError for other signs between the columns, which later look like any other fault."""
    outside = re.sub('"[^"]*"', "", header)
    sign = next((sign for sign in OTHER_SIGNS if sign in outside), None)
    if header.lower().startswith("sep="):
        raise LabError(f"{name} begins with a line for Excel alone, {header.strip()}; delete it.")
    if sign and outside.count(sign) > outside.count(","):
        raise LabError(
            f"{name} has {sign!r} between its columns, as spreadsheets write it in some countries; "
            f"save it with commas. In Python: pandas.read_csv({name!r}, sep={sign!r}, dtype=str)"
            ".to_csv('commas.csv', index=False)."
        )


def _check_names(names: Sequence[str], where: str) -> None:
    if any("\0" in name for name in names):
        raise LabError(f"{where} is not UTF-8 (there are zeros in it). Save it as UTF-8.")
    if twice := sorted(name for name, times in Counter(names).items() if times > 1):
        raise LabError(
            f"{where} has several columns named {', '.join(map(repr, twice))}; rename them."
        )


def _read_jsonl(path: Path) -> Iterator[Any]:
    def row(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
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


def _read_parquet(path: Path) -> Iterator[dict]:
    import pyarrow
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            _check_names(file.schema_arrow.names, path.name)
            for batch in file.iter_batches(PARQUET_ROWS):
                yield from batch.to_pylist()
    except LabError:
        raise
    except (pyarrow.ArrowException, ArithmeticError, LookupError, ValueError) as error:
        raise LabError(
            f"{path.name} is not a Parquet file that can be read ({first_line(error)}). Write it "
            "again, or save it as CSV."
        ) from error


def check_table(rows: Iterable[Any], where: str, columns: Sequence[str] = ()) -> int:
    """How many rows there are, told in one pass.

    Raises:
        LabError: none, one that is no object or has more cells than columns, a column that is not
            there, or rows without a text in it.
    """
    number, names = 0, ()
    ragged: list[int] = []
    others: list[int] = []
    empty: dict[str, list[int]] = {name: [] for name in columns}
    for number, row in enumerate(rows, 1):
        # A comma in a text without quotes would cut the text there.
        if not isinstance(row, dict) or None in row:
            (ragged if isinstance(row, dict) else others).append(number)
            continue
        names = names or tuple(row)
        for name in columns:
            if not says_something(row.get(name)):
                empty[name].append(number)
    if not number:
        raise LabError(f"{where} has no rows; put at least one into it.")
    if others:
        raise LabError(f'{where}: no object such as {{"id": "1"}} in {row_numbers(others)}.')
    if ragged:
        raise LabError(
            f"{where}: more cells than columns in {row_numbers(ragged)}. Put texts "
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
    return is_text(value) and not is_blank(str(value))


def row_numbers(numbers: Sequence[int]) -> str:
    """Row numbers in words, the first few of them: "rows 1, 2, 3, 5, 8 and 13 more"."""
    return f"row{'s' * (len(numbers) > 1)} {first_few(numbers)}"


def first_few(items: Sequence[object]) -> str:
    """The first few items and how many there are more: "1, 2, 3, 5, 8 and 13 more"."""
    more = len(items) - SHOWN_ROWS
    return ", ".join(map(str, items[:SHOWN_ROWS])) + f" and {more} more" * (more > 0)


def write_table(path: str | Path, rows: list[dict]) -> None:
    """Write rows to a CSV or JSONL file, by its ending, whole or not at all.

    Raises:
        LabError: a list in a CSV's cell, or the file cannot be written.
    """
    path = Path(path)
    columns = list(dict.fromkeys(key for row in rows for key in row))
    if path.suffix != ".jsonl":
        check_flat(dict.fromkeys(name for row in rows for name in nested_columns(row)), path.name)
    write_text(path, rows_text(rows, columns, path.suffix))


def nested_columns(row: dict) -> list[str]:
    """The columns of a row whose cells are lists or objects."""
    return [name for name, cell in row.items() if isinstance(cell, list | dict)]


def check_flat(nested: Iterable[str], name: str) -> None:
    """Raise LabError if columns of a CSV file hold lists or objects (`nested_columns`)."""
    if nested:
        raise LabError(
            f"{name}: {', '.join(nested)} holds lists, which a CSV file cannot; write a .jsonl."
        )


def rows_text(rows: list[dict], columns: Collection[str], ending: str, header: bool = True) -> str:
    """Rows as they stand in a .csv, with or without its header, or in a .jsonl."""
    if ending == ".jsonl":  # Parquet has values that JSON lacks, such as dates
        lines = (json.dumps(row, ensure_ascii=False, default=str) for row in rows)
        return "".join(f"{line}\n" for line in lines)
    text = io.StringIO()
    # Its own line ends, CRLF: a cell with either sign in it is then quoted.
    writer = csv.DictWriter(text, columns)
    if header:
        writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
