"""VGG-Face (Parkhi et al. 2015), paper B's attribute classifier on top of it, and small ones that read 32x32 pixels.

network = load_vgg_face(Path("vgg_face_dag.pth"))                                # 2,622 identities
model = attribute_classifier(5, backbone=Path("vgg_face_dag.pth"))               # its convolutions, a new head: train it
model = load_attribute_classifier(Path("race.safetensors"))                      # images in [-1, 1] -> logits (N, 5), frozen

VGG-Face is torchvision's plain VGG-16 under other names. The published state dict calls its convolutions conv1_1 ... conv5_3 and its
linear layers fc6, fc7, fc8; it takes RGB pixels in 0..255 less the mean face.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast, get_args

import safetensors
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

from paperlib.networks._torchvision import torchvision
from paperlib.networks.classifiers import LinearClassifier, resnet18
from paperlib.networks.natural import NaturalJudge, PlainClassifier
from paperlib.streams import seeded
from paperlib.support.files import replacing
from paperlib.support.weights import CheckpointError, check_fit, read_tensors

Normalisation = Literal["half", "mean"]
Network = Literal["vgg-face", "resnet18", "plain", "wide", "linear"]
LARGE: tuple[Network, ...] = ("vgg-face", "resnet18")
SMALL_SIZE = 32
IDENTITIES = 2622
INPUT_SIZE = 224
POOLED = 512 * 7 * 7
MEAN_FACE = (129.2, 104.8, 93.6)
CONVOLUTIONS_PER_BLOCK = (2, 2, 3, 3, 3)


def published_names() -> dict[str, str]:
    """VGG-Face's name -> torchvision's, of all 32 tensors: a block is convolutions, each with its ReLU, and a max-pool."""
    layers = {"fc6": "classifier.0", "fc7": "classifier.3", "fc8": "classifier.6"}
    index = 0
    for block, convolutions in enumerate(CONVOLUTIONS_PER_BLOCK, 1):
        for i in range(1, convolutions + 1):
            layers[f"conv{block}_{i}"] = f"features.{index}"
            index += 2
        index += 1
    return {f"{theirs}.{kind}": f"{ours}.{kind}" for theirs, ours in layers.items() for kind in ("weight", "bias")}


def load_vgg_face(path: Path) -> Any:
    """torchvision's VGG-16 with VGG-Face's weights in float32, in eval mode and without gradients; images (N, 3, 224, 224) as above -> (N, 2622).

    Raises CheckpointError unless the file holds exactly the published names and shapes.
    """
    network = _empty_vgg16()
    _fill(network, _read(path, "fetch VGG-Face's weights (vgg_face_dag.pth) and give their path"), path)
    return network.eval().requires_grad_(False)


def attribute_head(num_classes: int) -> nn.Sequential:
    """512-1024-K in place of fc6 to fc8. The paper gives the widths alone, its author's code what it reads: the 25,088 pooled features
    of conv5, as fc6 does. ReLU and dropout are VGG's own."""
    return nn.Sequential(
        nn.Linear(POOLED, 512), nn.ReLU(), nn.Dropout(), nn.Linear(512, 1024), nn.ReLU(), nn.Dropout(), nn.Linear(1024, num_classes)
    )  # fmt: skip


class FaceAttributeClassifier(nn.Module):
    """Paper B's classifier: images (N, 3, h, w) in [-1, 1] -> logits (N, K), through a nearest resize to `side` pixels and `network`.

    network: (N, 3, side, side) -> (N, K). side: 224 of VGG-Face and ResNet-18, 32 of the small networks.
    normalisation: "half", as in paper B's code, leaves the images in [-1, 1] (mean 0.5, deviation 0.5 of [0, 1]); "mean", as VGG-Face was
    trained, makes them pixels in 0..255 less the mean face, RGB.
    attribute, class_names: what the logits mean, in words; empty until trained and saved. Raises ValueError for images of another shape.
    """

    mean_face: torch.Tensor

    def __init__(
        self,
        network: nn.Module,
        normalisation: Normalisation = "half",
        *,
        attribute: str = "",
        class_names: Sequence[str] = (),
        side: int = INPUT_SIZE,
    ) -> None:
        super().__init__()
        if normalisation not in get_args(Normalisation):
            raise ValueError(f"normalisation = {normalisation!r}: use 'half' (paper B's code) or 'mean' (VGG-Face's own).")
        self.network = network
        self.normalisation = normalisation
        self.attribute = attribute
        self.class_names = tuple(class_names)
        self.side = side
        self.register_buffer("mean_face", torch.tensor(MEAN_FACE)[:, None, None], persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.ndim != 4 or x.shape[1] != 3:
            raise ValueError(f"images have shape {tuple(x.shape)}; expected (N, 3, h, w) in [-1, 1]. Repeat the channel of grey images.")
        return self.network(self._resized(x))

    def _resized(self, x: torch.Tensor) -> torch.Tensor:
        x = F.interpolate(x, size=(self.side, self.side), mode="nearest")
        return (x + 1) * 127.5 - self.mean_face if self.normalisation == "mean" else x

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """(N, D) of the judge's network, "wide": what FID is measured in where Inception's weights are missing."""
        return self.network.features(self._resized(x))  # type: ignore[operator]

    def output(self, features: torch.Tensor) -> torch.Tensor:
        """(N, D) -> logits (N, K)."""
        return self.network.output(features)  # type: ignore[operator]


def attribute_classifier(
    num_classes: int, *, backbone: Path | None, normalisation: Normalisation = "half", freeze_backbone: bool = False, seed: int = 0
) -> FaceAttributeClassifier:
    """A classifier to be trained: VGG-Face's convolutions and a new head, in train mode.

    backbone: the published VGG-Face file; None draws the convolutions at random, for tests and timing. freeze_backbone: only the head
    learns. seed: of everything drawn; the global random state is left alone. Raises CheckpointError as load_vgg_face.
    """
    with seeded(seed, "teacher weights"):
        network = _random_convolutions() if backbone is None else load_vgg_face(backbone)
        network.classifier = attribute_head(num_classes)
    network.features.requires_grad_(not freeze_backbone)
    return FaceAttributeClassifier(network, normalisation).train()


def judge_classifier(num_classes: int, *, normalisation: Normalisation = "half", seed: int = 0) -> FaceAttributeClassifier:
    """A classifier to be trained that shares neither design nor weights with the teacher: ResNet-18 from random weights, in train mode."""
    with seeded(seed, "judge weights"):
        return FaceAttributeClassifier(resnet18(num_classes), normalisation).train()


def small_classifier(
    kind: Network, attribute: str, class_names: Sequence[str], *, width: int = 32, seed: int = 0
) -> FaceAttributeClassifier:
    """A classifier of 32x32 pixels to be trained from random weights: "plain" or "linear" (teachers), or "wide" (a judge)."""
    with seeded(seed, "judge weights" if kind == "wide" else "teacher weights"):
        network = _small_network(kind, len(class_names), width)
    return FaceAttributeClassifier(network, attribute=attribute, class_names=class_names, side=SMALL_SIZE).train()


def _small_network(kind: Network, num_classes: int, width: int) -> nn.Module:
    if kind == "linear":
        return LinearClassifier(num_classes, values=3 * SMALL_SIZE**2)
    return NaturalJudge(num_classes, width=width) if kind == "wide" else PlainClassifier(num_classes, width=width)


def _kind_of(network: nn.Module) -> Network:
    kinds: dict[type[nn.Module], Network] = {PlainClassifier: "plain", NaturalJudge: "wide", LinearClassifier: "linear"}
    return kinds.get(type(network)) or ("resnet18" if hasattr(network, "fc") else "vgg-face")


def _last_layer(network: nn.Module) -> nn.Linear:
    """Of any of the networks."""
    layer = network.fc if hasattr(network, "fc") else network.output if hasattr(network, "output") else network.classifier[-1]  # type: ignore[index, union-attr]
    assert isinstance(layer, nn.Linear)
    return layer


def save_attribute_classifier(model: FaceAttributeClassifier, path: Path, *, attribute: str, class_names: Sequence[str]) -> None:
    """Write `path` (.safetensors): the weights, and in words what they say and how images are normalised. Nothing half-written stays.

    Raises ValueError for another suffix, or another number of names than outputs.
    """
    outputs = _last_layer(model.network).out_features
    if len(class_names) != outputs:
        raise ValueError(f"class_names = {list(class_names)!r}: the classifier has {outputs} outputs; name each of them.")
    if path.suffix != ".safetensors":
        raise ValueError(f"{path}: give a name that ends in .safetensors; the file holds weights and no code.")
    about = {
        "attribute": attribute, "class_names": json.dumps(list(class_names)), "normalisation": model.normalisation,
        "network": _kind_of(model.network),
    }  # fmt: skip
    with replacing(path) as temporary:
        save_file(
            {name: value.detach().cpu().contiguous() for name, value in model.network.state_dict().items()}, temporary, metadata=about
        )


def attribute_and_network(path: Path) -> tuple[str, str]:
    """What the file's classifier reads and what kind it is, ("race", "vgg-face") for example; ("", "") where there is no such file."""
    about = _metadata(path) if path.is_file() else {}
    return about.get("attribute", ""), about.get("network", "")


def load_attribute_classifier(path: Path) -> FaceAttributeClassifier:
    """What save_attribute_classifier wrote, in eval mode and without gradients; attribute and class_names are its fields.

    Raises CheckpointError unless the file is whole and such a classifier.
    """
    remedy = "train it with notebooks/appendix_train_attribute_classifier.ipynb"
    state = _read(path, remedy)
    about = _metadata(path)
    try:
        class_names, kind = json.loads(about["class_names"]), about["network"]
        network = _empty_network(kind, len(class_names), state)
        normalisation = cast(Normalisation, about["normalisation"])
        side = INPUT_SIZE if kind in LARGE else SMALL_SIZE
        model = FaceAttributeClassifier(network, normalisation, attribute=about["attribute"], class_names=class_names, side=side)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} does not say its attribute, classes and normalisation ({error!r}); {remedy}.") from error
    check_fit(state, network.state_dict(), path)
    network.load_state_dict(state, assign=True)
    return model.eval().requires_grad_(False)


def author_classifier(state: dict[str, torch.Tensor], class_names: Sequence[str], path: Path) -> FaceAttributeClassifier:
    """The classifier of paper B's author, under VGG-Face's names, fc6 to fc8 of other sizes; frozen. CheckpointError unless all fits."""
    network = _empty_network("vgg-face", len(class_names))
    _fill(network, state, path)
    model = FaceAttributeClassifier(network, "half", attribute="race", class_names=class_names)
    return model.eval().requires_grad_(False)


def _empty_network(kind: str, num_classes: int, state: Mapping[str, torch.Tensor] | None = None) -> Any:
    """A classifier of any kind, with no memory behind its weights. state: of a small one, whose width it tells."""
    if kind not in get_args(Network):
        raise ValueError(f"network {kind!r}")
    with torch.device("meta"):
        if kind not in LARGE:
            features = (state or {})["output.weight"].shape[1]
            return _small_network(cast(Network, kind), num_classes, features // (8 if kind == "wide" else 4))
        if kind == "resnet18":
            return resnet18(num_classes)
        network = _empty_vgg16()
        network.classifier = attribute_head(num_classes)
        return network


def _empty_vgg16() -> Any:
    """torchvision's VGG-16 with 2,622 outputs and no memory behind its weights."""
    with torch.device("meta"):
        return torchvision.models.vgg16(weights=None, init_weights=False, num_classes=IDENTITIES)


def _random_convolutions() -> Any:
    network = _empty_vgg16()
    network.features.to_empty(device="cpu")
    for value in network.features.parameters():
        if value.ndim == 4:
            nn.init.kaiming_normal_(value, nonlinearity="relu")
        else:
            nn.init.zeros_(value)
    return network


def _fill(network: Any, state: dict[str, torch.Tensor], path: Path) -> None:
    """Put weights under VGG-Face's names into the network, in float32; CheckpointError unless names and shapes are exactly its own."""
    names, shapes = published_names(), network.state_dict()
    check_fit(state, {theirs: shapes[ours] for theirs, ours in names.items()}, path)
    network.load_state_dict({names[name]: value.float().contiguous() for name, value in state.items()}, assign=True)


def _read(path: Path, remedy: str) -> dict[str, torch.Tensor]:
    if not path.is_file():
        raise CheckpointError(f"{path} is missing; {remedy}.")
    return read_tensors(path)


def _metadata(path: Path) -> dict[str, str]:
    try:
        with safetensors.safe_open(path, "pt") as file:
            return file.metadata() or {}
    except safetensors.SafetensorError:
        return {}
