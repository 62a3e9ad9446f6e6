"""ROUGE against every reference, bootstrap intervals by dialogue, and counts of plain failures."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from labutils.errors import LabError

METRICS = ("rouge1", "rouge2", "rougeL", "rougeLsum")
SCORER = "rouge_score, F1, stemmer, mean over a dialogue's references"
RESAMPLES = 2000


@dataclass(frozen=True)
class Interval:
    """A mean and the ends of its 95 % bootstrap interval (ROUGE: 0-1)."""

    mean: float
    low: float
    high: float

    def __str__(self):
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"

    @property
    def excludes_zero(self):
        """Whether a difference with this interval is more than noise."""
        return self.low > 0 or self.high < 0


def rouge_scores(predictions, references):
    """ROUGE F1 of each prediction, the mean over its references.

    Args:
        predictions: one text a dialogue.
        references: one list of texts a dialogue.

    Returns:
        A DataFrame (dialogues, 4) with rouge1, rouge2, rougeL and rougeLsum, 0-1. rouge_score
        splits words at anything but letters and digits, so "#Person1#" counts as "person1".

    Raises:
        LabError: unequal lengths, or a dialogue without references.
    """
    from rouge_score.rouge_scorer import RougeScorer

    check_same_length(predictions=predictions, references=references)
    bare = [i for i, texts in enumerate(references) if isinstance(texts, str) or not len(texts)]
    if bare:
        raise LabError(f"references must hold a non-empty list each; item {bare[0]} does not.")
    scorer = RougeScorer(METRICS, use_stemmer=True)
    rows = []
    for prediction, texts in zip(predictions, references):
        scored = [
            scorer.score(one_sentence_a_line(text), one_sentence_a_line(prediction))
            for text in texts
        ]
        rows.append([np.mean([score[metric].fmeasure for score in scored]) for metric in METRICS])
    return pd.DataFrame(rows, columns=list(METRICS), dtype=float)


def check_same_length(**lists):
    """Raise LabError, naming the lengths, unless all lists are equally long and not empty."""
    sizes = {name: len(items) for name, items in lists.items()}
    if len(set(sizes.values())) != 1 or 0 in sizes.values():
        found = ", ".join(f"{size} {name}" for name, size in sizes.items())
        raise LabError(f"Cannot score {found}: one of each is needed for every dialogue.")


def one_sentence_a_line(text):
    """The text with a newline after each sentence: without it rougeLsum is just rougeL."""
    return re.sub(r"(?<=[.!?])\s+(?=\S)", "\n", text.strip())


def bootstrap_interval(values, *, seed=42, resamples=RESAMPLES):
    """Mean and 95 % interval of one value a dialogue.

    Dialogues are resampled, never rows: the three references of a dialogue are no three
    independent observations (each value is already their mean).
    """
    values = np.asarray(values, dtype=float)
    drawn = np.random.default_rng(seed).integers(len(values), size=(resamples, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    return Interval(float(values.mean()), float(low), float(high))


def rouge_intervals(scores, *, seed=42):
    """{metric: Interval} of a table from `rouge_scores`."""
    return {metric: bootstrap_interval(scores[metric], seed=seed) for metric in METRICS}


def paired_difference(scores, baseline, *, seed=42):
    """Interval of scores - baseline over the same dialogues.

    Pairing takes out what makes a dialogue hard for both, so it sees smaller differences than
    two separate intervals side by side.
    """
    check_same_length(scores=scores, baseline=baseline)
    return bootstrap_interval(np.asarray(scores) - np.asarray(baseline), seed=seed)


def failures(prediction, dialogue):
    """How a summary visibly fails: {"continues_dialogue", "empty", "copied": bool}.

    continues_dialogue: it starts with a speaker's turn. copied: all of it stands word for word in
    the dialogue.
    """
    text = " ".join(prediction.split())
    return {
        "continues_dialogue": bool(re.match(r"(#\w+#|[A-Z]\w*) ?:", text)),
        "empty": not text,
        "copied": bool(text) and text in " ".join(dialogue.split()),
    }


def count_failures(predictions, dialogues):
    """How many summaries fail in each way of `failures`, and the mean words a summary.

    Returns:
        {"n", "continues_dialogue", "empty", "copied": counts, "words": mean}.
    """
    check_same_length(predictions=predictions, dialogues=dialogues)
    found = [failures(*pair) for pair in zip(predictions, dialogues)]
    return {
        "n": len(found),
        **{kind: sum(item[kind] for item in found) for kind in found[0]},
        "words": float(np.mean([len(text.split()) for text in predictions])),
    }
