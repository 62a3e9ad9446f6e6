"""Run records: one JSON a run with what it was, what it cost and what it reached."""

import hashlib
import json
import platform
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from labutils.common.cost import measure_cost
from labutils.common.device import device_name
from labutils.common.errors import LabError
from labutils.common.files import fingerprint, first_line, read_json, write_json, write_text
from labutils.evaluation.fact_report import dataset_facts, fact_intervals, facts_of_summaries
from labutils.evaluation.facts import FACT_METRICS
from labutils.evaluation.failures import count_failures
from labutils.evaluation.rouge import METRICS, SCORER, rouge_intervals, rouge_scores

PACKAGES = ("torch", "transformers", "tokenizers", "datasets", "peft", "accelerate", "rouge-score")


@dataclass
class Run:
    """A finished run, as read from its folder.

    Attributes:
        folder: holds run.json, predictions.jsonl and perhaps model/.
        record: the content of run.json.
        items: a DataFrame with one test dialogue per row, in the test split's order: id,
            prediction, its ROUGE scores, and where the dataset has facts, its fact scores.
    """

    folder: Path
    record: dict
    items: pd.DataFrame

    @property
    def name(self):
        """The system's name, such as "lora"."""
        return self.record["name"]

    @property
    def predictions(self):
        """One text for each test dialogue."""
        return self.items["prediction"].tolist()

    @property
    def scores(self):
        """ROUGE of each test dialogue, shape (dialogues, 4), 0-1."""
        return self.items[list(METRICS)]

    @property
    def has_facts(self):
        """Whether the predictions were scored by the facts of their dialogues too."""
        return "facts" in self.record

    @property
    def model_folder(self):
        """Where the trained checkpoint or adapter lies."""
        return self.folder / "model"


def run_folder(track, name, settings):
    """The folder of a run: its name and a digest of all that decides its outcome.

    Runs with other settings lie side by side, so none is overwritten or mistaken for another.
    """
    text = json.dumps(identity(track, settings), sort_keys=True)
    return track.artifacts / "runs" / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def identity(track, settings):
    """What decides a run's outcome, as plain JSON values."""
    return {
        "track": track.name,
        "model": track.model_name,
        "dataset": track.dataset_name,
        "contents": {"model": fingerprint(track.model), "dataset": fingerprint(track.dataset)},
        "device": track.device,
        "seed": track.seed,
        "train_rows": track.train_rows,
        "test_dialogues": track.test_dialogues,
        "max_prompt_tokens": track.max_prompt_tokens,
        "max_summary_tokens": track.max_summary_tokens,
        "validation_dialogues": track.validation_dialogues,
        "settings": plain(settings),
    }


def plain(settings):
    """Settings (dataclasses, or dicts of them) as JSON values."""
    if isinstance(settings, dict):
        return {key: plain(value) for key, value in settings.items()}
    values = asdict(settings) if hasattr(settings, "__dataclass_fields__") else settings
    return json.loads(json.dumps(values))


def save_run(folder, record, items):
    """Write predictions.jsonl, then run.json, whose presence says that the run is finished."""
    folder = Path(folder)
    lines = [json.dumps(item, ensure_ascii=False) for item in items.to_dict("records")]
    write_text(folder / "predictions.jsonl", "\n".join(lines) + "\n")
    write_json(folder / "run.json", {**record, "items": len(items), "versions": versions()})
    return load_run(folder, tuple(items.columns))


def load_run(folder, columns=("id", "prediction", *METRICS)):
    """The finished run in a folder, or None if there is none; its items must have the columns.

    Raises:
        LabError: its files cannot be read.
    """
    folder = Path(folder)
    if not (folder / "run.json").is_file():
        return None
    record = read_json(folder / "run.json")
    if "facts" in record:
        columns = dict.fromkeys([*columns, *FACT_METRICS])
    try:
        lines = (folder / "predictions.jsonl").read_text("utf-8").split("\n")
        items = pd.DataFrame([json.loads(line) for line in lines if line])
        items[list(columns)]
        if len(items) != record["items"]:
            raise ValueError(f"{len(items)} predictions, not {record['items']}")
    except (OSError, ValueError, KeyError) as error:
        raise LabError(
            f"The run in {folder} is damaged ({first_line(error)}). Delete the folder, and it is "
            "made again."
        ) from error
    return Run(folder, record, items)


def save_tested(track, folder, record, test, predictions, truncated):
    """Score the summaries of the test dialogues, complete the record and save the run.

    Args:
        track: the Track.
        folder: of the run.
        record: what is known of the run so far.
        test: the test rows, with id, dialogue and references.
        predictions: a summary of each.
        truncated: whether each of them ended at the token limit.

    Returns:
        The Run.
    """
    references, ids, texts = test["references"], list(test["id"]), list(test["dialogue"])
    with measure_cost(track.device) as scoring:
        scores = rouge_scores(predictions, references)
    intervals = rouge_intervals(scores, seed=track.seed)
    record = record | {
        "finished": datetime.now().isoformat(" ", "minutes"),
        "device_name": device_name(track.device),
        "scorer": SCORER,
        "test_dialogues": len(test),
        "references_per_dialogue": max(map(len, references)),
        "scoring_seconds": round(scoring.seconds, 2),
        "rouge": {metric: asdict(interval) for metric, interval in intervals.items()},
        "reference_words": float(
            np.mean([len(text.split()) for group in references for text in group])
        ),
        "failures": count_failures(predictions, texts, truncated),
    }
    items = pd.DataFrame({"id": ids, "prediction": predictions}).join(scores)
    if (facts := dataset_facts(track.dataset)) is not None:
        found = facts_of_summaries(predictions, ids, texts, facts)
        record["facts"] = fact_intervals(found, seed=track.seed)
        items = items.join(found)
    return save_run(folder, record, items)


def report(track, runs, *, seconds, seconds_by_stage):
    """The comparison of finished runs as one object: artifacts/<track>/report.json.

    Args:
        track: the Track.
        runs: Run objects of systems scored on the same dialogues.
        seconds: what the whole lab took.
        seconds_by_stage: what of it each stage took (`cost.stage`).
    """
    record = runs[0].record
    return {
        **{key: record[key] for key in ("track", "model", "dataset", "seed", "device", "scorer")},
        "test_dialogues": record["test_dialogues"],
        "references_per_dialogue": record["references_per_dialogue"],
        "seconds": round(seconds, 1),
        "seconds_by_stage": seconds_by_stage,
        "systems": [
            {
                **{key: run.record[key] for key in REPORTED},
                **({"facts": run.record["facts"]} if run.has_facts else {}),
                "run": str(run.folder.relative_to(track.artifacts)),
            }
            for run in runs
        ],
    }


REPORTED = (
    "name",
    "rouge",
    "trainable_parameters",
    "total_parameters",
    "train_rows",
    "train_seconds",
    "peak_memory_mib",
    "saved_mib",
)


def versions():
    """{package: version} of what computes the numbers, and Python's."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
