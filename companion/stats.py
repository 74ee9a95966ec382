"""Means over seeds with their 95 % intervals (Student's t), on tidy frames.

summary(runs, ["r"], "accuracy", SHARE)          # a row an r: ours, low, high, n
cell(99.0, 93.1, 100.0)                          # "99.0 (93.1 to 100.0)"
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

SHARE = (0.0, 100.0)  # in percent
POSITIVE = (0.0, np.inf)
ANY = (-np.inf, np.inf)


def t_interval(values: Sequence[float] | pd.Series, bounds: tuple[float, float] = ANY) -> tuple[float, float]:
    """The ends of the interval of the mean, cut at the bounds of what is possible; nan for fewer than two values. It is seaborn's errorbar too."""
    v = np.asarray(values, dtype=float)
    if len(v) < 2:
        return float("nan"), float("nan")
    half = stats.t.ppf(0.975, len(v) - 1) * v.std(ddof=1) / np.sqrt(len(v))
    return float(np.maximum(v.mean() - half, bounds[0])), float(np.minimum(v.mean() + half, bounds[1]))


def summary(runs: pd.DataFrame, by: str | list[str], value: str, bounds: tuple[float, float] = ANY, name: str = "ours") -> pd.DataFrame:
    """A row a group, in the order in which the groups come: mean, low, high, n of the values that are there.

    ValueError where a group has two values of one seed: its interval would be too narrow.
    """
    columns = [by] if isinstance(by, str) else list(by)
    there = runs.dropna(subset=[value])
    if there.duplicated([*columns, "seed"]).any():
        raise ValueError(f"{value} by {columns}: a seed stands twice; leave one of its rows out.")
    rows = []
    for keys, part in there.groupby(columns, sort=False, dropna=False):
        v = part[value].to_numpy(dtype=float)
        low, high = t_interval(v, bounds)
        rows.append(dict(zip(columns, keys, strict=True)) | {name: float(v.mean()), "low": low, "high": high, "n": len(v)})
    return pd.DataFrame(rows, columns=[*columns, name, "low", "high", "n"])


def cell(mean: float, low: float, high: float) -> str:
    """92.0 ± 2.5 where the interval is even about the mean, else 99.0 (93.1 to 100.0); the mean alone where one seed gives no interval, a dash
    where nothing is known."""
    if np.isnan(mean) or np.isnan(low):
        return "-" if np.isnan(mean) else f"{mean:.1f}"
    even = np.isclose(high - mean, mean - low, rtol=0, atol=0.01)
    return f"{mean:.1f} ± {high - mean:.1f}" if even else f"{mean:.1f} ({low:.1f} to {high:.1f})"


def cells(table: pd.DataFrame, mean: str = "ours") -> list[str]:
    """The cell of each row of a summary."""
    return [cell(*row) for row in table[[mean, "low", "high"]].to_numpy(dtype=float)]


def error_bars(table: pd.DataFrame, mean: str = "ours") -> NDArray[np.float64]:
    """What matplotlib draws from a summary: (2, rows), below and above the mean."""
    return np.abs(np.stack([table[mean] - table["low"], table["high"] - table[mean]]).astype(float))


def decided(low: float, high: float) -> str:
    """Whether a difference with this interval is above 0."""
    if low > 0:
        return "holds"
    return "does not hold" if high < 0 else "not decided"


def costs(runs: pd.DataFrame, by: str | list[str]) -> pd.DataFrame:
    """Median seconds of a run of each group, for one that was paused would move a mean, and how many runs shared the machine at most."""
    found = runs.groupby(by, sort=False, dropna=False).agg(seconds=("seconds", "median"), shared=("workers", "max")).reset_index()
    return found.round({"seconds": 1}).rename(columns={"shared": "runs at a time"})
