"""Paper B's evaluation, as in the author's own: a classification report over many draws; then IS, FID and variance.

counts[a, b] = the images asked for attribute a in which a classifier reads b          (K, K), for the teacher and for each judge
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import nn

from companion.config import Config, EvaluationRun
from companion.experiment import conditioning
from companion.experiment.conditioning import Drawn
from companion.experiment.image_quality import against_reference, reference_and_rest
from companion.experiment.outcome import Outcome, balanced_labels, generate, variance_by_class
from companion.profiles import Parts, Profile, device
from companion.records import Record
from paperlib.data import Images, to_floats
from paperlib.generators import Generator
from paperlib.streams import Purpose, stream
from paperlib.training import predict

Source = Callable[[int, Purpose], Drawn]


def source_of(config: EvaluationRun, profile: Profile, record_of: Callable[[Config], Record]) -> tuple[Generator, Source]:
    """The generator, and source(n, purpose) -> the latents of n images, the attributes even.

    A conditioning run's own draws; without one the prior of the generator trained with labels, told the class.
    """
    parts, run = profile.parts, config.conditioning
    if run is None:
        generator = parts.with_classes("PaperB(yardstick=True)")

        def prior(n: int, purpose: Purpose) -> Drawn:
            attribute = balanced_labels(n, generator.num_classes, device())
            return Drawn(generator.sample_latents(n, stream(config.seed, purpose, device())), attribute, attribute)

        return generator, prior
    mu, sigma = conditioning.distribution_of(record_of(run))
    return conditioning.generator_of(run.labels, parts), lambda n, purpose: conditioning.latents(run, parts, mu, sigma, n, purpose)


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


def compute(config: EvaluationRun, profile: Profile, record_of: Callable[[Config], Record]) -> Outcome:
    """record_of(config): the record of another run. The generator trained with labels is read by the teacher of the paper's setting."""
    parts = profile.parts
    assert parts.paper_b is not None
    generator, source = source_of(config, profile, record_of)
    teacher = parts.paper_b.teacher(config.conditioning.teacher if config.conditioning else profile.settings[0].teacher)
    found = readings(generator, source(config.draws, "evaluation draws"), teacher, parts.judges, parts, chunk=parts.generator_batch)
    sample, real = source(config.quality_samples, "evaluation images"), reference_and_rest(profile)[0]
    metrics = {f"{name}_confusion": counts.tolist() for name, counts in found.counts.items()}
    metrics["teacher_alone"] = (found.teacher_alone.double() / found.counts["teacher"].sum(1).clamp_min(1)).tolist()
    metrics |= against_reference(Images(generate(generator, sample.z, sample.told, parts), sample.attribute), profile)
    metrics["real_pixel_variance_by_class"] = variance_by_class(to_floats(real.images), real.labels, len(parts.class_names()))
    return Outcome(metrics)
