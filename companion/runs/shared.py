"""What several runs share: how a profile's images are made, looked at and shown."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from companion.profiles import Parts, Profile
from paperlib.data import to_floats
from paperlib.generators import Generator, generate_in_batches
from paperlib.metrics import within_class_variance
from paperlib.networks.features import cached_features, extract
from paperlib.training import predict


def balanced_labels(n: int, num_classes: int, device: torch.device) -> torch.Tensor:
    """n labels, as even over the classes as n allows."""
    return torch.arange(n, device=device) % num_classes


def generate(generator: Generator, z: torch.Tensor, y: torch.Tensor | None, parts: Parts) -> torch.Tensor:
    """G(z, y) in the profile's batches: (N, C, H, W), as floats or, where the profile stores bytes, as bytes."""
    return generate_in_batches(generator, z, y, parts.generator_batch, store_bytes=parts.store_bytes)


class View(NamedTuple):
    """What images (N, C, H, W) look like: features (N, D) and probabilities (N, K) of the feature network, the class the judge reads (N,)."""

    images: torch.Tensor
    features: torch.Tensor
    probabilities: torch.Tensor
    judged: torch.Tensor


def look(images: torch.Tensor, parts: Parts) -> View:
    """One pass where judge and feature network are the same."""
    network, judge, batch = parts.features(), parts.judge(), parts.forward_batch
    found = extract(network, images, batch_size=batch)
    scores = found.probabilities if judge is network else predict(judge, images, batch_size=batch)  # type: ignore[comparison-overlap]
    return View(images, found.features, found.probabilities, scores.argmax(1))


def kept_features(images: torch.Tensor, profile: Profile) -> torch.Tensor:
    """Features (N, D) of images that do not change, computed once for a results folder."""
    return cached_features(profile.parts.features(), images, profile.folder / "features", batch_size=profile.parts.forward_batch)


def variance_by_class(values: torch.Tensor, labels: torch.Tensor, classes: int) -> list[float]:
    """Variance within each class, averaged over coordinates; 0 where a class has no image."""
    return [within_class_variance(values[labels == c], labels[labels == c]) if (labels == c).any() else 0.0 for c in range(classes)]


def agreement(logits: torch.Tensor, y: torch.Tensor) -> float:
    """The share of logits (N, K) whose first choice is y (N,)."""
    return (logits.argmax(1) == y).float().mean().item()


def tile(images: torch.Tensor, columns: int) -> NDArray[np.float64]:
    """(N, C, H, W) -> one picture, row by row: grey (rows * H, columns * W), or with a last axis of three colours."""
    pixels = to_floats(images).cpu().double().permute(0, 2, 3, 1)
    rows = [torch.cat(list(row), dim=1) for row in pixels.split(columns)]
    return torch.cat(rows, dim=0).squeeze(2).numpy()
