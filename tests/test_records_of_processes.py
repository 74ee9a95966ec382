"""Processes that share a results folder, and one that is killed."""

import pickle
import subprocess
import sys
import time
from dataclasses import replace

import cloudpickle
import pytest
from conftest import made_record

from companion import profiles, records
from companion.experiment import engine, run

pytestmark = pytest.mark.slow

CONFIG = replace(profiles.SMOKE.classifier_run(0), images=50, epochs=1)


WANT_ONE = """
import pickle, sys, time
from pathlib import Path
from companion import records

record, folder = pickle.loads(Path(sys.argv[1]).read_bytes())

def compute():
    print("computed", flush=True)
    time.sleep(0.5)
    return record

print("ready", flush=True)
sys.stdin.readline()
print(records.cached(record.config, record.parts, folder, compute).metrics)
"""


def started(code, argument):
    environment = {"PYTHONPATH": ":".join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", code, str(argument)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_two_processes_that_want_one_record_compute_it_once(smoke, tmp_path):
    record = made_record(CONFIG, smoke)
    (tmp_path / "job").write_bytes(pickle.dumps((record, smoke.folder)))
    both = [started(WANT_ONE, tmp_path / "job") for _ in range(2)]
    assert [process.stdout.readline() for process in both] == ["ready\n"] * 2
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    lines = [line for process in both for line in process.communicate()[0].splitlines()]
    assert lines.count("computed") == 1
    assert lines.count(str(record.metrics)) == 2


def test_a_kill_loses_only_the_run_in_progress(smoke, tmp_path):
    endless = replace(CONFIG, epochs=100_000)
    (tmp_path / "job").write_bytes(cloudpickle.dumps((smoke, [CONFIG, endless])))
    code = (
        "import pickle, sys; from pathlib import Path; from companion.experiment import run;"
        "profile, configs = pickle.loads(Path(sys.argv[1]).read_bytes());"
        "[run(config, profile, progress=False) for config in configs]"
    )
    process = started(code, tmp_path / "job")
    parts = engine.Fingerprints(smoke).of(endless)
    path = records.path_of(smoke.folder, endless, parts)
    while not path.with_name(f".{path.name}.lock").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.communicate()
    (kept,) = records.find(smoke.folder)
    assert kept.metrics == run(CONFIG, smoke, progress=False).metrics
    assert records.cached(endless, parts, smoke.folder, lambda: made_record(endless, smoke)).config == endless
