"""What a training does to tasks it was not about: one start, several trainings, every task tested.

The systems are zero-shot, full-single and lora-single (trained on one task), full-multitask and
lora-multitask (trained on the mixture for as many steps), and adapter-off (lora-single with its
adapter switched off). Each one is a run like those of `systems`, found again if it was made before.
"""

import shutil
from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd
import torch

from labutils.adapters import add_lora
from labutils.common.cost import measure_cost
from labutils.common.device import device_name
from labutils.common.errors import LabError
from labutils.common.files import check_writable, fingerprint, read_json
from labutils.generation import generate
from labutils.models import load_model, load_tokenizer, weights_mib
from labutils.multitask.mixing import mixing_rates, mixture, prepare, rehearsal_rates
from labutils.multitask.tasks import TASKS, load_task, source_of
from labutils.runs import identity, load_run, run_folder, save_run
from labutils.systems import announce, encode, load_trained
from labutils.training import fine_tune

COLUMNS = ("task", "prediction", "answer", "counts")
METHODS = ("full", "lora")


class Experiment:
    """A track with its tasks: their rows, the mixture, and the systems trained from one start.

    Args:
        track: the Track; `track.multitask` holds the sizes.
        tasks: Task objects, the first of which is the one that "single" systems learn.
    """

    def __init__(self, track, tasks=TASKS):
        self.track, self.tasks, self.settings = track, tuple(tasks), track.multitask
        self.rows = {task.name: load_task(task, track) for task in self.tasks}
        self.sizes = {name: len(splits["train"]) for name, splits in self.rows.items()}
        self.rates = mixing_rates(self.sizes, self.settings.cap)
        self.single = self.tasks[0].name

    # --- Systems -------------------------------------------------------------------------------

    def zero_shot(self):
        """The Run of the untouched model on every task."""
        folder = self._folder("tasks-zero-shot", {})
        if run := self._found(folder):
            return run
        model, tokenizer = load_trained(self.track, folder / "model")
        start = {"step": 0, **self.validator(tokenizer)(model)}
        return self._tested("zero-shot", folder, {}, model, tokenizer, {"history": [start]})

    def tuned(self, name, method, rates, *, watch=None, curve_points=None):
        """The Run of a model trained on a mixture for `track.multitask.steps` steps.

        Args:
            name: of the system, such as "full-single".
            method: "full" or "lora".
            rates: {task: rate}; {"dialogues": 1} trains on one task.
            watch: see `training.fine_tune`.
            curve_points: how often to measure all tasks meanwhile; default the track's; 1: never.
        """
        settings = self.settings_of(method, rates, curve_points)
        folder = self._folder(name, settings)
        if run := self._found(folder):
            return run
        check_writable(folder)
        if not (folder / "model").is_dir():
            self.train(folder, name, settings, watch)
        model, tokenizer = load_trained(self.track, folder / "model")
        training = read_json(folder / "training.json")
        return self._tested(name, folder, settings, model, tokenizer, training)

    def single_task(self, method, **options):
        """The Run of full or LoRA fine-tuning on the first task alone."""
        return self.tuned(f"{method}-single", method, {self.single: 1.0}, **options)

    def multitask(self, method, **options):
        """The Run of full or LoRA fine-tuning on the mixture of all tasks."""
        return self.tuned(f"{method}-multitask", method, self.rates, **options)

    def rehearsal(self, share, method="full", **options):
        """The Run of a training on the first task with `share` (0-1) of the others mixed in."""
        rates = rehearsal_rates(self.rates, self.single, share)
        name = f"{method}-rehearsal-{share:.0%}"
        return self.tuned(name, method, rates, curve_points=1, **options)

    def adapter_off(self):
        """The Run of lora-single's model with its adapter switched off."""
        trained = self.single_task("lora")
        settings = {"adapter of": trained.folder.name}
        folder = self._folder("adapter-off", settings)
        if run := self._found(folder):
            return run
        model, tokenizer = load_trained(self.track, trained.model_folder)
        with model.disable_adapter():
            return self._tested("adapter-off", folder, settings, model, tokenizer, trained.record)

    # --- Training and testing ------------------------------------------------------------------

    def settings_of(self, method, rates, curve_points=None):
        """What `train` needs to know of a system; the arguments are those of `tuned`.

        Raises:
            LabError: the method is neither "full" nor "lora".
        """
        if method not in METHODS:
            raise LabError(f"The method is {method!r}; it must be full or lora.")
        training = replace(
            getattr(self.track, method),
            epochs=1,
            # Equal steps are a fair comparison only if each shows as many examples.
            batch_size=self.track.full.batch_size,
            learning_rate=getattr(self.settings, f"{method}_learning_rate"),
            validations=curve_points or self.settings.curve_points,
        )
        settings = {"training": training, "rates": rates}
        return settings | {"lora": self.track.adapter} if method == "lora" else settings

    def mixture(self, rates):
        """The endless stream of training examples at these rates (`mixing.mixture`).

        Inverted rows are one of the mixture's tricks, so a task alone has none.
        """
        alone = sum(rate > 0 for rate in rates.values()) == 1
        return mixture(
            self.tasks,
            {name: splits["train"] for name, splits in self.rows.items()},
            rates,
            self.track,
            inverted_share=0.0 if alone else self.settings.inverted_share,
            seed=self.track.seed,
        )

    def train(self, folder, name, settings, watch=None):
        """Train what `settings_of` says and save it in `folder`, which takes model/ and more."""
        track, training = self.track, settings["training"]
        print(f"{name}: training now, {self.settings.steps} steps.")
        tokenizer = load_tokenizer(track.model)
        examples = prepare(
            self.mixture(settings["rates"]),
            self.settings.steps * training.effective_batch,
            self.tasks,
            tokenizer,
            folder / "examples",
            max_prompt_tokens=track.max_prompt_tokens,
            max_answer_tokens=track.max_summary_tokens,
        )
        # Before the adapter, whose A is drawn at random.
        torch.manual_seed(training.seed)
        model = load_model(track.model, track.device, dropout=training.dropout)
        fine_tune(
            add_lora(model, settings["lora"]) if "lora" in settings else model,
            tokenizer,
            examples,
            encode(track, self._split(self.single, "validation"), tokenizer),
            training,
            folder,
            validate=self.validator(tokenizer) if training.validations > 1 else None,
            watch=watch,
            device=track.device,
            keep_best=False,
        )
        del examples  # its file is mapped into memory
        shutil.rmtree(folder / "examples", ignore_errors=True)

    def validation_scores(self, model_folder):
        """{task: score} on validation rows, of a trained model or, if there is none, the base."""
        model, tokenizer = load_trained(self.track, model_folder)
        return self.validator(tokenizer)(model)

    def validator(self, tokenizer):
        """A function of a model: its score on each task, on the first validation rows of each."""

        def validate(model):
            scores = {}
            for task in self.tasks:
                counts = self._answers(task, model, tokenizer, "validation")["counts"]
                scores[task.name] = task.metric.interval(np.array(counts)).mean
            return scores

        return validate

    def _answers(self, task, model, tokenizer, split, progress=False):
        """{"prediction", "answer", "counts"}, lists with an item for each row of a split."""
        rows = self._split(task.name, split)
        read = source_of(task, self.track).read
        texts, answers = zip(*map(read, rows))
        limit = self.track.max_prompt_tokens
        predictions = generate(
            model,
            tokenizer,
            [task.prompt(text, tokenizer, max_tokens=limit) for text in texts],
            max_new_tokens=self.settings.max_answer_tokens,
            batch_tokens=self.track.generation_tokens,
            progress=progress,
        )
        counts = task.metric.counts(predictions, list(answers)).tolist()
        return {"prediction": predictions, "answer": list(answers), "counts": counts}

    def _split(self, name, split):
        """A task's rows to test on, or the first validation rows, which curves are made of."""
        rows = self.rows[name][split]
        if split == "validation":
            rows = rows.select(range(min(self.settings.curve_rows, len(rows))))
        return rows

    def _folder(self, name, settings):
        return run_folder(self.track, name, self._identity(settings))

    def _identity(self, settings):
        tasks = [
            {
                "name": task.name,
                "templates": task.templates + task.inverted,
                "metric": task.metric.name,
                "contents": fingerprint(source_of(task, self.track).address),
                "training_rows": self.sizes[task.name],
            }
            for task in self.tasks
        ]
        return {"multitask": self.settings, "tasks": tasks, **settings}

    def _found(self, folder):
        return announce(load_run(folder, COLUMNS))

    def _tested(self, name, folder, settings, model, tokenizer, training):
        """Answer every test row of every task, and save the run."""
        tables = []
        with measure_cost(self.track.device) as generation:
            for task in self.tasks:
                found = self._answers(task, model, tokenizer, "test", progress=True)
                tables.append(pd.DataFrame({"task": task.name, **found}))
        trained = {key: training[key] for key in TRAINED if key in training}
        record = {
            "name": name,
            **identity(self.track, self._identity(settings)),
            "finished": datetime.now().isoformat(" ", "minutes"),
            "device_name": device_name(self.track.device),
            "generation_seconds": round(generation.seconds, 2),
            "train_seconds": training.get("seconds", training.get("train_seconds", 0.0)),
            "steps": 0,
            "saved_mib": round(weights_mib(folder / "model"), 3),
            **trained,
        }
        return save_run(folder, record, pd.concat(tables, ignore_index=True))


TRAINED = ("steps", "history", "trainable_parameters", "total_parameters", "peak_memory_mib")
