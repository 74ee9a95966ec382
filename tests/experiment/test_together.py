"""Runs that fail, workers that die, disks that are full: what is done stays done, and the next call takes up the rest."""

import os
import resource
import signal
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace

import psutil
import pytest
from filelock import FileLock

from paperlib import profiles, records
from paperlib.config import ConfigError
from paperlib.experiment import cluster, one_run, run, run_all, together
from paperlib.experiment.watch import Watch
from paperlib.support.files import DiskFullError
from paperlib.support.paths import Paths

CONFIGS = [replace(profiles.SMOKE.classifier_run(seed), images=50, epochs=2) for seed in range(4)]


def measured(record):
    return record.metrics, record.history


@pytest.fixture
def failing(monkeypatch):
    """failing(config, error, times): the run of this config fails that often. -> how often each was tried."""
    tried, real = Counter(), one_run.measured

    def prepare(broken, error, times=1000):
        def stand_in(config, *arguments):
            tried[config] += 1
            if config == broken and tried[config] <= times:
                raise error
            return real(config, *arguments)

        monkeypatch.setattr(one_run, "measured", stand_in)
        return tried

    return prepare


def test_a_run_that_fails_three_times_is_reported_while_the_others_go_on(smoke, failing):
    tried = failing(CONFIGS[1], RuntimeError("the device is away"))
    with pytest.raises(together.FailedRunsError, match=r"^1 of 4 runs failed, .*\n  classifier, seed 1: RuntimeError: the device is away$"):
        run_all(CONFIGS, smoke, workers=1, progress=False)
    assert [tried[config] for config in CONFIGS] == [1, 3, 1, 1]
    assert {record.config for record in records.find(smoke.folder)} == {*CONFIGS} - {CONFIGS[1]}


def test_the_next_call_takes_up_what_is_missing(smoke, failing):
    tried = failing(CONFIGS[0], OSError("the folder is away"), times=3)
    with pytest.raises(together.FailedRunsError):
        run_all(CONFIGS[:2], smoke, workers=1, progress=False)
    assert [record.config for record in run_all(CONFIGS[:2], smoke, workers=1, progress=False)] == CONFIGS[:2]
    assert [tried[config] for config in CONFIGS[:2]] == [4, 1]


def test_a_failure_that_passes_is_not_seen(smoke, failing):
    tried = failing(CONFIGS[0], MemoryError(), times=2)
    assert len(run_all(CONFIGS[:2], smoke, workers=1, progress=False)) == 2
    assert tried[CONFIGS[0]] == 3


def test_what_a_value_forbids_is_tried_once_and_alone_it_is_its_own_error(smoke, failing):
    tried = failing(CONFIGS[0], ConfigError("width = 0: use more."))
    with pytest.raises(ConfigError, match="width = 0"):
        run_all(CONFIGS[:1], smoke, progress=False)
    assert tried[CONFIGS[0]] == 1


@contextmanager
def files_of_at_most(size):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_stops_at_once_with_the_name_of_the_file(smoke, failing):
    tried = failing(None, None)
    with (
        files_of_at_most(100),
        pytest.raises(DiskFullError, match=rf"^cannot write {smoke.folder}/records/classifier-seed0-\w+\.json: .*Free"),
    ):
        run_all(CONFIGS[:2], smoke, workers=1, progress=False)
    assert sum(tried.values()) == 1
    assert records.find(smoke.folder) == []
    assert [path.name for path in (smoke.folder / "records").iterdir() if not path.name.endswith(".lock")] == []


def test_the_time_that_is_left_comes_from_what_is_on_record(smoke):
    first, second, other = CONFIGS[0], CONFIGS[1], replace(CONFIGS[2], epochs=9)
    past = records.Record(first, {}, {}, provenance={"seconds": 100.0})
    watch = Watch([second, other], {first: past, second: None, other: None}, "runs", enabled=False)
    assert watch.left() == pytest.approx(200, abs=1)
    watch.started(second, "epochs", 1, 2)
    assert watch.left() == pytest.approx(100, abs=1)
    watch.ended(second, 300.0)
    assert watch.left() == pytest.approx(200, abs=1)
    assert watch.line() == "1 of the 2 missing runs are done and on record"
    watch.ended(other, None)
    assert watch.left() == 0
    assert Watch([second], {second: None}, "runs", enabled=False).left() is None


def test_the_line_shows_runs_epochs_and_time(smoke, capsys):
    watch = Watch(CONFIGS, {}, "runs", enabled=True)
    watch.started(CONFIGS[0])
    watch._shown = 0.0
    watch.ended(CONFIGS[1], 60.0)
    watch._shown = 0.0
    watch.started(CONFIGS[0], "epochs", 1, 2)
    watch.close()
    assert "runs: 1/4 [00:00, classifier, seed 0: 1/2 epochs; 2 min left" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("walltime", "seconds"), [("01:00:00", 3240), ("1-00:00:00", 77760), ("30", 1620), ("30:30", 1647), ("2-1", 158760)]
)
def test_workers_leave_before_the_walltime(walltime, seconds):
    assert cluster.lifetime(walltime) == seconds


def test_what_is_no_cluster_and_no_walltime(smoke):
    with pytest.raises(ConfigError, match="cluster = 'kubernetes': use 'slurm', tls://"):
        run_all(CONFIGS[:1], replace(smoke, paths=replace(smoke.paths, cluster="kubernetes")), progress=False)
    with pytest.raises(ConfigError, match=r"walltime = 'an hour': write it as days-hours:minutes:seconds"):
        cluster.lifetime("an hour")


def test_a_gpu_each(monkeypatch):
    monkeypatch.setattr(cluster.torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(cluster.torch.cuda, "device_count", lambda: 2)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert cluster.visible_gpus() == ["0", "1"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,GPU-7f")
    assert cluster.visible_gpus() == ["5", "GPU-7f"]


@pytest.mark.slow
def test_what_a_killed_worker_had_is_computed_by_another(smoke, tmp_path):
    """And all is as if it had been computed here, in one process."""
    pids = set()

    def kill_one():
        while not list((smoke.folder / "records").glob(".*.lock")):
            time.sleep(0.02)
        workers = [child for child in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(child.cmdline())]
        pids.update(child.pid for child in workers)
        os.kill(workers[0].pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_one, daemon=True)
    before = dict(os.environ)
    killer.start()
    there = run_all(CONFIGS, smoke, workers=2, progress=False)
    killer.join()
    assert len(pids) == 2
    assert os.environ == before
    here = [run(config, replace(smoke, paths=Paths(tmp_path / "here")), progress=False) for config in CONFIGS]
    assert list(map(measured, there)) == list(map(measured, here))
    assert not [child for child in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(child.cmdline())]


@pytest.fixture(scope="module")
def address():
    """A scheduler that runs already, with a worker of two threads in this process."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, protocol="tcp://", host="127.0.0.1", dashboard_address=None
    ) as own:
        yield own.scheduler_address


@pytest.mark.slow
def test_a_scheduler_that_runs_already_gives_the_same(smoke, tmp_path, address):
    """Though its worker has two threads: random states belong to the process, so it takes one run at a time."""
    there = run_all(CONFIGS, replace(smoke, paths=Paths(tmp_path / "there", cluster=address)), progress=False)
    here = [run(config, smoke, progress=False) for config in CONFIGS]
    assert list(map(measured, there)) == list(map(measured, here))


@pytest.mark.slow
def test_a_run_that_nobody_waits_for_ends_with_its_epoch(smoke, address):
    endless = replace(CONFIGS[0], epochs=100_000)
    paths = replace(smoke.paths, cluster=address)

    def interrupt(watch):
        here = threading.current_thread() is threading.main_thread()
        if here and list((smoke.folder / "records").glob(".*.lock")):
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Watch, "show", interrupt)
        run_all([endless], replace(smoke, paths=paths), progress=False)
    with FileLock(next((smoke.folder / "records").glob(".*.lock")), timeout=60):
        assert records.find(smoke.folder) == []


def test_workers_keep_freed_memory():
    with cluster.connected(None, workers=1) as client:
        client.wait_for_workers(1)
        assert list(client.run(os.environ.get, "MALLOC_TRIM_THRESHOLD_").values()) == [str(2**30)]
