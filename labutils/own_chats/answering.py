"""One chat at a time: its summary, what is to be checked in it, and the corrections of a reader."""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from labutils.common.errors import LabError
from labutils.common.files import saving, unfinished
from labutils.common.locks import locked
from labutils.common.table_files import check_table, read_table, rows_text
from labutils.common.text import is_blank
from labutils.engine import load_trained
from labutils.evaluation.scripts import have_case
from labutils.model_folders import model_folder, track_of
from labutils.own_chats.reading import (
    chat_of,
    clean_text,
    labelled_turns,
    persons_of,
    rename_speakers,
)
from labutils.prompts import fit_prompt
from labutils.summarization import summarize
from labutils.views.marking import flags_text

MOST_CHARACTERS = 100_000
"""Of a chat; what a model reads is far shorter, and the rest would only be tokenized."""


@dataclass(frozen=True)
class Answer:
    """A summary, and what whoever uses it must know.

    Attributes:
        text: the chat as it was given.
        dialogue: as the model reads it, whole: #Person1#: Hello, a line a turn.
        persons: {speaker: #Person1# ...}; empty if speakers are not renamed.
        summary: with the speakers' names.
        cut: what the model has not read, in a sentence, or "".
    """

    text: str
    dialogue: str
    persons: dict[str, str]
    summary: str
    cut: str = ""

    def is_of(self, text: str) -> bool:
        """Whether it answers this chat, and not one that was pasted since."""
        return clean_text(text).split() == self.text.split()

    @property
    def check(self) -> str:
        """What to check in the summary, in a sentence."""
        if flags := flags_text(self.summary, self.text):
            return f"{flags[0].upper()}{flags[1:]}. Check this before you use the summary."
        if not have_case([self.text]):
            return "Its numbers stand in the chat. Names cannot be told in this script: check them."
        return "Its numbers, and its names inside sentences, stand in the chat."


class Summarizer:
    """A tuned model, ready to summarize one chat after the other.

    Args:
        folder: that `tune` wrote, or of a trained checkpoint or adapter.
        keep_speakers: the model was tuned on chats whose speakers were not renamed.
        device: one of `device.DEVICES`; default the GPU if there is one.

    Attributes:
        name: the folder's.

    Raises:
        LabError: no usable model in the folder, an adapter whose base is not found, no such device.
    """

    def __init__(
        self, folder: str | Path, *, keep_speakers: bool = False, device: str | None = None
    ) -> None:
        self.name, self.keep_speakers = Path(folder).resolve().name, keep_speakers
        folder = model_folder(folder)
        self._track = track_of(folder, device)
        self._model, self._tokenizer = load_trained(self._track, folder)
        self._busy = Lock()  # a page and programs may ask at once

    def answer(self, text: str) -> Answer:
        """The Answer to a chat, a line a turn ("Anna: Hello").

        Raises:
            LabError: the chat is empty.
        """
        text = clean_text(text)
        if is_blank(text):
            raise LabError("The chat is empty: paste one, a line a turn, such as Anna: Hello.")
        chat = chat_of("", "", text[:MOST_CHARACTERS], "", keep_speakers=self.keep_speakers)
        persons = {} if self.keep_speakers else persons_of(labelled_turns(text[:MOST_CHARACTERS]))
        limit = self._track.max_prompt_tokens
        prompt = fit_prompt(chat.dialogue, self._tokenizer, max_tokens=limit)
        with self._busy:
            (summary,) = summarize(self._track, self._model, self._tokenizer, [prompt])
        cut = ""
        if chat.dialogue not in prompt or len(text) > MOST_CHARACTERS:
            cut = f"The chat is longer than the {limit} tokens that the model reads: its end was "
            cut += "cut, and nothing in the summary can come from there."
        return Answer(text, chat.dialogue, persons, with_names(summary, persons), cut)


def with_names(summary: str, persons: dict[str, str]) -> str:
    """The summary with names for #Person1# ..., where `rename_speakers` finds the way back."""
    names: dict[str, str] = {}
    for name, person in persons.items():
        if rename_speakers(name, persons) == person:
            names.setdefault(person, name)
    # All at once, as somebody may be called #Person1# in a chat that #Person2# begins.
    return re.sub("#Person[0-9]+#", lambda person: names.get(person[0], person[0]), summary)


def correction_row(answer: Answer, summary: str, model: str) -> dict[str, Any]:
    """What is kept of a summary that a reader accepted or corrected; `inspect` reads it as a chat.

    `summary` is what the reader holds to be right, `model` the model's name.

    Raises:
        LabError: the summary is empty.
    """
    said, right = (
        rename_speakers(" ".join(clean_text(text).split()), answer.persons)
        for text in (answer.summary, summary)
    )
    if is_blank(right):
        raise LabError("The summary is empty: write what the chat was about.")
    return {
        "id": f"chat-{hashlib.sha256(answer.dialogue.encode()).hexdigest()[:12]}",
        "dialogue": answer.dialogue,
        "summary": right,
        "model_said": said,
        "accepted": right == said,
        "model": model,
        "saved": datetime.now().isoformat(timespec="seconds"),
    }


def check_corrections(path: Path) -> None:
    """Raise LabError unless corrections can be kept in the file, at the end of what is there."""
    if path.suffix.lower() != ".jsonl":
        raise LabError(f"Corrections are kept as JSON lines: {path.name!r} must end in .jsonl.")
    if path.is_dir():
        raise LabError(f"{path} is a folder; give the name of a file in it.")


def save_correction(path: str | Path, row: dict[str, Any]) -> int:
    """Put a row into a JSONL file, at its end, whole or not at all; return how many it has then.

    A chat has one row, or `inspect` would learn from the first and leave out the rest: a later one
    replaces it, and keeps its summary as "replaced".

    Raises:
        LabError: the file cannot be read or written, or the disk is full.
    """
    path = Path(path).resolve()
    check_corrections(path)
    with locked(path.parent, path.name), saving(path), unfinished(path) as new:
        rows = read_table(path) if path.exists() else []
        if rows:
            check_table(rows, path.name)
        earlier = [each for each in rows if each.get("id") == row["id"]]
        if earlier and earlier[-1].get("summary") != row["summary"]:
            row = {**row, "replaced": earlier[-1].get("summary")}
        kept = [each for each in rows if each not in earlier] + [row]
        new.write_text(rows_text(kept, (), ".jsonl"), "utf-8", newline="\n")
        if path.exists():
            shutil.copymode(path, new)  # chats may be for some eyes only
    return len(kept)
