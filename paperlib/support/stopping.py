"""Ctrl-C and SIGTERM end a command at once: one line, no process left behind.

stopping.at_once("The same command goes on from there.")       # first thing in a command
with stopping.saying(lambda: "12 of 40 runs are done"), stopping.ending(cancel_jobs):
    ...                                                        # what the line says, and what else has to be ended

The signal is answered in a thread of its own, for the main thread may be deep in a long computation. Without `at_once`, as in a user's
own program, signals stay Python's.
"""

import atexit
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_said: list[Callable[[], str]] = []
_ends: list[Callable[[], None]] = []
_stopped = threading.Event()


@contextlib.contextmanager
def saying(state: Callable[[], str]) -> Iterator[None]:
    """Within the block, state() is what is done."""
    _said.append(state)
    try:
        yield
    finally:
        _said.remove(state)


@contextlib.contextmanager
def ending(end: Callable[[], None]) -> Iterator[None]:
    """Within the block, a stop calls end(), which must be quick."""
    _ends.append(end)
    try:
        yield
    finally:
        _ends.remove(end)


def at_once(advice: str) -> None:
    """From now on SIGINT and SIGTERM end this process and its children, with exit code 130 or 143. advice: how to go on."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    for number in SIGNALS:
        signal.signal(number, lambda number, _: os.write(write, bytes([number])))
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    thread = threading.Thread(target=_wait, args=(read, advice), daemon=True)
    thread.start()

    @atexit.register
    def let_the_stop_end_the_process() -> None:  # the main thread may fail because its children are killed, and has another exit code
        if _stopped.is_set():
            thread.join()


def leave_to_parent() -> None:
    """In a worker process: Ctrl-C reaches the whole group, and the parent ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _wait(read: int, advice: str) -> None:
    number = 0
    while number not in SIGNALS:
        number = os.read(read, 1)[0]
    _stopped.set()
    with contextlib.suppress(Exception):
        state = f": {_said[-1]()}" if _said else ""
        print(f"\nStopped{state}. {advice}", file=sys.stderr, flush=True)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1), os.dup2(nowhere, 2)  # bars and errors of what is being ended
    for end in list(_ends):
        with contextlib.suppress(Exception):
            end()
    end_children()
    os._exit(128 + number)


def end_children() -> None:
    """Kill every process that descends from this one."""
    import psutil

    for _ in range(2):  # a second look for those that were being started
        children = psutil.Process().children(recursive=True)
        for child in children:
            with contextlib.suppress(psutil.Error):
                child.kill()
        psutil.wait_procs(children, timeout=0.5)
