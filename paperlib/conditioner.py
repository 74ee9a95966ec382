"""Paper B: condition a frozen generator by a small input generator, with a frozen classifier as the only teacher.

(mu, sigma) = MLP(one_hot(attribute)),   sigma > 0 by softplus
z = mu + sigma * eps,   eps ~ N(0, I)                                   (reparameterisation)
minimise  cross_entropy(C(upsample(G(z))), attribute)  over the MLP alone

conditioner, history = train_conditioner(generator, classifier, num_attributes=10)
images = generator(conditioner.sample(torch.full((16,), 3)))
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.frozen import check_logits, evaluating
from paperlib.generators import Generator
from paperlib.progress import track

GeneratorLabels = Callable[[torch.Tensor, torch.Generator], torch.Tensor | None]


class Conditioner(nn.Module):
    """The input generator, an MLP K-256-512-2d with ReLU (layer sizes from the author's published code)."""

    def __init__(self, num_attributes: int, latent_dim: int):
        super().__init__()
        self.num_attributes, self.latent_dim = num_attributes, latent_dim
        self.mlp = nn.Sequential(nn.Linear(num_attributes, 256), nn.ReLU(), nn.Linear(256, 512), nn.ReLU(), nn.Linear(512, 2 * latent_dim))

    def distribution(self, attribute: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """attribute: (N,) long in [0, K) or (N, K) one-hot -> mu (N, d), sigma (N, d) > 0."""
        if attribute.ndim == 1:
            if len(attribute) and not (int(attribute.min()) >= 0 and int(attribute.max()) < self.num_attributes):
                raise ValueError(
                    f"attributes span {int(attribute.min())}..{int(attribute.max())}; this conditioner knows 0..{self.num_attributes - 1}."
                )
            attribute = F.one_hot(attribute.long(), self.num_attributes)
        mu, s = self.mlp(attribute.float()).chunk(2, dim=1)
        return mu, F.softplus(s)

    def sample(self, attribute: torch.Tensor, rng: torch.Generator | None = None) -> torch.Tensor:
        """z = mu + sigma * eps: (N, d), differentiable in the conditioner's weights."""
        mu, sigma = self.distribution(attribute)
        eps = torch.randn(mu.shape, generator=rng, device=rng.device if rng else mu.device).to(mu.device)
        return mu + sigma * eps


@dataclass
class History:
    """One value per epoch. accuracy: of the frozen classifier on fresh draws, in [0, 1]; loss: mean cross-entropy of training;
    mu_norm: mean |mu| over attributes; sigma: mean sigma over attributes and dimensions."""

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
    generator_labels: GeneratorLabels | None = None,
    on_epoch: Callable[[int, Conditioner], None] | None = None,
    seed: int = 0,
    progress: bool = True,
) -> tuple[Conditioner, History]:
    """Train a Conditioner; generator and classifier are used in eval mode and left as they were.

    classifier: images (N, C, H, W) -> logits (N, num_attributes). image_size: the classifier's input side in pixels; images are
    upsampled to it (nearest), None leaves them. generator_labels(attribute, rng): labels for a class-conditional generator (the leak
    experiment); None withholds them. on_epoch(epoch, conditioner): called after each epoch.
    Defaults: the author's published code. Raises ValueError on a parameter out of range or logits that do not fit.
    """
    for name, value in {
        "num_attributes": num_attributes,
        "epochs": epochs,
        "labels_per_epoch": labels_per_epoch,
        "batch_size": batch_size,
        "validation_labels": validation_labels,
    }.items():
        if value < 1:
            raise ValueError(f"{name} is {value}; it is at least 1.")
    if not learning_rate > 0 or not 0 <= momentum < 1:
        raise ValueError(f"learning_rate is {learning_rate}, momentum {momentum}; the rate is above 0 and momentum in [0, 1).")
    device = generator.device
    rng = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        conditioner = Conditioner(num_attributes, generator.latent_dim).to(device)
    sgd = torch.optim.SGD(conditioner.parameters(), lr=learning_rate, momentum=momentum)
    history = History()

    def logits(attribute: torch.Tensor) -> torch.Tensor:
        y = generator_labels(attribute, rng) if generator_labels else None
        images = generator(conditioner.sample(attribute, rng), y)
        if image_size is not None:
            images = F.interpolate(images, size=(image_size, image_size), mode="nearest")
        return classifier(images)

    weights = [p for p in classifier.parameters() if p.requires_grad]
    for p in weights:
        p.requires_grad_(False)
    try:
        with evaluating(classifier):
            check_logits(logits(torch.zeros(2, dtype=torch.long, device=device)).detach(), 2, num_attributes)
            for epoch in track(range(epochs), "conditioner epochs", enabled=progress):
                losses = []
                attributes = torch.randint(num_attributes, (labels_per_epoch,), generator=rng).to(device)
                for attribute in attributes.split(batch_size):
                    loss = F.cross_entropy(logits(attribute), attribute)
                    sgd.zero_grad()
                    loss.backward()
                    sgd.step()
                    losses.append(loss.detach())
                with torch.no_grad():
                    attributes = torch.randint(num_attributes, (validation_labels,), generator=rng).to(device)
                    hits = torch.cat([logits(a).argmax(1) == a for a in attributes.split(500)])
                    mu, sigma = conditioner.distribution(torch.arange(num_attributes, device=device))
                history.accuracy.append(hits.float().mean().item())
                history.loss.append(torch.stack(losses).mean().item())
                history.mu_norm.append(mu.norm(dim=1).mean().item())
                history.sigma.append(sigma.mean().item())
                if on_epoch is not None:
                    on_epoch(epoch, conditioner)
    finally:
        for p in weights:
            p.requires_grad_(True)
    return conditioner.eval().requires_grad_(False), history
