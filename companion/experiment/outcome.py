"""What an experiment hands back, and the sampling that several of them share."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from companion.profiles import Parts, Profile
from companion.profiles.profile import Fill
from paperlib.data import Images, to_floats
from paperlib.generators import Generator, generate_in_batches
from paperlib.hard_sample_mining import mine_hard_latents
from paperlib.metrics import within_class_variance
from paperlib.networks.features import cached_features, extract
from paperlib.streams import Purpose, seeded
from paperlib.training import predict


@dataclass
class Outcome:
    """The computed part of a Record. costs: seconds and their like, which no second run repeats; they go to its provenance."""

    metrics: dict[str, Any]
    history: dict[str, list[float]] = field(default_factory=dict)
    pictures: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    costs: dict[str, Any] = field(default_factory=dict)


def new_classifier(parts: Parts, width: int, seed: int, purpose: Purpose) -> nn.Module:
    """A classifier that is yet to be trained. Its images lie channels last: every run has one thread, where this is the faster layout."""
    with seeded(seed, purpose):
        return parts.classifier(width).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def balanced_labels(n: int, num_classes: int, device: torch.device) -> torch.Tensor:
    """n labels, as even over the classes as n allows."""
    return torch.arange(n, device=device) % num_classes


def generate(generator: Generator, z: torch.Tensor, y: torch.Tensor | None, parts: Parts) -> torch.Tensor:
    """G(z, y) in the profile's batches: (N, C, H, W), as floats or, where the profile stores bytes, as bytes."""
    return generate_in_batches(generator, z, y, parts.generator_batch, store_bytes=parts.store_bytes)


def filler(parts: Parts, rng: torch.Generator, steps: int, step_size: float) -> Fill:
    """FillDataset of Alg. 1: fill(n, classifier) -> n images; mined if a classifier is given. A call goes on with the class after the last one's,
    so that the classes of all calls together are even."""
    generator, made = parts.with_classes(), 0

    def fill(n: int, classifier: nn.Module | None) -> Images:
        nonlocal made
        y = balanced_labels(made + n, generator.num_classes, generator.device)[made:]
        made = (made + n) % generator.num_classes
        z = generator.sample_latents(n, rng)
        if classifier is not None:
            z = mine_hard_latents(generator, classifier, z, y, steps=steps, step_size=step_size, batch_size=parts.generator_batch)
        return Images(generate(generator, z, y, parts), y)

    return fill


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
