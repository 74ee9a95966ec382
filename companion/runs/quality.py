"""Image quality of one set of images, in the profile's feature space, against the same half of the real training images."""

from typing import Annotated, Any

import torch
from pydantic import Field

from companion.arguments import Truncation, frozen
from companion.calls import Arguments, Outcome, recorded
from companion.profiles import Profile, device
from companion.runs import paper_b
from companion.runs.mining import HardSamplesRun, classifiers_at_stages, mine_against
from companion.runs.paper_b import ConditioningRun, conditioned
from companion.runs.shared import balanced_labels, generate, kept_features, look, variance_by_class
from companion.settings import ImageSet
from paperlib.checks import check
from paperlib.data import Images, split, to_floats
from paperlib.generators import Generator, truncated
from paperlib.metrics import frechet_distance_of, inception_score, kernel_distance, manifold, within_class_variance
from paperlib.streams import stream
from paperlib.training import predict


@frozen
class ImageQualityRun(Arguments):
    """Image quality of one set of images against the same real reference. samples: images in the set, at most.

    hard: how the mined set is mined. conditioning: how the conditioned set's input generator is trained.
    """

    image_set: ImageSet
    samples: Annotated[int, Field(ge=10)]
    hard: HardSamplesRun | None = None
    conditioning: ConditioningRun | None = None
    truncation: Truncation = 1.0

    def __post_init__(self) -> None:
        Arguments.__post_init__(self)
        for name, image_set in (("hard", "mined"), ("conditioning", "conditioned")):
            value = getattr(self, name)
            check((value is not None) == (self.image_set == image_set), name, value, f"give it for the {image_set} set and for no other")


REFERENCE = 6500  # half of paper A's 13,000; the distances of KID take their square


def reference_and_rest(profile: Profile) -> tuple[Images, Images]:
    """Real training images that all sets are held against, REFERENCE of them at most: the profile's own, or half of them all; and the other half,
    where the "real train" set comes from."""
    train, _ = profile.parts.real_images()
    reference, rest = split(train, test_size=len(train) // 2, seed=2)
    if profile.parts.reference is not None:
        reference = profile.parts.reference()
    return split(reference, REFERENCE, seed=2)[1] if len(reference) > REFERENCE else reference, rest


def image_set(run: ImageQualityRun, profile: Profile) -> Images:
    """The set's images and labels: real labels, the generator's class, the attribute; of unconditional samples the judge's class."""
    rng, parts = stream(run.seed, "set latents", device()), profile.parts
    match run.image_set:
        case "real train":
            return _random_part(reference_and_rest(profile)[1], run)
        case "real test":
            return _random_part(parts.real_images()[1], run)
        case "unconditional prior" | "fifth prior" | "long prior":
            generator = _without_classes(run, profile)
            images = generate(generator, generator.sample_latents(run.samples, rng), None, parts)
            return Images(images, predict(parts.judge(), images, batch_size=parts.forward_batch).argmax(1))
        case "conditioned":
            assert run.conditioning is not None
            mu, sigma = paper_b.distribution_of(conditioned(run.conditioning, profile))
            return Images(*paper_b.draw(run.conditioning, parts, mu, sigma, run.samples, "set latents"))
    generator = truncated(parts.with_classes(), run.truncation)
    y = balanced_labels(run.samples, generator.num_classes, device())
    z = generator.sample_latents(run.samples, rng)
    if run.hard is not None:
        latest = classifiers_at_stages(run.hard, profile)[-1]
        z = mine_against(latest, run.hard, profile, z, y).z
    return Images(generate(generator, z, y, parts), y)


def _without_classes(run: ImageQualityRun, profile: Profile) -> Generator:
    """Paper B's own, or a twin of it."""
    paper_b = profile.parts.paper_b
    assert paper_b is not None
    return paper_b.twins.get(run.image_set, paper_b.generator)()


def _random_part(images: Images, run: ImageQualityRun) -> Images:
    order = torch.randperm(len(images), generator=stream(run.seed, "set choice"))
    return images.subset(order[: run.samples].to(images.labels.device))


@recorded
def image_quality(run: ImageQualityRun, profile: Profile, progress: bool = False) -> Outcome:
    """The conditioned set draws from the (mu, sigma) that its run found."""
    return Outcome(against_reference(image_set(run, profile), profile))


def against_reference(images: Images, profile: Profile) -> dict[str, Any]:
    """Every measure of a set of images, by name; FID, KID and the manifold's against the reference half."""
    parts = profile.parts
    reference, found = reference_and_rest(profile)[0], look(images.images, parts)
    real = kept_features(reference.images, profile)
    near, classes, pixels = manifold(real, found.features), len(parts.class_names()), to_floats(images.images)
    return {
        "feature_space": parts.feature_space,
        "feature_dimensions": real.shape[1],
        "samples": len(images),
        "reference_samples": len(reference),
        "inception_score": inception_score(found.probabilities),
        "fid": frechet_distance_of(real, found.features),
        "kid": kernel_distance(real, found.features),
        **near._asdict(),
        "judge_agreement": (found.judged == images.labels).float().mean().item(),
        "pixel_variance": within_class_variance(pixels, images.labels),
        "feature_variance": within_class_variance(found.features, images.labels),
        "images_by_class": torch.bincount(images.labels, minlength=classes).tolist(),
        "pixel_variance_by_class": variance_by_class(pixels, images.labels, classes),
        "feature_variance_by_class": variance_by_class(found.features, images.labels, classes),
    }
