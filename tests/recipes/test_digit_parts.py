"""A generator on a share of the data sees that share and nothing else; the linear teacher is linear."""

from dataclasses import replace

import pytest
import torch

from companion.profiles import DIGITS
from paperlib import data
from paperlib.data import split
from paperlib.support.weights import manifest
from paperlib.training import accuracy
from recipes.digits import DIGITS_PARTS, SHARE_SEED, GANTraining, train_gan

STEPS = replace(GANTraining(conditional=False), steps=3, batch_size=8, channels=4)


def weights(settings, images):
    return torch.cat([value.flatten().float() for value in train_gan(images, settings, progress=False).state_dict().values()])


def test_a_share_of_the_images_is_the_same_for_every_seed_and_even_over_classes():
    train = data.digits()[0]
    fifth = split(train, 800, SHARE_SEED)[1]
    counts = torch.bincount(fifth.labels)
    assert counts.sum() == 800 and (counts - torch.bincount(train.labels) / 5).abs().max() <= 1
    for seed in (0, 1):
        own = replace(STEPS, seed=seed)
        assert torch.equal(weights(replace(own, share=0.2), train), weights(own, fifth))
        assert not torch.equal(weights(own, train), weights(own, fifth))


def test_the_fifth_differs_from_its_twin_in_nothing_else():
    assert DIGITS_PARTS["digits_unconditional_generator_fifth"] == replace(DIGITS_PARTS["digits_unconditional_generator"], share=0.2)
    assert manifest()["digits_unconditional_generator_fifth"]["share"] == 0.2
    assert manifest()["digits_unconditional_generator_fifth"]["variance_ratio"] >= 0.75


def test_linear_teacher():
    test, teacher = data.digits()[1], DIGITS.parts.paper_b.teacher("linear")
    a, b = test.images[:50], test.images[50:100]
    torch.testing.assert_close(teacher((a + b) / 2), (teacher(a) + teacher(b)) / 2, rtol=0, atol=1e-4)
    found = accuracy(teacher, test)
    assert 0.85 <= found <= 0.95
    assert found == pytest.approx(manifest()["linear_attribute_classifier"]["test_accuracy"], abs=0.002)
