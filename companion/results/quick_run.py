"""A run with fewer than five seeds decides no claim. It says instead how many effects point as in the committed reference.

quick = compared(CLAIMS, judge_claims(CLAIMS, ours), judge_claims(CLAIMS, reference), REFERENCE / "digits")
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from companion.claims import Claim, Test
from companion.results import claim_table
from companion.verdicts import LEAST_SEEDS, Result

NOTE = (
    "Mean effects over few seeds: verdicts need five. as in the reference: the effect lies on the same side of its claimed bound (inside the "
    "range in brackets, or outside it) as the effect of the committed reference, which has these seeds and more. So it says nothing of whether "
    "the claim holds. A claim over several tests shows the effect that meets its range least, and its direction counts all of them; an effect "
    f"that several claims share counts once in the sum. tables/claim_tests.csv has all of them. {claim_table.UNITS_AND_MARGINS}"
)


@dataclass(frozen=True)
class QuickRun:
    """What few seeds say. seeds, reference_seeds: the most that any effect has. verdicts: the file with the reference's verdicts.

    same: for each effect that both have, whether it points as in the reference; empty without a reference that has verdicts.
    by_claim: the same in words, by the claim's id.
    """

    seeds: int
    reference_seeds: int
    verdicts: Path
    same: Mapping[Test, bool]
    by_claim: Mapping[str, str]

    def sentence(self, verdicts: str) -> str:
        """verdicts: how it names the file with the reference's verdicts, by a path or a link."""
        decided = f"{self.seeds} {'seed decides' if self.seeds == 1 else 'seeds decide'} no claim"
        if not self.same:
            return f"{decided}; five are needed (SEEDS={LEAST_SEEDS})."
        return (
            f"{decided} (five are needed): {sum(self.same.values())} of {len(self.same)} effects point as in the reference of "
            f"{self.reference_seeds} seeds, whose verdicts are in {verdicts}."
        )

    def short(self, claims: pd.DataFrame) -> pd.DataFrame:
        """claim_table.short, with directions instead of verdicts."""
        return claim_table.short(self._directed(claims)).rename(columns={"verdict": "direction"})

    def cells(self, claims: pd.DataFrame) -> pd.DataFrame:
        """claim_table.cells, with directions instead of verdicts; few seeds have no p."""
        return claim_table.cells(self._directed(claims)).rename(columns={"verdict": "direction"}).drop(columns="adjusted p")

    def _directed(self, claims: pd.DataFrame) -> pd.DataFrame:
        return claims.assign(verdict=claims["claim"].map(self.by_claim))


def compared(claims: Sequence[Claim], results: Mapping[Test, Result], reference: Mapping[Test, Result], folder: Path) -> QuickRun | None:
    """Of a run that has effects, none of them with five seeds; None of any other. reference: the results of the records in folder."""
    seeds, reference_seeds = _most_seeds(results), _most_seeds(reference)
    if seeds == 0 or seeds >= LEAST_SEEDS:
        return None
    judged = reference if reference_seeds >= LEAST_SEEDS else {}
    both = [test for test in results if test in judged and not np.isnan([results[test].effect, judged[test].effect]).any()]
    same = {test: test.region.holds(results[test].effect) == test.region.holds(reference[test].effect) for test in both}
    by_claim = {claim.id: _in_words([same[test] for test in claim.tests if test in same]) for claim in claims}
    page = folder / "README.md"
    return QuickRun(seeds, reference_seeds, page if page.exists() else folder / "tables" / "claims.csv", same, by_claim)


def _most_seeds(results: Mapping[Test, Result]) -> int:
    return max((result.n for result in results.values()), default=0)


def _in_words(same: Sequence[bool]) -> str:
    if not same:
        return "-"
    if all(same):
        return "as in the reference"
    return f"{sum(same)} of {len(same)} as in the reference" if any(same) else "not as in the reference"
