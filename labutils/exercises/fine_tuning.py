"""The exercises of notebook 2: pads, steps, a learning rate, the best checkpoint, a flat loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from numbers import Real
from typing import TYPE_CHECKING

from labutils.exercises.checking import Exercise, Wrong, check_type, check_value
from labutils.settings import TrainingSettings
from labutils.training import IGNORED, total_steps

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module
    from torch.optim import Optimizer

END = 1
"""T5's </s>, which the model must learn to write."""
LABEL_BATCHES = (
    (0, [[8, 21, 5, 9, 1, 0, 0, 0], [7, 7, 12, 30, 4, 15, 6, 1], [9, 1, 0, 0, 0, 0, 0, 0]]),
    (3, [[0, 14, 1, 3, 3], [3, 3, 3, 3, 3], [5, 0, 0, 25, 1]]),
)


def mask_pads(answer: Callable) -> None:
    """Labels (batch, tokens), the pad's id -> the same with -100 in place of every pad."""
    import torch

    for pad, rows in LABEL_BATCHES:
        labels = torch.tensor(rows)
        found = answer(labels.clone(), pad)
        check_type(found, torch.Tensor, "a tensor")
        if found.shape != labels.shape:
            raise Wrong(
                f"The labels have the shape {tuple(labels.shape)}, yours {tuple(found.shape)}: "
                "pads are not taken out, a batch is a rectangle."
            )
        right = labels.masked_fill(labels == pad, IGNORED)
        for row, place in zip(*torch.nonzero(found != right, as_tuple=True)):
            here = int(row), int(place)
            raise Wrong(_label_mistake(*here, int(labels[here]), found[here].item(), pad))


def _label_mistake(row: int, place: int, right: int, found: float, pad: int) -> str:
    where = f"Row {row}, position {place}"
    if right == pad:
        return (
            f"{where} is padding (the pad is {pad} here), but its label is {found:g}: pads would "
            f"count in the loss; use {IGNORED}."
        )
    if right == END:
        return (
            f"{where} is the end sign </s> ({END}), but its label is {found:g}: the model would "
            "never learn to stop. Mask the pads only."
        )
    return (
        f"{where} is the token {right}, but its label is {found:g}: a word would not be learned. "
        f"Only pads are masked, and the pad is {pad} here."
    )


TRAININGS = ((96, 8, 1, 3), (100, 8, 1, 3), (100, 8, 4, 2), (999, 16, 2, 5))


def count_steps(answer: Callable) -> None:
    """Rows, batch size, accumulation, epochs -> optimizer steps."""
    for rows, batch, accumulation, epochs in TRAININGS:
        settings = TrainingSettings(batch_size=batch, accumulation=accumulation, epochs=epochs)
        where = f"{rows} rows, parts of {batch}, accumulation {accumulation}, {epochs} epochs"
        check_value(
            answer(rows, batch, accumulation, epochs),
            total_steps(rows, settings),
            _step_mistakes(rows, batch, accumulation, epochs),
            where,
        )


def _step_mistakes(
    rows: int, batch: int, accumulation: int, epochs: int
) -> list[tuple[float, str]]:
    batches = math.ceil(rows / batch)
    exact = rows / batch / accumulation * epochs
    return [
        (
            rows // batch // accumulation * epochs,
            "The last batch of an epoch may be smaller, and is a step all the same: round up.",
        ),
        (math.ceil(exact), "Each epoch rounds up for itself: round, then multiply."),
        (exact, "Steps are whole: round up in every epoch."),
        (batches * epochs, "Gradients of several parts make one step: divide by accumulation."),
        (batches * accumulation * epochs, "Accumulating makes fewer steps, not more."),
        (math.ceil(batches / accumulation), "That is one epoch."),
    ]


RATES = {"A": "too high", "B": "about right", "C": "too low"}
"""What each of the RATE_CURVES shows."""

RATE_CURVES = {
    "A": [3.3, 2.2, 1.5, 1.9, 3.8, 3.1, 2.7, 3.4, 2.8, 2.6, 3.0, 2.7, 2.6, 2.8, 2.7],
    "B": [3.5, 2.8, 2.3, 1.9, 1.6, 1.4, 1.2, 1.1, 1.0, 0.92, 0.86, 0.8, 0.76, 0.73, 0.71],
    "C": [3.6, 3.57, 3.53, 3.49, 3.45, 3.4, 3.36, 3.31, 3.27, 3.22, 3.18, 3.14, 3.1, 3.06, 3.02],
}
"""Validation losses of three trainings every 10 steps. They were drawn up for the exercise, so that
each shows one thing."""
VALIDATED_EVERY = 10


def read_rates(answer: Callable) -> None:
    """Nothing -> {"A": "too low", "about right" or "too high", "B": ..., "C": ...}."""
    found = answer()
    check_type(found, dict, "a dict with a verdict on each curve")
    if set(found) != set(RATES):
        raise Wrong(
            f"It should have a verdict on A, B and C, and has {', '.join(map(str, found))}."
        )
    if odd := [verdict for verdict in found.values() if verdict not in RATES.values()]:
        raise Wrong(f"{odd[0]!r} is none of {', '.join(map(repr, RATES.values()))}.")
    if found == RATES:
        return
    chosen = [name for name, verdict in found.items() if verdict == "about right"]
    if chosen == ["B"]:
        raise Wrong(
            "B is the one to choose, but look at the others again: with a rate too low the loss "
            "crawls, and is still on its way at the end; with one too high it jumps, and settles "
            "above what the others reach."
        )
    if len(chosen) != 1:
        raise Wrong(f"{len(chosen)} of the three are called about right, and you can train one.")
    raise Wrong(_wrong_choice(chosen[0]))


def _wrong_choice(name: str) -> str:
    """What would come of training with the rate of curve A or C."""
    curve, best = RATE_CURVES[name], RATE_CURVES["B"]
    if name == "A":
        lowest = curve.index(min(curve))
        return (
            f"A leads at step {(lowest + 1) * VALIDATED_EVERY}, and whoever stops looking there "
            f"takes it. Then its steps overshoot: it ends at {curve[-1]:.1f}, B at {best[-1]:.1f}. "
            "A longer training would not help; it would go on losing what it has just learned."
        )
    there = next(i for i, loss in enumerate(best) if loss <= curve[-1])
    return (
        f"C is the smoothest curve, and after {len(curve) * VALIDATED_EVERY} steps it stands where "
        f"B was before step {(there + 1) * VALIDATED_EVERY}. It would need many times the steps "
        "for the same loss: that is what a rate too low costs."
    )


HISTORIES = (
    (
        {"step": 20, "loss": 0.9},
        {"step": 40, "loss": 0.7, "validation_loss": 0.8, "rougeL": 0.31},
        {"step": 80, "loss": 0.5, "validation_loss": 0.6, "rougeL": 0.35},
        {"step": 120, "loss": 0.4, "validation_loss": 0.5, "rougeL": 0.33},
        {"step": 160, "loss": 0.3, "validation_loss": 0.7, "rougeL": 0.32},
        {"step": 180, "loss": 0.1},
        {"step": 200, "loss": 0.2},
    ),
    (
        {"step": 10, "loss": 0.9},
        {"step": 30, "loss": 0.8, "validation_loss": 0.2, "rougeL": 0.28},
        {"step": 60, "loss": 0.7, "validation_loss": 0.3, "rougeL": 0.41},
        {"step": 90, "loss": 0.6, "validation_loss": 0.4, "rougeL": 0.41},
    ),
)


def keep_best(answer: Callable) -> None:
    """A training's history -> the step whose checkpoint has the best ROUGE-L."""
    for history in HISTORIES:
        found = answer(list(history))
        check_type(found, Real, "a step, which is a number")
        best = max(history, key=lambda entry: entry.get("rougeL", 0))
        if found != best["step"]:
            raise Wrong(f"It keeps {found:g}. {_likely_choice(found, best, history)}")


def _likely_choice(
    found: float, best: dict[str, float], history: Sequence[dict[str, float]]
) -> str:
    validated = [entry for entry in history if "rougeL" in entry]
    tied = [entry["step"] for entry in validated if entry["rougeL"] == best["rougeL"]]
    by_loss, by_rouge, by_training_loss = (
        min(entries, key=lambda entry: entry[name])["step"]
        for entries, name in (
            (validated, "validation_loss"),
            (validated, "rougeL"),
            (history, "loss"),
        )
    )
    for choice, said in (
        (best["rougeL"], "That is the score; return its step."),
        (validated.index(best), "That is a place in a list; return the entry's step."),
        (history.index(best), "That is a place in the history; return the entry's step."),
        (tied[-1], f"Step {tied[0]} scores the same: keep the earlier, as this lab does."),
        (by_loss, "There the validation loss is lowest; the best ROUGE-L is elsewhere."),
        (validated[-1]["step"], "That is the last validation. Scores can fall again."),
        (history[-1]["step"], "That is the last step, and nothing was validated there."),
        (
            by_training_loss,
            "There the training loss is lowest, which says nothing about unseen dialogues.",
        ),
        (by_rouge, "That is the worst ROUGE-L: more is better, unlike a loss."),
    ):
        if found == choice:
            return said
    return f"The best ROUGE-L, {best['rougeL']}, is at step {best['step']}."


DEFECTS = {
    "frozen weights": "No weight that the optimizer holds requires a gradient, as in an adapter "
    "that was loaded to answer and not to train: none of them can move.",
    "zero rate": "The learning rate of every group is 0, as in a schedule that has run out: each "
    "step is taken, and has no length.",
    "masked labels": "Every label is -100: the loss is a mean over nothing, and has no gradient.",
    "other weights": "None of the optimizer's weights is one of the model's. The model was loaded "
    "again after the optimizer was made, which goes on training the old one.",
}
"""{what makes a loss flat: why}."""
HEALTHY = "nothing"


def find_defect(answer: Callable) -> None:
    """Model, optimizer, batch -> one of DEFECTS, or "nothing"."""
    for right, why, (model, optimizer, batch) in _setups():
        found = answer(model, optimizer, batch)
        check_type(found, str, "a name, which is text")
        if found not in (*DEFECTS, HEALTHY):
            names = ", ".join(map(repr, (*DEFECTS, HEALTHY)))
            raise Wrong(f"{found!r} is none of {names}.")
        if found != right:
            raise Wrong(f"One setup has the defect {right!r}, and yours says {found!r}. {why}"
                        if right != HEALTHY else
                        f"One setup trains well, and yours says {found!r}. {why}")  # fmt: skip


def _setups() -> list[tuple[str, str, tuple[Module, Optimizer, dict[str, Tensor]]]]:
    """[(the defect, why, (model, optimizer, batch))], small enough to be made each time."""
    import torch

    def model() -> Module:
        return torch.nn.Sequential(torch.nn.Embedding(12, 4), torch.nn.Linear(4, 12))

    def adam(*weights: list[Tensor], rates: Sequence[float] = (1e-3,)) -> Optimizer:
        groups = [{"params": group, "lr": rate} for group, rate in zip(weights, rates)]
        return torch.optim.AdamW(groups)

    def labels(*rows: list[int]) -> dict[str, Tensor]:
        return {"input_ids": torch.tensor([[3, 4, 1]] * len(rows)), "labels": torch.tensor(rows)}

    words = labels([5, 6, 1], [7, 1, IGNORED])
    plain, adapted, frozen, resting, stopped = (model() for _ in range(5))
    adapted[0].requires_grad_(False)
    frozen.requires_grad_(False)
    parts = [list(part.parameters()) for part in resting]
    whole = list(stopped.parameters())
    return [
        (HEALTHY, "A label of -100 is a pad, and every batch has some; words are left beside them.",
         (plain, adam(list(plain.parameters())), words)),
        ("zero rate", DEFECTS["zero rate"],
         (stopped, adam(whole[:1], whole[1:], rates=(0.0, 0.0)), words)),
        (HEALTHY, "Some weights are frozen there, as under an adapter; the others move.",
         (adapted, adam(list(adapted.parameters())), words)),
        ("masked labels", DEFECTS["masked labels"],
         (plain, adam(list(plain.parameters())), labels([IGNORED] * 3, [IGNORED] * 3))),
        ("frozen weights", DEFECTS["frozen weights"],
         (frozen, adam(list(frozen.parameters())), words)),
        ("other weights", DEFECTS["other weights"],
         (plain, adam(list(model().parameters())), words)),
        (HEALTHY, "One group rests at a rate of 0 there, and the other one moves.",
         (resting, adam(*parts, rates=(0.0, 1e-3)), words)),
    ]  # fmt: skip


EXERCISES = (
    Exercise(
        "2.1",
        "Mask the pads",
        mask_pads,
        "The loss now speaks about words only, and a batch's longest row no longer changes it.",
    ),
    Exercise(
        "2.2",
        "Count the steps",
        count_steps,
        "Times the seconds of one step, and you know a training's price before you start it.",
    ),
    Exercise(
        "2.3",
        "Choose a learning rate",
        read_rates,
        "You looked past the first steps, which is where a rate too high looks best.",
    ),
    Exercise(
        "2.4",
        "Keep the best checkpoint",
        keep_best,
        "The last model is often not the best one, and you no longer have to stop in time.",
    ),
    Exercise(
        "2.5",
        "Find why the loss is flat",
        find_defect,
        "Run such a list before you blame the data: a log does not tell all of them apart.",
    ),
)
