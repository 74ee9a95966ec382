"""Past paper B: fit a family of latents by maximum likelihood, to latents of which the attribute is known.

maximise  E_{a} E_{z ~ p_w(z | a)} log q(z | a)          over the family's weights

A latent of p_w needs no gradient through the frozen pair: it comes from rejection (accepted_latents), or from a posterior, whose draws cost
no image at all. Paper B minimises the divergence of p_w from q the other way round, which is what lets q fall on one way to be an attribute.

latents = accepted_latents(generator, classifier, num_attributes=10, draws=50_000, prior_weight=0.01)
flow, losses = fit_to_latents(FlowConditioner(10, 64), latents)
"""

from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import nn

from paperlib.checks import check_number
from paperlib.conditioner import Latents, NeverProducedError, check_weight, uniform
from paperlib.generators import Generator
from paperlib.networks.frozen import check_counts, check_finite, read_latents
from paperlib.streams import stream
from paperlib.support.progress import track

L = TypeVar("L", bound=Latents)


@torch.no_grad()
def accepted_latents(
    generator: Generator,
    classifier: nn.Module,
    num_attributes: int,
    *,
    draws: int = 50_000,
    prior_weight: float = 0.01,
    generator_batch: int = 100,
    seed: int = 0,
    progress: bool = True,
) -> list[torch.Tensor]:
    """What rejection keeps of a fixed number of draws, each tried for every attribute.

    Args:
        generator: (N, d) latents ~ N(0, I) -> (N, C, H, W) images in [-1, 1].
        classifier: (N, C, H, W) images -> (N, K) logits. The teacher, used in eval mode.
        num_attributes: at least 1. Number of attributes K.
        draws: at least 1. Draws of the prior, one pass of the generator each.
        prior_weight: in (0, 1000]. w of p(a | G(z))^(1/w).
        generator_batch: at least 1. Images in a pass.
        seed: at least 0. Seed of the draws.
        progress: whether to show a progress bar.

    Returns:
        One (n_a, d) float tensor for each attribute.

    Raises:
        ValueError: a parameter is out of range, or the logits do not fit.
        NeverProducedError: an attribute has no latent.
    """
    check_counts(num_attributes=num_attributes, draws=draws, generator_batch=generator_batch)
    check_weight(prior_weight)
    rng = stream(seed, "accepted latents")
    z = generator.sample_latents(draws, rng)
    log_kept = read_latents(generator, classifier, z, num_attributes, generator_batch, "latents labelled", progress) / prior_weight
    kept = torch.cat(
        [torch.stack([uniform(len(part), rng, z.device).log() < p for p in part.T], 1) for part in log_kept.split(generator_batch)]
    )
    latents = [z[column] for column in kept.T]
    for a, own in enumerate(latents):
        if not len(own):
            raise NeverProducedError(f"none of {draws:,} prior draws was kept for attribute {a}; raise draws or prior_weight.")
    return latents


def fit_to_latents(
    family: L,
    latents: Sequence[torch.Tensor],
    *,
    steps: int = 4000,
    batch_size: int = 256,
    learning_rate: float = 1e-3,
    seed: int = 0,
    progress: bool = True,
) -> tuple[L, list[float]]:
    """Fit `family` in place by maximum likelihood (Adam, cosine schedule), each attribute as often as the others.

    Args:
        family: a MixtureConditioner, FlowConditioner or any Latents with a log_prob differentiable in its weights.
        latents: for each attribute an (n_a, d) float tensor, n_a at least 1.
        steps: at least 1. Steps of training.
        batch_size: at least 1. Latents in a step.
        learning_rate: in (0, 1000]. Step size at the start.
        seed: at least 0. Seed of the training order.
        progress: whether to show a progress bar.

    Returns:
        The family, frozen, and the mean negative log-likelihood of each hundred steps, in nats.

    Raises:
        ValueError: a parameter is out of range, or training diverges.
    """
    check_counts(steps=steps, batch_size=batch_size)
    check_number("learning_rate", learning_rate, 0, 1e3, open_low=True)
    order, device = stream(seed, "training order"), latents[0].device
    counts, starts = torch.tensor([len(z) for z in latents]), torch.tensor([0, *(len(z) for z in latents)]).cumsum(0)
    together = torch.cat(list(latents))
    adam = torch.optim.Adam(family.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    losses: list[torch.Tensor] = []
    for step in track(range(steps), "maximum likelihood", enabled=progress):
        attribute = torch.randint(len(latents), (batch_size,), generator=order)
        row = starts[attribute] + (torch.rand(batch_size, generator=order) * counts[attribute]).long()
        loss = -family.log_prob(together[row.to(device)], attribute.to(device)).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        schedule.step()
        losses.append(loss.detach())
        if step % 100 == 99 or step == steps - 1:
            check_finite(step // 100, learning_rate, losses[-1])
    means = [torch.stack(losses[i : i + 100]).mean().item() for i in range(0, steps, 100)]
    return family.eval().requires_grad_(False), means
