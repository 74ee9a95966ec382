"""The residual generator of the digits, rewritten to run fast: the same function of z and y, frozen.

What is computed once, when the network is built, and not at every call:
    BatchNorm statistics    folded into gain and shift; those of all conditional norms are one matrix product in c = [z, e(y)]
    nearest-upsample, 3x3   one transposed 4x4 convolution of stride 2 (each output sees 2x2 inputs instead of 3x3)
    image of one channel    made in blocks of 4x4 pixels (networks/image_convolution.py)
Besides, convolutions run in channels_last, and the backward pass computes the gradient in z alone.

network = fuse_residual(ResidualGenerator(num_classes=10).eval())
images = network(torch.randn(8, 32), torch.arange(8))                     # (8, 1, 28, 28) in [-1, 1]
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.generators.fused_biggan import Convolution
from paperlib.generators.residual import ConditionalBatchNorm, ResidualBlock, ResidualGenerator
from paperlib.networks.image_convolution import block_weight, convolve_by_blocks
from paperlib.support.threads import one_thread


@one_thread()
def fuse_residual(network: ResidualGenerator) -> "FusedResidual":
    """Rewrite a ResidualGenerator as a fast, frozen network that computes the same function.

    Args:
        network: in eval mode. It is not changed.

    Returns:
        A module, called as the network is: (N, d) latents and (N,) labels or None -> (N, C, H, W) images in [-1, 1].

    Raises:
        ValueError: the network is in training mode, or of another class.
    """
    if type(network) is not ResidualGenerator:
        raise ValueError(f"network is a {type(network).__name__}; only a ResidualGenerator can be fused. Use other networks as they are.")
    if any(module.training for module in network.modules()):
        raise ValueError("network is in training mode, where its norms use the batch; call network.eval() first.")
    with torch.no_grad():
        return FusedResidual(network).eval().requires_grad_(False)


def folded_norm(norm: nn.BatchNorm2d) -> tuple[torch.Tensor, torch.Tensor]:
    """gain, shift (C,) in float64: the norm in eval mode is gain * h + shift, before any affine of its own."""
    assert norm.running_mean is not None and norm.running_var is not None
    gain = (norm.running_var.double() + norm.eps).rsqrt()
    return gain, -norm.running_mean.double() * gain


def folded_affine(norm: ConditionalBatchNorm) -> tuple[torch.Tensor, torch.Tensor]:
    """weight (2 C, condition_dim), bias (2 C,): gain and shift of the norm, statistics included, are weight @ c + bias."""
    gain, shift = folded_norm(norm.norm)
    of_gain, of_shift = norm.gain.weight.double(), norm.bias.weight.double()
    return torch.cat([gain[:, None] * of_gain, shift[:, None] * of_gain + of_shift]), torch.cat([gain, shift])


class FusedBlock(nn.Module):
    """ResidualBlock: affine - ReLU - upsampling convolution - affine - ReLU - convolution, with an upsampled 1x1 skip."""

    skip_weight: torch.Tensor
    skip_bias: torch.Tensor

    def __init__(self, block: ResidualBlock):
        super().__init__()
        dtype = block.skip.weight.dtype
        self.first = Convolution(block.conv1.weight.detach(), _bias(block.conv1), dtype, upsample=True)
        # The biases of the second convolution and of the skip are added once, before the upsample.
        self.second = Convolution(block.conv2.weight.detach(), torch.zeros_like(_bias(block.conv2)), dtype)
        self.register_buffer("skip_weight", _channels_last(block.skip.weight))
        self.register_buffer("skip_bias", _bias(block.skip) + _bias(block.conv2))

    def forward(self, x: torch.Tensor, affine: Sequence[torch.Tensor]) -> torch.Tensor:
        """affine: gain and shift (N, C) of both norms, in turn."""
        h = self.second(self.first(x, affine[0], affine[1], keep=True), affine[2], affine[3])
        return h.add_(F.interpolate(F.conv2d(x, self.skip_weight, self.skip_bias), scale_factor=2.0))


class FusedResidual(nn.Module):
    """G(z, y): z (N, d), y (N,) or None -> (N, C, H, W) in [-1, 1]. fuse_residual makes it."""

    embedding: torch.Tensor | None
    first_weight: torch.Tensor
    first_bias: torch.Tensor
    affine_weight: torch.Tensor
    affine_bias: torch.Tensor

    def __init__(self, source: ResidualGenerator):
        super().__init__()
        self.latent_dim, self.num_classes, self.image_shape, self.grid = (
            source.latent_dim, source.num_classes, source.image_shape, source.grid,
        )  # fmt: skip
        dtype = source.linear.weight.dtype
        self.register_buffer("embedding", None if source.embedding is None else source.embedding.weight.detach().clone())
        order = torch.arange(source.linear.out_features).view(self.grid).permute(1, 2, 0).flatten()
        self.register_buffer("first_weight", source.linear.weight.detach()[order])
        self.register_buffer("first_bias", source.linear.bias.detach()[order])
        blocks = source.blocks
        norms = [norm for block in blocks for norm in (block.norm1, block.norm2)]
        weights, biases = zip(*(folded_affine(norm) for norm in norms), strict=True)
        self.sizes = [size for norm in norms for size in [norm.norm.num_features] * 2]
        self.register_buffer("affine_weight", torch.cat(weights).to(dtype))
        self.register_buffer("affine_bias", torch.cat(biases).to(dtype))
        self.blocks = nn.ModuleList(FusedBlock(block) for block in blocks)
        self.last = LastConvolution(source.norm, source.conv)

    def forward(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        affine = F.linear(self.condition(z, y), self.affine_weight, self.affine_bias).split(self.sizes, dim=1)
        channels, height, width = self.grid
        h = F.linear(z, self.first_weight, self.first_bias).view(-1, height, width, channels).permute(0, 3, 1, 2)
        for i, block in enumerate(self.blocks):
            h = block(h, affine[4 * i : 4 * i + 4])
        return torch.tanh(self.last(h))

    def condition(self, z: torch.Tensor, y: torch.Tensor | None) -> torch.Tensor:
        """c = [z, e(y)], the mean embedding for y = None; c = z without classes."""
        if self.embedding is None:
            return z
        e = self.embedding[y] if y is not None else self.embedding.mean(0).expand(len(z), -1)
        return torch.cat([z, e], dim=1)


class LastConvolution(nn.Module):
    """conv(relu(norm(h))), to images."""

    gain: torch.Tensor
    shift: torch.Tensor
    wide: torch.Tensor
    weight: torch.Tensor
    bias: torch.Tensor

    def __init__(self, norm: nn.BatchNorm2d, conv: nn.Conv2d):
        super().__init__()
        gain, shift = folded_norm(norm)
        shift = shift * norm.weight.double() + norm.bias.double()
        self.register_buffer("gain", (gain * norm.weight)[None, :, None, None].to(conv.weight.dtype))
        self.register_buffer("shift", shift[None, :, None, None].to(conv.weight.dtype))
        self.register_buffer("wide", block_weight(conv.weight))
        self.register_buffer("weight", _channels_last(conv.weight))
        self.register_buffer("bias", _bias(conv)[:, None, None])

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        return _NormReluToImage.apply(h, self.gain, self.shift, self.wide, self.weight).add_(self.bias)  # type: ignore[no-untyped-call]


class _NormReluToImage(torch.autograd.Function):
    """Forward by blocks; backward by the narrow kernel, for which the image is the input and h the many channels."""

    @staticmethod
    def forward(
        ctx: Any, h: torch.Tensor, gain: torch.Tensor, shift: torch.Tensor, wide: torch.Tensor, weight: torch.Tensor
    ) -> torch.Tensor:
        active = torch.addcmul(shift, h, gain).relu_()
        ctx.save_for_backward(active, gain, weight)
        return convolve_by_blocks(active, wide, padding=1)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # type: ignore[override]
        active, gain, weight = ctx.saved_tensors
        u, _, _ = torch.ops.aten.convolution_backward(
            gradient, active, weight, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, [True, False, False]
        )
        torch.ops.aten.threshold_backward.grad_input(u, active, 0, grad_input=u)
        return u.mul_(gain), None, None, None, None


def _bias(layer: nn.Conv2d) -> torch.Tensor:
    assert layer.bias is not None
    return layer.bias.detach().clone()


def _channels_last(weight: torch.Tensor) -> torch.Tensor:
    return weight.detach().clone().contiguous(memory_format=torch.channels_last)
