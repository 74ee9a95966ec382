"""Runs that fail, workers that die, disks that are full: what is done stays done, and the next call takes up the rest."""

import os
import resource
import signal
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import psutil
import pytest
from conftest import classifier_record
from distributed.scheduler import KilledWorker
from filelock import FileLock

from companion import profiles, records
from companion.calls import Call, grid
from companion.experiment import cluster, run, run_all, together
from companion.experiment.watch import Watch
from companion.runs import classifier
from companion.support.paths import Paths
from paperlib.checks import ConfigError
from paperlib.support import progress
from paperlib.support.files import DiskFullError

CALLS = grid(classifier, profiles.SMOKE, seed=range(4), images=50, epochs=2)


def of(profile, calls):
    """The same calls of another profile of this name."""
    return [replace(call, profile=profile) for call in calls]


def stems(those):
    """Of calls or records."""
    return [one.stem for one in those]


def measured(record):
    return record.metrics, record.history


@pytest.fixture
def failing(monkeypatch):
    """failing(call, error, times): this run fails that often. -> how often each was tried."""
    tried, real = Counter(), Call.outcome

    def prepare(broken, error, times=1000):
        def stand_in(call, **options):
            tried[call] += 1
            if call == broken and tried[call] <= times:
                raise error
            return real(call, **options)

        monkeypatch.setattr(Call, "outcome", stand_in)
        return tried

    return prepare


def test_a_run_that_fails_three_times_is_reported_while_the_others_go_on(smoke, failing):
    tried = failing(CALLS[1], RuntimeError("the device is away"))
    with pytest.raises(together.FailedRunsError, match=r"^1 of 4 runs failed, .*\n  baseline, seed 1: RuntimeError: the device is away$"):
        run_all(of(smoke, CALLS), workers=1, progress=False)
    assert [tried[call] for call in CALLS] == [1, 3, 1, 1]
    assert stems(records.find(smoke.folder)) == sorted(stems([*CALLS[:1], *CALLS[2:]]))


def test_the_next_call_takes_up_what_is_missing(smoke, failing):
    tried = failing(CALLS[0], OSError("the folder is away"), times=3)
    with pytest.raises(together.FailedRunsError):
        run_all(of(smoke, CALLS[:2]), workers=1, progress=False)
    assert stems(run_all(of(smoke, CALLS[:2]), workers=1, progress=False)) == stems(CALLS[:2])
    assert [tried[call] for call in CALLS[:2]] == [4, 1]


def test_a_failure_that_passes_is_not_seen(smoke, failing):
    tried = failing(CALLS[0], MemoryError(), times=2)
    assert len(run_all(of(smoke, CALLS[:2]), workers=1, progress=False)) == 2
    assert tried[CALLS[0]] == 3


def test_they_are_computed_in_the_order_that_is_given(smoke, failing):
    tried, given = failing(None, None), [CALLS[0], CALLS[1].but(epochs=3), CALLS[2]]
    assert stems(run_all(of(smoke, given), workers=1, progress=False)) == stems(given)
    assert list(tried) == given


@pytest.fixture
def broken(monkeypatch, capfd):
    """broken(calls, error): these fail. -> what each run finds on stderr as it begins, for the names of all runs."""
    real = Call.outcome

    def prepare(calls, error):
        found = {}

        def stand_in(call, **options):
            found.setdefault(call, capfd.readouterr().err)
            if call in calls:
                raise error(call)
            return real(call, **options)

        monkeypatch.setattr(Call, "outcome", stand_in)
        return found

    return prepare


def test_the_first_failure_is_told_at_once_and_equal_ones_once(smoke, broken, capfd):
    found = broken(CALLS[:3], lambda call: ValueError("training diverged"))
    with pytest.raises(together.FailedRunsError) as raised:
        run_all(of(smoke, CALLS), workers=1, progress=False)
    told = "failed: baseline, seed 0: ValueError: training diverged\n"
    assert [found[call] for call in CALLS] == ["", told, "", ""]
    assert capfd.readouterr().err == ""
    assert str(raised.value).splitlines()[1:] == [
        "  3 runs: ValueError: training diverged (baseline, seed 0; baseline, seed 1; baseline, seed 2)"
    ]


def test_different_errors_are_told_each(smoke, broken):
    broken(CALLS[1:], lambda call: ValueError(f"odd:\n{call.seed % 2}"))
    with pytest.raises(together.FailedRunsError) as raised:
        run_all(of(smoke, CALLS), workers=1, progress=False)
    assert str(raised.value).splitlines()[1:] == [
        "  2 runs: ValueError: odd: 1 (baseline, seed 1; baseline, seed 3)",
        "  baseline, seed 2: ValueError: odd: 0",
    ]


def test_a_long_list_of_failures_is_cut():
    many = {CALLS[0].but(seed=seed): MemoryError() for seed in range(10)}
    others = {CALLS[0].but(seed=10 + seed): OSError(f"file {seed}") for seed in range(6)}
    with pytest.raises(together.FailedRunsError) as raised:
        together.report(many | others, 20)
    lines = str(raised.value).splitlines()
    assert lines[0].startswith("16 of 20 runs failed, ")
    assert lines[1] == "  10 runs: MemoryError (baseline, seed 0; baseline, seed 1; baseline, seed 2; 7 more)"
    assert (lines[2], lines[-1]) == ("  baseline, seed 10: OSError: file 0", "  and 2 other errors")


@pytest.mark.parametrize(("notebook", "stream"), [(False, "err"), (True, "out")])
def test_a_line_beside_bars_in_a_terminal_and_in_a_notebook(monkeypatch, capsys, notebook, stream):
    monkeypatch.setattr(progress, "in_notebook", lambda: notebook)
    progress.say("a line")
    said = capsys.readouterr()._asdict()
    assert said.pop(stream) == "a line\n"
    assert [*said.values()] == [""]


class Lost:
    """The future of a run whose workers died."""

    def result(self):
        raise KilledWorker("paperlib-1", SimpleNamespace(address="tls://127.0.0.1:1"), 10)


def test_workers_that_die_are_told_in_plain_words_unless_the_record_is_there(smoke):
    (call,) = of(smoke, CALLS[:1])
    assert repr(together._outcome(Lost(), call)) == f"RuntimeError({together.DIED!r})"
    record = classifier_record(call)
    records.save(record, smoke.folder)
    assert together._outcome(Lost(), call) == record.provenance["seconds"]


def test_what_a_value_forbids_is_tried_once_and_alone_it_is_its_own_error(smoke, failing):
    tried = failing(CALLS[0], ConfigError("width = 0: use more."))
    with pytest.raises(ConfigError, match="width = 0"):
        run_all(of(smoke, CALLS[:1]), progress=False)
    assert tried[CALLS[0]] == 1


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
        pytest.raises(DiskFullError, match=rf"^cannot write {smoke.folder}/records/{CALLS[0].stem}-\w+\.json: .*Free"),
    ):
        run_all(of(smoke, CALLS[:2]), workers=1, progress=False)
    assert sum(tried.values()) == 1
    assert records.find(smoke.folder) == []
    assert [path.name for path in (smoke.folder / "records").iterdir() if not path.name.endswith(".lock")] == []


@pytest.mark.parametrize(
    ("walltime", "seconds"), [("01:00:00", 3240), ("1-00:00:00", 77760), ("30", 1620), ("30:30", 1647), ("2-1", 158760)]
)
def test_workers_leave_before_the_walltime(walltime, seconds):
    assert cluster.lifetime(walltime) == seconds


def test_what_is_no_cluster_and_no_walltime(smoke):
    with pytest.raises(ConfigError, match="cluster = 'kubernetes': use 'slurm', tls://"):
        run_all(of(replace(smoke, paths=replace(smoke.paths, cluster="kubernetes")), CALLS[:1]), progress=False)
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
    there = run_all(of(smoke, CALLS), workers=2, progress=False)
    killer.join()
    assert len(pids) == 2
    assert os.environ == before
    here = [run(call, progress=False) for call in of(replace(smoke, paths=Paths(tmp_path / "here")), CALLS)]
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
    there = run_all(of(replace(smoke, paths=Paths(tmp_path / "there", cluster=address)), CALLS), progress=False)
    here = [run(call, progress=False) for call in of(smoke, CALLS)]
    assert list(map(measured, there)) == list(map(measured, here))


@pytest.mark.slow
def test_a_failure_on_a_cluster_is_told_too(smoke, address, broken, capfd):
    found = broken(CALLS[:2], lambda call: ValueError("training diverged"))
    with pytest.raises(together.FailedRunsError, match=r"\n  2 runs: ValueError: training diverged \("):
        run_all(of(replace(smoke, paths=replace(smoke.paths, cluster=address)), CALLS[:3]), progress=False)
    told = "".join([*found.values(), capfd.readouterr().err])
    first = {f"failed: baseline, seed {seed}: ValueError: training diverged\n" for seed in (0, 1)}  # of its two threads, either may begin
    assert told in first


@pytest.mark.slow
def test_a_run_that_nobody_waits_for_ends_with_its_epoch(smoke, address):
    there = replace(smoke, paths=replace(smoke.paths, cluster=address))

    def interrupt(watch):
        here = threading.current_thread() is threading.main_thread()
        if here and list((smoke.folder / "records").glob(".*.lock")):
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Watch, "show", interrupt)
        run_all(of(there, [CALLS[0].but(epochs=100_000)]), progress=False)
    with FileLock(next((smoke.folder / "records").glob(".*.lock")), timeout=60):
        assert records.find(smoke.folder) == []


def test_workers_keep_freed_memory():
    with cluster.connected(None, workers=1) as client:
        client.wait_for_workers(1)
        assert list(client.run(os.environ.get, "MALLOC_TRIM_THRESHOLD_").values()) == [str(2**30)]
