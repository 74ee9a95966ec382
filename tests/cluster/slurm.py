"""A real SLURM of several nodes on this machine's loopback: munged, slurmctld and a slurmd a node, in a folder of their own."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo")
CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdPidFile={folder}/%n.pid
SlurmdSpoolDir={folder}/%n
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=2,batch_sched_delay=0
ReturnToService=2
SlurmdTimeout=10
KillWait=2
InactiveLimit=0
MinJobAge=300
JobRequeue=0
{nodes}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def lacking() -> str:
    """Why SLURM cannot be started here; nothing where it can."""
    places = os.environ["PATH"] + ":/usr/sbin:/sbin"
    programs = [name for name in PROGRAMS if shutil.which(name, path=places) is None]
    if programs:
        return f"SLURM is not installed: no {', '.join(programs)} (Debian: apt-get install slurm-wlm munge)"
    if os.geteuid() != 0:
        return "slurmd has to be started by root"
    try:
        import dask_jobqueue  # noqa: F401
    except ImportError:
        return "dask-jobqueue is not installed: pip install '.[cluster]'"
    return ""


class Slurm:
    """Started by `running`."""

    def __init__(self, folder: Path, nodes: int):
        self.folder, self.started = folder, {}
        folder.chmod(0o755)
        (folder / "state").mkdir()
        ports = free_ports(nodes + 1)
        host = socket.gethostname().split(".")[0]
        lines = [
            f"NodeName=n{i} NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[i]} CPUs=1 RealMemory=4000 State=UNKNOWN"
            for i in range(nodes)
        ]
        (folder / "slurm.conf").write_text(CONFIGURATION.format(host=host, port=ports[-1], folder=folder, nodes="\n".join(lines)))
        key = folder / "munge.key"
        key.write_bytes(secrets.token_bytes(1024))
        key.chmod(0o400)
        os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
        os.environ["PATH"] += ":/usr/sbin:/sbin"

    def start(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.out").open("a") as output:
            self.started[name] = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)

    def start_all(self, nodes: int) -> None:
        files = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
        self.start("munged", "munged", "--foreground", "--force", *(f"--{name}={self.folder}/munge.{end}" for name, end in files.items()))
        until((self.folder / "munge.socket").exists, self)
        self.start("slurmctld", "slurmctld", "-D", "-c")
        for i in range(nodes):
            (self.folder / f"n{i}").mkdir()
            self.start_node(f"n{i}")
        until(lambda: tool("sinfo", "-h", "-o", "%D %t").split() == [str(nodes), "idle"], self)

    def start_node(self, name: str) -> None:
        self.start(name, "slurmd", "-D", "-N", name)

    def kill(self, name: str) -> None:
        self.started[name].kill()
        self.started[name].wait()

    def logs(self) -> str:
        return "\n".join(
            f"== {path.name}\n{path.read_text()[-1500:]}" for pattern in ("*.out", "*.log") for path in self.folder.glob(pattern)
        )

    def jobs(self) -> list[tuple[str, str]]:
        """Number and node of every job that waits, runs or ends."""
        return [tuple(line.split("|")) for line in tool("squeue", "-h", "-o", "%i|%N").splitlines()]


@contextlib.contextmanager
def running(folder: Path, nodes: int) -> Iterator[Slurm]:
    before = dict(os.environ)
    slurm = Slurm(folder, nodes)
    try:
        slurm.start_all(nodes)
        yield slurm
        tool("scancel", "--user", "root")
    finally:
        for process in slurm.started.values():
            process.terminate()
        for process in slurm.started.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
        os.environ.clear()
        os.environ.update(before)


def tool(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def until(condition, slurm: Slurm, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, slurm.logs()
        time.sleep(0.2)


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
