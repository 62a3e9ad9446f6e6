"""Scores of the base model on unseen rows of its own tasks and on unseen support chats."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from statistics import mean
from typing import TYPE_CHECKING

import torch
from rouge_score.rouge_scorer import RougeScorer

from tools.makers.support_chats.splits import rows as chat_rows
from tools.makers.tasks import instructions, rows
from tools.makers.tiny_flan_t5.corpus import copying_pair

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

CHAT_PROMPT = "Summarize the following conversation.\n\n{dialogue}\n\nSummary:"
SUMMARY_TOKENS = 144  # as many as the lab allows, and a long talk may need
ROUGE = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)


@torch.inference_mode()
def greedy_answers(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: list[str],
    max_new_tokens: int = 64,
    batch_size: int = 50,
) -> list[str]:
    """Return the greedy answer of the model to each prompt."""
    model.eval()
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    texts = [""] * len(prompts)
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        inputs = tokenizer([prompts[i] for i in chosen], return_tensors="pt", padding=True)
        inputs = inputs.to(model.device)
        output = model.generate(
            input_ids=inputs.input_ids,
            attention_mask=inputs.attention_mask,
            max_new_tokens=max_new_tokens,
            do_sample=False,
            num_beams=1,
        )
        decoded = tokenizer.batch_decode(output, skip_special_tokens=True)
        for i, text in zip(chosen, decoded, strict=True):
            texts[i] = text.strip()
    return texts


def accuracy(predictions: Sequence[str], targets: Sequence[str]) -> float:
    """Return the share of predictions that equal their target."""
    return mean(p == t for p, t in zip(predictions, targets, strict=True))


def stars(text: str) -> int:
    """Return the number of stars in an answer, or the middle of the scale."""
    return int(text) if text in "12345" and len(text) == 1 else 3


def entity_f1(predictions: Sequence[str], targets: Sequence[str]) -> float:
    """Return the micro-averaged F1 of 'type: name' items."""

    def items(text: str) -> set[str]:
        return {item.strip() for item in text.split(";")} - {"none", ""}

    pairs = [(items(p), items(t)) for p, t in zip(predictions, targets, strict=True)]
    hits = sum(len(p & t) for p, t in pairs)
    total = sum(len(p) + len(t) for p, t in pairs)
    return 2 * hits / total


def rouge(predictions: Sequence[str], references: Sequence[tuple[str, ...]]) -> dict[str, float]:
    """Return mean ROUGE-1, -2 and -L F1 as a dict; `references` holds a tuple per prediction."""
    totals: dict[str, list[float]] = {"rouge1": [], "rouge2": [], "rougeL": []}
    for prediction, group in zip(predictions, references, strict=True):
        for reference in group:
            for name, score in ROUGE.score(reference, prediction).items():
                totals[name].append(score.fmeasure)
    return {name: round(mean(values), 4) for name, values in totals.items()}


def measures(task: str, predictions: Sequence[str], targets: Sequence[str]) -> dict[str, float]:
    """Return {measure: value} of one task."""
    if task == "rating":
        errors = [abs(stars(p) - int(t)) for p, t in zip(predictions, targets, strict=True)]
        return {"accuracy": accuracy(predictions, targets), "mean_absolute_error": mean(errors)}
    if task == "entities":
        return {"micro_f1": entity_f1(predictions, targets)}
    if task in ("code", "question", "copy"):
        return {"exact_match": accuracy(predictions, targets)}
    if task == "topic":
        return {"accuracy": accuracy(predictions, targets)}
    return rouge(predictions, [(target,) for target in targets])


def held_out_pairs(task: str, count: int, seed: int = 1) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (prompts, targets) of a task, with names of the test pool."""
    rng = Random(f"held out {task} {seed}")
    if task == "copy":
        pairs = [copying_pair(rng, "test") for _ in range(count)]
    else:
        drawn = [rows.row(task, rng, "test") for _ in range(count)]
        pairs = [instructions.prompt(task, row, rng) for row in drawn]
    prompts, targets = zip(*pairs, strict=True)
    return prompts, targets


def held_out_scores(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, rows_per_task: int = 300
) -> dict[str, dict[str, float]]:
    """Return the scores on each task over rows of the test pool, as {task: {measure: value}}."""
    scores = {}
    for task in (*rows.ROWS, "copy"):
        prompts, targets = held_out_pairs(task, rows_per_task)
        limit = SUMMARY_TOKENS if task == "conversation" else 96
        predictions = greedy_answers(model, tokenizer, list(prompts), max_new_tokens=limit)
        values = measures(task, predictions, targets)
        scores[task] = {name: round(value, 4) for name, value in values.items()}
    return scores


def chat_prompts() -> tuple[list[str], list[tuple[str, ...]]]:
    """Return (prompts, references) of the test split of support_chats, one per dialogue."""
    summaries: dict[str, list[str]] = {}
    for row in chat_rows("test"):
        summaries.setdefault(row["dialogue"], []).append(row["summary"])
    prompts = [CHAT_PROMPT.format(dialogue=dialogue) for dialogue in summaries]
    return prompts, [tuple(group) for group in summaries.values()]


def zero_shot_scores(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> dict[str, float]:
    """Return ROUGE on the test split of support_chats, whose task the model never learned."""
    prompts, references = chat_prompts()
    return rouge(
        greedy_answers(model, tokenizer, prompts, max_new_tokens=SUMMARY_TOKENS), references
    )
