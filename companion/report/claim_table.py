"""The table of claims: what a claim is, and its row.

rows(CLAIMS, judge_claims(CLAIMS, found(DIGITS)))          # a pandas frame, one row a claim
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from companion.records import Record
from companion.report.verdicts import SUPPORTED, UNTESTED, Region, Result, judged, worst

Quantity = Callable[[Sequence[Record]], Mapping[int, float]]
Direction = Literal["more", "less", "same", "at least", "at most"]
COLUMNS = ("claim", "paper", "place", "statement", "effect", "low", "high", "p_adjusted", "n", "verdict")
NUMBERS = ["effect", "low", "high"]
UNITS_AND_MARGINS = (
    "Effects are in percentage points, standard deviations (A11) or natural logarithms of a ratio. Margins were fixed before these runs, but "
    "after an earlier reference on the digits had been read; claim_tests.csv has the day."
)
NOTE = (
    "Paired over seeds: mean effect, its interval at the level of Holm's correction over all tests, and Holm's adjusted p. supported: the "
    "whole interval lies in the range in brackets; contradicted: the whole interval lies outside it; inconclusive: neither, or fewer than five "
    "seeds. A claim over several tests shows the one that decides; tables/claim_tests.csv has all of them, and whether the paper's sizes agree. "
    f"{UNITS_AND_MARGINS}"
)
DIRECTIONAL = ("more", "less")  # those that a set of methods without any difference does not meet


@dataclass(frozen=True)
class Test:
    """One effect and what is claimed of it. quantity: records -> effect by seed, nothing where the records cannot say.

    direction: "more" and "less": beyond `against` by more than the margin; "same": within the margin of it; "at least" and "at most": not
    beyond it on the other side by more than the margin. unit: of effect and margin; a factor's effect is its natural logarithm.
    bounds: between which every effect lies by definition; its interval is cut there. printed: the paper's own size. needs: what has to
    be on record.
    """

    __test__ = False  # not pytest's

    name: str
    quantity: Quantity
    direction: Direction
    margin: float
    unit: str = "points"
    against: float = 0.0
    bounds: tuple[float, float] = (-np.inf, np.inf)
    printed: float | None = None
    needs: str = "its runs on record"

    @property
    def region(self) -> Region:
        """Where the claim has the mean effect."""
        low, high = self.against - self.margin, self.against + self.margin
        match self.direction:
            case "more":
                return Region(low=high)
            case "less":
                return Region(high=low)
            case "same":
                return Region(low, high)
            case "at least":
                return Region(low=low)
            case "at most":
                return Region(high=high)

    @property
    def asked(self) -> str:
        """The region in words."""
        low, high = self.region.low, self.region.high
        if np.isfinite(low) and np.isfinite(high):
            return f"between {low:.3g} and {high:.3g} {self.unit}"
        return f"more than {low:.3g} {self.unit}" if np.isfinite(low) else f"less than {high:.3g} {self.unit}"


@dataclass(frozen=True)
class Claim:
    """id: as in the list of claims. place: in the paper. statement: in our words. fixed: when the margins were."""

    id: str
    paper: Literal["A", "B"]
    place: str
    statement: str
    tests: tuple[Test, ...]
    fixed: date


def judge_claims(claims: Sequence[Claim], records: Sequence[Record], without: str = "") -> dict[Test, Result]:
    """The result of every test. The family of Holm's correction is all of them; one that several claims share counts once.

    records: in the order of the profile's plan. without: papers that the profile does not have, "A" or "B"; theirs are not looked up.
    """
    tests = dict.fromkeys(test for claim in claims if claim.paper not in without for test in claim.tests)
    effects = {test: [float(value) for _, value in sorted(test.quantity(records).items())] for test in tests}
    results = judged({test: (values, test.region) for test, values in effects.items()})
    return {test: _cut(result, test.bounds) for test, result in results.items()}


def _cut(result: Result, bounds: tuple[float, float]) -> Result:
    """Its interval within the bounds of what it measures: that costs no coverage, as the mean lies between them."""
    low, high = np.clip([result.low, result.high], *bounds).tolist()
    return Result(result.effect, low, high, result.p_adjusted, result.n, result.verdict)


def rows(claims: Sequence[Claim], results: Mapping[Test, Result]) -> pd.DataFrame:
    """A row a claim, with the columns COLUMNS. A claim over several combinations shows the one that decides, which its statement names."""
    return pd.DataFrame([_row(claim, results) for claim in claims], columns=COLUMNS)


def _row(claim: Claim, results: Mapping[Test, Result]) -> dict[str, object]:
    row: dict[str, object] = {"claim": claim.id, "paper": claim.paper, "place": claim.place, "statement": claim.statement}
    known = {test: results[test] for test in claim.tests if test in results}
    if not known:
        return row | {"n": 0, "verdict": f"{UNTESTED}: this profile has no paper {claim.paper}"}
    test = worst(known, {test: test.region for test in known})
    which = f"{test.name}: " if len(known) > 1 else ""
    row |= {"statement": f"{claim.statement} [{which}{test.asked}]"} | _numbers(test, known[test])
    if known[test].verdict == UNTESTED:
        row["verdict"] = "; ".join([str(row["verdict"]), *(_alone(*other) for other in known.items() if other[1].verdict != UNTESTED)])
    return row


def _alone(test: Test, result: Result) -> str:
    """What one test says of a claim that another one leaves untested."""
    return f"{test.name} alone: {_effect(result.effect, result.low, result.high)}, {result.verdict}"


def _numbers(test: Test, result: Result) -> dict[str, object]:
    verdict = f"{UNTESTED}: it needs {test.needs}" if result.verdict == UNTESTED else result.verdict
    numbers = {"effect": round(result.effect, 4), "low": round(result.low, 4), "high": round(result.high, 4)}
    return {**numbers, "p_adjusted": float(f"{result.p_adjusted:.3g}"), "n": result.n, "verdict": verdict}


def tests(claims: Sequence[Claim], results: Mapping[Test, Result]) -> pd.DataFrame:
    """A row a test, with the margin's date, and whether the size that the paper prints lies in our interval."""
    found = []
    for claim in claims:
        for test in claim.tests:
            if test in results:
                result = results[test]
                size = "-" if test.printed is None or np.isnan(result.low) else str(bool(result.low <= test.printed <= result.high)).lower()
                printed = "-" if test.printed is None else f"{test.printed:g}"
                row = {"claim": claim.id, "test": test.name, "asked": test.asked} | _numbers(test, result)
                found.append(row | {"paper's size": printed, "size agrees": size, "margin of": claim.fixed.isoformat()})
    return pd.DataFrame(found)


def counts(table: pd.DataFrame) -> str:
    """How many claims have each verdict, in one line."""
    found = Counter(str(verdict).split(":")[0] for verdict in table["verdict"])
    return f"{len(table)} claims: {', '.join(f'{n} {verdict}' for verdict, n in sorted(found.items(), key=_rank))}."


def _rank(item: tuple[str, int]) -> tuple[bool, int]:
    return item[0] != SUPPORTED, -item[1]


def cells(table: pd.DataFrame) -> pd.DataFrame:
    """As text, effect and corrected interval in one cell; a dash where there is none."""
    p = ["-" if pd.isna(value) else f"{value:.2g}" for value in table["p_adjusted"]]
    return table.assign(effect=_effects(table), p=p)[["claim", "place", "statement", "effect", "p", "n", "verdict"]].rename(
        columns={"p": "adjusted p"}
    )


def _effects(table: pd.DataFrame) -> list[str]:
    values = table[NUMBERS].to_numpy(dtype=float)
    return [_effect(*found) for found in values]


def _effect(effect: float, low: float, high: float) -> str:
    return "-" if np.isnan(effect) else f"{effect:.2f}" if np.isnan(low) else f"{effect:.2f} ({low:.2f} to {high:.2f})"


def short(table: pd.DataFrame, ids: Sequence[str] = ()) -> pd.DataFrame:
    """The claims `ids` (all of them without) as text: in brackets the test that decides, of several; no margins, no reasons."""
    chosen = table.set_index("claim", drop=False).loc[list(ids)] if ids else table
    chosen = chosen.assign(
        statement=chosen["statement"].str.replace(r" \[(?:([^:\]]*): )?[^\]]*\]$", _only_the_test, regex=True),
        verdict=chosen["verdict"].str.split(":").str[0],
    )
    return cells(chosen)[["claim", "verdict", "statement", "effect", "n"]]


def _only_the_test(bracket: re.Match[str]) -> str:
    return f" [{bracket[1]}]" if bracket[1] else ""


def short_markdown(table: pd.DataFrame, ids: Sequence[str]) -> str:
    """The counts, and the claims `ids`, short."""
    return f"{counts(table)}\n\n{short(table, ids).to_markdown(index=False, disable_numparse=True)}"
