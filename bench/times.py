"""How long the README's two commands take here, once everything is installed: results/reference/times.json, and times.md beside it.

make times                                 # deletes the results of the digits profile and computes them again
python bench/times.py --only test          # measure one and keep the others
python bench/times.py --only avx2          # after `reproduce`: Table 1's first seed with the kernels of an older laptop's CPU
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from companion import records
from companion.profiles import DIGITS
from companion.report.files import save_measured
from companion.support.machine import processor_name
from companion.support.paths import REFERENCE

AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}


def seconds(*command: str, **environment: str) -> float:
    start = time.perf_counter()
    subprocess.run(["make", *command], check=True, env={**os.environ, **environment})
    return round(time.perf_counter() - start, 1)


def reproduce() -> dict[str, float]:
    subprocess.run(["make", "clean-results"], check=True)
    return {"reproduce": seconds("reproduce")}


def test() -> dict[str, float]:
    return {"test": seconds("test")}


def avx2() -> dict[str, float]:
    """avx2_table1: seconds of `make table1 SEEDS=1`. avx2_factor: seconds of its runs over those of the same runs with this CPU's own kernels."""
    with tempfile.TemporaryDirectory() as folder:
        took = seconds("table1", "SEEDS=1", PAPERLIB_RESULTS=folder, **AVX2)
        older, own = (_seconds_of_runs(path) for path in (Path(folder) / DIGITS.name, DIGITS.folder))
    shared = older.keys() & own.keys()
    return {"avx2_table1": took, "avx2_factor": round(sum(older[key] for key in shared) / sum(own[key] for key in shared), 3)}


def _seconds_of_runs(folder: Path) -> dict[str, float]:
    return {record.key: record.provenance["seconds"] for record in records.find(folder)}


MEASURED = {"reproduce": reproduce, "test": test, "avx2": avx2}


def text(found: Mapping[str, Any]) -> str:
    """What README.md says of it."""
    told = (
        f"Measured after the install on {found['cores']} cores ({found['processor']}): `make reproduce` {_minutes(found['reproduce'])} with "
        f"{found['seeds']} seeds, `make test` {_minutes(found['test'])}."
    )
    if "avx2_factor" in found:
        kernels = " ".join(f"{name}={value}" for name, value in AVX2.items())
        told += (
            f" With the kernels of an older CPU, on the same machine (`{kernels}`), the runs of Table 1's first seed take "
            f"{found['avx2_factor']:.2f} times as long. An older laptop is slower in other ways too; none was at hand to be timed."
        )
    return told


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=MEASURED)
    only, path = parser.parse_args().only, REFERENCE / "times.json"
    measured = json.loads(path.read_text()) if path.exists() else {}
    for name in [only] if only else MEASURED:
        measured |= MEASURED[name]()
    measured |= {"seeds": DIGITS.seeds, "cores": len(os.sched_getaffinity(0)), "processor": processor_name()}
    save_measured(measured, text(measured), path)


if __name__ == "__main__":
    main()
