"""Networks of the `imagenet10` profile that are trained by others: pytorch-fid's Inception and torchvision's ResNet-50.

features = Inception().features(images)            # (N, 2048) of images (N, 3, H, W) in [-1, 1]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.networks._torchvision import torchvision
from paperlib.support.weights import CheckpointError, check_fit, read_tensors


@dataclass(frozen=True)
class WeightsFile:
    """A published file whose name ends in the first digits of its SHA-256. variable: what the user sets to name a local copy."""

    url: str
    variable: str

    def local(self, given: Path | None) -> Path:
        """Where the file is, or will be after the download. given: a local copy."""
        return given or Path(torch.hub.get_dir()) / "checkpoints" / self.url.rsplit("/", 1)[1]

    def path(self, given: Path | None) -> Path:
        """The file, downloaded if no local copy is given; CheckpointError with the remedy where that fails."""
        path = self.local(given)
        if path.is_file():
            return path
        remedy = f"fetch {self.url} and set {self.variable} to the file"
        if given:
            raise CheckpointError(f"{self.variable} = {path} is missing; {remedy}.")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(self.url, str(path), hash_prefix=path.stem.rsplit("-", 1)[1])
        except (OSError, RuntimeError) as error:
            raise CheckpointError(f"{path.name} could not be downloaded ({error}); {remedy}.") from error
        return path

    def load(self, module: nn.Module, given: Path | None) -> None:
        """Put the weights into `module`, strictly."""
        path = self.path(given)
        state = read_tensors(path)
        check_fit(state, module.state_dict(), path)
        module.load_state_dict(state)


INCEPTION = WeightsFile(
    "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth", "PAPERLIB_INCEPTION"
)
RESNET50 = WeightsFile("https://download.pytorch.org/models/resnet50-11ad3fa6.pth", "PAPERLIB_JUDGE")


def inception_network() -> Any:
    """pytorch-fid's variant of torchvision's Inception v3, 1,008 classes, without its download; random weights."""
    from pytorch_fid import inception as fid

    network = torchvision.models.inception_v3(num_classes=1008, aux_logits=False, weights=None, init_weights=False)
    for name, features in (("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64)):
        setattr(network, name, fid.FIDInceptionA(getattr(network, name).branch1x1.conv.in_channels, pool_features=features))
    for name, channels in (("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)):
        setattr(network, name, fid.FIDInceptionC(768, channels_7x7=channels))
    network.Mixed_7b, network.Mixed_7c = fid.FIDInceptionE_1(1280), fid.FIDInceptionE_2(2048)
    return network


class Inception(nn.Module):
    """The space of FID and IS (Heusel et al. 2017, Salimans et al. 2016).

    pretrained: the weights of `file`, or pytorch-fid's release; without, random ones for timing.
    One pass gives both: `features` for FID and KID, `output(features)` for IS. Images are resized to 299 bilinearly, as there.
    """

    weight: torch.Tensor

    def __init__(self, pretrained: bool = True, *, file: Path | None = None) -> None:
        super().__init__()
        network = inception_network()
        if pretrained:
            INCEPTION.load(network, file)
        self.register_buffer("weight", network.fc.weight.detach())
        network.fc = nn.Identity()
        self.network = network.eval().requires_grad_(False)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) in [-1, 1] -> (N, 2048)."""
        return self.network(F.interpolate(x, size=(299, 299), mode="bilinear", align_corners=False))

    def output(self, features: torch.Tensor) -> torch.Tensor:
        """Logits (N, 1008), without the bias: so does the original code of IS."""
        return features @ self.weight.T


class ImageNetJudge(nn.Module):
    """Images (N, 3, H, W) in [-1, 1] -> the logits of some ImageNet classes, by torchvision's ResNet-50: it never sees our training.

    classes: their indices among the 1,000. pretrained: the weights of `file`, or torchvision's IMAGENET1K_V2; without, random weights for timing.
    """

    classes: torch.Tensor
    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, classes: Sequence[int], pretrained: bool = True, *, file: Path | None = None):
        super().__init__()
        network = torchvision.models.resnet50(weights=None)
        if pretrained:
            RESNET50.load(network, file)
        self.network = network.eval().requires_grad_(False)
        self.register_buffer("classes", torch.tensor(classes))
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406])[:, None, None])
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225])[:, None, None])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.interpolate(x, size=(224, 224), mode="bilinear", align_corners=False, antialias=True)
        return self.network(((x + 1) / 2 - self.mean) / self.std)[:, self.classes]
