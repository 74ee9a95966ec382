"""Read a results folder, build every table of it, and print what that took, as JSON. bench/records.py runs this in a process of its own.

python bench/tables.py FOLDER
"""

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from companion import records
from companion.claims import CLAIMS
from companion.frames import frame
from companion.quantities import by_seed, frames_of, measured
from companion.records import Record
from companion.results import (
    claim_table,
    comparison,
    conditioning,
    controls,
    diversity,
    evaluation,
    hard_samples,
    image_quality,
    mining,
    r_sweep,
    sampling_costs,
    table1,
)

DIGITS = tuple("0123456789")
TABLES: dict[str, Callable[[Sequence[Record]], pd.DataFrame]] = {
    "table1": lambda found: table1.table(frame(found, "classifier")),
    "gains": lambda found: table1.gains(frame(found, "classifier")),
    "bna": lambda found: table1.bna(frame(found, "classifier")),
    "controls": lambda found: controls.table(frame(found, "classifier"), frame(found, "control")),
    "gap": lambda found: controls.gap(frame(found, "classifier"), frame(found, "control")),
    "r_sweep": lambda found: r_sweep.table(frame(found, "classifier")),
    "hard_samples": lambda found: hard_samples.table(frame(found, "hard_samples")),
    "transfer": lambda found: hard_samples.transfer(frame(found, "hard_samples")),
    "mining_forms": lambda found: hard_samples.forms(frame(found, "hard_samples")),
    "mined_space": lambda found: mining.table(frame(found, "mined_space")),
    "mined_classifiers": lambda found: mining.classifiers(frame(found, "classifier"), frame(found, "mined_classifier")),
    "conditioning": lambda found: conditioning.table(frame(found, "conditioning")),
    "evaluation": lambda found: evaluation.table(frame(found, "evaluation")),
    "evaluation_report": lambda found: evaluation.by_attribute(frame(found, "evaluation"), DIGITS),
    "failures": lambda found: evaluation.failures(frame(found, "evaluation"), DIGITS),
    "warm_start": lambda found: evaluation.warm_start(frame(found, "conditioning"), frame(found, "evaluation")),
    "quality": lambda found: image_quality.table(frame(found, "image_quality")),
    "shown": lambda found: image_quality.shown(frame(found, "shown_images")),
    "diversity": lambda found: diversity.table(frame(found, "diversity")),
    "diversity_distances": lambda found: diversity.distances(frame(found, "diversity")),
    "diversity_manifold": lambda found: diversity.manifold(frame(found, "diversity")),
    "diversity_costs": lambda found: sampling_costs.table(frame(found, "diversity")),
    "claims": lambda found: claim_table.rows(CLAIMS, claim_table.judge_claims(CLAIMS, by_seed(measured(frames_of(found))))),
    "comparison": lambda found: comparison.table(*2 * [measured(frames_of(found))]),
}


def peak_mib() -> int:
    """Of this process, so far."""
    return round(int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024)


def of_one_size(found: Sequence[Record]) -> list[Record]:
    """Without the classifiers of other sizes than most: a demonstration's run stands beside the plan's in the committed folder."""
    sizes = Counter(size(record) for record in found if record.run == "classifier")
    usual = max(sizes, key=lambda key: sizes[key])
    return [record for record in found if record.run != "classifier" or size(record) == usual]


def size(record: Record) -> tuple[int, int]:
    """Of a classifier's training."""
    return record.arguments["images"], record.arguments["epochs"]


def main() -> None:
    before, start = peak_mib(), time.perf_counter()
    found = sorted(records.find(Path(sys.argv[1]), set_aside=False), key=lambda record: record.provenance["seconds"])
    seconds = {"reading": round(time.perf_counter() - start, 2)}
    found = of_one_size(found)
    for name, table in TABLES.items():
        start = time.perf_counter()
        assert len(table(found))
        seconds[name] = round(time.perf_counter() - start, 2)
    print(json.dumps({"records": len(found), "seconds": seconds, "mib_before": before, "peak_mib": peak_mib()}))


if __name__ == "__main__":
    main()
