"""Records: what a run was, what it measured and where, one JSON file each under results/<profile>/records/, its pictures beside it.

save(record, folder);  load(path);  find(folder)          # atomic writes; a damaged file is named, set aside and left out
pack(folder)                                              # of finished runs: one file, records.jsonl, a line a record, which nothing writes to

A file's name says what its record is of: the run, the profile and every argument; and the SHA-256 of each network and image that the run used.
The content has its own SHA-256, so that a file that was cut, edited or mixed up is seen.
"""

import hashlib
import io
import json
import math
import re
import shutil
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import image as png
from numpy.typing import NDArray

from paperlib.checks import check
from paperlib.support.files import replacing

Picture = NDArray[np.float64]
PACKED = "records.jsonl"
OLD_NAME = re.compile(r"[a-z-]+-seed\d+-[0-9a-f]{16}")  # of version 0.3.0, whose records are not read
FIELDS = ("run", "profile", "arguments", "parts", "metrics", "history", "provenance", "impossible", "converted_from")


MALFORMED = (ValueError, KeyError, TypeError, AttributeError)


class DamagedRecordError(ValueError):
    """A file that is no whole record; the message names it and says why."""


@dataclass(frozen=True)
class Record:
    """run: the name of the recorded function, called with these arguments. parts: the SHA-256 of each network and image set that it used, by name.

    metrics: what it returned; numbers, and lists of them. history: one list a curve. pictures: in [-1, 1], by name: grey (rows, columns) or
    coloured (rows, columns, 3); they may be missing. impossible: why this pair cannot do what is asked; then nothing was measured.
    provenance: where and when it was computed, and what it took. workers: the runs that shared the machine; above 1 its seconds are contended.
    converted_from: the file's name before version 0.4, of a record that was made by the code of that time.
    """

    run: str
    profile: str
    arguments: dict[str, Any]
    parts: dict[str, str]
    metrics: dict[str, Any]
    history: dict[str, list[float]] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    impossible: str = ""
    converted_from: str = ""

    @property
    def seed(self) -> int:
        return int(self.arguments["seed"])

    @property
    def stem(self) -> str:
        """What was called, whatever the parts were."""
        return stem_of(self.run, self.profile, self.arguments)

    @property
    def name(self) -> str:
        """Of its file, without .json."""
        return f"{self.stem}-{_sha256(self.parts)[:8]}"


def stem_of(run: str, profile: str, arguments: Mapping[str, Any]) -> str:
    """A file name's first part, which changes with every argument. arguments: as JSON has them."""
    return f"{run}-seed{arguments['seed']}-{_sha256([run, profile, arguments])[:16]}"


def _sha256(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, allow_nan=False).encode()).hexdigest()


class Pictures(Mapping[str, Picture]):
    """The PNG files of a folder, by name; each is read when it is asked for. KeyError where there is none."""

    def __init__(self, folder: Path):
        self.folder = folder

    def __getitem__(self, name: str) -> Picture:
        try:
            return _decode((self.folder / f"{name}.png").read_bytes())
        except (OSError, ValueError, SyntaxError) as error:
            raise KeyError(f"{self.folder / name}.png is missing or no picture") from error

    def __iter__(self) -> Iterator[str]:
        return (path.stem for path in sorted(self.folder.glob("[!.]*.png")))

    def __len__(self) -> int:
        return len(list(iter(self)))


def save(record: Record, folder: Path) -> Path:
    """Write the pictures, then the record, each whole or not at all, into a profile's results folder; ValueError, naming the number, where one
    is not finite."""
    for name, value in _numbers({"metrics": record.metrics, "history": record.history}):
        check(math.isfinite(value), f"{record.run}: {name}", value, "a record holds finite numbers")
    text = line_of(record, indent=1)
    for name, picture in record.pictures.items():
        with replacing(pictures_of(folder, record.name) / f"{name}.png") as temporary:
            temporary.write_bytes(_encode(picture))
    path = folder / "records" / f"{record.name}.json"
    with replacing(path) as temporary:
        temporary.write_text(text + "\n")
    return path


def line_of(record: Record, indent: int | None = None) -> str:
    """The record as JSON, with the SHA-256 of its content; in one line without indent."""
    content = {name: value for name in FIELDS if (value := getattr(record, name)) or name not in ("converted_from", "history")}
    content = json.loads(json.dumps(content))  # as it is read: a number for a name is a text then, whose place in the order is another
    return json.dumps(content | {"sha256": _sha256(content)}, allow_nan=False, indent=indent)


def load(path: Path) -> Record:
    """The record of a file. DamagedRecordError, naming the file, where it is not a whole record, or another's."""
    try:
        content = json.loads(path.read_bytes())
        record = _checked(content, path.parent.parent)
    except (*MALFORMED, OSError) as error:
        raise DamagedRecordError(f"{path} is damaged: {error}") from error
    if record.name != path.stem:
        raise DamagedRecordError(f"{path} is damaged: its content belongs to {record.name}.json")
    return record


def _checked(content: dict[str, Any], folder: Path) -> Record:
    claimed = content.pop("sha256", "")
    if claimed != _sha256(content):
        raise ValueError("its content is not what was saved")
    record = Record(**content)
    return Record(**content | {"pictures": Pictures(pictures_of(folder, record.name))})


def find(folder: Path, stems: Iterable[str] | None = None, *, set_aside: bool = True) -> list[Record]:
    """All whole records of a profile's results folder, in the order of their file names.

    stems: of Record.stem; the records of these calls alone, with any parts. set_aside: rename a damaged file; without, it is named in a warning
    and stays where it is.
    """
    wanted = None if stems is None else set(stems)

    def is_wanted(name: str) -> bool:
        return not OLD_NAME.fullmatch(name) and (wanted is None or name.rpartition("-")[0] in wanted)

    found = {name: record for name, record in _packed(folder).items() if is_wanted(name)}
    for path in (folder / "records").glob("[!.]*.json"):
        if is_wanted(path.stem):
            try:
                record = load(path)
                found[record.name] = record
            except DamagedRecordError as error:
                _warn(error, path, set_aside)
    return [found[name] for name in sorted(found)]


def pack(folder: Path, pictures_of: Sequence[str] = ()) -> Path:
    """Put all whole records of a results folder into its records.jsonl, and delete their own files. Of pictures, those of the first seed of these
    runs stay."""
    found = find(folder, set_aside=False)
    with replacing(folder / PACKED) as temporary:
        temporary.write_text("".join(line_of(record) + "\n" for record in found))
    for record in found:
        (folder / "records" / f"{record.name}.json").unlink(missing_ok=True)
    first = {run: min((record.seed for record in found if record.run == run), default=0) for run in pictures_of}
    kept = {record.name for record in found if record.seed == first.get(record.run)}
    for pictures in (folder / "pictures").glob("*"):
        if pictures.name not in kept:
            shutil.rmtree(pictures)
    return folder / PACKED


def _packed(folder: Path) -> Mapping[str, Record]:
    """The records of a folder's records.jsonl, by name."""
    path = folder / PACKED
    return _lines(path, path.stat().st_mtime_ns) if path.is_file() else {}


@lru_cache(maxsize=64)
def _lines(path: Path, modified: int) -> Mapping[str, Record]:
    found = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            record = _checked(json.loads(line), path.parent)
            found[record.name] = record
        except MALFORMED as error:
            warnings.warn(f"{path}, line {number} is damaged: {error}. The record is left out.", stacklevel=4)
    return found


def _warn(error: DamagedRecordError, path: Path, set_aside: bool) -> None:
    if set_aside:
        path.replace(path.with_suffix(".damaged"))
    remedy = f"The record was set aside as {path.stem}.damaged; its run is computed again." if set_aside else "The record is left out."
    warnings.warn(f"{str(error).removesuffix('.')}. {remedy}", stacklevel=3)


def pictures_of(folder: Path, name: str) -> Path:
    """The folder of a record's pictures. name: the record's."""
    return folder / "pictures" / name


def _numbers(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """Every number in it, with its place."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _numbers(inner, f"{name}.{key}".removeprefix("."))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _numbers(inner, name)
    elif isinstance(value, int | float):
        yield name, value


def _encode(picture: Picture) -> bytes:
    buffer = io.BytesIO()
    pixels = picture if picture.ndim == 2 else np.clip((picture + 1) / 2, 0, 1)
    png.imsave(buffer, pixels, cmap="gray", vmin=-1, vmax=1, format="png")
    return buffer.getvalue()


def _decode(content: bytes) -> Picture:
    picture: Picture = png.imread(io.BytesIO(content))[..., :3] * 2 - 1
    grey = (picture[..., :1] == picture).all()
    return picture[..., 0] if grey else picture
