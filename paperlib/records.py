"""Records: what a run was, what it measured and where, one JSON file each under results/<profile>/records/.

save(record);  load(path);  find("digits")          # atomic writes; a damaged file is named, set aside and left out
"""

import base64
import io
import json
import os
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from matplotlib import image as png
from numpy.typing import NDArray

from paperlib.config import Config
from paperlib.support.files import replacing

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "results" / "reference"


@dataclass(frozen=True)
class Record:
    """metrics: single numbers or short lists. history: one list per curve. pictures: in [-1, 1], by name: grey (rows, columns) or coloured (rows, columns, 3).
    provenance: commit, versions, device, threads, seconds, date and the checksums of the frozen parts."""

    kind: str
    config: dict[str, Any]
    seed: int
    metrics: dict[str, Any]
    history: dict[str, list[Any]] = field(default_factory=dict)
    pictures: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)


def results_dir(profile: str) -> Path:
    """results/<profile> of the repository, or of the folder that PAPERLIB_RESULTS names."""
    base = os.environ.get("PAPERLIB_RESULTS")
    if base:
        return Path(base).resolve() / profile
    return (ROOT if (ROOT / "pyproject.toml").is_file() else Path.cwd()) / "results" / profile


def check_writable(profile: str) -> Path:
    """The profile's folder, made if missing; OSError with the remedy where nothing can be written."""
    folder = results_dir(profile)
    try:
        (folder / "records").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder / "records"):
            pass
    except OSError as error:
        raise OSError(
            f"cannot write to {folder}: {error.strerror}. Make it writable, or set PAPERLIB_RESULTS to a folder that is."
        ) from error
    return folder


def path_of(config: Config) -> Path:
    return results_dir(config.profile) / "records" / f"{config.key}.json"


def save(record: Record, path: Path) -> None:
    data = asdict(record) | {"pictures": {name: _encode(picture) for name, picture in record.pictures.items()}}
    text = json.dumps(data, indent=1, allow_nan=False)
    with replacing(path) as temporary:
        temporary.write_text(text + "\n")


def load(path: Path) -> Record:
    """Raises ValueError, naming the file, if it is not a whole record."""
    try:
        data = json.loads(path.read_text())
        pictures = {name: _decode(text) for name, text in data.pop("pictures").items()}
        record = Record(**data, pictures=pictures)
        if not isinstance(record.config, dict) or not isinstance(record.metrics, dict):
            raise TypeError("config and metrics are not objects")
        return record
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def load_or_set_aside(path: Path) -> Record | None:
    """The record; None if there is none. A damaged file is renamed to *.damaged, with a warning, so that it is computed again."""
    if not path.exists():
        return None
    try:
        return load(path)
    except ValueError as error:
        aside = path.with_suffix(".damaged")
        path.replace(aside)
        warnings.warn(f"{error}. It was set aside as {aside.name}; its run is computed again.", stacklevel=2)
        return None


def find(profile: str, *, folder: Path | None = None) -> list[Record]:
    """All whole records of a profile, in the order of their file names. folder: another results folder, e.g. REFERENCE / profile."""
    paths = sorted(((folder or results_dir(profile)) / "records").glob("*.json"))
    return [record for record in map(load_or_set_aside, paths) if record is not None]


def cached(config: Config, compute: Callable[[], Record]) -> Record:
    """The record of `config`: loaded, or computed and saved; of two processes that want the same one, one computes it."""
    path = path_of(config)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")):
        record = load_or_set_aside(path)
        if record is None:
            record = compute()
            save(record, path)
    return record


def _encode(picture: NDArray[np.float64]) -> str:
    buffer = io.BytesIO()
    pixels = picture if picture.ndim == 2 else np.clip((picture + 1) / 2, 0, 1)
    png.imsave(buffer, pixels, cmap="gray", vmin=-1, vmax=1, format="png")
    return base64.b64encode(buffer.getvalue()).decode()


def _decode(text: str) -> NDArray[np.float64]:
    picture: NDArray[np.float64] = png.imread(io.BytesIO(base64.b64decode(text)))[..., :3] * 2 - 1
    grey = (picture[..., :1] == picture).all()
    return picture[..., 0] if grey else picture
