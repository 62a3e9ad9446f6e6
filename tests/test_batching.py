"""Batching: every row once, like lengths together, equal numbers of tokens."""

import math

import numpy as np
import pytest

from labutils.batching import (
    batch_in_parts,
    batches_by_tokens,
    even_cuts,
    padding_share,
    parts_of_like_length,
)

RNG = np.random.default_rng(5)
PROMPTS = np.clip(RNG.lognormal(math.log(165), 0.42, 3000), 30, 512).astype(int)
LABELS = np.clip(RNG.lognormal(math.log(24), 0.5, 3000), 5, 128).astype(int)


@pytest.mark.parametrize("rows,count", [(1, 4), (3, 4), (4, 4), (8, 1), (33, 8), (3000, 7)])
def test_parts_hold_each_row_once_and_are_as_many_as_asked(rows, count):
    parts = parts_of_like_length(PROMPTS[:rows], LABELS[:rows], count)
    assert len(parts) == min(rows, count) and all(len(part) for part in parts)
    assert sorted(np.concatenate(parts)) == list(range(rows))


def test_parts_save_most_of_the_pads_and_cost_about_the_same():
    batches = np.split(np.arange(2976), 93)
    parts = [
        batch[part]
        for batch in batches
        for part in parts_of_like_length(PROMPTS[batch], LABELS[batch], 8)
    ]
    assert padding_share(batches, PROMPTS, LABELS) > 0.45
    assert padding_share(parts, PROMPTS, LABELS) < 0.2
    tokens = [len(part) * PROMPTS[part].max() for part in parts]
    assert max(tokens) < 2.2 * np.mean(tokens)
    assert {len(part) for part in parts} > {2, 4, 6}


def test_shares_count_label_tokens():
    rows = [{"input_ids": [5] * n, "labels": [5] * m} for n, m in ((9, 1), (2, 3), (9, 4))]
    batch = batch_in_parts(lambda rows: rows, 2)(rows)
    assert batch == {"parts": [[rows[1]], [rows[0], rows[2]]], "shares": [3 / 8, 5 / 8]}


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
