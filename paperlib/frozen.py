"""What every method asks of a network that it uses but does not own."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def evaluating(model: nn.Module) -> Iterator[nn.Module]:
    """The model in eval mode, each submodule's own mode restored afterwards."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield model
    finally:
        for module, mode in modes:
            module.training = mode


def check_logits(scores: torch.Tensor, n: int, num_classes: int) -> None:
    """Raise ValueError unless scores is finite and (n, K), with K = num_classes where that is not 0."""
    if scores.ndim != 2 or len(scores) != n or (num_classes and scores.shape[1] != num_classes):
        expected = f"({n}, {num_classes or 'K'})"
        raise ValueError(f"the classifier returned logits of shape {tuple(scores.shape)}; expected {expected}: one score for each class.")
    if not torch.isfinite(scores).all():
        raise ValueError("the classifier returned NaN or infinity; check its weights and the range of the images, [-1, 1].")
