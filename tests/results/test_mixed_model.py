"""REML of a line through groups within groups, against closed forms and against what made the values."""

import numpy as np
import pytest
from scipy import stats

from companion.results.mixed_model import fit_line


def balanced(rng, trainings, generators, seeds, deviations, slope=2.0):
    """x centred within each training, so that the line's slope and the trainings' means do not mix."""
    u, v, s = deviations
    outer, inner, x, y = [], [], [], []
    for training in range(trainings):
        place, own = np.linspace(-1, 1, generators), u * rng.normal()
        for generator in range(generators):
            level = own + v * rng.normal()
            for _ in range(seeds):
                outer.append(training)
                inner.append((training * generators) + generator)
                x.append(place[generator])
                y.append(1 + slope * place[generator] + level + s * rng.normal())
    return np.array(x), np.array(y), np.array(outer), np.array(inner)


def test_without_groups_it_is_the_line_of_least_squares():
    rng = np.random.default_rng(0)
    x = rng.normal(size=40)
    y = 3 - x + rng.normal(size=40)
    line = fit_line(x, y, outer=np.arange(40) % 4, inner=np.arange(40) % 8)
    known = stats.linregress(x, y)
    assert max(line.deviations[:2]) < 1e-3
    assert (line.b, line.a) == pytest.approx((known.slope, known.intercept), abs=1e-6)
    assert np.sqrt(line.covariance[1, 1]) == pytest.approx(known.stderr, rel=1e-3)


def test_balanced_variances_are_those_of_the_analysis_of_variance():
    """Nested groups of equal size, a line within each training: REML equals the mean squares where these give positive variances."""
    x, y, outer, inner = balanced(np.random.default_rng(3), 8, 4, 3, (2.0, 1.0, 0.5))
    line = fit_line(x, y, outer, inner)
    cells = y.reshape(8, 4, 3)
    within = cells.var(axis=2, ddof=1).mean()
    means = cells.mean(axis=2)
    slope = ((means - means.mean(1, keepdims=True)) * x.reshape(8, 4, 3)[:, :, 0]).sum() / (x.reshape(8, 4, 3)[:, :, 0] ** 2).sum()
    left = means - means.mean(1, keepdims=True) - slope * x.reshape(8, 4, 3)[:, :, 0]
    between = (left**2).sum() / (8 * 3 - 1)
    trainings = means.mean(1).var(ddof=1)
    assert line.b == pytest.approx(slope, rel=1e-4)
    assert line.deviations[2] ** 2 == pytest.approx(within, rel=1e-3)
    assert line.deviations[1] ** 2 == pytest.approx(between - within / 3, rel=1e-3)
    assert line.deviations[0] ** 2 == pytest.approx(trainings - between / 4, rel=1e-3)
    assert line.covariance[0, 0] == pytest.approx(trainings / 8, rel=1e-3)
    assert line.covariance[1, 1] == pytest.approx(between / (x.reshape(8, 4, 3)[:, :, 0] ** 2).sum(), rel=1e-3)


@pytest.mark.parametrize("deviations", [(1.0, 0.5, 0.5), (0.0, 0.0, 1.0)])
def test_intervals_hold_what_made_the_values(deviations):
    """95 % intervals of intercept and slope, six trainings: at least 85 % of 30 sets, also where groups do not differ."""
    t, rng = stats.t.ppf(0.975, 4), np.random.default_rng(1)
    lines = [fit_line(*balanced(rng, 6, 3, 3, deviations)) for _ in range(30)]
    for truth, value, place in ((1.0, "a", 0), (2.0, "b", 1)):
        held = [abs(getattr(line, value) - truth) < t * np.sqrt(line.covariance[place, place]) for line in lines]
        assert np.mean(held) >= 0.85


def test_one_distance_has_no_line():
    with pytest.raises(ValueError, match="6 values at 1 distances"):
        fit_line(np.ones(6), np.arange(6), outer=np.arange(6) % 3, inner=np.arange(6))
