"""A run uses the parts that it is given, its record says which, and nothing else decides what it measures."""

import random
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from conftest import moved

from companion import profiles, records
from companion.calls import Outcome
from companion.experiment import plans, run, run_all
from companion.profiles import Once
from companion.runs import classifier, diversity, hard_samples, sampling
from companion.runs.paper_b import call_of
from companion.settings import Rejection
from companion.support.paths import Paths
from paperlib import accuracy_score
from paperlib.data import Images
from paperlib.samplers.posterior_sampling import rejection_sample

pytestmark = pytest.mark.slow

SMOKE = profiles.SMOKE
FIXED = classifier.call(SMOKE, seed=0, hsm=True, images=60, round_images=30, epochs=1)
RENEWED = classifier.call(SMOKE, seed=0, hsm=True, r=0.5, images=60)
HARD = hard_samples.call(SMOKE, seed=0, images=50)
CONDITIONING = call_of(SMOKE.settings[0], SMOKE, 0)
METHODS = [diversity.call(SMOKE, seed=0, method=method) for method in SMOKE.diversity.methods]
OWN, OTHERS = METHODS[2], METHODS[5:7]


def measured(record):
    return record.metrics, record.history


def elsewhere(profile, tmp_path, name):
    return replace(profile, paths=Paths(tmp_path / name))


def of(profile, *calls):
    """The same calls of another profile of this name."""
    return [replace(call, profile=profile) for call in calls]


def one(profile, call):
    """Its record, with the profile's parts and in its folder."""
    return run(*of(profile, call), progress=False)


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
    calls = [RENEWED, CONDITIONING]
    mine = replace(smoke, parts=own_parts)
    here = [one(mine, call) for call in calls]
    there = run_all(of(elsewhere(mine, tmp_path, "workers"), *calls), workers=2, progress=False)
    stock = [one(smoke, call) for call in calls]
    assert [measured(record) for record in here] == [measured(record) for record in there]
    assert [record.name for record in here] == [record.name for record in there]
    assert {record.provenance["workers"] for record in there} == {2}
    for own, other in zip(here, stock, strict=True):
        assert own.name != other.name
        assert own.metrics != other.metrics


def test_the_same_run_twice_is_the_same_bit_for_bit(smoke, tmp_path):
    """Whatever the caller's random state and threads."""
    twice = []
    for turn in (1, 2):
        torch.manual_seed(turn), np.random.seed(turn), random.seed(turn), torch.set_num_threads(turn)
        profile = elsewhere(smoke, tmp_path, str(turn))
        twice.append([measured(one(profile, call)) for call in (FIXED, RENEWED, HARD, CONDITIONING, OWN)])
    torch.set_num_threads(1)
    assert twice[0] == twice[1]


def state():
    numpy = np.random.get_state()
    return torch.get_rng_state().tolist(), numpy[1].tolist(), numpy[2:], random.getstate(), torch.get_num_threads()


@pytest.mark.parametrize(
    "call",
    [FIXED, RENEWED, HARD, CONDITIONING, OWN, *OTHERS, plans.quality_of(SMOKE, "real test", 0), plans.evaluated(SMOKE, None, 0)],
    ids=lambda call: call.run.name,
)
def test_a_run_leaves_the_callers_random_state_and_threads_alone(smoke, call):
    torch.set_num_threads(2)
    before = state()
    one(smoke, call)
    after = state()
    torch.set_num_threads(1)
    assert after == before


def test_so_does_a_run_that_fails(smoke):
    torch.set_num_threads(2)
    before = state()
    with pytest.raises(ValueError, match="diverged"):
        one(smoke, FIXED.but(hsm=False, learning_rate=1e3, epochs=50))
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
    monkeypatch.setattr(sampling, "rejection_sample", partial(rejection_sample, max_draws=1000))
    teacher = NeverSure(smoke.parts.paper_b.teacher("mnist"))
    profile = replace(smoke, parts=replace(smoke.parts, paper_b=replace(smoke.parts.paper_b, teacher=lambda name: teacher)))
    never = diversity.call(SMOKE, seed=0, method=Rejection(1e-4))
    for _ in ("computed", "loaded"):
        assert [record.stem for record in run_all(of(profile, never, OWN), workers=1, progress=False)] == [OWN.stem]
        (line,) = capsys.readouterr().out.splitlines()
        assert line.startswith("left out: rejection at w = 0.0001, seed 0: 1,000 prior draws gave 0 of 12 images of attribute 3")
    kept = {record.stem: record.impossible for record in records.find(profile.folder)}
    assert kept.keys() == {never.stem, OWN.stem}
    assert "attribute 3" in kept[never.stem]
    assert kept[OWN.stem] == ""


def test_mining_with_a_classifier_that_diverges_stops_in_its_round(smoke, monkeypatch):
    monkeypatch.setattr(accuracy_score, "train_epoch", lambda *arguments, **settings: (float("nan"), 0.0))
    with pytest.raises(ValueError, match="training diverged in epoch 1: "):
        one(smoke, FIXED)


def test_a_run_uses_cudnn_deterministically(smoke, monkeypatch):
    """`torch.backends.cudnn.flags` switches cuDNN off unless it is told otherwise."""
    asked = []

    def look(*_):
        asked.append((torch.backends.cudnn.enabled, torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark))
        return Outcome({"accuracy": 0.5, "accuracy_bna": 0.5, "accuracy_bna_momentum": 0.5, "test_images": 1})

    monkeypatch.setattr(classifier, "function", look)
    one(smoke, FIXED)
    assert asked == [(True, True, False)]
