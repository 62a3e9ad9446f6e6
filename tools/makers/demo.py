"""Make the records that the instructor demo shows: real runs of the tiny track, in <= 3 MB.

    python -m tools.makers.demo                 # about 10 minutes on 2 CPU cores
    python -m tools.makers.demo --forgetting    # notebook 04's part alone, once its settings change

Trains full and LoRA once more, noting what they say at some steps, and writes record.json,
full.safetensors, lora/ and the measured part of README.md into data/demo. Runs that lie in
artifacts/ (ranks and targets, the tasks of notebook 04) are loaded; missing ones are made there.
"""

from __future__ import annotations

import argparse
import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from labutils.adapters import load_adapter
from labutils.common.device import device_name
from labutils.common.errors import one_message
from labutils.common.files import read_json, write_json, write_text
from labutils.demo.compact import add_difference, shrink_adapter, write_difference
from labutils.engine import make_run, train
from labutils.evaluation.intervals import interval_records
from labutils.evaluation.rouge import SCORER, rouge_scores
from labutils.models import load_model, load_tokenizer, weights_mib
from labutils.multitask.experiment import Experiment
from labutils.multitask.forgetting import forgetting_matrix, task_curves
from labutils.prompts import fit_prompts
from labutils.runs import identity, versions
from labutils.summarization import Summarization, summarize
from labutils.tracks import REPOSITORY, tiny_track
from labutils.training import IGNORED, LOGS_A_RUN, batch_examples, total_steps
from labutils.views.tables import markdown
from tools.publishing import with_block

if TYPE_CHECKING:
    from datasets import DatasetDict
    from transformers import PreTrainedTokenizerBase

    from labutils.methods import Method
    from labutils.models import Model
    from labutils.tracks import Track

FOLDER = REPOSITORY / "data" / "demo"
EVERY = 20
"""Of so many test dialogues one is shown; those come first that both trainings tell right."""

SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
"""Of the training's steps, at which the model is asked; nearer to each other where it changes."""

SWEEP_EPOCHS = 0.2
ALPHA_OVER_RANK = 8
"""alpha / rank in the sweep, as in the track's own adapter: only rank and targets differ."""

TARGETS = {
    "q, v": ("q", "v"),
    "all linear layers": ("q", "k", "v", "o", "wi_0", "wi_1", "wo"),
}
"""Where LoRA's paper put them; where most put them now."""

RANKS = (1, 7)


class Observer:
    """Asks a model in training for its scores and summaries whenever it has come far enough."""

    def __init__(
        self,
        tasks: Summarization,
        method: Method,
        model: Model,
        tokenizer: PreTrainedTokenizerBase,
        shown: list[dict],
    ) -> None:
        self.track, self.model, self.tokenizer = tasks.track, model, tokenizer
        self.steps = total_steps(tasks.training_rows(method), method.recipe)
        validate = tasks.validator(method, tokenizer)
        assert validate is not None  # it is trained
        self.validate = validate
        self.encoded = tasks.validation_examples(tokenizer)
        self.prompts = fit_prompts(
            [item["dialogue"] for item in shown],
            tokenizer,
            max_tokens=self.track.max_prompt_tokens,
        )
        self.points = [self.point(0, None)]
        self.ahead = [share * self.steps for share in SHARES]

    def __call__(self, history: list[dict[str, float]]) -> None:
        step = history[-1]["step"]
        # Half way to the next step at which this is called; the last point is the last step.
        nearest = min(step + self.steps / LOGS_A_RUN / 2, max(step, self.steps - 1))
        if not self.ahead or nearest < self.ahead[0]:
            return
        while self.ahead and nearest >= self.ahead[0]:
            self.ahead.pop(0)
        losses = [entry["loss"] for entry in history if "loss" in entry]
        self.points.append(self.point(step, losses[-1]))
        print(f"step {step}: ROUGE-1 {self.points[-1]['rouge1']:.3f}", flush=True)

    def point(self, step: float, loss: float | None) -> dict:
        scores = self.validate(self.model)
        answers = summarize(self.track, self.model, self.tokenizer, self.prompts)
        return {
            "step": step,
            "loss": loss,
            "validation_loss": self.validation_loss(),
            "rouge1": scores["rouge1"],
            "rougeL": scores["rougeL"],
            "summaries": answers,
        }

    def validation_loss(self) -> float:
        """Mean cross-entropy a token of the validation summaries."""
        collate, total, tokens = batch_examples(self.tokenizer), 0.0, 0
        was_training = self.model.training
        self.model.eval()
        with torch.inference_mode():
            for start in range(0, len(self.encoded), 25):
                end = min(start + 25, len(self.encoded))
                batch = collate([self.encoded[i] for i in range(start, end)])
                count = int((batch["labels"] != IGNORED).sum())
                total += self.model(**batch).loss.item() * count
                tokens += count
        self.model.train(was_training)
        return total / tokens


def observed(method: Method, tasks: Summarization, shown: list[dict]) -> tuple[Path, list[dict]]:
    """Train a method in a folder of its own; return the folder and what was seen on the way."""
    folder = tasks.track.artifacts / "demo" / method.name
    shutil.rmtree(folder, ignore_errors=True)  # a resumed training would lack its first points
    observers = []

    def observer(model: Model, tokenizer: PreTrainedTokenizerBase) -> Observer:
        observers.append(Observer(tasks, method, model, tokenizer, shown))
        return observers[0]

    train(method, tasks.track, tasks, folder, observer=observer)
    return folder, observers[0].points


def answers_of(
    track: Track, model: Model, dialogues: DatasetDict
) -> tuple[list[str], dict[str, dict]]:
    """Summaries of all test dialogues, and their ROUGE with intervals."""
    tokenizer, test = load_tokenizer(track.model), dialogues["test"]
    prompts = fit_prompts(test["dialogue"], tokenizer, max_tokens=track.max_prompt_tokens)
    answers = summarize(track, model, tokenizer, prompts)
    scores = rouge_scores(answers, test["references"])[["rouge1", "rougeL"]]
    return answers, interval_records(scores, seed=track.seed)


def compacted(track: Track, name: str, folder: Path) -> tuple[Model, Model]:
    """Write a system's compact weights into data/demo; return (original model, compact one)."""
    if name == "lora":
        shrink_adapter(folder / "model", FOLDER / "lora", "data/tiny-flan-t5")
        return tuple(
            load_adapter(load_model(track.model), source)
            for source in (folder / "model", FOLDER / "lora")
        )
    original, base = load_model(folder / "model"), load_model(track.model)
    write_difference(base, original, FOLDER / "full.safetensors")
    return original, add_difference(base, FOLDER / "full.safetensors")


def system_record(
    track: Track,
    name: str,
    folder: Path,
    points: list[dict],
    dialogues: DatasetDict,
    positions: list[int],
) -> dict:
    """What is known of a trained system: its points, its size, and what rounding changed."""
    original, compact = compacted(track, name, folder)
    exact, exact_scores = answers_of(track, original, dialogues)
    answers, scores = answers_of(track, compact, dialogues)
    training = read_json(folder / "training.json")
    return {
        "answers": [answers[position] for position in positions],
        "rouge": scores,
        "rouge_of_unrounded": exact_scores,
        "same_answers": sum(map(str.__eq__, exact, answers)),
        "bits": {"full": 8, "lora": 16}[name],
        "saved_mib": round(weights_mib(folder / "model"), 3),
        **{key: training[key] for key in ("steps", "seconds", "trainable_parameters")},
        "points": points,
    }


def sweep(track: Track) -> dict:
    """LoRA's rank and targets: one short training each."""
    found = []
    for label, targets in TARGETS.items():
        for rank in RANKS:
            method = track.lora.variant(
                f"lora-{'-'.join(targets)}-rank-{rank}",
                adapter=dict(rank=rank, alpha=ALPHA_OVER_RANK * rank, targets=targets),
                epochs=SWEEP_EPOCHS,
                validations=1,
            )
            run = make_run(method, track)
            keys = ("trainable_parameters", "total_parameters", "saved_mib", "train_seconds")
            found.append(
                {"targets": label, "rank": rank, "rouge1": run.record["rouge"]["rouge1"]}
                | {key: run.record[key] for key in keys}
            )
    return {"epochs": SWEEP_EPOCHS, "alpha_over_rank": ALPHA_OVER_RANK, "runs": found}


def forgetting(track: Track) -> dict:
    """Scores of every task over the steps of notebook 04's trainings, and its matrix at the end."""
    experiment = Experiment(track)
    baseline = experiment.zero_shot()
    trained = [
        make(method) for make in (experiment.single_task, experiment.multitask)
        for method in ("full", "lora")
    ]  # fmt: skip
    return {
        "curve_rows": track.multitask.curve_rows,
        "curves": {run.name: task_curves(run, baseline) for run in trained},
        "matrix": forgetting_matrix([baseline, *trained]),
    }


def card(record: dict) -> str:
    """The measured part of README.md."""
    lines = [
        f"Made {record['made']} by `python -m tools.makers.demo` on a {record['device_name']}: "
        f"{record['identity']['model']} on {record['identity']['dataset']}, seed "
        f"{record['identity']['seed']}; "
        + ", ".join(f"{name} {version}" for name, version in record["versions"].items())
        + ".",
        "",
    ]
    rows = []
    for name in ("full", "lora"):
        system = record["systems"][name]
        same = f"{system['same_answers']} of {record['test_dialogues']}"
        means = [f"{system[key]['rouge1']['mean']:.4f}" for key in ("rouge", "rouge_of_unrounded")]
        rows.append([name, f"{system['bits']} bits a weight", same, *means])
    same = "test answers that are those of the unrounded weights"
    heads = ["system", "stored in", same, "ROUGE-1", "unrounded"]
    return "\n".join([*lines, markdown(heads, rows)])


@one_message()
def main() -> None:
    """Train, measure, and write everything, or what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tools.makers.demo", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--forgetting", action="store_true", help="notebook 04's part alone")
    if parser.parse_args().forgetting:
        record = read_json(FOLDER / "record.json")
        write_json(FOLDER / "record.json", record | {"forgetting": forgetting(tiny_track())})
    else:
        record_everything()


def record_everything() -> None:
    """Train, measure, and write the whole record with its weights and card."""
    track = tiny_track()
    tasks = Summarization(track)
    dialogues = tasks.dialogues
    others = {"sweep": sweep(track), "forgetting": forgetting(track)}  # kept, whatever comes next
    methods = (track.full, track.lora)
    right = sum(make_run(method, track, tasks).items["all_right"] for method in methods)
    places = range(0, len(dialogues["test"]), EVERY)
    positions = sorted(places, key=lambda position: -right[position])
    shown = [dialogues["test"][position] for position in positions]
    zero_shot, zero_shot_scores = answers_of(track, load_model(track.model), dialogues)
    systems = {
        "zero-shot": {
            "answers": [zero_shot[position] for position in positions],
            "rouge": zero_shot_scores,
        }
    }
    for method in methods:
        folder, points = observed(method, tasks, shown)
        systems[method.name] = system_record(
            track, method.name, folder, points, dialogues, positions
        )
    record = {
        "made": f"{datetime.now():%Y-%m-%d}",
        "device_name": device_name(track.device),
        "identity": identity(track, {"full": track.full.settings(), "lora": track.lora.settings()}),
        "versions": versions(),
        "scorer": SCORER,
        "test_dialogues": len(dialogues["test"]),
        "dialogues": shown,
        "systems": systems,
        **others,
    }
    write_json(FOLDER / "record.json", record)
    readme = FOLDER / "README.md"
    write_text(readme, with_block(readme.read_text("utf-8"), "record", card(record)))
    size = sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file())
    print(f"{size / 1e6:.2f} MB in {FOLDER.relative_to(REPOSITORY)}")


if __name__ == "__main__":
    main()
