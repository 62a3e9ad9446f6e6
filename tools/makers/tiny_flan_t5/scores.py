"""Scores of the base model on unseen rows of its own tasks and on unseen support chats."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from labutils.data import group_references
from labutils.evaluation.rouge import rouge_scores
from labutils.generation import generate
from labutils.multitask.metrics import entity_counts, mean_star_error, ratio
from labutils.prompts import build_prompt
from tools.makers.support_chats.splits import rows as chat_rows
from tools.makers.tasks import instructions, rows
from tools.makers.tiny_flan_t5.corpus import copying_pair

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SUMMARY_TOKENS = 144  # as many as the lab allows, and a long talk may need
SHOWN = ("rouge1", "rouge2", "rougeL")


def rouge(predictions: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return mean ROUGE-1, -2 and -L F1 as a dict; `references` holds a list per prediction."""
    return rouge_scores(predictions, references)[list(SHOWN)].mean().to_dict()


def measures(task: str, predictions: list[str], targets: list[str]) -> dict[str, float]:
    """Return {measure: value} of one task."""
    if task == "entities":
        return {"micro_f1": float(ratio(entity_counts(predictions, targets).sum(axis=0)))}
    if task in ("summary", "conversation"):
        return rouge(predictions, [[target] for target in targets])
    exact = float(np.mean([p == t for p, t in zip(predictions, targets, strict=True)]))
    if task == "rating":
        error = mean_star_error(predictions, targets)
        return {"accuracy": exact, "mean_absolute_error": error}
    return {"accuracy" if task == "topic" else "exact_match": exact}


def held_out_pairs(task: str, count: int) -> tuple[list[str], list[str]]:
    """Return (prompts, targets) of a task, with names of the test pool."""
    rng = Random(f"held out {task} 1")
    if task == "copy":
        pairs = [copying_pair(rng, "test") for _ in range(count)]
    else:
        drawn = [rows.row(task, rng, "test") for _ in range(count)]
        pairs = [instructions.prompt(task, row, rng) for row in drawn]
    prompts, targets = zip(*pairs, strict=True)
    return list(prompts), list(targets)


def held_out_scores(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, rows_per_task: int = 300
) -> dict[str, dict[str, float]]:
    """Return the scores on each task over rows of the test pool, as {task: {measure: value}}."""
    scores = {}
    for task in (*rows.ROWS, "copy"):
        prompts, targets = held_out_pairs(task, rows_per_task)
        limit = SUMMARY_TOKENS if task == "conversation" else 96
        predictions = generate(model, tokenizer, prompts, max_new_tokens=limit)
        scores[task] = _rounded(measures(task, predictions, targets))
    return scores


def zero_shot_scores(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> dict[str, float]:
    """Return ROUGE on the test split of support_chats, whose task the model never learned."""
    chats = group_references(chat_rows("test"))
    prompts = [build_prompt(chat["dialogue"]) for chat in chats]
    summaries = generate(model, tokenizer, prompts, max_new_tokens=SUMMARY_TOKENS)
    return _rounded(rouge(summaries, [chat["references"] for chat in chats]))


def _rounded(scores: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in scores.items()}
