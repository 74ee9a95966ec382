"""`make test-slow`: 20 random moments, a worker that hangs, a file system that is full."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import dask
import psutil
import pytest
from processes import Command, check_stopped, handler_is_set, until

from companion import profiles, records
from companion.calls import grid
from companion.experiment import run, run_all
from companion.runs import classifier
from companion.support.paths import Paths

pytestmark = [pytest.mark.slow, pytest.mark.skipif("PAPERLIB_SLOW" not in os.environ, reason="run by make test-slow")]

CALLS = grid(classifier, profiles.SMOKE, seed=range(4), images=50, epochs=20)


@pytest.mark.parametrize("turn", range(20))
def test_a_stop_at_any_moment(tmp_path, turn):
    rng = random.Random(turn)
    with Command(tmp_path, *rng.choice([[], ["--only", "00_start_here"], ["--only", "01_table1"]])) as command:
        command.wait_for(lambda: handler_is_set(command.process.pid))
        time.sleep(rng.uniform(0, 40))
        if command.process.poll() is None:
            number = rng.choice([signal.SIGINT, signal.SIGTERM])
            command.send(number)
            check_stopped(command, number)
        assert all(record.metrics for record in records.find(tmp_path / "smoke", set_aside=False))


def test_what_a_hanging_worker_had_is_computed_by_another(smoke, tmp_path):
    stopped = []

    def hang_one():
        until(lambda: list((smoke.folder / "records").glob(".*.lock")))
        workers = [child for child in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(child.cmdline())]
        stopped.append(workers[0])
        workers[0].suspend()

    threading.Thread(target=hang_one, daemon=True).start()
    with dask.config.set({"distributed.scheduler.worker-ttl": "15s"}):
        there = run_all([replace(call, profile=smoke) for call in CALLS], workers=2, progress=False)
    assert not stopped[0].is_running() or stopped[0].status() == psutil.STATUS_ZOMBIE
    elsewhere = replace(smoke, paths=Paths(tmp_path / "here"))
    here = [run(replace(call, profile=elsewhere), progress=False) for call in CALLS]
    assert [(r.metrics, r.history) for r in there] == [(r.metrics, r.history) for r in here]


def test_a_full_file_system_stops_the_command_with_its_name(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True, check=False).returncode:
        pytest.skip("a tmpfs needs the right to mount")
    try:
        environment = os.environ | {"PAPERLIB_RESULTS": str(disk), "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-m", "companion.commands.reproduce", "--profile", "smoke"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 2
        assert f"error: cannot write {disk}/smoke/" in done.stderr
        assert "No space left on device. Free space there" in done.stderr
        assert "Traceback" not in done.stderr
    finally:
        subprocess.run(["umount", disk], check=True)
