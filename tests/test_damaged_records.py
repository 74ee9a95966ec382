"""Whatever is not the record that was saved is named, set aside and computed again."""

import json
from dataclasses import replace

import numpy as np
import pytest

from companion import profiles, records
from companion.experiment import run
from companion.support.paths import Paths

pytestmark = pytest.mark.slow

CLASSIFIER = replace(profiles.SMOKE.classifier_run(0), images=50, epochs=1)
PICTURED = replace(profiles.SMOKE.hard_samples_run(0), images=50, mining_steps=1)


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    """config -> its record, computed once."""
    profile = replace(profiles.SMOKE, paths=Paths(tmp_path_factory.mktemp("results")))
    return {config: run(config, profile, progress=False) for config in (CLASSIFIER, PICTURED)}


def edited(*place, value):
    def edit(text):
        stored = json.loads(text)
        inner = stored
        for name in place[:-1]:
            inner = inner[name]
        inner[place[-1]] = value
        return json.dumps(stored)

    return edit


def without(*place):
    def edit(text):
        stored = json.loads(text)
        inner = stored
        for name in place[:-1]:
            inner = inner[name]
        del inner[place[-1]]
        return json.dumps(stored)

    return edit


NOT_FINITE = "accuracy = .*: it must be a finite number"
DAMAGES = {
    "empty": (lambda text: "", "Invalid JSON"),
    "cut short": (lambda text: "{", "Invalid JSON"),
    "half": (lambda text: text[: len(text) // 2], "Invalid JSON"),
    "a list": (lambda text: "[]", "must be an object"),
    "not text": (lambda text: "\x00\x01", "Invalid JSON"),
    "NaN": (edited("metrics", "accuracy", value=float("nan")), NOT_FINITE),
    "Infinity": (edited("metrics", "accuracy", value=float("inf")), NOT_FINITE),
    "too large a number": (lambda text: text.replace('"accuracy": 0.', '"accuracy": 1e999, "x": 0.'), NOT_FINITE),
    "null": (edited("metrics", "accuracy", value=None), "accuracy = None"),
    "text for a number": (edited("metrics", "accuracy", value="0.5"), "accuracy = '0.5'"),
    "share above 1": (edited("metrics", "accuracy", value=1.5), "accuracy = 1.5: it must be less than or equal to 1"),
    "a metric of another kind": (edited("metrics", "fid", value=1.0), "fid = 1.0: there is no such field"),
    "no metric": (without("metrics", "accuracy_bna"), "accuracy_bna: it is missing"),
    "a curve with NaN": (edited("history", "loss", value=[float("nan")]), "history.loss.0 = nan"),
    "no provenance": (without("provenance"), "provenance: it is missing"),
    "seconds of text": (edited("provenance", "seconds", value="2"), "seconds = '2'"),
    "another seed": (edited("config", "seed", value=1), "its content belongs to classifier-seed1-"),
    "another r": (edited("config", "r", value=0.25), "its content belongs to"),
    "an r out of range": (edited("config", "r", value=7), "r = 7: it must be less than"),
    "an unknown field": (edited("config", "rr", value=1), "rr = 1: there is no such field"),
    "another kind": (edited("config", "kind", value="hard-samples"), "it is missing|there is no such field"),
    "other parts": (edited("parts", "generator", value="0" * 64), "its content belongs to"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_record_is_named_set_aside_and_computed_again(computed, smoke, damage):
    first, (spoil, reason) = computed[CLASSIFIER], DAMAGES[damage]
    path = records.save(first, smoke.folder)
    spoilt = spoil(path.read_text())
    assert spoilt != path.read_text()
    path.write_text(spoilt)
    with pytest.warns(UserWarning, match=rf"{path.name} is damaged: .*({reason}).*\. The record is left out\.$") as warned:
        assert records.find(smoke.folder, set_aside=False) == []
    assert len(str(warned[0].message)) < 400
    assert ".. The" not in str(warned[0].message)
    assert path.read_text() == spoilt
    with pytest.warns(UserWarning, match=rf"{path.name} is damaged: .*set aside as {path.stem}\.damaged; its run is computed again\.$"):
        again = run(CLASSIFIER, smoke, progress=False)
    assert path.with_suffix(".damaged").read_text() == spoilt
    assert again.metrics == records.load(path).metrics == first.metrics
    assert records.load(path).history == first.history


def test_find_sets_aside_what_it_leaves_out(computed, smoke):
    path = records.save(computed[CLASSIFIER], smoke.folder)
    other = path.with_name("other.json")
    other.write_text("{")
    with pytest.warns(UserWarning, match=r"other\.json is damaged.*set aside as other\.damaged"):
        assert [record.key for record in records.find(smoke.folder)] == [path.stem]
    assert other.with_suffix(".damaged").read_text() == "{"
    assert not other.exists()


def another_picture(path):
    path.write_bytes(records._encode(np.zeros((280, 28))))


PICTURE_DAMAGES = {
    "no PNG": lambda path: path.write_text("not a picture"),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "another PNG": another_picture,
    "missing": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", PICTURE_DAMAGES)
def test_a_record_with_a_damaged_picture_is_computed_again(computed, smoke, damage):
    first = computed[PICTURED]
    path = records.save(first, smoke.folder)
    picture = smoke.folder / "pictures" / first.key / "random.png"
    whole = picture.read_bytes()
    PICTURE_DAMAGES[damage](picture)
    assert not picture.exists() or picture.read_bytes() != whole
    (found,) = records.find(smoke.folder)
    assert found.metrics == first.metrics
    with pytest.raises(records.DamagedRecordError, match=r"random\.png is damaged"):
        found.pictures["random"]
    with pytest.warns(UserWarning, match=rf"random\.png is damaged.*set aside as {path.stem}\.damaged"):
        again = run(PICTURED, smoke, progress=False)
    assert again.metrics == first.metrics
    assert path.with_suffix(".damaged").exists()
    assert picture.read_bytes() == whole
    assert records.load(path, pictures=True).history == first.history
