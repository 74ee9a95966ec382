"""One process at a time, where the file system can tell.

A lock saves work, and nothing rests on it: whoever goes on without one computes the same and writes it whole.
"""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

BEAT = 5.0  # seconds between two signs of life of the holder
PATIENCE = 60.0  # seconds without one after which the holder counts as lost


@contextlib.contextmanager
def alone(path: Path, *, beat: float = BEAT, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock file `path` within the block.

    Goes on without it where the file system has no locks, and where its holder hangs: for `patience` seconds it has not touched the file.
    """
    lock, ended = FileLock(path), threading.Event()
    if not _taken(lock, path, patience):
        yield
        return
    thread = threading.Thread(target=_touch, args=(path, ended, beat), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        lock.release()


def _taken(lock: FileLock, path: Path, patience: float) -> bool:
    touched, since = 0, time.monotonic()
    while True:
        try:
            lock.acquire(timeout=min(1.0, patience))
            return True
        except Timeout:
            last = path.stat().st_mtime_ns if path.exists() else 0
            if last != touched:
                touched, since = last, time.monotonic()
            elif time.monotonic() - since >= patience:
                return False
        except (OSError, NotImplementedError):
            return False


def _touch(path: Path, ended: threading.Event, beat: float) -> None:
    while not ended.wait(beat):
        with contextlib.suppress(OSError):
            os.utime(path)
