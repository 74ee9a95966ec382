"""Fig. 3 of paper A: mined images beside random ones, and what mining does to score, norm and class."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from companion.records import Record
from companion.report.estimates import of_kind
from companion.report.style import OURS, PAPER, THIRD, apart, described, listed, show


def table(records: Sequence[Record]) -> pd.DataFrame:
    """What mining does at each stage, mean over seeds: fall of the score of k*; accuracies and the judge's agreement in percent."""
    rows = []
    runs = of_kind(records, "hard-samples")
    for i, stage in enumerate(runs[0].config.stages if runs else ()):
        mean = {
            m: float(np.mean([r.metrics[m][i] for r in runs]))
            for m in ("score_drop", "accuracy_before", "accuracy_after", "judge_agreement", "norm_error")
        }
        rows.append(
            {
                "epoch": stage, "n": len(runs), "score of k* falls by": mean["score_drop"],
                "accuracy before": 100 * mean["accuracy_before"], "accuracy after": 100 * mean["accuracy_after"],
                "judge agrees, random": 100 * float(np.mean([r.metrics["judge_agreement_random"] for r in runs])),
                "judge agrees, mined": 100 * mean["judge_agreement"], "largest norm error": mean["norm_error"],
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def figure(record: Record, class_names: Sequence[str]) -> Figure:
    """Fig. 3: a random image of each class, and the two mined from it at two stages of training."""
    rows = list(record.pictures)
    fig, axes = plt.subplots(len(rows), 1, figsize=(8, 0.95 * len(rows)), layout="constrained")
    for ax, name in zip(axes, rows, strict=True):
        column = record.pictures[name]
        side = column.shape[1]
        strip = np.concatenate([column[i : i + side] for i in range(0, len(column), side)], axis=1)
        show(ax, strip)
        ax.set_ylabel("random" if name == "random" else f"mined at\n{name}", rotation=0, ha="right", va="center")
    side = record.pictures[rows[0]].shape[1]
    axes[-1].set_xticks((np.arange(len(class_names)) + 0.5) * side, [name.replace(" ", "\n") for name in class_names])
    apart(axes[-1], class_names)
    return described(
        fig, f"A random image of each class ({', '.join(class_names)}), and below it the images mined from it at {', '.join(rows[1:])}."
    )


def scores_figure(records: Sequence[Record]) -> Figure:
    """Score of k* after mining against before, at both stages; the same for the norms."""
    runs = of_kind(records, "hard-samples")
    stages = runs[0].config.stages
    fig, axes = plt.subplots(1, 3, figsize=(9, 3), layout="constrained")
    for ax, stage in zip(axes, stages, strict=False):
        before, after = (np.concatenate([r.history[f"score_{when}_epoch_{stage}"] for r in runs]) for when in ("before", "after"))
        ax.scatter(before, after, s=6, color=OURS, alpha=0.5)
        low, high = min(before.min(), after.min()), max(before.max(), after.max())
        ax.plot((low, high), (low, high), color=PAPER, linewidth=1)
        ax.set(xlabel="score of k*, before", ylabel="after mining", title=f"classifier after epoch {stage}")
    before = np.concatenate([r.history["norm_random"] for r in runs])
    after = np.concatenate([r.history[f"norm_epoch_{stages[1]}"] for r in runs])
    axes[2].scatter(before, after, s=6, color=THIRD, alpha=0.5)
    axes[2].set(xlabel="|z|, before", ylabel="after mining", title="norms are kept")
    falls = listed([f"epoch {stage}" for stage in stages], [f"{fall:.1f}" for fall in table(records)["score of k* falls by"]])
    return described(
        fig, f"Score of k* after mining against before, and the norms of the latents, which stay. Mean fall of the score: {falls}."
    )


def sentences(records: Sequence[Record]) -> list[str]:
    """Whether mining lowers the score, keeps the norm and keeps the class."""
    lines = []
    for _, row in table(records).iterrows():
        lines += [
            f"Mined against the classifier of epoch {row['epoch']:.0f}: the score of k* falls by {row['score of k* falls by']:.2f} on average,",
            f"    the classifier's accuracy on these images goes from {row['accuracy before']:.1f} % to {row['accuracy after']:.1f} %;",
            f"    the judge reads the class in {row['judge agrees, mined']:.1f} % of them (in random images: {row['judge agrees, random']:.1f} %);",
            f"    the largest relative change of a norm is {row['largest norm error']:.0e}.",
        ]
    return lines
