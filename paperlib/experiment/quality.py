"""Image quality of one set of images, in the judge's feature space, against the same half of the real training images."""

from collections.abc import Callable
from functools import cache

import torch

from paperlib import data
from paperlib.config import Config, QualityRun
from paperlib.data import Images
from paperlib.experiment import conditioning, hard_samples
from paperlib.experiment.outcome import Outcome, balanced_labels, generate
from paperlib.features import extract
from paperlib.metrics import frechet_distance, gaussian, inception_score, kernel_distance, manifold, within_class_variance
from paperlib.profiles import Profile, device
from paperlib.records import Record


def reference_and_rest(profile: Profile) -> tuple[Images, Images]:
    """Two halves of the real training images: what all sets are held against, and where the "real train" set comes from."""
    train, _ = profile.parts.real_images()
    return data.split(train, test_size=len(train) // 2, seed=2)


@cache
def reference_features(profile: Profile) -> tuple[torch.Tensor, int]:
    """The judge's features of the reference half, and its size."""
    reference = reference_and_rest(profile)[0]
    return extract(profile.parts.judge(), reference.images).features, len(reference)


def image_set(config: QualityRun, profile: Profile, record_of: Callable[[Config], Record]) -> Images:
    """The set's images and labels: real labels, the generator's class, the attribute; of unconditional samples the judge's class."""
    rng = torch.Generator(device()).manual_seed(config.seed)
    match config.image_set:
        case "real train":
            return _random_part(reference_and_rest(profile)[1], config.samples, rng)
        case "real test":
            return _random_part(profile.parts.real_images()[1], config.samples, rng)
        case "unconditional prior":
            generator = profile.parts.generator(False)
            images = generate(generator, generator.sample_latents(config.samples, rng), None)
            return Images(images, extract(profile.parts.judge(), images).probabilities.argmax(1))
        case "conditioned":
            assert config.conditioning is not None
            metrics = record_of(config.conditioning).metrics
            generator = profile.parts.generator(config.conditioning.labels != "unconditional")
            mu, sigma = (torch.tensor(metrics[name], device=generator.device) for name in ("mu", "sigma"))
            return Images(*conditioning.draw(config.conditioning, generator, mu, sigma, config.samples))
    generator = profile.parts.generator(True)
    y = balanced_labels(config.samples, generator.num_classes, device())
    z = generator.sample_latents(config.samples, rng)
    if config.hard is not None:
        z = hard_samples.mine_at_stages(config.hard, profile, z, y)[-1].z
    return Images(generate(generator, z, y), y)


def _random_part(images: Images, n: int, rng: torch.Generator) -> Images:
    return images.subset(torch.randperm(len(images), generator=rng, device=rng.device)[:n])


def compute(config: QualityRun, profile: Profile, record_of: Callable[[Config], Record]) -> Outcome:
    """record_of(config): the record of another run; the conditioned set draws from the (mu, sigma) that its run found."""
    judge = profile.parts.judge()
    images = image_set(config, profile, record_of)
    (real, reference_samples), found = reference_features(profile), extract(judge, images.images)
    near, classes = manifold(real, found.features), len(profile.parts.class_names)
    metrics = {
        "samples": len(images),
        "reference_samples": reference_samples,
        "inception_score": inception_score(found.probabilities),
        "digit_fid": frechet_distance(*gaussian(real), *gaussian(found.features)),
        "digit_kid": kernel_distance(real, found.features),
        **near._asdict(),
        "judge_agreement": (found.probabilities.argmax(1) == images.labels).float().mean().item(),
        "pixel_variance": within_class_variance(images.images, images.labels),
        "feature_variance": within_class_variance(found.features, images.labels),
        "pixel_variance_by_class": by_class(images.images, images.labels, classes),
        "feature_variance_by_class": by_class(found.features, images.labels, classes),
    }
    return Outcome(metrics)


def by_class(values: torch.Tensor, labels: torch.Tensor, classes: int) -> list[float | None]:
    """Variance within each class, averaged over coordinates; None where a class has no image."""
    return [within_class_variance(values[labels == c], labels[labels == c]) if (labels == c).any() else None for c in range(classes)]
