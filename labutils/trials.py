"""Trials: trainings that only the validation split sees, to choose settings by.

A trial keeps no weights and answers no test dialogue: it leaves its history, and whether it failed.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

from labutils.common.files import check_writable, read_json, write_json
from labutils.engine import Tasks, train
from labutils.methods import Method
from labutils.runs import identity, run_folder
from labutils.summarization import Summarization
from labutils.tracks import Track
from labutils.training import Diverged

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    Watch = Callable[[list[dict]], None]

FAILED = "failed"
"""The key of a trial's record that says why its training stopped early; None if it did not."""


class LossOnly(Summarization):
    """A track's dialogues, of which only the validation loss is measured: no summary is written."""

    def __init__(self, track: Track) -> None:
        super().__init__(track)
        self.best = "validation_loss"

    def settings(self) -> dict:
        """What decides a trial's outcome beside track and method."""
        return {**super().settings(), "validated": "loss"}

    def validator(self, method: Method, tokenizer: PreTrainedTokenizerBase) -> None:
        """None: the loss is all that is measured."""


def trial(
    method: Method, track: Track, tasks: Tasks | None = None, *, watch: Watch | None = None
) -> dict:
    """Train a method and measure it on validation only, or find the trial made before.

    A training whose loss is no longer a number is a result like any other, not an error.

    Args:
        method: what is trained, such as `track.full.variant("fast", learning_rate=1e-2)`.
        track: where it runs; `dataclasses.replace(track, train_rows=240)` makes it short.
        tasks: what is learned; default `LossOnly(track)`, which writes no summaries.
        watch: see `training.fine_tune`; also called with the history of a trial that was found.

    Returns:
        What `training.fine_tune` returns, and "failed": None, or why the training stopped; then
        only history and failed are there.

    Raises:
        LabError: the folder cannot be written.
    """
    tasks = LossOnly(track) if tasks is None else tasks
    settings = method.settings() | tasks.settings() | {"trial": True}
    folder = run_folder(track, f"trial {method.name}", settings)
    if (folder / "trial.json").is_file():
        found = read_json(folder / "trial.json")
        if watch is not None:
            watch(found["history"])
        return found
    shutil.rmtree(folder / "model", ignore_errors=True)  # if it was killed after its training
    history: list[dict] = []

    def note(entries: list[dict]) -> None:
        history[:] = entries
        if watch is not None:
            watch(entries)

    check_writable(folder)
    try:
        result = {**train(method, track, tasks, folder, note), FAILED: None}
    except Diverged as error:
        result = {"history": history, FAILED: str(error)}
    record = {"name": method.name, **identity(track, settings), **result}
    write_json(folder / "trial.json", record)
    for left in ("model", "checkpoints", "examples"):
        shutil.rmtree(folder / left, ignore_errors=True)
    return record
