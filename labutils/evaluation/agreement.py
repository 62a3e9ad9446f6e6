"""Whether measures agree: pairs of summaries that ROUGE orders wrongly, and what is supported."""

from itertools import combinations

import pandas as pd

from labutils.common.errors import LabError
from labutils.evaluation.failures import names, numbers, unsupported


def supported_share(summary: str, dialogue: str) -> float:
    """The share of a summary's names and numbers that its dialogue has, 0-1; 1 if it has none."""
    told = names(summary) | numbers(summary)
    return 1 - len(set.union(*unsupported(summary, dialogue).values())) / max(1, len(told))


def ordered_pairs(score: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Every two systems' summaries of one dialogue that the truth tells apart.

    Args:
        score: a DataFrame (dialogues, systems), such as ROUGE-1.
        truth: the same systems and dialogues by a measure of what is right, such as facts F1.

    Returns:
        A DataFrame, one row per pair whose truth differs: "item", the dialogue's position; "more",
        the system whose summary has more of the truth; "fewer", the other one; "truth_gap", by how
        much it has more (> 0); and "score_gap", how much more the score gives it: below 0, the
        score prefers the worse one.

    Raises:
        LabError: other systems or another number of dialogues in the two.
    """
    if list(score.columns) != list(truth.columns) or len(score) != len(truth):
        raise LabError("Both tables need the same systems and the same dialogues, in one order.")
    found = []
    for one, other in combinations(score.columns, 2):
        truth_gap, score_gap = (table[one] - table[other] for table in (truth, score))
        for item, (right, given) in enumerate(zip(truth_gap, score_gap)):
            if right > 0:
                found.append((item, one, other, right, given))
            elif right < 0:
                found.append((item, other, one, -right, -given))
    return pd.DataFrame(found, columns=["item", "more", "fewer", "truth_gap", "score_gap"])


def wrong_orders(pairs: pd.DataFrame, *, least: int = 1) -> pd.DataFrame:
    """How often the score prefers the worse of two summaries, for every two systems.

    Args:
        pairs: from `ordered_pairs`.
        least: leave two systems out that have fewer pairs.

    Returns:
        A DataFrame indexed by "A and B" with "pairs" and "ordered wrongly", counts, and "share",
        0-1; the highest share first.
    """
    systems = [" and ".join(sorted(pair)) for pair in zip(pairs["more"], pairs["fewer"])]
    grouped = (pairs["score_gap"] < 0).groupby(systems)
    table = pd.DataFrame({"pairs": grouped.size(), "ordered wrongly": grouped.sum()})
    table["share"] = table["ordered wrongly"] / table["pairs"]
    return table[table["pairs"] >= least].sort_values("share", ascending=False, kind="stable")
