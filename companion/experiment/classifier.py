"""Paper A: a classifier trained on generated (or real) images, tested on real ones, without and with BNA."""

from collections.abc import Callable
from dataclasses import asdict

import torch
from torch import nn

from companion.config import ClassifierRun
from companion.experiment.outcome import Outcome, filler, new_classifier
from companion.profiles import Profile, device
from companion.profiles.profile import Fill
from paperlib.batchnorm_adaptation import adapt_batchnorm
from paperlib.data import Images
from paperlib.dataset_smoothing import SmoothedDataset, smoothing_source
from paperlib.hard_sample_mining import collect_hard_dataset
from paperlib.networks.frozen import check_finite
from paperlib.streams import stream
from paperlib.training import Source, TrainingHistory, accuracy, sgd, train, train_epoch


def compute(config: ClassifierRun, profile: Profile, progress: bool) -> Outcome:
    """accuracy: of the trained classifier, after the step of the profile's own method where it has one; accuracy_bna: after BNA instead,
    by the exact statistics; accuracy_bna_momentum: by the paper's eq. 5, in batches as in training."""
    parts, batch = profile.parts, profile.parts.forward_batch
    real_train, real_test = parts.real_images()
    model, history = trained(
        config, profile, real_source(config, real_train) if config.real else generated_source(config, profile), progress
    )
    adapted = adapt_batchnorm(model, real_train.images)
    averaged = adapt_batchnorm(model, real_train.images, batch_size=config.batch_size, momentum=config.bna_momentum, seed=config.seed)
    metrics = {
        "accuracy": accuracy(_after_training(config, profile, model, real_train), real_test, batch_size=batch),
        "accuracy_bna": accuracy(adapted, real_test, batch_size=batch),
        "accuracy_bna_momentum": accuracy(averaged, real_test, batch_size=batch),
        "test_images": len(real_test),
    }
    return Outcome(metrics, asdict(history))


def trained(config: ClassifierRun, profile: Profile, source: Source, progress: bool) -> tuple[nn.Module, TrainingHistory]:
    """The classifier after the last epoch."""
    model = new_classifier(profile.parts, config.width, config.seed, "classifier weights")
    history = train(
        model, source, epochs=config.epochs * config.long_factor, batch_size=config.batch_size, learning_rate=config.learning_rate,
        momentum=config.momentum, weight_decay=config.weight_decay, seed=config.seed,
        mixed_precision=profile.parts.mixed_precision, progress=progress,
    )  # fmt: skip
    return model, history


def _after_training(config: ClassifierRun, profile: Profile, model: nn.Module, real_train: Images) -> nn.Module:
    step = profile.method(config.method).after_training if config.method else None
    return step(model, real_train.images) if step else model


def real_source(config: ClassifierRun, real_train: Images) -> Source:
    """N of the real training images, the same every epoch."""
    if config.images > len(real_train):
        raise ValueError(f"images = {config.images}, but there are {len(real_train)} real training images; use at most that many.")
    order = torch.randperm(len(real_train), generator=stream(config.seed, "set choice"))
    data = real_train.subset(order[: config.images].to(real_train.labels.device))
    return lambda epoch, model: data


def generated_source(config: ClassifierRun, profile: Profile, see: Callable[[Images], None] | None = None) -> Source:
    """A fixed data set (random, or by Alg. 1), one that DS renews (random, or by Alg. 2), or the source of the profile's own method.

    see: is shown all images as they are made.
    """
    rng = stream(config.seed, "training images", device())
    made = filler(profile.parts, rng, config.mining_steps, config.step_size)

    def fill(n: int, classifier: nn.Module | None) -> Images:
        images = made(n, classifier)
        if see is not None:
            see(images)
        return images

    own = profile.method(config.method).source if config.method else None
    if own is not None:
        return own(fill, config.images, rng)
    if config.r > 0:
        data = fill(config.images, None)
        return smoothing_source(SmoothedDataset(data.images, data.labels), config.r, fill, hsm=config.hsm, rng=rng)
    fixed = collect(config, profile, fill) if config.hsm else fill(config.images, None)
    return lambda epoch, model: fixed


def collect(config: ClassifierRun, profile: Profile, fill: Fill) -> Images:
    """Alg. 1 with a classifier of its own, trained at the constant learning rate; the final one starts anew."""
    model = new_classifier(profile.parts, config.width, config.seed, "mining classifier weights")
    optimizer = sgd(model, config.learning_rate, config.momentum, config.weight_decay)
    rng = stream(config.seed, "mining classifier order")

    def train_one_epoch(data: Images) -> nn.Module:
        loss, _ = train_epoch(model, data, optimizer, batch_size=config.batch_size, rng=rng, mixed_precision=profile.parts.mixed_precision)
        check_finite(len(data) // config.round_images - 1, config.learning_rate, torch.tensor(loss), *model.state_dict().values())
        return model

    return collect_hard_dataset(config.images, config.round_images, fill, train_one_epoch)
