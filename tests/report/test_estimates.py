"""Means and intervals; those of shares stay between 0 and 100."""

import math

import made_up
import numpy as np
import pandas as pd
import pytest

from companion.report import conditioning, diversity, r_sweep, table1
from companion.report.estimates import POSITIVE, SHARE, decided, error_bars, estimate, paired, with_interval

RNG = np.random.default_rng(0)


def test_students_interval():
    found = estimate([91.0, 92.0, 93.0])
    assert (found.mean, found.sd, found.n) == (92, 1, 3)
    assert found.half_width == pytest.approx(4.30265 / math.sqrt(3), abs=1e-5)
    assert (found.low, found.high) == pytest.approx((92 - found.half_width, 92 + found.half_width))
    assert str(found) == "92.0 ± 2.5"
    assert [with_interval(mean, math.nan, math.nan) for mean in (92.0, math.nan)] == ["92.0", "-"]
    assert str(estimate([92.0])) == "92.0" and math.isnan(estimate([]).mean) and math.isnan(estimate([92.0]).low)


def test_only_an_interval_decides():
    assert [decided(estimate(v)) for v in ([1.0, 1.2], [1.0, 1.0], [-1.0, -1.2], [1.0, -0.5], [1.0], [], [0.0, 0.0])] == [
        "not decided", "holds", "not decided", "not decided", "not decided", "not decided", "not decided",
    ]  # fmt: skip
    assert decided(estimate([1.0, 1.1, 1.2])) == "holds"
    assert decided(estimate([-1.0, -1.1, -1.2])) == "does not hold"
    assert paired({0: 3.0, 1: 5.0, 2: 9.0}, {1: 4.0, 0: 1.0}).mean == 1.5


def test_a_share_stays_between_0_and_100():
    for scale in (0.5, 5, 50, 500):
        for middle in (0, 3, 50, 97, 100):
            values = np.clip(RNG.normal(middle, scale, RNG.integers(2, 11)), 0, 100).tolist()
            found = estimate(values, SHARE)
            assert 0 <= found.low <= found.mean <= found.high <= 100
            free = estimate(values)
            assert (found.mean, found.half_width) == (free.mean, free.half_width)
            assert found.low == max(free.low, 0) and found.high == min(free.high, 100)


def test_a_cut_interval_is_printed_by_its_ends():
    assert str(estimate([100.0, 100.0, 94.0], SHARE)) == "98.0 (89.4 to 100.0)"
    assert str(estimate([99.0, 237.0], POSITIVE)) == "168.0 (0.0 to 1044.7)"
    assert str(estimate([100.0, 100.0], SHARE)) == "100.0 ± 0.0"


def test_cutting_costs_no_coverage():
    """The mean of shares is itself between 0 and 100: wherever the t interval holds it, the cut one does."""
    truth = 95.0
    for _ in range(300):
        values = np.where(RNG.uniform(size=6) < 0.5, 100.0, 90.0).tolist()
        free, cut = estimate(values), estimate(values, SHARE)
        assert (free.low <= truth <= free.high) == (cut.low <= truth <= cut.high)


def test_no_table_has_a_share_above_100():
    near = [made_up.classifier(seed, accuracy, 1.0) for seed, accuracy in enumerate((1.0, 0.9, 1.0))]
    conditioned = [made_up.conditioned(seed, [accuracy]) for seed, accuracy in enumerate((1.0, 0.6, 1.0))]
    drawn = [made_up.drawn(made_up.GAUSSIAN, seed, judge, 0.1, 0.9, 1, 1) for seed, judge in enumerate((1.0, 0.6, 1.0))]
    for frame, high in (
        (table1.table(near), "high"), (r_sweep.table(near), "high"), (diversity.table(drawn), "judge high"),
        (conditioning.table(conditioned), "teacher high"),
    ):  # fmt: skip
        assert frame[high].max() == 100
        assert frame[high.replace("high", "low")].min() >= 0


def test_error_bars():
    frame = pd.DataFrame({"ours": [90.0, 99.0], "low": [89.0, 95.0], "high": [91.0, 100.0]})
    assert error_bars(frame).tolist() == [[1, 4], [1, 1]]
