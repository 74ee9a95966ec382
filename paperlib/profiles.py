"""Profiles: which generator, data, classifiers and sizes. A profile makes the configs of its runs and the parts they use.

profile = load("digits")
config = profile.classifier_run(seed=0, hsm=True, r=0.5)
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import torch
from torch import nn

from paperlib import data, paper
from paperlib.checkpoints import load_pretrained
from paperlib.classifiers import AttributeClassifier, Judge, resnet18
from paperlib.config import ClassifierRun, ConditioningRun, HardSamplesRun, ImageSet, Labels, QualityRun, Teacher, check_choice
from paperlib.data import Images
from paperlib.generators import Generator, from_module
from paperlib.generators.residual import ResidualGenerator


def device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@dataclass(frozen=True)
class Parts:
    """How to get a profile's frozen networks and data; all land on `device()`.

    real_images() -> (train, test); generator(conditional) -> G; teacher(name) -> paper B's frozen classifier; classifier(width) -> a new
    network for paper A. pretrained: names of the shipped weights, whose checksums go into each record.
    """

    real_images: Callable[[], tuple[Images, Images]]
    generator: Callable[[bool], Generator]
    teacher: Callable[[Teacher], nn.Module]
    judge: Callable[[], Judge]
    classifier: Callable[[int], nn.Module]
    class_names: tuple[str, ...]
    pretrained: tuple[str, ...]


@dataclass(frozen=True)
class Profile:
    """Sizes of the runs. seeds: how many by default. long_factor: epochs of the long column as a multiple. The other names as in config.py."""

    name: str
    parts: Parts
    seeds: int
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
    conditioner_epochs: int
    labels_per_epoch: int
    validation_labels: int
    conditioner_batch: int
    conditioner_rate: float
    quality_samples: int

    def classifier_run(self, seed: int, *, hsm: bool = False, r: float = 0.0, real: bool = False, long: bool = False) -> ClassifierRun:
        return ClassifierRun(
            profile=self.name, seed=seed, real=real, hsm=hsm, r=r, epochs=self.epochs * (self.long_factor if long else 1),
            images=self.images, round_images=self.round_images, mining_steps=self.mining_steps, step_size=self.step_size,
            batch_size=self.batch_size, learning_rate=self.learning_rate, momentum=0.9, weight_decay=1e-4, width=self.width,
        )  # fmt: skip

    def column_run(self, column: paper.Column, seed: int) -> ClassifierRun:
        """The run behind a column of Table 1; the column with BNA and the one without share it."""
        return self.classifier_run(seed, hsm=column.hsm, r=paper.TABLE1_R if column.ds else 0.0, real=column.real, long=column.long)

    def hard_samples_run(self, seed: int) -> HardSamplesRun:
        return HardSamplesRun(
            profile=self.name, seed=seed, stages=self.stages, per_class=self.hard_per_class, images=self.images, mining_steps=self.mining_steps,
            step_size=self.step_size, batch_size=self.batch_size, learning_rate=self.learning_rate, width=self.width,
        )  # fmt: skip

    def conditioning_run(self, seed: int, *, labels: Labels = "unconditional", teacher: Teacher = "mnist") -> ConditioningRun:
        return ConditioningRun(
            profile=self.name, seed=seed, labels=labels, teacher=teacher, epochs=self.conditioner_epochs, labels_per_epoch=self.labels_per_epoch,
            validation_labels=self.validation_labels, batch_size=self.conditioner_batch, learning_rate=self.conditioner_rate, momentum=0.9,
        )  # fmt: skip

    def quality_run(self, seed: int, image_set: ImageSet) -> QualityRun:
        return QualityRun(
            profile=self.name, seed=seed, image_set=image_set, samples=self.quality_samples,
            hard=self.hard_samples_run(seed) if image_set == "mined" else None,
            conditioning=self.conditioning_run(seed) if image_set == "conditioned" else None,
        )  # fmt: skip


def _digits_images() -> tuple[Images, Images]:
    train, test = data.digits()
    return train.to(device()), test.to(device())


def _validation_images() -> tuple[Images, Images]:
    train, validation = data.split(data.digits()[0], test_size=1000, seed=1)
    return train.to(device()), validation.to(device())


@cache
def _digits_generator(conditional: bool) -> Generator:
    name = "digits_conditional_generator" if conditional else "digits_unconditional_generator"
    num_classes = 10 if conditional else 0
    network = load_pretrained(ResidualGenerator(num_classes=num_classes), name).to(device()).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return from_module(network, latent_dim=network.latent_dim, image_shape=network.image_shape, num_classes=num_classes)


@cache
def _digits_teacher(teacher: Teacher) -> nn.Module:
    return load_pretrained(AttributeClassifier(), f"{teacher}_attribute_classifier").to(device())


@cache
def _digits_judge() -> Judge:
    return load_pretrained(Judge(), "digits_judge").to(device())


def _digits_classifier(width: int) -> nn.Module:
    return resnet18(10, in_channels=1, width=width, stem="small").to(device()).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


DIGITS_PARTS = Parts(
    real_images=_digits_images,
    generator=_digits_generator,
    teacher=_digits_teacher,
    judge=_digits_judge,
    classifier=_digits_classifier,
    class_names=tuple("0123456789"),
    pretrained=(
        "digits_conditional_generator",
        "digits_unconditional_generator",
        "mnist_attribute_classifier",
        "uci_attribute_classifier",
        "digits_judge",
    ),
)

DIGITS = Profile(
    name="digits", parts=DIGITS_PARTS, seeds=3,
    epochs=16, long_factor=10, images=500, round_images=25, mining_steps=5, step_size=0.1, batch_size=25, learning_rate=0.05, width=12,
    stages=(2, 10), hard_per_class=20,
    conditioner_epochs=10, labels_per_epoch=3000, validation_labels=500, conditioner_batch=64, conditioner_rate=1e-3,
    quality_samples=1000,
)  # fmt: skip

# The numbers of DIGITS were chosen here: classifiers are tested on 1,000 of the 4,000 training digits, never on the test set.
TUNING = replace(DIGITS, name="tuning", parts=replace(DIGITS_PARTS, real_images=_validation_images))

# Every code path of every notebook in seconds; the numbers mean nothing.
SMOKE = replace(
    DIGITS, name="smoke", seeds=2, epochs=2, long_factor=2, images=100, round_images=40, mining_steps=2, batch_size=25, width=4,
    stages=(1, 2), hard_per_class=2, conditioner_epochs=2, labels_per_epoch=100, validation_labels=100, quality_samples=60,
)  # fmt: skip

PROFILES = {profile.name: profile for profile in (DIGITS, SMOKE, TUNING)}


def load(name: str) -> Profile:
    """Raises ConfigError for an unknown name."""
    check_choice("profile", name, tuple(PROFILES))
    return PROFILES[name]
