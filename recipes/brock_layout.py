"""A generator in the layout of Brock's PyTorch code that is trained here: load_residual_biggan reads its checkpoint.

network = new_generator(classes=5, channels=64, latent_dim=64)
torch.save(state_of(network), folder / "G_ema.pth")

32x32 pixels, that code's default flags but one: no spectral norm in the generator (its G_param is not SN). One class is a generator without classes.
"""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from paperlib.generators.residual_biggan import ResidualBigGAN
from recipes.natural_gan import BLOCKS, TrainedBlock

BOTTOM = 4  # pixels of the first grid's side


def new_generator(classes: int, channels: int, latent_dim: int) -> ResidualBigGAN:
    """Random weights, by torch's global stream; ready to be trained."""
    layers: dict[str, nn.Module] = {
        "linear": nn.Linear(latent_dim, channels * BOTTOM**2), "output_layer.2": nn.Conv2d(channels, 3, 3, padding=1)
    }  # fmt: skip
    state = {"output_layer.0.gain": torch.ones(channels), "output_layer.0.bias": torch.zeros(channels)} | _statistics(
        "output_layer.0", channels
    )
    for i in range(BLOCKS):
        block = f"blocks.{i}.0"
        layers |= {f"{block}.{name}": nn.Conv2d(channels, channels, 3, padding=1) for name in ("conv1", "conv2")}
        layers[f"{block}.conv_sc"] = nn.Conv2d(channels, channels, 1)
        for norm in ("bn1", "bn2"):
            state |= {f"{block}.{norm}.{what}.weight": 0.02 * torch.randn(classes, channels) for what in ("gain", "bias")}
            state |= _statistics(f"{block}.{norm}", channels)
    for name, layer in layers.items():
        state |= {f"{name}.{part}": value.detach() for part, value in layer.state_dict().items()}
    return ResidualBigGAN(state, Path("a new generator"), block=TrainedBlock)


def _statistics(name: str, channels: int) -> dict[str, torch.Tensor]:
    return {f"{name}.stored_mean": torch.zeros(channels), f"{name}.stored_var": torch.ones(channels)}


def state_of(network: ResidualBigGAN) -> dict[str, torch.Tensor]:
    """The weights under that code's names, an embedding in each norm."""
    found = {"output_layer.0.gain": network.norm.weight, "output_layer.0.bias": network.norm.bias} | _of_norm(
        network.norm, "output_layer.0"
    )
    layers: dict[str, nn.Module] = {"linear": network.linear, "output_layer.2": network.conv}
    blocks: Any = network.blocks
    for i, block in enumerate(blocks):
        name = f"blocks.{i}.0"
        layers |= {f"{name}.conv1": block.conv1, f"{name}.conv2": block.conv2, f"{name}.conv_sc": block.skip}
        for theirs, norm in (("bn1", block.norm1), ("bn2", block.norm2)):
            found |= {f"{name}.{theirs}.gain.weight": norm.gain.weight.T, f"{name}.{theirs}.bias.weight": norm.bias.weight.T}
            found |= _of_norm(norm.norm, f"{name}.{theirs}")
    for name, layer in layers.items():
        found |= {f"{name}.{part}": value for part, value in layer.state_dict().items()}
    return {name: value.detach().cpu().clone() for name, value in found.items()}


def _of_norm(norm: nn.BatchNorm2d, name: str) -> dict[str, torch.Tensor]:
    assert norm.running_mean is not None and norm.running_var is not None
    return {f"{name}.stored_mean": norm.running_mean, f"{name}.stored_var": norm.running_var}
