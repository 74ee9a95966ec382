import copy

import pytest
import torch
from torch import nn

from companion import profiles
from paperlib.generators import from_module, fuse_residual
from paperlib.generators.residual import ResidualGenerator
from paperlib.support.weights import load_pretrained

SHIPPED = {0: "digits_unconditional_generator", 10: "digits_conditional_generator"}


def shipped(num_classes):
    return load_pretrained(ResidualGenerator(num_classes=num_classes), SHIPPED[num_classes])


def random_generator(**sizes):
    """Random weights, and statistics that a forgotten mean or variance would show."""
    torch.manual_seed(0)
    network = ResidualGenerator(**sizes)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.3, 3)
            if module.affine:
                nn.init.normal_(module.weight)
                nn.init.normal_(module.bias)
        elif isinstance(module, nn.Linear) and module.bias is None:
            nn.init.normal_(module.weight, std=0.1)
    return network.eval()


def relative(a, b):
    return ((a - b).abs().max() / b.abs().max()).item()


def compare(network, z, y):
    """Images, and the gradient of a weighted sum of them in z, of the network and of its fused form: relative differences."""
    weights = torch.randn(len(z), *network.image_shape, dtype=z.dtype)
    found = []
    for module in (fuse_residual(network), network):
        x = z.clone().requires_grad_(True)
        images = module(x, y) if network.num_classes else module(x)
        found.append((images.detach(), torch.autograd.grad((images * weights).sum(), x)[0]))
    return [relative(ours, theirs) for ours, theirs in zip(*found, strict=True)]


@pytest.mark.parametrize(("num_classes", "told"), [(0, False), (10, True), (10, False)])
@pytest.mark.parametrize("n", [1, 7, 64])
def test_shipped_generators_are_the_same_function(num_classes, told, n):
    torch.manual_seed(n)
    network, z, y = shipped(num_classes), torch.randn(n, 32), torch.randint(10, (n,)) if told else None
    exact = copy.deepcopy(network).double()
    assert max(compare(exact, z.double(), y)) < 1e-11
    with torch.no_grad():
        assert relative(fuse_residual(network)(z, y), exact(z.double(), y)) < 1e-5


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (2, 20, 36), (1, 4, 4)])
@pytest.mark.parametrize("num_classes", [0, 3])
def test_any_size_is_the_same_function(shape, num_classes):
    network = random_generator(num_classes=num_classes, image_shape=shape, latent_dim=5, channels=4, embedding_dim=6).double()
    assert max(compare(network, torch.randn(3, 5).double(), torch.tensor([2, 0, 2]) if num_classes else None)) < 1e-11


def test_three_blocks_are_the_same_function():
    network = random_generator(num_classes=3, image_shape=(3, 16, 24), latent_dim=5, widths=(8, 6, 6, 4)).double()
    assert network.grid == (8, 2, 3)
    assert max(compare(network, torch.randn(3, 5).double(), torch.tensor([2, 0, 2]))) < 1e-11


def test_the_gradient_in_float32():
    """One latent: no ReLU near its kink, where the last bit decides on a gradient."""
    torch.manual_seed(0)
    assert max(compare(shipped(10), torch.randn(1, 32), torch.tensor([3]))) < 1e-5


def test_without_gradients_the_same_bits_and_no_batch_matters():
    fused, z = fuse_residual(shipped(0)), torch.randn(9, 32)
    with torch.no_grad():
        images = fused(z)
        alone = torch.cat([fused(one) for one in z.split(1)])
    assert torch.equal(images, fused(z.requires_grad_(True)).detach())
    assert relative(alone, images) < 1e-5
    assert fused(torch.empty(0, 32)).shape == (0, 1, 28, 28)


def test_frozen_and_the_original_untouched():
    network = random_generator(num_classes=3)
    before = copy.deepcopy(network.state_dict())
    fused = fuse_residual(network)
    weights = copy.deepcopy(fused.state_dict())
    z = torch.randn(2, 32, requires_grad=True)
    fused(z, torch.tensor([0, 1])).sum().backward()
    assert z.grad.abs().sum() > 0
    assert not list(fused.parameters())
    assert not any(module.training for module in fused.modules())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(torch.equal(value, weights[name]) for name, value in fused.state_dict().items())
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    assert all(torch.equal(value, weights[name]) for name, value in fused.state_dict().items())


def test_the_same_tensors_on_any_number_of_threads():
    network, found = shipped(10), []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        try:
            found.append(fuse_residual(network).state_dict())
        finally:
            torch.set_num_threads(1)
    assert all(torch.equal(value, found[1][name]) for name, value in found[0].items())


def test_other_networks_are_refused():
    with pytest.raises(ValueError, match=r"in training mode.*call network.eval\(\) first"):
        fuse_residual(ResidualGenerator())
    half = ResidualGenerator().eval()
    half.norm.train()
    with pytest.raises(ValueError, match="in training mode"):
        fuse_residual(half)
    with pytest.raises(ValueError, match="network is a Sequential; only a ResidualGenerator"):
        fuse_residual(nn.Sequential().eval())


def test_the_digits_use_it():
    generators = (profiles.DIGITS.parts.generator(), profiles.DIGITS.parts.paper_b.generator())
    for generator, num_classes in zip(generators, (10, 0), strict=True):
        network = shipped(num_classes)
        whole = from_module(network, latent_dim=32, image_shape=(1, 28, 28), num_classes=num_classes)
        z = whole.sample_latents(8, torch.Generator().manual_seed(0))
        assert relative(generator(z.to(generator.device)).cpu(), whole(z)) < 1e-4
        assert torch.equal(generator.module.first_weight.cpu(), fuse_residual(network).first_weight)
