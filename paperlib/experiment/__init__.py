"""Run a config and keep its record: the only place where generator, methods, training and metrics meet.

record = run(load("digits").classifier_run(seed=0, hsm=True, r=0.5))
records = run_all([...])                       # the missing ones, in parallel processes; the others are loaded
"""

import datetime
import multiprocessing
import os
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from importlib.metadata import version

import torch

from paperlib import profiles, records
from paperlib.config import (
    ClassifierRun,
    ConditioningRun,
    Config,
    DiversityRun,
    EvaluationRun,
    HardSamplesRun,
    ImageQualityRun,
    MinedClassifierRun,
    MinedSpaceRun,
)
from paperlib.experiment import classifier, conditioning, diversity, evaluation, hard_samples, image_quality, mined_space
from paperlib.experiment.outcome import Outcome
from paperlib.records import Record
from paperlib.support.progress import progress_bar

PACKAGES = ("torch", "torchvision", "numpy", "scipy", "scikit-learn")


def run(config: Config, *, progress: bool = True) -> Record:
    """The record of `config`: loaded if it is there, computed and saved if not.

    The same config gives the same metrics on the same machine, bit for bit: every run has one thread and its own random streams.
    """
    return records.cached(config, lambda: _compute(config, progress))


def run_all(configs: Sequence[Config], *, label: str = "runs", workers: int | None = None, progress: bool = True) -> list[Record]:
    """The records of `configs`, in order. Missing ones are computed first, `workers` at a time (default: one a core; one on a GPU).

    Each is saved as it ends, so an interruption loses only the runs in progress. One bar counts the runs.
    """
    missing = [c for c in dict.fromkeys(configs) if records.load_or_set_aside(records.path_of(c)) is None]
    workers = min(workers or worker_count(), len(missing))
    bar = progress_bar(len(missing), label, enabled=progress and bool(missing))
    if workers > 1:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            for future in as_completed([pool.submit(run, config, progress=False) for config in _longest_first(missing)]):
                future.result()
                bar.update(1)
    else:
        for config in missing:
            run(config, progress=False)
            bar.update(1)
    bar.close()
    return [run(config, progress=False) for config in configs]


def worker_count() -> int:
    """Runs at a time: one on a GPU, one a core elsewhere."""
    if torch.cuda.is_available():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _longest_first(configs: Sequence[Config]) -> list[Config]:
    def epochs(config: Config) -> int:
        match config:
            case MinedClassifierRun():
                return config.classifier.epochs
            case DiversityRun():
                return getattr(config.method, "epochs", getattr(config.method, "steps", 0))
        return getattr(config, "epochs", 0)

    return sorted(configs, key=epochs, reverse=True)


def _compute(config: Config, progress: bool) -> Record:
    start, threads = time.perf_counter(), torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.backends.cudnn.flags(deterministic=True, benchmark=False):
            outcome = _outcome(config, progress)
    finally:
        torch.set_num_threads(threads)
    return Record(
        config.kind,
        asdict(config),
        config.seed,
        outcome.metrics,
        outcome.history,
        outcome.pictures,
        _provenance(config, time.perf_counter() - start) | outcome.costs,
    )


def _outcome(config: Config, progress: bool) -> Outcome:  # noqa: PLR0911 -- a return a kind
    profile = profiles.load(config.profile)
    match config:
        case ClassifierRun():
            return classifier.compute(config, profile, progress)
        case HardSamplesRun():
            return hard_samples.compute(config, profile, progress)
        case MinedSpaceRun():
            return mined_space.compute(config, profile, progress)
        case MinedClassifierRun():
            return classifier.compute(config.classifier, profile, progress)
        case ConditioningRun():
            return conditioning.compute(config, profile, progress)
        case ImageQualityRun():
            return image_quality.compute(config, profile, lambda other: run(other, progress=False))
        case EvaluationRun():
            return evaluation.compute(config, profile, lambda other: run(other, progress=False))
        case DiversityRun():
            return diversity.compute(config, profile, progress)
    raise TypeError(f"no experiment takes a {type(config).__name__}")


def _provenance(config: Config, seconds: float) -> dict[str, object]:
    git = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=records.ROOT, capture_output=True, text=True, check=False)
    device = profiles.device()
    return {
        "commit": git.stdout.strip() or "unknown",
        "packages": {name: version(name) for name in PACKAGES},
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "threads": 1,
        "seconds": round(seconds, 2),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "pretrained": profiles.load(config.profile).parts.checksums(),
    }
