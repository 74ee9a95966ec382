"""Notebook 05: how good each set of images is (FID, KID, IS, precision and recall, variance), and how diverse what a training of paper A sees is.

table(frame(run_all(plans.images(DIGITS, 5)), "image_quality"))          # a row a set
shown(frame(run_all(plans.images(DIGITS, 5)), "shown_images"))           # two rows a training: as many images as it has at a time, and all
"""

from collections.abc import Sequence
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from companion.report.style import OURS, SECOND, described, listed
from companion.stats import POSITIVE, means, t_interval

IMAGE_SETS = ("real train", "real test", "prior", "mined", "unconditional prior", "fifth prior", "long prior", "conditioned")
JUDGE_LABELLED = ("unconditional prior", "fifth prior", "long prior")
MEASURES = (
    *("fid", "kid", "inception_score", "precision", "recall", "density", "coverage"),
    *("judge_agreement", "pixel_variance", "feature_variance"),
)
TRAININGS = ("real images", "random", "hsm", "ds", "ds+hsm")
DIVERSITY = {"recall": (0, 1), "coverage": (0, 1), "pixel_variance": POSITIVE, "feature_variance": POSITIVE}  # between which bounds
SIZES = ("as many as N", "all seen")


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a set, mean over seeds. FID and KID are in the profile's features: the judge's ("digit") or Inception's.

    judge_agreement: images that the judge reads as labelled; nan for generators without classes, whose images the judge labels.
    biased: the set or the reference has fewer images than the features have dimensions, so that FID is too large; KID is not.
    ValueError where a set has two runs of a seed.
    """
    measured = means(runs, ["image_set"], list(MEASURES)).set_index("image_set")
    measured.loc[measured.index.isin(JUDGE_LABELLED), "judge_agreement"] = np.nan
    sizes = runs.groupby("image_set").agg(images=("samples", "first"), reference=("reference_samples", "first"))
    features = runs.groupby("image_set").agg(features=("feature_space", "first"), dimensions=("feature_dimensions", "first"))
    biased = np.where(sizes.min(axis=1) <= features["dimensions"], "x", "")
    found = sizes.assign(n=measured["n"], features=features["features"], biased=biased).join(measured[list(MEASURES)].round(4))
    return found.loc[[name for name in IMAGE_SETS if name in found.index]].rename_axis("set").reset_index()


def figure(runs: pd.DataFrame) -> Figure:
    """FID by set, precision against recall, and pixel variance by set."""
    found = table(runs)
    fig, (fid, manifold, variance) = plt.subplots(1, 3, figsize=(10, 3.2), layout="constrained")
    sns.barplot(found, x="fid", y="set", hue="set", saturation=1, ax=fid)
    scale = "log" if (found["fid"] > 0).all() else "linear"
    fid.set(xlabel=f"{found['features'].iloc[0]}-FID (log; lower is nearer)", ylabel="", xscale=scale)
    sns.scatterplot(found, x="recall", y="precision", hue="set", legend=False, s=60, ax=manifold)
    manifold.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    sns.barplot(found, x="pixel_variance", y="set", hue="set", saturation=1, ax=variance)
    variance.set(xlabel="pixel variance within a class", ylabel="", yticklabels=[])
    variance.locator_params(axis="x", nbins=4)
    told = listed(found["set"], found["fid"].map("{:.1f}".format))
    return described(fig, f"FID, precision, recall and pixel variance of every set of images. FID: {told}.")


def class_variance_figure(runs: pd.DataFrame, class_names: Sequence[str]) -> Figure:
    """Pixel and feature variance of every set within each class, mean over the seeds at which the set has images of the class."""
    names = list(class_names)
    lists = ["images_by_class", "pixel_variance_by_class", "feature_variance_by_class"]
    classes = runs[["image_set", *lists]].assign(name=[names] * len(runs)).explode(["name", *lists])
    variance = classes[classes["images_by_class"] > 0].astype(dict.fromkeys(lists, float)).groupby(["image_set", "name"])[lists].mean()
    fig, axes = plt.subplots(1, 2, figsize=(10, 2.9), sharey=True, layout="constrained")
    for ax, what in zip(axes, ("pixel", "feature"), strict=True):
        cells = variance[f"{what}_variance_by_class"].unstack().reindex(index=table(runs)["set"], columns=names)
        sns.heatmap(cells, annot=True, fmt=".2f", cmap="Blues", vmin=0, cbar=False, ax=ax, annot_kws={"size": 7})
        ax.set(title=f"{what} variance within a class", xlabel="", ylabel="")
    return described(fig, f"Pixel and feature variance of every set within each class ({', '.join(names)}).")


def sizes(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a run of kind shown-images and size: what was measured of as many images as its training has at a time, and of all that were seen."""
    ds, hsm = runs["classifier.r"] > 0, runs["classifier.hsm"]
    names = np.select([runs["classifier.real"], ds & hsm, ds, hsm], ["real images", "ds+hsm", "ds", "hsm"], default="random")
    rows = runs.assign(training=names, size=[list(SIZES)] * len(runs)).explode(["size", "sizes"], ignore_index=True)
    found = rows[["training", "size", "seed", "different_images"]].join(pd.json_normalize(rows["sizes"].tolist()))
    ordered = {"training": pd.Categorical(found["training"], TRAININGS), "size": pd.Categorical(found["size"], SIZES)}
    return found.assign(**ordered).sort_values(["training", "size"], ignore_index=True)


def shown(runs: pd.DataFrame) -> pd.DataFrame:
    """Mean over seeds. different images: seen in the whole training; measured: of these. ValueError where a training has two runs of a seed."""
    names = {"different_images": "different images", "images": "measured"}
    measured = ["precision", *DIVERSITY]
    found = means(sizes(runs).rename(columns=names), ["training", "size", *names.values()], measured)
    return found[["training", *names.values(), *measured, "n"]].drop_duplicates().round(4)  # a fixed set shows no more than it has


def shown_figure(runs: pd.DataFrame) -> Figure:
    """Each measure of every training, mean and 95 % interval: as many images as the data set has at a time, and all that were seen."""
    rows = sizes(runs)
    rows["training"] = rows["training"].cat.remove_unused_categories()
    fig, axes = plt.subplots(1, len(DIVERSITY), figsize=(11, 3.1), layout="constrained")
    look = {"palette": [OURS, SECOND], "saturation": 1, "err_kws": {"linewidth": 1}}
    for ax, (measure, bounds) in zip(axes, DIVERSITY.items(), strict=True):
        sns.barplot(rows, x="training", y=measure, hue="size", errorbar=partial(t_interval, bounds=bounds), ax=ax, **look)
        ax.set(title=measure.replace("_", " "), xlabel="", ylabel="")
        ax.set_xticks(ax.get_xticks(), [label.get_text().replace(" ", "\n") for label in ax.get_xticklabels()], fontsize=8)
        handles, labels = ax.get_legend_handles_labels()
        ax.get_legend().remove()
    fig.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    recall = rows[rows["size"] == SIZES[0]].groupby("training", observed=True)["recall"].mean()
    told = listed(recall.index, recall.map("{:.2f}".format))
    return described(fig, f"Diversity of what each training sees, by {len(DIVERSITY)} measures. Recall of as many images as N: {told}.")
