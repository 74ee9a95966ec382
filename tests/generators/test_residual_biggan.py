"""Checkpoints of Brock's code: every key and shape of its layout, and the function that its modules compute."""

import pytest
import torch
import torch.nn.functional as F
from conftest import published_biggan as published

from paperlib.generators import load_residual_biggan
from paperlib.support.weights import CheckpointError


def reference(state, z, y):
    """The definition, written out in float64: spectral norm by one power iteration in eval mode, conditional norm (1 + gain) x + bias. y None: the
    mean."""
    state, z = {name: value.double() for name, value in state.items()}, z.double()
    shared = "shared.weight" in state

    def embedding(name):
        rows = state[f"{name}.weight"]
        return rows[y] if y is not None else rows.mean(0).expand(len(z), -1)

    def weight(name):
        w = state[f"{name}.weight"]
        if f"{name}.u0" not in state:
            return w
        matrix = w.reshape(len(w), -1)
        v = state[f"{name}.u0"] @ matrix
        v = v / v.norm()
        u = v @ matrix.T
        return w / (v @ matrix.T @ (u / u.norm()).T).item()

    def normalised(x, name):
        mean, var = (state[f"{name}.stored_{s}"][:, None, None] for s in ("mean", "var"))
        return (x - mean) / (var + 1e-5).sqrt()

    def conv(x, name):
        return F.conv2d(x, weight(name), state.get(f"{name}.bias"), padding=weight(name).shape[-1] // 2)

    blocks = 1 + max(int(n.split(".")[1]) for n in state if n.startswith("blocks."))
    embedded = embedding("shared") if shared else None
    hierarchical = shared and state["blocks.0.0.bn1.gain.weight"].shape[1] > embedded.shape[1]
    parts = z.chunk(blocks + 1, 1) if hierarchical else [z]
    h = F.linear(parts[0], weight("linear"), state["linear.bias"]).reshape(len(z), -1, 4, 4)
    for i in range(blocks):
        c = torch.cat([embedded, parts[i + 1]], 1) if hierarchical else embedded
        name, x = f"blocks.{i}.0", h

        def norm(x, which, name=name, c=c):
            names = [f"{name}.{which}.{what}" for what in ("gain", "bias")]
            gain, bias = (F.linear(c, weight(layer)) if shared else embedding(layer) for layer in names)
            return normalised(x, f"{name}.{which}") * (1 + gain[:, :, None, None]) + bias[:, :, None, None]

        h = F.interpolate(F.relu(norm(h, "bn1")), scale_factor=2)
        h = conv(F.relu(norm(conv(h, f"{name}.conv1"), "bn2")), f"{name}.conv2") + conv(F.interpolate(x, scale_factor=2), f"{name}.conv_sc")
        if f"blocks.{i}.1.gamma" in state:
            a, side = f"blocks.{i}.1", h.shape[2:]
            theta, phi, g = conv(h, f"{a}.theta"), F.max_pool2d(conv(h, f"{a}.phi"), 2), F.max_pool2d(conv(h, f"{a}.g"), 2)
            beta = (theta.flatten(2).mT @ phi.flatten(2)).softmax(-1)
            h = h + state[f"{a}.gamma"] * conv((g.flatten(2) @ beta.mT).unflatten(2, side), f"{a}.o")
    h = normalised(h, "output_layer.0") * state["output_layer.0.gain"][:, None, None] + state["output_layer.0.bias"][:, None, None]
    return torch.tanh(conv(F.relu(h), "output_layer.2"))


@pytest.mark.parametrize(
    "options",
    [
        {}, {"hierarchical": False}, {"spectral": False}, {"attention": 1}, {"resolution": 64, "ch": 4, "dim_z": 20, "attention": 3},
        {"resolution": 128, "ch": 4, "dim_z": 18, "hierarchical": True}, {"ch": 64, "dim_z": 128, "shared": 128},
        {"shared": 0}, {"shared": 0, "spectral": False, "resolution": 64, "ch": 4, "attention": 3}, {"shared": 0, "ch": 64, "dim_z": 128},
    ],
    ids=["32", "flat", "no norm", "attention", "64", "128", "as trained", "own embeddings", "own embeddings, 64", "as trained by default"],
)  # fmt: skip
def test_a_checkpoint_computes_its_definition(options, tmp_path):
    state = published(**options)
    torch.save(state, tmp_path / "G_ema.pth")
    generator = load_residual_biggan(tmp_path)
    z = torch.randn(2, generator.latent_dim, generator=torch.Generator().manual_seed(0))
    y = torch.tensor([4, 1])
    assert generator.image_shape == (3, options.get("resolution", 32), options.get("resolution", 32))
    assert generator.num_classes == 5
    assert torch.allclose(generator(z, y).double(), reference(state, z, y), atol=2e-5)
    assert torch.allclose(generator(z, None).double(), reference(state, z, None), atol=2e-5)


def test_it_is_frozen_and_differentiable_in_z(tmp_path):
    torch.save(published(), tmp_path / "G.pth")
    generator = load_residual_biggan(tmp_path / "G.pth")
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    z = generator.sample_latents(3).requires_grad_(True)
    generator(z, None).sum().backward()
    assert z.grad.abs().sum() > 0
    assert not any(p.requires_grad for p in generator.parameters())
    assert all(torch.equal(value, before[name]) for name, value in generator.state_dict().items())


def test_the_average_is_preferred_and_parallel_prefixes_are_removed(tmp_path):
    torch.save(published(seed=1), tmp_path / "G.pth")
    average = published(seed=2)
    torch.save({f"module.{name}": value for name, value in average.items()}, tmp_path / "G_ema.pth")
    generator = load_residual_biggan(tmp_path)
    z = torch.randn(1, generator.latent_dim)
    assert torch.allclose(generator(z, None).double(), reference(average, z, None), atol=2e-5)


def test_standing_statistics(tmp_path):
    state = published()
    deeper = {}
    for name, value in state.items():
        prefix, _, field = name.rpartition(".")
        deeper[f"{prefix}.bn.{field}" if field.startswith("stored_") else name] = value * 4 if field.startswith("stored_") else value
        if field == "stored_mean":
            deeper[f"{prefix}.bn.accumulation_counter"] = torch.tensor([4.0])
    torch.save(deeper, tmp_path / "G.pth")
    z = torch.randn(1, 12)
    assert torch.allclose(load_residual_biggan(tmp_path)(z, None).double(), reference(state, z, None), atol=2e-5)


def without(state, name):
    return {n: v for n, v in state.items() if n != name}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda s: {}, "is not a residual BigGAN"),
        (lambda s: without(s, "shared.weight"), "'shared.weight': missing or misshapen"),
        (lambda s: without(s, "blocks.1.0.conv_sc.bias"), r"1 missing: blocks\.1\.0\.conv_sc\.bias"),
        (lambda s: s | {"blocks.0.0.conv3.weight": torch.zeros(1)}, r"not of this network: blocks\.0\.0\.conv3\.weight"),
        (lambda s: s | {"linear.u1": torch.zeros(1, 512)}, r"not of this network: linear\.u1"),
        (lambda s: s | {"blocks.0.0.bn2.stored_var": torch.ones(3)}, r"another shape: blocks\.0\.0\.bn2\.stored_var"),
        (lambda s: s | {"blocks.2.0.bn1.gain.weight": torch.zeros(32, 7)}, r"another shape: blocks\.2\.0\.bn1\.gain\.weight"),
        (lambda s: s | {"linear.bias": torch.full((512,), float("nan"))}, r"NaN or infinity in linear\.bias"),
    ],
)
def test_other_files_are_refused(damage, message, tmp_path):
    torch.save(damage(published()), tmp_path / "G.pth")
    with pytest.raises(CheckpointError, match=message):
        load_residual_biggan(tmp_path)


def test_missing_altered_and_truncated(tmp_path):
    with pytest.raises(CheckpointError, match=r"no folder with G_ema\.pth or G\.pth"):
        load_residual_biggan(tmp_path)
    path = tmp_path / "G.pth"
    torch.save(published(), path)
    with pytest.raises(CheckpointError, match="SHA-256"):
        load_residual_biggan(path, sha256="0" * 64)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(CheckpointError, match="cannot be read as weights"):
        load_residual_biggan(path)
