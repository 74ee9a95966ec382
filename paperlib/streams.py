"""Random streams: one for each seed and purpose, so that no two uses share draws. The caller's global state is left alone.

z = generator.sample_latents(100, stream(seed, "training latents"))
with seeded(seed, "classifier weights"):
    model = resnet18(10)
"""

import contextlib
import hashlib
from collections.abc import Iterator
from numbers import Integral
from typing import Literal, get_args

import numpy as np
import torch

from paperlib.checks import check

Purpose = Literal[
    "classifier weights",
    "training order",
    "training noise",
    "training images",
    "mining classifier weights",
    "mining classifier order",
    "mined latents",
    "natural latents",
    "set latents",
    "set choice",
    "adaptation order",
    "conditioner weights",
    "conditioner draws",
    "warm start",
    "warm start latents",
    "conditioned images",
    "prior images",
    "prior labels",
    "evaluation draws",
    "evaluation images",
    "method draws",
    "truth",
    "accepted latents",
    "distillation draws",
    "distillation weights",
    "distillation order",
    "method moments",
    "posterior evidence",
    "teacher weights",
    "judge weights",
    "network weights",
    "shown images",
    "other classifier",
    "sampler",
]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


def check_seed(seed: int) -> None:
    """Raise ConfigError unless a stream can start from it."""
    fits = isinstance(seed, Integral) and not isinstance(seed, bool) and 0 <= seed < 2**63
    check(fits, "seed", seed, "use an integer from 0 to 2**63 - 1")


def state_of(seed: int, purpose: Purpose) -> int:
    """A 64-bit state from numpy.random.SeedSequence: the seed is its entropy, the purpose its spawn key.

    On a CPU torch uses its lower 32 bits; no two purposes share them at any seed below 1,000.
    """
    if purpose not in PURPOSES:
        raise ValueError(f"purpose = {purpose!r}: use one of {', '.join(PURPOSES)}.")
    check_seed(seed)
    key = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:4])
    return int(np.random.SeedSequence(seed, spawn_key=(key,)).generate_state(1, np.uint64)[0])


def stream(seed: int, purpose: Purpose, device: torch.device | str = "cpu") -> torch.Generator:
    """The random stream of (seed, purpose) on `device`. Raises ValueError for another purpose, or a seed out of range."""
    return torch.Generator(device).manual_seed(state_of(seed, purpose))


@contextlib.contextmanager
def seeded(seed: int, purpose: Purpose) -> Iterator[None]:
    """Within the block torch's global stream is that of (seed, purpose); afterwards it is what it was."""
    with torch.random.fork_rng():
        torch.manual_seed(state_of(seed, purpose))
        yield
