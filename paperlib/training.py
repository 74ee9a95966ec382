"""Train a classifier on whatever its source hands it; test it on real images.

    history = train(model, source, epochs=20, batch_size=50, learning_rate=0.05)       # source(epoch, model) -> Images

SGD with momentum and weight decay as in paper A section 4. The paper does not give the shape of its learning-rate
decay; ours is a half cosine from `learning_rate` to 0 over all steps, which needs no milestones. Images may be stored as bytes:
a batch becomes floats on the device.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.checks import check_count, check_number
from paperlib.data import Images, check_images, check_labels, returned_images, to_floats
from paperlib.networks.frozen import check_finite, check_logits, evaluating, first_scores
from paperlib.streams import check_seed, stream
from paperlib.support.progress import track

Source = Callable[[int, nn.Module], Images]


@dataclass
class TrainingHistory:
    """One value per epoch. loss: mean cross-entropy of training; accuracy: on the training images, in [0, 1]."""

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)


def sgd(model: nn.Module, learning_rate: float, momentum: float, weight_decay: float) -> torch.optim.SGD:
    return torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=momentum, weight_decay=weight_decay)


def train_epoch(
    model: nn.Module,
    data: Images,
    optimizer: torch.optim.Optimizer,
    *,
    batch_size: int,
    rng: torch.Generator,
    scheduler: torch.optim.lr_scheduler.LRScheduler | None = None,
    mixed_precision: bool = False,
) -> tuple[float, float]:
    """One pass over `data` in random order -> (mean loss, accuracy in [0, 1]) over the images that were used: a last batch of one is left out.

    mixed_precision: forward and backward in bfloat16 under autocast, on a GPU only; weights and their updates stay float32.
    """
    model.train()
    total, used = torch.zeros(2, device=data.images.device), 0
    device = data.images.device
    order = torch.randperm(len(data), generator=rng).to(device)
    mixed_precision = mixed_precision and device.type == "cuda"
    for index in order.split(batch_size):
        if len(index) < 2:
            continue
        images, labels = to_floats(data.images[index]), data.labels[index]
        with torch.autocast(device.type, torch.bfloat16, enabled=mixed_precision):
            scores = model(images)
            loss = F.cross_entropy(scores, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        total += torch.stack([loss.detach() * len(index), (scores.detach().argmax(1) == labels).sum()])
        used += len(index)
    if used == 0:
        raise ValueError(f"{len(data)} images in batches of {batch_size}: no batch has the two images that a step needs; give more images.")
    loss_sum, hits = (total / used).tolist()
    return loss_sum, hits


def train(
    model: nn.Module,
    source: Source,
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    momentum: float = 0.9,
    weight_decay: float = 1e-4,
    on_epoch: Callable[[int, nn.Module], None] | None = None,
    seed: int = 0,
    mixed_precision: bool = False,
    progress: bool = True,
) -> TrainingHistory:
    """Train `model` in place for `epochs` passes over source(epoch, model); leaves it in eval mode.

    epochs: at least 1; batch_size: at least 2; learning_rate: in (0, 1000]; momentum: in [0, 0.9999]; weight_decay: in [0, 1].
    on_epoch(epoch, model) is called after each epoch. mixed_precision: as in train_epoch. Raises ValueError before the first step if a
    parameter is out of range or the logits do not fit, and in the epoch whose images or labels do not fit or where training diverges.
    """
    check_count("epochs", epochs)
    check_count("batch_size", batch_size, 2)
    check_number("learning_rate", learning_rate, 0, 1e3, open_low=True)
    check_number("momentum", momentum, 0, 0.9999)
    check_number("weight_decay", weight_decay, 0, 1)
    check_seed(seed)
    data = returned_images(source(0, model), "source(0, model)")
    check_images(data.images, "the image set of epoch 1")
    scores = first_scores(model, data.images)
    check_logits(scores, len(data.images[:2]), 0)
    optimizer = sgd(model, learning_rate, momentum, weight_decay)
    steps = epochs * -(-len(data) // batch_size)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    rng = stream(seed, "training order")
    history = TrainingHistory()
    for epoch in track(range(epochs), "epochs", enabled=progress):
        if epoch > 0:
            data = returned_images(source(epoch, model), f"source({epoch}, model)")
            check_images(data.images, f"the image set of epoch {epoch + 1}")
        check_labels(data.labels, len(data.images), scores.shape[1], f"the label set of epoch {epoch + 1}")
        loss, accuracy = train_epoch(
            model, data, optimizer, batch_size=batch_size, rng=rng, scheduler=scheduler, mixed_precision=mixed_precision
        )
        check_finite(epoch, learning_rate, torch.tensor(loss), *model.state_dict().values())
        history.loss.append(loss)
        history.accuracy.append(accuracy)
        if on_epoch is not None:
            on_epoch(epoch, model)
    model.eval()
    return history


@torch.no_grad()
def predict(model: nn.Module, images: torch.Tensor, *, batch_size: int = 1000) -> torch.Tensor:
    """Logits (N, K) of images (N, C, H, W) or bytes, in eval mode; the model is left as it was."""
    with evaluating(model):
        return torch.cat([model(to_floats(batch)) for batch in images.split(batch_size)])


def accuracy(model: nn.Module, data: Images, *, batch_size: int = 1000) -> float:
    """Top-1 accuracy in [0, 1]."""
    return (predict(model, data.images, batch_size=batch_size).argmax(1) == data.labels).float().mean().item()
