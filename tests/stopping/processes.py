"""`make reproduce`'s command in a process group of its own, and every process that descends from it."""

import os
import signal
import subprocess
import sys
import time

import psutil

PATIENT = 120  # seconds: the machine may be busy
STOPPED = "What is on record stays; the same command goes on from there."


class Command:
    """Started; `results` marks its descendants too, for they inherit the environment."""

    def __init__(self, results, *arguments):
        self.results = results
        environment = os.environ | {"PAPERLIB_RESULTS": str(results), "PYTHONPATH": os.pathsep.join(sys.path)}
        self.errors = (results / "stderr").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "companion.commands.reproduce", "--profile", "smoke", *arguments],
            env=environment, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.errors,
        )  # fmt: skip

    def wait_for(self, condition):
        until(lambda: condition() or self.process.poll() is not None)
        assert self.process.poll() is None, self.said()

    def send(self, number):
        """To the whole group, as a terminal does, and as a batch system does."""
        os.killpg(self.process.pid, number)

    def returned(self):
        return self.process.wait(PATIENT)

    def said(self):
        self.errors.seek(0)
        return self.errors.read()

    def processes(self):
        return descendants(self.results)

    def kernels(self):
        return [process for process in self.processes() if "ipykernel_launcher" in " ".join(command_line(process))]

    def workers(self):
        return [process for process in self.processes() if "spawn_main" in " ".join(command_line(process))]

    def computing(self):
        return list((self.results / "smoke" / "records").glob(".*.lock"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes():
            process.kill()
        self.process.wait()
        self.errors.close()


def descendants(results):
    return [process for process in psutil.process_iter() if environment(process).get("PAPERLIB_RESULTS") == str(results)]


def environment(process):
    try:
        return {} if process.status() == psutil.STATUS_ZOMBIE else process.environ()
    except psutil.Error:
        return {}


def command_line(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def until(condition, seconds=PATIENT):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def handler_is_set(pid):
    """Whether SIGTERM is caught, by the kernel's own table."""
    with open(f"/proc/{pid}/status") as file:
        caught = next(line for line in file if line.startswith("SigCgt"))
    return int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1


def check_stopped(command, number):
    """The exit code, one line, no traceback, nothing left."""
    assert command.returned() == 128 + number
    until(lambda: not command.processes(), 10)
    said = command.said()
    assert "Traceback" not in said
    assert said.count("Stopped") == 1
    assert said.rstrip().endswith(STOPPED)
