"""How long ten thousand records take to read, and every table of them to build, in a process of its own: results/reference/bench/records.json.

python bench/records.py
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

from companion import experiment
from companion.profiles import DIGITS
from companion.records import Record, save
from companion.report.files import save_measured
from companion.support.machine import processor_name
from companion.support.paths import REFERENCE

COUNT, PICTURES_EVERY = 10_000, 100


def made_up(count: int) -> Iterator[Record]:
    """The records of the reference, again and again with seeds that are not there yet. Every hundredth has a picture.

    `seconds` is the place of a record here: tables need the order of the profile's plan, which the files do not keep.
    """
    stored = experiment.found(DIGITS, REFERENCE / "digits")
    seeds = 1 + max(record.seed for record in stored)
    picture = np.random.default_rng(0).uniform(-1, 1, (280, 560))
    for i, record in enumerate(islice(cycle(stored), count)):
        pictures = {"samples": picture} if i % PICTURES_EVERY == 0 else {}
        later = _later(record.arguments, seeds * (i // len(stored)))
        yield replace(record, arguments=later, pictures=pictures, provenance=record.provenance | {"seconds": float(i)})


def _later(arguments: dict[str, Any], more: int) -> dict[str, Any]:
    """The same, its seed and those of the runs in it `more` higher."""
    return dict(json.loads(re.sub(r'("seed": )(\d+)', lambda found: f"{found[1]}{int(found[2]) + more}", json.dumps(arguments))))


def text(found: Mapping[str, Any]) -> str:
    return (
        f"{found['records']:,} records are read in {found['seconds']:.1f} s; the slowest table takes {found['slowest_table_seconds']:.1f} s, all of "
        f"them {found['tables_seconds']:.1f} s and {found['peak_mib']} MiB."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--folder", type=Path, default=REFERENCE / "bench")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for record in made_up(options.count):
            save(record, Path(folder))
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.json"))
        command = [sys.executable, str(Path(__file__).with_name("tables.py")), folder]
        read = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    tables = {name: seconds for name, seconds in read["seconds"].items() if name != "reading"}
    found = {
        "processor": processor_name(),
        "records": read["records"],
        "mib_on_disk": round(size / 2**20, 1),
        "seconds": read["seconds"]["reading"],
        "slowest_table": max(tables, key=lambda name: tables[name]),
        "slowest_table_seconds": max(tables.values()),
        "tables_seconds": round(sum(tables.values()), 2),
        "mib_before": read["mib_before"],
        "peak_mib": read["peak_mib"],
    }
    save_measured(found, text(found), options.folder / "records.json")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
