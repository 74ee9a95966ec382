"""Paper B: an input generator for a frozen generator, watched by a judge that takes no part in its training."""

from dataclasses import asdict

import torch

from paperlib.conditioner import Conditioner, GeneratorLabels, train_conditioner
from paperlib.config import ConditioningRun
from paperlib.experiment.outcome import Outcome, balanced_labels, generate, tile
from paperlib.features import extract, probabilities
from paperlib.generators import Generator
from paperlib.metrics import calibration, within_class_variance
from paperlib.profiles import Profile, device


def generator_labels(config: ConditioningRun, generator: Generator) -> GeneratorLabels | None:
    """What the generator is told beside z: the attribute, a random class, or nothing."""
    match config.labels:
        case "given":
            return lambda attribute, rng: attribute
        case "shuffled":
            return lambda attribute, rng: torch.randint(generator.num_classes, attribute.shape, generator=rng).to(attribute.device)
    return None


def train_run(config: ConditioningRun, profile: Profile, progress: bool, on_epoch=None):  # type: ignore[no-untyped-def]
    """(generator, conditioner, history) of the run."""
    generator = profile.parts.generator(config.labels != "unconditional")
    conditioner, history = train_conditioner(
        generator, profile.parts.teacher(config.teacher), len(profile.parts.class_names),
        epochs=config.epochs, labels_per_epoch=config.labels_per_epoch, batch_size=config.batch_size, learning_rate=config.learning_rate,
        momentum=config.momentum, validation_labels=config.validation_labels, generator_labels=generator_labels(config, generator),
        on_epoch=on_epoch, seed=config.seed, progress=progress,
    )  # fmt: skip
    return generator, conditioner, history


def draw(config: ConditioningRun, generator: Generator, conditioner: Conditioner, n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """n conditioned images, the attributes even, and the attributes; a stream of its own, not that of training."""
    rng = torch.Generator().manual_seed(config.seed + 1)
    attribute = balanced_labels(n, conditioner.num_attributes, device())
    with torch.no_grad():
        z = conditioner.sample(attribute, rng)
    labels = generator_labels(config, generator)
    return generate(generator, z, labels(attribute, rng) if labels else None), attribute


def compute(config: ConditioningRun, profile: Profile, progress: bool) -> Outcome:
    teacher, judge = profile.parts.teacher(config.teacher), profile.parts.judge()
    watched: dict[str, list[float]] = {
        "judge_accuracy": [],
        "teacher_confidence": [],
        "judge_confidence": [],
        "teacher_ece": [],
        "judge_ece": [],
        "variance": [],
    }
    generator = profile.parts.generator(config.labels != "unconditional")
    labels = generator_labels(config, generator)

    def watch(epoch: int, conditioner: Conditioner) -> None:
        images, attribute = draw(config, generator, conditioner, config.validation_labels)
        told, judged = probabilities(teacher, images), extract(judge, images).probabilities
        watched["judge_accuracy"].append((judged.argmax(1) == attribute).float().mean().item())
        watched["teacher_confidence"].append(told.max(1).values.mean().item())
        watched["judge_confidence"].append(judged.max(1).values.mean().item())
        watched["teacher_ece"].append(calibration(told, judged.argmax(1)).ece)
        watched["judge_ece"].append(calibration(judged, attribute).ece)
        watched["variance"].append(within_class_variance(images, attribute))

    generator, conditioner, history = train_run(config, profile, progress, watch)
    images, attribute = draw(config, generator, conditioner, config.validation_labels)
    told, judged = probabilities(teacher, images), extract(judge, images).probabilities
    prior_rng = torch.Generator(device()).manual_seed(config.seed + 2)
    prior_y = (
        labels(balanced_labels(2 * config.validation_labels, conditioner.num_attributes, device()), torch.Generator().manual_seed(config.seed + 2))
        if labels
        else None
    )
    prior = generate(generator, generator.sample_latents(2 * config.validation_labels, prior_rng), prior_y)
    prior_class = extract(judge, prior).probabilities.argmax(1)
    first = torch.arange(10 * conditioner.num_attributes, device=device()).view(10, -1).T.flatten()
    metrics = {
        "accuracy": history.accuracy[-1],
        "judge_accuracy": watched["judge_accuracy"][-1],
        "first_full_epoch": next((i + 1 for i, a in enumerate(history.accuracy) if a == 1.0), None),
        "variance": watched["variance"][-1],
        "variance_by_attribute": [
            within_class_variance(images[attribute == a], attribute[attribute == a]) for a in range(conditioner.num_attributes)
        ],
        "prior_variance": within_class_variance(prior, prior_class),
        "prior_share": [(prior_class == a).float().mean().item() for a in range(conditioner.num_attributes)],
        "teacher_calibration": calibration(told, judged.argmax(1))._asdict(),
        "judge_calibration": calibration(judged, attribute)._asdict(),
    }
    return Outcome(metrics, asdict(history) | watched, {"samples": tile(images[first], 10)})
