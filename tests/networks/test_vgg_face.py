"""VGG-Face: what it computes under its published names, what it refuses, and paper B's classifier on top of it."""

import pytest
import torch
import torch.nn.functional as F
from conftest import random_vgg_face_state
from safetensors.torch import load_file, save_file
from torch import nn

from paperlib.networks.frozen import evaluating
from paperlib.networks.vgg_face import (
    FaceAttributeClassifier,
    attribute_classifier,
    judge_classifier,
    load_attribute_classifier,
    load_vgg_face,
    published_names,
    save_attribute_classifier,
)
from paperlib.support.weights import CheckpointError

pytestmark = pytest.mark.slow


def vgg_face_by_definition(state, x):
    """Parkhi et al. 2015, Table 3, in the published names."""
    for block, convolutions in ((1, 2), (2, 2), (3, 3), (4, 3), (5, 3)):
        for i in range(1, convolutions + 1):
            x = F.relu(F.conv2d(x, state[f"conv{block}_{i}.weight"], state[f"conv{block}_{i}.bias"], padding=1))
        x = F.max_pool2d(x, 2, 2)
    x = F.relu(F.linear(x.flatten(1), state["fc6.weight"], state["fc6.bias"]))
    x = F.relu(F.linear(x, state["fc7.weight"], state["fc7.bias"]))
    return F.linear(x, state["fc8.weight"], state["fc8.bias"])


@pytest.fixture(scope="module")
def faces():
    return torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_the_whole_network_computes_what_vgg_face_is(vgg_face_file):
    network = load_vgg_face(vgg_face_file)
    pixels = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(1)) * 255 - 110
    expected = vgg_face_by_definition({name: value.float() for name, value in random_vgg_face_state().items()}, pixels)
    found = network(pixels)
    assert found.shape == (1, 2622)
    assert expected.std() > 1
    assert torch.allclose(found, expected, rtol=1e-4, atol=1e-4 * expected.std().item())
    assert sum(p.numel() for p in network.parameters()) == 145_002_878
    assert not network.training
    assert not any(p.requires_grad for p in network.parameters())
    assert all(p.dtype == torch.float32 for p in network.parameters())


def test_every_tensor_has_one_name():
    names = published_names()
    assert set(names) == set(published_shapes())
    assert len(set(names.values())) == 32
    assert names["conv1_1.weight"] == "features.0.weight"
    assert names["conv5_3.bias"] == "features.28.bias"


def published_shapes():
    """The published names with one number behind each tensor: what a file of 580 MB holds, in a few kilobytes."""
    with torch.device("meta"):
        from paperlib.networks._torchvision import torchvision

        network = torchvision.models.vgg16(num_classes=2622).state_dict()
    return {theirs: torch.zeros(()).expand(network[ours].shape) for theirs, ours in published_names().items()}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda s: s.pop("conv3_2.bias"), r"1 missing: conv3_2\.bias"),
        (lambda s: s.update(extra=torch.zeros(1)), "1 not of this network: extra"),
        (lambda s: s.update({"fc8.weight": torch.zeros(1000, 4096)}), r"1 of another shape: fc8\.weight"),
        (lambda s: s.update({"fc8.bias": torch.full((2622,), float("nan"))}), r"NaN or infinity in fc8\.bias"),
        (lambda s: [s.update({published_names()[n]: s.pop(n)}) for n in list(s)], "32 missing: conv1_1.bias, .*"),
        (lambda s: s.clear(), "32 missing"),
    ],
)
def test_a_foreign_file_is_refused(tmp_path, damage, message):
    state = published_shapes()
    damage(state)
    torch.save(state, tmp_path / "vgg.pth")
    assert (tmp_path / "vgg.pth").stat().st_size < 20_000_000
    with pytest.raises(CheckpointError, match=message):
        load_vgg_face(tmp_path / "vgg.pth")


def test_a_missing_or_truncated_file_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="is missing; fetch VGG-Face"):
        load_vgg_face(tmp_path / "nothing.pth")
    (tmp_path / "half.pth").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(CheckpointError, match="cannot be read as weights"):
        load_vgg_face(tmp_path / "half.pth")


def test_normalisation_and_upsampling(faces):
    half, mean = (FaceAttributeClassifier(nn.Identity(), kind)(faces) for kind in ("half", "mean"))
    rows = torch.arange(224) * 32 // 224
    upsampled = faces[:, :, rows][..., rows]
    assert torch.equal(half, upsampled)
    pixels = (faces + 1) / 2 * 255
    for channel, value in enumerate((129.2, 104.8, 93.6)):
        assert torch.allclose(mean[:, channel], pixels[:, channel][:, rows][..., rows] - value, atol=1e-4)


def test_images_and_settings_that_do_not_fit(faces):
    with pytest.raises(ValueError, match="normalisation = 'imagenet': use 'half'"):
        FaceAttributeClassifier(nn.Identity(), "imagenet")
    with pytest.raises(ValueError, match=r"shape \(2, 1, 32, 32\); expected \(N, 3, h, w\)"):
        FaceAttributeClassifier(nn.Identity())(faces[:, :1])


def test_the_classifier_starts_from_vgg_face(vgg_face_file):
    state = torch.random.get_rng_state()
    model = attribute_classifier(5, backbone=vgg_face_file, normalisation="mean")
    assert torch.equal(torch.random.get_rng_state(), state)
    published = torch.load(vgg_face_file, weights_only=True, mmap=True)
    for theirs, ours in published_names().items():
        if ours.startswith("features"):
            assert torch.equal(model.network.get_parameter(ours), published[theirs].float())
    assert [tuple(layer.weight.shape) for layer in model.network.classifier if isinstance(layer, nn.Linear)] == [
        (512, 25088), (1024, 512), (5, 1024),
    ]  # fmt: skip
    assert all(p.requires_grad for p in model.parameters())
    assert model.training
    assert model.normalisation == "mean"


def test_a_frozen_backbone_and_the_seed():
    one, same, other = (attribute_classifier(2, backbone=None, freeze_backbone=True, seed=seed) for seed in (0, 0, 1))
    assert {name.split(".")[1] for name, p in one.named_parameters() if p.requires_grad} == {"classifier"}
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), same.parameters(), strict=True))
    assert not torch.equal(one.network.classifier[0].weight, other.network.classifier[0].weight)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    model = attribute_classifier(5, backbone=None, normalisation="mean")
    path = tmp_path_factory.mktemp("saved") / "race.safetensors"
    save_attribute_classifier(model, path, attribute="race", class_names=["White", "Black", "Asian", "Indian", "Others"])
    return model, path


def test_saved_and_loaded_is_the_same(saved, faces):
    model, path = saved
    loaded = load_attribute_classifier(path)
    with evaluating(model), torch.no_grad():
        expected = model(faces)
    assert torch.equal(loaded(faces), expected)
    assert (loaded.attribute, loaded.normalisation) == ("race", "mean")
    assert loaded.class_names == ("White", "Black", "Asian", "Indian", "Others")
    assert not loaded.training
    assert not any(p.requires_grad for p in loaded.parameters())
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_the_loaded_classifier_lets_gradients_through_to_the_images(saved, faces):
    x = faces[:1].clone().requires_grad_(True)
    load_attribute_classifier(saved[1])(x).logsumexp(1).sum().backward()
    assert x.grad.abs().sum() > 0


def test_the_judge_is_another_network_and_is_kept_the_same_way(faces, tmp_path):
    model = judge_classifier(5, seed=1).eval()
    save_attribute_classifier(model, tmp_path / "judge.safetensors", attribute="race", class_names="abcde")
    loaded = load_attribute_classifier(tmp_path / "judge.safetensors")
    assert torch.equal(loaded(faces), model(faces))
    assert not any(p.requires_grad for p in loaded.parameters())
    assert loaded.class_names == tuple("abcde")


WORDS = {"attribute": "gender", "class_names": '["male", "female"]', "normalisation": "half", "network": "vgg-face"}


@pytest.mark.parametrize(
    ("about", "message"),
    [
        (None, "does not say its attribute"),
        (WORDS | {"network": "alexnet"}, "does not say its attribute, classes and normalisation"),
        (WORDS | {"normalisation": "imagenet"}, "does not say its attribute, classes and normalisation"),
        (WORDS, r"of another shape: classifier\.6\.bias, classifier\.6\.weight"),
    ],
)
def test_a_file_that_does_not_describe_itself_is_refused(saved, tmp_path, about, message):
    save_file(load_file(saved[1]), tmp_path / "other.safetensors", metadata=about)
    with pytest.raises(CheckpointError, match=message):
        load_attribute_classifier(tmp_path / "other.safetensors")


def test_no_code_in_the_file(saved, tmp_path):
    with pytest.raises(ValueError, match=r"ends in \.safetensors"):
        save_attribute_classifier(saved[0], tmp_path / "race.pt", attribute="race", class_names="abcde")
    with pytest.raises(ValueError, match=r"class_names = \['a'\]: the classifier has 5 outputs"):
        save_attribute_classifier(saved[0], tmp_path / "race.safetensors", attribute="race", class_names=["a"])
    with pytest.raises(CheckpointError, match="appendix_train_attribute_classifier"):
        load_attribute_classifier(tmp_path / "race.safetensors")
