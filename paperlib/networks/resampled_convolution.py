"""A 3x3 convolution next to a change of size by two, as one convolution of 4x4 and stride 2: the same function for half of the work.

convolve_and_halve(h, w, b)     = avg_pool2d(conv2d(h, w, b, padding=1), 2)
double_and_convolve(h, w, b)    = conv2d(interpolate(h, scale_factor=2), w, b, padding=1)
"""

import torch
import torch.nn.functional as F


def _spread(weight: torch.Tensor) -> torch.Tensor:
    """(O, I, 3, 3) -> (O, I, 4, 4): the sum of the kernel at the four places of a 2x2 block."""
    wide = F.pad(weight, (1, 1, 1, 1))
    return wide[:, :, 1:, 1:] + wide[:, :, :-1, 1:] + wide[:, :, 1:, :-1] + wide[:, :, :-1, :-1]


def convolve_and_halve(h: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """h: (N, I, H, W), H and W even; weight: (O, I, 3, 3) -> (N, O, H/2, W/2)."""
    wide = (_spread(weight) / 4).contiguous(memory_format=torch.channels_last)
    return F.conv2d(h, wide, bias, stride=2, padding=1)


def double_and_convolve(h: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """h: (N, I, H, W); weight: (O, I, 3, 3) -> (N, O, 2 H, 2 W)."""
    wide = _spread(weight.flip(2, 3)).transpose(0, 1).contiguous(memory_format=torch.channels_last)
    return F.conv_transpose2d(h, wide, bias, stride=2, padding=1)
