"""How long the README's two commands take here, once everything is installed: results/reference/times.json.

make times          # deletes the results of the digits profile and computes them again
"""

import json
import os
import subprocess
import time

from paperlib.profiles import DIGITS
from paperlib.support.files import replacing
from paperlib.support.machine import processor_name
from paperlib.support.paths import REFERENCE


def seconds(*targets: str) -> float:
    start = time.perf_counter()
    subprocess.run(["make", *targets], check=True)
    return round(time.perf_counter() - start, 1)


if __name__ == "__main__":
    subprocess.run(["make", "clean-results"], check=True)
    measured = {
        "reproduce": seconds("reproduce"),
        "test": seconds("test"),
        "seeds": DIGITS.seeds,
        "cores": len(os.sched_getaffinity(0)),
        "processor": processor_name(),
    }
    with replacing(REFERENCE / "times.json") as path:
        path.write_text(json.dumps(measured, indent=1) + "\n")
