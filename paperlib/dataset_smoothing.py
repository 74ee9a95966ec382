"""Dataset Smoothing (DS), paper A section 3.2: replace a fraction of the data set after every epoch.

X_{i+1} = Subset_{(1-r)N}(X_i)  u  X_new,   |X_new| = rN                       (DS)
X_{i+1} = Subset_{(1-r)N}(X_i)  u  X_hsm  u  X_new,   rN/2 images each          (Alg. 2, DS with HSM)

data = SmoothedDataset(images, labels)
data.replace(0.5, new_images, new_labels, rng)      # len(new_images) == round(0.5 * len(data))
"""

from collections.abc import Callable

import torch
from torch import nn

from paperlib.checks import check_number
from paperlib.data import Images, returned_images


def check_fraction(r: float) -> None:
    """Raise ConfigError unless r is in [0, 1]: 0 keeps every image, 1 replaces all in each epoch."""
    check_number("r", r, 0, 1)


class SmoothedDataset:
    """A data set of fixed size N whose images change. Images and labels are copied.

    Args:
        images: (N, C, H, W) float in [-1, 1] or uint8 in 0..255.
        labels: (N,) long. Class of each image.

    Raises:
        ValueError: there are not as many labels as images.
    """

    def __init__(self, images: torch.Tensor, labels: torch.Tensor):
        if len(images) != len(labels):
            raise ValueError(f"{len(images)} images but {len(labels)} labels; give one label for each image.")
        self.images, self.labels = images.clone(), labels.clone()

    def __len__(self) -> int:
        return len(self.labels)

    def count(self, fraction: float) -> int:
        """rN, the number of images that `replace(fraction, ...)` takes."""
        check_fraction(fraction)
        return round(fraction * len(self))

    def replace(
        self, fraction: float, new_images: torch.Tensor, new_labels: torch.Tensor, rng: torch.Generator | None = None
    ) -> "SmoothedDataset":
        """Keep a random (1 - r)N images, and put rN new ones in place of the others.

        Args:
            fraction: in [0, 1]. Fraction r that is replaced: 0 keeps every image, 1 replaces all.
            new_images: (rN, C, H, W), type and range as the data set's; count(fraction) gives rN.
            new_labels: (rN,) long. Class of each new image.
            rng: stream of random numbers; None is torch's global stream.

        Returns:
            The data set itself, changed.

        Raises:
            ValueError: fraction is out of range, or the new images or labels have another number or shape.
        """
        n = self.count(fraction)
        if len(new_images) != n or len(new_labels) != n:
            raise ValueError(
                f"fraction {fraction} of {len(self)} takes {n} images and labels; got {len(new_images)} and {len(new_labels)}. Give count(fraction) of each."
            )
        new, held = ((tuple(images.shape[1:]), images.dtype) for images in (new_images, self.images))
        if n and new != held:
            raise ValueError(
                f"new images have shape {new[0]} and type {new[1]}; the data set holds {held[0]} and {held[1]}. Make them equal."
            )
        order = torch.randperm(len(self), generator=rng, device=rng.device if rng else "cpu")
        index = order[:n].to(self.images.device)
        self.images[index] = new_images
        self.labels[index] = new_labels
        return self


def smoothing_source(
    data: SmoothedDataset,
    r: float,
    fill: Callable[[int, nn.Module | None], Images],
    *,
    hsm: bool,
    rng: torch.Generator,
) -> Callable[[int, nn.Module], Images]:
    """Alg. 2 as the source of `training.train`: epoch 0 sees `data`; before each later epoch rN images are replaced.

    fill(n, classifier or None) -> n new images, mined against the classifier if one is given. With hsm, half of the rN are mined.
    """
    new = data.count(r)
    mined = new // 2 if hsm else 0

    def source(epoch: int, classifier: nn.Module) -> Images:
        if epoch > 0 and new > 0:
            parts = [returned_images(fill(new - mined, None), f"fill({new - mined}, None)", new - mined)]
            if mined:
                parts.append(returned_images(fill(mined, classifier), f"fill({mined}, classifier)", mined))
            data.replace(r, torch.cat([p.images for p in parts]), torch.cat([p.labels for p in parts]), rng)
        return Images(data.images, data.labels)

    return source
