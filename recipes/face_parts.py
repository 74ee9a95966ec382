"""How the parts of the `faces` profile are trained where nobody brings them: classifiers of 32x32 pixels and GANs, all from random weights.

for name, done in train_parts(PARTS, faces, folder, minutes=9): ...          # `make pretrained PROFILE=faces UTKFACE=...`

Teachers and judges see two halves of the training images, each its own; GANs see all of these, as the paper's do, or a fifth. No part sees the
test images of race; gender and age band have splits of their own, so GANs have seen most of theirs. `folder` is in the user's cache: weights that
were trained on UTKFace do not ship.

A sub-folder a part: checkpoint.pt; of a classifier <part>.safetensors and report.csv, its accuracy by class on the test images; of a GAN G_ema.pth,
samples-<step>.png, and copies.json: whether samples show training images again. The reports, the last samples and the copies, which hold no real
face, are copied to `shown`, as <part>.csv, <part>.png and <part>.json.
"""

import json
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from paperlib.data import Images, copies, split, to_bytes, to_floats
from paperlib.data.utkface import FaceAttribute, Faces
from paperlib.networks._torchvision import torchvision
from paperlib.networks.vgg_face import Network, save_attribute_classifier, small_classifier
from paperlib.support.files import replacing
from paperlib.support.tensor_cache import checksum
from recipes.brock_layout import new_generator, state_of
from recipes.checkpoints import Keeper, bfloat16_wins
from recipes.faces import class_report
from recipes.natural_classifier import NaturalTraining, train_natural_classifier
from recipes.natural_gan import GANSettings, GANTraining, run

HALF_SEED, FIFTH_SEED = 5, 6
ITERATIONS = 2000  # of the paper's own generators, from the author's code
SHEETS = 10  # of samples, over a training
LOOKED_AT = 1000  # samples that are held against all training images


@dataclass(frozen=True)
class ClassifierPart:
    """kind: of the network, "wide" is a judge. training: its settings; width counts for "plain" and "wide"."""

    attribute: FaceAttribute
    kind: Network
    training: NaturalTraining


@dataclass(frozen=True)
class GeneratorPart:
    """steps: of the generator. share: of the training images that it sees."""

    gan: GANSettings
    steps: int
    share: float = 1.0


Part = ClassifierPart | GeneratorPart


def classifier_parts() -> dict[str, Part]:
    """A teacher and a judge for each attribute, and the linear teacher of race."""
    attributes: tuple[FaceAttribute, ...] = ("race", "gender", "age band")
    found: dict[str, Part] = {}
    for attribute in attributes:
        name = attribute.replace(" ", "_")
        found[f"{name}_plain"] = ClassifierPart(attribute, "plain", NaturalTraining(epochs=20, width=16))
        found[f"{name}_wide"] = ClassifierPart(attribute, "wide", NaturalTraining(epochs=20, width=24))
    found["race_linear"] = ClassifierPart("race", "linear", NaturalTraining(epochs=20, width=1, learning_rate=0.003))
    return found


def _gan(conditional: bool) -> GANSettings:
    return GANSettings(conditional=conditional, channels=24)  # 6 base channels in Brock's terms


PARTS: dict[str, Part] = {
    **classifier_parts(),
    "generator": GeneratorPart(_gan(False), ITERATIONS),
    "generator_fifth": GeneratorPart(_gan(False), ITERATIONS, share=0.2),
    "conditional_generator": GeneratorPart(_gan(True), ITERATIONS),
    "generator_long": GeneratorPart(_gan(False), 2 * ITERATIONS),
}


def parts_for(device: torch.device) -> dict[str, Part]:
    """PARTS, in bfloat16 where it wins."""
    wins = bfloat16_wins(device)
    return {
        name: replace(part, gan=replace(part.gan, mixed_precision=wins))
        if isinstance(part, GeneratorPart)
        else replace(part, training=replace(part.training, mixed_precision=wins))
        for name, part in PARTS.items()
    }


def halves(train: Images) -> tuple[Images, Images]:
    """Of the training images: what teachers see, and what judges see."""
    return split(train, test_size=len(train) // 2, seed=HALF_SEED)


def stale(folder: Path, names: Iterable[str], faces: Faces, parts: Mapping[str, Part] = PARTS) -> list[str]:
    """Of these parts in `folder`, those that were trained on other images than `faces`, or with other settings. Parts of another attribute than
    that of `faces`, GANs counting as race's, are not looked at."""
    found = []
    for name in names:
        part, note = parts[name], folder / name / "done.json"
        attribute = part.attribute if isinstance(part, ClassifierPart) else "race"
        if attribute == faces.attribute and note.is_file() and not _is_done(note.parent, _described(part, _seen_by(part, faces.train))):
            found.append(name)
    return found


def note_images(faces: Faces, shown: Path) -> None:
    """How many images there are and were left out, into `shown`/images.json."""
    counts = {
        "train": len(faces.train), "test": len(faces.test), "unparsed": len(faces.unparsed), "repeated": faces.repeated, "disputed": faces.disputed,
    }  # fmt: skip
    shown.mkdir(parents=True, exist_ok=True)
    with replacing(shown / "images.json") as path:
        path.write_text(json.dumps(counts, indent=1) + "\n")


def train_parts(
    parts: Mapping[str, Part],
    faces: Mapping[FaceAttribute, Faces],
    folder: Path,
    *,
    shown: Path,
    device: torch.device,
    minutes: float | None = None,
    progress: bool = True,
) -> Iterator[tuple[str, bool]]:
    """One part after the other, as far as `minutes` in all allow -> (name, whether it is done). Another call goes on.

    faces: by attribute; race's are what the GANs see. shown: takes each part's report or samples.
    """
    end = None if minutes is None else time.monotonic() + 60 * minutes
    for name, part in parts.items():
        left = None if end is None else (end - time.monotonic()) / 60
        if left is not None and left <= 0:
            return
        if isinstance(part, ClassifierPart):
            done = _train_classifier(name, part, faces[part.attribute], folder / name, device, left, progress)
        else:
            done = _train_generator(part, faces["race"], folder / name, device, left, progress)
        if done:
            _show(part, folder / name, shown / name)
        yield name, done


def _show(part: Part, folder: Path, shown: Path) -> None:
    sources = ["report.csv"] if isinstance(part, ClassifierPart) else [f"samples-{part.steps:06d}.png", "copies.json"]
    for source in (folder / name for name in sources):
        with replacing(shown.with_name(shown.name + source.suffix)) as path:
            shutil.copyfile(source, path)


def _train_classifier(
    name: str, part: ClassifierPart, faces: Faces, folder: Path, device: torch.device, minutes: float | None, progress: bool
) -> bool:
    images = _seen_by(part, faces.train).to(device)
    described = _described(part, images)
    if _is_done(folder, described):
        return True
    model = small_classifier(part.kind, part.attribute, faces.class_names, width=part.training.width, seed=part.training.seed).to(device)
    keeper = Keeper(folder / "checkpoint.pt", _flat(described))
    if train_natural_classifier(model, images, part.training, keeper, minutes=minutes, progress=progress) is None:
        return False
    report = class_report(model, faces.test.to(device), faces.class_names, batch_size=500)
    save_attribute_classifier(model, folder / f"{name}.safetensors", attribute=part.attribute, class_names=faces.class_names)
    with replacing(folder / "report.csv") as path:
        report.round(4).to_csv(path)
    _note(folder, described)
    return True


def _train_generator(part: GeneratorPart, faces: Faces, folder: Path, device: torch.device, minutes: float | None, progress: bool) -> bool:
    train = _seen_by(part, faces.train)
    described = _described(part, train)
    if _is_done(folder, described) and (folder / "copies.json").is_file():
        return True
    training = GANTraining.begin(
        train.to(device), part.gan, lambda classes, channels, latent: new_generator(max(classes, 1), channels, latent)
    )
    every = max(1, part.steps // SHEETS)

    def watch(now: GANTraining) -> None:
        if now.step % every == 0 or now.step == part.steps:
            _sheet(now, folder / f"samples-{now.step:06d}.png")

    keeper = Keeper(folder / "checkpoint.pt", _flat(described | {"steps": None}))
    if not run(training, keeper, steps=part.steps, minutes=minutes, on_step=watch, progress=progress):
        return False
    with replacing(folder / "G_ema.pth") as path:
        torch.save(state_of(training.average), path)  # type: ignore[arg-type]
    with replacing(folder / "copies.json") as path:
        path.write_text(json.dumps(_copied(training, faces.test), indent=1) + "\n")
    _note(folder, described)
    return True


def _samples(training: GANTraining, n: int, seed: int) -> torch.Tensor:
    """Images (n, C, H, W) of the averaged generator, the classes in turn."""
    network = training.average.eval()
    z = torch.randn(n, training.settings.latent_dim, generator=torch.Generator().manual_seed(seed)).to(training.data.images.device)
    y = torch.arange(n, device=z.device) % network.num_classes
    return torch.cat([network(*part) for part in zip(z.split(100), y.split(100), strict=True)])


@torch.no_grad()
def _copied(training: GANTraining, test: Images) -> dict[str, Any]:
    """How many samples show a training image or its mirror image again, and how far the others are from the nearest; real test images beside them."""
    samples = to_bytes(_samples(training, LOOKED_AT, seed=1))
    sets = {"samples": samples, "real test": test.images.to(samples.device)}
    seen = torch.cat([training.data.images, training.data.images.flip(3)])  # the discriminator sees them flipped, too
    found = {name: copies.nearest(images, seen) for name, images in sets.items()}
    return {"seen": len(training.data)} | {
        name: {"images": len(d), "copies": int((d < copies.WITHIN).sum()), "smallest": d.min().item(), "median": d.median().item()}
        for name, d in found.items()
    }


@torch.no_grad()
def _sheet(training: GANTraining, path: Path) -> None:
    """Ten by ten samples of the averaged generator."""
    picture = torchvision.utils.make_grid(
        to_floats(_samples(training, 100, seed=0)).cpu(), nrow=10, padding=2, normalize=True, value_range=(-1, 1)
    )
    with replacing(path) as temporary:
        torchvision.utils.save_image(picture, temporary)


def _seen_by(part: Part, train: Images) -> Images:
    """Which of the training images."""
    if isinstance(part, ClassifierPart):
        return halves(train)[part.kind == "wide"]
    return train if part.share == 1 else split(train, test_size=round(part.share * len(train)), seed=FIFTH_SEED)[1]


def _described(part: Part, images: Images) -> dict[str, Any]:
    """Which training it is, on whatever machine: bfloat16 is used where it is faster."""
    about = asdict(part) | {"data": checksum(images.images, images.labels)}
    about["training" if isinstance(part, ClassifierPart) else "gan"].pop("mixed_precision")
    return about


def _flat(described: dict[str, Any]) -> dict[str, Any]:
    """One level, so that an error names only what differs."""
    inner = {key: value for part in described.values() if isinstance(part, dict) for key, value in part.items()}
    return {key: value for key, value in described.items() if not isinstance(value, dict)} | inner


def _is_done(folder: Path, described: dict[str, Any]) -> bool:
    path = folder / "done.json"
    return path.is_file() and json.loads(path.read_text()) == json.loads(json.dumps(described))


def _note(folder: Path, described: dict[str, Any]) -> None:
    """Last of all: what this part is."""
    with replacing(folder / "done.json") as path:
        path.write_text(json.dumps(described, indent=1) + "\n")
