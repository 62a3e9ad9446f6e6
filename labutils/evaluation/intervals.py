"""Bootstrap intervals, paired differences and how many items it takes to see one.

Whatever is resampled here is one value per item: a dialogue with three references is one item, its
value the mean over them, since its rows are no three independent observations. Items that belong
together, as chats of one customer do, are resampled together: as a group.
"""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence, Sized
from dataclasses import asdict, dataclass
from itertools import combinations
from statistics import NormalDist
from typing import Any

import numpy as np

from labutils.common.errors import LabError
from labutils.common.text import signed

RESAMPLES = 2000
LEVEL = 0.95
NORMAL = NormalDist().inv_cdf((1 + LEVEL) / 2)
POWER = 0.8
"""The probability of an interval that excludes zero, where there is a difference to see."""

DRAWN_AT_ONCE = 4_000_000
"""Indices of items held in memory while resampling: 32 MB."""

Values = Sequence[float] | np.ndarray
"""One value per item."""


@dataclass(frozen=True)
class Interval:
    """A mean and the ends of its 95% bootstrap interval (ROUGE: 0-1)."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"

    @property
    def excludes_zero(self) -> bool:
        """Whether a difference with this interval is more than noise."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Difference(Interval):
    """A mean difference, its interval, the two-sided p-value of no difference, and its spread.

    `spread` is the standard deviation over items, from which follows how many it takes to see it;
    NaN where no item has a score of its own, as in F1 over all entities.
    Where groups were resampled, it is that of items without groups whose mean would be as sure.
    """

    p: float
    spread: float = math.nan

    def __str__(self) -> str:
        return f"{signed(self.mean)} [{signed(self.low)}, {signed(self.high)}]"


def check_same_length(**lists: Sized) -> None:
    """Raise LabError, naming the lengths, unless all lists are equally long and not empty."""
    sizes = {name: len(items) for name, items in lists.items()}
    if len(set(sizes.values())) != 1 or 0 in sizes.values():
        found = ", ".join(f"{size} {name}" for name, size in sizes.items())
        raise LabError(f"Cannot score {found}: one of each is needed for every dialogue.")


def resampled_sums(values: Values, *, seed: int = 42, resamples: int = RESAMPLES) -> np.ndarray:
    """Sums over items drawn with replacement, the same draws for every column.

    Args:
        values: an array (items, ...).

    Returns:
        An array (resamples, ...).
    """
    values = np.asarray(values, dtype=float)
    draw = np.random.default_rng(seed)
    at_once = max(1, DRAWN_AT_ONCE // max(1, values.size))
    sums = []
    for start in range(0, resamples, at_once):
        size = (min(at_once, resamples - start), len(values))
        sums.append(values[draw.integers(len(values), size=size)].sum(axis=1))
    return np.concatenate(sums)


def expanded(resampled: np.ndarray, statistic: float, items: int) -> np.ndarray:
    """Resampled statistics (resamples,), moved away from the statistic of the sample itself.

    Plain percentiles are too narrow for small samples, as if one divided by n and used the normal
    distribution instead of n - 1 and Student's. This is the expansion of Hesterberg (2015, arXiv
    1411.5279): 1.7% for 100 items, 6% for 30. One item tells nothing of how far others would be:
    its interval is all that is possible, once `ends` has cut it.
    """
    if items < 2:
        return statistic + np.resize([-9.0, 9.0], len(resampled))
    factor = (items / (items - 1)) ** 0.5 * _student(items - 1) / NORMAL
    return statistic + factor * (resampled - statistic)


def _student(freedom):
    """The 97.5% quantile of Student's t; from ten degrees of freedom on by its series.

    The series is 1.4% too small at ten of them, 0.17% at 29 and 0.004% at 199.
    """
    # scipy.stats.t would be exact: an install of 140 MB for this line, and no stored interval
    # would come out again to the last digit.
    few = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
    return few[freedom - 1] if freedom < 10 else NORMAL * (1 + (NORMAL**2 + 1) / (4 * freedom))


def ends(resampled: np.ndarray, lowest: float, highest: float) -> tuple[float, float]:
    """The ends of the middle 95% of resampled statistics (resamples,), within what is possible."""
    found = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    low, high = np.clip(found, lowest, highest)
    return float(low), float(high)


def bootstrap_interval(
    values: Values, *, groups: Sequence[Hashable] | None = None, seed: int = 42
) -> Interval:
    """Mean and 95% interval (`expanded` percentiles) of one score per item, 0-1.

    `groups` has a name an item: those of one name are drawn together (default: each item alone).
    """
    values = np.asarray(values, dtype=float)
    means = _resampled_means(values, groups, seed, RESAMPLES)
    return Interval(float(values.mean()), *ends(means, 0, 1))


def _resampled_means(values, groups, seed, resamples):
    if groups is None:
        means = resampled_sums(values, seed=seed, resamples=resamples) / len(values)
        return expanded(means, values.mean(), len(values))
    rows = _sums_and_counts(values, groups)
    sums = resampled_sums(rows, seed=seed, resamples=resamples)
    return expanded(sums[:, 0] / sums[:, 1], values.mean(), len(rows))


def _sums_and_counts(values, groups):
    """Of each group, in order of appearance: an array (groups, 2)."""
    check_same_length(values=values, groups=groups)
    numbers = {name: number for number, name in enumerate(dict.fromkeys(groups))}
    owner = [numbers[name] for name in groups]
    return np.stack([np.bincount(owner, values), np.bincount(owner)], axis=1)


def paired_difference(
    scores: Values,
    baseline: Values,
    *,
    groups: Sequence[Hashable] | None = None,
    seed: int = 42,
    resamples: int = RESAMPLES,
) -> Difference:
    """The Difference scores - baseline over the same items, scores being 0-1.

    Pairing takes out what makes an item hard for both, so it sees smaller differences than two
    separate intervals side by side. The p-value is twice the share of resamples on the far side
    of zero (Efron and Tibshirani 1993, chapter 15). So it is below 0.05 where the interval excludes
    zero, but for one resample at the edge, and six items or more provided (`two_sided_p`).
    `groups` as for `bootstrap_interval`.

    Raises:
        LabError: unequal lengths, or none.
    """
    check_same_length(scores=scores, baseline=baseline)
    values = np.asarray(scores, dtype=float) - np.asarray(baseline, dtype=float)
    values[np.abs(values) < 1e-12] = 0  # equal scores that were added up in another order
    mean, means = float(values.mean()), _resampled_means(values, groups, seed, resamples)
    spread, drawn = values.std(), len(values)
    if groups is not None:
        # The variance of a mean over groups is that of a ratio (Cochran 1977, 6.3).
        sums = _sums_and_counts(values - mean, groups)[:, 0]
        spread, drawn = ((sums**2).sum() / len(values)) ** 0.5, len(sums)
    p = two_sided_p(means, items=drawn)
    return Difference(mean, *ends(means, -1, 1), p, float(spread))


def two_sided_p(resampled: np.ndarray, *, items: int) -> float:
    """The p-value of no difference: twice the share of resampled differences beyond zero.

    Never below 2 / (resamples + 1), since a bootstrap cannot tell rarer chances apart (`p_text`
    says so). Nor below 2 / 2 ** items: a bootstrap calls settled whatever three items agree on,
    though three coins fall alike one time in four.

    Args:
        resampled: differences (resamples,), as from `expanded`.
        items: how many items were resampled.
    """
    tail = min((resampled <= 0).sum(), (resampled >= 0).sum())
    return float(min(1.0, max(2 * (tail + 1) / (len(resampled) + 1), 2 / 2**items)))


def p_text(p: float, *, comparisons: int = 1) -> str:
    """A bootstrapped p-value for a table: "0.012", and at the bootstrap's floor "< 0.001".

    Args:
        p: the value, 0-1.
        comparisons: how many p-values `holm` has corrected together, since it raises the floor
            up to so many times; 1 for a value as it came.
    """
    bound = comparisons * 2 / RESAMPLES
    return f"< {bound:.3f}" if p < bound else f"{p:.3f}"


def holm(p_values: Values) -> list[float]:
    """p-values corrected for their number by Holm's step-down method (1979), in their order.

    Compare three systems, and there are three chances of a false alarm; this keeps the chance of
    any at the level asked for.
    """
    p_values = np.asarray(p_values, dtype=float)
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    corrected = np.empty_like(p_values)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return corrected.tolist()


def paired_differences(
    scores: Mapping[str, Values], *, seed: int = 42
) -> list[tuple[str, str, Difference, float]]:
    """Every two systems compared: the later minus the earlier.

    Args:
        scores: {system: one value per item}, all over the same items.

    Returns:
        [(later, earlier, Difference, p_holm)], p_holm being corrected for the number of pairs.
    """
    pairs = list(combinations(scores, 2))
    # Enough resamples for a p-value that is still small after so many corrections.
    resamples = max(RESAMPLES, 100 * len(pairs))
    found = [
        paired_difference(scores[b], scores[a], seed=seed, resamples=resamples) for a, b in pairs
    ]
    corrected = holm([difference.p for difference in found])
    return [(b, a, difference, p) for (a, b), difference, p in zip(pairs, found, corrected)]


def interval_records(table: Mapping[str, Values], *, seed: int = 42) -> dict[str, dict[str, float]]:
    """`bootstrap_interval` of each metric for a report.

    Args:
        table: {metric: one score per item, 0-1}, or a DataFrame with such columns.

    Returns:
        {metric: {"mean", "low", "high"}}.
    """
    return {
        metric: asdict(bootstrap_interval(values, seed=seed)) for metric, values in table.items()
    }


def difference_records(
    tables: Mapping[str, Mapping[str, Values]], metrics: Iterable[str], *, seed: int = 42
) -> list[dict[str, Any]]:
    """`paired_differences` of each metric for a report.

    Args:
        tables: {system: {metric: one value per item}}, all over the same items.

    Returns:
        [{"a", "b", "metric", "mean", "low", "high", "p", "spread", "p_holm"}], of a minus b; p_holm
        is corrected for the pairs of its metric.
    """
    return [
        {"a": a, "b": b, "metric": metric, **asdict(difference), "p_holm": p_holm}
        for metric in metrics
        for a, b, difference, p_holm in paired_differences(
            {name: table[metric] for name, table in tables.items()}, seed=seed
        )
    ]


def expected_half_width(spread: float, items: int) -> float:
    """Half of the 95% interval to expect of a mean over so many items, two at least.

    Args:
        spread: standard deviation of the scores over items.
        items: their number.
    """
    return _student(items - 1) * spread / items**0.5


def visible_difference(spread: float, items: int) -> float:
    """The true mean difference that is seen in so many items four times out of five (`POWER`).

    Args:
        spread: standard deviation of the paired differences over items.
        items: their number.
    """
    return (NORMAL + NormalDist().inv_cdf(POWER)) * spread / items**0.5


def items_needed(spread: float, difference: float) -> int:
    """How many items it takes to see a true mean difference (`visible_difference` solved for it).

    Of fewer than some thirty the intervals are wider (`expanded`), and it takes two or three more.

    Raises:
        LabError: a difference of zero, which no number of items shows, or a spread that is not
            known, as that of a single item.
    """
    if not np.isfinite(spread):
        raise LabError("One item does not tell how much items differ; test on two or more.")
    if not difference:
        raise LabError("No number of items shows a difference of zero; give its size.")
    return int(np.ceil((visible_difference(spread, 1) / abs(difference)) ** 2))


def sample_spread(
    values: Values, sizes: Iterable[int], *, seed: int = 42
) -> dict[int, tuple[float, float]]:
    """Where the means of small samples of real scores fall.

    Args:
        values: one score per item.
        sizes: numbers of items to draw.

    Returns:
        {size: (low, high)}, between which 95% of the samples' means lie.
    """
    values, draw = np.asarray(values, dtype=float), np.random.default_rng(seed)
    return {
        size: ends(values[draw.integers(len(values), size=(RESAMPLES, size))].mean(axis=1), 0, 1)
        for size in sizes
    }
