"""Convolutions from or to images of one or three channels, at the speed of wide ones.

CPUs compute 16 channels at once. An image of one channel leaves 15 of them empty, so it is made in blocks of 4x4 pixels: a convolution
of stride 4 whose 16 channels are the pixels of a block. It does more arithmetic (kernel 6x6 in place of 3x3) in less time.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

BLOCK = 4


def block_weight(weight: torch.Tensor) -> torch.Tensor:
    """(O, I, k, k) -> (16 O, I, k + 3, k + 3): the kernel of each pixel of a 4x4 block, for `convolve_by_blocks`."""
    size, reach = weight.shape[2], BLOCK - 1
    windows = F.pad(weight, [reach] * 4).unfold(2, size + reach, 1).unfold(3, size + reach, 1)  # (O, I, 4, 4, k + 3, k + 3)
    wide = windows.flip(2, 3).permute(0, 2, 3, 1, 4, 5).reshape(-1, weight.shape[1], size + reach, size + reach)
    return wide.contiguous(memory_format=torch.channels_last)


def convolve_by_blocks(h: torch.Tensor, wide: torch.Tensor, padding: int) -> torch.Tensor:
    """conv(h, weight) of stride 1, with wide = block_weight(weight); the height and width of the result are multiples of 4."""
    return F.pixel_shuffle(F.conv2d(h, wide, stride=BLOCK, padding=padding), BLOCK)


class ImageConvolution(nn.Conv2d):
    """The first convolution of a classifier: odd kernel, stride 1, the image's size kept. Its weights and results are Conv2d's. Where the
    weights are frozen, the gradient in the images is computed by blocks and the result lies in channels_last."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int):
        super().__init__(in_channels, out_channels, kernel_size, padding=kernel_size // 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.weight.requires_grad or x.ndim != 4 or x.shape[2] % BLOCK or x.shape[3] % BLOCK:
            return super().forward(x)
        return _FrozenImageConvolution.apply(x, self.weight, self.bias)  # type: ignore[no-untyped-call]


class _FrozenImageConvolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        ctx.save_for_backward(weight)
        # The clone of one channel has the strides of channels_last, which the result then follows.
        return F.conv2d(x.clone(memory_format=torch.channels_last), weight, bias, padding=weight.shape[2] // 2)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # type: ignore[override]
        (weight,) = ctx.saved_tensors
        return convolve_by_blocks(gradient, block_weight(weight.transpose(0, 1).flip(2, 3)), weight.shape[2] // 2), None, None
