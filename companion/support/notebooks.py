"""A notebook's first cell: its parameters are checked, and from there on an error of this project is three lines in the place of a traceback.

check_notebook_parameters(globals(), profile=str, seeds=int)

    ConfigError: r = 1.5
    use a number in [0, 1]
    Change it and run the cell again; %tb shows where it was found.
"""

import ast
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from paperlib.checks import check

ADVICE = "Change it and run the cell again; %tb shows where it was found."
KINDS = (ValueError, RuntimeError, OSError)
ROOT = Path(__file__).resolve().parents[2]
PACKAGES = tuple(ROOT / name for name in ("paperlib", "companion", "recipes"))


def check_notebook_parameters(namespace: Mapping[str, Any], **types: Any) -> None:
    """Stop a notebook whose parameters are unknown or of the wrong type, before any work.

    namespace: the notebook's globals(). types: the name and type of each declared parameter. Papermill only warns of an unknown -p name;
    the cell that it injects is found in the input history and its names are compared. From here on, errors of this package take three lines.
    """
    short_errors()
    for name, kind in types.items():
        value = namespace.get(name)
        fits = isinstance(value, kind) or (isinstance(value, int) and isinstance(0.0, kind))
        check(
            fits and (kind is bool or not isinstance(value, bool)),
            name,
            value,
            f"parameter {name} is of type {getattr(kind, '__name__', kind)}",
        )
    for cell in namespace.get("In", []):
        if cell.startswith("# Parameters"):
            targets = [t for node in ast.parse(cell).body if isinstance(node, ast.Assign) for t in node.targets]
            for target in targets:
                name = getattr(target, "id", "?")
                check(name in types, "parameter", name, f"this notebook has no such parameter; it takes {', '.join(types)}")


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
