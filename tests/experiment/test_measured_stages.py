"""Notebook 07 reads committed records where nothing was computed here, and needs no images for that."""

from dataclasses import replace

import pytest

from companion.experiment import plans, run, stages
from companion.profiles import SMOKE
from companion.profiles.stages import Stage
from companion.results.when_they_help import GENERATOR
from companion.support.paths import Paths
from paperlib.checks import ConfigError
from paperlib.generators.residual import ResidualGenerator

NAME, SEEDS = "stages/plain-0-00001-t1", range(7, 8)


def no_images():
    raise ConfigError("these images are on another machine")


@pytest.fixture(scope="module")
def committed(tmp_path_factory):
    """A folder with all runs of one generator, and one run more."""
    folder = tmp_path_factory.mktemp("committed")
    profile = replace(SMOKE, name=NAME, paths=Paths(results=folder))
    calls = plans.stage(profile, SEEDS, 1.0)
    for call in (*calls, calls[0].but(epochs=calls[0].arguments.epochs + 1)):
        run(call, progress=False)
    return folder


def stranger(monkeypatch, committed, tmp_path, **parts):
    """The same generator where nothing was computed and no images are."""
    profile = replace(SMOKE, name=NAME, parts=replace(SMOKE.parts, real_images=no_images, **parts), paths=Paths(results=tmp_path))
    monkeypatch.setattr(stages, "REFERENCE", committed)
    monkeypatch.setattr(stages, "stages", lambda paths: [Stage("digits", "plain", 0, 1, 1.0, False, profile, 7)])
    return profile


def test_committed_records_need_no_images(committed, tmp_path, monkeypatch):
    profile = stranger(monkeypatch, committed, tmp_path)
    found = stages.measured(profile.paths, seeds=1)
    assert len(found) == len(plans.stage(profile, SEEDS, 1.0)) - 1  # all but the image quality, which stands beside each
    assert set(found["generator"]) == {"plain 0, step 1, truncation 1"}
    assert {*GENERATOR, "seed", "hsm", "r", "images", "accuracy", "accuracy_bna"} <= set(found.columns)


def test_a_generator_that_lacks_a_run_or_was_trained_again_is_left_out(committed, tmp_path, monkeypatch):
    profile = stranger(monkeypatch, committed, tmp_path)
    with pytest.raises(ValueError, match="make stages"):
        stages.measured(profile.paths, seeds=2)
    profile = stranger(monkeypatch, committed, tmp_path, generator=lambda: ResidualGenerator(num_classes=10))
    with pytest.raises(ValueError, match="make stages"):
        stages.measured(profile.paths, seeds=1)
