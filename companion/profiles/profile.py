"""What a profile is: the parts of an experiment, and its sizes."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args

import torch
from torch import nn

from companion.settings import ImageSet, Labels, Method, Setting
from companion.support.paths import Paths
from paperlib.accuracy_score import Fill
from paperlib.checks import ConfigError, check, check_choice, check_count
from paperlib.data import Images
from paperlib.generators import Generator
from paperlib.networks.features import FeatureNetwork
from paperlib.training import Source

T = TypeVar("T")
SHOWN_SAMPLES = 5000  # images that a training has seen, at most, whose diversity is measured


class Once(Generic[T]):
    """A part that is made when it is first asked for, and kept as long as the profile that holds it. A copy sent to a worker makes its own."""

    def __init__(self, make: Callable[[], T]):
        self.make = make

    def __call__(self) -> T:
        if "made" not in self.__dict__:
            self.made = self.make()
        return self.made

    def __getstate__(self) -> dict[str, Callable[[], T]]:
        return {"make": self.make}


def device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@dataclass(frozen=True)
class Requirement:
    """Something outside the package that a profile needs. found: where it is, or None; remedy: the step that mends its lack."""

    name: str
    found: str | None
    remedy: str


def _no_classifier(width: int) -> nn.Module:
    raise ConfigError("this profile has no classifier to train; for paper A use 'digits' or 'imagenet10'.")


def _no_generator() -> Generator:
    raise ConfigError("labels = 'unconditional': this profile has no generator without classes; withhold the label instead.")


def _no_classes() -> Generator:
    raise ConfigError("this profile has no class-conditional generator; give it one as Parts(generator=...).")


@dataclass(frozen=True)
class PaperB:
    """teacher(name) -> the frozen attribute classifier of that name, any name that `settings` uses.

    settings: what is conditioned, as (labels, teacher's name) or settings.Setting; the first is paper B's own.
    generator() -> the G without classes; where there is none, a class-conditional one has its label withheld instead.
    twins: by set of images, the same network trained otherwise, whose samples stand beside its own: "fifth prior" on a fifth of the images,
    "long prior" for longer.
    yardstick: whether the classes of Parts.generator are the attributes, so that it shows what training with labels gives.
    """

    teacher: Callable[[str], nn.Module]
    settings: tuple[tuple[Labels, str] | tuple[Labels, str, int], ...]
    generator: Callable[[], Generator] = _no_generator
    twins: Mapping[ImageSet, Callable[[], Generator]] = field(default_factory=dict)
    yardstick: bool = True

    @property
    def has_generator(self) -> bool:
        """Whether there is a G without classes."""
        return self.generator is not _no_generator


@dataclass(frozen=True)
class OwnMethod:
    """A method that is neither paper's: a further column of Table 1, of this name.

    source(fill, n, rng) -> the source of training.train: the images of the next epoch, n of them. fill(m, classifier or None) -> m new
    generated images, mined if a classifier is given. None is a fixed set of n random images.
    after_training(classifier, real training images (N, C, H, W)) -> the classifier that is tested. None tests it as it was trained.
    long: for as many epochs as the long column. parts: further networks that the source uses; they belong to the method's
    identity on record.
    """

    name: str
    source: Callable[[Fill, int, torch.Generator], Source] | None = None
    after_training: Callable[[nn.Module, torch.Tensor], nn.Module] | None = None
    long: bool = False
    parts: tuple[Callable[[], nn.Module | FeatureNetwork], ...] = ()


@dataclass(frozen=True)
class Parts:
    """How to get a profile's frozen networks and data; all land on `device()`.

    real_images() -> (train, test); judge() -> images to logits, takes part in no training; features() -> the space of FID and its sisters,
    called `feature_space`. generator() -> the class-conditional G; classifier(width) -> a new network for paper A.
    reference() -> real training images that generated ones are held against, best those that `features` has not seen; None: half of them all.
    paper_b: what paper B needs besides, None where the profile has only paper A.
    second_judge() -> images to logits, a judge of another kind that has seen none of the images of the others; None: there is none.
    images_form() -> what the files of the images are, for the records.
    requirements() -> what has to be fetched first.
    generator_batch, forward_batch: images a pass of G, and of the other networks outside training; they bound the memory.
    store_bytes: data sets are kept as uint8. mixed_precision: the classifier trains in bfloat16 where the device is a GPU.
    """

    real_images: Callable[[], tuple[Images, Images]]
    judge: Callable[[], nn.Module]
    features: Callable[[], FeatureNetwork]
    feature_space: str
    class_names: Callable[[], tuple[str, ...]]
    generator: Callable[[], Generator] = _no_classes
    classifier: Callable[[int], nn.Module] = _no_classifier
    paper_b: PaperB | None = None
    reference: Callable[[], Images] | None = None
    second_judge: Callable[[], nn.Module] | None = None
    images_form: Callable[[], str] = str
    requirements: Callable[[], list[Requirement]] = list
    generator_batch: int = 100
    forward_batch: int = 250
    store_bytes: bool = False
    mixed_precision: bool = False

    @property
    def has_generator(self) -> bool:
        """Whether there is a class-conditional G."""
        return self.generator is not _no_classes

    @property
    def has_classifier(self) -> bool:
        """Whether there is a classifier that paper A can train."""
        return self.classifier is not _no_classifier

    def with_classes(self, user: str = "paper A", *, any_number: bool = False) -> Generator:
        """The class-conditional G; ConfigError where it has no classes or, unless any number will do, not one for each name. user: what asks
        for it."""
        generator, names = self.generator(), self.class_names()
        told = "num_classes of Parts(generator=...)"
        remedy = "leave out Profile(classifier=...) and give the generator as PaperB(generator=...) instead of Parts(generator=...)"
        check(generator.num_classes > 0, told, generator.num_classes, f"{user} needs a class-conditional generator; {remedy}")
        rule = f"{user} needs a class for each of the {len(names)} names of Parts(class_names=...); give as many of one as of the other"
        check(any_number or generator.num_classes == len(names), told, generator.num_classes, rule)
        return generator

    @property
    def judges(self) -> dict[str, nn.Module]:
        """Who reads conditioned images, by the name in a record: the judge, and the second one where there is one."""
        second = {} if self.second_judge is None else {"second_judge": self.second_judge()}
        return {"judge": self.judge(), **second}


@dataclass(frozen=True)
class ConditioningSizes:
    """Paper B's part of a profile; names as in companion/runs/. evaluation_draws: images behind an evaluation. side_labels: labels an epoch of
    every setting but paper B's own and its warm start; None: as many as there. one_verdict: paper B's own setting alone gets verdicts, beside
    the generator that was trained with labels; all others have the side seeds."""

    epochs: int
    labels_per_epoch: int
    validation_labels: int
    batch_size: int
    learning_rate: float
    evaluation_draws: int
    side_labels: int | None = None
    one_verdict: bool = False


@dataclass(frozen=True)
class ClassifierSizes:
    """Paper A's part of a profile; names as in companion/runs/. long_factor: epochs of the long column as a multiple. hard_per_class: latents of Fig. 3."""

    epochs: int
    long_factor: int
    images: int
    round_images: int
    mining_steps: int
    step_size: float
    batch_size: int
    learning_rate: float
    width: int
    stages: tuple[int, int]
    hard_per_class: int


@dataclass(frozen=True)
class ControlSizes:
    """What is trained beside Table 1. real_images: how many, more than one generated set. equal_cost_epochs: the epochs of DS that cost what DS
    with HSM costs at the profile's own number of epochs, fixed from the measured seconds of both."""

    real_images: int
    equal_cost_epochs: int


@dataclass(frozen=True)
class MiningSizes:
    """How far mining is followed past paper A; names as in companion/runs/. classifier_step_sizes: those at which a final classifier is trained.
    form_step_sizes: those, beside the profile's own, at which the paper's form of mining is held against others."""

    steps: tuple[int, ...]
    step_sizes: tuple[float, ...]
    natural: int
    classifier_step_sizes: tuple[float, ...]
    form_step_sizes: tuple[float, ...] = ()


@dataclass(frozen=True)
class DiversitySizes:
    """What is compared past paper B; names as in companion/runs/. Three parts of `methods`: few, those that a quick run takes, None is all of them;
    judged, those that get a verdict, over all seeds; rivals, dear ones, over two. The others have the side seeds."""

    per_attribute: int
    methods: tuple[Method, ...]
    few: tuple[Method, ...] | None = None
    judged: tuple[Method, ...] = ()
    rivals: tuple[Method, ...] = ()

    def __post_init__(self) -> None:
        for name in ("few", "judged", "rivals"):
            for method in getattr(self, name) or ():
                check(method in self.methods, name, method, "it is a part of methods; add it there")


def _not_given(names: list[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} not given"


@dataclass(frozen=True)
class Profile:
    """Parts and sizes. seeds: how many by default. classifier, mining, controls, conditioning, diversity: None where the profile has not
    paper A, not paper B, or does not go past it; `left_out` says so. paths: where its records go. methods: columns of Table 1 beside the
    paper's. side_seeds: how many of what stands beside the papers' own settings; a run of fewer seeds is a quick one, which leaves that out.
    note(name, part) is told of what is used while a run is computed; fingerprints: what is known of the parts, see fingerprints.py."""

    name: str
    parts: Parts
    seeds: int
    quality_samples: int
    classifier: ClassifierSizes | None = None
    mining: MiningSizes | None = None
    controls: ControlSizes | None = None
    conditioning: ConditioningSizes | None = None
    diversity: DiversitySizes | None = None
    paths: Paths = field(default_factory=Paths)
    methods: tuple[OwnMethod, ...] = ()
    side_seeds: int = 5
    note: Callable[[str, Any], None] | None = field(default=None, compare=False, repr=False)
    fingerprints: dict[str, str] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        check_count("side_seeds", self.side_seeds)

    @property
    def folder(self) -> Path:
        """Where its records, tables and figures lie."""
        return self.paths.of(self.name)

    @property
    def paper_a(self) -> ClassifierSizes:
        """The sizes of paper A; ConfigError where the profile has none."""
        if self.classifier is None:
            raise ConfigError(f"profile = {self.name!r}: it has no classifier to train; for paper A use 'digits' or 'imagenet10'.")
        return self.classifier

    @property
    def has_paper_a(self) -> bool:
        """Whether it has sizes and parts for paper A."""
        return not self._lacking_for_a

    @property
    def has_paper_b(self) -> bool:
        """Whether it has sizes and parts for paper B, the generator of its own setting among them."""
        return not self._lacking_for_b

    @property
    def has_diversity(self) -> bool:
        """Whether it goes past paper B."""
        return self.has_paper_b and self.diversity is not None

    @property
    def papers_without(self) -> str:
        """The papers, "A" and "B", that it has no part for."""
        return ("" if self.has_paper_a else "A") + ("" if self.has_paper_b else "B")

    @property
    def _lacking_for_a(self) -> list[str]:
        given = {
            "Profile(classifier=...)": self.classifier is not None,
            "Parts(classifier=...)": self.parts.has_classifier,
            "Parts(generator=...)": self.parts.has_generator,
        }
        return [name for name, there in given.items() if not there]

    @property
    def _lacking_for_b(self) -> list[str]:
        given = {"Profile(conditioning=...)": self.conditioning is not None, "Parts(paper_b=...)": self.parts.paper_b is not None}
        missing = [name for name, there in given.items() if not there]
        return missing or self._lacking_for(self._every_setting[0])

    def _lacking_for(self, setting: Setting) -> list[str]:
        """The generator that the setting asks for, where it is not given."""
        paper_b = self.parts.paper_b
        if setting.labels == "unconditional":
            return [] if paper_b and paper_b.has_generator else ["PaperB(generator=...)"]
        return [] if self.parts.has_generator else ["Parts(generator=...)"]

    @property
    def left_out(self) -> dict[str, str]:
        """What the plan leaves out because it is not given: a line each, which says what and why."""
        parts, paper_b = self.parts, self.parts.paper_b
        missing = {"paper A": self._lacking_for_a, "paper B": self._lacking_for_b}
        if self.has_paper_a:
            missing["how far mining leads"] = [] if self.mining else ["Profile(mining=...)"]
            missing["the controls beside Table 1"] = [] if self.controls else ["Profile(controls=...)"]
        if paper_b and self.has_paper_b:
            missing["methods of conditioning past paper B"] = [] if self.diversity else ["Profile(diversity=...)"]
            missing["the second judge"] = [] if parts.second_judge else ["Parts(second_judge=...)"]
            missing["the generator trained with labels"] = [] if parts.has_generator else ["Parts(generator=...)"]
            missing["images of a generator without classes"] = [] if paper_b.has_generator else ["PaperB(generator=...)"]
            missing["the same generator trained otherwise"] = [] if paper_b.twins or not paper_b.has_generator else ["PaperB(twins=...)"]
            missing |= {f"setting {tuple(setting)}": self._lacking_for(setting) for setting in self._every_setting}
        return {what: f"left out: {what} ({_not_given(names)})" for what, names in missing.items() if names}

    def check_generator(self) -> None:
        """Load the class-conditional G where its classes are used: ConfigError where it has none, or not those of the profile."""
        if self.has_paper_a:
            self.parts.with_classes()
        if self.has_yardstick:
            self.parts.with_classes("PaperB(yardstick=True)")
        for setting in self.settings if self.has_paper_b else ():
            if setting.labels != "unconditional":
                self.parts.with_classes(f"the setting {setting.labels!r}", any_number=setting.labels != "given")

    def check_images(self) -> None:
        """Load the real images: ConfigError where paper A cannot be trained and tested on them."""
        if not self.has_paper_a:
            return
        images, names = self.parts.real_images(), self.parts.class_names()
        train, test = (part.labels.unique().tolist() for part in images)
        rule = f"the generator has {len(names)} classes; give real images of each of them, labelled 0 to {len(names) - 1}"
        check(train == [*range(len(names))], "labels of the real training images", train, rule)
        check(set(test) <= set(train), "labels of the real test images", test, rule)
        few = f"there are {len(images[0])} real training images, and a column of Table 1 takes as many; use at most that many"
        check(self.paper_a.images <= len(images[0]), "images of Profile(classifier=...)", self.paper_a.images, few)

    @property
    def has_yardstick(self) -> bool:
        """Whether the generator that was trained with labels stands beside paper B."""
        paper_b = self.parts.paper_b
        return paper_b is not None and self.has_paper_b and paper_b.yardstick and self.parts.has_generator

    def method(self, name: str) -> OwnMethod:
        """One of the profile's own; ConfigError for another name."""
        check_choice("method", name, tuple(method.name for method in self.methods))
        found = next(method for method in self.methods if method.name == name)
        if self.note is not None:
            self.note(f"method {name}", found)
        return found

    @property
    def image_sets(self) -> tuple[ImageSet, ...]:
        """Those that the profile's parts can make; without paper A, real images and those of the generators without classes."""
        with_classes: set[ImageSet] = {"real train", "real test", "prior", "mined"} if self.has_paper_a else {"real test"}
        paper_b = self.parts.paper_b if self.has_paper_b else None
        conditioned: set[ImageSet] = {"conditioned"} if paper_b and self.has_paper_a else set()
        without_classes: set[ImageSet] = {"unconditional prior", *paper_b.twins} if paper_b and paper_b.has_generator else set()
        made = with_classes | conditioned | without_classes
        return tuple(s for s in get_args(ImageSet) if s in made)

    def sizes(self, run: str) -> dict[str, Any]:
        """The arguments that a call of the recorded function `run` may leave out. ConfigError where the profile has none for it."""
        if run in ("conditioning", "evaluation"):
            b = self._paper_b()
            return asdict(b) | {"draws": b.evaluation_draws, "quality_samples": self.quality_samples}
        if run in ("image_quality", "shown_images"):
            return {"samples": self.quality_samples if run == "image_quality" else SHOWN_SAMPLES}
        if run == "diversity":
            return {"per_attribute": self.methods_compared.per_attribute}
        a, mining = self.paper_a, self.mining_followed if run == "mined_space" else self.mining
        sizes = asdict(a) | {"per_class": a.hard_per_class, "natural": a.hard_per_class, "form_step_sizes": (a.step_size,)}
        if mining is not None:
            sizes |= asdict(mining) | {"form_step_sizes": (a.step_size, *mining.form_step_sizes)}
        return sizes | ({"epochs": a.stages[1]} if run == "mined_space" else {})

    @property
    def mining_followed(self) -> MiningSizes:
        """How far mining is followed; ConfigError where the profile does not say."""
        if self.mining is None:
            raise ConfigError(f"profile = {self.name!r}: it does not say how far mining is followed; give it MiningSizes.")
        return self.mining

    @property
    def methods_compared(self) -> DiversitySizes:
        """What is compared past paper B; ConfigError where the profile has nothing."""
        if self.diversity is None:
            raise ConfigError(f"profile = {self.name!r}: it compares no methods of conditioning; for notebook 06 use 'digits'.")
        return self.diversity

    def labels_of(self, setting: Setting) -> int:
        """Labels an epoch of a setting of paper B."""
        sizes = self._paper_b()
        return sizes.labels_per_epoch if sizes.side_labels is None or self._is_own(setting) else sizes.side_labels

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Paper B's settings whose generator is there, its own first; ConfigError without paper B."""
        self._paper_b()
        return tuple(setting for setting in self._every_setting if not self._lacking_for(setting))

    @property
    def _every_setting(self) -> tuple[Setting, ...]:
        """As they are given."""
        given = self.parts.paper_b.settings if self.parts.paper_b else ()
        rule = "use (labels, teacher's name) or (labels, teacher's name, warm_start)"
        check(len(given) > 0, "settings", given, f"give at least one; {rule}")
        for setting in given:
            check(isinstance(setting, tuple) and len(setting) in (2, 3), "settings", setting, rule)
        return tuple(Setting(*setting) for setting in given)

    @property
    def own_settings(self) -> tuple[Setting, ...]:
        """Paper B's own, and the same with other starts."""
        return tuple(setting for setting in self.settings if self._is_own(setting))

    def _is_own(self, setting: Setting) -> bool:
        own = self.settings[0]
        return (setting.labels, setting.teacher) == (own.labels, own.teacher)

    def _paper_b(self) -> ConditioningSizes:
        if self.conditioning is None or self._lacking_for_b:
            why = _not_given(self._lacking_for_b)
            raise ConfigError(
                f"profile = {self.name!r}: it has no unconditional generator or no teacher ({why}); for paper B use 'digits'."
            )
        return self.conditioning
