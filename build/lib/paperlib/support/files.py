"""Files that are whole or not there."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from paperlib.support import stopping

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class DiskFullError(OSError):
    """Nothing more can be written; the message names the file."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place only if the block succeeds. DiskFullError where there is no space for it."""
    try:
        with _replacing(path) as temporary:
            yield temporary
    except OSError as error:
        if error.errno not in FULL:
            raise
        remedy = "Free space there, or set PAPERLIB_RESULTS to a folder that has some. What is on record stays."
        raise DiskFullError(f"cannot write {path}: {error.strerror}. {remedy}") from error


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    os.chmod(name, 0o644)
    temporary = Path(name)
    try:
        with stopping.ending(lambda: temporary.unlink(missing_ok=True)):
            yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def check_writable(folder: Path, remedy: str) -> None:
    """Make the folder if it is missing; OSError with the remedy where no file can be written in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OSError(f"cannot write to {folder}: {error.strerror}. {remedy}") from error
