"""Paper A at its own scale: BigGAN-deep-128, ten ImageNet classes, ResNet-18. For a GPU, the weights and ImageNet.

What the paper does not give is chosen here and not tuned, for these classes have no run behind them yet: M = N / 20, J = 5 and eta = 0.1
come from the `digits` profile; truncation 1 keeps the generator's whole variety; batches of 128.

Paths says where things lie: imagenet (a folder with train/ and val/), biggan (a folder, the library's name, or a hub repository),
inception and judge (weights files; without them they are downloaded).
"""

from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from companion.profiles.profile import ClassifierSizes, MiningSizes, Once, Parts, Profile, Requirement, device
from companion.support.paths import ROOT, Paths
from paperlib import data
from paperlib.data import Images
from paperlib.data.imagenet import CLASSES, describe, find_images
from paperlib.generators import Generator, fuse_biggan, load_biggan
from paperlib.generators.biggan import DOWNLOADS, random_biggan
from paperlib.networks.classifiers import resnet18
from paperlib.networks.imagenet import INCEPTION, RESNET50, ImageNetJudge, Inception, WeightsFile
from paperlib.support.weights import CheckpointError

TRUNCATION = 1.0
SIZE = 128
BIGGAN = "biggan-deep-128"
INDICES = [c.index for c in CLASSES]


def _dtype() -> torch.dtype:
    """bfloat16 on a GPU, float32 elsewhere."""
    return torch.bfloat16 if device().type == "cuda" else torch.float32


def _images(paths: Paths) -> tuple[Images, Images]:
    train, val = data.imagenet10(_root(paths), size=SIZE, cache=paths.cache)
    return train.to(device()), val.to(device())


def _root(paths: Paths) -> Path:
    return paths.imagenet or ROOT / "data" / "imagenet"


def _generator(source: str) -> Generator:
    """Raises CheckpointError where it makes images of another size than the real ones are read in."""
    generator = load_biggan(source, truncation=TRUNCATION, classes=INDICES, dtype=_dtype())
    if generator.image_shape != (3, SIZE, SIZE):
        raise CheckpointError(
            f"{source} makes images of shape {generator.image_shape}; the profile takes (3, {SIZE}, {SIZE}). Give BigGAN-deep-128."
        )
    return generator.to(device())


def _classifier(width: int) -> nn.Module:
    return resnet18(len(CLASSES), width=width).to(device())


def _requirements(paths: Paths) -> list[Requirement]:
    """Nothing is opened or downloaded."""
    root, source = _root(paths), paths.biggan or BIGGAN
    problems = find_images(root)[1]
    images = Requirement("ImageNet's ten classes", None if problems else str(root), describe(root, problems) if problems else "")
    local = Path(source).expanduser().is_dir() or source not in DOWNLOADS
    biggan = Requirement(
        "BigGAN-deep-128",
        source if local else None,
        f"It is downloaded at the first run ({DOWNLOADS[BIGGAN]}); if that address is gone, fetch the "
        "checkpoint elsewhere and set PAPERLIB_BIGGAN to its folder (config.json, pytorch_model.bin), or to a hub repository.",
    )
    weights = (("Inception (FID)", INCEPTION, paths.inception), ("ResNet-50 (judge)", RESNET50, paths.judge))
    return [images, biggan, *(_weights(name, file, file.local(given)) for name, file, given in weights)]


def _weights(name: str, file: WeightsFile, path: Path) -> Requirement:
    remedy = f"It is downloaded at the first run ({file.url}); without a network, set {file.variable} to a copy."
    return Requirement(name, str(path) if path.is_file() else None, remedy)


def random_parts(real: Parts) -> Parts:
    """For bench/: the same networks with random weights, and images of noise: what they make means nothing, what they cost is true."""
    rng = torch.Generator().manual_seed(0)
    noise = Images(torch.randint(256, (1300, 3, SIZE, SIZE), generator=rng, dtype=torch.uint8), torch.arange(1300) % 10).to(device())
    return replace(
        real,
        real_images=lambda: (noise, noise),
        generator=Once(lambda: fuse_biggan(random_biggan(), TRUNCATION, classes=INDICES, dtype=_dtype()).to(device())),
        features=Once(lambda: Inception(pretrained=False).to(device())),
        judge=Once(lambda: ImageNetJudge(INDICES, pretrained=False).to(device())),
    )


def parts(paths: Paths) -> Parts:
    """The profile's parts where `paths` says that they lie."""
    found = Parts(
        real_images=Once(lambda: _images(paths)),
        generator=Once(lambda: _generator(paths.biggan or BIGGAN)),
        classifier=_classifier,
        judge=Once(lambda: ImageNetJudge(INDICES, file=paths.judge).to(device())),
        features=Once(lambda: Inception(file=paths.inception).to(device())),
        feature_space="Inception",
        class_names=lambda: tuple(c.name for c in CLASSES),
        requirements=lambda: _requirements(paths),
        generator_batch=256 if torch.cuda.is_available() else 8,
        forward_batch=512 if torch.cuda.is_available() else 32,
        store_bytes=True,
        mixed_precision=True,
    )
    return found


IMAGENET10 = Profile(
    name="imagenet10", parts=parts(Paths()), seeds=1, side_seeds=1, quality_samples=5000,
    classifier=ClassifierSizes(
        epochs=150, long_factor=10, images=13_000, round_images=650, mining_steps=5, step_size=0.1, batch_size=128, learning_rate=0.1, width=64,
        stages=(10, 100), hard_per_class=20,
    ),
    mining=MiningSizes(steps=(1, 5, 20), step_sizes=(0.03, 0.1, 0.3, 1.0, 3.0), natural=100, classifier_step_sizes=()),
)  # fmt: skip

# The same parts at tiny counts: a trial of weights, images and device before the real run; the numbers mean nothing.
IMAGENET10_SMOKE = replace(
    IMAGENET10, name="imagenet10_smoke", quality_samples=10,
    classifier=ClassifierSizes(
        epochs=2, long_factor=2, images=10, round_images=5, mining_steps=1, step_size=0.1, batch_size=10, learning_rate=0.1, width=16,
        stages=(1, 2), hard_per_class=1,
    ),
    mining=MiningSizes(steps=(1,), step_sizes=(0.1,), natural=1, classifier_step_sizes=(1.0,)),
)  # fmt: skip
