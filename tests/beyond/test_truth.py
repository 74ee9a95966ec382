"""Rejection is exact, from the prior and from a proposal; Langevin is near it; where the answer is known in closed form."""

import pytest
import torch
from torch import nn

from paperlib.beyond.posterior_sampling import langevin_sample, proposed_sample, rejection_sample
from paperlib.conditioner import Latents, log_normal
from paperlib.generators import from_module


def known(dim=2, slope=3.0, scale=1.0):
    """G(z) = the first pixels tanh(z / scale) cut where it hardly bends, C = logistic in z_0: p(1 | z) = sigmoid(slope z_0)."""
    generator = from_module(nn.Sequential(Squash(scale), nn.Unflatten(1, (1, 1, dim))), latent_dim=dim, image_shape=(1, 1, dim))

    class Logistic(nn.Module):
        def forward(self, x):
            z = scale * x[:, 0, 0, :1]
            return torch.cat([torch.zeros_like(z), slope * z], dim=1)

    return generator, Logistic()


class Squash(nn.Module):
    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def forward(self, z):
        return (z / self.scale).clamp(-1, 1)


def exact_moments(slope, weight=1.0):
    z = torch.linspace(-6, 6, 4001)
    density = torch.exp(-z.square() / 2) * torch.sigmoid(slope * z) ** (1 / weight)
    density = density / density.sum()
    mean = (density * z).sum()
    return mean.item(), ((density * z.square()).sum() - mean**2).sqrt().item()


@pytest.mark.parametrize("weight", [1.0, 0.1])
def test_rejection_is_exact(weight):
    generator, classifier = known(scale=6.0)
    rng = torch.Generator().manual_seed(0)
    (found,) = rejection_sample(generator, classifier, [1], 20_000, prior_weight=weight, rng=rng, batch_size=5000)
    mean, deviation = exact_moments(3.0, weight)
    assert len(found.z) == 20_000 <= found.accepted
    assert found.z[:, 0].mean().item() == pytest.approx(mean, abs=0.02)
    assert found.z[:, 0].std().item() == pytest.approx(deviation, abs=0.02)
    assert found.z[:, 1].mean().abs() < 0.03
    assert found.z[:, 1].std().item() == pytest.approx(1, abs=0.02)
    assert found.seconds > 0
    assert found.clipped == 0
    if weight == 1:
        assert found.rate == pytest.approx(0.5, abs=0.01)


def test_attributes_share_their_images():
    generator, classifier = known(slope=8.0, scale=6.0)
    first, second = rejection_sample(generator, classifier, [1, 0], 3000, rng=torch.Generator().manual_seed(0), batch_size=1000)
    assert first.z[:, 0].mean() > 0.5 > -0.5 > second.z[:, 0].mean()
    assert max(first.draws, second.draws) <= 8000


@pytest.mark.parametrize("weight", [1.0, 0.2])
def test_a_proposal_gives_the_same_from_fewer_images(weight):
    generator, classifier = known(scale=6.0)

    class Shifted(Latents):
        """N((0.8, 0), I): near the answer, and not it."""

        def sample(self, attribute, rng=None):
            return torch.randn(len(attribute), 2, generator=rng) + torch.tensor([0.8, 0.0])

        def log_prob(self, z, attribute):
            return log_normal(z, torch.tensor([0.8, 0.0]))

    settings = dict(prior_weight=weight, rng=torch.Generator().manual_seed(0), batch_size=5000)
    found = proposed_sample(Shifted(), generator, classifier, 1, 20_000, **settings)
    (direct,) = rejection_sample(generator, classifier, [1], 20_000, **settings)
    mean, deviation = exact_moments(3.0, weight)
    assert found.z.shape == (20_000, 2)
    assert found.z[:, 0].mean().item() == pytest.approx(mean, abs=0.06)
    assert found.z[:, 0].std().item() == pytest.approx(deviation, abs=0.06)
    assert found.z[:, 1].std().item() == pytest.approx(1, abs=0.03)
    assert found.clipped == pytest.approx(0.1, abs=0.02)
    assert found.rate > 1.2 * direct.rate


def test_langevin_comes_near():
    generator, classifier = known(scale=6.0)
    z = langevin_sample(generator, classifier, 1, 4000, steps=300, step_size=0.05, rng=torch.Generator().manual_seed(0))
    mean, deviation = exact_moments(3.0)
    assert z[:, 0].mean().item() == pytest.approx(mean, abs=0.06)
    assert z[:, 0].std().item() == pytest.approx(deviation, abs=0.06)
    assert z[:, 1].std().item() == pytest.approx(1, abs=0.06)


def test_the_same_seed_gives_the_same_draws():
    generator, classifier = known()
    first, again = (rejection_sample(generator, classifier, [0], 10, rng=torch.Generator().manual_seed(3))[0].z for _ in range(2))
    assert torch.equal(first, again)


def test_refusals():
    generator, classifier = known()
    with pytest.raises(ValueError, match=r"attribute is 2; the classifier knows 0\.\.1"):
        rejection_sample(generator, classifier, [0, 2], 1)
    with pytest.raises(ValueError, match="n = 0"):
        rejection_sample(generator, classifier, [0], 0)
    for weight in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"prior_weight = .*: use a number"):
            rejection_sample(generator, classifier, [0], 1, prior_weight=weight)
    with pytest.raises(ValueError, match="batch_size = 0: use an integer of at least 1"):
        langevin_sample(generator, classifier, 0, 1, batch_size=0)
    with pytest.raises(ValueError, match="step_size 0"):
        langevin_sample(generator, classifier, 0, 1, step_size=0)
    rare = from_module(nn.Sequential(Squash(1.0), nn.Unflatten(1, (1, 1, 2))), latent_dim=2, image_shape=(1, 1, 2))

    class Never(nn.Module):
        def forward(self, x):
            return torch.tensor([[50.0, -50.0]]).expand(len(x), -1)

    with pytest.raises(RuntimeError, match="too rare here"):
        rejection_sample(rare, Never(), [0, 1], 5, max_draws=1000)
