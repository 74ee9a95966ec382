"""Fine-tune paper B's attribute classifier, and stop and go on without a trace.

    history = train_attribute_classifier(model, faces.train, epochs=10, checkpoint=Path("race.checkpoint.pt"))
    table = class_report(model, faces.test, faces.class_names)

SGD with the settings of paper B's code: learning rate 1e-3, momentum 0.9, batches of 32, no decay of either kind. That code also crops
and flips at random, trains for up to 200 epochs and keeps the best one on validation images; here the last epoch counts. All that is
random in an epoch comes from (seed, epoch), so on a CPU a run that was resumed from its checkpoint ends with the very weights of one that
never stopped.
"""

import math
import pickle
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import classification_report
from torch import nn

from paperlib.data import Images, check_images, to_floats
from paperlib.networks.frozen import check_logits, evaluating
from paperlib.support.files import replacing
from paperlib.support.progress import progress_bar
from paperlib.support.tensor_cache import checksum
from paperlib.support.weights import CheckpointError
from paperlib.training import TrainingHistory, predict, sgd, train_epoch


@dataclass(frozen=True)
class RunIdentity:
    """What a checkpoint's run was made of; another run cannot go on from it. data, start: checksums of images with labels, and of the
    weights before training; trained: how many tensors learn."""

    batch_size: int
    learning_rate: float
    momentum: float
    seed: int
    data: str
    start: str
    trained: int


def train_attribute_classifier(
    model: nn.Module,
    train: Images,
    *,
    epochs: int,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    momentum: float = 0.9,
    seed: int = 0,
    checkpoint: Path | None = None,
    progress: bool = True,
) -> TrainingHistory:
    """Train `model` in place on images (N, C, H, W) in [-1, 1] or bytes, labels (N,); leaves it in eval mode.

    Parameters without gradients stay as they are. checkpoint: written after every epoch; where it is there already, its run goes on,
    up to `epochs` in all. The global random state is left alone.
    Raises ValueError before the first step if images, labels or logits do not fit, and when the loss is no number; CheckpointError if the
    checkpoint is damaged, of another run, or has more epochs than asked for.
    """
    check_images(train.images, "training images")
    with evaluating(model), torch.no_grad():
        scores = model(to_floats(train.images[:2]))
    check_logits(scores, len(train.images[:2]), 0)
    if not 0 <= train.labels.min() <= train.labels.max() < scores.shape[1]:
        raise ValueError(
            f"labels span {train.labels.min()}..{train.labels.max()}; the classifier has {scores.shape[1]} outputs, for 0..{scores.shape[1] - 1}."
        )
    optimizer = sgd(model, learning_rate, momentum, weight_decay=0.0)
    history = TrainingHistory()
    if checkpoint is not None:
        identity = _identity(model, train, batch_size, learning_rate, momentum, seed)
        if checkpoint.is_file():
            history = _resume(checkpoint, identity, model, optimizer, epochs)
    bar = progress_bar(epochs, "epochs", enabled=progress)
    bar.update(len(history.loss))
    for epoch in range(len(history.loss), epochs):
        with torch.random.fork_rng():
            epoch_seed = int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])
            torch.manual_seed(epoch_seed)
            rng = torch.Generator().manual_seed(epoch_seed)
            loss, accuracy = train_epoch(model, train, optimizer, batch_size=batch_size, rng=rng)
        if not math.isfinite(loss):
            raise ValueError(f"the loss of epoch {epoch + 1} is {loss}; use a learning rate below {learning_rate:g}.")
        history.loss.append(loss)
        history.accuracy.append(accuracy)
        if checkpoint is not None:
            _save(checkpoint, identity, model, optimizer, history)
        bar.update(1)
    bar.close()
    model.eval()
    return history


def class_report(model: nn.Module, test: Images, class_names: tuple[str, ...], *, batch_size: int = 32) -> pd.DataFrame:
    """Precision, recall, F1 (in [0, 1]) and support of every class, and their plain and weighted means; the weighted recall is the accuracy."""
    predicted = predict(model, test.images, batch_size=batch_size).argmax(1)
    report = classification_report(
        test.labels.cpu(), predicted.cpu(), labels=range(len(class_names)), target_names=class_names, output_dict=True, zero_division=0
    )
    report.pop("accuracy", None)
    table = pd.DataFrame(report).T.rename(columns={"f1-score": "F1"}, index={"macro avg": "mean", "weighted avg": "weighted mean"})
    return table.astype({"support": int})


def _identity(model: nn.Module, train: Images, batch_size: int, learning_rate: float, momentum: float, seed: int) -> RunIdentity:
    return RunIdentity(
        batch_size=batch_size, learning_rate=learning_rate, momentum=momentum, seed=seed,
        data=checksum(train.images, train.labels),
        start=checksum(*model.state_dict().values()),
        trained=sum(p.requires_grad for p in model.parameters()),
    )  # fmt: skip


def _save(path: Path, identity: RunIdentity, model: nn.Module, optimizer: torch.optim.Optimizer, history: TrainingHistory) -> None:
    state = {
        "run": asdict(identity),
        "history": asdict(history),
        "model": {name: value.cpu() for name, value in model.state_dict().items()},
        "optimizer": optimizer.state_dict(),
    }
    with replacing(path) as temporary:
        torch.save(state, temporary)


def _resume(path: Path, identity: RunIdentity, model: nn.Module, optimizer: torch.optim.Optimizer, epochs: int) -> TrainingHistory:
    """Put the checkpoint's state into model and optimizer -> its history."""
    remedy = "remove it, or give another path"
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        run, history = RunIdentity(**state["run"]), TrainingHistory(**state["history"])
        weights, momenta = state["model"], state["optimizer"]
    except (OSError, RuntimeError, EOFError, ValueError, TypeError, KeyError, pickle.UnpicklingError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"{path} cannot be read as a checkpoint of this training: {first}; {remedy}.") from error
    differing = [name for name, value in asdict(identity).items() if getattr(run, name) != value]
    if differing:
        values = ", ".join(f"{name} = {_short(getattr(run, name))} there and {_short(getattr(identity, name))} here" for name in differing)
        raise CheckpointError(f"{path} is of another run: {values}; {remedy}.")
    if len(history.loss) > epochs:
        raise CheckpointError(f"{path} has {len(history.loss)} epochs and epochs = {epochs} are asked for; ask for more, {remedy}.")
    model.load_state_dict(weights)
    optimizer.load_state_dict(momenta)
    return history


def _short(value: object) -> str:
    return f"{value[:8]}..." if isinstance(value, str) else str(value)
