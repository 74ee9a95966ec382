"""What the engine costs beside the runs, and how fast it stops: results/reference/bench/engine.json.

python bench/engine.py

The library is imported where it is used: each worker imports this file, and the start of workers is timed alone.
An empty run is one whose record is there: a worker takes it, locks it, reads it and answers. They are timed on 1, 2 and 4 workers, in a
folder of 100, 1,000 and 10,000 records.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from companion.support.machine import processor_name
from companion.support.paths import REFERENCE, Paths

if TYPE_CHECKING:
    from companion.calls import Call
    from companion.profiles import Profile
    from companion.records import Record

RUNS, WORKERS, RECORDS = 1000, (1, 2, 4), (100, 1000, 10_000)


def empty_runs(folder: Path, count: int) -> dict[str, float]:
    """Milliseconds of an empty run by number of workers, and the seconds until the workers are there."""
    from records import made_up

    from companion.experiment import on_record, together
    from companion.experiment.cluster import connected
    from companion.experiment.watch import Watch
    from companion.profiles import DIGITS
    from companion.records import save

    profile = replace(DIGITS, paths=Paths(results=folder))
    stored = list(made_up(count))
    for record in stored:
        save(replace(record, pictures={}), profile.folder)
    calls = [_call(stored[i % count], profile) for i in range(RUNS)]
    assert len(on_record(calls)) == len(set(calls))
    found = {}
    for workers in WORKERS:
        start = time.perf_counter()
        with connected(None, workers=workers) as client:
            found[f"start_{workers}"] = round(time.perf_counter() - start, 2)
            watch = Watch([], {}, "", profile=profile, workers=workers, enabled=False)
            together.compute_on(client, calls[:workers], profile, workers, watch)
            start = time.perf_counter()
            together.compute_on(client, calls, profile, workers, watch)
            found[f"run_{workers}"] = round(1e3 * (time.perf_counter() - start) / RUNS, 2)
    return found


def _call(record: "Record", profile: "Profile") -> "Call":
    """What the record is of."""
    from pydantic import TypeAdapter

    from companion import runs
    from companion.calls import Call

    run = getattr(runs, record.run)
    return Call(run, profile, TypeAdapter(run.arguments).validate_json(json.dumps(record.arguments)))


def stopped(number: int, folder: Path) -> float:
    """Seconds from a signal to a computing command until none of its processes is left."""
    environment = os.environ | {"PAPERLIB_RESULTS": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-m", "companion.commands.reproduce", "--profile", "smoke"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )  # fmt: skip
    while not list((folder / "smoke" / "records").glob(".*.lock")):
        if process.poll() is not None:
            raise RuntimeError(f"the command ended with {process.returncode} before it could be stopped")
        time.sleep(0.05)
    children = psutil.Process(process.pid).children(recursive=True)
    start = time.perf_counter()
    process.send_signal(number)
    process.wait()
    while any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children):
        time.sleep(0.01)
    return round(time.perf_counter() - start, 2)


def text(found: Mapping[str, Any]) -> str:
    import pandas as pd

    from companion.report.files import markdown

    folders = {count: found[f"records_{count}"] for count in RECORDS}
    rows = [{"records in the folder": n} | {f"ms on {w}": times[f"run_{w}"] for w in WORKERS} for n, times in folders.items()]
    start = max(times[f"start_{w}"] for times in folders.values() for w in WORKERS)
    return (
        f"On {found['cores']} cores ({found['processor']}), what a run costs beside the run itself, on 1, 2 and 4 workers:\n\n"
        f"{markdown(pd.DataFrame(rows))}\n\n"
        f"Workers are there after {start:.1f} s at most; each imports the library once, in {found['import']:.1f} s. From the signal until no process is "
        f"left: Ctrl-C {found['ctrl_c']:.1f} s, SIGTERM {found['sigterm']:.1f} s, kill -9 of the parent {found['kill_9']:.1f} s."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=REFERENCE / "bench")
    options = parser.parse_args()
    from companion.report.files import save_measured

    found: dict[str, Any] = {"processor": processor_name(), "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import companion.experiment.worker"], check=True)
    found["import"] = round(time.perf_counter() - start, 2)
    for count in RECORDS:
        with tempfile.TemporaryDirectory() as folder:
            found[f"records_{count}"] = empty_runs(Path(folder), count)
    for name, number in (("ctrl_c", signal.SIGINT), ("sigterm", signal.SIGTERM), ("kill_9", signal.SIGKILL)):
        with tempfile.TemporaryDirectory() as folder:
            found[name] = stopped(number, Path(folder))
    save_measured(found, text(found), options.folder / "engine.json")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
