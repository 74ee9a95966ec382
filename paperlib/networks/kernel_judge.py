"""The second judge of the digits: kernel ridge regression on gradients, nothing learned but one weight for each image and class.

    scores(x) = sum_i a_i k(x, x_i),    k(x, x') = (f(x) . f(x'))^3

f(x), of unit length: the image made upright (a shear takes the slant out, and moves its centre of mass to the middle), its gradient in
eight directions, negative values set to 0, averaged over windows of 7x7 pixels at every third. The images x_i are the 1,000 test digits.
This is the one exception to the rule that test digits are only tested on: the judge reads generated images and nothing else, and its own
quality is a cross-validation.

    judge = load_pretrained(KernelJudge(), "digits_second_judge")       # images (N, 1, 28, 28) in [-1, 1] -> scores (N, 10)
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.data import to_floats

DIRECTIONS, DEGREE, CHUNK = 8, 3, 1000


class KernelJudge(nn.Module):
    """images: (S, 1, 28, 28) bytes, those it was trained on; coefficients: (S, 10). Both are buffers: it has no parameters."""

    def __init__(self, support: int = 1000, num_classes: int = 10):
        super().__init__()
        self.register_buffer("images", torch.zeros(support, 1, 28, 28, dtype=torch.uint8))
        self.register_buffer("coefficients", torch.zeros(support, num_classes))
        self.images: torch.Tensor
        self.coefficients: torch.Tensor
        self._known = torch.empty(0)
        self._known_of: tuple[int, int] | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scores near 1 for the class and near 0 for the others; they are no logits, and their softmax is no probability."""
        known = self._descriptors_of_images()
        return torch.cat([(descriptors(part) @ known.T) ** DEGREE @ self.coefficients for part in x.split(CHUNK)])

    def _descriptors_of_images(self) -> torch.Tensor:
        """Computed once for the images that it holds: filled or moved, they are others."""
        held = self.images.data_ptr(), self.images._version
        if self._known_of != held:
            self._known, self._known_of = descriptors(to_floats(self.images)), held
        return self._known


def descriptors(x: torch.Tensor) -> torch.Tensor:
    """f of the formula: images (N, 1, 28, 28) in [-1, 1] -> (N, 512) of unit length, 0 for an empty image."""
    x = F.pad(upright((x + 1) / 2), (1, 1, 1, 1))
    across, down = x[:, :, 1:-1, 2:] - x[:, :, 1:-1, :-2], x[:, :, 2:, 1:-1] - x[:, :, :-2, 1:-1]
    angles = [2 * math.pi * i / DIRECTIONS for i in range(DIRECTIONS)]
    slopes = torch.cat([F.relu(math.cos(angle) * across + math.sin(angle) * down) for angle in angles], dim=1)
    return F.normalize(F.avg_pool2d(slopes, 7, 3).flatten(1))


def upright(x: torch.Tensor) -> torch.Tensor:
    """x: (N, 1, H, H) in [0, 1], 0 is the background -> without slant, its centre of mass in the middle."""
    side = x.shape[-1]
    at = (torch.arange(side, device=x.device) - (side - 1) / 2) / (side / 2)
    mass = x[:, 0] / x.sum((1, 2, 3)).clamp(min=1e-6)[:, None, None]
    row, column = mass.sum(2) @ at, mass.sum(1) @ at
    variance = mass.sum(2) @ at**2 - row**2
    covariance = ((mass @ at) * at).sum(1) - row * column
    slant = (covariance / variance.clamp(min=1e-6)).clamp(-1, 1)
    one, zero = torch.ones_like(slant), torch.zeros_like(slant)
    shear = torch.stack([one, slant, column, zero, one, row], dim=1).view(-1, 2, 3)
    return F.grid_sample(x, F.affine_grid(shear, list(x.shape), align_corners=False), align_corners=False)
