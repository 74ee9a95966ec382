"""The state dict of the author's combined module: three parts that compute what that module computes."""

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from conftest import published_biggan
from torch import nn

from companion.author_checkpoint import load_author_model
from paperlib.generators.residual_biggan import load_residual_biggan
from paperlib.networks.vgg_face import CONVOLUTIONS_PER_BLOCK, attribute_classifier, published_names
from paperlib.support.weights import CheckpointError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def state():
    """Under the names of that module; the classes have no shared embedding, as by its default."""
    rng = torch.Generator().manual_seed(0)
    ours = attribute_classifier(5, backbone=None).network.state_dict()
    classifier = {f"classifier.{theirs}": ours[name] for theirs, name in published_names().items()}
    generator = {f"G.{name}": value for name, value in published_biggan(shared=0, dim_z=20).items()}
    sizes = (5, 256, 512, 40)
    layers = {}
    for i, (inside, out) in enumerate(pairwise(sizes)):
        layers[f"input_generator.fc.{2 * i}.weight"] = torch.randn(out, inside, generator=rng) / inside**0.5
        layers[f"input_generator.fc.{2 * i}.bias"] = torch.randn(out, generator=rng)
    return generator | classifier | layers


def logits(state, images):
    """VGG-Face's layers one after the other, by its own names, on images resized to 224 pixels."""
    h = F.interpolate(images, size=224, mode="nearest")
    for block, convolutions in enumerate(CONVOLUTIONS_PER_BLOCK, 1):
        for i in range(1, convolutions + 1):
            name = f"classifier.conv{block}_{i}"
            h = F.relu(F.conv2d(h, state[f"{name}.weight"], state[f"{name}.bias"], padding=1))
        h = F.max_pool2d(h, 2)
    h = h.flatten(1)
    for name in ("fc6", "fc7", "fc8"):
        h = F.linear(F.relu(h) if name != "fc6" else h, state[f"classifier.{name}.weight"], state[f"classifier.{name}.bias"])
    return h


def test_parts_of_two_models_are_refused(state, tmp_path):
    name = "input_generator.fc.4"
    torch.save(state | {f"{name}.{part}": state[f"{name}.{part}"][:36] for part in ("weight", "bias")}, tmp_path / "cGAN_state.pt")
    with pytest.raises(CheckpointError, match="turns 5 attributes into 18 latents; the generator takes 5 classes and 20 latents"):
        load_author_model(tmp_path / "cGAN_state.pt")


def test_its_parts_compute_what_the_module_computes(state, tmp_path):
    torch.save(state, tmp_path / "cGAN_state.pt")
    model = load_author_model(str(tmp_path / "cGAN_state.pt"))
    attribute = torch.tensor([3, 0])
    h = F.one_hot(attribute, 5).float()
    for i in (0, 2, 4):
        h = F.linear(F.relu(h) if i else h, state[f"input_generator.fc.{i}.weight"], state[f"input_generator.fc.{i}.bias"])
    mu, sigma = model.conditioner.distribution(attribute)
    assert torch.allclose(mu, h[:, :20], atol=1e-5)
    assert torch.allclose(sigma, F.softplus(h[:, 20:]), atol=1e-5)
    z = model.conditioner.sample(attribute, torch.Generator().manual_seed(0))
    torch.save({name.removeprefix("G."): value for name, value in state.items() if name.startswith("G.")}, tmp_path / "G.pth")
    images = load_residual_biggan(tmp_path / "G.pth")(z, attribute)
    assert torch.equal(model.generator(z, attribute), images)
    assert torch.allclose(model.classifier(images), logits(state, images), rtol=1e-3, atol=1e-4)
    assert model.classifier.class_names == ("White", "Black", "Asian", "Indian", "Others")
    parts = (model.generator, model.classifier, model.conditioner)
    assert not any(p.requires_grad for part in parts for p in part.parameters())
    assert not any(module.training for part in parts for module in part.modules())


def test_a_pickled_module_is_refused_with_the_way_out(tmp_path):
    path = tmp_path / "cGAN_best_model.pt"
    torch.save({"model": nn.Linear(2, 2), "epoch": 3}, path)
    with pytest.raises(CheckpointError) as refused:
        load_author_model(path)
    *_, load, save = str(refused.value).splitlines()
    assert "cannot be read as weights" in str(refused.value)
    assert load == '  model = torch.load("cGAN_best_model.pt", map_location="cpu", weights_only=False)["model"]'
    assert save == '  torch.save(model.state_dict(), "cGAN_state.pt")'


def test_a_missing_file_has_no_way_out(tmp_path):
    with pytest.raises(CheckpointError) as refused:
        load_author_model(tmp_path / "none.pt")
    assert str(refused.value).splitlines() == [f"{tmp_path}/none.pt is no file; give the path of a state dict."]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda s: {n: t for n, t in s.items() if not n.startswith("classifier.")}, r"lacks classifier\.\*; the author's module has G\.\*"),
        (lambda s: s | {"upsample.weight": torch.zeros(1)}, r"has upsample\.weight; the author's module has"),
        (lambda s: s | {"input_generator.fc.2.weight": torch.zeros(512, 255)}, r"another shape: 2\.weight"),
        (lambda s: {n: t for n, t in s.items() if n != "input_generator.fc.4.weight"}, r"no input generator of three layers: '4\.weight'"),
        (lambda s: s | {"classifier.fc6.weight": torch.zeros(512, 512)}, r"another shape: fc6\.weight"),
        (lambda s: {n: t for n, t in s.items() if n != "G.linear.bias"}, r"1 missing: linear\.bias"),
    ],
)
def test_other_state_dicts_are_refused(state, damage, message, tmp_path):
    torch.save(damage(state), tmp_path / "state.pt")
    with pytest.raises(CheckpointError, match=message):
        load_author_model(tmp_path / "state.pt")
