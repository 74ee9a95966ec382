"""How distillation.py finds latents of an attribute to label: draws of the posterior that it has learned so far.

z ~ q_T(z | a), T the highest at which rejection should keep a share HITS of the draws

Where that takes more draws of the prior than the network may look at, chains that keep q_T go on from those that were found:
    z' = sqrt(1 - b^2) z + b eps,  taken with probability min(1, h(z')^(1/T) / h(z)^(1/T)),  b = MOVE      (Cotter et al. 2013, "pCN")
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from paperlib.conditioner import NeverProducedError, noise, uniform
from paperlib.samplers.latent_posterior import LatentPosterior

TEMPERATURES = tuple(2.0 ** (-k / 2) for k in range(-2, 11))  # 2 .. 0.03
HITS = 0.25
MOVES, MOVE = 50, 0.3


@dataclass(frozen=True)
class Proposal:
    """Where labelled latents came from. seeker: a posterior for each of all K attributes; None is the prior. attributes: those that were drawn,
    equally often. draws: how many latents in all."""

    seeker: list[LatentPosterior] | None
    attributes: tuple[int, ...]
    draws: int


def temperatures_to_seek(log_h: torch.Tensor, kept: torch.Tensor, weight: torch.Tensor) -> list[float]:
    """For each attribute the highest temperature at which HITS of the draws should be kept, by the latents labelled so far; the lowest where none is.

    log_h: (N, K). kept: (N, K), chance of each latent. weight: (N,), what each latent counts for, so that all together stand for the prior.
    """
    found = []
    for own, chance in zip(log_h.T, kept.T, strict=True):
        hits = {t: ((weight * (own / t).exp() * chance).sum() / (weight * (own / t).exp()).sum()).item() for t in TEMPERATURES}
        found.append(max([t for t, share in hits.items() if share >= HITS], default=min(TEMPERATURES)))
    return found


def seek(proposal: Proposal, looks: int, rng: torch.Generator) -> torch.Tensor:
    """Latents of the proposal, attribute by attribute; draws of the prior for one that the network cannot find.

    looks: draws of the prior that the network may look at for one attribute.
    """
    parts, turns = [], len(proposal.attributes)
    assert proposal.seeker is not None
    for turn, a in enumerate(proposal.attributes):
        seeker, n = proposal.seeker[a], len(range(turn, proposal.draws, turns))
        findable = min(n, int(looks * seeker.log_evidence[a].exp()))
        try:
            found = seeker.sample(torch.full((max(1, findable),), a, device=seeker.draws.device), rng)
            parts.append(found if findable == n else moved(seeker, a, found[torch.arange(n) % len(found)], rng))
        except NeverProducedError:
            parts.append(noise(torch.Size((n, seeker.latent_dim)), rng, seeker.draws.device))
    return torch.cat(parts)


def moved(seeker: LatentPosterior, attribute: int, z: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Chains from z that keep q_T(z | attribute), by preconditioned Crank-Nicolson steps (Cotter et al. 2013)."""
    log_h = seeker.log_kept(z)[:, attribute]
    for _ in range(MOVES):
        there = (1 - MOVE**2) ** 0.5 * z + MOVE * noise(z.shape, rng, z.device)
        log_there = seeker.log_kept(there)[:, attribute]
        taken = uniform(len(z), rng, z.device).log() < log_there - log_h
        z, log_h = torch.where(taken[:, None], there, z), torch.where(taken, log_there, log_h)
    return z


def density(proposals: Sequence[Proposal], z: torch.Tensor) -> torch.Tensor:
    """Of a labelled latent, over the prior's: (N,)."""
    total, found = sum(p.draws for p in proposals), torch.zeros(len(z), device=z.device)
    for p in proposals:
        if p.seeker is None:
            found += p.draws / total
        else:
            for a in p.attributes:
                found += p.draws / total / len(p.attributes) * (p.seeker[a].log_kept(z)[:, a] - p.seeker[a].log_evidence[a]).exp()
    return found
