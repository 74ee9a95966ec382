"""Curves and recipes of the cifar10 generators, from made-up records."""

import json

import pytest

from companion.report import pretraining

GOOD = {"steps": 100, "classifier_accuracy": 0.41, "recall": 0.2, "fid": 30.0, "precision": 0.5, "variance_ratio": 0.9}


def written(folder):
    curve = [{"step": 50, "loss_generator": 0.1}, {"step": 100, "classifier_accuracy": 0.4, "recall": 0.2, "fid": 33.0}]
    (folder / "cifar10_conditional_generator.json").write_text(json.dumps(curve))
    recipes = {"plain": GOOD, "images moved": GOOD | {"recall": 0.3}, "mode seeking": GOOD | {"classifier_accuracy": 0.39, "recall": 0.9}}
    (folder / "recipes.json").write_text(json.dumps(recipes))
    return folder


def test_accuracy_counts_then_recall(tmp_path):
    frame = pretraining.recipes(written(tmp_path))
    assert list(frame["recipe"]) == ["images moved", "plain", "mode seeking"]
    line, note = pretraining.sentences(frame)
    assert "may be chance" in note
    assert "'images moved' reaches 41.0 %" in line
    assert "plain 41.0, mode seeking 39.0" in line


def test_a_figure_tells_the_last_of_each_measure(tmp_path):
    found = pretraining.curves(written(tmp_path))
    text = pretraining.figure(found).get_label()
    assert "recall (%): 20 after 100 steps" in text
    assert "FID, judge's features: 33 after 100 steps" in text


def test_without_records_it_says_what_to_do(tmp_path):
    assert pretraining.curves(tmp_path) == {}
    assert pretraining.sentences(pretraining.recipes(tmp_path)) == ["No recipe is on record: `make recipes`."]


@pytest.mark.parametrize("read", [pretraining.curves, pretraining.recipes])
def test_a_folder_that_is_not_there_is_an_error(tmp_path, read):
    with pytest.raises(FileNotFoundError, match="missing is not there; give the folder"):
        read(tmp_path / "missing")
