"""Records -> figures past the papers: how far mining leads, and accuracy against variety. Like figures.py, from records only."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paperlib.figures import OURS, PAPER, SECOND, THIRD, show
from paperlib.past_papers import AIM, METHODS, PROPOSED, REJECTION, diversity_costs, diversity_runs, mined_classifiers, mined_space
from paperlib.past_papers import diversity as table_of
from paperlib.records import Record


def mining_figure(records: Sequence[Record]) -> Figure:
    """Against the step size: distance to the generator's own samples, the judge's agreement, and the gain of the final classifier."""
    space, classifiers = mined_space(records), mined_classifiers(records)
    figure, (far, agree, final) = plt.subplots(1, 3, figsize=(10, 3.2), layout="constrained")
    mined = space[space["steps"] > 0]
    for (steps, part), color in zip(mined.groupby("steps"), (THIRD, OURS, SECOND), strict=False):
        far.plot(part["eta"], part["distance, random = 1"], "o-", color=color)
        agree.plot(part["eta"], part["judge agrees %"], "o-", color=color, label=f"{steps:.0f} step{'s' if steps > 1 else ''}")
    random = space[space["steps"] == 0].iloc[0]
    far.axhline(random["distance, random = 1"], color=PAPER, linestyle="--", linewidth=1)
    agree.axhline(random["judge agrees %"], color=PAPER, linestyle="--", linewidth=1, label="random images")
    far.set(xscale="log", xlabel="step size (eta)", ylabel="distance to the generator's samples", title="how far mining leads")
    agree.set(xscale="log", xlabel="step size (eta)", ylabel="judge reads the class (%)", title="whether the label stays right")
    agree.legend(fontsize=7, loc="lower left")
    for bna, color in ((False, OURS), (True, SECOND)):
        part = classifiers[(classifiers["BNA"] == bna) & (classifiers["eta"] > 0)]
        final.errorbar(
            part["eta"], part["gain"], yerr=part["gain ±"], marker="o", color=color, capsize=3, label="with BNA" if bna else "without BNA"
        )
    final.axhline(0, color=PAPER, linestyle="--", linewidth=1)
    final.set(xscale="log", xlabel="step size (eta)", ylabel="points over no mining", title="what the classifier gains")
    if len(classifiers):
        final.legend(fontsize=8, loc="lower left")
    return figure


def diversity_figure(records: Sequence[Record]) -> Figure:
    """The judge's accuracy against coverage and against variance, as shares of the truth's; and coverage against the cost of an image.

    A point is a method at a weight, written beside it; bars are 95 % intervals over seeds; the shaded corner is our aim. A method that is
    left far behind is a mark at the lower edge, with its accuracy.
    """
    table, costs = table_of(records), diversity_costs(records)
    truth = table.loc[table["method"] == REJECTION, "judge %"]
    floor = max(0.0, truth.min() - 5) if len(truth) else 0.0
    figure, axes = plt.subplots(1, 3, figsize=(12, 4.4), layout="constrained")
    names = [name for name in METHODS.values() if name in set(table["method"])]
    for name, color in zip(names, sns.color_palette("deep", len(names)), strict=True):
        part, cost = table[table["method"] == name], costs[costs["method"] == name]
        line = "--" if name == REJECTION else "-"
        style = {
            "color": color,
            "marker": "s" if name == REJECTION else "o",
            "markersize": 5,
            "linewidth": 1,
            "linestyle": line,
        }
        below = part[part["judge %"] < floor]
        for ax, share in zip(axes, ("coverage", "variance"), strict=False):
            ax.errorbar(
                part[f"{share} %"], part["judge %"], xerr=part[f"{share} ±"], yerr=part["judge ±"], label=name, elinewidth=0.8, **style
            )
            ax.plot(below[f"{share} %"], np.full(len(below), floor + 0.3), "v", color=color)
            for x, judge in zip(below[f"{share} %"], below["judge %"], strict=True):
                note(ax, f"{judge:.0f} %", (x, floor), color, (0, 7))
        axes[2].plot(cost["µs an image"], part["coverage %"], **style)
        offset = {PROPOSED: (-4, 4), METHODS["posterior"]: (-5, -8)}.get(name, (5, 4))
        for x, y, weight in zip(part["coverage %"], part["judge %"], part["w"], strict=True):
            if y >= floor:
                note(axes[0], f"{weight:g}", (x, y), color, offset)
    for ax, share in zip(axes, ("coverage", "variance"), strict=False):
        least, right = AIM[share], max(109.0, table[f"{share} %"].max() + 5)
        ax.fill_between((least, right), AIM["judge"], 100.5, color=THIRD, alpha=0.2, linewidth=0)
        ax.set(xlabel=f"{share}, % of the truth's", ylabel="judge's accuracy (%)", xlim=(0, right), ylim=(floor, 100.5))
    axes[2].set(xscale="log", xlabel="µs an image of the rarest attribute", ylabel="coverage, % of the truth's", ylim=(0, 105))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return figure


def diversity_samples_figure(records: Sequence[Record], attribute: int) -> Figure:
    """Twenty images of one attribute by every method and weight, the first seed's."""
    runs = diversity_runs(records)
    columns = 6
    rows = -(-len(runs) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(1.9 * columns, 1.85 * rows), squeeze=False, layout="constrained")
    for ax in axes.flat[len(runs) :]:
        ax.axis("off")
    for ax, ((method, weight), found) in zip(axes.flat, runs.items(), strict=False):
        run = min(found, key=lambda r: r.seed)
        side = run.pictures["samples"].shape[0] // len(run.metrics["judge_by_attribute"])
        strip = run.pictures["samples"][attribute * side : (attribute + 1) * side]
        show(
            ax,
            np.concatenate(np.split(strip, np.arange(5, strip.shape[1] // side, 5) * side, axis=1))
            if strip.shape[1] % (5 * side) == 0
            else strip,
        )
        ax.set_title(f"{method}\nw = {weight:g}", fontsize=7.5)
    return figure


def note(ax: Axes, text: str, at: tuple[float, float], color: Any, offset: tuple[int, int]) -> None:
    """A small text beside a point, `offset` printer's points away."""
    side = {-1: "right", 0: "center", 1: "left"}[int(np.sign(offset[0]))]
    ax.annotate(text, at, textcoords="offset points", xytext=offset, ha=side, fontsize=7, color=color)
