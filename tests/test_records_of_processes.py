"""Processes that share a results folder, and one that is killed."""

import subprocess
import sys
import time

import cloudpickle
import pytest

from companion import records
from companion.calls import Outcome
from companion.experiment import run
from companion.runs import classifier

pytestmark = pytest.mark.slow


WANT_ONE = """
import pickle, sys, time
from pathlib import Path
from companion.calls import Arguments, Outcome, record_of, recorded

@recorded
def wanted(run: Arguments, profile, progress=False):
    print("computed", flush=True)
    time.sleep(0.5)
    return Outcome({"seed": run.seed})

profile = pickle.loads(Path(sys.argv[1]).read_bytes())
print("ready", flush=True)
sys.stdin.readline()
print(record_of(wanted.call(profile, seed=7)).metrics)
"""
RUN_ALL = """
import pickle, sys
from pathlib import Path
from companion.experiment import run

for call in pickle.loads(Path(sys.argv[1]).read_bytes()):
    run(call, progress=False)
"""


def started(code, argument):
    environment = {"PYTHONPATH": ":".join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", code, str(argument)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_two_processes_that_want_one_record_compute_it_once(smoke, tmp_path):
    (tmp_path / "job").write_bytes(cloudpickle.dumps(smoke))
    both = [started(WANT_ONE, tmp_path / "job") for _ in range(2)]
    assert [process.stdout.readline() for process in both] == ["ready\n"] * 2
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    lines = [line for process in both for line in process.communicate()[0].splitlines()]
    assert lines.count("computed") == 1
    assert lines.count("{'seed': 7}") == 2


def test_a_kill_loses_only_the_run_in_progress(smoke, tmp_path, monkeypatch):
    call = classifier.call(smoke, seed=0, images=50, epochs=1)
    endless = call.but(epochs=100_000)
    (tmp_path / "job").write_bytes(cloudpickle.dumps([call, endless]))
    process = started(RUN_ALL, tmp_path / "job")
    lock = smoke.folder / "records" / f".{endless.stem}.lock"
    while not lock.exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.communicate()
    (kept,) = records.find(smoke.folder)
    assert kept.metrics == call.outcome().metrics
    monkeypatch.setattr(classifier, "function", lambda *_: Outcome({"accuracy": 1.0}))
    assert run(call, progress=False).metrics == kept.metrics
    assert run(endless, progress=False).metrics == {"accuracy": 1.0}  # what the dead process held is no obstacle
