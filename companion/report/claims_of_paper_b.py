"""What the records say of paper B's claims: effect by seed. Records come in the order of the profile's plan: paper B's own setting first.

best_accuracy(found(DIGITS))          # {0: 100.0, 1: 99.9, ...}
"""

from collections.abc import Sequence

from companion import printed_numbers
from companion.records import Record
from companion.report import conditioning, evaluation
from companion.report.claim_table import Quantity
from companion.report.claims_of_paper_a import of_image_sets
from companion.report.estimates import by_seed, log_ratio, minus


def own_runs(records: Sequence[Record]) -> list[Record]:
    """Training of paper B's own setting."""
    own = next(iter(conditioning.settings(records)), None)
    return conditioning.runs_of(records, own) if own else []


def best_accuracy(records: Sequence[Record]) -> dict[int, float]:
    """The teacher's, in percent: the best of the first eight epochs."""
    return {r.seed: 100 * max(r.history["accuracy"][: printed_numbers.CONDITIONING_EPOCHS]) for r in own_runs(records)}


def _evaluations(records: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """Of paper B's own setting, and of the generator trained with labels."""
    own = evaluation.own_setting(evaluation.settings(records))
    return evaluation.runs_of(records, own) if own else [], evaluation.runs_of(records, None)


def against_trained_with_labels(metric: str) -> Quantity:
    """Log of an image quality of paper B's own setting over that of the generator trained with labels."""
    return lambda records: log_ratio(*(by_seed(runs, metric) for runs in _evaluations(records)))


def judge_against_trained_with_labels(records: Sequence[Record]) -> dict[int, float]:
    """The judge's accuracy in points over that of the generator trained with labels, over all draws."""
    return minus(*(evaluation.read_as_asked(runs, "judge") for runs in _evaluations(records)))


def generator_on_part_of_the_data(metric: str) -> Quantity:
    """Log of an image quality of the generator trained on 20 % of the data over that of the one trained on all of it."""
    return of_image_sets(metric, "fifth prior", "unconditional prior", log_ratio)


def variance_kept(records: Sequence[Record]) -> dict[int, float]:
    """Log of the variance within an attribute over the prior's."""
    runs = own_runs(records)
    return log_ratio(by_seed(runs, "variance"), by_seed(runs, "prior_variance"))


def with_teacher(teacher: str) -> Quantity:
    """The judge's accuracy in points with another teacher, over paper B's own setting."""

    def quantity(records: Sequence[Record]) -> dict[int, float]:
        own = own_runs(records)
        others = conditioning.runs_of(records, own[0].config.setting._replace(teacher=teacher)) if own else []
        return minus(by_seed(others, "judge_accuracy", 100), by_seed(own, "judge_accuracy", 100))

    return quantity


def miscalibration(records: Sequence[Record]) -> dict[int, float]:
    """Expected calibration error in points of the teacher on the conditioned images, against the judge's reading."""
    return {r.seed: 100 * r.metrics["teacher_calibration"]["ece"] for r in own_runs(records)}
