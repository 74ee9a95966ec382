"""Train a classifier of 32x32 photographs, and stop and go on without a trace: the judges and paper B's frozen classifiers of `cifar10` and `faces`.

history = train_natural_classifier(model, data, settings, keeper)

SGD with Nesterov momentum and a one-cycle rate (up over a fifth of the steps, then down to 0, both in a straight line); every image is
flipped at random, moved by up to four pixels, and loses a random square.
"""

from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.data import Images, to_floats
from paperlib.networks.frozen import check_finite
from paperlib.support.progress import progress_bar
from paperlib.training import TrainingHistory
from recipes.checkpoints import Clock, Keeper, stream_of_step

MOVE, CUT, WARM_UP = 4, 8, 0.2


@dataclass(frozen=True)
class NaturalTraining:
    """Settings of one classifier. width: of the network; learning_rate: its peak; mixed_precision: bfloat16 under autocast."""

    epochs: int
    width: int
    batch_size: int = 128
    learning_rate: float = 0.1
    weight_decay: float = 5e-4
    mixed_precision: bool = False
    seed: int = 0


def augmented(images: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """images: (N, 3, H, W) in [-1, 1], each flipped by chance, moved by up to MOVE pixels (the border mirrored), a square of CUT pixels
    in it set to 0."""
    n, _, height, width = images.shape
    flip = torch.rand(n, generator=rng, device=rng.device) < 0.5
    images = torch.where(flip[:, None, None, None], images.flip(3), images)
    padded = F.pad(images, [MOVE] * 4, mode="reflect")
    dy, dx = torch.randint(0, 2 * MOVE + 1, (2, n, 1), generator=rng, device=rng.device)
    at_y, at_x = (torch.randint(0, size, (n, 1), generator=rng, device=rng.device) for size in (height, width))
    index, row, column = (torch.arange(size, device=rng.device) for size in (n, height, width))
    moved = padded[index[:, None, None], :, (dy + row)[:, :, None], (dx + column)[:, None, :]].permute(0, 3, 1, 2)
    cut = ((row - at_y).abs() < CUT / 2)[:, None, :, None] & ((column - at_x).abs() < CUT / 2)[:, None, None, :]
    return moved.masked_fill(cut, 0.0)


def one_cycle(step: int, steps: int, peak: float) -> float:
    """The rate of a step, counted from 0."""
    top = max(1, round(WARM_UP * steps))
    return peak * ((step + 1) / top if step < top else (steps - step) / (steps - top))


def train_natural_classifier(
    model: nn.Module, data: Images, settings: NaturalTraining, keeper: Keeper, *, minutes: float | None = None, progress: bool = True
) -> TrainingHistory | None:
    """Train `model` in place, on its device and that of `data` (bytes, whole there); it is left in eval mode.

    keeper: its checkpoint is written every few minutes and at the end; where there is one already, its run goes on.
    minutes: after which to stop, one step later at the earliest -> None, and the next call goes on; None is to the end.
    Raises ValueError where training diverges, CheckpointError where the checkpoint is damaged or of another run.
    """
    device, batches = data.images.device, len(data) // settings.batch_size
    if batches == 0:
        raise ValueError(f"{len(data)} images make no batch of {settings.batch_size}; use a smaller batch_size.")
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), settings.learning_rate, momentum=0.9, weight_decay=settings.weight_decay, nesterov=True)
    steps, step, history = settings.epochs * batches, 0, TrainingHistory()
    total, order = torch.zeros(2, device=device), None
    state = keeper.load()
    if state is not None:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step, history, total = state["step"], TrainingHistory(**state["history"]), state["total"].to(device)

    def kept() -> dict[str, Any]:
        return {
            "model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "history": asdict(history), "total": total,
        }  # fmt: skip

    bar = progress_bar(steps, type(model).__name__, enabled=progress)
    bar.unit, bar.initial, bar.n = " steps", step, step
    clock = Clock(minutes)
    while step < steps:
        epoch, batch = divmod(step, batches)
        rng = stream_of_step(settings.seed, step, device)
        if batch == 0 or order is None:
            order = torch.randperm(len(data), generator=stream_of_step(settings.seed, steps + epoch, torch.device("cpu"))).to(device)
        for group in optimizer.param_groups:
            group["lr"] = one_cycle(step, steps, settings.learning_rate)
        index = order[batch * settings.batch_size : (batch + 1) * settings.batch_size]
        images, labels = augmented(to_floats(data.images[index]), rng), data.labels[index]
        images = images.contiguous(memory_format=torch.channels_last)
        with torch.random.fork_rng(), torch.autocast(device.type, torch.bfloat16, enabled=settings.mixed_precision):
            torch.manual_seed(rng.initial_seed())  # of the dropout
            scores = model(images)
        loss = F.cross_entropy(scores.float(), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += torch.stack([loss.detach(), (scores.detach().argmax(1) == labels).float().mean()])
        step += 1
        if step % batches == 0:
            mean_loss, hits = (total / batches).tolist()
            check_finite(epoch, settings.learning_rate, torch.tensor(mean_loss))
            history.loss.append(mean_loss)
            history.accuracy.append(hits)
            total.zero_()
            bar.set_postfix_str(f"loss {mean_loss:.2f}, accuracy {hits:.3f}")
        if keeper.due():
            keeper.save(kept())
        bar.update(1)
        if clock.over():
            break
    bar.close()
    keeper.save(kept())
    model.eval()
    return history if step == steps else None
