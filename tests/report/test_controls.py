"""Controls beside Table 1 and the gap that is closed, from records made up here with known answers."""

import made_up
import pytest

from companion.profiles import SMOKE
from companion.report import controls, gap, table1

FOUND = [*made_up.classifiers(), *made_up.controls()]


def test_controls_are_held_against_their_column():
    table = controls.table(FOUND).set_index("control")
    assert list(table.index) == list(controls.BESIDE)
    assert table["ours"].tolist() == pytest.approx([90, 95.5, 98, 75, 82, 82])
    assert table["gain"].tolist() == pytest.approx([20, 6, 12, -11, -1, 2])
    assert table["BNA: gain"].tolist() == pytest.approx([15, 5, 10, -9, -1, 1])
    assert table["n"].tolist() == [3, 2, 1, 3, 3, 3]
    assert table["different images"].tolist() == [100, 200, 200, 100, 200, 200]
    assert "all real images, long (4 epochs, 200 different images): 98.0 %" in controls.sentences(FOUND)[2]


def test_controls_are_no_columns_of_table_1():
    before, after = table1.table(made_up.classifiers()), table1.table(FOUND)
    assert before.equals(after)
    assert controls.table(made_up.classifiers())["control"].tolist() == ["real images", "DS, r = 1"]


def test_the_gap_is_paired_and_has_an_interval():
    found = gap.gap_closed(FOUND, "real images")
    assert (found.gap.mean, found.gap.low, found.gap.high) == pytest.approx((20, 20, 20))
    assert (found.closed.mean, found.closed.low, found.closed.high) == pytest.approx((19, 19, 19))
    assert (found.share.mean, found.n) == (pytest.approx(95), 3)
    all_of_them = gap.gap_closed(FOUND, "all real images")
    assert (all_of_them.gap.low, all_of_them.gap.mean, all_of_them.gap.high) == pytest.approx((26, 26, 26))
    assert all_of_them.share.mean == pytest.approx(100 * 19 / 26)
    assert all_of_them.n == 2
    assert gap.gap_closed(FOUND, "all real images") == all_of_them


def test_one_seed_has_no_interval():
    lines = gap.sentences(FOUND)
    assert lines[2] == (
        "Against all real images, long: long training adds 19.0 points to the baseline, of a gap of 29.0 points: 65.5 % (n = 1)."
    )
    assert lines[-1] == "In the paper, against as many real images: 18.2 of 17.8 points, 102 %."


def test_no_percentage_of_a_gap_that_may_be_none():
    real = [made_up.classifier(seed, accuracy, 0.9, real=True) for seed, accuracy in enumerate((0.65, 0.75, 0.75))]
    without = [r for r in made_up.classifiers() if not r.config.real] + real
    found = gap.gap_closed(without, "real images")
    assert found.gap.low < 0 < found.gap.high
    assert found.share is None
    assert gap.table(without)["closed %"].tolist() == ["not defined"]
    assert "a percentage is not defined, as the gap's interval includes 0 (n = 3)." in gap.sentences(without)[0]
    assert gap.table([]).empty
    assert gap.gap_closed([made_up.classifier(0, 0.7, 0.7)], "real images").n == 0


def test_different_images():
    assert SMOKE.classifier_run(0).different_images == 100
    assert SMOKE.classifier_run(0, r=0.5, long=True).different_images == 100 + 3 * 50
