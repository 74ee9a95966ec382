"""The closing comparison: verdicts on values by seed, and its table from numbers made up here, with known answers."""

import math

import numpy as np
import pandas as pd
import pytest

from companion.quantities import COLUMNS
from companion.results import comparison
from companion.results.agreement import ACCURACY, DISTANCE, OF_TRUTH, SCORE, compared, same_machine, verdict

SPREAD = {seed: 90 + 0.5 * ((-1) ** seed) for seed in range(10)}
WIDE = {seed: 90 + 9.0 * ((-1) ** seed) for seed in range(10)}


@pytest.mark.parametrize(
    ("ours", "reference", "same", "expected"),
    [
        ({0: 90.5, 1: 89.5}, SPREAD, False, "identical"),
        ({0: 90.5, 1: 89.5}, SPREAD, True, "identical"),
        ({0: 90.9, 1: 89.5}, SPREAD, True, "agrees"),
        ({0: 91.1, 1: 88.9}, SPREAD, True, "DIFFERS"),
        ({0: 91.1, 1: 88.9}, SPREAD, False, "within the spread of seeds"),
        ({0: 92.1, 1: 91.1}, SPREAD, False, "DIFFERS"),
        ({0: 91.5}, SPREAD, False, "within the spread of seeds"),
        ({0: 91.5}, SPREAD, True, "DIFFERS"),
        ({20: 91.0, 21: 90.0}, SPREAD, True, "within the spread of seeds"),
        ({0: 90.4}, {0: 90.0}, False, "within the spread of seeds"),
        ({0: 90.6}, {0: 90.0}, False, "DIFFERS"),
        ({}, SPREAD, True, "no record"),
        ({0: 90.0}, {}, True, "no reference"),
    ],
)
def test_verdict(ours, reference, same, expected):
    assert verdict(ours, reference, same_machine=same) == expected


@pytest.mark.parametrize("seeds", [1, 2, 5, 10])
@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("reference", [SPREAD, WIDE])
def test_two_points_and_a_factor_of_1_2_are_always_seen(seeds, same, reference):
    """However wide the reference spreads, and at one seed too."""
    shifted = {seed: reference[seed] + 2 for seed in range(seeds)}
    scaled = {seed: 1.2 * reference[seed] for seed in range(seeds)}
    for limits in (ACCURACY, OF_TRUTH):
        assert verdict(shifted, reference, limits, same_machine=same) == "DIFFERS"
        assert verdict(scaled, reference, limits, same_machine=same) == "DIFFERS"
    for limits in (DISTANCE, SCORE):
        assert verdict(scaled, reference, limits, same_machine=same) == "DIFFERS"
        assert verdict({s: v / 1.44 for s, v in scaled.items()}, reference, limits, same_machine=same) == "DIFFERS"
    alone = {0: reference[0]}
    assert (
        verdict({0: reference[0] - 2}, alone, same_machine=same)
        == verdict({0: 1.2 * reference[0]}, alone, DISTANCE, same_machine=same)
        == "DIFFERS"
    )


def test_the_allowance_by_hand():
    """sd 0.3 over ten seeds, two shared: t(0.9995; 9) = 4.781, times 0.3 sqrt(2/2); of ten: times 0.3 sqrt(2/10)."""
    values = np.resize([90.3, 89.7], 10) * 1.0
    reference = dict(enumerate((90 + (values - 90) * 0.3 / values.std(ddof=1)).tolist()))
    ours = {seed: value + 0.1 for seed, value in reference.items()}
    difference, allowed = compared({s: ours[s] for s in (0, 1)}, reference, ACCURACY, False)
    assert (difference, allowed) == (pytest.approx(0.1), pytest.approx(4.781 * 0.3, abs=1e-3))
    assert compared(ours, reference, ACCURACY, False)[1] == pytest.approx(4.781 * 0.3 * math.sqrt(0.2), abs=1e-3)
    assert compared({0: 90.1, 1: 90.1}, {0: 90.0, 1: 90.0}, ACCURACY, False)[1] == 0.5
    assert compared({0: ours[0]}, WIDE, ACCURACY, False)[1] == 1.5
    assert compared({0: 11.0}, {0: 10.0, 1: 1.0}, DISTANCE, False) == (pytest.approx(math.log(1.1)), math.log(1.15))


def test_a_ratio_of_nothing_differs():
    assert verdict({0: 0.0}, {0: 1.0}, DISTANCE) == "DIFFERS"
    assert verdict({0: -1.0}, {0: -1.0}, DISTANCE) == "identical"


def numbers(quantity, values, compared="accuracy", paper=math.nan, machine=None):
    """Of one quantity, a row a seed, as quantities.measured has them."""
    return pd.DataFrame([(quantity, seed, value, compared, paper, machine) for seed, value in enumerate(values)], columns=COLUMNS)


def test_a_wild_number_never_agrees():
    """FID 168 ± 873: two seeds far apart allow no more than the cap, and the interval stays positive."""
    row = comparison.table(numbers("FID", [150.0, 330.0], "distance"), numbers("FID", [99.0, 237.0], "distance")).iloc[0]
    assert (row["verdict"], row["reference"]) == ("DIFFERS", "168.0 (0.0 to 1044.7)")


def test_the_same_machine():
    assert same_machine({0: "one", 1: "two"}, {0: "one", 1: "two", 2: "three"})
    assert not same_machine({0: "one", 1: "one"}, {0: "one", 1: "two"})
    assert not same_machine({0: None}, {0: None}) and not same_machine({0: math.nan}, {0: math.nan}), "no processor is named"
    assert not same_machine({0: "one"}, {})
    for machine, expected in (("one", "agrees"), ("two", "within the spread of seeds")):
        ours, reference = numbers("a", [90.2, 90.2], machine="one"), numbers("a", [90.0, 90.0], machine=machine)
        assert comparison.table(ours, reference)["verdict"].tolist() == [expected]


REFERENCE = pd.concat([numbers(name, 90 + np.array([-1.0, 0, 1]), paper=70.6) for name in ("one", "two", "three", "four", "five", "six")])


def test_the_summary_has_the_counts_and_the_worst_rows():
    ours = REFERENCE.assign(value=REFERENCE["value"] - 2 * (REFERENCE["quantity"] == "two"))
    lines = comparison.summary(comparison.table(ours, REFERENCE))
    assert lines[0] == "Comparison with the reference, 6 numbers: 5 identical, 1 DIFFERS."
    assert lines[1].startswith("  DIFFERS: two: 88.0 ± 2.5 (n = 3), reference 90.0 ± 2.5 (n = 3); by 2.00 points, allowed ")
    assert len(comparison.summary(comparison.table(REFERENCE.assign(value=50.0), REFERENCE))) == 6
    assert len(comparison.summary(comparison.table(REFERENCE, REFERENCE))) == 1
    assert len(comparison.summary(comparison.table(REFERENCE.head(0), REFERENCE.head(0)))) == 1


def test_it_says_what_is_missing_and_leaves_out_what_is_not_compared():
    ours = pd.concat([numbers("one", [90.0]), numbers("mine", [80.0]), numbers("seconds", [2.0], "")])
    table = comparison.table(ours, REFERENCE[REFERENCE["quantity"].isin(["one", "two"])]).set_index("item")
    assert table["verdict"].to_dict() == {"one": "within the spread of seeds", "two": "no record", "mine": "no reference"}
    assert table["paper"].to_dict() == {"one": "70.6", "two": "70.6", "mine": "-"}
    assert table.loc["two", ["this run", "n ", "differs by"]].tolist() == ["-", 0, "-"]
