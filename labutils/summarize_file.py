"""Summaries of a file of dialogues by a trained model, as `python -m labutils summarize` writes."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from labutils.common.errors import LabError
from labutils.common.files import fingerprint, read_json, write_text
from labutils.data import checked, read_table
from labutils.engine import load_trained
from labutils.generation import BATCH_TOKENS
from labutils.prompts import fit_prompts
from labutils.summarization import summarize
from labutils.tracks import DATA, tiny_track

ENDINGS = (".csv", ".jsonl")
FORMULA = re.compile(r"[=@\t\r]|[-+](?![\d.,]*$)")
MOST_TOKENS = 128
"""Of a summary by a model that no run of the lab tells a limit of."""


def read_dialogues(
    path: str | Path, *, dialogue: str = "dialogue", column: str = "prediction"
) -> list[dict]:
    """The rows of a CSV, JSONL or Parquet file with a column of dialogues, all their columns kept.

    Args:
        path: of the file.
        dialogue: the column with the dialogues.
        column: one that must not be there yet.

    Raises:
        LabError: the file cannot be read, the column is not there or has empty cells, or there is
            a column of the new one's name.
    """
    name, rows = Path(path).name, read_table(path)
    checked(rows, name, (dialogue,))
    if any(column in row for row in rows):
        raise LabError(f"{name} has a column {column!r} already; choose another with --column.")
    return rows


def summarize_rows(
    rows: list[dict],
    folder: str | Path,
    *,
    dialogue: str = "dialogue",
    column: str = "prediction",
    device: str | None = None,
    max_tokens: int | None = None,
    batch_tokens: int = BATCH_TOKENS,
) -> list[dict]:
    """The rows with a summary each, in the lab's prompt and greedy, as its runs are tested.

    Rows with the same dialogue share one summary.

    Args:
        rows: from `read_dialogues`.
        folder: of a trained checkpoint or adapter.
        dialogue: the column with the dialogues.
        column: the new one.
        device: "cpu" or "cuda"; default the GPU if there is one.
        max_tokens: of a summary, 4 or more; default the limit of the run that the model is of, if
            its run.json lies beside the folder, or else 128.
        batch_tokens: prompt tokens summarized at once.

    Raises:
        LabError: no usable model in the folder, an adapter whose base is not found, or no such
            device.
    """
    folder = Path(folder)
    track = replace(
        tiny_track(),
        model=str(base_of(folder)),
        device=_device(device),
        generation_tokens=batch_tokens,
        **_limits(folder, max_tokens),
    )
    model, tokenizer = load_trained(track, folder)
    texts = list(dict.fromkeys(row[dialogue] for row in rows))
    prompts = fit_prompts(texts, tokenizer, max_tokens=track.max_prompt_tokens)
    summary_of = dict(zip(texts, summarize(track, model, tokenizer, prompts, progress=True)))
    return [{**row, column: summary_of[row[dialogue]]} for row in rows]


def base_of(folder: Path) -> Path | str:
    """The model that an adapter's folder belongs to, or the folder itself if it holds a whole one.

    An adapter's config names its base: a folder, a folder of that name in data/, or a Hub id.

    Raises:
        LabError: nothing usable in the folder, or a base that is not here.
    """
    if not folder.is_dir():
        raise LabError(f"{folder} is no folder; give that of a trained checkpoint or adapter.")
    config = folder / "adapter_config.json"
    if not config.is_file():
        if not (folder / "config.json").is_file():
            raise LabError(
                f"{folder} holds neither a model (config.json) nor an adapter "
                "(adapter_config.json). A run keeps its own in its folder model/."
            )
        return folder
    told = read_json(config)
    base = str(isinstance(told, dict) and told.get("base_model_name_or_path") or "")
    for place in (Path(base), DATA / Path(base).name):
        if base and place.is_dir():
            _check_base(folder, place)
            return place
    if base.count("/") == 1 and not base.startswith((".", "/", "~")):
        return base
    raise LabError(
        f"The adapter in {folder} was trained on {base!r}, which is not here. Put that model "
        f"there, or into {DATA / Path(base).name}."
    )


def _run_of(folder: Path) -> dict[str, Any]:
    """The record of the run that a model is of, if it lies beside its folder, or {}."""
    record = folder.resolve().parent / "run.json"
    found = read_json(record) if record.is_file() else {}
    return found if isinstance(found, dict) else {}


def _check_base(folder: Path, base: Path) -> None:
    """Raise LabError if the run of an adapter was made with other weights of the base's name."""
    learned_on = (_run_of(folder).get("contents") or {}).get("model")
    if learned_on and learned_on != fingerprint(base):
        raise LabError(
            f"The adapter in {folder} was trained on other weights than those in {base} now. Put "
            "its base there again, or train an adapter for this one."
        )


def _limits(folder: Path, max_tokens: int | None) -> dict[str, Any]:
    """Of prompts and summaries in tokens, as the model's run had them."""
    run = _run_of(folder)
    return {
        "max_prompt_tokens": run.get("max_prompt_tokens", 512),
        "max_summary_tokens": max_tokens or run.get("max_summary_tokens", MOST_TOKENS),
    }


def _device(device: str | None) -> str:
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise LabError("The device is 'cuda', and there is no GPU here; use cpu.")
    return device or ("cuda" if torch.cuda.is_available() else "cpu")


def formulas(rows: list[dict]) -> int:
    """How many cells a spreadsheet would take for a formula: `write_rows` changes no text."""
    return sum(bool(FORMULA.match(str(cell))) for row in rows for cell in row.values())


def write_rows(path: str | Path, rows: list[dict]) -> None:
    """Write rows to a CSV or JSONL file, by its ending, whole or not at all.

    Raises:
        LabError: a list in a CSV's cell, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix == ".jsonl":
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        text = _csv_text(rows, path.name)
    write_text(path, text)


def _csv_text(rows: list[dict], name: str) -> str:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    if nested := [key for key in columns if any(isinstance(r.get(key), list | dict) for r in rows)]:
        raise LabError(
            f"{name}: {', '.join(nested)} holds lists, which a CSV file cannot; write a .jsonl."
        )
    text = io.StringIO()
    # Its own line ends, CRLF: a cell with either sign in it is then quoted.
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
