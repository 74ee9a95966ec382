"""What is exported is what the record measured."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file
from torch.utils.data import DataLoader

from companion.experiment import run
from companion.export import ImageSet, export_classifier, export_images, images_of, load_classifier
from companion.profiles import DIGITS
from companion.runs import classifier
from paperlib.checks import ConfigError
from paperlib.data import image_folder, to_bytes
from paperlib.support.weights import CheckpointError
from paperlib.training import accuracy

pytestmark = pytest.mark.slow


@pytest.fixture
def call(smoke):
    return classifier.call(smoke, seed=0, hsm=True, r=0.5, images=50, round_images=25)


def test_an_exported_classifier_reaches_what_its_record_says(smoke, call, tmp_path):
    record, test = run(call, progress=False), smoke.parts.real_images()[1]
    for bna, metric in ((False, "accuracy"), (True, "accuracy_bna")):
        folder = tmp_path / metric
        export_classifier(call, folder, bna=bna, progress=False)
        model = load_classifier(folder, smoke)
        assert accuracy(model, test) == record.metrics[metric]
        assert not any(p.requires_grad for p in model.parameters())
        card = (folder / "README.md").read_text()
        assert f"{record.metrics[metric]:.1%}" in card
        assert "0, 1, 2, 3, 4, 5, 6, 7, 8, 9" in card


@pytest.mark.parametrize(("settings", "same"), [({}, True), ({"hsm": True}, True), ({"r": 0.5}, False), ({"r": 0.5, "hsm": True}, False)])
def test_the_images_are_those_of_the_last_epoch(smoke, settings, same):
    call = classifier.call(smoke, seed=0, images=40, round_images=20, **settings)
    one, two = (images_of(call.but(epochs=epochs), progress=False) for epochs in (1, 2))
    assert len(one) == len(two) == 40
    assert torch.equal(one.images, two.images) == same


def test_a_folder_of_png_files_is_read_back(smoke, call, tmp_path):
    folder = export_images(call, tmp_path / "images", progress=False)
    read, made = (
        image_folder(folder, size=28, channels=1, cache=tmp_path / "cache", progress=False),
        images_of(call, progress=False),
    )
    order = made.labels.sort(stable=True).indices
    assert read.class_names == tuple("0123456789")
    assert torch.equal(read.labels, made.labels[order])
    assert torch.equal(read.images, to_bytes(made.images[order]))
    assert "50 images, generated images, some of them mined" in (folder / "README.md").read_text()
    with pytest.raises(ConfigError, match="it is not empty; give a new one"):
        export_images(call, folder, progress=False)
    with pytest.raises(ConfigError, match="only generated images are exported"):
        export_images(classifier.call(smoke, seed=0, real=True), tmp_path / "real", progress=False)


def test_a_torch_dataset(call):
    images, labels = next(iter(DataLoader(ImageSet(images_of(call, progress=False)), batch_size=8)))
    assert images.shape == (8, 1, 28, 28)
    assert images.dtype == torch.float32
    assert labels.tolist() == list(range(8)) or len(labels) == 8


def test_what_cannot_be_exported_or_loaded(smoke, call, tmp_path):
    with pytest.raises(CheckpointError, match="is no exported classifier"):
        load_classifier(tmp_path, smoke)
    save_file({"weight": torch.zeros(1)}, tmp_path / "classifier.safetensors")
    with pytest.raises(CheckpointError, match=r"is no exported classifier \('arguments'\)"):
        load_classifier(tmp_path, smoke)
    path = export_classifier(call, tmp_path / "whole", progress=False)
    with pytest.raises(CheckpointError, match="does not hold the weights of this network"):
        load_classifier(
            path.parent, replace(smoke, parts=replace(smoke.parts, classifier=lambda width: DIGITS.parts.classifier(width + 1)))
        )
