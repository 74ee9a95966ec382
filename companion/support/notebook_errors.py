"""Errors of this project in a notebook: three lines in the place of a traceback.

short_errors()

    ConfigError: r = 1.5
    use a number in [0, 1]
    Change it and run the cell again; %tb shows where it was found.
"""

import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

ADVICE = "Change it and run the cell again; %tb shows where it was found."
KINDS = (ValueError, RuntimeError, OSError)
ROOT = Path(__file__).resolve().parents[2]
PACKAGES = tuple(ROOT / name for name in ("paperlib", "companion", "recipes"))


def short_errors() -> None:
    """From now on the kernel shows what this project raises in three lines: what, rule, remedy. Outside a notebook it does nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        shell.set_custom_exc(KINDS, _show)


def three_lines(error: BaseException) -> list[str]:
    """Of a message `what: rule; remedy` or `what: rule. Remedy`."""
    what, _, rest = str(error).rstrip(".").partition(": ")
    rule, _, remedy = rest.partition("; " if "; " in rest else ". ")
    remedy = f"{remedy[0].upper()}{remedy[1:]}." if remedy else ADVICE
    return [line for line in (f"{type(error).__name__}: {what}", rule, remedy) if line]


def _show(shell: Any, kind: type[BaseException], error: BaseException, trace: TracebackType, tb_offset: int | None = None) -> list[str]:
    raised_in = Path(traceback.extract_tb(trace)[-1].filename)
    if not any(raised_in.is_relative_to(package) for package in PACKAGES):
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
        return []
    sys.last_type, sys.last_value, sys.last_traceback = kind, error, trace  # what %tb shows
    lines = three_lines(error)
    shell._showtraceback(kind, error, lines)
    return lines
