"""Curves and recipes of the cifar10 generators, from made-up records."""

import json

import pytest

from companion.results import pretraining

GOOD = {"steps": 100, "classifier_accuracy": 0.41, "recall": 0.2, "fid": 30.0, "precision": 0.5, "variance_ratio": 0.9}


@pytest.fixture
def folder(tmp_path):
    curve = [{"step": 50, "loss_generator": 0.1}, {"step": 100, "classifier_accuracy": 0.4, "recall": 0.2, "fid": 33.0}]
    (tmp_path / "cifar10_conditional_generator.json").write_text(json.dumps(curve))
    recipes = {"plain": GOOD, "images moved": GOOD | {"recall": 0.3}, "mode seeking": GOOD | {"classifier_accuracy": 0.39, "recall": 0.9}}
    (tmp_path / "recipes.json").write_text(json.dumps(recipes))
    return tmp_path


def test_accuracy_counts_then_recall(folder):
    table = pretraining.recipes(folder)
    assert table["recipe"].tolist() == ["images moved", "plain", "mode seeking"]
    assert table["accuracy"].tolist() == [41, 41, 39]


def test_a_figure_tells_the_last_of_each_measure(folder):
    text = pretraining.figure(pretraining.curves(folder)).get_label()
    assert "recall (%): 20 after 100 steps" in text
    assert "FID, judge's features: 33 after 100 steps" in text


@pytest.mark.parametrize("read", [pretraining.curves, pretraining.recipes])
def test_a_folder_without_records_is_an_error(tmp_path, read):
    with pytest.raises(FileNotFoundError, match="give the folder of a training's records"):
        read(tmp_path)
