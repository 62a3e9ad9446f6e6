"""The three systems for a demo: each answers live where its weights can be read, else from records.

The records in data/demo were made by tools/makers/demo.py from real runs of the tiny track.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labutils.adapters import load_adapter
from labutils.common.errors import LabError
from labutils.common.files import first_line, read_json
from labutils.data import read_rows
from labutils.demo.compact import add_difference
from labutils.engine import finished, interpolated, load_system
from labutils.evaluation.baselines import nearest
from labutils.generation import generate
from labutils.models import Model, load_model, load_tokenizer
from labutils.multitask.tasks import DIALOGUES, ENTITIES
from labutils.prompts import fit_prompt
from labutils.tracks import DATA, Track, tiny_track

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from labutils.runs import Run

RECORDS = DATA / "demo"
SYSTEM_NAMES = ("zero-shot", "full", "lora")
RECORD_KEYS = ("made", "identity", "dialogues", "systems", "sweep", "forgetting", "test_dialogues")


@dataclass(frozen=True)
class SystemAnswer:
    """What a system says to a chat.

    Attributes:
        text: the summary.
        label: where it comes from, in a few words: "live in 0.2 s, ..." or "stored answer to ...".
        for_this_chat: False for a stored answer to another chat, the most similar one.
    """

    text: str
    label: str
    for_this_chat: bool = True


class Demo:
    """Zero-shot, full and LoRA, ready to answer, and the records of how they became so.

    The records and the compact weights lie in a folder; the track is the tiny one by default.

    Attributes:
        record: the content of record.json; None if it cannot be read.
        problem: why, in one sentence; empty if it can.
    """

    def __init__(self, track: Track | None = None, folder: str | Path = RECORDS) -> None:
        self.track, self.folder = track or tiny_track(), Path(folder)
        self.record, self.problem = None, ""
        try:
            self.record = read_record(self.folder)
        except LabError as error:
            self.problem = str(error)
        runs = _own_runs(self.track)
        self._systems = {name: self._load(name, runs.get(name)) for name in SYSTEM_NAMES}

    @property
    def dialogues(self) -> list[dict]:
        """The stored test dialogues: dicts of id, dialogue, references and topic."""
        return self.record["dialogues"] if self.record else []

    def points(self, name: str) -> list[dict]:
        """What a trained system scored and said at each recorded point of its training."""
        return self.record["systems"][name]["points"] if self.record else []

    def source(self, name: str) -> tuple[bool, str]:
        """(whether a system answers live, with what or why not)."""
        model, reason = self._systems[name]
        return model is not None, reason

    def answer(self, name: str, dialogue: str) -> SystemAnswer:
        """The SystemAnswer of a system to a chat, live if that is possible.

        Raises:
            LabError: the chat is empty. Nothing else is raised, whatever is missing.
        """
        if not dialogue.strip():
            raise LabError("The chat is empty; type one, paste one or pick one.")
        system, label = self._systems[name]
        if system is None:
            return self._stored(name, dialogue, label)
        try:
            return self._live(*system, dialogue, label)
        except Exception as error:  # In front of a room, a stored answer beats a traceback.
            return self._stored(name, dialogue, f"the model failed: {first_line(error)}")

    def turned_down(self, name: str, share: float) -> dict[str, str]:
        """What full or LoRA says of the first stored chat and of a text's names at a share of it.

        A share (0-1) of what it learned; 0 is the untouched model.

        Returns:
            {"chat", "entities": an answer}; {name: why} if it cannot answer. Nothing is raised.
        """
        system, label = self._systems[name]
        if system is None or not self.dialogues:
            return {name: self.problem if system else label}
        try:
            return self._turned_down(*system, share)
        except Exception as error:  # as in `answer`
            return {name: f"the model failed: {first_line(error)}"}

    def _turned_down(
        self, model: Model, tokenizer: PreTrainedTokenizerBase, share: float
    ) -> dict[str, str]:
        prompts = {
            "chat": DIALOGUES.prompt(self.dialogues[0]["dialogue"], tokenizer),
            "entities": ENTITIES.prompt(entity_row()["text"], tokenizer),
        }
        limit = self.track.max_summary_tokens
        with one_thread(), interpolated(model, self.track, share):
            texts = generate(model, tokenizer, list(prompts.values()), max_new_tokens=limit)
        return dict(zip(prompts, texts))

    def _live(
        self, model: Model, tokenizer: PreTrainedTokenizerBase, dialogue: str, label: str
    ) -> SystemAnswer:
        start, limit = time.perf_counter(), self.track.max_prompt_tokens
        prompt = fit_prompt(dialogue, tokenizer, max_tokens=limit)
        with one_thread():
            (text,) = generate(
                model, tokenizer, [prompt], max_new_tokens=self.track.max_summary_tokens
            )
        if dialogue not in prompt:
            label += f"; the chat's end was cut to fit {limit} tokens"
        seconds = time.perf_counter() - start
        took = f"{seconds:.1f} s" if seconds >= 0.1 else "under 0.1 s"
        return SystemAnswer(text, f"live in {took}, {label}")

    def _stored(self, name: str, dialogue: str, reason: str) -> SystemAnswer:
        reason = reason.rstrip(".")
        if self.record is None or not self.dialogues:
            return SystemAnswer("", f"no answer: {reason}. Nor is there a record: {self.problem}")
        (place,) = nearest([dialogue], [item["dialogue"] for item in self.dialogues])
        item = self.dialogues[place]
        same = item["dialogue"].strip() == dialogue.strip()
        which = "this chat" if same else f"{item['id']}, the stored chat that is most like this one"
        text = self.record["systems"][name]["answers"][place]
        return SystemAnswer(text, f"stored answer to {which}, because {reason}", same)

    def _load(
        self, name: str, run: Run | None
    ) -> tuple[tuple[Model, PreTrainedTokenizerBase] | None, str]:
        """((model, tokenizer), what they are), or (None, why not)."""
        try:
            if run is not None and run.model_folder.is_dir():
                made = f"your own run {run.folder.name}, trained {run.record['finished']}"
                return load_system(self.track, run), made
        except Exception:  # a run of one's own may be anything; the lab's weights will do
            pass
        try:
            base = load_model(self.track.model, self.track.device)
            return (self._tuned(name, base), load_tokenizer(self.track.model)), self._made(name)
        except Exception as error:  # as in `answer`: a stored answer beats a traceback
            return None, str(error) if isinstance(error, LabError) else first_line(error)

    def _tuned(self, name: str, base: PreTrainedModel) -> Model:
        if name == "full":
            return add_difference(base, self.folder / "full.safetensors")
        return load_adapter(base, self.folder / "lora") if name == "lora" else base

    def _made(self, name: str) -> str:
        if name == "zero-shot":
            return "the untouched model"
        if not self.record:
            return "weights stored in few bits"
        found = self.record["systems"][name]
        return (
            f"weights stored in {found['bits']} bits ({found['same_answers']} of "
            f"{self.record['test_dialogues']} test answers are those of the unrounded ones)"
        )


def entity_row() -> dict[str, str]:
    """The text whose names are asked for while LoRA is turned down, and the right answer."""
    row, *_ = read_rows(DATA / "tasks" / "entities" / "test.jsonl", ("text", "answer"))
    return row


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch on one CPU thread inside the block.

    For one chat and a small model a second one saves nothing, and on a machine that has other
    things to do the two wait for each other: 1.2 seconds an answer were measured instead of 0.2.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def read_record(folder: str | Path = RECORDS) -> dict:
    """The content of record.json.

    Raises:
        LabError: missing, cut short, or not a record.
    """
    try:
        record = read_json(Path(folder) / "record.json")
        if not isinstance(record, dict):
            raise LabError(f"{folder}/record.json is not a record.")
        if missing := [name for name in RECORD_KEYS if name not in record]:
            raise LabError(f"{folder}/record.json lacks {', '.join(missing)}.")
    except LabError as error:
        raise LabError(
            f"{error} Fetch it again (git checkout data/demo), or make it anew: "
            "python -m tools.makers.demo."
        ) from error
    return record


def _own_runs(track: Track) -> dict[str, Run]:
    try:
        return {run.name: run for run in finished(track)}
    except LabError:  # a damaged run is no reason not to begin
        return {}
