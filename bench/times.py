"""How long the README's two commands take here, once everything is installed: results/reference/times.json, and times.md beside it.

make times                                 # deletes the results of the digits profile and computes them again
python bench/times.py --only test          # measure one and keep the others
python bench/times.py --only avx2          # `make reproduce` as on a CPU without AVX-512
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from typing import Any

from companion.profiles import DIGITS
from companion.report.files import save_measured
from companion.support.machine import processor_name
from companion.support.paths import REFERENCE

AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}


def seconds(*command: str, **environment: str) -> float:
    start = time.perf_counter()
    subprocess.run(["make", *command], check=True, env={**os.environ, **environment})
    return round(time.perf_counter() - start, 1)


def reproduce() -> dict[str, Any]:
    subprocess.run(["make", "clean-results"], check=True)
    return {"reproduce": seconds("reproduce")} | here()


def test() -> dict[str, Any]:
    return {"test": seconds("test")} | here()


def here() -> dict[str, Any]:
    return {"seeds": DIGITS.seeds, "cores": len(os.sched_getaffinity(0)), "processor": processor_name()}


def avx2() -> dict[str, Any]:
    """All of it with the kernels of a CPU that has AVX2 and no AVX-512, in a results folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        took = seconds("reproduce", PAPERLIB_RESULTS=folder, **AVX2)
    return {"avx2_reproduce": took, "avx2_processor": processor_name()}


MEASURED = {"reproduce": reproduce, "test": test, "avx2": avx2}


def text(found: Mapping[str, Any]) -> str:
    """What README.md says of it."""
    told = (
        f"Measured after the install on {found['cores']} cores ({found['processor']}): `make reproduce` {_minutes(found['reproduce'])} with "
        f"{found['seeds']} seeds, `make test` {_minutes(found['test'])}."
    )
    if "avx2_reproduce" in found:
        flags = " ".join(f"{name}={value}" for name, value in AVX2.items())
        told += (
            f" On a CPU without AVX-512 ({found['avx2_processor']}), `make reproduce` under `{flags}`: {_minutes(found['avx2_reproduce'])}."
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
    save_measured(measured, text(measured), path)


if __name__ == "__main__":
    main()
