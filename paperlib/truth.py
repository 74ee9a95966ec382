"""What conditioning should give: draws of p(z | a) for a frozen generator and a frozen classifier, without training anything.

p(z | a)  ~  N(z; 0, I) p(a | G(z)),   p(a | x) = softmax(C(x))[a]

rejection    z from the prior, kept with probability p(a | G(z)): exact, and the dearer the rarer the attribute
Langevin     z <- z + e/2 grad log p(z | a) + sqrt(e) eps: approximate (unadjusted, as Nie et al. 2021, "LACE", run on latents)

found = rejection_sample(generator, classifier, attribute=3, n=1000, rng=torch.Generator().manual_seed(0))
"""

import time
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.frozen import check_logits, evaluating
from paperlib.generators import Generator


@dataclass(frozen=True)
class Accepted:
    """z: (n, d) accepted latents. draws: how many the prior gave. seconds: of all of it."""

    z: torch.Tensor
    draws: int
    seconds: float

    @property
    def rate(self) -> float:
        """Accepted share of the draws, the last batch in full: the attribute's share of what the generator makes, as the classifier sees it."""
        return len(self.z) / self.draws


@torch.no_grad()
def rejection_sample(
    generator: Generator,
    classifier: nn.Module,
    attribute: int,
    n: int,
    *,
    rng: torch.Generator | None = None,
    batch_size: int = 500,
    max_draws: int = 1_000_000,
) -> Accepted:
    """At least n exact draws of p(z | attribute), all that their batches accept. classifier: images -> logits (N, K).

    Raises ValueError on parameters out of range and on logits that do not fit, RuntimeError if max_draws prior draws give fewer than n.
    """
    if n < 1 or batch_size < 1:
        raise ValueError(f"n is {n} and batch_size {batch_size}; both are at least 1.")
    start, draws = time.perf_counter(), 0
    found = torch.empty(0, generator.latent_dim, device=generator.device)
    with evaluating(classifier):
        while len(found) < n:
            if draws >= max_draws:
                raise RuntimeError(
                    f"{draws:,} prior draws gave {len(found)} of {n} images of attribute {attribute}; it is too rare here: "
                    "ask for fewer, raise max_draws, or use langevin_sample."
                )
            z = generator.sample_latents(batch_size, rng)
            log_p = _log_posterior(generator, classifier, z, attribute)
            u = torch.rand(len(z), generator=rng, device=rng.device if rng else z.device).to(z.device)
            found = torch.cat([found, z[u < log_p.exp()]])
            draws += batch_size
    return Accepted(found, draws, time.perf_counter() - start)


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
    """n approximate draws (n, d) of p(z | attribute): each starts at the prior and takes `steps` unadjusted Langevin steps of size e = step_size.

    The prior is N(0, I). Raises ValueError on parameters out of range or where a latent leaves the finite numbers.
    """
    if n < 1 or steps < 1 or not 0 < step_size < float("inf"):
        raise ValueError(f"n is {n}, steps {steps}, step_size {step_size}; use at least 1, 1 and a positive number.")
    parts = []
    with evaluating(classifier):
        for start in generator.sample_latents(n, rng).split(batch_size):
            z = start
            for _ in range(steps):
                z = z.detach().requires_grad_(True)
                log_p = _log_posterior(generator, classifier, z, attribute).sum() - 0.5 * z.square().sum()
                (gradient,) = torch.autograd.grad(log_p, z)
                eps = torch.randn(z.shape, generator=rng, device=rng.device if rng else z.device).to(z.device)
                z = z.detach() + step_size / 2 * gradient + step_size**0.5 * eps
            parts.append(z)
    found = torch.cat(parts)
    if not torch.isfinite(found).all():
        raise ValueError(f"Langevin steps of size {step_size} left the finite numbers; use a smaller step_size.")
    return found


def _log_posterior(generator: Generator, classifier: nn.Module, z: torch.Tensor, attribute: int) -> torch.Tensor:
    """log p(attribute | G(z)): (N,)."""
    scores = classifier(generator(z))
    check_logits(scores.detach(), len(z), 0)
    if not 0 <= attribute < scores.shape[1]:
        raise ValueError(f"attribute is {attribute}; the classifier knows 0..{scores.shape[1] - 1}.")
    return F.log_softmax(scores, dim=1)[:, attribute]
