"""Hard Sample Mining (HSM), paper A section 3.1: move a latent to where the classifier is less sure.

k*      = argmax C(G(z_0, y))                                  (eq. 2; found once, on the initial image)
z_{j+1} = z_j - eta * grad_z s[k*],  s = C(G(z_j, y))          (eq. 3; the logit of k*, not of y)
z_{j+1} <- z_{j+1} * |z_0| / |z_{j+1}|                         (after every step: back to the norm of z_0)

z_hard = mine_hard_latents(generator, classifier, z, y, steps=5, step_size=1.0)

Two controls are not in the paper: rescale=False leaves out the last line, along="label" descends the logit of y in the place of k*.
"""

from collections.abc import Callable
from typing import Literal, get_args

import torch
from torch import nn

from paperlib.checks import check_count, check_number
from paperlib.data import Images, returned_images
from paperlib.generators import Generator
from paperlib.networks.frozen import check_logits, evaluating

Along = Literal["first choice", "label"]


def mine_hard_latents(
    generator: Generator,
    classifier: nn.Module,
    z: torch.Tensor,
    y: torch.Tensor | None,
    *,
    steps: int,
    step_size: float,
    batch_size: int = 100,
    rescale: bool = True,
    along: Along = "first choice",
    on_step: Callable[[torch.Tensor], None] | None = None,
) -> torch.Tensor:
    """Move latents to where the classifier is less sure, by eq. 3. Inputs and networks are not changed.

    Args:
        generator: (N, d) latents -> (N, C, H, W) images in [-1, 1].
        classifier: (N, C, H, W) images -> (N, K) logits. Used in eval mode.
        z: (N, d) float. Latents to start from.
        y: (N,) long in [0, K), or None. Class of each latent; None for an unconditional generator.
        steps: at least 0. Number of steps J; 0 returns a copy of z.
        step_size: in [0, 1e6], in latent units per unit of logit gradient. Step size eta.
        batch_size: at least 1. Images in a pass; it bounds the memory and does not change the result.
        rescale: go back to the norm of z_0 after every step, as the paper does.
        along: whose logit is descended: k*, the classifier's "first choice" on the initial image, as in the paper, or the "label" y.
        on_step: called with the latents of a pass after each step.

    Returns:
        (N, d) float. The mined latents; each has the norm that it had in z, unless rescale is False.

    Raises:
        ValueError: a parameter is out of range, the logits do not fit the classes, or a mined latent is not finite.
    """
    check_count("steps", steps, 0)
    check_number("step_size", step_size, 0, 1e6)
    check_count("batch_size", batch_size)
    if not z.is_floating_point():
        raise ValueError(f"z is {z.dtype}; mining starts from floats. Draw z with sample_latents.")
    if not torch.isfinite(z).all():
        raise ValueError("z contains NaN or infinity; draw z with sample_latents.")
    if along not in get_args(Along):
        raise ValueError(f"along is {along!r}; use 'first choice' or 'label'.")
    if along == "label" and y is None:
        raise ValueError("along is 'label', but y is None; give the labels, or use 'first choice'.")
    if steps == 0:
        return z.detach().clone()
    with evaluating(classifier):
        labels = y.split(batch_size) if y is not None else [None] * len(z.split(batch_size))
        parts = [
            _mine(generator, classifier, a, b, steps, step_size, rescale, b if along == "label" else None, on_step)
            for a, b in zip(z.detach().split(batch_size), labels, strict=True)
        ]
    mined = torch.cat(parts)
    if not torch.isfinite(mined).all():
        raise ValueError("mining gave NaN or infinity; check that G and C are finite at this z, or use a smaller step_size.")
    return mined


def _mine(
    generator: Generator,
    classifier: nn.Module,
    z0: torch.Tensor,
    y: torch.Tensor | None,
    steps: int,
    step_size: float,
    rescale: bool,
    target: torch.Tensor | None,
    on_step: Callable[[torch.Tensor], None] | None,
) -> torch.Tensor:
    """target: the classes whose logits are descended; None is k*."""
    norm = z0.norm(dim=1, keepdim=True)
    z, k_star = z0, None
    for _ in range(steps):
        z = z.requires_grad_(True)
        scores = classifier(generator(z, y))
        if k_star is None:
            check_logits(scores, len(z), generator.num_classes)
            k_star = scores.argmax(dim=1, keepdim=True) if target is None else target[:, None]
        (gradient,) = torch.autograd.grad(scores.gather(1, k_star).sum(), z)
        z = z.detach() - step_size * gradient
        if rescale:
            z = z * (norm / z.norm(dim=1, keepdim=True).clamp_min(1e-12))
        if on_step is not None:
            on_step(z.detach())
    return z


def collect_hard_dataset(
    total: int,
    per_round: int,
    fill: Callable[[int, nn.Module | None], Images],
    train_one_epoch: Callable[[Images], nn.Module],
) -> Images:
    """Alg. 1: M random images; then train an epoch on all so far and mine M more for that classifier, until N.

    total: N. per_round: M, 1 <= M <= N. fill(n, classifier or None) -> n images, mined if a classifier is given.
    train_one_epoch(images so far) -> the classifier. The paper's loop runs once too often (N + M images); this one stops at N.
    """
    check_count("total", total)
    check_count("per_round", per_round, 1, total)
    data = returned_images(fill(per_round, None), f"fill({per_round}, None)", per_round)
    while len(data) < total:
        n = min(per_round, total - len(data))
        mined = returned_images(fill(n, train_one_epoch(data)), f"fill({n}, classifier)", n)
        data = Images(torch.cat([data.images, mined.images]), torch.cat([data.labels, mined.labels]))
    return data
