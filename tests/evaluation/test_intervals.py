"""Intervals that cover, p-values that do not cry wolf, and how many items a difference takes."""

import numpy as np
import pytest

from labutils.common.errors import LabError
from labutils.common.text import signed
from labutils.evaluation import intervals, rouge


def test_the_interval_repeats_by_seed_holds_the_mean_and_narrows_with_n():
    values = np.random.default_rng(1).uniform(0.1, 0.6, 400)
    few, many = (intervals.bootstrap_interval(values[:n], seed=3) for n in (25, 400))
    assert few == intervals.bootstrap_interval(values[:25], seed=3)
    assert few != intervals.bootstrap_interval(values[:25], seed=4)
    for interval in (few, many):
        assert interval.low < interval.mean < interval.high
    ratio = (few.high - few.low) / (many.high - many.low)
    assert ratio == pytest.approx(4, rel=0.25)
    # As wide as the normal approximation says: 1.96 standard errors to each side.
    half = 1.96 * values.std() / 20
    assert (many.high - many.low) / 2 == pytest.approx(half, rel=0.1)


def test_three_references_do_not_count_as_three_dialogues():
    """Intervals of 30 dialogues x 3 equal references are as wide as those of 30 x 1."""
    words = [f"word{i % 7} word{i % 5} word{i % 3} end" for i in range(30)]
    once = rouge.rouge_scores(words, [["word1 word2 word3 end"]] * 30)
    thrice = rouge.rouge_scores(words, [["word1 word2 word3 end"] * 3] * 30)
    assert intervals.interval_records(thrice) == intervals.interval_records(once)


def test_a_difference_has_the_opposite_sign_the_other_way_round():
    draw = np.random.default_rng(2)
    hard = draw.uniform(0, 0.5, 60)  # dialogues differ more than systems do
    one, other = hard + 0.02 + draw.normal(0, 0.01, 60), hard
    there, back = intervals.paired_difference(one, other), intervals.paired_difference(other, one)
    assert (there.mean, there.low, there.high) == pytest.approx((-back.mean, -back.high, -back.low))
    assert there.excludes_zero and back.excludes_zero
    assert not intervals.paired_difference(one, one).excludes_zero
    unpaired = [intervals.bootstrap_interval(values) for values in (one, other)]
    assert unpaired[0].low < unpaired[1].high
    with pytest.raises(LabError, match="60 scores, 59 baseline"):
        intervals.paired_difference(one, other[1:])


def test_95_percent_intervals_cover_the_truth_95_times_of_100():
    """Skewed scores, as ROUGE is: 600 samples of 100 dialogues, whose true mean is known."""
    draw, truth = np.random.default_rng(5), 2 / 7
    covered = [
        found.low <= truth <= found.high
        for found in (
            intervals.bootstrap_interval(draw.beta(2, 5, 100), seed=sample) for sample in range(600)
        )
    ]
    assert 0.93 <= np.mean(covered) <= 0.97


def test_equal_systems_are_told_apart_in_one_of_twenty_samples_at_most():
    """For 6, 30 and 100 dialogues; p below 0.05 says what the interval says."""
    for size in (6, 30, 100):
        draw, found = np.random.default_rng(6), []
        for sample in range(4000):
            hard = draw.beta(2, 5, size)
            one, other = (hard + draw.normal(0, 0.1, size) for _ in range(2))
            found.append(intervals.paired_difference(one, other, seed=sample, resamples=1000))
        alarms = [difference.p < 0.05 for difference in found]
        assert np.mean(alarms) <= 0.06
        parting = [alarm != item.excludes_zero for alarm, item in zip(alarms, found)]
        assert np.mean(parting) < 0.01  # at the very edge


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_so_few_dialogues_as_may_agree_by_luck_settle_nothing(size):
    gains = np.linspace(0.2, 0.3, size)
    assert intervals.paired_difference(0.5 + gains, np.full(size, 0.5)).p >= 0.05


def test_a_p_value_is_small_for_a_real_difference_and_one_for_none():
    draw = np.random.default_rng(7)
    one = draw.uniform(0, 1, 80)
    assert intervals.paired_difference(one + 0.1, one).p == pytest.approx(2 / 2001)
    assert intervals.paired_difference(one, one).p == 1
    noisy = one + draw.normal(0.02, 0.1, 80)
    there, back = intervals.paired_difference(noisy, one), intervals.paired_difference(one, noisy)
    assert 0.001 < there.p < 1 and there.p == back.p
    assert there.spread == pytest.approx(np.std(noisy - one))


def test_a_p_value_at_the_bootstraps_floor_is_told_as_a_bound():
    one = np.random.default_rng(7).uniform(0, 1, 80)
    assert intervals.p_text(intervals.paired_difference(one + 0.1, one).p) == "< 0.001"
    found = intervals.paired_differences({"a": one, "b": one + 0.1, "c": one + 0.2})
    assert {intervals.p_text(p, comparisons=3) for *_, p in found} == {"< 0.003"}
    assert intervals.p_text(0.0123) == "0.012" and intervals.p_text(1.0) == "1.000"
    assert intervals.p_text(0.0123, comparisons=3) == "0.012"


def test_one_item_shows_nothing_and_no_interval_leaves_what_is_possible():
    assert intervals.paired_difference([0.9], [0.1]).p == 1
    found = intervals.bootstrap_interval([1.0] * 19 + [0.0])
    assert found.low > 0.8 and found.high == 1
    found = intervals.paired_difference([1.0, 0.0], [0.0, 1.0])
    assert (found.low, found.high) == (-1, 1)


def test_equal_scores_added_up_in_another_order_do_not_differ():
    found = intervals.paired_difference([0.1 + 0.2] * 10, [0.3] * 10)
    assert found.p == 1 and not found.excludes_zero


def test_one_item_or_one_group_has_no_narrow_interval():
    for found in (
        intervals.bootstrap_interval([0.6]),
        intervals.bootstrap_interval([0.5, 0.7], groups=["a", "a"]),
    ):
        assert (found.low, found.high) == (0, 1) and found.mean == pytest.approx(0.6)
    difference = intervals.paired_difference([0.9, 0.8], [0.1, 0.2], groups=["a", "a"])
    assert (difference.low, difference.high, difference.p) == (-1, 1, 1)


def test_many_systems_can_still_be_told_apart():
    draw = np.random.default_rng(12)
    scores = {f"system {i}": draw.normal(0.05 * i, 0.01, 50) for i in range(12)}
    found = intervals.paired_differences(scores)
    assert len(found) == 66 and all(p_holm < 0.05 for *_, p_holm in found)


def test_holm_corrects_as_its_author_does():
    # Holm (1979): the smallest times m, the next times m - 1, and never below the one before.
    assert intervals.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert intervals.holm([0.5, 0.9]) == [1.0, 1.0] and intervals.holm([0.2]) == [0.2]
    assert intervals.holm([]) == []


def test_every_two_systems_are_compared_with_correction():
    base = np.linspace(0, 1, 40)
    noise = np.random.default_rng(8).normal(0, 0.2, 40)
    found = intervals.paired_differences({"a": base, "b": base + noise, "c": base + 0.5})
    assert [(one, other) for one, other, *_ in found] == [("b", "a"), ("c", "a"), ("c", "b")]
    assert found[1][2].mean == pytest.approx(0.5)
    assert [p for *_, p in found] == intervals.holm([item[2].p for item in found])


def test_as_many_items_as_needed_show_the_difference_four_times_of_five():
    needed = intervals.items_needed(0.2, 0.05)
    assert needed == 126
    assert intervals.visible_difference(0.2, needed) == pytest.approx(0.05, rel=0.01)
    draw = np.random.default_rng(9)
    seen = [
        intervals.paired_difference(draw.normal(0.05, 0.2, needed), np.zeros(needed), seed=i)
        .excludes_zero
        for i in range(300)
    ]  # fmt: skip
    assert np.mean(seen) == pytest.approx(0.8, abs=0.06)
    with pytest.raises(LabError, match="difference of zero"):
        intervals.items_needed(0.2, 0)
    with pytest.raises(LabError, match="two or more"):
        intervals.items_needed(float("nan"), 0.05)


def test_means_of_ten_scatter_more_than_means_of_a_thousand():
    values = np.random.default_rng(10).uniform(0, 1, 500)
    spread = intervals.sample_spread(values, (10, 1000))
    widths = [high - low for low, high in spread.values()]
    assert widths[0] / widths[1] == pytest.approx(10, rel=0.15)


def test_resampling_in_parts_draws_the_same(monkeypatch):
    values = np.random.default_rng(11).uniform(0, 1, (30, 2))
    whole = intervals.resampled_sums(values, resamples=50)
    monkeypatch.setattr(intervals, "DRAWN_AT_ONCE", 130)
    assert np.array_equal(intervals.resampled_sums(values, resamples=50), whole)
    assert whole.shape == (50, 2)


def test_items_in_groups_of_their_own_are_as_sure_as_items():
    values = np.random.default_rng(3).beta(2, 5, 80)
    for compute in (
        intervals.bootstrap_interval,
        lambda v, **k: intervals.paired_difference(v, 1 - v, **k),
    ):
        alone, grouped = compute(values), compute(values, groups=[f"c{i}" for i in range(80)])
        assert vars(alone) == pytest.approx(vars(grouped), abs=1e-12)


def test_intervals_of_groups_cover_the_truth_where_those_of_items_do_not():
    """200 samples of 40 customers with 5 chats each, whose scores hang on the customer."""
    draw, customers = np.random.default_rng(8), np.repeat(np.arange(40), 5)
    covered = {"items": 0, "groups": 0}
    for sample in range(200):
        values = np.clip(0.5 + draw.normal(0, 0.1, 40)[customers] + draw.normal(0, 0.05, 200), 0, 1)
        for name, groups in (("items", None), ("groups", list(customers))):
            found = intervals.bootstrap_interval(values, groups=groups, seed=sample)
            covered[name] += found.low <= 0.5 <= found.high
    assert covered["groups"] >= 186 and covered["items"] < 150


def test_how_many_more_it_takes_is_told_of_groups_too():
    """Five equal chats a customer are worth one: it takes five times as many."""
    values = np.random.default_rng(4).normal(0.05, 0.1, 40)
    once = intervals.paired_difference(values, np.zeros(40))
    five = intervals.paired_difference(
        np.repeat(values, 5), np.zeros(200), groups=np.repeat(range(40), 5).tolist()
    )
    assert five.spread == pytest.approx(once.spread * 5**0.5)
    assert (five.low, five.high, five.p) == pytest.approx((once.low, once.high, once.p))
    assert intervals.items_needed(five.spread, 0.05) == pytest.approx(
        5 * intervals.items_needed(once.spread, 0.05), abs=5
    )


def test_one_group_settles_nothing():
    assert intervals.paired_difference([0.5] * 9, [0.1] * 9, groups=["c"] * 9).p == 1
    with pytest.raises(LabError, match="9 values, 8 groups"):
        intervals.bootstrap_interval([0.5] * 9, groups=["c"] * 8)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (-0.004, "0.00"),
        (0.0, "0.00"),
        (np.float32(-0.001), "0.00"),
        (0.25, "+0.25"),
        (-0.006, "-0.01"),
    ],
)
def test_what_rounds_to_zero_has_no_sign(number, shown):
    """A reader takes -0.00 for a loss."""
    assert signed(number, 2) == shown


def test_a_difference_that_rounds_to_zero_has_no_sign():
    found = intervals.Difference(-0.0001, -0.02, 0.0004, p=0.5, spread=0.1)
    assert str(found) == "0.000 [-0.020, 0.000]"
