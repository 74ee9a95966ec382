"""Images that show the same picture: copies that were saved again, brightened a little or cropped a little.

groups = groups_of_copies(images)           # images (N, C, H, W) uint8 -> [[0, 7], [1], ...], each place once
differences = nearest(made, seen)           # (N,) of each image from the nearest of the others: a memorised one is below WITHIN
"""

import torch
import torch.nn.functional as F
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

WITHIN = 12.0  # of 255. Of UTKFace's pairs below it, almost all show one photograph; just above it, some show two people
SIDE = 32  # pixels; larger images are compared at this size
ROWS = 256  # compared at a time


def groups_of_copies(images: torch.Tensor) -> list[list[int]]:
    """Places of the images, those of one picture together, in the order of their first ones.

    Two images are of one picture if their pixels, averaged down to 32x32, differ by less than WITHIN on average; so are those that a chain of such
    pairs joins. images: (N, C, H, W) uint8.
    """
    first, second = _close_pairs(_small(images))
    graph = coo_array((torch.ones(len(first)), (first, second)), shape=(len(images), len(images)))
    groups: dict[int, list[int]] = {}
    for place, group in enumerate(connected_components(graph, directed=False)[1].tolist()):
        groups.setdefault(group, []).append(place)
    return list(groups.values())


def nearest(images: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """(N,) float: the mean absolute difference of each image from the nearest of the others, in grey levels of 255, both averaged down to 32x32.

    images: (N, C, H, W) uint8. others: (M, C, H, W) uint8, M at least 1.
    """
    here, there = _small(images).flatten(1), _small(others).flatten(1)
    return torch.cat([torch.cdist(rows, there, p=1).amin(1) for rows in here.split(ROWS)]) / here.shape[1]


def _small(images: torch.Tensor) -> torch.Tensor:
    """As floats, averaged down to SIDE."""
    return F.adaptive_avg_pool2d(images.float(), min(SIDE, images.shape[-1]))


def _close_pairs(pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Places of both images of each pair. Averages over blocks differ by at most as much as the pixels do, so these are compared first."""
    mean, coarse, fine = (F.adaptive_avg_pool2d(pixels, side).flatten(1) for side in (1, 2, 4))
    brightness, order = mean.mean(1).sort()
    found = []
    for start in range(0, len(order), ROWS):
        rows = order[start : start + ROWS]
        end = int(torch.searchsorted(brightness, brightness[start + len(rows) - 1] + WITHIN))
        columns = order[start:end]
        close = torch.cdist(coarse[rows], coarse[columns], p=1) < WITHIN * coarse.shape[1]
        i, j = close.triu(1).nonzero(as_tuple=True)
        pairs = torch.stack([rows[i], columns[j]])
        for values in (fine, pixels.flatten(1)):
            pairs = torch.cat([some[:, _difference(values, some) < WITHIN] for some in pairs.split(4096, dim=1)], dim=1)
        found.append(pairs)
    first, second = torch.cat(found, dim=1)
    return first, second


def _difference(values: torch.Tensor, pairs: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference of each pair."""
    return (values[pairs[0]] - values[pairs[1]]).abs().mean(1)
