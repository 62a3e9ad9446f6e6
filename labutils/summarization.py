"""The lab's main task: the dialogues of a track, learned and summarized, scored by ROUGE and facts.

`engine.make_run` asks a `Summarization` for examples, answers and scores; a `Trial` is the same for
choices between settings, which the test split must not see.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from labutils.data import first_rows, load_dialogues
from labutils.evaluation import SCORING
from labutils.evaluation.baselines import FROM_TRAINING
from labutils.evaluation.fact_report import dataset_facts, facts_of_summaries, truths_of
from labutils.evaluation.failures import at_token_limit, count_failures, count_words
from labutils.evaluation.intervals import interval_records
from labutils.evaluation.rouge import METRICS, rouge_scores, scorer_of
from labutils.generation import generate
from labutils.methods import Method
from labutils.prompts import DEFAULT_TEMPLATE, fit_prompts
from labutils.tracks import Track
from labutils.training import encode_examples

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class Summarization:
    """A track's dialogues as what is learned and tested (`engine.Tasks`).

    Args:
        track: the Track; its dialogues are loaded when something first needs them.
    """

    columns: tuple[str, ...] = ("id", "prediction", *METRICS)
    split = "test"

    def __init__(self, track: Track) -> None:
        self.track = track
        self.facts = dataset_facts(track.dataset)
        self.best: str | None = "facts_f1" if self.facts else "rougeL"

    @cached_property
    def dialogues(self) -> dict[str, Dataset]:
        """{"train", "validation", "test": rows}, as `data.load_dialogues` gives them."""
        return load_dialogues(self.track)

    def settings(self) -> dict:
        """What decides a run's outcome beside track and method."""
        return {"template": DEFAULT_TEMPLATE}

    def check(self) -> None:
        """Load the dialogues; LabError if one lacks its facts in a dataset that has facts."""
        ids = self.asked()["id"]
        if self.facts is not None:
            truths_of(ids, self.facts)

    def asked(self) -> Dataset:
        """The dialogues to summarize, with their references."""
        return self.dialogues["test"]

    def training_rows(self, method: Method) -> int:
        """The training dialogues, if the method learns from them."""
        learns = method.training is not None or method.name in FROM_TRAINING
        return len(self.dialogues["train"]) if learns else 0

    def training_examples(
        self, method: Method, tokenizer: PreTrainedTokenizerBase, folder: Path
    ) -> Dataset:
        """The training dialogues, encoded."""
        return encode(self.track, self.dialogues["train"], tokenizer)

    def validation_examples(self, tokenizer: PreTrainedTokenizerBase) -> Dataset:
        """All validation dialogues, encoded."""
        return encode(self.track, self.dialogues["validation"], tokenizer)

    def validator(
        self, method: Method, tokenizer: PreTrainedTokenizerBase
    ) -> Callable[[PreTrainedModel], dict[str, float]] | None:
        """A function of a model: its mean scores (0-1) on the first validation dialogues.

        They are ROUGE, and those of `facts.FACT_METRICS` where the dataset's facts are known. None
        for a method that trains nothing, whose test scores say enough.
        """
        if method.training is None:
            return None
        rows = first_rows(self.dialogues["validation"], self.track.validation_dialogues)
        if self.facts is not None:  # now, and not at the first validation
            truths_of(rows["id"], self.facts)
        prompts = self.prompts(rows, tokenizer)
        references = [[summary] for summary in rows["summary"]]

        def validate(model: PreTrainedModel) -> dict[str, float]:
            predictions = summarize(self.track, model, tokenizer, prompts)
            return self._scores(rows, predictions, references).mean().to_dict()

        return validate

    def prompts(self, rows: Dataset, tokenizer: PreTrainedTokenizerBase) -> list[str]:
        """The dialogues in the lab's instruction, cut to the track's limit."""
        return fit_prompts(rows["dialogue"], tokenizer, max_tokens=self.track.max_prompt_tokens)

    def answers(
        self,
        model: PreTrainedModel | None,
        tokenizer: PreTrainedTokenizerBase | None,
        rule: Callable | None = None,
    ) -> pd.DataFrame:
        """One summary of each dialogue that is asked about: columns id and prediction."""
        test = self.asked()
        if rule is not None:
            train = self.dialogues["train"]
            predictions = rule(test.to_list(), train.to_list(), self.track.seed)
        else:
            prompts = self.prompts(test, tokenizer)
            predictions = summarize(self.track, model, tokenizer, prompts, progress=True)
        return pd.DataFrame({"id": list(test["id"]), "prediction": predictions})

    def scored(
        self, answers: pd.DataFrame, tokenizer: PreTrainedTokenizerBase | None
    ) -> tuple[dict, pd.DataFrame]:
        """(the record's part about them, the answers with their scores).

        A dialogue is scored against all its references. Answers of a rule have no tokenizer,
        and no limit to end at.
        """
        test, predictions, seed = self.asked(), list(answers.prediction), self.track.seed
        references, texts = test["references"], list(test["dialogue"])
        limit = self.track.max_summary_tokens
        truncated = (
            at_token_limit(predictions, tokenizer, limit) if tokenizer else [False] * len(test)
        )
        scores = self._scores(test, predictions, references)
        words = [count_words(text) for group in references for text in group]
        record = {
            "scorer": scorer_of(references),
            "scoring": SCORING,
            "split": self.split,
            "test_dialogues": len(test),
            "references_per_dialogue": max(map(len, references)),
            "rouge": interval_records(scores[list(METRICS)], seed=seed),
            "reference_words": float(np.mean(words)),
            "failures": count_failures(predictions, texts, truncated),
        }
        if self.facts is not None:
            record["facts"] = interval_records(scores.drop(columns=list(METRICS)), seed=seed)
        return record, answers.join(scores)

    def _scores(
        self, rows: Dataset, predictions: list[str], references: list[list[str]]
    ) -> pd.DataFrame:
        """One row per dialogue: ROUGE, and its facts where they are known."""
        scores = rouge_scores(predictions, references)
        if self.facts is None:
            return scores
        ids, texts = list(rows["id"]), list(rows["dialogue"])
        return scores.join(facts_of_summaries(predictions, ids, texts, self.facts))


class Trial(Summarization):
    """The same for a choice between settings: asked on validation, so that test stays unseen.

    No checkpoint is chosen: the last one answers the first `dialogues` validation dialogues, each
    of which has one reference.

    Args:
        track: the Track.
        dialogues: how many to answer; default twice `Track.validation_dialogues`.
    """

    split = "validation"

    def __init__(self, track: Track, dialogues: int | None = None) -> None:
        super().__init__(track)
        self.limit = dialogues or 2 * track.validation_dialogues
        self.best = None

    def settings(self) -> dict:
        """What decides a run's outcome beside track and method."""
        return {**super().settings(), "split": self.split, "asked": self.limit}

    def asked(self) -> Dataset:
        """The first validation dialogues, their one summary as `references`."""
        rows = first_rows(self.dialogues["validation"], self.limit)
        return rows.add_column("references", [[summary] for summary in rows["summary"]])

    def validator(
        self, method: Method, tokenizer: PreTrainedTokenizerBase
    ) -> Callable[[PreTrainedModel], dict[str, float]] | None:
        """None: only the validation loss is measured on the way."""
        return None


def summarize(
    track: Track,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: list[str],
    **options: Any,
) -> list[str]:
    """Greedy summaries with the track's limits (`generation.generate`)."""
    return generate(
        model,
        tokenizer,
        prompts,
        max_new_tokens=track.max_summary_tokens,
        batch_tokens=track.generation_tokens,
        **options,
    )


def encode(track: Track, rows: Dataset, tokenizer: PreTrainedTokenizerBase) -> Dataset:
    """`training.encode_examples` with the track's limits."""
    return encode_examples(
        rows,
        tokenizer,
        max_prompt_tokens=track.max_prompt_tokens,
        max_summary_tokens=track.max_summary_tokens,
    )
