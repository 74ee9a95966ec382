"""Paper A's real images: ten classes of ImageNet (ILSVRC 2012), read as they lie on people's disks.

    ROOT/train/<wnid>/*.JPEG                         only the ten classes are read
    ROOT/val/<wnid>/*.JPEG                           or the flat ROOT/val/*.JPEG with its label file

Label files of the flat layout: LOC_val_solution.csv (Kaggle), val.txt (Caffe: file name and class index), or a list of one wnid a
line in the order of the file names (TensorFlow's imagenet_2012_validation_synset_labels.txt).
Every image is cropped to its central square, resized with antialiasing and kept as bytes; the result is cached with a checksum.

train, test = imagenet10("/data/imagenet")           # about 13,000 and 500 images (N, 3, 128, 128) uint8, labels 0..9
"""

import hashlib
import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors
import torch
from PIL import Image, ImageOps
from safetensors.torch import load_file, save_file

from paperlib.data.images import Images
from paperlib.progress import progress_bar

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


class DataError(ValueError):
    """Images that are missing or cannot be read; the message lists all of them."""


def imagenet10(root: str | Path, *, size: int = 128, cache: Path | None = None, progress: bool = True) -> tuple[Images, Images]:
    """(train, val) of the ten classes, on the CPU: images (N, 3, size, size) uint8, labels (N,) long in the order of CLASSES.

    cache: folder of the decoded images (default: $PAPERLIB_CACHE or ~/.cache/paperlib); keyed by names, sizes and times of the files.
    Raises one DataError with every missing folder and class and every file that cannot be decoded.
    """
    found, problems = find_images(root)
    folder = cache or Path(os.environ.get("PAPERLIB_CACHE", "~/.cache/paperlib")).expanduser()
    parts: list[Images] = []
    for part, files in found.items():
        decoded = _decoded(files, size, folder, part, progress)
        if isinstance(decoded, Images):
            parts.append(decoded)
        else:
            problems += decoded
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
    lines = [line.strip() for line in listing.read_text().splitlines() if line.strip()]
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


def _decoded(files: list[tuple[Path, int]], size: int, folder: Path, part: str, progress: bool) -> Images | list[str]:
    """From the cache where its checksum holds, else decoded and cached; or the files that cannot be read, and why."""
    stamps = [f"{path} {label} {(status := path.stat()).st_size} {status.st_mtime_ns}" for path, label in files]
    key = hashlib.sha256("\n".join([str(size), *stamps]).encode()).hexdigest()
    path = folder / f"imagenet10-{part}-{size}-{key[:16]}.safetensors"
    cached = _load_cache(path)
    if cached is not None or not files:
        return cached or []
    decoded: list[np.ndarray | str] = []
    bar = progress_bar(len(files), f"decoding {part}", enabled=progress)
    with ThreadPoolExecutor() as pool:
        for pixels in pool.map(lambda file: _decode(file[0], size), files):
            decoded.append(pixels)
            bar.update(1)
    bar.close()
    corrupt = [f"{path} cannot be read: {pixels}" for (path, _), pixels in zip(files, decoded, strict=True) if isinstance(pixels, str)]
    if corrupt:
        return corrupt
    images = torch.from_numpy(np.stack(decoded)).permute(0, 3, 1, 2).contiguous()
    data = Images(images, torch.tensor([label for _, label in files]))
    _save_cache(data, path)
    return data


def _decode(path: Path, size: int) -> np.ndarray | str:
    """(size, size, 3) uint8, or what is wrong with the file."""
    try:
        with Image.open(path) as image:
            return np.asarray(ImageOps.fit(image.convert("RGB"), (size, size), Image.Resampling.BICUBIC))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        return str(error)


def _checksum(data: Images) -> str:
    return hashlib.sha256(data.images.numpy().tobytes() + data.labels.numpy().tobytes()).hexdigest()


def _load_cache(path: Path) -> Images | None:
    if not path.is_file():
        return None
    try:
        tensors = load_file(path)
        with safetensors.safe_open(path, "pt") as file:
            expected = file.metadata()["sha256"]
        data = Images(tensors["images"], tensors["labels"])
        return data if _checksum(data) == expected else None
    except (safetensors.SafetensorError, KeyError, TypeError, OSError):
        return None


def _save_cache(data: Images, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    save_file({"images": data.images, "labels": data.labels}, temporary, metadata={"sha256": _checksum(data)})
    os.replace(temporary, path)
