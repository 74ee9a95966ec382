"""How much of the gap between the baseline and real images the long column closes, against every training on real images.

gap_closed(found(DIGITS), "all real images").share          # in percent, or None where there is no gap to speak of
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import bootstrap

from companion import printed_numbers
from companion.records import Record
from companion.report import controls, table1
from companion.report.estimates import by_seed

CEILINGS = ("real images", "all real images", "all real images, long")
RESAMPLES = 10_000
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean over seeds with its 95 % bootstrap interval; the bounds are nan for one seed."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.1f}" if np.isnan(self.low) else f"{self.mean:.1f} ({self.low:.1f} to {self.high:.1f})"


@dataclass(frozen=True)
class GapClosed:
    """gap: points from the baseline to the ceiling; closed: from the baseline to the long column. share: closed in percent of the gap, None
    where the gap's interval includes 0. n: seeds at which all three were run."""

    gap: Interval
    closed: Interval
    share: Interval | None
    n: int


def gap_closed(records: Sequence[Record], ceiling: str) -> GapClosed:
    """Paired over seeds: a resample takes the same seeds of baseline, long column and ceiling. ceiling: one of CEILINGS."""
    column = {c.name: c for c in printed_numbers.TABLE1}
    baseline, long = (table1.column_by_seed(records, column[name]) for name in ("baseline", "long (ds+bna)"))
    real = by_seed(controls.runs_of(records, ceiling), "accuracy", 100)
    seeds = sorted(baseline.keys() & long.keys() & real.keys())
    gaps, gains = (np.array([there[s] - baseline[s] for s in seeds]) for there in (real, long))
    if not seeds:
        nothing = Interval(float("nan"), float("nan"), float("nan"))
        return GapClosed(nothing, nothing, None, 0)
    gap, closed = _interval(_mean, gaps), _interval(_mean, gains)
    surely_a_gap = gap.low > 0 if len(seeds) > 1 else gap.mean > 0
    return GapClosed(gap, closed, _interval(_percent, gains, gaps) if surely_a_gap else None, len(seeds))


def _mean(values: Array, axis: int) -> Array:
    return np.asarray(values.mean(axis))


def _percent(gains: Array, gaps: Array, axis: int) -> Array:
    return np.asarray(100 * gains.mean(axis) / gaps.mean(axis))


def _interval(statistic: Callable[..., Array], *samples: Array) -> Interval:
    """samples: one value a seed; a resample takes the same seeds of all."""
    value = float(statistic(*samples, axis=0))
    if len(samples[0]) < 2:
        return Interval(value, float("nan"), float("nan"))
    found = bootstrap(samples, statistic, paired=True, n_resamples=RESAMPLES, method="percentile", random_state=0).confidence_interval
    return Interval(value, float(found.low), float(found.high))


def table(records: Sequence[Record]) -> pd.DataFrame:
    """A row for each training on real images that is on record."""
    rows = []
    for ceiling in CEILINGS:
        found = gap_closed(records, ceiling)
        if found.n:
            share = "not defined" if found.share is None else str(found.share)
            rows.append({"ceiling": ceiling, "gap": str(found.gap), "closed": str(found.closed), "closed %": share, "n": found.n})
    return pd.DataFrame(rows, columns=["ceiling", "gap", "closed", "closed %", "n"])


def sentences(records: Sequence[Record]) -> list[str]:
    """What long training closes, in points and in percent, against each ceiling, and what the paper's own numbers give."""
    lines = []
    for ceiling in CEILINGS:
        found = gap_closed(records, ceiling)
        if found.n:
            share = "a percentage is not defined" if found.share is None else f"{found.share} %"
            why = ", as the gap's interval includes 0" if found.share is None and found.n > 1 else ""
            lines.append(
                f"Against {ceiling}: long training adds {found.closed} points to the baseline, of a gap of {found.gap} points: {share}{why} (n = {found.n})."
            )
    paper = {c.name: c.accuracy for c in printed_numbers.TABLE1}
    gap, closed = (paper[name] - paper["baseline"] for name in ("real images", "long (ds+bna)"))
    return [*lines, f"In the paper, against as many real images: {closed:.1f} of {gap:.1f} points, {100 * closed / gap:.0f} %."]
