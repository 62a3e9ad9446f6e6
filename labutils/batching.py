"""Batches of like length: what is padding is not computed."""

import math

import numpy as np

POOL = 100
"""Batches that are drawn at random together, before rows of like length are sought among them."""

GROUP = 4
"""Batches of like prompts, among which rows of like labels are sought."""

LABEL_COST = 1.5
"""What a label token costs in a training step, in prompt tokens: it attends to the prompt as
well, and each of the vocabulary's logits is computed for it."""


def batches_by_tokens(lengths, batch_tokens):
    """Lists of positions, each list at most `batch_tokens` large when padded to its longest row.

    Longest first: if memory is too small, it shows at once.

    Args:
        lengths: tokens of each row.
        batch_tokens: the limit; a longer row is a batch of its own.
    """
    batches = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if not batches or (len(batches[-1]) + 1) * lengths[batches[-1][0]] > batch_tokens:
            batches.append([])
        batches[-1].append(i)
    return batches


class EvenBatches:
    """A batch sampler for training: rows of like length, about as many tokens in each batch.

    Batches hold `batch_size` rows on average: many short ones or few long ones. So an epoch has
    as many steps as with batches of fixed size, each takes about as much memory, and little of it
    is spent on pads. Each epoch draws other batches, by seed and epoch, so that a resumed training
    meets the same ones.

    Args:
        prompt_lengths, label_lengths: tokens of each row.
        batch_size: rows a batch, on average.
        seed: of the draw.
    """

    def __init__(self, prompt_lengths, label_lengths, batch_size, seed):
        self.prompts, self.labels = np.asarray(prompt_lengths), np.asarray(label_lengths)
        self.batch_size, self.seed, self.epoch = batch_size, seed, 0

    def __len__(self):
        return math.ceil(len(self.prompts) / self.batch_size)

    def set_epoch(self, epoch):
        """Draw this epoch's batches next."""
        self.epoch = epoch

    def __iter__(self):
        rng = np.random.default_rng([self.seed, self.epoch])
        rows, size = rng.permutation(len(self.prompts)), POOL * self.batch_size
        batches = [
            batch
            for start in range(0, len(rows), size)
            for batch in self._pool(rows[start : start + size])
        ]
        for i in rng.permutation(len(batches)):
            yield batches[i].tolist()

    def _pool(self, rows):
        count = math.ceil(len(rows) / self.batch_size)
        rows = rows[np.argsort(self.prompts[rows], kind="stable")]
        groups = np.array_split(rows, max(1, count // GROUP))
        # Every other group runs backwards, so that neighbours on a seam are alike as well.
        rows = np.concatenate(
            [
                group[np.argsort(self.labels[group] * (-1) ** number, kind="stable")]
                for number, group in enumerate(groups)
            ]
        )
        return np.split(rows, even_cuts(self.prompts[rows] + LABEL_COST * self.labels[rows], count))


def even_cuts(costs, count):
    """Where to cut a row of costs into `count` parts of about equal sums, none of them empty."""
    sums, parts = np.cumsum(costs), np.arange(1, count)
    cuts = np.searchsorted(sums, sums[-1] * parts / count)
    # At least one item from cut to cut, and one left for each cut that is still to come.
    cuts = np.maximum.accumulate(np.maximum(cuts, 1) - parts) + parts
    return np.minimum(cuts, len(costs) - count + parts)


def padding_share(batches, *lengths):
    """The share of all computed tokens that are pads, 0-1.

    Args:
        batches: lists of positions.
        lengths: tokens of each row, one array for each thing that is padded apart.
    """
    computed = sum(len(batch) * size[batch].max() for size in lengths for batch in batches)
    return float(1 - sum(size.sum() for size in lengths) / computed)
