"""What a run is: one frozen dataclass per kind. pydantic checks every field; every field is in effect.

config = ClassifierRun(profile="digits", seed=0, hsm=True, r=0.5, ...)      # profiles/ fills in the numbers
config = from_json(to_json(config))                                         # the same object
"""

import ast
import json
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, field, fields
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, dataclass_transform

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as pydantic_dataclass

from companion.support.notebook_errors import short_errors
from paperlib.checks import ConfigError, check

Labels = Literal["unconditional", "given", "withheld", "shuffled"]
Family = Literal["gaussian", "mixture", "flow"]
Optimizer = Literal["sgd", "adam"]
ImageSet = Literal["real train", "real test", "prior", "unconditional prior", "fifth prior", "long prior", "mined", "conditioned"]

Number = Annotated[float, AfterValidator(lambda x: x + 0.0)]  # an integer becomes the same float, -0.0 becomes 0.0
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Count = Annotated[int, Field(ge=1)]
Count0 = Annotated[int, Field(ge=0)]
Batch = Annotated[int, Field(ge=2)]
Fraction = Annotated[Number, Field(ge=0, le=1)]
StepSize = Annotated[Number, Field(ge=0, le=1e6)]
Rate = Annotated[Number, Field(gt=0, le=1e3)]
Momentum = Annotated[Number, Field(ge=0, le=0.9999)]

T = TypeVar("T")


class Setting(NamedTuple):
    """What paper B conditions, and how. labels, teacher, warm_start: as in ConditioningRun."""

    labels: Labels
    teacher: str
    warm_start: int = 0


def one_line(error: ValidationError) -> str:
    """What pydantic found first: name = value: rule."""
    first = error.errors(include_url=False)[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, ConfigError):
        return str(cause)
    name = ".".join(str(part) for part in first["loc"]) or "config"
    if first["type"] == "missing":
        return f"{name}: it is missing; give it a value."
    return f"{name} = {reprlib.repr(first['input'])}: {_rule(first)}."


def _rule(error: Mapping[str, Any]) -> str:
    match error["type"]:
        case "unexpected_keyword_argument" | "extra_forbidden":
            return "there is no such field; leave it out"
        case "too_short":
            return f"give at least {error['ctx']['min_length']}"
        case "union_tag_invalid":
            return f"its {error['ctx']['discriminator']} must be one of {error['ctx']['expected_tags']}"
        case "model_attributes_type":
            return "it must be an object of one of its classes in companion/config.py"
    return str(error["msg"].replace("Input should be", "it must be"))


def checked(call: Callable[[], T]) -> T:
    """What `call` returns; ConfigError in one line where pydantic refuses."""
    try:
        return call()
    except ValidationError as error:
        raise ConfigError(one_line(error)) from None


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """A frozen dataclass whose fields pydantic checks: no text for numbers, no unknown name, no NaN, no infinity."""
    made: Any = pydantic_dataclass(frozen=True, config=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False))(cls)
    initialise = made.__init__
    names = [f.name for f in fields(made) if not f.kw_only]

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        named = dict(zip(names, args, strict=False))
        checked(lambda: initialise(self, *args[len(names) :], **named, **kwargs))

    made.__init__ = __init__
    return made


@frozen
class Config:
    """kind: of the run, one a class. profile: the name of the one whose sizes these are. seed: of everything random in the run."""

    kind: str = field(default="", kw_only=True)
    profile: str
    seed: Seed


@frozen
class ClassifierRun(Config):
    """Paper A: train a classifier on images of one source, test it on real ones without and with BNA.

    real: train on real images instead of generated ones (then without hsm and r). hsm, r: the methods; r = 0 is a fixed data set.
    epochs times long_factor are trained; the long column has a factor above 1. images: N. round_images: M of Alg. 1. mining_steps: J.
    step_size: eta. width: channels of the ResNet's first stage. method: the name of one of the profile's own methods, or "".
    bna_momentum: alpha of eq. 5, for which the paper gives no value; its batches are of batch_size.
    """

    kind: Literal["classifier"] = field(default="classifier", kw_only=True)
    real: bool
    hsm: bool
    r: Fraction
    epochs: Count
    images: Count
    round_images: Count
    mining_steps: Count0
    step_size: StepSize
    batch_size: Batch
    learning_rate: Rate
    momentum: Momentum
    weight_decay: Fraction
    width: Count
    long_factor: Count = 1
    method: str = ""
    bna_momentum: Annotated[Number, Field(gt=0, le=1)] = 0.1

    def __post_init__(self) -> None:
        check(self.round_images <= self.images, "round_images", self.round_images, f"use at most images = {self.images}")
        check(not (self.real and (self.hsm or self.r)), "real", True, "real images are fixed; set hsm=False and r=0")

    @property
    def different_images(self) -> int:
        """How many the training sees: N, and with DS r N more in every epoch after the first."""
        return self.images + round(self.r * self.images) * (self.epochs * self.long_factor - 1)


@frozen
class HardSamplesRun(Config):
    """Paper A, Fig. 3: the same latents mined against one classifier at two stages of its training.

    stages: the epochs after which it is mined. per_class: latents a class behind the norms and scores. form_step_sizes: those at which
    the paper's form of mining is held against two others. natural: the generator's own samples a class that mined images are held against.
    """

    kind: Literal["hard-samples"] = field(default="hard-samples", kw_only=True)
    stages: tuple[Count, Count]
    per_class: Count
    images: Count
    mining_steps: Count
    step_size: StepSize
    batch_size: Batch
    learning_rate: Rate
    width: Count
    form_step_sizes: Annotated[tuple[Annotated[Number, Field(gt=0, le=1e6)], ...], Field(min_length=1)]
    natural: Count

    def __post_init__(self) -> None:
        check(self.stages[0] < self.stages[1], "stages", self.stages, "use two rising epoch numbers")


@frozen
class ConditioningRun(Config):
    """Paper B: train an input generator for a frozen generator and a frozen classifier.

    labels: "unconditional" is the generator without classes; the others are the class-conditional one, told the attribute
    ("given"), the mean class embedding ("withheld") or a random class ("shuffled"): the leak experiment.
    teacher: the name of one of the profile's frozen classifiers. warm_start: draws of the prior that the frozen pair labels before the
    training, which then starts at their moments; 0 is the paper.
    """

    kind: Literal["conditioning"] = field(default="conditioning", kw_only=True)
    labels: Labels
    teacher: str
    epochs: Count
    labels_per_epoch: Count
    validation_labels: Count
    batch_size: Count
    learning_rate: Rate
    momentum: Momentum
    warm_start: Count0 = 0

    @property
    def setting(self) -> Setting:
        """What it conditions, and how."""
        return Setting(self.labels, self.teacher, self.warm_start)


@frozen
class ImageQualityRun(Config):
    """Image quality of one set of images against the same real reference. samples: images in the set, at most.

    hard: how the mined set is mined. conditioning: how the conditioned set's input generator is trained.
    """

    kind: Literal["image-quality"] = field(default="image-quality", kw_only=True)
    image_set: ImageSet
    samples: Annotated[int, Field(ge=10)]
    hard: HardSamplesRun | None
    conditioning: ConditioningRun | None

    def __post_init__(self) -> None:
        for name, image_set in (("hard", "mined"), ("conditioning", "conditioned")):
            value = getattr(self, name)
            check((value is not None) == (self.image_set == image_set), name, value, f"give it for the {image_set} set and for no other")


@frozen
class EvaluationRun(Config):
    """Paper B's evaluation of a source of images: what teacher and judges read in them, attribute by attribute, and how good they are.

    conditioning: the run whose input generator is drawn from; None is the generator trained with labels, told the class: the paper's
    yardstick. draws: images read. quality_samples: images behind IS, FID and variance.
    """

    kind: Literal["evaluation"] = field(default="evaluation", kw_only=True)
    conditioning: ConditioningRun | None
    draws: Count
    quality_samples: Annotated[int, Field(ge=10)]

    def __post_init__(self) -> None:
        if self.conditioning is not None:
            _check_own(self, "conditioning", self.conditioning)


Weight = Annotated[Number, Field(gt=0, le=1e3)]


@frozen
class Trained:
    """A family of latents trained by the loop of paper B with a prior term of weight prior_weight; 0 is the paper, as is a warm_start of 0."""

    kind: Literal["trained"] = field(default="trained", kw_only=True)
    family: Family
    prior_weight: Annotated[Number, Field(ge=0, le=1e3)]
    epochs: Count
    labels_per_epoch: Count
    batch_size: Count
    learning_rate: Rate
    optimizer: Optimizer
    warm_start: Count0 = 0

    def __post_init__(self) -> None:
        check(
            not self.warm_start or self.family == "gaussian",
            "warm_start",
            self.warm_start,
            "only the gaussian family can start warm; use 0",
        )


@frozen
class Posterior:
    """A posterior on latents, learned from `labelled` latents that the frozen pair has read."""

    kind: Literal["posterior"] = field(default="posterior", kw_only=True)
    prior_weight: Weight
    labelled: Annotated[int, Field(ge=20)]
    epochs: Count


@frozen
class Likelihood:
    """A flow fitted by maximum likelihood to latents of p_w: those that rejection keeps of `labelled` draws of the prior, or draws of a posterior.

    components: of the mixture that it starts from; 1 is a Gaussian. steps: of the fit. tuned: labels of paper B's loop with the prior term
    that follow it; 0 is none.
    """

    kind: Literal["likelihood"] = field(default="likelihood", kw_only=True)
    prior_weight: Weight
    labelled: Count
    components: Count
    steps: Count
    tuned: Count0 = 0
    posterior: Posterior | None = None

    def __post_init__(self) -> None:
        if self.posterior is not None:
            check(
                self.posterior.prior_weight == self.prior_weight,
                "posterior.prior_weight",
                self.posterior.prior_weight,
                "use the flow's own",
            )


@frozen
class Rejection:
    """Draws of the prior that the frozen classifier keeps. At prior_weight = 1: the truth."""

    kind: Literal["rejection"] = field(default="rejection", kw_only=True)
    prior_weight: Weight


@frozen
class Metropolis:
    """A Metropolis-Hastings chain whose candidates a posterior draws. passes: candidates for each latent kept, after BURN_IN."""

    kind: Literal["metropolis"] = field(default="metropolis", kw_only=True)
    prior_weight: Weight
    passes: Count
    proposal: Posterior


@frozen
class Resampling:
    """Sampling importance resampling from `pool` draws of the prior."""

    kind: Literal["resampling"] = field(default="resampling", kw_only=True)
    prior_weight: Weight
    pool: Count


@frozen
class Langevin:
    """Langevin steps on the latent; adjusted: with the Metropolis-Hastings probability (MALA)."""

    kind: Literal["langevin"] = field(default="langevin", kw_only=True)
    prior_weight: Weight
    steps: Count
    step_size: Annotated[Number, Field(gt=0, le=1e3)]
    adjusted: bool = False


@frozen
class Ode:
    """LACE's probability-flow ODE on the latent."""

    kind: Literal["ode"] = field(default="ode", kw_only=True)
    prior_weight: Weight
    steps: Count


Method = Annotated[Trained | Posterior | Likelihood | Rejection | Metropolis | Resampling | Langevin | Ode, Field(discriminator="kind")]


@frozen
class DiversityRun(Config):
    """Past paper B: what a method of conditioning gives up. per_attribute: latents an attribute, of the method and of the truth."""

    kind: Literal["diversity"] = field(default="diversity", kw_only=True)
    method: Method
    per_attribute: Annotated[int, Field(ge=10)]


@frozen
class MinedSpaceRun(Config):
    """Past paper A: how far mining leads from what the generator makes, for every number of steps and every step size.

    Mined against a classifier after `epochs` epochs on a fixed generated set. per_class: latents mined; natural: the generator's own
    samples a class that they are held against.
    """

    kind: Literal["mined-space"] = field(default="mined-space", kw_only=True)
    steps: Annotated[tuple[Count, ...], Field(min_length=1)]
    step_sizes: Annotated[tuple[Annotated[Number, Field(gt=0, le=1e6)], ...], Field(min_length=1)]
    per_class: Count
    natural: Count
    epochs: Count
    images: Count
    batch_size: Batch
    learning_rate: Rate
    width: Count


@frozen
class MinedClassifierRun(Config):
    """Past paper A: the classifier of a run whose step size is not the profile's. It is kept apart from Table 1."""

    kind: Literal["mined-classifier"] = field(default="mined-classifier", kw_only=True)
    classifier: ClassifierRun

    def __post_init__(self) -> None:
        _check_own(self, "classifier", self.classifier)


@frozen
class ControlRun(Config):
    """A control beside Table 1 of paper A: all real images, or another length of training. It is kept apart from Table 1."""

    kind: Literal["control"] = field(default="control", kw_only=True)
    classifier: ClassifierRun

    def __post_init__(self) -> None:
        _check_own(self, "classifier", self.classifier)


@frozen
class ShownImagesRun(Config):
    """Paper A: what one of its trainings sees, against real images. samples: of the images seen, those that are measured, at most."""

    kind: Literal["shown-images"] = field(default="shown-images", kw_only=True)
    classifier: ClassifierRun
    samples: Annotated[int, Field(ge=20)]

    def __post_init__(self) -> None:
        _check_own(self, "classifier", self.classifier)


def _check_own(run: Config, name: str, other: Config) -> None:
    """The run inside another is of the same profile and seed."""
    for part in ("profile", "seed"):
        value, own = getattr(other, part), getattr(run, part)
        check(value == own, f"{name}.{part}", value, f"use the run's own, {own!r}")


AnyRun = Annotated[
    ClassifierRun
    | HardSamplesRun
    | ConditioningRun
    | ImageQualityRun
    | EvaluationRun
    | DiversityRun
    | MinedSpaceRun
    | MinedClassifierRun
    | ControlRun
    | ShownImagesRun,
    Field(discriminator="kind"),
]
_RUNS: TypeAdapter[Any] = TypeAdapter(AnyRun)


def to_json(config: Config) -> str:
    """One line, the same for equal configs."""
    return json.dumps(asdict(config), sort_keys=True)


def from_json(text: str | bytes) -> Config:
    """The config, typed as it was; ConfigError where a field is missing, unknown, of another type or out of range."""
    return checked(lambda: _RUNS.validate_json(text))


def check_notebook_parameters(namespace: Mapping[str, Any], **types: Any) -> None:
    """Stop a notebook whose parameters are unknown or of the wrong type, before any work.

    namespace: the notebook's globals(). types: the name and type of each declared parameter. Papermill only warns of an unknown -p name;
    the cell that it injects is found in the input history and its names are compared. From here on, errors of this package take three lines.
    """
    short_errors()
    for name, kind in types.items():
        value = namespace.get(name)
        fits = isinstance(value, kind) or (isinstance(value, int) and isinstance(0.0, kind))
        check(
            fits and (kind is bool or not isinstance(value, bool)),
            name,
            value,
            f"parameter {name} is of type {getattr(kind, '__name__', kind)}",
        )
    for cell in namespace.get("In", []):
        if cell.startswith("# Parameters"):
            targets = [t for node in ast.parse(cell).body if isinstance(node, ast.Assign) for t in node.targets]
            for target in targets:
                name = getattr(target, "id", "?")
                check(name in types, "parameter", name, f"this notebook has no such parameter; it takes {', '.join(types)}")
