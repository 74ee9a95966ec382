"""What an experiment hands back, and the sampling that several of them share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from paperlib.data import Images
from paperlib.generators import Generator
from paperlib.hard_sample_mining import mine_hard_latents

Fill = Callable[[int, nn.Module | None], Images]


@dataclass
class Outcome:
    """The computed part of a Record."""

    metrics: dict[str, Any]
    history: dict[str, list[Any]] = field(default_factory=dict)
    pictures: dict[str, NDArray[np.float64]] = field(default_factory=dict)


def balanced_labels(n: int, num_classes: int, device: torch.device) -> torch.Tensor:
    """n labels, as even over the classes as n allows."""
    return torch.arange(n, device=device) % num_classes


@torch.no_grad()
def generate(generator: Generator, z: torch.Tensor, y: torch.Tensor | None, *, batch_size: int = 100) -> torch.Tensor:
    """G(z, y) in batches: (N, C, H, W)."""
    labels = y.split(batch_size) if y is not None else [None] * len(z.split(batch_size))
    return torch.cat([generator(a, b) for a, b in zip(z.split(batch_size), labels, strict=True)])


def filler(generator: Generator, rng: torch.Generator, steps: int, step_size: float) -> Fill:
    """FillDataset of Alg. 1: fill(n, classifier) -> n images, the classes even; mined if a classifier is given."""

    def fill(n: int, classifier: nn.Module | None) -> Images:
        y = balanced_labels(n, generator.num_classes, generator.device)
        z = generator.sample_latents(n, rng)
        if classifier is not None:
            z = mine_hard_latents(generator, classifier, z, y, steps=steps, step_size=step_size)
        return Images(generate(generator, z, y), y)

    return fill


def tile(images: torch.Tensor, columns: int) -> NDArray[np.float64]:
    """(N, C, H, W) -> one grey picture (rows * H, columns * W), row by row."""
    grey = images.mean(1).cpu().double()
    rows = [torch.cat(list(row), dim=1) for row in grey.split(columns)]
    return torch.cat(rows, dim=0).numpy()
