"""How the generators of cifar10 were trained: which recipe won, and their quality on the way, from results/reference/pretraining.

recipes(REFERENCE / "pretraining")          # a row a recipe, the best first
"""

import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from companion.report.style import OURS, SECOND, described, significant
from companion.support.paths import REFERENCE

COLUMNS = {
    "steps": "steps", "classifier_accuracy": "accuracy", "recall": "recall", "fid": "fid", "precision": "precision",
    "variance_ratio": "variance ratio",
}  # fmt: skip
PERCENT = ["classifier_accuracy", "recall", "precision"]
CURVES = {
    "classifier_accuracy": "accuracy on real images, trained on samples (%)",
    "recall": "recall (%)",
    "fid": "FID, judge's features",
}


def recipes(folder: Path) -> pd.DataFrame:
    """A row a recipe, the best first: accuracy of a classifier trained on its samples counts, then recall, then FID. FileNotFoundError where none is
    on record."""
    (found,) = _read(folder, "recipes.json").values()
    frame = _in_percent(pd.DataFrame.from_dict(found, orient="index")).round(dict.fromkeys([*PERCENT, "fid"], 2))
    ranked = frame.sort_values(list(CURVES), ascending=[False, False, True])
    return ranked[list(COLUMNS)].rename(columns=COLUMNS).rename_axis("recipe").reset_index()


def curves(folder: Path) -> pd.DataFrame:
    """A row a generator and step at which it was measured. FileNotFoundError where none is on record."""
    found = _read(folder, "*_generator.json")
    return _in_percent(pd.concat([pd.DataFrame(entries).assign(generator=name.replace("_", " ")) for name, entries in found.items()]))


def _read(folder: Path, pattern: str) -> dict[str, Any]:
    found = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob(pattern))}
    if not found:
        raise FileNotFoundError(f"{folder} has no {pattern}; give the folder of a training's records, such as {REFERENCE / 'pretraining'}.")
    return found


def _in_percent(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{name: 100 * frame[name] for name in PERCENT if name in frame})


def figure(measured: pd.DataFrame) -> Figure:
    """Each measure against the generator's steps, a line a generator."""
    fig, axes = plt.subplots(1, len(CURVES), figsize=(10, 3), layout="constrained")
    colors = dict(zip(measured["generator"].unique(), (OURS, SECOND), strict=False))
    told = []
    for ax, (name, label) in zip(axes, CURVES.items(), strict=True):
        known = measured.dropna(subset=[name])
        sns.lineplot(known, x="step", y=name, hue="generator", palette=colors, hue_order=colors, marker="o", ax=ax)
        ax.set(xlabel="steps of the generator", ylabel="")
        ax.set_title(label, fontsize=8)
        ax.xaxis.set_major_locator(MaxNLocator(4))
        ax.get_legend().remove()
        for generator, last in known.groupby("generator").last().iterrows():
            told.append(f"{generator}, {label}: {significant(last[name])} after {last['step']:,.0f} steps")
    axes[-1].legend(fontsize=7)
    return described(fig, f"Quality of the generators as they train. {'; '.join(told)}.")
