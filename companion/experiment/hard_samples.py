"""Paper A, Fig. 3: what mining does to the same latents at two stages of a classifier's training."""

import copy
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import nn

from companion.config import HardSamplesRun, MinedSpaceRun
from companion.experiment.mining_checks import forms, transfer
from companion.experiment.outcome import Outcome, agreement, balanced_labels, filler, generate, new_classifier, tile
from companion.profiles import Profile, device
from paperlib.hard_sample_mining import mine_hard_latents
from paperlib.streams import state_of, stream
from paperlib.training import predict, train


class Mined(NamedTuple):
    """z: the mined latents (N, d); before, after: logits (N, K) of the stage's classifier on G(z_0) and on G(z)."""

    z: torch.Tensor
    before: torch.Tensor
    after: torch.Tensor


def train_on_fixed_set(
    config: HardSamplesRun | MinedSpaceRun, profile: Profile, epochs: int, on_epoch: Callable[[int, nn.Module], None] | None, progress: bool
) -> nn.Module:
    """A classifier trained on a fixed generated data set with the cosine; on_epoch(epoch, classifier) looks on."""
    parts = profile.parts
    model = new_classifier(parts, config.width, config.seed, "classifier weights")
    data = filler(parts, stream(config.seed, "training images", device()), 0, 0.0)(config.images, None)
    train(
        model, lambda epoch, classifier: data, epochs=epochs, batch_size=config.batch_size, learning_rate=config.learning_rate,
        on_epoch=on_epoch, seed=config.seed, mixed_precision=parts.mixed_precision, progress=progress,
    )  # fmt: skip
    return model


def classifiers_at_stages(config: HardSamplesRun, profile: Profile, progress: bool = False) -> list[nn.Module]:
    """Copies of one classifier, trained on a fixed generated data set, as it was after each stage."""
    copies: list[nn.Module] = []

    def at_stage(epoch: int, classifier: nn.Module) -> None:
        if epoch + 1 in config.stages:
            copies.append(copy.deepcopy(classifier))

    train_on_fixed_set(config, profile, config.stages[1], at_stage, progress)
    return copies


def mine_against(classifier: nn.Module, config: HardSamplesRun, profile: Profile, z: torch.Tensor, y: torch.Tensor) -> Mined:
    """z (N, d), y (N,) mined in the paper's form."""
    parts, generator = profile.parts, profile.parts.generator()
    mined = mine_hard_latents(
        generator, classifier, z, y, steps=config.mining_steps, step_size=config.step_size, batch_size=parts.generator_batch
    )
    before, after = (predict(classifier, generate(generator, latents, y, parts), batch_size=parts.forward_batch) for latents in (z, mined))
    return Mined(mined, before, after)


def compute(config: HardSamplesRun, profile: Profile, progress: bool) -> Outcome:
    parts, generator, judge = profile.parts, profile.parts.with_classes(), profile.parts.judge()
    classes = generator.num_classes
    y = balanced_labels(classes * config.per_class, classes, device())
    z = generator.sample_latents(len(y), stream(config.seed, "mined latents", device()))
    random = generate(generator, z, y, parts)
    pictures = {"random": tile(random[:classes], 1)}
    history: dict[str, list[float]] = {"norm_random": z.norm(dim=1).tolist()}
    by_stage: dict[str, list[float]] = defaultdict(list)
    own = classifiers_at_stages(config, profile, progress)
    other = classifiers_at_stages(replace(config, seed=state_of(config.seed, "other classifier") // 2), profile, progress)
    results = [mine_against(classifier, config, profile, z, y) for classifier in own]
    mined_images = [generate(generator, mined.z, y, parts) for mined in results]
    for stage, (mined, before, after), images in zip(config.stages, results, mined_images, strict=True):
        k_star = before.argmax(1, keepdim=True)
        pictures[f"epoch {stage}"] = tile(images[:classes], 1)
        history |= {
            f"norm_epoch_{stage}": mined.norm(dim=1).tolist(),
            f"score_before_epoch_{stage}": before.gather(1, k_star).squeeze(1).tolist(),
            f"score_after_epoch_{stage}": after.gather(1, k_star).squeeze(1).tolist(),
        }
        measured = {
            "score_drop": (before - after).gather(1, k_star).mean().item(),
            "accuracy_before": agreement(before, y),
            "accuracy_after": agreement(after, y),
            "norm_error": (mined.norm(dim=1) / z.norm(dim=1) - 1).abs().max().item(),
            "judge_agreement": agreement(predict(judge, images, batch_size=parts.forward_batch), y),
        }
        for name, value in measured.items():
            by_stage[name].append(value)
    random_agreement = agreement(predict(judge, random, batch_size=parts.forward_batch), y)
    read = transfer([*own, *other], random, mined_images, [mined.before.argmax(1) for mined in results], y, parts)
    compared = {"forms": forms(config, profile, own, z, y)}
    return Outcome({"judge_agreement_random": random_agreement, **by_stage, **read, **compared}, history, pictures)
