"""Labelled images, as floats in [-1, 1] or as bytes: a large set lives on the device in a quarter of the memory.

x = to_floats(data.images[index])            # a batch for a network, whatever the storage
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.model_selection import train_test_split

from paperlib.checks import check_count

TOLERANCE = 1e-4


@dataclass(frozen=True)
class Images:
    """images: (N, C, H, W), float in [-1, 1] or uint8 in 0..255; labels: (N,) long."""

    images: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device | str) -> "Images":
        return Images(self.images.to(device), self.labels.to(device))

    def subset(self, index: torch.Tensor) -> "Images":
        return Images(self.images[index], self.labels[index])


def to_floats(images: torch.Tensor) -> torch.Tensor:
    """uint8 in 0..255 -> float32 in [-1, 1]; floats are left as they are."""
    return images.float() / 127.5 - 1 if images.dtype == torch.uint8 else images


def to_bytes(images: torch.Tensor) -> torch.Tensor:
    """Floats in [-1, 1] -> uint8 in 0..255, rounded to the nearest."""
    return ((images + 1) * 127.5).round_().clamp_(0, 255).to(torch.uint8)


def check_images(images: torch.Tensor, name: str = "images") -> None:
    """Raise ValueError unless `images` is (N, C, H, W), finite and in [-1, 1], or bytes."""
    if images.ndim != 4:
        raise ValueError(f"{name} has shape {tuple(images.shape)}; expected (N, C, H, W). Add the missing axes, e.g. images[:, None].")
    if len(images) == 0:
        raise ValueError(f"{name} is empty; at least one image is needed.")
    if images.dtype == torch.uint8:
        return
    if not images.is_floating_point():
        raise ValueError(f"{name} is {images.dtype}; expected floats in [-1, 1] or bytes. For 0..255 pixels use images.to(torch.uint8).")
    low, high = images.aminmax()
    if not (torch.isfinite(low) and torch.isfinite(high)):
        raise ValueError(f"{name} contains NaN or infinity; remove or repair those images first.")
    if low < -1 - TOLERANCE or high > 1 + TOLERANCE:
        raise ValueError(f"{name} spans [{low:.4g}, {high:.4g}]; expected [-1, 1]. For 0..255 pixels use images / 127.5 - 1.")


def check_labels(labels: torch.Tensor, n: int, num_classes: int, name: str = "labels") -> None:
    """Raise ValueError unless `labels` is n integers in [0, num_classes)."""
    if labels.shape != (n,) or labels.dtype != torch.long:
        raise ValueError(f"{name} is {labels.dtype} of shape {tuple(labels.shape)}; expected ({n},) torch.long. Give one for each image.")
    low, high = (int(value) for value in labels.aminmax())
    if low < 0 or high >= num_classes:
        raise ValueError(f"{name} spans [{low}, {high}]; expected [0, {num_classes - 1}]: the classifier has {num_classes} classes.")


def returned_images(made: Any, call: str, n: int | None = None) -> Images:
    """What a function of the caller's returned; ValueError unless it is Images, n of them where n is given."""
    if not all(isinstance(getattr(made, part, None), torch.Tensor) for part in ("images", "labels")):
        raise ValueError(f"{call} returned {type(made).__name__}; return Images(images, labels).")
    if n is not None and not len(made.images) == len(made.labels) == n:
        raise ValueError(f"{call} returned {len(made.images)} images and {len(made.labels)} labels; return {n} of each.")
    return made  # type: ignore[no-any-return]


def split(data: Images, test_size: int, seed: int) -> tuple[Images, Images]:
    """(rest, part of `test_size` images), stratified by label, the same for the same seed, which is below 2**32."""
    check_count("seed", seed, 0, 2**32 - 1)
    rest, part = train_test_split(np.arange(len(data)), test_size=test_size, stratify=data.labels.cpu(), random_state=seed)
    return data.subset(torch.from_numpy(np.sort(rest))), data.subset(torch.from_numpy(np.sort(part)))
