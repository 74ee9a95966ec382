"""Run configs and keep their records.

record = run(DIGITS.classifier_run(seed=0, hsm=True, r=0.5), DIGITS)
records = run_all([...], DIGITS)               # the missing ones, in parallel processes; the others are loaded
"""

import datetime
import multiprocessing
import os
import pickle
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib.metadata import version
from pathlib import Path

import cloudpickle
import torch

from paperlib import profiles, records
from paperlib.conditioner import NeverProducedError
from paperlib.config import (
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
    check,
)
from paperlib.experiment import (
    classifier,
    conditioning,
    diversity,
    evaluation,
    hard_samples,
    image_quality,
    mined_space,
    plans,
    shown_images,
)
from paperlib.experiment.fingerprints import Fingerprints
from paperlib.experiment.outcome import Outcome
from paperlib.profiles import Profile
from paperlib.records import Record
from paperlib.streams import seeded
from paperlib.support.machine import processor_name
from paperlib.support.paths import ROOT
from paperlib.support.progress import progress_bar
from paperlib.support.threads import one_thread

PACKAGES = ("torch", "torchvision", "numpy", "scipy", "scikit-learn")


def run(config: Config, profile: Profile | None = None, *, progress: bool = True) -> Record:
    """The record of `config`: loaded if it is there, computed and saved if not.

    The same config and parts give the same metrics on the same machine, bit for bit: every run has one thread and its own random streams.

    Args:
        config: what to run, made by a profile.
        profile: whose parts are run, and whose folder takes the record; None is the shipped profile that the config names.
        progress: show a bar.

    Returns:
        The record. Its field `impossible` is not empty where the pair never produces an attribute that the config asks for.

    Raises:
        ConfigError: the config is another profile's, or names a profile that does not ship.
    """
    profile = profile or profiles.load(config.profile)
    return _run(config, Fingerprints(profile), progress=progress, workers=1)


def run_all(
    configs: Sequence[Config], profile: Profile | None = None, *, label: str = "runs", workers: int | None = None, progress: bool = True
) -> list[Record]:
    """The records of `configs`, in order, of one profile. Missing ones are computed first, `workers` at a time (default: one a core; one on a GPU).

    Each is saved as it ends, so an interruption loses only the runs in progress. One bar counts the runs. A run that the pair cannot do
    is left out, with one line.
    """
    if not configs:
        return []
    profile = profile or profiles.load(configs[0].profile)
    for config in configs:
        _check_profile(config, profile)
    known = Fingerprints(profile)
    found = {c: records.load_or_set_aside(records.path_of(profile.folder, c, known.of(c)), pictures=True) for c in dict.fromkeys(configs)}
    missing = [config for config, record in found.items() if record is None]
    workers = min(workers or worker_count(), len(missing))
    bar = progress_bar(len(missing), label, enabled=progress and bool(missing))
    if workers > 1:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, context, _start_worker, (cloudpickle.dumps(profile), workers)) as pool:
            futures = {pool.submit(_work, config): config for config in _longest_first(missing)}
            for future in as_completed(futures):
                future.result()
                bar.update(1)
    else:
        for config in missing:
            _run(config, known, progress=False, workers=1)
            bar.update(1)
    bar.close()
    done = {config: record or _run(config, known, progress=False, workers=1) for config, record in found.items()}
    for record in done.values():
        if record.impossible:
            from paperlib.report.diversity import named  # it brings all that draws

            print(f"left out: {named(record)}, seed {record.seed}: {record.impossible}", flush=True)
    return [done[config] for config in configs if not done[config].impossible]


def left_out(configs: Sequence[Config], profile: Profile) -> list[Record]:
    """The records of those of `configs` that the pair cannot do, each with its reason in `impossible`; what is not on record is not run."""
    known = Fingerprints(profile)
    loaded = (records.load_or_set_aside(records.path_of(profile.folder, c, known.of(c))) for c in dict.fromkeys(configs))
    return [record for record in loaded if record and record.impossible]


def found(profile: Profile, folder: Path | None = None) -> list[Record]:
    """What is on record of the profile as it is now, its own sizes and the parts that it has today, in the order of its plan.

    folder: another results folder, such as REFERENCE / "digits"; its damaged files stay where they are.
    """
    known, own = Fingerprints(profile), plans.Own(profile)
    kept = [r for r in records.find(folder or profile.folder, set_aside=folder is None) if not r.impossible and r.config in own]
    return sorted((r for r in kept if r.parts == known.of(r.config)), key=lambda r: own.place(r.config))


def worker_count() -> int:
    """Runs at a time: one on a GPU, one a core elsewhere."""
    if torch.cuda.is_available():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Worker:
    """What a worker process was started for."""

    known: Fingerprints
    workers: int


def _start_worker(profile: bytes, workers: int) -> None:
    _Worker.known, _Worker.workers = Fingerprints(pickle.loads(profile)), workers


def _work(config: Config) -> None:
    _run(config, _Worker.known, progress=False, workers=_Worker.workers)


def _longest_first(configs: Sequence[Config]) -> list[Config]:
    return sorted(configs, key=_images_seen, reverse=True)


def _images_seen(config: Config) -> int:
    """In a run's training, or drawn: a run of more takes longer."""
    training = getattr(config, "classifier", None) or getattr(config, "method", None) or config
    epochs = getattr(training, "epochs", 0) * getattr(training, "long_factor", 1)
    return max(epochs * getattr(training, "labels_per_epoch", getattr(training, "images", 0)), getattr(config, "draws", 0))


def _run(config: Config, known: Fingerprints, *, progress: bool, workers: int) -> Record:
    """workers: the runs that share the machine."""
    profile = known.profile
    _check_profile(config, profile)
    parts = known.of(config)
    return records.cached(config, parts, profile.paths.writable(profile.name), lambda: _compute(config, parts, known, progress, workers))


def _check_profile(config: Config, profile: Profile) -> None:
    check(config.profile == profile.name, "config.profile", config.profile, f"the profile that is passed is {profile.name!r}")


def _compute(config: Config, parts: dict[str, str], known: Fingerprints, progress: bool, workers: int) -> Record:
    start = time.perf_counter()
    try:
        with one_thread(), torch.backends.cudnn.flags(deterministic=True, benchmark=False), seeded(config.seed, "training noise"):
            outcome = _outcome(config, known, progress)
            impossible = ""
    except NeverProducedError as error:
        outcome, impossible = Outcome({}), str(error)
    provenance = _provenance(time.perf_counter() - start, workers) | outcome.costs
    return Record(config, parts, outcome.metrics, outcome.history, outcome.pictures, provenance, impossible)


def _outcome(config: Config, known: Fingerprints, progress: bool) -> Outcome:  # noqa: PLR0911 -- a return a kind
    profile = known.profile

    def record_of(other: Config) -> Record:
        return _run(other, known, progress=False, workers=1)

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
            return image_quality.compute(config, profile, record_of)
        case ShownImagesRun():
            return shown_images.compute(config, profile, progress)
        case EvaluationRun():
            return evaluation.compute(config, profile, record_of)
        case DiversityRun():
            return diversity.compute(config, profile, progress, record_of)
    raise TypeError(f"no experiment takes a {type(config).__name__}")


def _provenance(seconds: float, workers: int) -> dict[str, object]:
    git = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False)
    device = profiles.device()
    return {
        "commit": git.stdout.strip() or "unknown",
        "packages": {name: version(name) for name in PACKAGES},
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "processor": processor_name(),
        "threads": 1,
        "workers": workers,
        "seconds": round(seconds, 2),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
