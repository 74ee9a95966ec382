"""How long the README's two commands take here, once everything is installed: results/reference/times.json.

make times          # forgets the records of the digits profile and computes them again
"""

import json
import os
import platform
import subprocess
import time
from pathlib import Path

from paperlib.profiles import DIGITS
from paperlib.records import REFERENCE, replacing


def seconds(*targets: str) -> float:
    start = time.perf_counter()
    subprocess.run(["make", *targets], check=True)
    return round(time.perf_counter() - start, 1)


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


if __name__ == "__main__":
    subprocess.run(["make", "clean-results"], check=True)
    measured = {
        "reproduce": seconds("reproduce"),
        "test": seconds("test"),
        "seeds": DIGITS.seeds,
        "cores": len(os.sched_getaffinity(0)),
        "processor": processor(),
    }
    with replacing(REFERENCE / "times.json") as path:
        path.write_text(json.dumps(measured, indent=1) + "\n")
