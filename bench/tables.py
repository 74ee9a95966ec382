"""Read a results folder, build every table of it, and print what that took, as JSON. bench/records.py runs this in a process of its own.

python bench/tables.py FOLDER
"""

import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from companion import records
from companion.claims import CLAIMS
from companion.records import Record
from companion.report import (
    bna,
    claim_table,
    comparison,
    conditioning,
    controls,
    diversity,
    evaluation,
    failures,
    gap,
    hard_samples,
    image_quality,
    mining,
    mining_checks,
    r_sweep,
    shown,
    table1,
    warm_start,
)

DIGITS = tuple("0123456789")
TABLES: dict[str, Callable[[Sequence[Record]], pd.DataFrame]] = {
    "table1": table1.table,
    "gains": table1.gains,
    "bna": bna.table,
    "controls": controls.table,
    "gap": gap.table,
    "r_sweep": r_sweep.table,
    "hard_samples": hard_samples.table,
    "transfer": mining_checks.transfer,
    "mining_forms": mining_checks.forms,
    "mined_space": mining.table,
    "mined_classifiers": mining.classifiers,
    "conditioning": conditioning.table,
    "evaluation": evaluation.table,
    "evaluation_report": lambda found: evaluation.by_attribute(found, DIGITS),
    "failures": lambda found: failures.table(found, DIGITS),
    "warm_start": warm_start.table,
    "quality": image_quality.table,
    "shown": shown.table,
    "diversity": diversity.table,
    "diversity_distances": diversity.distances,
    "diversity_manifold": diversity.manifold,
    "diversity_costs": diversity.costs,
    "claims": lambda found: claim_table.rows(CLAIMS, claim_table.judge_claims(CLAIMS, found)),
    "comparison": lambda found: comparison.table(found, found),
}


def peak_mib() -> int:
    """Of this process, so far."""
    return round(int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024)


def main() -> None:
    before, start = peak_mib(), time.perf_counter()
    found = sorted(records.find(Path(sys.argv[1]), set_aside=False), key=lambda record: record.provenance["seconds"])
    seconds = {"reading": round(time.perf_counter() - start, 2)}
    for name, table in TABLES.items():
        start = time.perf_counter()
        assert len(table(found))
        seconds[name] = round(time.perf_counter() - start, 2)
    print(json.dumps({"records": len(found), "seconds": seconds, "mib_before": before, "peak_mib": peak_mib()}))


if __name__ == "__main__":
    main()
