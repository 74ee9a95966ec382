"""One ranking under two judges: the same order, or who changes places.

sentences(["a", "b"], [99.0, 98.0], [97.0, 97.5])          # ["Under the second judge a and b change places; ..."]
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from scipy import stats

NAMED = 6  # pairs that are written out, the largest differences first


def swaps(names: Sequence[str], first: Sequence[float], second: Sequence[float]) -> list[tuple[str, str, float]]:
    """The pairs that the two judges order differently, the better one under the first judge first, and by how much the judges differ:
    the smaller of the two gaps. The largest first."""
    found = []
    for i, j in combinations(range(len(names)), 2):
        gaps = first[i] - first[j], second[i] - second[j]
        if gaps[0] * gaps[1] < 0:
            better, worse = (i, j) if gaps[0] > 0 else (j, i)
            found.append((names[better], names[worse], min(map(abs, gaps))))
    return sorted(found, key=lambda swap: -swap[2])


def sentences(names: Sequence[str], first: Sequence[float], second: Sequence[float]) -> list[str]:
    """first, second: accuracy in percent of each by judge and second judge. Nothing where one of them did not read all, or for one name."""
    if len(names) < 2 or np.isnan([*first, *second]).any():
        return []
    order = " > ".join(names[i] for i in np.argsort(-np.array(first), kind="stable"))
    changed = swaps(names, first, second)
    tau = stats.kendalltau(first, second).statistic
    kendall = "" if np.isnan(tau) else f" (Kendall's tau {tau:.2f})"
    lines = [f"Order by the judge: {order}."]
    if not changed:
        return [*lines, f"The second judge orders no pair the other way{kendall}."]
    shown = "; ".join(f"{a} and {b} ({gap:.2f} points)" for a, b, gap in changed[:NAMED])
    more = f"; and {len(changed) - NAMED} pairs that are closer" if len(changed) > NAMED else ""
    return [*lines, f"The second judge orders {len(changed)} pair{'s' * (len(changed) > 1)} the other way{kendall}: {shown}{more}."]
