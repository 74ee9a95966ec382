"""How long the README's two commands take here, once everything is installed: results/reference/times.json, and times.md beside it.

make times                                 # deletes the results of the digits profile and computes them again
python bench/times.py --only test          # measure one and keep the others
python bench/times.py --only avx2          # `make reproduce` with the kernels of an older laptop's CPU
"""

import argparse
import json
import os
import subprocess
import time
from collections.abc import Mapping
from typing import Any

from companion.profiles import DIGITS
from companion.report.files import save_measured
from companion.support.machine import processor_name
from companion.support.paths import REFERENCE

AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
COMMANDS = {"reproduce": ("reproduce", {}), "test": ("test", {}), "avx2": ("reproduce", AVX2)}


def seconds(target: str, environment: dict[str, str]) -> float:
    if target == "reproduce":
        subprocess.run(["make", "clean-results"], check=True)
    start = time.perf_counter()
    subprocess.run(["make", target], check=True, env={**os.environ, **environment})
    return round(time.perf_counter() - start, 1)


def text(found: Mapping[str, Any]) -> str:
    """What README.md says of it."""
    minutes = {name: f"{found[name] / 60:.0f} minutes" for name in COMMANDS if name in found}
    told = (
        f"Measured after the install on {found['cores']} cores ({found['processor']}): `make reproduce` {minutes['reproduce']} with {found['seeds']} "
        f"seeds, `make test` {minutes['test']}."
    )
    if "avx2" in minutes:
        kernels = " ".join(f"{name}={value}" for name, value in AVX2.items())
        told += (
            f" With the kernels of an older CPU, on the same machine (`{kernels}`), `make reproduce` takes {minutes['avx2']}: expect that, or more, of "
            "a laptop of 2017."
        )
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=COMMANDS)
    only, path = parser.parse_args().only, REFERENCE / "times.json"
    measured = json.loads(path.read_text()) if path.exists() else {}
    measured |= {name: seconds(*COMMANDS[name]) for name in ([only] if only else COMMANDS)}
    measured |= {"seeds": DIGITS.seeds, "cores": len(os.sched_getaffinity(0)), "processor": processor_name()}
    save_measured(measured, text(measured), path)


if __name__ == "__main__":
    main()
