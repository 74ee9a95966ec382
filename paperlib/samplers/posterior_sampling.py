"""What conditioning should give: draws of p(z | a) for a frozen generator and a frozen classifier.

p_w(z | a)  ~  N(z; 0, I) p(a | G(z))^(1/w),   p(a | x) = softmax(C(x))[a]

At w = 1 this is Bayes' rule: the truth. At other w it is the target of a conditioner with prior_weight w: it minimises the loss
E[-log p(a | G(z))] + w KL(q | N(0, I)) over all q. For smaller w, only latents of which the classifier is surer remain.

rejection     z from the prior, kept with probability p(a | G(z))^(1/w): exact; a rare attribute takes many draws
Metropolis    candidates of a learned q(z | a), a chain that moves to one with probability min(1, new weight / old weight),
              weight = p_w(z | a) / q(z | a): its law tends to p_w, from far fewer images (Tierney 1994, independence sampler)
resampling    a fixed number of draws of the prior, chosen again in proportion to p(a | G(z))^(1/w) (Rubin 1988, "SIR")

gradient_sampling.py has methods that follow the gradient of p_w.

(found,) = rejection_sample(generator, classifier, [3], n=1000, rng=torch.Generator().manual_seed(0))
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.conditioner import Latents, NeverProducedError, check_weight, log_normal, uniform
from paperlib.generators import Generator
from paperlib.networks.frozen import ask, check_counts, check_logits, evaluating
from paperlib.samplers import BURN_IN
from paperlib.support.stopwatch import synchronize

EARLY = 10_000  # draws after which `rarest` is looked at


@dataclass(frozen=True)
class Accepted:
    """z: (n, d) latents; fewer where rejection_draws gave up. accepted: number of latents kept. draws: number of images made.
    seconds: to make and read these images.

    effective: in (0, 1], effective sample size of a candidate, (sum w)^2 / (n sum w^2); 1 for rejection. repeated: in [0, 1], share of the
    latents that are the same as another one; 0 for rejection.
    """

    z: torch.Tensor
    accepted: int
    draws: int
    seconds: float
    effective: float = 1.0
    repeated: float = 0.0

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
                "ask for fewer, raise max_draws or lower rarest, or use distil_posterior."
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
            log_p = log_attribute(generator, classifier, z, attributes)
            draws += batch_size
            for a, column in zip(attributes, log_p.T, strict=True):
                if a not in found:
                    kept[a] = torch.cat([kept[a], z[uniform(len(z), rng, z.device).log() < column / prior_weight]])
                    if len(kept[a]) >= n or _hopeless(len(kept[a]), draws, max_draws, rarest):
                        synchronize()
                        found[a] = Accepted(kept[a][:n], len(kept[a]), draws, time.perf_counter() - start)
    return [found[a] for a in attributes]


@torch.no_grad()
def metropolis_sample(
    proposal: Latents,
    generator: Generator,
    classifier: nn.Module,
    attribute: int,
    n: int,
    *,
    prior_weight: float = 1.0,
    passes: int = 2,
    rng: torch.Generator | None = None,
    batch_size: int = 500,
) -> Accepted:
    """Draw from p_w(z | attribute) by one chain of independence Metropolis-Hastings. Neither network is changed.

    The chain sees 100 candidates before its first state is kept, then keeps every `passes`-th state. Its law tends to p_w as candidates go
    by, whatever the proposal; a poor proposal shows as a low `effective` and many `repeated` latents.

    Args:
        proposal: has sample(attribute, rng) -> (N, d) and log_prob(z, attribute) -> (N,). A LatentPosterior does best at twice its
            temperature of 1: where p(a | G(z))^(1/w) is near 0 or 1, the square root of h gives weights of the least variance.
        generator: (N, d) latents ~ N(0, I) -> (N, C, H, W) images in [-1, 1].
        classifier: (N, C, H, W) images -> (N, K) logits. The teacher, used in eval mode.
        attribute: in [0, K). What is asked for.
        n: at least 1. Number of latents.
        prior_weight: in (0, 1000]. w of p(a | G(z))^(1/w): 1 is the truth.
        passes: at least 1. Candidates, and so passes of the generator, for each latent kept; more give fewer repeats.
        rng: stream of random numbers; None is torch's global stream.
        batch_size: at least 1. Candidates in a pass.

    Returns:
        An Accepted: latents z (n, d), counts, and seconds.

    Raises:
        ValueError: a parameter or the attribute is out of range, the logits do not fit, or no candidate has a weight.
    """
    check_counts(n=n, passes=passes, batch_size=batch_size)
    check_weight(prior_weight)
    start, total = time.perf_counter(), BURN_IN + passes * n
    found, weights = [], []
    with evaluating(classifier):
        for part in torch.full((total,), attribute, device=generator.device).split(batch_size):
            z = proposal.sample(part, rng)
            log_p = log_attribute(generator, classifier, z, [attribute])[:, 0]
            weights.append(log_p / prior_weight + log_normal(z) - proposal.log_prob(z, part))
            found.append(z)
    z, weight = torch.cat(found), torch.cat(weights)
    if not torch.isfinite(weight).any():
        raise ValueError(f"no candidate of attribute {attribute} has a weight above 0; use another proposal.")
    states = _chain(weight, uniform(total, rng, weight.device).log())[BURN_IN + passes - 1 :: passes]
    synchronize()
    repeated = 1 - len(states.unique()) / n
    return Accepted(z[states], n, total, time.perf_counter() - start, _effective(weight), repeated)


def _chain(log_weight: torch.Tensor, log_uniform: torch.Tensor) -> torch.Tensor:
    """Which candidate the chain is at after each one: (N,)."""
    at, states = 0, []
    weight, threshold = log_weight.tolist(), log_uniform.tolist()
    for i, w in enumerate(weight):
        if w - weight[at] > threshold[i] or not math.isfinite(weight[at]):
            at = i
        states.append(at)
    return torch.tensor(states, device=log_weight.device)


def _effective(log_weight: torch.Tensor) -> float:
    w = (log_weight - log_weight.max()).exp()
    return (w.sum().square() / w.square().sum() / len(w)).item()


@torch.no_grad()
def resample(
    generator: Generator,
    classifier: nn.Module,
    attributes: Sequence[int],
    n: int,
    *,
    pool: int,
    prior_weight: float = 1.0,
    rng: torch.Generator | None = None,
    batch_size: int = 500,
) -> list[Accepted]:
    """Sampling importance resampling: `pool` draws of the prior, of which each attribute takes n, with replacement, in proportion to
    p(a | G(z))^(1/w). Exact as the pool grows; a small pool repeats its few good draws.

    Args:
        generator: (N, d) latents ~ N(0, I) -> (N, C, H, W) images in [-1, 1].
        classifier: (N, C, H, W) images -> (N, K) logits. The teacher, used in eval mode.
        attributes: each in [0, K). What is asked for; all share the pool.
        n: at least 1. Latents for each attribute.
        pool: at least 1. Draws of the prior, one pass of the generator each.
        prior_weight: in (0, 1000]. w of p(a | G(z))^(1/w): 1 is the truth.
        rng: stream of random numbers; None is torch's global stream.
        batch_size: at least 1. Images in a pass.

    Returns:
        One Accepted for each attribute. Its draws and seconds are those of the whole pool.

    Raises:
        ValueError: a parameter or an attribute is out of range, or the logits do not fit.
    """
    check_counts(n=n, pool=pool, batch_size=batch_size)
    check_weight(prior_weight)
    start = time.perf_counter()
    z = generator.sample_latents(pool, rng)
    with evaluating(classifier):
        log_p = torch.cat([log_attribute(generator, classifier, part, attributes) for part in z.split(batch_size)]) / prior_weight
    weights = (log_p - log_p.amax(0)).exp().to(rng.device if rng else z.device)
    chosen = [torch.multinomial(column, n, replacement=True, generator=rng).to(z.device) for column in weights.T]
    synchronize()
    seconds = time.perf_counter() - start
    return [
        Accepted(z[rows], n, pool, seconds, _effective(column), 1 - len(rows.unique()) / n)
        for rows, column in zip(chosen, log_p.T, strict=True)
    ]


def _hopeless(kept: int, draws: int, max_draws: int, rarest: float) -> bool:
    return draws >= max_draws or (draws >= EARLY and kept < rarest * draws)


def log_attribute(generator: Generator, classifier: nn.Module, z: torch.Tensor, attributes: Sequence[int]) -> torch.Tensor:
    """log p(a | G(z)) of each attribute: (N, len(attributes))."""
    scores = ask(generator, classifier, z)
    check_logits(scores.detach(), len(z), 0)
    for a in attributes:
        if not 0 <= a < scores.shape[1]:
            raise ValueError(f"attribute is {a}; the classifier knows 0..{scores.shape[1] - 1}. Use one of these.")
    return F.log_softmax(scores, dim=1)[:, list(attributes)]
