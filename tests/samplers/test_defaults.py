"""distil_posterior's defaults need no tuning: on three different pairs its draws are read as asked, and vary as rejection's do."""

import os

import pytest
import torch
from torch import nn

from companion.profiles import DIGITS
from companion.runs.sampling import pair
from paperlib.generators import from_module
from paperlib.samplers.distillation import distil_posterior
from paperlib.samplers.posterior_sampling import rejection_sample

pytestmark = [pytest.mark.slow, pytest.mark.skipif("PAPERLIB_SLOW" not in os.environ, reason="run by make test-slow")]
N = 200


def digits():
    return *pair(DIGITS), 10


def rings():
    """Two latents, drawn as they are; the classifier tells the quarter of the plane and whether it is far out: pieces with gaps."""

    class Rings(nn.Module):
        def forward(self, images):
            x, y = images[:, 0, 0].unbind(1)
            far = 8 * ((4 * x).square() + (4 * y).square() - 2)
            return torch.stack([far + 40 * x * y, far - 40 * x * y, -far], 1)

    network = nn.Sequential(nn.Hardtanh(-4, 4), nn.Unflatten(1, (1, 1, 2)))

    class Scaled(nn.Module):
        def forward(self, z):
            return network(z) / 4

    return from_module(Scaled(), latent_dim=2, image_shape=(1, 1, 2)), Rings(), 3


def rare():
    """A random network of colours, and a linear classifier whose last class has one draw in a hundred."""
    torch.manual_seed(0)
    body = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 3 * 6 * 6), nn.Tanh(), nn.Unflatten(1, (3, 6, 6)))
    generator = from_module(body, latent_dim=32, image_shape=(3, 6, 6))
    classifier = nn.Sequential(nn.Flatten(), nn.Linear(108, 4))
    classifier[1].weight.data *= 40
    with torch.no_grad():
        scores = classifier(generator(generator.sample_latents(20_000, torch.Generator().manual_seed(0))))
        scores -= scores.mean(0)
        classifier[1].bias.data -= classifier(generator(generator.sample_latents(5000, torch.Generator().manual_seed(1)))).mean(0)
        margin = scores[:, :3].amax(1) - scores[:, 3]
        classifier[1].bias.data[3] += torch.quantile(margin, 0.01)
    return generator, classifier, 4


def described(generator, classifier, z):
    """Share read as asked, and the variance within an attribute, of latents (K, N, d)."""
    with torch.no_grad():
        images = torch.stack([torch.cat([generator(part) for part in row.split(100)]) for row in z])
        read = torch.stack([classifier(row).argmax(1) for row in images])
    asked = torch.arange(len(z))[:, None]
    return (read == asked).float().mean(1), images.flatten(2).var(1).mean(1)


@pytest.mark.parametrize("make", [digits, rings, rare])
def test_the_defaults_need_no_tuning(make):
    generator, classifier, classes = make()
    posterior, history = distil_posterior(generator, classifier, classes, progress=False)
    attribute = torch.arange(classes).repeat_interleave(N)
    z = posterior.sample(attribute, torch.Generator().manual_seed(0)).view(classes, N, -1)
    kept = rejection_sample(generator, classifier, range(classes), N, prior_weight=0.01, rng=torch.Generator().manual_seed(1))
    read, variance = described(generator, classifier, z)
    _, target = described(generator, classifier, torch.stack([k.z for k in kept]))
    assert history.passes == 100_000
    assert read.mean() > 0.99
    assert read.min() > 0.95
    assert (variance / target).mean() > 0.85
