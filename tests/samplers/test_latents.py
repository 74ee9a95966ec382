"""The latent families keep one interface: densities that integrate to one and belong to their samples; the prior term pulls to the prior."""

import math
from functools import partial

import pytest
import torch
from torch import nn

from paperlib.conditioner import Conditioner, NeverProducedError, log_normal, train_conditioner
from paperlib.generators import from_module
from paperlib.samplers.latent_families import FlowConditioner, MixtureConditioner
from paperlib.samplers.latent_posterior import LatentPosterior

pytestmark = pytest.mark.slow

FAMILIES = (Conditioner, MixtureConditioner, FlowConditioner, partial(FlowConditioner, components=3))


def shaken(family, attributes=3, dim=2):
    """An untrained family whose weights are not the ones it starts with."""
    torch.manual_seed(1)
    model = family(attributes, dim)
    for p in model.parameters():
        p.data += 0.04 * torch.randn_like(p)
    return model.requires_grad_(False)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_density_integrates_to_one_and_is_that_of_the_samples(family):
    model = shaken(family)
    axis = torch.linspace(-9, 9, 361)
    grid = torch.cartesian_prod(axis, axis)
    for a in range(3):
        density = model.log_prob(grid, torch.full((len(grid),), a)).exp() * (axis[1] - axis[0]) ** 2
        assert density.sum() == pytest.approx(1, abs=0.01)
        z = model.sample(torch.full((40_000,), a), torch.Generator().manual_seed(0))
        mean, deviation = model.moments(torch.tensor([a]))
        exact = (density[:, None] * grid).sum(0)
        assert torch.allclose(z.mean(0), exact, atol=0.05)
        assert torch.allclose(mean[0], exact, atol=0.15)
        assert torch.allclose(z.std(0), (density[:, None] * (grid - exact).square()).sum(0).sqrt(), atol=0.05)
        assert torch.allclose(deviation[0], z.std(0), atol=0.15)


def posterior(attributes=3, dim=2, temperature=0.5, **options):
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(dim, 8), nn.Tanh(), nn.Linear(8, attributes))
    return LatentPosterior(network, attributes, dim, temperature=temperature, **options)


def test_a_posteriors_density_is_that_of_its_samples():
    model = posterior()
    axis = torch.linspace(-5, 5, 201)
    grid = torch.cartesian_prod(axis, axis)
    for a in range(3):
        attribute = torch.full((len(grid),), a)
        density = model.log_prob(grid, attribute).exp() * (axis[1] - axis[0]) ** 2
        expected = (log_normal(grid) + model.network(grid).sigmoid()[:, a].log() / 0.5).softmax(0)
        assert density.sum() == pytest.approx(1, abs=0.03)
        assert torch.allclose(density / density.sum(), expected, atol=1e-5)
        exact = (expected[:, None] * grid).sum(0)
        z = model.sample(torch.full((20_000,), a), torch.Generator().manual_seed(0))
        assert torch.allclose(z.mean(0), exact, atol=0.03)
        mean, deviation = model.moments(torch.tensor([a]))
        assert torch.allclose(mean[0], exact, atol=0.03)
        assert torch.allclose(deviation[0], (expected[:, None] * (grid - exact).square()).sum(0).sqrt(), atol=0.03)


def test_a_lower_temperature_keeps_what_is_surer():
    model, sharper = posterior(temperature=1.0), posterior(temperature=1.0).at(0.1)
    attribute = torch.full((2000,), 1)
    kept = [m.network(m.sample(attribute, torch.Generator().manual_seed(0))).sigmoid()[:, 1].mean() for m in (model, sharper)]
    assert kept[1] > kept[0] + 0.02
    assert (sharper.temperature, sharper.prior_weight) == (0.1, 1.0)


def test_a_posterior_keeps_the_protocol(monkeypatch):
    model = posterior(dim=5)
    attribute = torch.tensor([0, 2, 1, 2])
    first, again = (model.sample(attribute, torch.Generator().manual_seed(4)) for _ in range(2))
    assert first.shape == (4, 5)
    assert torch.equal(first, again)
    assert not any(p.requires_grad for p in model.parameters())
    assert set(model.state_dict()) == {f"network.{name}" for name in model.network.state_dict()}
    with pytest.raises(ValueError, match=r"knows 0\.\.2"):
        model.sample(torch.tensor([3]))
    for value in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="prior_weight = "):
            posterior(prior_weight=value)
        with pytest.raises(ValueError, match="temperature = "):
            posterior(temperature=value)
    broken = nn.Sequential(nn.Linear(5, 3))
    broken[0].bias.data.fill_(float("nan"))
    with pytest.raises(ValueError, match="logits are NaN or infinite; train it again"):
        LatentPosterior(broken, 3, 5)
    never = nn.Sequential(nn.Linear(5, 3))
    never[0].bias.data = torch.tensor([0.0, 0.0, -100.0])
    monkeypatch.setattr(LatentPosterior, "MAX_DRAWS", 1_000_000)
    with pytest.raises(NeverProducedError, match=r"draws of the prior gave 0 of 1 latents of attribute 2 .* raise either"):
        LatentPosterior(never, 3, 5).sample(torch.tensor([2]))


@pytest.mark.parametrize("family", FAMILIES)
def test_samples_follow_the_rng_and_attributes_are_checked(family):
    model = family(3, 5)
    attribute = torch.tensor([0, 2, 1])
    first, again = (model.sample(attribute, torch.Generator().manual_seed(4)) for _ in range(2))
    assert first.shape == (3, 5)
    assert torch.equal(first, again)
    assert model.log_prob(first, attribute).shape == (3,)
    with pytest.raises(ValueError, match=r"knows 0\.\.2"):
        model.sample(torch.tensor([3]))
    model.sample(attribute).sum().backward()
    assert all(
        p.grad is not None
        for p in model.parameters()
        if p.grad is not None or (not isinstance(model, MixtureConditioner) and not getattr(model, "base", None))
    )


def test_the_flow_starts_as_the_prior_and_is_inverted():
    model = FlowConditioner(3, 5)
    z, attribute = torch.randn(10, 5), torch.arange(10) % 3
    assert torch.allclose(model.log_prob(z, attribute), log_normal(z), atol=1e-5)
    torch.manual_seed(0)
    for p in model.parameters():
        p.data += 0.05 * torch.randn_like(p)
    rng = torch.Generator().manual_seed(7)
    eps = torch.randn(10, 5, generator=torch.Generator().manual_seed(7))
    z = model.sample(attribute, rng)
    jacobian = torch.stack([torch.autograd.functional.jacobian(lambda e, i=i: push(model, e, attribute[i]), eps[i]) for i in range(10)])
    expected = log_normal(eps) - jacobian.det().abs().log()
    assert torch.allclose(model.log_prob(z, attribute), expected, atol=1e-3)


def push(model, eps, attribute):
    """eps (d,) through the couplings, as sample does with its own noise."""
    z = eps[None]
    for kept, moved, network, one_hot in model._couplings(attribute[None]):
        log_scale, shift = network(torch.cat([z[:, kept], one_hot], 1)).chunk(2, 1)
        value = z[:, moved] * (2 * torch.tanh(log_scale / 2)).exp() + shift
        z = torch.cat([value, z[:, moved.stop :]], 1) if moved.start == 0 else torch.cat([z[:, : moved.start], value], 1)
    return z[0]


def test_a_mixture_of_one_is_a_gaussian():
    model = MixtureConditioner(2, 4, components=1)
    z = torch.randn(6, 4)
    sigma = nn.functional.softplus(model.s[0, 0])
    assert torch.allclose(model.log_prob(z, torch.zeros(6, dtype=torch.long)), log_normal(z, model.mu[0, 0], sigma))
    assert torch.allclose(sigma, torch.ones(4))


def toy():
    generator = from_module(nn.Sequential(nn.Tanh(), nn.Unflatten(1, (1, 2, 2))), latent_dim=4, image_shape=(1, 2, 2))
    classifier = nn.Sequential(nn.Flatten(), nn.Linear(4, 4, bias=False))
    classifier[1].weight.data = 5 * torch.eye(4)
    return generator, classifier.requires_grad_(False)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_learns_and_the_prior_term_keeps_variety(family):
    generator, classifier = toy()
    settings = dict(family=family, epochs=5, labels_per_epoch=2000, learning_rate=0.05, validation_labels=500, progress=False)
    free, history = train_conditioner(generator, classifier, 4, **settings)
    held, _ = train_conditioner(generator, classifier, 4, prior_weight=0.2, **settings)
    assert history.accuracy[-1] > 0.8
    attribute = torch.arange(4).repeat(500)
    divergence = [(m.log_prob(z := m.sample(attribute), attribute) - log_normal(z)).mean() for m in (free, held)]
    assert divergence[1] < divergence[0]


def test_a_strong_prior_term_gives_the_prior():
    generator, classifier = toy()
    model, _ = train_conditioner(
        generator,
        classifier,
        4,
        prior_weight=30,
        epochs=5,
        labels_per_epoch=2000,
        learning_rate=3e-4,
        validation_labels=10,
        progress=False,
    )
    mean, deviation = model.moments(torch.arange(4))
    assert mean.abs().max() < 0.2
    assert (deviation - 1).abs().max() < 0.2


def test_weight_zero_is_the_paper():
    generator, classifier = toy()
    settings = dict(epochs=1, labels_per_epoch=200, validation_labels=10, progress=False)
    paper, zero = (
        train_conditioner(generator, classifier, 4, **settings),
        train_conditioner(generator, classifier, 4, prior_weight=0, **settings),
    )
    assert all(torch.equal(a, b) for a, b in zip(paper[0].parameters(), zero[0].parameters(), strict=True))
    assert paper[1] == zero[1]


def test_refusals():
    generator, classifier = toy()
    for weight in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="prior_weight = "):
            train_conditioner(generator, classifier, 4, prior_weight=weight, progress=False)
    with pytest.raises(ValueError, match="at least 1"):
        MixtureConditioner(2, 2, components=0)
    with pytest.raises(ValueError, match="at least 2"):
        FlowConditioner(2, 1)


def test_log_normal_is_the_density():
    z = torch.tensor([[0.3, -1.2]])
    expected = sum(-0.5 * x * x - 0.5 * math.log(2 * math.pi) for x in (0.3, -1.2))
    assert log_normal(z).item() == pytest.approx(expected, abs=1e-6)
