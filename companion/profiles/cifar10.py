"""Both papers on photographs: CIFAR-10, whose classes paper A's ten were chosen to mimic, and generators that ship with the package.

`cifar10` has paper A's sizes and is for a GPU; `cifar10_small` is the same experiment for two cores, with a narrow ResNet-18, fewer
images and epochs. `cifar10_tuning` is `cifar10_small` tested on the validation images: what the papers do not give is chosen there.

The images lie where Paths says (cifar10: a folder, a zip or the official archive); else the official archive is downloaded. The generators
have seen 45,000 training images; `cifar10_small` reads 10,000 of these, for BNA, FID and the controls.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

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
    Requirement,
    device,
)
from companion.settings import Labels, Metropolis, Posterior, Rejection, Setting, Trained
from companion.support.paths import ROOT, Paths
from paperlib import data
from paperlib.checks import check_choice
from paperlib.data import Images, split
from paperlib.data.cifar10 import CLASSES, URL, Cifar10, describe, downloaded
from paperlib.generators import Generator, from_module, fuse_residual
from paperlib.networks.classifiers import resnet18
from paperlib.networks.natural import NaturalJudge
from paperlib.support.tensor_cache import checksum
from paperlib.support.weights import PRETRAINED, CheckpointError, load_pretrained, manifest
from recipes.cifar10 import CONDITIONAL, JUDGE, TEACHER, UNCONDITIONAL, new_classifier
from recipes.natural_gan import new_generator
from recipes.stages import STAGES

SMALL_TRAIN = 10_000
WARM_START = 5000  # draws of the prior that the pair labels
PLAIN = "plain"
REMEDY = "train it with `make pretrained PROFILE=cifar10`"
Part = Callable[[Cifar10], tuple[Images, Images]]


def source(paths: Paths) -> Path | None:
    """Where the images lie; None for the archive that is downloaded."""
    default = ROOT / "data" / "cifar10"
    return paths.cifar10 or (default if default.exists() else None)


def images_for_training(paths: Paths) -> Cifar10:
    """All of them, on `device()`. DataError where they are missing or damaged."""
    read = data.cifar10(source(paths), cache=paths.cache)
    return Cifar10(*(images.to(device()) for images in (read.train, read.validation, read.test)))


def trainings(paths: Paths) -> Path:
    """Where the parts' checkpoints are kept."""
    return paths.cache.expanduser() / "pretraining" / "cifar10"


def _images(paths: Paths, part: Part) -> tuple[Images, Images]:
    train, test = part(data.cifar10(source(paths), cache=paths.cache))
    return train.to(device()), test.to(device())


def _whole(read: Cifar10) -> tuple[Images, Images]:
    return read.train, read.test


def _part_of_training(images: Images) -> Images:
    return split(images, SMALL_TRAIN, seed=1)[1]


def _small(read: Cifar10) -> tuple[Images, Images]:
    return _part_of_training(read.train), read.test


def _tuning(read: Cifar10) -> tuple[Images, Images]:
    """Raises CheckpointError where the shipped generator has seen images that are set apart for validation here."""
    if checksum(read.train.images, read.train.labels) != _made(CONDITIONAL)["data"]:
        raise CheckpointError(
            "The shipped generators were trained on other files of CIFAR-10, in another order: most of the validation images of yours were training "
            "images of theirs. To tune on validation images, train the parts on your files first: `make pretrained PROFILE=cifar10`."
        )
    return _part_of_training(read.train), read.validation


def _smoke(read: Cifar10) -> tuple[Images, Images]:
    return read.train.subset(torch.arange(0, len(read.train), 40)), read.validation.subset(torch.arange(0, len(read.validation), 20))


def _made(name: str) -> dict[str, Any]:
    """How shipped weights were made, by the manifest; CheckpointError where there are none."""
    if name not in manifest(PRETRAINED):
        raise CheckpointError(f"{name}.safetensors is not there: {REMEDY}.")
    return manifest(PRETRAINED)[name]


def _generator(name: str) -> Generator:
    made = _made(name)
    network = new_generator(len(CLASSES) if name == CONDITIONAL else 0, made["channels"], made["latent_dim"])
    return _frozen(load_pretrained(network, name, PRETRAINED))


def generator_of_stage(share: float) -> Generator:
    """The class-conditional generator as it was after this share of its training; a stage that notebook 07 has too."""
    made = _made(CONDITIONAL)
    network = new_generator(len(CLASSES), made["channels"], made["latent_dim"])
    return _frozen(load_pretrained(network, f"cifar10-{made['seed']}-{round(share * made['steps']):06d}", STAGES))


def _frozen(network: nn.Module) -> Generator:
    fused = fuse_residual(network.eval()).to(device())  # type: ignore[arg-type]
    return from_module(fused, latent_dim=fused.latent_dim, image_shape=fused.image_shape, num_classes=fused.num_classes)


def _network(name: str) -> nn.Module:
    return load_pretrained(new_classifier(name, _made(name)["width"]), name, PRETRAINED).to(device())


def _judge() -> NaturalJudge:
    judge = _network(JUDGE)
    assert isinstance(judge, NaturalJudge)
    return judge


def _teacher(teacher: Callable[[], nn.Module], name: str) -> nn.Module:
    check_choice("teacher", name, (PLAIN,))
    return teacher()


def _classifier(stem: str, width: int) -> nn.Module:
    return resnet18(len(CLASSES), width=width, stem=stem).to(device=device(), memory_format=torch.channels_last)  # type: ignore[call-overload]


def _images_form(paths: Paths) -> str | None:
    return describe(source(paths) or downloaded(paths.cache))


def _requirements(paths: Paths) -> list[Requirement]:
    """Nothing is opened or downloaded."""
    path, kind = source(paths) or downloaded(paths.cache), _images_form(paths)
    remedy = (
        f"{path} holds no CIFAR-10: set PAPERLIB_CIFAR10 to a folder, a zip or the official archive."
        if paths.cifar10
        else f"It is downloaded at the first run ({URL}, 170 MB); or set PAPERLIB_CIFAR10 to a folder, a zip or that archive."
    )
    images = Requirement("CIFAR-10", None if kind is None else f"{path} ({kind})", remedy)
    needed = (
        ("class-conditional generator", CONDITIONAL), ("judge, and its features (FID)", JUDGE),
        ("generator without classes", UNCONDITIONAL), ("paper B's frozen classifier", TEACHER),
    )  # fmt: skip
    return [images, *(_weights(*need) for need in needed)]


def _weights(name: str, file: str) -> Requirement:
    path = PRETRAINED / f"{file}.safetensors"
    there = path.is_file() and file in manifest(PRETRAINED)
    return Requirement(name, str(path) if there else None, f"{path.name} is not there: {REMEDY}.")


def _settings(warm_start: int) -> tuple[Setting, ...]:
    """Paper B's own, its warm start, the leak experiment."""
    leaks: tuple[Labels, ...] = ("given", "withheld", "shuffled")
    return (
        Setting("unconditional", PLAIN), Setting("unconditional", PLAIN, warm_start), *(Setting(labels, PLAIN) for labels in leaks)
    )  # fmt: skip


def _parts(paths: Paths, part: Part, *, small: bool, warm_start: int = WARM_START) -> Parts:
    judge, on_gpu = Once(_judge), torch.cuda.is_available()
    found = Parts(
        real_images=Once(lambda: _images(paths, part)),
        generator=Once(lambda: _generator(CONDITIONAL)),
        classifier=partial(_classifier, "small" if small else "full"),
        judge=judge,
        features=judge,
        feature_space="CIFAR-10",
        class_names=lambda: CLASSES,
        paper_b=PaperB(
            generator=Once(lambda: _generator(UNCONDITIONAL)),
            teacher=partial(_teacher, Once(lambda: _network(TEACHER))),
            settings=_settings(warm_start),
        ),
        images_form=lambda: _images_form(paths) or "",
        requirements=lambda: _requirements(paths),
        generator_batch=1000 if on_gpu else 100,
        forward_batch=4096 if on_gpu else 1000,
        store_bytes=True,
        mixed_precision=True,
    )
    return found


def parts(paths: Paths) -> Parts:
    """`cifar10`, where `paths` says that the images lie."""
    return _parts(paths, _whole, small=False)


def small_parts(paths: Paths) -> Parts:
    """`cifar10_small`: 10,000 training images, the 10,000 test images."""
    return _parts(paths, _small, small=True)


def tuning_parts(paths: Paths) -> Parts:
    """`cifar10_tuning`: the same training images, the 5,000 validation images in the place of the test images."""
    return _parts(paths, _tuning, small=True)


def smoke_parts(paths: Paths) -> Parts:
    """`cifar10_smoke`: some images of each kind, none of the test images."""
    return _parts(paths, _smoke, small=True, warm_start=50)


# M = N / 20, J and eta are those of the digits.
CIFAR10 = Profile(
    name="cifar10", parts=parts(Paths()), seeds=1, side_seeds=1, quality_samples=5000,
    classifier=ClassifierSizes(
        epochs=150, long_factor=10, images=13_000, round_images=650, mining_steps=5, step_size=0.1, batch_size=128, learning_rate=0.1, width=64,
        stages=(10, 100), hard_per_class=20,
    ),
    mining=MiningSizes(steps=(1, 5, 20), step_sizes=(0.03, 0.1, 0.3, 1.0, 3.0), natural=100, classifier_step_sizes=()),
    conditioning=ConditioningSizes(
        epochs=10, labels_per_epoch=printed_numbers.CONDITIONING_LABELS, validation_labels=5000, batch_size=64, learning_rate=1e-3,
        evaluation_draws=printed_numbers.EVALUATION_DRAWS,
    ),
)  # fmt: skip

SMALL_LABELS = 5000  # an epoch of what stands beside paper B's own form
GAUSSIAN = Trained(
    family="gaussian", prior_weight=0.0, epochs=10, labels_per_epoch=printed_numbers.CONDITIONING_LABELS, batch_size=64, learning_rate=1e-3,
    optimizer="sgd",
)  # fmt: skip
WARM = replace(GAUSSIAN, warm_start=WARM_START)
MIXTURE = replace(GAUSSIAN, family="mixture", labels_per_epoch=3000, learning_rate=0.1)
POSTERIOR = Posterior(prior_weight=0.1, labelled=100_000, epochs=20)  # at 0.01, rejection keeps no cat of 10,000 draws

CIFAR10_SMALL = Profile(
    name="cifar10_small", parts=small_parts(Paths()), seeds=3, side_seeds=3, quality_samples=2000,
    classifier=ClassifierSizes(
        epochs=30, long_factor=5, images=2000, round_images=100, mining_steps=5, step_size=0.1, batch_size=50, learning_rate=0.05, width=16,
        stages=(3, 20), hard_per_class=10,
    ),
    mining=MiningSizes(steps=(1, 5, 20), step_sizes=(0.1, 1.0, 3.0), natural=50, classifier_step_sizes=(0.01, 0.03, 1.0)),
    # DS and DS+HSM at 30 epochs took 129 and 374 seconds (seed 4, one other run beside them): 30 * 374 / 129 = 87.
    controls=ControlSizes(real_images=SMALL_TRAIN, equal_cost_epochs=87),
    diversity=DiversitySizes(
        per_attribute=250,
        methods=(
            *(Rejection(w) for w in (1.0, 0.1)), GAUSSIAN, replace(GAUSSIAN, prior_weight=0.01, labels_per_epoch=SMALL_LABELS), WARM,
            replace(MIXTURE, prior_weight=0.1), POSTERIOR, Metropolis(0.1, passes=32, proposal=POSTERIOR),
        ),
        few=(Rejection(1.0), GAUSSIAN, WARM, POSTERIOR),
    ),
    conditioning=ConditioningSizes(
        epochs=10, labels_per_epoch=printed_numbers.CONDITIONING_LABELS, validation_labels=1000, batch_size=64, learning_rate=1e-3,
        evaluation_draws=5000, side_labels=SMALL_LABELS,
    ),
)  # fmt: skip

# Classifiers are tested on the validation images, never on the test images.
CIFAR10_TUNING = replace(CIFAR10_SMALL, name="cifar10_tuning", parts=tuning_parts(Paths()))

# Every code path in a minute or two; the numbers mean nothing.
CIFAR10_SMOKE = replace(
    CIFAR10_SMALL, name="cifar10_smoke", parts=smoke_parts(Paths()), seeds=1, side_seeds=1, quality_samples=60,
    classifier=ClassifierSizes(
        epochs=2, long_factor=2, images=100, round_images=40, mining_steps=2, step_size=0.1, batch_size=25, learning_rate=0.05, width=4,
        stages=(1, 2), hard_per_class=2,
    ),
    mining=MiningSizes(steps=(1,), step_sizes=(0.1,), natural=5, classifier_step_sizes=(3.0,)),
    controls=ControlSizes(real_images=200, equal_cost_epochs=3),
    diversity=DiversitySizes(
        per_attribute=12,
        methods=(Rejection(1.0), replace(GAUSSIAN, epochs=1, labels_per_epoch=64), replace(POSTERIOR, labelled=300, epochs=2)),
    ),
    conditioning=ConditioningSizes(
        epochs=2, labels_per_epoch=100, validation_labels=100, batch_size=64, learning_rate=1e-3, evaluation_draws=200,
    ),
)  # fmt: skip
