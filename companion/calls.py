"""A run is a call of a recorded function: its arguments are checked and filled in here, its record is loaded, or computed and saved.

@recorded
def classifier(run: ClassifierRun, profile: Profile, progress: bool = False) -> Outcome: ...      # ClassifierRun: its arguments, a dataclass

call = classifier.call(DIGITS, seed=0, hsm=True)          # checked, not computed; what is left out (epochs) is the profile's size
record = record_of(call)
calls = grid(classifier, DIGITS, seed=range(3), hsm=[False, True])
"""

import datetime
import itertools
import json
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from functools import cached_property
from importlib.metadata import version
from inspect import signature
from typing import Any, get_type_hints

import numpy as np
import torch
from numpy.typing import NDArray

from companion import records
from companion.arguments import Seed, frozen
from companion.fingerprints import Used, is_current
from companion.profiles.profile import Profile, device
from companion.records import Record
from companion.support.lock import alone
from companion.support.machine import processor_name
from companion.support.paths import ROOT
from paperlib.checks import check
from paperlib.conditioner import NeverProducedError
from paperlib.streams import seeded
from paperlib.support.threads import one_thread

PACKAGES = ("torch", "torchvision", "numpy", "scipy", "scikit-learn")


@dataclass
class Outcome:
    """What a recorded function returns: the computed part of a Record. costs: seconds and their like, which no second run repeats; they go to
    its provenance."""

    metrics: dict[str, Any]
    history: dict[str, list[float]] = field(default_factory=dict)
    pictures: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    costs: dict[str, Any] = field(default_factory=dict)


@frozen
class Arguments:
    """Of a recorded function: a frozen dataclass whose fields pydantic checks. seed: of everything random in the run."""

    seed: Seed

    def __post_init__(self) -> None:
        for inner in fields(self):  # the arguments of another run, whose record this one reads or which it repeats
            seed = getattr(getattr(self, inner.name), "seed", self.seed)
            check(seed == self.seed, f"{inner.name}.seed", seed, f"use the run's own, {self.seed}")


Function = Callable[[Any, Profile, bool], Outcome]


class Run:
    """A recorded function, under the name that its records have. arguments: the class of its first parameter."""

    def __init__(self, function: Function, name: str):
        self.function, self.name = function, name
        self.__doc__, self.__module__ = function.__doc__, function.__module__
        first = get_type_hints(function).get(next(iter(signature(function).parameters), ""))
        rule = "annotate its first parameter with a class of arguments: @frozen class MyRun(Arguments)"
        check(isinstance(first, type) and issubclass(first, Arguments), f"recorded function {name}", first, rule)
        self.arguments: type[Any] = first  # type: ignore[assignment]

    def __reduce__(self) -> str:
        return self.name  # of the variable that holds it, in the module of the function

    def named(self, name: str) -> "Run":
        """The same function for another purpose, whose records are kept apart."""
        return Run(self.function, name)

    def call(self, profile: Profile, **given: Any) -> "Call":
        """The call with these arguments. What is left out and has no default is the profile's size of this name.

        Raises ConfigError, in one line: an argument is unknown, missing, of another type or out of range.
        """
        missing = [f.name for f in fields(self.arguments) if f.default is MISSING and f.name not in given]
        sizes = profile.sizes(self.name) if missing else {}
        return Call(self, profile, self.arguments(**{name: sizes[name] for name in missing if name in sizes} | given))


def recorded(function: Function) -> Run:
    """Decorate a function of its arguments, a profile and whether a bar is shown."""
    return Run(function, function.__name__)


@dataclass(frozen=True, eq=False)
class Call:
    """A run that may or may not be on record. Two calls are equal if run, profile's name and arguments are. arguments: of run.arguments."""

    run: Run
    profile: Profile = field(repr=False)
    arguments: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Call) and self.stem == other.stem

    def __hash__(self) -> int:
        return hash(self.stem)

    @property
    def seed(self) -> int:
        return int(self.arguments.seed)

    def but(self, **changes: Any) -> "Call":
        """The same call with other arguments."""
        return replace(self, arguments=replace(self.arguments, **changes))

    @cached_property
    def stored(self) -> dict[str, Any]:
        """The arguments as a record has them."""
        return dict(json.loads(json.dumps(asdict(self.arguments))))

    @cached_property
    def stem(self) -> str:
        return records.stem_of(self.run.name, self.profile.name, self.stored)

    def outcome(self, *, progress: bool = False) -> Outcome:
        """Computed, without a record."""
        return self.run.function(self.arguments, self.profile, progress)


def grid(run: Run, profile: Profile, **arguments: Any) -> list[Call]:
    """A call for every combination; what is no list and no range is the same for all. The last argument changes fastest."""
    axes = {name: value if isinstance(value, list | range) else [value] for name, value in arguments.items()}
    return [run.call(profile, **dict(zip(axes, values, strict=True))) for values in itertools.product(*axes.values())]


def on_record(call: Call) -> Record | None:
    """The record of the call with the profile's parts of today; None where there is none. A damaged file is set aside, with a warning."""
    return all_on_record([call]).get(call)


def all_on_record(wanted: Iterable[Call]) -> dict[Call, Record]:
    """The same for many calls of one profile, whose folder is listed once; those without a record are left out."""
    by_stem = {call.stem: call for call in wanted}
    if not by_stem:
        return {}
    profile = next(iter(by_stem.values())).profile
    every = records.find(profile.folder, by_stem)
    current = {by_stem[record.stem]: record for record in every if is_current(record.parts, profile)}
    return {call: current[call] for call in by_stem.values() if call in current}


def record_of(call: Call, *, progress: bool = False, workers: int = 1) -> Record:
    """Loaded, or computed and saved. workers: the runs that share the machine.

    Of two processes that want the same one, one computes it, unless the folder has no locks or the other hangs: then both write the same.
    """
    profile = call.profile
    folder = profile.paths.writable(profile.name)
    with alone(folder / "records" / f".{call.stem}.lock"):
        record = on_record(call)
        if record is None:
            record = _computed(call, progress, workers)
            records.save(record, folder)
    if profile.note is not None:  # what another run's record rests on, the run that reads it rests on too
        for name, fingerprint in record.parts.items():
            profile.note(name, fingerprint)
    return record


def _computed(call: Call, progress: bool, workers: int) -> Record:
    start, used, impossible = time.perf_counter(), Used(call.profile), ""
    try:
        with (
            one_thread(),
            torch.backends.cudnn.flags(enabled=True, deterministic=True, benchmark=False),
            seeded(call.seed, "training noise"),
        ):
            outcome = replace(call, profile=used.profile).outcome(progress=progress)
    except NeverProducedError as error:
        outcome, impossible = Outcome({}), str(error)
    form = call.profile.parts.images_form() if "real images" in used.parts else ""
    seconds = time.perf_counter() - start - used.loading
    provenance = _provenance(seconds, workers) | ({"images": form} if form else {}) | outcome.costs
    parts = dict(sorted(used.parts.items()))
    metrics = json.loads(json.dumps(outcome.metrics))  # as the file will have them
    return Record(call.run.name, call.profile.name, call.stored, parts, metrics, outcome.history, outcome.pictures, provenance, impossible)


def _provenance(seconds: float, workers: int) -> dict[str, object]:
    on = device()
    return {
        "commit": _commit() or "unknown",
        "packages": {name: version(name) for name in PACKAGES},
        "device": torch.cuda.get_device_name(on) if on.type == "cuda" else "cpu",
        "processor": processor_name(),
        "threads": 1,
        "workers": workers,
        "seconds": round(seconds, 2),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _commit() -> str:
    """Of the checkout at ROOT; nothing without git, or where ROOT is no checkout of its own, even if a folder above it is one."""
    command = ["git", "--git-dir", ".git", "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""
