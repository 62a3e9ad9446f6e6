"""Run records: one JSON per run with what it was, what it cost and what it reached."""

from __future__ import annotations

import hashlib
import json
import platform
from contextlib import suppress
from dataclasses import asdict, dataclass, is_dataclass, replace
from importlib.metadata import version
from numbers import Number
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from labutils.common.errors import LabError
from labutils.common.files import fingerprint, first_line, read_json, write_json, write_text
from labutils.evaluation import SCORING
from labutils.evaluation.facts import FACT_METRICS
from labutils.evaluation.rouge import METRICS
from labutils.methods import check_name

if TYPE_CHECKING:
    from labutils.tracks import Track

PACKAGES = ("torch", "transformers", "tokenizers", "datasets", "peft", "accelerate", "rouge-score")
CAME_LATER = {"lora_plus_ratio": 1}
"""Settings left out at their default, so that runs from before they came are still found."""

RECORD = "run.json"
"""The file whose presence says that a run is finished."""


@dataclass
class Run:
    """A finished run, as read from its folder.

    Attributes:
        folder: holds run.json, predictions.jsonl and perhaps model/.
        record: the content of run.json.
        items: a DataFrame with a row for each answer, in the order of what was asked. Of
            dialogues (`Summarization`): id, prediction, its ROUGE scores, and where the dataset
            has facts, its fact scores. Of several tasks (`Mixture`): task, prediction, answer,
            counts; such a run has neither `scores` nor `intervals`.
    """

    folder: Path
    record: dict
    items: pd.DataFrame

    @property
    def name(self) -> str:
        """The system's name, such as "lora"."""
        return self.record["name"]

    @property
    def predictions(self) -> list[str]:
        """One text for each row of `items`."""
        return self.items["prediction"].tolist()

    @property
    def scores(self) -> pd.DataFrame:
        """ROUGE of each dialogue, shape (dialogues, 4), 0-1."""
        return self.items[list(METRICS)]

    @property
    def intervals(self) -> dict[str, dict[str, float]]:
        """{metric: {"mean", "low", "high"}} of ROUGE and, where they are known, the facts."""
        return self.record["rouge"] | self.record.get("facts", {})

    @property
    def has_facts(self) -> bool:
        """Whether the predictions were scored by the facts of their dialogues too."""
        return "facts" in self.record

    @property
    def scoring(self) -> int:
        """The `evaluation.SCORING` it was scored by; today's for a run without such scores."""
        return self.record.get("scoring", 1) if "rouge" in self.record else SCORING

    @property
    def model_folder(self) -> Path:
        """Where the trained checkpoint or adapter lies."""
        return self.folder / "model"


def run_folder(track: Track, name: str, settings: dict) -> Path:
    """The folder of a run: its name and a digest of all that decides its outcome.

    Runs with other settings lie side by side, so none is overwritten or mistaken for another.
    """
    text = json.dumps(identity(track, settings), sort_keys=True)
    return track.artifacts / "runs" / f"{name.replace(' ', '-')}-{digest(text)[:8]}"


def identity(track: Track, settings: dict) -> dict:
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


def trained_alike(track: Track, name: str, settings: dict) -> Run | None:
    """A finished run that was trained as this one is to be, and tested on other dialogues."""
    for path in sorted((track.artifacts / "runs").glob(f"*/{RECORD}")):
        with suppress(LabError):  # a damaged one is no reason to stop this one
            found = load_run(path.parent)
            if found is None or found.name != name or not found.model_folder.is_dir():
                continue
            for tested in (None, found.record["test_dialogues"]):
                asked = replace(track, test_dialogues=tested)
                if found.folder == run_folder(asked, name, settings):
                    return found
    return None


def plain(settings: Any) -> Any:
    """Settings (dataclasses, peft's configs, or dicts of them) as JSON values."""
    if is_dataclass(settings) and not isinstance(settings, type):
        settings = asdict(settings)
        settings.pop("peft_version", None)  # of the package, which `versions` tells
        for name, default in CAME_LATER.items():
            if settings.get(name) == default:
                del settings[name]
    if isinstance(settings, dict):
        return {str(key): plain(value) for key, value in settings.items()}
    if isinstance(settings, set):
        return sorted(settings)
    return json.loads(json.dumps(settings))


def save_run(folder: str | Path, record: dict, items: pd.DataFrame) -> Run:
    """Write predictions.jsonl, then run.json, whose presence says that the run is finished."""
    folder = Path(folder)
    lines = [json.dumps(item, ensure_ascii=False) for item in items.to_dict("records")]
    text = "\n".join(lines) + "\n"
    write_text(folder / "predictions.jsonl", text)
    counted = {"items": len(items), "predictions_sha256": digest(text)}
    record = {**record, **counted, "versions": versions()}
    write_json(folder / RECORD, record)
    return Run(folder, read_json(folder / RECORD), items)


def digest(text: str) -> str:
    """The SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def load_run(
    folder: str | Path, columns: tuple[str, ...] = ("id", "prediction", *METRICS)
) -> Run | None:
    """The finished run in a folder, or None if there is none; its items must have the columns.

    Raises:
        LabError: its files cannot be read.
    """
    folder = Path(folder)
    if not (folder / RECORD).is_file():
        return None
    try:
        record = read_json(folder / RECORD)
        # A mixture of tasks has no number of test dialogues where all are tested.
        needed = RECORDED | SUMMARIZED if METRICS[0] in columns else RECORDED
        if lacking := [key for key in needed if key not in record]:
            raise ValueError(f"run.json lacks {', '.join(lacking)}")
        for key, kind in needed.items():
            if not isinstance(record[key], kind):
                raise ValueError(f"in run.json {key} is no {kind.__name__.lower()}")
        if "facts" in record:
            columns = tuple(dict.fromkeys([*columns, *FACT_METRICS]))
        text = (folder / "predictions.jsonl").read_text("utf-8")
        items = pd.DataFrame([json.loads(line) for line in text.split("\n") if line])
        items[list(columns)]
        check_name("the run's name", record["name"])
        if len(items) != record["items"]:
            raise ValueError(f"{len(items)} predictions, not {record['items']}")
        if record.get("predictions_sha256", digest(text)) != digest(text):
            raise ValueError("predictions.jsonl is not the one that was scored")
        scores = {**record.get("rouge", {}), **record.get("facts", {})}
        for metric in (column for column in columns if column in (*METRICS, *FACT_METRICS)):
            found = scores[metric]
            same = abs(items[metric].mean() - found["mean"]) < 1e-6  # nor NaN
            if not same or not 0 <= found["low"] <= found["high"]:
                raise ValueError(f"the scores are not those of run.json ({metric})")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LabError(
            f"The run in {folder} is damaged ({first_line(error)}). Delete the folder, and it is "
            "made again."
        ) from error
    return Run(folder, record, items)


def report(track: Track, runs: list[Run], **more: Any) -> dict:
    """The comparison of runs on the same dialogues as one object: artifacts/<track>/report.json.

    `more` is what else is to be told, such as the seconds that all took.
    """
    record = runs[0].record
    return {
        **{key: record[key] for key in ("track", "model", "dataset", "seed", "device", "scorer")},
        "test_dialogues": record["test_dialogues"],
        "references_per_dialogue": record["references_per_dialogue"],
        **more,
        "systems": [
            {
                **{key: run.record[key] for key in REPORTED},
                **({"facts": run.record["facts"]} if run.has_facts else {}),
                # Its seconds are those from there on.
                **{key: run.record[key] for key in ("resumed_from_step",) if run.record.get(key)},
                "run": run.folder.relative_to(track.artifacts).as_posix(),
            }
            for run in runs
        ],
    }


RECORDED = {
    **dict.fromkeys(("name", "finished", "device"), str),
    **dict.fromkeys(("items", "seed", "steps", "trainable_parameters", "total_parameters"), Number),
    **dict.fromkeys(("train_rows", "train_seconds"), Number),
    **{"settings": dict, "history": list},
}
"""What every run.json has, and of what kind."""

SUMMARIZED = {
    **dict.fromkeys(("track", "model", "dataset", "device_name", "scorer"), str),
    **dict.fromkeys(("test_dialogues", "references_per_dialogue", "reference_words"), Number),
    **dict.fromkeys(("peak_memory_mib", "saved_mib"), Number),
    **dict.fromkeys(("failures", "rouge"), dict),
}
"""What that of a system that summarizes has, too: tables and reports show it."""

REPORTED = ("name", "rouge", "trainable_parameters", "total_parameters", "train_rows",
            "train_seconds", "peak_memory_mib", "saved_mib")  # fmt: skip


def versions() -> dict[str, str]:
    """{package: version} of what computes the numbers, and Python's."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
