"""What a warm start does to paper B: accuracy, failures and variety beside paper B's own start, paired over seeds.

table(found(DIGITS))          # a pandas frame, one row a quantity
"""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from companion.config import Setting
from companion.records import Record
from companion.report import conditioning, evaluation, failures
from companion.report.estimates import estimate, paired

Values = Callable[[Sequence[Record], Setting], Mapping[int, float]]


def _read_by(who: str) -> Values:
    def values(records: Sequence[Record], setting: Setting) -> dict[int, float]:
        runs = evaluation.runs_of(records, setting)
        return evaluation.read_as_asked(runs, who) if who in evaluation.readers(runs) else {}

    return values


def _evaluated(of: Callable[[Record], float]) -> Values:
    return lambda records, setting: {run.seed: of(run) for run in evaluation.runs_of(records, setting)}


def _trained(of: Callable[[Record], float]) -> Values:
    return lambda records, setting: {run.seed: of(run) for run in conditioning.runs_of(records, setting)}


def _variance(run: Record) -> float:
    return 100 * float(evaluation.variance_by_attribute([run]).mean() / evaluation.variance_by_attribute([run], "real_").mean())


QUANTITIES: dict[str, Values] = {
    "teacher after one epoch, %": _trained(lambda run: 100 * run.history["accuracy"][0]),
    "teacher, %": _read_by("teacher"),
    "judge, %": _read_by("judge"),
    "second judge, %": _read_by("second_judge"),
    "attributes at 0 % by the teacher": _evaluated(lambda run: len(failures.never_reached(run, "teacher"))),
    "only the teacher, %": _evaluated(failures.teacher_alone),
    "variance, % of the prior's": _trained(lambda run: 100 * run.metrics["variance"] / run.metrics["prior_variance"]),
    "variance, % of the real images'": _evaluated(_variance),
    "FID": _evaluated(lambda run: float(run.metrics["fid"])),
}


def starts(records: Sequence[Record]) -> list[tuple[Setting, Setting]]:
    """Paper B's own setting beside each one that differs from it in its start alone."""
    found = list(conditioning.settings(records))
    return [(found[0], warm) for warm in found[1:] if warm == found[0]._replace(warm_start=warm.warm_start)]


def table(records: Sequence[Record]) -> pd.DataFrame:
    """Means over the seeds that both starts have, and their difference with its 95 % interval. draws: of the prior, labelled for the start."""
    rows = []
    for own, warm in starts(records):
        for name, values in QUANTITIES.items():
            plain, other = values(records, own), values(records, warm)
            seeds = sorted(plain.keys() & other.keys())
            if seeds:
                gain = paired(other, plain)
                means = {"paper B": estimate([plain[s] for s in seeds]).mean, "warm start": estimate([other[s] for s in seeds]).mean}
                rows.append(
                    {"quantity": name, "draws": warm.warm_start}
                    | means
                    | {"difference": gain.mean, "± 95 %": gain.half_width, "n": len(seeds)}
                )
    return pd.DataFrame(rows).round(2)


def sentences(records: Sequence[Record]) -> list[str]:
    """One for each quantity; where no warm start is on record, that it is missing."""
    if conditioning.settings(records) and not starts(records):
        return ["left out: the warm start (no setting differs from paper B's own in its start alone)"]
    return [
        f"Warm start of {row['draws']:,} draws, {row['quantity']}: {row['warm start']:.2f}, paper B {row['paper B']:.2f} "
        f"({row['difference']:+.2f}{'' if pd.isna(row['± 95 %']) else ' ± {:.2f}'.format(row['± 95 %'])}, n = {row['n']})."
        for row in table(records).to_dict("records")
    ]
