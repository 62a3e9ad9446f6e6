"""Settings of one training run: frozen, validated on creation, written into every run record."""

import math
from dataclasses import dataclass, field, fields
from typing import Any

from labutils.common.errors import LabError

PRECISIONS = ("fp32", "bf16")
LARGEST_SEED = 2**32 - 1
"""NumPy takes no larger one, and a training seeds NumPy too."""


def check_number(
    name: str,
    value: object,
    *,
    minimum: float,
    above: bool = False,
    maximum: float | None = None,
    whole: bool = False,
) -> None:
    """Raise LabError unless `value` is a number (an integer if `whole`) within the limits.

    `above` makes the minimum exclusive; the maximum is inclusive.
    """
    kinds = (int,) if whole else (int, float)
    wanted = ("a whole number" if whole else "a number") + (
        f" above {minimum}" if above else f" of at least {minimum}"
    )
    if maximum is not None:
        wanted += f" and at most {maximum}"
    good = isinstance(value, kinds) and not isinstance(value, bool)
    if isinstance(value, int | float) and good:
        finite = isinstance(value, int) or math.isfinite(value)
        good = finite and (value > minimum if above else value >= minimum)
        good = good and (maximum is None or value <= maximum)
    if not good:
        raise LabError(f"{name} is {repr(value)[:60]}; it must be {wanted}.")


def limited(minimum: float, *, default: Any, **limits: Any) -> Any:
    """A dataclass field that `check_fields` holds to the limits of `check_number`."""
    return field(default=default, metadata={"minimum": minimum, **limits})


def check_fields(settings: Any, **wanted: Any) -> None:
    """Hold every `limited` field of a dataclass to its limits; LabError names field and value.

    `wanted` are the types of others, {field: type}.
    """
    for item in fields(settings):
        name, value = f"{type(settings).__name__}.{item.name}", getattr(settings, item.name)
        if item.metadata:
            check_number(name, value, **item.metadata)
        if not isinstance(value, kind := wanted.get(item.name, object)):
            raise LabError(
                f"{name} is {value!r}; it must be of the type {getattr(kind, '__name__', kind)}."
            )


@dataclass(frozen=True)
class TrainingSettings:
    """How a model is trained.

    Attributes:
        epochs: passes over the training rows.
        batch_size: examples a forward and backward pass, on average.
        accumulation: passes whose gradients are added up before one optimizer step. Its
            batch_size * accumulation examples are drawn at random; a pass takes some of like
            length, many short ones or few long ones.
        group_by_length: whether a step, too, takes examples of like length, out of a random fifty
            steps' worth of them: fewer pads, where an effective batch is too small to be cut well.
        learning_rate: the peak, reached after the warm-up, then falling linearly to zero.
        warmup_share: share of all steps spent rising to the peak, 0-1.
        weight_decay: AdamW's.
        lora_plus_ratio: how many times faster LoRA's B learns than its A (LoRA+, arXiv 2402.12354).
        dropout: share of activations dropped in training, 0-1; FLAN-T5 was trained with 0.1.
        checkpointing: compute activations again in the backward pass instead of keeping them: less
            memory, a third more time. `python -m labutils plan` tells whether a card needs it.
        precision: "fp32", or "bf16" for autocast with fp32 master weights. Never fp16: T5's
            activations overflow in it (transformers#5651, #23918).
        validations: how often at most to validate (and keep a checkpoint) over the whole training;
            the last step always is validated.
        seed: shuffling and dropout.

    Raises:
        LabError: a value out of its range, named.
    """

    epochs: float = limited(0, above=True, maximum=10_000, default=3)
    batch_size: int = limited(1, whole=True, default=16)
    accumulation: int = limited(1, whole=True, default=1)
    group_by_length: bool = False
    learning_rate: float = limited(0, above=True, maximum=1, default=1e-3)
    warmup_share: float = limited(0, maximum=1, default=0.05)
    weight_decay: float = limited(0, maximum=1, default=0.0)
    lora_plus_ratio: float = limited(1, maximum=1000, default=1)
    dropout: float = limited(0, maximum=0.9, default=0.1)
    checkpointing: bool = False
    precision: str = "fp32"
    validations: int = limited(1, whole=True, default=3)
    seed: int = limited(0, maximum=LARGEST_SEED, whole=True, default=42)

    def __post_init__(self) -> None:
        check_fields(self, group_by_length=bool, checkpointing=bool, precision=str)
        if self.precision not in PRECISIONS:
            raise LabError(
                f"TrainingSettings.precision is {self.precision!r}; "
                "it must be fp32 or bf16 (T5 overflows in fp16)."
            )

    @property
    def effective_batch(self) -> int:
        """Examples an optimizer step."""
        return self.batch_size * self.accumulation


@dataclass(frozen=True)
class LoraSettings:
    """Where low-rank adapters go and how large they are (LoRA, arXiv 2106.09685).

    Attributes:
        rank: the inner width r of B (out, r) @ A (r, in).
        alpha: the update is scaled by alpha / rank.
        dropout: on the adapter's input, 0-1.
        targets: names of the linear layers that get an adapter.

    Raises:
        LabError: a value out of its range, named.
    """

    rank: int = limited(1, whole=True, default=16)
    alpha: float = limited(0, above=True, default=32)
    dropout: float = limited(0, maximum=0.9, default=0.05)
    targets: tuple[str, ...] = ("q", "k", "v", "o")

    def __post_init__(self) -> None:
        check_fields(self)
        names = self.targets if isinstance(self.targets, tuple | list) else ()
        if not names or not all(isinstance(name, str) for name in names):
            raise LabError(
                f"LoraSettings.targets is {self.targets!r}; it must be a tuple of at least one "
                "layer's name, such as ('q', 'v')."
            )


@dataclass(frozen=True)
class MultitaskSettings:
    """How trainings on one task and on mixtures of tasks are compared.

    Attributes:
        steps: optimizer steps of every training.
        full_learning_rate, lora_learning_rate: their peaks. Lower than a track may need for
            summaries alone: one that tears up what the model knows, a mixture cannot repair.
        cap: training rows of a task that count in its mixing rate (`mixing.mixing_rates`).
        inverted_share: how often a summary is given and its text asked for, 0-1.
        max_answer_tokens: of an answer, in testing.
        test_rows: of each task, the first ones; dialogues have a limit of their own.
        curve_points: how often all tasks are measured while a model trains; 1: never.
        curve_rows: validation rows of each task at such a point.
        rehearsal: shares of the other tasks that are mixed into the single one.

    Raises:
        LabError: a value out of its range, named.
    """

    steps: int = limited(1, whole=True, default=1500)
    full_learning_rate: float = limited(0, above=True, maximum=1, default=1e-4)
    lora_learning_rate: float = limited(0, above=True, maximum=1, default=1e-3)
    cap: int = limited(1, whole=True, default=3000)
    inverted_share: float = limited(0, maximum=1, default=0.3)
    max_answer_tokens: int = limited(1, whole=True, default=128)
    test_rows: int = limited(1, whole=True, default=500)
    curve_points: int = limited(1, whole=True, default=6)
    curve_rows: int = limited(1, whole=True, default=100)
    rehearsal: tuple[float, ...] = (0.01, 0.05, 0.10)

    def __post_init__(self) -> None:
        check_fields(self, rehearsal=tuple)
        for share in self.rehearsal:
            check_number("A share in MultitaskSettings.rehearsal", share, minimum=0, maximum=1)
