"""Rivals of the posterior on latents: draws of p_w(z | a) that follow its gradient through the frozen pair.

U(z) = log p(a | G(z)) / w - |z|^2 / 2                     the log of p_w(z | a), up to a constant

Langevin    z <- z + e/2 grad U(z) + sqrt(e) eps           unadjusted: biased by the step size e
MALA        the same step, taken with the Metropolis-Hastings probability: exact once it has converged (Roberts and Tweedie 1996)
ODE         dz/ds = grad log p(a | G(z)) / w               from z ~ N(0, I), s from 0 to 5.025 (Nie et al. 2021, "LACE", eq. 10, run on latents:
            the prior's pull and the diffusion cancel; s is half the integral of their beta(t) = 0.1 + 19.9 t)

Every step of every latent is a pass of the generator forwards and backwards, which counts as three.
"""

from collections.abc import Callable

import torch
from torch import nn

from paperlib.checks import check_number
from paperlib.conditioner import check_weight, noise, uniform
from paperlib.generators import Generator
from paperlib.networks.frozen import check_counts, evaluating
from paperlib.samplers.posterior_sampling import log_attribute

ODE_LENGTH = 5.025
Field = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]


def langevin_sample(
    generator: Generator,
    classifier: nn.Module,
    attribute: int,
    n: int,
    *,
    steps: int = 100,
    step_size: float = 0.05,
    prior_weight: float = 1.0,
    adjusted: bool = False,
    rng: torch.Generator | None = None,
    batch_size: int = 500,
) -> torch.Tensor:
    """Draw from p_w(z | attribute) with Langevin steps, approximately. Each latent starts at a draw of the prior, N(0, I).

    Args:
        generator: (N, d) latents -> (N, C, H, W) images in [-1, 1].
        classifier: (N, C, H, W) images -> (N, K) logits. The teacher, used in eval mode.
        attribute: in [0, K). What is asked for.
        n: at least 1. Number of latents.
        steps: at least 1. Number of steps.
        step_size: in (0, 1000], in squared latent units. Step size e.
        prior_weight: in (0, 1000]. w of p(a | G(z))^(1/w): 1 is the truth.
        adjusted: whether a step is taken with the Metropolis-Hastings probability (MALA), or always.
        rng: stream of random numbers; None is torch's global stream.
        batch_size: at least 1. Images in a pass.

    Returns:
        (n, d) float. The latents after the last step.

    Raises:
        ValueError: a parameter or the attribute is out of range, the logits do not fit, or a latent becomes NaN or infinite.
    """
    check_counts(n=n, steps=steps, batch_size=batch_size)
    check_weight(prior_weight)
    check_number("step_size", step_size, 0, 1e3, open_low=True)
    field = _field(generator, classifier, attribute, prior_weight, prior=True)
    parts = []
    with evaluating(classifier):
        for start in generator.sample_latents(n, rng).split(batch_size):
            z, (u, slope) = start, field(start)
            for _ in range(steps):
                moved = z + step_size / 2 * slope + step_size**0.5 * noise(z.shape, rng, z.device)
                new_u, new_slope = field(moved)
                taken = torch.ones(len(z), dtype=torch.bool, device=z.device)
                if adjusted:
                    there, back = moved - z - step_size / 2 * slope, z - moved - step_size / 2 * new_slope
                    ratio = new_u - u + (there.square().sum(1) - back.square().sum(1)) / (2 * step_size)
                    taken = uniform(len(z), rng, z.device).log() < ratio
                z, u, slope = (
                    torch.where(taken[:, None], moved, z),
                    torch.where(taken, new_u, u),
                    torch.where(taken[:, None], new_slope, slope),
                )
            parts.append(z)
    return _finite(torch.cat(parts), f"Langevin steps of size {step_size}", "use a smaller step_size")


def ode_sample(
    generator: Generator,
    classifier: nn.Module,
    attribute: int,
    n: int,
    *,
    steps: int = 50,
    prior_weight: float = 1.0,
    rng: torch.Generator | None = None,
    batch_size: int = 500,
) -> torch.Tensor:
    """Draw images of an attribute with LACE's probability-flow ODE in the latent, by Heun's method. It is not exact: its energy is that of
    the clean latent at every time.

    Args:
        generator: (N, d) latents -> (N, C, H, W) images in [-1, 1].
        classifier: (N, C, H, W) images -> (N, K) logits. The teacher, used in eval mode.
        attribute: in [0, K). What is asked for.
        n: at least 1. Number of latents.
        steps: at least 1. Number of steps, of two gradients each.
        prior_weight: in (0, 1000]. w of log p(a | G(z)) / w.
        rng: stream of random numbers; None is torch's global stream.
        batch_size: at least 1. Images in a pass.

    Returns:
        (n, d) float. The latents at the end.

    Raises:
        ValueError: a parameter or the attribute is out of range, the logits do not fit, or a latent becomes NaN or infinite.
    """
    check_counts(n=n, steps=steps, batch_size=batch_size)
    check_weight(prior_weight)
    field, step = _field(generator, classifier, attribute, prior_weight, prior=False), ODE_LENGTH / steps
    parts = []
    with evaluating(classifier):
        for start in generator.sample_latents(n, rng).split(batch_size):
            z = start
            for _ in range(steps):
                slope = field(z)[1]
                z = z + step / 2 * (slope + field(z + step * slope)[1])
            parts.append(z)
    return _finite(torch.cat(parts), f"{steps} steps of the ODE", "use more steps or a larger prior_weight")


def _field(generator: Generator, classifier: nn.Module, attribute: int, prior_weight: float, *, prior: bool) -> Field:
    """z (N, d) -> U (N,) and its gradient (N, d); without the prior's part where `prior` is not set."""

    def field(z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.enable_grad():
            z = z.detach().requires_grad_(True)
            u = log_attribute(generator, classifier, z, [attribute])[:, 0] / prior_weight - (0.5 * z.square().sum(1) if prior else 0.0)
            (slope,) = torch.autograd.grad(u.sum(), z)
        return u.detach(), slope

    return field


def _finite(z: torch.Tensor, what: str, remedy: str) -> torch.Tensor:
    if not torch.isfinite(z).all():
        raise ValueError(f"{what} gave NaN or infinity; {remedy}.")
    return z
