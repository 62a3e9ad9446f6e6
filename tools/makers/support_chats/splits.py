"""The splits of the support chats, as rows in DialogSum's columns and as files."""

import csv
import io
import json
from dataclasses import asdict
from itertools import islice

from tools.makers.support_chats.chats import Chat, chats
from tools.makers.support_chats.summaries import REFERENCES

SIZES = {"train": 3000, "validation": 200, "test": 200}
PREFIXES = {"train": "train", "validation": "dev", "test": "test"}
SEED = 2026
COLUMNS = ("id", "dialogue", "summary", "topic")


def made(split: str, seed: int = SEED) -> list[tuple[str, Chat]]:
    """The chats of a split, with their ids.

    Training and validation share a stream, so that no dialogue can be in the two of them.
    """
    pool = "test" if split == "test" else "train"
    start = SIZES["train"] if split == "validation" else 0
    of_split = islice(chats(pool, seed), start, start + SIZES[split])
    return [(f"{PREFIXES[split]}_{number}", chat) for number, chat in enumerate(of_split)]


def rows(split: str, seed: int = SEED) -> list[dict]:
    """The rows of a split: one for each training chat, one for each reference of a test chat."""
    return rows_of(split, made(split, seed))


def rows_of(split: str, named: list[tuple[str, Chat]]) -> list[dict]:
    """The rows of chats that `made` has made."""
    if split != "test":
        return [row(name, chat, 0) for name, chat in named]
    return [
        row(f"{name}_{reference + 1}", chat, reference)
        for name, chat in named
        for reference in range(REFERENCES)
    ]


def row(identifier: str, chat: Chat, reference: int) -> dict:
    """A row of the CSV file."""
    values = (identifier, chat.dialogue, chat.summaries[reference], chat.topic)
    return dict(zip(COLUMNS, values, strict=True))


def files(seed: int = SEED) -> dict[str, str]:
    """The content of each file, by its name."""
    splits = {split: made(split, seed) for split in SIZES}
    tables = {f"{split}.csv": as_csv(rows_of(split, named)) for split, named in splits.items()}
    truths = [
        {"id": name, "topic": chat.topic, **asdict(chat.truth)}
        for named in splits.values()
        for name, chat in named
    ]
    lines = "".join(json.dumps(truth, separators=(",", ":")) + "\n" for truth in truths)
    return tables | {"facts.jsonl": lines}


def as_csv(table: list[dict]) -> str:
    """The rows as a CSV file."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()
