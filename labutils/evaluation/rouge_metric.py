"""This lab's ROUGE as a metric object of the `evaluate` library, without a network.

    metric = evaluate.load(labutils.evaluation.rouge_metric.__file__)
    metric.compute(predictions=["..."], references=[["...", "..."]])

`evaluate.load("rouge")` fetches its script from the Hub and fails offline (evaluate#315, #678).
"""

import datasets
import evaluate

from labutils.evaluation.rouge import SCORER, rouge_scores


class DialogueRouge(evaluate.Metric):
    """Mean ROUGE F1 (0-1) over dialogues, each scored against all of its references."""

    def _info(self):
        return evaluate.MetricInfo(
            description=__doc__,
            citation="Lin (2004), ROUGE: A Package for Automatic Evaluation of Summaries.",
            inputs_description=f"predictions: texts. references: a list of texts each. {SCORER}.",
            features=datasets.Features(
                {
                    "predictions": datasets.Value("string"),
                    "references": datasets.Sequence(datasets.Value("string")),
                }
            ),
        )

    def _compute(self, predictions, references):
        return rouge_scores(predictions, references).mean().to_dict()
