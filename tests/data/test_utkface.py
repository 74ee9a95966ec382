"""UTKFace: what the file names say, what is left out, the split, the cache, and one error for all that is wrong."""

import shutil

import numpy as np
import pytest
import torch
from conftest import arrange_utkface, flip_last_bit
from PIL import Image

from paperlib import data
from paperlib.data.utkface import AGE_BANDS, DataError, FaceLabels, parse_name, utkface

DATE = "20170116174525125"
RACES_OF_AGES = [(age, age % 2, race) for race in range(5) for age in (1, 20, 30, 50, 90, 2, 21)]
UNPARSED = (f"39_1_{DATE}.jpg.chip.jpg", f"40_1_5_{DATE}.jpg.chip.jpg", f"55_0_0_{DATE}jpg.chip.jpg")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """35 faces, each race seven times and each age band five times or more, and three names that do not parse."""
    names = [f"{age}_{gender}_{race}_{DATE}.jpg.chip.jpg" for age, gender, race in RACES_OF_AGES]
    return arrange_utkface(tmp_path_factory.mktemp("faces") / "UTKFace", [*names, *UNPARSED])


@pytest.fixture
def read(tmp_path):
    return lambda root, **settings: utkface(root, cache=tmp_path / "cache", progress=False, **settings)


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        (f"26_1_3_{DATE}.jpg", FaceLabels(26, 1, 3)),
        (f"116_0_4_{DATE}.jpg.chip.jpg", FaceLabels(116, 0, 4)),
        (f"0_0_0_{DATE}.JPG", FaceLabels(0, 0, 0)),
        (f"117_0_4_{DATE}.jpg", None),
        (f"61_1_{DATE}.jpg.chip.jpg", None),
        (f"26_2_0_{DATE}.jpg", None),
        (f"26_1_5_{DATE}.jpg", None),
        (f"26_1_3_{DATE}jpg.chip.jpg", None),
        (f"26_1_3_{DATE} .jpg", None),
        (f"-1_1_3_{DATE}.jpg", None),
        ("portrait.jpg", None),
    ],
)
def test_file_names(name, labels):
    assert parse_name(name) == labels


def test_every_age_has_one_band():
    assert [age for low, high in AGE_BANDS for age in range(low, high + 1)] == list(range(117))
    assert [FaceLabels(age, 0, 0).of("age band") for age in (0, 12, 13, 25, 26, 42, 43, 60, 61, 116)] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


@pytest.mark.parametrize(
    ("attribute", "class_names"),
    [
        ("race", ("White", "Black", "Asian", "Indian", "Others")),
        ("gender", ("male", "female")),
        ("age band", ("0-12", "13-25", "26-42", "43-60", "61-116")),
    ],
)
def test_split_and_labels(root, read, attribute, class_names):
    faces = read(root, attribute=attribute, size=16)
    assert (faces.attribute, faces.class_names, faces.unparsed) == (attribute, class_names, UNPARSED)
    assert (len(faces.train), len(faces.test)) == (28, 7)
    assert faces.train.images.shape == (28, 3, 16, 16)
    assert faces.train.images.dtype == torch.uint8
    data.check_images(faces.train.images)
    every = torch.cat([faces.train.labels, faces.test.labels])
    expected = torch.tensor([FaceLabels(*labels).of(attribute) for labels in RACES_OF_AGES])
    assert torch.equal(every.bincount(), expected.bincount())
    share = faces.test.labels.bincount(minlength=len(class_names)) - every.bincount() / 5
    assert share.abs().max() < 1


def test_the_split_is_fixed_disjoint_and_follows_the_seed(root, read):
    one, again, other = read(root, size=24), read(root, size=24), read(root, size=24, seed=1)
    assert torch.equal(one.test.images, again.test.images)
    assert not torch.equal(one.test.images, other.test.images)
    pictures = [image.numpy().tobytes() for part in (one.train, one.test) for image in part.images]
    assert len(set(pictures)) == 35


def test_labels_belong_to_their_images(root, tmp_path, read):
    """The red of a face says its race here; the rest differs from face to face."""
    plain = tmp_path / "plain"
    plain.mkdir()
    for i, (age, gender, race) in enumerate(RACES_OF_AGES):
        colours = np.random.default_rng(i).integers(0, 256, (4, 4, 3), dtype=np.uint8)
        colours[..., 0] = 50 * race
        Image.fromarray(colours).resize((40, 40), Image.Resampling.NEAREST).save(plain / f"{age}_{gender}_{race}_{DATE}.jpg", quality=95)
    for part in ((faces := read(plain)).train, faces.test):
        assert torch.equal((part.images[:, 0].float().mean((1, 2)) / 50).round().long(), part.labels)


@pytest.mark.parametrize(("attribute", "left_out"), [("race", (3, 0)), ("gender", (3, 0)), ("age band", (1, 3))])
def test_of_one_picture_one_file_stays_and_none_where_the_labels_disagree(root, tmp_path, read, attribute, left_out):
    """A copy that says the same, and two brighter copies of another face that say another age."""
    twins = tmp_path / "twins"
    shutil.copytree(root, twins)
    first, second = (f"{age}_{gender}_{race}_{DATE}.jpg.chip.jpg" for age, gender, race in (RACES_OF_AGES[0], RACES_OF_AGES[1]))
    shutil.copy(twins / first, twins / first.replace(DATE, "1"))
    for i, name in enumerate(("99_0_0", "98_0_0")):
        with Image.open(twins / second) as image:
            image.point(lambda value, lift=4 * (i + 1): min(value + lift, 255)).save(twins / f"{name}_1.jpg.chip.jpg", quality=90)
    faces = read(twins, attribute=attribute)
    assert (faces.repeated, faces.disputed) == left_out
    assert len(faces.train) + len(faces.test) == 38 - sum(left_out)


def test_the_cache_serves_every_attribute(root, read, tmp_path, monkeypatch):
    first = read(root)
    monkeypatch.setattr("paperlib.data.decoding.decode_file", lambda *_: "decoded again")
    assert len(read(root, attribute="gender").train) == 28
    (cached,) = (tmp_path / "cache").iterdir()
    flip_last_bit(cached)
    with pytest.raises(DataError, match="decoded again"):
        read(root)
    monkeypatch.undo()
    assert torch.equal(read(root).train.images, first.train.images)


def test_one_error_lists_everything(tmp_path, read):
    names = [f"{age}_0_{race}_{DATE}.jpg" for age in range(5) for race in range(4)]
    root = arrange_utkface(tmp_path / "faces", [*names, f"9_0_4_{DATE}.jpg", f"0_0_0_{DATE}.jpg.chip.jpg"])
    (root / names[0]).write_bytes(b"")
    whole = root / names[1]
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(DataError) as caught:
        read(root)
    message = str(caught.value)
    for text in (
        "fewer than 5 images of race Others (1)",
        f"{root / names[0]} cannot be read",
        f"{whole} cannot be read",
        "1 faces lie here as",
    ):
        assert text in message


def test_folders_without_faces(root, read, tmp_path):
    with pytest.raises(DataError, match="nothing is no folder"):
        read(tmp_path / "nothing")
    with pytest.raises(DataError, match=r"holds no image with such a name; .*UTKFace does"):
        read(root.parent)
    with pytest.raises(ValueError, match="attribute = 'age': use one of 'race', 'gender', 'age band'"):
        read(root, attribute="age")
