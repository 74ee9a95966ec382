"""Maximum likelihood finds the distribution that the latents come from; accepted latents are those of rejection."""

import pytest
import torch
from torch import nn

from paperlib.conditioner import Conditioner, NeverProducedError
from paperlib.generators import from_module
from paperlib.samplers.latent_families import FlowConditioner, MixtureConditioner
from paperlib.samplers.maximum_likelihood import accepted_latents, fit_to_latents


def two_pieces(n, rng):
    """Around +-2 in the first of two dimensions."""
    z = 0.3 * torch.randn(n, 2, generator=rng)
    z[:, 0] += 4 * torch.randint(2, (n,), generator=rng) - 2.0
    return z


def test_a_gaussian_takes_mean_and_deviation():
    rng = torch.Generator().manual_seed(0)
    latents = [0.5 * torch.randn(3000, 2, generator=rng) + shift for shift in (1.0, -2.0)]
    fitted, losses = fit_to_latents(Conditioner(2, 2), latents, steps=1500, progress=False)
    mean, deviation = fitted.moments(torch.tensor([0, 1]))
    assert torch.allclose(mean, torch.tensor([[1.0, 1.0], [-2.0, -2.0]]), atol=0.1)
    assert torch.allclose(deviation, torch.full((2, 2), 0.5), atol=0.1)
    assert len(losses) == 15
    assert losses[-1] < losses[0]
    assert not any(p.requires_grad for p in fitted.parameters())


@pytest.mark.parametrize("family", [MixtureConditioner(1, 2, components=8), FlowConditioner(1, 2, components=8)], ids=["mixture", "flow"])
def test_a_mixture_keeps_both_pieces(family):
    rng = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    fitted, _ = fit_to_latents(family, [two_pieces(4000, rng)], steps=1500, learning_rate=1e-2, progress=False)
    z = fitted.sample(torch.zeros(4000, dtype=torch.long), rng)
    assert (z[:, 0] > 0).float().mean().item() == pytest.approx(0.5, abs=0.2)
    assert (z[:, 0].abs() > 1).float().mean() > 0.85


def test_the_same_seed_gives_the_same_fit():
    latents = [torch.randn(50, 2)]
    fits = [fit_to_latents(MixtureConditioner(1, 2, 2), latents, steps=5, seed=s, progress=False)[1] for s in (0, 0, 1)]
    assert len({f[0] for f in fits}) > 1
    models = []
    for _ in range(2):
        torch.manual_seed(0)
        models.append(fit_to_latents(MixtureConditioner(1, 2, 2), latents, steps=5, progress=False)[0])
    assert torch.equal(models[0].mu, models[1].mu)


def test_accepted_latents_are_rejections():
    generator = from_module(nn.Sequential(nn.Tanh(), nn.Unflatten(1, (1, 1, 2))), latent_dim=2, image_shape=(1, 1, 2))
    classifier = nn.Sequential(nn.Flatten(), nn.Linear(2, 2))
    classifier[1].weight.data = torch.tensor([[-9.0, 0.0], [9.0, 0.0]])
    classifier[1].bias.data.zero_()
    left, right = accepted_latents(generator, classifier, 2, draws=4000, prior_weight=1.0, progress=False)
    assert len(left) + len(right) == pytest.approx(4000, abs=150)
    assert left[:, 0].mean() < -0.5 < 0.5 < right[:, 0].mean()
    classifier[1].bias.data = torch.tensor([200.0, -200.0])
    with pytest.raises(NeverProducedError, match="none of 100 prior draws was kept for attribute 1; raise draws"):
        accepted_latents(generator, classifier, 2, draws=100, progress=False)


def test_refusals():
    for name, value in (("steps", 0), ("batch_size", 0), ("learning_rate", 0)):
        with pytest.raises(ValueError, match=f"{name} = {value}: use"):
            fit_to_latents(MixtureConditioner(1, 2), [torch.randn(5, 2)], **{name: value}, progress=False)
    with pytest.raises(ValueError, match="training diverged"):
        fit_to_latents(MixtureConditioner(1, 2), [torch.full((5, 2), float("nan"))], steps=5, progress=False)
