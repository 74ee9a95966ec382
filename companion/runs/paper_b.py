"""Paper B: an input generator for a frozen generator, watched by a judge that takes no part in its training."""

from dataclasses import asdict, dataclass

import torch
from torch import nn

from companion.arguments import Count, Count0, Momentum, Rate, frozen
from companion.calls import Arguments, Call, Outcome, record_of, recorded
from companion.profiles import Parts, Profile, device
from companion.records import Record
from companion.runs.shared import agreement, balanced_labels, generate, tile, variance_by_class
from companion.settings import Labels, Setting
from paperlib.conditioner import Conditioner, GeneratorLabels, Latents, noise, train_conditioner
from paperlib.data import to_floats
from paperlib.generators import Generator
from paperlib.metrics import Calibration, calibration, within_class_variance
from paperlib.networks.features import probabilities
from paperlib.streams import Purpose, stream
from paperlib.training import predict


@frozen
class ConditioningRun(Arguments):
    """Paper B: train an input generator for a frozen generator and a frozen classifier.

    labels: "unconditional" is the generator without classes; the others are the class-conditional one, told the attribute
    ("given"), the mean class embedding ("withheld") or a random class ("shuffled"): the leak experiment.
    teacher: the name of one of the profile's frozen classifiers. warm_start: draws of the prior that the frozen pair labels before the
    training, which then starts at their moments; 0 is the paper.
    """

    labels: Labels
    teacher: str
    epochs: Count
    labels_per_epoch: Count
    validation_labels: Count
    batch_size: Count
    learning_rate: Rate
    momentum: Momentum = 0.9
    warm_start: Count0 = 0

    @property
    def setting(self) -> Setting:
        """What it conditions, and how."""
        return Setting(self.labels, self.teacher, self.warm_start)


@dataclass(frozen=True)
class Opinion:
    """What teacher and judge say of images drawn after one epoch. The true class of a generated image is unknown: the teacher is
    calibrated against the judge's reading, the judge against the attribute that was asked for."""

    mu: torch.Tensor
    sigma: torch.Tensor
    images: torch.Tensor
    attribute: torch.Tensor
    variance: float
    judge_accuracy: float
    teacher_confidence: float
    judge_confidence: float
    teacher_calibration: Calibration
    judge_calibration: Calibration

    @classmethod
    def of(
        cls,
        mu: torch.Tensor,
        sigma: torch.Tensor,
        images: torch.Tensor,
        attribute: torch.Tensor,
        *,
        teacher: nn.Module,
        judge: nn.Module,
        batch_size: int,
    ) -> "Opinion":
        told, judged = (probabilities(classifier, images, batch_size=batch_size) for classifier in (teacher, judge))
        return cls(
            mu, sigma, images, attribute,
            variance=within_class_variance(to_floats(images), attribute),
            judge_accuracy=(judged.argmax(1) == attribute).float().mean().item(),
            teacher_confidence=told.max(1).values.mean().item(),
            judge_confidence=judged.max(1).values.mean().item(),
            teacher_calibration=calibration(told, judged.argmax(1)),
            judge_calibration=calibration(judged, attribute),
        )  # fmt: skip


def generator_labels(run: ConditioningRun, generator: Generator) -> GeneratorLabels | None:
    """What the generator is told beside z: the attribute, a random class, or nothing."""
    match run.labels:
        case "given":
            return lambda attribute, rng: attribute
        case "shuffled":
            return lambda attribute, rng: torch.randint(generator.num_classes, attribute.shape, generator=rng).to(attribute.device)
    return None


def generator_of(labels: Labels, parts: Parts) -> Generator:
    """The one that is conditioned: without classes, or with classes for the leak experiment."""
    assert parts.paper_b is not None
    if labels == "unconditional":
        return parts.paper_b.generator()
    return parts.with_classes(f"the setting {labels!r}", any_number=labels != "given")


@dataclass(frozen=True)
class Drawn:
    """What N images are made of. z: (N, d). attribute: (N,) long, asked for. told: (N,) long, the class that G is told; None: no class."""

    z: torch.Tensor
    attribute: torch.Tensor
    told: torch.Tensor | None

    def split(self, size: int) -> list["Drawn"]:
        """Parts of `size` images, the last one of what is left."""
        z, attribute = self.z.split(size), self.attribute.split(size)
        told = [None] * len(z) if self.told is None else self.told.split(size)
        return [Drawn(*part) for part in zip(z, attribute, told, strict=True)]


def call_of(setting: Setting, profile: Profile, seed: int) -> Call:
    """The training of one of the profile's settings."""
    return conditioning.call(profile, seed=seed, **setting._asdict(), labels_per_epoch=profile.labels_of(setting))


def conditioned(run: ConditioningRun, profile: Profile) -> Record:
    """The record of a training, for a run that goes on from it."""
    return record_of(Call(conditioning, profile, run))


def distribution_of(record: Record) -> tuple[torch.Tensor, torch.Tensor]:
    """mu, sigma (K, d) that a conditioning run found."""
    mu, sigma = (torch.tensor(record.metrics[name], device=device()) for name in ("mu", "sigma"))
    return mu, sigma


class Recorded(Latents):
    """The Gaussian of each attribute that a run found. mu, sigma: (K, d)."""

    def __init__(self, mu: torch.Tensor, sigma: torch.Tensor):
        super().__init__()
        self.num_attributes, self.latent_dim = mu.shape
        self.mu, self.sigma = mu, sigma

    def moments(self, attribute: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.mu[attribute], self.sigma[attribute]

    def sample(self, attribute: torch.Tensor, rng: torch.Generator | None = None) -> torch.Tensor:
        mu, sigma = self.moments(attribute)
        return mu + sigma * noise(mu.shape, rng, mu.device)


def latents(run: ConditioningRun, parts: Parts, mu: torch.Tensor, sigma: torch.Tensor, n: int, purpose: Purpose) -> Drawn:
    """n draws of the input generator, the attributes even; mu, sigma: (K, d). purpose: of the random stream."""
    generator = generator_of(run.labels, parts)
    rng = stream(run.seed, purpose)
    attribute = balanced_labels(n, len(mu), generator.device)
    z = mu[attribute] + sigma[attribute] * torch.randn(n, mu.shape[1], generator=rng).to(mu.device)
    labels = generator_labels(run, generator)
    return Drawn(z, attribute, labels(attribute, rng) if labels else None)


def draw(
    run: ConditioningRun, parts: Parts, mu: torch.Tensor, sigma: torch.Tensor, n: int, purpose: Purpose
) -> tuple[torch.Tensor, torch.Tensor]:
    """n conditioned images, the attributes even, and the attributes."""
    drawn = latents(run, parts, mu, sigma, n, purpose)
    return generate(generator_of(run.labels, parts), drawn.z, drawn.told, parts), drawn.attribute


def prior_samples(run: ConditioningRun, parts: Parts, n: int) -> torch.Tensor:
    """What the generator makes of its own prior, told what the run tells it, the attributes even."""
    generator = generator_of(run.labels, parts)
    z = generator.sample_latents(n, stream(run.seed, "prior images", generator.device))
    labels = generator_labels(run, generator)
    attribute = balanced_labels(n, len(parts.class_names()), generator.device)
    return generate(generator, z, labels(attribute, stream(run.seed, "prior labels")) if labels else None, parts)


def second_judge_accuracy(images: torch.Tensor, attribute: torch.Tensor, parts: Parts) -> dict[str, float]:
    """Share of the images (N, C, H, W) that the second judge reads as the attribute (N,) asked for, by its name in a record; nothing without one."""
    if parts.second_judge is None:
        return {}
    return {"second_judge_accuracy": agreement(predict(parts.second_judge(), images, batch_size=parts.forward_batch), attribute)}


@recorded
def conditioning(run: ConditioningRun, profile: Profile, progress: bool = False) -> Outcome:
    parts = profile.parts
    assert parts.paper_b is not None
    generator, teacher, judge = generator_of(run.labels, parts), parts.paper_b.teacher(run.teacher), parts.judge()
    classes = range(len(parts.class_names()))
    epochs: list[Opinion] = []

    def watch(epoch: int, conditioner: Conditioner) -> None:
        with torch.no_grad():
            mu, sigma = conditioner.distribution(torch.arange(len(classes), device=generator.device))
        images, attribute = draw(run, parts, mu, sigma, run.validation_labels, "conditioned images")
        epochs.append(Opinion.of(mu, sigma, images, attribute, teacher=teacher, judge=judge, batch_size=parts.forward_batch))

    _, history = train_conditioner(
        generator, teacher, len(classes), epochs=run.epochs, labels_per_epoch=run.labels_per_epoch, batch_size=run.batch_size,
        learning_rate=run.learning_rate, momentum=run.momentum, validation_labels=run.validation_labels,
        generator_labels=generator_labels(run, generator), warm_start=run.warm_start, on_epoch=watch, seed=run.seed, progress=progress,
    )  # fmt: skip
    last = epochs[-1]
    prior = prior_samples(run, parts, 2 * run.validation_labels)
    prior_class = probabilities(judge, prior, batch_size=parts.forward_batch).argmax(1)
    of_attribute = [last.attribute == a for a in classes]
    metrics = {
        "accuracy": history.accuracy[-1],
        "judge_accuracy": last.judge_accuracy,
        **second_judge_accuracy(last.images, last.attribute, parts),
        "variance": last.variance,
        "variance_by_attribute": variance_by_class(to_floats(last.images), last.attribute, len(classes)),
        "prior_variance": within_class_variance(to_floats(prior), prior_class),
        "prior_share": [(prior_class == a).float().mean().item() for a in classes],
        "teacher_calibration": last.teacher_calibration._asdict(),
        "judge_calibration": last.judge_calibration._asdict(),
        "mu": last.mu.tolist(),
        "sigma": last.sigma.tolist(),
    }
    watched = {
        "judge_accuracy": [e.judge_accuracy for e in epochs],
        "variance": [e.variance for e in epochs],
        "teacher_confidence": [e.teacher_confidence for e in epochs],
        "judge_confidence": [e.judge_confidence for e in epochs],
        "teacher_ece": [e.teacher_calibration.ece for e in epochs],
        "judge_ece": [e.judge_calibration.ece for e in epochs],
    }
    shown = min(10, *(int(m.sum()) for m in of_attribute))
    rows = torch.cat([torch.nonzero(m).flatten()[:shown] for m in of_attribute])
    return Outcome(metrics, asdict(history) | watched, {"samples": tile(last.images[rows], shown)})
