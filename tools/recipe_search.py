"""Search the tiny track's training settings, on validation only.

    python -m tools.recipe_search                       # all candidates that have no result yet
    python -m tools.recipe_search full-2-2e-3           # some of them
    python -m tools.recipe_search --table               # the results so far, best first

A candidate is trained on all training rows and summarizes all validation dialogues; the test
split is not opened. Its result lies in data/results/recipes/<candidate>.json, and a candidate
that has one is not trained again.
"""

import sys
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from labutils.common.files import read_json
from labutils.engine import train
from labutils.methods import Method
from labutils.settings import LoraSettings, TrainingSettings
from labutils.summarization import Summarization
from labutils.tracks import tiny_track
from tools.candidates import search

FOLDER = Path(__file__).resolve().parent.parent / "data" / "results" / "recipes"
ALL_LINEAR = ("q", "k", "v", "o", "wi_0", "wi_1", "wo")
SHOWN = ("facts", "outcome", "facts_f1", "new_name", "new_number", "all_right", "rouge1")


def training(epochs: float, learning_rate: float, **changes: Any) -> TrainingSettings:
    """The settings that all candidates share, with these."""
    shared = dict(batch_size=4, accumulation=1, dropout=0.0, validations=1)
    return TrainingSettings(epochs=epochs, learning_rate=learning_rate, **(shared | changes))


def adapter(rank: int, alpha: float, targets: tuple[str, ...] = ALL_LINEAR) -> LoraSettings:
    """A LoRA without dropout."""
    return LoraSettings(rank=rank, alpha=alpha, dropout=0.0, targets=targets)


HEAD = adapter(5, 30, (*ALL_LINEAR, "lm_head"))
CANDIDATES = {
    method.name: method
    for method in (
        Method("full-2-1.5e-3", training(2, 1.5e-3)),
        Method("full-2-2e-3", training(2, 2e-3)),
        Method("full-2-1e-3", training(2, 1e-3)),
        Method("lora-2-3e-3-head", training(2, 3e-3), HEAD),
        Method("lora-2-2e-3-head", training(2, 2e-3), HEAD),
        Method("lora-2-5e-3-head", training(2, 5e-3), HEAD),
    )
}


def measured(name: str) -> dict:
    """Train a candidate and score it on the validation split."""
    method, track = CANDIDATES[name], tiny_track()
    tasks = Summarization(replace(track, validation_dialogues=10_000))
    with TemporaryDirectory() as folder:
        result = train(method, track, tasks, Path(folder))
    scores = result["history"][-1]
    return {
        "name": name,
        "training": asdict(method.recipe),
        "lora": asdict(method.adapter) if method.adapter else None,
        "trainable_share": result["trainable_parameters"] / result["total_parameters"],
        "train_rows": len(tasks.dialogues["train"]),
        "validation_dialogues": len(tasks.dialogues["validation"]),
        "seconds": result["seconds"],
        "validation_loss": scores["validation_loss"],
        **{metric: round(scores[metric], 4) for metric in SHOWN},
    }


def print_table() -> None:
    """Print the results, best facts F1 first."""
    results = [read_json(path) for path in FOLDER.glob("*.json")]
    print(f"{'':24}" + "".join(f"{metric:>11}" for metric in SHOWN))
    for result in sorted(results, key=lambda result: -result["facts_f1"]):
        print(f"{result['name']:24}" + "".join(f"{result[metric]:11.3f}" for metric in SHOWN))


if __name__ == "__main__":
    sys.exit(search(__doc__.splitlines()[0], CANDIDATES, FOLDER, measured, print_table))
