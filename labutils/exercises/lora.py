"""The exercises of notebook 3: LoRA's forward pass, its parameters, memory and switch, a plan for a
card, and why a loss stays flat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from labutils.exercises.checking import Exercise, Wrong, check_type, check_value

if TYPE_CHECKING:
    from peft import PeftModel
    from torch import Tensor
    from torch.nn import Linear, Module
    from torch.optim import Optimizer


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


SHAPES_AND_RANKS = (
    ([(128, 64)], 4),
    ([(128, 128), (256, 128), (128, 256)], 4),
    ([(10, 20), (30, 40)], 1),
)


def count_parameters(answer: Callable) -> None:
    """[(out, in), ...] of the target layers, a rank -> LoRA's trained parameters."""
    for shapes, rank in SHAPES_AND_RANKS:
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


GIB = 2**30
SIZES: dict[str, dict[str, Any]] = {
    name: {"base": {"fp32": fp32 * GIB, "4 bits": four * GIB}, "width": width, "row": row * GIB}
    for name, fp32, four, width, row in (
        ("flan-t5-small", 0.29, 0.17, 43_008, 0.3),
        ("flan-t5-base", 0.92, 0.40, 110_592, 0.9),
        ("flan-t5-large", 2.92, 1.04, 294_912, 2.3),
        ("flan-t5-xl", 10.62, 3.43, 589_824, 4.4),
    )
}
"""Models, the smallest first. base: bytes of the frozen weights (`planning.held_memory`); width: in
+ out over all queries and values, which times the rank is what LoRA trains; row: bytes of
activations for each row of a batch (512 + 64 tokens, nothing computed twice), rounded from
`labutils plan`."""

RANKS, BATCHES = (4, 8, 16, 32, 64), (1, 2, 4, 8, 16)
LoraPlan = tuple[str, str, int, int]


def best_plan(
    card_gib: float,
    models: dict[str, dict[str, Any]],
    ranks: Sequence[int],
    batches: Sequence[int],
    *,
    unit: float = GIB,
    used: float = 0.92,
    per_trained: int = 16,
    per_row: int = 1,
) -> LoraPlan | None:
    """(model, base, rank, batch) by the exercise's rules; the options are mistakes in them."""
    room = used * card_gib * unit
    for name, size in reversed(models.items()):
        for base in ("fp32", "4 bits"):
            for batch in sorted(batches, reverse=True):
                for rank in sorted(ranks, reverse=True):
                    adapter = per_trained * rank * size["width"]
                    rows = per_row * batch * size["row"]
                    if size["base"][base] + adapter + rows <= room:
                        return name, base, rank, batch
    return None


CARDS_GIB = (6, 1.5, 2, 9, 15, 24, 4, 0.3)
PLAN_MISTAKES: tuple[tuple[dict[str, float], str], ...] = (
    ({"used": 1.0}, "That fills the card to the brim: 8% of it stay free."),
    ({"unit": 10**9}, "A GiB has 2**30 bytes, not 10**9."),
    ({"per_trained": 12}, "A trained weight takes 16 bytes: its own 4 and 12 of its training."),
    ({"per_trained": 4}, "A trained weight takes 16 bytes: its own 4 and 12 of its training."),
    ({"per_trained": 0}, "The adapter's trained weights take 16 bytes each."),
    ({"per_row": 0}, "Each row of the batch takes activations."),
)


def plan_for_card(answer: Callable) -> None:
    """A card's GiB, models, ranks, batches -> (model, base, rank, batch), or None."""
    models = dict(SIZES)
    cases: list[tuple[float, dict[str, Any], Sequence[int], Sequence[int]]] = [
        (card, models, ranks, batches)
        for card in CARDS_GIB
        for ranks, batches in ((RANKS, BATCHES), ((16, 2, 128), (3, 12)))
    ]
    cases.append((0.6862, models, (64, 65), (1,)))  # decided by one byte a trained weight
    answers = []
    for card, _, ranks, batches in cases:
        try:
            found = answer(card, models, list(ranks), list(batches))
        except Wrong:  # it returned None, which is an answer here
            found = None
        else:
            check_type(found, tuple, "a tuple (model, base, rank, batch), or None,")
        answers.append(found)
    right = [best_plan(*case) for case in cases]
    if answers == right:
        return
    first = next(place for place in range(len(cases)) if answers[place] != right[place])
    if answers[first] is not None:
        _check_plan(answers[first], *cases[first][1:])
    where = (
        f"For a card of {cases[first][0]} GiB, ranks {list(cases[first][2])} and batches "
        f"{list(cases[first][3])} it gives {answers[first]}"
    )
    for change, text in PLAN_MISTAKES:
        options: dict[str, Any] = change
        if answers == [best_plan(*case, **options) for case in cases]:
            raise Wrong(f"{where}, and {right[first]} is right. {text}")
    raise Wrong(where + _plan_mistake(cases[first][0], models, answers[first], right[first]))


def _check_plan(
    found: tuple, models: Mapping[str, Any], ranks: Sequence[int], batches: Sequence[int]
) -> None:
    kinds = (tuple(models), ("fp32", "4 bits"), ranks, batches)
    if len(found) != 4 or not all(item in kind for item, kind in zip(found, kinds)):
        raise Wrong(
            f"It should return (model, base, rank, batch) out of those given, and returned "
            f"{str(found)[:80]}."
        )


def _plan_mistake(
    card: float,
    models: Mapping[str, Mapping[str, Any]],
    found: LoraPlan | None,
    right: LoraPlan | None,
) -> str:
    if found is None:
        return f", but {right} fits."
    name, base, rank, batch = found
    size = models[name]
    needs = (size["base"][base] + 16 * rank * size["width"] + batch * size["row"]) / GIB
    if right is None or needs > 0.92 * card:
        return f", which needs {needs:.2f} GiB of {0.92 * card:.2f}."
    wishes = ("a larger model", "the base in fp32", "a higher rank", "a larger batch")
    wish = next(wishes[place] for place in (0, 1, 3, 2) if found[place] != right[place])
    return (
        f", but {wish} fits: {right}. The order is: largest model, fp32 before 4 bits, largest "
        "batch, highest rank."
    )


FLAT = {
    "frozen": "no weight of the adapter has requires_grad, as after PeftModel.from_pretrained "
    "without is_trainable=True",
    "not in the optimizer": "the adapter's weights have requires_grad, but the optimizer was made "
    "before the adapter and holds others",
    "merged": "the adapter was merged into the base and not unmerged, so the output does not go "
    "through A and B, and they get no gradient",
    "zero": "A and B are both zero, so each multiplies the other's gradient by zero",
    "learns": "nothing is wrong: B is zero in a fresh adapter, but A is not, so B has a gradient",
}
"""What can be wrong with the training of an adapter, and how it shows."""


def training_case(cause: str, seed: int = 0) -> tuple[PeftModel, Optimizer]:
    """A small peft model (4 numbers in, 3 out) and its optimizer; a cause of `FLAT` is built in."""
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)
    base = torch.nn.Sequential()
    base.add_module("q", torch.nn.Linear(4, 8))
    base.add_module("v", torch.nn.Linear(8, 3))
    before = list(base.parameters())
    model = get_peft_model(base, LoraConfig(r=2, lora_alpha=8, target_modules=["q", "v"]))
    adapter = [weight for name, weight in model.named_parameters() if "lora_" in name]
    optimizer = torch.optim.AdamW(
        before if cause == "not in the optimizer" else adapter, lr=0.03, weight_decay=0.0
    )
    if cause == "frozen":
        model.requires_grad_(False)
    if cause == "zero":
        for weight in adapter:
            torch.nn.init.zeros_(weight)
    if cause == "merged":
        model.merge_adapter()
    return model, optimizer


def training_cases() -> dict[str, tuple[PeftModel, Optimizer]]:
    """{"run A": (model, optimizer), ...}: one for each cause in `FLAT`, in an order of its own."""
    causes = ("zero", "learns", "not in the optimizer", "merged", "frozen")
    return {f"run {letter}": training_case(cause) for letter, cause in zip("ABCDE", causes)}


def few_losses(model: Module, optimizer: Optimizer) -> list[float]:
    """The losses of 40 steps on one batch; its inputs require gradients, as they do with
    gradient checkpointing, so that not even a frozen model stops the training."""
    import torch

    draw = torch.Generator().manual_seed(1)
    x = torch.randn(16, 4, generator=draw).requires_grad_()
    wanted = torch.randn(16, 3, generator=draw)
    losses = []
    for _ in range(40):
        loss = torch.nn.functional.mse_loss(model(x), wanted)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def explain_flat(answer: Callable) -> None:
    """A peft model and its optimizer -> which of `FLAT` it is."""
    for seed in (1, 2):
        for cause in FLAT:
            found = answer(*training_case(cause, seed))
            check_type(found, str, "a text")
            if found not in FLAT:
                raise Wrong(f"It returned {found[:40]!r}; it should be one of {', '.join(FLAT)}.")
            if found != cause:
                raise Wrong(f"It said {found!r} where {cause!r} is right: {FLAT[cause]}.")
    model, optimizer = training_case("learns", 3)
    few_losses(model, optimizer)
    if (found := answer(model, optimizer)) != "learns":
        raise Wrong(f"It said {found!r} of an adapter that has learned for 40 steps.")


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
    Exercise(
        "3.5",
        "Plan a LoRA for a 6 GiB card",
        plan_for_card,
        "You know what to train on a card before you rent it.",
    ),
    Exercise(
        "3.6",
        "Why is this loss flat?",
        explain_flat,
        "Four silent faults, and none of them raises an error: ask these questions first.",
    ),
)
