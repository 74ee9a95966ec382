"""Frozen generators behind one interface: G(z, y) -> images (N, C, H, W) in [-1, 1], differentiable in z.

generator = from_module(my_network, latent_dim=64, image_shape=(3, 32, 32))
images = generator(generator.sample_latents(16))
"""

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn

from paperlib.checks import check_count, check_number
from paperlib.data.images import check_images, to_bytes

LatentSampler = Callable[..., torch.Tensor]


class Generator(nn.Module):
    """A frozen copy of a module. It stays in eval mode, and later changes to the original do not reach it. from_module makes one safely.

    Args:
        module: called as module(z), or as module(z, y) if num_classes > 0; returns images (N, C, H, W) in [-1, 1].
        latent_dim: at least 1. Length d of a latent.
        image_shape: (C, H, W) in pixels. Shape of one image.
        num_classes: at least 0. Number of classes K; 0 is an unconditional generator.
        sampler: (n, rng) -> (n, d) float. Draws latents; None draws from N(0, I).
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

    @property
    def draws_normal(self) -> bool:
        """Whether its latents are draws of N(0, I)."""
        return self._sampler is None

    def train(self, mode: bool = True) -> "Generator":
        """Does nothing: a frozen generator stays in eval mode."""
        return super().train(False)

    def forward(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """Make images, differentiable in z.

        Args:
            z: (N, d) float. Latents.
            y: (N,) long in [0, num_classes), or None. Class of each image; None withholds the label, if the module allows it.

        Returns:
            (N, C, H, W) float in [-1, 1]. One image for each latent.

        Raises:
            ValueError: z or y has another shape or type, a label is out of range, or an unconditional generator is given labels.
        """
        if z.ndim != 2 or z.shape[1] != self.latent_dim or not z.is_floating_point():
            raise ValueError(
                f"z is {z.dtype} of shape {tuple(z.shape)}; this generator takes floats (N, {self.latent_dim}). Draw z with sample_latents."
            )
        if self.num_classes == 0:
            if y is not None:
                raise ValueError("labels were given to an unconditional generator; call it with y=None.")
            return self.module(z)
        if y is not None:
            self.check_labels(y, len(z))
        return self.module(z, y)

    def check_labels(self, y: torch.Tensor, n: int) -> None:
        """Raise ValueError unless y is n integers in [0, num_classes). The range is checked on the CPU only: CUDA checks it itself,
        and reading it here would make the host wait."""
        if y.shape != (n,) or y.dtype != torch.long:
            raise ValueError(f"y is {y.dtype} of shape {tuple(y.shape)}; expected {n} labels (torch.long). Give one for each latent.")
        if y.device.type == "cpu" and n and not 0 <= int(y.min()) <= int(y.max()) < self.num_classes:
            raise ValueError(
                f"y spans [{int(y.min())}, {int(y.max())}]; this generator has classes 0 to {self.num_classes - 1}. Use labels in this range."
            )

    def sample_latents(self, n: int, rng: torch.Generator | None = None) -> torch.Tensor:
        """Draw latents from the prior.

        Args:
            n: at least 0. Number of latents.
            rng: stream of random numbers; None is torch's global stream.

        Returns:
            (n, d) float on the generator's device.

        Raises:
            ConfigError: n is no integer of at least 0.
        """
        check_count("n", n, 0)
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
    """Make a frozen generator of any torch module. Two images are made at once, so that a module that does not fit fails here.

    Args:
        module: called as module(z), or as module(z, y) if num_classes > 0. It is copied; the original is not changed.
        latent_dim: at least 1. Length d of a latent.
        image_shape: (C, H, W) in pixels. Shape of one image.
        num_classes: at least 0. Number of classes K; 0 is an unconditional generator.
        sample_latents: (n, rng) -> (n, d) float. Draws latents; None draws from N(0, I).

    Returns:
        A Generator: (N, d) latents -> (N, C, H, W) images in [-1, 1].

    Raises:
        ValueError: the module's images have another shape, are not finite, or leave [-1, 1].
    """
    generator = Generator(module, latent_dim, image_shape, num_classes, sample_latents)
    device = generator.device
    with torch.no_grad():
        z = generator.sample_latents(2, torch.Generator(device).manual_seed(0))
        images = generator(z, torch.zeros(2, dtype=torch.long, device=device) if num_classes else None)
    if tuple(images.shape) != (2, *generator.image_shape):
        raise ValueError(
            f"the module made images of shape {tuple(images.shape[1:])}; image_shape says {generator.image_shape}. Make them equal."
        )
    check_images(images, "the module's output")
    return generator


def truncated(generator: Generator, t: float) -> Generator:
    """The same generator, its latents scaled by t. As t falls, images are often better and vary less, as with the truncation trick of BigGAN,
    which draws again the latents that are far out instead.

    Args:
        generator: whose network is shared, not copied.
        t: in (0, 10]. Standard deviation of the latents of a generator that draws from N(0, I); 1 changes nothing.

    Raises:
        ConfigError: t is out of range.
    """
    check_number("t", t, 0, 10, open_low=True)
    if t == 1:
        return generator
    scaled = copy.copy(generator)
    scaled._sampler = partial(_scaled, generator.sample_latents, t)
    return scaled


def _scaled(sample: LatentSampler, t: float, n: int, rng: torch.Generator | None) -> torch.Tensor:
    return t * sample(n, rng)


@torch.no_grad()
def generate_in_batches(
    generator: nn.Module, z: torch.Tensor, y: torch.Tensor | None, batch_size: int, *, store_bytes: bool = False
) -> torch.Tensor:
    """G(z, y) for any number of latents: (N, C, H, W) floats in [-1, 1], or uint8 with store_bytes. batch_size: images a pass; it bounds the memory."""
    labels = y.split(batch_size) if y is not None else [None] * len(z.split(batch_size))
    keep: Callable[[torch.Tensor], torch.Tensor] = to_bytes if store_bytes else lambda images: images
    return torch.cat([keep(generator(a, b)) for a, b in zip(z.split(batch_size), labels, strict=True)])
