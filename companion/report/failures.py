"""How many seeds of paper B fail, and how: attributes that are never reached, and images that only the teacher reads as asked.

table(found(DIGITS), "0123456789")          # a pandas frame, one row a setting
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from companion.records import Record
from companion.report import evaluation

NEVER = 1.0  # percent: an attribute that is read in fewer of its images is called never reached
SURE = 99.9  # percent of all draws, by the teacher


def by_attribute(run: Record, who: str) -> NDArray[np.float64]:
    """(K,) percent of the images of each attribute that are read as asked. who: of evaluation.READERS."""
    counts = evaluation.confusion([run], who)
    shares: NDArray[np.float64] = 100 * np.diag(counts) / counts.sum(1)
    return shares


def never_reached(run: Record, who: str) -> list[int]:
    """The attributes that are read in fewer than NEVER percent of their images."""
    return np.flatnonzero(by_attribute(run, who) < NEVER).tolist()


def teacher_alone(run: Record) -> float:
    """Percent of the images that the teacher reads as asked and no judge does."""
    return 100 * float(np.mean(run.metrics["teacher_alone"]))


def table(records: Sequence[Record], class_names: Sequence[str]) -> pd.DataFrame:
    """A row a setting, counts of seeds; which: the attributes that the teacher never reads, by seed; only the teacher: percent of the images
    that the teacher reads as asked and no judge does, mean over seeds, and the worst attribute of any seed."""
    rows = []
    for setting, label in evaluation.settings(records).items():
        runs = evaluation.runs_of(records, setting)
        never = {run.seed: [class_names[a] for a in never_reached(run, "teacher")] for run in runs}
        rows.append(
            {
                "setting": label, "n": len(runs), "teacher below 99.9 %": sum(_teacher(run) < SURE for run in runs),
                "attribute at 0 %": sum(map(bool, never.values())),
                "which": "; ".join(f"seed {seed}: {', '.join(names)}" for seed, names in never.items() if names) or "-",
                "judge: attribute at 0 %": sum(bool(never_reached(run, "judge")) for run in runs),
                "only the teacher %": np.mean([teacher_alone(run) for run in runs]),
                "worst attribute %": 100 * max(max(run.metrics["teacher_alone"]) for run in runs),
            }
        )  # fmt: skip
    return pd.DataFrame(rows).round(2)


def _teacher(run: Record) -> float:
    return evaluation.read_as_asked([run], "teacher")[run.seed]


def sentences(records: Sequence[Record], class_names: Sequence[str]) -> list[str]:
    """How many seeds of each setting fail, and how."""
    found = table(records, class_names).to_dict("records")
    rule = f"An attribute at 0 % is one that is read in fewer than {NEVER:g} % of its images."
    return [*map(_in_words, found), rule] if found else []


def _in_words(row: Mapping[str, Any]) -> str:
    n = row["n"]
    which = f" ({row['which']})" if row["attribute at 0 %"] else ""
    return (
        f"{row['setting']}: {row['attribute at 0 %']} of {n} seeds leave an attribute at 0 % by the teacher{which}, "
        f"{row['judge: attribute at 0 %']} by the judge; {row['teacher below 99.9 %']} of {n} end below {SURE:g} %. "
        f"Only the teacher reads {row['only the teacher %']:.1f} % of the images as asked, {row['worst attribute %']:.1f} % in the worst attribute."
    )
