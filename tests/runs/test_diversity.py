"""The comparison past paper B: the truth is its own ceiling, costs stay out of the metrics, and every method leaves the pair alone."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import outcome

from companion import profiles, records
from companion.calls import grid, record_of
from companion.frames import frame
from companion.results.methods import TRUTH, named, of
from companion.runs import diversity, mined_classifier, mined_space, paper_b, sampling
from companion.runs.shared import look
from companion.settings import Metropolis, Posterior, Rejection, Trained
from companion.support.paths import Paths
from paperlib.metrics import on_manifold

pytestmark = pytest.mark.slow

SMOKE = profiles.SMOKE


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """The smoke profile with a results folder of these tests' own."""
    return replace(SMOKE, paths=Paths(results=tmp_path_factory.mktemp("results")))


def drawn(smoke, method):
    """40 latents of each attribute."""
    return diversity.call(smoke, seed=0, method=method, per_attribute=40)


@pytest.fixture(scope="module")
def truth(smoke):
    return outcome(drawn(smoke, Rejection(1.0)))


def test_the_truth_covers_another_draw_of_itself(truth):
    found = truth.metrics
    assert found["teacher_accuracy"] > 0.9
    assert found["truth_coverage"] > 0.9
    assert found["truth_precision"] > 0.85
    assert np.mean(found["acceptance"]) == pytest.approx(0.1, abs=0.02)
    assert found["judge_on_manifold"] > found["judge_off_manifold"]
    inside, outside = found["judge_on_manifold"], found["judge_off_manifold"]
    assert found["on_manifold"] * inside + (1 - found["on_manifold"]) * outside == pytest.approx(found["judge_accuracy"], abs=1e-5)
    assert np.mean(found["pixel_variance_by_attribute"]) == pytest.approx(found["pixel_variance"])
    assert truth.pictures["samples"].shape == (10 * 28, 20 * 28)


def test_a_smaller_weight_keeps_what_is_surer(smoke, truth):
    sharper = outcome(drawn(smoke, Rejection(0.01)))
    assert sharper.metrics["teacher_accuracy"] > 0.995
    assert sharper.metrics["judge_accuracy"] > truth.metrics["judge_accuracy"]
    assert sharper.metrics["feature_variance"] < truth.metrics["feature_variance"]
    assert np.mean(sharper.metrics["acceptance"]) < np.mean(truth.metrics["acceptance"])


def test_the_gaussian_has_paper_bs_budget():
    budget = ("epochs", "labels_per_epoch", "batch_size", "learning_rate")
    trained = [method for method in profiles.DIGITS.diversity.methods if getattr(method, "family", "") == "gaussian"]
    assert [m.warm_start for m in trained if not m.prior_weight] == [s.warm_start for s in profiles.DIGITS.own_settings]
    own = paper_b.call_of(profiles.DIGITS.settings[0], profiles.DIGITS, 0).arguments
    assert all(getattr(method, name) == getattr(own, name) for method in trained for name in budget)


def test_costs_are_of_the_record_and_not_of_the_metrics(smoke):
    call = drawn(smoke, Rejection(1.0))
    found = record_of(call)
    costs = {"fit_seconds", "latent_microseconds", "image_microseconds"}
    assert costs <= set(found.provenance)
    assert not costs & set(found.metrics)
    assert all(cost > 0 for cost in found.provenance["latent_microseconds"])
    again = outcome(call)
    assert again.metrics == found.metrics
    assert len(of(named(frame(records.find(smoke.folder), "diversity")), TRUTH)) == 1


def test_an_image_costs_the_latent_and_a_pass_of_the_generator(smoke, truth):
    posterior = outcome(drawn(smoke, Posterior(1.0, labelled=200, epochs=1)))
    extra = np.subtract(posterior.costs["image_microseconds"], posterior.costs["latent_microseconds"])
    assert extra == pytest.approx(extra[0])
    assert extra[0] > 0
    assert truth.costs["image_microseconds"] == truth.costs["latent_microseconds"]


def test_a_chain_says_what_it_kept(smoke):
    method = Metropolis(1.0, passes=2, proposal=Posterior(1.0, labelled=400, epochs=2))
    found = outcome(drawn(smoke, method)).metrics
    assert found["acceptance"] == pytest.approx([40 / 180] * 10)
    assert all(0 < share < 1 for share in found["effective"])
    assert all(0 <= share < 1 for share in found["repeated"])


FAR = grid(mined_classifier, SMOKE, hsm=True, step_size=list(SMOKE.mining.classifier_step_sizes), seed=0)
EVERY = [*grid(diversity, SMOKE, seed=0, method=list(SMOKE.diversity.methods)), *FAR, mined_space.call(SMOKE, seed=0)]


@pytest.mark.parametrize("call", EVERY, ids=lambda call: call.stem)
def test_nothing_frozen_moves(smoke, call):
    parts = SMOKE.parts
    frozen = [*sampling.pair(SMOKE), parts.judge(), parts.generator()]
    before = [copy.deepcopy(module.state_dict()) for module in frozen]
    outcome(replace(call, profile=smoke))
    for module, state in zip(frozen, before, strict=True):
        assert all(torch.equal(value, state[name]) for name, value in module.state_dict().items())
        assert not module.training


def test_a_generator_with_classes_has_its_label_withheld():
    paper_b = replace(SMOKE.parts.paper_b, settings=(("withheld", "mnist"),))
    generator, _ = sampling.pair(replace(SMOKE, parts=replace(SMOKE.parts, paper_b=paper_b)))
    assert generator.num_classes == 10
    assert sampling.pair(SMOKE)[0].num_classes == 0


def test_the_natural_samples_are_the_measure_of_distance(smoke):
    rows = outcome(mined_space.call(smoke, seed=0)).metrics["grid"]
    assert rows[0]["steps"] == 0
    assert rows[0]["distance"] == 1
    assert len(rows) == 1 + len(SMOKE.mining.steps) * len(SMOKE.mining.step_sizes)
    assert {(row["steps"], row["step_size"]) for row in rows[1:]} == {(s, e) for s in SMOKE.mining.steps for e in SMOKE.mining.step_sizes}


def test_a_view_passes_once_where_judge_and_features_are_one():
    images = SMOKE.parts.real_images()[1].images[:30]
    view = look(images, SMOKE.parts)
    assert torch.equal(view.judged, SMOKE.parts.judge()(images).argmax(1))
    assert on_manifold(view.features, view.features, k=3).all()


def test_paper_bs_own_training_is_taken_from_its_record(smoke):
    sizes = smoke.conditioning
    own = Trained("gaussian", 0.0, sizes.epochs, sizes.labels_per_epoch, sizes.batch_size, sizes.learning_rate, "sgd")
    recorded, seconds = sampling.trained_before(own, 0, smoke)
    (record,) = (record for record in records.find(smoke.folder) if record.run == "conditioning")
    assert record.arguments == paper_b.call_of(smoke.settings[0], smoke, 0).stored
    assert seconds == record.provenance["seconds"]
    attribute = torch.arange(10).repeat(3)
    z = recorded.sample(attribute, torch.Generator().manual_seed(0))
    mu, sigma = recorded.moments(attribute)
    assert torch.equal(mu[:10], torch.tensor(record.metrics["mu"]))
    assert torch.equal(z, mu + sigma * torch.randn(30, mu.shape[1], generator=torch.Generator().manual_seed(0)))
    for other in (replace(own, prior_weight=0.1), replace(own, epochs=3), replace(own, family="flow"), Posterior(1.0, 100, 1)):
        assert sampling.trained_before(other, 0, smoke) is None
    warm = sampling.trained_before(replace(own, warm_start=50), 0, smoke)[0]
    assert sampling.paper_b_run(replace(own, warm_start=50), 0, smoke) == paper_b.call_of(smoke.settings[1], smoke, 0).arguments
    assert not torch.equal(warm.mu, recorded.mu)
