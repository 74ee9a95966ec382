"""How long the README's two commands take here, once everything is installed: results/reference/times.json.

make times          # deletes the results of the digits profile and computes them again
python bench/times.py --only test          # measure one and keep the other
"""

import argparse
import json
import os
import subprocess
import time

from paperlib.profiles import DIGITS
from paperlib.support.files import replacing
from paperlib.support.machine import processor_name
from paperlib.support.paths import REFERENCE

TARGETS = ("reproduce", "test")


def seconds(*targets: str) -> float:
    start = time.perf_counter()
    subprocess.run(["make", *targets], check=True)
    return round(time.perf_counter() - start, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=TARGETS)
    only, path = parser.parse_args().only, REFERENCE / "times.json"
    targets = [only] if only else TARGETS
    measured = json.loads(path.read_text()) if path.exists() else {}
    if "reproduce" in targets:
        subprocess.run(["make", "clean-results"], check=True)
    measured |= {target: seconds(target) for target in targets}
    measured |= {"seeds": DIGITS.seeds, "cores": len(os.sched_getaffinity(0)), "processor": processor_name()}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(measured, indent=1) + "\n")


if __name__ == "__main__":
    main()
