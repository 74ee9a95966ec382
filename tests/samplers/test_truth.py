"""Rejection, Metropolis and resampling are exact, MALA is once converged, Langevin is near; where the answer is known in closed form."""

import pytest
import torch
from torch import nn

from paperlib.conditioner import Latents, log_normal
from paperlib.generators import from_module
from paperlib.samplers.gradient_sampling import ODE_LENGTH, langevin_sample, ode_sample
from paperlib.samplers.posterior_sampling import BURN_IN, metropolis_sample, rejection_sample, resample


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
    assert (found.effective, found.repeated) == (1, 0)
    if weight == 1:
        assert found.rate == pytest.approx(0.5, abs=0.01)


def test_attributes_share_their_images():
    generator, classifier = known(slope=8.0, scale=6.0)
    first, second = rejection_sample(generator, classifier, [1, 0], 3000, rng=torch.Generator().manual_seed(0), batch_size=1000)
    assert first.z[:, 0].mean() > 0.5 > -0.5 > second.z[:, 0].mean()
    assert max(first.draws, second.draws) <= 8000


class Shifted(Latents):
    """N((0.8, 0), I): near the answer, and not it."""

    def sample(self, attribute, rng=None):
        return torch.randn(len(attribute), 2, generator=rng) + torch.tensor([0.8, 0.0])

    def log_prob(self, z, attribute):
        return log_normal(z, torch.tensor([0.8, 0.0]))


@pytest.mark.parametrize("weight", [1.0, 0.2])
def test_metropolis_is_exact_to_the_tolerance_of_rejection(weight):
    generator, classifier = known(scale=6.0)
    settings = dict(prior_weight=weight, rng=torch.Generator().manual_seed(0), batch_size=5000)
    found = metropolis_sample(Shifted(), generator, classifier, 1, 20_000, passes=2, **settings)
    mean, deviation = exact_moments(3.0, weight)
    assert found.z.shape == (20_000, 2)
    assert found.z[:, 0].mean().item() == pytest.approx(mean, abs=0.02)
    assert found.z[:, 0].std().item() == pytest.approx(deviation, abs=0.02)
    assert found.z[:, 1].mean().abs() < 0.03
    assert found.z[:, 1].std().item() == pytest.approx(1, abs=0.02)
    assert found.draws == BURN_IN + 2 * 20_000
    assert found.repeated == pytest.approx(1 - len(found.z.unique(dim=0)) / 20_000)
    assert 0.5 < found.effective < 1


def test_more_passes_repeat_less_and_a_perfect_proposal_repeats_nothing():
    generator, classifier = known(scale=6.0)
    repeated = [metropolis_sample(Shifted(), generator, classifier, 1, 3000, passes=passes).repeated for passes in (1, 2, 8)]
    assert repeated[0] > repeated[1] > repeated[2]

    class Uninformed(nn.Module):
        """Says the same of every image, so the prior is p_w."""

        def forward(self, x):
            return torch.zeros(len(x), 2)

    class Prior(Shifted):
        def sample(self, attribute, rng=None):
            return torch.randn(len(attribute), 2, generator=rng)

        def log_prob(self, z, attribute):
            return log_normal(z)

    found = metropolis_sample(Prior(), generator, Uninformed(), 1, 1000, passes=1)
    assert (found.repeated, found.effective) == (0, pytest.approx(1))


def test_resampling_is_exact_from_a_large_pool_and_says_what_a_small_one_repeats():
    generator, classifier = known(scale=6.0)
    settings = dict(rng=torch.Generator().manual_seed(0), batch_size=5000)
    first, second = resample(generator, classifier, [1, 0], 20_000, pool=200_000, **settings)
    mean, deviation = exact_moments(3.0)
    assert first.z[:, 0].mean().item() == pytest.approx(mean, abs=0.03)
    assert first.z[:, 0].std().item() == pytest.approx(deviation, abs=0.03)
    assert second.z[:, 0].mean().item() == pytest.approx(-mean, abs=0.03)
    assert (first.draws, first.accepted) == (200_000, 20_000)
    (small,) = resample(generator, classifier, [1], 1000, pool=100, prior_weight=0.1, **settings)
    assert small.repeated > 0.9
    assert small.effective < 0.5


def test_langevin_comes_near_and_mala_is_exact_at_a_step_where_langevin_is_not():
    generator, classifier = known(scale=6.0)
    mean, deviation = exact_moments(3.0)
    rng = torch.Generator().manual_seed(0)
    z = langevin_sample(generator, classifier, 1, 4000, steps=300, step_size=0.05, rng=rng)
    assert z[:, 0].mean().item() == pytest.approx(mean, abs=0.06)
    assert z[:, 0].std().item() == pytest.approx(deviation, abs=0.06)
    assert z[:, 1].std().item() == pytest.approx(1, abs=0.06)
    coarse, exact = (langevin_sample(generator, classifier, 1, 20_000, steps=60, step_size=1.0, adjusted=a, rng=rng) for a in (False, True))
    assert abs(coarse[:, 1].std() - 1) > 0.1
    assert exact[:, 0].mean().item() == pytest.approx(mean, abs=0.03)
    assert exact[:, 0].std().item() == pytest.approx(deviation, abs=0.03)
    assert exact[:, 1].std().item() == pytest.approx(1, abs=0.03)


def test_langevin_at_another_weight_reaches_that_target():
    generator, classifier = known(scale=6.0)
    rng = torch.Generator().manual_seed(0)
    z = langevin_sample(generator, classifier, 1, 10_000, steps=150, step_size=0.2, prior_weight=0.2, adjusted=True, rng=rng)
    mean, deviation = exact_moments(3.0, 0.2)
    assert z[:, 0].mean().item() == pytest.approx(mean, abs=0.04)
    assert z[:, 0].std().item() == pytest.approx(deviation, abs=0.04)


def test_the_ode_follows_the_classifier_alone():
    """d z0 / ds = slope (1 - sigmoid(slope z0)), so exp(slope z0) + slope z0 grows by slope^2 s; z1 stays."""
    slope = 0.5
    generator, classifier = known(slope=slope, scale=20.0)
    start = generator.sample_latents(200, torch.Generator().manual_seed(0))
    z = ode_sample(generator, classifier, 1, 200, steps=50, rng=torch.Generator().manual_seed(0))
    grown = [(slope * x[:, 0]).exp() + slope * x[:, 0] for x in (start, z)]
    assert torch.allclose(grown[1] - grown[0], torch.tensor(slope**2 * ODE_LENGTH), atol=1e-3)
    assert torch.equal(z[:, 1], start[:, 1])


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
    with pytest.raises(ValueError, match="step_size = 0: use a number"):
        langevin_sample(generator, classifier, 0, 1, step_size=0)
    for call in (resample, rejection_sample):
        with pytest.raises(ValueError, match="attribute is 5"):
            call(generator, classifier, [5], 1, **({"pool": 10} if call is resample else {}))
    with pytest.raises(ValueError, match="pool = 0"):
        resample(generator, classifier, [0], 1, pool=0)
    with pytest.raises(ValueError, match="passes = 0"):
        metropolis_sample(Shifted(), generator, classifier, 0, 1, passes=0)
    with pytest.raises(ValueError, match="steps = 0"):
        ode_sample(generator, classifier, 0, 1, steps=0)
    rare = from_module(nn.Sequential(Squash(1.0), nn.Unflatten(1, (1, 1, 2))), latent_dim=2, image_shape=(1, 1, 2))

    class Never(nn.Module):
        def forward(self, x):
            return torch.tensor([[50.0, -50.0]]).expand(len(x), -1)

    with pytest.raises(RuntimeError, match="too rare here"):
        rejection_sample(rare, Never(), [0, 1], 5, max_draws=1000)
