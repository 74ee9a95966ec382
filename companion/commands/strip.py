"""The strip of pictures at the top of README.md: a real, a generated, a mined and a conditioned image of each digit.

The real images ship with the data; all others are pictures of the committed records.
"""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from companion.profiles import DIGITS
from companion.records import Record
from paperlib import data
from paperlib.support.files import replacing

SIDE = 28
OWN = DIGITS.settings[0]._asdict()


def rows(records: Sequence[Record]) -> dict[str, NDArray[np.float64]]:
    """Label -> images (10, 28, 28) in [-1, 1], one a class. The mined images start from the generated ones above them."""
    train, _ = data.digits()
    mined = next(r for r in records if r.run == "hard_samples")
    conditioned = next(r for r in records if r.run == "conditioning" and OWN.items() <= r.arguments.items())
    last = mined.arguments["stages"][-1]
    first = [int(np.flatnonzero(train.labels == c)[0]) for c in range(10)]
    return {
        "real": train.images[first, 0].double().numpy(),
        "generated": grid(mined.pictures["random"])[:, 0],
        "mined": grid(mined.pictures[f"epoch {last}"])[:, 0],
        "conditioned": grid(conditioned.pictures["samples"])[:, 0],
    }


def grid(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """One picture (R * 28, C * 28) -> its tiles (R, C, 28, 28)."""
    return picture.reshape(picture.shape[0] // SIDE, SIDE, -1, SIDE).swapaxes(1, 2)


def draw(images: dict[str, NDArray[np.float64]]) -> Figure:
    """A labelled row for each entry."""
    figure, axes = plt.subplots(len(images), 1, figsize=(8, 0.71 * len(images)), gridspec_kw={"hspace": 0.06})
    figure.subplots_adjust(left=0.15, right=1, top=1, bottom=0)
    for ax, (name, row) in zip(axes, images.items(), strict=True):
        framed = np.pad(row, ((0, 0), (0, 0), (0, 1)), constant_values=1)
        ax.imshow(np.concatenate([*framed], axis=1)[:, :-1], cmap="gray", vmin=-1, vmax=1, interpolation="nearest", aspect="auto")
        ax.set(xticks=[], yticks=[])
        ax.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=13)
        ax.grid(False)
    return figure


def write(records: Sequence[Record], path: Path) -> None:
    """strip.png, 1,600 pixels wide."""
    figure = draw(rows(records))
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=200)
    plt.close(figure)
