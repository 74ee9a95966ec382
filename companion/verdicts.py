r"""Verdicts from effects over seeds: paired t intervals, corrected by Holm over all tests of a profile.

judged({"HSM gains": ([0.9, 1.2, 0.8, 1.1, 1.0], Region(low=0.5))})["HSM gains"].verdict          # "supported"

A test has one effect x_s for each seed s (a paired difference, or a value) and a claimed region R = (low, high) of its mean.

    interval at level 1 - a     mean +- t(1 - a/2; n - 1) e,    e = sd / sqrt(n)
    p                           2 P(T_{n-1} >= d / e),          d = distance of the mean from the nearest bound of R

So p <= a exactly where the interval at level 1 - a holds no bound of R, that is, where it lies wholly inside R or wholly outside: the
t test of "the mean is at that bound", two-sided. Between two bounds this is the test of equivalence by two one-sided tests at a/2 each
(Schuirmann 1987). A true mean at a bound of R gives p <= a with probability a at most.

Holm (1979), k tests with p_(1) <= ... <= p_(k), a = 0.05: reject in this order while p_(i) <= a / (k - i + 1); let the first that is
not rejected be number s (s = k if there is none).

    adjusted p_(i)              max over j <= i of min(1, (k - j + 1) p_(j))
    level of interval i         1 - a / (k - min(i, s) + 1)

Both say the same: a test is rejected exactly where its adjusted p is at most a, and exactly where its corrected interval holds no bound
of R. For i < s this is the step's own inequality. For i >= s, p_(i) >= p_(s) > a / (k - s + 1), so the interval at the level of the step
where Holm stops holds a bound. Any false rejection has a probability of 5 % at most, whatever the dependence of the tests; the side on
which a rejected interval lies is then read off (Shaffer 1980 proves the same 5 % for wrong sides of independent tests). The intervals
are those of the decision: jointly they cover with 95 % only where all have the first step's level.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from scipy import stats

ALPHA = 0.05
LEAST_SEEDS = 5
SUPPORTED, CONTRADICTED, INCONCLUSIVE, UNTESTED = "supported", "contradicted", "inconclusive", "untested"
WORST_FIRST = (CONTRADICTED, UNTESTED, INCONCLUSIVE, SUPPORTED)
ROUNDING = 1e-9  # effects that differ by less, relative to the larger of 1 and their mean, are equal

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Region:
    """Where the claim says that the mean effect lies: low < mean < high."""

    low: float = -np.inf
    high: float = np.inf

    def holds(self, mean: float) -> bool:
        """Whether the mean lies inside."""
        return self.low < mean < self.high

    def distance(self, mean: float) -> float:
        """From the nearest bound; 0 on it."""
        return min(abs(mean - self.low), abs(mean - self.high))

    def verdict(self, low: float, high: float) -> str:
        """Of the corrected interval from low to high."""
        if self.low < low and high < self.high:
            return SUPPORTED
        return CONTRADICTED if high < self.low or low > self.high else INCONCLUSIVE


@dataclass(frozen=True)
class Result:
    """Of one test. effect: the mean over n seeds; nan without one. low, high: the corrected interval; p_adjusted: Holm's. These three
    are nan with fewer than five seeds."""

    effect: float
    low: float
    high: float
    p_adjusted: float
    n: int
    verdict: str

    def within(self, low: float, high: float) -> "Result":
        """Its interval cut at the bounds of what it measures: that costs no coverage, as the mean lies between them."""
        return replace(self, low=max(self.low, low), high=min(self.high, high))


def standard_error(values: np.ndarray) -> float:
    """Of the mean; exactly 0 where all values are equal but for rounding."""
    return 0.0 if np.ptp(values) <= _rounding(values) else float(values.std(ddof=1) / np.sqrt(len(values)))


def _rounding(values: np.ndarray) -> float:
    return float(ROUNDING * max(1.0, abs(values.mean())))


def p_value(values: Sequence[float], region: Region) -> float:
    """Of the mean of at least two values at the region's nearest bound. Where all are equal: 1 on the bound, 0 elsewhere."""
    x = np.asarray(values, dtype=float)
    error, distance = standard_error(x), region.distance(float(x.mean()))
    if error == 0:
        return 1.0 if distance <= _rounding(x) else 0.0
    return float(2 * stats.t.sf(distance / error, len(x) - 1))


def interval(values: Sequence[float], alpha: float) -> tuple[float, float]:
    """Of the mean of at least two values, at level 1 - alpha; the mean itself where all are equal."""
    x = np.asarray(values, dtype=float)
    half = float(stats.t.isf(alpha / 2, len(x) - 1)) * standard_error(x)
    return float(x.mean()) - half, float(x.mean()) + half


def holm(p: Sequence[float], alpha: float = ALPHA) -> tuple[list[float], list[float]]:
    """The adjusted p of each test, and the alpha of its corrected interval, in the order given."""
    k, order = len(p), np.argsort(p, kind="stable")
    steps = k - np.arange(k)
    in_order = np.asarray(p, dtype=float)[order]
    rejected = np.minimum.accumulate(in_order <= alpha / steps)
    stop = min(int(rejected.sum()), k - 1)
    adjusted, levels = np.empty(k), np.empty(k)
    adjusted[order] = np.maximum.accumulate(np.minimum(1, steps * in_order))
    levels[order] = alpha / np.maximum(steps, k - stop)
    return adjusted.tolist(), levels.tolist()


def judged(tests: Mapping[Key, tuple[Sequence[float], Region]]) -> dict[Key, Result]:
    """tests: the effects, one a seed, and the claimed region. Without a value a test is untested; with fewer than five, or one that is
    not finite, it is inconclusive and stays out of the correction."""
    family = [key for key, (values, _) in tests.items() if len(values) >= LEAST_SEEDS and np.isfinite(values).all()]
    adjusted, levels = holm([p_value(*tests[key]) for key in family])
    corrected = dict(zip(family, zip(adjusted, levels, strict=True), strict=True))
    found = {}
    for key, (values, region) in tests.items():
        mean, n = float(np.mean(values)) if len(values) else np.nan, len(values)
        if key in corrected:
            p, level = corrected[key]
            low, high = interval(values, level)
            on_bound = low == high and region.distance(mean) <= _rounding(np.asarray(values))
            found[key] = Result(mean, low, high, p, n, INCONCLUSIVE if on_bound else region.verdict(low, high))
        else:
            found[key] = Result(mean, np.nan, np.nan, np.nan, n, INCONCLUSIVE if n else UNTESTED)
    return found


def worst(results: Mapping[Key, Result], regions: Mapping[Key, Region]) -> Key:
    """The test that decides for a claim over several: by verdict, then by how deep its mean lies inside the region."""

    def depth(key: Key) -> float:
        result, region = results[key], regions[key]
        return region.distance(result.effect) * (1 if region.holds(result.effect) else -1) if np.isfinite(result.effect) else -np.inf

    return min(results, key=lambda key: (WORST_FIRST.index(results[key].verdict), depth(key)))
