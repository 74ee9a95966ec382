"""What a profile is: the parts of an experiment, its sizes, and the configs that it makes of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import torch
from torch import nn

from paperlib import paper
from paperlib.config import ClassifierRun, ConditioningRun, ConfigError, HardSamplesRun, ImageSet, Labels, ProtocolRun, QualityRun, Teacher
from paperlib.data import Images
from paperlib.features import FeatureNetwork
from paperlib.generators import Generator


def device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@dataclass(frozen=True)
class Requirement:
    """Something outside the package that a profile needs. part: the field of Parts that loads it. found: where it is, or None;
    remedy: the step that mends its lack."""

    name: str
    part: str
    found: str | None
    remedy: str


@dataclass(frozen=True)
class PaperB:
    """generator() -> the unconditional G; teacher(name) -> the frozen attribute classifier."""

    generator: Callable[[], Generator]
    teacher: Callable[[Teacher], nn.Module]


@dataclass(frozen=True)
class Parts:
    """How to get a profile's frozen networks and data; all land on `device()`.

    real_images() -> (train, test); generator() -> the class-conditional G; classifier(width) -> a new network for paper A;
    judge() -> images to logits, takes part in no training; features() -> the space of FID and its sisters, called `feature_space`.
    paper_b: what paper B needs besides, None where the profile has only paper A.
    checksums() -> name and SHA-256 of every weights file, kept in each record. requirements() -> what has to be fetched first;
    stand_ins() -> the same parts with random weights and images, for timing alone.
    generator_batch, forward_batch: images a pass of G, and of the other networks outside training; they bound the memory.
    store_bytes: data sets are kept as uint8. mixed_precision: the classifier trains in bfloat16 where the device is a GPU.
    """

    real_images: Callable[[], tuple[Images, Images]]
    generator: Callable[[], Generator]
    classifier: Callable[[int], nn.Module]
    judge: Callable[[], nn.Module]
    features: Callable[[], FeatureNetwork]
    feature_space: str
    class_names: tuple[str, ...]
    checksums: Callable[[], dict[str, str]]
    paper_b: PaperB | None = None
    requirements: Callable[[], list[Requirement]] = list
    stand_ins: Callable[[], "Parts"] | None = None
    generator_batch: int = 100
    forward_batch: int = 4096
    store_bytes: bool = False
    mixed_precision: bool = False


@dataclass(frozen=True)
class ConditioningSizes:
    """Paper B's part of a profile; names as in config.py. protocol_draws: of the paper's own setting; leak_draws: of every other one."""

    epochs: int
    labels_per_epoch: int
    validation_labels: int
    batch_size: int
    learning_rate: float
    protocol_draws: int
    leak_draws: int


@dataclass(frozen=True)
class ClassifierSizes:
    """Paper A's part of a profile; names as in config.py. long_factor: epochs of the long column as a multiple. hard_per_class: latents of Fig. 3."""

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
class Profile:
    """Parts and sizes. seeds: how many by default. classifier, conditioning: None where the profile has not paper A, or not paper B."""

    name: str
    parts: Parts
    seeds: int
    quality_samples: int
    classifier: ClassifierSizes | None = None
    conditioning: ConditioningSizes | None = None

    @property
    def paper_a(self) -> ClassifierSizes:
        """The sizes of paper A; ConfigError where the profile has none."""
        if self.classifier is None:
            raise ConfigError(f"profile = {self.name!r}: it has no classifier to train; for paper A use 'digits' or 'imagenet10'.")
        return self.classifier

    @property
    def image_sets(self) -> tuple[ImageSet, ...]:
        """Those that the profile's parts can make."""
        every: tuple[ImageSet, ...] = get_args(ImageSet)
        return every if self.conditioning else tuple(s for s in every if s not in ("unconditional prior", "conditioned"))

    def classifier_run(self, seed: int, *, hsm: bool = False, r: float = 0.0, real: bool = False, long: bool = False) -> ClassifierRun:
        a = self.paper_a
        return ClassifierRun(
            profile=self.name, seed=seed, real=real, hsm=hsm, r=r, epochs=a.epochs * (a.long_factor if long else 1),
            images=a.images, round_images=a.round_images, mining_steps=a.mining_steps, step_size=a.step_size,
            batch_size=a.batch_size, learning_rate=a.learning_rate, momentum=0.9, weight_decay=1e-4, width=a.width,
        )  # fmt: skip

    def column_run(self, column: paper.Column, seed: int) -> ClassifierRun:
        """The run behind a column of Table 1; the column with BNA and the one without share it."""
        return self.classifier_run(seed, hsm=column.hsm, r=paper.TABLE1_R if column.ds else 0.0, real=column.real, long=column.long)

    def hard_samples_run(self, seed: int) -> HardSamplesRun:
        a = self.paper_a
        return HardSamplesRun(
            profile=self.name, seed=seed, stages=a.stages, per_class=a.hard_per_class, images=a.images, mining_steps=a.mining_steps,
            step_size=a.step_size, batch_size=a.batch_size, learning_rate=a.learning_rate, width=a.width,
        )  # fmt: skip

    def conditioning_run(self, seed: int, *, labels: Labels = "unconditional", teacher: Teacher = "mnist") -> ConditioningRun:
        sizes = self._paper_b()
        return ConditioningRun(
            profile=self.name, seed=seed, labels=labels, teacher=teacher, epochs=sizes.epochs, labels_per_epoch=sizes.labels_per_epoch,
            validation_labels=sizes.validation_labels, batch_size=sizes.batch_size, learning_rate=sizes.learning_rate, momentum=0.9,
        )  # fmt: skip

    def protocol_run(self, seed: int, *, labels: Labels | None = "unconditional") -> ProtocolRun:
        """labels: the setting of the input generator, or None for the generator trained with labels."""
        sizes = self._paper_b()
        return ProtocolRun(
            profile=self.name, seed=seed, conditioning=None if labels is None else self.conditioning_run(seed, labels=labels),
            draws=sizes.protocol_draws if labels == "unconditional" else sizes.leak_draws, quality_samples=self.quality_samples,
        )  # fmt: skip

    def _paper_b(self) -> ConditioningSizes:
        if self.conditioning is None:
            raise ConfigError(f"profile = {self.name!r}: it has no unconditional generator and no teacher; for paper B use 'digits'.")
        return self.conditioning

    def quality_run(self, seed: int, image_set: ImageSet) -> QualityRun:
        return QualityRun(
            profile=self.name, seed=seed, image_set=image_set, samples=self.quality_samples,
            hard=self.hard_samples_run(seed) if image_set == "mined" else None,
            conditioning=self.conditioning_run(seed) if image_set == "conditioned" else None,
        )  # fmt: skip
