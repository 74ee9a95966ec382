"""One config -> its record: loaded if it is there, computed and saved if not."""

import datetime
import subprocess
import time
from importlib.metadata import version

import torch

from companion import profiles, records
from companion.config import (
    ClassifierRun,
    ConditioningRun,
    Config,
    ControlRun,
    DiversityRun,
    EvaluationRun,
    HardSamplesRun,
    ImageQualityRun,
    MinedClassifierRun,
    MinedSpaceRun,
    ShownImagesRun,
)
from companion.experiment import (
    classifier,
    conditioning,
    diversity,
    evaluation,
    hard_samples,
    image_quality,
    mined_space,
    shown_images,
)
from companion.experiment.fingerprints import Fingerprints
from companion.experiment.outcome import Outcome
from companion.profiles import Profile
from companion.records import Record
from companion.support.machine import processor_name
from companion.support.paths import ROOT
from paperlib.checks import check
from paperlib.conditioner import NeverProducedError
from paperlib.streams import seeded
from paperlib.support.threads import one_thread

PACKAGES = ("torch", "torchvision", "numpy", "scipy", "scikit-learn")


def record_of(config: Config, known: Fingerprints, *, progress: bool = False, workers: int = 1) -> Record:
    """The record of a config of the profile that `known` knows. workers: the runs that share the machine."""
    profile = known.profile
    check_profile(config, profile)
    parts = known.of(config)
    return records.cached(config, parts, profile.paths.writable(profile.name), lambda: _compute(config, parts, known, progress, workers))


def check_profile(config: Config, profile: Profile) -> None:
    """ConfigError where the config is another profile's."""
    check(config.profile == profile.name, "config.profile", config.profile, f"the profile that is passed is {profile.name!r}")


def _compute(config: Config, parts: dict[str, str], known: Fingerprints, progress: bool, workers: int) -> Record:
    start = time.perf_counter()
    try:
        with (
            one_thread(),
            torch.backends.cudnn.flags(enabled=True, deterministic=True, benchmark=False),
            seeded(config.seed, "training noise"),
        ):
            outcome = measured(config, known, progress)
            impossible = ""
    except NeverProducedError as error:
        outcome, impossible = Outcome({}), str(error)
    form = known.profile.parts.images_form() if "real images" in parts else ""
    provenance = _provenance(time.perf_counter() - start, workers) | ({"images": form} if form else {}) | outcome.costs
    return Record(config, parts, outcome.metrics, outcome.history, outcome.pictures, provenance, impossible)


def measured(config: Config, known: Fingerprints, progress: bool) -> Outcome:  # noqa: PLR0911 -- a return a kind
    """What the experiment of the config's kind computes, without a record."""
    profile = known.profile

    def other_record(other: Config) -> Record:
        return record_of(other, known)

    match config:
        case ClassifierRun():
            return classifier.compute(config, profile, progress)
        case HardSamplesRun():
            return hard_samples.compute(config, profile, progress)
        case MinedSpaceRun():
            return mined_space.compute(config, profile, progress)
        case MinedClassifierRun() | ControlRun():
            return classifier.compute(config.classifier, profile, progress)
        case ConditioningRun():
            return conditioning.compute(config, profile, progress)
        case ImageQualityRun():
            return image_quality.compute(config, profile, other_record)
        case ShownImagesRun():
            return shown_images.compute(config, profile, progress)
        case EvaluationRun():
            return evaluation.compute(config, profile, other_record)
        case DiversityRun():
            return diversity.compute(config, profile, progress, other_record)
    raise TypeError(f"no experiment takes a {type(config).__name__}")


def _provenance(seconds: float, workers: int) -> dict[str, object]:
    device = profiles.device()
    return {
        "commit": _commit() or "unknown",
        "packages": {name: version(name) for name in PACKAGES},
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
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
