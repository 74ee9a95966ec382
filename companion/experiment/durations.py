"""How long a run will take, from what runs like it took.

durations = Durations(DIGITS)
durations.learn(config, seconds)                    # of a run that this machine has computed
durations.expected(config)                          # seconds, or None where nothing is known

The first that is there: the same run with other seeds, on this machine; the same run in results/reference/, in as many more or fewer seconds
as runs here take against theirs there; runs of its kind on this machine, in proportion to the images seen. Other kinds say nothing of it.
"""

import json
import re
from functools import cached_property
from statistics import fmean, median
from typing import Any

from companion.config import (
    ClassifierRun,
    ConditioningRun,
    Config,
    ControlRun,
    DiversityRun,
    EvaluationRun,
    HardSamplesRun,
    ImageQualityRun,
    Langevin,
    Likelihood,
    Metropolis,
    MinedClassifierRun,
    MinedSpaceRun,
    Ode,
    Posterior,
    Resampling,
    ShownImagesRun,
    Trained,
    to_json,
)
from companion.experiment.diversity import paper_b_run
from companion.profiles import Profile
from companion.support import paths

LOOKED_AT = 4  # times that a conditioned image, or one of the truth beside it, is made or read


def recorded_elsewhere(config: Config, profile: Profile) -> ConditioningRun | None:
    """The training of paper B whose record the run reads; None for a run that reads none."""
    match config:
        case EvaluationRun() | ImageQualityRun():
            return config.conditioning
        case DiversityRun():
            return paper_b_run(config.method, config.seed, profile)
    return None


def images_seen(config: Config, profile: Profile) -> int:  # noqa: PLR0911 -- a return a kind
    """Images that a run makes, reads or trains on, roughly, without those behind a record that it reads."""
    match config:
        case ClassifierRun():
            return config.images * config.epochs * config.long_factor
        case ControlRun() | MinedClassifierRun() | ShownImagesRun():
            return images_seen(config.classifier, profile)
        case HardSamplesRun():
            return 2 * config.images * config.stages[1]
        case MinedSpaceRun():
            return config.images * config.epochs
        case ConditioningRun():
            return config.labels_per_epoch * config.epochs
        case EvaluationRun():
            return config.draws
        case ImageQualityRun():
            return config.samples + (images_seen(config.hard, profile) if config.hard else 0)
        case DiversityRun():
            drawn = config.per_attribute * len(profile.parts.class_names())
            return LOOKED_AT * drawn + (0 if recorded_elsewhere(config, profile) else _to_draw(config.method, drawn))
    raise TypeError(f"the images of a {type(config).__name__} are not known")


def _to_draw(method: Any, drawn: int) -> int:  # noqa: PLR0911 -- a return a kind
    """What a method of conditioning sees before or while it draws as many latents."""
    match method:
        case Trained():
            return method.labels_per_epoch * method.epochs
        case Posterior():
            return method.labelled
        case Likelihood():
            return method.labelled + method.tuned
        case Metropolis():
            return method.proposal.labelled + method.passes * drawn
        case Resampling():
            return method.pool
        case Langevin() | Ode():
            return method.steps * drawn
    return drawn


class Durations:
    """Of the runs of one profile."""

    def __init__(self, profile: Profile):
        self.profile = profile
        self._alike: dict[str, list[float]] = {}
        self._by_image: dict[str, list[float]] = {}
        self._against_reference: list[float] = []

    def learn(self, config: Config, seconds: float) -> None:
        """It took so long on this machine."""
        self._alike.setdefault(_but_for_the_seed(config), []).append(seconds)
        self._by_image.setdefault(_kind(config), []).append(seconds / images_seen(config, self.profile))
        if there := self._reference.get(_but_for_the_seed(config)):
            self._against_reference.append(seconds / there)

    def expected(self, config: Config) -> float | None:
        """Its seconds, alone in its process."""
        key = _but_for_the_seed(config)
        if key in self._alike:
            return fmean(self._alike[key])
        if key in self._reference and self._against_reference:
            return self._reference[key] * median(self._against_reference)
        if _kind(config) in self._by_image:
            return images_seen(config, self.profile) * fmean(self._by_image[_kind(config)])
        return None

    @cached_property
    def _reference(self) -> dict[str, float]:
        """Mean seconds of each run of the committed records of this profile; nothing where they cannot be read."""
        found: dict[str, list[float]] = {}
        for path in (paths.REFERENCE / self.profile.name / "records").glob("*.json"):
            try:
                stored = json.loads(path.read_bytes())
                key = _without_seeds(json.dumps(stored["config"], sort_keys=True))
                found.setdefault(key, []).append(float(stored["provenance"]["seconds"]))
            except (OSError, ValueError, KeyError, TypeError):
                continue
        return {key: fmean(seconds) for key, seconds in found.items()}


def _kind(config: Config) -> str:
    """Runs of one kind take time in proportion to their images; methods of conditioning differ too much to be one."""
    return f"{config.kind} {config.method.kind}" if isinstance(config, DiversityRun) else config.kind


def _but_for_the_seed(config: Config) -> str:
    return _without_seeds(to_json(config))


def _without_seeds(config: str) -> str:
    return re.sub(r'"seed": \d+', "", config)
