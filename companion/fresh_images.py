"""Past paper A: every image is new in every epoch (Dataset Smoothing with r = 1), and what else is in the house comes on top.

source = fresh_images(FreshImages(latent_std=1.1, older=0.25), [generator, older], 2000, epochs=150, rng=rng)
train(classifier, source, epochs=150, ...)

Wider latents and a mixture of checkpoints are those of GaFi (Lampis et al. 2023), whose filter asks a classifier of real images. The filter
here asks the classifier in training, so no real image takes part.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.checks import check, check_number
from paperlib.data import Images
from paperlib.generators import Generator, generate_in_batches
from paperlib.hard_sample_mining import mine_hard_latents
from paperlib.training import Source, predict


@dataclass(frozen=True)
class FreshImages:
    """How the images of an epoch are made. All four at their defaults are Dataset Smoothing with r = 1.

    latent_std: of the latents, in (0, 2]; 1 is the prior. older: in [0, 1], share made by the earlier checkpoint. mined: in [0, 1], share that
    HSM moves in the second half of the training. dropped: in [0, 0.9], share of the other images that is left out in the second half, those
    of the highest loss: their label is probably wrong.
    """

    latent_std: float = 1.0
    older: float = 0.0
    mined: float = 0.0
    dropped: float = 0.0

    def __post_init__(self) -> None:
        check_number("latent_std", self.latent_std, 0, 2, open_low=True)
        check_number("older", self.older, 0, 1)
        check_number("mined", self.mined, 0, 1)
        check_number("dropped", self.dropped, 0, 0.9)
        check(self.older + self.mined <= 1, "older + mined", self.older + self.mined, "the two shares make at most 1")

    def __str__(self) -> str:
        """All that differs from the defaults, so that a name tells methods apart."""
        words = {
            "latent std": (self.latent_std, 1.0),
            "older": (self.older, 0.0),
            "mined": (self.mined, 0.0),
            "dropped": (self.dropped, 0.0),
        }
        return ", ".join(["fresh images", *(f"{name} {value:g}" for name, (value, default) in words.items() if value != default)])


def fresh_images(
    settings: FreshImages,
    generators: Sequence[Generator],
    n: int,
    *,
    epochs: int,
    rng: torch.Generator,
    mining_steps: int = 5,
    step_size: float = 0.1,
    batch_size: int = 100,
    store_bytes: bool = False,
) -> Source:
    """The source of training.train: n new images for every epoch, the classes even.

    Args:
        settings: how they are made.
        generators: the class-conditional generator, and the earlier checkpoint of it where `older` is above 0.
        n: at least 2. Images of an epoch.
        epochs: of the whole training; its second half begins at epochs // 2.
        rng: stream of random numbers, on the generators' device.
        mining_steps, step_size: J and eta of HSM.
        batch_size: images in a pass; it bounds the memory.
        store_bytes: images as uint8 in place of floats in [-1, 1].

    Raises:
        ConfigError: n is too small, or the earlier checkpoint is missing.
    """
    check(n >= 2, "n", n, "use at least 2 images")
    check(len(generators) == 1 + (settings.older > 0), "generators", len(generators), "give the generator, and one checkpoint if older > 0")

    def make(generator: Generator, count: int, classifier: nn.Module | None = None) -> Images:
        y = torch.arange(count, device=generator.device) % generator.num_classes
        z = settings.latent_std * generator.sample_latents(count, rng)
        if classifier is not None:
            z = mine_hard_latents(generator, classifier, z, y, steps=mining_steps, step_size=step_size, batch_size=batch_size)
        return Images(generate_in_batches(generator, z, y, batch_size, store_bytes=store_bytes), y)

    def source(epoch: int, classifier: nn.Module) -> Images:
        late = epoch >= epochs // 2
        older = round(settings.older * n)
        mined = min(round(settings.mined * n), n - older) if late else 0
        parts = [(generators[0], n - older - mined), (generators[-1], older)]
        made = []
        for generator, count in parts:
            if count and late and settings.dropped:
                made.append(_easiest(make(generator, round(count / (1 - settings.dropped))), classifier, count))
            elif count:
                made.append(make(generator, count))
        if mined:
            made.append(make(generators[0], mined, classifier))
        return Images(torch.cat([m.images for m in made]), torch.cat([m.labels for m in made]))

    return source


def _easiest(data: Images, classifier: nn.Module, n: int) -> Images:
    """The n images of the lowest loss, as many of each class as there were."""
    loss = F.cross_entropy(predict(classifier, data.images), data.labels, reduction="none")
    rank = torch.empty_like(data.labels)
    for label in data.labels.unique():
        of_class = (data.labels == label).nonzero()[:, 0]
        rank[of_class[loss[of_class].argsort()]] = torch.arange(len(of_class), device=rank.device)
    return data.subset((rank * len(data) + data.labels).argsort()[:n])
