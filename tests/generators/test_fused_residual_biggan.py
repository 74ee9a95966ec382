"""The fused form of a residual BigGAN: the same images and the same gradient in z, and the original untouched."""

import copy
from pathlib import Path

import pytest
import torch
from conftest import published_biggan

from paperlib.generators.fused_residual_biggan import FusedResidualBigGAN
from paperlib.generators.residual_biggan import ResidualBigGAN

KINDS = {"hierarchical": {"dim_z": 20, "resolution": 64, "attention": 2}, "flat": {"hierarchical": False}, "own embeddings": {"shared": 0}}


def network(**options):
    return ResidualBigGAN(published_biggan(ch=4, **options), Path("G.pth")).eval().double()


def relative(ours, theirs):
    return ((ours - theirs).abs().max() / theirs.abs().max()).item()


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_images_and_the_same_gradient(kind, told):
    torch.manual_seed(0)
    source = network(**KINDS[kind])
    z, y = torch.randn(3, source.latent_dim, dtype=torch.float64), torch.tensor([4, 0, 4]) if told else None
    weights, found = torch.randn(3, *source.image_shape, dtype=torch.float64), []
    for module in (FusedResidualBigGAN(source), source):
        x = z.clone().requires_grad_(True)
        images = module(x, y)
        found.append((images.detach(), torch.autograd.grad((images * weights).sum(), x)[0]))
    assert max(relative(*pair) for pair in zip(*found, strict=True)) < 1e-10


def test_it_is_frozen_and_shares_nothing_with_its_source():
    source = network(**KINDS["hierarchical"])
    before = copy.deepcopy(source.state_dict())
    fused = FusedResidualBigGAN(source)
    weights = copy.deepcopy(fused.state_dict())
    assert not any(p.requires_grad for p in fused.parameters())
    assert not any(module.training for module in fused.modules())
    assert all(torch.equal(value, before[name]) for name, value in source.state_dict().items())
    with torch.no_grad():
        for tensor in (*source.parameters(), *source.buffers()):
            tensor.zero_()
    assert all(torch.equal(value, weights[name]) for name, value in fused.state_dict().items())
