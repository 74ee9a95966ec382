import copy

import pytest
import torch
from torch import nn

from companion import profiles
from paperlib import batchnorm_adaptation
from paperlib.batchnorm_adaptation import adapt_batchnorm
from paperlib.streams import stream


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return profiles.DIGITS.parts.classifier(4).eval()


@pytest.fixture(scope="module")
def images():
    return profiles.DIGITS.parts.real_images()[0].images[::40].contiguous()


def layers(model):
    return [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]


@pytest.mark.parametrize("batch_size", [2, 7, 64, 1000])
def test_exact_statistics_are_a_two_pass_computation_in_any_batches(model, images, batch_size):
    """Each layer's statistics equal mean and variance of its own input over all images, in the adapted network."""
    adapted = adapt_batchnorm(model, images, batch_size=batch_size)
    inputs = {}
    for i, layer in enumerate(layers(adapted)):
        layer.register_forward_pre_hook(lambda m, args, i=i: inputs.__setitem__(i, args[0].double()))
    with torch.no_grad():
        adapted(images)
    for i, layer in enumerate(layers(adapted)):
        h = inputs[i].transpose(0, 1).flatten(1)
        mean = h.mean(1)
        variance = (h - mean[:, None]).square().sum(1) / h.shape[1]
        assert torch.allclose(layer.running_mean.double(), mean, atol=2e-5, rtol=1e-4)
        assert torch.allclose(layer.running_var.double(), variance, atol=2e-5, rtol=1e-3)


def test_batch_size_does_not_matter(model, images):
    whole, parted = (adapt_batchnorm(model, images, batch_size=b).state_dict() for b in (1000, 33))
    assert all(torch.allclose(whole[k].double(), parted[k].double(), rtol=1e-3, atol=1e-5) for k in whole)


def passes(model, images, **settings):
    """The adapted network, and the images of each pass through its first layer."""
    seen, copied = [], copy.deepcopy(model)
    copied.conv1.register_forward_hook(lambda layer, inputs, output: seen.append(len(inputs[0])))
    return adapt_batchnorm(copied, images, **settings), seen


def test_one_pass_where_the_activations_fit(model, images, monkeypatch):
    whole, seen = passes(model, images)
    assert seen[1:] == [len(images)]  # after the first look at two
    monkeypatch.setattr(batchnorm_adaptation, "ON_A_CPU", 20 * images[0].nbytes)
    parted, seen = passes(model, images)
    assert 2 <= max(seen) < len(images)
    for name, value in whole.state_dict().items():
        assert torch.allclose(value.double(), parted.state_dict()[name].double(), rtol=1e-3, atol=1e-5), name


def test_the_variance_between_batches_counts():
    """Two batches of constant images: each batch has variance 0, the whole set has not."""
    model = nn.Sequential(nn.BatchNorm2d(1))
    images = torch.cat([torch.full((8, 1, 2, 2), -0.5), torch.full((8, 1, 2, 2), 0.5)])
    adapted = adapt_batchnorm(model, images, batch_size=8)
    assert adapted[0].running_var.item() == pytest.approx(images.var(correction=0).item(), rel=1e-5)


def test_momentum_is_equation_5(images):
    model = nn.Sequential(nn.BatchNorm2d(1))
    adapted = adapt_batchnorm(model, images, batch_size=30, momentum=0.3, seed=4)
    mean, variance = 0.0, 1.0
    for index in torch.randperm(len(images), generator=stream(4, "adaptation order")).split(30):
        mean = 0.3 * images[index].mean().item() + 0.7 * mean
        variance = 0.3 * images[index].var().item() + 0.7 * variance
    assert adapted[0].running_mean.item() == pytest.approx(mean, rel=1e-4)
    assert adapted[0].running_var.item() == pytest.approx(variance, rel=1e-4)
    assert adapted[0].momentum == 0.1


def test_only_statistics_of_a_copy_change(model, images):
    before = {k: v.clone() for k, v in model.state_dict().items()}
    adapted = adapt_batchnorm(model, images)
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    changed = {k for k, v in adapted.state_dict().items() if not torch.equal(v, before[k])}
    assert changed
    assert all(k.endswith(("running_mean", "running_var", "num_batches_tracked")) for k in changed)
    assert not adapted.training


def test_refusals(model, images):
    with pytest.raises(ValueError, match="NaN"):
        adapt_batchnorm(model, torch.full((4, 1, 28, 28), float("nan")))
    with pytest.raises(ValueError, match=r"expected \[-1, 1\]"):
        adapt_batchnorm(model, images * 127.5)
    with pytest.raises(ValueError, match=r"momentum = 1\.5"):
        adapt_batchnorm(model, images, momentum=1.5)
    with pytest.raises(ValueError, match="at least 2"):
        adapt_batchnorm(model, images[:1])
    with pytest.raises(ValueError, match="no BatchNorm layer"):
        adapt_batchnorm(nn.Linear(2, 2), images)
