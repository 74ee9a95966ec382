"""Paper A's real images: ten classes of ImageNet (ILSVRC 2012), read as they lie on people's disks.

    ROOT/train/<wnid>/*.JPEG                         only the ten classes are read
    ROOT/val/<wnid>/*.JPEG                           or the flat ROOT/val/*.JPEG with its label file

Label files of the flat layout: LOC_val_solution.csv (Kaggle), val.txt (Caffe: file name and class index), or a list of one wnid a
line in the order of the file names (TensorFlow's imagenet_2012_validation_synset_labels.txt).
Images are decoded and cached by decoding.py: central square, resized with antialiasing, kept as bytes.

train, test = imagenet10("/data/imagenet")           # about 13,000 and 500 images (N, 3, 128, 128) uint8, labels 0..9
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from paperlib.data.decoding import DataError, check_size, decode_images
from paperlib.data.images import Images

__all__ = ["CLASSES", "DataError", "ImageNetClass", "find_images", "imagenet10"]

SUFFIXES = {".jpeg", ".jpg", ".png"}
LABEL_FILES = ("LOC_val_solution.csv", "val.txt", "imagenet_2012_validation_synset_labels.txt", "val_labels.txt")


@dataclass(frozen=True)
class ImageNetClass:
    """index: among ImageNet's 1,000 classes in the order of their WordNet ids."""

    name: str
    index: int
    wnid: str


CLASSES = (
    ImageNetClass("aircraft carrier", 403, "n02687172"),
    ImageNetClass("balloon", 417, "n02782093"),
    ImageNetClass("fire engine", 555, "n03345487"),
    ImageNetClass("gazelle", 353, "n02423022"),
    ImageNetClass("goldfish", 1, "n01443537"),
    ImageNetClass("Labrador retriever", 208, "n02099712"),
    ImageNetClass("red fox", 277, "n02119022"),
    ImageNetClass("redshank", 141, "n02028035"),
    ImageNetClass("race car", 751, "n04037443"),
    ImageNetClass("tabby", 281, "n02123045"),
)
LABEL_OF = {c.wnid: label for label, c in enumerate(CLASSES)}
LABEL_OF_INDEX = {c.index: label for label, c in enumerate(CLASSES)}


def imagenet10(root: str | Path, *, size: int = 128, cache: Path | None = None, progress: bool = True) -> tuple[Images, Images]:
    """(train, val) of the ten classes, on the CPU: images (N, 3, size, size) uint8, labels (N,) long in the order of CLASSES.

    cache: folder of the decoded images, see decode_images.
    Raises one DataError with every missing folder and class and every file that cannot be decoded.
    """
    check_size(size)
    found, problems = find_images(root)
    parts: list[Images] = []
    for part, files in found.items():
        images = decode_images([path for path, _ in files], size, name=f"imagenet10-{part}", cache=cache, progress=progress)
        if isinstance(images, list):
            problems += images
        else:
            parts.append(Images(images, torch.tensor([label for _, label in files])))
    if problems:
        raise DataError(describe(root, problems))
    train, val = parts
    return train, val


def describe(root: str | Path, problems: list[str]) -> str:
    """One message for everything that is wrong under root."""
    return (
        f"ImageNet's ten classes are not complete under {root}:\n  " + "\n  ".join(problems) + "\n"
        f"Expected train/<wnid>/*.JPEG and val/<wnid>/*.JPEG, or a flat val/ with its label file ({', '.join(LABEL_FILES)}). "
        "Fetch or remove what is named, or set PAPERLIB_IMAGENET to another folder that holds train/ and val/."
    )


def find_images(root: str | Path) -> tuple[dict[str, list[tuple[Path, int]]], list[str]]:
    """({"train": [(path, label), ...], "val": ...}, what is missing); no image is opened."""
    root, problems = Path(root).expanduser(), []
    found: dict[str, list[tuple[Path, int]]] = {}
    for part in ("train", "val"):
        folder = root / part
        if not folder.is_dir():
            problems.append(f"{folder} is no folder")
            continue
        by_class = {c.wnid: _files(folder / c.wnid) for c in CLASSES}
        if part == "val" and not any(by_class.values()):
            labelled = _flat_labels(root, _files(folder))
            if isinstance(labelled, str):
                problems.append(labelled)
                continue
            for path, label in labelled:
                by_class[CLASSES[label].wnid].append(path)
        problems += [f"{folder / c.wnid} ({c.name}) holds no image" for c in CLASSES if not by_class[c.wnid]]
        found[part] = [(path, LABEL_OF[wnid]) for wnid, paths in by_class.items() for path in paths]
    return found, problems


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES) if folder.is_dir() else []


def _flat_labels(root: Path, files: Sequence[Path]) -> list[tuple[Path, int]] | str:
    """The files of the ten classes in a flat validation folder, or what is wrong."""
    if not files:
        return f"{root / 'val'} holds neither the classes' folders nor images"
    places = (root, root / "val", *list(root.resolve().parents)[:3])
    listing = next((place / name for place in places for name in LABEL_FILES if (place / name).is_file()), None)
    if listing is None:
        return f"{root / 'val'} is flat, and no label file lies beside it (one of {', '.join(LABEL_FILES)})"
    try:
        lines = [line.strip() for line in listing.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        return f"{listing} cannot be read as a list of labels: {error}"
    labels: dict[str, int | None] = {}
    if all(re.fullmatch(r"n\d{8}", line) for line in lines):
        if len(lines) != len(files):
            return f"{listing} labels {len(lines):,} images, but {root / 'val'} holds {len(files):,}"
        labels = {path.stem: LABEL_OF.get(line) for path, line in zip(files, lines, strict=True)}
    for line in lines:
        if match := re.match(r"([^\s,]+?)(?:\.\w+)?[\s,]+(?:(n\d{8})\b|(\d{1,3})$)", line):
            stem, wnid, index = match.groups()
            labels[stem] = LABEL_OF.get(wnid) if wnid else LABEL_OF_INDEX.get(int(index))
    unlabelled = [path.name for path in files if path.stem not in labels]
    if unlabelled:
        return f"{listing} has no label for {len(unlabelled):,} of {len(files):,} images, {unlabelled[0]} among them"
    return [(path, label) for path in files if (label := labels[path.stem]) is not None]
