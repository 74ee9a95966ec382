import pytest
import torch
import torch.nn.functional as F
from torch import nn

from paperlib.networks.classifiers import AttributeClassifier
from paperlib.networks.image_convolution import ImageConvolution, block_weight, convolve_by_blocks


@pytest.mark.parametrize(("size", "out", "side"), [(3, 1, 28), (5, 3, 32), (1, 2, 4)])
def test_blocks_are_the_same_convolution(size, out, side):
    torch.manual_seed(0)
    h, weight = torch.randn(2, 6, side, side + 4).double(), torch.randn(out, 6, size, size).double()
    assert torch.allclose(convolve_by_blocks(h, block_weight(weight), size // 2), F.conv2d(h, weight, padding=size // 2))


def both(frozen, shape, size=5):
    """Results and gradients in the images of an ImageConvolution and of the Conv2d that it stands for."""
    torch.manual_seed(0)
    ours = ImageConvolution(shape[1], 16, size).double().requires_grad_(not frozen)
    plain = nn.Conv2d(shape[1], 16, size, padding=size // 2).double()
    plain.load_state_dict(ours.state_dict())
    x, weights, found = torch.randn(shape).double(), torch.randn(shape[0], 16, *shape[2:]).double(), []
    for layer in (ours, plain):
        images = x.clone().requires_grad_(True)
        result = layer(images)
        (result * weights).sum().backward()
        found.append((result.detach(), images.grad, layer.weight.grad))
    return found


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("shape", [(3, 1, 28, 28), (2, 3, 32, 20), (2, 1, 27, 30), (1, 1, 4, 4)])
def test_an_image_convolution_is_a_convolution(frozen, shape):
    ours, plain = both(frozen, shape)
    assert torch.allclose(ours[0], plain[0])
    assert torch.allclose(ours[1], plain[1])
    assert ours[2] is None if frozen else torch.allclose(ours[2], plain[2])


def test_the_attribute_classifier_is_the_same_function_frozen_or_not():
    torch.manual_seed(0)
    model, x = AttributeClassifier().double().eval(), torch.rand(6, 1, 28, 28).double()
    found = []
    for trained in (True, False):
        model.requires_grad_(trained)
        images = x.clone().requires_grad_(True)
        scores = model(images)
        found.append((scores.detach(), torch.autograd.grad(scores.square().sum(), images)[0]))
    assert torch.allclose(found[0][0], found[1][0])
    assert torch.allclose(found[0][1], found[1][1])
    assert model.state_dict().keys() >= {"conv1.weight", "conv1.bias"}
