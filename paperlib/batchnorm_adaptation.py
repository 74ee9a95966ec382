"""BatchNorm statistics Adaptation (BNA), paper A section 3.3: a trained classifier meets unlabelled real images.

The weights stay; only the running mean and variance of each BatchNorm layer are taken anew from real training images.

    exact (default):  mu = mean of all n activations,  var = sum (h - mu)^2 / n,   layer after layer
    eq. 5 (momentum): mu <- alpha * mu_B + (1 - alpha) * mu,  the same for var, one random batch after another

The exact statistics are those of eq. 4 with the whole set as one batch; they do not depend on batch size or order. Eq. 5
remembers about the last 1/alpha batches (its var_B has n - 1, as PyTorch's running averages do).

    adapted = adapt_batchnorm(classifier, real_train_images)       # a copy; the classifier is left as it was
"""

import contextlib
import copy

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from paperlib.checks import check, check_count, check_number
from paperlib.data import check_images, to_floats
from paperlib.networks.frozen import first_scores
from paperlib.streams import check_seed, stream

ON_A_CPU = 2**31  # bytes of activations in a pass that takes as many images as fit; the same on any machine
PIECE = 250  # images whose activations are summed in float64 at a time


def adapt_batchnorm(
    classifier: nn.Module, images: torch.Tensor, *, batch_size: int | None = None, momentum: float | None = None, seed: int = 0
) -> nn.Module:
    """Copy a classifier and give the copy the BatchNorm statistics of real images. The classifier is not changed.

    Args:
        classifier: (N, C, H, W) images -> (N, K) logits. It has at least one BatchNorm layer.
        images: (N, C, H, W) float in [-1, 1] or uint8 in 0..255, N at least 2. Real training images; no labels are needed.
        batch_size: at least 2. Images in a pass. Under eq. 5 it changes the result; None takes 4096. With momentum=None it bounds the memory alone:
            None takes all images in one pass where their activations fit into 2 GiB (on a GPU: half of its free memory), else as many as fit.
        momentum: in (0, 1]. alpha of eq. 5; None computes the exact statistics of all images.
        seed: at least 0. Seed of the order of the images under eq. 5.

    Returns:
        The adapted copy, in eval mode.

    Raises:
        ValueError: images or a parameter are out of range, or the classifier has no BatchNorm layer with running statistics.
    """
    check_images(images)
    check(len(images) >= 2, "images", len(images), "a variance needs at least 2; give more")
    if batch_size is not None:
        check_count("batch_size", batch_size, 2)
    if momentum is not None:
        check_number("momentum", momentum, 0, 1, open_low=True)
    check_seed(seed)
    adapted = copy.deepcopy(classifier)
    layers = [m for m in adapted.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]
    if not layers:
        raise ValueError(
            f"{type(classifier).__name__} has no BatchNorm layer with running statistics to adapt; use a network that has one."
        )
    activations = _Activations(adapted)
    first_scores(adapted, images)
    activations.stop()
    if momentum is not None:
        order = torch.randperm(len(images), generator=stream(seed, "adaptation order")).to(images.device)
        _running_average(adapted, layers, [images[i] for i in order.split(batch_size or 4096) if len(i) > 1], momentum)
    else:
        _exact(adapted, layers, images.split(batch_size or activations.images_that_fit(images.device)))
    return adapted.eval()


class _Activations:
    """Memory that a forward pass takes, from what its largest layer reads and writes; it watches one pass of two images."""

    def __init__(self, model: nn.Module):
        self.bytes = 0
        leaves = [module for module in model.modules() if not list(module.children())]
        self._handles = [leaf.register_forward_hook(self._see) for leaf in leaves]

    def _see(self, _: nn.Module, inputs: tuple[object, ...], output: object) -> None:
        self.bytes = max(self.bytes, sum(t.nbytes for t in (*inputs, output) if isinstance(t, torch.Tensor)))

    def stop(self) -> None:
        for handle in self._handles:
            handle.remove()

    def images_that_fit(self, device: torch.device) -> int:
        """At least 2. Twice the largest layer leaves room for a shortcut that waits and for what allocators keep."""
        free = torch.cuda.mem_get_info(device)[0] // 2 if device.type == "cuda" else ON_A_CPU
        return max(2, free // max(1, self.bytes))


@torch.no_grad()
def _running_average(model: nn.Module, layers: list[_BatchNorm], batches: list[torch.Tensor], momentum: float) -> None:
    """Eq. 5 with alpha = momentum."""
    model.eval()
    settings = [layer.momentum for layer in layers]
    for layer in layers:
        layer.train()
        layer.momentum = momentum
    for batch in batches:
        model(to_floats(batch))
    for layer, setting in zip(layers, settings, strict=True):
        layer.momentum = setting


class _Moments:
    """Mean and variance (1/n) of each channel over all batches seen, in float64 (Chan et al. 1979)."""

    def __init__(self) -> None:
        self.count, self.mean, self.squares = 0, torch.zeros(()), torch.zeros(())

    def add(self, activations: torch.Tensor) -> None:
        """Of any number of images (N, C, ...)."""
        for piece in activations.split(PIECE):
            self._add(piece)

    def _add(self, h: torch.Tensor) -> None:
        h = h.transpose(0, 1).flatten(1).double()
        n, mean = h.shape[1], h.mean(1)
        delta = mean - self.mean.to(mean)
        self.squares = self.squares.to(mean) + (h - mean[:, None]).square().sum(1) + delta.square() * (self.count * n / (self.count + n))
        self.mean = self.mean.to(mean) + delta * (n / (self.count + n))
        self.count += n

    def store(self, layer: _BatchNorm) -> None:
        assert layer.running_mean is not None and layer.running_var is not None
        layer.running_mean.copy_(self.mean)
        layer.running_var.copy_(self.squares / self.count)


class _ReachedError(Exception):
    """The layer whose input is wanted has been reached; the rest of the forward pass is not needed."""


@torch.no_grad()
def _exact(model: nn.Module, layers: list[_BatchNorm], batches: tuple[torch.Tensor, ...]) -> None:
    """Each layer's statistics once all before it are adapted: one pass if a batch holds everything, else a pass for each layer."""
    model.eval()
    if len(batches) == 1:

        def adapt(layer: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            moments = _Moments()
            moments.add(inputs[0])
            moments.store(layer)  # type: ignore[arg-type]

        handles = [layer.register_forward_pre_hook(adapt) for layer in layers]
        model(to_floats(batches[0]))
        for handle in handles:
            handle.remove()
        return
    for layer in _execution_order(model, layers, batches[0]):
        moments = _Moments()

        def accumulate(_: nn.Module, inputs: tuple[torch.Tensor, ...], moments: _Moments = moments) -> None:
            moments.add(inputs[0])
            raise _ReachedError

        handle = layer.register_forward_pre_hook(accumulate)
        for batch in batches:
            with contextlib.suppress(_ReachedError):
                model(to_floats(batch))
        handle.remove()
        moments.store(layer)


def _execution_order(model: nn.Module, layers: list[_BatchNorm], batch: torch.Tensor) -> list[_BatchNorm]:
    order: list[_BatchNorm] = []
    handles = [layer.register_forward_pre_hook(lambda module, _: order.append(module)) for layer in layers]
    model(to_floats(batch[:2]))
    for handle in handles:
        handle.remove()
    return list(dict.fromkeys(order))
