"""The table of claims from numbers by seed made up here, with known answers."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from companion import profiles, records
from companion.claims import CLAIMS, MOST_TELLING, PAST_PAPER_A, PAST_PAPER_B, Claim, Test
from companion.experiment import found
from companion.printed_numbers import TABLE1
from companion.quantities import by_seed, frames_of, measured
from companion.results import claim_table
from companion.results.claim_table import judge_claims, rows
from companion.support.paths import REFERENCE

NOISE = np.array([-0.2, 0.1, 0.0, 0.2, -0.1])
FIG4 = {"r = 0.0": 70, "r = 0.1": 76, "r = 0.5": 78, "r = 1.0": 79}
FIG4_BNA = {"r = 0.0 with BNA": 76, "r = 0.1 with BNA": 82, "r = 0.5 with BNA": 84, "r = 1.0 with BNA": 83}
NOTHING = by_seed(measured({}))


def spread(**known):
    """A row a seed, five of them: the values with a little noise that differs from column to column."""
    return pd.DataFrame({name: value + np.roll(NOISE, i) for i, (name, value) in enumerate(known.items())})


def paper_a():
    """The paper's own picture."""
    table1 = {f"Table 1: {column.name}": column.accuracy for column in TABLE1}
    return spread(**table1, **{f"Fig. 4: {r}": value for r, value in (FIG4 | FIG4_BNA).items()})


def verdicts(claims, numbers, without=""):
    return rows(claims, judge_claims(claims, numbers, without)).set_index("claim")["verdict"]


def test_every_claim_of_both_papers_is_there_once():
    assert [claim.id for claim in CLAIMS] == [f"A{i}" for i in range(1, 18)] + [f"B{i}" for i in range(1, 7)]
    assert all(claim.paper == claim.id[0] and claim.place and claim.statement and claim.tests for claim in CLAIMS)
    assert {claim.fixed for claim in CLAIMS} == {date(2026, 11, 21)}
    assert all(test.margin >= 0 and test.unit for claim in CLAIMS for test in claim.tests)
    for claim in CLAIMS:
        assert len({test.name for test in claim.tests}) == len(claim.tests)
    assert len(set(MOST_TELLING)) == 10 and set(MOST_TELLING) <= {claim.id for claim in CLAIMS}


def test_every_quantity_that_a_claim_names_was_measured():
    """So that no misspelt name leaves a claim untested for ever."""
    photographs = [run for run in records.find(REFERENCE / "cifar10_small", set_aside=False) if run.run in ("classifier", "control")]
    known = {name for runs in (found(profiles.DIGITS, REFERENCE / "digits"), photographs) for name in measured(frames_of(runs))["quantity"]}
    named = {column for claim in (*CLAIMS, *PAST_PAPER_A, *PAST_PAPER_B) for test in claim.tests for column in test.columns}
    assert len(named) > 60 and named <= known


def test_the_papers_picture_supports_its_claims():
    told = verdicts(CLAIMS, paper_a(), "B")
    assert {told[f"A{i}"] for i in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14)} == {"supported"}
    assert told["A11"] == "untested: it needs the transfer matrix of hard samples"
    assert {told[f"B{i}"] for i in range(1, 7)} == {"untested: this profile has no paper B"}


def test_nothing_on_record_and_no_paper():
    assert set(verdicts(CLAIMS, NOTHING, "AB")) == {f"untested: this profile has no paper {paper}" for paper in "AB"}
    assert verdicts(CLAIMS, NOTHING).str.startswith("untested: it needs").all()


def test_the_columns_and_the_counts():
    table = rows(CLAIMS, judge_claims(CLAIMS, paper_a(), "B"))
    assert ",".join(table.columns) == "claim,paper,place,statement,effect,low,high,p_adjusted,n,verdict"
    assert claim_table.counts(table).startswith("23 claims: 12 supported, 10 untested")
    row = table.set_index("claim").loc["A9"]
    assert row["effect"] == pytest.approx(15, abs=0.3) and row["low"] < row["effect"] < row["high"] and row["n"] == 5


def test_fewer_than_five_seeds_decide_nothing():
    table = rows(CLAIMS, judge_claims(CLAIMS, paper_a().head(4), "B"))
    assert set(table["verdict"].str.split(":").str[0]) == {"inconclusive", "untested"}
    tested = table[table["verdict"] == "inconclusive"]
    assert tested[["low", "p_adjusted"]].isna().all(axis=None) and (tested["n"] == 4).all()


def test_a_claim_over_combinations_takes_the_worst_and_names_it():
    numbers = paper_a()
    table = rows(CLAIMS, judge_claims(CLAIMS, numbers.assign(**{"Table 1: hsm": numbers["Table 1: baseline"]}), "B")).set_index("claim")
    assert table.loc["A5", "verdict"] == "contradicted"
    assert "[hsm over baseline: more than 0.5 points]" in table.loc["A5", "statement"]
    assert table.loc["A6", "verdict"] == "supported"
    without = verdicts(CLAIMS, numbers.drop(columns="Table 1: ds+hsm"), "B")
    assert without["A5"].startswith("untested: it needs its runs on record; hsm over baseline alone: 3.")
    assert without["A2"] == "supported"


def test_a_shared_test_counts_once():
    paper = [claim for claim in CLAIMS if claim.paper == "A"]
    results = judge_claims(CLAIMS, paper_a(), "B")
    assert len(results) == len({test for claim in paper for test in claim.tests}) < sum(len(claim.tests) for claim in paper)


def test_the_size_of_a_gain_stands_apart_from_its_verdict():
    frame = claim_table.tests(CLAIMS, judge_claims(CLAIMS, paper_a(), "B")).set_index(["claim", "test"])
    assert frame.loc[("A2", "hsm over baseline"), ["paper's size", "size agrees"]].tolist() == ["3", "true"]
    assert frame.loc[("A12", "r = 1 over r = 0, with BNA"), "size agrees"] == "-"


def test_an_interval_is_cut_at_the_bounds_of_its_quantity():
    (b1,) = (claim for claim in CLAIMS if claim.id == "B1")
    row = rows([b1], judge_claims([b1], pd.DataFrame({"paper B: best accuracy": [100.0, 99.9, 100.0, 100.0, 99.95]}))).iloc[0]
    assert (row["verdict"], row["high"]) == ("supported", 100)


def made_up(quantity, direction="more", margin=1.0, **others):
    return Claim("X", "A", "here", "it holds", (Test("made up", quantity, direction, margin, **others),))


@pytest.mark.parametrize(
    ("direction", "asked", "inside", "outside"),
    [
        ("more", "more than 3 points", 3.1, 2.9), ("less", "less than 1 points", 0.9, 1.1), ("same", "between 1 and 3 points", 2.9, 3.1),
        ("at least", "more than 1 points", 1.1, 0.9), ("at most", "less than 3 points", 2.9, 3.1),
    ],
)  # fmt: skip
def test_directions(direction, asked, inside, outside):
    claim = made_up("`one`", direction, against=2.0)
    assert claim.tests[0].asked == asked
    for value, verdict in ((inside, "supported"), (outside, "contradicted")):
        assert verdicts([claim], pd.DataFrame({"one": [value] * 5})).tolist() == [verdict]


def test_effects_are_paired_and_what_is_no_number_decides_nothing():
    numbers = pd.DataFrame({"a b": [2.0, 4, 8, 8, 8, 8, np.nan], "c": [1.0, 2, 4, 0, -4, np.nan, 1]})
    (test,) = made_up("log(`a b` / `c`)").tests
    assert test.effects(numbers) == pytest.approx([np.log(2)] * 3 + [np.nan, np.nan], nan_ok=True)
    assert verdicts([made_up("log(`a b` / `c`)")], numbers).tolist() == ["inconclusive"]
    assert made_up("`a b` - `d`").tests[0].effects(numbers) == []


def test_a_name_without_backticks_is_refused():
    with pytest.raises(pd.errors.UndefinedVariableError, match="baseline"):
        made_up("`one` - baseline").tests[0].effects(pd.DataFrame({"one": [1.0]}))


@pytest.mark.parametrize(
    ("accuracy", "real", "expected"),
    [
        (91.0, 95.5, ["supported", "contradicted"]),
        (89.4, 88.5, ["inconclusive", "supported"]),
        (86.0, np.nan, ["contradicted", "untested"]),
    ],
)
def test_our_long_training_has_to_reach_real_images_and_to_pass_the_papers(accuracy, real, expected):
    numbers = paper_a().join(spread(**{"our long training": accuracy, "all real images": real}))
    assert verdicts(PAST_PAPER_A, numbers).str.split(":").str[0].tolist() == expected


def test_our_claims_are_judged_against_rejection():
    drawn = {"judge": 99.5, "second judge": 98.9, "variance": 17.0, "coverage": 88.0}
    methods = {"rejection": drawn, "posterior": drawn, "metropolis": drawn | {"coverage": 70.0}}
    numbers = spread(**{f"{method}: {name}": value for method, known in methods.items() for name, value in known.items()})
    table = rows(PAST_PAPER_B, judge_claims(PAST_PAPER_B, numbers)).set_index("claim")
    assert table["verdict"].tolist() == ["supported", "contradicted"]
    assert "coverage over rejection" in table.loc["O2", "statement"]
    one_judge = verdicts(PAST_PAPER_B, numbers.drop(columns=[name for name in numbers if "second" in name]))
    assert one_judge["O1"].startswith("untested: it needs a second judge; judge alone: 99.50")
