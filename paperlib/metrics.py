"""Statistics of features and probabilities; every function is pure, takes arrays or tensors and works in float64.

fid = frechet_distance(*gaussian(real_features), *gaussian(generated_features))
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import pairwise_distances, pairwise_distances_chunked

Array = NDArray[np.float64]


def _numpy(x: Any) -> NDArray[Any]:
    """An array of whatever it is, a tensor on a GPU included."""
    return np.asarray(x.detach().cpu() if hasattr(x, "detach") else x)


def _array(x: Any, name: str, ndim: int) -> Array:
    a = _numpy(x).astype(np.float64)
    if a.ndim != ndim:
        raise ValueError(f"{name} has {a.ndim} axes; expected {ndim}. Reshape it.")
    if not np.isfinite(a).all():
        raise ValueError(f"{name} contains NaN or infinity; remove or repair those values first.")
    return a


def gaussian(features: Any) -> tuple[Array, Array]:
    """Mean and covariance of features.

    Args:
        features: (N, D), finite, N at least 2. Feature vectors.

    Returns:
        Mean (D,) and covariance (D, D) with 1 / (N - 1), float64.

    Raises:
        ValueError: the features have another number of axes, are not finite, or are fewer than 2.
    """
    f = _array(features, "features", 2)
    if len(f) < 2:
        raise ValueError(f"features has {len(f)} rows; a covariance needs at least 2. Give more.")
    return f.mean(0), np.atleast_2d(np.cov(f, rowvar=False))


def frechet_distance(mu1: Any, sigma1: Any, mu2: Any, sigma2: Any) -> float:
    """|mu1 - mu2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))  (Heusel et al. 2017, eq. 6).

    The trace of the root is computed from the eigenvalues of S1^(1/2) S2 S1^(1/2). This matrix is symmetric and has the eigenvalues of
    S1 S2. A covariance of fewer than D + 1 samples is singular. The distance is then still defined, but biased upwards.

    Args:
        mu1: (D,), finite. Mean of the first set.
        sigma1: (D, D), finite, positive semidefinite. Covariance of the first set.
        mu2: (D,), finite. Mean of the second set.
        sigma2: (D, D), finite, positive semidefinite. Covariance of the second set.

    Returns:
        At least 0 up to rounding, in squared units of the features.

    Raises:
        ValueError: the shapes do not fit, or a value is not finite.
    """
    m1, m2 = _array(mu1, "mu1", 1), _array(mu2, "mu2", 1)
    s1, s2 = _array(sigma1, "sigma1", 2), _array(sigma2, "sigma2", 2)
    if not m1.shape == m2.shape == s1.shape[:1] == s2.shape[1:] or s1.shape != s2.shape:
        raise ValueError(
            f"means have shapes {m1.shape} and {m2.shape}, covariances {s1.shape} and {s2.shape}; give (D,) and (D, D), with one D."
        )
    values, vectors = np.linalg.eigh(s1)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    roots = np.sqrt(np.clip(np.linalg.eigvalsh(root @ s2 @ root), 0, None))
    return float(((m1 - m2) ** 2).sum() + np.trace(s1) + np.trace(s2) - 2 * roots.sum())


def frechet_distance_of(features1: Any, features2: Any) -> float:
    """frechet_distance between the Gaussians of two sets of features.

    Sets smaller than D need no (D, D) matrix: with S1 = A^T A and S2 = B^T B, the roots of the eigenvalues of S1 S2 are the singular
    values of A B^T, which is (N1, N2).

    Args:
        features1: (N1, D), finite, N1 at least 2. Feature vectors.
        features2: (N2, D), finite, N2 at least 2. Feature vectors.

    Returns:
        At least 0 up to rounding, in squared units of the features.

    Raises:
        ValueError: the features have another number of axes, do not fit, are not finite, or are fewer than 2.
    """
    f1, f2 = _array(features1, "features1", 2), _array(features2, "features2", 2)
    if min(len(f1), len(f2)) < 2 or max(len(f1), len(f2)) >= f1.shape[1] or f1.shape[1] != f2.shape[1]:
        return frechet_distance(*gaussian(f1), *gaussian(f2))
    a, b = ((f - f.mean(0)) / np.sqrt(len(f) - 1) for f in (f1, f2))
    roots = np.linalg.svd(a @ b.T, compute_uv=False)
    return float(((f1.mean(0) - f2.mean(0)) ** 2).sum() + (a**2).sum() + (b**2).sum() - 2 * roots.sum())


def inception_score(probabilities: Any, splits: int = 1) -> float:
    """exp(mean_x KL(p(y|x) || p(y)))  (Salimans et al. 2016), averaged over splits.

    Args:
        probabilities: (N, K) in [0, 1], rows sum to 1. Class probabilities of each image.
        splits: in [1, N]. Number of parts that are scored separately.

    Returns:
        In [1, K]. Larger is better.

    Raises:
        ValueError: the rows are not probabilities, a value is not finite, or splits is out of range.
    """
    p = _array(probabilities, "probabilities", 2)
    if not 1 <= splits <= len(p):
        raise ValueError(f"splits is {splits}; use 1 to {len(p)}, the number of samples.")
    if (p < 0).any() or not np.allclose(p.sum(1), 1, atol=1e-4):
        raise ValueError("probabilities are not rows that sum to 1; apply softmax to the logits first.")
    log = np.log(np.clip(p, 1e-300, None))
    scores = []
    for part, log_part in zip(np.array_split(p, splits), np.array_split(log, splits), strict=True):
        marginal = np.log(np.clip(part.mean(0), 1e-300, None))
        scores.append(np.exp((part * (log_part - marginal)).sum(1).mean()))
    return float(np.mean(scores))


def kernel_distance(features1: Any, features2: Any) -> float:
    """KID (Binkowski et al. 2018): unbiased squared MMD with the kernel (x.y / D + 1)^3.

    Args:
        features1: (N, D), finite, N at least 2. Feature vectors of the first set.
        features2: (M, D), finite, M at least 2. Feature vectors of the second set.

    Returns:
        0 in expectation for equal distributions; it can be slightly negative.

    Raises:
        ValueError: the shapes do not fit, or a value is not finite.
    """
    x, y = _array(features1, "features1", 2), _array(features2, "features2", 2)
    if len(x) < 2 or len(y) < 2 or x.shape[1] != y.shape[1]:
        raise ValueError(f"features1 and features2 have shapes {x.shape} and {y.shape}; give at least 2 rows each, of the same length.")

    def kernel(a: Array, b: Array) -> Array:
        return (a @ b.T / a.shape[1] + 1) ** 3

    def off_diagonal_mean(k: Array) -> float:
        return float((k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)))

    return off_diagonal_mean(kernel(x, x)) + off_diagonal_mean(kernel(y, y)) - 2 * float(kernel(x, y).mean())


class Manifold(NamedTuple):
    """precision, recall (Kynkaanniemi et al. 2019), density, coverage (Naeem et al. 2020); all but density in [0, 1]."""

    precision: float
    recall: float
    density: float
    coverage: float


def manifold(real: Any, generated: Any, k: int = 5) -> Manifold:
    """How two feature sets (N, D), (M, D) cover each other, by balls reaching to the k-th nearest neighbour in their own set."""
    r, g = _array(real, "real", 2), _array(generated, "generated", 2)
    radius_r, radius_g = _radius(r, k), _radius(g, k)
    distance = pairwise_distances(r, g)
    inside = distance < radius_r[:, None]
    return Manifold(
        precision=float(inside.any(0).mean()),
        recall=float((distance < radius_g[None, :]).any(1).mean()),
        density=float(inside.sum(0).mean() / k),
        coverage=float((distance.min(1) < radius_r).mean()),
    )


def on_manifold(real: Any, points: Any, k: int = 5) -> NDArray[np.bool_]:
    """(M,) bool: which of points (M, D) lie within the k-th neighbour's distance of some vector of real (N, D), as precision asks."""
    r, p = _array(real, "real", 2), _array(points, "points", 2)
    return np.asarray((pairwise_distances(r, p) < _radius(r, k)[:, None]).any(0))


def neighbour_distance(real: Any, points: Any, k: int = 5) -> Array:
    """(M,) the distance of each of points (M, D) to its k-th nearest of real (N, D)."""
    r, p = _array(real, "real", 2), _array(points, "points", 2)
    _check_k(k, len(r) + 1)
    return np.partition(pairwise_distances(p, r), k - 1, axis=1)[:, k - 1]


def _radius(f: Array, k: int) -> Array:
    """The distance of each vector to its k-th nearest other one."""
    _check_k(k, len(f))
    rows = pairwise_distances_chunked(f, reduce_func=lambda distances, _: np.partition(distances, k, axis=1)[:, k])
    return np.concatenate(list(rows))


def _check_k(k: int, size: int) -> None:
    if not 1 <= k < size:
        raise ValueError(f"k is {k}; it lies between 1 and {size - 1}, what the smaller set allows.")


def within_class_variance(values: Any, labels: Any) -> float:
    """Variance of each coordinate inside a class, averaged over coordinates and classes. values: (N, ...), labels: (N,)."""
    y = _numpy(labels)
    v = _numpy(values).astype(np.float64).reshape(len(y), -1)
    return float(np.mean([v[y == c].var(0).mean() for c in np.unique(y)]))


class Calibration(NamedTuple):
    """ece: expected calibration error. Per bin that is not empty: mean confidence, accuracy and share of the samples."""

    ece: float
    confidence: list[float]
    accuracy: list[float]
    share: list[float]


def calibration(probabilities: Any, labels: Any, bins: int = 10) -> Calibration:
    """Top-1 calibration in equal-width bins (Guo et al. 2017). probabilities: (N, K); labels: (N,)."""
    p = _array(probabilities, "probabilities", 2)
    confidence, hit = p.max(1), p.argmax(1) == _numpy(labels)
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    members = [index == b for b in range(bins) if (index == b).any()]
    share = [float(m.mean()) for m in members]
    mean_confidence = [float(confidence[m].mean()) for m in members]
    mean_accuracy = [float(hit[m].mean()) for m in members]
    ece = sum(abs(c - a) * s for c, a, s in zip(mean_confidence, mean_accuracy, share, strict=True))
    return Calibration(float(ece), mean_confidence, mean_accuracy, share)
