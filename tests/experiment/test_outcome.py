"""What the experiments share: filling a data set with generated images."""

import torch

from companion.experiment.classifier import collect, generated_source
from companion.experiment.outcome import filler
from companion.profiles import SMOKE
from paperlib.data import Images


def test_the_classes_of_all_calls_together_are_even():
    fill = filler(SMOKE.parts, torch.Generator().manual_seed(0), 1, 0.1)
    labels = [fill(n, None).labels for n in (25, 25, 7, 3)]
    assert [y[0].item() for y in labels] == [0, 5, 0, 7]
    assert torch.cat(labels).bincount().tolist() == [6] * 10


def test_alg_1_collects_as_many_images_of_every_class():
    """Also where the images of a round are no multiple of the classes: M / K of each in every round, in the paper's Alg. 1."""
    run = SMOKE.classifier_run(0, hsm=True)
    config = type(run)(**{**run.__dict__, "images": 60, "round_images": 15})
    fill = filler(SMOKE.parts, torch.Generator().manual_seed(0), 1, 0.1)
    assert collect(config, SMOKE, fill).labels.bincount().tolist() == [6] * 10


def test_what_ds_makes_over_a_training_has_even_classes():
    run = SMOKE.classifier_run(0, r=0.5, hsm=True)
    config = type(run)(**{**run.__dict__, "images": 50})
    seen: list[Images] = []
    source = generated_source(config, SMOKE, seen.append)
    classifier = SMOKE.parts.classifier(config.width)
    for epoch in range(5):
        source(epoch, classifier)
    counts = torch.cat([images.labels for images in seen]).bincount()
    assert len(seen) == 1 + 2 * 4 and counts.max() - counts.min() <= 1
