"""Run configs and keep their records.

record = run(DIGITS.classifier_run(seed=0, hsm=True, r=0.5), DIGITS)
records = run_all([...], DIGITS)               # the missing ones, in parallel; the others are loaded
"""

import os
from collections.abc import Sequence
from pathlib import Path

import torch

from companion import profiles, records
from companion.config import Config
from companion.experiment import plans, together
from companion.experiment.fingerprints import Fingerprints
from companion.experiment.names import named
from companion.experiment.one_run import check_profile, record_of
from companion.experiment.watch import Watch
from companion.profiles import Profile
from companion.records import Record
from paperlib.support import stopping


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
    return record_of(config, Fingerprints(profile), progress=progress)


def run_all(
    configs: Sequence[Config], profile: Profile | None = None, *, label: str = "runs", workers: int | None = None, progress: bool = True
) -> list[Record]:
    """The records of `configs`, in order, of one profile. Missing ones are computed first, in the same order, `workers` at a time (default: one a
    core or GPU), in other processes or, where profile.paths names a cluster, on its workers. One run, or one worker here, needs no other process.

    Each is saved as it ends, so an interruption loses only the runs in progress. One bar counts the runs. The first failure with an error is
    told at once. A run that the pair cannot do is left out, with one line.

    Raises:
        ConfigError: a config is another profile's.
        ChildProcessError: a worker process here died before it had started.
        DiskFullError: nothing more can be written.
        FailedRunsError: runs that failed, three times where that may help; the others are on record. A run that was alone raises its own error.
    """
    if not configs:
        return []
    profile = profile or profiles.load(configs[0].profile)
    for config in configs:
        check_profile(config, profile)
    known, paths = Fingerprints(profile), profile.paths
    paths.writable(profile.name)
    found = {c: records.load_or_set_aside(records.path_of(profile.folder, c, known.of(c)), pictures=True) for c in dict.fromkeys(configs)}
    missing = [config for config, record in found.items() if record is None]
    workers = min(workers or worker_count(), len(missing))
    watch = Watch(missing, found, label, profile=profile, workers=None if paths.cluster else workers, enabled=progress)
    try:
        with stopping.saying(watch.line):
            if paths.cluster is None and workers <= 1:
                failures = together.compute_here(missing, known, watch)
            elif missing:
                from companion.experiment.cluster import connected  # Dask takes a while to import

                count = len(missing) if paths.cluster else workers
                with connected(paths.cluster, workers=count, dashboard=bool(paths.dashboard), logs=profile.folder / "logs") as client:
                    failures = together.compute_on(client, missing, known, 1 if paths.cluster else workers, watch)
            else:
                failures = {}
    finally:
        watch.close()
    together.report(failures, len(missing))
    done = {config: record or record_of(config, known) for config, record in found.items()}
    for record in done.values():
        if record.impossible:
            print(f"left out: {named(record.config)}: {record.impossible}", flush=True)
    return [done[config] for config in configs if not done[config].impossible]


def on_record(configs: Sequence[Config], profile: Profile) -> list[Record]:
    """The records of those of `configs` that have one; the others are not run."""
    known = Fingerprints(profile)
    loaded = (records.load_or_set_aside(records.path_of(profile.folder, c, known.of(c))) for c in dict.fromkeys(configs))
    return [record for record in loaded if record]


def found(profile: Profile, folder: Path | None = None) -> list[Record]:
    """What is on record of the profile as it is now, its own sizes and the parts that it has today, in the order of its plan.

    folder: another results folder, such as REFERENCE / "digits"; its damaged files stay where they are.
    """
    known, own = Fingerprints(profile), plans.Own(profile)
    kept = [r for r in records.find(folder or profile.folder, set_aside=folder is None) if not r.impossible and r.config in own]
    return sorted((r for r in kept if r.parts == known.of(r.config)), key=lambda r: own.place(r.config))


def worker_count() -> int:
    """Runs at a time: one a GPU, or one a core where there is none."""
    if torch.cuda.is_available():
        return torch.cuda.device_count()
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
