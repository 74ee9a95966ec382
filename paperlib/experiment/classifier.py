"""Paper A: a classifier trained on generated (or real) images, tested on real ones, without and with BNA."""

from dataclasses import asdict

import torch

from paperlib.batchnorm_adaptation import adapt_batchnorm
from paperlib.config import ClassifierRun
from paperlib.data import Images
from paperlib.dataset_smoothing import SmoothedDataset, smoothing_source
from paperlib.experiment.outcome import Fill, Outcome, filler
from paperlib.hard_sample_mining import collect_hard_dataset
from paperlib.profiles import Profile, device
from paperlib.training import Source, accuracy, sgd, train, train_epoch


def compute(config: ClassifierRun, profile: Profile, progress: bool) -> Outcome:
    torch.manual_seed(config.seed)
    model = profile.parts.classifier(config.width)
    real_train, real_test = profile.parts.real_images()
    history = train(
        model, real_source(config, real_train) if config.real else generated_source(config, profile),
        epochs=config.epochs, batch_size=config.batch_size, learning_rate=config.learning_rate,
        momentum=config.momentum, weight_decay=config.weight_decay, seed=config.seed,
        mixed_precision=profile.parts.mixed_precision, progress=progress,
    )  # fmt: skip
    batch = profile.parts.forward_batch
    adapted = adapt_batchnorm(model, real_train.images, batch_size=batch)
    metrics = {
        "accuracy": accuracy(model, real_test, batch_size=batch),
        "accuracy_bna": accuracy(adapted, real_test, batch_size=batch),
        "test_images": len(real_test),
    }
    return Outcome(metrics, asdict(history))


def real_source(config: ClassifierRun, real_train: Images) -> Source:
    """N of the real training images, the same every epoch."""
    if config.images > len(real_train):
        raise ValueError(f"images = {config.images}, but there are {len(real_train)} real training images; use at most that many.")
    data = real_train.subset(
        torch.randperm(len(real_train), generator=torch.Generator().manual_seed(config.seed))[: config.images].to(real_train.labels.device)
    )
    return lambda epoch, model: data


def generated_source(config: ClassifierRun, profile: Profile) -> Source:
    """A fixed data set (random, or by Alg. 1), or one that DS renews (random, or by Alg. 2)."""
    rng = torch.Generator(device()).manual_seed(config.seed)
    fill = filler(profile.parts, rng, config.mining_steps, config.step_size)
    if config.r > 0:
        data = fill(config.images, None)
        return smoothing_source(SmoothedDataset(data.images, data.labels), config.r, fill, hsm=config.hsm, rng=rng)
    fixed = collect(config, profile, fill) if config.hsm else fill(config.images, None)
    return lambda epoch, model: fixed


def collect(config: ClassifierRun, profile: Profile, fill: Fill) -> Images:
    """Alg. 1 with a classifier of its own, trained at the constant learning rate; the final one starts anew."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed + 1_000_003)
        model = profile.parts.classifier(config.width)
    optimizer = sgd(model, config.learning_rate, config.momentum, config.weight_decay)
    rng = torch.Generator().manual_seed(config.seed)

    def train_one_epoch(data: Images) -> torch.nn.Module:
        train_epoch(model, data, optimizer, batch_size=config.batch_size, rng=rng, mixed_precision=profile.parts.mixed_precision)
        return model

    return collect_hard_dataset(config.images, config.round_images, fill, train_one_epoch)
