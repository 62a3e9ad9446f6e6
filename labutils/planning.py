"""Does a training fit on a GPU, and how long is an epoch: from the model's config alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labutils.adapters import lora_parameters
from labutils.batching import LABEL_COST
from labutils.common.device import choose_device, gpu_memory_gib, precision_of
from labutils.common.errors import LabError
from labutils.common.files import first_line
from labutils.dry_run import FOUR_BITS, NOT_QUANTIZED, Step, played_step
from labutils.models import read_config
from labutils.settings import LoraSettings, check_number

if TYPE_CHECKING:
    from pandas import DataFrame
    from transformers import PretrainedConfig

SHAPES = {
    "google/flan-t5-small": (512, 1024, 8, 6),
    "google/flan-t5-base": (768, 2048, 12, 12),
    "google/flan-t5-large": (1024, 2816, 24, 16),
    "google/flan-t5-xl": (2048, 5120, 24, 32),
    "google/flan-t5-xxl": (4096, 10240, 24, 64),
}
"""d_model, d_ff, layers and heads (of 64) of FLAN-T5, from its configs (arXiv 2210.11416)."""

METHODS = ("full", "lora", "qlora")
LORA = LoraSettings(rank=32, alpha=32, targets=("q", "v"))  # the flan track's


@dataclass(frozen=True)
class Card:
    """A GPU: memory that a program gets in GiB, precision, matmul peak in TFLOP/s by data sheet."""

    memory_gib: float
    precision: str
    peak_tflops: float


CARDS = {
    "T4": Card(14.74, "fp32", 8.1),
    "L4": Card(22, "bf16", 121),
    "A100": Card(40, "bf16", 312),
    "H100": Card(79, "bf16", 989),
}

USED_PEAK = {"fp32": 0.5, "bf16": 0.2}
"""The share of the peak that is assumed to be reached, counted on useful tokens."""

KEPT_FREE = 0.08
"""Share of a card's memory left to fragments and the libraries' own work space."""

EFFECTIVE_BATCH = 32
BATCH_CHOICES = [(16, False), (8, False), (4, False), *((size, True) for size in (16, 8, 4, 2, 1))]
"""(batch size, checkpointing) in the order of speed: recomputing costs a third more, but batches
of one or two leave a GPU idle most of the time."""

DIALOGSUM_ROWS = 12_460
MEAN_LENGTHS: dict[str, Any] = dict(prompt_tokens=181, label_tokens=27)
"""DialogSum's training rows, and their mean lengths in FLAN-T5's tokens."""

LONGEST_LENGTHS: dict[str, Any] = dict(prompt_tokens=512, label_tokens=64)
"""Lengths in the most costly part of a batch: `batching.parts_of_like_length` puts the longest rows
of a batch together."""

UNEVEN = 2.1
"""Pads included, that part costs so many times a part of mean rows: 2.1 to 2.5 times in 2 epochs of
batches of 32 in 2 to 8 parts, drawn at random from DialogSum's lengths."""


@dataclass(frozen=True)
class Plan:
    """How a model can be trained on a card.

    Attributes:
        fits: whether it does; if not, the other fields describe the thriftiest way.
        batch_size, accumulation: rows per pass on average, and passes per optimizer step.
        precision: "fp32" or "bf16".
        checkpointing: whether activations must be computed twice to save memory.
        peak_memory_mib: of the most costly step.
        trainable_parameters, total_parameters: counts.
        tflop_an_example: arithmetic of one example of mean length, recomputing included.
        epoch_seconds: of DialogSum's training rows, at `USED_PEAK`; None for an unknown card.
    """

    fits: bool
    batch_size: int
    accumulation: int
    precision: str
    checkpointing: bool
    peak_memory_mib: float
    trainable_parameters: int
    total_parameters: int
    tflop_an_example: float
    epoch_seconds: float | None


def plan(model: str | Path, method: str, card: Card, *, lora: LoraSettings | None = None) -> Plan:
    """The largest batch with which a training fits a card, and what it costs.

    Args:
        model: a Hub id or folder; only its config is read, and FLAN-T5's are known.
        method: "full", "lora", or "qlora": LoRA beside a base in 4 bits (`dry_run.FOUR_BITS`).
        card: a Card (`card_of`).
        lora: LoraSettings; default rank 32 on q and v, the flan track's.

    Raises:
        LabError: an unknown method, or no such config.
    """
    _check_method(method)
    config = shape_of(model)
    adapter = None if method == "full" else lora or LORA
    options: dict[str, Any] = dict(
        precision=card.precision, lora=adapter, four_bit=method == "qlora"
    )
    mean = played_step(config, 1, **MEAN_LENGTHS, **options)
    room = card.memory_gib * 1024 * (1 - KEPT_FREE)
    # What does not even hold the weights is tried once, to say what it would need at least.
    for batch, checkpointing in BATCH_CHOICES if mean.state_mib <= room else BATCH_CHOICES[-1:]:
        step = _costliest_step(config, batch, checkpointing=checkpointing, **options)
        if fits := step.peak_mib <= room:
            break
    if checkpointing:
        mean = played_step(config, 1, checkpointing=True, **MEAN_LENGTHS, **options)
    seconds = None
    if card.peak_tflops:
        speed = card.peak_tflops * USED_PEAK[card.precision]
        seconds = round(DIALOGSUM_ROWS * mean.tflop / speed, 1)
    return Plan(
        fits=fits,
        batch_size=batch,
        accumulation=EFFECTIVE_BATCH // batch,
        precision=card.precision,
        checkpointing=checkpointing,
        peak_memory_mib=round(step.peak_mib, 1),
        trainable_parameters=mean.trainable_parameters,
        total_parameters=mean.total_parameters,
        tflop_an_example=round(mean.tflop, 4),
        epoch_seconds=seconds,
    )


def _check_method(method: str) -> None:
    if method not in METHODS:
        raise LabError(f"The method is {method!r}; it must be one of: {', '.join(METHODS)}.")


def held_memory(model: str | Path, method: str) -> dict[str, float]:
    """What a training holds all the time, in GiB, by arithmetic: without activations.

    Args:
        model, method: as for `plan`; a LoRA is of rank 32, on q and v.

    Returns:
        {"frozen weights", "trained weights", "gradients", "AdamW's averages"}; fp32, but for a
        4-bit base. A gradient takes 4 bytes a trained weight, AdamW's two averages 8.
    """
    import torch
    from torch.nn import Linear
    from transformers import AutoModelForSeq2SeqLM

    _check_method(method)
    with torch.device("meta"):
        shapes = AutoModelForSeq2SeqLM.from_config(shape_of(model))
    layers = {name: layer for name, layer in shapes.named_modules() if isinstance(layer, Linear)}
    # A head of its own, which transformers 5 ties to the embedding when a model starts anew.
    weights = {name: weight.numel() for name, weight in shapes.named_parameters()}
    weights["lm_head.weight"] = shapes.lm_head.weight.numel()
    total = sum(weights.values())
    frozen, trained = 0.0, 4.0 * total
    if method != "full":
        frozen, trained = trained, 4.0 * lora_parameters(shapes, LORA)
    if method == "qlora":
        packed = sum(
            layer.weight.numel()
            for name, layer in layers.items()
            if name.rpartition(".")[2] not in NOT_QUANTIZED
        )
        frozen -= packed * (4 - FOUR_BITS / 8)
    parts = {
        "frozen weights": frozen,
        "trained weights": trained,
        "gradients": trained,
        "AdamW's averages": 2 * trained,
    }
    return {name: size / 2**30 for name, size in parts.items()}


def _costliest_step(config: PretrainedConfig, batch_size: int, **options: Any) -> Step:
    """With the longest rows, fewer of them, as parts are evened out."""
    cost, longest = (
        lengths["prompt_tokens"] + LABEL_COST * lengths["label_tokens"]
        for lengths in (MEAN_LENGTHS, LONGEST_LENGTHS)
    )
    rows = max(1, round(UNEVEN * batch_size * cost / longest))
    return played_step(config, rows, **LONGEST_LENGTHS, **options)


def card_of(text: str | None = None) -> Card:
    """The Card that a text such as "T4", "15GiB" or "24" means; default this machine's GPU, or T4.

    Raises:
        LabError: neither a card's name nor a size.
    """
    if text is None:
        device = choose_device()
        if device == "cpu":
            return CARDS["T4"]
        return Card(gpu_memory_gib(device), precision_of(device), 0)
    if text.upper() in CARDS:
        return CARDS[text.upper()]
    try:
        memory = float(text.lower().removesuffix("gib").removesuffix("gb"))
    except ValueError as error:
        raise LabError(
            f"The GPU is {text!r}; it must be one of {', '.join(CARDS)}, or a size such as 24GiB."
        ) from error
    check_number("The GPU's memory in GiB", memory, minimum=0, above=True)
    known = [card for card in CARDS.values() if memory in (card.memory_gib, round(card.memory_gib))]
    return known[0] if known else Card(memory, "bf16", 0)


def shape_of(model: str | Path) -> PretrainedConfig:
    """The config of a model, as a transformers T5Config or the like."""
    from transformers import T5Config

    if model in SHAPES:
        d_model, d_ff, layers, heads = SHAPES[model]
        return T5Config(
            vocab_size=32_128,
            d_model=d_model,
            d_ff=d_ff,
            num_layers=layers,
            num_heads=heads,
            feed_forward_proj="gated-gelu",
            tie_word_embeddings=False,
            decoder_start_token_id=0,
        )
    try:
        config, _ = read_config(model)
        if config.is_encoder_decoder:
            return config
        problem = f"it is a {config.model_type}, not an encoder-decoder"
    except Exception as error:
        problem = first_line(error)
    raise LabError(
        f"There is no usable config of {str(model)!r} here or on the Hub ({problem}). Known "
        f"without a network: {', '.join(SHAPES)}."
    )


def plan_text(model: str | Path, method: str, card: Card, found: Plan) -> str:
    """A Plan as lines for a person."""
    batch = f"batch {found.batch_size}" + (
        f" x {found.accumulation} accumulated" if found.accumulation > 1 else ""
    )
    how = [batch, found.precision]
    if found.checkpointing:
        how.append("gradient checkpointing (TrainingSettings.checkpointing)")
    share = found.trainable_parameters / found.total_parameters
    needs = f"{found.peak_memory_mib / 1024:.1f} GiB of {card.memory_gib:g}"
    needs += "".join(f" ({name})" for name, known in CARDS.items() if known == card)
    lines = [
        f"{model}, {method}: {found.trainable_parameters:,} of {found.total_parameters:,} "
        f"parameters trained ({share:.2%})",
        f"{'fits' if found.fits else 'does NOT fit'}: {', '.join(how)}; needs {needs}",
        f"{found.tflop_an_example:.3g} TFLOP an example",
    ]
    if found.fits and found.epoch_seconds is not None:
        lines.append(
            f"an epoch of DialogSum ({DIALOGSUM_ROWS:,} examples): "
            f"{duration(found.epoch_seconds)}, if {USED_PEAK[card.precision]:.0%} of "
            f"{card.peak_tflops:g} TFLOP/s are reached"
        )
    return "\n".join(lines)


def plan_table() -> DataFrame:
    """All sizes of FLAN-T5, both methods and all known cards as a table, one row per size."""
    import pandas as pd
    from tqdm import tqdm

    cases = [(model, method) for model in SHAPES for method in METHODS]
    rows = {}
    for model, method in tqdm(cases, desc="planning"):
        found = {name: plan(model, method, card) for name, card in CARDS.items()}
        name = model.removeprefix("google/")
        rows[f"{name}, {method}"] = {card: _plan_cell(each) for card, each in found.items()}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.attrs["caption"] = (
        "Examples per pass (up to 16 of a step's 32; c: with gradient checkpointing), peak memory "
        "of the most costly pass, time of an epoch of DialogSum. Counted from the configs, not "
        "measured: attention as written out, which fused kernels undercut; half of the data "
        "sheet's peak on a T4 (fp32), a fifth of it on the others (bf16). qlora: a base in 4 bits, "
        "whose unpacking takes more time than is counted here."
    )
    return table


def _plan_cell(found: Plan) -> str:
    memory = f"{found.peak_memory_mib / 1024:.1f} GiB"
    if not found.fits:
        return f"no: {memory}"
    parts = [f"{found.batch_size}{'c' if found.checkpointing else ''}", memory]
    if found.epoch_seconds is not None:
        parts.append(duration(found.epoch_seconds))
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Seconds as a person would say them: "45 s", "12 min", "3.4 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
