"""Batches of like length: what is padding is not computed.

How a batch is padded, labels with -100, is said in `training.batch_examples`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

LABEL_COST = 1.5
"""What a label token costs in a training step, in prompt tokens: it attends to the prompt as
well, and each of the vocabulary's logits is computed for it."""


def batches_by_tokens(lengths: Sequence[int], batch_tokens: int) -> list[list[int]]:
    """Lists of positions, each list at most `batch_tokens` large when padded to its longest row.

    Longest first: if memory is too small, it shows at once.

    Args:
        lengths: tokens of each row.
        batch_tokens: the limit; a longer row is a batch of its own.
    """
    batches: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if not batches or (len(batches[-1]) + 1) * lengths[batches[-1][0]] > batch_tokens:
            batches.append([])
        batches[-1].append(i)
    return batches


def parts_of_like_length(
    prompt_lengths: ArrayLike, label_lengths: ArrayLike, count: int
) -> list[NDArray[np.intp]]:
    """A batch's rows in parts to compute one after the other, as arrays of positions.

    Each part holds rows of like length and about as many tokens as the others: many short rows or
    few long ones. So little is spent on pads, and each takes about as much memory.

    Args:
        prompt_lengths, label_lengths: tokens of each row.
        count: how many parts; fewer where there are fewer rows.
    """
    costs = step_costs(prompt_lengths, label_lengths)
    order = np.argsort(costs, kind="stable")
    return np.split(order, even_cuts(costs[order], min(count, len(costs))))


def step_costs(prompt_lengths: ArrayLike, label_lengths: ArrayLike) -> NDArray[np.float64]:
    """What each row costs in a training step, in prompt tokens, given its tokens."""
    return np.asarray(prompt_lengths) + LABEL_COST * np.asarray(label_lengths)


def batch_in_parts(
    collate: Callable[[list], Any], count: int, rank: int = 0, processes: int = 1
) -> Callable[[list[dict]], dict[str, list]]:
    """The function that makes a training batch of rows: {"parts": batches of rows of like length,
    "shares": the share of the label tokens that each of them holds, which sum to 1}.

    The loss is a mean over label tokens. So the parts' losses, each times its share, add up to the
    whole batch's, and their gradients to its gradient, whatever the parts: only fewer pads and
    less memory are computed with.

    Args:
        collate: makes a plain batch of rows.
        count: how many parts; with several processes, at least so many over all of them.
        rank, processes: the batch holds those parts that are for this of so many processes.
    """

    def parts_of(rows: list[dict]) -> dict[str, list]:
        prompts, labels = ([len(row[name]) for row in rows] for name in ("input_ids", "labels"))
        parts = parts_of_like_length(prompts, labels, processes * math.ceil(count / processes))
        shares = [sum(labels[i] for i in part) / sum(labels) for part in parts]
        own = list(zip(parts, shares))[rank::processes]
        # An epoch's last batch may be too small for all: gradients of zero are still gradients.
        # All processes need as many parts where they meet in each of them (`sharding`).
        own += [(parts[0], 0.0)] * (math.ceil(len(parts) / processes) - len(own))
        return {
            "parts": [collate([rows[i] for i in part]) for part, _ in own],
            "shares": [part_share for _, part_share in own],
        }

    return parts_of


def cut_parts(batch: dict[str, list], count: int) -> dict[str, list]:
    """A batch of `batch_in_parts` with each part cut into `count` of even numbers of rows.

    Fewer where it has fewer rows. The loss and the gradients stay the same.
    """
    if count == 1:
        return batch
    pieces, shares = [], []
    for part, share in zip(batch["parts"], batch["shares"]):
        cut = {name: rows.tensor_split(min(count, len(rows))) for name, rows in part.items()}
        tokens = [int((labels >= 0).sum()) for labels in cut["labels"]]  # without the -100s
        pieces += [type(part)(dict(zip(cut, tensors))) for tensors in zip(*cut.values())]
        shares += [share * number / sum(tokens) for number in tokens]
    return {"parts": pieces, "shares": shares}


def even_cuts(costs: NDArray, count: int) -> NDArray[np.intp]:
    """Where to cut a row of costs into `count` parts of about equal sums, none of them empty."""
    sums, parts = np.cumsum(costs), np.arange(1, count)
    cuts = np.searchsorted(sums, sums[-1] * parts / count)
    # At least one item from cut to cut, and one left for each cut that is still to come.
    cuts = np.maximum.accumulate(np.maximum(cuts, 1) - parts) + parts
    return np.minimum(cuts, len(costs) - count + parts)


def padding_share(batches: Sequence[Sequence[int] | NDArray], *lengths: NDArray) -> float:
    """The share of all computed tokens that are pads, 0-1.

    Args:
        batches: lists of positions.
        lengths: tokens of each row, one array for each thing that is padded apart.
    """
    computed = sum(
        len(batch) * size[np.asarray(batch)].max() for size in lengths for batch in batches
    )
    return float(1 - sum(size.sum() for size in lengths) / computed)
