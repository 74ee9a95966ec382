"""Frozen generators behind one interface: G(z, y) -> images (N, C, H, W) in [-1, 1], differentiable in z.

generator = from_module(my_network, latent_dim=64, image_shape=(3, 32, 32))
images = generator(generator.sample_latents(16))
"""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from paperlib.data.images import check_images

LatentSampler = Callable[..., torch.Tensor]


class Generator(nn.Module):
    """A frozen copy of a module: eval mode for good, no gradient to its weights, out of reach of later changes to the original.

    latent_dim: d.  num_classes: K, 0 if unconditional.  image_shape: (C, H, W).
    """

    def __init__(
        self, module: nn.Module, latent_dim: int, image_shape: tuple[int, int, int], num_classes: int, sampler: LatentSampler | None
    ):
        super().__init__()
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        self.latent_dim, self.image_shape, self.num_classes = latent_dim, tuple(image_shape), num_classes
        self._sampler = sampler
        self.eval()

    @property
    def device(self) -> torch.device:
        return next((t.device for t in (*self.module.parameters(), *self.module.buffers())), torch.device("cpu"))

    def train(self, mode: bool = True) -> "Generator":
        """Stays in eval mode whatever is asked: frozen means frozen."""
        return super().train(False)

    def forward(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """z: (N, latent_dim) float; y: (N,) long in [0, num_classes) or None -> (N, C, H, W) in [-1, 1]."""
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"z has shape {tuple(z.shape)}; this generator takes (N, {self.latent_dim}).")
        if self.num_classes == 0:
            if y is not None:
                raise ValueError("labels were given to an unconditional generator; call it with y=None.")
            return self.module(z)
        if y is not None:
            self.check_labels(y, len(z))
        return self.module(z, y)

    def check_labels(self, y: torch.Tensor, n: int) -> None:
        """Raise ValueError unless y is n integers in [0, num_classes). The range is checked on the CPU alone: CUDA stops by itself,
        and reading it here would make the host wait."""
        if y.shape != (n,) or y.dtype != torch.long:
            raise ValueError(f"y is {y.dtype} of shape {tuple(y.shape)}; expected {n} labels (torch.long), one for each latent.")
        if y.device.type == "cpu" and n and not 0 <= int(y.min()) <= int(y.max()) < self.num_classes:
            raise ValueError(f"y spans [{int(y.min())}, {int(y.max())}]; this generator has classes 0 to {self.num_classes - 1}.")

    def sample_latents(self, n: int, rng: torch.Generator | None = None) -> torch.Tensor:
        """(n, latent_dim) draws from the prior, on the generator's device."""
        if self._sampler is not None:
            return self._sampler(n, rng).to(self.device)
        return torch.randn(n, self.latent_dim, generator=rng, device=rng.device if rng else self.device).to(self.device)


def from_module(
    module: nn.Module,
    *,
    latent_dim: int,
    image_shape: tuple[int, int, int],
    num_classes: int = 0,
    sample_latents: Callable[[int, torch.Generator | None], Any] | None = None,
) -> Generator:
    """Any torch module as a frozen generator.

    module: called as module(z), or module(z, y) if num_classes > 0; it is copied and left as it is.
    sample_latents(n, rng) -> (n, d) replaces the standard normal prior.
    Two images are made at once to check shape and range, so that a misfit is a ValueError here and not hours later.
    """
    generator = Generator(module, latent_dim, image_shape, num_classes, sample_latents)
    device = generator.device
    with torch.no_grad():
        z = generator.sample_latents(2, torch.Generator(device).manual_seed(0))
        images = generator(z, torch.zeros(2, dtype=torch.long, device=device) if num_classes else None)
    if tuple(images.shape) != (2, *generator.image_shape):
        raise ValueError(f"the module made images of shape {tuple(images.shape[1:])}; image_shape says {generator.image_shape}.")
    check_images(images, "the module's output")
    return generator
