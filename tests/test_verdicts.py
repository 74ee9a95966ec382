"""Verdicts against numbers worked by hand, scipy's t test and a Holm procedure written another way."""

import numpy as np
import pytest
from scipy import stats

from companion.verdicts import ALPHA, Region, Result, holm, interval, judged, p_value, worst

MORE = Region(low=0.5)
SAME = Region(-1.0, 1.0)
RNG = np.random.default_rng(0)


def test_p_and_interval_by_hand():
    """Mean 2, variance 4/3, n = 4, so e = sqrt(1/3); the bound lies three e below; P(T_3 >= 3) = 0.028834; t(0.975; 3) = 3.18245."""
    values, error = [1.0, 3.0, 1.0, 3.0], (1 / 3) ** 0.5
    assert p_value(values, Region(low=2 - 3 * error)) == pytest.approx(2 * 0.028834, abs=1e-6)
    assert p_value(values, Region(low=2 + 3 * error)) == pytest.approx(2 * 0.028834, abs=1e-6)
    assert interval(values, 0.05) == pytest.approx((2 - 3.18245 * error, 2 + 3.18245 * error), abs=1e-5)


@pytest.mark.parametrize("region", [MORE, Region(high=-0.5), Region(low=-0.5)])
def test_p_is_scipys_paired_t_test_against_the_bound(region):
    for _ in range(20):
        after, before = RNG.normal(1, 1, 8), RNG.normal(0, 1, 8)
        bound = region.low if np.isfinite(region.low) else region.high
        assert p_value(after - before, region) == pytest.approx(stats.ttest_rel(after - bound, before).pvalue)


def test_inside_two_bounds_p_is_twice_that_of_two_one_sided_tests():
    values = RNG.normal(0.2, 0.3, 10)
    one_sided = (stats.ttest_1samp(values, -1, alternative="greater").pvalue, stats.ttest_1samp(values, 1, alternative="less").pvalue)
    assert p_value(values, SAME) == pytest.approx(2 * max(one_sided))


def test_holm_by_hand():
    """0.01 * 4, then 0.02 * 3, then 0.03 * 2 = 0.06 (not below the one before), then 0.04 -> 0.06. Only the first is rejected."""
    adjusted, levels = holm([0.03, 0.01, 0.04, 0.02])
    assert adjusted == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert levels == pytest.approx([0.05 / 3, 0.05 / 4, 0.05 / 3, 0.05 / 3])
    adjusted, levels = holm([0.001, 0.03, 0.02])
    assert adjusted == pytest.approx([0.003, 0.04, 0.04])
    assert levels == pytest.approx([0.05 / 3, 0.05, 0.05 / 2])
    assert holm([]) == ([], [])
    assert holm([0.2]) == ([0.2], [0.05])
    assert holm([0.0, 1.0, 0.9])[0] == [0.0, 1.0, 1.0]


def closed_testing(p):
    """Holm as the closure of Bonferroni: adjusted p of i = the largest, over all sets of tests with i, of size times smallest p."""
    k = len(p)
    sets = [[j for j in range(k) if mask >> j & 1] for mask in range(1, 2**k)]
    return [min(1, max(len(s) * min(p[j] for j in s) for s in sets if i in s)) for i in range(k)]


def test_holm_is_the_closure_of_bonferroni():
    for _ in range(30):
        p = RNG.uniform(0, 0.2, RNG.integers(1, 8)) ** 2
        assert holm(p)[0] == pytest.approx(closed_testing(p))


def test_adjusted_p_and_corrected_interval_always_agree():
    decided = 0
    for _ in range(200):
        tests = {
            i: (RNG.normal(RNG.normal(0, 2), 0.7, RNG.integers(5, 11)).tolist(), (MORE, SAME, Region(high=-0.2), Region(low=-1))[i % 4])
            for i in range(12)
        }
        for key, result in judged(tests).items():
            region = tests[key][1]
            holds_bound = any(result.low <= bound <= result.high for bound in (region.low, region.high))
            assert (result.p_adjusted <= ALPHA) == (not holds_bound) == (result.verdict != "inconclusive")
            decided += not holds_bound
    assert 200 < decided < 2200


def test_verdicts_of_each_side():
    tests = {
        "above": ([2.0, 2.1, 1.9, 2.0, 2.05], MORE),
        "too little": ([0.1, 0.11, 0.09, 0.1, 0.1], MORE),
        "the other way": ([-2.0, -2.1, -1.9, -2.0, -2.05], MORE),
        "noisy": ([2.0, -2.1, 5.9, 2.0, 0.05], MORE),
        "same": ([0.1, 0.11, 0.09, 0.1, 0.1], SAME),
        "not the same": ([2.0, 2.1, 1.9, 2.0, 2.05], SAME),
        "perhaps the same": ([2.0, -2.1, 1.9, 2.0, -2.05], SAME),
    }
    expected = ["supported", "contradicted", "contradicted", "inconclusive", "supported", "contradicted", "inconclusive"]
    assert [result.verdict for result in judged(tests).values()] == expected


def test_equal_differences():
    """Zero variance: the interval is the number itself; on the bound nothing is decided, not even through rounding."""
    found = judged({
        "above": ([1.0] * 5, MORE), "below": ([0.0] * 5, MORE), "on it": ([0.5] * 5, MORE), "same": ([0.0] * 10, SAME),
        "rounded": ([100 * (a - b) for a, b in ((0.905, 0.9), (0.925, 0.92), (0.705, 0.7), (0.805, 0.8), (0.305, 0.3))], MORE),
    })  # fmt: skip
    assert {k: r.verdict for k, r in found.items()} == {
        "above": "supported", "below": "contradicted", "on it": "inconclusive", "same": "supported", "rounded": "inconclusive",
    }  # fmt: skip
    assert (found["above"].low, found["above"].high, found["above"].p_adjusted) == (1.0, 1.0, 0.0)
    assert found["on it"].p_adjusted == found["rounded"].p_adjusted == 1.0


def test_too_few_seeds_and_missing_records():
    found = judged({"four": ([9.0] * 4, MORE), "none": ([], MORE), "infinite": ([9.0] * 4 + [np.inf], MORE), "five": ([9.0] * 5, MORE)})
    assert [(r.verdict, r.n) for r in found.values()] == [("inconclusive", 4), ("untested", 0), ("inconclusive", 5), ("supported", 5)]
    assert found["four"].effect == 9
    assert np.isnan([found["four"].low, found["four"].p_adjusted, found["none"].effect]).all()
    alone = judged({"one": ([0.2, 0.9, 1.1, 1.0, 0.7], MORE)})["one"]
    beside = judged({"one": ([0.2, 0.9, 1.1, 1.0, 0.7], MORE), "four": ([9.0] * 4, MORE)})["one"]
    assert alone == beside, "what cannot be tested costs the others nothing"
    more = judged({"one": ([0.2, 0.9, 1.1, 1.0, 0.7], MORE), "other": ([0.1, 0.9, 1.1, 1.0, 0.6], MORE)})["one"]
    assert more.low < alone.low and more.p_adjusted > alone.p_adjusted


def test_the_worst_decides():
    def result(verdict, effect=1.0):
        return Result(effect, effect, effect, 0.0, 5, verdict)

    def name_of_worst(**found):
        return worst(found, dict.fromkeys(found, MORE))

    assert name_of_worst(a=result("supported", 3), b=result("supported", 2)) == "b"
    assert name_of_worst(a=result("supported"), b=result("inconclusive"), c=result("untested"), d=result("contradicted", 0)) == "d"
    assert name_of_worst(a=result("inconclusive"), b=result("untested", np.nan), c=result("supported")) == "b"
    assert name_of_worst(a=result("contradicted", 0.2), b=result("contradicted", -2)) == "b"
