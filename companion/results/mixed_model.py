"""A line through values that come in groups, by restricted maximum likelihood (REML).

    y = a + b x + u_outer + v_inner + noise,     u ~ N(0, s_u^2), v ~ N(0, s_v^2), noise ~ N(0, s^2)

line = fit_line(x, y, outer=trainings, inner=generators)
line.a, line.b, line.covariance                  # of a and b, by generalised least squares at the estimated variances

The likelihood has the form of Bates et al. 2015, "Fitting Linear Mixed-Effects Models Using lme4", eq. 41: s^2 is profiled out, and what is
searched for are the ratios s_u / s and s_v / s, which may be 0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

STARTS = (0.1, 1.0, 10.0)  # ratios of deviations
TINY = 1e-12  # a sum of squares of 0 has no logarithm


@dataclass(frozen=True)
class Line:
    """covariance: (2, 2), of a and b. deviations: s_u, s_v, s."""

    a: float
    b: float
    covariance: NDArray[np.float64]
    deviations: tuple[float, float, float]


def fit_line(x: ArrayLike, y: ArrayLike, outer: ArrayLike, inner: ArrayLike) -> Line:
    """x, y: (n,). outer, inner: (n,) names of groups; every inner group lies in one outer group.

    ValueError where x has fewer than two values or n is below 3.
    """
    response = np.asarray(y, dtype=np.float64)
    design = np.stack([np.ones(len(response)), np.asarray(x, dtype=np.float64)], 1)
    if len(response) < 3 or np.ptp(design[:, 1]) == 0:
        raise ValueError(f"{len(response)} values at {len(np.unique(design[:, 1]))} distances: a line needs 3 values and 2 distances.")
    groups = [np.asarray(names)[:, None] == np.asarray(names) for names in (outer, inner)]

    def solved(ratios: NDArray[np.float64]) -> tuple[float, NDArray[np.float64], NDArray[np.float64], float]:
        """-2 log of the restricted likelihood without its constants, (a, b), (X' V^-1 X)^-1, and s^2, where s^2 V is the covariance of y."""
        v = np.eye(len(response)) + ratios[0] ** 2 * groups[0] + ratios[1] ** 2 * groups[1]
        inverse_x = np.linalg.solve(v, design)
        information = design.T @ inverse_x
        beta = np.linalg.solve(information, inverse_x.T @ response)
        residual = response - design @ beta
        freedom = len(response) - design.shape[1]
        squares = float(residual @ np.linalg.solve(v, residual)) + TINY
        deviance = freedom * np.log(squares) + np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
        return float(deviance), beta, np.linalg.inv(information), squares / freedom

    searches = [minimize(lambda r: solved(r)[0], [u, v], method="L-BFGS-B", bounds=[(0, None)] * 2) for u in STARTS for v in STARTS]
    ratios = min(searches, key=lambda search: search.fun).x
    _, (a, b), unscaled, variance = solved(ratios)
    s = float(np.sqrt(variance))
    return Line(float(a), float(b), variance * unscaled, (float(ratios[0]) * s, float(ratios[1]) * s, s))
