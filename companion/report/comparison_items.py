"""What the closing comparison compares: every reported number, by seed.

items(found(DIGITS), found(DIGITS, REFERENCE / "digits"))[0].name          # "Table 1: baseline"
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from companion import printed_numbers
from companion.records import Record
from companion.report import conditioning, diversity, evaluation, image_quality, r_sweep, table1
from companion.report.agreement import ACCURACY, DISTANCE, OF_TRUTH, SCORE, Limits, same_machine
from companion.report.estimates import by_seed, of_kind

Both = tuple[Sequence[Record], Sequence[Record]]  # of the reference, of this run
Values = Callable[[Sequence[Record]], Mapping[int, float]]


@dataclass(frozen=True)
class Item:
    """One line of the closing comparison. paper: the printed value, or a dash; reference, ours: values by seed. same: the machine's."""

    name: str
    paper: str
    reference: Mapping[int, float]
    ours: Mapping[int, float]
    limits: Limits = ACCURACY
    same: bool = False


def _item(name: str, printed: float | None, runs: Both, values: Values, limits: Limits = ACCURACY, digits: int = 1) -> Item:
    paper = "-" if printed is None else f"{printed:.{digits}f}"
    return Item(name, paper, values(runs[0]), values(runs[1]), limits, same_machine(*runs))


def _percent(metric: str) -> Values:
    return lambda runs: by_seed(runs, metric, 100)


def _plain(metric: str) -> Values:
    return lambda runs: by_seed(runs, metric)


def _of(both: Both, pick: Callable[[Sequence[Record]], Sequence[Record]]) -> Both:
    return pick(both[0]), pick(both[1])


def _at(records: Sequence[Record], r: float) -> list[Record]:
    return [x for x in r_sweep.runs_of(records) if x.config.r == r]


def _at_step_size(runs: Sequence[Record], size: float) -> list[Record]:
    return [r for r in runs if r.config.classifier.step_size == size]


def items(ours: Sequence[Record], reference: Sequence[Record]) -> list[Item]:
    """Every reported number: paper, committed reference, this run."""
    both: Both = (reference, ours)
    paper_a = _paper_a(both) if any(of_kind(records, "classifier") for records in both) else []
    return [*paper_a, *_conditioning(both), *_evaluation(both), *_image_sets(both), *_past_the_papers(both)]


def _paper_a(both: Both) -> list[Item]:
    found = []
    for column in table1.columns([*both[1], *both[0]]):
        runs = _of(both, partial(table1.column_runs, column=column))
        metric = _percent("accuracy_bna" if column.bna else "accuracy")
        found.append(_item(f"Table 1: {column.name}", None if column.method else column.accuracy, runs, metric))
    for r in printed_numbers.FIG4_R:
        runs = _of(both, partial(_at, r=r))
        for metric_name, suffix, bna in (("accuracy", "", False), ("accuracy_bna", " with BNA", True)):
            found.append(_item(f"Fig. 4: r = {r}{suffix}", printed_numbers.FIG4_KNOWN.get((r, bna)), runs, _percent(metric_name)))
    return found


def _conditioning(both: Both) -> list[Item]:
    found = []
    settings = conditioning.settings([*both[1], *both[0]])
    own = next(iter(settings), None)
    for setting, label in settings.items():
        runs = _of(both, partial(conditioning.runs_of, setting=setting))
        for metric, name in (("accuracy", "teacher"), ("judge_accuracy", "judge")):
            claimed = printed_numbers.CONDITIONING_ACCURACY if setting == own and metric == "accuracy" else None
            found.append(_item(f"B: {label}, {name}", claimed, runs, _percent(metric), digits=0))
    return found


def _evaluation(both: Both) -> list[Item]:
    found = []
    settings = evaluation.settings([*both[1], *both[0]])
    own = evaluation.own_setting(settings)
    for setting, label in settings.items():
        runs = _of(both, partial(evaluation.runs_of, setting=setting))
        space = [*runs[1], *runs[0]][0].metrics["feature_space"]
        for who in ("teacher", "judge"):
            claimed = printed_numbers.CONDITIONING_ACCURACY if setting is not None and (setting, who) == (own, "teacher") else None
            found.append(_item(f"B, all draws: {label}, {who}", claimed, runs, partial(evaluation.read_as_asked, who=who), digits=0))
        for metric, name, limits in (("fid", f"{space}-FID", DISTANCE), ("inception_score", f"{space}-IS", SCORE)):
            found.append(_item(f"B, {name}: {label}", None, runs, _plain(metric), limits))
    return found


def _image_sets(both: Both) -> list[Item]:
    found = []
    for image_set in image_quality.IMAGE_SETS:
        runs = _of(both, partial(of_kind, kind="image-quality", image_set=image_set))
        if any(runs):
            space = [*runs[1], *runs[0]][0].metrics["feature_space"]
            found.append(_item(f"{space}-FID: {image_set}", None, runs, _plain("fid"), DISTANCE))
    return found


def _past_the_papers(both: Both) -> list[Item]:
    """The diversity experiment and mining at far step sizes."""
    found = []
    diverse = [diversity.runs_by_method(records) for records in both]
    for key in dict.fromkeys(key for runs in diverse for key in runs):
        name, runs = f"Diversity: {key[0]}, w = {key[1]:g}", (diverse[0].get(key, []), diverse[1].get(key, []))
        found.append(_item(f"{name}, judge", None, runs, _percent("judge_accuracy")))
        coverage = [diversity.share_of_truth(by_method, key, "truth_coverage") for by_method in diverse]
        found.append(Item(f"{name}, coverage", "-", coverage[0], coverage[1], OF_TRUTH, same_machine(*runs)))
    far = [of_kind(records, "mined-classifier") for records in both]
    for size in sorted({r.config.classifier.step_size for runs in far for r in runs}):
        at_size = _of((far[0], far[1]), partial(_at_step_size, size=size))
        found.append(_item(f"HSM at eta = {size:g}", None, at_size, _percent("accuracy")))
    return found
