"""Past paper B: a small network learns what the frozen pair says of a latent. After that, sampling needs no image.

h(a | z) ~ p(a | G(z))       minimise  E_{z ~ prior} cross_entropy(h(. | z), softmax(C(G(z))))        (distillation, Hinton et al. 2015)
q(z | a) = N(z; 0, I) h(a | z)^(1/w) / Z(a)                                                           (latents.LatentPosterior)

posterior, history = distil_posterior(generator, classifier, num_attributes=10, prior_weight=0.01)
images = generator(posterior.sample(torch.full((16,), 3)))

A conditioner's training keeps the first solution that it finds. Here h learns from draws of the whole prior, so that no part of it is
lost. One h serves every w: LatentPosterior(posterior.network, 10, posterior.latent_dim, prior_weight=0.1).
"""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.beyond.latent_families import LatentPosterior
from paperlib.conditioner import check_weight, noise
from paperlib.config import check_number
from paperlib.generators import Generator
from paperlib.networks.frozen import ask, check_counts, check_finite, check_logits, evaluating
from paperlib.streams import seeded, stream
from paperlib.support.progress import progress_bar, track

HELD_OUT = 1000


@dataclass
class DistillationHistory:
    """One value per epoch. loss: mean cross-entropy of training. agreement: in [0, 1], share of the held-out draws for which h and C name
    the same attribute."""

    loss: list[float] = field(default_factory=list)
    agreement: list[float] = field(default_factory=list)


def distil_posterior(
    generator: Generator,
    classifier: nn.Module,
    num_attributes: int,
    *,
    draws: int = 30_000,
    epochs: int = 30,
    batch_size: int = 256,
    learning_rate: float = 2e-3,
    prior_weight: float = 1.0,
    hidden: int = 128,
    image_size: int | None = None,
    generator_batch: int = 100,
    seed: int = 0,
    progress: bool = True,
) -> tuple[LatentPosterior, DistillationHistory]:
    """Label draws of the prior N(0, I) with the frozen pair, fit an MLP to the labels, and make a posterior of it. Neither network is changed.

    Args:
        generator: (N, d) latents -> (N, C, H, W) images in [-1, 1]. Used in eval mode.
        classifier: (N, C, H, W) images -> (N, num_attributes) logits. The teacher, used in eval mode.
        num_attributes: at least 1. Number of attributes K.
        draws: at least 1. Labelled latents to train on; 1,000 more are held out.
        epochs: at least 1. Number of epochs (AdamW, cosine schedule).
        batch_size: at least 1. Latents in a training step.
        learning_rate: in (0, 1000]. Step size at the start.
        prior_weight: in (0, 1000]. w of p(a | z)^(1/w): 1 is Bayes' rule, less keeps only latents of which the teacher is surer.
        hidden: at least 1. Width of the three hidden layers.
        image_size: at least 1, in pixels. Side of the classifier's input; images are resized to it (nearest). None leaves them as they are.
        generator_batch: at least 1. Images in a pass of the generator; it bounds the memory.
        seed: at least 0. Seed of the draws, the weights and the training order.
        progress: whether to show progress bars.

    Returns:
        The LatentPosterior, and a DistillationHistory with one value for each epoch.

    Raises:
        ValueError: a parameter is out of range, the logits do not fit, or training diverges.
    """
    check_counts(
        num_attributes=num_attributes, draws=draws, epochs=epochs, batch_size=batch_size, hidden=hidden, generator_batch=generator_batch
    )
    check_number("learning_rate", learning_rate, 0, 1e3, open_low=True)
    check_weight(prior_weight)
    device, rng = generator.device, stream(seed, "distillation draws")
    z = noise(torch.Size((draws + HELD_OUT, generator.latent_dim)), rng, device)
    target = _labels(generator, classifier, z, num_attributes, image_size, generator_batch, progress)
    with seeded(seed, "distillation weights"):
        network = _mlp(generator.latent_dim, hidden, num_attributes).to(device)
        order = stream(seed, "distillation order")
        history = _fit(network, z, target, draws, epochs, batch_size, learning_rate, order, progress)
    return LatentPosterior(network, num_attributes, generator.latent_dim, prior_weight), history


@torch.no_grad()
def _labels(
    generator: Generator, classifier: nn.Module, z: torch.Tensor, num_attributes: int, image_size: int | None, batch: int, progress: bool
) -> torch.Tensor:
    """softmax(C(G(z))): (N, num_attributes)."""
    found, bar = [], progress_bar(len(z), "prior draws labelled", enabled=progress)
    with evaluating(classifier):
        for part in z.split(batch):
            scores = ask(generator, classifier, part, image_size=image_size)
            check_logits(scores, len(part), num_attributes)
            found.append(scores.softmax(1))
            bar.update(len(part))
    bar.close()
    return torch.cat(found)


def _mlp(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in (inputs, hidden, hidden):
        layers += [nn.Linear(width, hidden), nn.SiLU(), nn.Dropout(0.05)]
    return nn.Sequential(*layers, nn.Linear(hidden, outputs))


def _fit(
    network: nn.Module,
    z: torch.Tensor,
    target: torch.Tensor,
    draws: int,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    order: torch.Generator,
    progress: bool,
) -> DistillationHistory:
    """Train on the first `draws` pairs, compare on the others."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * -(-draws // batch_size))
    history = DistillationHistory()
    for epoch in track(range(epochs), "distillation epochs", enabled=progress):
        losses = []
        network.train()
        for batch in torch.randperm(draws, generator=order).to(z.device).split(batch_size):
            loss = F.cross_entropy(network(z[batch]), target[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.detach())
        network.eval()
        with torch.no_grad():
            agree = network(z[draws:]).argmax(1) == target[draws:].argmax(1)
        mean_loss = torch.stack(losses).mean()
        check_finite(epoch, learning_rate, mean_loss)
        history.loss.append(mean_loss.item())
        history.agreement.append(agree.float().mean().item())
    return history
