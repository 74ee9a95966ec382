"""How the generators of cifar10 were trained: their quality on the way, and which recipe won, from results/reference/pretraining.

curves = pretraining.curves(REFERENCE / "pretraining")          # generator -> its quality, an entry for each time that it was measured
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from companion.report.style import OURS, SECOND, THIRD, described, listed, significant
from companion.support.paths import REFERENCE

Entry = Mapping[str, Any]
MEASURES = {
    "classifier_accuracy": ("accuracy on real images, trained on samples (%)", 100.0),
    "recall": ("recall (%)", 100.0),
    "fid": ("FID, judge's features", 1.0),
}


def curves(folder: Path) -> dict[str, list[Entry]]:
    """Generator -> what was measured of it, by step. Nothing where there is no record; FileNotFoundError where there is no folder."""
    _check_there(folder)
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*_generator.json"))}


def recipes(folder: Path) -> pd.DataFrame:
    """A row a recipe, the best first: accuracy of a classifier trained on its samples counts, then recall, then FID. Errors as in curves."""
    _check_there(folder)
    path = folder / "recipes.json"
    found = json.loads(path.read_text()) if path.is_file() else {}
    rows = [
        {"recipe": name, "steps": entry["steps"]}
        | {key: round(scale * entry[key], 2) for key, (_, scale) in MEASURES.items()}
        | {"precision": round(100 * entry["precision"], 2), "variance ratio": entry["variance_ratio"]}
        for name, entry in found.items()
    ]
    frame = pd.DataFrame(rows, columns=["recipe", "steps", *MEASURES, "precision", "variance ratio"])
    return frame.sort_values(list(MEASURES), ascending=[False, False, True]).rename(columns={"classifier_accuracy": "accuracy"})


def _check_there(folder: Path) -> None:
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not there; give the folder of a training's records, such as {REFERENCE / 'pretraining'}.")


def figure(found: Mapping[str, Sequence[Entry]]) -> Figure:
    """Each measure against the generator's steps, a line a generator."""
    fig, axes = plt.subplots(1, len(MEASURES), figsize=(10, 3), layout="constrained")
    told = []
    for ax, (key, (label, scale)) in zip(axes, MEASURES.items(), strict=True):
        for color, (name, entries) in zip((OURS, SECOND, THIRD), found.items(), strict=False):
            known = [(entry["step"], scale * entry[key]) for entry in entries if key in entry]
            if known:
                ax.plot(*zip(*known, strict=True), "o-", color=color, label=name.replace("_", " "))
                told.append(f"{name.replace('_', ' ')}, {label}: {significant(known[-1][1])} after {known[-1][0]:,} steps")
        ax.set(xlabel="steps of the generator", title=label)
        ax.title.set_fontsize(8)
        ax.xaxis.set_major_locator(MaxNLocator(4))
    axes[-1].legend(fontsize=7)
    return described(fig, f"Quality of the generators as they train. {'; '.join(told)}.")


def sentences(frame: pd.DataFrame) -> list[str]:
    """Which recipe is best by what counts, and by how much."""
    if frame.empty:
        return ["No recipe is on record: `make recipes`."]
    best, *others = frame.to_dict("records")
    note = "One training and one classifier each: differences of two points may be chance."
    told = listed((row["recipe"] for row in others), (f"{row['accuracy']:.1f}" for row in others))
    line = f"After {best['steps']:,} steps, a classifier trained on samples of '{best['recipe']}' reaches {best['accuracy']:.1f} % on the validation images"
    return [f"{line}; the others: {told}.", note] if others else [f"{line}."]
