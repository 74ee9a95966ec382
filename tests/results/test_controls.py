"""Controls beside Table 1, and the gap that is closed, from runs with known answers."""

import pandas as pd
import pytest
from paper_a_runs import CONTROLS as ARGUMENTS
from paper_a_runs import classifiers, trained, twice
from paper_a_runs import controls as made_controls

from companion.profiles import SMOKE
from companion.results import controls
from companion.runs import classifier

RUNS, CONTROLS, NONE = classifiers(), made_controls(), pd.DataFrame()


def test_controls_are_held_against_their_column():
    table = controls.table(RUNS, CONTROLS).set_index("control")
    assert list(table.index) == list(controls.BESIDE)
    assert table["ours"].tolist() == pytest.approx([90, 95.5, 98, 75, 82, 82])
    assert table["gain"].tolist() == pytest.approx([20, 6, 12, -11, -1, 2])
    assert table["BNA: gain"].tolist() == pytest.approx([15, 5, 10, -9, -1, 1])
    assert table["n"].tolist() == [3, 2, 1, 3, 3, 3]


def test_a_training_sees_as_many_images_as_its_arguments_say():
    told = controls.table(RUNS, CONTROLS).set_index("control")["different images"].to_dict()
    asked = ARGUMENTS | {"real images": {"real": True}, "DS, r = 1": {"r": 1.0}}
    assert told == {name: classifier.call(SMOKE, seed=0, **given).arguments.different_images for name, given in asked.items()}


def test_without_controls_real_images_and_r_1_are_left():
    assert controls.table(RUNS, NONE)["control"].tolist() == ["real images", "DS, r = 1"]
    assert controls.gap(RUNS, NONE)["ceiling"].tolist() == ["real images"]


@pytest.mark.parametrize("table", [controls.table, controls.gap])
def test_a_seed_that_stands_twice_is_refused(table):
    with pytest.raises(ValueError, match=r"stands twice|not a many-to-one|duplicate"):
        table(RUNS, twice(CONTROLS))


def test_the_gap_is_paired_over_the_seeds_that_all_three_have():
    """The baseline is at 69, 70, 71; the long training with BNA always 19 above it; all real images 26 above."""
    assert controls.gap(RUNS, CONTROLS).to_dict("records") == [
        {
            "ceiling": "real images",
            "gap": "20.0 (20.0 to 20.0)",
            "closed": "19.0 (19.0 to 19.0)",
            "closed %": "95.0 (95.0 to 95.0)",
            "n": 3,
        },
        {
            "ceiling": "all real images",
            "gap": "26.0 (26.0 to 26.0)",
            "closed": "19.0 (19.0 to 19.0)",
            "closed %": "73.1 (73.1 to 73.1)",
            "n": 2,
        },
        {"ceiling": "all real images, long", "gap": "29.0", "closed": "19.0", "closed %": "65.5", "n": 1},
    ]


@pytest.mark.parametrize("real", [(0.65, 0.75, 0.75), (0.69, 0.70, 0.71)])
def test_no_percentage_of_a_gap_that_may_be_none(real):
    runs = pd.concat(
        [RUNS.query("not real"), pd.DataFrame([trained(seed, accuracy, 0.9, real=True) for seed, accuracy in enumerate(real)])]
    )
    assert controls.gap(runs, NONE)["closed %"].tolist() == ["not defined"]


def test_no_gap_without_the_long_training():
    assert controls.gap(RUNS.query("long_factor == 1"), CONTROLS).empty


def test_a_control_whose_column_was_not_run_has_no_gain():
    table = controls.table(RUNS.query("long_factor == 1"), CONTROLS).set_index("control")
    assert list(table.index) == list(controls.BESIDE)
    assert table["gain"].isna().tolist() == [False, False, True, True, False, False]
