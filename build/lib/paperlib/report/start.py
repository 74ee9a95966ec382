"""Figures of the first notebook: pictures side by side, and how one classifier learns."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from paperlib.records import Record
from paperlib.report.style import OURS, show


def pictures_figure(pictures: dict[str, np.ndarray]) -> Figure:
    """Pictures in [-1, 1] side by side, by name."""
    fig, axes = plt.subplots(1, len(pictures), figsize=(3.1 * len(pictures), 3.3), squeeze=False, layout="constrained")
    for ax, (name, picture) in zip(axes[0], pictures.items(), strict=True):
        show(ax, picture)
        ax.set_title(name, fontsize=9)
    return fig


def learning_figure(record: Record) -> Figure:
    """Loss and training accuracy of one classifier run."""
    frame = pd.DataFrame(record.history)
    fig, axes = plt.subplots(1, 2, figsize=(7, 2.6), layout="constrained")
    for ax, name in zip(axes, ("loss", "accuracy"), strict=True):
        ax.plot(frame.index + 1, frame[name], "o-", color=OURS)
        ax.set(xlabel="epoch", ylabel=f"training {name}")
    return fig
