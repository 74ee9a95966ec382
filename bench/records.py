"""How long ten thousand records take to read, in a process of its own: results/reference/bench/records.json.

python bench/records.py
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from paperlib.config import Config
from paperlib.profiles import DIGITS
from paperlib.records import Record, save
from paperlib.support.files import replacing
from paperlib.support.machine import processor_name
from paperlib.support.paths import REFERENCE

COUNT, CONDITIONING_EVERY, PICTURES_EVERY = 10_000, 10, 100
READ = """
import re, sys, time
from pathlib import Path
from paperlib import records

def peak_mib():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024

before, start = peak_mib(), time.perf_counter()
found = records.find(Path(sys.argv[1]))
print(len(found), time.perf_counter() - start, before, peak_mib())
"""


def whole(folder: Path, config: Config) -> Record:
    """A record of the reference results, on a config like its own."""
    path = next(path for path in sorted((folder / "records").glob("*.json")) if path.name.startswith(f"{config.kind}-seed"))
    stored = json.loads(path.read_text())
    return Record(config, *(stored[name] for name in ("parts", "metrics", "history")), provenance=stored["provenance"])


def made_up(count: int) -> Iterator[Record]:
    """As long as the real ones. Every tenth is of a conditioning run; every hundredth has a picture."""
    folder = REFERENCE / "digits"
    classifier, conditioning = whole(folder, DIGITS.classifier_run(0)), whole(folder, DIGITS.conditioning_run(0))
    picture = np.random.default_rng(0).uniform(-1, 1, (280, 560))
    for seed in range(count):
        kind = conditioning if seed % CONDITIONING_EVERY == 0 else classifier
        pictures = {"samples": picture} if seed % PICTURES_EVERY == 0 else {}
        yield replace(kind, config=replace(kind.config, seed=seed), pictures=pictures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--folder", type=Path, default=REFERENCE / "bench")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for record in made_up(options.count):
            save(record, Path(folder))
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.json"))
        read = subprocess.run([sys.executable, "-c", READ, folder], check=True, capture_output=True, text=True)
    count, seconds, before, peak = map(float, read.stdout.split())
    found = {
        "processor": processor_name(),
        "records": int(count),
        "mib_on_disk": round(size / 2**20, 1),
        "seconds": round(seconds, 2),
        "mib_before": round(before),
        "peak_mib": round(peak),
    }
    with replacing(options.folder / "records.json") as path:
        path.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
