"""This lab's fact score as a metric of the `evaluate` library."""

import datasets
import evaluate

from labutils.evaluation.fact_report import facts_of_summaries

INPUTS = """
Args:
    predictions: one text per dialogue.
    ids: of the dialogues.
    dialogues: their texts.
    facts: {dialogue id: truth}, from labutils.evaluation.truths.read_facts.
    use_aggregator: whether to take the mean over the dialogues; default True.

Returns:
    facts, outcome, facts_f1, new_name, new_number and all_right, 0-1: a number each, or a list
    with one per dialogue.
"""


class FactScore(evaluate.Metric):
    """Whether summaries tell what is known to be true of their dialogues, and nothing else."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=__doc__,
            citation="",
            inputs_description=INPUTS,
            features=datasets.Features(
                {name: datasets.Value("string") for name in ("predictions", "ids", "dialogues")}
            ),
        )

    def _compute(
        self,
        predictions: list[str],
        ids: list[str],
        dialogues: list[str],
        facts: dict[str, dict],
        use_aggregator: bool = True,
    ) -> dict:
        scores = facts_of_summaries(predictions, ids, dialogues, facts)
        return scores.mean().to_dict() if use_aggregator else scores.to_dict("list")
