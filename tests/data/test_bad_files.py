"""What lies in folders of images besides images: each reader lists it with everything else that is wrong, and waits for nothing."""

import os
import shutil
import struct
import warnings
import zlib

import pytest
from conftest import arrange_imagenet, arrange_utkface
from PIL import Image

from paperlib.checks import ConfigError
from paperlib.data.decoding import DataError, decode_images
from paperlib.data.image_folder import image_folder
from paperlib.data.imagenet import CLASSES, imagenet10
from paperlib.data.utkface import utkface

WNID = CLASSES[0].wnid
FACES = [f"{age}_0_{race}_20170116174525125.jpg" for race in range(5) for age in range(5)]


def folder_of_classes(root):
    (root / "red").mkdir(parents=True)
    Image.new("RGB", (8, 8), "red").save(root / "red" / "0.png")
    return root / "red"


def imagenet(root):
    return arrange_imagenet(root, per_class=1) / "train" / WNID


def faces(root):
    return arrange_utkface(root, FACES)


READERS = {
    "folder": (folder_of_classes, image_folder, "1.jpg"),
    "imagenet": (imagenet, imagenet10, "1.jpg"),
    "utkface": (faces, utkface, "99_1_1_20170116174525125.jpg"),
}


@pytest.fixture(params=READERS)
def reader(request, tmp_path):
    """(a folder that is read, read(**settings), the name of one more image)."""
    arrange, read, name = READERS[request.param]
    folder = arrange(tmp_path / "root")
    settings = {"size": 8, "cache": tmp_path / "cache", "progress": False}
    return folder, lambda **changes: read(tmp_path / "root", **(settings | changes)), name


def listed(read):
    with pytest.raises(DataError) as caught:
        read()
    return str(caught.value)


@pytest.mark.parametrize("size", [0, -1, 2.5, "8", None, True, 10**6])
def test_sizes(reader, size):
    _, read, _ = reader
    with pytest.raises(ConfigError, match=r"^size = .*: use an integer from 1 to 4,096"):
        read(size=size)


def test_all_that_is_no_file_is_listed_with_what_cannot_be_read(reader):
    folder, read, name = reader
    names = [f"{i}{name}" if "_" not in name else f"{i + 1}{name[2:]}" for i in range(5)]
    pipe, dangling, loop, inner, text = (folder / n for n in names)
    os.mkfifo(pipe)
    os.symlink("nowhere", dangling)
    os.symlink(loop.name, loop)
    inner.mkdir()
    text.write_text("no image")
    message = listed(read)
    assert all(f"{path} is no file" in message for path in (pipe, dangling, loop, inner))
    assert f"{text} cannot be read: cannot identify image file" in message


def test_undecodable_names_are_listed_in_a_message_that_can_be_printed(tmp_path):
    for arrange, read, part in ((folder_of_classes, image_folder, "red"), (imagenet, imagenet10, WNID)):
        root = tmp_path / part
        content = next(arrange(root).iterdir()).read_bytes()
        with open(os.fsencode(root) + (b"/red" if part == "red" else f"/train/{part}".encode()) + b"/\xff.png", "wb") as file:
            file.write(content)
        message = listed(lambda root=root, read=read: read(root, size=8, cache=tmp_path / "cache", progress=False))
        assert rf"{part}/\udcff.png has a name that is no UTF-8; rename it" in message.encode().decode()
    with open(os.fsencode(faces(tmp_path / "faces")) + b"/\xff.jpg", "wb"):
        pass
    assert utkface(tmp_path / "faces", size=8, cache=tmp_path / "cache", progress=False).unparsed == (r"\udcff.jpg",)


def test_links_to_nothing_in_the_place_of_a_class(tmp_path):
    folder_of_classes(tmp_path / "root")
    os.symlink("nowhere", tmp_path / "root" / "blue")
    os.symlink("green", tmp_path / "root" / "green")
    os.symlink("nowhere", tmp_path / "root" / ".#list.csv")
    message = listed(lambda: image_folder(tmp_path / "root", size=8, cache=tmp_path / "cache", progress=False))
    assert "blue is a link to nothing" in message
    assert "green is a link to nothing" in message
    assert "list.csv" not in message


@pytest.mark.parametrize("kind", ["EPS", "GIF", "TIFF", "PPM", "PDF"])
def test_other_formats_are_not_opened_whatever_their_name(kind, tmp_path, monkeypatch):
    monkeypatch.setattr("PIL.EpsImagePlugin.Ghostscript", lambda *_, **__: pytest.fail("Ghostscript was started"))
    Image.new("RGB", (8, 8)).save(tmp_path / "0.jpg", kind)
    (problem,) = decode_images([tmp_path / "0.jpg"], 8, name="images", cache=tmp_path / "cache")
    assert "cannot identify image file" in problem


@pytest.mark.parametrize("side", [9000, 9600, 14_000], ids=["past ours", "past Pillow's warning", "past Pillow's error"])
def test_a_cap_on_pixels(side, tmp_path, monkeypatch):
    Image.new("1", (1, 1)).save(tmp_path / "0.png")
    content = bytearray((tmp_path / "0.png").read_bytes())
    content[16:24] = struct.pack(">II", side, side)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    (tmp_path / "0.png").write_bytes(content)
    monkeypatch.setattr(Image.Image, "convert", lambda *_: pytest.fail("it was decoded"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        (problem,) = decode_images([tmp_path / "0.png"], 8, name="images", cache=tmp_path / "cache")
    assert problem == f"{tmp_path / '0.png'} cannot be read: it has more than 80,000,000 pixels; make it smaller"


def test_an_unusable_cache_is_said_before_anything_is_decoded(reader, tmp_path, monkeypatch):
    _, read, _ = reader
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr("paperlib.data.decoding.decode_file", lambda *_: pytest.fail("decoded"))
    for cache in (tmp_path / "file", tmp_path / "file" / "inside"):
        with pytest.raises(OSError, match=rf"cannot write to {cache}: .*make it writable, or set PAPERLIB_CACHE"):
            read(cache=cache)


def test_a_binary_label_file(tmp_path):
    root = arrange_imagenet(tmp_path / "root", per_class=1)
    for i, c in enumerate(CLASSES):
        shutil.move(next((root / "val" / c.wnid).iterdir()), root / "val" / f"{i}.JPEG")
        (root / "val" / c.wnid).rmdir()
    (root / "val.txt").write_bytes(bytes(range(256)))
    message = listed(lambda: imagenet10(root, size=8, cache=tmp_path / "cache", progress=False))
    assert f"{root / 'val.txt'} cannot be read as a list of labels: 'utf-8' codec can't decode byte" in message


def test_attributes_and_seeds_of_a_split(tmp_path):
    faces(tmp_path / "root")
    with pytest.raises(ConfigError, match=r"attribute = \['race'\]: use one of 'race'"):
        utkface(tmp_path / "root", attribute=["race"])
    for seed in (-1, 2**32, 1.5):
        with pytest.raises(ConfigError, match=f"seed = {seed}: use an integer from 0 to 4,294,967,295"):
            utkface(tmp_path / "root", size=8, seed=seed, cache=tmp_path / "cache", progress=False)
