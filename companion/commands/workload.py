"""How much work a run is, and how long a unit of it takes here: together, an estimate of a run's time before it starts.

speed = measure(profile, profile.parts)                       # a few real steps
seconds = work(config, profile, real_images=4000).seconds(speed)
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields

import torch

from companion.config import (
    ClassifierRun,
    ConditioningRun,
    Config,
    ControlRun,
    DiversityRun,
    EvaluationRun,
    HardSamplesRun,
    ImageQualityRun,
    Langevin,
    Likelihood,
    Metropolis,
    MinedClassifierRun,
    MinedSpaceRun,
    Ode,
    Posterior,
    Rejection,
    Resampling,
    ShownImagesRun,
    Trained,
)
from companion.experiment.conditioning import generator_of
from companion.experiment.diversity import paper_b_run
from companion.experiment.mining_checks import FORMS
from companion.experiment.outcome import balanced_labels, filler, generate
from companion.profiles import Parts, Profile, device
from paperlib.batchnorm_adaptation import adapt_batchnorm
from paperlib.hard_sample_mining import mine_hard_latents
from paperlib.networks.features import extract
from paperlib.samplers import BURN_IN
from paperlib.samplers.distillation import mlp
from paperlib.support.stopwatch import timed
from paperlib.support.threads import one_thread
from paperlib.training import predict, sgd, train_epoch

LATENT_BATCH = 256  # of distil_posterior and fit_to_latents


@dataclass(frozen=True)
class Work:
    """Counts of the units that cost time; as a speed, seconds for one of each.

    generated: images by G. mined: HSM steps times images. trained: images forward and backward through the classifier. adapted: images
    whose statistics BNA takes. featured: images through the feature network. conditioned: labels through paper B's training.
    latents: latents that train the network of a posterior, or a flow. read: images through paper B's teacher.
    """

    generated: float = 0
    mined: float = 0
    trained: float = 0
    adapted: float = 0
    featured: float = 0
    conditioned: float = 0
    latents: float = 0
    read: float = 0

    def __add__(self, other: "Work") -> "Work":
        return Work(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(Work)})

    def seconds(self, speed: "Work") -> float:
        return sum(count * getattr(speed, name) for name, count in asdict(self).items())


def work(config: Config, profile: Profile, real_images: int) -> Work:  # noqa: PLR0911 -- a return a kind
    """What a run does. real_images: the number of real training images, for BNA."""
    match config:
        case ClassifierRun():
            training = _own(config, profile) if config.method else _classifier(config)
            return training + Work(adapted=2 * real_images)
        case HardSamplesRun():
            return _hard_samples(config, len(profile.parts.class_names()))
        case MinedSpaceRun():
            mined = config.per_class * len(profile.parts.class_names())
            rows = 1 + len(config.steps) * len(config.step_sizes)
            looked = rows * mined + config.natural * len(profile.parts.class_names())
            steps = sum(config.steps) * len(config.step_sizes)
            return Work(generated=config.images + looked, featured=looked, mined=steps * mined, trained=config.images * config.epochs)
        case MinedClassifierRun() | ControlRun():
            return work(config.classifier, profile, real_images)
        case ConditioningRun():
            drawn = (2 * config.epochs + 2) * config.validation_labels
            made = drawn + config.warm_start
            return Work(generated=made, read=made, conditioned=config.epochs * config.labels_per_epoch)
        case ImageQualityRun():
            mining = _mined_set(config.hard, config.samples) if config.hard else Work()
            made = 0 if config.image_set.startswith("real") else config.samples
            return mining + Work(generated=made, featured=config.samples)
        case ShownImagesRun():
            run = config.classifier
            final = 0 if run.hsm and run.r else run.images * run.epochs * run.long_factor
            return _classifier(run) + Work(trained=-final, featured=min(config.samples, run.different_images))
        case EvaluationRun():
            images = config.draws + config.quality_samples
            return Work(generated=images, featured=images + (config.draws if profile.parts.second_judge else 0), read=config.draws)
        case DiversityRun():
            return _diversity(config, profile)
    raise TypeError(f"the work of a {type(config).__name__} is not known")


def _own(config: ClassifierRun, profile: Profile) -> Work:
    n, method = config.images, profile.method(config.method)
    trained = n * config.epochs * config.long_factor
    return Work(trained=trained, generated=round(method.made * n), mined=round(method.mined * n) * config.mining_steps)


def _classifier(config: ClassifierRun) -> Work:
    n, epochs, m = config.images, config.epochs * config.long_factor, config.round_images
    training = Work(trained=n * epochs)
    if config.real:
        return training
    if config.r > 0:
        renewed = round(config.r * n) * (epochs - 1)
        return training + Work(generated=n + renewed, mined=renewed // 2 * config.mining_steps if config.hsm else 0)
    if not config.hsm:
        return training + Work(generated=n)
    rounds = -(-(n - m) // m)
    return training + Work(generated=n, mined=(n - m) * config.mining_steps, trained=m * rounds * (rounds + 1) / 2)


def _diversity(config: DiversityRun, profile: Profile) -> Work:  # noqa: PLR0911 -- a return a kind
    """Rejection is counted as if the rarest attribute had half of its even share. The truth is drawn beside every method. Paper B's own training is
    a run of notebook 04."""
    images, method = len(profile.parts.class_names()) * config.per_attribute, config.method
    looking = Work(generated=4 * images, featured=(3 if profile.parts.second_judge else 2) * images, read=3 * images)
    match method:
        case Trained() if paper_b_run(method, config.seed, profile):
            return looking
        case Trained():
            return looking + Work(generated=method.warm_start, read=method.warm_start, conditioned=method.epochs * method.labels_per_epoch)
        case Posterior():
            return looking + _learned(method)
        case Likelihood(posterior=posterior):
            fitted = Work(latents=method.steps * LATENT_BATCH, conditioned=method.tuned)
            return looking + fitted + (_learned(posterior) if posterior else Work(generated=method.labelled, read=method.labelled))
        case Metropolis():
            candidates = len(profile.parts.class_names()) * (BURN_IN + method.passes * config.per_attribute)
            return looking + _learned(method.proposal) + Work(generated=candidates, read=candidates)
        case Rejection():
            return looking + Work(generated=2 * images, read=2 * images)
        case Resampling():
            return looking + Work(generated=method.pool, read=method.pool)
        case Langevin():
            return looking + Work(conditioned=images * method.steps)
        case Ode():
            return looking + Work(conditioned=2 * images * method.steps)


def _learned(method: Posterior) -> Work:
    """Half of the latents train the first network, for half of the epochs."""
    return Work(generated=method.labelled, read=method.labelled, latents=1.25 * method.labelled * method.epochs)


def _hard_samples(config: HardSamplesRun, classes: int) -> Work:
    """Two classifiers; the latents mined at two stages in the paper's form, and in three forms at each step size."""
    latents, rows = classes * config.per_class, 2 * len(FORMS) * len(config.form_step_sizes)
    looked = (1 + rows) * latents + classes * config.natural
    mined = (2 + rows) * latents * config.mining_steps
    return Work(
        generated=2 * config.images + 7 * latents + looked, mined=mined, trained=2 * config.images * config.stages[1], featured=looked
    )


def _mined_set(config: HardSamplesRun, latents: int) -> Work:
    """A classifier on a fixed data set; the latents are mined at the last stage, and generated before and after."""
    return Work(generated=config.images + 2 * latents, mined=latents * config.mining_steps, trained=config.images * config.stages[1])


@one_thread()
def measure(profile: Profile, parts: Parts, *, batches: int = 2) -> Work:
    """Seconds of one unit of each kind, on one thread as every run has: the fastest of a few batches after one to warm up."""
    if not profile.has_paper_a and not profile.has_paper_b:
        return Work()
    generator, n = parts.generator() if parts.has_generator else generator_of("unconditional", parts), parts.generator_batch
    rng = torch.Generator(device()).manual_seed(0)
    z = generator.sample_latents(n, rng)
    y = balanced_labels(n, generator.num_classes, device()) if generator.num_classes else None

    def seconds(step: Callable[[], object], units: int) -> float:
        step()
        return min(timed(step)[1] for _ in range(batches)) / units

    images = generate(generator, z, y, parts)
    both = Work(
        generated=seconds(lambda: generate(generator, z, y, parts), n),
        featured=seconds(lambda: extract(parts.features(), images, batch_size=n), n),
    )
    return both + _paper_a_seconds(profile, parts, seconds) + _paper_b_seconds(profile, parts, seconds)


Stopwatch = Callable[[Callable[[], object], int], float]


def _paper_a_seconds(profile: Profile, parts: Parts, seconds: Stopwatch) -> Work:
    if not profile.has_paper_a:
        return Work()
    a, generator, n = profile.paper_a, parts.with_classes(), parts.generator_batch
    rng, order = torch.Generator(device()).manual_seed(0), torch.Generator().manual_seed(0)
    made = filler(parts, rng, 1, a.step_size)(2 * a.batch_size, None)
    classifier, real = parts.classifier(a.width), parts.real_images()[0].images[: 2 * parts.forward_batch]
    optimizer = sgd(classifier, a.learning_rate, 0.9, 1e-4)
    z, y = generator.sample_latents(n, rng), balanced_labels(n, generator.num_classes, device())

    def train() -> None:
        train_epoch(classifier, made, optimizer, batch_size=a.batch_size, rng=order, mixed_precision=parts.mixed_precision)

    return Work(
        mined=seconds(lambda: mine_hard_latents(generator, classifier, z, y, steps=1, step_size=a.step_size, batch_size=n), n),
        trained=seconds(train, len(made)),
        adapted=seconds(lambda: adapt_batchnorm(classifier, real), len(real)),
    )


def _paper_b_seconds(profile: Profile, parts: Parts, seconds: Stopwatch) -> Work:
    if parts.paper_b is None or profile.conditioning is None or not profile.has_paper_b:
        return Work()
    own = profile.settings[0]
    generator, teacher, n = generator_of(own.labels, parts), parts.paper_b.teacher(own.teacher), profile.conditioning.batch_size
    z = generator.sample_latents(n)

    def step() -> None:
        x = z.clone().requires_grad_(True)
        torch.autograd.grad(torch.nn.functional.cross_entropy(teacher(generator(x)), torch.zeros(n, dtype=torch.long, device=x.device)), x)

    network = mlp(generator.latent_dim, 256, 10).to(z.device)
    many = generator.sample_latents(LATENT_BATCH)
    images = generate(generator, many, None, parts)

    return Work(
        conditioned=seconds(step, n),
        latents=seconds(lambda: network(many).sum().backward(), LATENT_BATCH),
        read=seconds(lambda: predict(teacher, images, batch_size=parts.forward_batch), LATENT_BATCH),
    )
