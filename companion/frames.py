"""Records as one tidy frame: a row a run, its arguments, metrics and provenance as columns.

runs = frame(run_all(plans.table1(DIGITS, 10)), "classifier")
wide(runs, "r", "accuracy_bna")                          # a row a seed, a column an r; ValueError where a seed has two values

Scalars are columns; lists and matrices are columns of objects; what is nested has a dot: history.loss, teacher_calibration.ece, source.labels.
A frame comes from a plan, or sizes that do not belong together mix: what it holds is what was asked for.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from companion.records import Record

INSIDE = {"evaluation": {"conditioning": "source"}}  # another run's arguments, by the name that they have in a frame


def frame(records: Iterable[Record], run: str) -> pd.DataFrame:
    """The records of one recorded function, in their order; those of impossible runs are left out.

    Columns: profile, run, seed and the other arguments; every metric; history.*; of the provenance seconds, workers, processor, commit, date,
    and what else it has; pictures, a mapping from names to pictures that are read when they are asked for.
    """
    rows = [_row(record) for record in records if record.run == run and not record.impossible]
    return pd.DataFrame(rows)


def _row(record: Record) -> dict[str, Any]:
    names = INSIDE.get(record.run, {})
    arguments = {names.get(name, name): value for name, value in record.arguments.items()}
    provenance = {"image_files" if name == "images" else name: value for name, value in record.provenance.items()}  # images is how many
    nested = {"profile": record.profile, "run": record.run} | arguments | record.metrics | {"history": record.history} | provenance
    return {**flat(nested), "pictures": record.pictures}


def flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """{"a": {"b": 1}} -> {"a.b": 1}. An empty mapping leaves nothing."""
    found: dict[str, Any] = {}
    for name, value in nested.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return found


def wide(runs: pd.DataFrame, columns: str, values: str) -> pd.DataFrame:
    """A row a seed, a column for each value of `columns`, in the order in which they come. ValueError where a seed has two values."""
    order = list(dict.fromkeys(runs[columns]))
    return runs.pivot(index="seed", columns=columns, values=values)[order].sort_index()
