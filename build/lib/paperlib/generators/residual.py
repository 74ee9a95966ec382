"""A BigGAN-style residual generator for small images (Brock et al. 2019, appendix B), with or without classes.

c = [z, e(y)]          (e: class embedding; unconditional: c = z)
h = W z, reshaped to (4 * channels, H/4, W/4);  two blocks, each: BN(h | c) -> ReLU -> up -> conv -> BN(. | c) -> ReLU -> conv, plus skip
x = tanh(conv(ReLU(BN(h))))

generator = ResidualGenerator(latent_dim=32, num_classes=10)
images = generator(torch.randn(8, 32), torch.arange(8))          # (8, 1, 28, 28) in [-1, 1]
"""

import torch
import torch.nn.functional as F
from torch import nn


class ConditionalBatchNorm(nn.Module):
    """Batch normalisation whose gain and bias are linear in a condition c: (N, condition_dim)."""

    def __init__(self, channels: int, condition_dim: int):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = nn.Linear(condition_dim, channels, bias=False)
        self.bias = nn.Linear(condition_dim, channels, bias=False)
        for linear in (self.gain, self.bias):
            nn.init.normal_(linear.weight, std=0.02)

    def forward(self, h: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
        return self.norm(h) * (1 + self.gain(c))[:, :, None, None] + self.bias(c)[:, :, None, None]


class ResidualBlock(nn.Module):
    """Doubles height and width: BN - ReLU - up - conv - BN - ReLU - conv, with an upsampled 1x1 skip."""

    def __init__(self, in_channels: int, out_channels: int, condition_dim: int):
        super().__init__()
        self.norm1 = ConditionalBatchNorm(in_channels, condition_dim)
        self.norm2 = ConditionalBatchNorm(out_channels, condition_dim)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.skip = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, h: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
        r = F.interpolate(F.relu(self.norm1(h, c)), scale_factor=2)
        r = self.conv2(F.relu(self.norm2(self.conv1(r), c)))
        return r + F.interpolate(self.skip(h), scale_factor=2)


class ResidualGenerator(nn.Module):
    """G(z, y) -> images (N, C, H, W) in [-1, 1], H and W divisible by 4.

    z: (N, latent_dim) float, standard normal. y: (N,) long in [0, num_classes), or None: the unconditional
    generator takes None only; a class-conditional one then uses the mean embedding over its classes (label withheld).
    """

    def __init__(
        self,
        *,
        latent_dim: int = 32,
        num_classes: int = 0,
        image_shape: tuple[int, int, int] = (1, 28, 28),
        channels: int = 16,
        embedding_dim: int = 16,
    ):
        super().__init__()
        self.latent_dim, self.num_classes, self.image_shape = latent_dim, num_classes, image_shape
        self.grid = (4 * channels, image_shape[1] // 4, image_shape[2] // 4)
        condition_dim = latent_dim + (embedding_dim if num_classes else 0)
        self.embedding = nn.Embedding(num_classes, embedding_dim) if num_classes else None
        self.linear = nn.Linear(latent_dim, self.grid[0] * self.grid[1] * self.grid[2])
        self.block1 = ResidualBlock(4 * channels, 2 * channels, condition_dim)
        self.block2 = ResidualBlock(2 * channels, channels, condition_dim)
        self.norm = nn.BatchNorm2d(channels)
        self.conv = nn.Conv2d(channels, image_shape[0], 3, padding=1)

    def condition(self, z: torch.Tensor, y: torch.Tensor | None) -> torch.Tensor:
        if self.embedding is None:
            return z
        e = self.embedding(y) if y is not None else self.embedding.weight.mean(0).expand(len(z), -1)
        return torch.cat([z, e], dim=1)

    def forward(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        c = self.condition(z, y)
        h = self.linear(z).view(-1, *self.grid)
        h = self.block2(self.block1(h, c), c)
        return torch.tanh(self.conv(F.relu(self.norm(h))))
