"""A record comes back as it was saved, is computed once, and is the only one of its run."""

import datetime
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import classifier_record, made_record

from companion import profiles, records, runs
from companion.experiment import engine, plans, run
from companion.runs import classifier
from companion.support.machine import processor_name
from companion.support.paths import REFERENCE
from paperlib.checks import ConfigError

EVERY_RUN = {call.run.name: call for call in plans.everything(profiles.SMOKE, 1)}
PICTURES = {"grey": np.linspace(-1, 1, 12).reshape(3, 4), "coloured": np.linspace(-1, 1, 36).reshape(3, 4, 3)}


@pytest.fixture
def call(smoke):
    return classifier.call(smoke, seed=0, images=50, epochs=1)


@pytest.fixture(scope="module")
def folder_of_every_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results") / "smoke"
    saved = [made_record(call, pictures=PICTURES, parts={"judge": "0" * 64}) for call in EVERY_RUN.values()]
    for record in saved:
        records.save(record, folder)
    return folder, {record.name: record for record in saved}


def test_the_record_of_every_run_comes_back_as_it_was_saved(folder_of_every_run):
    folder, saved = folder_of_every_run
    found = records.find(folder)
    assert {record.run for record in found} == set(runs.__all__)
    assert {record.name for record in found} == set(saved)
    for record in found:
        assert record == replace(saved[record.name], pictures=record.pictures)
        assert record.arguments == EVERY_RUN[record.run].stored
        assert set(record.pictures) == set(PICTURES)
        for name, picture in PICTURES.items():
            np.testing.assert_allclose(record.pictures[name], picture, atol=1 / 127)


def test_pictures_are_not_read_with_the_metrics(folder_of_every_run, tmp_path):
    folder, saved = folder_of_every_run
    (tmp_path / "records").symlink_to(folder / "records")
    found = records.find(tmp_path)
    assert len(found) == len(saved)
    with pytest.raises(KeyError, match=r"grey\.png is missing"):
        found[0].pictures["grey"]


@pytest.mark.parametrize("folder", sorted(path.parent for path in REFERENCE.rglob(records.PACKED)), ids=lambda path: path.name)
@pytest.mark.filterwarnings("error")
def test_every_committed_record_is_whole_and_as_it_would_be_packed_today(folder):
    found = records.find(folder, set_aside=False)
    assert found
    assert [records.line_of(record) for record in found] == (folder / records.PACKED).read_text().splitlines()


def test_packed_records_are_read_as_before_and_new_ones_beside_them(smoke):
    calls = [classifier.call(smoke, seed=seed) for seed in (1, 2, 3)]
    first, second, third = (made_record(call, pictures=PICTURES, parts={"judge": "0" * 64}) for call in calls)
    for record in (first, second):
        records.save(record, smoke.folder)
    packed = records.pack(smoke.folder, ["classifier"])
    assert list(smoke.folder.rglob("*.json")) == []
    records.save(third, smoke.folder)
    found = records.find(smoke.folder)
    assert [record.metrics for record in found] == [record.metrics for record in (first, second, third)]
    assert [record.name for record in records.find(smoke.folder, [second.stem])] == [second.name]
    assert [set(record.pictures) for record in found] == [set(PICTURES), set(), set(PICTURES)]
    packed.write_text(packed.read_text().replace('"accuracy": 1', '"accuracy": 2', 1))
    with pytest.warns(
        UserWarning, match=r"records\.jsonl, line 1 is damaged: its content is not what was saved\. The record is left out\."
    ):
        assert [record.seed for record in records.find(smoke.folder)] == [2, 3]


@pytest.mark.parametrize(
    "change",
    [{"metrics": {"accuracy": float("nan")}}, {"history": {"loss": [0.5, float("inf")]}}, {"metrics": {"x": [{"y": -float("inf")}]}}],
)
def test_a_failed_save_leaves_the_old_record_and_its_pictures(call, change):
    folder, old = call.profile.folder, made_record(call, pictures=PICTURES)
    path = records.save(old, folder)
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    assert len(before) == 1 + len(PICTURES)
    new = replace(old, pictures={name: -picture for name, picture in PICTURES.items()}, **change)
    with pytest.raises(ConfigError, match="a record holds finite numbers"):
        records.save(new, folder)
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == before
    assert records.load(path).metrics == old.metrics


def test_tuples_and_numbers_for_names_are_saved_as_json_has_them(call):
    odd = made_record(call, metrics={"by class": {10: 1, 9: 0.5}, "pair": (1, 2)})
    assert records.load(records.save(odd, call.profile.folder)).metrics == {"by class": {"10": 1, "9": 0.5}, "pair": [1, 2]}


def test_a_record_that_is_being_written_is_not_touched(call):
    folder = call.profile.folder
    with records.replacing(folder / "records" / f"{made_record(call).name}.json") as unfinished:
        unfinished.write_text("{")
        assert records.find(folder) == []


def test_no_table_counts_a_seed_twice(smoke):
    paths = [records.save(classifier_record(classifier.call(smoke, seed=seed)), smoke.folder) for seed in (0, 1)]
    for copy in (paths[0].with_name("copy.json"), paths[0].with_stem(f"{paths[0].stem}-2")):
        copy.write_bytes(paths[0].read_bytes())
    with pytest.warns(UserWarning, match=f"its content belongs to {paths[0].name}") as warned:
        found = engine.found(smoke)
    assert len(warned) == 2
    assert [record.seed for record in found] == [0, 1]
    assert sorted(smoke.folder.rglob("*.json")) == sorted(paths)


def test_records_of_0_3_0_stay_and_are_not_read(smoke):
    """They are nobody's damage: another folder of results may hold thousands of them."""
    saved = records.save(classifier_record(classifier.call(smoke, seed=0)), smoke.folder)
    old = saved.with_name("hard-samples-seed0-0123456789abcdef.json")
    old.write_text('{"config": {}}')
    assert len(records.find(smoke.folder)) == 1
    assert old.exists()


def test_provenance_says_where_and_when(call):
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    provenance = run(call, progress=False).provenance
    assert before <= datetime.datetime.fromisoformat(provenance["date"]) <= datetime.datetime.now(datetime.UTC)
    assert provenance["packages"]["torch"] == torch.__version__
    assert provenance["processor"] == processor_name()
    assert (provenance["threads"], provenance["workers"]) == (1, 1)
    assert provenance["seconds"] > 0
    assert json.loads(next(call.profile.folder.rglob("*.json")).read_text())["provenance"] == provenance


def test_a_record_is_loaded_and_not_computed_again(call, monkeypatch):
    first = run(call, progress=False)
    monkeypatch.setattr(call.run, "function", lambda *_: pytest.fail("computed"))
    assert run(call, progress=False).provenance == first.provenance


def test_a_folder_that_cannot_be_written_is_one_clear_error(call):
    call.profile.paths.results.joinpath("smoke").write_text("")
    with pytest.raises(OSError, match=r"^cannot write to .*smoke.records: .*set PAPERLIB_RESULTS to a folder that is\.$"):
        run(call, progress=False)
    with pytest.raises(OSError, match="cannot write to"):
        engine.run_all([call], progress=False)


def test_what_is_impossible_is_on_record(call):
    impossible = made_record(call, metrics={}, impossible="the pair never produces attribute 3")
    found = records.load(records.save(impossible, call.profile.folder))
    assert (found.impossible, found.metrics) == ("the pair never produces attribute 3", {})
