"""Classifiers of 32x32 photographs, for `cifar10` and `faces`: images (N, 3, 32, 32) in [-1, 1] -> logits (N, K).

They share no design with each other nor with paper A's ResNet-18. The judge is the wide, shallow residual network of D. Page's "How to
train your ResNet" (2018), which takes part in no training of what it judges. Paper B's frozen classifier has plain convolutions, dropout
and no shortcut.
"""

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.networks.image_convolution import ImageConvolution


def _layer(inside: int, outside: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inside, outside, 3, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True))


class _ScaledLinear(nn.Linear):
    """Its logits are an eighth of a linear layer's, as in the judge's source."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 0.125 * super().forward(x)


class NaturalJudge(nn.Module):
    """features (N, 8 * width) are the space of FID, KID and precision / recall."""

    def __init__(self, num_classes: int = 10, *, width: int = 32):
        super().__init__()
        self.stem = _layer(3, width)
        self.down1, self.down2, self.down3 = (_layer(width * 2**i, width * 2 ** (i + 1)) for i in range(3))
        self.residual1, self.residual3 = (nn.Sequential(_layer(n, n), _layer(n, n)) for n in (2 * width, 8 * width))
        self.output = _ScaledLinear(8 * width, num_classes)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        h = F.max_pool2d(self.down1(self.stem(x)), 2)
        h = F.max_pool2d(self.down2(h + self.residual1(h)), 2)
        h = F.max_pool2d(self.down3(h), 2)
        return (h + self.residual3(h)).amax((2, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.output(self.features(x))


class PlainClassifier(nn.Module):
    """Paper B's frozen classifier of photographs: three pairs of convolutions, each halved by a max-pool, and one linear layer."""

    def __init__(self, num_classes: int = 10, *, width: int = 48):
        super().__init__()
        first = nn.Sequential(ImageConvolution(3, width, 3), nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        self.pairs = nn.ModuleList(
            [
                nn.Sequential(first, _layer(width, width)),
                nn.Sequential(_layer(width, 2 * width), _layer(2 * width, 2 * width)),
                nn.Sequential(_layer(2 * width, 4 * width), _layer(4 * width, 4 * width)),
            ]
        )
        self.dropout = nn.Dropout(0.3)
        self.output = nn.Linear(4 * width, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for pair in self.pairs:
            x = F.max_pool2d(pair(x), 2)
        return self.output(self.dropout(x.mean((2, 3))))
