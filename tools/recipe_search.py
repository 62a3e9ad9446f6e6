"""Search the tiny track's training settings, on validation only.

    python -m tools.recipe_search                       # all candidates that have no result yet
    python -m tools.recipe_search full-2-2e-3           # some of them
    python -m tools.recipe_search --table               # the results so far, best first

A candidate is trained on all training rows and summarizes all validation dialogues; the test
split is not opened. Its result lies in data/results/recipes/<candidate>.json, and a candidate
that has one is not trained again.
"""

import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from labutils.adapters import add_lora
from labutils.common.files import read_json
from labutils.data import load_dialogues
from labutils.models import load_model, load_tokenizer
from labutils.settings import LoraSettings, TrainingSettings
from labutils.systems import encode, validator
from labutils.tracks import tiny_track
from labutils.training import fine_tune
from tools.candidates import search

FOLDER = Path(__file__).resolve().parent.parent / "data" / "results" / "recipes"
ALL_LINEAR = ("q", "k", "v", "o", "wi_0", "wi_1", "wo")
SHOWN = ("facts", "outcome", "facts_f1", "new_name", "new_number", "all_right", "rouge1")


@dataclass(frozen=True)
class Candidate:
    """Settings to try: a full fine-tuning, or LoRA where there is an adapter."""

    training: TrainingSettings
    adapter: LoraSettings | None = None


def training(epochs: float, learning_rate: float, **changes: Any) -> TrainingSettings:
    """The settings that all candidates share, with these."""
    shared = dict(batch_size=4, accumulation=1, dropout=0.0, validations=1)
    return TrainingSettings(epochs=epochs, learning_rate=learning_rate, **(shared | changes))


def adapter(rank: int, alpha: float, targets: tuple[str, ...] = ALL_LINEAR) -> LoraSettings:
    """A LoRA without dropout."""
    return LoraSettings(rank=rank, alpha=alpha, dropout=0.0, targets=targets)


HEAD = adapter(5, 30, (*ALL_LINEAR, "lm_head"))
CANDIDATES = {
    "full-2-1.5e-3": Candidate(training(2, 1.5e-3)),
    "full-2-2e-3": Candidate(training(2, 2e-3)),
    "full-2-3e-3": Candidate(training(2, 3e-3)),
    "lora-2-3e-3-head": Candidate(training(2, 3e-3), HEAD),
    "lora-2-2e-3-head": Candidate(training(2, 2e-3), HEAD),
    "lora-2-1e-2-head": Candidate(training(2, 1e-2), HEAD),
}


def measured(name: str) -> dict:
    """Train a candidate and score it on the validation split."""
    candidate, track = CANDIDATES[name], tiny_track()
    track = replace(track, validation_dialogues=10_000)
    dialogues, tokenizer = load_dialogues(track), load_tokenizer(track.model)
    settings = candidate.training
    torch.manual_seed(settings.seed)
    model = load_model(track.model, track.device, dropout=settings.dropout)
    if candidate.adapter:
        model = add_lora(model, candidate.adapter)
    with TemporaryDirectory() as folder:
        result = fine_tune(
            model,
            tokenizer,
            encode(track, dialogues["train"], tokenizer),
            encode(track, dialogues["validation"], tokenizer),
            settings,
            folder,
            validate=validator(track, dialogues["validation"], tokenizer),
            keep_best=False,
        )
    scores = result["history"][-1]
    return {
        "name": name,
        "training": asdict(settings),
        "lora": asdict(candidate.adapter) if candidate.adapter else None,
        "trainable_share": result["trainable_parameters"] / result["total_parameters"],
        "train_rows": len(dialogues["train"]),
        "validation_dialogues": len(dialogues["validation"]),
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
