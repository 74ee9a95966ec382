"""Attributes against their share in the generator, from runs with known slopes."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from drawn import GAUSSIAN, POSTERIOR, drawn

from companion.results import fairness
from companion.settings import Rejection

SHARES = [0.4, 0.3, 0.2, 0.1]
NAMES = ("a", "b", "c", "d")
HALVINGS = np.log2(SHARES[0] / np.array(SHARES))
TRUTH, TARGET = Rejection(1.0), Rejection(0.01)


def made(runs, shares=SHARES, on_real=None):
    """A frame of runs: method -> the judge's reading and the variance of each attribute. Three seeds, which differ in the order of the rows alone."""
    rows = []
    for seed in range(3):
        for method, (judge, variance) in runs.items():
            row = drawn(method, seed) | {fairness.JUDGE: list(judge), fairness.VARIANCE: list(variance)}
            row |= {"acceptance": list(shares)} if isinstance(method, Rejection) else {}
            row |= {fairness.ON_REAL: on_real} if on_real and isinstance(method, Rejection) else {}
            rows.insert(seed, row)
    return pd.DataFrame(rows)


RUNS = {
    TRUTH: ([0.95] * 4, [0.2, 0.2, 0.4, 0.4]),
    GAUSSIAN: (0.9 - 0.05 * HALVINGS, [0.02] * 4),
    TARGET: (0.9 - 0.04 * HALVINGS, [0.1, 0.1, 0.2, 0.2]),
    POSTERIOR: (0.9 - 0.05 * HALVINGS, [0.1, 0.1, 0.2, 0.2]),
}


def slopes(runs):
    return fairness.slopes(runs).set_index(["method", "w", "less", "measure"])[["change", "attributes"]]


def test_the_rarest_comes_first_and_variance_is_of_the_truth():
    table = fairness.table(made(RUNS), NAMES)
    assert list(table["attribute"].drop_duplicates()) == ["d", "c", "b", "a"]
    paper_b = table[table["method"] == "Gaussian"].set_index("attribute")
    assert paper_b["variance %"].to_dict() == {"d": 5, "c": 5, "b": 10, "a": 10}
    assert (paper_b.loc["d", "share %"], paper_b.loc["d", "judge %"], paper_b.loc["d", "n"]) == (10, 80, 3)
    assert table.head(4)["method"].tolist() == ["rejection", "Gaussian", "rejection", "posterior on latents"]
    assert "judge on real %" not in table


def test_slopes_are_by_halving_and_the_posterior_is_held_against_its_target():
    found = slopes(made(RUNS))
    assert found.loc[("Gaussian", 0.0, "", "judge %")].tolist() == [-5, 4]
    assert found.loc[("rejection", 1.0, "", "judge %"), "change"] == 0
    assert found.loc[("posterior on latents", 0.01, "rejection, w = 0.01", "judge %"), "change"] == -1
    assert found.loc[("posterior on latents", 0.01, "rejection, w = 0.01", "variance %"), "change"] == 0


def test_what_the_judge_reads_of_real_images_is_taken_off():
    """It reads rare real images worse, by as much as paper B's: no loss is the method's."""
    runs = made(RUNS, on_real=(0.9 - 0.05 * HALVINGS).tolist())
    assert fairness.table(runs, NAMES)["judge on real %"].iloc[0] == pytest.approx(80)
    found = slopes(runs)
    assert found.loc[("Gaussian", 0.0, "real images", "judge %"), "change"] == 0
    assert found.loc[("posterior on latents", 0.01, "rejection, w = 0.01", "judge %"), "change"] == -1


@pytest.mark.parametrize(("on_real", "left"), [([0.9, 0.9, 0.5, 0.4], 3), ([0.9, 0.1, 0.2, 0.3], 1)])
def test_where_the_judge_reads_less_than_twice_chance_it_cannot_tell(on_real, left):
    """Twice chance is 50 % of four attributes. One attribute has no slope."""
    found = slopes(made(RUNS, on_real=on_real))
    judge = found.xs("judge %", level="measure")
    assert (judge["attributes"] == left).all()
    assert judge["change"].isna().all() == (left == 1)
    assert (found.xs("variance %", level="measure")["attributes"] == 4).all()


def test_the_interval_is_over_attributes():
    runs = made({TRUTH: RUNS[TRUTH], GAUSSIAN: ([0.9, 0.6, 0.95, 0.7], [0.02] * 4)})
    found = fairness.slopes(runs).set_index(["method", "measure"]).loc[("Gaussian", "judge %")]
    assert found["low"] < 0 < found["high"] and found["high"] - found["low"] > 50
    two = fairness.halving(pd.Series([0.4, 0.1]), pd.Series([90.0, 80.0]))
    assert two[0] == pytest.approx(-5) and np.isnan(two[1])


@pytest.mark.parametrize("runs", [made({GAUSSIAN: RUNS[GAUSSIAN]}), made(RUNS, shares=[0.24, 0.25, 0.25, 0.26])], ids=["no truth", "even"])
def test_without_the_truth_or_a_rare_attribute_there_is_no_slope(runs):
    assert fairness.slopes(runs).empty


@pytest.mark.parametrize("runs", [made(RUNS, on_real=[0.9, 0.9, 0.6, 0.18]), made({GAUSSIAN: RUNS[GAUSSIAN]})], ids=["whole", "no truth"])
def test_the_figure_shows_even_what_the_judge_hardly_reads(runs):
    figure = fairness.figure(runs, NAMES)
    figure.canvas.draw()
    lowest = fairness.table(runs, NAMES).filter(regex="^judge").min(axis=None)
    assert not figure.axes[0].get_ylim()[0] > lowest
    plt.close(figure)
