"""The runs behind each notebook: what has to be on record before it can speak."""

from collections.abc import Iterable
from typing import get_args

from paperlib import paper, report
from paperlib.config import ClassifierRun, ConditioningRun, Config, HardSamplesRun, ImageSet, QualityRun, check_count
from paperlib.profiles import Profile


def seeds_of(count: int) -> range:
    """0 .. count - 1; ConfigError if there would be none."""
    check_count("seeds", count)
    return range(count)


def table1(profile: Profile, seeds: int) -> list[ClassifierRun]:
    """Every column of Table 1; those with and without BNA share a run."""
    return list(dict.fromkeys(profile.column_run(column, seed) for seed in seeds_of(seeds) for column in paper.TABLE1))


def sweep(profile: Profile, seeds: int, fractions: Iterable[float] = paper.FIG4_R) -> list[ClassifierRun]:
    """Fig. 4: DS at each r. r = 0 and r = 0.5 are runs of Table 1 too."""
    return [profile.classifier_run(seed, r=r) for r in fractions for seed in seeds_of(seeds)]


def hard_samples(profile: Profile, seeds: int) -> list[HardSamplesRun]:
    return [profile.hard_samples_run(seed) for seed in seeds_of(seeds)]


def third_of(count: int) -> range:
    """A third of the seeds, at least one: for what surrounds the papers' own results."""
    return range(-(-len(seeds_of(count)) // 3))


def conditioning(profile: Profile, seeds: int) -> list[ConditioningRun]:
    """Paper B itself over all seeds; the leak experiment and the cross-dataset check over a third of them."""
    own, *others = report.CONDITIONINGS
    settings = [(own, seed) for seed in seeds_of(seeds)] + [(other, seed) for other in others for seed in third_of(seeds)]
    return [profile.conditioning_run(seed, labels=labels, teacher=teacher) for (labels, teacher), seed in settings]


def quality(profile: Profile, seeds: int) -> list[QualityRun]:
    """Every set of images over a third of the seeds."""
    return [profile.quality_run(seed, image_set) for image_set in get_args(ImageSet) for seed in third_of(seeds)]


def everything(profile: Profile, seeds: int) -> list[Config]:
    """What `make reproduce` computes."""
    return [run for plan in (table1, sweep, hard_samples, conditioning, quality) for run in plan(profile, seeds)]
