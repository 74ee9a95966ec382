"""Which records belong together, and the mean and interval of what they measured.

estimate([91.0, 92.0, 93.0])          # prints as 92.0 ± 2.5
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from companion.records import Record

SHARE = (0.0, 100.0)  # in percent
POSITIVE = (0.0, np.inf)


@dataclass(frozen=True)
class Estimate:
    """A mean over n seeds with its 95 % interval (Student's t); half_width and sd are nan for n = 1.

    bounds: between which the measured quantity lies by definition, such as SHARE. low and high, the interval's ends, are cut there. That
    costs no coverage, since the mean of such values lies between the bounds too. A cut interval is printed by its ends, not as a plus-minus.
    """

    mean: float
    half_width: float
    sd: float
    n: int
    bounds: tuple[float, float] = (-np.inf, np.inf)

    @property
    def low(self) -> float:
        return float(np.maximum(self.mean - self.half_width, self.bounds[0]))

    @property
    def high(self) -> float:
        return float(np.minimum(self.mean + self.half_width, self.bounds[1]))

    def __str__(self) -> str:
        return with_interval(self.mean, self.low, self.high)


def with_interval(mean: float, low: float, high: float) -> str:
    """92.0 ± 2.5 where the interval is even about the mean, else 99.0 (93.1 to 100.0); the mean alone where one seed gives no interval, a dash
    where nothing is known."""
    if np.isnan(mean) or np.isnan(low):
        return "-" if np.isnan(mean) else f"{mean:.1f}"
    even = np.isclose(high - mean, mean - low, rtol=0, atol=0.01)
    return f"{mean:.1f} ± {high - mean:.1f}" if even else f"{mean:.1f} ({low:.1f} to {high:.1f})"


def error_bars(frame: pd.DataFrame, mean: str = "ours", low: str = "low", high: str = "high") -> NDArray[np.float64]:
    """What matplotlib draws from the columns of a table: (2, rows), below and above the mean."""
    return np.abs(np.stack([frame[mean] - frame[low], frame[high] - frame[mean]]).astype(float))


def estimate(values: Sequence[float], bounds: tuple[float, float] = (-np.inf, np.inf)) -> Estimate:
    """values: one a seed, between the bounds. The mean is nan without values."""
    v = np.asarray(values, dtype=float)
    n = len(v)
    sd = float(v.std(ddof=1)) if n > 1 else float("nan")
    half_width = float(stats.t.ppf(0.975, n - 1) * sd / np.sqrt(n)) if n > 1 else float("nan")
    return Estimate(float(v.mean()) if n else float("nan"), half_width, sd, n, bounds)


def of_kind(records: Iterable[Record], kind: str, **config: Any) -> list[Record]:
    """The records of a kind whose config has these values."""
    return [r for r in records if r.kind == kind and all(getattr(r.config, k) == v for k, v in config.items())]


def by_seed(runs: Iterable[Record], metric: str, scale: float = 1) -> dict[int, float]:
    """The metric of each run, times scale, by seed."""
    return {r.seed: scale * r.metrics[metric] for r in runs}


def without_empty(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Without the column where nothing is in it: not every profile has a second judge."""
    return frame.drop(columns=column) if column in frame and frame[column].isna().all() else frame


def mean_where_measured(runs: Sequence[Record], metric: str, scale: float = 1) -> float:
    """Over the runs that measured it; nan where none did."""
    return estimate([scale * r.metrics[metric] for r in runs if metric in r.metrics]).mean


def runs_at_a_time(runs: Iterable[Record]) -> int:
    """How many runs shared the machine, at most; above one, what they cost is too much. 0 without runs."""
    return max((r.provenance["workers"] for r in runs), default=0)


def beside(runs: Iterable[Record]) -> str:
    """What is written beside a cost: ", 2 at a time", or nothing where each run had the machine to itself."""
    shared = runs_at_a_time(runs)
    return f", {shared} at a time" if shared > 1 else ""


def seconds(runs: Sequence[Record]) -> dict[str, float]:
    """Two cells of a table: median seconds of a run, for one that was paused would move a mean, and how many runs shared the machine."""
    middle = float(np.median([r.provenance["seconds"] for r in runs])) if runs else float("nan")
    return {"seconds": round(middle, 1), "runs at a time": runs_at_a_time(runs)}


def decided(difference: Estimate) -> str:
    """Whether a difference is above 0: its 95 % interval decides; one seed decides nothing."""
    if difference.n > 1 and difference.low > 0:
        return "holds"
    return "does not hold" if difference.n > 1 and difference.high < 0 else "not decided"


def minus(after: Mapping[int, float], before: Mapping[int, float]) -> dict[int, float]:
    """The differences at the seeds that both have."""
    return {seed: after[seed] - before[seed] for seed in sorted(after.keys() & before.keys())}


def log_ratio(above: Mapping[int, float], below: Mapping[int, float]) -> dict[int, float]:
    """At the seeds that both have; not a number where one of the two is not positive."""
    positive = {s: above[s] > 0 and below[s] > 0 for s in sorted(above.keys() & below.keys())}
    return {s: math.log(above[s] / below[s]) if fine else math.nan for s, fine in positive.items()}


def paired(after: Mapping[int, float], before: Mapping[int, float]) -> Estimate:
    """Of the differences at the seeds that both have."""
    return estimate(list(minus(after, before).values()))
