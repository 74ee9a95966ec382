"""Records: what a run was, what it measured and where, one JSON file each under results/<profile>/records/, its pictures beside it.

save(record, folder);  load(path);  find(folder)          # atomic writes; a damaged file is named, set aside and left out

The file's name is the key of its content: the config, and the SHA-256 of every network and image that the run used.
"""

import hashlib
import io
import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NotRequired

import numpy as np
from matplotlib import image as png
from numpy.typing import NDArray
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from companion.config import AnyRun, Config, checked, to_json
from companion.measurements import STRICT, Positive, check_metrics
from companion.support.lock import alone
from paperlib.checks import check
from paperlib.support.files import replacing

Picture = NDArray[np.float64]


class DamagedRecordError(ValueError):
    """A file that is no whole record; the message names it and says why."""


class Provenance(TypedDict):
    """Where and when a run was computed, and what it took. workers: the runs that shared the machine; above 1 its seconds are contended.

    processor: absent in records of versions that did not keep it. images: what the files of the real images are, where their profile says it.
    The last three are of the runs past paper B: before the first latent can be drawn, and of one latent and one image of each attribute.
    """

    __pydantic_config__ = STRICT  # type: ignore[misc]
    commit: str
    packages: dict[str, str]
    device: str
    threads: int
    workers: int
    seconds: Positive
    date: str
    processor: NotRequired[str]
    images: NotRequired[str]
    fit_seconds: NotRequired[Positive]
    latent_microseconds: NotRequired[list[Positive]]
    image_microseconds: NotRequired[list[Positive]]


@dataclass(frozen=True)
class Record:
    """config: typed, as it was. parts: the SHA-256 of each network and image set that the run used, by name.

    metrics: see measurements.py. history: one list a curve. pictures: in [-1, 1], by name: grey (rows, columns) or coloured
    (rows, columns, 3). impossible: why this pair cannot do what the config asks; then nothing was measured.
    """

    config: Any
    parts: dict[str, str]
    metrics: dict[str, Any]
    history: dict[str, list[float]] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    impossible: str = ""

    @property
    def kind(self) -> str:
        return str(self.config.kind)

    @property
    def seed(self) -> int:
        return int(self.config.seed)

    @property
    def key(self) -> str:
        return key_of(self.config, self.parts)


def key_of(config: Config, parts: Mapping[str, str]) -> str:
    """A file name that changes with every field of the config and with every part."""
    text = f"{to_json(config)}\n{json.dumps(dict(parts), sort_keys=True)}"
    return f"{config.kind}-seed{config.seed}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


class _Stored(TypedDict):
    """A record's file. pictures: their SHA-256, by name."""

    __pydantic_config__ = STRICT  # type: ignore[misc]
    config: AnyRun
    parts: dict[str, str]
    metrics: dict[str, Any]
    history: dict[str, list[float]]
    pictures: dict[str, str]
    provenance: Provenance
    impossible: str


_STORED: TypeAdapter[Any] = TypeAdapter(_Stored)


class Pictures(Mapping[str, Picture]):
    """Pictures that are read when they are asked for. DamagedRecordError where one is missing, altered or no PNG."""

    def __init__(self, folder: Path, checksums: Mapping[str, str]):
        self.folder, self.checksums = folder, checksums

    def __getitem__(self, name: str) -> Picture:
        path, expected = self.folder / f"{name}.png", self.checksums[name]
        try:
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest() != expected:
                raise ValueError("it is not the picture that was saved")
            return _decode(content)
        except (OSError, ValueError, SyntaxError) as error:
            raise DamagedRecordError(f"{path} is damaged: {error}") from error

    def __iter__(self) -> Iterator[str]:
        return iter(self.checksums)

    def __len__(self) -> int:
        return len(self.checksums)


def path_of(folder: Path, config: Config, parts: Mapping[str, str]) -> Path:
    """folder: a profile's results folder."""
    return folder / "records" / f"{key_of(config, parts)}.json"


def save(record: Record, folder: Path) -> Path:
    """Write the pictures, then the record, each whole or not at all; ConfigError where the metrics are not what the kind measures."""
    _check_measured(record.config, record.metrics, record.impossible)
    pictures = {name: _encode(picture) for name, picture in record.pictures.items()}
    checksums = {name: hashlib.sha256(content).hexdigest() for name, content in pictures.items()}
    stored = {
        "config": json.loads(to_json(record.config)), "parts": record.parts, "metrics": record.metrics, "history": record.history,
        "pictures": checksums, "provenance": record.provenance, "impossible": record.impossible,
    }  # fmt: skip
    text = json.dumps(stored, allow_nan=False, indent=1)
    checked(lambda: _STORED.validate_json(text))
    for name, content in pictures.items():
        with replacing(_pictures(folder, record.key) / f"{name}.png") as temporary:
            temporary.write_bytes(content)
    path = path_of(folder, record.config, record.parts)
    with replacing(path) as temporary:
        temporary.write_text(text + "\n")
    return path


def load(path: Path, *, pictures: bool = False) -> Record:
    """The record of a file. pictures: look at them too. DamagedRecordError, naming the file, where it is not a whole record, or another's."""
    try:
        stored = checked(lambda: _STORED.validate_json(path.read_bytes()))
        _check_measured(stored["config"], stored["metrics"], stored["impossible"])
    except (ValueError, OSError) as error:
        raise DamagedRecordError(f"{path} is damaged: {error}") from error
    key = key_of(stored["config"], stored["parts"])
    if key != path.stem:
        raise DamagedRecordError(f"{path} is damaged: its content belongs to {key}.json")
    folder = _pictures(path.parent.parent, key)
    found = Record(**stored | {"pictures": Pictures(folder, stored["pictures"])})
    if pictures:
        for name in found.pictures:
            found.pictures[name]
    return found


def _check_measured(config: Config, metrics: Mapping[str, Any], impossible: str) -> None:
    if impossible:
        check(not metrics, "metrics", metrics, "a run that is impossible measures nothing")
    else:
        check_metrics(config, metrics)


def load_or_set_aside(path: Path, *, pictures: bool = False) -> Record | None:
    """The record; None if there is none. A damaged file is renamed to *.damaged, with a warning, so that it is computed again."""
    if not path.exists():
        return None
    try:
        return load(path, pictures=pictures)
    except DamagedRecordError as error:
        _warn(error, path, set_aside=True)
        return None


def find(folder: Path, *, set_aside: bool = True) -> list[Record]:
    """All whole records of a profile's results folder, in the order of their file names. Pictures are read when they are asked for.

    set_aside: rename a damaged file; without, it is named in a warning and stays where it is.
    """
    found = []
    for path in sorted((folder / "records").glob("[!.]*.json")):
        try:
            found.append(load(path))
        except DamagedRecordError as error:
            _warn(error, path, set_aside)
    return found


def _warn(error: DamagedRecordError, path: Path, set_aside: bool) -> None:
    if set_aside:
        path.replace(path.with_suffix(".damaged"))
    remedy = f"The record was set aside as {path.stem}.damaged; its run is computed again." if set_aside else "The record is left out."
    warnings.warn(f"{str(error).removesuffix('.')}. {remedy}", stacklevel=3)


def cached(config: Config, parts: Mapping[str, str], folder: Path, compute: Callable[[], Record]) -> Record:
    """The record of `config` with `parts`: loaded, or computed and saved.

    Of two processes that want the same one, one computes it, unless the folder has no locks or the other hangs: then both write the same.
    """
    path = path_of(folder, config, parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    with alone(path.with_name(f".{path.name}.lock")):
        record = load_or_set_aside(path, pictures=True)
        if record is None:
            record = compute()
            save(record, folder)
    return record


def _pictures(folder: Path, key: str) -> Path:
    return folder / "pictures" / key


def _encode(picture: Picture) -> bytes:
    buffer = io.BytesIO()
    pixels = picture if picture.ndim == 2 else np.clip((picture + 1) / 2, 0, 1)
    png.imsave(buffer, pixels, cmap="gray", vmin=-1, vmax=1, format="png")
    return buffer.getvalue()


def _decode(content: bytes) -> Picture:
    picture: Picture = png.imread(io.BytesIO(content))[..., :3] * 2 - 1
    grey = (picture[..., :1] == picture).all()
    return picture[..., 0] if grey else picture
