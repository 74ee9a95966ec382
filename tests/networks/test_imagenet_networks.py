"""Inception and the judge compute what pytorch-fid and torchvision compute, from files in their formats."""

from functools import partial

import numpy as np
import pytest
import torch
from pytorch_fid import fid_score
from pytorch_fid import inception as pytorch_fid
from torch import nn

from companion.support.paths import Paths
from paperlib.data import to_bytes, to_floats
from paperlib.data.imagenet import CLASSES
from paperlib.metrics import frechet_distance, gaussian, inception_score
from paperlib.networks._torchvision import torchvision
from paperlib.networks.features import cached_features, extract
from paperlib.networks.imagenet import INCEPTION, RESNET50, ImageNetJudge, Inception
from paperlib.support.weights import CheckpointError

pytestmark = pytest.mark.slow


@pytest.fixture
def files(outside_files):
    return Paths.from_environment(outside_files)


@pytest.fixture
def images():
    smooth = torch.nn.functional.interpolate(torch.rand(12, 3, 8, 8, generator=torch.Generator().manual_seed(0)), size=64, mode="bilinear")
    return to_bytes(smooth * 2 - 1)


def test_features_and_fid_are_pytorch_fids(files, images, monkeypatch):
    monkeypatch.setattr(pytorch_fid, "load_state_dict_from_url", lambda url, progress: torch.load(files.inception, weights_only=True))
    theirs = pytorch_fid.InceptionV3([3]).eval()
    with torch.no_grad():
        expected = theirs((to_floats(images) + 1) / 2)[0][:, :, 0, 0]
    found = extract(Inception(file=files.inception), images, batch_size=5)
    assert found.features.shape == (12, 2048)
    assert torch.allclose(found.features, expected, atol=1e-4 * expected.abs().max())
    logits = expected @ torch.load(files.inception, weights_only=True)["fc.weight"].T
    assert torch.allclose(found.probabilities, logits.softmax(1), atol=1e-5)
    assert 1 <= inception_score(found.probabilities) <= 1008
    halves = [np.asarray(part[:, :40], dtype=float) for part in expected.split(6)]
    with pytest.warns(DeprecationWarning, match="disp"):
        reference = fid_score.calculate_frechet_distance(*gaussian(halves[0]), *gaussian(halves[1]))
    assert frechet_distance(*gaussian(halves[0]), *gaussian(halves[1])) == pytest.approx(reference, rel=1e-3)


def test_features_of_the_reference_are_cached_and_renewed(files, images, tmp_path, monkeypatch):
    network = Inception(file=files.inception)
    first = cached_features(network, images[:4], tmp_path)
    assert torch.equal(first, extract(network, images[:4]).features)
    monkeypatch.setattr(network, "features", None)
    assert torch.equal(cached_features(network, images[:4], tmp_path), first)
    monkeypatch.undo()
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-10])
    assert torch.equal(cached_features(network, images[:4], tmp_path), first)
    cached_features(network, images[1:5], tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_the_judge_is_torchvisions(files, images):
    judge = ImageNetJudge([c.index for c in CLASSES], file=files.judge)
    network = torchvision.models.resnet50(weights=None)
    network.load_state_dict(torch.load(files.judge, weights_only=True))
    transform = torchvision.transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    x = torch.nn.functional.interpolate((to_floats(images[:2]) + 1) / 2, size=(224, 224), mode="bilinear", antialias=True)
    with torch.no_grad():
        expected = network.eval()(transform(x))[:, [403, 417, 555, 353, 1, 208, 277, 141, 751, 281]]
        assert torch.allclose(judge(to_floats(images[:2])), expected, atol=1e-4 * expected.abs().max())


@pytest.mark.parametrize(("file", "build"), [(INCEPTION, Inception), (RESNET50, partial(ImageNetJudge, [0]))])
def test_missing_and_foreign_weights(file, build, tmp_path):
    with pytest.raises(CheckpointError, match=f"{file.variable} = .* is missing; fetch https"):
        build(file=tmp_path / "weights.pth")
    torch.save(nn.Linear(2, 2).state_dict(), tmp_path / "weights.pth")
    with pytest.raises(CheckpointError, match="2 not of this network"):
        build(file=tmp_path / "weights.pth")


def test_a_failed_download_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", lambda *a, **k: (_ for _ in ()).throw(OSError("no network")))
    with pytest.raises(CheckpointError, match=f"no network.*set {RESNET50.variable}"):
        RESNET50.path(None)
