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
from typing import Any

import pandas as pd

from labutils.adapters import merge_adapter
from labutils.common.errors import LabError
from labutils.common.files import (
    put_back,
    read_json,
    rename,
    replace_folder,
    saving,
    scratch,
    unfinished,
    write_json,
    write_text,
)
from labutils.common.sharding import shards
from labutils.common.table_files import read_table
from labutils.common.text import counted
from labutils.data import dialogue_id, split_file
from labutils.engine import baselines, load_system, make_run
from labutils.evaluation.intervals import (
    Difference,
    bootstrap_interval,
    holm,
    items_needed,
    paired_difference,
)
from labutils.methods import ZERO_SHOT, Method
from labutils.models import save_model
from labutils.own_chats.model_card import CARD_FILE, model_card
from labutils.own_chats.preparing import PREPARED
from labutils.own_chats.splitting import FEW_TESTED, GROUP
from labutils.runs import RECORD, Run
from labutils.summarization import Summarization
from labutils.tracks import Track
from labutils.training import check_processes
from labutils.views.tables import METRIC_NAMES, captioned, protocol, share_told

METRIC, IN_TABLE = "rougeL", ("rouge1", "rougeL")
MODEL_FOLDERS, RESULTS = ("model", "merged"), "results.json"
TOLD = (RESULTS, CARD_FILE, RECORD)
"""What is handed over; results.json comes last, so that the set is whole once it is there."""

WORK, MARK = "work", "made_by_tune.json"
"""Beside it, what a killed tuning goes on from."""

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
        If the dataset tells the group of each test chat, their items have it as a column, and
        whole groups are resampled.
    """
    method = with_enough_steps(method, track)
    check_processes(Summarization(track).training_rows(method), method.recipe)
    runs = [*baselines(track), make_run(ZERO_SHOT, track), make_run(method, track)]
    groups = _groups(track)
    for run in runs if groups else ():
        run.items[GROUP] = [groups[name] for name in run.items["id"]]
    return runs


def _groups(track: Track) -> dict[str, str]:
    """{test chat: its group}, as `preparing` writes it; {} where that is not told of each."""
    if not Path(track.dataset).is_dir():
        return {}
    rows = read_table(split_file(track.dataset, "test"))
    told = all(row.get(GROUP) for row in rows)
    return {dialogue_id(row["id"]): row[GROUP] for row in rows if told}


def _preparation(track: Track) -> dict | None:
    """What `preparing` noted beside the chats, if it wrote them."""
    record = Path(track.dataset) / PREPARED
    found = read_json(record) if record.is_file() else None
    told = found.get("chats") if isinstance(found, dict) else None
    return found if isinstance(told, dict) and "validation" in told else None


def with_enough_steps(method: Method, track: Track) -> Method:
    """The method with so many epochs that it takes FEWEST_STEPS steps, or MOST_EPOCHS."""
    recipe = method.recipe
    steps = math.ceil(Summarization(track).training_rows(method) / recipe.effective_batch)
    enough = min(MOST_EPOCHS, math.ceil(FEWEST_STEPS / steps))
    return method.variant(epochs=max(recipe.epochs, enough), validations=max(recipe.validations, 6))


@dataclass(frozen=True)
class Rival:
    """Another system that the tuned model is compared with.

    Attributes:
        name: of it.
        difference: the tuned model's ROUGE-L minus its (0-1), paired by chat; groups of chats are
            resampled where they are known.
        settled: whether the p-value is below 0.05 after Holm's correction for all rivals, and
            there are chats (or groups of them) enough that this can be no mere luck of signs.
    """

    name: str
    difference: Difference
    settled: bool


def rivals(runs: Sequence[Run]) -> list[Rival]:
    """Every other system against the last one, the closest first."""
    *others, tuned = runs
    how: dict[str, Any] = dict(groups=tuned.items.get(GROUP), seed=tuned.record["seed"])
    found = [paired_difference(tuned.items[METRIC], run.items[METRIC], **how) for run in others]
    corrected = holm([difference.p for difference in found])
    pairs = [
        Rival(run.name, difference, p < 0.05)
        for run, difference, p in zip(others, found, corrected)
    ]
    return sorted(pairs, key=lambda rival: rival.difference.mean)


def deciding(found: Sequence[Rival]) -> Rival:
    """Of `rivals` the one that a verdict rests on.

    The best of those that are settled to be better than the tuned model; else the closest of those
    that are not settled, as a noisy one may be further off; else, where the tuned model is settled
    to be better than all, the closest.
    """
    better = [rival for rival in found if rival.settled and rival.difference.mean < 0]
    unsettled = [rival for rival in found if not rival.settled]
    return (better or unsettled or list(found))[0]


def verdict(runs: Sequence[Run]) -> str:
    """Whether the tuned model is better than the base and every trivial system, in sentences.

    Where that is open, it says how many test chats would settle a difference as large as the one
    seen (80% power).
    """
    tuned, closest = runs[-1], deciding(rivals(runs))
    chats, difference = len(tuned.items), closest.difference
    against = f"ROUGE-L {difference} against {closest.name}"
    if closest.settled and difference.mean > 0:
        said = (
            f"The tuned model ({tuned.name}) is better than the untouched model and every trivial "
            f"system: {against}, the closest of them, on {counted(chats, 'test chat')}."
        )
    elif closest.settled:
        said = (
            f"The tuned model ({tuned.name}) is worse than {closest.name}: {against}, on "
            f"{counted(chats, 'test chat')}."
        )
    else:
        said = (
            f"Not settled: {against} may be luck on {counted(chats, 'test chat')}. "
            + _to_settle(difference, chats, " in groups like these" * (_independent(tuned) < chats))
        )
    if min(chats, _independent(tuned)) < FEW_TESTED:
        said += (
            f" But {chats} chats{_of_groups(tuned)} are few: read the summaries, and test on more "
            "before you rely on this."
        )
    return f"{said} {_what_was_resampled(tuned)}"


def _independent(run: Run) -> int:
    """How many things were resampled: groups of chats, or chats."""
    return run.items[GROUP].nunique() if GROUP in run.items else len(run.items)


def _of_groups(run: Run) -> str:
    groups = _independent(run)
    return f" of {counted(groups, 'group')}" if groups < len(run.items) else ""


def _what_was_resampled(run: Run) -> str:
    """What the intervals and p-values rest on, in a sentence."""
    if (groups := _independent(run)) < len(run.items):
        return (
            f"What was resampled: {counted(groups, 'group')} of test chats that are one customer's "
            "or nearly the same, each as a whole."
        )
    return "What was resampled: single chats; no two are known to be one customer's."


def _to_settle(difference: Difference, chats: int, grouped: str) -> str:
    """How many test chats it takes to see a difference as large as this."""
    if not difference.mean:
        return "No number of chats shows a difference of zero."
    if not difference.spread:  # between two chats that differ alike, or of one alone
        return "So few chats do not tell how much a difference varies: test on more."
    needed = items_needed(difference.spread, difference.mean)
    if needed <= chats:
        more = "Chats of a few customers more" if grouped else "A few chats more"
        return f"{more} should settle it, if the difference is as large as it looks."
    return (
        f"If the difference is as large as it looks, about {needed:,} test chats{grouped} would "
        "show it four times out of five."
    )


def results_table(runs: Sequence[Run]) -> pd.DataFrame:
    """A system per row: ROUGE with 95% intervals (0-1), shares of summaries that invent."""
    table = pd.DataFrame({run.name: _results(run) for run in runs}).T
    by = "group of chats" if _of_groups(runs[-1]) else "dialogue"
    return captioned(table, f"{protocol(runs, by)} New: in the summary, and not in its chat.")


def _results(run: Run) -> dict[str, str]:
    counts = run.record["failures"]
    how: dict[str, Any] = dict(groups=run.items.get(GROUP), seed=run.record["seed"])
    return {
        **{METRIC_NAMES[name]: str(bootstrap_interval(run.items[name], **how))
           for name in IN_TABLE},
        **{f"with a new {kind}": share_told(counts, f"new_{kind}s") for kind in ("name", "number")},
    }  # fmt: skip


def hand_over(track: Track, runs: Sequence[Run], folder: Path) -> None:
    """Put the tuned model where it can be taken from: its weights, its card, its record.

    An adapter comes merged into its base as well. Plain transformers loads `merged/` (or `model/`
    of a full fine-tuning), plain peft the adapter in `model/`.

    An older set is replaced once the new one is whole, and each folder as `replace_folder` does. If
    that is killed, results.json is not there, and `tune` hands over again.

    Args:
        track, runs: of `tune`.
        folder: takes model/, merged/, README.md, run.json (what `summarize` and `app` read
            limits from) and results.json; there may be an older set.

    Raises:
        LabError: the folder cannot be written, or the disk is full.
    """
    closest, tuned, said = deciding(rivals(runs)), runs[-1], verdict(runs)
    results = {
        "systems": {run.name: run.record for run in runs},
        "closest": {"name": closest.name, "settled": closest.settled},
        "verdict": said,
    }
    with saving(folder), scratch(folder / "set") as new:
        with unfinished(new / "model") as copy:
            shutil.copytree(tuned.model_folder, copy)
        if tuned.record["settings"].get("adapter"):
            model, tokenizer = load_system(track, tuned)
            save_model(merge_adapter(model), tokenizer, new / "merged")
        card = model_card(tuned.record, results_table(runs), said, _preparation(track))
        write_text(new / CARD_FILE, card)
        write_json(new / RECORD, tuned.record)
        write_json(new / RESULTS, results)
        _replace_set(new, folder)


def _replace_set(new: Path, folder: Path) -> None:
    for name in TOLD:  # of the older model
        (folder / name).unlink(missing_ok=True)
    for name in MODEL_FOLDERS:
        if (new / name).exists():
            replace_folder(new / name, folder / name)
        elif (folder / name).exists():  # of an adapter, where all weights were trained now
            rename(folder / name, new / name)
    for name in reversed(TOLD):
        rename(new / name, folder / name)


def check_out(folder: Path, force: bool) -> None:
    """Raise LabError unless a model can be handed over to the folder without losing anything."""
    for name in MODEL_FOLDERS:
        put_back(folder / name)
    if folder.exists() and not folder.is_dir():
        raise LabError(f"{folder} is a file; choose another name.")
    there = [name for name in (*MODEL_FOLDERS, *TOLD) if (folder / name).exists()]
    work = folder / WORK
    begun = (work / MARK).is_file()
    if work.exists() and not begun and (RESULTS not in there or not force):
        raise LabError(f"{work} is there and not of a tuning; choose another folder.")
    unfinished = begun and RESULTS not in there
    if there and not force and not unfinished:
        raise LabError(
            f"{folder / there[0]} is there already; choose another folder, or add --force."
        )


def begin(folder: Path) -> None:
    """Mark the folder as one of a tuning, which may be gone on with."""
    write_json(folder / WORK / MARK, {"made_by": "python -m labutils tune"})


def method_for(track: Track, name: str | None) -> Method:
    """The track's full or LoRA method by name; by default what `planning.plan` finds room for.

    That is full, or LoRA where full does not fit into this GPU's memory (without one: this
    machine's), and is printed with its reason.

    Raises:
        LabError: another name.
    """
    if name not in (None, "full", "lora"):
        raise LabError(f"The method is {name!r}; it must be full or lora.")
    if name is None:
        name = _method_that_fits(track)
    return track.lora if name == "lora" else track.full


def _method_that_fits(track: Track) -> str:
    import psutil

    from labutils.planning import Card, card_of, plan

    card, place, gpus = card_of(), "GPU", shards()
    if track.device == "cpu":
        # All of it, so that a tuning that goes on chooses as it did before.
        card, place, gpus = Card(psutil.virtual_memory().total / 2**30, "fp32", 0), "machine", 1
    full = plan(track.model, "full", card, gpus=gpus)
    said = f"full fine-tuning needs {full.peak_memory_mib / 1024:.1f} GiB"
    if not full.fits:
        lora = plan(track.model, "lora", card, gpus=gpus, lora=track.lora.adapter)
        said += f", lora {lora.peak_memory_mib / 1024:.1f}"
    name = "full" if full.fits else "lora"
    print(
        f"Method: {name}, because {said}, and this {place} has {card.memory_gib:.1f}"
        + ("." if full.fits or lora.fits else ": too little; a smaller --model may fit.")
    )
    return name
