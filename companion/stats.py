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


def means(runs: pd.DataFrame, by: list[str], values: list[str]) -> pd.DataFrame:
    """A row a group: the mean of each value, the half width of its interval as "<value> ±", and n, of the first value."""
    found = {value: summary(runs, by, value).set_index(by) for value in values}
    columns = {value: table["ours"] for value, table in found.items()} | {
        f"{v} ±": table["high"] - table["ours"] for v, table in found.items()
    }
    return pd.concat(columns | {"n": found[values[0]]["n"]}, axis=1).reset_index()


def paired(runs: pd.DataFrame, pairs: pd.DataFrame, name: str) -> pd.DataFrame:
    """A row a seed of each pair: the runs whose `name` is that of the pair, and as "<column> over" what those named in its column `over` have at
    the same seed; nan where they lack it. MergeError where a seed stands twice among these."""
    return pairs.merge(runs, on=name).merge(
        runs.rename(columns={name: "over"}), how="left", on=["over", "seed"], suffixes=("", " over"), validate="many_to_one"
    )


def cell(mean: float, low: float, high: float, digits: int = 1, slack: float = 0.015) -> str:
    """92.0 ± 2.5 where the interval is even about the mean, else 99.0 (93.1 to 100.0); the mean alone where one seed gives no interval, a dash
    where nothing is known. slack: what the rounding of a saved table to two digits leaves between the halves of an even interval."""
    if np.isnan(mean) or np.isnan(low):
        return "-" if np.isnan(mean) else f"{mean:.{digits}f}"
    even = np.isclose(high - mean, mean - low, rtol=0, atol=slack)
    return f"{mean:.{digits}f} ± {high - mean:.{digits}f}" if even else f"{mean:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


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
    found["seconds"] = [round(seconds, 1) for seconds in found["seconds"]]  # pandas rounds 445.05 down
    return found.rename(columns={"shared": "runs at a time"})
