"""Local workers are waited for as long as their processes live, and one that dies is one clear error."""

import _thread
import tempfile

import dask
import distributed.nanny
import psutil
import pytest

from companion.experiment import cluster

pytestmark = pytest.mark.slow


@pytest.fixture
def said(monkeypatch, tmp_path):
    """What is said after half a second of waiting. Dask's own time-outs of the start are one second, where they are asked for."""
    lines = []
    monkeypatch.setattr(cluster, "PATIENT_AFTER", 0.5)
    monkeypatch.setattr(cluster, "say", lines.append)
    monkeypatch.setattr(distributed.nanny, "parse_timedelta", lambda given, *_: given and 1.0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return lines


def beginning_with(program):
    """Workers that run this first."""
    return dask.config.set({"distributed.worker.preload": [program]})


def check_nothing_is_left(folder):
    assert not [child for child in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(child.cmdline())]
    assert not list(folder.glob("paperlib-*"))


def test_a_slow_start_is_waited_for_and_told_once(said, tmp_path):
    with beginning_with("import time; time.sleep(3)"), cluster.connected(None, workers=2) as client:
        assert len(client.ncores()) == 2
        assert client.submit(sum, [1, 2]).result() == 3
    assert said == ["Starting 2 worker processes; on a busy machine that takes a while."]
    check_nothing_is_left(tmp_path)


@pytest.mark.parametrize(
    ("program", "why"),
    [("import os; os._exit(3)", "Nanny failed to start worker process"), ("raise OSError(28, 'No space left on device')", "No space left")],
)
def test_a_process_that_dies_while_it_starts_is_one_error(said, tmp_path, program, why):
    with (
        beginning_with(program),
        pytest.raises(ChildProcessError, match=rf"^one of 1 worker processes ended while it was starting \(.*{why}.*\)\. "),
        cluster.connected(None, workers=1),
    ):
        pass
    check_nothing_is_left(tmp_path)


def test_a_stop_while_they_start_leaves_nothing(said, monkeypatch, tmp_path):
    monkeypatch.setattr(cluster, "say", lambda line: _thread.interrupt_main())
    monkeypatch.setattr(cluster, "PATIENT_AFTER", 2.0)
    with beginning_with("import time; time.sleep(60)"), pytest.raises(KeyboardInterrupt), cluster.connected(None, workers=1):
        pass
    check_nothing_is_left(tmp_path)
