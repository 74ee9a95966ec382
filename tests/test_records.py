"""A record comes back as it was saved, is computed once, and is the only one of its run."""

import datetime
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import classifier_record, made_record
from test_config import EVERY_KIND

from companion import profiles, records
from companion.config import from_json, to_json
from companion.experiment import engine, run
from companion.measurements import METRICS
from companion.support.machine import processor_name
from paperlib.checks import ConfigError

CONFIG = replace(profiles.SMOKE.classifier_run(0), images=50, epochs=1)
PICTURES = {"grey": np.linspace(-1, 1, 12).reshape(3, 4), "coloured": np.linspace(-1, 1, 36).reshape(3, 4, 3)}


@pytest.fixture(scope="module")
def folder_of_every_kind(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results") / "smoke"
    saved = [made_record(config, profiles.SMOKE, pictures=PICTURES) for config in EVERY_KIND]
    for record in saved:
        records.save(record, folder)
    return folder, {record.key: record for record in saved}


def test_every_kind_comes_back_as_it_was_saved(folder_of_every_kind):
    folder, saved = folder_of_every_kind
    found = records.find(folder)
    assert {type(record.config) for record in found} == set(METRICS)
    assert {record.key for record in found} == set(saved)
    for record in found:
        same = replace(saved[record.key], pictures=record.pictures)
        assert record == same
        assert type(record.config) is type(same.config)
        assert set(record.pictures) == set(PICTURES)
        for name, picture in PICTURES.items():
            np.testing.assert_allclose(record.pictures[name], picture, atol=1 / 127)


def test_pictures_are_not_read_with_the_metrics(folder_of_every_kind, tmp_path):
    folder, saved = folder_of_every_kind
    (tmp_path / "records").symlink_to(folder / "records")
    found = records.find(tmp_path)
    assert len(found) == len(saved)
    with pytest.raises(records.DamagedRecordError, match=r"grey\.png is damaged"):
        found[0].pictures["grey"]


@pytest.mark.parametrize(
    "change",
    [
        {"metrics": {"accuracy": float("nan"), "accuracy_bna": 0.5, "test_images": 1}},
        {"metrics": {"accuracy": 0.5}},
        {"history": {"loss": [float("inf")]}},
        {"provenance": {}},
    ],
)
def test_a_failed_save_leaves_the_old_record_and_its_pictures(smoke, change):
    old = made_record(CONFIG, smoke, pictures=PICTURES)
    path = records.save(old, smoke.folder)
    before = path.read_bytes()
    new = replace(old, pictures={name: -picture for name, picture in PICTURES.items()}, **change)
    with pytest.raises((ConfigError, ValueError)):
        records.save(new, smoke.folder)
    assert path.read_bytes() == before
    assert records.load(path, pictures=True).metrics == old.metrics
    assert len(list(smoke.folder.rglob("*.*"))) == 1 + len(PICTURES)


def test_a_record_that_is_being_written_is_not_touched(smoke):
    with records.replacing(records.path_of(smoke.folder, CONFIG, {})) as unfinished:
        unfinished.write_text("{")
        assert records.find(smoke.folder) == []


def test_one_and_one_point_zero_are_one_record(smoke):
    whole, fraction = (replace(CONFIG, r=r) for r in (1, 1.0))
    read = from_json(to_json(fraction).replace('"r": 1.0', '"r": 1'))
    assert len({records.save(classifier_record(config, smoke), smoke.folder) for config in (whole, fraction, read)}) == 1
    assert len(records.find(smoke.folder)) == 1


def test_no_table_counts_a_seed_twice(smoke):
    column = [smoke.classifier_run(seed) for seed in (0, 1)]
    paths = [records.save(classifier_record(config, smoke), smoke.folder) for config in column]
    for copy in (paths[0].with_name("copy.json"), paths[0].with_stem(f"{paths[0].stem}-2")):
        copy.write_bytes(paths[0].read_bytes())
    with pytest.warns(UserWarning, match=f"its content belongs to {paths[0].name}") as warned:
        found = engine.found(smoke)
    assert len(warned) == 2
    assert [record.seed for record in found] == [0, 1]
    assert sorted(smoke.folder.rglob("*.json")) == sorted(paths)


def test_provenance_says_where_and_when(smoke):
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    provenance = run(CONFIG, smoke, progress=False).provenance
    assert before <= datetime.datetime.fromisoformat(provenance["date"]) <= datetime.datetime.now(datetime.UTC)
    assert provenance["packages"]["torch"] == torch.__version__
    assert provenance["processor"] == processor_name()
    assert (provenance["threads"], provenance["workers"]) == (1, 1)
    assert provenance["seconds"] > 0
    assert json.loads(next(smoke.folder.rglob("*.json")).read_text())["provenance"] == provenance


def test_a_folder_that_cannot_be_written_is_one_clear_error(smoke):
    smoke.paths.results.joinpath("smoke").write_text("")
    with pytest.raises(OSError, match=r"^cannot write to .*smoke.records: .*set PAPERLIB_RESULTS to a folder that is\.$"):
        run(CONFIG, smoke, progress=False)
    with pytest.raises(OSError, match="cannot write to"):
        engine.run_all([CONFIG], smoke, progress=False)


def test_what_is_impossible_has_measured_nothing(smoke):
    impossible = made_record(CONFIG, smoke, metrics={}, impossible="the pair never produces attribute 3")
    assert records.load(records.save(impossible, smoke.folder)).impossible
    with pytest.raises(ConfigError, match="a run that is impossible measures nothing"):
        records.save(made_record(CONFIG, smoke, impossible="the pair never produces attribute 3"), smoke.folder)
