"""A training's losses and scores in TensorBoard, Trackio or Weights & Biases, if one is asked for.

with reporting(folder, "full-1a2b3c4d", settings) as report:
    fine_tune(..., watch=report)

Nothing is imported, written or sent unless LAB_REPORT_TO (`--report-to`) names a tracker; and then
nothing leaves this machine, unless the tracker's own variables say so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from labutils.common import processes
from labutils.common.environment import environment
from labutils.common.errors import LabError
from labutils.common.packages import installed_version

Watch = Callable[[list[dict]], None]

TRACKERS = ("tensorboard", "trackio", "wandb")
VARIABLE = "LAB_REPORT_TO"
PROJECT = "fine-tuning-lab"


class TensorBoard:
    """An event file in a folder, which `tensorboard --logdir` reads; called as the others are."""

    def __init__(self, folder: Path, settings: dict) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.writer = SummaryWriter(str(folder))
        self.writer.add_text("settings", f"```json\n{json.dumps(settings, indent=1)}\n```")

    def log(self, values: dict[str, float], *, step: int) -> None:
        """Add a value to the curve of each name, on the disk at once."""
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)
        self.writer.flush()

    def finish(self) -> None:
        """Close the file."""
        self.writer.close()


def check_tracker(name: str) -> None:
    """Raise LabError unless this is a tracker whose package is installed."""
    if name not in TRACKERS:
        raise LabError(
            f"Unknown tracker {name!r}; it must be one of: {', '.join(TRACKERS)} (--report-to, or "
            f"the variable {VARIABLE})."
        )
    if not installed_version(name):
        raise LabError(
            f"The trainings cannot be reported: {name} is not installed. pip install {name}, or "
            f"leave out --report-to ({VARIABLE})."
        )


@contextmanager
def reporting_to(name: str | None) -> Iterator[None]:
    """Report trainings to a tracker until the block ends; None leaves it to the environment.

    Raises:
        LabError: see `check_tracker`.
    """
    chosen = name or os.environ.get(VARIABLE)
    if chosen:
        check_tracker(chosen)
    with environment(**({VARIABLE: chosen} if chosen else {})):
        yield


@contextmanager
def reporting(folder: Path, run: str, settings: dict) -> Iterator[Watch | None]:
    """The `watch` of a training (`training.fine_tune`) that reports it; None if none is asked for.

    Args:
        folder: takes tensorboard/<run>/ or wandb/; Trackio has a folder of its own.
        run: the name of the curves.
        settings: JSON values that are shown beside them.

    Raises:
        LabError: see `check_tracker`.
    """
    name = os.environ.get(VARIABLE)
    if not name or not processes.is_main():
        yield None
        return
    check_tracker(name)
    tracker = _opened(name, folder, run, settings)
    told: set[tuple[int, str]] = set()

    def report(history: list[dict]) -> None:
        """Log what is new in the last step's entry: it grows when a validation comes after it."""
        step = history[-1]["step"]
        new = {key: history[-1][key] for key in history[-1].keys() - {"step"}}
        new = {key: value for key, value in new.items() if (step, key) not in told}
        told.update((step, key) for key in new)
        if new:
            tracker.log(new, step=step)

    try:
        yield report
    finally:
        tracker.finish()


def watchers(*watches: Watch | None) -> Watch | None:
    """One `watch` that calls those that are there; None if none is."""
    there = [watch for watch in watches if watch is not None]

    def all_of_them(history: list[dict]) -> None:
        for watch in there:
            watch(history)

    return all_of_them if there else None


def _opened(name: str, folder: Path, run: str, settings: dict) -> Any:
    """A `TensorBoard`, or a run of Trackio or Weights & Biases."""
    if name == "tensorboard":
        print(f"Reported to TensorBoard: tensorboard --logdir {folder / name}")
        return TensorBoard(folder / name / run, settings)
    named: dict[str, Any] = dict(project=PROJECT, name=run, config=settings)
    if name == "trackio":
        import trackio

        return trackio.init(**named)
    folder.mkdir(parents=True, exist_ok=True)
    mode = os.environ.get("WANDB_MODE", "offline")
    if mode == "offline":
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # read when it is imported
    import wandb

    return wandb.init(**named, dir=folder, mode=mode, settings=wandb.Settings(console="off"))
