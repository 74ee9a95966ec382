import copy

import pytest
import torch
from torch import nn

from companion import profiles
from paperlib.conditioner import Conditioner, train_conditioner
from paperlib.generators import from_module


def toy():
    """A generator whose image is tanh of the latent, and a classifier that reads the sign of each pixel."""
    generator = from_module(nn.Sequential(nn.Tanh(), nn.Unflatten(1, (1, 2, 2))), latent_dim=4, image_shape=(1, 2, 2))
    classifier = nn.Sequential(nn.Flatten(), nn.Linear(4, 4, bias=False), nn.BatchNorm1d(4), nn.Dropout(0.5))
    classifier[1].weight.data = 5 * torch.eye(4)
    return generator, classifier


def test_reaches_every_attribute_and_moves_nothing_frozen():
    generator, classifier = toy()
    classifier.train()
    before = copy.deepcopy(classifier.state_dict())
    conditioner, history = train_conditioner(
        generator, classifier, 4, epochs=4, labels_per_epoch=2000, learning_rate=0.05, validation_labels=500, progress=False
    )
    assert history.accuracy[-1] > 0.99
    assert len(history.accuracy) == len(history.loss) == len(history.mu_norm) == len(history.sigma) == 4
    assert classifier.training
    assert all(torch.equal(v, before[k]) for k, v in classifier.state_dict().items())
    assert all(p.requires_grad and p.grad is None for p in classifier.parameters())
    z = conditioner.sample(torch.full((50,), 2))
    assert (classifier.eval()(generator(z)).argmax(1) == 2).float().mean() > 0.95


def test_the_shipped_networks_stay_as_they_are():
    generator, teacher = profiles.DIGITS.parts.paper_b.generator(), profiles.DIGITS.parts.paper_b.teacher("mnist")
    before = [copy.deepcopy(m.state_dict()) for m in (generator, teacher)]
    train_conditioner(generator, teacher, 10, epochs=1, labels_per_epoch=128, validation_labels=10, progress=False)
    for module, then in zip((generator, teacher), before, strict=True):
        assert all(torch.equal(v, then[k]) for k, v in module.state_dict().items())


def test_distribution_and_sample():
    conditioner = Conditioner(3, 5)
    mu, sigma = conditioner.distribution(torch.tensor([0, 1, 2]))
    assert mu.shape == sigma.shape == (3, 5)
    assert (sigma > 0).all()
    one_hot = conditioner.distribution(torch.eye(3))
    assert torch.equal(one_hot[0], mu)
    z = [conditioner.sample(torch.tensor([1]), torch.Generator().manual_seed(s)) for s in (0, 0, 1)]
    assert torch.equal(z[0], z[1])
    assert not torch.equal(z[0], z[2])
    with pytest.raises(ValueError, match=r"knows 0\.\.2"):
        conditioner.sample(torch.tensor([3]))


def test_same_seed_same_weights():
    generator, classifier = toy()
    runs = [
        train_conditioner(generator, classifier, 4, epochs=1, labels_per_epoch=200, validation_labels=10, seed=s, progress=False)[0]
        for s in (0, 0, 1)
    ]
    weights = [torch.cat([p.flatten() for p in c.parameters()]) for c in runs]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_adam_takes_other_steps():
    generator, classifier = toy()
    settings = dict(epochs=1, labels_per_epoch=640, validation_labels=10, progress=False)
    weights = [
        torch.cat([p.flatten() for p in train_conditioner(generator, classifier, 4, optimizer=o, **settings)[0].parameters()])
        for o in ("sgd", "adam")
    ]
    assert not torch.allclose(*weights)


def test_upsamples_to_the_classifiers_size():
    generator, _ = toy()
    seen = []

    class Sized(nn.Module):
        def forward(self, x):
            seen.append(tuple(x.shape[2:]))
            return x.flatten(1)[:, :4]

    train_conditioner(generator, Sized(), 4, epochs=1, labels_per_epoch=4, validation_labels=4, image_size=6, progress=False)
    assert set(seen) == {(6, 6)}


def test_refusals():
    generator, classifier = toy()
    with pytest.raises(ValueError, match=r"expected \(2, 3\)"):
        train_conditioner(generator, classifier, 3, progress=False)
    with pytest.raises(ValueError, match="epochs = 0"):
        train_conditioner(generator, classifier, 4, epochs=0, progress=False)
    with pytest.raises(ValueError, match="learning_rate = -1"):
        train_conditioner(generator, classifier, 4, learning_rate=-1, progress=False)
    with pytest.raises(ValueError, match="optimizer = 'rmsprop'"):
        train_conditioner(generator, classifier, 4, optimizer="rmsprop", progress=False)
    with pytest.raises(ValueError, match=r"diverged in epoch 1: .*; use a learning_rate below 1000\.0"):
        train_conditioner(generator, classifier, 4, learning_rate=1e3, prior_weight=1e3, labels_per_epoch=640, progress=False)
    with pytest.raises(ValueError, match="NaN or infinity"):
        train_conditioner(generator, nn.Sequential(nn.Flatten(), nn.Softmax(1), nn.Threshold(2, float("nan"))), 4, progress=False)
