"""One seed of paper A (section 3): a classifier that sees generated images alone, fixed or renewed (DS), random or mined (HSM).

settings = Training(epochs=16, batch_size=25, learning_rate=0.05, seed=0)
images = GeneratedImages(count=500, r=0.5, hsm=True, round_images=25, mining_steps=5, step_size=0.1)
source = generated_source(images, generator, lambda: resnet18(10), settings)
classifier, history = train_classifier(lambda: resnet18(10), source, settings)
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from paperlib.data import Images
from paperlib.dataset_smoothing import SmoothedDataset, smoothing_source
from paperlib.generators import Generator, generate_in_batches
from paperlib.hard_sample_mining import collect_hard_dataset, mine_hard_latents
from paperlib.networks.frozen import check_finite
from paperlib.streams import Purpose, seeded, stream
from paperlib.training import Source, TrainingHistory, sgd, train, train_epoch

Fill = Callable[[int, nn.Module | None], Images]
Maker = Callable[[], nn.Module]


@dataclass(frozen=True)
class Training:
    """How a classifier is trained: SGD, its learning rate falling from learning_rate along a cosine. seed: of its first weights, of the order and
    of the images. mixed_precision: in bfloat16 where the device is a GPU."""

    epochs: int
    batch_size: int
    learning_rate: float
    seed: int
    momentum: float = 0.9
    weight_decay: float = 1e-4
    mixed_precision: bool = False


@dataclass(frozen=True)
class GeneratedImages:
    """Which images it sees. count: N. r: the share that DS renews after each epoch; 0 is a fixed set. hsm: with mining; then round_images is M,
    mining_steps J and step_size eta of Alg. 1. pass_images: images a pass of G; it bounds the memory. store_bytes: keep them as uint8."""

    count: int
    r: float = 0.0
    hsm: bool = False
    round_images: int = 1
    mining_steps: int = 0
    step_size: float = 0.0
    pass_images: int = 100
    store_bytes: bool = False


def new_classifier(make: Maker, seed: int, purpose: Purpose) -> nn.Module:
    """make() with the first weights of this seed. Its images lie channels last: with one thread, this is the faster layout."""
    with seeded(seed, purpose):
        return make().to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def train_classifier(
    make: Maker, source: Source, settings: Training, *, on_epoch: Callable[[int, nn.Module], None] | None = None, progress: bool = True
) -> tuple[nn.Module, TrainingHistory]:
    """The classifier make() after the last epoch on the images of `source`, and its losses and accuracies on them. on_epoch(epoch, classifier)
    looks on."""
    model = new_classifier(make, settings.seed, "classifier weights")
    history = train(
        model, source, epochs=settings.epochs, batch_size=settings.batch_size, learning_rate=settings.learning_rate, momentum=settings.momentum,
        weight_decay=settings.weight_decay, on_epoch=on_epoch, seed=settings.seed, mixed_precision=settings.mixed_precision, progress=progress,
    )  # fmt: skip
    return model, history


def filler(images: GeneratedImages, generator: Generator, rng: torch.Generator) -> Fill:
    """FillDataset of Alg. 1: fill(n, classifier) -> n images; mined if a classifier is given. A call goes on with the class after the last one's,
    so that the classes of all calls together are even."""
    made = 0

    def fill(n: int, classifier: nn.Module | None) -> Images:
        nonlocal made
        y = torch.arange(made, made + n, device=generator.device) % generator.num_classes
        made = (made + n) % generator.num_classes
        z = generator.sample_latents(n, rng)
        if classifier is not None:
            z = mine_hard_latents(
                generator, classifier, z, y, steps=images.mining_steps, step_size=images.step_size, batch_size=images.pass_images
            )
        return Images(generate_in_batches(generator, z, y, images.pass_images, store_bytes=images.store_bytes), y)

    return fill


def generated_source(
    images: GeneratedImages, generator: Generator, make: Maker, settings: Training, *, see: Callable[[Images], None] | None = None
) -> Source:
    """The images of each epoch: a fixed data set (random, or by Alg. 1), or one that DS renews (random, or by Alg. 2).

    make() is the classifier that Alg. 1 mines against; the one that is trained on the set starts anew. see(new images): is shown all as they are
    made.
    """
    rng = stream(settings.seed, "training images", generator.device)
    made = filler(images, generator, rng)

    def fill(n: int, classifier: nn.Module | None) -> Images:
        new = made(n, classifier)
        if see is not None:
            see(new)
        return new

    if images.r > 0:
        first = fill(images.count, None)
        return smoothing_source(SmoothedDataset(first.images, first.labels), images.r, fill, hsm=images.hsm, rng=rng)
    fixed = _mined_set(images, fill, make, settings) if images.hsm else fill(images.count, None)
    return lambda epoch, model: fixed


def _mined_set(images: GeneratedImages, fill: Fill, make: Maker, settings: Training) -> Images:
    """Alg. 1 with a classifier of its own, trained at the constant learning rate."""
    model = new_classifier(make, settings.seed, "mining classifier weights")
    optimizer = sgd(model, settings.learning_rate, settings.momentum, settings.weight_decay)
    rng = stream(settings.seed, "mining classifier order")

    def train_one_epoch(data: Images) -> nn.Module:
        loss, _ = train_epoch(model, data, optimizer, batch_size=settings.batch_size, rng=rng, mixed_precision=settings.mixed_precision)
        check_finite(len(data) // images.round_images - 1, settings.learning_rate, torch.tensor(loss), *model.state_dict().values())
        return model

    return collect_hard_dataset(images.count, images.round_images, fill, train_one_epoch)
