"""Closed forms, identities, and second opinions: pytorch-fid, prdc, scikit-learn."""

import numpy as np
import pytest
import torch
from prdc import compute_prdc
from pytorch_fid.fid_score import calculate_frechet_distance
from scipy.spatial.distance import cdist
from sklearn import config_context
from sklearn.metrics.pairwise import polynomial_kernel

from paperlib import metrics

RNG = np.random.default_rng(0)


def test_frechet_distance_closed_form_for_equal_covariances():
    a = RNG.normal(size=(50, 6))
    mu, sigma = metrics.gaussian(a)
    shift = np.arange(6.0)
    assert metrics.frechet_distance(mu, sigma, mu, sigma) == pytest.approx(0, abs=1e-8)
    assert metrics.frechet_distance(mu, sigma, mu + shift, sigma) == pytest.approx((shift**2).sum())


def test_frechet_distance_closed_form_for_diagonal_covariances():
    s1, s2 = np.array([1.0, 4.0, 9.0]), np.array([4.0, 1.0, 0.25])
    expected = ((np.sqrt(s1) - np.sqrt(s2)) ** 2).sum()
    assert metrics.frechet_distance(np.zeros(3), np.diag(s1), np.zeros(3), np.diag(s2)) == pytest.approx(expected)


def test_frechet_distance_agrees_with_pytorch_fid():
    a, b = RNG.normal(size=(300, 16)), RNG.normal(size=(200, 16)) @ RNG.normal(size=(16, 16)) + 1
    ours = metrics.frechet_distance(*metrics.gaussian(a), *metrics.gaussian(b))
    assert ours == pytest.approx(calculate_frechet_distance(*metrics.gaussian(a), *metrics.gaussian(b)), rel=1e-6)


@pytest.mark.parametrize(("n1", "n2"), [(7, 5), (2, 19), (20, 5), (40, 30)])
def test_frechet_distance_of_few_features_is_that_of_their_gaussians(n1, n2):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(n1, 20)), rng.normal(1, 2, size=(n2, 20))
    expected = metrics.frechet_distance(*metrics.gaussian(a), *metrics.gaussian(b))
    assert metrics.frechet_distance_of(a, b) == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_of_singular_covariances_is_finite_and_symmetric():
    a, b = metrics.gaussian(RNG.normal(size=(5, 32))), metrics.gaussian(RNG.normal(size=(6, 32)) + 1)
    assert metrics.frechet_distance(*a, *b) == pytest.approx(metrics.frechet_distance(*b, *a))
    assert metrics.frechet_distance(*a, *b) > 0


def test_inception_score_bounds():
    assert metrics.inception_score(np.eye(10)[np.arange(100) % 10]) == pytest.approx(10)
    assert metrics.inception_score(np.full((50, 10), 0.1)) == pytest.approx(1)
    assert metrics.inception_score(np.eye(10)[np.zeros(50, int)]) == pytest.approx(1)
    with pytest.raises(ValueError, match="softmax"):
        metrics.inception_score(np.ones((4, 3)))


def test_kernel_distance_is_the_unbiased_mmd():
    x, y = RNG.normal(size=(40, 8)), RNG.normal(size=(30, 8)) + 0.5
    k = [polynomial_kernel(a, b, degree=3, gamma=1 / 8, coef0=1) for a, b in ((x, x), (y, y), (x, y))]
    off = [(m.sum() - np.trace(m)) / (len(m) * (len(m) - 1)) for m in k[:2]]
    assert metrics.kernel_distance(x, y) == pytest.approx(off[0] + off[1] - 2 * k[2].mean())
    draws = [metrics.kernel_distance(RNG.normal(size=(60, 8)), RNG.normal(size=(60, 8))) for _ in range(40)]
    assert abs(np.mean(draws)) < 4 * np.std(draws) / np.sqrt(len(draws))


def test_manifold_agrees_with_prdc():
    real, fake = RNG.normal(size=(200, 8)), RNG.normal(size=(180, 8)) * 0.7 + 0.2
    assert metrics.manifold(real, fake, k=5)._asdict() == pytest.approx(compute_prdc(real, fake, nearest_k=5))


def test_radii_in_pieces_are_those_of_all_distances_at_once():
    features = np.random.default_rng(0).normal(size=(400, 8))
    whole = metrics._radius(features, 5)
    with config_context(working_memory=0.1):  # MiB: some 32 rows at a time
        assert metrics._radius(features, 5) == pytest.approx(whole)
    assert whole == pytest.approx(np.sort(cdist(features, features), axis=1)[:, 5])


def test_on_manifold_is_what_precision_counts():
    real, points = RNG.normal(size=(120, 6)), RNG.normal(size=(90, 6)) * 1.3
    inside = metrics.on_manifold(real, points, k=4)
    assert inside.shape == (90,)
    assert 0 < inside.mean() < 1
    assert inside.mean() == metrics.manifold(real, points, k=4).precision


def test_neighbour_distance():
    line = np.arange(6.0)[:, None]
    assert metrics.neighbour_distance(line, [[0.0], [10.0]], k=2) == pytest.approx([1.0, 6.0])
    with pytest.raises(ValueError, match="k is 7; it lies between 1 and 6"):
        metrics.neighbour_distance(line, [[0.0]], k=7)


def test_within_class_variance_ignores_the_distance_between_classes():
    labels = np.repeat([0, 1], 500)
    values = RNG.normal(size=(1000, 4)) + 100 * labels[:, None]
    assert metrics.within_class_variance(values, labels) == pytest.approx(1, abs=0.1)


def test_calibration():
    p = np.tile([0.75, 0.25], (100, 1))
    labels = np.array([0] * 75 + [1] * 25)
    assert metrics.calibration(p, labels).ece == pytest.approx(0)
    assert metrics.calibration(p, np.zeros(100, int)).ece == pytest.approx(0.25)
    assert sum(metrics.calibration(p, labels).share) == pytest.approx(1)


def test_calibration_lists_only_bins_that_are_not_empty():
    p = np.array([[0.55, 0.45], [0.95, 0.05], [0.97, 0.03], [0.99, 0.01]])
    found = metrics.calibration(p, np.array([1, 0, 0, 1]))
    assert found.confidence == pytest.approx([0.55, 0.97])
    assert found.accuracy == pytest.approx([0, 2 / 3])
    assert found.share == pytest.approx([0.25, 0.75])
    assert found.ece == pytest.approx(0.25 * 0.55 + 0.75 * (0.97 - 2 / 3))
    every = RNG.dirichlet(np.ones(3), 500)
    for values in metrics.calibration(every, every.argmax(1))[1:]:
        assert len(values) == len(set((every.max(1) * 10).astype(int)))
        assert not np.isnan(values).any()


@pytest.mark.parametrize("bad", [np.full((4, 3), np.nan), np.zeros(4)])
def test_nan_and_wrong_axes_are_refused(bad):
    with pytest.raises(ValueError, match=r"NaN|axes"):
        metrics.gaussian(bad)


def test_tensors_work_too():
    a = torch.randn(30, 4)
    assert metrics.gaussian(a)[0] == pytest.approx(a.double().mean(0).numpy())
