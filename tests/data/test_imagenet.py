"""ImageNet as it lies on people's disks: both validation layouts, the cache, and one error for all that is wrong."""

import io
import shutil

import numpy as np
import pytest
import torch
from conftest import arrange_imagenet, flip_last_bit, photographs
from PIL import Image

from paperlib import data
from paperlib.data.imagenet import CLASSES, DataError, imagenet10


@pytest.fixture
def root(tmp_path):
    return arrange_imagenet(tmp_path / "imagenet")


@pytest.fixture
def read(tmp_path):
    return lambda root: imagenet10(root, cache=tmp_path / "cache", progress=False)


def test_the_ten_classes():
    ids = {
        "n02687172": 403, "n02782093": 417, "n03345487": 555, "n02423022": 353, "n01443537": 1,
        "n02099712": 208, "n02119022": 277, "n02028035": 141, "n04037443": 751, "n02123045": 281,
    }  # fmt: skip
    assert {c.wnid: c.index for c in CLASSES} == ids
    in_wnid_order = sorted(CLASSES, key=lambda c: c.wnid)
    assert [c.index for c in in_wnid_order] == sorted(c.index for c in CLASSES)


def test_folders_of_classes(root, read):
    train, test = read(root)
    assert train.images.shape == (20, 3, 128, 128)
    assert train.images.dtype == torch.uint8
    assert train.labels.tolist() == [label for label in range(10) for _ in range(2)]
    assert test.labels.tolist() == list(range(10))
    data.check_images(train.images)


def test_pixels_are_the_central_square(root, read):
    path = next((root / "val" / CLASSES[0].wnid).iterdir())
    with Image.open(path) as image:
        side = min(image.size)
        left, top = (image.width - side) / 2, (image.height - side) / 2
        square = image.convert("RGB").resize((128, 128), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))
    assert np.abs(np.asarray(square, dtype=int) - read(root)[1].images[0].permute(1, 2, 0).numpy()).max() <= 1


def flatten(root):
    """Move the validation images into one folder, as the archive has them -> [(file name, wnid)]."""
    names = []
    for i, c in enumerate(CLASSES[::-1]):
        name = f"ILSVRC2012_val_{i + 1:08d}.JPEG"
        shutil.move(next((root / "val" / c.wnid).iterdir()), root / "val" / name)
        (root / "val" / c.wnid).rmdir()
        names.append((name, c.wnid))
    shutil.copy(root / "val" / names[0][0], root / "val" / "ILSVRC2012_val_00000011.JPEG")
    return [*names, ("ILSVRC2012_val_00000011.JPEG", "n01440764")]


@pytest.mark.parametrize("form", ["kaggle", "caffe", "tensorflow"])
def test_the_flat_layout_with_every_label_file(root, read, form):
    expected = read(root)[1]
    names = flatten(root)
    index = {c.wnid: c.index for c in CLASSES} | {"n01440764": 0}
    text, path = {
        "kaggle": ("ImageId,PredictionString\n" + "".join(f"{n.removesuffix('.JPEG')},{w} 1 2 3 4 {w} 5 6 7 8 \n" for n, w in names[::-1]), "LOC_val_solution.csv"),
        "caffe": ("".join(f"{n} {index[w]}\n" for n, w in names), "val.txt"),
        "tensorflow": ("".join(f"{w}\n" for _, w in names), "imagenet_2012_validation_synset_labels.txt"),
    }[form]  # fmt: skip
    (root / path).write_text(text)
    found = read(root)[1]
    assert torch.equal(found.labels, expected.labels)
    assert torch.equal(found.images, expected.images)


def test_one_error_lists_everything(root, read):
    shutil.rmtree(root / "train" / CLASSES[3].wnid)
    whole = next((root / "train" / CLASSES[0].wnid).iterdir())
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    empty = next((root / "val" / CLASSES[5].wnid).iterdir())
    empty.write_bytes(b"")
    with pytest.raises(DataError) as caught:
        read(root)
    message = str(caught.value)
    assert all(text in message for text in ("n02423022 (gazelle) holds no image", str(whole), "truncated", str(empty), "PAPERLIB_IMAGENET"))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda root: shutil.rmtree(root / "val"), "val is no folder"),
        (flatten, "no label file lies beside it"),
        (lambda root: (flatten(root), (root / "val.txt").write_text("a.JPEG 1\n")), "no label for 11 of 11 images"),
        (lambda root: (flatten(root), (root / "val_labels.txt").write_text("n01443537\n")), "labels 1 images, but"),
    ],
)
def test_missing_folders_and_labels(root, read, damage, message):
    damage(root)
    with pytest.raises(DataError, match=message):
        read(root)


def test_the_cache_is_used_checked_and_renewed(root, read, tmp_path, monkeypatch):
    first = read(root)
    monkeypatch.setattr("paperlib.data.decoding.decode_file", lambda *_: "decoded again")
    assert torch.equal(read(root)[0].images, first[0].images)
    cached = next((tmp_path / "cache").glob("imagenet10-train-*"))
    flip_last_bit(cached)
    with pytest.raises(DataError, match="decoded again"):
        read(root)
    monkeypatch.undo()
    assert torch.equal(read(root)[0].images, first[0].images)
    next((root / "train" / CLASSES[0].wnid).iterdir()).unlink()
    assert len(read(root)[0]) == 19


def test_grey_and_cmyk_files_become_rgb(root, read):
    grey, cmyk = (next((root / "val" / CLASSES[i].wnid).iterdir()) for i in (0, 1))
    for path, mode in ((grey, "L"), (cmyk, "CMYK")):
        with Image.open(path) as image:
            image.convert(mode).save(path, "JPEG")
    images = read(root)[1].images
    assert torch.equal(images[0, 0], images[0, 1])
    assert images.shape == (10, 3, 128, 128)


def test_bytes_and_floats_are_inverse():
    every = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    assert torch.equal(data.to_bytes(data.to_floats(every)), every)
    assert data.to_floats(every).aminmax() == (-1, 1)
    x = torch.rand(2, 1, 4, 4) * 2 - 1
    assert (data.to_floats(data.to_bytes(x)) - x).abs().max() <= 1 / 255 + 1e-6
    assert data.to_floats(x) is x


def test_the_photographs_are_real_and_ten():
    sizes = [Image.open(io.BytesIO(photograph)).size for photograph in photographs()]
    assert len(sizes) == 10
    assert all(min(size) > 200 for size in sizes)
