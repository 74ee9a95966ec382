"""Images -> features and class probabilities of a frozen network, in batches.

features, probabilities = extract(network, images)        # (N, D), (N, K)
"""

from pathlib import Path
from typing import NamedTuple, Protocol

import torch
from torch import nn

from paperlib.data import to_floats
from paperlib.networks.frozen import evaluating
from paperlib.support import tensor_cache


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
    path = folder / f"{tensor_cache.checksum(images, *network.state_dict().values())[:16]}.safetensors"
    features = tensor_cache.load(path)
    if features is None:
        features = extract(network, images, batch_size=batch_size).features
        tensor_cache.save(features, path)
    return features.to(images.device)


@torch.no_grad()
def probabilities(classifier: nn.Module, images: torch.Tensor, *, batch_size: int = 1000) -> torch.Tensor:
    """Softmax (N, K) of any classifier; the classifier is left as it was."""
    with evaluating(classifier):
        return torch.cat([classifier(to_floats(batch)).softmax(dim=1) for batch in images.split(batch_size)])
