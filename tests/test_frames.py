"""Records become a frame without loss, and what would average silently is refused."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from companion import records
from companion.frames import frame, wide
from companion.stats import SHARE, cell, costs, decided, summary, t_interval
from companion.support.paths import REFERENCE


@pytest.fixture(scope="module")
def digits():
    return records.find(REFERENCE / "digits", set_aside=False)


@pytest.mark.parametrize("run", ["classifier", "control", "mined_classifier", "conditioning", "evaluation", "image_quality", "diversity"])
def test_every_value_of_a_record_is_in_its_row(digits, run):
    own = [record for record in digits if record.run == run]
    runs = frame(digits, run)
    assert len(runs) == len(own) > 0
    for record, (_, row) in zip(own, runs.iterrows(), strict=True):
        for name, value in record.arguments.items():
            assert value is None or isinstance(value, dict) or row[name] == value
        assert row["seconds"] == record.provenance["seconds"]
        for name, value in record.metrics.items():
            assert (row[name] == value) if not isinstance(value, dict) else (row[f"{name}.ece"] == value["ece"])
        for name, values in record.history.items():
            assert row[f"history.{name}"] == values


def test_provenance_hides_no_argument():
    trained = frame(records.find(REFERENCE / "cifar10_small", set_aside=False), "classifier")
    assert set(trained["images"]) >= {2000, 4000}
    assert trained["image_files"].notna().any()


def test_a_run_inside_another_has_a_dot(digits):
    evaluations = frame(digits, "evaluation")
    told = evaluations.dropna(subset=["source.labels"])
    assert {"unconditional", "given"} <= set(told["source.labels"])
    assert len(told) < len(evaluations)


def test_wide_refuses_two_values_of_a_seed(digits):
    runs = frame(digits, "classifier").query("not hsm and not real and long_factor == 1")
    table = wide(runs, "r", "accuracy")
    assert table.loc[0, 0.5] == runs.query("seed == 0 and r == 0.5")["accuracy"].item()
    with pytest.raises(ValueError, match="duplicate"):
        wide(pd.concat([runs, runs.head(1)]), "r", "accuracy")


def test_summary_is_students_interval_and_counts_a_seed_once():
    runs = pd.DataFrame({"who": list("aaabb"), "seed": [0, 1, 2, 0, 1], "x": [1.0, 2.0, 4.0, 5.0, np.nan]})
    table = summary(runs, "who", "x").set_index("who")
    expected = scipy_stats.t.interval(0.95, 2, loc=7 / 3, scale=scipy_stats.sem([1, 2, 4]))
    assert table.loc["a", ["low", "high"]].tolist() == pytest.approx(expected)
    assert (table.loc["b", "ours"], table.loc["b", "n"]) == (5.0, 1)
    assert np.isnan(table.loc["b", "low"])
    with pytest.raises(ValueError, match="a seed stands twice"):
        summary(runs.assign(seed=0), "who", "x")


def test_an_interval_is_cut_at_what_is_possible_and_printed_by_its_ends():
    low, high = t_interval([99.0, 100.0, 98.0], SHARE)
    assert high == 100.0
    assert cell(99.0, low, high) == f"99.0 ({low:.1f} to 100.0)"
    assert (cell(92.0, 89.5, 94.5), cell(92.0, np.nan, np.nan), cell(np.nan, np.nan, np.nan)) == ("92.0 ± 2.5", "92.0", "-")
    assert (decided(0.1, 1), decided(-1, -0.1), decided(-1, 1), decided(np.nan, np.nan)) == ("holds", "does not hold", *["not decided"] * 2)


def test_costs_are_medians():
    runs = pd.DataFrame({"r": [0.0] * 3, "seconds": [1.0, 2.0, 90.0], "workers": [1, 2, 1]})
    assert costs(runs, "r").to_dict("records") == [{"r": 0.0, "seconds": 2.0, "runs at a time": 2}]
