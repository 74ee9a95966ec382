"""The self-attention of BigGAN (Zhang et al. 2019), with frozen weights: x + gamma o(softmax(theta(x) phi(x)') g(x)).

Keys and values are pooled 2x2. Both BigGAN families use it.
"""

import torch
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    """Every position of (N, C, H, W) looks at the pooled ones. theta, phi: (C/8, C, 1, 1); g: (C/2, C, 1, 1); o: (C, C/2, 1, 1)."""

    theta: torch.Tensor
    phi: torch.Tensor
    g: torch.Tensor
    o: torch.Tensor

    def __init__(self, theta: torch.Tensor, phi: torch.Tensor, g: torch.Tensor, o: torch.Tensor, gamma: torch.Tensor):
        super().__init__()
        for name, weight in (("theta", theta), ("phi", phi), ("g", g), ("o", gamma * o)):
            self.register_buffer(name, weight.contiguous(memory_format=torch.channels_last))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        queries = F.conv2d(x, self.theta)
        keys, values = (F.max_pool2d(F.conv2d(x, weight), 2) for weight in (self.phi, self.g))
        attend = _attend_by_convolution if x.device.type == "cpu" else _attend
        return x + F.conv2d(attend(queries, keys, values), self.o)


def _attend(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """softmax(Q K') V over positions; (N, d, H, W), (N, d, h, w), (N, D, h, w) -> (N, D, H, W)."""
    q, k, v = (t.flatten(2).transpose(1, 2) for t in (queries, keys, values))
    return F.scaled_dot_product_attention(q, k, v, scale=1.0).transpose(1, 2).unflatten(2, queries.shape[2:])


def _attend_by_convolution(queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """The same, each product as a 1x1 convolution with an image's own keys and values: on CPUs faster than batched matrix products."""
    attended = []
    for q, k, v in zip(queries.split(1), keys, values, strict=True):
        scores = F.conv2d(q, k.flatten(1).T[:, :, None, None])
        weights = scores.permute(0, 2, 3, 1).softmax(dim=3).permute(0, 3, 1, 2)
        attended.append(F.conv2d(weights, v.flatten(1)[:, :, None, None]))
    return torch.cat(attended)
