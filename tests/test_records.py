"""A record comes back as it was saved, is computed once, and is the only one of its run."""

import datetime
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import classifier_record, made_record
from test_config import EVERY_KIND

from paperlib import profiles, records
from paperlib.config import ConfigError, from_json, to_json
from paperlib.experiment import engine, run
from paperlib.measurements import METRICS
from paperlib.report import table1
from paperlib.support.machine import processor_name

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
def test_a_failed_save_leaves_the_old_record_and_its_pictures(tiny, change):
    old = made_record(CONFIG, tiny, pictures=PICTURES)
    path = records.save(old, tiny.folder)
    before = path.read_bytes()
    new = replace(old, pictures={name: -picture for name, picture in PICTURES.items()}, **change)
    with pytest.raises((ConfigError, ValueError)):
        records.save(new, tiny.folder)
    assert path.read_bytes() == before
    assert records.load(path, pictures=True).metrics == old.metrics
    assert len(list(tiny.folder.rglob("*.*"))) == 1 + len(PICTURES)


def test_a_record_that_is_being_written_is_not_touched(tiny):
    with records.replacing(records.path_of(tiny.folder, CONFIG, {})) as unfinished:
        unfinished.write_text("{")
        assert records.find(tiny.folder) == []


def test_one_and_one_point_zero_are_one_record(tiny):
    whole, fraction = (replace(CONFIG, r=r) for r in (1, 1.0))
    read = from_json(to_json(fraction).replace('"r": 1.0', '"r": 1'))
    assert len({records.save(classifier_record(config, tiny), tiny.folder) for config in (whole, fraction, read)}) == 1
    assert len(records.find(tiny.folder)) == 1


def test_no_table_counts_a_seed_twice(tiny):
    column = [tiny.classifier_run(seed) for seed in (0, 1)]
    paths = [records.save(classifier_record(config, tiny), tiny.folder) for config in column]
    before = table1.table(engine.found(tiny))
    for copy in (paths[0].with_name("copy.json"), paths[0].with_stem(f"{paths[0].stem}-2")):
        copy.write_bytes(paths[0].read_bytes())
    with pytest.warns(UserWarning, match=f"its content belongs to {paths[0].name}") as warned:
        found = engine.found(tiny)
    assert len(warned) == 2
    assert [record.seed for record in found] == [0, 1]
    assert table1.table(found).equals(before)
    assert sorted(tiny.folder.rglob("*.json")) == sorted(paths)


def test_provenance_says_where_and_when(tiny):
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    provenance = run(CONFIG, tiny, progress=False).provenance
    assert before <= datetime.datetime.fromisoformat(provenance["date"]) <= datetime.datetime.now(datetime.UTC)
    assert provenance["packages"]["torch"] == torch.__version__
    assert provenance["processor"] == processor_name()
    assert (provenance["threads"], provenance["workers"]) == (1, 1)
    assert provenance["seconds"] > 0
    assert json.loads(next(tiny.folder.rglob("*.json")).read_text())["provenance"] == provenance


def test_a_folder_that_cannot_be_written_is_one_clear_error(tiny):
    tiny.paths.results.joinpath("smoke").write_text("")
    with pytest.raises(OSError, match=r"^cannot write to .*smoke: .*set PAPERLIB_RESULTS to a folder that is\.$"):
        run(CONFIG, tiny, progress=False)
    with pytest.raises(OSError, match="cannot write to"):
        engine.run_all([CONFIG], tiny, progress=False)
