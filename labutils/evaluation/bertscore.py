"""BERTScore, where its package and its weights are to be had."""

from collections.abc import Sequence
from importlib import import_module

import numpy as np

from labutils.common.files import first_line
from labutils.common.packages import installed_version
from labutils.evaluation.rouge import SCORER, scorer_of

MODEL, LAYERS = "roberta-large", 17
"""What BERTScore's authors use for English, and the layer they read."""


def bert_scores(
    predictions: Sequence[str], references: Sequence[Sequence[str]], *, download: bool
) -> tuple[list[float] | None, str | None]:
    """BERTScore F1 of each text, the best over its references as its authors do it.

    Args:
        download: whether to fetch roberta-large from the Hub if it is not on this machine.

    Returns:
        (scores, None), or (None, why there are none).
    """
    if not installed_version("bert_score"):
        return None, "the package bert_score is not installed"
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    model = MODEL
    if not download:
        try:
            model = snapshot_download(MODEL, local_files_only=True)
        except LocalEntryNotFoundError:
            return None, f"no weights of {MODEL} at hand"
    texts = [list(group) for group in references]
    try:
        score = import_module("bert_score").score
        *_, found = score(list(predictions), texts, model_type=model, num_layers=LAYERS)
    except Exception as error:  # of any kind: weights, network, memory
        return None, f"{type(error).__name__}: {first_line(error)}"
    return found.tolist(), None


def add_bert_scores(
    report: dict, systems: dict[str, list[str]], references: Sequence[Sequence[str]]
) -> list[str]:
    """Put mean BERTScores into a report of `rouge.score`; return remarks on what was skipped."""
    if scorer_of(references) != SCORER:
        return ["BERTScore is skipped: the model that it uses here reads English alone."]
    for name, predictions in systems.items():
        scores, reason = bert_scores(predictions, references, download=True)
        if scores is None:
            return [f"BERTScore is skipped: {reason}"]
        report["systems"][name]["bertscore"] = float(np.mean(scores))
    return []
