"""A run uses the parts that it is given, its record says which, and nothing else decides what it measures."""

import random
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from conftest import moved

from companion import profiles, records
from companion.config import DiversityRun, Rejection
from companion.experiment import classifier, diversity, run, run_all
from companion.experiment.outcome import Outcome
from companion.profiles import Once
from companion.support.paths import Paths
from paperlib.data import Images
from paperlib.samplers.posterior_sampling import rejection_sample

pytestmark = pytest.mark.slow

SMOKE = profiles.SMOKE
FIXED = replace(SMOKE.classifier_run(0, hsm=True), images=60, round_images=30, epochs=1)
RENEWED = replace(SMOKE.classifier_run(0, hsm=True, r=0.5), images=60)
HARD = replace(SMOKE.hard_samples_run(0), images=50)
CONDITIONING = SMOKE.conditioning_run(0)
OWN, OTHERS = SMOKE.diversity_runs(0)[2], SMOKE.diversity_runs(0)[5:7]


def measured(record):
    return record.metrics, record.history


def elsewhere(profile, tmp_path, name):
    return replace(profile, paths=Paths(tmp_path / name))


def shrunk(network):
    """A copy with every weight halved."""
    copied = moved(network)
    for value in copied.parameters():
        value.data /= 2
    return copied


def next_label(images):
    return Images(images.images, (images.labels + 1) % 10)


@pytest.fixture(scope="module")
def own_parts():
    parts = SMOKE.parts
    return replace(
        parts,
        generator=Once(lambda: shrunk(parts.generator())),
        judge=Once(lambda: shrunk(parts.judge())),
        real_images=Once(lambda: tuple(next_label(part) for part in SMOKE.parts.real_images())),
    )


def test_own_parts_are_run_here_and_in_workers(smoke, tmp_path, own_parts):
    configs = [RENEWED, CONDITIONING]
    mine = replace(smoke, parts=own_parts)
    here = [run(config, mine, progress=False) for config in configs]
    there = run_all(configs, elsewhere(mine, tmp_path, "workers"), workers=2, progress=False)
    stock = [run(config, smoke, progress=False) for config in configs]
    assert [measured(record) for record in here] == [measured(record) for record in there]
    assert [record.key for record in here] == [record.key for record in there]
    assert {record.provenance["workers"] for record in there} == {2}
    for own, other in zip(here, stock, strict=True):
        assert own.key != other.key
        assert own.metrics != other.metrics


def test_the_same_run_twice_is_the_same_bit_for_bit(smoke, tmp_path):
    """Whatever the caller's random state and threads."""
    twice = []
    for turn in (1, 2):
        torch.manual_seed(turn), np.random.seed(turn), random.seed(turn), torch.set_num_threads(turn)
        profile = elsewhere(smoke, tmp_path, str(turn))
        twice.append([measured(run(config, profile, progress=False)) for config in (FIXED, RENEWED, HARD, CONDITIONING, OWN)])
    torch.set_num_threads(1)
    assert twice[0] == twice[1]


def state():
    numpy = np.random.get_state()
    return torch.get_rng_state().tolist(), numpy[1].tolist(), numpy[2:], random.getstate(), torch.get_num_threads()


@pytest.mark.parametrize(
    "config", [FIXED, RENEWED, HARD, CONDITIONING, OWN, *OTHERS, SMOKE.image_quality_run(0, "real test"), SMOKE.evaluation_run(0, None)],
    ids=lambda config: config.kind,
)  # fmt: skip
def test_a_run_leaves_the_callers_random_state_and_threads_alone(smoke, config):
    torch.set_num_threads(2)
    before = state()
    run(config, smoke, progress=False)
    after = state()
    torch.set_num_threads(1)
    assert after == before


def test_so_does_a_run_that_fails(smoke):
    torch.set_num_threads(2)
    before = state()
    with pytest.raises(ValueError, match="diverged"):
        run(replace(FIXED, hsm=False, learning_rate=1e3, epochs=50), smoke, progress=False)
    after = state()
    torch.set_num_threads(1)
    assert after == before
    assert not list(smoke.folder.rglob("*.json"))


class NeverSure(torch.nn.Module):
    """The classifier, but at most 0.9 sure that it sees a three."""

    def __init__(self, classifier):
        super().__init__()
        self.classifier = classifier

    def forward(self, x):
        before, three, after = self.classifier(x).tensor_split([3, 4], 1)
        others = torch.cat([before, after], 1).logsumexp(1, keepdim=True)
        return torch.cat([before, torch.minimum(three, others + 2.2), after], 1)


def test_what_a_pair_never_produces_is_left_out_in_one_line(smoke, monkeypatch, capsys):
    monkeypatch.setattr(diversity, "rejection_sample", partial(rejection_sample, max_draws=1000))
    teacher = NeverSure(smoke.parts.paper_b.teacher("mnist"))
    profile = replace(smoke, parts=replace(smoke.parts, paper_b=replace(smoke.parts.paper_b, teacher=lambda name: teacher)))
    never = DiversityRun(profile="smoke", seed=0, method=Rejection(1e-4), per_attribute=12)
    for _ in ("computed", "loaded"):
        assert [record.config for record in run_all([never, OWN], profile, workers=1, progress=False)] == [OWN]
        (line,) = capsys.readouterr().out.splitlines()
        assert line.startswith("left out: rejection at w = 0.0001, seed 0: 1,000 prior draws gave 0 of 12 images of attribute 3")
    kept = {record.config: record.impossible for record in records.find(profile.folder)}
    assert kept.keys() == {never, OWN}
    assert "attribute 3" in kept[never]
    assert kept[OWN] == ""


def test_mining_with_a_classifier_that_diverges_stops_in_its_round(smoke, monkeypatch):
    monkeypatch.setattr(classifier, "train_epoch", lambda *arguments, **settings: (float("nan"), 0.0))
    with pytest.raises(ValueError, match="training diverged in epoch 1: "):
        run(FIXED, smoke, progress=False)


def test_a_run_uses_cudnn_deterministically(smoke, monkeypatch):
    """`torch.backends.cudnn.flags` switches cuDNN off unless it is told otherwise."""
    asked = []

    def look(*_):
        asked.append((torch.backends.cudnn.enabled, torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark))
        return Outcome({"accuracy": 0.5, "accuracy_bna": 0.5, "accuracy_bna_momentum": 0.5, "test_images": 1})

    monkeypatch.setattr(classifier, "compute", look)
    run(FIXED, smoke, progress=False)
    assert asked == [(True, True, False)]
