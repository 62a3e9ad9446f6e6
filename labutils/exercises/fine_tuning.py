"""The exercises of notebook 2: labels without pads, the number of steps, the best checkpoint."""

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
        for row, place in zip(*torch.nonzero(found != _masked(labels, pad), as_tuple=True)):
            here = int(row), int(place)
            raise Wrong(_label_mistake(*here, int(labels[here]), found[here].item(), pad))


def _masked(labels: Tensor, pad: int) -> Tensor:
    return labels.masked_fill(labels == pad, IGNORED)


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
        "Keep the best checkpoint",
        keep_best,
        "The last model is often not the best one, and you no longer have to stop in time.",
    ),
)
