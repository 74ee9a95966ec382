"""Paper B's evaluation: counts that add up whatever the chunk, and the same images as elsewhere."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import moved, outcome

from companion import profiles
from companion.experiment.plans import evaluated, quality_of
from companion.runs import paper_b_evaluation
from companion.runs.paper_b import Drawn
from companion.runs.quality import against_reference
from companion.runs.shared import generate
from companion.support.paths import Paths
from paperlib.checks import ConfigError
from paperlib.data import Images

pytestmark = pytest.mark.slow

SMOKE = profiles.SMOKE
OWN = SMOKE.settings[0]
CLASSES = 10
EVERY = (*SMOKE.settings, None)  # the settings that are evaluated; None is the generator trained with labels


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """The smoke profile with a results folder of these tests' own."""
    return replace(SMOKE, paths=Paths(results=tmp_path_factory.mktemp("results")))


@pytest.mark.parametrize("setting", EVERY)
def test_every_draw_is_counted_in_the_row_of_its_attribute(smoke, setting):
    call = evaluated(smoke, setting, 0)
    metrics = outcome(call).metrics
    for who in ("teacher", "judge"):
        counts = np.array(metrics[f"{who}_confusion"])
        assert counts.sum(1).tolist() == [call.arguments.draws // CLASSES] * CLASSES


def test_chunks_do_not_matter():
    generator, source = paper_b_evaluation.source_of(evaluated(SMOKE, None, 0).arguments, SMOKE)
    teacher, judges = SMOKE.parts.paper_b.teacher("mnist"), {"judge": SMOKE.parts.judge(), "second_judge": moved(SMOKE.parts.judge())}
    found = [
        paper_b_evaluation.readings(generator, source(95, "evaluation draws"), teacher, judges, SMOKE.parts, chunk=chunk)
        for chunk in (7, 30, 95, 1000)
    ]
    for readings in found:
        assert all(torch.equal(readings.counts[who], found[0].counts[who]) for who in ("teacher", *judges))
        assert torch.equal(readings.teacher_alone, found[0].teacher_alone)


class Reader(torch.nn.Module):
    """Reads the classes `right`, which the first pixel tells, and the next class in the place of every other one."""

    def __init__(self, *right):
        super().__init__()
        self.right = right

    def forward(self, images):
        asked = images[:, 0, 0, 0].long()
        return torch.eye(CLASSES)[torch.where(torch.isin(asked, torch.tensor(self.right)), asked, (asked + 1) % CLASSES)]


def test_only_the_teacher_reads_what_no_judge_does(monkeypatch):
    asked = torch.arange(CLASSES).repeat(3)
    monkeypatch.setattr(paper_b_evaluation, "generate", lambda generator, z, told, parts: z[:, :1, None, None])
    drawn, judges = Drawn(asked[:, None].float(), asked, None), {"judge": Reader(0, 1), "second_judge": Reader(1, 2)}
    found = paper_b_evaluation.readings(None, drawn, Reader(0, 1, 2, 3, 4), judges, SMOKE.parts, chunk=7)
    assert found.teacher_alone.tolist() == [0, 0, 0, 3, 3, 0, 0, 0, 0, 0]
    one = paper_b_evaluation.readings(None, drawn, Reader(0, 1, 2, 3, 4), {"judge": Reader(0, 1)}, SMOKE.parts, chunk=7)
    assert one.teacher_alone.tolist() == [0, 0, 3, 3, 3, 0, 0, 0, 0, 0]


def test_confusion():
    counts = paper_b_evaluation.confusion(torch.tensor([0, 0, 2, 1]), torch.tensor([0, 2, 2, 2]), 3)
    assert counts.tolist() == [[1, 0, 1], [0, 0, 1], [0, 0, 1]]


def test_latents_split_whole():
    told = torch.arange(5)
    for latents in (Drawn(torch.randn(5, 2), told, told), Drawn(torch.randn(5, 2), told, None)):
        parts = latents.split(2)
        assert [len(p.z) for p in parts] == [2, 2, 1]
        assert torch.equal(torch.cat([p.z for p in parts]), latents.z)
        assert all((p.told is None) == (latents.told is None) for p in parts)


@pytest.mark.parametrize(("setting", "image_set"), [(OWN, "conditioned"), (None, "prior")])
def test_quality_is_that_of_the_same_set_elsewhere(smoke, setting, image_set):
    """The images differ, for each experiment has its own random stream; asked for the other's, it makes the other's images."""
    call = evaluated(smoke, setting, 0)
    generator, source = paper_b_evaluation.source_of(call.arguments, smoke)

    def quality(purpose):
        drawn = source(call.arguments.quality_samples, purpose)
        return against_reference(Images(generate(generator, drawn.z, drawn.told, smoke.parts), drawn.attribute), smoke)

    there = outcome(quality_of(smoke, image_set, 0)).metrics
    here = outcome(call).metrics
    assert quality("set latents") == there
    assert quality("evaluation images") == {name: here[name] for name in there} != there


def test_a_profile_without_paper_b():
    with pytest.raises(ConfigError, match="use 'digits'"):
        evaluated(profiles.IMAGENET10, OWN, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"draws": 0}, "draws = 0: it must be greater than or equal to 1"),
        ({"draws": 1.5}, "draws = 1.5"),
        ({"quality_samples": 9}, "quality_samples = 9: it must be greater than or equal to 10"),
        ({"seed": 1}, r"conditioning.seed = 0: use the run's own, 1"),
    ],
)
def test_out_of_range(change, message):
    with pytest.raises(ConfigError, match=message):
        evaluated(SMOKE, OWN, 0).but(**change)
