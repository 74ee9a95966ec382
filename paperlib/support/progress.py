"""One progress bar for terminals and notebooks.

A terminal gets tqdm's bar. In a notebook the same text updates one display in place, so an executed notebook
keeps a single line of output: neither every refresh nor a widget that static HTML cannot draw.
"""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from tqdm import tqdm

T = TypeVar("T")
Listener = Callable[[str, int, int], None]
_LISTENING = threading.local()
tqdm.set_lock(threading.RLock())  # its own is a semaphore of the system, which a killed worker leaves behind


class _DisplayLine:
    """A file-like target for tqdm that rewrites one notebook output."""

    def __init__(self) -> None:
        from IPython.display import display

        self._handle = display({"text/plain": ""}, raw=True, display_id=True)

    def write(self, text: str) -> None:
        line = text.strip("\r\n ")
        if line and self._handle is not None:
            self._handle.update({"text/plain": line}, raw=True)

    def flush(self) -> None:
        pass


def in_notebook() -> bool:
    """True inside a Jupyter kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")


def progress_bar(total: int, label: str, *, enabled: bool = True, layout: str | None = None) -> Any:
    """A tqdm bar over `total` units; call `.update(1)` and `.close()`. layout: tqdm's bar_format."""
    target: Callable[[], Any] | None = _DisplayLine if in_notebook() and enabled else None
    return tqdm(
        total=total,
        desc=label,
        disable=not enabled,
        file=target() if target else None,
        ncols=(88 if layout is None else 140) if target else None,
        bar_format=layout,
        mininterval=0.5,
        leave=True,
    )


def say(line: str) -> None:
    """Print one line while bars are drawn: above them in a terminal, an output of its own in a notebook."""
    if in_notebook():
        print(line, flush=True)
    else:
        tqdm.write(line, file=sys.stderr)


@contextlib.contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Within the block, what this thread tracks is told to listener(label, done, total), whether or not a bar is shown."""
    before = getattr(_LISTENING, "to", None)
    _LISTENING.to = listener
    try:
        yield
    finally:
        _LISTENING.to = before


def track(items: Iterable[T], label: str, *, enabled: bool = True) -> Iterator[T]:
    """Yield from a sized iterable under a progress bar."""
    total = len(items)  # type: ignore[arg-type]
    bar, listener = progress_bar(total, label, enabled=enabled), getattr(_LISTENING, "to", None)
    try:
        for done, item in enumerate(items, 1):
            yield item
            bar.update(1)
            if listener is not None:
                listener(label, done, total)
    finally:
        bar.close()
