"""The exercises of notebook 3: LoRA's forward pass, its parameters and memory, and its switch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from labutils.exercises.checking import Exercise, Wrong, check_type, check_value

if TYPE_CHECKING:
    from peft import PeftModel
    from torch import Tensor
    from torch.nn import Linear


def forward(answer: Callable) -> None:
    """x (batch, in), W (out, in), A (rank, in), B (out, rank), alpha -> (batch, out)."""
    import torch

    draw = torch.Generator().manual_seed(0)
    for batch, inputs, outputs, rank, alpha in ((3, 6, 4, 2, 8), (2, 5, 7, 3, 10), (1, 4, 4, 1, 1)):
        x, W, A, B = (
            torch.randn(shape, generator=draw)
            for shape in ((batch, inputs), (outputs, inputs), (rank, inputs), (outputs, rank))
        )
        base, change = x @ W.T, x @ A.T @ B.T
        kept = W.clone()
        fresh = answer(x, W, A, torch.zeros_like(B), alpha)
        check_type(fresh, torch.Tensor, "a tensor")
        if fresh.shape != base.shape:
            raise Wrong(
                f"For x {tuple(x.shape)} and W {tuple(W.shape)} the output is "
                f"{tuple(fresh.shape)} and should be {tuple(base.shape)}."
            )
        if not torch.allclose(fresh, base, atol=1e-5):
            raise Wrong(
                "With B = 0 the output is not that of W alone: the frozen x @ W.T belongs to it."
            )
        _check_change(answer(x, W, A, B, alpha) - base, change, alpha, rank, W.shape)
        if not torch.equal(W, kept):
            raise Wrong("W was changed. It is frozen: add to the output, not to W.")


def _check_change(
    found: Tensor, change: Tensor, alpha: float, rank: int, shape: Sequence[int]
) -> None:
    import torch

    def close(factor: float) -> bool:
        return torch.allclose(found, factor * change, atol=1e-4)

    if close(alpha / rank):
        return
    where = f"With alpha {alpha} and rank {rank}"
    if close(0):
        raise Wrong(f"{where} A and B change nothing: only x @ W.T is there.")
    for factor, text in {
        1: "B A counts once; it is scaled by alpha / rank.",
        alpha: "B A is scaled by alpha; divide by the rank.",
        alpha // rank: "alpha // rank is rounded down; divide with /.",
        rank / alpha: "the scaling is upside down: it is alpha / rank.",
        alpha / shape[0]: "alpha is divided by W's rows; the rank is the number of A's rows.",
        alpha / shape[1]: "alpha is divided by W's columns; the rank is the number of A's rows.",
    }.items():
        if close(factor):
            raise Wrong(f"{where} {text}")
    raise Wrong(f"{where} the change is not (alpha / rank) * x @ A.T @ B.T.")


LAYERS = (
    ([(128, 64)], 4),
    ([(128, 128), (256, 128), (128, 256)], 4),
    ([(10, 20), (30, 40)], 1),
)


def count_parameters(answer: Callable) -> None:
    """[(out, in), ...] of the target layers, a rank -> LoRA's trained parameters."""
    for shapes, rank in LAYERS:
        right = rank * sum(map(sum, shapes))
        outs, ins = zip(*shapes)
        frozen = sum(out * inside for out, inside in shapes)
        mistakes = [
            (rank * frozen, "A has rank x in numbers, B out x rank: add the two."),
            (frozen, "Those are the frozen layers' own parameters."),
            (rank * sum(ins), "That is A alone; B is trained, too."),
            (rank * sum(outs), "That is B alone; A is trained, too."),
            (rank * sum(shapes[0]), "That is the first layer; each has an A and a B of its own."),
            (rank * sum(shapes[-1]), "That is the last layer; each has an A and a B of its own."),
            (2 * right, "Twice too many: A has rank x in numbers, B out x rank."),
            (right / rank, "That is rank 1."),
        ]
        check_value(answer(shapes, rank), right, mistakes, f"layers {shapes} and rank {rank}")


MODELS = ((251_116_800, 3_538_944), (247_577_856, 247_577_856), (2**30, 2**20))


def training_memory(answer: Callable) -> None:
    """Parameters, and how many of them are trained -> GiB of weights, gradients and AdamW."""
    for total, trained in MODELS:
        size = 4 * total + 12 * trained
        gib = 2**30
        mistakes = [
            (16 * total / gib, "Frozen weights have no gradient and no running means."),
            (16 * trained / gib, "The frozen weights are in memory, too: 4 bytes each."),
            (12 * trained / gib, "The weights themselves are left out: 4 bytes each."),
            ((size - 4 * trained) / gib, "A gradient and two running means are 3 x 4 bytes."),
            ((size + 4 * trained) / gib, "The trained weights are counted twice."),
            (size, "Those are bytes; a GiB has 2**30 of them."),
            (size / 2**20, "Those are MiB."),
            (size / 10**9, "Those are GB of 10**9 bytes; a GiB has 2**30."),
        ]
        where = f"{total:,} parameters, {trained:,} of them trained,"
        check_value(answer(total, trained), size / gib, mistakes, where)


def adapter_off(answer: Callable) -> None:
    """A peft model and x -> the output without the adapter, which is there again afterwards."""
    import torch

    for seed in (0, 1):
        torch.manual_seed(seed)
        base, model = _adapted_layer()
        x = torch.randn(2, 4)
        with_adapter = model(x)
        found = answer(model, x)
        check_type(found, torch.Tensor, "a tensor, what the model gives for x")
        if torch.allclose(found, with_adapter):
            raise Wrong(
                "That is the output with the adapter. It sits inside the layers, so another name "
                "for the model does not leave it behind: switch it off."
            )
        if not torch.allclose(found, base(x)):
            raise Wrong("That is neither the base's output nor the adapted model's.")
        if not torch.allclose(model(x), with_adapter):
            raise Wrong(
                "The output is right, but the adapter is gone afterwards. Switch it off for this "
                "one call: `with model.disable_adapter():` puts it back."
            )


def _adapted_layer() -> tuple[Linear, PeftModel]:
    """A linear layer, and a copy of it in a module with a trained LoRA."""
    from copy import deepcopy

    import torch
    from peft import LoraConfig, get_peft_model

    layer = torch.nn.Linear(4, 3)
    module = torch.nn.Sequential()
    module.add_module("q", deepcopy(layer))
    config = LoraConfig(r=2, target_modules=["q"], init_lora_weights=False)
    return layer, get_peft_model(module, config).eval()


EXERCISES = (
    Exercise(
        "3.1",
        "LoRA's forward pass",
        forward,
        "That is the whole method; the rest is putting it beside every layer.",
    ),
    Exercise(
        "3.2",
        "Count LoRA's parameters",
        count_parameters,
        "You know an adapter's size, and its file's, before there is one.",
    ),
    Exercise(
        "3.3",
        "Will it fit?",
        training_memory,
        "Without activations, but it tells which card to ask for before it runs out of memory.",
    ),
    Exercise(
        "3.4",
        "Switch the adapter off",
        adapter_off,
        "One model in memory serves as tuned system and as its own untouched baseline.",
    ),
)
