"""How the parts of the `cifar10` profiles are trained: a judge, paper B's frozen classifier, and two generators.

for name, done in train_parts(parts_for(device), cifar10(source), folder, minutes=9): ...      # `make pretrained PROFILE=cifar10`

The judge sees all 50,000 training images, every other part 45,000: the 5,000 for validation choose the recipe. No part sees the test
images. Under `folder`, a sub-folder a part: checkpoint.pt, and of a generator samples-<step>.png, curve.json (its quality as it trains) and
stage-<step>.safetensors (float16 weights on the way, which notebook 07 takes). A part that is done is written to `weights` as float16.
"""

import copy
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import nn

from paperlib.data import Images, to_floats
from paperlib.data.cifar10 import CLASSES, Cifar10
from paperlib.generators import generate_in_batches
from paperlib.generators.residual import ResidualGenerator
from paperlib.metrics import frechet_distance_of, manifold, within_class_variance
from paperlib.networks._torchvision import torchvision
from paperlib.networks.classifiers import resnet18
from paperlib.networks.features import extract
from paperlib.networks.imagenet import Inception
from paperlib.networks.natural import NaturalJudge, PlainClassifier
from paperlib.support.files import replacing
from paperlib.support.tensor_cache import checksum
from paperlib.support.weights import MANIFEST, PRETRAINED, CheckpointError, load_pretrained, manifest, remove_weights, save_weights
from paperlib.training import accuracy, train
from recipes.checkpoints import Keeper, bfloat16_wins
from recipes.natural_classifier import NaturalTraining, train_natural_classifier
from recipes.natural_gan import GANSettings, GANTraining, new_generator, run

JUDGE, TEACHER = "cifar10_judge", "cifar10_attribute_classifier"
CONDITIONAL, UNCONDITIONAL = "cifar10_conditional_generator", "cifar10_unconditional_generator"
LARGEST_FILE = 6_000_000
SAMPLES_BATCH = 250
RECORDS = Path(__file__).resolve().parents[1] / "results" / "reference" / "pretraining"


@dataclass(frozen=True)
class GeneratorPart:
    """steps: of the generator, in all. measured: times that its quality is measured on the way; stages: of these, the parts of the
    training after which the weights are kept and a classifier is trained on its samples. samples: images that are measured; scored_images,
    scored_epochs: of that classifier's training."""

    gan: GANSettings
    steps: int
    measured: int = 16
    stages: tuple[float, ...] = (0.125, 0.25, 0.5, 1.0)
    samples: int = 5000
    scored_images: int = 2000
    scored_epochs: int = 25

    @property
    def kept_steps(self) -> set[int]:
        return {max(1, round(stage * self.steps)) for stage in self.stages}


Part = GeneratorPart | NaturalTraining
SMALL: dict[str, Part] = {  # two cores
    JUDGE: NaturalTraining(epochs=20, width=40),
    TEACHER: NaturalTraining(epochs=10, width=32),
    CONDITIONAL: GeneratorPart(GANSettings(conditional=True), steps=12_000),
    UNCONDITIONAL: GeneratorPart(GANSettings(conditional=False), steps=8_000),
}
LARGE: dict[str, Part] = {  # a GPU
    JUDGE: NaturalTraining(epochs=40, width=42),
    TEACHER: NaturalTraining(epochs=40, width=48),
    CONDITIONAL: GeneratorPart(GANSettings(conditional=True, channels=128), steps=40_000),
    UNCONDITIONAL: GeneratorPart(GANSettings(conditional=False, channels=128), steps=40_000),
}


def parts_for(device: torch.device) -> dict[str, Part]:
    """The settings of a device."""
    wins, parts = bfloat16_wins(device), LARGE if device.type == "cuda" else SMALL
    return {
        name: replace(part, gan=replace(part.gan, mixed_precision=wins))
        if isinstance(part, GeneratorPart)
        else replace(part, mixed_precision=wins)
        for name, part in parts.items()
    }


def train_part(
    name: str,
    part: Part,
    data: Cifar10,
    folder: Path,
    *,
    weights: Path = PRETRAINED,
    records: Path = RECORDS,
    inception: Path | None = None,
    minutes: float | None = None,
    progress: bool = True,
) -> bool:
    """Train one part as far as `minutes` allow -> whether it is done, and then written to `weights`.

    data: on the device of the training. folder: where everything else is kept, a sub-folder a part. records: where a generator's quality as
    it trained, and its last samples, are kept. inception: file of Inception's weights, in whose features the FID of a generator is measured too.
    Raises ValueError where training diverges, CheckpointError where a checkpoint is damaged or of other settings.
    """
    if isinstance(part, GeneratorPart):
        return _train_generator(name, part, data, folder / name, weights, records, inception, minutes, progress)
    return _train_classifier(name, part, data, folder / name, weights, minutes, progress)


def _train_classifier(
    name: str, settings: NaturalTraining, data: Cifar10, folder: Path, weights: Path, minutes: float | None, progress: bool
) -> bool:
    images = data.all_training if name == JUDGE else data.train
    with torch.random.fork_rng():
        torch.manual_seed(settings.seed)
        model = new_classifier(name, settings.width).to(device=images.images.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    described = asdict(settings) | {"data": checksum(images.images, images.labels)}
    if _is_shipped(name, described, weights):
        return True
    keeper = Keeper(folder / "checkpoint.pt", described)
    history = train_natural_classifier(model, images, settings, keeper, minutes=minutes, progress=progress)
    if history is None:
        return False
    quality = {"test_accuracy": accuracy(half_precision(model), data.test), "training_accuracy": history.accuracy[-1]}
    _ship(model, name, described | {"network": type(model).__name__} | quality, weights)
    return True


def new_classifier(name: str, width: int) -> nn.Module:
    """The judge, or paper B's frozen classifier; random weights."""
    return NaturalJudge(width=width) if name == JUDGE else PlainClassifier(width=width)


def _train_generator(
    name: str, part: GeneratorPart, data: Cifar10, folder: Path, weights: Path, records: Path, inception: Path | None, minutes: float | None,
    progress: bool,
) -> bool:  # fmt: skip
    described = _described(part, data)
    if _is_shipped(name, described | {"steps": part.steps}, weights):
        return True
    trained = train_generator(part, data, folder, shipped_judge(weights), minutes=minutes, progress=progress)
    if trained is None:
        return False
    average, quality = trained
    if inception is not None:
        quality["inception_fid"] = round(inception_distance(half_precision(average), data.validation, part.samples, inception), 4)
    _ship(average, name, described | {"steps": part.steps} | quality, weights)
    if part.gan.conditional:
        _ship_stages(part, folder, weights / "stages")
    for ending, kept in (("json", "curve.json"), ("png", f"samples-{part.steps:06d}.png")):
        with replacing(records / f"{name}.{ending}") as path:
            shutil.copyfile(folder / kept, path)
    return True


def train_generator(
    part: GeneratorPart, data: Cifar10, folder: Path, judge: NaturalJudge | None, *, minutes: float | None = None, progress: bool = True
) -> tuple[ResidualGenerator, dict[str, Any]] | None:
    """Train one generator as far as `minutes` allow -> the average of its weights and its quality, or None where it is not done.

    folder: where its checkpoint and its samples, curve and stages are kept. judge: None leaves out what is measured in its features.
    """
    described = _described(part, data)
    training, keeper = GANTraining.begin(data.train, part.gan), Keeper(folder / "checkpoint.pt", described)
    watch = Watch(part, data, folder, judge)
    if not run(training, keeper, steps=part.steps, minutes=minutes, on_step=watch, progress=progress):
        return None
    watch.complete(training.average)
    return training.average, watch.quality(training.average, scored=True)


def _described(part: GeneratorPart, data: Cifar10) -> dict[str, Any]:
    """Which training it is, however long."""
    return asdict(part.gan) | {"data": checksum(data.train.images, data.train.labels)}


def _ship_stages(part: GeneratorPart, folder: Path, weights: Path) -> None:
    """The weights on the way, for notebook 07, in the place of those of a former training."""
    settings = part.gan
    former = manifest(weights) if (weights / MANIFEST).is_file() else {}
    for name in [name for name, entry in former.items() if entry["family"] == "cifar10"]:
        remove_weights(name, weights)
    for step in sorted(part.kept_steps):
        path = folder / f"stage-{step:06d}.safetensors"
        if not path.is_file():  # a training that first had fewer steps
            continue
        network = new_generator(len(CLASSES), settings.channels, settings.latent_dim).half()
        network.load_state_dict(load(path.read_bytes()))
        about = {
            "family": "cifar10",
            "training": settings.seed,
            "step": step,
            "channels": settings.channels,
            "latent_dim": settings.latent_dim,
        }
        save_weights(network, f"cifar10-{settings.seed}-{step:06d}", about, weights)


def shipped_judge(weights: Path) -> NaturalJudge | None:
    """The judge that was trained before; None where there is none yet, and no quality is read in its features."""
    if not (weights / f"{JUDGE}.safetensors").is_file():
        return None
    return load_pretrained(NaturalJudge(width=manifest(weights)[JUDGE]["width"]), JUDGE, weights)


@dataclass
class Watch:
    """Called after every step of a generator: keeps samples, its quality and its weights when their time has come.

    judge: None leaves out what is measured in its features.
    """

    part: GeneratorPart
    data: Cifar10
    folder: Path
    judge: NaturalJudge | None

    def __post_init__(self) -> None:
        self.judge = self.judge and self.judge.to(self.data.train.images.device)
        self.every = max(1, self.part.steps // self.part.measured)
        self.real = None if self.judge is None else extract(self.judge, self.data.validation.images).features

    def __call__(self, training: GANTraining) -> None:
        step = training.step
        if step in self.part.kept_steps:
            self._keep(half_precision(training.average, as_floats=False), step)
        if step in self.part.kept_steps or step % self.every == 0:
            sample_grid(training.average, self.folder / f"samples-{step:06d}.png")
            loss_d, loss_g = training.losses.tolist()
            entry = {"step": step, "loss_discriminator": loss_d, "loss_generator": loss_g}
            self._note(entry | self.quality(training.average, scored=step in self.part.kept_steps))

    def _keep(self, network: nn.Module, step: int) -> None:
        with replacing(self.folder / f"stage-{step:06d}.safetensors") as path:
            path.write_bytes(save({name: value.cpu().contiguous() for name, value in network.state_dict().items()}))

    def _note(self, entry: dict[str, Any]) -> None:
        """One entry a step, sorted; a run that goes on from an earlier checkpoint writes its own in their place."""
        path = self.folder / "curve.json"
        curve = json.loads(path.read_text()) if path.is_file() else []
        kept = [e for e in curve if e["step"] < entry["step"]]
        with replacing(path) as temporary:
            temporary.write_text(json.dumps([*kept, entry], indent=1) + "\n")

    def complete(self, network: ResidualGenerator) -> None:
        """Measure the stages again where there was no judge on the way. network: of the same layout."""
        path, stage = self.folder / "curve.json", copy.deepcopy(network)
        curve = json.loads(path.read_text())
        for entry in curve:
            kept = self.folder / f"stage-{entry['step']:06d}.safetensors"
            if self.judge is not None and "fid" not in entry and kept.is_file():
                stage.load_state_dict(load(kept.read_bytes()))
                entry.update(self.quality(stage, scored=False))
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(curve, indent=1) + "\n")

    def quality(self, network: ResidualGenerator, *, scored: bool) -> dict[str, Any]:
        """Of float16 weights, as they ship, against the validation images. scored: train a classifier on samples and test it there."""
        generator, validation = half_precision(network), self.data.validation
        images, y = samples(generator, self.part.samples, seed=1)
        found: dict[str, Any] = {"samples": len(images)}
        if self.judge is not None:
            real, made = self.real, extract(self.judge, images)
            read = made.probabilities.argmax(1)
            near = manifold(real, made.features)
            found |= {
                "fid": frechet_distance_of(real, made.features), "precision": near.precision, "recall": near.recall,
                "variance_ratio": within_class_variance(to_floats(images), read if y is None else y)
                / within_class_variance(to_floats(validation.images), validation.labels),
            }  # fmt: skip
            if y is not None:
                found["own_label"] = (read == y).float().mean().item()
        if scored and y is not None:
            found["classifier_accuracy"] = score(generator, validation, self.part.scored_images, self.part.scored_epochs)
        return {key: round(value, 4) for key, value in found.items()}


def inception_distance(network: ResidualGenerator, validation: Images, n: int, file: Path) -> float:
    """FID of n samples against the validation images, in Inception's features."""
    inception = Inception(file=file).to(validation.images.device)
    made = samples(network, n, seed=1)[0]
    return frechet_distance_of(*(extract(inception, images).features for images in (validation.images, made)))


def samples(network: ResidualGenerator, n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor | None]:
    """n images as bytes, and their labels, the classes in turn; None without classes."""
    device = next(network.parameters()).device
    z = torch.randn(n, network.latent_dim, generator=torch.Generator().manual_seed(seed)).to(device)
    y = torch.arange(n, device=device) % network.num_classes if network.num_classes else None
    return generate_in_batches(network, z, y, SAMPLES_BATCH, store_bytes=True), y


def score(generator: ResidualGenerator, validation: Images, n: int, epochs: int) -> float:
    """Accuracy on the validation images of a narrow ResNet-18 trained on n of the generator's samples: what counts for paper A."""
    images, y = samples(generator, n, seed=2)
    assert y is not None
    device, made = images.device, Images(images, y)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = resnet18(10, width=16, stem="small").to(device)
    train(model, lambda epoch, model: made, epochs=epochs, batch_size=50, learning_rate=0.05, progress=False)
    return accuracy(model, validation)


def sample_grid(network: ResidualGenerator, path: Path) -> None:
    """Ten by ten samples, a row a class, as a PNG."""
    images, _ = samples(half_precision(network), 100, seed=0)
    rows = images.view(10, 10, *images.shape[1:]).transpose(0, 1).flatten(0, 1) if network.num_classes else images
    picture = torchvision.utils.make_grid(to_floats(rows.cpu()), nrow=10, padding=2, normalize=True, value_range=(-1, 1))
    with replacing(path) as temporary:
        torchvision.utils.save_image(picture, temporary)


def half_precision(network: Any, *, as_floats: bool = True) -> Any:
    """A frozen copy in eval mode with weights rounded to float16, as they ship; computing in float32 unless as_floats is False."""
    rounded = copy.deepcopy(network).eval().requires_grad_(False).half()
    broken = [name for name, value in rounded.state_dict().items() if value.is_floating_point() and not torch.isfinite(value).all()]
    if broken:
        raise ValueError(f"{', '.join(broken[:3])} does not fit into float16; train with a lower learning rate.")
    return rounded.float() if as_floats else rounded


def _is_shipped(name: str, described: dict[str, Any], weights: Path) -> bool:
    """Whether these very weights were written before."""
    entry = manifest(weights).get(name, {}) if (weights / MANIFEST).is_file() else {}
    return (weights / f"{name}.safetensors").is_file() and all(entry.get(key) == value for key, value in described.items())


def _ship(network: nn.Module, name: str, described: dict[str, Any], weights: Path) -> None:
    small = half_precision(network, as_floats=False)
    size = sum(value.numel() * value.element_size() for value in small.state_dict().values())
    if size > LARGEST_FILE:
        raise CheckpointError(
            f"{name} has {size:,} bytes as float16; what ships has at most {LARGEST_FILE:,}. Train it with fewer channels."
        )
    save_weights(small, name, described, weights)


def train_parts(
    parts: dict[str, Part],
    data: Cifar10,
    folder: Path,
    *,
    weights: Path = PRETRAINED,
    records: Path = RECORDS,
    inception: Path | None = None,
    minutes: float | None = None,
    progress: bool = True,
) -> Iterator[tuple[str, bool]]:
    """One part after the other, the judge first, as far as `minutes` in all allow -> (name, whether it is done). Another call goes on."""
    end = None if minutes is None else time.monotonic() + 60 * minutes
    for name, part in parts.items():
        left = None if end is None else (end - time.monotonic()) / 60
        if left is not None and left <= 0:
            return
        yield (
            name,
            train_part(name, part, data, folder, weights=weights, records=records, inception=inception, minutes=left, progress=progress),
        )
