"""Frames of diversity runs made up for tests, with known answers."""

from dataclasses import asdict

import numpy as np
import pandas as pd

from companion.frames import flat
from companion.settings import Langevin, Metropolis, Posterior, Rejection, Trained

GAUSSIAN = Trained("gaussian", prior_weight=0.0, epochs=1, labels_per_epoch=64, batch_size=64, learning_rate=1e-3, optimizer="sgd")
POSTERIOR = Posterior(prior_weight=0.01, labelled=100, epochs=1)
CHAIN = Metropolis(0.01, passes=2, proposal=POSTERIOR)
LANGEVIN = Langevin(prior_weight=1.0, steps=5, step_size=0.1)


def drawn(method, seed, judge=0.9, variance=0.1, coverage=0.9, acceptance=None, **others):
    """A run of two attributes. No image lies outside the manifold but at seed 0."""
    row = {"seed": seed, "per_attribute": 12, "workers": 1, "fit_seconds": 3.0}
    row |= {"teacher_accuracy": 1.0, "judge_accuracy": judge, "judge_by_attribute": [judge, judge]}
    row |= {"pixel_variance": variance, "feature_variance": 2 * variance, "on_manifold": 0.8, "judge_on_manifold": 0.95}
    row |= {f"{r}_{m}": coverage for r in ("truth", "real") for m in ("precision", "recall", "density", "coverage", "fid")}
    row |= {"latent_microseconds": [2, 4], "image_microseconds": [100, 200], "pictures": {"samples": np.zeros((2 * 4, 20 * 4))}}
    row |= {"acceptance": acceptance, "effective": [0.6, 0.7], "repeated": [0.1, 0.2]} if acceptance else {}
    row |= {} if seed else {"judge_off_manifold": 0.5}
    return flat({"method": asdict(method)}) | row | others


def diverse():
    """Six ways to draw two attributes, three seeds; none in the order of a table."""
    rows = []
    for seed in (0, 1, 2):
        rows += [
            drawn(Rejection(1.0), seed, 0.90, 0.10, 0.96, [0.12, 0.08]),
            drawn(Rejection(0.01), seed, 0.98, 0.095, 0.94, [0.1, 0.06]),
            drawn(LANGEVIN, seed, 0.7, 0.11, 0.9),
            drawn(GAUSSIAN, seed, 0.95 + 0.01 * (seed - 1), 0.02, 0.12),
            drawn(CHAIN, seed, 0.993, 0.08, 0.93, [0.5, 0.5]),
            drawn(POSTERIOR, seed, 0.995, 0.092, 0.90),
        ]
    return pd.DataFrame(rows)
