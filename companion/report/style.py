"""What the figures share: colours, theme, alternative text, a picture, names that stay apart, a note beside a point."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

OURS, SECOND, THIRD = "#1b6ca8", "#d1495b", "#66a182"
PAPER, DARK = "#b0b0b0", "#555555"
SIDE_BY_SIDE = 40  # letters below an axis of half a figure

THEME = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.dpi": 110,
    "savefig.dpi": 150,
    "svg.hashsalt": "paperlib",
    "font.size": 9,
}
sns.set_theme(context="notebook", style="whitegrid", rc=THEME)


def described(figure: Figure, text: str) -> Figure:
    """The figure with an alternative text for those who do not see it; its label keeps it."""
    figure.set_label(text)
    return figure


def illustrated(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs whose pictures are there: committed records have few."""
    return runs[runs["pictures"].map(len) > 0]


def no_pictures() -> Figure:
    """In the place of pictures that are not there."""
    figure = Figure(figsize=(6, 0.6))
    text = "The pictures of these runs are not kept here; compute the runs to see them."
    figure.text(0.5, 0.5, text, ha="center", va="center")
    return described(figure, text)


def significant(value: float) -> str:
    """Four significant digits: 0.1234, 12.34, 123457."""
    return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"


def listed(names: Iterable[object], values: Iterable[object]) -> str:
    """a 1, b 2"""
    return ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=True))


def show(ax: Axes, picture: np.ndarray) -> None:
    """A picture in [-1, 1], without ticks or grid."""
    ax.imshow(np.clip((picture + 1) / 2, 0, 1), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.grid(False)


def apart(ax: Axes, names: Iterable[str]) -> None:
    """The names below the axis stand upright where they are too long to lie side by side."""
    if sum(map(len, names)) > SIDE_BY_SIDE:
        ax.tick_params(axis="x", rotation=90)


def note(ax: Axes, text: str, at: tuple[float, float], color: Any, offset: tuple[int, int]) -> None:
    """A small text beside a point. offset: to the right and up, in printer's points."""
    side = {-1: "right", 0: "center", 1: "left"}[int(np.sign(offset[0]))]
    ax.annotate(text, at, textcoords="offset points", xytext=offset, ha=side, fontsize=7, color=color)
