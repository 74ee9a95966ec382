"""warm_start: the conditioner starts at the moments of what the frozen pair reads in draws of the prior; 0 is the paper."""

import pytest
import torch
from torch import nn

from paperlib.conditioner import train_conditioner, weighted_moments
from paperlib.generators import from_module
from paperlib.samplers.latent_families import FlowConditioner

GENERATOR = from_module(nn.Sequential(nn.Tanh(), nn.Unflatten(1, (1, 2, 2))), latent_dim=4, image_shape=(1, 2, 2))


class Quadrant(nn.Module):
    """Four attributes: the signs of the first two pixels."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a, b = 8 * x[:, 0, 0, 0], 8 * x[:, 0, 0, 1]
        return torch.stack([a + b, a - b, b - a, -a - b], dim=1)


def train(**changes):
    settings = {"epochs": 1, "labels_per_epoch": 64, "validation_labels": 400, "learning_rate": 1e-4, "progress": False}
    return train_conditioner(GENERATOR, Quadrant(), 4, **settings | changes)


def test_weighted_moments_are_those_of_the_weighted_draws():
    z = torch.randn(1000, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    weights = torch.zeros(1000, 3, dtype=torch.float64)
    weights[:400, 0], weights[400:, 1] = 1, 0.5
    mu, sigma = weighted_moments(z, weights)
    assert torch.allclose(mu[0], z[:400].mean(0)) and torch.allclose(mu[1], z[400:].mean(0))
    assert torch.allclose(sigma[0], z[:400].std(0, correction=0)) and torch.allclose(sigma[1], z[400:].std(0, correction=0))
    assert torch.equal(mu[2], torch.zeros(3, dtype=torch.float64)) and torch.equal(sigma[2], torch.ones(3, dtype=torch.float64))


def test_it_starts_where_the_pair_reads_the_attribute():
    cold, warm = (train(warm_start=n)[1].accuracy[0] for n in (0, 2000))
    assert cold < 0.5
    assert warm > 0.75
    conditioner, _ = train(warm_start=2000)
    mu, _ = conditioner.distribution(torch.arange(4))
    assert [(m[0] > 0, m[1] > 0) for m in mu] == [(True, True), (True, False), (False, True), (False, False)]


def test_zero_is_the_paper_bit_for_bit():
    default, zero = train(), train(warm_start=0)
    assert default[1] == zero[1]
    assert all(torch.equal(a, b) for a, b in zip(default[0].parameters(), zero[0].parameters(), strict=True))


def test_bad_values_are_refused():
    for bad in (-1, 2.5):
        with pytest.raises(ValueError, match=f"warm_start = {bad}: use an integer of at least 0"):
            train(warm_start=bad)
    with pytest.raises(ValueError, match="only the Gaussian family"):
        train(warm_start=10, family=FlowConditioner)
