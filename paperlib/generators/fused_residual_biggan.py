"""ResidualBigGAN rewritten to run fast, as fused_residual.py does for the generators of the digits: the same function of z and y, frozen."""

import copy
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.generators.fused_residual import FusedBlock, LastConvolution, folded_affine

if TYPE_CHECKING:
    from paperlib.generators.residual_biggan import ResidualBigGAN


class FusedResidualBigGAN(nn.Module):
    """G(z, y) -> images (N, C, H, W) in [-1, 1]. z: (N, latent_dim); y: (N,) long, or None for the mean embedding.

    source: in eval mode. It is not changed.
    """

    embedding: torch.Tensor
    first_weight: torch.Tensor
    first_bias: torch.Tensor

    @torch.no_grad()
    def __init__(self, source: "ResidualBigGAN"):
        super().__init__()
        self.size, grid = source.size, (source.size.channels[0], source.size.bottom, source.size.bottom)
        order = torch.arange(source.linear.out_features).view(grid).permute(1, 2, 0).flatten()  # channels last
        self.register_buffer("embedding", source.embedding.weight.detach().clone())
        self.register_buffer("first_weight", source.linear.weight.detach()[order])
        self.register_buffer("first_bias", source.linear.bias.detach()[order])
        self.blocks = nn.ModuleList(FusedBlock(block) for block in source.blocks)  # type: ignore[arg-type]
        for i, block in enumerate(source.blocks):
            weights, biases = zip(folded_affine(block.norm1), folded_affine(block.norm2), strict=True)  # type: ignore[arg-type]
            self.register_buffer(f"affine_weight{i}", torch.cat(weights).to(source.linear.weight.dtype))
            self.register_buffer(f"affine_bias{i}", torch.cat(biases).to(source.linear.weight.dtype))
        self.attention = copy.deepcopy(source.attention)
        self.last = LastConvolution(source.norm, source.conv)
        self.eval().requires_grad_(False)

    def forward(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        e = self.embedding[y] if y is not None else self.embedding.mean(0).expand(len(z), -1)
        first, *rest = z.split(self.size.chunk, dim=1)
        channels, bottom = self.size.channels, self.size.bottom
        h = F.linear(first, self.first_weight, self.first_bias).view(-1, bottom, bottom, channels[0]).permute(0, 3, 1, 2)
        for i, block in enumerate(self.blocks):
            c = torch.cat([e, rest[i]], dim=1) if self.size.hierarchical else e
            affine = F.linear(c, getattr(self, f"affine_weight{i}"), getattr(self, f"affine_bias{i}"))
            h = block(h, affine.split([channels[i]] * 2 + [channels[i + 1]] * 2, dim=1))
            if str(i) in self.attention:
                h = self.attention[str(i)](h)
        return torch.tanh(self.last(h))
