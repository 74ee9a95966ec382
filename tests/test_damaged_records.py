"""Whatever is not the record that was saved is named, set aside and computed again."""

import json
from dataclasses import replace

import pytest

from companion import profiles, records
from companion.experiment import run
from companion.runs import classifier, hard_samples
from companion.support.paths import Paths

pytestmark = pytest.mark.slow


def trained(profile):
    return classifier.call(profile, seed=0, images=50, epochs=1)


def pictured(profile):
    return hard_samples.call(profile, seed=0, images=50, mining_steps=1)


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    """trained or pictured -> its record, computed once."""
    profile = replace(profiles.SMOKE, paths=Paths(tmp_path_factory.mktemp("results")))
    return {make: run(make(profile), progress=False) for make in (trained, pictured)}


def edited(*place, value):
    def edit(text):
        stored = json.loads(text)
        inner = stored
        for name in place[:-1]:
            inner = inner[name]
        inner[place[-1]] = value
        return json.dumps(stored)

    return edit


def without(name):
    return lambda text: json.dumps({key: value for key, value in json.loads(text).items() if key != name})


def of_another(text):
    """A whole record with its own SHA-256, of another seed."""
    content = json.loads(text)
    del content["sha256"]
    other = records.Record(**content)
    return records.line_of(replace(other, arguments=other.arguments | {"seed": 1}))


NOT_JSON, NOT_FINITE, ALTERED, NO_RECORD = (
    "Expecting value",
    "not JSON compliant",
    "its content is not what was saved",
    "object has no attribute",
)
DAMAGES = {
    "empty": (lambda text: "", NOT_JSON),
    "cut short": (lambda text: "{", "Expecting property name"),
    "half": (lambda text: text[: len(text) // 2], "Expecting|Unterminated"),
    "a list": (lambda text: "[]", "'str' object cannot be interpreted|pop expected"),
    "a word": (lambda text: '"record"', NO_RECORD),
    "null": (lambda text: "null", NO_RECORD),
    "not text": (lambda text: "\x00\x01", NOT_JSON),
    "NaN": (edited("metrics", "accuracy", value=float("nan")), NOT_FINITE),
    "too large a number": (lambda text: text.replace('"accuracy": 0.', '"accuracy": 1e999, "x": 0.'), NOT_FINITE),
    "another number": (edited("metrics", "accuracy", value=0.99), ALTERED),
    "no metric": (edited("metrics", value={}), ALTERED),
    "another curve": (edited("history", "loss", value=[0.1]), ALTERED),
    "no provenance": (without("provenance"), ALTERED),
    "another seed": (edited("arguments", "seed", value=1), ALTERED),
    "another r": (edited("arguments", "r", value=0.25), ALTERED),
    "another run": (edited("run", value="control"), ALTERED),
    "other parts": (edited("parts", "generator", value="0" * 64), ALTERED),
    "an unknown field": (edited("rr", value=1), ALTERED),
    "no checksum": (without("sha256"), ALTERED),
    "another's content": (of_another, "its content belongs to classifier-seed1-"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_record_is_named_set_aside_and_computed_again(computed, smoke, damage):
    first, (spoil, reason) = computed[trained], DAMAGES[damage]
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
        again = run(trained(smoke), progress=False)
    assert path.with_suffix(".damaged").read_text() == spoilt
    assert again.metrics == records.load(path).metrics == first.metrics
    assert records.load(path).history == first.history


def test_find_sets_aside_what_it_leaves_out(computed, smoke):
    path = records.save(computed[trained], smoke.folder)
    other = path.with_name("other.json")
    other.write_text("{")
    with pytest.warns(UserWarning, match=r"other\.json is damaged.*set aside as other\.damaged"):
        assert [record.name for record in records.find(smoke.folder)] == [path.stem]
    assert other.with_suffix(".damaged").read_text() == "{"
    assert not other.exists()


PICTURE_DAMAGES = {
    "no PNG": lambda path: path.write_text("not a picture"),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-60]),
    "empty": lambda path: path.write_bytes(b""),
    "missing": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", PICTURE_DAMAGES)
def test_a_record_without_one_of_its_pictures_is_whole(computed, smoke, damage):
    first = computed[pictured]
    records.save(first, smoke.folder)
    PICTURE_DAMAGES[damage](records.pictures_of(smoke.folder, first.name) / "random.png")
    found = run(pictured(smoke), progress=False)
    assert (found.metrics, found.provenance) == (first.metrics, first.provenance)  # it was loaded
    with pytest.raises(KeyError, match=r"random\.png is missing or no picture"):
        found.pictures["random"]
    assert found.pictures["epoch 2"].shape == first.pictures["epoch 2"].shape
