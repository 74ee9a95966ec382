"""Accuracy, variety and cost from records made up here, with known answers."""

from dataclasses import replace

import made_up
import matplotlib.pyplot as plt
import numpy as np
import pytest

from paperlib.config import Distilled, Langevin
from paperlib.report import diversity


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
        "Gaussian", "posterior on latents", diversity.PROPOSED, diversity.REJECTION, "Langevin",
    ]  # fmt: skip
    assert (table["n"] == 3).all()


def test_costs_are_of_the_rarest_attribute(found):
    table = diversity.costs(found).set_index(["method", "w"])
    assert (table["attribute"] == 1).all()
    posterior = table.loc[("posterior on latents", 0.01)]
    assert posterior["µs an image"] == 400
    assert posterior["times cheaper"] == pytest.approx(25)
    assert posterior["at the same w"] == pytest.approx(35)
    assert table.loc[(diversity.PROPOSED, 0.01), "kept %"] == pytest.approx(50)
    assert np.isnan(table.loc[("Gaussian", 0.0), "kept %"])


def test_cost_evenly_over_attributes_is_another_factor(found):
    table = diversity.costs(found).set_index(["method", "w"])["evenly"]
    assert table[diversity.TRUTH] == 1
    assert table[("posterior on latents", 0.01)] == pytest.approx((10_000 / 2) / 300, abs=0.01)
    assert table[(diversity.REJECTION, 0.01)] == pytest.approx(5 / 7, abs=0.01)
    assert table[(diversity.PROPOSED, 0.01)] == pytest.approx(5000 / 1350, abs=0.01)
    assert any("an image of the rarest attribute is 25.0 times cheaper" in line for line in diversity.sentences(found))
    assert any("As many images of every attribute are 16.7 times cheaper" in line for line in diversity.sentences(found))


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
    assert lines[-2].startswith("Order by the judge: posterior on latents 0.01 > posterior, checked 0.01 > rejection 0.01")
    assert lines[-1].startswith("The second judge orders 15 pairs the other way (Kendall's tau -1.00)")


def test_a_seed_without_images_outside_is_left_out_there(found):
    table = diversity.manifold(found)
    assert (table["judge outside %"] == 50).all()
    assert (table["inside %"] == 80).all()


def test_the_aim_is_met_by_those_who_meet_all_of_it(found):
    lines = diversity.sentences(found)
    assert "Our aim, judge's accuracy at least 99 %: posterior on latents (w = 0.01), posterior, checked (w = 0.01)." in lines
    assert (
        "Our aim, an image of the rarest attribute at least 20 times cheaper than the truth's: Gaussian (w = 0), posterior on latents (w = 0.01)."
        in lines
    )
    assert "Accuracy, variance and coverage together: posterior on latents (w = 0.01)." in lines
    assert "All four together: posterior on latents (w = 0.01)." in lines
    assert "All four together: no method." in diversity.sentences([r for r in found if not isinstance(r.config.method, Distilled)])
    assert any("if the teacher reads each image: posterior, checked" in line for line in lines)
    assert any("25.0 times cheaper than the truth's and 35.0 times" in line and "a latent alone is 83 times" in line for line in lines)


def test_without_the_truth_there_is_nothing_to_say(found):
    assert diversity.sentences(found[2:3]) == ["The truth is not on record: run rejection at w = 1."]


def test_the_nearest_to_the_real_images_is_named(found):
    assert any(
        "the truth has FID 1 and coverage 0.96; the method with the lowest FID, Gaussian at w = 0, has FID 0 and coverage 0.12" in line
        for line in diversity.sentences(found)
    )


def test_the_misses_outside_are_counted(found):
    assert "    100 % of the images that the judge reads wrongly lie outside." in diversity.sentences(found)


def test_no_method_is_cheaper_than_a_pass_of_the_generator(found):
    assert any("no method can be more than 50 times cheaper" in line for line in diversity.sentences(found))


def test_figures_are_drawn_from_records_alone(found):
    for figure, axes in ((diversity.figure(found), 3), (diversity.samples_figure(found, 1), 6)):
        assert len(figure.axes) == axes
        figure.canvas.draw()
        plt.close(figure)


def test_contended_costs_are_named(found):
    assert (diversity.costs(found)["runs at a time"] == 1).all()
    assert "at a time" not in "".join(diversity.sentences(found))
    shared = made_up.diverse(workers=2)
    assert (diversity.costs(shared)["runs at a time"] == 2).all()
    assert any(
        line.startswith("Cost of an image of the truth's rarest attribute: 10000 µs, 2 at a time.") for line in diversity.sentences(shared)
    )
    figure = diversity.figure(shared)
    assert figure.axes[2].get_xlabel() == "µs an image of the rarest attribute, 2 at a time"
    plt.close(figure)


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
    first = next(r for r in found if isinstance(r.config.method, Distilled))
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
