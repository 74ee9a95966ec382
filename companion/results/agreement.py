"""Whether a run repeats the reference: values by seed, with one margin and one cap for each kind of quantity.

verdict({0: 91.2}, {0: 90.0, 1: 90.4}, ACCURACY, same_machine=True)          # "DIFFERS": by more than 0.5 points
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from companion.stats import POSITIVE, SHARE

IDENTICAL, AGREES, WITHIN, DIFFERS = "identical", "agrees", "within the spread of seeds", "DIFFERS"
NO_RECORD, NO_REFERENCE = "no record", "no reference"


@dataclass(frozen=True)
class Limits:
    """margin: the largest difference at any seed on the same machine. cap: the largest difference of the means that any spread excuses.

    factor: differences are natural logarithms of the ratio; else they are in points. bounds: of the quantity itself.
    """

    margin: float
    cap: float
    factor: bool = False
    bounds: tuple[float, float] = POSITIVE

    def difference(self, ours: float, reference: float) -> float:
        """Never negative; infinite for the ratio of what is not positive."""
        if ours == reference:
            return 0.0
        if not self.factor:
            return abs(ours - reference)
        return abs(math.log(ours / reference)) if ours > 0 and reference > 0 else math.inf

    def in_words(self, size: float) -> str:
        """A difference or what is allowed."""
        if not math.isfinite(size):
            return "-"
        return f"{100 * math.expm1(size):.1f} %" if self.factor else f"{size:.2f} points"


ACCURACY = Limits(0.5, 1.5, bounds=SHARE)
OF_TRUTH = Limits(0.5, 1.5)  # percent of the truth's: it may pass 100
DISTANCE = Limits(math.log(1.05), math.log(1.15), factor=True)
SCORE = Limits(math.log(1.02), math.log(1.10), factor=True)
LIMITS = {"accuracy": ACCURACY, "share of the truth": OF_TRUTH, "distance": DISTANCE, "score": SCORE}  # by what a quantity is compared as


def same_machine(ours: Mapping[int, object], reference: Mapping[int, object]) -> bool:
    """Both by seed, as quantities.measured has them -> whether every shared seed was computed on the same one; no text is another one."""
    shared = ours.keys() & reference.keys()
    return bool(shared) and all(isinstance(ours[seed], str) and ours[seed] == reference[seed] for seed in shared)


def compared(ours: Mapping[int, float], reference: Mapping[int, float], limits: Limits, same: bool) -> tuple[float, float]:
    """Both by seed and not empty -> how far they differ, and how far they may, both as `limits` measures it.

    On the same machine: the largest difference of a shared seed, and the margin. Elsewhere: the difference of the means over the shared seeds
    (over all without any), and the 99.9 % interval of it for two independent sets of that many seeds with the reference's spread, at least the
    margin and at most the cap. It is independent sets that runs become which diverge; the interval is so wide because many items are compared.
    """
    shared = sorted(ours.keys() & reference.keys())
    if same and shared:
        return max(limits.difference(ours[s], reference[s]) for s in shared), limits.margin
    mine, theirs = [ours[s] for s in shared or ours], [reference[s] for s in shared or reference]
    spread = [math.log(v) if v > 0 else math.nan for v in reference.values()] if limits.factor else list(reference.values())
    noise = float(np.std(spread, ddof=1)) * math.sqrt(1 / len(mine) + 1 / len(theirs)) if len(spread) > 1 else 0.0
    allowed = float(stats.t.ppf(0.9995, max(len(spread) - 1, 1))) * noise
    allowed = min(limits.cap, max(limits.margin, allowed if math.isfinite(allowed) else 0.0))
    return limits.difference(float(np.mean(mine)), float(np.mean(theirs))), allowed


def verdict(ours: Mapping[int, float], reference: Mapping[int, float], limits: Limits = ACCURACY, *, same_machine: bool = False) -> str:
    """identical: the shared seeds are the same bit for bit. agrees: the same machine, within the margin at every shared seed. within the
    spread of seeds: another machine, other packages or other seeds. DIFFERS: none of these. Or which of the two is missing."""
    if not ours or not reference:
        return NO_REFERENCE if ours else NO_RECORD
    shared = ours.keys() & reference.keys()
    if shared and all(ours[seed] == reference[seed] for seed in shared):
        return IDENTICAL
    difference, allowed = compared(ours, reference, limits, same_machine)
    if difference > allowed:
        return DIFFERS
    return AGREES if same_machine and shared else WITHIN
