"""Past paper B: a small network learns which latents a frozen pair keeps. After that, sampling takes one pass of the generator.

t(a | z) = p(a | G(z))^(1/w)                     the chance that rejection keeps z at prior weight w (posterior_sampling.py)
h(a | z) minimises the binary cross-entropy with t over labelled latents z:
    round 1    half of them are draws of the prior
    then       the others are draws of the posterior learned so far (seeking.py): in up to three rounds of an eighth for attributes of which
               few latents were kept, then for every attribute that is not common
q_T(z | a) = N(z; 0, I) h(a | z)^(1/T) / Z       T is the highest of TEMPERATURES at which the teacher is as sure of q_T's draws as of
                                                 rejection's own, to half a point, by held-out latents;
                                                 a T at which under a fiftieth of the draws at T = 1 is kept, or under one in
                                                 100,000 draws of the prior, is not tried

posterior, history = distil_posterior(generator, classifier, num_attributes=10)
images = generator(posterior.sample(torch.full((16,), 3)))

A conditioner's training keeps the first solution that it finds. Here h learns from draws of the whole prior, so that no part of it is lost;
the later rounds show it rare attributes as often as others. t is a function of z alone, so where z comes from does not bias h.
"""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.checks import check_count, check_number
from paperlib.conditioner import check_weight, noise
from paperlib.generators import Generator
from paperlib.networks.frozen import check_counts, check_finite, read_latents
from paperlib.samplers.latent_posterior import LatentPosterior
from paperlib.samplers.seeking import TEMPERATURES, Proposal, density, seek, temperatures_to_seek
from paperlib.streams import seeded, stream
from paperlib.support.progress import track

ENOUGH = 0.01  # of all draws: latents kept of an attribute before the last round
COMMON = 0.5  # share of the prior that is kept for an attribute which need not be sought
LOOKS = 20  # the network looks at LOOKS * draws draws of the prior, at most, to find one attribute in a round
AS_SURE = 0.005  # how much lower the mean of p(a | G(z)) may be than in rejection's draws
LEAST_KEPT = 0.02  # of what T = 1 keeps, for each attribute
LEAST_SHARE = 1e-5  # of the draws of the prior; under it, the network looks at too many of them for one latent
HELD_OUT = 0.1  # share of the labelled draws that choose the temperature and train nothing


@dataclass
class DistillationHistory:
    """One value per epoch of the last round. loss: mean binary cross-entropy of training, in nats. held_out: the same on the held-out draws.

    sureness: for each temperature that was tried, mean of p(a | G(z)) over q_T's draws and over attributes, by the held-out latents; target:
    the same of rejection's draws; nan where the held-out latents show no attribute. passes: of the generator.
    """

    loss: list[float] = field(default_factory=list)
    held_out: list[float] = field(default_factory=list)
    sureness: dict[float, float] = field(default_factory=dict)
    target: float = math.nan
    passes: int = 0


def distil_posterior(
    generator: Generator,
    classifier: nn.Module,
    num_attributes: int,
    *,
    draws: int = 100_000,
    epochs: int = 20,
    batch_size: int = 256,
    learning_rate: float = 2e-3,
    prior_weight: float = 0.01,
    hidden: int = 256,
    image_size: int | None = None,
    generator_batch: int = 100,
    seed: int = 0,
    progress: bool = True,
) -> tuple[LatentPosterior, DistillationHistory]:
    """Label latents with the frozen pair, fit an MLP to the labels, and make a posterior of it. Neither network is changed.

    Args:
        generator: (N, d) latents ~ N(0, I) -> (N, C, H, W) images in [-1, 1]. Used in eval mode.
        classifier: (N, C, H, W) images -> (N, num_attributes) logits. The teacher, used in eval mode.
        num_attributes: at least 1. Number of attributes K.
        draws: at least 20. Latents labelled, in all rounds together: one pass of the generator each. A tenth of them is held out.
        epochs: at least 1. Number of epochs (AdamW, cosine schedule) after the last round; after each other there are half as many.
        batch_size: at least 1. Latents in a training step.
        learning_rate: in (0, 1000]. Step size at the start.
        prior_weight: in (0, 1000]. w of p(a | G(z))^(1/w): 1 is Bayes' rule, less keeps only latents of which the teacher is surer.
        hidden: at least 1. Width of the three hidden layers.
        image_size: at least 1, in pixels. Side of the classifier's input; images are resized to it (nearest). None leaves them as they are.
        generator_batch: at least 1. Images in a pass of the generator; it bounds the memory.
        seed: at least 0. Seed of the draws, the weights and the training order.
        progress: whether to show progress bars.

    Returns:
        The LatentPosterior at the temperature chosen, and a DistillationHistory.

    Raises:
        ValueError: a parameter is out of range, the logits do not fit, or training diverges.
    """
    check_counts(num_attributes=num_attributes, epochs=epochs, batch_size=batch_size, hidden=hidden, generator_batch=generator_batch)
    check_count("draws", draws, 20)
    check_number("learning_rate", learning_rate, 0, 1e3, open_low=True)
    check_weight(prior_weight)
    device, rng = generator.device, stream(seed, "distillation draws")

    def label(z: torch.Tensor, name: str) -> torch.Tensor:
        return read_latents(generator, classifier, z, num_attributes, generator_batch, name, progress, image_size) / prior_weight

    def fit(z: torch.Tensor, log_t: torch.Tensor, rounds: int) -> tuple[nn.Module, DistillationHistory]:
        network = _starting_at(mlp(generator.latent_dim, hidden, num_attributes), log_t.exp().mean(0)).to(device)
        return network, _fit(network, z, log_t, rounds, batch_size, learning_rate, stream(seed, "distillation order"), progress)

    def posterior(network: nn.Module, temperature: float) -> LatentPosterior:
        return LatentPosterior(network, num_attributes, generator.latent_dim, prior_weight, temperature)

    with seeded(seed, "distillation weights"):
        z = noise(torch.Size((draws - draws // 2, generator.latent_dim)), rng, device)
        log_t, proposals = label(z, "round 1: latents labelled"), [Proposal(None, (), draws - draws // 2)]
        while (left := draws - len(z)) > 0:
            network, _ = fit(z, log_t, -(-epochs // 2))
            weight = 1 / density(proposals, z)
            kept = log_t.exp()
            rare = [] if left <= draws // 8 else [a for a in range(num_attributes) if kept[:, a].sum() < ENOUGH * draws]
            wanted = rare or [a for a in range(num_attributes) if (weight * kept[:, a]).mean() < COMMON] or list(range(num_attributes))
            seeker = [posterior(network, t) for t in temperatures_to_seek(posterior(network, 1.0).log_kept(z), kept, weight)]
            proposals.append(Proposal(seeker, tuple(wanted), draws // 8 if rare else left))
            sought = seek(proposals[-1], LOOKS * draws, rng)
            z, log_t = torch.cat([z, sought]), torch.cat([log_t, label(sought, f"round {len(proposals)}: latents labelled")])
        network, history = fit(z, log_t, epochs)
    held = slice(None, None, round(1 / HELD_OUT))
    history.target, history.sureness = _surenesses(
        posterior(network, 1.0).log_kept(z[held]), log_t[held], 1 / density(proposals, z[held]), prior_weight
    )
    history.passes = draws
    return posterior(network, _chosen(history)), history


def mlp(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """The network of h: three hidden layers."""
    layers: list[nn.Module] = []
    for width in (inputs, hidden, hidden):
        layers += [nn.Linear(width, hidden), nn.SiLU(), nn.Dropout(0.05)]
    return nn.Sequential(*layers, nn.Linear(hidden, outputs))


def _starting_at(network: nn.Sequential, kept: torch.Tensor) -> nn.Sequential:
    """kept: (K,) share of the labelled latents that is kept; the last layer's bias starts there, so that rare attributes need not travel."""
    with torch.no_grad():
        network[-1].bias.copy_(kept.cpu().clamp(1e-6, 1 - 1e-6).logit())  # type: ignore[operator, union-attr]
    return network


def _surenesses(log_h: torch.Tensor, log_t: torch.Tensor, weight: torch.Tensor, prior_weight: float) -> tuple[float, dict[float, float]]:
    """Mean of p(a | G(z)) over rejection's draws, and over q_T's for each temperature that keeps enough; mean over the attributes seen.

    log_h, log_t: (N, K). weight: (N,), what each latent counts for, so that all together stand for the prior.
    """
    seen = log_t.exp().sum(0) >= 1
    if not seen.any():
        return math.nan, {}
    p, weight = (prior_weight * log_t[:, seen]).exp(), weight[:, None]

    def sureness(kept: torch.Tensor) -> float:
        return ((weight * kept * p).sum(0) / (weight * kept).sum(0)).mean().item()

    found, at_one = {}, (weight * log_h[:, seen].exp()).sum(0)
    for temperature in TEMPERATURES:
        kept = (log_h[:, seen] / temperature).exp()
        share = (weight * kept).sum(0)
        if (share >= (LEAST_KEPT * at_one).clamp_min(LEAST_SHARE * len(weight))).all():
            found[temperature] = sureness(kept)
    return sureness(log_t[:, seen].exp()), found


def _chosen(history: DistillationHistory) -> float:
    """The highest temperature that is sure enough; the surest where none is; 1 where nothing is seen."""
    if math.isnan(history.target):
        return 1.0
    enough = [t for t, sure in history.sureness.items() if sure >= history.target - AS_SURE]
    return max(enough, default=max(history.sureness, key=lambda t: history.sureness[t]))


def _fit(
    network: nn.Module, z: torch.Tensor, log_t: torch.Tensor, epochs: int, batch_size: int, learning_rate: float, order: torch.Generator,
    progress: bool,
) -> DistillationHistory:  # fmt: skip
    """Train on all pairs but every tenth."""
    held = torch.arange(len(z), device=z.device) % round(1 / HELD_OUT) == 0
    t, train = log_t.exp(), (~held).nonzero().squeeze(1)
    optimizer = torch.optim.AdamW(network.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * -(-len(train) // batch_size))
    history = DistillationHistory()
    for epoch in track(range(epochs), "distillation epochs", enabled=progress):
        losses = []
        network.train()
        for batch in train[torch.randperm(len(train), generator=order).to(z.device)].split(batch_size):
            loss = F.binary_cross_entropy_with_logits(network(z[batch]), t[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.detach())
        network.eval()
        with torch.no_grad():
            other = F.binary_cross_entropy_with_logits(network(z[held]), t[held])
        mean_loss = torch.stack(losses).mean()
        check_finite(epoch, learning_rate, mean_loss, other)
        history.loss.append(mean_loss.item())
        history.held_out.append(other.item())
    return history
