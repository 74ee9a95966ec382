"""Records -> figures. Like report.py this reads records only; each function returns a matplotlib figure.

save(table1_figure(find("digits")), folder, "table1")        # folder/figures/table1.png and .svg
"""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paperlib import printed_numbers, report
from paperlib.records import Record
from paperlib.support.files import replacing

OURS, SECOND, THIRD = "#1b6ca8", "#d1495b", "#66a182"
PAPER, DARK = "#b0b0b0", "#555555"
STYLE = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.dpi": 110,
    "savefig.dpi": 150,
    "svg.hashsalt": "paperlib",
    "font.size": 9,
}
sns.set_theme(context="notebook", style="whitegrid", rc=STYLE)


def save(figure: Figure, folder: Path, name: str) -> None:
    for suffix in (".png", ".svg"):
        with replacing(folder / "figures" / f"{name}{suffix}") as path:
            figure.savefig(path, bbox_inches="tight", metadata={"Date": None} if suffix == ".svg" else None)


def table1_figure(records: Sequence[Record]) -> Figure:
    """Our seeds, mean and 95 % interval for each column above the paper's values; two data sets, so two axes."""
    table = report.table1(records)
    figure, (ours, theirs) = plt.subplots(2, 1, figsize=(9, 5), height_ratios=(3, 2), sharex=True, layout="constrained")
    x = np.arange(len(table))
    first = report.of_kind(records, "classifier")[0]
    tested, profile = first.metrics["test_images"], first.config["profile"]
    for i, column in enumerate(printed_numbers.TABLE1):
        values = report.column_values(records, column)
        ours.plot(np.full(len(values), i + 0.15), values, ".", color=OURS, alpha=0.4, markersize=5)
    ours.errorbar(x, table["ours"], yerr=table["± 95 %"], fmt="o", color=OURS, capsize=4)
    ours.set(ylabel="top-1 (%)", title=f"ours: {profile}, {tested:,} real test images; mean, 95 % interval, and every seed")
    theirs.plot(x, table["paper"], "D", color=DARK)
    theirs.set(ylabel="top-1 (%)", title=f"paper: BigGAN-128, ImageNet-10, {printed_numbers.TEST_IMAGES} real test images; one run")
    theirs.set_xticks(x, table["column"].str.replace("+", "\n+").str.replace(" (", "\n("))
    return figure


def gains_figure(records: Sequence[Record]) -> Figure:
    """Each method's gain wherever it is added: ours, paired over seeds, beside the paper's."""
    table = report.gains(records)
    figure, axes = plt.subplots(1, 3, figsize=(9, 2.9), sharey=True, layout="constrained")
    for ax, (method, part) in zip(axes, table.groupby("method", sort=False), strict=True):
        x = np.arange(len(part))
        ax.bar(x - 0.2, part["paper"], 0.38, color=PAPER, label="paper")
        ax.bar(x + 0.2, part["ours"], 0.38, yerr=part["± 95 %"].fillna(0), color=OURS, capsize=2, label="ours")
        ax.set_xticks(x, part["added to"].str.replace("+", "\n+"))
        ax.set_title(f"+ {method}")
        ax.axhline(0, color="black", linewidth=0.8)
    axes[0].set_ylabel("gain (percentage points)")
    axes[0].legend()
    return figure


def sweep_figure(records: Sequence[Record], reference: Sequence[Record] = ()) -> Figure:
    """Fig. 4: accuracy against r without and with BNA, ours and what the paper gives as numbers; the cost of a run against r.

    reference: records drawn as thin dashed lines.
    """
    table, committed = report.sweep(records), report.sweep(reference)
    figure, (ours, theirs, cost) = plt.subplots(1, 3, figsize=(10, 3.2), width_ratios=(3, 2, 2), layout="constrained")
    for bna, color in ((False, OURS), (True, SECOND)):
        label = "with BNA" if bna else "without BNA"
        part = table[table["BNA"] == bna]
        ours.errorbar(part["r"], part["ours"], yerr=part["± 95 %"], marker="o", color=color, capsize=3, label=label)
        if len(committed):
            line = committed[committed["BNA"] == bna]
            ours.plot(line["r"], line["ours"], "--", color=color, linewidth=1, alpha=0.6)
        known = sorted((r, accuracy) for (r, with_bna), accuracy in printed_numbers.FIG4_KNOWN.items() if with_bna == bna)
        theirs.plot(*zip(*known, strict=True), "D:", color=color, label=label)
    ours.set(ylabel="top-1 on real test images (%)", title=f"ours: {records[0].config['profile']}")
    theirs.set(title="paper: the four values in its text", xlim=(-0.05, 1.05))
    cost.plot(table["r"], table["seconds"], "o-", color=THIRD)
    cost.set(ylabel="seconds of a run", ylim=(0, None), title="cost, ours")
    for ax in (ours, theirs, cost):
        ax.set(xlabel="replacement fraction r")
    ours.legend(fontsize=8)
    return figure


def fig3(record: Record, class_names: Sequence[str]) -> Figure:
    """A random image of each class and the two mined from it, at two stages of training."""
    rows = list(record.pictures)
    figure, axes = plt.subplots(len(rows), 1, figsize=(8, 0.95 * len(rows)), layout="constrained")
    for ax, name in zip(axes, rows, strict=True):
        column = record.pictures[name]
        side = column.shape[1]
        strip = np.concatenate([column[i : i + side] for i in range(0, len(column), side)], axis=1)
        show(ax, strip)
        ax.set_ylabel("random" if name == "random" else f"mined at\n{name}", rotation=0, ha="right", va="center")
    side = record.pictures[rows[0]].shape[1]
    axes[-1].set_xticks((np.arange(len(class_names)) + 0.5) * side, [name.replace(" ", "\n") for name in class_names])
    return figure


def scores_figure(records: Sequence[Record]) -> Figure:
    """Score of k* before and after mining at both stages; norms before and after."""
    runs = report.of_kind(records, "hard-samples")
    stages = runs[0].config["stages"]
    figure, axes = plt.subplots(1, 3, figsize=(9, 3), layout="constrained")
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
    return figure


def conditioning_figure(records: Sequence[Record]) -> Figure:
    """Accuracy by teacher and judge, loss, and mu and sigma, epoch by epoch; a line a seed, the mean drawn strong."""
    runs = report.conditioning_runs(records, *report.own_setting(records))
    figure, axes = plt.subplots(1, 3, figsize=(9.5, 3), layout="constrained")
    curves(axes[0], runs, "accuracy", OURS, "teacher (frozen, trains)", 100)
    curves(axes[0], runs, "judge_accuracy", SECOND, "judge (only watches)", 100)
    axes[0].axvline(
        printed_numbers.CONDITIONING_EPOCHS,
        color=PAPER,
        linestyle="--",
        linewidth=1,
        label=f"paper: 100 % by epoch {printed_numbers.CONDITIONING_EPOCHS}",
    )
    axes[0].set(xlabel="epoch", ylabel="conditioning accuracy (%)")
    curves(axes[1], runs, "loss", OURS, "cross-entropy")
    axes[1].set(xlabel="epoch", ylabel="training loss", yscale="log")
    curves(axes[2], runs, "mu_norm", OURS, "|mu|")
    curves(axes[2], runs, "sigma", SECOND, "mean sigma")
    axes[2].set(xlabel="epoch", ylabel="latent units", ylim=(0, None))
    for ax in (axes[0], axes[2]):
        ax.legend(fontsize=8)
    return figure


def curves(ax: Axes, runs: Sequence[Record], name: str, color: str, label: str, scale: float = 1) -> None:
    """One thin line a run, from epoch 1, and their mean."""
    values = scale * np.array([r.history[name] for r in runs])
    epochs = np.arange(1, values.shape[1] + 1)
    ax.plot(epochs, values.T, color=color, alpha=0.25, linewidth=1)
    ax.plot(epochs, values.mean(0), color=color, linewidth=2, label=label)


def confidence_figure(records: Sequence[Record]) -> Figure:
    """Confidence and calibration error during training, and the reliability diagram at its end, for teacher and judge."""
    runs = report.conditioning_runs(records, *report.own_setting(records))
    figure, axes = plt.subplots(1, 3, figsize=(9.5, 3), layout="constrained")
    for who, color in (("teacher", OURS), ("judge", SECOND)):
        curves(axes[0], runs, f"{who}_confidence", color, who)
        curves(axes[1], runs, f"{who}_ece", color, who)
        points = [
            (c, a)
            for r in runs
            for c, a in zip(r.metrics[f"{who}_calibration"]["confidence"], r.metrics[f"{who}_calibration"]["accuracy"], strict=True)
            if c is not None
        ]
        axes[2].plot(*zip(*points, strict=True), "o", color=color, alpha=0.6, label=who, markersize=4)
    axes[2].plot((0, 1), (0, 1), color=PAPER, linewidth=1)
    axes[0].set(xlabel="epoch", ylabel="mean top-1 confidence")
    axes[1].set(xlabel="epoch", ylabel="expected calibration error", ylim=(0, None))
    axes[2].set(xlabel="confidence (bin mean)", ylabel="accuracy in the bin")
    axes[2].legend(fontsize=8)
    return figure


def samples_figure(records: Sequence[Record], class_names: Sequence[str]) -> Figure:
    """Ten conditioned samples an attribute, a panel a setting."""
    found = {label: report.conditioning_runs(records, *key) for key, label in report.CONDITIONINGS.items()}
    found = {label: runs for label, runs in found.items() if runs}
    figure, axes = plt.subplots(1, len(found), figsize=(2.7 * len(found), 3.1), squeeze=False, layout="constrained")
    for ax, (label, runs) in zip(axes[0], found.items(), strict=True):
        picture = runs[0].pictures["samples"]
        show(ax, picture)
        ax.set_yticks((np.arange(len(class_names)) + 0.5) * picture.shape[0] / len(class_names), class_names)
        ax.set_title(label.replace(", ", ",\n").replace(" (", "\n("), fontsize=9)
    return figure


def variance_figure(records: Sequence[Record], class_names: Sequence[str]) -> Figure:
    """Pixel variance within an attribute (paper-B run) against the prior's; and over the epochs."""
    runs = report.conditioning_runs(records, *report.own_setting(records))
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    left.bar(
        class_names, np.mean([r.metrics["variance_by_attribute"] for r in runs], axis=0), color=OURS, label="conditioned, by attribute"
    )
    left.axhline(float(np.mean([r.metrics["prior_variance"] for r in runs])), color=SECOND, label="prior, mean within the judge's classes")
    left.set(xlabel="attribute", ylabel="pixel variance within")
    left.set_ylim(0, 1.35 * left.get_ylim()[1])
    left.legend(fontsize=8)
    curves(right, runs, "variance", OURS, "conditioned")
    right.set(xlabel="epoch", ylabel="pixel variance within", ylim=(0, None))
    return figure


def evaluation_figure(records: Sequence[Record], class_names: Sequence[str]) -> Figure:
    """Recall of every attribute by teacher and judge, a row a setting; below, pixel variance within each attribute beside the real images'."""
    found = {label: runs for labels, label in report.EVALUATIONS.items() if (runs := report.evaluation_runs(records, labels))}
    figure = plt.figure(figsize=(10, 5.6), layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=(2, 3))
    for i, who in enumerate(("teacher", "judge")):
        ax = figure.add_subplot(grid[0, i])
        recall = {label: 100 * report.classification(report.confusion(runs, who))["recall"] for label, runs in found.items()}
        cells = pd.DataFrame(recall).set_axis(list(class_names)).T
        sns.heatmap(
            cells, annot=True, fmt=".0f", cmap="Blues", vmin=0, vmax=100, cbar=False, ax=ax, annot_kws={"size": 8}, yticklabels=i == 0
        )
        ax.set(title=f"recall by attribute (%): {who}")
    ax = figure.add_subplot(grid[1, :])
    variance = {label: report.variance_by_attribute(runs) for label, runs in found.items()}
    variance["real images"] = report.variance_by_attribute(next(iter(found.values())), "real_")
    colors = [*sns.color_palette("deep", len(found)), DARK]
    for i, (label, values) in enumerate(variance.items()):
        width = 0.8 / len(variance)
        ax.bar(np.arange(len(values)) + (i + 0.5) * width - 0.4, values, width, color=colors[i], label=label)
    ax.set_xticks(range(len(class_names)), class_names)
    ax.set(xlabel="attribute", ylabel="pixel variance within", xlim=(-0.6, len(class_names) - 0.4))
    ax.grid(False, axis="x")
    ax.legend(fontsize=8, loc="center right", bbox_to_anchor=(-0.115, 0.5), frameon=False)
    return figure


def quality_figure(records: Sequence[Record]) -> Figure:
    """FID by set, precision against recall, and pixel variance by set."""
    table = report.image_quality(records)
    figure, (a, b, c) = plt.subplots(1, 3, figsize=(10, 3.2), layout="constrained")
    colors = sns.color_palette("deep", len(table))
    a.barh(table["set"], table["fid"], color=colors)
    a.set(xlabel=f"{table['features'].iloc[0]}-FID (log; lower is nearer)", xscale="log" if (table["fid"] > 0).all() else "linear")
    a.invert_yaxis()
    for color, (_, row) in zip(colors, table.iterrows(), strict=True):
        b.plot(row["recall"], row["precision"], "o", color=color, label=row["set"])
    b.set(xlabel="recall", ylabel="precision", xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    c.barh(table["set"], table["pixel_variance"], color=colors)
    c.set(xlabel="pixel variance within a class", yticklabels=[])
    c.invert_yaxis()
    c.locator_params(axis="x", nbins=4)
    return figure


def class_variance_figure(records: Sequence[Record], class_names: Sequence[str]) -> Figure:
    """Pixel and feature variance of every set within each class, mean over seeds."""
    figure, axes = plt.subplots(1, 2, figsize=(10, 2.9), sharey=True, layout="constrained")
    for ax, what in zip(axes, ("pixel", "feature"), strict=True):
        rows = {}
        for image_set in report.image_quality(records)["set"]:
            runs = report.of_kind(records, "image-quality", image_set=image_set)
            rows[image_set] = np.nanmean(np.array([r.metrics[f"{what}_variance_by_class"] for r in runs], dtype=float), axis=0)
        sns.heatmap(
            pd.DataFrame(rows, index=list(class_names)).T,
            annot=True,
            fmt=".2f",
            cmap="Blues",
            vmin=0,
            cbar=False,
            ax=ax,
            annot_kws={"size": 7},
        )
        ax.set_title(f"{what} variance within a class")
    return figure


def pictures_figure(pictures: dict[str, np.ndarray]) -> Figure:
    """Pictures in [-1, 1] side by side, by name."""
    figure, axes = plt.subplots(1, len(pictures), figsize=(3.1 * len(pictures), 3.3), squeeze=False, layout="constrained")
    for ax, (name, picture) in zip(axes[0], pictures.items(), strict=True):
        show(ax, picture)
        ax.set_title(name, fontsize=9)
    return figure


def learning_figure(record: Record) -> Figure:
    """Loss and training accuracy of one classifier run."""
    frame = pd.DataFrame(record.history)
    figure, axes = plt.subplots(1, 2, figsize=(7, 2.6), layout="constrained")
    for ax, name in zip(axes, ("loss", "accuracy"), strict=True):
        ax.plot(frame.index + 1, frame[name], "o-", color=OURS)
        ax.set(xlabel="epoch", ylabel=f"training {name}")
    return figure


def show(ax: Axes, picture: np.ndarray) -> None:
    ax.imshow(np.clip((picture + 1) / 2, 0, 1), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
