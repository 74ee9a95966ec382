"""Accuracy and variety past paper B, from runs with known answers."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from drawn import CHAIN, GAUSSIAN, LANGEVIN, POSTERIOR, diverse, drawn

from companion.results import diversity
from companion.results.methods import METHODS, named
from companion.settings import Likelihood, Ode, Rejection, Resampling

FIT = Likelihood(0.01, labelled=50, components=1, steps=9)
METHOD_NAMES = {
    "Gaussian": GAUSSIAN, "Gaussian, warm start": replace(GAUSSIAN, warm_start=5), "flow": replace(GAUSSIAN, family="flow"),
    "flow, likelihood": FIT, "flow, likelihood, tuned": replace(FIT, tuned=10), "flow of the posterior": replace(FIT, posterior=POSTERIOR),
    "posterior on latents": POSTERIOR, "posterior, Metropolis": CHAIN, "rejection": Rejection(0.01), "resampling": Resampling(0.01, pool=200),
    "Langevin": LANGEVIN, "MALA": replace(LANGEVIN, adjusted=True), "ODE": Ode(0.01, steps=4),
}  # fmt: skip


@pytest.fixture
def runs():
    return diverse()


def test_every_method_has_its_name_and_place():
    """Beside each other, where arguments that a method lacks are nan."""
    found = named(pd.DataFrame([drawn(method, 0, told=name) for name, method in reversed(METHOD_NAMES.items())]))
    assert found["method"].tolist() == found["told"].tolist() == [*METHOD_NAMES]
    assert found["short"].map(METHODS).tolist() == found["method"].tolist()


def test_shares_are_of_the_truth_and_of_the_target_of_the_same_seed(runs):
    for column in ("pixel_variance", "truth_coverage"):
        runs[column] *= 1 + runs["seed"]  # every seed has a truth of its own
    table = diversity.table(runs).set_index(["method", "w"])
    assert table.loc[("Gaussian", 0.0), ["variance %", "coverage %", "variance ±"]].tolist() == pytest.approx([20, 12.5, 0])
    assert table.loc[("rejection", 1.0), ["variance %", "coverage %"]].tolist() == [100, 100]
    assert table.loc[("posterior on latents", 0.01), "of the target's variance %"] == pytest.approx(100 * 0.092 / 0.095, abs=1e-3)
    assert np.isnan(table.loc[("Gaussian", 0.0), "of the target's variance %"])
    assert (table["n"] == 3).all()


def test_a_row_has_its_interval_and_what_only_some_methods_have(runs):
    table = diversity.table(runs).set_index("method")
    assert 95 - table.loc["Gaussian", "judge low"] == pytest.approx(4.303 * 1 / 3**0.5, abs=0.01)
    assert table["judge high"].max() <= 100
    assert table.loc["Gaussian", "labels an epoch"] == 64
    assert table["labels an epoch"].isna().sum() == len(table) - 1


def test_what_is_not_on_record_is_missing_alone(runs):
    first, *_ = runs.index[runs["method.kind"] == "posterior"]
    table = diversity.table(runs.drop(first).query("`method.kind` != 'langevin'")).set_index("method")
    assert table.loc["posterior on latents", "n"] == 2
    assert "Langevin" not in table.index
    untrue = diversity.table(runs.query("`method.kind` != 'rejection'"))
    assert untrue.filter(like="variance").isna().all(axis=None)
    assert untrue["judge %"].notna().all()


@pytest.mark.parametrize("table", [diversity.table, diversity.distances])
def test_a_seed_that_stands_twice_is_refused(runs, table):
    with pytest.raises(ValueError, match=r"a seed stands twice|not a many-to-one merge"):
        table(pd.concat([runs, runs.head(1)]))


def test_a_seed_without_images_outside_is_left_out_there(runs):
    table = diversity.manifold(runs)
    assert (table["judge outside %"] == 50).all()
    assert (table["inside %"] == 80).all()
    assert diversity.manifold(runs.drop(columns="judge_off_manifold"))["judge outside %"].isna().all()


def test_the_second_judge_ranks_too(runs):
    table = diversity.table(runs)
    assert diversity.SECOND_JUDGE not in table
    assert "no second judge" in diversity.agreement(table)
    table = diversity.table(runs.assign(second_judge_accuracy=1 - runs["judge_accuracy"]))
    assert table[diversity.SECOND_JUDGE].iloc[0] == pytest.approx(5)
    assert "Kendall's tau = -1.00" in diversity.agreement(table)


@pytest.mark.parametrize("kinds", [["rejection", "trained", "langevin", "posterior", "metropolis"], ["trained"]])
def test_figures_are_drawn_and_say_what_they_show(runs, kinds):
    runs = runs[runs["method.kind"].isin(kinds)]
    for figure in (diversity.figure(runs), diversity.samples_figure(runs, 1)):
        figure.canvas.draw()
        assert all(name in figure.get_label() for name in named(runs)["method"])
        plt.close(figure)


def test_pictures_that_are_not_there_are_left_out_of_the_figure_or_said_to_be_missing(runs):
    none = runs.assign(pictures=[{}] * len(runs))
    some = pd.concat([none.query("seed > 0"), runs.query("seed == 0 and `method.kind` == 'rejection'")])
    assert "rejection" in diversity.samples_figure(some, 1).get_label()
    assert "posterior" not in diversity.samples_figure(some, 1).get_label()
    assert "not kept here" in diversity.samples_figure(none, 1).get_label()
