"""The generated images nearest to real ones: of the same class, none twice, the smallest sum of distances."""

import itertools

import pytest
import torch

from companion.oracle import nearest
from paperlib.checks import ConfigError


def test_the_choice_is_the_best_of_all():
    rng = torch.Generator().manual_seed(0)
    real, made = torch.randn(3, 2, generator=rng), torch.randn(5, 2, generator=rng)
    chosen = nearest(real, torch.zeros(3, dtype=torch.long), made, torch.zeros(5, dtype=torch.long))
    best = min(itertools.permutations(range(5), 3), key=lambda places: (real - made[list(places)]).norm(dim=1).sum())
    assert chosen.tolist() == list(best)


def test_an_image_of_another_class_is_never_taken():
    real, labels = torch.tensor([[0.0], [1.0]]), torch.tensor([1, 0])
    chosen = nearest(real, labels, torch.tensor([[0.0], [5.0], [9.0]]), torch.tensor([0, 1, 0]))
    assert chosen.tolist() == [1, 0]


def test_too_few_images_of_a_class_are_refused():
    with pytest.raises(ConfigError, match="generated images of class 1 = 1: give at least 2"):
        nearest(torch.zeros(2, 1), torch.tensor([1, 1]), torch.zeros(2, 1), torch.tensor([0, 1]))
