"""CIFAR-10 in every form it comes in, at 10 and 2 images a class."""

import io
import os
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import torch
from conftest import flip_last_bit
from PIL import Image

from companion.support.paths import ROOT
from paperlib.data.cifar10 import BATCHES, CLASSES, Cifar10, cifar10, describe
from paperlib.data.decoding import DataError
from paperlib.support.weights import sha256_of

module = sys.modules["paperlib.data.cifar10"]
COUNTS = {"train": 10, "test": 2}
WHOLE = Path(os.environ.get("PAPERLIB_CIFAR10", ROOT.parent / "shared" / "data" / "cifar10-jpeg.zip"))


def pixels(part: str, label: int, i: int) -> torch.Tensor:
    """(3, 32, 32) bytes of one colour, which a JPEG file keeps to a unit or two."""
    return torch.tensor([20 * label, 20 * i, 200 if part == "train" else 50], dtype=torch.uint8)[:, None, None].expand(3, 32, 32)


def write_folder(root: Path) -> Path:
    for part, count in COUNTS.items():
        for label, name in enumerate(CLASSES):
            (root / part / name).mkdir(parents=True)
            for i in range(count):
                picture = Image.fromarray(pixels(part, label, i).permute(1, 2, 0).numpy())
                picture.save(root / part / name / f"{i:04d}.jpg", quality=100, subsampling=0)
    return root


def write_zip(root: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(root.rglob("*.jpg")):
            archive.write(file, file.relative_to(root))
    return path


def write_batches(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The official layout: the classes in turn, two images of each in a file; the checksums are these files'."""
    folder.mkdir(parents=True)
    for part, names in BATCHES.items():
        for k, name in enumerate(names):
            rows = [(label, pixels(part, label, 2 * k + i)) for i in range(2) for label in range(10)]
            (folder / name).write_bytes(b"".join(bytes([label]) + image.numpy().tobytes() for label, image in rows))
    monkeypatch.setattr(module, "BATCH_SHA256", {name: sha256_of(folder / name) for names in BATCHES.values() for name in names})
    return folder


def write_archive(batches: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        archive.add(batches, "cifar-10-batches-bin")
    monkeypatch.setattr(module, "SHA256", sha256_of(path))
    return path


@pytest.fixture
def forms(tmp_path, monkeypatch) -> dict[str, Path]:
    monkeypatch.setattr(module, "PER_CLASS", COUNTS)
    folder = write_folder(tmp_path / "images")
    batches = write_batches(tmp_path / "official" / "cifar-10-batches-bin", monkeypatch)
    return {
        "JPEG files, a re-encoding": folder,
        "the official binary files": batches,
        "zip": write_zip(folder, tmp_path / "images.zip"),
        "the official binary archive": write_archive(batches, tmp_path / "cifar-10-binary.tar.gz", monkeypatch),
    }


@pytest.fixture
def read(tmp_path):
    return lambda source=None: cifar10(source, cache=tmp_path / "cache", progress=False)


def parts(data: Cifar10):
    return data.train, data.validation, data.test


def test_every_form_gives_the_same_images_and_the_same_split(forms, read):
    official = read(forms["the official binary archive"])
    assert [len(part) for part in parts(official)] == [90, 10, 20]
    assert all(part.images.dtype == torch.uint8 and part.images.shape[1:] == (3, 32, 32) for part in parts(official))
    assert all(torch.bincount(part.labels).tolist() == [len(part) // 10] * 10 for part in parts(official))
    for name, path in forms.items():
        for ours, theirs in zip(parts(read(path)), parts(official), strict=True):
            assert torch.equal(ours.labels, theirs.labels)
            assert (ours.images.int() - theirs.images.int()).abs().max() <= (3 if name in ("zip", "JPEG files, a re-encoding") else 0)
        assert describe(path) == (name if name != "zip" else "JPEG files, a re-encoding")
    assert len(official.all_training) == 100


def test_the_pixels_are_where_they_belong(forms, read):
    train = read(forms["the official binary files"]).train
    assert (train.images[:, 0, 0, 0] == 20 * train.labels).all()
    assert (train.images[:, 2] == 200).all()


def test_a_zip_is_decoded_once(forms, read, monkeypatch):
    first = read(forms["zip"])
    monkeypatch.setattr(module, "decode_file", lambda *_: "decoded again")
    assert torch.equal(read(forms["zip"]).train.images, first.train.images)
    flip_last_bit(next((forms["zip"].parent / "cache").glob("cifar10-test-*")))
    with pytest.raises(DataError, match="decoded again"):
        read(forms["zip"])


def test_damage_is_named(forms, read):
    for name in ("the official binary archive", "the official binary files"):
        flip_last_bit(forms[name] if forms[name].is_file() else forms[name] / "data_batch_3.bin")
        with pytest.raises(DataError, match="SHA-256"):
            read(forms[name])
    next((forms["JPEG files, a re-encoding"] / "test" / "cat").glob("*.jpg")).unlink()
    with pytest.raises(DataError, match="not whole"):
        read(forms["JPEG files, a re-encoding"])


def test_a_broken_image_in_a_zip_is_named(forms, read, tmp_path):
    with zipfile.ZipFile(forms["zip"], "a") as archive:
        archive.writestr("train/cat/9999.jpg", b"no image")
    with pytest.raises(DataError, match=r"train/cat/9999\.jpg cannot be read"):
        read(forms["zip"])


def test_other_classes_and_nothing_at_all_are_refused(forms, read, tmp_path):
    folder = forms["JPEG files, a re-encoding"]
    (folder / "train" / "cat").rename(folder / "train" / "lion")
    with pytest.raises(DataError, match="lion"):
        read(folder)
    with pytest.raises(DataError, match="PAPERLIB_CIFAR10"):
        read(tmp_path / "nowhere")
    assert describe(tmp_path / "nowhere") is None
    (tmp_path / "notes.txt").write_text("no archive")
    assert describe(tmp_path / "notes.txt") is None
    with pytest.raises(DataError, match=r"notes\.txt holds no CIFAR-10"):
        read(tmp_path / "notes.txt")


def test_without_a_source_the_archive_is_downloaded(forms, read, tmp_path, monkeypatch):
    archive = forms["the official binary archive"]

    def download(url, path, hash_prefix):
        assert hash_prefix == module.SHA256
        Path(path).write_bytes(archive.read_bytes())

    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    assert torch.equal(read().train.images, read(archive).train.images)
    assert (tmp_path / "cache" / "cifar-10-binary.tar.gz").is_file()


def test_without_a_network_the_error_names_the_remedy(read, monkeypatch):
    def download(url, path, hash_prefix):
        raise OSError("no network")

    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    with pytest.raises(DataError, match=r"could not be downloaded .*no network.*PAPERLIB_CIFAR10"):
        read()


@pytest.mark.skipif(not WHOLE.exists(), reason="CIFAR-10 is not at hand: set PAPERLIB_CIFAR10")
def test_the_images_at_hand_are_those_of_cifar10():
    """A few files of the zip: the real read is a minute on a slow machine."""
    if describe(WHOLE) != "JPEG files, a re-encoding" or not WHOLE.is_file():
        pytest.skip("PAPERLIB_CIFAR10 is no zip of images")
    with zipfile.ZipFile(WHOLE) as archive:
        names = archive.namelist()
        for part, count in {"train": 5000, "test": 1000}.items():
            assert {sum(name.startswith(f"{part}/{c}/") for name in names) for c in CLASSES} == {count}
        with Image.open(io.BytesIO(archive.read("train/airplane/0000.jpg"))) as image:
            assert image.size == (32, 32)
