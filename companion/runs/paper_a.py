"""Paper A: a classifier trained on generated (or real) images, tested on real ones, without and with BNA."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from companion.arguments import Batch, Count, Count0, Fraction, Momentum, Number, Rate, StepSize, Truncation, frozen
from companion.calls import Arguments, Outcome, recorded
from companion.profiles import Profile, device
from paperlib.accuracy_score import Fill, GeneratedImages, Training, filler, generated_source, train_classifier
from paperlib.batchnorm_adaptation import adapt_batchnorm
from paperlib.checks import check
from paperlib.data import Images
from paperlib.generators import truncated
from paperlib.streams import stream
from paperlib.training import Source, TrainingHistory, accuracy


@frozen
class ClassifierRun(Arguments):
    """real: train on real images instead of generated ones (then without hsm and r). hsm, r: the methods; r = 0 is a fixed data set.
    epochs times long_factor are trained; the long column has a factor above 1. images: N. round_images: M of Alg. 1. mining_steps: J.
    step_size: eta. width: channels of the ResNet's first stage. method: the name of one of the profile's own methods, or "".
    bna_momentum: alpha of eq. 5, for which the paper gives no value; its batches are of batch_size. truncation: of the generator's latents.
    """

    epochs: Count
    images: Count
    round_images: Count
    mining_steps: Count0
    step_size: StepSize
    batch_size: Batch
    learning_rate: Rate
    width: Count
    real: bool = False
    hsm: bool = False
    r: Fraction = 0.0
    momentum: Momentum = 0.9
    weight_decay: Fraction = 1e-4
    long_factor: Count = 1
    method: str = ""
    bna_momentum: Annotated[Number, Field(gt=0, le=1)] = 0.1
    truncation: Truncation = 1.0

    def __post_init__(self) -> None:
        check(self.round_images <= self.images, "round_images", self.round_images, f"use at most images = {self.images}")
        check(not (self.real and (self.hsm or self.r)), "real", True, "real images are fixed; set hsm=False and r=0")

    @property
    def different_images(self) -> int:
        """How many the training sees: N, and with DS r N more in every epoch after the first."""
        return self.images + round(self.r * self.images) * (self.epochs * self.long_factor - 1)

    def training(self, profile: Profile) -> Training:
        """How it is trained."""
        return Training(
            self.epochs * self.long_factor, self.batch_size, self.learning_rate, self.seed, self.momentum, self.weight_decay,
            profile.parts.mixed_precision,
        )  # fmt: skip

    def generated(self, profile: Profile) -> GeneratedImages:
        """Which images it sees."""
        parts = profile.parts
        return GeneratedImages(
            self.images, self.r, self.hsm, self.round_images, self.mining_steps, self.step_size, parts.generator_batch, parts.store_bytes
        )


@recorded
def classifier(run: ClassifierRun, profile: Profile, progress: bool = False) -> Outcome:
    """accuracy: of the trained classifier, after the step of the profile's own method where it has one; accuracy_bna: after BNA instead,
    by the exact statistics; accuracy_bna_momentum: by the paper's eq. 5, in batches as in training."""
    batch = profile.parts.forward_batch
    real_train, real_test = profile.parts.real_images()
    model, history = trained(run, profile, source_of(run, profile), progress)
    adapted = adapt_batchnorm(model, real_train.images)
    averaged = adapt_batchnorm(model, real_train.images, batch_size=run.batch_size, momentum=run.bna_momentum, seed=run.seed)
    metrics = {
        "accuracy": accuracy(_after_training(run, profile, model, real_train), real_test, batch_size=batch),
        "accuracy_bna": accuracy(adapted, real_test, batch_size=batch),
        "accuracy_bna_momentum": accuracy(averaged, real_test, batch_size=batch),
        "test_images": len(real_test),
    }
    return Outcome(metrics, asdict(history))


control = classifier.named("control")  # beside Table 1: all real images, or another length of training
mined_classifier = classifier.named("mined_classifier")  # past paper A: at step sizes that are not the profile's


def trained(run: ClassifierRun, profile: Profile, source: Source, progress: bool) -> tuple[nn.Module, TrainingHistory]:
    """The classifier after the last epoch."""
    return train_classifier(partial(profile.parts.classifier, run.width), source, run.training(profile), progress=progress)


def _after_training(run: ClassifierRun, profile: Profile, model: nn.Module, real_train: Images) -> nn.Module:
    step = profile.method(run.method).after_training if run.method else None
    return step(model, real_train.images) if step else model


def source_of(run: ClassifierRun, profile: Profile, see: Callable[[Images], None] | None = None) -> Source:
    """The images of each epoch: real, generated, or the profile's own method's. see: is shown generated ones as they are made."""
    if run.real:
        return _real_source(run, profile.parts.real_images()[0])
    generator, images = truncated(profile.parts.with_classes(), run.truncation), run.generated(profile)
    own = profile.method(run.method).source if run.method else None
    if own is not None:
        rng = stream(run.seed, "training images", device())
        fill: Fill = filler(images, generator, rng)
        return own(fill, run.images, rng)
    return generated_source(images, generator, partial(profile.parts.classifier, run.width), run.training(profile), see=see)


def _real_source(run: ClassifierRun, real_train: Images) -> Source:
    """N of the real training images, the same every epoch."""
    if run.images > len(real_train):
        raise ValueError(f"images = {run.images}, but there are {len(real_train)} real training images; use at most that many.")
    order = torch.randperm(len(real_train), generator=stream(run.seed, "set choice"))
    data = real_train.subset(order[: run.images].to(real_train.labels.device))
    return lambda epoch, model: data
