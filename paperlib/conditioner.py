"""Paper B: condition a frozen generator by a small input generator, with a frozen classifier as the only teacher.

(mu, sigma) = MLP(one_hot(attribute)),   sigma > 0 by softplus
z = mu + sigma * eps,   eps ~ N(0, I)                                   (reparameterisation)
minimise  cross_entropy(C(upsample(G(z))), attribute)  over the MLP alone                              (paper B)
          + prior_weight * E[log q(z | attribute) - log N(z; 0, I)]                                     (ours; 0 is the paper)

conditioner, history = train_conditioner(generator, classifier, num_attributes=10)
images = generator(conditioner.sample(torch.full((16,), 3)))

The other families of beyond/latent_families.py take the MLP's place: family=MixtureConditioner, family=FlowConditioner.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.checks import check_choice, check_count, check_number
from paperlib.generators import Generator
from paperlib.networks.frozen import ask, check_counts, check_finite, check_logits, evaluating
from paperlib.streams import seeded, stream
from paperlib.support.progress import track

L = TypeVar("L", bound="Latents")


class NeverProducedError(RuntimeError):
    """An attribute that the frozen pair produces too rarely, or never, for what is asked."""


GeneratorLabels = Callable[[torch.Tensor, torch.Generator], torch.Tensor | None]


class Latents(nn.Module):
    """The interface. attribute: (N,) long in [0, num_attributes); z: (N, latent_dim)."""

    num_attributes: int
    latent_dim: int

    def sample(self, attribute: torch.Tensor, rng: torch.Generator | None = None) -> torch.Tensor:
        raise NotImplementedError

    def log_prob(self, z: torch.Tensor, attribute: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def moments(self, attribute: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        raise NotImplementedError


def log_normal(z: torch.Tensor, mu: torch.Tensor | float = 0.0, sigma: torch.Tensor | float = 1.0) -> torch.Tensor:
    """log N(z; mu, diag(sigma^2)), summed over the last axis."""
    sigma = torch.as_tensor(sigma, dtype=z.dtype, device=z.device)
    return (-0.5 * ((z - mu) / sigma).square() - sigma.log() - 0.5 * math.log(2 * math.pi)).sum(-1)


def check_attribute(attribute: torch.Tensor, num_attributes: int) -> None:
    """Raise ValueError unless every attribute is an integer in [0, num_attributes)."""
    if attribute.is_floating_point():
        raise ValueError(f"attributes are {attribute.dtype}; use integers from 0 to {num_attributes - 1}: attribute.long().")
    if len(attribute) and not 0 <= int(attribute.min()) <= int(attribute.max()) < num_attributes:
        raise ValueError(
            f"attributes span {int(attribute.min())}..{int(attribute.max())}; this conditioner knows 0..{num_attributes - 1}. Use attributes in this range."
        )


def check_weight(prior_weight: float) -> None:
    """Raise ConfigError unless p(a | .)^(1 / prior_weight) means something; 1 is Bayes' rule."""
    check_number("prior_weight", prior_weight, 0, 1e3, open_low=True)


def noise(shape: torch.Size, rng: torch.Generator | None, device: torch.device) -> torch.Tensor:
    """Standard normal draws, on `device` whichever the stream's is."""
    return torch.randn(shape, generator=rng, device=rng.device if rng else device).to(device)


def uniform(n: int, rng: torch.Generator | None, device: torch.device) -> torch.Tensor:
    """n draws in [0, 1), on `device` whichever the stream's is."""
    return torch.rand(n, generator=rng, device=rng.device if rng else device).to(device)


class Conditioner(Latents):
    """Paper B's input generator: an MLP K-256-512-2d with ReLU, sigma by softplus. The layer sizes are those of the author's code.

    Args:
        num_attributes: at least 1. Number of attributes K.
        latent_dim: at least 1. Length d of a latent.
    """

    def __init__(self, num_attributes: int, latent_dim: int):
        super().__init__()
        self.num_attributes, self.latent_dim = num_attributes, latent_dim
        self.mlp = nn.Sequential(nn.Linear(num_attributes, 256), nn.ReLU(), nn.Linear(256, 512), nn.ReLU(), nn.Linear(512, 2 * latent_dim))

    def distribution(self, attribute: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The Gaussian of the latents of each attribute.

        Args:
            attribute: (N,) long in [0, K), or (N, K) one-hot. What is asked for.

        Returns:
            mu (N, d) and sigma (N, d) > 0, float.

        Raises:
            ValueError: an attribute is out of range.
        """
        if attribute.ndim == 1:
            check_attribute(attribute, self.num_attributes)
            attribute = F.one_hot(attribute.long(), self.num_attributes)
        mu, s = self.mlp(attribute.float()).chunk(2, dim=1)
        return mu, F.softplus(s)

    def sample(self, attribute: torch.Tensor, rng: torch.Generator | None = None) -> torch.Tensor:
        """Draw z = mu + sigma * eps, differentiable in the conditioner's weights.

        Args:
            attribute: (N,) long in [0, K), or (N, K) one-hot. What is asked for.
            rng: stream of random numbers; None is torch's global stream.

        Returns:
            (N, d) float. One latent for each attribute.

        Raises:
            ValueError: an attribute is out of range.
        """
        mu, sigma = self.distribution(attribute)
        return mu + sigma * noise(mu.shape, rng, mu.device)

    def log_prob(self, z: torch.Tensor, attribute: torch.Tensor) -> torch.Tensor:
        """log q(z | attribute): (N,)."""
        return log_normal(z, *self.distribution(attribute))

    def moments(self, attribute: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(mu, sigma)."""
        return self.distribution(attribute)


@dataclass
class History:
    """One value per epoch. accuracy: of the frozen classifier on fresh draws, in [0, 1]; loss: mean cross-entropy of training, with the
    prior term where it has weight; mu_norm: mean |mean of z| over attributes; sigma: mean deviation over attributes and dimensions."""

    accuracy: list[float] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    mu_norm: list[float] = field(default_factory=list)
    sigma: list[float] = field(default_factory=list)


def train_conditioner(
    generator: Generator,
    classifier: nn.Module,
    num_attributes: int,
    *,
    epochs: int = 10,
    labels_per_epoch: int = 20_000,
    batch_size: int = 64,
    learning_rate: float = 1e-3,
    momentum: float = 0.9,
    image_size: int | None = None,
    validation_labels: int = 5_000,
    prior_weight: float = 0.0,
    optimizer: Literal["sgd", "adam"] = "sgd",
    family: Callable[[int, int], L] = Conditioner,  # type: ignore[assignment]
    generator_labels: GeneratorLabels | None = None,
    warm_start: int = 0,
    on_epoch: Callable[[int, L], None] | None = None,
    seed: int = 0,
    progress: bool = True,
) -> tuple[L, History]:
    """Train a Conditioner against a frozen generator and a frozen classifier. Neither is changed. The defaults are those of the author's code.

    Args:
        generator: (N, d) latents -> (N, C, H, W) images in [-1, 1]. Used in eval mode.
        classifier: (N, C, H, W) images -> (N, num_attributes) logits. The teacher, used in eval mode.
        num_attributes: at least 1. Number of attributes K.
        epochs: at least 1. Number of epochs.
        labels_per_epoch: at least 1. Random attributes that an epoch trains on.
        batch_size: at least 1. Attributes in a step.
        learning_rate: in (0, 1000]. Step size of the optimizer.
        momentum: in [0, 0.9999]. Momentum of SGD, or Adam's first beta.
        image_size: at least 1, in pixels. Side of the classifier's input; images are resized to it (nearest). None leaves them as they are.
        validation_labels: at least 1. Random attributes behind an epoch's accuracy.
        prior_weight: in [0, 1000]. Weight of KL(q | N(0, I)) in the loss, estimated on the batch's draws; 0 is the paper.
        optimizer: "sgd" or "adam". The paper uses "sgd"; a flow needs "adam".
        family: (num_attributes, latent_dim) -> Latents. What is trained; see beyond/latent_families.py for others.
        generator_labels: (attribute, rng) -> (N,) long. Labels for a class-conditional generator (the leak experiment); None withholds them.
        warm_start: at least 0. Draws of the prior that the frozen pair labels before training; the conditioner starts at their moments. 0 is the paper.
        on_epoch: (epoch, conditioner) -> None. Called after each epoch; epochs count from 0.
        seed: at least 0. Seed of the weights and of all draws.
        progress: whether to show a progress bar.

    Returns:
        The trained conditioner, frozen, and its History; history.accuracy holds one validation accuracy in [0, 1] for each epoch.

    Raises:
        ValueError: a parameter is out of range, the logits do not fit, or training diverges.
    """
    if warm_start and family is not Conditioner:
        raise ValueError(f"warm_start is {warm_start}; only the Gaussian family, Conditioner, can start at moments. Use warm_start=0.")
    check_counts(
        num_attributes=num_attributes, epochs=epochs, labels_per_epoch=labels_per_epoch, batch_size=batch_size,
        validation_labels=validation_labels, image_size=1 if image_size is None else image_size,
    )  # fmt: skip
    _check(learning_rate, momentum, optimizer, prior_weight, warm_start)
    device = generator.device
    rng = stream(seed, "conditioner draws")
    with seeded(seed, "conditioner weights"):
        conditioner = family(num_attributes, generator.latent_dim).to(device)
    descent = _descent(conditioner, optimizer, learning_rate, momentum)
    history = History()

    def draw(attribute: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """z (N, d), and the classifier's logits (N, K) of G(z)."""
        y = generator_labels(attribute, rng) if generator_labels else None
        z = conditioner.sample(attribute, rng)
        return z, ask(generator, classifier, z, y, image_size)

    weights = [p for p in classifier.parameters() if p.requires_grad]
    for p in weights:
        p.requires_grad_(False)
    try:
        with evaluating(classifier):
            check_logits(draw(torch.zeros(2, dtype=torch.long, device=device))[1].detach(), 2, num_attributes)
            if warm_start:
                z, read = _labelled(generator, classifier, num_attributes, warm_start, generator_labels, image_size, seed)
                _start_at(conditioner, *weighted_moments(z, read))
            for epoch in track(range(epochs), "conditioner epochs", enabled=progress):
                losses = []
                attributes = torch.randint(num_attributes, (labels_per_epoch,), generator=rng).to(device)
                for attribute in attributes.split(batch_size):
                    z, scores = draw(attribute)
                    loss = F.cross_entropy(scores, attribute)
                    if prior_weight:
                        loss = loss + prior_weight * (conditioner.log_prob(z, attribute) - log_normal(z)).mean()
                    descent.zero_grad()
                    loss.backward()
                    descent.step()
                    losses.append(loss.detach())
                with torch.no_grad():
                    attributes = torch.randint(num_attributes, (validation_labels,), generator=rng).to(device)
                    hits = torch.cat([draw(a)[1].argmax(1) == a for a in attributes.split(500)])
                    mu, sigma = conditioner.moments(torch.arange(num_attributes, device=device))
                mean_loss = torch.stack(losses).mean()
                check_finite(epoch, learning_rate, mean_loss, mu, sigma)
                history.accuracy.append(hits.float().mean().item())
                history.loss.append(mean_loss.item())
                history.mu_norm.append(mu.norm(dim=1).mean().item())
                history.sigma.append(sigma.mean().item())
                if on_epoch is not None:
                    on_epoch(epoch, conditioner)
    finally:
        for p in weights:
            p.requires_grad_(True)
    return conditioner.eval().requires_grad_(False), history


@torch.no_grad()
def _labelled(
    generator: Generator,
    classifier: nn.Module,
    num_attributes: int,
    draws: int,
    generator_labels: GeneratorLabels | None,
    image_size: int | None,
    seed: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """z (N, d) of the prior, and p(a | G(z)) (N, K) by the classifier. A class-conditional generator is told the labels of random attributes."""
    rng = stream(seed, "warm start")
    z = generator.sample_latents(draws, stream(seed, "warm start latents", generator.device))
    read = []
    for part in z.split(500):
        attribute = torch.randint(num_attributes, (len(part),), generator=rng).to(z.device)
        y = generator_labels(attribute, rng) if generator_labels else None
        read.append(ask(generator, classifier, part, y, image_size).softmax(1))
    return z, torch.cat(read)


def weighted_moments(z: torch.Tensor, weights: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of z for each attribute; those of the prior, 0 and 1, where less than one draw is read as it.

    Args:
        z: (N, d) float.
        weights: (N, K) in [0, 1]. How much of each draw counts for each attribute.

    Returns:
        mu, sigma: (K, d) float.
    """
    count = weights.sum(0)[:, None]
    mean = weights.T @ z / count.clamp_min(1e-12)
    deviation = (weights.T @ z.square() / count.clamp_min(1e-12) - mean.square()).clamp_min(1e-4).sqrt()
    return torch.where(count < 1, 0.0, mean), torch.where(count < 1, 1.0, deviation)


def _start_at(conditioner: Latents, mu: torch.Tensor, sigma: torch.Tensor) -> None:
    """Fit the conditioner's moments to mu, sigma (K, d): 400 steps of Adam."""
    attribute = torch.arange(len(mu), device=mu.device)
    adam = torch.optim.Adam(conditioner.parameters(), lr=1e-3)
    for _ in range(400):
        found = conditioner.moments(attribute)
        loss = F.mse_loss(found[0], mu) + F.mse_loss(found[1], sigma)
        adam.zero_grad()
        loss.backward()
        adam.step()


def _check(learning_rate: float, momentum: float, optimizer: str, prior_weight: float, warm_start: int) -> None:
    check_count("warm_start", warm_start, 0)
    check_number("learning_rate", learning_rate, 0, 1e3, open_low=True)
    check_number("momentum", momentum, 0, 0.9999)
    check_choice("optimizer", optimizer, ("sgd", "adam"))
    check_number("prior_weight", prior_weight, 0, 1e3)


def _descent(model: nn.Module, optimizer: str, learning_rate: float, momentum: float) -> torch.optim.Optimizer:
    if optimizer == "sgd":
        return torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=momentum)
    return torch.optim.Adam(model.parameters(), lr=learning_rate, betas=(momentum, 0.999))
