"""Fig. 3's claim and the form of eq. 3 of paper A, tested: to whom mined images are hard, and what other forms of mining do.

transfer(found(DIGITS))          # a pandas frame: rows are what was mined against, columns who reads it
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from companion.records import Record
from companion.report.estimates import Estimate, decided, estimate, of_kind
from companion.report.style import OURS, PAPER, SECOND, THIRD, described, listed


def runs_of(records: Sequence[Record]) -> list[Record]:
    """The runs of Fig. 3."""
    return of_kind(records, "hard-samples")


def accuracy_lost(run: Record) -> NDArray[np.float64]:
    """(2, 4) points that each reader's accuracy is lower on the images mined at each stage than on the random ones."""
    accuracy = 100 * np.array(run.metrics["transfer_accuracy"])
    lost: NDArray[np.float64] = accuracy[0] - accuracy[1:]
    return lost


def effect(run: Record) -> NDArray[np.float64]:
    """(2, 4) standard deviations that the logit of k* is lower."""
    return np.array(run.metrics["transfer_effect"], dtype=float)


def specific_to_classifier(run: Record, stage: int) -> float:
    """Points that the classifier itself loses more than another one at the same stage. stage: 0 or 1, as in the config's stages."""
    lost = accuracy_lost(run)[stage]
    return float(lost[stage] - lost[2 + stage])


def specific_to_stage(run: Record, stage: int) -> float:
    """Points that the classifier itself loses more than it does at the other stage."""
    lost = accuracy_lost(run)[stage]
    return float(lost[stage] - lost[1 - stage])


def _readers(runs: Sequence[Record]) -> list[str]:
    return [f"{who}, epoch {stage}" for who in ("the same", "another") for stage in runs[0].config.stages]


def transfer(records: Sequence[Record]) -> pd.DataFrame:
    """Accuracy in percent of each reader on the random images and on those mined at each stage, mean over seeds; then the falls of k*'s
    logit in standard deviations."""
    runs = runs_of(records)
    if not runs:
        return pd.DataFrame()
    stages = runs[0].config.stages
    accuracy = 100 * np.mean([r.metrics["transfer_accuracy"] for r in runs], axis=0)
    falls = np.mean([effect(r) for r in runs], axis=0)
    images = ["random", *(f"mined at epoch {stage}" for stage in stages)]
    rows = [("accuracy %", name, row) for name, row in zip(images, accuracy, strict=True)]
    rows += [("fall of k* (sd)", name, row) for name, row in zip(images[1:], falls, strict=True)]
    readers = _readers(runs)
    frame = pd.DataFrame(
        [{"quantity": what, "images": name} | dict(zip(readers, row, strict=True)) | {"n": len(runs)} for what, name, row in rows]
    )
    return frame.round(2)


def transfer_figure(records: Sequence[Record]) -> Figure:
    """Two heat maps, mean over seeds: what mining against one classifier at one stage takes from every reader."""
    runs = runs_of(records)
    stages = runs[0].config.stages
    fig, axes = plt.subplots(1, 2, figsize=(10, 2.4), sharey=True, layout="constrained")
    for ax, measure, title in zip(
        axes, (accuracy_lost, effect), ("accuracy lost (points)", "fall of k*'s logit (standard deviations)"), strict=True
    ):
        mean = np.mean([measure(r) for r in runs], axis=0)
        frame = pd.DataFrame(mean, index=[f"epoch {s}" for s in stages], columns=[name.replace(", ", ",\n") for name in _readers(runs)])
        sns.heatmap(frame, annot=True, fmt=".1f", cmap="Reds", vmin=0, cbar=False, ax=ax)
        for i in range(2):
            ax.add_patch(Rectangle((i, i), 1, 1, fill=False, edgecolor="black", linewidth=2))
        ax.set(title=title, xlabel="read by this classifier")
        ax.tick_params(axis="both", labelsize=8, rotation=0)
    axes[0].set_ylabel("mined against\nthe classifier of")
    own = [np.mean([effect(r)[i, i] for r in runs]) for i in range(2)]
    told = listed([f"epoch {stage}" for stage in stages], [f"{fall:.1f}" for fall in own])
    return described(
        fig,
        f"What mining takes from four classifiers. Fall of k*'s logit, in deviations, for the classifier that was mined against: {told}.",
    )


def forms(records: Sequence[Record]) -> pd.DataFrame:
    """The paper's form of mining and two others, mean over seeds; shares in percent.

    judge, first read wrong: of the latents whose first image the classifier read as another class; there k* is not y.
    """
    runs = runs_of(records)
    if not runs:
        return pd.DataFrame()
    every = pd.concat([pd.DataFrame(r.metrics["forms"]) for r in runs]).reindex(
        columns=["stage", "step_size", "form", "norm_change", "distance", "judge", "judge_where_wrong", "classifier"]
    )
    frame = every.groupby(["stage", "step_size", "form"], as_index=False, sort=False).mean()
    shares = ["norm_change", "judge", "judge_where_wrong", "classifier"]
    frame[shares] *= 100
    names = {
        "stage": "epoch",
        "step_size": "eta",
        "norm_change": "norm changes by %",
        "distance": "distance, random = 1",
        "judge": "judge agrees %",
        "judge_where_wrong": "judge, first read wrong %",
        "classifier": "classifier right %",
    }
    return frame.rename(columns=names).assign(n=len(runs)).round(2)


def forms_figure(records: Sequence[Record]) -> Figure:
    """Norm, distance and the judge's agreement after each form, for every stage and step size."""
    frame = forms(records)
    where = list(dict.fromkeys(zip(frame["epoch"], frame["eta"], strict=True)))
    fig, axes = plt.subplots(1, 4, figsize=(11, 3.2), layout="constrained")
    columns = ("norm changes by %", "distance, random = 1", "judge agrees %", "judge, first read wrong %")
    for ax, column in zip(axes, columns, strict=True):
        for i, (form, color) in enumerate((("paper", OURS), ("not rescaled", SECOND), ("along y", THIRD))):
            part = frame[frame["form"] == form].set_index(["epoch", "eta"])[column].reindex(where)
            ax.bar(np.arange(len(where)) + 0.27 * (i - 1), part.to_numpy(), 0.25, color=color, label=form)
        ax.set_xticks(np.arange(len(where)), [f"epoch {epoch}\neta {eta:g}" for epoch, eta in where], fontsize=7)
        ax.set_title(column, fontsize=9)
        ax.axhline(0 if "norm" in column else 1 if "distance" in column else 100, color=PAPER, linewidth=1)
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    told = listed(
        frame["form"] + frame["epoch"].map(", epoch {}".format) + frame["eta"].map(", eta {:g}".format),
        frame["judge agrees %"].map("{:.0f} %".format),
    )
    return described(fig, f"Norm, distance and the judge's reading after three forms of mining. The judge reads the class: {told}.")


def sentences(records: Sequence[Record]) -> list[str]:
    """To whom mined images are hard, and what the other forms of mining do to norm, distance and label."""
    runs = runs_of(records)
    if not runs:
        return []
    lines, stages = [], runs[0].config.stages
    lost, falls = (np.mean([measure(r) for r in runs], axis=0) for measure in (accuracy_lost, effect))
    for i, stage in enumerate(stages):
        j, later = 1 - i, stages[1 - i]
        lines += [
            f"Mined against the classifier of epoch {stage}: its own accuracy falls by {lost[i, i]:.1f} points, at epoch {later} by {lost[i, j]:.1f};",
            f"    another classifier's falls by {lost[i, 2 + i]:.1f} points at epoch {stage}, by {lost[i, 2 + j]:.1f} at epoch {later};",
            f"    the logit of k* falls by {falls[i, i]:.1f}, {falls[i, j]:.1f}, {falls[i, 2 + i]:.1f} and {falls[i, 2 + j]:.1f} standard deviations.",
            f"    Harder for the classifier itself than for another one: {_verdict([specific_to_classifier(r, i) for r in runs])};"
            f" than for itself at the other stage: {_verdict([specific_to_stage(r, i) for r in runs])}.",
        ]
    for (epoch, eta), part in forms(records).groupby(["epoch", "eta"]):
        row = part.set_index("form")
        lines += [
            f"Epoch {epoch:.0f}, eta = {eta:g}: without rescaling the norm changes by {row.loc['not rescaled', 'norm changes by %']:+.1f} %,"
            f" and the images lie {row.loc['not rescaled', 'distance, random = 1']:.2f} times as far from the generator's own as random ones"
            f" (rescaled: {row.loc['paper', 'distance, random = 1']:.2f});",
            f"    the judge reads the class in {row.loc['not rescaled', 'judge agrees %']:.1f} % (rescaled: {row.loc['paper', 'judge agrees %']:.1f} %)."
            f" Along y it reads {row.loc['along y', 'judge agrees %']:.1f} %{_where_wrong(row)}.",
        ]
    return lines


def _where_wrong(row: pd.DataFrame) -> str:
    along, paper = (row.loc[form, "judge, first read wrong %"] for form in ("along y", "paper"))
    return "" if np.isnan(along) else f"; where the classifier first read another class, {along:.1f} % (along k*: {paper:.1f} %)"


def _verdict(values: Sequence[float]) -> str:
    """In words, with the points and their interval over seeds."""
    found: Estimate = estimate(values)
    return f"{decided(found)} (by {found} points)"
