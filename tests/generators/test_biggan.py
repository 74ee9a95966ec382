"""The fused BigGAN is the library's function; a checkpoint loads strictly or not at all."""

import copy
import json
import shutil
import sys

import pytest
import torch
import torch.nn.functional as F
from pytorch_pretrained_biggan import BigGANConfig
from pytorch_pretrained_biggan.utils import truncated_noise_sample
from safetensors.torch import save_file
from torch import nn

from paperlib import generators
from paperlib.generators import biggan
from paperlib.generators.attention import _attend, _attend_by_convolution
from paperlib.generators.fused_biggan import upsampling_weight
from paperlib.support.weights import CheckpointError

pytestmark = pytest.mark.slow

SMALL = BigGANConfig(
    output_dim=32, z_dim=16, class_embed_dim=16, channel_width=8, num_classes=6,
    layers=[(True, 16, 8), (True, 8, 4), (False, 4, 2), (True, 2, 1)], attention_layer_position=3,
)  # fmt: skip


def library_images(model, z, y, truncation):
    return model(z, F.one_hot(y, model.config.num_classes).to(z.dtype), truncation)


def relative(a, b):
    return ((a - b).abs().max() / b.abs().max()).item()


def gradient(function, z):
    z = z.clone().requires_grad_(True)
    return torch.autograd.grad(function(z).pow(2).sum(), z)[0]


def test_the_papers_network_is_the_librarys_function_forward_and_in_z():
    model = biggan.random_biggan()
    generator = generators.fuse_biggan(model, 0.5)
    z, y = generator.sample_latents(2, torch.Generator().manual_seed(0)), torch.tensor([3, 999])
    ours, theirs = generator(z, y), library_images(model, z, y, 0.5)
    assert ours.shape == (2, 3, 128, 128) == (2, *generator.image_shape)
    assert theirs.std() > 0.02
    assert relative(ours, theirs) < 1e-4
    assert relative(gradient(lambda z: generator(z, y), z), gradient(lambda z: library_images(model, z, y, 0.5), z)) < 1e-4


@pytest.mark.filterwarnings("ignore:truncation")
def test_every_truncation_on_and_off_the_grid():
    model = biggan.random_biggan(SMALL)
    z, y = torch.randn(3, 16), torch.tensor([0, 2, 5])
    images = []
    for truncation in [i * 0.02 for i in range(1, 51)] + [0.14, 0.28, 0.56, 0.58, 0.94, 0.013, 0.333, 0.995, 1.0]:
        with torch.no_grad():
            images.append(generators.fuse_biggan(model, truncation)(z, y))
            assert relative(images[-1], library_images(model, z, y, truncation)) < 1e-4, truncation
    assert relative(images[3], images[30]) > 1e-3


def test_off_the_grid_is_said():
    model = biggan.random_biggan(SMALL)
    with pytest.warns(UserWarning, match="mixes its BatchNorm tables 16 and 17"):
        generators.fuse_biggan(model, 0.333)


def test_on_the_grid_is_silent(recwarn):
    for truncation in (0.4, 0.5, 0.7, 1.0):
        generators.fuse_biggan(biggan.random_biggan(SMALL), truncation)
    assert not recwarn.list


def test_the_gradient_is_the_derivative_with_and_without_inplace_work():
    model = biggan.random_biggan(SMALL).double()
    generator = generators.fuse_biggan(model, 1.0, dtype=torch.float64)
    z, y = torch.randn(2, 16, dtype=torch.float64), torch.tensor([1, 4])
    found = gradient(lambda z: generator.module(z, y), z)
    assert relative(found, gradient(lambda z: library_images(model, z, y, 1.0), z)) < 1e-5
    with torch.no_grad():
        without = generator(z, y)
    assert torch.equal(without, generator(z.requires_grad_(True), y).detach())


def test_nothing_moves_and_no_weight_gets_a_gradient():
    model = biggan.random_biggan(SMALL)
    before = copy.deepcopy(model.state_dict())
    generator = generators.fuse_biggan(model, 1.0)
    weights = copy.deepcopy(generator.state_dict())
    z = torch.randn(2, 16)
    first = generator(z, torch.tensor([0, 1]))
    gradient(lambda z: generator(z, torch.tensor([0, 1])), z)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(torch.equal(value, weights[name]) for name, value in generator.state_dict().items())
    assert torch.equal(first, generator(z, torch.tensor([0, 1])))
    assert not list(generator.parameters())


def test_chosen_classes_withheld_label_and_bfloat16():
    model = biggan.random_biggan(SMALL)
    whole, part = generators.fuse_biggan(model), generators.fuse_biggan(model, classes=[4, 1])
    z = torch.randn(2, 16)
    assert (whole.num_classes, part.num_classes) == (6, 2)
    assert torch.equal(part(z, torch.tensor([0, 1])), whole(z, torch.tensor([4, 1])))
    with pytest.raises(ValueError, match="classes 0 to 1"):
        part(z, torch.tensor([0, 2]))
    mean = model.embeddings.weight.mean(1)
    withheld = model.generator(torch.cat([z, mean.expand(2, -1)], 1), 1.0)
    assert relative(whole(z, None), withheld) < 1e-4
    half = generators.fuse_biggan(model, dtype=torch.bfloat16)(z, torch.tensor([0, 1]))
    exact = whole(z, torch.tensor([0, 1]))
    assert F.cosine_similarity(half.flatten(1), exact.flatten(1)).min() > 0.99


def test_both_attentions_and_the_fused_upsample():
    q, k, v = torch.randn(2, 3, 4, 4), torch.randn(2, 3, 2, 2), torch.randn(2, 5, 2, 2)
    plain = (q.flatten(2).mT @ k.flatten(2)).softmax(2) @ v.flatten(2).mT
    for attend in (_attend, _attend_by_convolution):
        assert torch.allclose(attend(q, k, v), plain.mT.unflatten(2, (4, 4)), atol=1e-6)
    x, weight = torch.randn(2, 3, 5, 5), torch.randn(4, 3, 3, 3)
    slow = F.conv2d(F.interpolate(x, scale_factor=2), weight, padding=1)
    assert torch.allclose(F.conv_transpose2d(x, upsampling_weight(weight), stride=2, padding=1), slow, atol=1e-5)


def test_the_prior_is_the_librarys():
    generator = generators.fuse_biggan(biggan.random_biggan(SMALL), 0.4)
    z = generator.sample_latents(20_000, torch.Generator().manual_seed(1))
    theirs = torch.from_numpy(truncated_noise_sample(20_000, 16, 0.4, seed=1))
    assert z.abs().max() <= 0.8 + 1e-6
    grid = torch.linspace(-0.8, 0.8, 17)
    ours, library = ((x.flatten()[:, None] < grid).float().mean(0) for x in (z, theirs))
    assert (ours - library).abs().max() < 0.005
    assert torch.equal(z, generator.sample_latents(20_000, torch.Generator().manual_seed(1)))


@pytest.mark.parametrize("truncation", [0, -0.1, 1.2, float("nan")])
def test_truncation_out_of_range(truncation):
    with pytest.raises(ValueError, match="truncation"):
        generators.fuse_biggan(biggan.random_biggan(SMALL), truncation)


def test_other_models_and_classes_are_refused():
    with pytest.raises(ValueError, match="from_module"):
        generators.fuse_biggan(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="0 to 5"):
        generators.fuse_biggan(biggan.random_biggan(SMALL), classes=[6])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("biggan")
    biggan.save_biggan(biggan.random_biggan(SMALL), path)
    return path


@pytest.fixture
def altered(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copy")


def test_a_checkpoint_loads_in_every_form(folder, tmp_path):
    z, y = torch.randn(2, 16), torch.tensor([0, 5])
    images = generators.load_biggan(folder)(z, y)
    assert relative(images, library_images(biggan.random_biggan(SMALL), z, y, 1.0)) < 1e-4
    state = torch.load(folder / "pytorch_model.bin", weights_only=True)
    shutil.copy(folder / "config.json", tmp_path)
    torch.save(state, tmp_path / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    assert torch.equal(generators.load_biggan(tmp_path)(z, y), images)
    (tmp_path / "pytorch_model.bin").unlink()
    save_file({name: value.contiguous() for name, value in state.items()}, tmp_path / "model.safetensors")
    assert relative(generators.load_biggan(str(tmp_path))(z, y), images) < 1e-5


def test_what_the_library_accepts_silently_is_refused(altered):
    torch.save({}, altered / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"missing: embeddings\.weight"):
        generators.load_biggan(altered)
    torch.save(nn.Linear(2, 2).state_dict(), altered / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match="2 not of this network: bias, weight"):
        generators.load_biggan(altered)


def test_truncated_and_altered_files(altered):
    path = altered / "pytorch_model.bin"
    whole = path.read_bytes()
    with pytest.raises(CheckpointError, match="SHA-256"):
        generators.load_biggan(altered, sha256="0" * 64)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="cannot be read as weights"):
        generators.load_biggan(altered)
    path.write_bytes(b"")
    with pytest.raises(CheckpointError, match="0 bytes"):
        generators.load_biggan(altered)


def test_shape_nan_and_foreign_objects(altered):
    path = altered / "pytorch_model.bin"
    state = torch.load(path, weights_only=True)
    torch.save(state | {"embeddings.weight": torch.zeros(16, 7)}, path)
    with pytest.raises(CheckpointError, match=r"1 of another shape: embeddings\.weight"):
        generators.load_biggan(altered)
    torch.save(state | {"embeddings.weight": torch.full((16, 6), float("nan"))}, path)
    with pytest.raises(CheckpointError, match=r"NaN or infinity in embeddings\.weight"):
        generators.load_biggan(altered)
    torch.save({"a": Stranger()}, path)
    with pytest.raises(CheckpointError, match="cannot be read as weights"):
        generators.load_biggan(altered)
    torch.save([1, 2], path)
    with pytest.raises(CheckpointError, match="no state dict"):
        generators.load_biggan(altered)


class Stranger:
    """What an unpickler would build and a weights-only one must not."""


def test_configs(altered):
    values = json.loads((altered / "config.json").read_text())
    (altered / "config.json").write_text(json.dumps(values | {"channel_width": 16}))
    with pytest.raises(CheckpointError, match="of another shape"):
        generators.load_biggan(altered)
    (altered / "config.json").write_text("{}")
    with pytest.raises(CheckpointError, match="it lacks attention_layer_position"):
        generators.load_biggan(altered)
    (altered / "config.json").unlink()
    with pytest.raises(CheckpointError, match=r"holds pytorch_model\.bin"):
        generators.load_biggan(altered)


def test_sources_that_are_nowhere(tmp_path):
    with pytest.raises(CheckpointError, match="neither a folder nor a known name"):
        generators.load_biggan(tmp_path / "no" / "such")
    with pytest.raises(CheckpointError, match=r"\[hub\]|could not be fetched"):
        generators.load_biggan("nobody/no-such-repository")


def of_older_torch(model, *, normalised):
    """The state dict without `weight_v`, as PyTorch before 1.1 wrote it: with W / sigma beside W."""
    state = dict(model.state_dict())
    for name in [name.removesuffix("_v") for name in state if name.endswith("weight_v")]:
        v, u, original = state.pop(f"{name}_v"), state[f"{name}_u"], state[f"{name}_orig"]
        if normalised:
            state[name] = original / (u @ original.flatten(1) @ v)
    return state


@pytest.mark.parametrize("normalised", [True, False])
def test_files_of_an_older_torch_are_completed(normalised, tmp_path):
    model = biggan.random_biggan(SMALL)
    biggan.save_biggan(model, tmp_path)
    state = of_older_torch(model, normalised=normalised)
    torch.save(state, tmp_path / "pytorch_model.bin")
    z, y = torch.randn(2, 16, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 5])
    images = library_images(biggan.read_biggan(tmp_path), z, y, 1.0)
    if normalised:  # torch's own hook knows this kind alone
        theirs = biggan.random_biggan(SMALL, seed=1)
        theirs.load_state_dict(state)
        assert relative(images, library_images(theirs, z, y, 1.0)) < 1e-4
    assert relative(images, library_images(model, z, y, 1.0)) < (1e-4 if normalised else 1e-2)


def test_without_the_extra_the_hub_was_not_tried(monkeypatch):
    def gone(address):
        raise OSError("403 Forbidden")

    monkeypatch.setattr(biggan, "cached_path", gone)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(CheckpointError, match=r"Forbidden\)\. Not tried: the hub repository \S+ which needs pip install") as caught:
        biggan.downloaded("biggan-deep-128")
    assert str(caught.value).count("no network") == 1


def test_a_failed_download_goes_on_to_the_hub(monkeypatch, tmp_path):
    biggan.save_biggan(biggan.random_biggan(SMALL), tmp_path)
    asked = []

    def gone(address):
        raise OSError("403 Forbidden")

    def hub(repository):
        asked.append(repository)
        return tmp_path / "config.json", tmp_path / "pytorch_model.bin"

    monkeypatch.setattr(biggan, "cached_path", gone)
    monkeypatch.setattr(biggan, "hub_files", hub)
    assert biggan.read_biggan("biggan-deep-128").config.z_dim == 16
    assert asked == ["osanseviero/BigGAN-deep-128"]
    with pytest.raises(CheckpointError, match=r"biggan-deep-256 could not be fetched. Tried https://\S+256\S+ \(403 Forbidden\). Where"):
        biggan.read_biggan("biggan-deep-256")
    monkeypatch.setattr(biggan, "hub_files", gone)
    with pytest.raises(CheckpointError, match=r"128\S+ \(403 Forbidden\), then the hub repository osanseviero\S+ \(403 Forbidden\). Where"):
        biggan.read_biggan("biggan-deep-128")
