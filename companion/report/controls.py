"""Beside Table 1 of paper A: what real images, longer training and equal cost reach by themselves.

table(found(DIGITS))          # a pandas frame, one row a control
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from companion import printed_numbers
from companion.config import ClassifierRun
from companion.records import Record
from companion.report.estimates import by_seed, estimate, of_kind, paired, seconds
from companion.report.table1 import column_runs

COLUMNS = {column.name: column for column in printed_numbers.TABLE1}
# Each control, and the training that it is held against.
BESIDE = {
    "real images": "baseline",
    "all real images": "real images",
    "all real images, long": "long (ds+bna)",
    "long without DS": "long (ds+bna)",
    "DS for the cost of DS+HSM": "ds+hsm",
    "DS, r = 1": "ds",
}


def runs_of(records: Sequence[Record], name: str) -> list[Record]:
    """The runs of a control or of a column of Table 1, one a seed."""
    if name in COLUMNS:
        return column_runs(records, COLUMNS[name])
    if name == "DS, r = 1":
        return of_kind(records, "classifier", real=False, hsm=False, r=1.0, long_factor=1, method="")
    return [run for run in of_kind(records, "control") if _name(run.config.classifier) == name]


def _name(config: ClassifierRun) -> str:
    if config.real:
        return "all real images" + (", long" if config.long_factor > 1 else "")
    return "DS for the cost of DS+HSM" if config.r else "long without DS"


def _classifier(run: Record) -> ClassifierRun:
    config: ClassifierRun = getattr(run.config, "classifier", run.config)
    return config


def table(records: Sequence[Record]) -> pd.DataFrame:
    """A row for each control on record. Accuracies in percent; gain: over what it is held against, in points, paired over seeds."""
    rows = []
    for name, other in BESIDE.items():
        runs = runs_of(records, name)
        if not runs:
            continue
        config = _classifier(runs[0])
        row = {"control": name, "epochs": config.epochs * config.long_factor, "different images": config.different_images}
        for bna, metric in (("", "accuracy"), ("BNA: ", "accuracy_bna")):
            ours = by_seed(runs, metric, 100)
            there = by_seed(runs_of(records, other), metric, 100)
            mean, gain = estimate(list(ours.values())), paired(ours, there)
            row |= {
                f"{bna}ours": mean.mean,
                f"{bna}± 95 %": mean.half_width,
                f"{bna}gain": gain.mean,
                f"{bna}gain ±": gain.half_width,
            }
        rows.append(row | {"over": other.replace("(ds+bna)", "(ds)"), "n": len(runs)} | seconds(runs))
    return pd.DataFrame(rows).round(2)


def sentences(records: Sequence[Record]) -> list[str]:
    """What each control gains or loses, without and with BNA, against what it is held against."""
    lines = []
    for row in table(records).to_dict("records"):
        spread = {bna: "" if np.isnan(row[f"{bna}gain ±"]) else f" ± {row[f'{bna}gain ±']:.1f}" for bna in ("", "BNA: ")}
        lines.append(
            f"{row['control']} ({row['epochs']} epochs, {row['different images']:,} different images): {row['ours']:.1f} %, with BNA {row['BNA: ours']:.1f} %; "
            f"over {row['over']} {row['gain']:+.1f}{spread['']}, both with BNA {row['BNA: gain']:+.1f}{spread['BNA: ']} points (n = {row['n']})."
        )
    return lines
