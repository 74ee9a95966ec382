"""Where things lie: made once, in a command or in a notebook's first cell, and carried by the profile. Nothing deeper reads the environment.

paths = Paths.from_environment()
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paperlib.support.files import check_writable

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "results" / "reference"
TEXTS = ("biggan", "cluster", "dashboard")


@dataclass(frozen=True)
class Paths:
    """results: a folder of folders, one a profile. cache: decoded images. The others are parts that cannot ship, by the Makefile's names;
    None is the place that the profile names in its error.

    cluster: where runs are computed, "slurm" or a Dask scheduler's tls:// or tcp:// address; None is this machine.
    dashboard: anything, to see Dask's page of what runs, on 127.0.0.1."""

    results: Path = ROOT / "results"
    cache: Path = Path("~/.cache/paperlib")
    imagenet: Path | None = None
    cifar10: Path | None = None
    biggan: str | None = None
    inception: Path | None = None
    judge: Path | None = None
    utkface: Path | None = None
    faces_generator: Path | None = None
    faces_classifier: Path | None = None
    faces_judge: Path | None = None
    cluster: str | None = None
    dashboard: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Paths":
        """PAPERLIB_RESULTS, PAPERLIB_CACHE, PAPERLIB_IMAGENET and so on, where they are set; relative ones from the current folder."""
        given = {name: environment.get(f"PAPERLIB_{name.upper()}") for name in cls.__dataclass_fields__}
        paths = {name: value if name in TEXTS else Path(value).expanduser().absolute() for name, value in given.items() if value}
        return cls(**paths)  # type: ignore[arg-type]

    def to_environment(self) -> dict[str, str]:
        """The variables that from_environment reads, for a process that is started from this one."""
        return {f"PAPERLIB_{name.upper()}": str(value) for name in self.__dataclass_fields__ if (value := getattr(self, name))}

    def of(self, profile: str) -> Path:
        """The results folder of a profile."""
        return self.results / profile

    def writable(self, profile: str) -> Path:
        """The same, made if missing; OSError with the remedy where nothing can be written."""
        folder = self.of(profile)
        check_writable(folder / "records", "Make it writable, or set PAPERLIB_RESULTS to a folder that is.")
        return folder
