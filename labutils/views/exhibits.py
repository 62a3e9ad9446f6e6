"""The fault museum's table: what each mistake does to the scores, and what gives it away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from labutils.evaluation.intervals import Difference, holm, paired_difference
from labutils.evaluation.rouge import scorer_of
from labutils.views.tables import captioned

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from labutils.summarization import Summarization

MEASURED = {"rouge1": "ROUGE-1", "facts_f1": "facts F1"}


class Exhibits:
    """Mistakes and what they do to scores on the dialogues of `tasks`, a line each.

    Attributes:
        lines: {exhibit: {column: cell}}; add a line of another kind by hand.
        differences: {exhibit: its Difference in ROUGE-1}.
    """

    def __init__(self, tasks: Summarization, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tasks, self.tokenizer = tasks, tokenizer
        self.lines: dict[str, dict[str, Any]] = {}
        self.differences: dict[str, Difference] = {}

    def scored(self, texts: list[str]) -> pd.DataFrame:
        """The scores (0-1) of one text for each test dialogue, a row each."""
        ids = list(self.tasks.dialogues["test"]["id"])
        answers = pd.DataFrame({"id": ids, "prediction": texts})
        return self.tasks.scored(answers, self.tokenizer)[1]

    def hang(
        self, name: str, faulty: pd.DataFrame, sound: pd.DataFrame, given_away: str
    ) -> Difference:
        """Add a line: faulty minus sound scores, paired by dialogue; facts F1 where it is known.

        Args:
            name: of the exhibit.
            faulty, sound: tables as from `scored`, over the same dialogues.
            given_away: what would have shown the mistake, in a few words.

        Returns:
            The Difference in ROUGE-1.
        """
        seed = self.tasks.track.seed
        found = {
            title: paired_difference(faulty[metric], sound[metric], seed=seed)
            for metric, title in MEASURED.items()
            if metric in faulty and metric in sound
        }
        self.lines[name] = {title: str(difference) for title, difference in found.items()}
        self.lines[name] |= {"dialogues": str(len(faulty)), "given away by": given_away}
        self.differences[name] = found[MEASURED["rouge1"]]
        return self.differences[name]

    def table(self) -> pd.DataFrame:
        """All lines, with a caption that tells how they were measured."""
        scorer = scorer_of(self.tasks.asked()["references"])
        caption = (
            "Faulty minus sound, 0-1, paired by dialogue, with 95% bootstrap intervals that are "
            "not corrected for the number of lines. For a small test set: its own score minus that "
            "of all dialogues, and where 95% of such samples fall. After a short training on "
            f"{len(self.tasks.dialogues['train']):,} rows. {scorer}; seed {self.tasks.track.seed}."
        )
        return captioned(pd.DataFrame(self.lines).T.fillna(""), caption)

    def beyond_luck(self) -> list[str]:
        """Exhibits whose ROUGE-1 differs at p < 0.05 after Holm's correction for all of them."""
        corrected = holm([found.p for found in self.differences.values()])
        return [name for name, p in zip(self.differences, corrected) if p < 0.05]
