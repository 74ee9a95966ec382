"""What a run is: one frozen dataclass per kind, every field validated, every field in effect.

config = ClassifierRun(profile="digits", seed=0, hsm=True, r=0.5, ...)      # profiles.py fills in the numbers
config.key                                                                  # names the record of this run
"""

import ast
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, get_args

Labels = Literal["unconditional", "given", "withheld", "shuffled"]
Family = Literal["gaussian", "mixture", "flow"]
Optimizer = Literal["sgd", "adam"]
Teacher = Literal["mnist", "uci", "vgg-face"]
ImageSet = Literal["real train", "real test", "prior", "unconditional prior", "mined", "conditioned"]


class ConfigError(ValueError):
    """A parameter that no run can start with; the message names the value, the rule and the remedy."""


def check(condition: bool, name: str, value: Any, rule: str) -> None:
    if not condition:
        raise ConfigError(f"{name} = {value!r}: {rule}.")


def check_count(name: str, value: Any, low: int = 1) -> None:
    check(isinstance(value, int) and not isinstance(value, bool) and value >= low, name, value, f"use an integer of at least {low}")


def check_number(name: str, value: Any, low: float, high: float, *, open_low: bool = False) -> None:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    inside = numeric and (low < value if open_low else low <= value) and value <= high
    check(inside, name, value, f"use a number in {'(' if open_low else '['}{low:g}, {high:g}]")


def check_choice(name: str, value: Any, choices: tuple[Any, ...]) -> None:
    check(value in choices, name, value, f"use one of {', '.join(map(repr, choices))}")


@dataclass(frozen=True)
class Config:
    """profile: whose generator, data and networks. seed: of everything random in the run."""

    kind: ClassVar[str] = ""
    profile: str
    seed: int

    def __post_init__(self) -> None:
        check_count("seed", self.seed, 0)

    @property
    def key(self) -> str:
        """A file name that changes with every field."""
        text = json.dumps({"kind": self.kind, **asdict(self)}, sort_keys=True)
        return f"{self.kind}-seed{self.seed}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


@dataclass(frozen=True)
class ClassifierRun(Config):
    """Paper A: train a classifier on images of one source, test it on real ones without and with BNA.

    real: train on real images instead of generated ones (then without hsm and r). hsm, r: the methods; r = 0 is a fixed data set.
    images: N. round_images: M of Alg. 1. mining_steps: J. step_size: eta. width: channels of the ResNet's first stage.
    """

    kind: ClassVar[str] = "classifier"
    real: bool
    hsm: bool
    r: float
    epochs: int
    images: int
    round_images: int
    mining_steps: int
    step_size: float
    batch_size: int
    learning_rate: float
    momentum: float
    weight_decay: float
    width: int

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("r", self.r, 0, 1)
        for name in ("epochs", "images", "width"):
            check_count(name, getattr(self, name))
        check_count("batch_size", self.batch_size, 2)
        check_count("mining_steps", self.mining_steps, 0)
        check_number("step_size", self.step_size, 0, 1e6)
        check_count("round_images", self.round_images)
        check(self.round_images <= self.images, "round_images", self.round_images, f"use at most images = {self.images}")
        check_number("learning_rate", self.learning_rate, 0, 1e3, open_low=True)
        check_number("momentum", self.momentum, 0, 0.9999)
        check_number("weight_decay", self.weight_decay, 0, 1)
        check(not (self.real and (self.hsm or self.r)), "real", True, "real images are fixed; set hsm=False and r=0")


@dataclass(frozen=True)
class HardSamplesRun(Config):
    """Paper A, Fig. 3: the same latents mined against one classifier at two stages of its training.

    stages: the epochs after which it is mined. per_class: latents a class behind the norms and scores.
    """

    kind: ClassVar[str] = "hard-samples"
    stages: tuple[int, int]
    per_class: int
    images: int
    mining_steps: int
    step_size: float
    batch_size: int
    learning_rate: float
    width: int

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("per_class", "images", "mining_steps", "width"):
            check_count(name, getattr(self, name))
        check(
            len(self.stages) == 2 and 1 <= self.stages[0] < self.stages[1],
            "stages",
            self.stages,
            "use two rising epoch numbers, the first at least 1",
        )
        check_count("batch_size", self.batch_size, 2)
        check_number("step_size", self.step_size, 0, 1e6)
        check_number("learning_rate", self.learning_rate, 0, 1e3, open_low=True)


@dataclass(frozen=True)
class ConditioningRun(Config):
    """Paper B: train an input generator for a frozen generator and a frozen classifier.

    labels: "unconditional" is the generator without classes; the others are the class-conditional one, told the attribute
    ("given"), the mean class embedding ("withheld") or a random class ("shuffled"): the leak experiment.
    teacher: the frozen classifier, trained on MNIST or on the UCI digits (the cross-dataset check); on faces, VGG-Face.
    """

    kind: ClassVar[str] = "conditioning"
    labels: Labels
    teacher: Teacher
    epochs: int
    labels_per_epoch: int
    validation_labels: int
    batch_size: int
    learning_rate: float
    momentum: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("labels", self.labels, get_args(Labels))
        check_choice("teacher", self.teacher, get_args(Teacher))
        for name in ("epochs", "labels_per_epoch", "validation_labels", "batch_size"):
            check_count(name, getattr(self, name))
        check_number("learning_rate", self.learning_rate, 0, 1e3, open_low=True)
        check_number("momentum", self.momentum, 0, 0.9999)


@dataclass(frozen=True)
class ImageQualityRun(Config):
    """Image quality of one set of images against the same real reference. samples: images in the set, at most;
    mining_steps, step_size: of the mined set; conditioning: how the conditioned set's input generator is trained."""

    kind: ClassVar[str] = "image-quality"
    image_set: ImageSet
    samples: int
    hard: HardSamplesRun | None
    conditioning: ConditioningRun | None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("image_set", self.image_set, get_args(ImageSet))
        check_count("samples", self.samples, 20)
        check((self.hard is not None) == (self.image_set == "mined"), "hard", self.hard, "give it for the mined set and for no other")
        check(
            (self.conditioning is not None) == (self.image_set == "conditioned"),
            "conditioning",
            self.conditioning,
            "give it for the conditioned set and for no other",
        )


@dataclass(frozen=True)
class EvaluationRun(Config):
    """Paper B's evaluation of a source of images: what teacher and judge read in them, attribute by attribute, and how good they are.

    conditioning: the run whose input generator is drawn from; None is the generator trained with labels, told the class: the paper's
    yardstick. draws: images read. quality_samples: images behind IS, FID and variance.
    """

    kind: ClassVar[str] = "evaluation"
    conditioning: ConditioningRun | None
    draws: int
    quality_samples: int

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("draws", self.draws)
        check_count("quality_samples", self.quality_samples, 20)
        if self.conditioning is not None:
            _check_own(self, "conditioning", self.conditioning)


@dataclass(frozen=True)
class Trained:
    """A family of latents.py, trained by the loop of paper B with a prior term of weight prior_weight; 0 is the paper."""

    family: Family
    prior_weight: float
    epochs: int
    labels_per_epoch: int
    batch_size: int
    learning_rate: float
    optimizer: Optimizer

    def __post_init__(self) -> None:
        check_choice("family", self.family, get_args(Family))
        check_choice("optimizer", self.optimizer, get_args(Optimizer))
        check_number("prior_weight", self.prior_weight, 0, 1e3)
        for name in ("epochs", "labels_per_epoch", "batch_size"):
            check_count(name, getattr(self, name))
        check_number("learning_rate", self.learning_rate, 0, 1e3, open_low=True)


@dataclass(frozen=True)
class Distilled:
    """A posterior on latents, learned from `labelled` draws of the prior that the frozen pair has read."""

    prior_weight: float
    labelled: int
    epochs: int

    def __post_init__(self) -> None:
        check_number("prior_weight", self.prior_weight, 0, 1e3, open_low=True)
        for name in ("labelled", "epochs"):
            check_count(name, getattr(self, name))


@dataclass(frozen=True)
class Rejection:
    """Draws of the prior, or of a learned proposal, that the frozen classifier keeps. At prior_weight = 1, from the prior: the truth."""

    prior_weight: float
    proposal: Distilled | None = None

    def __post_init__(self) -> None:
        check_number("prior_weight", self.prior_weight, 0, 1e3, open_low=True)


@dataclass(frozen=True)
class Langevin:
    """Unadjusted Langevin steps on the latent."""

    steps: int
    step_size: float

    def __post_init__(self) -> None:
        check_count("steps", self.steps)
        check_number("step_size", self.step_size, 0, 1e6, open_low=True)


Method = Trained | Distilled | Rejection | Langevin


@dataclass(frozen=True)
class DiversityRun(Config):
    """Past paper B: what a method of conditioning gives up. per_attribute: latents an attribute, of the method and of the truth."""

    kind: ClassVar[str] = "diversity"
    method: Method
    per_attribute: int

    def __post_init__(self) -> None:
        super().__post_init__()
        check(isinstance(self.method, Method), "method", self.method, "use Trained, Distilled, Rejection or Langevin")
        check_count("per_attribute", self.per_attribute, 10)


@dataclass(frozen=True)
class MinedSpaceRun(Config):
    """Past paper A: how far mining leads from what the generator makes, for every number of steps and every step size.

    Mined against a classifier after `epochs` epochs on a fixed generated set. per_class: latents mined; natural: the generator's own
    samples a class that they are held against.
    """

    kind: ClassVar[str] = "mined-space"
    steps: tuple[int, ...]
    step_sizes: tuple[float, ...]
    per_class: int
    natural: int
    epochs: int
    images: int
    batch_size: int
    learning_rate: float
    width: int

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("per_class", "natural", "epochs", "images", "width"):
            check_count(name, getattr(self, name))
        check_count("batch_size", self.batch_size, 2)
        check(
            len(self.steps) > 0 and len(self.step_sizes) > 0, "steps, step_sizes", (self.steps, self.step_sizes), "use at least one of each"
        )
        for steps in self.steps:
            check_count("steps", steps)
        for step_size in self.step_sizes:
            check_number("step_sizes", step_size, 0, 1e6, open_low=True)
        check_number("learning_rate", self.learning_rate, 0, 1e3, open_low=True)


@dataclass(frozen=True)
class MinedClassifierRun(Config):
    """Past paper A: the classifier of a run whose step size is not the profile's. It is kept apart from Table 1."""

    kind: ClassVar[str] = "mined-classifier"
    classifier: ClassifierRun

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_own(self, "classifier", self.classifier)


def _check_own(run: Config, field: str, other: Config) -> None:
    """The run inside another is of the same profile and seed."""
    for name in ("profile", "seed"):
        value, own = getattr(other, name), getattr(run, name)
        check(value == own, f"{field}.{name}", value, f"use the run's own, {own!r}")


def check_notebook_parameters(namespace: Mapping[str, Any], **types: Any) -> None:
    """Stop a notebook whose parameters are unknown or of the wrong type, before any work.

    namespace: the notebook's globals(). types: the name and type of each declared parameter. Papermill only warns of an unknown -p name;
    the cell that it injects is found in the input history and its names are compared.
    """
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
