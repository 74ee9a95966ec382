import re

import pytest
import torch
from torch import nn

from companion import profiles
from companion.support.paths import ROOT
from paperlib.checks import ConfigError
from paperlib.generators import from_module, truncated
from paperlib.generators.residual import ResidualGenerator


def net():
    return nn.Sequential(nn.Linear(5, 12), nn.BatchNorm1d(12), nn.Tanh(), nn.Unflatten(1, (3, 2, 2)))


def test_from_module_is_frozen_for_good():
    module = net()
    generator = from_module(module, latent_dim=5, image_shape=(3, 2, 2))
    generator.train()
    assert module.training
    assert all(p.requires_grad for p in module.parameters())
    assert not any(m.training for m in generator.modules())
    assert not any(p.requires_grad for p in generator.parameters())
    z = generator.sample_latents(4).requires_grad_(True)
    generator(z).sum().backward()
    assert z.grad.abs().sum() > 0


def test_sampling_follows_the_rng():
    generator = from_module(net(), latent_dim=5, image_shape=(3, 2, 2))
    a, b = (generator.sample_latents(4, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(a, b)
    own = from_module(net(), latent_dim=5, image_shape=(3, 2, 2), sample_latents=lambda n, rng: torch.ones(n, 5))
    assert (own.sample_latents(3) == 1).all()


def ones(n, rng):
    return torch.ones(n, 5)


@pytest.mark.parametrize("sampler", [None, ones])
def test_a_truncated_generator_scales_the_same_latents(sampler):
    generator = from_module(net(), latent_dim=5, image_shape=(3, 2, 2), sample_latents=sampler)
    small, wide = truncated(generator, 0.25), truncated(truncated(generator, 0.5), 3)
    drawn = [g.sample_latents(4, torch.Generator().manual_seed(1)) for g in (generator, small, wide)]
    assert torch.equal(drawn[1], 0.25 * drawn[0])
    assert torch.equal(drawn[2], 1.5 * drawn[0])
    assert torch.equal(generator(drawn[1]), small(drawn[1]))
    with pytest.raises(ConfigError, match="n = -1"):
        small.sample_latents(-1)


def test_a_truncated_generator_shares_the_network():
    generator = from_module(net(), latent_dim=5, image_shape=(3, 2, 2))
    small = truncated(generator, 0.5)
    assert small.module is generator.module
    assert (small.latent_dim, small.image_shape, small.num_classes) == (5, (3, 2, 2), 0)
    assert generator.draws_normal and not small.draws_normal
    assert truncated(generator, 1) is generator
    assert not small.train().training


@pytest.mark.parametrize("t", [0, -0.5, float("nan"), float("inf"), "1", True])
def test_a_bad_truncation_is_refused(t):
    generator = from_module(net(), latent_dim=5, image_shape=(3, 2, 2))
    with pytest.raises(ConfigError, match=r"t = .*: use a number in \(0, 10\]"):
        truncated(generator, t)


def test_a_generator_says_whether_its_latents_are_normal():
    normal, own = (from_module(net(), latent_dim=5, image_shape=(3, 2, 2), sample_latents=sampler) for sampler in (None, ones))
    assert normal.draws_normal
    assert not own.draws_normal


def test_misfits_are_refused_at_once():
    with pytest.raises(ValueError, match="image_shape says"):
        from_module(net(), latent_dim=5, image_shape=(3, 4, 4))
    with pytest.raises(ValueError, match=r"expected \[-1, 1\]"):
        from_module(nn.Sequential(net(), nn.Hardtanh(5, 6)), latent_dim=5, image_shape=(3, 2, 2))
    with pytest.raises(ValueError, match="NaN"):
        from_module(nn.Sequential(net(), nn.Threshold(2, float("nan"))), latent_dim=5, image_shape=(3, 2, 2))
    generator = from_module(net(), latent_dim=5, image_shape=(3, 2, 2))
    with pytest.raises(ValueError, match=r"takes floats \(N, 5\)"):
        generator(torch.zeros(2, 6))
    with pytest.raises(ValueError, match="unconditional"):
        generator(torch.zeros(2, 5), torch.zeros(2, dtype=torch.long))


def test_withheld_label_is_the_mean_embedding():
    torch.manual_seed(0)
    generator = ResidualGenerator(num_classes=3).eval()
    mean = generator.embedding.weight.mean(0, keepdim=True)
    z = torch.randn(2, 32)
    withheld = generator(z, None)
    generator.embedding.weight.data = mean.expand(3, -1).clone()
    assert torch.allclose(withheld, generator(z, torch.tensor([0, 2])), atol=1e-6)


@pytest.mark.parametrize("conditional", [True, False])
def test_shipped_generators_keep_the_protocol(conditional):
    parts = profiles.DIGITS.parts
    generator = parts.generator() if conditional else parts.paper_b.generator()
    y = torch.arange(10) if conditional else None
    images = generator(generator.sample_latents(10), y)
    assert images.shape == (10, 1, 28, 28) == (10, *generator.image_shape)
    assert images.abs().max() <= 1
    assert generator.num_classes == (10 if conditional else 0)
    one = generator(torch.ones(1, 32), y[:1] if conditional else None)
    three = generator(torch.ones(3, 32), y[:1].expand(3) if conditional else None)
    assert torch.allclose(one.expand(3, -1, -1, -1), three, atol=1e-5)


def test_the_readmes_own_generator_example_runs():
    text = (ROOT / "README.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(code.strip().splitlines()) <= 10
    names: dict[str, object] = {}
    exec(code, names)
    assert names["hard"].shape == names["z"].shape
