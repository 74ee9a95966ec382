"""BigGAN-deep, rewritten to run fast: the function of pytorch-pretrained-biggan at one truncation (`make bench` compares).

What is computed once, when the network is built, and not at every call:
    spectral norm           W / sigma, in the eval mode of torch.nn.utils.spectral_norm
    BatchNorm statistics    the table of the truncation; conditional gains and shifts of all blocks are one matrix product in c = [z, e(y)]
    nearest-upsample, 3x3   one transposed 4x4 convolution of stride 2 (each output sees 2x2 inputs instead of 3x3)
    conv_to_rgb             three output channels; the library computes 128 and drops 125
Besides, convolutions run in channels_last, elementwise work in place, and the backward pass keeps one activation a layer.

generator = fuse_biggan(BigGAN.from_pretrained("biggan-deep-128").eval(), truncation=0.5)
images = generator(generator.sample_latents(8), torch.arange(8))           # (8, 3, 128, 128) in [-1, 1]
"""

import math
import warnings
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.checks import check_number
from paperlib.generators.attention import Attention
from paperlib.generators.generator import Generator
from paperlib.support.threads import one_thread


@one_thread()
def fuse_biggan(
    model: Any, truncation: float = 1.0, *, classes: Sequence[int] | None = None, dtype: torch.dtype = torch.float32
) -> Generator:
    """Rewrite a BigGAN-deep as a fast, frozen Generator that computes the same function at one truncation.

    The truncation selects the BatchNorm statistics, and sample_latents draws truncation * N(0, 1) cut at two standard deviations, as the
    library does. Latents that you pass yourself are not scaled. The library has statistics for multiples of 0.02. Between them it
    interpolates with swapped weights; this function does the same, and warns.

    Args:
        model: a pytorch_pretrained_biggan.BigGAN of any size. It is not changed.
        truncation: in (0, 1]. Scale of the latents; it also selects the BatchNorm statistics.
        classes: each in [0, number of the model's classes). The classes that the generator has, in this order; None is all of them.
        dtype: of the convolutions, for example torch.bfloat16 on a GPU.

    Returns:
        A Generator: (N, d) latents and (N,) labels in [0, len(classes)) -> (N, 3, side, side) images in [-1, 1].

    Raises:
        ValueError: truncation or a class is out of range, or the model is not a BigGAN.
    """
    check_number("truncation", truncation, 0, 1, open_low=True)
    config = getattr(model, "config", None)
    if config is None or not hasattr(model, "generator") or not hasattr(model, "embeddings"):
        raise ValueError(f"{type(model).__name__} is not a pytorch_pretrained_biggan.BigGAN; wrap other networks with from_module.")
    chosen = list(range(config.num_classes) if classes is None else classes)
    if not chosen or not all(0 <= c < config.num_classes for c in chosen):
        raise ValueError(f"classes is {chosen}; this model has classes 0 to {config.num_classes - 1}. Use at least one, all in this range.")
    warn_off_grid(model.generator.bn, truncation)
    network = FusedBigGAN(model, truncation, chosen, dtype)
    shape = (3, config.output_dim, config.output_dim)
    return Generator(network, config.z_dim, shape, len(chosen), lambda n, rng=None: truncated_normal(n, config.z_dim, truncation, rng))


def truncated_normal(n: int, dim: int, truncation: float, rng: torch.Generator | None = None) -> torch.Tensor:
    """(n, dim) draws of truncation * N(0, 1) cut at +-2: BigGAN's prior."""
    edge = math.erf(2 / math.sqrt(2))
    u = torch.rand(n, dim, generator=rng, device=rng.device if rng else "cpu")
    return truncation * math.sqrt(2) * torch.erfinv((2 * u - 1) * edge)


def warn_off_grid(norm: Any, truncation: float) -> None:
    """Warn if the library interpolates between two tables of statistics."""
    part, first = math.modf(truncation / norm.step_size)
    if part:
        warnings.warn(
            f"truncation {truncation} is not exactly on the grid of {norm.step_size:.3g}: the library mixes its BatchNorm tables {first:.0f} and "
            f"{first + 1:.0f} with weights {part:.3g} and {1 - part:.3g}, so the nearer one has the smaller weight. The same is done here. "
            "Use 0.4, 0.5, 0.7 or 1.0 to avoid it.",
            stacklevel=3,
        )


def statistics(norm: Any, truncation: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and variance (C,) that the library's BatchNorm uses at this truncation."""
    part, whole = math.modf(truncation / norm.step_size)
    first = int(whole)
    if part == 0.0:
        return norm.running_means[first], norm.running_vars[first]
    mean, variance = (table[first] * part + table[first + 1] * (1 - part) for table in (norm.running_means, norm.running_vars))
    return mean, variance


def folded(module: Any) -> torch.Tensor:
    """The weight of a spectrally normalised layer as eval mode computes it: W / (u . W v)."""
    weight = module.weight_orig.detach()
    return weight / torch.dot(module.weight_u, weight.flatten(1) @ module.weight_v)


def upsampling_weight(weight: torch.Tensor) -> torch.Tensor:
    """(O, I, 3, 3) after a nearest upsample by two -> (I, O, 4, 4) of the transposed convolution, stride 2, padding 1, that equals both."""
    spread = sum(F.pad(weight, (right, 1 - right, down, 1 - down)) for down in (0, 1) for right in (0, 1))
    return spread.flip(2, 3).transpose(0, 1)  # type: ignore[union-attr]


class Convolution(nn.Module):
    """relu(gain * h + shift), then a frozen convolution; a 3x3 one may be fused with the upsample before it."""

    weight: torch.Tensor
    bias: torch.Tensor

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor, dtype: torch.dtype, upsample: bool = False):
        super().__init__()
        self.upsample = upsample
        weight = upsampling_weight(weight) if upsample else weight
        self.register_buffer("weight", weight.to(dtype).contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", bias.detach().to(dtype))

    def forward(self, h: torch.Tensor, gain: torch.Tensor, shift: torch.Tensor, *, keep: bool = False) -> torch.Tensor:
        """h: (N, C, H, W); gain, shift: (N or 1, C). Without gradients h is overwritten, unless the caller says to keep it."""
        gain, shift = (t[:, :, None, None].to(h.dtype) for t in (gain, shift))
        if not torch.is_grad_enabled():
            reuse = not keep and not torch.compiler.is_compiling()
            active = torch.addcmul(shift, h, gain, out=h if reuse else None).relu_()
            return torch.convolution(active, self.weight, self.bias, *_geometry(self.weight, self.upsample))
        return _NormReluConvolve.apply(h, gain, shift, self.weight, self.bias, self.upsample)  # type: ignore[no-untyped-call]


def _geometry(weight: torch.Tensor, upsample: bool) -> tuple[list[int], list[int], list[int], bool, list[int], int]:
    """stride, padding, dilation, transposed, output padding, groups."""
    return ([2, 2], [1, 1], [1, 1], True, [0, 0], 1) if upsample else ([1, 1], [weight.shape[2] // 2] * 2, [1, 1], False, [0, 0], 1)


class _NormReluConvolve(torch.autograd.Function):
    """conv(relu(a h + b)) that remembers h alone: relu's mask is computed again on the way back, and no weight gets a gradient."""

    @staticmethod
    def forward(
        ctx: Any, h: torch.Tensor, a: torch.Tensor, b: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, upsample: bool
    ) -> torch.Tensor:
        ctx.save_for_backward(h, a, b, weight)
        ctx.upsample = upsample
        return torch.convolution(torch.addcmul(b, h, a).relu_(), weight, bias, *_geometry(weight, upsample))

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # type: ignore[override]
        h, a, b, weight = ctx.saved_tensors
        active = torch.addcmul(b, h, a)
        u, _, _ = torch.ops.aten.convolution_backward(
            gradient, active, weight, None, *_geometry(weight, ctx.upsample), [True, False, False]
        )
        torch.ops.aten.threshold_backward.grad_input(u, active, 0, grad_input=u)
        grad_b = u.sum((2, 3), keepdim=True)
        grad_a = active.copy_(u).mul_(h).sum((2, 3), keepdim=True)
        return u.mul_(a), grad_a, grad_b, None, None, None


class Block(nn.Module):
    """Norm - ReLU - convolution four times (1x1 down, 3x3, 3x3, 1x1 up) beside a skip that keeps the first channels."""

    def __init__(self, block: Any, dtype: torch.dtype):
        super().__init__()
        self.upsample, self.out_channels = block.up_sample, block.conv_3.out_channels
        layers = [getattr(block, f"conv_{i}") for i in range(4)]
        self.convolutions = nn.ModuleList(
            Convolution(folded(layer), layer.bias, dtype, upsample=block.up_sample and i == 1) for i, layer in enumerate(layers)
        )

    def forward(self, x: torch.Tensor, affine: Sequence[torch.Tensor]) -> torch.Tensor:
        """affine: gain and shift (N, C) of each of the four norms, in turn."""
        h = x
        for i, convolution in enumerate(self.convolutions):
            h = convolution(h, affine[2 * i], affine[2 * i + 1], keep=i == 0)
        skip = x[:, : self.out_channels]
        if not self.upsample:
            return h.add_(skip)
        if torch.is_grad_enabled():
            return h.add_(F.interpolate(skip, scale_factor=2.0))
        h.unflatten(3, (-1, 2)).unflatten(2, (-1, 2)).add_(skip[:, :, :, None, :, None])
        return h


def attention(layer: Any, dtype: torch.dtype) -> Attention:
    """The library's layer with its norms folded."""
    theta, phi, g, o = (folded(getattr(layer, f"snconv1x1_{name}")).to(dtype) for name in ("theta", "phi", "g", "o_conv"))
    return Attention(theta, phi, g, o, layer.gamma.detach().to(dtype))


class FusedBigGAN(nn.Module):
    """G(z, y): z (N, d), y (N,) indices into `classes` -> (N, 3, H, W) in [-1, 1]."""

    embedding: torch.Tensor
    first_weight: torch.Tensor
    first_bias: torch.Tensor
    affine_weight: torch.Tensor
    affine_bias: torch.Tensor
    last_gain: torch.Tensor
    last_shift: torch.Tensor

    def __init__(self, model: Any, truncation: float, classes: Sequence[int], dtype: torch.dtype):
        super().__init__()
        source = model.generator
        self.dtype = dtype
        self.register_buffer("embedding", model.embeddings.weight.detach().T[list(classes)].contiguous())
        self.register_buffer("first_weight", folded(source.gen_z))
        self.register_buffer("first_bias", source.gen_z.bias.detach())
        self.layers = nn.ModuleList(Block(layer, dtype) if hasattr(layer, "bn_0") else attention(layer, dtype) for layer in source.layers)
        weights, biases = [], []
        for layer in source.layers:
            for norm in (getattr(layer, f"bn_{i}") for i in range(4) if hasattr(layer, "bn_0")):
                mean, variance = statistics(norm, truncation)
                inverse = (variance + norm.eps).rsqrt()
                scale, offset = folded(norm.scale), folded(norm.offset)
                weights += [inverse[:, None] * scale, offset - (mean * inverse)[:, None] * scale]
                biases += [inverse, -mean * inverse]
        self.sizes = [len(bias) for bias in biases]
        self.register_buffer("affine_weight", torch.cat(weights))
        self.register_buffer("affine_bias", torch.cat(biases))
        mean, variance = statistics(source.bn, truncation)
        gain = source.bn.weight.detach() * (variance + source.bn.eps).rsqrt()
        self.register_buffer("last_gain", gain[None])
        self.register_buffer("last_shift", (source.bn.bias.detach() - mean * gain)[None])
        self.to_rgb = Convolution(folded(source.conv_to_rgb)[:3], source.conv_to_rgb.bias[:3], dtype)

    def forward(self, z: torch.Tensor, y: torch.Tensor | None) -> torch.Tensor:
        e = self.embedding[y] if y is not None else self.embedding.mean(0).expand(len(z), -1)
        c = torch.cat([z, e], dim=1)
        affine = F.linear(c, self.affine_weight, self.affine_bias).split(self.sizes, dim=1)
        h = F.linear(c, self.first_weight, self.first_bias).unflatten(1, (4, 4, -1)).permute(0, 3, 1, 2).to(self.dtype)
        used = 0
        for layer in self.layers:
            if isinstance(layer, Block):
                h = layer(h, affine[used : used + 8])
                used += 8
            else:
                h = layer(h)
        return torch.tanh(self.to_rgb(h, self.last_gain, self.last_shift).float())
