"""Images -> features and class probabilities of a frozen network, in batches.

features, probabilities = extract(judge, images)        # (N, D), (N, K)
"""

from typing import NamedTuple

import torch
from torch import nn

from paperlib.classifiers import Judge
from paperlib.frozen import evaluating


class Extracted(NamedTuple):
    """features: (N, D) float; probabilities: (N, K), rows sum to 1; both on the images' device."""

    features: torch.Tensor
    probabilities: torch.Tensor


@torch.no_grad()
def extract(judge: Judge, images: torch.Tensor, *, batch_size: int = 1000) -> Extracted:
    """images: (N, C, H, W) in [-1, 1] -> penultimate features and softmax of the judge, one pass."""
    with evaluating(judge):
        features = torch.cat([judge.features(batch) for batch in images.split(batch_size)])
        return Extracted(features, judge.output(features).softmax(dim=1))


@torch.no_grad()
def probabilities(classifier: nn.Module, images: torch.Tensor, *, batch_size: int = 1000) -> torch.Tensor:
    """Softmax (N, K) of any classifier; the classifier is left as it was."""
    with evaluating(classifier):
        return torch.cat([classifier(batch).softmax(dim=1) for batch in images.split(batch_size)])
