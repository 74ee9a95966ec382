"""The table of claims, and that of their tests, from the numbers by seed.

numbers = by_seed(measured(frames_of(found(DIGITS))))
rows(CLAIMS, judge_claims(CLAIMS, numbers))          # a pandas frame, one row a claim
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from companion.claims import Claim, Test
from companion.verdicts import SUPPORTED, UNTESTED, Result, judged, worst

COLUMNS = ("claim", "paper", "place", "statement", "effect", "low", "high", "p_adjusted", "n", "verdict")
OF_TESTS = ("claim", "test", "asked", "effect", "low", "high", "p_adjusted", "n", "verdict", "paper's size", "size agrees", "margin of")
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


def judge_claims(claims: Sequence[Claim], by_seed: pd.DataFrame, without: str = "") -> dict[Test, Result]:
    """The result of every test. The family of Holm's correction is all of them; one that several claims share counts once.

    by_seed: of quantities.by_seed. without: papers that the profile does not have, "A" or "B"; theirs are not looked up.
    """
    family = dict.fromkeys(test for claim in claims if claim.paper not in without for test in claim.tests)
    results = judged({test: (test.effects(by_seed), test.region) for test in family})
    return {test: result.within(*test.bounds) for test, result in results.items()}


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
    if known[test].verdict == UNTESTED:  # what its other tests say is still worth a word
        alone = [f"{t.name} alone: {_effect(r.effect, r.low, r.high)}, {r.verdict}" for t, r in known.items() if r.verdict != UNTESTED]
        row["verdict"] = "; ".join([str(row["verdict"]), *alone])
    return row


def _numbers(test: Test, result: Result) -> dict[str, object]:
    verdict = f"{UNTESTED}: it needs {test.needs}" if result.verdict == UNTESTED else result.verdict
    numbers = {"effect": round(result.effect, 4), "low": round(result.low, 4), "high": round(result.high, 4)}
    return {**numbers, "p_adjusted": float(f"{result.p_adjusted:.3g}"), "n": result.n, "verdict": verdict}


def tests(claims: Sequence[Claim], results: Mapping[Test, Result]) -> pd.DataFrame:
    """A row a test, with the margin's date, and whether the size that the paper prints lies in our interval."""
    found = []
    pairs = [(claim, test) for claim in claims for test in claim.tests if test in results]
    for claim, test in pairs:
        result = results[test]
        size = "-" if test.printed is None or np.isnan(result.low) else str(bool(result.low <= test.printed <= result.high)).lower()
        printed = "-" if test.printed is None else f"{test.printed:g}"
        row = {"claim": claim.id, "test": test.name, "asked": test.asked} | _numbers(test, result)
        found.append(row | {"paper's size": printed, "size agrees": size, "margin of": claim.fixed.isoformat()})
    return pd.DataFrame(found, columns=OF_TESTS)


def counts(table: pd.DataFrame) -> str:
    """How many claims have each verdict, in one line."""
    found = Counter(table["verdict"].str.split(":").str[0])
    in_order = sorted(found.items(), key=lambda item: (item[0] != SUPPORTED, -item[1]))
    return f"{len(table)} claims: {', '.join(f'{n} {verdict}' for verdict, n in in_order)}."


def cells(table: pd.DataFrame) -> pd.DataFrame:
    """As text, effect and corrected interval in one cell; a dash where there is none."""
    effects = [_effect(*numbers) for numbers in table[["effect", "low", "high"]].to_numpy(dtype=float)]
    p = ["-" if pd.isna(value) else f"{value:.2g}" for value in table["p_adjusted"]]
    shown = table.assign(effect=effects, **{"adjusted p": p})
    return shown[["claim", "place", "statement", "effect", "adjusted p", "n", "verdict"]]


def _effect(effect: float, low: float, high: float) -> str:
    return "-" if np.isnan(effect) else f"{effect:.2f}" if np.isnan(low) else f"{effect:.2f} ({low:.2f} to {high:.2f})"


def short(table: pd.DataFrame, ids: Sequence[str] = ()) -> pd.DataFrame:
    """The claims `ids` (all of them without) as text: in brackets the test that decides, of several; no margins, no reasons."""
    chosen = table.set_index("claim", drop=False).loc[list(ids)] if ids else table
    chosen = chosen.assign(statement=without_margins(chosen["statement"]), verdict=chosen["verdict"].str.split(":").str[0])
    return cells(chosen)[["claim", "verdict", "statement", "effect", "n"]]


def without_margins(statements: pd.Series) -> pd.Series:
    """Statements of `rows`, with no more in their brackets than the test that decides, of several."""
    return statements.str.replace(r" \[(?:([^:\]]*): )?[^\]]*\]$", _only_the_test, regex=True)


def _only_the_test(bracket: re.Match[str]) -> str:
    return f" [{bracket[1]}]" if bracket[1] else ""
