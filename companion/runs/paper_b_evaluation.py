"""Paper B's evaluation, as in the author's own: a classification report over many draws; then IS, FID and variance.

counts[a, b] = the images asked for attribute a in which a classifier reads b          (K, K), for the teacher and for each judge
"""

from collections.abc import Callable, Mapping
from typing import Annotated, NamedTuple

import torch
from pydantic import Field
from torch import nn

from companion.arguments import Count, frozen
from companion.calls import Arguments, Outcome, recorded
from companion.profiles import Parts, Profile, device
from companion.runs import paper_b
from companion.runs.paper_b import ConditioningRun, Drawn, conditioned
from companion.runs.quality import against_reference, reference_and_rest
from companion.runs.shared import balanced_labels, generate, variance_by_class
from paperlib.data import Images, to_floats
from paperlib.generators import Generator
from paperlib.streams import Purpose, stream
from paperlib.training import predict


@frozen
class EvaluationRun(Arguments):
    """Paper B's evaluation of a source of images: what teacher and judges read in them, attribute by attribute, and how good they are.

    conditioning: the run whose input generator is drawn from; None is the generator trained with labels, told the class: the paper's
    yardstick. draws: images read. quality_samples: images behind IS, FID and variance.
    """

    conditioning: ConditioningRun | None
    draws: Count
    quality_samples: Annotated[int, Field(ge=10)]


Source = Callable[[int, Purpose], Drawn]


def source_of(run: EvaluationRun, profile: Profile) -> tuple[Generator, Source]:
    """The generator, and source(n, purpose) -> the latents of n images, the attributes even.

    A conditioning run's own draws; without one the prior of the generator trained with labels, told the class.
    """
    parts, training = profile.parts, run.conditioning
    if training is None:
        generator = parts.with_classes("PaperB(yardstick=True)")

        def prior(n: int, purpose: Purpose) -> Drawn:
            attribute = balanced_labels(n, generator.num_classes, device())
            return Drawn(generator.sample_latents(n, stream(run.seed, purpose, device())), attribute, attribute)

        return generator, prior
    mu, sigma = paper_b.distribution_of(conditioned(training, profile))
    return paper_b.generator_of(training.labels, parts), lambda n, purpose: paper_b.latents(training, parts, mu, sigma, n, purpose)


def confusion(asked: torch.Tensor, read: torch.Tensor, classes: int) -> torch.Tensor:
    """asked, read: (N,) long in [0, classes) -> (classes, classes) counts, a row an attribute asked for, a column a class read."""
    return torch.bincount(asked * classes + read, minlength=classes**2).reshape(classes, classes)


class Readings(NamedTuple):
    """counts: the confusion counts (K, K) of each classifier, by its name. teacher_alone: (K,) images of each attribute that the teacher
    reads as asked and no judge does."""

    counts: dict[str, torch.Tensor]
    teacher_alone: torch.Tensor


def readings(
    generator: Generator, drawn: Drawn, teacher: nn.Module, judges: Mapping[str, nn.Module], parts: Parts, *, chunk: int
) -> Readings:
    """What teacher and judges read in the images; no more than `chunk` of these are held at a time."""
    classes, classifiers = len(parts.class_names()), {"teacher": teacher, **judges}
    counts = {name: torch.zeros(classes, classes, dtype=torch.long, device=drawn.z.device) for name in classifiers}
    alone = torch.zeros(classes, dtype=torch.long, device=drawn.z.device)
    for part in drawn.split(chunk):
        images = generate(generator, part.z, part.told, parts)
        read = {name: predict(c, images, batch_size=parts.forward_batch).argmax(1) for name, c in classifiers.items()}
        for name, found in read.items():
            counts[name] += confusion(part.attribute, found, classes)
        by_no_judge = torch.stack([read[name] != part.attribute for name in judges]).all(0)
        alone += torch.bincount(part.attribute[by_no_judge & (read["teacher"] == part.attribute)], minlength=classes)
    return Readings(counts, alone)


@recorded
def evaluation(run: EvaluationRun, profile: Profile, progress: bool = False) -> Outcome:
    """The generator trained with labels is read by the teacher of the paper's setting."""
    parts = profile.parts
    assert parts.paper_b is not None
    generator, source = source_of(run, profile)
    teacher = parts.paper_b.teacher(run.conditioning.teacher if run.conditioning else profile.settings[0].teacher)
    found = readings(generator, source(run.draws, "evaluation draws"), teacher, parts.judges, parts, chunk=parts.generator_batch)
    sample, real = source(run.quality_samples, "evaluation images"), reference_and_rest(profile)[0]
    metrics = {f"{name}_confusion": counts.tolist() for name, counts in found.counts.items()}
    metrics["teacher_alone"] = (found.teacher_alone.double() / found.counts["teacher"].sum(1).clamp_min(1)).tolist()
    metrics |= against_reference(Images(generate(generator, sample.z, sample.told, parts), sample.attribute), profile)
    metrics["real_pixel_variance_by_class"] = variance_by_class(to_floats(real.images), real.labels, len(parts.class_names()))
    return Outcome(metrics)
