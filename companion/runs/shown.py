"""Paper A: how many different images a training sees, and how diverse they are against real ones."""

from typing import Annotated, Any

import torch
from pydantic import Field
from torch import nn

from companion.arguments import frozen
from companion.calls import Arguments, Outcome, recorded
from companion.profiles import Profile
from companion.runs.paper_a import ClassifierRun, source_of, trained
from companion.runs.quality import reference_and_rest
from companion.runs.shared import kept_features
from paperlib.data import Images, to_floats
from paperlib.metrics import manifold, within_class_variance
from paperlib.networks.features import extract
from paperlib.streams import stream


@frozen
class ShownImagesRun(Arguments):
    """Paper A: what one of its trainings sees, against real images. samples: of the images seen, those that are measured, at most."""

    classifier: ClassifierRun
    samples: Annotated[int, Field(ge=20)]


class Shown:
    """Counts the new images that a source makes, and keeps `samples` of the `total` that will come, drawn evenly."""

    def __init__(self, total: int, samples: int, rng: torch.Generator):
        self.wanted = torch.zeros(total, dtype=torch.bool)
        self.wanted[torch.randperm(total, generator=rng)[:samples]] = True
        self.seen, self.kept = 0, list[Images]()

    def see(self, new: Images) -> None:
        wanted = self.wanted[self.seen : self.seen + len(new)].to(new.labels.device)
        self.kept.append(Images(new.images[wanted], new.labels[wanted]))
        self.seen += len(new)

    @property
    def images(self) -> Images:
        return Images(torch.cat([part.images for part in self.kept]), torch.cat([part.labels for part in self.kept]))


@recorded
def shown_images(run: ShownImagesRun, profile: Profile, progress: bool = False) -> Outcome:
    """metrics["sizes"]: as many of the images as the data set has at a time, then all that are measured. The real ones share no image with
    those that all are held against; where fewer than N are left, every first size is as many as are left."""
    parts, training, (reference, rest) = profile.parts, run.classifier, reference_and_rest(profile)
    at_a_time = min(training.images, len(rest))
    rng = stream(run.seed, "shown images")
    shown = Shown(at_a_time if training.real else training.different_images, run.samples, rng)
    if training.real:
        order = torch.randperm(len(rest), generator=stream(run.seed, "set choice"))
        shown.see(rest.subset(order[:at_a_time].to(rest.labels.device)))
    else:
        show(training, profile, shown, progress)
    images = shown.images
    real, made = kept_features(reference.images, profile), extract(parts.features(), images.images, batch_size=parts.forward_batch).features
    order = torch.randperm(len(images), generator=rng).to(images.labels.device)

    def measured(index: torch.Tensor) -> dict[str, Any]:
        features, labels = made[index], images.labels[index]
        return {
            "images": len(index),
            **manifold(real, features)._asdict(),
            "pixel_variance": within_class_variance(to_floats(images.images[index]), labels),
            "feature_variance": within_class_variance(features, labels),
        }

    return Outcome(
        {
            "feature_space": parts.feature_space,
            "reference_samples": len(reference),
            "different_images": shown.seen,
            "sizes": [measured(order[:at_a_time]), measured(order)],
        }
    )


def show(run: ClassifierRun, profile: Profile, shown: Shown, progress: bool) -> None:
    """Make the images of every epoch. Only DS with HSM asks the classifier for them, which is then trained."""
    source = source_of(run, profile, shown.see)
    if run.hsm and run.r:
        trained(run, profile, source, progress)
        return
    for epoch in range(run.epochs * run.long_factor):
        source(epoch, nn.Identity())
