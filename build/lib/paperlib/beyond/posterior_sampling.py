"""What conditioning should give: draws of p(z | a) for a frozen generator and a frozen classifier.

p_w(z | a)  ~  N(z; 0, I) p(a | G(z))^(1/w),   p(a | x) = softmax(C(x))[a]

At w = 1 this is Bayes' rule: the truth. At other w it is the target of a conditioner with prior_weight w: it minimises the loss
E[-log p(a | G(z))] + w KL(q | N(0, I)) over all q. For smaller w, only latents of which the classifier is surer remain.

rejection    z from the prior, kept with probability p(a | G(z))^(1/w): exact; a rare attribute takes many draws
proposed     z from a learned q(z | a), kept in proportion to p_w(z | a) / q(z | a): the same target from far fewer images
Langevin     z <- z + e/2 grad log p(z | a) + sqrt(e) eps: approximate (unadjusted, as Nie et al. 2021, "LACE", run on latents)

(found,) = rejection_sample(generator, classifier, [3], n=1000, rng=torch.Generator().manual_seed(0))
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.conditioner import Latents, NeverProducedError, check_weight, log_normal, noise, uniform
from paperlib.generators import Generator
from paperlib.networks.frozen import ask, check_counts, check_logits, evaluating
from paperlib.support.stopwatch import synchronize

EARLY = 10_000  # draws after which `rarest` is looked at
BOUND_QUANTILE = 0.9  # of p_w / q among a proposal's first batch: the ratio that is kept always; 1 would be exact, and let one outlier rule


@dataclass(frozen=True)
class Accepted:
    """z: (n, d) latents; fewer where rejection_draws gave up. accepted: number of latents kept. draws: number of images made.
    seconds: to make and read these images.

    clipped: in [0, 1], share of the draws whose ratio was above the bound; 0 for draws of the prior.
    """

    z: torch.Tensor
    accepted: int
    draws: int
    seconds: float
    clipped: float = 0.0

    @property
    def rate(self) -> float:
        """Share kept. From the prior at w = 1: the attribute's share of what the generator makes, as the classifier sees it."""
        return self.accepted / self.draws


@torch.no_grad()
def rejection_sample(
    generator: Generator,
    classifier: nn.Module,
    attributes: Sequence[int],
    n: int,
    *,
    prior_weight: float = 1.0,
    rng: torch.Generator | None = None,
    batch_size: int = 500,
    max_draws: int = 1_000_000,
    rarest: float = 0.0,
) -> list[Accepted]:
    """Draw exactly from p_w(z | a) for each attribute a. Each image is tried for every attribute that still needs some, independently.

    Args:
        generator: (N, d) latents -> (N, C, H, W) images in [-1, 1].
        classifier: (N, C, H, W) images -> (N, K) logits. The teacher, used in eval mode.
        attributes: each in [0, K), no two the same. What is asked for.
        n: at least 1. Latents for each attribute.
        prior_weight: in (0, 1000]. w of p(a | G(z))^(1/w): 1 is the truth.
        rng: stream of random numbers; None is torch's global stream.
        batch_size: at least 1. Images in a pass.
        max_draws: at least 1. Prior draws after which it gives up.
        rarest: in [0, 1). It gives up after 10,000 draws too, where the share that is kept is below this.

    Returns:
        One Accepted for each attribute: latents z (n, d), counts, and seconds. Counts and seconds are those of this attribute alone.

    Raises:
        ValueError: a parameter or an attribute is out of range, or the logits do not fit.
        NeverProducedError: it gave up on some attribute.
    """
    found = rejection_draws(
        generator, classifier, attributes, n, prior_weight=prior_weight, rng=rng, batch_size=batch_size, max_draws=max_draws, rarest=rarest
    )
    for a, accepted in zip(attributes, found, strict=True):
        if len(accepted.z) < n:
            raise NeverProducedError(
                f"{accepted.draws:,} prior draws gave {len(accepted.z)} of {n} images of attribute {a}; it is too rare here: "
                "ask for fewer, raise max_draws or lower rarest, or use langevin_sample."
            )
    return found


@torch.no_grad()
def rejection_draws(
    generator: Generator,
    classifier: nn.Module,
    attributes: Sequence[int],
    n: int,
    *,
    prior_weight: float = 1.0,
    rng: torch.Generator | None = None,
    batch_size: int = 500,
    max_draws: int = 1_000_000,
    rarest: float = 0.0,
) -> list[Accepted]:
    """rejection_sample without its error: an attribute that it gives up on has fewer than n latents, and the others all of theirs."""
    check_counts(n=n, batch_size=batch_size)
    check_weight(prior_weight)
    start, draws = time.perf_counter(), 0
    kept: dict[int, torch.Tensor] = {a: torch.empty(0, generator.latent_dim, device=generator.device) for a in attributes}
    found: dict[int, Accepted] = {}
    with evaluating(classifier):
        while len(found) < len(kept):
            z = generator.sample_latents(batch_size, rng)
            log_p = _log_posterior(generator, classifier, z, attributes)
            draws += batch_size
            for a, column in zip(attributes, log_p.T, strict=True):
                if a not in found:
                    kept[a] = torch.cat([kept[a], z[uniform(len(z), rng, z.device).log() < column / prior_weight]])
                    if len(kept[a]) >= n or _hopeless(len(kept[a]), draws, max_draws, rarest):
                        synchronize()
                        found[a] = Accepted(kept[a][:n], len(kept[a]), draws, time.perf_counter() - start)
    return [found[a] for a in attributes]


@torch.no_grad()
def proposed_sample(
    proposal: Latents,
    generator: Generator,
    classifier: nn.Module,
    attribute: int,
    n: int,
    *,
    prior_weight: float = 1.0,
    rng: torch.Generator | None = None,
    batch_size: int = 500,
    max_draws: int = 1_000_000,
    rarest: float = 0.0,
) -> Accepted:
    """Draw from p_w(z | attribute) with candidates of a learned proposal q.

    A candidate is kept with probability min(1, ratio / bound), where ratio = p_w(z | a) / q(z | a). The bound is the BOUND_QUANTILE of the
    ratios in the first batch. Latents with a larger ratio come too seldom; Accepted.clipped is their share.

    Args:
        proposal: has sample(attribute, rng) -> (N, d) and log_prob(z, attribute) -> (N,).
        generator: (N, d) latents -> (N, C, H, W) images in [-1, 1].
        classifier: (N, C, H, W) images -> (N, K) logits. The teacher, used in eval mode.
        attribute: in [0, K). What is asked for.
        n: at least 1. Number of latents.
        prior_weight: in (0, 1000]. w of p(a | G(z))^(1/w): 1 is the truth.
        rng: stream of random numbers; None is torch's global stream.
        batch_size: at least 1. Candidates in a pass.
        max_draws: at least 1. Candidates after which it gives up.
        rarest: in [0, 1). It gives up after 10,000 candidates too, where the share that is kept is below this.

    Returns:
        An Accepted: latents z (n, d), counts, and seconds.

    Raises:
        ValueError: a parameter or the attribute is out of range, or the logits do not fit.
        NeverProducedError: it gave up.
    """
    check_counts(n=n, batch_size=batch_size)
    check_weight(prior_weight)
    start, draws, clipped, bound = time.perf_counter(), 0, 0, None
    kept = torch.empty(0, generator.latent_dim, device=generator.device)
    asked = torch.full((batch_size,), attribute, device=generator.device)
    with evaluating(classifier):
        while len(kept) < n:
            if _hopeless(len(kept), draws, max_draws, rarest):
                raise NeverProducedError(
                    f"{draws:,} proposals gave {len(kept)} of {n} images of attribute {attribute}; use another proposal."
                )
            z = proposal.sample(asked, rng)
            log_p = _log_posterior(generator, classifier, z, [attribute])[:, 0]
            ratio = log_p / prior_weight + log_normal(z) - proposal.log_prob(z, asked)
            bound = torch.quantile(ratio, BOUND_QUANTILE) if bound is None else bound
            kept = torch.cat([kept, z[uniform(len(z), rng, z.device).log() < ratio - bound]])
            draws += batch_size
            clipped += int((ratio > bound).sum())
    synchronize()
    return Accepted(kept[:n], len(kept), draws, time.perf_counter() - start, clipped / draws)


def langevin_sample(
    generator: Generator,
    classifier: nn.Module,
    attribute: int,
    n: int,
    *,
    steps: int = 100,
    step_size: float = 0.05,
    rng: torch.Generator | None = None,
    batch_size: int = 500,
) -> torch.Tensor:
    """Draw approximately from the truth p_1(z | attribute) with unadjusted Langevin steps. Each latent starts at a draw of the prior, N(0, I).

    Args:
        generator: (N, d) latents -> (N, C, H, W) images in [-1, 1].
        classifier: (N, C, H, W) images -> (N, K) logits. The teacher, used in eval mode.
        attribute: in [0, K). What is asked for.
        n: at least 1. Number of latents.
        steps: at least 1. Number of steps.
        step_size: above 0, finite, in squared latent units. Step size e.
        rng: stream of random numbers; None is torch's global stream.
        batch_size: at least 1. Images in a pass.

    Returns:
        (n, d) float. The latents after the last step.

    Raises:
        ValueError: a parameter or the attribute is out of range, the logits do not fit, or a latent becomes NaN or infinite.
    """
    check_counts(n=n, steps=steps, batch_size=batch_size)
    if not 0 < step_size < float("inf"):
        raise ValueError(f"step_size {step_size} is out of range; use a finite number above 0.")
    parts = []
    with evaluating(classifier):
        for start in generator.sample_latents(n, rng).split(batch_size):
            z = start
            for _ in range(steps):
                z = z.detach().requires_grad_(True)
                log_p = _log_posterior(generator, classifier, z, [attribute]).sum() - 0.5 * z.square().sum()
                (gradient,) = torch.autograd.grad(log_p, z)
                z = z.detach() + step_size / 2 * gradient + step_size**0.5 * noise(z.shape, rng, z.device)
            parts.append(z)
    found = torch.cat(parts)
    if not torch.isfinite(found).all():
        raise ValueError(f"Langevin steps of size {step_size} gave NaN or infinity; use a smaller step_size.")
    return found


def _hopeless(kept: int, draws: int, max_draws: int, rarest: float) -> bool:
    return draws >= max_draws or (draws >= EARLY and kept < rarest * draws)


def _log_posterior(generator: Generator, classifier: nn.Module, z: torch.Tensor, attributes: Sequence[int]) -> torch.Tensor:
    """log p(a | G(z)) of each attribute: (N, len(attributes))."""
    scores = ask(generator, classifier, z)
    check_logits(scores.detach(), len(z), 0)
    for a in attributes:
        if not 0 <= a < scores.shape[1]:
            raise ValueError(f"attribute is {a}; the classifier knows 0..{scores.shape[1] - 1}. Use one of these.")
    return F.log_softmax(scores, dim=1)[:, list(attributes)]
