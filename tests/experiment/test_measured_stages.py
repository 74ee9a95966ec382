"""Notebook 07 reads committed records where nothing was computed here, and needs no images for that."""

from dataclasses import replace

import pytest

from paperlib.config import ConfigError
from paperlib.experiment import plans, run, stages
from paperlib.profiles import SMOKE
from paperlib.profiles.stages import Stage
from paperlib.support.paths import Paths


def no_images():
    raise ConfigError("these images are on another machine")


def test_committed_records_need_no_images(tmp_path, monkeypatch):
    committed = tmp_path / "committed"
    profile = replace(SMOKE, name="stages/plain-0-00001-t1", paths=Paths(results=committed))
    first = plans.stage(profile, 1)[0]
    for config in (first, replace(first, epochs=first.epochs + 1)):
        run(config, profile, progress=False)
    stranger = replace(profile, parts=replace(SMOKE.parts, real_images=no_images), paths=Paths(results=tmp_path / "here"))
    monkeypatch.setattr(stages, "REFERENCE", committed)
    monkeypatch.setattr(stages, "stages", lambda paths: [Stage("digits", "plain", 0, 1, 1.0, False, stranger)])
    (found,) = stages.measured(stranger.paths, seeds=1)
    assert [record.config for record in found.records] == [first]


def test_no_record_at_all_says_what_to_run(tmp_path, monkeypatch):
    stranger = replace(SMOKE, name="stages/plain-0-00001-t1", paths=Paths(results=tmp_path))
    monkeypatch.setattr(stages, "REFERENCE", tmp_path)
    monkeypatch.setattr(stages, "stages", lambda paths: [Stage("digits", "plain", 0, 1, 1.0, False, stranger)])
    with pytest.raises(ValueError, match="make stages"):
        stages.measured(stranger.paths, seeds=1)
