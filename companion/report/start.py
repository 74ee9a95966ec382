"""Figures of the first notebook: pictures side by side, and how one classifier learns."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from companion.records import Record
from companion.report.style import OURS, PAPER, described, show


def pictures_figure(pictures: dict[str, np.ndarray]) -> Figure:
    """Pictures in [-1, 1] side by side, by name."""
    fig, axes = plt.subplots(1, len(pictures), figsize=(3.1 * len(pictures), 3.3), squeeze=False, layout="constrained")
    for ax, (name, picture) in zip(axes[0], pictures.items(), strict=True):
        show(ax, picture)
        ax.set_title(name, fontsize=9)
    return described(fig, f"Pictures side by side: {', '.join(pictures)}.")


def means_figure(before: Sequence[float], after: Sequence[float]) -> Figure:
    """The running means of a classifier's BatchNorm layers after BNA against before."""
    fig, ax = plt.subplots(figsize=(3.6, 3.3), layout="constrained")
    ax.scatter(before, after, s=6, color=OURS, alpha=0.5)
    ends = (min(*before, *after), max(*before, *after))
    ax.plot(ends, ends, color=PAPER, linewidth=1)
    ax.set(xlabel="running mean, generated images", ylabel="after BNA, real images")
    moved = float(np.mean(np.abs(np.subtract(after, before))))
    return described(fig, f"Running means of {len(before)} channels before and after BNA; they move by {moved:.3f} on average.")


def cloud_figure(real: np.ndarray, made: np.ndarray) -> Figure:
    """Features (N, D) of real and generated images in the plane of the real ones' two main directions."""
    middle = real.mean(0)
    plane = np.linalg.svd(real - middle, full_matrices=False)[2][:2].T
    fig, ax = plt.subplots(figsize=(4.6, 3.6), layout="constrained")
    for features, color, label in ((real, PAPER, "real"), (made, OURS, "generated")):
        x, y = ((features - middle) @ plane).T
        ax.scatter(x, y, s=6, color=color, alpha=0.6, label=label)
    ax.set(xlabel="first main direction of real features", ylabel="second")
    ax.legend(fontsize=8)
    return described(
        fig, f"Features of {len(real)} real and {len(made)} generated images in the plane of the real ones' two main directions."
    )


def learning_figure(record: Record) -> Figure:
    """Loss and training accuracy of one classifier run."""
    frame = pd.DataFrame(record.history)
    fig, axes = plt.subplots(1, 2, figsize=(7, 2.6), layout="constrained")
    for ax, name in zip(axes, ("loss", "accuracy"), strict=True):
        ax.plot(frame.index + 1, frame[name], "o-", color=OURS)
        ax.set(xlabel="epoch", ylabel=f"training {name}")
    last = frame.iloc[-1]
    return described(
        fig,
        f"Loss and accuracy on the training images after each epoch; after the last {last['loss']:.3f} and {100 * last['accuracy']:.1f} %.",
    )
