"""The distilled posterior is the known one where that is known, and is drawn from streams of its own."""

import pytest
import torch
from torch import nn

from paperlib.beyond.distillation import HELD_OUT, distil_posterior
from paperlib.beyond.latent_families import LatentPosterior
from paperlib.beyond.posterior_sampling import rejection_sample
from paperlib.generators import from_module


def toy():
    """Images are the latents, squashed; the classifier reads the sign of the first one, softly."""
    generator = from_module(nn.Sequential(nn.Tanh(), nn.Unflatten(1, (1, 2, 2))), latent_dim=4, image_shape=(1, 2, 2))
    classifier = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    classifier[1].weight.data = torch.tensor([[-2.0, 0, 0, 0], [2.0, 0, 0, 0]])
    classifier[1].bias.data.zero_()
    return generator, classifier


def test_it_is_the_truth_where_the_network_can_say_it():
    generator, classifier = toy()
    posterior, history = distil_posterior(generator, classifier, 2, draws=10_000, epochs=10, progress=False)
    assert history.agreement[-1] > 0.97
    assert history.loss[-1] < history.loss[0]
    for weight in (1.0, 0.1):
        sharper = LatentPosterior(posterior.network, 2, 4, weight)
        z = sharper.sample(torch.ones(10_000, dtype=torch.long), torch.Generator().manual_seed(0))
        (truth,) = rejection_sample(generator, classifier, [1], 10_000, prior_weight=weight, rng=torch.Generator().manual_seed(1))
        assert torch.allclose(z.mean(0), truth.z.mean(0), atol=0.06)
        assert torch.allclose(z.std(0), truth.z.std(0), atol=0.06)


def test_it_upsamples_to_the_classifiers_size():
    generator, _ = toy()
    seen = []

    class Sized(nn.Module):
        def forward(self, x):
            seen.append(tuple(x.shape[2:]))
            return x.flatten(1)[:, :3]

    distil_posterior(generator, Sized(), 3, draws=10, epochs=1, image_size=6, progress=False)
    assert set(seen) == {(6, 6)}


def test_the_same_seed_gives_the_same_network_and_the_callers_stream_is_left_alone():
    generator, classifier = toy()
    found = []
    for seed in (0, 0, 1):
        torch.manual_seed(5)
        posterior, _ = distil_posterior(generator, classifier, 2, draws=500, epochs=1, seed=seed, progress=False)
        found.append((torch.cat([p.flatten() for p in posterior.parameters()]), torch.rand(1)))
    assert torch.equal(found[0][0], found[1][0])
    assert not torch.equal(found[0][0], found[2][0])
    assert found[0][1] == found[1][1] == found[2][1]


def test_agreement_is_of_other_draws(monkeypatch):
    generator, classifier = toy()
    seen = []
    classifier.register_forward_hook(lambda module, inputs, output: seen.append(len(output)))
    distil_posterior(generator, classifier, 2, draws=300, epochs=1, generator_batch=100, progress=False)
    assert sum(seen) == 300 + HELD_OUT


def test_refusals():
    generator, classifier = toy()
    for name, value in (
        ("draws", 0),
        ("epochs", 0),
        ("hidden", 0),
        ("learning_rate", 0),
        ("prior_weight", 0),
        ("prior_weight", float("nan")),
    ):
        with pytest.raises(ValueError, match=f"{name} = {value}: use"):
            distil_posterior(generator, classifier, 2, **{name: value}, progress=False)
    with pytest.raises(ValueError, match=r"learning_rate = 1e\+30: use a number in \(0, 1000\]"):
        distil_posterior(generator, classifier, 2, draws=500, learning_rate=1e30, progress=False)
    with pytest.raises(ValueError, match=r"expected \(100, 3\)"):
        distil_posterior(generator, classifier, 3, draws=100, progress=False)
