"""Frozen generators behind one interface: G(z, y) -> images (N, C, H, W) in [-1, 1], differentiable in z."""

from paperlib.generators.biggan import load_biggan
from paperlib.generators.fused_biggan import fuse_biggan
from paperlib.generators.fused_residual import fuse_residual
from paperlib.generators.generator import Generator, from_module, generate_in_batches, truncated
from paperlib.generators.residual_biggan import load_residual_biggan

__all__ = [
    "Generator",
    "from_module",
    "fuse_biggan",
    "fuse_residual",
    "generate_in_batches",
    "load_biggan",
    "load_residual_biggan",
    "truncated",
]
