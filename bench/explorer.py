"""How long a change of the explorer takes to show, on the digits: results/reference/bench/explorer.json.

python bench/explorer.py            # minutes; part of make bench

Each view is called with one slider moved, again and again; what is made once, at the first call, is left out. Aim: 200 ms on two cores.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

from companion.explorer import Explorer
from companion.profiles import DIGITS
from companion.report.files import save_measured
from companion.support.machine import processor_name
from companion.support.paths import REFERENCE

CHANGES = 20


def milliseconds(view: Callable[[int], str]) -> dict[str, float]:
    """Median and longest of CHANGES calls after the first; view(i) is the i-th place of the slider."""
    view(0)
    taken = []
    for i in range(1, CHANGES + 1):
        start = time.perf_counter()
        view(i)
        taken.append(1000 * (time.perf_counter() - start))
    return {"median": round(statistics.median(taken), 1), "longest": round(max(taken), 1)}


def text(found: Mapping[str, Any]) -> str:
    slowest = max(view["median"] for view in found["milliseconds"].values())
    return f"In the explorer, notebook 08, the picture of a moved slider takes {slowest:.0f} ms in the slowest view (median)."


def main() -> int:
    explorer = Explorer(DIGITS)
    views: dict[str, Callable[[int], str]] = {
        "mined path, J = 5": lambda i: explorer.mined_path("7", i, 1.0, 5),
        "mined path, J = 10": lambda i: explorer.mined_path("7", i, 1.0, 10),
        "walk": lambda i: explorer.walk("7", 0, i),
        "renewal": lambda i: explorer.renewal(i / CHANGES, 20),
        "one attribute, four ways": lambda i: explorer.conditioned("7", 0.01 + i / CHANGES),
        "whom to believe": lambda i: explorer.disagreement(str(i % 10), "teacher"),
    }
    found = {
        "processor": processor_name(),
        "threads": torch.get_num_threads(),
        "milliseconds": {name: milliseconds(v) for name, v in views.items()},
    }
    save_measured(found, text(found), REFERENCE / "bench" / "explorer.json")
    print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
