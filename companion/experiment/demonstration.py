"""What the notebooks show each method on, before the experiment runs: a few latents, and a classifier that was trained for a moment.

shown = prepared(profile)
hard = mine_hard_latents(shown.generator, shown.classifier, shown.z, shown.y, steps=5, step_size=1.0)
start.pictures_figure({"random": shown.picture(shown.z), "mined": shown.picture(hard)})
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from companion.profiles import Profile, device
from companion.runs.shared import balanced_labels, generate, tile
from paperlib.accuracy_score import GeneratedImages, filler, new_classifier
from paperlib.data import Images
from paperlib.generators import Generator
from paperlib.streams import stream
from paperlib.training import train

IMAGES, EPOCHS, OF_EACH = 200, 4, 4


@dataclass(frozen=True)
class Demonstration:
    """generator, classifier: images (N, C, H, W) to logits. z: (N, d), some latents of each class. y: (N,) their classes."""

    profile: Profile
    generator: Generator
    classifier: nn.Module
    z: torch.Tensor
    y: torch.Tensor

    def images(self, z: torch.Tensor) -> torch.Tensor:
        """G(z, y): (N, C, H, W)."""
        return generate(self.generator, z, self.y, self.profile.parts)

    def fresh(self, n: int) -> Images:
        """n new images, the classes even."""
        y = balanced_labels(n, self.generator.num_classes, self.generator.device)
        z = self.generator.sample_latents(n, stream(1, "shown images", device()))
        return Images(generate(self.generator, z, y, self.profile.parts), y)

    def picture(self, z: torch.Tensor) -> NDArray[np.float64]:
        """The images of the latents, a column a class."""
        return self.tiled(self.images(z))

    def tiled(self, images: torch.Tensor) -> NDArray[np.float64]:
        """Images in the order of y as one picture, a column a class."""
        return tile(images, self.generator.num_classes)


def prepared(profile: Profile) -> Demonstration:
    """The profile's generator, and its classifier after some epochs on a few random images: seconds on the digits."""
    parts, sizes = profile.parts, profile.paper_a
    generator, rng = parts.with_classes(), stream(0, "shown images", device())
    few = GeneratedImages(min(IMAGES, sizes.images), pass_images=parts.generator_batch, store_bytes=parts.store_bytes)
    data = filler(few, generator, rng)(few.count, None)
    classifier = new_classifier(partial(parts.classifier, sizes.width), 0, "classifier weights")
    train(
        classifier, lambda epoch, model: data, epochs=min(EPOCHS, sizes.epochs), batch_size=min(sizes.batch_size, 25),
        learning_rate=sizes.learning_rate, progress=False,
    )  # fmt: skip
    y = balanced_labels(OF_EACH * generator.num_classes, generator.num_classes, generator.device)
    return Demonstration(profile, generator, classifier.eval(), generator.sample_latents(len(y), rng), y)


def running_means(model: nn.Module) -> list[float]:
    """Of every channel of every BatchNorm layer."""
    layers = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    return torch.cat([layer.running_mean for layer in layers if layer.running_mean is not None]).tolist()
