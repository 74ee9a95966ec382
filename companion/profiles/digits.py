"""Both papers in minutes on a laptop: real digits, and generators and classifiers that ship with the package."""

from dataclasses import replace
from functools import partial

import torch
from torch import nn

from companion import printed_numbers
from companion.profiles.profile import (
    ClassifierSizes,
    ConditioningSizes,
    ControlSizes,
    DiversitySizes,
    MiningSizes,
    Once,
    PaperB,
    Parts,
    Profile,
    device,
)
from companion.settings import Labels, Langevin, Likelihood, Metropolis, Ode, Posterior, Rejection, Resampling, Setting, Trained
from paperlib import data
from paperlib.checks import check_choice
from paperlib.data import Images
from paperlib.generators import Generator, from_module, fuse_residual
from paperlib.generators.residual import ResidualGenerator
from paperlib.networks.classifiers import AttributeClassifier, Judge, LinearClassifier, resnet18
from paperlib.networks.kernel_judge import KernelJudge
from paperlib.support.weights import load_pretrained


def _images() -> tuple[Images, Images]:
    train, test = data.digits()
    return train.to(device()), test.to(device())


def _validation_images() -> tuple[Images, Images]:
    train, validation = data.split(data.digits()[0], test_size=1000, seed=1)
    return train.to(device()), validation.to(device())


def _few_images() -> tuple[Images, Images]:
    train, test = _images()
    return train.subset(torch.arange(0, len(train), 8)), test.subset(torch.arange(0, len(test), 5))


def _generator(name: str, num_classes: int = 0) -> Generator:
    network = fuse_residual(load_pretrained(ResidualGenerator(num_classes=num_classes), name)).to(device())
    return from_module(network, latent_dim=network.latent_dim, image_shape=network.image_shape, num_classes=num_classes)


def _teacher(name: str) -> nn.Module:
    check_choice("teacher", name, tuple(TEACHERS))
    return TEACHERS[name]()


def _judge() -> Judge:
    return load_pretrained(Judge(), "digits_judge").to(device())


def _classifier(width: int) -> nn.Module:
    return resnet18(10, in_channels=1, width=width, stem="small").to(device())


def settings(warm_start: int) -> tuple[Setting, ...]:
    """Paper B's own, its warm start, the leak experiment, other teachers."""
    leaks: tuple[Labels, ...] = ("given", "withheld", "shuffled")
    return (
        Setting("unconditional", "mnist"),
        Setting("unconditional", "mnist", warm_start),
        *(Setting(labels, "mnist") for labels in leaks),
        *(Setting("unconditional", teacher) for teacher in ("uci", "linear")),
    )


WARM_START = 5000  # draws of the prior that the pair labels
TEACHERS = {
    name: Once(partial(lambda network, name: load_pretrained(network(), f"{name}_attribute_classifier").to(device()), network, name))
    for name, network in (("mnist", AttributeClassifier), ("uci", AttributeClassifier), ("linear", LinearClassifier))
}
JUDGE = Once(_judge)
PAPER_B = PaperB(
    generator=Once(lambda: _generator("digits_unconditional_generator")),
    twins={"fifth prior": Once(lambda: _generator("digits_unconditional_generator_fifth"))},
    teacher=_teacher,
    settings=settings(WARM_START),
)
PARTS = Parts(
    real_images=Once(_images),
    generator=Once(lambda: _generator("digits_conditional_generator", 10)),
    classifier=_classifier,
    judge=JUDGE,
    second_judge=Once(lambda: load_pretrained(KernelJudge(), "digits_second_judge").to(device())),
    features=JUDGE,
    feature_space="digit",
    class_names=lambda: tuple("0123456789"),
    paper_b=PAPER_B,
)

GAUSSIAN = Trained(
    family="gaussian", prior_weight=0.0, epochs=10, labels_per_epoch=printed_numbers.CONDITIONING_LABELS, batch_size=64, learning_rate=1e-3,
    optimizer="sgd",
)  # fmt: skip
WARM = replace(GAUSSIAN, warm_start=WARM_START)
# Not paper B's own form, so not at its full budget.
MIXTURE = replace(GAUSSIAN, family="mixture", labels_per_epoch=3000, learning_rate=0.1)
FLOW = replace(GAUSSIAN, family="flow", labels_per_epoch=3000, learning_rate=2e-3, optimizer="adam")
POSTERIOR = Posterior(prior_weight=0.001, labelled=100_000, epochs=20)
CHAIN = Metropolis(0.001, passes=2, proposal=POSTERIOR)
RIVALS = (
    Likelihood(0.001, labelled=100_000, components=1, steps=16_000), Likelihood(0.001, labelled=100_000, components=1, steps=8000, tuned=10_000),
    Likelihood(0.001, labelled=100_000, components=1, steps=8000, tuned=3000, posterior=POSTERIOR), Resampling(0.001, pool=5000),
    Langevin(prior_weight=1.0, steps=100, step_size=0.05), Langevin(prior_weight=1.0, steps=100, step_size=0.02, adjusted=True),
    Ode(prior_weight=1.0, steps=50),
)  # fmt: skip
BRIEF = Posterior(prior_weight=0.1, labelled=300, epochs=2)  # of the smoke profile

# Table 1's runs of DS and DS+HSM at 16 epochs took 10.1 and 17.2 seconds (three seeds, nothing beside them): 16 * 17.2 / 10.1 = 27.
CONTROLS = ControlSizes(real_images=4000, equal_cost_epochs=27)

DIGITS = Profile(
    name="digits", parts=PARTS, seeds=3, quality_samples=1000,
    classifier=ClassifierSizes(
        epochs=16, long_factor=10, images=500, round_images=25, mining_steps=5, step_size=0.1, batch_size=25, learning_rate=0.05, width=12,
        stages=(2, 10), hard_per_class=20,
    ),
    mining=MiningSizes(steps=(1, 5, 20), step_sizes=(0.03, 0.1, 0.3, 1.0, 3.0), natural=100, classifier_step_sizes=(0.3, 1.0, 3.0), form_step_sizes=(1.0,)),
    controls=CONTROLS,
    diversity=DiversitySizes(
        per_attribute=250,
        methods=(
            *(Rejection(w) for w in (1.0, 0.1, 0.01, 0.001)),
            *(replace(GAUSSIAN, prior_weight=w) for w in (0.0, 0.01, 0.1)),
            WARM,
            *(replace(MIXTURE, prior_weight=w) for w in (0.02, 0.1)),
            *(replace(FLOW, prior_weight=w) for w in (0.1, 0.3, 1.0)),
            *(replace(POSTERIOR, prior_weight=w) for w in (0.1, 0.01, 0.001)),
            CHAIN,
            *RIVALS,
        ),
        few=(Rejection(1.0), GAUSSIAN, WARM, POSTERIOR),
        judged=(Rejection(1.0), Rejection(0.001), GAUSSIAN, POSTERIOR, CHAIN),
        rivals=RIVALS,
    ),
    conditioning=ConditioningSizes(
        epochs=10, labels_per_epoch=printed_numbers.CONDITIONING_LABELS, validation_labels=5000, batch_size=64, learning_rate=1e-3,
        evaluation_draws=printed_numbers.EVALUATION_DRAWS,
    ),
)  # fmt: skip

# The numbers of DIGITS were chosen here: classifiers are tested on 1,000 of the 4,000 training digits, never on the test set.
TUNING = replace(
    DIGITS, name="tuning", parts=replace(PARTS, real_images=Once(_validation_images)), controls=replace(CONTROLS, real_images=3000)
)

# Every code path of every notebook in seconds; the numbers mean nothing.
SMOKE = replace(
    DIGITS, name="smoke", seeds=2, side_seeds=1, quality_samples=60,
    parts=replace(PARTS, real_images=Once(_few_images), paper_b=replace(PAPER_B, settings=settings(50))),
    classifier=ClassifierSizes(
        epochs=2, long_factor=2, images=100, round_images=40, mining_steps=2, step_size=0.1, batch_size=25, learning_rate=0.05, width=4,
        stages=(1, 2), hard_per_class=2,
    ),
    mining=MiningSizes(steps=(1, 3), step_sizes=(0.1, 3.0), natural=5, classifier_step_sizes=(3.0,), form_step_sizes=(3.0,)),
    controls=ControlSizes(real_images=200, equal_cost_epochs=3),
    diversity=DiversitySizes(
        per_attribute=12,
        methods=(
            Rejection(1.0), Rejection(0.1),
            *(
                replace(family, prior_weight=w, epochs=1, labels_per_epoch=64)
                for family, w in ((GAUSSIAN, 0.0), (replace(GAUSSIAN, warm_start=50), 0.0), (MIXTURE, 0.1), (FLOW, 0.3))
            ),
            BRIEF, Metropolis(0.1, passes=2, proposal=BRIEF), Likelihood(0.1, labelled=300, components=2, steps=20, tuned=64),
            Likelihood(0.1, labelled=300, components=1, steps=20, posterior=BRIEF), Resampling(0.1, pool=200),
            Langevin(prior_weight=1.0, steps=2, step_size=0.05, adjusted=True), Ode(prior_weight=1.0, steps=1),
            Langevin(prior_weight=1.0, steps=2, step_size=0.05),
        ),
    ),
    conditioning=ConditioningSizes(
        epochs=2, labels_per_epoch=100, validation_labels=100, batch_size=64, learning_rate=1e-3, evaluation_draws=200,
    ),
)  # fmt: skip
