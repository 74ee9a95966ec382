"""Paper A, Fig. 3: what mining does to the same latents at two stages of a classifier's training. Past it: how far mining leads."""

import copy
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Annotated, NamedTuple

import torch
from pydantic import Field
from torch import nn

from companion.arguments import Batch, Count, Number, Rate, StepSize, Truncation, frozen
from companion.calls import Arguments, Outcome, recorded
from companion.profiles import Profile, device
from companion.runs.mining_checks import forms, transfer
from companion.runs.shared import agreement, balanced_labels, generate, look, tile
from paperlib.accuracy_score import GeneratedImages, Training, generated_source, train_classifier
from paperlib.checks import check
from paperlib.generators import truncated
from paperlib.hard_sample_mining import mine_hard_latents
from paperlib.metrics import neighbour_distance, on_manifold
from paperlib.streams import state_of, stream
from paperlib.training import predict


@frozen
class HardSamplesRun(Arguments):
    """Paper A, Fig. 3: the same latents mined against one classifier at two stages of its training.

    stages: the epochs after which it is mined. per_class: latents a class behind the norms and scores. form_step_sizes: those at which
    the paper's form of mining is held against two others. natural: the generator's own samples a class that mined images are held against.
    """

    stages: tuple[Count, Count]
    per_class: Count
    images: Count
    mining_steps: Count
    step_size: StepSize
    batch_size: Batch
    learning_rate: Rate
    width: Count
    form_step_sizes: Annotated[tuple[Annotated[Number, Field(gt=0, le=1e6)], ...], Field(min_length=1)]
    natural: Count
    truncation: Truncation = 1.0

    def __post_init__(self) -> None:
        check(self.stages[0] < self.stages[1], "stages", self.stages, "use two rising epoch numbers")


@frozen
class MinedSpaceRun(Arguments):
    """Past paper A: how far mining leads from what the generator makes, for every number of steps and every step size.

    Mined against a classifier after `epochs` epochs on a fixed generated set. per_class: latents mined; natural: the generator's own
    samples a class that they are held against.
    """

    steps: Annotated[tuple[Count, ...], Field(min_length=1)]
    step_sizes: Annotated[tuple[Annotated[Number, Field(gt=0, le=1e6)], ...], Field(min_length=1)]
    per_class: Count
    natural: Count
    epochs: Count
    images: Count
    batch_size: Batch
    learning_rate: Rate
    width: Count
    truncation: Truncation = 1.0


class Mined(NamedTuple):
    """z: the mined latents (N, d); before, after: logits (N, K) of the stage's classifier on G(z_0) and on G(z)."""

    z: torch.Tensor
    before: torch.Tensor
    after: torch.Tensor


def train_on_fixed_set(
    run: HardSamplesRun | MinedSpaceRun, profile: Profile, epochs: int, on_epoch: Callable[[int, nn.Module], None] | None, progress: bool
) -> nn.Module:
    """A classifier trained on a fixed generated data set with the cosine; on_epoch(epoch, classifier) looks on."""
    parts, generator = profile.parts, truncated(profile.parts.with_classes(), run.truncation)
    make = partial(parts.classifier, run.width)
    settings = Training(epochs, run.batch_size, run.learning_rate, run.seed, mixed_precision=parts.mixed_precision)
    images = GeneratedImages(run.images, pass_images=parts.generator_batch, store_bytes=parts.store_bytes)
    source = generated_source(images, generator, make, settings)
    return train_classifier(make, source, settings, on_epoch=on_epoch, progress=progress)[0]


def classifiers_at_stages(run: HardSamplesRun, profile: Profile, progress: bool = False) -> list[nn.Module]:
    """Copies of one classifier, trained on a fixed generated data set, as it was after each stage."""
    copies: list[nn.Module] = []

    def at_stage(epoch: int, classifier: nn.Module) -> None:
        if epoch + 1 in run.stages:
            copies.append(copy.deepcopy(classifier))

    train_on_fixed_set(run, profile, run.stages[1], at_stage, progress)
    return copies


def mine_against(classifier: nn.Module, run: HardSamplesRun, profile: Profile, z: torch.Tensor, y: torch.Tensor) -> Mined:
    """z (N, d), y (N,) mined in the paper's form."""
    parts, generator = profile.parts, truncated(profile.parts.generator(), run.truncation)
    mined = mine_hard_latents(
        generator, classifier, z, y, steps=run.mining_steps, step_size=run.step_size, batch_size=parts.generator_batch
    )
    before, after = (predict(classifier, generate(generator, latents, y, parts), batch_size=parts.forward_batch) for latents in (z, mined))
    return Mined(mined, before, after)


@recorded
def hard_samples(run: HardSamplesRun, profile: Profile, progress: bool = False) -> Outcome:
    parts, generator, judge = profile.parts, truncated(profile.parts.with_classes(), run.truncation), profile.parts.judge()
    classes = generator.num_classes
    y = balanced_labels(classes * run.per_class, classes, device())
    z = generator.sample_latents(len(y), stream(run.seed, "mined latents", device()))
    random = generate(generator, z, y, parts)
    pictures = {"random": tile(random[:classes], 1)}
    history: dict[str, list[float]] = {"norm_random": z.norm(dim=1).tolist()}
    by_stage: dict[str, list[float]] = defaultdict(list)
    own = classifiers_at_stages(run, profile, progress)
    other = classifiers_at_stages(replace(run, seed=state_of(run.seed, "other classifier") // 2), profile, progress)
    results = [mine_against(classifier, run, profile, z, y) for classifier in own]
    mined_images = [generate(generator, mined.z, y, parts) for mined in results]
    for stage, (mined, before, after), images in zip(run.stages, results, mined_images, strict=True):
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
    compared = {"forms": forms(run, profile, own, z, y)}
    return Outcome({"judge_agreement_random": random_agreement, **by_stage, **read, **compared}, history, pictures)


@recorded
def mined_space(run: MinedSpaceRun, profile: Profile, progress: bool = False) -> Outcome:
    """metrics["grid"]: a row for the random images themselves (no steps), and one for each step size and number of steps.

    distance: mean distance to the 5th nearest of the generator's own samples, over that of the random images. precision: share inside
    the manifold of these samples. judge, classifier: share in which each reads the class.
    """
    parts, generator = profile.parts, truncated(profile.parts.with_classes(), run.truncation)
    model = train_on_fixed_set(run, profile, run.epochs, None, progress)
    y = balanced_labels(generator.num_classes * run.per_class, generator.num_classes, device())
    z = generator.sample_latents(len(y), stream(run.seed, "mined latents", device()))
    own = balanced_labels(generator.num_classes * run.natural, generator.num_classes, device())
    z_own = generator.sample_latents(len(own), stream(run.seed, "natural latents", device()))
    natural = look(generate(generator, z_own, own, parts), parts).features

    def row(latents: torch.Tensor) -> dict[str, float]:
        view = look(generate(generator, latents, y, parts), parts)
        return {
            "distance": float(neighbour_distance(natural, view.features).mean()),
            "precision": float(on_manifold(natural, view.features).mean()),
            "judge": (view.judged == y).float().mean().item(),
            "classifier": agreement(predict(model, view.images, batch_size=parts.forward_batch), y),
        }

    random = row(z)
    grid = [{"step_size": 0.0, "steps": 0} | random]
    for step_size in run.step_sizes:
        for steps in run.steps:
            mined = mine_hard_latents(generator, model, z, y, steps=steps, step_size=step_size, batch_size=parts.generator_batch)
            grid.append({"step_size": step_size, "steps": steps} | row(mined))
    return Outcome({"grid": [found | {"distance": found["distance"] / random["distance"]} for found in grid]})
