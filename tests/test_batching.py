"""Batching: every row once, like lengths together, equal numbers of tokens, the same by seed."""

import math

import numpy as np
import pytest

from labutils.batching import EvenBatches, batches_by_tokens, even_cuts, padding_share

RNG = np.random.default_rng(5)
PROMPTS = np.clip(RNG.lognormal(math.log(165), 0.42, 3000), 30, 512).astype(int)
LABELS = np.clip(RNG.lognormal(math.log(24), 0.5, 3000), 5, 128).astype(int)


def drawn(rows=3000, size=8, seed=1, epoch=0):
    batches = EvenBatches(PROMPTS[:rows], LABELS[:rows], size, seed)
    batches.set_epoch(epoch)
    return list(batches)


@pytest.mark.parametrize(
    "rows,size", [(1, 8), (7, 8), (8, 8), (9, 8), (801, 8), (3000, 7), (50, 1)]
)
def test_an_epoch_holds_each_row_once_in_as_many_steps_as_batches_of_fixed_size(rows, size):
    for epoch in range(3):
        batches = drawn(rows, size, epoch=epoch)
        assert len(batches) == math.ceil(rows / size)
        assert all(batches) and sorted(sum(batches, [])) == list(range(rows))


def test_one_huge_row_among_small_ones_empties_no_batch():
    lengths = np.array([5] * 30 + [5000] * 2)
    batches = list(EvenBatches(lengths, lengths, 4, seed=0))
    assert len(batches) == 8 and all(batches)


def test_batches_repeat_with_seed_and_epoch_only():
    assert drawn() == drawn()
    assert drawn() != drawn(epoch=1) and drawn() != drawn(seed=2)


def test_little_is_padding_and_every_batch_costs_about_the_same():
    batches = drawn()
    random = np.array_split(np.random.default_rng(0).permutation(3000), 375)
    assert padding_share(batches, PROMPTS, LABELS) < 0.12
    assert padding_share(random, PROMPTS, LABELS) > 0.35
    tokens = [len(batch) * PROMPTS[batch].max() for batch in batches]
    assert max(tokens) < 2.2 * np.mean(tokens)
    assert {len(batch) for batch in batches} > {5, 8, 12}


def test_an_epoch_mixes_lengths_in_its_order():
    """Short ones first, long ones last would be a curriculum that nobody asked for."""
    lengths = [PROMPTS[batch].mean() for batch in drawn()]
    assert abs(np.corrcoef(lengths, range(len(lengths)))[0, 1]) < 0.2


def test_padding_share_counts_pads():
    assert padding_share([[0, 1]], np.array([3, 1])) == pytest.approx(2 / 6)
    assert padding_share([[0], [1]], np.array([3, 1])) == 0


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_cuts_leave_no_part_empty(count):
    for costs in ([1] * 9, [100, *[1] * 8], [*[1] * 8, 100]):
        parts = np.split(np.arange(9), even_cuts(np.array(costs), count))
        assert len(parts) == count and all(len(part) for part in parts)


def test_batches_for_generation_keep_to_the_limit_longest_first():
    lengths = [5, 100, 7, 30, 31, 6]
    batches = batches_by_tokens(lengths, 62)
    assert batches == [[1], [4, 3], [2, 5, 0]]
    assert batches_by_tokens([], 10) == []
