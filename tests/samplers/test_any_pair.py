"""Every way to condition takes any generator and any classifier, reaches what is asked for, and moves nothing frozen."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from paperlib.conditioner import Conditioner, train_conditioner
from paperlib.generators import from_module
from paperlib.samplers.distillation import distil_posterior
from paperlib.samplers.gradient_sampling import langevin_sample, ode_sample
from paperlib.samplers.latent_families import FlowConditioner, MixtureConditioner
from paperlib.samplers.maximum_likelihood import accepted_latents, fit_to_latents
from paperlib.samplers.posterior_sampling import metropolis_sample, rejection_sample, resample

CLASSES, LATENT = 4, 64


class FromElsewhere(nn.Module):
    """Wants grey images of 12x12 in [0, 1]; says which corner is brightest. With dropout and BatchNorm, left in train mode."""

    def __init__(self, last):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(144, CLASSES), nn.BatchNorm1d(CLASSES), last)
        corners = [(slice(0, 6), slice(0, 6)), (slice(0, 6), slice(6, 12)), (slice(6, 12), slice(0, 6)), (slice(6, 12), slice(6, 12))]
        weight = torch.zeros(CLASSES, 12, 12)
        for k, corner in enumerate(corners):
            weight[k][corner] = 3.0
        self.body[2].weight.data = weight.flatten(1) - weight.flatten(1).mean(0)

    def forward(self, x):
        grey = (x.mean(1, keepdim=True) + 1) / 2
        return self.body(F.interpolate(grey, size=(12, 12), mode="bilinear", align_corners=False))


@pytest.fixture(params=[nn.LogSoftmax(1), nn.Identity()], ids=["log-softmax", "logits"])
def pair(request):
    """A generator of 64 latents and 3x10x14 colours, and a classifier that never saw it."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Linear(LATENT, 3 * 4 * 5), nn.BatchNorm1d(60), nn.Unflatten(1, (3, 4, 5)), nn.Upsample(size=(10, 14), mode="bilinear"), nn.Tanh()
    )
    return from_module(network, latent_dim=LATENT, image_shape=(3, 10, 14)), FromElsewhere(request.param).train()


def trained(family, **settings):
    def sample(generator, classifier, attribute, n):
        conditioner, _ = train_conditioner(
            generator, classifier, CLASSES, family=family, epochs=2, labels_per_epoch=1920, validation_labels=10, progress=False, **settings
        )
        return conditioner.sample(torch.full((n,), attribute)).detach()

    return sample


def distilled(generator, classifier, attribute, n):
    posterior, _ = distil_posterior(generator, classifier, CLASSES, draws=3000, epochs=10, prior_weight=0.1, progress=False)
    return posterior.sample(torch.full((n,), attribute))


def metropolis(generator, classifier, attribute, n):
    posterior, _ = distil_posterior(generator, classifier, CLASSES, draws=1000, epochs=5, prior_weight=0.1, progress=False)
    return metropolis_sample(posterior.at(2.0), generator, classifier, attribute, n, prior_weight=0.1).z


def likelihood(generator, classifier, attribute, n):
    latents = accepted_latents(generator, classifier, CLASSES, draws=6000, prior_weight=0.02, progress=False)
    mixture, _ = fit_to_latents(MixtureConditioner(CLASSES, LATENT, components=2), latents, steps=900, learning_rate=1e-2, progress=False)
    return mixture.sample(torch.full((n,), attribute))


METHODS = {
    "gaussian": trained(Conditioner, learning_rate=0.1),
    "gaussian, held to the prior": trained(Conditioner, learning_rate=0.05, prior_weight=0.01),
    "mixture": trained(MixtureConditioner, learning_rate=0.5, prior_weight=0.01),
    "flow": trained(FlowConditioner, learning_rate=5e-3, optimizer="adam", prior_weight=0.1),
    "posterior": distilled,
    "posterior, Metropolis": metropolis,
    "likelihood": likelihood,
    "resampling": lambda generator, classifier, attribute, n: (
        resample(generator, classifier, [attribute], n, pool=2000, prior_weight=0.1)[0].z
    ),
    "MALA": lambda generator, classifier, attribute, n: langevin_sample(
        generator, classifier, attribute, n, steps=60, step_size=0.05, adjusted=True
    ),
    "ode": lambda generator, classifier, attribute, n: ode_sample(generator, classifier, attribute, n, steps=5),
    "rejection": lambda generator, classifier, attribute, n: rejection_sample(generator, classifier, [attribute], n, prior_weight=0.1)[0].z,
    "langevin": lambda generator, classifier, attribute, n: langevin_sample(generator, classifier, attribute, n, steps=60, step_size=0.05),
}


@pytest.mark.parametrize("name", METHODS)
def test_any_pair(pair, name):
    generator, classifier = pair
    before = [copy.deepcopy(module.state_dict()) for module in pair]
    asked = [p.requires_grad for p in classifier.parameters()]
    torch.manual_seed(0)
    z = METHODS[name](generator, classifier, 2, 100)
    assert z.shape == (100, LATENT)
    for module, state in zip(pair, before, strict=True):
        assert all(torch.equal(value, state[key]) for key, value in module.state_dict().items())
    assert classifier.training
    assert [p.requires_grad for p in classifier.parameters()] == asked
    assert all(p.grad is None for p in classifier.parameters())
    with torch.no_grad():
        prior = classifier.eval()(generator(generator.sample_latents(1000))).argmax(1) == 2
        hit = (classifier(generator(z)).argmax(1) == 2).float().mean()
    assert prior.float().mean() < 0.5
    assert hit > 0.75
