"""Metrics of single tasks, with intervals: answers of a model against right answers, both texts.

A metric here is a score of counts that add up over rows: for a mean, the sum of the values and
their number; for F1, hits and items. So one bootstrap serves all of them.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labutils.evaluation.intervals import (
    RESAMPLES,
    Difference,
    Interval,
    check_same_length,
    ends,
    expanded,
    resampled_sums,
    two_sided_p,
)
from labutils.evaluation.rouge import rouge_scores


@dataclass(frozen=True)
class Metric:
    """How a task is scored.

    Attributes:
        name: such as "accuracy".
        counts: (predictions, answers), lists of texts, to an array (rows, 2): what is added up
            above and below the fraction line.
    """

    name: str
    counts: Callable[[list[str], list[Any]], np.ndarray]

    def interval(self, counts: np.ndarray, *, seed: int = 42) -> Interval:
        """Score and 95% bootstrap interval over rows of `counts` (rows, 2)."""
        score, scores = _resampled(counts, np.zeros_like(counts), seed, RESAMPLES)
        return Interval(score, *ends(scores, 0, 1))

    def change(
        self,
        counts: np.ndarray,
        baseline: np.ndarray,
        *,
        seed: int = 42,
        resamples: int = RESAMPLES,
    ) -> Difference:
        """The score's Difference against a baseline over the same rows, paired by row.

        Raises:
            LabError: the two have different numbers of rows.
        """
        check_same_length(counts=counts, baseline=baseline)
        score, scores = _resampled(counts, baseline, seed, resamples)
        return Difference(score, *ends(scores, -1, 1), two_sided_p(scores, items=len(counts)))


def ratio(counts: np.ndarray) -> np.ndarray:
    """The fraction of summed counts (..., 2); 0 where nothing was counted."""
    counts = np.asarray(counts, dtype=float)
    return counts[..., 0] / np.maximum(counts[..., 1], 1e-12)


def _resampled(
    counts: np.ndarray, baseline: np.ndarray, seed: int, resamples: int
) -> tuple[float, np.ndarray]:
    """The difference of two scores, and what it is in resamples of the rows (resamples,)."""
    counts, baseline = np.asarray(counts, dtype=float), np.asarray(baseline, dtype=float)
    rows = np.stack([counts, baseline], axis=1)
    sums = resampled_sums(rows, seed=seed, resamples=resamples)
    score = float(ratio(counts.sum(axis=0)) - ratio(baseline.sum(axis=0)))
    scores = ratio(sums[:, 0]) - ratio(sums[:, 1])
    return score, expanded(scores, score, len(counts))


def _mean_of(value: Callable[[str, str], float]) -> Callable[[list[str], list[str]], np.ndarray]:
    """Counts of a metric that is the mean of value(prediction, answer)."""

    def counts(predictions: list[str], answers: list[str]) -> np.ndarray:
        return np.array([[value(*pair), 1.0] for pair in zip(predictions, answers, strict=True)])

    return counts


# --- Ratings -----------------------------------------------------------------------------------


def stars_in(text: str) -> int | None:
    """The first whole number from 1 to 5 in an answer, or None: "4", "4 stars", but not "4.5"."""
    found = re.search(r"(?<![\d.])([1-5])(?![\d]|\.\d)", text)
    return int(found[1]) if found else None


def star_error(prediction: str, answer: str) -> int:
    """Stars between prediction and answer; an answer without a number is as wrong as can be."""
    right, found = int(answer), stars_in(prediction)
    return max(right - 1, 5 - right) if found is None else abs(found - right)


def mean_star_error(predictions: list[str], answers: list[str]) -> float:
    """Mean of `star_error`, in stars."""
    return float(np.mean([star_error(*pair) for pair in zip(predictions, answers, strict=True)]))


# --- Code --------------------------------------------------------------------------------------


def same_code(prediction: str, answer: str) -> bool:
    """Whether two pieces of code are equal but for white space."""
    return "".join(prediction.split()) == "".join(answer.split())


def bleu(predictions: list[str], answers: list[str]) -> float:
    """Corpus BLEU by sacrebleu with its own tokenizer 13a, 0-100 as is its custom."""
    import sacrebleu

    return sacrebleu.corpus_bleu(predictions, [answers]).score


# --- Entities ----------------------------------------------------------------------------------


def entities_in(text: str) -> set[tuple[str, str]]:
    """{(type, name)} of an answer such as "person: Ada Brin; place: Harlow"; "none" is none.

    An item without a type counts as an item of no type, so it can only be wrong.
    """
    found = set()
    for item in text.split(";"):
        kind, colon, name = item.partition(":")
        if not colon:
            kind, name = "", kind
        pair = _plain(kind), _plain(name)
        if pair[1] and pair != ("", "none"):
            found.add(pair)
    return found


def _plain(words: str) -> str:
    return " ".join(words.split()).casefold()


def entity_counts(predictions: list[str], answers: list[str]) -> np.ndarray:
    """Counts of micro-F1 over typed entities: twice the hits, and all predicted and right ones."""
    pairs = zip(map(entities_in, predictions), map(entities_in, answers), strict=True)
    return np.array(
        [[2 * len(found & right), len(found) + len(right)] for found, right in pairs], float
    )


# --- Summaries ---------------------------------------------------------------------------------


def summary_counts(predictions: list[str], answers: Sequence[str | list[str]]) -> np.ndarray:
    """ROUGE-L of each summary; an answer may be a list of references, whose mean it takes."""
    references = [[answer] if isinstance(answer, str) else answer for answer in answers]
    scores = rouge_scores(predictions, references)["rougeL"].to_numpy()
    return np.stack([scores, np.ones_like(scores)], axis=1)


ACCURACY = Metric(
    "accuracy", _mean_of(lambda prediction, answer: stars_in(prediction) == int(answer))
)
EXACT_MATCH = Metric("exact match", _mean_of(same_code))
ENTITY_F1 = Metric("micro-F1", entity_counts)
ROUGE_L = Metric("ROUGE-L", summary_counts)
