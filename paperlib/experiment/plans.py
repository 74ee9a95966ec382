"""The runs behind each notebook: what has to be on record before it can speak."""

from collections.abc import Callable, Iterable, Sequence

from paperlib import printed_numbers
from paperlib.config import (
    ClassifierRun,
    ConditioningRun,
    Config,
    ControlRun,
    DiversityRun,
    EvaluationRun,
    ImageQualityRun,
    ShownImagesRun,
    check_count,
    to_json,
)
from paperlib.profiles import Profile
from paperlib.profiles.profile import Control

SIDE_SETTINGS_FROM = 5  # seeds: with fewer, a run is a quick one, and leaves out what is dear and not the papers' own


def seeds_of(count: int) -> range:
    """0 .. count - 1; ConfigError if there would be none."""
    check_count("seeds", count)
    return range(count)


def table1(profile: Profile, seeds: int) -> list[ClassifierRun]:
    """Every column of Table 1, the profile's own methods included; those with and without BNA share a run."""
    columns = dict.fromkeys(profile.column_run(column, seed) for seed in seeds_of(seeds) for column in printed_numbers.TABLE1)
    return [*columns, *own_methods(profile, seeds)]


def controls(profile: Profile, seeds: int) -> list[ClassifierRun | ControlRun]:
    """What Table 1 is held against: r = 1 of Fig. 4 over all seeds, the profile's controls over half of them. All real images at the long
    training, the dearest run, over three seeds, from five seeds on. Nothing where the profile has no sizes for it."""
    if profile.controls is None:
        return []
    half = half_of(seeds)
    kinds: dict[Control, range] = {
        "DS for the cost of DS+HSM": half,
        "all real images": half,
        "all real images, long": range(3 if seeds >= SIDE_SETTINGS_FROM else 0),
        "long without DS": half,
    }
    beside = [profile.control_run(seed, kind) for kind, some in kinds.items() for seed in some]
    return [*(profile.classifier_run(seed, r=1.0) for seed in seeds_of(seeds)), *beside]


def table1_and_controls(profile: Profile, seeds: int) -> list[ClassifierRun | ControlRun]:
    """Notebook 01."""
    return [*table1(profile, seeds), *controls(profile, seeds)]


def own_methods(profile: Profile, seeds: int) -> list[ClassifierRun]:
    """The profile's own methods: further columns of Table 1."""
    return [profile.classifier_run(seed, method=method.name) for method in profile.methods for seed in seeds_of(seeds)]


def sweep(profile: Profile, seeds: int, fractions: Iterable[float] = printed_numbers.FIG4_R) -> list[ClassifierRun]:
    """Fig. 4: DS at each r. r = 0 and r = 0.5 are runs of Table 1 too."""
    return [profile.classifier_run(seed, r=r) for r in fractions for seed in seeds_of(seeds)]


def hard_samples(profile: Profile, seeds: int) -> list[Config]:
    """Fig. 3 over all seeds; how far mining leads, and where it turns harmful, over a third of them, beside the same seeds of Table 1."""
    runs: list[Config] = [profile.hard_samples_run(seed) for seed in seeds_of(seeds)]
    for seed in third_of(seeds):
        far = profile.mined_classifier_runs(seed)
        beside = [profile.classifier_run(seed, hsm=hsm) for hsm in (False, True)] if far else []
        runs += [profile.mined_space_run(seed), *far, *beside]
    return runs


def third_of(count: int) -> range:
    """A third of the seeds, at least one: for what surrounds the papers' own results."""
    return range(-(-len(seeds_of(count)) // 3))


def conditioning(profile: Profile, seeds: int) -> list[ConditioningRun]:
    """Paper B itself over all seeds; the leak experiment and the cross-dataset check over a third of them. ConfigError without paper B."""
    own, *others = profile.settings
    settings = [(own, seed) for seed in seeds_of(seeds)] + [(other, seed) for other in others for seed in third_of(seeds)]
    return [profile.conditioning_run(seed, labels=labels, teacher=teacher) for (labels, teacher), seed in settings]


def evaluation(profile: Profile, seeds: int) -> list[EvaluationRun]:
    """Paper B's evaluation of every label setting and of the generator trained with labels, over a third of the seeds."""
    every = [*dict.fromkeys(labels for labels, _ in profile.settings), None]
    return [profile.evaluation_run(seed, labels=labels) for labels in every for seed in third_of(seeds)]


def paper_b(profile: Profile, seeds: int) -> list[ConditioningRun | EvaluationRun]:
    """Training and evaluation; ConfigError without paper B."""
    return [*conditioning(profile, seeds), *evaluation(profile, seeds)]


def image_quality(profile: Profile, seeds: int) -> list[ImageQualityRun]:
    """Every set of images that the profile can make, over half of the seeds."""
    return [profile.image_quality_run(seed, image_set) for image_set in profile.image_sets for seed in half_of(seeds)]


def shown_images(profile: Profile, seeds: int) -> list[ShownImagesRun]:
    """What the trainings of Table 1 see: real, random, mined and smoothed images, over half of the seeds."""
    ds = printed_numbers.TABLE1_R
    return [
        run
        for seed in half_of(seeds)
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


def diversity(profile: Profile, seeds: int) -> list[DiversityRun]:
    """Every method of conditioning past paper B, over half of the seeds."""
    return [run for seed in half_of(seeds) for run in profile.diversity_runs(seed)]


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
    sizes: dict[object, object] = {paper_b: profile.conditioning, diversity: profile.diversity}
    told = (name for name, plan in PLANS.items() if sizes.get(plan, profile.classifier))
    return ("00_start_here", *told) if profile.classifier else tuple(told)


def everything(profile: Profile, seeds: int) -> list[Config]:
    """What `make reproduce` computes."""
    return [run for name in notebooks(profile) if name in PLANS for run in PLANS[name](profile, seeds)]


class Own:
    """Which configs a profile would make today, and in which order.

    own = Own(profile)
    config in own;  sorted(configs, key=own.place)
    """

    def __init__(self, profile: Profile):
        self.profile = profile
        runs = dict.fromkeys(_of_seed_0(run) for run in everything(profile, SIDE_SETTINGS_FROM))
        self._place = {run: place for place, run in enumerate(runs)}

    def __contains__(self, config: Config) -> bool:
        """Any r counts as a point of the sweep."""
        is_point = (
            isinstance(config, ClassifierRun) and self.profile.classifier and config == self.profile.classifier_run(config.seed, r=config.r)
        )
        return is_point or _of_seed_0(config) in self._place

    def place(self, config: Config) -> tuple[int, int]:
        """By the profile's plan, then by seed; further points of the sweep come last."""
        return self._place.get(_of_seed_0(config), len(self._place)), config.seed


def _of_seed_0(config: Config) -> str:
    return to_json(config).replace(f'"seed": {config.seed}', '"seed": 0')
