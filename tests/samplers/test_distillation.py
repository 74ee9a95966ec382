"""The distilled posterior is the known one where that is known, and is drawn from streams of its own."""

import pytest
import torch
from torch import nn

from paperlib.generators import from_module
from paperlib.samplers.distillation import AS_SURE, distil_posterior
from paperlib.samplers.latent_posterior import LatentPosterior
from paperlib.samplers.posterior_sampling import rejection_sample
from paperlib.samplers.seeking import moved


def toy():
    """Images are the latents, squashed; the classifier reads the sign of the first one, softly."""
    generator = from_module(nn.Sequential(nn.Tanh(), nn.Unflatten(1, (1, 2, 2))), latent_dim=4, image_shape=(1, 2, 2))
    classifier = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    classifier[1].weight.data = torch.tensor([[-2.0, 0, 0, 0], [2.0, 0, 0, 0]])
    classifier[1].bias.data.zero_()
    return generator, classifier


@pytest.mark.parametrize("weight", [1.0, 0.1])
def test_at_temperature_1_it_is_the_truth_where_the_network_can_say_it(weight):
    generator, classifier = toy()
    posterior, history = distil_posterior(
        generator, classifier, 2, draws=10_000, epochs=10, hidden=128, prior_weight=weight, progress=False
    )
    assert history.held_out[-1] < history.held_out[0]
    z = posterior.at(1.0).sample(torch.ones(10_000, dtype=torch.long), torch.Generator().manual_seed(0))
    (truth,) = rejection_sample(generator, classifier, [1], 10_000, prior_weight=weight, rng=torch.Generator().manual_seed(1))
    assert torch.allclose(z.mean(0), truth.z.mean(0), atol=0.06)
    assert torch.allclose(z.std(0), truth.z.std(0), atol=0.06)


def test_the_temperature_is_the_highest_that_is_sure_enough():
    generator, classifier = toy()
    posterior, history = distil_posterior(generator, classifier, 2, draws=8000, epochs=8, hidden=64, prior_weight=0.1, progress=False)
    enough = [t for t, sure in history.sureness.items() if sure >= history.target - AS_SURE]
    assert posterior.temperature == max(enough)
    asked = torch.ones(4000, dtype=torch.long)
    for temperature in (posterior.temperature, 2.0):
        z = posterior.at(temperature).sample(asked, torch.Generator().manual_seed(0))
        sure = classifier(generator(z)).softmax(1)[:, 1].mean().item()
        assert sure == pytest.approx(history.sureness[temperature], abs=0.02)
    (kept,) = rejection_sample(generator, classifier, [1], 4000, prior_weight=0.1, rng=torch.Generator().manual_seed(1))
    assert classifier(generator(kept.z)).softmax(1)[:, 1].mean().item() == pytest.approx(history.target, abs=0.01)


def test_a_rare_attribute_is_sought():
    """The second attribute's share is small: half of the labelled latents are looked for, so that it is seen far more often."""
    generator, classifier = toy()
    classifier[1].weight.data *= 2
    classifier[1].bias.data = torch.tensor([3.6, -3.6])
    seen = []
    classifier.register_forward_hook(lambda module, inputs, output: seen.append(output.softmax(1)[:, 1]))
    _, history = distil_posterior(
        generator, classifier, 2, draws=6000, epochs=8, hidden=64, batch_size=32, prior_weight=0.5, progress=False
    )
    first, second = torch.cat(seen).split(3000)
    assert second.mean() > 2 * first.mean()
    assert history.passes == 6000 == len(first) + len(second)


def test_an_attribute_of_a_thousandth_is_sought_in_more_rounds():
    generator, classifier = toy()
    classifier[1].weight.data *= 2000
    classifier[1].bias.data = torch.tensor([3980.0, -3980.0])
    seen = []
    classifier.register_forward_hook(lambda module, inputs, output: seen.append(output.argmax(1)))
    posterior, _ = distil_posterior(generator, classifier, 2, draws=20_000, epochs=10, hidden=64, prior_weight=1.0, progress=False)
    read = torch.cat(seen)
    assert read[:10_000].float().mean() == pytest.approx(0.001, abs=0.0008)
    assert read[-5000:].float().mean() > 0.1
    z = posterior.sample(torch.ones(200, dtype=torch.long), torch.Generator().manual_seed(0))
    assert classifier(generator(z)).argmax(1).float().mean() > 0.95


def test_the_chains_that_seek_keep_the_posterior():
    class Half(nn.Module):
        def forward(self, z):
            return 8 * z[:, :1] - 8

    network = nn.Sequential(Half(), nn.Linear(1, 1))
    network[1].weight.data, network[1].bias.data = torch.ones(1, 1), torch.zeros(1)
    seeker, rng = LatentPosterior(network, 1, 3), torch.Generator().manual_seed(0)
    exact = seeker.sample(torch.zeros(20_000, dtype=torch.long), rng)
    chains = moved(seeker, 0, exact[torch.arange(20_000) % 1000], rng)
    assert len(chains.unique(dim=0)) > 19_000
    exact_moments, moved_moments = ((z.mean(0), z.std(0)) for z in (exact, chains))
    assert torch.allclose(torch.stack(exact_moments), torch.stack(moved_moments), atol=0.05)


def test_an_attribute_that_is_never_produced_leaves_the_others_alone():
    generator, classifier = toy()
    classifier[1] = nn.Linear(4, 3)
    classifier[1].weight.data = torch.tensor([[-2.0, 0, 0, 0], [2.0, 0, 0, 0], [0, 0, 0, 0]])
    classifier[1].bias.data = torch.tensor([0.0, 0.0, -200.0])
    posterior, history = distil_posterior(
        generator, classifier, 3, draws=4000, epochs=8, hidden=64, batch_size=32, prior_weight=0.1, progress=False
    )
    assert history.target > 0.9
    z = posterior.sample(torch.ones(100, dtype=torch.long), torch.Generator().manual_seed(0))
    assert (classifier(generator(z)).argmax(1) == 1).float().mean() > 0.9


def test_it_upsamples_to_the_classifiers_size():
    generator, _ = toy()
    seen = []

    class Sized(nn.Module):
        def forward(self, x):
            seen.append(tuple(x.shape[2:]))
            return x.flatten(1)[:, :3]

    distil_posterior(generator, Sized(), 3, draws=20, epochs=1, image_size=6, progress=False)
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


def test_refusals():
    generator, classifier = toy()
    for name, value in (
        ("draws", 19),
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
    with pytest.raises(ValueError, match=r"expected \(50, 3\)"):
        distil_posterior(generator, classifier, 3, draws=100, progress=False)
