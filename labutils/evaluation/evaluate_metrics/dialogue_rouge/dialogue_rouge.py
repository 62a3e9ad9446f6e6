"""This lab's ROUGE as a metric of the `evaluate` library."""

import datasets
import evaluate

from labutils.evaluation.rouge import SCORER, UNICODE_SCORER, rouge_scores

INPUTS = f"""
Args:
    predictions: one text per dialogue.
    references: one list of texts per dialogue.
    protocol: "mean" over a dialogue's references, or the "best" of them.
    use_aggregator: whether to take the mean over the dialogues; default True.

Returns:
    rouge1, rouge2, rougeL and rougeLsum, 0-1: a number each, or a list with one per dialogue.
    {SCORER};
    for references that are not in Latin letters: {UNICODE_SCORER}.
"""


class DialogueRouge(evaluate.Metric):
    """ROUGE F1 (0-1) of dialogues, each scored against all of its references."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=__doc__,
            citation="Lin (2004), ROUGE: A Package for Automatic Evaluation of Summaries.",
            inputs_description=INPUTS,
            features=datasets.Features(
                {
                    "predictions": datasets.Value("string"),
                    "references": datasets.Sequence(datasets.Value("string")),
                }
            ),
        )

    def _compute(
        self,
        predictions: list[str],
        references: list[list[str]],
        protocol: str = "mean",
        use_aggregator: bool = True,
    ) -> dict:
        scores = rouge_scores(predictions, references, protocol=protocol)
        return scores.mean().to_dict() if use_aggregator else scores.to_dict("list")
