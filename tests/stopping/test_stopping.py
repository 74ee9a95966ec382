"""Ctrl-C, SIGTERM and kill -9 at every stage: it ends at once, with one line, and no process is left."""

import signal
import subprocess
import sys
import textwrap

import pytest
from processes import Command, check_stopped, handler_is_set, until

from companion import records

pytestmark = pytest.mark.slow

MOMENTS = {
    "importing": lambda command: True,
    "starting workers": lambda command: command.workers(),
    "computing": lambda command: command.computing(),
    "in a notebook": lambda command: command.kernels(),
}


def started(results, moment):
    return Command(results, *(["--only", "00_start_here"] if moment == "in a notebook" else []))


@pytest.mark.parametrize(
    ("moment", "number"),
    [("importing", signal.SIGINT), ("starting workers", signal.SIGTERM), ("computing", signal.SIGINT), ("in a notebook", signal.SIGTERM)],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_stop_is_one_line_and_leaves_no_process(tmp_path, monkeypatch, moment, number):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with started(tmp_path, moment) as command:
        command.wait_for(lambda: handler_is_set(command.process.pid))
        command.wait_for(lambda: MOMENTS[moment](command))
        command.send(number)
        check_stopped(command, number)
        assert not list(tmp_path.glob("paperlib-*"))
        assert all(record.metrics for record in records.find(tmp_path / "smoke", set_aside=False))


def test_kill_9_of_the_parent_ends_kernels_and_their_workers(tmp_path):
    with Command(tmp_path, "--only", "01_table1") as command:
        command.wait_for(lambda: command.kernels() and command.computing())
        command.process.kill()
        command.returned()
        until(lambda: not command.processes())


def test_the_exit_code_tells_the_stop_though_the_main_thread_fails_of_it():
    program = """
        import subprocess, sys, time
        from paperlib.support import stopping

        stopping.at_once("")
        child = subprocess.Popen(["sleep", "60"])
        with stopping.ending(lambda: (child.kill(), time.sleep(1))):
            print("ready", flush=True)
            sys.exit(child.wait())
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 143
