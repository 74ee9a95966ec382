"""Fig. 3 of paper A, and what it says put to the test: to whom mined images are hard, and whether eq. 3 has the right form.

runs = frame(run_all(plans.fig3(DIGITS, 10)), "hard_samples")
table(runs)                                  # a row a stage of training
transfer_figure(transfer(runs))              # who reads the mined images how well
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from companion.report.style import OURS, PAPER, SECOND, THIRD, apart, described, illustrated, no_pictures, listed, show
from companion.stats import decided, means, summary

STAGES = {
    "stages": "epoch",
    "n": "n",
    "score_drop": "score of k* falls by",
    "accuracy_before": "accuracy before",
    "accuracy_after": "accuracy after",
    "judge_agreement_random": "judge agrees, random",
    "judge_agreement": "judge agrees, mined",
    "norm_error": "largest norm error",
}
FORMS = {
    "stage": "epoch",
    "step_size": "eta",
    "form": "form",
    "norm_change": "norm changes by %",
    "distance": "distance, random = 1",
    "judge": "judge agrees %",
    "judge_where_wrong": "judge, first read wrong %",
    "classifier": "classifier right %",
    "n": "n",
}
ACCURACY, FALL = "accuracy %", "fall of k* (sd)"


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """What mining does at each stage, mean over seeds: fall of the score of k*; accuracies and the judge's agreement in percent."""
    lists = ["score_drop", "accuracy_before", "accuracy_after", "judge_agreement", "norm_error"]
    rows = runs.explode(["stages", *lists])
    frame = means(rows, ["stages"], [*lists, "judge_agreement_random"])[list(STAGES)].rename(columns=STAGES)
    shares = [name for name in frame if name.startswith(("accuracy", "judge"))]
    frame[shares] *= 100
    return frame


def figure(runs: pd.DataFrame, class_names: Sequence[str]) -> Figure:
    """Fig. 3, of the first run: a random image of each class, and the two mined from it at two stages of training."""
    runs = illustrated(runs)
    if runs.empty:
        return no_pictures()
    pictures = runs["pictures"].iloc[0]
    fig, axes = plt.subplots(len(pictures), 1, figsize=(8, 0.95 * len(pictures)), layout="constrained")
    for ax, (name, column) in zip(axes, pictures.items(), strict=True):
        side = column.shape[1]
        show(ax, np.hstack(np.split(column, len(column) // side)))
        ax.set_ylabel("random" if name == "random" else f"mined at\n{name}", rotation=0, ha="right", va="center")
    axes[-1].set_xticks((np.arange(len(class_names)) + 0.5) * side, [name.replace(" ", "\n") for name in class_names])
    apart(axes[-1], class_names)
    mined = ", ".join(name for name in pictures if name != "random")
    return described(fig, f"A random image of each class ({', '.join(class_names)}), and below it the images mined from it at {mined}.")


def scores_figure(runs: pd.DataFrame) -> Figure:
    """Score of k* after mining against before, at both stages; the same for the norms."""
    first, second = runs["stages"].iloc[0]
    panels = [
        (f"classifier after epoch {stage}", "score of k*", f"score_before_epoch_{stage}", f"score_after_epoch_{stage}", OURS)
        for stage in (first, second)
    ]
    panels.append(("norms are kept", "|z|", "norm_random", f"norm_epoch_{second}", THIRD))
    fig, axes = plt.subplots(1, 3, figsize=(9, 3), layout="constrained")
    for ax, (title, what, before, after, color) in zip(axes, panels, strict=True):
        x, y = runs[f"history.{before}"].explode(), runs[f"history.{after}"].explode()
        ax.scatter(x, y, s=6, color=color, alpha=0.5)
        ax.axline((x.min(), x.min()), slope=1, color=PAPER, linewidth=1, zorder=0)
        ax.set(xlabel=f"{what}, before", ylabel="after mining", title=title)
    stages = table(runs)
    falls = listed(stages["epoch"].map("epoch {}".format), stages["score of k* falls by"].map("{:.1f}".format))
    text = f"Score of k* after mining against before, and the norms of the latents, which stay. Mean fall of the score: {falls}."
    return described(fig, text)


def transfer(runs: pd.DataFrame) -> pd.DataFrame:
    """Accuracy in percent of each reader on the random images and on those mined at each stage, mean over seeds; then the falls of k*'s
    logit in standard deviations. ValueError where a seed stands twice."""
    if runs["seed"].duplicated().any():
        raise ValueError("transfer: a seed stands twice; leave one of its rows out.")
    stages = runs["stages"].iloc[0]
    mined = [f"mined at epoch {stage}" for stage in stages]
    readers = [f"{who}, epoch {stage}" for who in ("the same", "another") for stage in stages]
    accuracy = pd.DataFrame(100 * np.mean(runs["transfer_accuracy"].tolist(), axis=0), columns=readers)
    falls = pd.DataFrame(np.mean(runs["transfer_effect"].tolist(), axis=0), columns=readers)
    both = pd.concat([accuracy.assign(quantity=ACCURACY, images=["random", *mined]), falls.assign(quantity=FALL, images=mined)])
    return both.assign(n=len(runs))[["quantity", "images", *readers, "n"]].round(2)


def transfer_figure(found: pd.DataFrame) -> Figure:
    """Two heat maps: what mining against one classifier at one stage takes from every reader. found: what transfer returns."""
    numbers = found.set_index(["quantity", "images"]).drop(columns="n").rename(columns=lambda reader: reader.replace(", ", ",\n"))
    accuracy, falls = numbers.loc[ACCURACY], numbers.loc[FALL]
    lost = accuracy.loc["random"] - accuracy.drop("random")
    fig, axes = plt.subplots(1, 2, figsize=(10, 2.4), sharey=True, layout="constrained")
    for ax, values, title in zip(axes, (lost, falls), ("accuracy lost (points)", "fall of k*'s logit (standard deviations)"), strict=True):
        sns.heatmap(values, annot=True, fmt=".1f", cmap="Reds", vmin=0, cbar=False, ax=ax)
        for i in range(2):
            ax.add_patch(Rectangle((i, i), 1, 1, fill=False, edgecolor="black", linewidth=2))
        ax.set(title=title, xlabel="read by this classifier", ylabel="")
        ax.tick_params(axis="both", labelsize=8, rotation=0)
    told = listed(falls.index, [f"{fall:.1f}" for fall in np.diag(falls)])
    text = f"What mining takes from four classifiers. Fall of k*'s logit, in deviations, for the classifier that was mined against: {told}."
    return described(fig, text)


def specific(runs: pd.DataFrame) -> pd.DataFrame:
    """Points of accuracy that the classifier loses more, on images mined against it, than another one does, and than itself at the other stage."""
    stages, accuracy = runs["stages"].iloc[0], 100 * np.array(runs["transfer_accuracy"].tolist())
    lost = accuracy[:, :1] - accuracy[:, 1:]
    parts = [
        pd.DataFrame({"mined at epoch": stage, "harder than for": other, "seed": runs["seed"], "points": lost[:, i, i] - lost[:, i, j]})
        for i, stage in enumerate(stages)
        for other, j in (("another classifier", 2 + i), ("itself at the other stage", 1 - i))
    ]
    found = summary(pd.concat(parts), ["mined at epoch", "harder than for"], "points", name="points")
    return found.assign(verdict=[decided(*ends) for ends in found[["low", "high"]].to_numpy()]).round(1)


def forms(runs: pd.DataFrame) -> pd.DataFrame:
    """The paper's form of mining and two others, mean over seeds; shares in percent.

    judge, first read wrong: of the latents whose first image the classifier read as another class; there k* is not y.
    """
    rows = pd.json_normalize(runs[["seed", "forms"]].to_dict("records"), "forms", "seed").reindex(columns=["seed", *FORMS])
    measured = [name for name in FORMS if name not in ("stage", "step_size", "form", "n")]
    frame = means(rows, ["stage", "step_size", "form"], measured)[list(FORMS)].rename(columns=FORMS)
    shares = [name for name in frame if name.endswith("%")]
    frame[shares] *= 100
    return frame.round(2)


def forms_figure(found: pd.DataFrame) -> Figure:
    """Norm, distance and the judge's agreement after each form, for every stage and step size. found: what forms returns."""
    where = found["epoch"].map("epoch {}\n".format) + found["eta"].map("eta {:g}".format)
    fig, axes = plt.subplots(1, 4, figsize=(11, 3.2), layout="constrained")
    columns = {"norm changes by %": 0, "distance, random = 1": 1, "judge agrees %": 100, "judge, first read wrong %": 100}
    for ax, (column, ideal) in zip(axes, columns.items(), strict=True):
        sns.barplot(found, x=where, y=column, hue="form", palette=[OURS, SECOND, THIRD], saturation=1, legend=ax is axes[0], ax=ax)
        ax.set(xlabel="", ylabel="")
        ax.tick_params(axis="x", labelsize=7)
        ax.set_title(column, fontsize=9)
        ax.axhline(ideal, color=PAPER, linewidth=1)
    handles, labels = axes[0].get_legend_handles_labels()
    axes[0].get_legend().remove()
    fig.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    told = listed(found["form"] + ", " + where.str.replace("\n", ", "), found["judge agrees %"].map("{:.0f} %".format))
    return described(fig, f"Norm, distance and the judge's reading after three forms of mining. The judge reads the class: {told}.")
