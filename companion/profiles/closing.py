"""Closing the gap to real images on `cifar10_small`: candidates, tuned on the validation images, and an oracle.

load("cifar10_tuning", paths).methods             # candidates(profile): each a column of Table 1
load("cifar10_small", paths).methods              # chosen(profile): the best of them, tested on the test images

What is in the house was tried alone first; what helped is combined. Each is trained as long as Table 1's long column and adapted by BNA.
The earlier checkpoint is the generator's own at half of its training.
"""

from functools import partial

import torch
from torch import nn

from companion.fresh_images import FreshImages, fresh_images
from companion.oracle import nearest
from companion.profiles.cifar10 import generator_of_stage
from companion.profiles.profile import OwnMethod, Parts, Profile
from paperlib.accuracy_score import Fill
from paperlib.batchnorm_adaptation import adapt_batchnorm
from paperlib.networks.features import extract
from paperlib.training import Source

EARLIER = partial(generator_of_stage, 0.5)
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


CHOSEN = FreshImages(older=0.25, mined=0.5)


def chosen(profile: Profile) -> tuple[OwnMethod]:
    """The best of the candidates on the validation images, on a profile that is tested on other images."""
    return (method_of(CHOSEN, profile),)


def candidates(profile: Profile) -> tuple[OwnMethod, ...]:
    """What is tried, and the oracle, on the profile's parts and at its sizes."""
    return (*(method_of(settings, profile) for settings in TRIED), oracle(profile.parts))


def method_of(settings: FreshImages, profile: Profile) -> OwnMethod:
    """Fresh images, then BNA, as one column."""
    parts, sizes = profile.parts, profile.paper_a
    older, epochs = (EARLIER,) if settings.older else (), sizes.epochs * sizes.long_factor

    def source(fill: Fill, n: int, rng: torch.Generator) -> Source:
        generators = [parts.generator(), *(network() for network in older)]
        return fresh_images(
            settings, generators, n, epochs=epochs, rng=rng, mining_steps=sizes.mining_steps,
            step_size=sizes.step_size, batch_size=parts.generator_batch, store_bytes=parts.store_bytes,
        )  # fmt: skip

    return OwnMethod(f"{settings}, bna", source, _bna, long=True, parts=older)


def oracle(parts: Parts) -> OwnMethod:
    """As many generated images as the column of real images has, each the nearest to a real one in the judge's features: no method, for it
    reads real images. One set for the plain training, so it compares with the baseline and with the column of real images."""

    def source(fill: Fill, n: int, rng: torch.Generator) -> Source:
        real = parts.real_images()[0]
        real = real.subset(torch.randperm(len(real), generator=rng, device=rng.device)[:n])
        made, network = fill(POOL * n, None), parts.features()
        features = [extract(network, data.images, batch_size=parts.forward_batch).features for data in (real, made)]
        chosen = made.subset(nearest(features[0], real.labels, features[1], made.labels))
        return lambda epoch, classifier: chosen

    return OwnMethod(f"oracle, nearest of {POOL} N, bna", source, _bna, parts=(parts.features,))


def _bna(classifier: nn.Module, real_images: torch.Tensor) -> nn.Module:
    return adapt_batchnorm(classifier, real_images)
