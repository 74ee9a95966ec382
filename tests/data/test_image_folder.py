"""A user's own images: the order of classes and files, pixels, the cache, and one error for all that is wrong."""

import io
import os
import random
import re

import pytest
import torch
from conftest import flip_last_bit
from PIL import Image

from paperlib import data
from paperlib.data.decoding import DataError
from paperlib.data.image_folder import FolderImages, image_folder

COLOURS = {"blue": (0, 0, 255), "green": (0, 255, 0), "red": (255, 0, 0)}


@pytest.fixture
def root(tmp_path):
    """Three classes of plain colour, in every kind of file, beside files and folders that are no images."""
    folder = tmp_path / "shapes" / "train"
    for name, colour in COLOURS.items():
        (folder / name).mkdir(parents=True)
        for i, suffix in enumerate((".png", ".JPG", ".jpeg", ".bmp", ".WebP")):
            kind = {".jpg": "JPEG", ".jpeg": "JPEG"}.get(suffix.lower(), suffix[1:].upper())
            Image.new("RGB", (12 + i, 20), colour).save(folder / name / f"{i}{suffix}", kind)
        (folder / name / "notes.txt").write_text("no image")
        (folder / name / "._0.png").write_bytes(b"what macOS leaves behind")
    (folder / ".checkpoints").mkdir()
    (folder / "list.csv").write_text("file,label\n")
    return folder


@pytest.fixture
def read(tmp_path):
    return lambda root, size=8, **settings: image_folder(root, size=size, cache=tmp_path / "cache", progress=False, **settings)


def test_classes_and_files_are_in_order(root, read):
    found = read(root)
    assert isinstance(found, data.Images)
    assert found.class_names == ("blue", "green", "red")
    assert found.labels.dtype == torch.long
    assert found.labels.tolist() == [0] * 5 + [1] * 5 + [2] * 5
    assert [file.relative_to(root).as_posix() for file in found.files[4:7]] == ["blue/4.WebP", "green/0.png", "green/1.JPG"]
    assert found.images.shape == (15, 3, 8, 8)
    assert found.images.dtype == torch.uint8
    data.check_images(found.images)
    expected = torch.tensor([COLOURS[found.class_names[label]] for label in found.labels])
    assert (found.images.float().mean((2, 3)) - expected).abs().max() < 4


@pytest.mark.parametrize("size", [1, 8, 40])
def test_size(root, read, size):
    assert read(root, size).images.shape == (15, 3, size, size)


def test_pixels_are_the_central_square(tmp_path, read):
    (tmp_path / "one" / "class").mkdir(parents=True)
    picture = Image.new("RGB", (16, 8), (255, 0, 0))
    picture.paste((0, 0, 255), (4, 0, 12, 8))
    picture.save(tmp_path / "one" / "class" / "0.png")
    (image,) = read(tmp_path / "one").images
    assert torch.equal(image, torch.tensor([0, 0, 255], dtype=torch.uint8)[:, None, None].expand(3, 8, 8))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_every_mode_becomes_rgb_or_grey(tmp_path, read, mode):
    (tmp_path / "one" / "class").mkdir(parents=True)
    path = tmp_path / "one" / "class" / ("0.jpg" if mode == "CMYK" else "0.png")
    Image.new("RGB", (8, 8), "white").convert(mode).save(path)
    for channels in (3, 1):
        images = read(tmp_path / "one", channels=channels).images
        assert images.shape == (1, channels, 8, 8)
        assert images.min() >= 250


def test_subset_and_device_keep_the_classes(root, read):
    found = read(root)
    index = torch.tensor([14, 3])
    for part in (found.subset(index), found.subset(index).to("cpu")):
        assert isinstance(part, FolderImages)
        assert (part.class_names, part.labels.tolist()) == (found.class_names, [2, 0])
        assert part.files == (found.files[14], found.files[3])
    assert found.subset(found.labels == 1).files == found.files[5:10]
    rest, part = data.split(found, test_size=3, seed=0)
    assert {*rest.files, *part.files} == {*found.files}


def test_the_cache_is_used_checked_and_renewed(root, read, tmp_path, monkeypatch):
    first = read(root)
    monkeypatch.setattr("paperlib.data.decoding.decode_file", lambda *_: "decoded again")
    assert torch.equal(read(root).images, first.images)
    for other in ({"size": 9}, {"channels": 1}):
        with pytest.raises(DataError, match="decoded again"):
            read(root, **other)
    (cached,) = (tmp_path / "cache").iterdir()
    flip_last_bit(cached)
    with pytest.raises(DataError, match="decoded again"):
        read(root)
    monkeypatch.undo()
    assert torch.equal(read(root).images, first.images)
    first.files[0].unlink()
    assert len(read(root)) == 14


def test_relative_paths_name_the_same_images(root, read, monkeypatch):
    monkeypatch.chdir(root.parent)
    assert read("train").files == read(str(root)).files == read(root).files


def test_one_error_lists_everything(root, read):
    (root / "amber").mkdir()
    (root / "amber" / "notes.txt").write_text("no image")
    empty, text, half, deep, link = (root / "red" / f"{name}.png" for name in ("empty", "text", "half", "deep", "link"))
    empty.write_bytes(b"")
    text.write_text("no image")
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(buffer, "PNG")
    half.write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    Image.new("I;16", (8, 8), 40_000).save(deep)
    os.symlink(root / "nowhere.png", link)
    with pytest.raises(DataError) as caught:
        read(root)
    message = str(caught.value)
    assert f"{root / 'amber'} holds no image" in message
    assert all(f"{path} cannot be read" in message for path in (empty, text, half, deep))
    assert f"{link} is no file" in message
    assert "Repair or remove" in message
    assert "notes.txt" not in message


def test_damaged_files_end_in_the_same_error(tmp_path, read):
    rng, folder = random.Random(0), tmp_path / "damaged" / "class"
    folder.mkdir(parents=True)
    for kind in ("PNG", "JPEG", "BMP", "WEBP"):
        buffer = io.BytesIO()
        Image.effect_noise((24, 24), 80).convert("P" if kind == "PNG" else "RGB").save(buffer, kind)
        for i in range(25):
            content = bytearray(buffer.getvalue())
            for _ in range(6):
                content[rng.randrange(len(content))] = rng.randrange(256)
            (folder / f"{i}.{kind.lower()}").write_bytes(content)
    with pytest.raises(DataError, match="cannot be read"):
        read(folder.parent)


def test_folders_without_classes(root, read, tmp_path):
    with pytest.raises(DataError, match="nothing is no folder"):
        read(tmp_path / "nothing")
    with pytest.raises(DataError, match="blue holds no class folder"):
        read(root / "blue")
    with pytest.raises(DataError, match=f"train holds no image, but {re.escape(str(root / 'blue'))} does: give its parent folder"):
        read(root.parent)


@pytest.mark.parametrize("size", [0, -1, 8.0, "8", True])
def test_bad_sizes(root, read, size):
    with pytest.raises(ValueError, match=r"^size = .*: use an integer from 1 to 4,096"):
        read(root, size)


def test_bad_channels(root, read):
    with pytest.raises(ValueError, match="channels = 4: use 3 for RGB or 1"):
        read(root, channels=4)
