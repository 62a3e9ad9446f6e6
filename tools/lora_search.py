"""Search where the tiny track's LoRA sits, its rank and its alpha, on validation only.

    python -m tools.lora_search                       # all that have no result yet
    python -m tools.lora_search every-layer-7-56-0.004-seed-42
    python -m tools.lora_search --table               # the results so far

Each candidate trains at most 5% of the parameters in the track's three passes and summarizes all
validation dialogues; the test split is not opened. A result lies in data/results/lora, and notebook
3 shows them. Rates around the chosen adapter's are searched by tools/methods_search.py.
"""

import sys
from dataclasses import dataclass, replace

from labutils.common.device import device_name
from labutils.common.files import read_json
from labutils.runs import plain, versions
from labutils.tracks import DATA, tiny_track
from tools.candidates import SHOWN, all_validated, search, validated

FOLDER = DATA / "results" / "lora"
ATTENTION, FEED_FORWARD = ("q", "k", "v", "o"), ("wi_0", "wi_1", "wo")
PLACES = {
    "every-layer": (*ATTENTION, *FEED_FORWARD),
    "every-layer-and-head": (*ATTENTION, *FEED_FORWARD, "lm_head"),
    "values-outputs-and-feed-forward": ("v", "o", *FEED_FORWARD),
    "attention": ATTENTION,
    "feed-forward": FEED_FORWARD,
}
"""{where adapters sit: the linear layers' names}."""


@dataclass(frozen=True)
class Candidate:
    """An adapter and how it is trained."""

    place: str
    rank: int
    alpha: int
    learning_rate: float
    seed: int
    epochs: int = 3
    group_by_length: bool = True

    @property
    def name(self) -> str:
        """Such as "attention-12-96-0.004-seed-43"; what is not the track's is named, too."""
        settings = f"{self.place}-{self.rank}-{self.alpha}-{self.learning_rate:g}"
        passes = f"-{self.epochs}-passes" if self.epochs != 3 else ""
        steps = "" if self.group_by_length else "-random-steps"
        return f"{settings}{passes}{steps}-seed-{self.seed}"


CANDIDATES = {
    candidate.name: candidate
    for candidate in (
        Candidate("every-layer", 7, 56, 4e-3, 42),
        Candidate("every-layer", 7, 56, 4e-3, 43),
        Candidate("every-layer", 7, 56, 4e-3, 44),
        Candidate("every-layer", 7, 56, 4e-3, 43, epochs=2),
        Candidate("every-layer", 7, 56, 4e-3, 43, epochs=2, group_by_length=False),
        Candidate("every-layer", 7, 28, 5e-3, 43),
        Candidate("every-layer", 7, 84, 3e-3, 43),
        Candidate("every-layer-and-head", 5, 30, 5e-3, 43),
        Candidate("values-outputs-and-feed-forward", 10, 80, 4e-3, 43),
        Candidate("attention", 12, 96, 4e-3, 43),
        Candidate("feed-forward", 16, 128, 4e-3, 43),
    )
}


def measured(name: str) -> dict:
    """Train a candidate and score it on all validation dialogues."""
    chosen = CANDIDATES[name]
    track = all_validated(replace(tiny_track(), seed=chosen.seed, device="cpu"))
    method = track.lora.variant(
        adapter={"rank": chosen.rank, "alpha": chosen.alpha, "targets": PLACES[chosen.place]},
        learning_rate=chosen.learning_rate,
        epochs=chosen.epochs,
        group_by_length=chosen.group_by_length,
        seed=chosen.seed,
        validations=1,
    )
    result = validated(method, track)
    last = result["history"][-1]
    scores = {metric: round(last[metric], 4) for metric in SHOWN}
    counts = {key: result[key] for key in ("trainable_parameters", "total_parameters", "steps")}
    losses = {"validation_loss": round(last["validation_loss"], 4)}
    made = {"device_name": device_name(track.device), "versions": versions()}
    return plain({"name": name, **vars(chosen), **losses, "scores": scores, **counts, **made})


def print_table() -> None:
    """Print all records, the best facts F1 first."""
    records = [read_json(path) for path in FOLDER.glob("*.json")]
    for record in sorted(records, key=lambda record: -record["scores"]["facts_f1"]):
        share = record["trainable_parameters"] / record["total_parameters"]
        scores = "  ".join(f"{name} {value:.3f}" for name, value in record["scores"].items())
        print(f"{record['name']:52}{share:6.1%}  {scores}")


if __name__ == "__main__":
    sys.exit(search(__doc__.splitlines()[0], CANDIDATES, FOLDER, measured, print_table))
