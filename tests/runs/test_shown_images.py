"""What a training sees: counted by its source, kept evenly, the same images as the training's."""

import pytest
import torch
from conftest import outcome

from companion.runs import classifier, shown_images
from companion.runs.paper_a import source_of
from companion.runs.shown import Shown, show
from paperlib.data import Images


@pytest.mark.parametrize("options", [{"real": True}, {}, {"hsm": True}, {"r": 0.5}, {"r": 0.33, "hsm": True}])
def test_the_number_is_counted(options, smoke):
    training = classifier.call(smoke, seed=0, **options).arguments
    found = outcome(shown_images.call(smoke, seed=0, classifier=training)).metrics
    assert found["different_images"] == training.different_images == 100 + round(100 * options.get("r", 0))
    assert [size["images"] for size in found["sizes"]] == [100, found["different_images"]]
    if not options.get("r"):
        assert found["sizes"][0] == pytest.approx(found["sizes"][1])


def test_these_are_the_images_of_the_training(smoke):
    run = classifier.call(smoke, seed=0, r=0.5, images=20, round_images=20, epochs=3).arguments
    shown = Shown(run.different_images, 1000, torch.Generator().manual_seed(0))
    show(run, smoke, shown, False)
    source, seen = source_of(run, smoke), set()
    for epoch in range(3):
        seen |= {image.numpy().tobytes() for image in source(epoch, torch.nn.Identity()).images}
    kept = {image.numpy().tobytes() for image in shown.images.images}
    assert seen == kept
    assert len(kept) == shown.seen == run.different_images == 40


def test_few_are_kept_evenly():
    shown = Shown(100, 40, torch.Generator().manual_seed(0))
    for part in torch.arange(100).split(10):
        shown.see(Images(part[:, None, None, None].float(), part))
    assert shown.seen == 100
    assert len(set(shown.images.labels.tolist())) == 40
    assert 12 <= (shown.images.labels < 50).sum() <= 28
