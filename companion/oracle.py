"""How good could a set of a generator's images be? Those that lie nearest to real images, chosen by somebody who sees the real ones.

chosen = nearest(real_features, real_labels, made_features, made_labels)          # a reference, not a method: it sees real images
"""

import torch
from scipy.optimize import linear_sum_assignment

from paperlib.checks import check


def nearest(real_features: torch.Tensor, real_labels: torch.Tensor, made_features: torch.Tensor, made_labels: torch.Tensor) -> torch.Tensor:
    """For every real image a generated one of its class, none taken twice, so that all distances together are smallest.

    Args:
        real_features: (N, D) float. real_labels: (N,) long.
        made_features: (M, D) float. made_labels: (M,) long, of each class at least as many as of the real ones.

    Returns:
        (N,) long. Places in the generated set, in the order of the real one.

    Raises:
        ConfigError: a class has fewer generated images than real ones.
    """
    chosen = torch.empty_like(real_labels)
    for label in real_labels.unique():
        real, made = (real_labels == label).nonzero()[:, 0], (made_labels == label).nonzero()[:, 0]
        check(
            len(made) >= len(real),
            f"generated images of class {int(label)}",
            len(made),
            f"give at least {len(real)}, one for each real one",
        )
        distances = torch.cdist(real_features[real].double(), made_features[made].double())
        _, columns = linear_sum_assignment(distances.cpu().numpy())
        chosen[real] = made[torch.from_numpy(columns).to(made.device)]
    return chosen
