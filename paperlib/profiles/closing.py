"""Closing the gap to real images on `cifar10_small`: candidates, tuned on the validation images, beside the oracle that bounds them.

load("cifar10_tuning", paths).methods             # candidates(profile): each a column of Table 1

What is in the house was tried alone first; what helped is combined. Each is trained as long as Table 1's long column and adapted by BNA.
The earlier checkpoint is the generator's own at half of its training.
"""

from collections.abc import Callable

import torch
from torch import nn

from paperlib.batchnorm_adaptation import adapt_batchnorm
from paperlib.beyond.fresh_images import FreshImages, fresh_images
from paperlib.beyond.oracle import nearest
from paperlib.generators import Generator
from paperlib.networks.features import extract
from paperlib.profiles.cifar10 import generator_of_stage
from paperlib.profiles.profile import Fill, OwnMethod, Parts, Profile
from paperlib.training import Source

POOL = 20  # generated images for each one that the oracle takes
TRIED = (
    FreshImages(),
    FreshImages(mined=0.25),
    FreshImages(mined=0.5),
    FreshImages(latent_std=1.1),
    FreshImages(older=0.25),
    FreshImages(older=0.5),
    FreshImages(older=0.25, mined=0.5),
    FreshImages(dropped=0.1),
)


def candidates(profile: Profile) -> tuple[OwnMethod, ...]:
    """What is tried, and the oracle, on the profile's parts and at its sizes."""
    return (*(method_of(settings, profile) for settings in TRIED), oracle(profile.parts))


def method_of(settings: FreshImages, profile: Profile) -> OwnMethod:
    """Fresh images, then BNA, as one column."""
    parts, sizes = profile.parts, profile.paper_a

    def source(fill: Fill, n: int, rng: torch.Generator) -> Source:
        generators: list[Generator] = [parts.generator()]
        if settings.older:
            generators.append(generator_of_stage(0.5))
        return fresh_images(
            settings, generators, n, epochs=sizes.epochs * sizes.long_factor, rng=rng, mining_steps=sizes.mining_steps,
            step_size=sizes.step_size, batch_size=parts.generator_batch, store_bytes=parts.store_bytes,
        )  # fmt: skip

    return OwnMethod(f"{settings}, bna", source, _bna(parts), long=True)


def oracle(parts: Parts) -> OwnMethod:
    """As many generated images as the column of real images has, each the nearest to a real one in the judge's features: a bound, not a method."""

    def source(fill: Fill, n: int, rng: torch.Generator) -> Source:
        real = parts.real_images()[0]
        real = real.subset(torch.randperm(len(real), generator=rng, device=rng.device)[:n])
        made, network = fill(POOL * n, None), parts.features()
        features = [extract(network, data.images, batch_size=parts.forward_batch).features for data in (real, made)]
        chosen = made.subset(nearest(features[0], real.labels, features[1], made.labels))
        return lambda epoch, classifier: chosen

    return OwnMethod(f"oracle, nearest of {POOL} N, bna", source, _bna(parts))


def _bna(parts: Parts) -> Callable[[nn.Module, torch.Tensor], nn.Module]:
    def adapt(classifier: nn.Module, real_images: torch.Tensor) -> nn.Module:
        return adapt_batchnorm(classifier, real_images, batch_size=parts.forward_batch)

    return adapt
