"""Paper A at its own scale: BigGAN-deep-128, ten ImageNet classes, ResNet-18. For a GPU, the weights and ImageNet.

What the paper does not give is chosen here and not tuned, for these classes have no run behind them yet: M = N / 20, J = 5 and eta = 0.1
come from the `digits` profile; truncation 1 keeps the generator's whole variety; batches of 128.

Where things lie is said by the environment: PAPERLIB_IMAGENET (a folder with train/ and val/), PAPERLIB_BIGGAN (a folder, the library's
name, or a hub repository), PAPERLIB_INCEPTION and PAPERLIB_JUDGE (weights files; without them they are downloaded).
"""

import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import torch
from torch import nn

from paperlib import data
from paperlib.data import Images
from paperlib.data.imagenet import CLASSES, describe, find_images
from paperlib.generators import Generator, fuse_biggan, load_biggan
from paperlib.generators.biggan import DOWNLOADS, find_files, random_biggan
from paperlib.networks.classifiers import resnet18
from paperlib.networks.imagenet import INCEPTION, RESNET50, ImageNetJudge, Inception, WeightsFile
from paperlib.profiles.profile import ClassifierSizes, MiningSizes, Parts, Profile, Requirement, device
from paperlib.records import ROOT
from paperlib.support.weights import CheckpointError, sha256_of

TRUNCATION = 1.0
SIZE = 128
INDICES = [c.index for c in CLASSES]


def _root() -> str:
    return os.environ.get("PAPERLIB_IMAGENET") or str(ROOT / "data" / "imagenet")


def _biggan() -> str:
    return os.environ.get("PAPERLIB_BIGGAN") or "biggan-deep-128"


@cache
def _images_at(root: str) -> tuple[Images, Images]:
    train, val = data.imagenet10(root, size=SIZE)
    return train.to(device()), val.to(device())


def _dtype() -> torch.dtype:
    """bfloat16 on a GPU, float32 elsewhere."""
    return torch.bfloat16 if device().type == "cuda" else torch.float32


@cache
def _generator_from(source: str) -> Generator:
    """Raises CheckpointError where it makes images of another size than the real ones are read in."""
    generator = load_biggan(source, truncation=TRUNCATION, classes=INDICES, dtype=_dtype())
    if generator.image_shape != (3, SIZE, SIZE):
        raise CheckpointError(
            f"{source} makes images of shape {generator.image_shape}; the profile takes (3, {SIZE}, {SIZE}). Give BigGAN-deep-128."
        )
    return generator.to(device())


def _classifier(width: int) -> nn.Module:
    return resnet18(len(CLASSES), width=width).to(device()).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


@cache
def _judge_at(path: Path) -> ImageNetJudge:
    return ImageNetJudge(INDICES).to(device())


@cache
def _inception_at(path: Path) -> Inception:
    return Inception().to(device())


def _checksums() -> dict[str, str]:
    paths = {"biggan": find_files(_biggan())[1], "inception": INCEPTION.path(), "judge": RESNET50.path()}
    return {name: sha256_of(path) for name, path in paths.items()}


def _requirements() -> list[Requirement]:
    """Nothing is opened or downloaded."""
    problems = find_images(_root())[1]
    images = Requirement(
        "ImageNet's ten classes", "real_images", None if problems else _root(), describe(_root(), problems) if problems else ""
    )
    source = _biggan()
    local = Path(source).expanduser().is_dir() or source not in DOWNLOADS
    biggan = Requirement(
        "BigGAN-deep-128",
        "generator",
        source if local else None,
        f"It is downloaded at the first run ({DOWNLOADS['biggan-deep-128']}); if that address is gone, fetch the "
        "checkpoint elsewhere and set PAPERLIB_BIGGAN to its folder (config.json, pytorch_model.bin), or to a hub repository.",
    )
    return [images, biggan, _weights("Inception (FID)", "features", INCEPTION), _weights("ResNet-50 (judge)", "judge", RESNET50)]


def _weights(name: str, part: str, file: WeightsFile) -> Requirement:
    path = file.local()
    return Requirement(
        name,
        part,
        str(path) if path.is_file() else None,
        f"It is downloaded at the first run ({file.url}); without a network, set {file.variable} to a copy.",
    )


@cache
def stand_ins() -> Parts:
    """The same networks with random weights, and images of noise: what they make means nothing, what they cost is true."""
    generator = fuse_biggan(random_biggan(), TRUNCATION, classes=INDICES, dtype=_dtype()).to(device())
    rng = torch.Generator().manual_seed(0)
    noise = Images(torch.randint(256, (1300, 3, SIZE, SIZE), generator=rng, dtype=torch.uint8), torch.arange(1300) % 10).to(device())
    features, judge = Inception(pretrained=False).to(device()), ImageNetJudge(INDICES, pretrained=False).to(device())
    return replace(
        PARTS,
        real_images=lambda: (noise, noise),
        generator=lambda: generator,
        features=lambda: features,
        judge=lambda: judge,
        checksums=dict,
    )


PARTS = Parts(
    real_images=lambda: _images_at(_root()),
    generator=lambda: _generator_from(_biggan()),
    classifier=_classifier,
    judge=lambda: _judge_at(RESNET50.local()),
    features=lambda: _inception_at(INCEPTION.local()),
    feature_space="Inception",
    class_names=lambda: tuple(c.name for c in CLASSES),
    checksums=_checksums,
    requirements=_requirements,
    stand_ins=stand_ins,
    generator_batch=256 if torch.cuda.is_available() else 8,
    forward_batch=512 if torch.cuda.is_available() else 32,
    store_bytes=True,
    mixed_precision=True,
)

IMAGENET10 = Profile(
    name="imagenet10", parts=PARTS, seeds=1, quality_samples=5000,
    classifier=ClassifierSizes(
        epochs=150, long_factor=10, images=13_000, round_images=650, mining_steps=5, step_size=0.1, batch_size=128, learning_rate=0.1, width=64,
        stages=(10, 100), hard_per_class=20,
    ),
    mining=MiningSizes(steps=(1, 5, 20), step_sizes=(0.03, 0.1, 0.3, 1.0, 3.0), natural=100, classifier_step_sizes=()),
)  # fmt: skip

# The same parts at tiny counts: a trial of weights, images and device before the real run; the numbers mean nothing.
IMAGENET10_SMOKE = replace(
    IMAGENET10, name="imagenet10_smoke", quality_samples=20,
    classifier=ClassifierSizes(
        epochs=2, long_factor=2, images=20, round_images=10, mining_steps=1, step_size=0.1, batch_size=10, learning_rate=0.1, width=64,
        stages=(1, 2), hard_per_class=1,
    ),
    mining=MiningSizes(steps=(1,), step_sizes=(0.1,), natural=1, classifier_step_sizes=(1.0,)),
)  # fmt: skip
