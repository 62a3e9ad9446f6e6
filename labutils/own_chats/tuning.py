"""Fine-tune on chats of one's own, and say honestly what that brought.

runs = tune(track, track.lora)          # the trivial systems, the base, the tuned model
print(verdict(runs))
hand_over(track, runs, Path("my-model"))
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from labutils.adapters import merge_adapter
from labutils.common.errors import LabError
from labutils.common.files import write_json, write_text
from labutils.engine import baselines, load_system, make_run
from labutils.evaluation.intervals import (
    Difference,
    Interval,
    holm,
    items_needed,
    paired_difference,
)
from labutils.methods import ZERO_SHOT, Method
from labutils.models import save_model
from labutils.own_chats.model_card import model_card
from labutils.own_chats.splitting import FEW_TESTED
from labutils.runs import Run
from labutils.tracks import Track
from labutils.views.tables import METRIC_NAMES, protocol

METRIC, SHOWN = "rougeL", ("rouge1", "rougeL")
FEWEST_STEPS, MOST_EPOCHS = 300, 20
"""Few chats are gone through more often. The checkpoint that is best on validation is kept, so
passes too many cost time and nothing else."""


def tune(track: Track, method: Method) -> list[Run]:
    """The trivial systems, the untouched base and the tuned model, tested on the same chats.

    Args:
        track: with the chats as its dataset (`choose_track(dataset=folder)`).
        method: `track.full` or `track.lora`; few chats are gone through more often.

    Returns:
        Runs, the tuned model's last; those of a killed call are found, or its training resumed.
    """
    return [
        *baselines(track),
        make_run(ZERO_SHOT, track),
        make_run(with_enough_steps(method, track), track),
    ]


def with_enough_steps(method: Method, track: Track) -> Method:
    """The method with so many epochs that it takes FEWEST_STEPS steps, or MOST_EPOCHS."""
    from labutils.summarization import Summarization

    recipe = method.recipe
    steps = math.ceil(Summarization(track).training_rows(method) / recipe.effective_batch)
    enough = min(MOST_EPOCHS, math.ceil(FEWEST_STEPS / steps))
    return method.variant(epochs=max(recipe.epochs, enough), validations=max(recipe.validations, 6))


@dataclass(frozen=True)
class Rival:
    """Another system that the tuned model is compared with.

    Attributes:
        name: of it.
        difference: the tuned model's ROUGE-L minus its (0-1), paired by chat.
        settled: whether the p-value is below 0.05 after Holm's correction for all rivals.
    """

    name: str
    difference: Difference
    settled: bool


def rivals(runs: Sequence[Run]) -> list[Rival]:
    """Every other system against the last one, the closest first."""
    *others, tuned = runs
    found = [
        paired_difference(tuned.items[METRIC], run.items[METRIC], seed=tuned.record["seed"])
        for run in others
    ]
    corrected = holm([difference.p for difference in found])
    pairs = [
        Rival(run.name, difference, p < 0.05)
        for run, difference, p in zip(others, found, corrected)
    ]
    return sorted(pairs, key=lambda rival: rival.difference.mean)


def verdict(runs: Sequence[Run]) -> str:
    """Whether the tuned model is better than the base and every trivial system, in sentences.

    Where that is open, it says how many test chats would settle a difference as large as the one
    seen (80 % power). The closest system decides, as the rest are further off.
    """
    tuned, closest = runs[-1], rivals(runs)[0]
    chats, difference = len(tuned.items), closest.difference
    against = f"ROUGE-L {difference} against {closest.name}"
    if closest.settled and difference.mean > 0:
        said = (
            f"{tuned.name} is better than the untouched model and every trivial system: "
            f"{against}, the closest of them, on {chats} test chats."
        )
    elif closest.settled:
        said = f"{tuned.name} is worse than {closest.name}: {against}, on {chats} test chats."
    else:
        said = f"Not settled: {against} may be luck on {chats} test chats. " + _to_settle(
            difference, chats
        )
    if chats < FEW_TESTED:
        said += (
            f" Whatever it says, {chats} chats are few: read the summaries, and test on more "
            "before you rely on it."
        )
    return said


def _to_settle(difference: Difference, chats: int) -> str:
    """How many test chats it takes to see a difference as large as this."""
    if not difference.mean or not difference.spread:
        return "No number of chats shows a difference of zero."
    needed = items_needed(difference.spread, difference.mean)
    if needed <= chats:
        return "A few chats more should settle it, if the difference is as large as it looks."
    return (
        f"If the difference is as large as it looks, about {needed:,} test chats would show it "
        "four times out of five."
    )


def results_table(runs: Sequence[Run]) -> pd.DataFrame:
    """A system per row: ROUGE with 95 % intervals (0-1), shares of summaries that invent."""
    table = pd.DataFrame({run.name: _results(run.record) for run in runs}).T
    table.attrs["caption"] = f"{protocol(runs)} New: in the summary, and not in its chat."
    return table


def _results(record: dict) -> dict[str, str]:
    counts = record["failures"]
    return {
        **{METRIC_NAMES[name]: str(Interval(**record["rouge"][name])) for name in SHOWN},
        **{f"with a {kind}": f"{counts[f'{kind}s'.replace(' ', '_')] / counts['n']:.0%}"
           for kind in ("new name", "new number")},
    }  # fmt: skip


def hand_over(track: Track, runs: Sequence[Run], folder: Path) -> None:
    """Put the tuned model where it can be taken from: its weights, its card, its record.

    An adapter comes merged into its base as well. Plain transformers loads `merged/` (or `model/`
    of a full fine-tuning), plain peft the adapter in `model/`.

    Args:
        track, runs: of `tune`.
        folder: takes model/, merged/, README.md and results.json; there may be an older set.

    Raises:
        LabError: the folder cannot be written, or the disk is full.
    """
    tuned = runs[-1]
    model, tokenizer = load_system(track, tuned)
    parts = {"model": model}
    if hasattr(model, "peft_config"):
        parts["merged"] = merge_adapter(load_system(track, tuned)[0])
    for name, part in parts.items():
        shutil.rmtree(folder / name, ignore_errors=True)
        save_model(part, tokenizer, folder / name)
    closest = rivals(runs)[0]
    results = {
        "systems": {run.name: run.record for run in runs},
        "closest": {"name": closest.name, "settled": closest.settled},
        "verdict": verdict(runs),
    }
    write_json(folder / "results.json", results)
    write_text(folder / "README.md", model_card(tuned.record, results_table(runs), verdict(runs)))


def method_for(track: Track, name: str | None) -> Method:
    """The track's full or LoRA method by name; by default full, or LoRA where full does not fit.

    Raises:
        LabError: another name.
    """
    if name not in (None, "full", "lora"):
        raise LabError(f"The method is {name!r}; it must be full or lora.")
    if name is None and track.device == "cuda":
        from labutils.planning import card_of, plan

        name = "full" if plan(track.model, "full", card_of()).fits else "lora"
    return track.lora if name == "lora" else track.full
