"""Compute calls and keep their records.

record = run(classifier.call(DIGITS, seed=0, hsm=True, r=0.5))
records = run_all(plans.table1(DIGITS, 10))               # the missing ones, in parallel; the others are loaded
"""

import os
from collections.abc import Sequence
from pathlib import Path

import torch

from companion import calls, records
from companion.calls import Call, record_of
from companion.experiment import plans, together
from companion.experiment.names import named
from companion.experiment.watch import Watch
from companion.fingerprints import is_current
from companion.profiles import Profile
from companion.records import Record
from paperlib.checks import check
from paperlib.support import stopping


def run(call: Call, *, progress: bool = True) -> Record:
    """The record of a call: loaded if it is there, computed and saved if not.

    The same arguments and parts give the same metrics on the same machine, bit for bit: every run has one thread and its own random streams.

    Args:
        call: of a recorded function, with a profile whose parts are used and whose folder takes the record.
        progress: show a bar.

    Returns:
        The record. Its field `impossible` is not empty where the pair never produces an attribute that the call asks for.
    """
    return record_of(call, progress=progress)


def run_all(wanted: Sequence[Call], *, label: str = "runs", workers: int | None = None, progress: bool = True) -> list[Record]:
    """The records of calls of one profile, in order. Missing ones are computed first, in the same order, `workers` at a time (default: one a
    core or GPU), in other processes or, where profile.paths names a cluster, on its workers. One run, or one worker here, needs no other process.

    Each is saved as it ends, so an interruption loses only the runs in progress. One bar counts the runs. The first failure with an error is
    told at once. A run that the pair cannot do is left out, with one line.

    Raises:
        ConfigError: a call is another profile's.
        ChildProcessError: a worker process here died before it had started.
        DiskFullError: nothing more can be written.
        FailedRunsError: runs that failed, three times where that may help; the others are on record. A run that was alone raises its own error.
    """
    if not wanted:
        return []
    profile = wanted[0].profile
    for call in wanted:
        check(call.profile.name == profile.name, "profile of a call", call.profile.name, f"the others are of {profile.name!r}")
    paths = profile.paths
    paths.writable(profile.name)
    known = calls.all_on_record(wanted)
    found = {call: known.get(call) for call in dict.fromkeys(wanted)}
    missing = [call for call, record in found.items() if record is None]
    workers = min(workers or worker_count(), len(missing))
    watch = Watch(missing, found, label, profile=profile, workers=None if paths.cluster else workers, enabled=progress)
    try:
        with stopping.saying(watch.line):
            if paths.cluster is None and workers <= 1:
                failures = together.compute_here(missing, watch)
            elif missing:
                from companion.experiment.cluster import connected  # Dask takes a while to import

                count = len(missing) if paths.cluster else workers
                with connected(paths.cluster, workers=count, dashboard=bool(paths.dashboard), logs=profile.folder / "logs") as client:
                    failures = together.compute_on(client, missing, profile, 1 if paths.cluster else workers, watch)
            else:
                failures = {}
    finally:
        watch.close()
    together.report(failures, len(missing))
    done = {call: record or record_of(call) for call, record in found.items()}
    for call, record in done.items():
        if record.impossible:
            print(f"left out: {named(call)}: {record.impossible}", flush=True)
    return [done[call] for call in wanted if not done[call].impossible]


def on_record(wanted: Sequence[Call]) -> list[Record]:
    """The records of those calls that have one; the others are not run."""
    return list(calls.all_on_record(wanted).values())


def found(profile: Profile, folder: Path | None = None) -> list[Record]:
    """What is on record of the profile as it is now, its own sizes and the parts that it has today, in the order of its plan.

    folder: another results folder, such as REFERENCE / "digits"; its damaged files stay where they are.
    """
    own = plans.Own(profile)
    kept = [
        record for record in records.find(folder or profile.folder, set_aside=folder is None) if not record.impossible and record in own
    ]
    return sorted((record for record in kept if is_current(record.parts, profile)), key=own.place)


def worker_count() -> int:
    """Runs at a time: one a GPU, or one a core where there is none."""
    if torch.cuda.is_available():
        return torch.cuda.device_count()
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
