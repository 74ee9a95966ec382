"""CIFAR-10 (Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html): 60,000 natural images of ten classes, 32x32.

    SOURCE/train/<class>/*.jpg, SOURCE/test/<class>/*.jpg        a folder of images, or a zip of it
    cifar-10-binary.tar.gz, or SOURCE/data_batch_1.bin ...       the official binary version, checked by its SHA-256

Without a source the official archive is downloaded into the cache, where there is a network. Nothing is unpickled. The 50,000 training
images are split once into 45,000 and 5,000 for validation and tuning; the 10,000 test images are used for reported numbers alone.
Images as JPEG files are a re-encoding: their pixels, and so the fingerprints in the records, are not those of the official archive.

data = cifar10("/data/cifar10-jpeg.zip")              # data.train, data.validation, data.test: images (N, 3, 32, 32) uint8
"""

import hashlib
import io
import re
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from paperlib.data.decoding import DataError, decode_file
from paperlib.data.image_folder import SUFFIXES, image_folder
from paperlib.data.images import Images, split
from paperlib.support import tensor_cache
from paperlib.support.progress import progress_bar
from paperlib.support.weights import sha256_of

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SIZE, ROW = 32, 1 + 3 * 32 * 32
PER_CLASS = {"train": 5000, "test": 1000}
SPLIT_SEED = 0
URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
ARCHIVE, SHA256 = "cifar-10-binary.tar.gz", "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
BATCHES = {"train": tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test": ("test_batch.bin",)}
BATCH_SHA256 = {
    "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    "test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
}
REMEDY = (
    "Give a folder (or a zip of it) with train/<class>/*.jpg and test/<class>/*.jpg, or the official cifar-10-binary.tar.gz "
    f"({URL}), by PAPERLIB_CIFAR10."
)
Rows = dict[str, torch.Tensor]  # "train", "test" -> (N, 3073) uint8, as in the official version: the label, then red, green, blue
Reader = Callable[[Path, Path, bool], Rows]  # of a source, with the cache's folder and whether to show progress


@dataclass(frozen=True)
class Cifar10:
    """train, validation, test: images (N, 3, 32, 32) uint8, labels (N,) long in the order of CLASSES, on the CPU."""

    train: Images
    validation: Images
    test: Images

    @property
    def all_training(self) -> Images:
        """train and validation together."""
        return Images(torch.cat([self.train.images, self.validation.images]), torch.cat([self.train.labels, self.validation.labels]))


def cifar10(source: str | Path | None = None, *, cache: Path | None = None, progress: bool = True) -> Cifar10:
    """The images of a source, a tenth of the training images of each class set apart for validation: the same ones for every source that
    keeps the official order within a class.

    source: one of the four forms above; None is the official archive, downloaded into `cache` (default: ~/.cache/paperlib), where decoded
    images are kept too.
    Raises one DataError with what is missing, damaged or cannot be read, or fails to be fetched.
    """
    cache = (cache or Path("~/.cache/paperlib")).expanduser()
    path = _downloaded(cache) if source is None else Path(source).expanduser().absolute()
    rows = _rows(path, cache, progress)
    for part, found in rows.items():
        counts = torch.bincount(found[:, 0].long(), minlength=len(CLASSES)).tolist()
        if counts != [PER_CLASS[part]] * len(CLASSES):
            raise DataError(f"{path} is not whole: it has {counts} {part} images of the classes, not {PER_CLASS[part]:,} of each. {REMEDY}")
    train, test = (_images(rows[part]) for part in ("train", "test"))
    return Cifar10(*split(train, test_size=len(train) // 10, seed=SPLIT_SEED), test)


def describe(source: Path) -> str | None:
    """What a source is, in words; None where there is nothing that can be read. No image is opened."""
    kinds: dict[Reader, str] = {_read_archive: "the official binary archive", _read_batches: "the official binary files"}
    reader = _reader(source.expanduser())
    return None if reader is None else kinds.get(reader, "JPEG files, a re-encoding")


def downloaded(cache: Path) -> Path:
    """Where the official archive is, or will be after the download."""
    return cache.expanduser() / ARCHIVE


def _downloaded(cache: Path) -> Path:
    path = downloaded(cache)
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(URL, str(path), hash_prefix=SHA256)
        except (OSError, RuntimeError) as error:
            raise DataError(f"CIFAR-10 could not be downloaded from {URL} ({error}). {REMEDY}") from error
    return path


def _reader(path: Path) -> Reader | None:
    if path.is_file():
        if zipfile.is_zipfile(path):
            return _read_zip
        return _read_archive if tarfile.is_tarfile(path) else None
    if _batch_folder(path) is not None:
        return _read_batches
    return _read_folder if (path / "train").is_dir() and (path / "test").is_dir() else None


def _rows(path: Path, cache: Path, progress: bool) -> Rows:
    reader = _reader(path)
    if reader is None:
        raise DataError(f"{path} holds no CIFAR-10. {REMEDY}")
    return reader(path, cache, progress)


def _images(rows: torch.Tensor) -> Images:
    """In the order of the classes, so that a split does not depend on the order of the files."""
    rows = rows[rows[:, 0].argsort(stable=True)]
    return Images(rows[:, 1:].reshape(-1, 3, SIZE, SIZE).contiguous(), rows[:, 0].long())


def _read_folder(path: Path, cache: Path, progress: bool) -> Rows:
    rows = {}
    for part in PER_CLASS:
        found = image_folder(path / part, size=SIZE, cache=cache, progress=progress)
        if found.class_names != CLASSES:
            raise DataError(f"{path / part} has the classes {', '.join(found.class_names)}; CIFAR-10 has {', '.join(CLASSES)}. {REMEDY}")
        rows[part] = torch.cat([found.labels[:, None].to(torch.uint8), found.images.flatten(1)], dim=1)
    return rows


def _read_zip(path: Path, cache: Path, progress: bool) -> Rows:
    """Its images are decoded once and cached under the file's name, size and time."""
    status, rows = path.stat(), {}
    key = hashlib.sha256(f"{path} {status.st_size} {status.st_mtime_ns}".encode()).hexdigest()[:16]
    for part in PER_CLASS:
        cached = cache / f"cifar10-{part}-{key}.safetensors"
        found = tensor_cache.load(cached)
        if found is None:
            found = _decode_zip(path, part, progress)
            tensor_cache.save(found, cached)
        rows[part] = found
    return rows


def _decode_zip(path: Path, part: str, progress: bool) -> torch.Tensor:
    """train/<class>/<name> may lie in one folder inside the zip. Raises DataError with all files that cannot be read."""
    name = re.compile(rf"(?:[^/]+/)?{part}/({'|'.join(CLASSES)})/[^/.][^/]*({'|'.join(map(re.escape, SUFFIXES))})", re.IGNORECASE)
    rows, problems = [], []
    with zipfile.ZipFile(path) as archive:
        members = sorted(member for member in archive.namelist() if name.fullmatch(member))
        bar = progress_bar(len(members), f"decoding CIFAR-10 {part}", enabled=progress)
        for member in members:
            match = name.fullmatch(member)
            assert match is not None
            try:
                pixels = decode_file(io.BytesIO(archive.read(member)), SIZE, 3)
            except (zipfile.BadZipFile, OSError) as error:
                pixels = str(error)
            if isinstance(pixels, str):
                problems.append(f"{member} cannot be read: {pixels}")
            else:
                label = CLASSES.index(match[1].lower())
                rows.append(np.concatenate([np.array([label], np.uint8), pixels.transpose(2, 0, 1).ravel()]))
            bar.update(1)
        bar.close()
    if problems or not rows:
        raise DataError("\n  ".join([f"{path} cannot be used:", *(problems or [f"it holds no {part}/<class>/*.jpg"])]) + f"\n{REMEDY}")
    return torch.from_numpy(np.stack(rows))


def _read_archive(path: Path, cache: Path, progress: bool) -> Rows:
    found = sha256_of(path)
    if found != SHA256:
        raise DataError(
            f"{path} has SHA-256 {found[:12]}..., the official archive {SHA256[:12]}...: it is damaged or another file. {REMEDY}"
        )
    with tarfile.open(path) as archive:
        members = {Path(member.name).name: member for member in archive if member.isfile()}
        files = {name: archive.extractfile(members[name]) for names in BATCHES.values() for name in names}
        return _from_batches({name: file.read() for name, file in files.items() if file})


def _batch_folder(path: Path) -> Path | None:
    """The folder with the official files: path itself, or the archive's own folder in it."""
    every = [name for names in BATCHES.values() for name in names]
    folders = (path, path / "cifar-10-batches-bin")
    return next((folder for folder in folders if all((folder / name).is_file() for name in every)), None)


def _read_batches(path: Path, cache: Path, progress: bool) -> Rows:
    folder = _batch_folder(path)
    assert folder is not None
    files = {name: folder / name for names in BATCHES.values() for name in names}
    damaged = [name for name, file in files.items() if sha256_of(file) != BATCH_SHA256[name]]
    if damaged:
        raise DataError(f"{folder}: {', '.join(damaged)} differs from the official version by its SHA-256: it is damaged. {REMEDY}")
    return _from_batches({name: file.read_bytes() for name, file in files.items()})


def _from_batches(files: dict[str, bytes]) -> Rows:
    def rows(part: str) -> torch.Tensor:
        return torch.from_numpy(np.frombuffer(b"".join(files[name] for name in BATCHES[part]), np.uint8).reshape(-1, ROW).copy())

    return {part: rows(part) for part in BATCHES}
