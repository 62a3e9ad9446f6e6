"""The engine: a method, on a track, on tasks, makes a run.

Every system of the lab comes from `make_run`: zero-shot, full fine-tuning, LoRA and its ranks, the
trainings on one task and on mixtures, the trivial baselines. A run lies in artifacts/<track>/runs
and is found there if it was made before with the same settings, or else made now, so that every
notebook can be opened first.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from labutils.adapters import add_adapter, interpolate_adapter, load_adapter
from labutils.common import processes, sharding
from labutils.common.cost import measure_cost
from labutils.common.device import device_name
from labutils.common.errors import LabError
from labutils.common.files import (
    check_writable,
    read_json,
    saving,
    scratch,
    unfinished,
    write_json,
)
from labutils.common.locks import alone
from labutils.common.memory import explaining_memory, recorded_splits
from labutils.common.tracking import reporting, watchers
from labutils.evaluation import SCORING
from labutils.evaluation.baselines import BASELINES
from labutils.methods import ZERO_SHOT, Method
from labutils.models import (
    check_tokenizer,
    interpolate_weights,
    load_model,
    load_tokenizer,
    parameter_counts,
    weights_mib,
)
from labutils.planning import fitted
from labutils.runs import (
    RECORD,
    Run,
    identity,
    load_run,
    plain,
    run_folder,
    save_run,
    trained_alike,
)
from labutils.summarization import Summarization
from labutils.tracks import Track
from labutils.training import fine_tune, total_steps

if TYPE_CHECKING:
    import pandas as pd
    from datasets import Dataset
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    Watch = Callable[[list[dict]], None]


class Tasks(Protocol):
    """What is learned and asked: `Summarization`, or a `multitask.experiment.Mixture` of tasks.

    Attributes:
        columns: of the saved answers.
        best: the score whose best checkpoint a training keeps; None keeps the last one.
    """

    columns: tuple[str, ...]
    best: str | None

    def settings(self) -> dict:
        """What decides a run's outcome beside track and method."""

    def check(self) -> None:
        """Raise LabError for whatever would stop a run after its work."""

    def training_rows(self, method: Method) -> int:
        """How many examples the method learns from, in an epoch."""

    def training_examples(
        self, method: Method, tokenizer: PreTrainedTokenizerBase, folder: Path
    ) -> Dataset:
        """The encoded examples of an epoch; `folder` is theirs until the training has ended."""

    def validation_examples(self, tokenizer: PreTrainedTokenizerBase) -> Dataset:
        """The encoded examples that the validation loss is measured on."""

    def validator(
        self, method: Method, tokenizer: PreTrainedTokenizerBase
    ) -> Callable[[PreTrainedModel], dict[str, float]] | None:
        """A function of a model that returns its scores; None measures the loss only.

        Where there is one for a method without training, it gives the start of the curves.
        """

    def answers(
        self,
        model: PreTrainedModel | None,
        tokenizer: PreTrainedTokenizerBase | None,
        rule: Callable | None = None,
    ) -> pd.DataFrame:
        """The answers of a model, or of a rule, to all that is tested."""

    def scored(
        self, answers: pd.DataFrame, tokenizer: PreTrainedTokenizerBase | None
    ) -> tuple[dict, pd.DataFrame]:
        """(what the record tells of them, the answers with their scores)."""


@explaining_memory()
def make_run(
    method: Method, track: Track, tasks: Tasks | None = None, *, watch: Watch | None = None
) -> Run:
    """Find the run of a method, or make it: train, read back from disk, answer, score, record.

    A stopped training goes on from its last checkpoint. While another kernel or program makes the
    same run, this waits for it. Several processes (`processes.run`) train and answer together.

    Args:
        method: what is trained, such as `ZERO_SHOT`, `track.full` or `track.lora`.
        track: where it runs.
        tasks: what is learned and tested; default the track's dialogues.
        watch: see `training.fine_tune`; also called with the history of a run that was found.

    Raises:
        LabError: the run's files are damaged, its folder cannot be written, memory ran out, or
            see `fine_tune`.
    """
    tasks = Summarization(track) if tasks is None else tasks
    folder, settings = _place(method, track, tasks)
    with alone(folder, method.name, unless=folder / RECORD):
        if run := _found(method, track, tasks, folder):
            announce(run)
            if watch is not None:
                watch(run.record.get("history", []))
            return run
        check_writable(folder)
        tasks.check()
        if method.training and not (folder / "model").is_dir():
            if other := trained_alike(track, method.name, settings):
                _take_over(other, folder)
                if watch is not None:
                    watch(other.record["history"])
            else:
                processes.together(train, method, track, tasks, folder, watch)
        if (folder / "model").is_dir():  # they are left if a training was killed at its very end
            shutil.rmtree(folder / "checkpoints", ignore_errors=True)
        if method.rule:  # too little work to be shared out
            answers, tokenizer, told = _tested(method, track, tasks, folder)
        else:
            answers, tokenizer, told = processes.together(_tested, method, track, tasks, folder)
        found, answers = tasks.scored(answers, tokenizer)
        if method.training:
            with saving(folder):
                (folder / "model").stat()  # else the drive has vanished
        record = {
            "name": method.name,
            **identity(track, settings),
            "finished": datetime.now().isoformat(" ", "minutes"),
            "device_name": device_name(track.device),
            "saved_mib": round(weights_mib(folder / "model"), 3),
            "train_rows": tasks.training_rows(method),
            **told,
            **found,
        }
        return save_run(folder, record, answers)


def _found(method: Method, track: Track, tasks: Tasks, folder: Path) -> Run | None:
    """The finished run in a folder, scored anew if scores have changed since it was made.

    Its files stay as they are: what is told of it is what the lab of today would tell.
    """
    run = load_run(folder, tasks.columns)
    if run is None or run.scoring == SCORING:
        return run
    print(f"{run.name}: scored anew, as an earlier version of the lab had scored it otherwise.")
    tokenizer = None if method.rule else load_tokenizer(track.model)
    found, items = tasks.scored(run.items[["id", "prediction"]], tokenizer)
    return Run(folder, run.record | found, items)


def _take_over(other: Run, folder: Path) -> None:
    """Copy what another run has learned into the folder of one that differs in its test alone."""
    print(f"{other.name}: trained before, for a test on other dialogues; only tested anew.")
    with saving(folder):
        write_json(folder / "training.json", read_json(other.folder / "training.json"))
        with unfinished(folder / "model") as new:
            shutil.copytree(other.model_folder, new)


def _tested(
    method: Method, track: Track, tasks: Tasks, folder: Path
) -> tuple[pd.DataFrame, PreTrainedTokenizerBase | None, dict]:
    """(the answers of a run's system, its tokenizer, what the record tells of it)."""
    with _system(method, track, tasks, folder) as (model, tokenizer, training):
        with measure_cost(track.device) as generation:
            answers = tasks.answers(model, tokenizer, method.rule)
        told = {
            "generation_seconds": round(generation.seconds, 2),
            "peak_memory_mib": round(generation.peak_memory_mib, 1),
            **training,
            **(recorded_splits(model) if model else {}),
        }
    return answers, tokenizer, told


def _place(method: Method, track: Track, tasks: Tasks) -> tuple[Path, dict]:
    """(the folder of a run, the settings that decide which one it is)."""
    settings = method.settings() | tasks.settings()
    return run_folder(track, method.name, settings), settings


def train(
    method: Method,
    track: Track,
    tasks: Tasks,
    folder: Path,
    watch: Watch | None = None,
    observer: Callable[[PreTrainedModel, PreTrainedTokenizerBase], Watch] | None = None,
) -> dict:
    """Train a method on tasks and save it in a folder, which takes model/ and training.json.

    Args:
        method, track, tasks, watch: as for `make_run`.
        folder: of the run.
        observer: makes the `watch` of the model before its first step.

    Returns:
        What `training.fine_tune` returns.
    """
    import torch

    _say_how_long(method, track, tasks)
    tokenizer = load_tokenizer(track.model)
    told = plain({"model": track.model_name, "dataset": track.dataset_name, **method.settings()})
    with (
        scratch(folder / "examples") as place,
        reporting(track.artifacts, folder.name, told) as report,
    ):
        with processes.main_first():  # the others read what it has encoded
            examples = tasks.training_examples(method, tokenizer, place)
            held_out = tasks.validation_examples(tokenizer)
        # Before the adapter, whose first weights are drawn at random.
        torch.manual_seed(method.recipe.seed)
        model = load_model(
            track.model,
            track.device,
            dropout=method.recipe.dropout,
            quantized=method.quantized,
        )
        check_tokenizer(model, tokenizer, track.model)
        if method.adapter is not None:
            model = add_adapter(model, method.adapter)
        gpus = sharding.shards()
        result = fine_tune(
            model,
            tokenizer,
            examples,
            held_out,
            fitted(method.recipe, track.model, method.adapter, track.device, gpus),
            folder,
            validate=tasks.validator(method, tokenizer),
            best=tasks.best,
            watch=watchers(observer(model, tokenizer) if observer else watch, report),
            device=track.device,
        )
        del examples  # their file may be mapped into memory
    return result


def _say_how_long(method: Method, track: Track, tasks: Tasks) -> None:
    """`Track.duration` is that of a whole training, so a shorter one only tells its steps."""
    steps = total_steps(tasks.training_rows(method), method.recipe)
    whole = method in (track.full, track.lora)
    told = f"; a whole training takes {track.duration}" if whole else ""
    print(f"{method.name}: training now, {steps:,} steps{told}.")


@contextmanager
def _system(
    method: Method, track: Track, tasks: Tasks, folder: Path
) -> Iterator[tuple[PreTrainedModel | None, PreTrainedTokenizerBase | None, dict]]:
    """(model, tokenizer, what its training left), read back from disk to be tested."""
    if method.rule:
        yield None, None, _untrained(0)
    elif method.interpolated:
        place, _ = _place(method.interpolated, track, tasks)
        # Without a line about each load: it is an ingredient, and several shares take it.
        with alone(place, unless=place / RECORD):
            trained = load_run(place, tasks.columns)
        trained = trained or make_run(method.interpolated, track, tasks)
        model, tokenizer = load_system(track, trained)
        with interpolated(model, track, method.share):
            yield model, tokenizer, {name: trained.record[name] for name in _untrained(0)}
    elif method.training:
        training = read_json(folder / "training.json")
        try:
            training["train_seconds"] = training.pop("seconds")
            missing = sorted(_untrained(0).keys() - training.keys())
        except (KeyError, TypeError, AttributeError):
            missing = ["seconds"]
        if missing:
            raise LabError(
                f"{folder / 'training.json'} is damaged (no {', '.join(missing)}). Delete "
                f"{folder}, and the run is made again."
            )
        yield *load_trained(track, folder / "model", method.quantized), training
    else:
        model, tokenizer = load_base(track)
        training = _untrained(parameter_counts(model)[1])
        if validate := tasks.validator(method, tokenizer):
            training["history"] = [{"step": 0, **validate(model)}]
        yield model, tokenizer, training


@contextmanager
def interpolated(model: PreTrainedModel, track: Track, share: float) -> Iterator[None]:
    """A trained model with a share (0-1) of what its training changed, as long as the block lasts.

    At 0 it is the track's base, whether an adapter was trained or all weights.
    """
    if hasattr(model, "disable_adapter"):
        with interpolate_adapter(model, share):
            yield
    elif share == 1:
        yield
    else:
        with interpolate_weights(model, load_model(track.model, track.device), share):
            yield


def _untrained(parameters: int) -> dict:
    """What a training leaves, of a system of so many parameters without one."""
    return {
        "train_seconds": 0.0,
        "steps": 0,
        "history": [],
        "trainable_parameters": 0,
        "total_parameters": parameters,
    }


TRIVIAL = {name: Method(name, rule=rule) for name, rule in BASELINES.items()}
"""The trivial baselines as methods: systems that no model is needed for."""


def baselines(track: Track) -> list[Run]:
    """The runs of the trivial baselines: seconds, all together."""
    return make_runs(TRIVIAL.values(), track)


def make_runs(methods: Iterable[Method], track: Track) -> list[Run]:
    """`make_run` for each method, on the track's dialogues; one line tells which were found.

    Raises:
        LabError: see `make_run`.
    """
    tasks, methods = Summarization(track), list(methods)
    found = {run.name: run for run in found_runs(track, methods)}
    announce(*found.values())
    return [found.get(method.name) or make_run(method, track, tasks) for method in methods]


def found_runs(track: Track, methods: Iterable[Method]) -> list[Run]:
    """The runs of these methods on the track's dialogues that were made before."""
    tasks = Summarization(track)
    runs = (_found(one, track, tasks, _place(one, track, tasks)[0]) for one in methods)
    return [run for run in runs if run is not None]


def finished(track: Track) -> list[Run]:
    """The finished runs among zero-shot, full and lora with the track's own settings."""
    return found_runs(track, [ZERO_SHOT, track.full, track.lora])


def load_system(track: Track, run: Run) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """(model, tokenizer) of a run: the base, the trained checkpoint, or base plus adapter.

    Raises:
        LabError: they cannot be loaded, what was trained is gone, or the run has no model: a rule's
            has none, and of a share of a training its own run has it.
    """
    if run.model_folder.is_dir():
        return load_trained(track, run.model_folder, run.record["settings"].get("quantized"))
    if "training" in run.record["settings"]:
        raise LabError(
            f"{run.model_folder}, which held what {run.name} learned, is gone. Put it back, or "
            f"delete {run.folder}, and the run is made again."
        )
    if {"rule", "interpolated"} & run.record["settings"].keys():
        raise LabError(f"{run.name} has no model of its own that could be loaded.")
    return load_base(track)


def load_base(
    track: Track, quantized: str | None = None
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """(model, tokenizer) of the track, untouched, or quantized (`models.load_model`)."""
    return _with_tokenizer(load_model(track.model, track.device, quantized=quantized), track.model)


def load_trained(
    track: Track, folder: Path, quantized: str | None = None
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """(model, tokenizer) of a folder with a trained checkpoint or an adapter.

    `quantized` is what the adapter's base was rounded to when it was trained.
    """
    if (folder / "adapter_config.json").is_file():  # whose tokenizer is its base's
        base, tokenizer = load_base(track, quantized)
        return load_adapter(base, folder), tokenizer
    has_tokenizer = (folder / "tokenizer_config.json").is_file()
    return _with_tokenizer(
        load_model(folder, track.device), folder if has_tokenizer else track.model
    )


def _with_tokenizer(
    model: PreTrainedModel, source: str | Path
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    tokenizer = load_tokenizer(source)
    check_tokenizer(model, tokenizer, source)
    return model, tokenizer


def announce(*runs: Run) -> None:
    """Say in one line where runs were found, and the first time what makes them anew."""
    if not runs:
        return
    names, places = zip(*((run.name, run.folder) for run in runs))
    made = sorted({run.record["finished"] for run in runs})
    one = f"/{places[0].name}" if len(runs) == 1 else ""
    print(
        f"{', '.join(names)}: loaded from {places[0].parent.parent.name}/runs{one}, made "
        f"{' to '.join(dict.fromkeys((made[0], made[-1])))}."
    )
    _tell_how_to_repeat()


@cache
def _tell_how_to_repeat() -> None:
    print("(Delete a run's folder, and it is made again.)")
