"""What might make the tiny track faster on a CPU, each timed beside this lab's way, in one run.

Training: torch.compile, and bf16 where the CPU computes in it. Answers: bf16, and CTranslate2 if it
is installed. What a way needs before its first row is its start-up: a whole training or test takes
that too, and only what is faster with it counted is worth using.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from labutils.common.device import device_name
from labutils.data import load_dialogues
from labutils.models import load_model, load_tokenizer
from labutils.prompts import fit_prompts
from labutils.settings import check_number
from labutils.summarization import encode, summarize
from labutils.tracks import Track, tiny_track
from labutils.training import batch_examples, mean_loss, mixed_precision, validation_batches
from labutils.views.tables import markdown
from tools import bench_ways as ways

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedModel

LAB = "this lab"
Work = Callable[[int], Any]
"""Does all rows once, given the number of the round; returns what is compared."""


@dataclass
class Way:
    """One way to train or to answer: what it does, and what was measured of it."""

    work: Work
    startup: float = 0.0
    seconds: list[float] = field(default_factory=list)
    found: Any = None


def has_bf16() -> bool:
    """Whether this CPU multiplies in bfloat16 itself; others unpack it, which takes longer."""
    import torch

    # Nothing public tells.
    asked = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, lambda: False)() for name in asked)


def bench_cpu(*, rounds: int = 5, dialogues: int = 64) -> dict[str, Any]:
    """Time each way in turn, round after round, and compare their medians.

    Args:
        rounds: timed rounds, after a first one, which has the start-up.
        dialogues: training rows of a round, and test dialogues to answer.

    Returns:
        {"device", "model", "threads", "rounds", "dialogues", "training": {"rows": of a whole one,
        "ways": {way: {"ms" an example, "speedup", "startup_s", "whole_s", "validation_loss"}}},
        "answers": {"rows", "ways": {way: {"ms" a dialogue, ..., "same": share of equal ones}}},
        "left_out": {way: why}}.

    Raises:
        LabError: sizes out of range.
    """
    import torch
    from tqdm.auto import tqdm

    check_number("rounds", rounds, minimum=1, whole=True)
    check_number("dialogues", dialogues, minimum=1, whole=True)
    track = tiny_track()
    splits = load_dialogues(track)
    test = splits["test"].select(range(min(dialogues, len(splits["test"]))))
    train = splits["train"].select(range(min(dialogues, len(splits["train"]))))
    with tempfile.TemporaryDirectory() as folder, _compiled_anew(folder):
        training, left_out = _training_ways(
            track, encode(track, train, load_tokenizer(track.model))
        )
        answering, also_left_out = _answering_ways(track, list(test["dialogue"]), Path(folder))
        with tqdm(total=(rounds + 1) * (len(training) + len(answering)), desc="bench") as bar:
            for number in range(rounds + 1):
                for name, way in [*training.items(), *answering.items()]:
                    bar.set_postfix_str(name)
                    start = time.perf_counter()
                    way.found = way.work(number)
                    way.seconds.append(time.perf_counter() - start)
                    bar.update()
    whole = round(track.full.recipe.epochs * len(splits["train"]))
    answers = answering[LAB].found
    told: dict[str, Any] = {
        "training": _told(training, len(train), whole),
        "answers": _told(answering, len(test), len(splits["test"])),
    }
    for name, way in training.items():
        told["training"]["ways"][name]["validation_loss"] = round(way.found(), 4)
    for name, way in answering.items():
        same = sum(one == other for one, other in zip(way.found, answers)) / len(answers)
        told["answers"]["ways"][name]["same"] = round(same, 3)
    return {
        "device": device_name("cpu"),
        "model": track.model_name,
        "threads": torch.get_num_threads(),
        "rounds": rounds,
        "dialogues": dialogues,
        **told,
        "left_out": left_out | also_left_out,
    }


def _told(measured: dict[str, Way], rows: int, whole: int) -> dict[str, Any]:
    """What was measured of ways that do so many rows a round, and what `whole` rows would take."""
    steady = {name: median(way.seconds[1:]) for name, way in measured.items()}
    found = {}
    for name, way in measured.items():
        startup = way.startup + max(0.0, way.seconds[0] - steady[name])
        found[name] = {
            "ms": round(1000 * steady[name] / rows, 2),
            "speedup": round(steady[LAB] / steady[name], 2),
            "startup_s": round(startup, 1),
            "whole_s": round(startup + whole * steady[name] / rows, 1),
        }
    return {"rows": whole, "ways": found}


@contextmanager
def _compiled_anew(folder: str) -> Iterator[None]:
    """What torch.compile keeps on the disk would hide its start-up."""
    import torch
    from torch._inductor.utils import fresh_cache

    torch.compiler.reset()
    with fresh_cache(dir=folder):
        yield


def _training_ways(track: Track, examples: Dataset) -> tuple[dict[str, Way], dict[str, str]]:
    """({way: it}, {what is left out: why}); each trains a model of its own from equal weights."""
    tokenizer = load_tokenizer(track.model)
    held_out = encode(track, load_dialogues(track)["validation"], tokenizer)
    recipe = replace(track.full.recipe, epochs=1)
    work = ways.Workload({}, tokenizer, [], examples, track.max_summary_tokens, "")

    def way(precision: str = "fp32", compiled: bool = False) -> Way:
        model = load_model(track.model, dropout=recipe.dropout)
        own = replace(recipe, precision=precision)
        if compiled:
            model.compile(dynamic=True)

        def validation_loss() -> float:
            plain = load_model(track.model)  # another kind of pass would be compiled anew
            plain.load_state_dict(model.state_dict())
            batches = validation_batches(held_out, batch_examples(tokenizer), own)
            return mean_loss(plain, batches, precision)

        def train(number: int) -> Callable[[], float]:
            settings = replace(own, seed=own.seed + number)
            for _ in ways.our_steps(model, work, examples, settings):
                pass
            return validation_loss

        return Way(train)

    found = {LAB: way(), "torch.compile": way(compiled=True)}
    if not has_bf16():
        return found, {"bf16": "this CPU does not compute in it"}
    return {**found, "bf16": way("bf16")}, {}


def _answering_ways(
    track: Track, dialogues: list[str], folder: Path
) -> tuple[dict[str, Way], dict[str, str]]:
    """The same for answers."""
    model, tokenizer = load_model(track.model), load_tokenizer(track.model)
    prompts = fit_prompts(dialogues, tokenizer, max_tokens=track.max_prompt_tokens)

    def way(precision: str) -> Way:
        def answer(_: int) -> list[str]:
            with mixed_precision(model, precision):
                return summarize(track, model, tokenizer, prompts)

        return Way(answer)

    found, left_out = {LAB: way("fp32")}, {}
    if has_bf16():
        found["bf16"] = way("bf16")
    if find_spec("ctranslate2") is None:
        left_out["CTranslate2"] = "it is not installed"
    else:
        found |= _ctranslate2_ways(model, tokenizer, prompts, folder, track.max_summary_tokens)
    return found, left_out


def _ctranslate2_ways(
    model: PreTrainedModel, tokenizer: Any, prompts: list[str], folder: Path, most: int
) -> dict[str, Way]:
    """CTranslate2's, whose start-up has its conversion."""
    from labutils.own_chats.runtimes import Answering, write_ctranslate2

    def way(answer: Answering, startup: float) -> Way:
        def answers(_: int) -> list[str]:
            tokens = answer(tokenizer(prompts)["input_ids"])
            texts = tokenizer.batch_decode(tokens, skip_special_tokens=True)
            return [text.strip() for text in texts]

        return Way(answers, startup)

    start = time.perf_counter()
    (written := folder / "ctranslate2").mkdir()
    systems = write_ctranslate2(model, tokenizer, written, most)
    startup = (time.perf_counter() - start) / len(systems)
    return {name: way(answer, startup) for name, (answer, _) in systems.items()}


def cpu_rows(found: dict[str, Any]) -> str:
    """A `bench_cpu` as a Markdown table, with what was measured under it."""
    rows = []
    for kind, how in (("training", "validation_loss"), ("answers", "same")):
        for name, way in found[kind]["ways"].items():
            result = (
                f"validation loss {way[how]:.3f}" if kind == "training" else f"{way[how]:.0%} equal"
            )
            cells = [kind, name, f"{way['ms']:,.1f}", f"{way['speedup']:.2f} x"]
            rows.append([*cells, f"{way['startup_s']:.1f}", f"{way['whole_s']:,.0f}", result])
    heads = ["", "way", "ms each", "as fast", "start-up, s", "in all, s", ""]
    lines = [
        markdown(heads, rows),
        f"\n{found['model']} on a {found['device']}, {found['threads']} threads; medians of "
        f"{found['rounds']} rounds in turn, with {found['dialogues']} chats each. In all: start-up "
        f"and {found['training']['rows']:,} examples, the lab's full training, or "
        f"{found['answers']['rows']} answers, its test.",
    ]
    for name, why in found["left_out"].items():
        lines.append(f"{name} is left out: {why}.")
    return "\n".join(lines)
