"""The smoke profile on a real SLURM, whose nodes and workers die: every record is that of a local run, bit for bit."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import dask
import psutil
import pytest
import slurm
import yaml

from companion import profiles, records
from companion.experiment import plans, run_all
from companion.support.paths import ROOT, Paths

NODES, WORKERS = 4, 3
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(slurm.lacking()), reason=slurm.lacking() or "it can run")]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """SLURM, and the settings of docs/cluster.md with what this machine has not left out."""
    folder = tmp_path_factory.mktemp("slurm")
    settings = yaml.safe_load((ROOT / "docs" / "cluster.md").read_text().split("```yaml")[1].split("```")[0])
    settings["paperlib"]["workers"] = WORKERS
    settings["jobqueue"]["slurm"] |= {
        "queue": "all", "interface": "lo", "memory": "1GB", "job-cpu": 1, "job-extra-directives": [],
        "job-script-prologue": [f"export PYTHONPATH={os.pathsep.join(sys.path)}", "export OMP_NUM_THREADS=1"],
        "shared-temp-directory": str(folder), "death-timeout": 60,
    }  # fmt: skip
    (folder / "dask.yaml").write_text(yaml.safe_dump(settings))
    import dask_jobqueue  # noqa: F401 -- brings its defaults

    with slurm.running(folder, NODES) as started, dask.config.set(dask.config.merge(dask.config.config, settings)):
        yield started


def workers():
    """Processes of SLURM's jobs, by node."""
    found = {}
    for process in psutil.process_iter():
        try:
            if "SLURMD_NODENAME" in process.environ():
                found.setdefault(process.environ()["SLURMD_NODENAME"], []).append(process)
        except psutil.Error:
            continue
    return found


def whole(folder):
    """Everything in a record but where and when it was computed."""
    return {
        record.name: (
            record.arguments,
            record.parts,
            record.metrics,
            record.history,
            {name: p.tolist() for name, p in record.pictures.items()},
        )
        for record in records.find(folder)
    }


def test_records_are_those_of_a_local_run_though_a_worker_and_a_node_die(cluster, tmp_path):
    there = replace(profiles.SMOKE, paths=Paths(tmp_path / "slurm", cluster="slurm"))
    killed = []

    def kill():
        slurm.until(lambda: len(list((there.folder / "records").glob("[!.]*.json"))) > 2 and len(workers()) == WORKERS, cluster)
        (_, first), (node, second), *_ = workers().items()
        next(process for process in first if "spawn_main" in " ".join(process.cmdline())).kill()
        cluster.kill(node)
        for process in second:
            process.kill()
        killed.append(node)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    run_all(plans.everything(there, 1), progress=False)
    killer.join()
    assert killed
    cluster.start_node(killed[0])
    slurm.until(lambda: cluster.jobs() == [] and workers() == {}, cluster)
    here = replace(profiles.SMOKE, paths=Paths(tmp_path / "here"))
    calls = plans.everything(here, 1)
    run_all(calls, workers=1, progress=False)
    assert whole(there.folder) == whole(here.folder)
    assert len(whole(here.folder)) == len(set(calls))


def test_ctrl_c_cancels_the_jobs(cluster, tmp_path):
    environment = os.environ | {
        "PAPERLIB_RESULTS": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "DASK_CONFIG": str(cluster.folder / "dask.yaml"),
    }
    command = [sys.executable, "-m", "companion.commands.reproduce", "--profile", "smoke", "--cluster", "slurm"]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        slurm.until(lambda: list((tmp_path / "smoke" / "records").glob(".*.lock")) or process.poll() is not None, cluster, 300)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=60)[0]
    finally:
        process.kill()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert "Stopped: " in said
    slurm.until(lambda: cluster.jobs() == [] and workers() == {}, cluster)
    assert not list(cluster.folder.glob(".paperlib-*"))
