"""Stages of trainings: kept once, the last one loaded at both truncations."""

import pytest
import torch

from companion.experiment import plans
from companion.experiment.stages import runs_of
from companion.profiles.stages import stages
from companion.records import Record
from companion.support.paths import Paths
from paperlib.checks import ConfigError
from paperlib.generators import truncated
from paperlib.support.weights import manifest
from recipes.stages import train_stages

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stages")
    assert sorted(train_stages(folder, trainings=1, kept=(1, 2), workers=1, progress=False)) == [
        "mode-seeking-1-00001", "mode-seeking-1-00002", "plain-0-00001", "plain-0-00002",
    ]  # fmt: skip
    return folder


def recorded(call):
    """Its record, which says what was called and no more."""
    return Record(call.run.name, call.profile.name, call.stored, {}, {})


def _generator(stage):
    """As the runs of the stage have it."""
    return truncated(stage.profile.parts.generator(), stage.truncation)


def test_what_is_there_is_not_trained_again(folder):
    assert list(train_stages(folder, trainings=1, kept=(1, 2), workers=1, progress=False)) == []
    assert manifest(folder)["plain-0-00002"]["family"] == "plain"


def test_the_last_stage_of_photographs_is_the_shipped_generator_whose_runs_are_table_1(tmp_path):
    found = [stage for stage in stages(Paths(results=tmp_path)) if stage.data == "cifar10_small"]
    assert [(stage.last, stage.profile.name == "cifar10_small") for stage in found] == [(False, False)] * 3 + [(True, True)]
    own = plans.Own(found[-1].profile)
    assert all(recorded(call) in own for call in plans.stage(found[-1].profile, range(3), found[-1].truncation))
    assert not any(recorded(call) in own for call in plans.larger_fixed_sets(found[-1].profile, range(3)))


def test_no_two_generators_share_a_seed_and_the_shipped_one_has_those_of_table_1(folder, tmp_path):
    for found in (stages(Paths(results=tmp_path)), stages(Paths(results=tmp_path), folder)):
        seeds = [{call.seed for call in runs_of(stage, 3) if call.run.name == "classifier"} for stage in found]
        assert len(set().union(*seeds)) == 3 * len(found)
        assert [own for stage, own in zip(found, seeds, strict=True) if stage.profile.name == "cifar10_small"] in ([], [{0, 1, 2}])
    with pytest.raises(ConfigError, match="seeds = 101"):
        runs_of(found[0], 101)


def test_every_stage_and_truncation_has_a_profile_of_its_own(folder, tmp_path):
    found = stages(Paths(results=tmp_path), folder)
    assert [(stage.step, stage.truncation, stage.last) for stage in found] == [(1, 1.0, False), (2, 1.0, True), (2, 0.7, True)] * 2
    assert len({stage.profile.name for stage in found}) == 6
    plain, cut = (next(s for s in found if s.truncation == t and s.step == 2) for t in (1.0, 0.7))
    z, scaled = (_generator(stage).sample_latents(4, torch.Generator().manual_seed(0)) for stage in (plain, cut))
    assert torch.allclose(0.7 * z, scaled)
    assert plain.profile.parts.generator()(z, torch.arange(4)).shape == (4, 1, 28, 28)
    assert plain.profile.folder == tmp_path / "stages" / f"{plain.family}-{plain.training}-00002-t1"
    assert len(runs_of(cut, 3)) == 13
    assert {call.arguments.truncation for call in runs_of(cut, 3)} == {0.7}
    larger = [call.arguments for call in plans.larger_fixed_sets(plain.profile, range(1))]
    assert {run.images * run.epochs for run in larger} == {500 * 16}
