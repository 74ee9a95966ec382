"""A lock saves work; nothing waits for ever, and nothing fails without it."""

import errno
import threading
import time

import pytest
from filelock import FileLock

from companion.support.lock import alone


def test_a_holder_that_shows_life_is_waited_for(tmp_path):
    order, inside = [], threading.Event()

    def hold():
        with alone(tmp_path / "lock", beat=0.1):
            inside.set()
            time.sleep(1.5)
            order.append("first")

    holder = threading.Thread(target=hold)
    holder.start()
    inside.wait()
    with alone(tmp_path / "lock", patience=1.0):
        order.append("second")
    holder.join()
    assert order == ["first", "second"]


def test_a_holder_that_hangs_is_passed(tmp_path):
    with FileLock(tmp_path / "lock"), alone(tmp_path / "lock", patience=0.3):
        pass


@pytest.mark.parametrize("error", [OSError(errno.ENOLCK, "No locks available"), NotImplementedError("no flock")])
def test_a_folder_without_locks_is_no_obstacle(tmp_path, monkeypatch, error):
    def refuse(*arguments, **settings):
        raise error

    monkeypatch.setattr(FileLock, "acquire", refuse)
    with alone(tmp_path / "lock"):
        pass
