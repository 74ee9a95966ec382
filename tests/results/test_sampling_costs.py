"""What an image costs past paper B, from runs with known answers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawn import CHAIN, GAUSSIAN, LANGEVIN, POSTERIOR, diverse, drawn

from companion.results import sampling_costs
from companion.results.methods import named
from companion.settings import Likelihood, Ode, Rejection, Resampling
from paperlib.samplers import BURN_IN

FIT = Likelihood(0.01, labelled=50, components=1, steps=9)


@pytest.mark.parametrize(
    ("method", "fit", "image", "evenly"),
    [
        (Rejection(0.01), 0, 1 / 0.1, 1 / 0.05 / 2),
        (Resampling(0.01, pool=240), 0, 20, 10),
        (CHAIN, 100 + 2 * BURN_IN, 2, 2),
        (LANGEVIN, 0, 3 * 5 + 1, 3 * 5 + 1),
        (replace(LANGEVIN, adjusted=True), 0, 3 * 5 + 1, 3 * 5 + 1),
        (Ode(0.01, steps=4), 0, 25, 25),
        (POSTERIOR, 100, 1, 1),
        (FIT, 50, 1, 1),
        (replace(FIT, tuned=10), 80, 1, 1),
        (replace(FIT, posterior=POSTERIOR), 100, 1, 1),
        (GAUSSIAN, 3 * 64, 1, 1),
        (replace(GAUSSIAN, warm_start=5), 3 * 64 + 5, 1, 1),
    ],
    ids=str,
)
def test_every_method_has_its_price(method, fit, image, evenly):
    """Of the first of two attributes, the commoner one; beside another run, so that what it lacks is nan."""
    runs = named(pd.DataFrame([drawn(method, 0, acceptance=[0.1, 0.05]), drawn(POSTERIOR, 1)]))
    (run,) = runs[runs["seed"] == 0].to_dict("records")
    assert [*sampling_costs.passes(run, 0).values()] == pytest.approx([fit, image, evenly])


def test_a_method_without_a_price_is_refused():
    with pytest.raises(ValueError, match="method = 'oracle': its cost is not known"):
        sampling_costs.passes({"short": "oracle", "judge_by_attribute": [1, 1]}, 0)


def test_costs_are_against_rejection_at_the_same_weight():
    table = sampling_costs.table(diverse()).set_index(["method", "w"])
    assert (table["attribute"] == 1).all()
    posterior, chain = table.loc[("posterior on latents", 0.01)], table.loc[("posterior, Metropolis", 0.01)]
    assert posterior["times cheaper"] == pytest.approx(1 / 0.06, abs=0.01)
    assert chain["times cheaper"] == pytest.approx(1 / 0.06 / 2, abs=0.01)
    assert posterior["evenly, times cheaper"] == pytest.approx(1 / 0.06 / 2, abs=0.01)
    assert posterior["pays after"] == pytest.approx(100 / (1 / 0.06 - 1), abs=0.01)
    assert (chain["effective %"], chain["repeated %"]) == (70, 20)
    assert (posterior["µs a latent"], posterior["µs an image"], posterior["seconds to fit"]) == (4, 200, 3)
    assert np.isnan(table.loc[("Gaussian", 0.0), "times cheaper"])
    assert np.isnan(table.loc[("Langevin", 1.0), "pays after"])  # nothing is fitted


def test_a_fit_whose_images_are_dearer_never_pays():
    runs = pd.DataFrame([drawn(Rejection(0.01), 0, acceptance=[0.9, 0.8]), drawn(CHAIN, 0, acceptance=[0.5, 0.5])])
    assert np.isinf(sampling_costs.table(runs).set_index("method").loc["posterior, Metropolis", "pays after"])


@pytest.mark.parametrize(
    ("truth", "target", "attribute"), [([0.12, 0.08], [0.02, 0.06], 0), ([0.08, 0.12], [0.06, 0.02], 1)], ids=["first", "second"]
)
def test_the_attribute_is_the_one_that_the_target_keeps_least(truth, target, attribute):
    runs = pd.DataFrame([drawn(Rejection(1.0), 0, acceptance=truth), drawn(Rejection(0.01), 0, acceptance=target)])
    costs = sampling_costs.table(runs).set_index("w")
    assert costs["attribute"].tolist() == [attribute] * 2
    assert costs.loc[0.01, "passes an image"] == 50


def test_without_rejection_there_is_nothing_to_be_cheaper_than():
    costs = sampling_costs.table(pd.DataFrame([drawn(GAUSSIAN, 0), drawn(POSTERIOR, 0)]))
    assert (costs["attribute"] == 0).all()
    assert costs[["times cheaper", "pays after", "effective %"]].isna().all(axis=None)
