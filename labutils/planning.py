"""Does a training fit on a GPU, and how long is an epoch: from the model's config alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labutils.adapters import lora_parameters
from labutils.batching import LABEL_COST
from labutils.common.device import choose_device, gpu_memory_gib, precision_of
from labutils.common.errors import LabError
from labutils.common.files import first_line
from labutils.dry_run import FOUR_BITS, NOT_QUANTIZED, Step, played_step
from labutils.models import has_own_head, head_is_tied, linear_layers, read_config
from labutils.settings import LoraSettings, TrainingSettings, check_number

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

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
    """A GPU: memory that a program gets in GiB, precision, matmul peak in TFLOP/s by data sheet.

    The peak is 0 where it is not known; `assumed` tells that the precision is not known, either.
    """

    memory_gib: float
    precision: str
    peak_tflops: float
    assumed: bool = False


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
        gpus: how many share out the model and the batch.
        batch_size, accumulation: rows per pass of each on average, if not fewer, and passes per
            optimizer step.
        precision: "fp32" or "bf16".
        checkpointing: whether activations must be computed twice to save memory.
        peak_memory_mib: of the most costly pass, on each.
        trainable_parameters, total_parameters: counts.
        tflop_an_example: arithmetic of one example of mean length, recomputing included.
        epoch_seconds: of DialogSum's training rows, at `USED_PEAK`; None for an unknown card.
    """

    fits: bool
    gpus: int
    batch_size: int
    accumulation: int
    precision: str
    checkpointing: bool
    peak_memory_mib: float
    trainable_parameters: int
    total_parameters: int
    tflop_an_example: float
    epoch_seconds: float | None


class Steps:
    """Played steps of one training, each played once: of any size, in any precision.

    Args:
        model, method, lora: as for `plan`.
    """

    def __init__(self, model: str | Path, method: str, lora: LoraSettings | None = None) -> None:
        _check_method(method)
        self.config = shape_of(model)
        adapter = None if method == "full" else lora or LORA
        self.options: dict[str, Any] = dict(lora=adapter, four_bit=method == "qlora")
        self.known: dict[tuple, Step] = {}

    def mean(self, precision: str, checkpointing: bool = False) -> Step:
        """Of one row of mean length, with its arithmetic."""
        return self._played(1, MEAN_LENGTHS, precision, checkpointing, arithmetic=True)

    def costliest(self, batch_size: int, precision: str, checkpointing: bool) -> Step:
        """With the longest rows, fewer of them, as parts are evened out."""
        cost, longest = (
            lengths["prompt_tokens"] + LABEL_COST * lengths["label_tokens"]
            for lengths in (MEAN_LENGTHS, LONGEST_LENGTHS)
        )
        rows = max(1, round(UNEVEN * batch_size * cost / longest))
        return self._played(rows, LONGEST_LENGTHS, precision, checkpointing, arithmetic=False)

    def _played(
        self, rows: int, lengths: dict, precision: str, checkpointing: bool, *, arithmetic: bool
    ) -> Step:
        # What is computed in does not change how much is computed.
        key = (rows, *lengths.values(), "" if arithmetic else precision, checkpointing)
        if key not in self.known:
            self.known[key] = played_step(
                self.config,
                rows,
                **lengths,
                precision=precision,
                checkpointing=checkpointing,
                arithmetic=arithmetic,
                **self.options,
            )
        return self.known[key]


def plan(
    model: str | Path,
    method: str,
    card: Card,
    *,
    gpus: int = 1,
    lora: LoraSettings | None = None,
    steps: Steps | None = None,
) -> Plan:
    """The largest batch with which a training fits a card, and what it costs.

    Args:
        model: a Hub id or folder; only its config is read, and FLAN-T5's are known.
        method: "full", "lora", or "qlora": LoRA beside a base in 4 bits (`dry_run.FOUR_BITS`).
        card: a Card (`card_of`).
        gpus: how many such cards share out the model (FSDP, `common.sharding`).
        lora: LoraSettings; default rank 32 on q and v, the flan track's.
        steps: of this training, if some were played before.

    Raises:
        LabError: an unknown method, a number of GPUs below one, QLoRA on several, or no such
            config.
    """
    check_number("The number of GPUs", gpus, minimum=1, maximum=EFFECTIVE_BATCH, whole=True)
    if gpus > 1 and method == "qlora":
        raise LabError("A quantized base cannot be sharded: plan qlora for one GPU.")
    steps = steps or Steps(model, method, lora)
    mean = steps.mean(card.precision)
    room = card.memory_gib * 1024 * (1 - KEPT_FREE)
    blocks = _gathered_mib(steps.config, trained=method == "full") if gpus > 1 else 0.0
    choices = [(size, again) for size, again in BATCH_CHOICES if size * gpus <= EFFECTIVE_BATCH]
    held = (mean.state_mib + 4 * mean.trainable_parameters / 2**20) / gpus
    # What does not even hold weights and gradients is tried once, to say what it needs at least.
    activations: dict[bool, float] = {}  # MiB a row; smaller batches need no fewer
    for batch, checkpointing in choices if held <= room else choices[-1:]:
        hopeless = held + batch * activations.get(checkpointing, 0) > room
        if hopeless and (batch, checkpointing) != choices[-1]:
            continue
        step = steps.costliest(batch, card.precision, checkpointing)
        peak = _sharded_mib(step, gpus, blocks) if gpus > 1 else step.peak_mib
        activations[checkpointing] = (peak - held) / batch
        if fits := peak <= room:
            break
    mean = steps.mean(card.precision, checkpointing)
    seconds = None
    if card.peak_tflops:
        speed = gpus * card.peak_tflops * USED_PEAK[card.precision]
        seconds = round(DIALOGSUM_ROWS * mean.tflop / speed, 1)
    return Plan(
        fits=fits,
        gpus=gpus,
        batch_size=batch,
        accumulation=math.ceil(EFFECTIVE_BATCH / (batch * gpus)),
        precision=card.precision,
        checkpointing=checkpointing,
        peak_memory_mib=round(peak, 1),
        trainable_parameters=mean.trainable_parameters,
        total_parameters=mean.total_parameters,
        tflop_an_example=round(mean.tflop, 4),
        epoch_seconds=seconds,
    )


def fitted(
    recipe: TrainingSettings,
    model: str | Path,
    adapter: object | None,
    device: str,
    gpus: int,
) -> TrainingSettings:
    """A recipe in passes that fit (`plan`) where several GPUs share out a model: the same steps.

    A sharded pass cannot be tried again with fewer rows, as others are (`memory.within_memory`):
    the other processes would wait in its middle. So it has to be right at once.

    Args:
        recipe: the effective batch stays as it is.
        model: a Hub id or folder.
        adapter: what is trained, if it is an adapter.
        device: one of `device.DEVICES`; on a CPU nothing changes.
        gpus: how many; with one nothing changes.

    Raises:
        LabError: no batch fits.
    """
    if gpus == 1 or device == "cpu":
        return recipe
    card, method = card_of(), "full" if adapter is None else "lora"
    lora = adapter if isinstance(adapter, LoraSettings) else None
    found = plan(model, method, card, gpus=gpus, lora=lora)
    if not found.fits:
        raise LabError(
            f"{model} does not fit into {gpus} GPUs of {card.memory_gib:.1f} GiB, even sharded "
            f"({method}): each would need {found.peak_memory_mib / 1024:.1f}. Take more GPUs, a "
            "smaller model, or LoRA instead of all weights."
        )
    size = math.gcd(recipe.effective_batch, found.batch_size)
    return replace(
        recipe,
        batch_size=size,
        accumulation=recipe.effective_batch // size,
        checkpointing=recipe.checkpointing or found.checkpointing,
    )


def _sharded_mib(step: Step, gpus: int, blocks_mib: float) -> float:
    """A step's peak on each of several GPUs, or a validation's, where each has all weights."""
    gradients = 4 * step.trainable_parameters / 2**20
    weights = step.state_mib - 2 * gradients  # the rest are AdamW's averages
    activations = step.peak_mib - step.state_mib - gradients
    training = (step.state_mib + gradients) / gpus + activations + blocks_mib
    return max(training, step.state_mib / gpus + weights)


def _gathered_mib(config: PretrainedConfig, *, trained: bool) -> float:
    """What is whole during a sharded step: embedding and head, the block that is computed and the
    next one; where they are trained, their gradients until they are divided.
    """
    model = without_weights(config)
    kinds = getattr(model, "_no_split_modules", None) or ()
    blocks = [
        sum(weight.numel() for weight in module.parameters())
        for module in model.modules()
        if type(module).__name__ in kinds
    ]
    total = sum(weight.numel() for weight in model.parameters())
    if has_own_head(config) and head_is_tied(model):  # see held_memory
        total += model.get_output_embeddings().weight.numel()
    ends, largest = total - sum(blocks), max(blocks, default=0)
    return 4 * (2 * (ends + largest) + largest if trained else ends + 2 * largest) / 2**20


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
    _check_method(method)
    config = shape_of(model)
    shapes = without_weights(config)
    weights = {name: weight.numel() for name, weight in shapes.named_parameters()}
    if has_own_head(config):  # transformers 5 ties it to the embedding when a model starts anew
        weights["lm_head.weight"] = shapes.lm_head.weight.numel()
    total = sum(weights.values())
    frozen, trained = 0.0, 4.0 * total
    if method != "full":
        frozen, trained = trained, 4.0 * lora_parameters(shapes, LORA)
    if method == "qlora":
        packed = sum(
            layer.weight.numel()
            for name, layer in linear_layers(shapes)
            if name not in NOT_QUANTIZED
        )
        frozen -= packed * (4 - FOUR_BITS / 8)
    parts = {
        "frozen weights": frozen,
        "trained weights": trained,
        "gradients": trained,
        "AdamW's averages": 2 * trained,
    }
    return {name: size / 2**30 for name, size in parts.items()}


def card_of(text: str | None = None) -> Card:
    """The Card that a text such as "T4", "15GiB" or "24" means; default this machine's GPU, or T4.

    A size that no known card has is taken as one of bf16, unless it says otherwise: "16GiB:fp32".

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
    size, _, precision = text.lower().partition(":")
    try:
        memory = float(size.removesuffix("gib").removesuffix("gb"))
        if precision and precision not in USED_PEAK:
            raise ValueError(precision)
    except ValueError as error:
        raise LabError(
            f"The GPU is {text!r}; it must be one of {', '.join(CARDS)}, or a size such as 24GiB "
            "or 16GiB:fp32."
        ) from error
    check_number("The GPU's memory in GiB", memory, minimum=0, above=True)
    known = [
        card
        for card in CARDS.values()
        if memory in (card.memory_gib, round(card.memory_gib)) and precision in ("", card.precision)
    ]
    return known[0] if known else Card(memory, precision or "bf16", 0, assumed=not precision)


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
        config, told = read_config(model)
        if config.is_encoder_decoder:
            config.scale_decoder_outputs = told.get("tie_word_embeddings", True)  # has_own_head
            return config
        problem = f"it is a {config.model_type}, not an encoder-decoder"
    except Exception as error:
        problem = first_line(error)
    raise LabError(
        f"There is no usable config of {str(model)!r} here or on the Hub ({problem}). Known "
        f"without a network: {', '.join(SHAPES)}."
    )


def without_weights(config: PretrainedConfig) -> PreTrainedModel:
    """A new model of this config on torch's device "meta": shapes that take no memory."""
    import torch
    from transformers import AutoModelForSeq2SeqLM

    with torch.device("meta"):
        return AutoModelForSeq2SeqLM.from_config(config)


def all_plans() -> dict[str, dict[str, Plan]]:
    """{"flan-t5-small, full" ...: {known card: its Plan}}, all sizes of FLAN-T5 by all methods."""
    from tqdm import tqdm

    cases = [(model, method) for model in SHAPES for method in METHODS]
    plans = {}
    for model, method in tqdm(cases, desc="planning"):
        steps = Steps(model, method)
        found = {name: plan(model, method, card, steps=steps) for name, card in CARDS.items()}
        plans[f"{model.removeprefix('google/')}, {method}"] = found
    return plans
