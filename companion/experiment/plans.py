"""The runs behind each notebook: what has to be on record before it can speak."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from companion import printed_numbers
from companion.calls import Call, grid
from companion.experiment.durations import Durations
from companion.profiles import Profile
from companion.records import Record
from companion.runs import (
    classifier,
    control,
    diversity,
    evaluation,
    hard_samples,
    image_quality,
    mined_classifier,
    mined_space,
    shown_images,
)
from companion.runs.paper_b import ConditioningRun, call_of
from companion.runs.sampling import paper_b_run
from companion.settings import ImageSet, Setting
from paperlib.checks import ConfigError, check_count

VERDICT_SEEDS = 5  # with fewer, companion/verdicts.py says "inconclusive"


def seeds_of(count: int) -> range:
    """0 .. count - 1; ConfigError if there would be none."""
    check_count("seeds", count)
    return range(count)


def quick(profile: Profile, seeds: int) -> bool:
    """Whether a run of so few seeds leaves out what is dear and not the papers' own."""
    return len(seeds_of(seeds)) < profile.side_seeds


def side_seeds(profile: Profile, seeds: int) -> range:
    """Those of what stands beside the papers' own settings; none in a quick run."""
    return range(0 if quick(profile, seeds) else profile.side_seeds)


def _or_one(profile: Profile, seeds: int, whole: range) -> range:
    """`whole`, or the first seed alone in a quick run."""
    return range(1) if quick(profile, seeds) else whole


def table1(profile: Profile, seeds: int) -> list[Call]:
    """Every column of Table 1, the profile's own methods included; those with and without BNA share a run."""
    columns = [_column(profile, column, seed) for seed in seeds_of(seeds) for column in printed_numbers.TABLE1]
    return [*dict.fromkeys(columns), *own_methods(profile, seeds)]


def _column(profile: Profile, column: printed_numbers.Column, seed: int) -> Call:
    r, factor = printed_numbers.TABLE1_R if column.ds else 0.0, profile.paper_a.long_factor if column.long else 1
    return classifier.call(profile, seed=seed, hsm=column.hsm, r=r, real=column.real, long_factor=factor)


def controls(profile: Profile, seeds: int) -> list[Call]:
    """What Table 1 is held against: r = 1 of Fig. 4 over all seeds, the profile's controls over half of them; all real images at the long
    training, the dearest run, over three, and at the plain one over all seeds where a method of the profile's own is to reach them. A quick run has
    r = 1 alone. Nothing where the profile has no sizes for it."""
    sizes = profile.controls
    if sizes is None:
        return []
    ones = grid(classifier, profile, r=1.0, seed=seeds_of(seeds))
    if quick(profile, seeds):
        return ones
    half, long, real = half_of(seeds), profile.paper_a.long_factor, {"real": True, "images": sizes.real_images}
    return [
        *ones,
        *grid(control, profile, r=printed_numbers.TABLE1_R, epochs=sizes.equal_cost_epochs, seed=half),
        *grid(control, profile, **real, seed=seeds_of(seeds) if profile.methods else half),
        *grid(control, profile, **real, long_factor=long, seed=side_seeds(profile, seeds)[:3]),
        *grid(control, profile, long_factor=long, seed=half),
    ]


def table1_and_controls(profile: Profile, seeds: int) -> list[Call]:
    """Notebook 01."""
    return [*table1(profile, seeds), *controls(profile, seeds)]


def own_methods(profile: Profile, seeds: int) -> list[Call]:
    """The profile's own methods: further columns of Table 1."""
    factor = {True: profile.paper_a.long_factor, False: 1}
    return [
        call
        for own in profile.methods
        for call in grid(classifier, profile, method=own.name, long_factor=factor[own.long], seed=seeds_of(seeds))
    ]


def sweep(profile: Profile, seeds: int, fractions: Iterable[float] = printed_numbers.FIG4_R) -> list[Call]:
    """Fig. 4: DS at each r. r = 0 and r = 0.5 are runs of Table 1 too."""
    return grid(classifier, profile, r=list(fractions), seed=seeds_of(seeds))


def fig3(profile: Profile, seeds: int) -> list[Call]:
    """Fig. 3 over all seeds; how far mining leads, and where it turns harmful, over a third of them, beside the same seeds of Table 1, where the
    profile has sizes for it. A quick run has one seed of each."""
    runs = grid(hard_samples, profile, seed=_or_one(profile, seeds, seeds_of(seeds)))
    if profile.mining is None:
        return runs
    for seed in _or_one(profile, seeds, third_of(seeds)):
        far = grid(mined_classifier, profile, hsm=True, step_size=list(profile.mining.classifier_step_sizes), seed=seed)
        beside = grid(classifier, profile, seed=seed, hsm=[False, True]) if far else []
        runs += [mined_space.call(profile, seed=seed), *far, *beside]
    return runs


def third_of(count: int) -> range:
    """A third of the seeds, at least one: for what surrounds the papers' own results."""
    return range(-(-len(seeds_of(count)) // 3))


def conditioning(profile: Profile, seeds: int) -> list[Call]:
    """Paper B's own setting and its warm start over all seeds, one in a quick run; other teachers (claim B5) over as many as a verdict needs,
    and every other setting over the side seeds. Where the profile says one_verdict, all but paper B's own over those. ConfigError without paper B."""
    return [call_of(setting, profile, seed) for setting in profile.settings for seed in _seeds_of_setting(profile, setting, seeds)]


def _seeds_of_setting(profile: Profile, setting: Setting | None, seeds: int) -> range:
    """None is the generator that was trained with labels, evaluated beside paper B's own setting."""
    own = profile.settings[0]
    if quick(profile, seeds):
        return range(1 if setting in (None, *profile.own_settings) else 0)
    if setting is None or setting == own:
        return seeds_of(seeds)
    if profile.conditioning is not None and profile.conditioning.one_verdict:
        return side_seeds(profile, seeds)
    if setting in profile.own_settings:
        return seeds_of(seeds)
    return seeds_of(seeds)[:VERDICT_SEEDS] if setting.labels == own.labels else side_seeds(profile, seeds)


def evaluations(profile: Profile, seeds: int) -> list[Call]:
    """Paper B's evaluation of every conditioning run and, where there is one, of the generator trained with labels, at the seeds of paper B's own
    setting, which is compared with it."""
    every = [*profile.settings, *([None] if profile.has_yardstick else [])]
    return [evaluated(profile, setting, seed) for setting in every for seed in _seeds_of_setting(profile, setting, seeds)]


def evaluated(profile: Profile, setting: Setting | None, seed: int) -> Call:
    """The evaluation of a setting of paper B, or of the generator that was trained with labels."""
    source = None if setting is None else call_of(setting, profile, seed).arguments
    return evaluation.call(profile, seed=seed, conditioning=source)


def paper_b(profile: Profile, seeds: int) -> list[Call]:
    """Training and evaluation and, where no notebook 05 has it, the quality of the generators without classes. ConfigError without paper B."""
    quality = [] if profile.has_paper_a else qualities(profile, seeds)
    return [*conditioning(profile, seeds), *evaluations(profile, seeds), *quality]


def qualities(profile: Profile, seeds: int) -> list[Call]:
    """Every set of images that the profile can make, over the side seeds; those that claim B2 compares, over as many as a verdict needs. One seed in
    a quick run."""
    some, verdict = (_or_one(profile, seeds, range_) for range_ in (side_seeds(profile, seeds), seeds_of(seeds)[:VERDICT_SEEDS]))
    compared = {"fifth prior", "unconditional prior"} if "fifth prior" in profile.image_sets else set()
    return [quality_of(profile, s, seed) for s in profile.image_sets for seed in (verdict if s in compared else some)]


def quality_of(profile: Profile, image_set: ImageSet, seed: int) -> Call:
    """The quality of one set of images."""
    hard = hard_samples.call(profile, seed=seed).arguments if image_set == "mined" else None
    source = call_of(profile.settings[0], profile, seed).arguments if image_set == "conditioned" else None
    return image_quality.call(profile, seed=seed, image_set=image_set, hard=hard, conditioning=source)


def shown(profile: Profile, seeds: int) -> list[Call]:
    """What the trainings of Table 1 see: real, random, mined and smoothed images, over half of the seeds."""
    trainings: list[dict[str, Any]] = [
        {"real": True},
        *({"hsm": hsm, "r": r} for r in (0.0, printed_numbers.TABLE1_R) for hsm in (False, True)),
    ]
    return [
        shown_images.call(profile, seed=seed, classifier=classifier.call(profile, seed=seed, **training).arguments)
        for seed in _or_one(profile, seeds, half_of(seeds))
        for training in trainings
    ]


def images(profile: Profile, seeds: int) -> list[Call]:
    """Notebook 05."""
    return [*qualities(profile, seeds), *shown(profile, seeds)]


def half_of(count: int) -> range:
    """Half of the seeds, at least one: ten make the five that a comparison past the papers should have."""
    return range(max(1, len(seeds_of(count)) // 2))


RIVAL_SEEDS = 2


def methods_of_conditioning(profile: Profile, seeds: int) -> list[Call]:
    """Every method of conditioning past paper B: those with a verdict over all seeds, the dear rivals over two, the others over the side seeds.
    A quick run has a few of them at one seed."""
    sizes = profile.methods_compared
    side = side_seeds(profile, seeds)
    if quick(profile, seeds):
        return grid(diversity, profile, seed=0, method=list(sizes.methods if sizes.few is None else sizes.few))
    some = {method: side[:RIVAL_SEEDS] for method in sizes.rivals} | dict.fromkeys(sizes.judged, seeds_of(seeds))
    runs = [diversity.call(profile, seed=seed, method=method) for method in sizes.methods for seed in some.get(method, side)]
    return sorted(runs, key=lambda call: call.seed)


def stage(profile: Profile, seeds: range, truncation: float) -> list[Call]:
    """Notebook 07, one of its generators: Table 1 without its last two columns, and how far the generator is from its data."""
    trained = grid(classifier, profile, seed=seeds, r=[0.0, printed_numbers.TABLE1_R], hsm=[False, True], truncation=truncation)
    return [*trained, image_quality.call(profile, seed=0, image_set="prior", truncation=truncation)]


def larger_fixed_sets(profile: Profile, seeds: range) -> list[Call]:
    """The baseline on 2, 4 and 8 times as many images, seen 2, 4 and 8 times less often: about as many steps of training, for epochs are whole."""
    a = profile.paper_a
    return [
        classifier.call(profile, seed=seed, images=times * a.images, epochs=max(1, round(a.epochs / times)))
        for seed in seeds
        for times in (2, 4, 8)
    ]


# The notebooks that speak of a plan's runs.
PLANS: dict[str, Callable[[Profile, int], Sequence[Call]]] = {
    "01_table1": table1_and_controls,
    "02_r_sweep": sweep,
    "03_hard_samples": fig3,
    "04_conditioning": paper_b,
    "05_image_quality": images,
    "06_diversity": methods_of_conditioning,
}


def notebooks(profile: Profile) -> tuple[str, ...]:
    """Those that the profile has parts for, in their order."""
    given: dict[object, bool] = {paper_b: profile.has_paper_b, methods_of_conditioning: profile.has_diversity}
    told = (name for name, plan in PLANS.items() if given.get(plan, profile.has_paper_a))
    return ("00_start_here", *told) if profile.has_paper_a else tuple(told)


LONG = ("control", "conditioning", "evaluation", "diversity")


def everything(profile: Profile, seeds: int) -> list[Call]:
    """What `make reproduce` computes, in this order: Table 1's first seed, the first seed of all else that is soon done, then the other seeds;
    then the long runs, the longest in results/reference/ first, so that no core waits for the last one. What reads the record of a training comes
    after all trainings."""
    runs, durations = dict.fromkeys(_by_notebook(profile, seeds)), Durations(profile)
    long = [call for call in runs if is_long(call)]
    soon_done = sorted((call for call in runs if call not in long), key=lambda call: call.seed)
    return [*soon_done, *sorted(long, key=lambda call: (training_read(call) is not None, -durations.committed(call)))]


def is_long(call: Call) -> bool:
    """Long trainings, paper B and what is beside Table 1."""
    return call.run.name in LONG or training_read(call) is not None or getattr(call.arguments, "long_factor", 1) > 1


def training_read(call: Call) -> ConditioningRun | None:
    """The training of paper B whose record the run reads; None for a run that reads none."""
    if call.run.name == "diversity":
        return paper_b_run(call.arguments.method, call.seed, call.profile)
    return getattr(call.arguments, "conditioning", None)


def _by_notebook(profile: Profile, seeds: int) -> list[Call]:
    """In the order in which the notebooks speak of them."""
    return [call for name in notebooks(profile) if name in PLANS for call in PLANS[name](profile, seeds)]


class Own:
    """Which calls a profile would make today, and in which order: its plan at any seed, and any r as a point of the sweep.

    own = Own(profile)
    record in own;  sorted(records, key=own.place)
    """

    def __init__(self, profile: Profile):
        self.profile = profile
        runs = dict.fromkeys(_at_seed_0(call.run.name, call.stored) for call in _by_notebook(profile, profile.side_seeds))
        self._place = {run: place for place, run in enumerate(runs)}

    def __contains__(self, record: Record) -> bool:
        if record.profile != self.profile.name:
            return False
        return self._is_point(record) or _at_seed_0(record.run, record.arguments) in self._place

    def _is_point(self, record: Record) -> bool:
        if record.run != "classifier" or not self.profile.has_paper_a:
            return False
        try:
            return classifier.call(self.profile, seed=record.seed, r=record.arguments["r"]).stored == record.arguments
        except (ConfigError, KeyError):
            return False

    def place(self, record: Record) -> tuple[int, int]:
        """By the profile's plan, then by seed; further points of the sweep come last."""
        return self._place.get(_at_seed_0(record.run, record.arguments), len(self._place)), record.seed


def _at_seed_0(run: str, arguments: dict[str, object]) -> str:
    return run + re.sub(r'"seed": \d+', '"seed": 0', json.dumps(arguments, sort_keys=True))
