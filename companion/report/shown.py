"""Diversity of what a training of paper A sees: random, mined and smoothed images against as many real ones.

table(found(DIGITS))          # a pandas frame, two rows a training: as many images as the data set has at a time, and all that were seen
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from companion.records import Record
from companion.report.estimates import Estimate, decided, of_kind, paired
from companion.report.style import OURS, SECOND, described, listed

MEASURES = ("recall", "coverage", "pixel_variance", "feature_variance")
NAMES = ("real images", "random", "hsm", "ds", "ds+hsm")


def name_of(run: Record) -> str:
    """Of the training whose images these are."""
    config = run.config.classifier
    if config.real:
        return "real images"
    return "+".join(name for name, used in (("ds", config.r), ("hsm", config.hsm)) if used) or "random"


def by_seed(records: Sequence[Record], name: str, measure: str, *, every: bool) -> dict[int, float]:
    """A measure of one training by seed. every: of all images seen, or of as many as the data set has at a time."""
    runs = [run for run in of_kind(records, "shown-images") if name_of(run) == name]
    return {run.seed: run.metrics["sizes"][int(every)][measure] for run in runs}


def difference(records: Sequence[Record], name: str, other: str, measure: str, *, every: bool) -> Estimate:
    """A training's measure less that of as many real images or of the random ones, paired over seeds."""
    return paired(by_seed(records, name, measure, every=every), by_seed(records, other, measure, every=every))


def table(records: Sequence[Record]) -> pd.DataFrame:
    """Mean over seeds. different images: seen in the whole training; measured: of these."""
    rows = []
    for name in NAMES:
        runs = [run for run in of_kind(records, "shown-images") if name_of(run) == name]
        for every in (False, True) if runs else ():
            rows.append(
                {
                    "training": name,
                    "different images": runs[0].metrics["different_images"],
                    "measured": runs[0].metrics["sizes"][int(every)]["images"],
                    **{m: float(np.mean(list(by_seed(records, name, m, every=every).values()))) for m in ("precision", *MEASURES)},
                    "n": len(runs),
                }
            )
    return pd.DataFrame(rows).drop_duplicates().round(4)


def figure(records: Sequence[Record]) -> Figure:
    """Each measure of every training: as many images as the data set has at a time, and all that were seen."""
    names = [name for name in NAMES if by_seed(records, name, "recall", every=True)]
    fig, axes = plt.subplots(1, len(MEASURES), figsize=(11, 3.1), layout="constrained")
    for ax, measure in zip(axes, MEASURES, strict=True):
        for shift, every, color, label in ((-0.2, False, OURS, "as many as N"), (0.2, True, SECOND, "all seen")):
            values = [np.mean(list(by_seed(records, name, measure, every=every).values())) for name in names]
            ax.bar(np.arange(len(names)) + shift, values, 0.38, color=color, label=label)
        ax.set_xticks(np.arange(len(names)), [name.replace(" ", "\n") for name in names], fontsize=8)
        ax.set_title(measure.replace("_", " "))
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    told = listed(names, [f"{np.mean(list(by_seed(records, name, 'recall', every=False).values())):.2f}" for name in names])
    return described(fig, f"Diversity of what each training sees, by {len(MEASURES)} measures. Recall of as many images as N: {told}.")


def sentences(records: Sequence[Record]) -> list[str]:
    """Whether random images are less diverse than as many real ones, and whether each method raises that."""
    found = table(records)
    if found.empty:
        return []
    lines = []
    for measure in MEASURES:
        gap = difference(records, "random", "real images", measure, every=False)
        less = decided(difference(records, "real images", "random", measure, every=False))
        lines.append(f"Random images less diverse than as many real ones, by {_words(measure)}: {less} ({_signed(gap)}).")
    for name in NAMES[2:]:
        rows = found[found["training"] == name]
        if rows.empty:
            continue
        for every, size in ((False, "as many of them as N"), (True, "all of them")):
            gains = ", ".join(f"{_words(m)} {_signed(difference(records, name, 'random', m, every=every))}" for m in MEASURES)
            lines.append(f"{name} shows {rows['different images'].iloc[0]:,} different images; {size} against random ones: {gains}.")
    return lines


def _words(measure: str) -> str:
    return measure.replace("_", " ")


def _signed(found: Estimate) -> str:
    return f"{found.mean:+.3f}" + (f" ± {found.half_width:.3f}" if found.n > 1 else "")
