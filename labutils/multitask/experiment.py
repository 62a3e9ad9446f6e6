"""What a training does to tasks it was not about: one start, several trainings, every task tested.

The systems are zero-shot, full-single and lora-single (trained on one task), full-multitask and
lora-multitask (trained on the mixture for as many steps), and adapter-off (lora-single with its
adapter switched off). `engine.make_run` makes each of them, on a `Mixture` as its tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from labutils.common.errors import LabError
from labutils.common.files import fingerprint
from labutils.data import first_rows
from labutils.engine import interpolated, load_system, make_run
from labutils.generation import generate
from labutils.methods import ZERO_SHOT, Method
from labutils.multitask.mixing import encoded_mixture, mixed_stream, mixing_rates, rehearsal_rates
from labutils.multitask.tasks import TASKS, Task, load_task, source_of
from labutils.runs import Run
from labutils.summarization import encode
from labutils.tracks import Track

if TYPE_CHECKING:
    from datasets import Dataset, IterableDataset
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class Experiment:
    """A track with its tasks: their rows, the mixture, and the systems trained from one start.

    Args:
        track: the Track; `track.multitask` holds the sizes.
        tasks: Task objects, the first of which is the one that "single" systems learn.

    Attributes:
        rows: {task: {"train", "validation", "test": rows}}.
        sizes: {task: training rows}; rates: {task: its share of the mixture, 0-1}.
        single: the name of the first task.
        methods: {"full", "lora": the track's Method at the experiment's own rate and length}.
    """

    def __init__(self, track: Track, tasks: tuple[Task, ...] | list[Task] = TASKS) -> None:
        self.track, self.tasks, self.settings = track, tuple(tasks), track.multitask
        self.rows = {task.name: load_task(task, track) for task in self.tasks}
        self.sizes = {name: len(splits["train"]) for name, splits in self.rows.items()}
        self.rates = mixing_rates(self.sizes, self.settings.cap)
        self.single = self.tasks[0].name
        # Equal steps are a fair comparison only if each shows as many examples.
        rates = (self.settings.full_learning_rate, self.settings.lora_learning_rate)
        self.methods = {
            name: method.variant(
                epochs=1,
                batch_size=track.full.recipe.batch_size,
                group_by_length=False,  # texts of like length are of one task
                learning_rate=rate,
                validations=self.settings.curve_points,
            )
            for name, method, rate in zip(("full", "lora"), (track.full, track.lora), rates)
        }

    def zero_shot(self) -> Run:
        """The Run of the untouched model on every task."""
        return make_run(ZERO_SHOT, self.track, Mixture(self, {}))

    def tuned(
        self,
        name: str,
        method: str | Method,
        rates: dict[str, float],
        *,
        watch: Callable | None = None,
        curve_points: int | None = None,
    ) -> Run:
        """The Run of a model trained on a mixture for `track.multitask.steps` steps.

        Args:
            name: of the system, such as "full-single".
            method: "full", "lora" or a Method.
            rates: {task: rate}; {"dialogues": 1} trains on one task.
            watch: see `training.fine_tune`.
            curve_points: how often to measure all tasks meanwhile; default the track's; 1: never.
        """
        points = curve_points or self.settings.curve_points
        # One epoch is all the examples of all steps (`Mixture.training_rows`).
        method = self.method(method).variant(name, epochs=1, validations=points)
        return make_run(method, self.track, Mixture(self, rates), watch=watch)

    def single_task(self, method: str | Method, **options: Any) -> Run:
        """The Run of a method's training on the first task alone."""
        method = self.method(method)
        return self.tuned(f"{method.name}-single", method, {self.single: 1.0}, **options)

    def multitask(self, method: str | Method, **options: Any) -> Run:
        """The Run of a method's training on the mixture of all tasks."""
        method = self.method(method)
        return self.tuned(f"{method.name}-multitask", method, self.rates, **options)

    def rehearsal(self, share: float, method: str | Method = "full", **options: Any) -> Run:
        """The Run of a training on the first task with `share` (0-1) of the others mixed in."""
        method, rates = self.method(method), rehearsal_rates(self.rates, self.single, share)
        name = f"{method.name}-rehearsal-{share:.0%}"
        return self.tuned(name, method, rates, curve_points=1, **options)

    def interpolated(self, method: str, share: float, name: str | None = None) -> Run:
        """The Run of a single-task training's model with a share (0-1) of what it learned.

        Args:
            method: "full" or "lora".
            share: 0 is the base again: an adapter is switched off.
            name: of the system; default such as "lora-single, 50%".
        """
        trained = self.method(method).variant(f"{method}-single")
        kept = Method(name or f"{trained.name}, {share:.0%}", interpolated=trained, share=share)
        return make_run(kept, self.track, Mixture(self, {self.single: 1.0}))

    def adapter_off(self) -> Run:
        """The Run of lora-single's model with its adapter switched off."""
        return self.interpolated("lora", 0, "adapter-off")

    def method(self, method: str | Method) -> Method:
        """The method of a name, or the Method itself.

        Raises:
            LabError: a name other than "full" and "lora".
        """
        if isinstance(method, Method):
            return method
        if method not in self.methods:
            raise LabError(f"The method is {method!r}; it must be full or lora, or a Method.")
        return self.methods[method]

    def validation_scores(self, run: Run, share: float = 1.0) -> dict[str, float]:
        """{task: score, 0-1} of a system on each task's first validation rows.

        Choose by these among systems, and the test rows have not seen the choice.

        Args:
            run: whose model is asked.
            share: of what its training changed (0-1), as for `interpolated`.
        """
        model, tokenizer = load_system(self.track, run)
        with interpolated(model, self.track, share):
            return Mixture(self, {}).scores(model, tokenizer)

    def mixture(self, rates: dict[str, float]) -> IterableDataset:
        """The endless stream of training examples at these rates (`mixing.mixed_stream`).

        Inverted rows are one of the mixture's tricks, so a task alone has none.
        """
        alone = sum(rate > 0 for rate in rates.values()) == 1
        return mixed_stream(
            self.tasks,
            {name: splits["train"] for name, splits in self.rows.items()},
            rates,
            self.track,
            inverted_share=0.0 if alone else self.settings.inverted_share,
            seed=self.track.seed,
        )


class Mixture:
    """Several tasks as what is learned and tested (`engine.Tasks`).

    Args:
        experiment: the Experiment, which has their rows.
        rates: {task: rate} of the training examples; all tasks are tested, whatever was learned.
    """

    columns: tuple[str, ...] = ("task", "prediction", "answer", "counts")
    best: str | None = None  # equal steps for all

    def __init__(self, experiment: Experiment, rates: dict[str, float]) -> None:
        self.experiment, self.rates = experiment, rates
        self.track, self.tasks = experiment.track, experiment.tasks
        self.sizes = experiment.settings

    def settings(self) -> dict:
        """What decides a run's outcome beside track and method."""
        tasks = [
            {
                "name": task.name,
                "templates": task.templates + task.inverted,
                "metric": task.metric.name,
                "contents": fingerprint(source_of(task, self.track).address),
                "training_rows": self.experiment.sizes[task.name],
            }
            for task in self.tasks
        ]
        return {"multitask": self.sizes, "tasks": tasks, "rates": self.rates}

    def check(self) -> None:
        """All rows were loaded by the experiment."""

    def training_rows(self, method: Method) -> int:
        """The examples of all steps."""
        return self.sizes.steps * method.training.effective_batch if method.training else 0

    def training_examples(
        self, method: Method, tokenizer: PreTrainedTokenizerBase, folder: Path
    ) -> Dataset:
        """As many examples as the steps need, drawn at the rates; their file lies in `folder`."""
        return encoded_mixture(
            self.experiment.mixture(self.rates),
            self.training_rows(method),
            self.tasks,
            tokenizer,
            folder,
            max_prompt_tokens=self.track.max_prompt_tokens,
            max_answer_tokens=self.track.max_summary_tokens,
        )

    def validation_examples(self, tokenizer: PreTrainedTokenizerBase) -> Dataset:
        """The first task's validation rows that curves are made of, encoded."""
        return encode(self.track, self._rows(self.tasks[0], "validation"), tokenizer)

    def validator(
        self, method: Method, tokenizer: PreTrainedTokenizerBase
    ) -> Callable[[PreTrainedModel], dict[str, float]] | None:
        """A function of a model: its score (0-1) on each task; None where there is no curve."""
        if method.training and method.training.validations == 1:
            return None
        return lambda model: self.scores(model, tokenizer)

    def scores(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
    ) -> dict[str, float]:
        """{task: score, 0-1} of a model on the first validation rows of each task."""
        found = {}
        for task in self.tasks:
            counts = self._answers(task, model, tokenizer, "validation")["counts"]
            found[task.name] = task.metric.interval(np.array(counts.tolist())).mean
        return found

    def answers(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        rule: Callable | None = None,
    ) -> pd.DataFrame:
        """The answers to every test row of every task: columns task, prediction, answer, counts.

        Raises:
            LabError: a rule, which only dialogues have.
        """
        if rule is not None:
            raise LabError("The trivial baselines summarize dialogues; other tasks need a model.")
        tables = [
            self._answers(task, model, tokenizer, "test", progress=True) for task in self.tasks
        ]
        return pd.concat(tables, ignore_index=True)

    def scored(
        self, answers: pd.DataFrame, tokenizer: PreTrainedTokenizerBase
    ) -> tuple[dict, pd.DataFrame]:
        """Nothing to add: each row has its counts, of which `forgetting` makes scores."""
        return {}, answers

    def _answers(
        self,
        task: Task,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        split: str,
        progress: bool = False,
    ) -> pd.DataFrame:
        """What `answers` gives, of one task and one split."""
        read = source_of(task, self.track).read
        texts, answers = map(list, zip(*map(read, self._rows(task, split))))
        limit = self.track.max_prompt_tokens
        predictions = generate(
            model,
            tokenizer,
            [task.prompt(text, tokenizer, max_tokens=limit) for text in texts],
            max_new_tokens=self.sizes.max_answer_tokens,
            batch_tokens=self.track.generation_tokens,
            progress=progress,
        )
        counts = task.metric.counts(predictions, answers).tolist()
        columns = {"prediction": predictions, "answer": answers, "counts": counts}
        return pd.DataFrame({"task": task.name, **columns})

    def _rows(self, task: Task, split: str) -> Dataset:
        """A task's rows to test on, or the first validation rows, which curves are made of."""
        rows = self.experiment.rows[task.name][split]
        return first_rows(rows, self.sizes.curve_rows) if split == "validation" else rows
