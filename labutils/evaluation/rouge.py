"""ROUGE of any number of systems over the same dialogues, against every human reference.

`score` gives everything that should stand beside a ROUGE table: intervals by dialogue, paired
differences, the references' own score, and counts of what ROUGE does not see.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from types import SimpleNamespace

import numpy as np
import pandas as pd

from labutils.common.cost import stage
from labutils.common.errors import LabError
from labutils.evaluation.failures import MEANS, count_failures
from labutils.evaluation.intervals import (
    check_same_length,
    difference_records,
    interval_records,
)
from labutils.evaluation.scripts import is_latin, words

METRICS = ("rouge1", "rouge2", "rougeL", "rougeLsum")
PROTOCOLS: dict[str, Callable] = {"mean": np.mean, "best": np.max}
"""How the scores against several references become one: their mean, or the best of them."""

SCORER = "rouge_score, F1, stemmer, mean over a dialogue's references"
UNICODE_SCORER = (
    "rouge_score, F1, Unicode words (characters in scripts without spaces), no stemmer, mean over "
    "a dialogue's references"
)
"""For references that rouge_score's own tokenizer, which keeps a-z and 0-9, cannot read."""

TOKENIZED_TEXTS = 20_000
"""Sentences whose stemmed words are kept: each text is scored several times."""


def rouge_scores(
    predictions: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    protocol: str = "mean",
) -> pd.DataFrame:
    """ROUGE F1 of each prediction against its references.

    Args:
        predictions: one text per dialogue.
        references: one list of texts per dialogue.
        protocol: "mean" over the references, or the "best" of them.

    Returns:
        A DataFrame (dialogues, 4) with rouge1, rouge2, rougeL and rougeLsum, 0-1. rouge_score
        splits words at anything but letters and digits, so "#Person1#" counts as "person1".

    Raises:
        LabError: unequal lengths, a dialogue without references, or an unknown protocol.
    """
    if protocol not in PROTOCOLS:
        raise LabError(f"The protocol is {protocol!r}; it must be mean or best.")
    scored = rouge_of_references(predictions, references)
    return _table([PROTOCOLS[protocol](found, axis=0) for found in scored])


def scorer_of(references: Iterable[Sequence[str]]) -> str:
    """SCORER if all references together are in Latin letters, most of them a-z; or UNICODE_SCORER.

    Predictions have no say in it, so that all systems over the same dialogues are compared alike.
    """
    return SCORER if is_latin([text for texts in references for text in texts]) else UNICODE_SCORER


def rouge_of_references(
    predictions: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    scorer: str | None = None,
    progress: bool = False,
) -> list[np.ndarray]:
    """ROUGE F1 of each prediction against each of its references, by `scorer_of` them or `scorer`.

    Returns:
        A list with an array (references, 4) for each dialogue, columns as in METRICS.
    """
    from tqdm.auto import tqdm

    check_same_length(predictions=predictions, references=references)
    bare = [i for i, texts in enumerate(references) if isinstance(texts, str) or not len(texts)]
    if bare:
        raise LabError(f"references must hold a non-empty list each; item {bare[0]} does not.")
    measure = _scorer(scorer or scorer_of(references))
    pairs = tqdm(
        zip(predictions, references),
        total=len(predictions),
        desc="scoring",
        leave=False,
        disable=not progress,
    )
    with stage("scoring"):
        return [
            np.array([_rouge(measure, text, prediction) for text in texts])
            for prediction, texts in pairs
        ]


def reference_scores(
    references: Sequence[list[str]], *, progress: bool = False
) -> dict[str, pd.DataFrame] | None:
    """ROUGE of each reference against the others of its dialogue.

    A system that writes as one of their authors would get about this much. It is no upper bound: a
    text close to what all of them have in common can score higher. Dialogues with a single
    reference have nothing to tell and are left out.

    Returns:
        {protocol: a table as from `rouge_scores`, each value the mean over a dialogue's
        references}; None if no dialogue has two references.
    """
    several = [texts for texts in references if len(texts) > 1]
    if not several:
        return None
    left_out = [(texts[:i] + texts[i + 1 :], i) for texts in several for i in range(len(texts))]
    held_out = [texts[i] for texts in several for i in range(len(texts))]
    rest, scorer = [texts for texts, _ in left_out], scorer_of(references)
    scored = iter(rouge_of_references(held_out, rest, scorer=scorer, progress=progress))
    grouped = [[next(scored) for _ in texts] for texts in several]
    return {
        name: _table(
            [np.mean([pick(found, axis=0) for found in group], axis=0) for group in grouped]
        )
        for name, pick in PROTOCOLS.items()
    }


def score(
    systems: dict[str, list[str]],
    references: Sequence[list[str]],
    *,
    dialogues: Sequence[str] | None = None,
    truncated: dict[str, list[bool]] | None = None,
    rows: int | None = None,
    seed: int = 42,
    progress: bool = False,
) -> dict:
    """Score any number of systems over the same dialogues.

    Args:
        systems: {name: one prediction per dialogue}.
        references: one list of texts per dialogue.
        dialogues: their texts, for the counts that need them.
        truncated: {name: whether each prediction ended at the token limit}, if known.
        rows: of the file they are from; default one per reference.
        seed: of the bootstrap.
        progress: show a bar.

    Returns:
        {"scorer", "n_rows", "n_dialogues", "references_per_dialogue", "seed",
        "systems": {name: {"rouge1": {"mean", "low", "high", "best_of_references"}, ...,
        "words": mean, "longest_copy": mean words, each failure: its share 0-1, or None where
        names cannot be told by their capitals}},
        "differences": [{"a", "b", "metric", "mean", "low", "high", "p", "spread", "p_holm"}],
        which are a minus b, and "references": the same of them, each scored against the
        others of its dialogue; without ROUGE if none has others. Its "n_dialogues" says how many
        have}.

    Raises:
        LabError: no systems, unequal lengths, or a dialogue without references.
    """
    if not systems:
        raise LabError("There is no system to score; give {name: predictions}.")
    counts = sorted({len(texts) for texts in references})
    found, means = {}, {}
    for name, predictions in systems.items():
        scored = rouge_of_references(predictions, references, progress=progress)
        tables = {key: _table([pick(item, axis=0) for item in scored])
                  for key, pick in PROTOCOLS.items()}  # fmt: skip
        means[name] = tables["mean"]
        cut = truncated[name] if truncated else None
        found[name] = _summary(tables, seed) | failure_shares(predictions, dialogues, cut)
    texts = [text for group in references for text in group]
    sources = dialogues and [d for d, group in zip(dialogues, references) for _ in group]
    against_each_other = reference_scores(references, progress=progress)
    own = _summary(against_each_other, seed) if against_each_other else {}
    own["n_dialogues"] = sum(len(group) > 1 for group in references)
    own |= failure_shares(texts, sources)
    return {
        "scorer": scorer_of(references),
        "n_rows": len(texts) if rows is None else rows,
        "n_dialogues": len(references),
        "references_per_dialogue": counts[0] if len(counts) == 1 else counts,
        "seed": seed,
        "systems": found,
        "differences": difference_records(means, METRICS, seed=seed),
        "references": own,
    }


def failure_shares(
    predictions: Sequence[str],
    dialogues: Sequence[str] | None = None,
    truncated: Sequence[bool] | None = None,
) -> dict[str, float | None]:
    """`failures.count_failures` as shares of the predictions, 0-1; words and copies as means."""
    counts = count_failures(predictions, dialogues, truncated)
    total = counts.pop("n")
    return {
        name: value if value is None or name in MEANS else value / total
        for name, value in counts.items()
    }


def one_sentence_a_line(text: str) -> str:
    """The text with a newline after each sentence: without it rougeLsum is just rougeL."""
    return re.sub(SENTENCE_END, "\n", text.strip())


SENTENCE_END = r"(?<=[.!?])\s+(?=\S)|(?<=[。！？｡؟۔।॥])\s*(?=[\w#\"'“「『（(])"
"""Marks of other scripts may stand without a space after them."""


def _summary(tables, seed):
    return {
        metric: interval | {"best_of_references": float(tables["best"][metric].mean())}
        for metric, interval in interval_records(tables["mean"], seed=seed).items()
    }


def _table(rows):
    return pd.DataFrame(np.array(rows), columns=list(METRICS), dtype=float)


def _rouge(scorer, reference, prediction):
    found = scorer.score(one_sentence_a_line(reference), one_sentence_a_line(prediction))
    return [found[metric].fmeasure for metric in METRICS]


def rouge_words(text: str, scorer: str = SCORER) -> list[str]:
    """A text's words as ROUGE compares them.

    Args:
        text: any.
        scorer: SCORER: lower case, stemmed, split at all but a-z and 0-9; or UNICODE_SCORER:
            `scripts.words`, as SCORER reads a text that is mostly of another script, too: else a
            Russian answer to an English reference would be scored on its digits alone.
    """
    return _tokenizer(scorer).tokenize(text)


@lru_cache(2)
def _scorer(scorer):
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(METRICS, tokenizer=_tokenizer(scorer))


@lru_cache(2)
def _tokenizer(scorer):
    """A tokenizer for Google's scorer, which does each text once instead of once a reference."""
    from rouge_score.tokenizers import DefaultTokenizer

    own = DefaultTokenizer(use_stemmer=True).tokenize

    def tokenize(text):
        latin = scorer == SCORER and is_latin([text], others=0.5, accented=1)
        return own(text) if latin else words(text)

    return SimpleNamespace(tokenize=lru_cache(TOKENIZED_TEXTS)(tokenize))
