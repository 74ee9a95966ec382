"""What the records say of paper A's claims: effect by seed, in points of top-1 accuracy unless its name says otherwise.

gain("ds", "baseline")(found(DIGITS))          # {0: 2.1, 1: 1.7, ...}
"""

from collections.abc import Callable, Sequence
from statistics import mean

from companion import printed_numbers
from companion.config import ImageSet
from companion.records import Record
from companion.report import controls, r_sweep, shown, table1
from companion.report.claim_table import Quantity
from companion.report.estimates import by_seed, log_ratio, minus, of_kind

COLUMN = {column.name: column for column in printed_numbers.TABLE1}


def gain(after: str, before: str) -> Quantity:
    """Between two columns of Table 1."""
    return lambda records: minus(*(table1.column_by_seed(records, COLUMN[name]) for name in (after, before)))


def own_long_gain(before: str) -> Quantity:
    """Of the profile's own method with the long training over a column of Table 1 or a control; nothing where it has none, or several."""

    def quantity(records: Sequence[Record]) -> dict[int, float]:
        own = [run for run in of_kind(records, "classifier") if run.config.method and run.config.long_factor > 1]
        if len({run.config.method for run in own}) != 1:
            return {}
        control = by_seed(controls.runs_of(records, before), "accuracy", 100)
        return minus(by_seed(own, "accuracy", 100), table1.column_by_seed(records, COLUMN[before]) if before in COLUMN else control)

    return quantity


def rise(r: float, from_r: float, bna: bool) -> Quantity:
    """Accuracy at r over that at from_r."""
    return lambda records: minus(*(r_sweep.accuracy_by_seed(records, point, bna) for point in (r, from_r)))


def most_of_it_before(r: float, bna: bool) -> Quantity:
    """Gain from 0 to r, less the gain from r to 1."""
    return lambda records: minus(rise(r, 0.0, bna)(records), rise(1.0, r, bna)(records))


def seconds_at(records: Sequence[Record], r: float) -> dict[int, float]:
    """Cost of a run at a point of Fig. 4."""
    return {run.seed: run.provenance["seconds"] for run in r_sweep.runs_at(records, r)}


def growth_of_cost(records: Sequence[Record]) -> dict[int, float]:
    """Log of the seconds at r = 1 over those at r = 0."""
    return log_ratio(seconds_at(records, 1.0), seconds_at(records, 0.0))


def cost_off_the_line(r: float) -> Quantity:
    """Log of the seconds at r over those on the straight line between r = 0 and r = 1."""

    def quantity(records: Sequence[Record]) -> dict[int, float]:
        first, last = seconds_at(records, 0.0), seconds_at(records, 1.0)
        return log_ratio(seconds_at(records, r), {s: (1 - r) * first[s] + r * last[s] for s in first.keys() & last.keys()})

    return quantity


def of_image_sets(metric: str, made: ImageSet, real: ImageSet, compare: Callable[..., dict[int, float]], scale: float = 1) -> Quantity:
    """compare: minus or log_ratio, of two sets of notebook 05."""
    return lambda records: compare(*(by_seed(of_kind(records, "image-quality", image_set=s), metric, scale) for s in (made, real)))


def over_random(training: str, measure: str) -> Quantity:
    """Log of the diversity of all images that a training sees over that of the fixed random set. training: of report.shown.NAMES."""
    return lambda records: log_ratio(*(shown.by_seed(records, name, measure, every=True) for name in (training, "random")))


def transfer(readers: Sequence[tuple[int, int]]) -> Quantity:
    """Fall of the score of k* as other classifiers read it, over the fall as the classifier and stage mined against does, in standard deviations
    of that score over random images; mean over `readers`: (stage mined at, reader) in the record's order: this classifier at its two stages,
    then another one at both."""

    def quantity(records: Sequence[Record]) -> dict[int, float]:
        effects = {r.seed: r.metrics["transfer_effect"] for r in of_kind(records, "hard-samples") if "transfer_effect" in r.metrics}
        return {seed: mean([effect[mined][reader] - effect[mined][mined] for mined, reader in readers]) for seed, effect in effects.items()}

    return quantity


THE_OTHER_STAGE = ((0, 1), (1, 0))
ANOTHER_CLASSIFIER = ((0, 2), (1, 3))


def rescaling(records: Sequence[Record]) -> dict[int, float]:
    """Log of the distance of mined samples to the generator's own with rescaling over without."""
    return log_ratio(_of_form(records, "paper", "distance"), _of_form(records, "not rescaled", "distance"))


def following_k_star(records: Sequence[Record]) -> dict[int, float]:
    """The judge's agreement in points along k* over along y, on the samples that the classifier read wrongly before it was mined against."""
    return minus(_of_form(records, "paper", "judge_where_wrong", 100), _of_form(records, "along y", "judge_where_wrong", 100))


def _of_form(records: Sequence[Record], form: str, metric: str, scale: float = 1) -> dict[int, float]:
    """Mean over stages and step sizes of a form of eq. 3, by seed."""
    found = {}
    for run in of_kind(records, "hard-samples"):
        values = [scale * row[metric] for row in run.metrics.get("forms", ()) if row["form"] == form and metric in row]
        if values:
            found[run.seed] = mean(values)
    return found
