"""Paper B on 32x32 faces, with its author's counts of labels and draws and smaller networks: a GAN, a frozen classifier of five groups, the input
generator between them.

Nothing of it ships. Each part is either yours or one that `make pretrained PROFILE=faces` trains on UTKFace, in your cache folder:

* faces_generator: G_ema.pth of Brock's PyTorch code, with classes; else our class-conditional one. The generator without classes, and its twins,
  one that saw a fifth of the images and one that trained for longer, are always ours.
* faces_classifier: VGG-Face, a file of notebooks/appendix_train_attribute_classifier.ipynb; else a small convolutional network that was
  trained from scratch, which every record calls "plain". The file names the attribute and its classes: another file puts another in their place.
* faces_judge: from the appendix too; else a small residual network. Its features stand in for Inception's where that file is missing.

The author's generator is told the attribute as its class: setting "given". The labels are annotations of appearance in one data set, not facts about
people.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast, get_args

import torch
from torch import nn

from companion import printed_numbers
from companion.profiles.profile import ConditioningSizes, DiversitySizes, Once, PaperB, Parts, Profile, Requirement, device
from companion.settings import ImageSet, Labels, Method, Metropolis, Posterior, Rejection, Setting, Trained
from companion.support.paths import ROOT, Paths
from paperlib import data
from paperlib.checks import ConfigError, check_choice
from paperlib.data import Images
from paperlib.data.utkface import CLASS_NAMES, RACES, FaceAttribute, find_faces
from paperlib.generators import Generator, load_residual_biggan
from paperlib.networks.features import FeatureNetwork
from paperlib.networks.imagenet import INCEPTION, Inception
from paperlib.networks.vgg_face import (
    SMALL_SIZE,
    FaceAttributeClassifier,
    attribute_and_network,
    load_attribute_classifier,
)
from paperlib.support.weights import CheckpointError
from recipes.face_parts import halves, stale

WARM_START = 5000  # draws of the prior that the pair labels
REMEDY = "train it with `make pretrained PROFILE=faces UTKFACE=...`"


@dataclass(frozen=True)
class Files:
    """Where the profile's parts lie. trained: the folder of those that were trained here. attribute, teacher: what the caller's classifier reads and
    what network it is; without one, race and ours. Records call the teacher so."""

    images: Path
    generator: Path
    plain_generator: Path
    twins: Mapping[ImageSet, Path]
    classifier: Path
    linear: Path
    judge: Path
    inception: Path | None
    cache: Path
    trained: Path
    attribute: str
    teacher: str

    @classmethod
    def of(cls, paths: Paths) -> "Files":
        given, trained = ROOT / "data", paths.cache.expanduser() / "pretraining" / "faces"

        def either(own: Path | None, name: str, ours: Path) -> Path:
            """The caller's, or the one in data/faces, or ours."""
            lying = given / "faces" / name
            return own or (lying if lying.exists() else ours)

        attribute, network = attribute_and_network(paths.faces_classifier) if paths.faces_classifier else ("", "")
        wide = f"{(attribute or 'race').replace(' ', '_')}_wide"
        from_appendix = f"{(attribute or 'race').replace(' ', '-')}-resnet18-half.safetensors"
        classifier = either(paths.faces_classifier, "race-vgg-face-half.safetensors", trained / "race_plain" / "race_plain.safetensors")
        judge = either(paths.faces_judge, from_appendix, trained / wide / f"{wide}.safetensors")
        return cls(
            images=paths.utkface or given / "UTKFace",
            generator=either(paths.faces_generator, "G_ema.pth", trained / "conditional_generator" / "G_ema.pth"),
            plain_generator=trained / "generator" / "G_ema.pth",
            twins={"fifth prior": trained / "generator_fifth" / "G_ema.pth", "long prior": trained / "generator_long" / "G_ema.pth"},
            classifier=classifier,
            linear=trained / "race_linear" / "race_linear.safetensors",
            judge=judge,
            inception=paths.inception,
            cache=paths.cache,
            trained=trained,
            attribute=attribute or "race",
            teacher=network or ("plain" if classifier.is_relative_to(trained) else "vgg-face"),
        )

    @property
    def trained_here(self) -> list[str]:
        """Names of the parts in use that were."""
        used = (self.generator, self.plain_generator, *self.twins.values(), self.classifier, self.linear, self.judge)
        return [path.parent.name for path in used if path.is_relative_to(self.trained)]

    @property
    def judge_has_features(self) -> bool:
        """Only a wide one, as it is trained here; FID is in its features then, unless Inception's file is given."""
        wide = attribute_and_network(self.judge)[1] == "wide" if self.judge.is_file() else self.judge.is_relative_to(self.trained)
        return wide and self.inception is None

    @property
    def all_ours(self) -> bool:
        """Whether the generators are those that are trained here, so that all of them are asked for."""
        return self.generator.is_relative_to(self.trained)

    @property
    def nothing_given(self) -> bool:
        """Whether every network is one that is trained here."""
        return all(path.is_relative_to(self.trained) for path in (self.generator, self.classifier, self.judge)) and self.inception is None

    @property
    def yardstick(self) -> bool:
        """Whether the classes of the class-conditional generator are those that the teacher reads; ours are the groups of race."""
        return self.attribute == "race" or not self.all_ours


def _classifier(path: Path) -> FaceAttributeClassifier:
    return load_attribute_classifier(path).to(device=device(), memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def _judge(files: Files, teacher: FaceAttributeClassifier) -> FaceAttributeClassifier:
    """Raises CheckpointError where it was trained for other classes than the teacher."""
    judge = _classifier(files.judge)
    if judge.class_names != teacher.class_names:
        raise CheckpointError(
            f"{files.judge} knows {', '.join(judge.class_names)}; the classifier knows {', '.join(teacher.class_names)}. Train it with the same attribute."
        )
    return judge


def _conditional(files: Files, teacher: FaceAttributeClassifier) -> Generator:
    """Raises CheckpointError where the caller's generator has other classes than the teacher."""
    generator = _generator(files.generator)
    if not files.all_ours and files.plain_generator.exists() and generator.image_shape[1] != SMALL_SIZE:
        raise CheckpointError(
            f"{files.generator} makes images of {generator.image_shape[1]} pixels; {files.plain_generator}, which was trained here, of {SMALL_SIZE}, and "
            "one experiment compares images of one size. Set PAPERLIB_CACHE to another folder to leave out what was trained here."
        )
    if not files.all_ours and generator.num_classes != len(teacher.class_names):
        raise CheckpointError(
            f"{files.generator} has {generator.num_classes} classes; {files.classifier} knows {', '.join(teacher.class_names)}. Give two of one attribute."
        )
    return generator


def _generator(path: Path) -> Generator:
    if not path.exists():
        raise CheckpointError(f"{path} is missing; {REMEDY}.")
    generator = load_residual_biggan(path)
    if generator.image_shape[0] != 3:
        raise CheckpointError(f"{path} makes images of {generator.image_shape[0]} channels; the face classifier takes 3.")
    return generator.to(device())


def _teacher(teachers: dict[str, Once[FaceAttributeClassifier]], name: str) -> nn.Module:
    check_choice("teacher", name, tuple(teachers))
    return teachers[name]()


def _images(files: Files, attribute: str, class_names: tuple[str, ...], generator: Once[Generator]) -> tuple[Images, Images]:
    if attribute not in get_args(FaceAttribute):
        raise ConfigError(
            f"attribute = {attribute!r}: UTKFace has labels for {', '.join(get_args(FaceAttribute))}; train the classifier on one of them."
        )
    if class_names != CLASS_NAMES[cast(FaceAttribute, attribute)]:
        raise ConfigError(
            f"{files.classifier} calls its classes {', '.join(class_names)}; the labels of {attribute} are, in this order, "
            f"{', '.join(CLASS_NAMES[cast(FaceAttribute, attribute)])}. Save it again with these names, in the order of its outputs."
        )
    size = SMALL_SIZE if files.all_ours else generator().image_shape[1]
    faces = data.utkface(files.images, attribute=cast(FaceAttribute, attribute), size=size, cache=files.cache)
    if old := stale(files.trained, files.trained_here, faces):
        raise CheckpointError(
            f"{', '.join(old)} in {files.trained}: trained on other images than those of {files.images}, or with other settings. Remove these folders "
            "and call `make pretrained PROFILE=faces UTKFACE=...`."
        )
    return faces.train.to(device()), faces.test.to(device())


def _requirements(files: Files, settings: tuple[Setting, ...]) -> list[Requirement]:
    """Of what the settings use. No image is opened, and nothing is downloaded."""
    unconditional, linear = (
        any(setting.labels == "unconditional" for setting in settings),
        any(setting.teacher == "linear" for setting in settings),
    )
    appendix = f"{REMEDY}, or with notebooks/appendix_train_attribute_classifier.ipynb"
    plain = [("GAN of faces without classes", files.plain_generator, REMEDY)]
    twins = [
        ("its twin, of a fifth of the images", files.twins["fifth prior"], REMEDY),
        ("its twin, trained for longer", files.twins["long prior"], REMEDY),
    ]
    needed = [
        ("class-conditional GAN of faces", files.generator, f"{REMEDY}, or with Brock's code, and set PAPERLIB_FACES_GENERATOR"),
        *(plain if unconditional else []),
        *(twins if unconditional and files.all_ours else []),
        ("classifier (teacher)", files.classifier, f"{appendix}, and set PAPERLIB_FACES_CLASSIFIER"),
        *([("linear classifier (teacher)", files.linear, REMEDY)] if linear else []),
        ("judge", files.judge, f"{appendix} (-p network resnet18), and set PAPERLIB_FACES_JUDGE"),
    ]  # fmt: skip
    problems = find_faces(files.images)[2]
    images = Requirement("UTKFace", None if problems else str(files.images), "; ".join(problems) + "; set PAPERLIB_UTKFACE")
    inception = INCEPTION.local(files.inception)
    features = (
        Requirement("features (FID): the judge's", str(files.judge) if files.judge.exists() else None, REMEDY)
        if files.judge_has_features
        else Requirement(
            "Inception (FID)", str(inception) if inception.is_file() else None,
            f"It is downloaded at the first run ({INCEPTION.url}); or set {INCEPTION.variable}",
        )
    )  # fmt: skip
    return [
        images,
        *(Requirement(name, str(path) if path.exists() else None, remedy) for name, path, remedy in needed),
        features,
    ]


def _settings(files: Files, warm_start: int) -> tuple[Setting, ...]:
    """Paper B's own without classes, its warm start, the leak experiment, a linear teacher; of another attribute than race, the first two. With the
    caller's class-conditional generator alone, a label is withheld."""
    name = files.teacher
    leaks: tuple[Labels, ...] = ("withheld", "given", "shuffled") if files.yardstick else ()
    leak = tuple(Setting(labels, name) for labels in leaks)
    if not files.all_ours and not files.plain_generator.exists():
        return leak
    has_linear = files.attribute == "race" and name != "linear" and (files.all_ours or files.linear.exists())
    linear = (Setting("unconditional", "linear"),) if has_linear else ()
    return (Setting("unconditional", name), Setting("unconditional", name, warm_start), *leak, *linear)


def parts(paths: Paths, warm_start: int = WARM_START) -> Parts:
    """The profile's parts where `paths` says that they lie."""
    files = Files.of(paths)
    teachers = {name: Once(partial(_classifier, path)) for name, path in (("linear", files.linear), (files.teacher, files.classifier))}
    teacher, generator = teachers[files.teacher], Once(lambda: _conditional(files, teacher()))
    judge = Once(lambda: _judge(files, teacher()))
    settings = _settings(files, warm_start)
    unconditional = settings[0].labels == "unconditional"
    plain: dict[str, Any] = {}
    if unconditional:
        known = {image_set: path for image_set, path in files.twins.items() if files.all_ours or path.exists()}
        plain["generator"] = Once(lambda: _generator(files.plain_generator))
        plain["twins"] = {image_set: Once(partial(_generator, path)) for image_set, path in known.items()}

    real_images = Once(lambda: _images(files, teacher().attribute, teacher().class_names, generator))

    def features() -> FeatureNetwork:
        return judge() if files.judge_has_features else Inception(file=files.inception).to(device())

    found = Parts(
        real_images=real_images,
        reference=Once(lambda: halves(real_images()[0])[0]),  # the teacher's: the judge has not seen them
        generator=generator,
        judge=judge,
        features=Once(features),
        feature_space="face" if files.judge_has_features else "Inception",
        class_names=lambda: teacher().class_names if files.classifier.is_file() else RACES,
        paper_b=PaperB(teacher=partial(_teacher, teachers), settings=settings, yardstick=files.yardstick, **plain),
        requirements=lambda: _requirements(files, settings),
        generator_batch=512 if torch.cuda.is_available() else 64,
        forward_batch=512 if torch.cuda.is_available() else 32,
        store_bytes=True,
    )
    return found


# Paper B's own form, as notebook 04 trains it.
GAUSSIAN = Trained(
    family="gaussian", prior_weight=0.0, epochs=10, labels_per_epoch=printed_numbers.CONDITIONING_LABELS, batch_size=64, learning_rate=1e-3,
    optimizer="sgd",
)  # fmt: skip
WARM = replace(GAUSSIAN, warm_start=WARM_START)
TARGET = 0.4  # lower, and rejection hardly ever keeps "Others", of which the teacher is seldom sure
POSTERIOR = Posterior(prior_weight=TARGET, labelled=100_000, epochs=20)
JUDGED = (Rejection(1.0), Rejection(TARGET), POSTERIOR)  # the truth, the target, and what claim O1 compares with it
METHODS: tuple[Method, ...] = (*JUDGED, GAUSSIAN, WARM, Metropolis(TARGET, passes=8, proposal=POSTERIOR))

FACES = Profile(
    name="faces", parts=parts(Paths()), seeds=5, side_seeds=2, quality_samples=2000,
    conditioning=ConditioningSizes(
        epochs=10, labels_per_epoch=printed_numbers.CONDITIONING_LABELS, validation_labels=5000, batch_size=64, learning_rate=1e-3,
        evaluation_draws=printed_numbers.EVALUATION_DRAWS, one_verdict=True,
    ),
    diversity=DiversitySizes(per_attribute=250, methods=METHODS, judged=JUDGED),
)  # fmt: skip

# The same parts at tiny counts: a trial of the checkpoints and the images before the real run; the numbers mean nothing.
FACES_SMOKE = replace(
    FACES, name="faces_smoke", seeds=1, side_seeds=1, quality_samples=10, diversity=None,
    conditioning=ConditioningSizes(
        epochs=1, labels_per_epoch=8, validation_labels=10, batch_size=4, learning_rate=1e-3, evaluation_draws=10,
    ),
)  # fmt: skip
