"""The closing comparison: paper | committed reference | this run | do they agree?

table(found(DIGITS), found(DIGITS, REFERENCE / "digits"))
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from paperlib import printed_numbers
from paperlib.records import Record
from paperlib.report import conditioning, diversity, evaluation, image_quality, r_sweep, table1
from paperlib.report.estimates import by_seed, estimate, of_kind

NOTE = (
    "Accuracies in percent, mean and 95 % interval over n seeds. identical: the shared seeds are the same bit for bit; "
    "agrees: they differ by less than the reference's spread over seeds allows (99.9 %), or by less than 0.5."
)


def verdict(ours: Mapping[int, float], reference: Mapping[int, float], floor: float = 0.5) -> str:
    """Whether our values, one a seed, agree with the reference's, by their means over the shared seeds.

    "identical": bit for bit. "agrees": the difference lies within the 99.9 % interval for two independent sets of that many seeds, by
    Student's t with the reference's standard deviation, or within `floor`, below which no difference matters in the item's unit.
    The interval is that wide because some sixty items are compared at once.
    """
    if not ours or not reference:
        return "no reference" if ours else "no record"
    seeds = sorted(ours.keys() & reference.keys()) or sorted(reference)
    if all(ours.get(seed) == reference[seed] for seed in seeds):
        return "identical"
    mine = np.mean([ours[s] for s in seeds if s in ours] or list(ours.values()))
    spread, n = estimate(list(reference.values())), min(len(seeds), len(ours))
    allowed = stats.t.ppf(0.9995, spread.n - 1) * spread.sd * (2 / n) ** 0.5 if spread.n > 1 else 0.0
    return "agrees" if abs(mine - np.mean([reference[s] for s in seeds])) <= max(floor, allowed) else "DIFFERS"


@dataclass(frozen=True)
class Item:
    """One line of the closing comparison. paper: the printed value, or a dash; reference, ours: values by seed."""

    name: str
    paper: str
    reference: dict[int, float]
    ours: dict[int, float]


def items(ours: Sequence[Record], reference: Sequence[Record]) -> list[Item]:
    """Every reported number: paper, committed reference, this run."""
    both = (reference, ours)
    has_paper_a = any(of_kind(records, "classifier") for records in both)
    found = []
    for column in table1.columns([*ours, *reference]) if has_paper_a else ():
        paper = "-" if column.method else f"{column.accuracy:.1f}"
        found.append(Item(f"Table 1: {column.name}", paper, *(table1.column_by_seed(records, column) for records in both)))
    for r in printed_numbers.FIG4_R if has_paper_a else ():
        for metric, suffix, bna in (("accuracy", "", False), ("accuracy_bna", " with BNA", True)):
            known = printed_numbers.FIG4_KNOWN.get((r, bna))
            values = [by_seed([x for x in r_sweep.runs_of(records) if x.config.r == r], metric, 100) for records in both]
            found.append(Item(f"Fig. 4: r = {r}{suffix}", f"{known:.1f}" if known else "-", *values))
    settings = conditioning.settings([*ours, *reference])
    own = next(iter(settings), None)
    for (labels, teacher), label in settings.items():
        for metric, name in (("accuracy", "teacher"), ("judge_accuracy", "judge")):
            values = [by_seed(conditioning.runs_of(records, labels, teacher), metric, 100) for records in both]
            claimed = (labels, teacher) == own and metric == "accuracy"
            if any(values):
                found.append(Item(f"B: {label}, {name}", f"{printed_numbers.CONDITIONING_ACCURACY:.0f}" if claimed else "-", *values))
    evaluated = evaluation.settings([*ours, *reference])
    own_labels = next((labels for labels in evaluated if labels), None)
    for setting, label in evaluated.items():
        runs = [evaluation.runs_of(records, setting) for records in both]
        if any(runs):
            space = [*runs[1], *runs[0]][0].metrics["feature_space"]
            for who in ("teacher", "judge"):
                claimed = setting is not None and (setting, who) == (own_labels, "teacher")
                values = [evaluation.read_as_asked(r, who) for r in runs]
                found.append(
                    Item(f"B, all draws: {label}, {who}", f"{printed_numbers.CONDITIONING_ACCURACY:.0f}" if claimed else "-", *values)
                )
            for metric, name in (("fid", f"{space}-FID"), ("inception_score", f"{space}-IS")):
                found.append(Item(f"B, {name}: {label}", "-", *(by_seed(r, metric) for r in runs)))
    for image_set in image_quality.IMAGE_SETS:
        runs = [of_kind(records, "image-quality", image_set=image_set) for records in both]
        space = next((r.metrics["feature_space"] for r in [*runs[1], *runs[0]]), "")
        if any(runs):
            found.append(Item(f"{space}-FID: {image_set}", "-", *(by_seed(r, "fid") for r in runs)))
    return found + _items_past_the_papers(ours, reference)


def _items_past_the_papers(ours: Sequence[Record], reference: Sequence[Record]) -> list[Item]:
    """The diversity experiment and mining at far step sizes."""
    both, found = (reference, ours), []
    diverse = [diversity.runs_by_method(records) for records in both]
    for key in dict.fromkeys(key for runs in diverse for key in runs):
        name = f"Diversity: {key[0]}, w = {key[1]:g}"
        found.append(Item(f"{name}, judge", "-", *(by_seed(runs.get(key, []), "judge_accuracy", 100) for runs in diverse)))
        found.append(Item(f"{name}, coverage", "-", *(diversity.share_of_truth(runs, key, "truth_coverage") for runs in diverse)))
    far = [of_kind(records, "mined-classifier") for records in both]
    for size in sorted({r.config.classifier.step_size for runs in far for r in runs}):
        values = [by_seed([r for r in runs if r.config.classifier.step_size == size], "accuracy", 100) for runs in far]
        found.append(Item(f"HSM at eta = {size:g}", "-", *values))
    return found


def table(ours: Sequence[Record], reference: Sequence[Record]) -> pd.DataFrame:
    """The items as a table of text."""
    rows = []
    for item in items(ours, reference):
        row: dict[str, Any] = {"item": item.name, "paper": item.paper}
        for name, count, values in (("reference", "n", item.reference), ("this run", "n ", item.ours)):
            row |= {name: str(estimate(list(values.values()))) if values else "-", count: len(values)}
        rows.append(row | {"verdict": verdict(item.ours, item.reference)})
    return pd.DataFrame(rows)
