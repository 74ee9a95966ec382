"""The closing comparison from records made up here, with known answers."""

import math
from dataclasses import replace

import made_up
import numpy as np
import pytest

from companion.report import comparison
from companion.report.agreement import ACCURACY, DISTANCE, OF_TRUTH, SCORE, compared, same_machine, verdict

SPREAD = {seed: 90 + 0.5 * ((-1) ** seed) for seed in range(10)}
WIDE = {seed: 90 + 9.0 * ((-1) ** seed) for seed in range(10)}
HERE = {"device": "cpu", "processor": "one", "packages": {"torch": "2"}}


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


def test_a_wild_number_never_agrees():
    """FID 168 ± 873: two seeds far apart allow no more than the cap, and the interval stays positive."""
    reference = [made_up.evaluated(made_up.OWN, 0, 7, 99.0), made_up.evaluated(made_up.OWN, 1, 7, 237.0)]
    ours = [made_up.evaluated(made_up.OWN, 0, 7, 150.0), made_up.evaluated(made_up.OWN, 1, 7, 330.0)]
    row = comparison.table(ours, reference).set_index("item").loc["B, digit-FID: unconditional G (paper B)"]
    assert row["verdict"] == "DIFFERS"
    assert row["reference"] == "168.0 (0.0 to 1044.7)"


def test_the_same_machine():
    def here(record, **other):
        return replace(record, provenance=record.provenance | HERE | other)

    ours, reference = ([made_up.classifier(seed, 0.9, 0.9) for seed in (0, 1)] for _ in range(2))
    assert not same_machine(ours, reference), "a record that names no processor"
    assert same_machine([here(r) for r in ours], [here(r) for r in reference])
    assert not same_machine([here(r) for r in ours], [here(r, processor="two") for r in reference])
    assert not same_machine([here(r) for r in ours], [here(reference[0]), here(reference[1], packages={"torch": "3"})])
    assert not same_machine([here(r) for r in ours], [])
    changed = [here(made_up.classifier(seed, 0.902, 0.92)) for seed in (0, 1)]
    for theirs, expected in (([here(r) for r in reference], ["agrees", "DIFFERS"]), (reference, ["within the spread of seeds", "DIFFERS"])):
        verdicts = comparison.table(changed, theirs).set_index("item")["verdict"]
        assert verdicts[["Table 1: baseline", "Table 1: bna"]].tolist() == expected


def test_the_summary_has_the_counts_and_the_worst_rows():
    reference = made_up.classifiers()
    ours = [
        replace(r, metrics=r.metrics | {"accuracy": r.metrics["accuracy"] - 0.02 * (r.config.hsm and r.config.r > 0)}) for r in reference
    ]
    lines = comparison.summary(comparison.table(ours, reference))
    assert lines[0] == "Comparison with the reference, 23 numbers: 16 identical, 6 no record, 1 DIFFERS."
    assert lines[1].startswith("  DIFFERS: Table 1: ds+hsm: 81.0 ± 2.5 (n = 3), reference 83.0 ± 2.5 (n = 3); by 2.00 points, allowed ")
    worse = [replace(r, metrics=r.metrics | {"accuracy": 0.5, "accuracy_bna": 0.4}) for r in reference]
    assert len(comparison.summary(comparison.table(worse, reference))) == 6
    assert len(comparison.summary(comparison.table(reference, reference))) == 1
    assert len(comparison.summary(comparison.table([], []))) == 1


def test_it_says_what_is_missing():
    found = made_up.classifiers()
    verdicts = comparison.table(found, found).set_index("item")["verdict"]
    assert verdicts["Table 1: ds+hsm"] == "identical"
    assert verdicts["Table 1: mine"] == "identical"
    assert verdicts["Fig. 4: r = 0.2"] == "no record"
    assert (comparison.table(found, []).set_index("item")["verdict"][["Table 1: ds"]] == "no reference").all()


def test_evaluation_has_its_lines():
    found = made_up.evaluations()
    items = {item.name: item for item in comparison.items(found, found)}
    assert items["B, digit-FID: unconditional G (paper B)"].ours == {0: 9.0, 1: 11.0}
    assert items["B, all draws: unconditional G (paper B), judge"].ours == pytest.approx({0: 70, 1: 90})
    assert items["B, all draws: unconditional G (paper B), teacher"].paper == "100"


def test_only_the_papers_own_columns_and_setting_have_its_numbers():
    items = {item.name: item for item in comparison.items([*made_up.classifiers(), *made_up.conditionings()], [])}
    assert items["Table 1: ds"].paper == "78.6"
    assert items["Table 1: mine"].paper == "-"
    assert items["B: unconditional G (paper B), teacher"].paper == "100"
    assert items["B: unconditional G, teacher uci, teacher"].paper == "-"
    assert items["B: unconditional G (paper B), judge"].ours == pytest.approx({0: 90, 1: 89})


def test_what_is_past_the_papers_has_its_lines():
    found = made_up.diverse()
    table = comparison.table(found + made_up.mined(), found).set_index("item")["verdict"]
    assert table["Diversity: Gaussian, w = 0, judge"] == "identical"
    assert table["Diversity: posterior on latents, w = 0.01, coverage"] == "identical"
    assert table["HSM at eta = 3"] == "no reference"
