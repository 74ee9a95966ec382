"""Images -> features and class probabilities of a frozen network, in batches.

features, probabilities = extract(network, images)        # (N, D), (N, K)
"""

import contextlib
import hashlib
from pathlib import Path
from typing import NamedTuple, Protocol

import safetensors
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from paperlib.data import to_floats
from paperlib.frozen import evaluating
from paperlib.records import replacing


class FeatureNetwork(Protocol):
    """A frozen nn.Module with two views of images (N, C, H, W) in [-1, 1]: features (N, D), and logits (N, K) of the features."""

    def features(self, x: torch.Tensor) -> torch.Tensor: ...

    def output(self, features: torch.Tensor) -> torch.Tensor: ...


class Extracted(NamedTuple):
    """features: (N, D) float; probabilities: (N, K), rows sum to 1; both on the images' device."""

    features: torch.Tensor
    probabilities: torch.Tensor


@torch.no_grad()
def extract(network: FeatureNetwork, images: torch.Tensor, *, batch_size: int = 1000) -> Extracted:
    """images: (N, C, H, W) in [-1, 1] or bytes -> features and softmax of the network, one pass; it is left as it was."""
    assert isinstance(network, nn.Module)
    with evaluating(network):
        features = torch.cat([network.features(to_floats(batch)) for batch in images.split(batch_size)])
        return Extracted(features, network.output(features).softmax(dim=1))


def cached_features(network: FeatureNetwork, images: torch.Tensor, folder: Path, *, batch_size: int = 1000) -> torch.Tensor:
    """`extract(...).features`, kept in `folder` under the checksum of weights and images; a damaged file is computed again."""
    assert isinstance(network, nn.Module)
    digest = hashlib.sha256()
    for tensor in (images, *network.state_dict().values()):
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    path = folder / f"{digest.hexdigest()[:16]}.safetensors"
    with contextlib.suppress(OSError, KeyError, safetensors.SafetensorError):
        found = load_file(path)["features"]
        if len(found) == len(images) and torch.isfinite(found).all():
            return found.to(images.device)
    features = extract(network, images, batch_size=batch_size).features
    with replacing(path) as temporary:
        save_file({"features": features.cpu().contiguous()}, temporary)
    return features


@torch.no_grad()
def probabilities(classifier: nn.Module, images: torch.Tensor, *, batch_size: int = 1000) -> torch.Tensor:
    """Softmax (N, K) of any classifier; the classifier is left as it was."""
    with evaluating(classifier):
        return torch.cat([classifier(to_floats(batch)).softmax(dim=1) for batch in images.split(batch_size)])
