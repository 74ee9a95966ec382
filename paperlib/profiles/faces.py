"""Paper B as its author ran it: a BigGAN of 32x32 faces, a VGG-Face classifier of five groups, the input generator between them.

The checkpoints cannot ship. PAPERLIB_FACES_GENERATOR is G_ema.pth of Brock's PyTorch code, trained on UTKFace; PAPERLIB_FACES_CLASSIFIER and
PAPERLIB_FACES_JUDGE are files of notebooks/appendix_train_attribute_classifier.ipynb; PAPERLIB_UTKFACE is the folder of images. The classifier's
file names the attribute and its classes: another file puts another attribute in their place.

The author's generator is told the attribute as its class. Here the label is withheld (the mean embedding over the classes) unless a setting
says otherwise. The labels are annotations of appearance in one data set, not facts about people.
"""

import os
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import cast, get_args

import torch
from torch import nn

from paperlib import data, printed_numbers
from paperlib.config import ConfigError, Teacher
from paperlib.data import Images
from paperlib.data.utkface import RACES, FaceAttribute, find_faces
from paperlib.generators import Generator, load_residual_biggan
from paperlib.generators.residual_biggan import find_file
from paperlib.networks.imagenet import INCEPTION, Inception
from paperlib.networks.vgg_face import FaceAttributeClassifier, load_attribute_classifier
from paperlib.profiles.profile import ConditioningSizes, PaperB, Parts, Profile, Requirement, device
from paperlib.records import ROOT
from paperlib.support.weights import CheckpointError, sha256_of


def _path(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable) or ROOT / "data" / default).expanduser()


def _generator_path() -> Path:
    return _path("PAPERLIB_FACES_GENERATOR", "faces/G_ema.pth")


def _classifier_path() -> Path:
    return _path("PAPERLIB_FACES_CLASSIFIER", "faces/race-vgg-face-half.safetensors")


def _judge_path() -> Path:
    return _path("PAPERLIB_FACES_JUDGE", "faces/race-resnet18-half.safetensors")


def _root() -> Path:
    return _path("PAPERLIB_UTKFACE", "UTKFace")


@cache
def _classifier_at(path: Path) -> FaceAttributeClassifier:
    return load_attribute_classifier(path).to(device())


def _classifier() -> FaceAttributeClassifier:
    return _classifier_at(_classifier_path())


def _judge() -> FaceAttributeClassifier:
    """Raises CheckpointError where it was trained for other classes than the teacher."""
    judge = _classifier_at(_judge_path())
    if judge.class_names != _classifier().class_names:
        raise CheckpointError(
            f"{_judge_path()} knows {', '.join(judge.class_names)}; the classifier knows {', '.join(_classifier().class_names)}. Train it with the same attribute."
        )
    return judge


def _teacher(teacher: Teacher) -> nn.Module:
    return _classifier()


@cache
def _generator_at(path: Path) -> Generator:
    generator = load_residual_biggan(path)
    if generator.image_shape[0] != 3:
        raise CheckpointError(f"{path} makes images of {generator.image_shape[0]} channels; the face classifier takes 3.")
    return generator.to(device())


def _generator() -> Generator:
    return _generator_at(_generator_path())


@cache
def _images_at(root: Path, attribute: FaceAttribute, size: int) -> tuple[Images, Images]:
    faces = data.utkface(root, attribute=attribute, size=size)
    return faces.train.to(device()), faces.test.to(device())


def _images() -> tuple[Images, Images]:
    attribute = _classifier().attribute
    if attribute not in get_args(FaceAttribute):
        raise ConfigError(
            f"attribute = {attribute!r}: UTKFace has labels for {', '.join(get_args(FaceAttribute))}; train the classifier on one of them."
        )
    return _images_at(_root(), cast(FaceAttribute, attribute), _generator().image_shape[1])


@cache
def _inception_at(path: Path) -> Inception:
    return Inception().to(device())


def _features() -> Inception:
    return _inception_at(INCEPTION.local())


def _class_names() -> tuple[str, ...]:
    """Those of the classifier's file; UTKFace's five groups where there is none yet."""
    return _classifier().class_names if _classifier_path().is_file() else RACES


def _checksums() -> dict[str, str]:
    paths = {
        "generator": find_file(_generator_path()),
        "classifier": _classifier_path(),
        "judge": _judge_path(),
        "inception": INCEPTION.path(),
    }
    return {name: sha256_of(path) for name, path in paths.items()}


def _requirements() -> list[Requirement]:
    """Nothing is opened or downloaded."""
    appendix = "train it with notebooks/appendix_train_attribute_classifier.ipynb"
    files = (
        (
            "BigGAN of faces",
            "generator",
            _generator_path(),
            "train it with Brock's PyTorch code on UTKFace at 32x32 and set PAPERLIB_FACES_GENERATOR",
        ),
        ("VGG-Face classifier", "paper_b", _classifier_path(), f"{appendix} and set PAPERLIB_FACES_CLASSIFIER"),
        ("judge", "judge", _judge_path(), f"{appendix} (-p network resnet18) and set PAPERLIB_FACES_JUDGE"),
        (
            "Inception (FID)",
            "features",
            INCEPTION.local(),
            f"It is downloaded at the first run ({INCEPTION.url}); or set {INCEPTION.variable}",
        ),
    )
    problems = find_faces(_root())[2]
    images = Requirement("UTKFace", "real_images", None if problems else str(_root()), "; ".join(problems) + "; set PAPERLIB_UTKFACE")
    return [images, *(Requirement(name, part, str(path) if path.exists() else None, remedy) for name, part, path, remedy in files)]


PARTS = Parts(
    real_images=_images,
    generator=_generator,
    judge=_judge,
    features=_features,
    feature_space="Inception",
    class_names=_class_names,
    checksums=_checksums,
    paper_b=PaperB(teacher=_teacher, settings=(("withheld", "vgg-face"), ("given", "vgg-face"), ("shuffled", "vgg-face"))),
    requirements=_requirements,
    generator_batch=512 if torch.cuda.is_available() else 64,
    forward_batch=512 if torch.cuda.is_available() else 32,
    store_bytes=True,
)

FACES = Profile(
    name="faces", parts=PARTS, seeds=3, quality_samples=5000,
    conditioning=ConditioningSizes(
        epochs=10, labels_per_epoch=printed_numbers.CONDITIONING_LABELS, validation_labels=5000, batch_size=64, learning_rate=1e-3,
        evaluation_draws=printed_numbers.EVALUATION_DRAWS, leak_draws=printed_numbers.EVALUATION_DRAWS,
    ),
)  # fmt: skip

# The same parts at tiny counts: a trial of the checkpoints and the images before the real run; the numbers mean nothing.
FACES_SMOKE = replace(
    FACES, name="faces_smoke", seeds=1, quality_samples=20,
    conditioning=ConditioningSizes(
        epochs=1, labels_per_epoch=8, validation_labels=10, batch_size=4, learning_rate=1e-3, evaluation_draws=10, leak_draws=10,
    ),
)  # fmt: skip
