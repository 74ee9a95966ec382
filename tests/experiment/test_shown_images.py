"""What a training sees: counted by its source, kept evenly, the same images as the training's."""

from dataclasses import replace

import pytest
import torch
from conftest import outcome

from companion import profiles
from companion.experiment.classifier import generated_source
from companion.experiment.shown_images import Shown, show
from paperlib.data import Images

SMOKE = profiles.SMOKE


@pytest.mark.parametrize("options", [{"real": True}, {}, {"hsm": True}, {"r": 0.5}, {"r": 0.33, "hsm": True}])
def test_the_number_is_counted(options, smoke):
    config = SMOKE.shown_images_run(0, **options)
    found = outcome(config, smoke).metrics
    assert found["different_images"] == config.classifier.different_images == 100 + round(100 * options.get("r", 0))
    assert [size["images"] for size in found["sizes"]] == [100, found["different_images"]]
    if not options.get("r"):
        assert found["sizes"][0] == pytest.approx(found["sizes"][1])


def test_these_are_the_images_of_the_training(smoke):
    run = replace(SMOKE.classifier_run(0, r=0.5), images=20, round_images=20, epochs=3)
    shown = Shown(run.different_images, 1000, torch.Generator().manual_seed(0))
    show(run, smoke, shown, False)
    source, seen = generated_source(run, smoke), set()
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
