"""The closing comparison from records made up here, with known answers."""

import made_up
import pytest

from paperlib.report import comparison

SPREAD = {seed: 90 + 0.5 * ((-1) ** seed) for seed in range(10)}


@pytest.mark.parametrize(
    ("ours", "reference", "expected"),
    [
        ({0: 90.5, 1: 89.5}, SPREAD, "identical"),
        ({0: 90.4, 1: 89.0}, SPREAD, "agrees"),
        ({0: 95.0, 1: 94.0}, SPREAD, "DIFFERS"),
        ({0: 92.0}, SPREAD, "agrees"),
        ({0: 95.0}, SPREAD, "DIFFERS"),
        ({20: 91.0, 21: 90.0}, SPREAD, "agrees"),
        ({0: 90.4}, {0: 90.0, 1: 90.0}, "agrees"),
        ({0: 91.0}, {0: 90.0, 1: 90.0}, "DIFFERS"),
        ({}, SPREAD, "no record"),
        ({0: 90.0}, {}, "no reference"),
    ],
)
def test_verdict(ours, reference, expected):
    assert comparison.verdict(ours, reference) == expected


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
