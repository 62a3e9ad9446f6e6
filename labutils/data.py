"""Dialogues and their human summaries: loading, checking, grouping a test dialogue's references."""

import random
import re
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labutils.common.errors import LabError
from labutils.common.hub import bound_patience, loading
from labutils.common.table_files import WRITTEN, check_table, read_table
from labutils.common.text import disarmed

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

    from labutils.tracks import Track

DIALOGUE_COLUMNS = ("id", "dialogue", "summary")
SPLITS = ("train", "validation", "test")
TURN = r"\s*(?!\d\d?:\d\d)(#?\w+#?|[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){1,3})[:：](?!//)\s*(.*)"
"""A line that begins with its speaker, and not with a time or an address."""


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


def split_file(folder: str | Path, split: str) -> Path:
    """The split's .csv or .jsonl in a folder."""
    for ending in WRITTEN:
        if (path := Path(folder) / f"{split}{ending}").is_file():
            return path
    raise LabError(f"{folder} holds neither {split}.csv nor {split}.jsonl; put one of them there.")


def read_rows(path: str | Path, columns: Sequence[str] = DIALOGUE_COLUMNS) -> list[dict[str, str]]:
    """Rows of a CSV, JSONL or Parquet file with the columns id, dialogue and summary (or others).

    Returns:
        A list of dicts of strings: the columns, and topic where there is one.

    Raises:
        LabError: not there, not UTF-8, no such columns, empty, or rows without a text.
    """
    return checked(read_table(path), Path(path).name, columns)


def checked(
    rows: list[Any], where: str, columns: Sequence[str] = DIALOGUE_COLUMNS
) -> list[dict[str, str]]:
    """The rows, if they have every column and a text in each of them; else LabError.

    Row numbers in messages start at 1 and do not count a CSV's header.
    """
    check_table(rows, where, columns)
    return [
        {**{name: disarmed(row[name]) for name in columns}, "topic": str(row.get("topic") or "")}
        for row in rows
    ]


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
    """One row per dialogue, with all its summaries as `references`.

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

    A speaker is one word, such as #Person1#, or a name of up to four, such as Anna Lee. A line
    without a speaker goes on with the turn before it, such as one that begins with a time or an
    address.
    """
    found = []
    for line in dialogue.splitlines():
        match = re.match(TURN, line)
        if match and (" " not in match[1] or all(word[0].isupper() for word in match[1].split())):
            found.append([match[1], match[2]])
        elif found:
            found[-1][1] += f"\n{line}"
        elif line.strip():
            found.append(["", line])
    return [(speaker, text) for speaker, text in found]
