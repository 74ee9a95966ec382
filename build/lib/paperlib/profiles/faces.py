"""Paper B as its author ran it: a BigGAN of 32x32 faces, a VGG-Face classifier of five groups, the input generator between them.

The checkpoints cannot ship; Paths says where they lie. faces_generator is G_ema.pth of Brock's PyTorch code, trained on UTKFace;
faces_classifier and faces_judge are files of notebooks/appendix_train_attribute_classifier.ipynb; utkface is the folder of images. The
classifier's file names the attribute and its classes: another file puts another attribute in their place.

The author's generator is told the attribute as its class. Here the label is withheld (the mean embedding over the classes) unless a setting
says otherwise. The labels are annotations of appearance in one data set, not facts about people.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast, get_args

import torch

from paperlib import data, printed_numbers
from paperlib.config import ConfigError
from paperlib.data import Images
from paperlib.data.utkface import RACES, FaceAttribute, find_faces
from paperlib.generators import Generator, load_residual_biggan
from paperlib.networks.imagenet import INCEPTION, Inception
from paperlib.networks.vgg_face import FaceAttributeClassifier, load_attribute_classifier
from paperlib.profiles.profile import ConditioningSizes, Once, PaperB, Parts, Profile, Requirement, device
from paperlib.support.paths import ROOT, Paths
from paperlib.support.weights import CheckpointError


@dataclass(frozen=True)
class Files:
    """Where the profile's parts lie."""

    images: Path
    generator: Path
    classifier: Path
    judge: Path
    inception: Path | None
    cache: Path

    @classmethod
    def of(cls, paths: Paths) -> "Files":
        data = ROOT / "data"
        return cls(
            images=paths.utkface or data / "UTKFace",
            generator=paths.faces_generator or data / "faces" / "G_ema.pth",
            classifier=paths.faces_classifier or data / "faces" / "race-vgg-face-half.safetensors",
            judge=paths.faces_judge or data / "faces" / "race-resnet18-half.safetensors",
            inception=paths.inception,
            cache=paths.cache,
        )


def _judge(files: Files, teacher: FaceAttributeClassifier) -> FaceAttributeClassifier:
    """Raises CheckpointError where it was trained for other classes than the teacher."""
    judge = load_attribute_classifier(files.judge).to(device())
    if judge.class_names != teacher.class_names:
        raise CheckpointError(
            f"{files.judge} knows {', '.join(judge.class_names)}; the classifier knows {', '.join(teacher.class_names)}. Train it with the same attribute."
        )
    return judge


def _generator(path: Path) -> Generator:
    generator = load_residual_biggan(path)
    if generator.image_shape[0] != 3:
        raise CheckpointError(f"{path} makes images of {generator.image_shape[0]} channels; the face classifier takes 3.")
    return generator.to(device())


def _images(files: Files, attribute: str, size: int) -> tuple[Images, Images]:
    if attribute not in get_args(FaceAttribute):
        raise ConfigError(
            f"attribute = {attribute!r}: UTKFace has labels for {', '.join(get_args(FaceAttribute))}; train the classifier on one of them."
        )
    faces = data.utkface(files.images, attribute=cast(FaceAttribute, attribute), size=size, cache=files.cache)
    return faces.train.to(device()), faces.test.to(device())


def _requirements(files: Files) -> list[Requirement]:
    """Nothing is opened or downloaded."""
    appendix = "train it with notebooks/appendix_train_attribute_classifier.ipynb"
    inception = INCEPTION.local(files.inception)
    needed = (
        ("BigGAN of faces", "generator", files.generator, "train it with Brock's PyTorch code on UTKFace at 32x32 and set PAPERLIB_FACES_GENERATOR"),
        ("VGG-Face classifier", "paper_b", files.classifier, f"{appendix} and set PAPERLIB_FACES_CLASSIFIER"),
        ("judge", "judge", files.judge, f"{appendix} (-p network resnet18) and set PAPERLIB_FACES_JUDGE"),
        ("Inception (FID)", "features", inception, f"It is downloaded at the first run ({INCEPTION.url}); or set {INCEPTION.variable}"),
    )  # fmt: skip
    problems = find_faces(files.images)[2]
    images = Requirement("UTKFace", "real_images", None if problems else str(files.images), "; ".join(problems) + "; set PAPERLIB_UTKFACE")
    return [images, *(Requirement(name, part, str(path) if path.exists() else None, remedy) for name, part, path, remedy in needed)]


def parts(paths: Paths) -> Parts:
    """The profile's parts where `paths` says that they lie."""
    files = Files.of(paths)
    teacher = Once(lambda: load_attribute_classifier(files.classifier).to(device()))
    generator = Once(lambda: _generator(files.generator))
    return Parts(
        real_images=Once(lambda: _images(files, teacher().attribute, generator().image_shape[1])),
        generator=generator,
        judge=Once(lambda: _judge(files, teacher())),
        features=Once(lambda: Inception(file=files.inception).to(device())),
        feature_space="Inception",
        class_names=lambda: teacher().class_names if files.classifier.is_file() else RACES,
        paper_b=PaperB(
            teacher=lambda name: teacher(), settings=(("withheld", "vgg-face"), ("given", "vgg-face"), ("shuffled", "vgg-face"))
        ),
        requirements=lambda: _requirements(files),
        generator_batch=512 if torch.cuda.is_available() else 64,
        forward_batch=512 if torch.cuda.is_available() else 32,
        store_bytes=True,
    )


FACES = Profile(
    name="faces", parts=parts(Paths()), seeds=3, side_seeds=1, quality_samples=5000,
    conditioning=ConditioningSizes(
        epochs=10, labels_per_epoch=printed_numbers.CONDITIONING_LABELS, validation_labels=5000, batch_size=64, learning_rate=1e-3,
        evaluation_draws=printed_numbers.EVALUATION_DRAWS,
    ),
)  # fmt: skip

# The same parts at tiny counts: a trial of the checkpoints and the images before the real run; the numbers mean nothing.
FACES_SMOKE = replace(
    FACES, name="faces_smoke", seeds=1, quality_samples=10,
    conditioning=ConditioningSizes(
        epochs=1, labels_per_epoch=8, validation_labels=10, batch_size=4, learning_rate=1e-3, evaluation_draws=10,
    ),
)  # fmt: skip
