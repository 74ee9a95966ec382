"""Where runs are computed together: processes of this machine, jobs of SLURM, or a Dask scheduler that runs already.

with connected(None, workers=4) as client: ...                  # this machine, on 127.0.0.1
with connected("slurm", workers=40) as client: ...              # at most 40 workers; the settings are Dask's, see docs/cluster.md
with connected("tls://host:8786", workers=40) as client: ...    # the workers that it has

All but tcp:// is TLS, for whoever reaches a scheduler without it can run code as its owner. What was started here ends with the block.
"""

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import dask
import torch
from distributed import Client, Nanny, Scheduler, Security, SpecCluster

from paperlib.checks import ConfigError, check
from paperlib.support import stopping
from paperlib.support.progress import say

HERE = "127.0.0.1"
# Bytes that a worker keeps after use. Dask's own setting gives freed memory back at once, and a run then spends much of its time asking for it again.
KEPT_MEMORY = {"MALLOC_MMAP_THRESHOLD_": 2**25, "MALLOC_TRIM_THRESHOLD_": 2**30}
SETTINGS: dict[str, Any] = {
    **{f"distributed.nanny.pre-spawn-environ.{name}": size for name, size in KEPT_MEMORY.items()},
    "distributed.scheduler.allowed-failures": 10,  # Dask blames every task of a worker that dies
    "distributed.scheduler.worker-saturation": 1.0,  # a worker has one run at a time
    "distributed.worker.http.routes": [],
    "distributed.comm.timeouts.connect": "120s",  # a busy machine starts processes slowly
}
WORKERS = 4  # of SLURM, where Dask's configuration has no `paperlib: workers:`
REPLACE_EVERY = 60.0  # seconds between two looks for SLURM jobs that have ended
PATIENT_AFTER = 15.0  # seconds after which a person is told that local workers are waited for


@contextlib.contextmanager
def connected(cluster: str | None, *, workers: int, dashboard: bool = False, logs: Path | None = None) -> Iterator[Client]:
    """A client of the cluster. cluster: None, "slurm", or a scheduler's address. logs: the folder of the SLURM jobs' output.

    Raises ConfigError for another cluster and where a package or a setting is missing, OSError where no scheduler answers or a local worker dies
    before it has started.
    """
    check(not dashboard or find_spec("bokeh") is not None, "DASHBOARD", 1, "its page needs bokeh: install 'paperlib[cluster]'")
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with dask.config.set(SETTINGS), _environment_restored():
        if cluster is None:
            started: Any = _local(workers, dashboard)
        elif cluster == "slurm":
            started = _slurm(workers, dashboard, logs)
        else:
            check(cluster.startswith(("tls://", "tcp://")), "cluster", cluster, "use 'slurm', tls://host:port or tcp://host:port")
            started = contextlib.nullcontext(cluster)
        with started as scheduler, Client(scheduler, set_as_default=False) as client:
            if dashboard:
                print(f"Dashboard: {client.dashboard_link}", flush=True)
            yield client


def visible_gpus() -> list[str]:
    """The GPUs of this process, each as CUDA_VISIBLE_DEVICES names it."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    named = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    return named[:count] if named[0] else [str(i) for i in range(count)]


@contextlib.contextmanager
def _local(workers: int, dashboard: bool) -> Iterator[SpecCluster]:
    """Processes of this machine; on GPUs, each its own."""
    gpus = visible_gpus()
    with tempfile.TemporaryDirectory(prefix="paperlib-", ignore_cleanup_errors=True) as folder:
        common = {"host": HERE, "protocol": "tls://", "security": Security.temporary()}
        worker = common | {"nthreads": 1, "memory_limit": 0, "local_directory": folder, "silence_logs": logging.CRITICAL}
        worker |= {"dashboard_address": f"{HERE}:0", "dashboard": False}
        pages = {"dashboard": dashboard, "dashboard_address": f"{HERE}:{8787 if dashboard else 0}"}
        environments = [{"CUDA_VISIBLE_DEVICES": gpus[i % len(gpus)]} if gpus else {} for i in range(workers)]
        nannies: list[Nanny] = []

        def new_nanny(*arguments: Any, **options: Any) -> Nanny:
            nannies.append(Nanny(*arguments, **options))
            return nannies[-1]

        cluster = SpecCluster(
            scheduler={"cls": Scheduler, "options": common | pages}, security=common["security"], silence_logs=logging.CRITICAL
        )
        cluster.worker_spec = {
            i: {"cls": new_nanny, "options": worker | {"env": environment}} for i, environment in enumerate(environments)
        }
        try:
            with stopping.ending(lambda: shutil.rmtree(folder, ignore_errors=True)):
                _start(cluster)
                yield cluster
        finally:
            for nanny in nannies:
                nanny.auto_restart = False
                if nanny.pid:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(nanny.pid, signal.SIGKILL)
            with contextlib.suppress(TimeoutError):  # a busy machine may need longer to bury the dead
                cluster.close()


def _start(cluster: SpecCluster) -> None:
    """Start the workers of the cluster, and wait for as long as their processes live: a busy machine may need minutes.

    So they have no death_timeout, after which Dask would give up and fail of an assertion. ChildProcessError where one dies.
    """

    async def started() -> None:
        starting = cluster._correct_state()
        starting.add_done_callback(lambda task: task.cancelled() or task.exception())  # after a KeyboardInterrupt nobody else asks for it
        await asyncio.wait([starting])
        starting.result()

    count = len(cluster.worker_spec)
    waiting = threading.Timer(PATIENT_AFTER, say, [f"Starting {count} worker processes; on a busy machine that takes a while."])
    waiting.daemon = True
    waiting.start()
    try:
        cluster.sync(started)
    except RuntimeError as error:
        raise ChildProcessError(
            f"one of {count} worker processes ended while it was starting ({error.__cause__ or error}). Often memory is short. What is on record "
            "stays; the same command goes on from there."
        ) from error
    finally:
        waiting.cancel()


@contextlib.contextmanager
def _slurm(workers: int, dashboard: bool, logs: Path | None) -> Iterator[SpecCluster]:
    """Jobs of a fixed number; one that reaches its walltime is replaced."""
    try:
        from dask_jobqueue import SLURMCluster
    except ImportError as error:
        raise ConfigError("CLUSTER = 'slurm': it needs dask-jobqueue: install 'paperlib[cluster]'.") from error
    for name in ("cores", "memory", "walltime"):
        check(_slurm_setting(name) is not None, f"jobqueue.slurm.{name}", None, "set it in Dask's configuration, see docs/cluster.md")
    check(shutil.which("sbatch") is not None, "CLUSTER", "slurm", "there is no sbatch here; call it on a login node")
    name, shared = f"paperlib-{uuid4().hex[:12]}", _slurm_setting("shared-temp-directory")
    folder = tempfile.mkdtemp(prefix=".paperlib-", dir=Path(os.path.expandvars(shared)).expanduser() if shared else Path.home())
    arguments = ["--nthreads", "1", "--memory-limit", "0", *(_slurm_setting("worker-extra-args") or [])]
    if "--lifetime" not in arguments:
        arguments += ["--lifetime", f"{lifetime(str(_slurm_setting('walltime')))}s"]
    scratch = ["PAPERLIB_SCRATCH=$(mktemp -d)", "trap 'rm -rf \"$PAPERLIB_SCRATCH\"' EXIT"]
    environment = f'export DASK_DISTRIBUTED__NANNY__PRE_SPAWN_ENVIRON="{KEPT_MEMORY}"'

    def end() -> None:
        subprocess.run(["scancel", "--name", name], capture_output=True, timeout=2, check=False)
        shutil.rmtree(folder, ignore_errors=True)

    cluster = SLURMCluster(
        security=_keys(Path(folder)),
        shared_temp_directory=folder,
        job_name=name,
        local_directory=_slurm_setting("local-directory") or '"$PAPERLIB_SCRATCH"',
        job_script_prologue=[*scratch, environment, *(_slurm_setting("job-script-prologue") or [])],
        worker_extra_args=arguments,
        log_directory=_slurm_setting("log-directory") or (str(logs) if logs else None),
        scheduler_options={"dashboard": dashboard, "dashboard_address": f"{HERE}:{8787 if dashboard else 0}", **(_slurm_setting("scheduler-options") or {})},
        silence_logs="critical",
    )  # fmt: skip
    count, ended = min(workers, int(dask.config.get("paperlib.workers", WORKERS))), threading.Event()

    def keep_the_number() -> None:
        while not ended.is_set():
            cluster.scale(count)
            ended.wait(REPLACE_EVERY)

    keeper = threading.Thread(target=keep_the_number, daemon=True)
    try:
        with stopping.ending(end):
            keeper.start()
            yield cluster
    finally:
        ended.set()
        keeper.join()
        with contextlib.suppress(TimeoutError):
            cluster.close()
        end()


def _keys(folder: Path) -> Security:
    """New keys and certificates, as files that jobs can read. Given in memory, dask-jobqueue writes files that outlive `folder`."""
    made = Security.temporary()
    files = {}
    for name in [f"tls_{role}_{what}" for role in ("client", "scheduler", "worker") for what in ("cert", "key")] + ["tls_ca_file"]:
        path = folder / f"{name}.pem"
        path.write_text(getattr(made, name))
        files[name] = str(path)
    return Security(require_encryption=True, **files)


def _slurm_setting(name: str) -> Any:
    """Of Dask's own configuration; None where it is not set."""
    return dask.config.get(f"jobqueue.slurm.{name}", None)


def lifetime(walltime: str) -> int:
    """Seconds after which a worker leaves by itself: nine tenths of a walltime as SLURM writes it, days-hours:minutes:seconds and its shorter forms."""
    days, dash, clock = walltime.rpartition("-")
    try:
        parts = [int(part) for part in clock.split(":")]
        match (bool(dash), parts):
            case (True, [hours, *rest]) | (False, [hours, *rest]) if dash or len(parts) == 3:
                minutes, seconds = (*rest, 0, 0)[:2]
            case (_, [minutes, *rest]):
                hours, seconds = 0, (*rest, 0)[0]
        return int(0.9 * (int(days or 0) * 86400 + hours * 3600 + minutes * 60 + seconds))
    except ValueError as error:
        raise ConfigError(
            f"jobqueue.slurm.walltime = {walltime!r}: write it as days-hours:minutes:seconds or hours:minutes:seconds."
        ) from error


@contextlib.contextmanager
def _environment_restored() -> Iterator[None]:
    """Starting a worker process leaves traces in os.environ."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
