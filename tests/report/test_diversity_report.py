"""Accuracy, variety and cost from records made up here, with known answers."""

from dataclasses import replace

import made_up
import matplotlib.pyplot as plt
import numpy as np
import pytest

from companion.config import Langevin, Likelihood, Ode, Posterior, Rejection, Resampling
from companion.report import diversity, sampling_costs
from paperlib.samplers import BURN_IN

CHAIN = diversity.METHODS["metropolis"]


@pytest.fixture
def found():
    return made_up.diverse()


def test_shares_are_of_the_truth_of_the_same_seed(found):
    table = diversity.table(found).set_index(["method", "w"])
    assert table.loc[("Gaussian", 0.0), "variance %"] == pytest.approx(20)
    assert table.loc[("Gaussian", 0.0), "coverage %"] == pytest.approx(12.5)
    assert 95 - table.loc[("Gaussian", 0.0), "judge low"] == pytest.approx(4.303 * 1 / 3**0.5, abs=0.01)
    assert table.loc[(diversity.REJECTION, 1.0), "coverage %"] == 100
    assert list(dict.fromkeys(table.index.get_level_values(0))) == [
        "Gaussian", "posterior on latents", CHAIN, diversity.REJECTION, "Langevin",
    ]  # fmt: skip
    assert (table["n"] == 3).all()


def test_costs_are_passes_of_the_rarest_attribute(found):
    table = diversity.costs(found).set_index(["method", "w"])
    assert (table["attribute"] == 1).all()
    posterior, chain = table.loc[("posterior on latents", 0.01)], table.loc[(CHAIN, 0.01)]
    assert (posterior["passes to fit"], posterior["passes an image"], posterior["evenly"]) == (100, 1, 1)
    assert (chain["passes to fit"], chain["passes an image"]) == (100 + 2 * BURN_IN, 2)
    assert posterior["times cheaper"] == pytest.approx(1 / 0.06, abs=0.01)
    assert chain["times cheaper"] == pytest.approx(1 / 0.06 / 2, abs=0.01)
    assert posterior["pays after"] == pytest.approx(100 / (1 / 0.06 - 1), abs=0.01)
    assert (chain["effective %"], chain["repeated %"]) == (70, 20)
    rejection = table.loc[(diversity.REJECTION, 0.01)]
    assert rejection["evenly"] == pytest.approx(1 / 0.06 / 2, abs=0.01)
    assert rejection["times cheaper"] == 1
    assert posterior["evenly, times cheaper"] == pytest.approx(1 / 0.06 / 2, abs=0.01)
    gaussian = table.loc[("Gaussian", 0.0)]
    assert gaussian["passes to fit"] == 3 * 64
    assert np.isnan(gaussian["times cheaper"])
    assert table.loc[("Langevin", 1.0), "passes an image"] == 3 * 5 + 1
    assert np.isnan(table.loc[("Langevin", 1.0), "pays after"])
    slow, cheap = sampling_costs.Passes(100, np.array([30.0]), 30), sampling_costs.Passes(0, np.array([20.0]), 2)
    assert np.isinf(sampling_costs.pays_after(slow, cheap, 0))
    assert posterior["µs an image"] == 400


@pytest.mark.parametrize(
    ("method", "name", "fit", "image", "evenly"),
    [
        (Ode(0.01, steps=4), "ODE", 0, 25, 25),
        (Resampling(0.01, pool=200), "resampling", 0, 200 / 12, 100 / 12),
        (Langevin(0.01, steps=2, step_size=0.1, adjusted=True), "MALA", 0, 7, 7),
        (Likelihood(0.01, labelled=50, components=1, steps=9), "flow, likelihood", 50, 1, 1),
        (Likelihood(0.01, labelled=50, components=1, steps=9, tuned=10), "flow, likelihood, tuned", 80, 1, 1),
        (Likelihood(0.01, labelled=50, components=1, steps=9, posterior=made_up.POSTERIOR), "flow of the posterior", 100, 1, 1),
    ],
)
def test_every_method_has_a_name_and_a_price(method, name, fit, image, evenly):
    run = made_up.drawn(method, 0, 0.9, 0.1, 0.9, 2, 100)
    assert diversity.method_of(run) == (name, 0.01)
    found = sampling_costs.passes(run)
    assert (found.fit, found.evenly) == (fit, pytest.approx(evenly))
    assert found.image == pytest.approx([image, image])


def test_a_warm_start_is_a_method_of_its_own(found):
    warm = [made_up.drawn(replace(made_up.GAUSSIAN, warm_start=5), seed, 0.99, 0.06, 0.5, 2, 100) for seed in range(3)]
    table = diversity.table([*found, *warm]).set_index(["method", "w"])
    assert table.loc[("Gaussian, warm start", 0.0), "judge %"] == 99
    assert table.loc[("Gaussian", 0.0), "labels an epoch"] == 64
    assert table["labels an epoch"].isna().sum() == len(table) - 2
    assert "The same form from a warm start (Gaussian, warm start, w = 0): judge 99.0 %, 60 %" in "".join(
        diversity.sentences([*found, *warm])
    )


def test_the_second_judge_ranks_too(found):
    assert diversity.SECOND_JUDGE not in diversity.table(found)
    assert not any("second judge" in line for line in diversity.sentences(found))
    for run in found:
        run.metrics["second_judge_accuracy"] = 1 - run.metrics["judge_accuracy"]
    assert diversity.table(found)[diversity.SECOND_JUDGE].tolist()[0] == pytest.approx(5)
    lines = diversity.sentences(found)
    assert lines[-2].startswith("Order by the judge: posterior on latents 0.01 > posterior, Metropolis 0.01 > rejection 0.01")
    assert lines[-1].startswith("The second judge orders 15 pairs the other way (Kendall's tau -1.00)")


def test_a_seed_without_images_outside_is_left_out_there(found):
    table = diversity.manifold(found)
    assert (table["judge outside %"] == 50).all()
    assert (table["inside %"] == 80).all()


def test_the_aim_is_met_by_those_who_meet_all_of_it(found):
    lines = diversity.sentences(found)
    assert (
        "Our aim, at w = 0.01; the target is rejection at this weight: judge 98.0 %, 95 % of the truth's variance, 98 % of its coverage, 16.7 passes an image."
        in lines
    )
    assert "    judge's accuracy at least 99 %: posterior on latents; posterior, Metropolis." in lines
    assert "    variance at least 90 % of the target's: posterior on latents." in lines
    assert "    at most 2 passes of the generator an image: posterior on latents; posterior, Metropolis." in lines
    assert "    All of it: posterior on latents." in lines
    assert any("1 pass an image, 17 times cheaper than the target for the rarest attribute, 8.3 times where all" in line for line in lines)
    assert any("The fit (100 passes) has paid after 6 images" in line for line in lines)
    assert "    All of it: no method." in diversity.sentences([r for r in found if not isinstance(r.config.method, Posterior)])
    for run in found:
        run.metrics["second_judge_accuracy"] = 0.99 if diversity.method_of(run)[0] == diversity.REJECTION else 0.98
    assert "    second judge at most 0.5 points below what it reads in the target: no method." in diversity.sentences(found)


def test_without_the_truth_there_is_nothing_to_say(found):
    assert diversity.sentences(found[2:3]) == ["The truth is not on record: run rejection at w = 1."]


def test_the_nearest_to_the_real_images_is_named(found):
    assert any(
        "the truth has FID 1 and coverage 0.96; the method with the lowest FID, Gaussian at w = 0, has FID 0 and coverage 0.12" in line
        for line in diversity.sentences(found)
    )


def test_the_misses_outside_are_counted(found):
    assert "    100 % of the images that the judge reads wrongly lie outside." in diversity.sentences(found)


def test_figures_are_drawn_from_records_alone(found):
    for figure, axes in ((diversity.figure(found), 3), (diversity.samples_figure(found, 1), 6)):
        assert len(figure.axes) == axes
        figure.canvas.draw()
        plt.close(figure)


def test_contended_costs_are_named(found):
    assert (diversity.costs(found)["runs at a time"] == 1).all()
    assert (diversity.costs(made_up.diverse(workers=2))["runs at a time"] == 2).all()


def test_a_method_that_was_left_out_at_every_seed_is_missing_alone(found):
    kept = [r for r in found if not isinstance(r.config.method, Langevin)]
    table = diversity.table(kept).set_index(["method", "w"])
    assert "Langevin" not in table.index.get_level_values(0)
    assert table.loc[("Gaussian", 0.0), "coverage %"] == pytest.approx(12.5)
    figure = diversity.figure(kept)
    assert len(figure.axes[0].get_legend_handles_labels()[1]) == 4
    figure.canvas.draw()
    plt.close(figure)


def test_a_seed_that_was_left_out_is_not_counted(found):
    first = next(r for r in found if isinstance(r.config.method, Posterior))
    table = diversity.table([r for r in found if r is not first]).set_index("method")
    assert table.loc["posterior on latents", "n"] == 2
    assert table.loc["posterior on latents", "variance %"] == pytest.approx(92)


@pytest.mark.parametrize("kept", [slice(2, 3), slice(0, 0)])
def test_without_the_truth_or_any_run_all_is_still_drawn(found, kept):
    runs = found[kept]
    for table in (diversity.table, diversity.distances, diversity.manifold, diversity.costs):
        assert len(table(runs)) == len(runs)
    for figure in (diversity.figure(runs), diversity.samples_figure(runs, 0)):
        figure.canvas.draw()
        plt.close(figure)


def test_a_truth_without_images_outside_says_nothing_of_what_the_judge_reads_there(found):
    lines = diversity.sentences([r for r in found if r.seed])
    assert "    20 % of the images lie outside the manifold of the real ones." in lines
    assert "nan" not in "".join(lines)


def test_costs_are_those_of_the_attribute_that_the_target_keeps_least():
    truth = made_up.drawn(Rejection(1.0), 0, 0.90, 0.10, 0.96, 5000, 5000, [0.12, 0.08])
    target = made_up.drawn(Rejection(0.01), 0, 0.98, 0.095, 0.94, 7000, 7000, [0.02, 0.06])
    costs = diversity.costs([truth, target]).set_index("w")
    assert costs["attribute"].tolist() == [0, 0]
    assert costs["passes an image"].to_dict() == {0.01: 50, 1: pytest.approx(1 / 0.12, abs=0.01)}
