"""The runs behind each notebook: what has to be on record before it can speak."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from companion import printed_numbers
from companion.config import (
    ClassifierRun,
    ConditioningRun,
    Config,
    ControlRun,
    DiversityRun,
    EvaluationRun,
    ImageQualityRun,
    Setting,
    ShownImagesRun,
    to_json,
)
from companion.experiment.durations import images_seen, recorded_elsewhere
from companion.profiles import Profile
from companion.profiles.profile import Control
from paperlib.checks import check_count

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


def table1(profile: Profile, seeds: int) -> list[ClassifierRun]:
    """Every column of Table 1, the profile's own methods included; those with and without BNA share a run."""
    columns = dict.fromkeys(profile.column_run(column, seed) for seed in seeds_of(seeds) for column in printed_numbers.TABLE1)
    return [*columns, *own_methods(profile, seeds)]


def controls(profile: Profile, seeds: int) -> list[ClassifierRun | ControlRun]:
    """What Table 1 is held against: r = 1 of Fig. 4 over all seeds, the profile's controls over half of them; all real images at the long
    training, the dearest run, over three, and at the plain one over all seeds where a method of the profile's own is to reach them. A quick run has
    r = 1 alone. Nothing where the profile has no sizes for it."""
    if profile.controls is None:
        return []
    ones = [profile.classifier_run(seed, r=1.0) for seed in seeds_of(seeds)]
    if quick(profile, seeds):
        return [*ones]
    half = half_of(seeds)
    kinds: dict[Control, range] = {
        "DS for the cost of DS+HSM": half,
        "all real images": seeds_of(seeds) if profile.methods else half,
        "all real images, long": side_seeds(profile, seeds)[:3],
        "long without DS": half,
    }
    return [*ones, *(profile.control_run(seed, kind) for kind, some in kinds.items() for seed in some)]


def table1_and_controls(profile: Profile, seeds: int) -> list[ClassifierRun | ControlRun]:
    """Notebook 01."""
    return [*table1(profile, seeds), *controls(profile, seeds)]


def own_methods(profile: Profile, seeds: int) -> list[ClassifierRun]:
    """The profile's own methods: further columns of Table 1."""
    return [profile.classifier_run(seed, method=method.name, long=method.long) for method in profile.methods for seed in seeds_of(seeds)]


def sweep(profile: Profile, seeds: int, fractions: Iterable[float] = printed_numbers.FIG4_R) -> list[ClassifierRun]:
    """Fig. 4: DS at each r. r = 0 and r = 0.5 are runs of Table 1 too."""
    return [profile.classifier_run(seed, r=r) for r in fractions for seed in seeds_of(seeds)]


def hard_samples(profile: Profile, seeds: int) -> list[Config]:
    """Fig. 3 over all seeds; how far mining leads, and where it turns harmful, over a third of them, beside the same seeds of Table 1, where the
    profile has sizes for it. A quick run has one seed of each."""
    runs: list[Config] = [profile.hard_samples_run(seed) for seed in _or_one(profile, seeds, seeds_of(seeds))]
    if profile.mining is None:
        return runs
    for seed in _or_one(profile, seeds, third_of(seeds)):
        far = profile.mined_classifier_runs(seed)
        beside = [profile.classifier_run(seed, hsm=hsm) for hsm in (False, True)] if far else []
        runs += [profile.mined_space_run(seed), *far, *beside]
    return runs


def third_of(count: int) -> range:
    """A third of the seeds, at least one: for what surrounds the papers' own results."""
    return range(-(-len(seeds_of(count)) // 3))


def conditioning(profile: Profile, seeds: int) -> list[ConditioningRun]:
    """Paper B's own setting and its warm start over all seeds, one in a quick run; other teachers (claim B5) over as many as a verdict needs,
    and every other setting over the side seeds. Where the profile says one_verdict, all but paper B's own over those. ConfigError without paper B."""
    return [profile.conditioning_run(seed, **s._asdict()) for s in profile.settings for seed in _seeds_of_setting(profile, s, seeds)]


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


def evaluation(profile: Profile, seeds: int) -> list[EvaluationRun]:
    """Paper B's evaluation of every conditioning run and, where there is one, of the generator trained with labels, at the seeds of paper B's own
    setting, which is compared with it."""
    every = [*profile.settings, *([None] if profile.has_yardstick else [])]
    return [profile.evaluation_run(seed, s) for s in every for seed in _seeds_of_setting(profile, s, seeds)]


def paper_b(profile: Profile, seeds: int) -> list[ConditioningRun | EvaluationRun | ImageQualityRun]:
    """Training and evaluation and, where no notebook 05 has it, the quality of the generators without classes. ConfigError without paper B."""
    quality = [] if profile.has_paper_a else image_quality(profile, seeds)
    return [*conditioning(profile, seeds), *evaluation(profile, seeds), *quality]


def image_quality(profile: Profile, seeds: int) -> list[ImageQualityRun]:
    """Every set of images that the profile can make, over the side seeds; those that claim B2 compares, over as many as a verdict needs. One seed in
    a quick run."""
    some, verdict = (_or_one(profile, seeds, range_) for range_ in (side_seeds(profile, seeds), seeds_of(seeds)[:VERDICT_SEEDS]))
    compared = {"fifth prior", "unconditional prior"} if "fifth prior" in profile.image_sets else set()
    return [profile.image_quality_run(seed, s) for s in profile.image_sets for seed in (verdict if s in compared else some)]


def shown_images(profile: Profile, seeds: int) -> list[ShownImagesRun]:
    """What the trainings of Table 1 see: real, random, mined and smoothed images, over half of the seeds."""
    ds = printed_numbers.TABLE1_R
    return [
        run
        for seed in _or_one(profile, seeds, half_of(seeds))
        for run in (
            profile.shown_images_run(seed, real=True),
            *(profile.shown_images_run(seed, hsm=hsm, r=r) for r in (0.0, ds) for hsm in (False, True)),
        )
    ]


def images(profile: Profile, seeds: int) -> list[ImageQualityRun | ShownImagesRun]:
    """Notebook 05."""
    return [*image_quality(profile, seeds), *shown_images(profile, seeds)]


def half_of(count: int) -> range:
    """Half of the seeds, at least one: ten make the five that a comparison past the papers should have."""
    return range(max(1, len(seeds_of(count)) // 2))


RIVAL_SEEDS = 2


def diversity(profile: Profile, seeds: int) -> list[DiversityRun]:
    """Every method of conditioning past paper B: those with a verdict over all seeds, the dear rivals over two, the others over the side seeds.
    A quick run has a few of them at one seed."""
    sizes = profile.diversity
    if sizes is None:
        return profile.diversity_runs(0)
    side = side_seeds(profile, seeds)
    if quick(profile, seeds):
        return [profile.diversity_run(0, method) for method in (sizes.methods if sizes.few is None else sizes.few)]
    some = {method: side[:RIVAL_SEEDS] for method in sizes.rivals} | dict.fromkeys(sizes.judged, seeds_of(seeds))
    runs = [profile.diversity_run(seed, method) for method in sizes.methods for seed in some.get(method, side)]
    return sorted(runs, key=lambda run: run.seed)


def stage(profile: Profile, seeds: Iterable[int]) -> list[Config]:
    """Notebook 07, one of its generators: Table 1 without its last two columns, and how far the generator is from its data."""
    ds = printed_numbers.TABLE1_R
    trained = [profile.classifier_run(seed, hsm=hsm, r=r) for seed in seeds for r in (0.0, ds) for hsm in (False, True)]
    return [*trained, profile.image_quality_run(0, "prior")]


def larger_fixed_sets(profile: Profile, seeds: Iterable[int]) -> list[ClassifierRun]:
    """The baseline on 2, 4 and 8 times as many images, seen 2, 4 and 8 times less often: about as many steps of training, for epochs are whole."""
    base = [profile.classifier_run(seed) for seed in seeds]
    return [replace(run, images=times * run.images, epochs=max(1, round(run.epochs / times))) for run in base for times in (2, 4, 8)]


# The notebooks that speak of a plan's runs.
PLANS: dict[str, Callable[[Profile, int], Sequence[Config]]] = {
    "01_table1": table1_and_controls,
    "02_r_sweep": sweep,
    "03_hard_samples": hard_samples,
    "04_conditioning": paper_b,
    "05_image_quality": images,
    "06_diversity": diversity,
}


def notebooks(profile: Profile) -> tuple[str, ...]:
    """Those that the profile has parts for, in their order."""
    given: dict[object, bool] = {paper_b: profile.has_paper_b, diversity: profile.has_diversity}
    told = (name for name, plan in PLANS.items() if given.get(plan, profile.has_paper_a))
    return ("00_start_here", *told) if profile.has_paper_a else tuple(told)


FAR_MORE = 6  # times the images of a training of Table 1


def everything(profile: Profile, seeds: int) -> list[Config]:
    """What `make reproduce` computes, in this order: Table 1's first seed, the first seed of all else that is soon done, then the other seeds;
    then the long runs, the longest first, so that no core waits for the last one. What reads the record of a training comes after all trainings."""
    runs = dict.fromkeys(_by_notebook(profile, seeds))
    long = [run for run in runs if _is_long(run, profile)]
    soon_done = sorted((run for run in runs if run not in long), key=lambda run: run.seed)
    return [*soon_done, *sorted(long, key=lambda run: (recorded_elsewhere(run, profile) is not None, -images_seen(run, profile)))]


def _is_long(run: Config, profile: Profile) -> bool:
    """Paper B's trainings and what reads their records; of paper A, long trainings; and what sees far more images than a training of Table 1, or
    without paper A than an epoch of paper B."""
    if isinstance(run, ConditioningRun) or recorded_elsewhere(run, profile) is not None:
        return True
    if getattr(getattr(run, "classifier", run), "long_factor", 1) > 1:
        return True
    usual = images_seen(profile.classifier_run(0), profile) if profile.has_paper_a else profile.conditioning_run(0).labels_per_epoch
    return images_seen(run, profile) > FAR_MORE * usual


def _by_notebook(profile: Profile, seeds: int) -> list[Config]:
    """In the order in which the notebooks speak of them."""
    return [run for name in notebooks(profile) if name in PLANS for run in PLANS[name](profile, seeds)]


class Own:
    """Which configs a profile would make today, and in which order.

    own = Own(profile)
    config in own;  sorted(configs, key=own.place)
    """

    def __init__(self, profile: Profile):
        self.profile = profile
        runs = dict.fromkeys(_of_seed_0(run) for run in _by_notebook(profile, profile.side_seeds))
        self._place = {run: place for place, run in enumerate(runs)}

    def __contains__(self, config: Config) -> bool:
        """Any r counts as a point of the sweep."""
        is_point = (
            isinstance(config, ClassifierRun)
            and self.profile.has_paper_a
            and config == self.profile.classifier_run(config.seed, r=config.r)
        )
        return is_point or _of_seed_0(config) in self._place

    def place(self, config: Config) -> tuple[int, int]:
        """By the profile's plan, then by seed; further points of the sweep come last."""
        return self._place.get(_of_seed_0(config), len(self._place)), config.seed


def _of_seed_0(config: Config) -> str:
    return to_json(config).replace(f'"seed": {config.seed}', '"seed": 0')
