"""Notebook 06, past paper B: accuracy and variety of every way to draw images of an attribute.

table(frame(found(DIGITS), "diversity"))          # a row a method and weight
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from companion.report.style import THIRD, described, illustrated, no_pictures, note, show
from companion.results import sampling_costs
from companion.results.methods import KEY, METHODS, REJECTION, TRUTH, named, of
from companion.stats import SHARE, error_bars, means, summary

AIM = {"judge": 99.0, "variance": 90.0, "coverage": 90.0}  # set by us: the shaded corner
SECOND_JUDGE = "second judge %"
COLUMNS = (
    *("method", "w", "labels an epoch", "n", "teacher %", "judge %", "judge low", "judge high", SECOND_JUDGE),
    *("variance %", "variance ±", "feature variance %", "coverage %", "coverage ±"),
    *("of the target's variance %", "of the target's coverage %"),
)
MANIFOLD = {"on_manifold": "inside %", "judge_on_manifold": "judge inside %", "judge_off_manifold": "judge outside %"}
RIVALS = dict(zip(("likelihood", "tuned", "map", "resampling", "langevin", "mala", "ode"), "v^<>PXD", strict=True))  # markers; grey


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Each method and weight, mean over seeds: labels that an epoch of paper B's loop trains on; accuracies in percent; variance within an
    attribute and coverage of the truth in percent of what another draw of the truth has, with 95 % intervals; and in percent of what the
    target has: rejection at the method's own weight."""
    runs = named(runs)
    truth, rejection = of(runs, TRUTH), runs[runs["method"] == REJECTION]
    measured = {"teacher %": 100 * runs["teacher_accuracy"], "judge %": 100 * runs["judge_accuracy"]}
    measured |= {"labels an epoch": runs.get("method.labels_per_epoch", np.nan)}
    if "second_judge_accuracy" in runs:
        measured[SECOND_JUDGE] = 100 * runs["second_judge_accuracy"]
    for name, metric in (("variance", "pixel_variance"), ("feature variance", "feature_variance"), ("coverage", "truth_coverage")):
        measured[f"{name} %"] = share(runs, metric, truth, ["seed"])
        measured[f"of the target's {name} %"] = share(runs, metric, rejection, ["seed", "w"])
    runs = runs.assign(**measured)
    judge = summary(runs, KEY, "judge %", SHARE).rename(columns={"low": "judge low", "high": "judge high"})
    found = judge.merge(means(runs, KEY, list(measured)).drop(columns="n"), on=KEY, validate="one_to_one")
    found = found.rename(columns={"variance % ±": "variance ±", "coverage % ±": "coverage ±"}).astype({"labels an epoch": "Int64"})
    return _rounded(found[[column for column in COLUMNS if column in found]], 3)


def share(runs: pd.DataFrame, metric: str, whole: pd.DataFrame, on: list[str]) -> pd.Series:
    """The metric in percent of what the run of `whole` with the same values of `on` has; nan without one, MergeError where there are two."""
    base = runs[on].merge(whole[[*on, metric]], on=on, how="left", validate="many_to_one")
    return 100 * runs[metric] / base[metric].to_numpy()


def distances(runs: pd.DataFrame) -> pd.DataFrame:
    """Precision, recall, density, coverage and FID against the truth and against the real images of the class, mean over attributes and seeds."""
    measures = ("precision", "recall", "density", "coverage", "fid")
    columns = {f"{reference}_{name}": f"{name}, {reference}" for reference in ("truth", "real") for name in measures}
    found = means(named(runs), KEY, list(columns)).rename(columns=columns)
    return _rounded(found[[*KEY, *columns.values()]], 3)


def manifold(runs: pd.DataFrame) -> pd.DataFrame:
    """Share of the images inside the manifold of the real ones, and the judge's accuracy inside and outside, in percent; nan where no image is."""
    runs = named(runs).reindex(columns=[*KEY, *MANIFOLD])
    return _rounded((100 * runs.groupby(KEY, sort=False).mean()).rename(columns=MANIFOLD).reset_index(), 2)


def _rounded(frame: pd.DataFrame, digits: int) -> pd.DataFrame:
    """Every column rounded but the weight, which may be small."""
    return frame.round(dict.fromkeys(frame.columns.drop("w"), digits))


def agreement(methods: pd.DataFrame) -> str:
    """One line: whether both judges rank the methods alike. methods: `table`'s."""
    if SECOND_JUDGE not in methods:
        return "This profile has no second judge."
    tau = methods["judge %"].corr(methods[SECOND_JUDGE], method="kendall")
    return f"The methods, ranked by the judge and by the second judge: Kendall's tau = {tau:.2f} (1 is the same order, 0 no relation)."


def figure(runs: pd.DataFrame) -> Figure:
    """The judge's accuracy against coverage and against variance, as shares of the truth's; and coverage against the passes of an image.

    A point is a method at a weight w, which is written beside it where it has several; bars are 95 % intervals over seeds; the shaded corner is
    99 % and 90 %. Of a method below the axis, the legend tells the accuracy. Rivals are grey.
    """
    price = sampling_costs.table(runs)[[*KEY, "passes an image"]]
    found = table(runs).merge(price, on=KEY, how="left", validate="one_to_one")
    floor = np.nanmax([0.0, found.loc[found["method"] == REJECTION, "judge %"].min() - 5])
    seen = found[found["judge %"] >= floor]
    fig, axes = plt.subplots(1, 3, figsize=(12, 4.6), layout="constrained")
    markers = {METHODS[name]: marker for name, marker in RIVALS.items()} | {REJECTION: "s"}
    ours = [name for name in found["method"].unique() if name == REJECTION or name not in markers]
    colors = dict(zip(ours, sns.color_palette("deep"), strict=False))
    for name in found["method"].unique():
        part, color = seen[seen["method"] == name], colors.get(name, "0.55")
        style = {"color": color, "marker": markers.get(name, "o"), "markersize": 5}
        line = style | {"linewidth": 1, "elinewidth": 0.8, "linestyle": "--" if name == REJECTION else "-"}
        lost = found.loc[(found["method"] == name) & (found["judge %"] < floor), "judge %"]
        label = name + "".join(f" (judge {judge:.0f} %)" for judge in lost)
        heights = error_bars(part.rename(columns={"judge low": "low", "judge high": "high"}), "judge %")
        for ax, what in zip(axes, ("coverage", "variance"), strict=False):
            ax.errorbar(part[f"{what} %"], part["judge %"], xerr=part[f"{what} ±"], yerr=heights, label=label, **line)
        axes[2].plot(part["passes an image"], part["coverage %"], linestyle="none", **style)
        if len(part) > 1:
            offset = (-5, -9) if name == METHODS["posterior"] else (5, 4)
            for x, y, w in part[["coverage %", "judge %", "w"]].itertuples(index=False):
                note(axes[0], f"{w:g}", (x, y), color, offset)
    for ax, what in zip(axes, ("coverage", "variance"), strict=False):
        right = np.nanmax([109.0, seen[f"{what} %"].max() + 5])
        ax.fill_between((AIM[what], right), AIM["judge"], 100.5, color=THIRD, alpha=0.2, linewidth=0)
        ax.set(xlabel=f"{what}, % of the truth's", ylabel="judge's accuracy (%)", xlim=(0, right), ylim=(floor, 100.5))
    axes[2].set(xscale="log", xlabel="passes an image, rarest attribute", ylabel="coverage, % of the truth's", ylim=(0, 105))
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=8, frameon=False)
    points = found[["method", "w", "judge %", "coverage %", "variance %"]].itertuples(index=False)
    told = "; ".join(f"{method}, w = {w:g}: {judge:.0f}, {coverage:.0f}, {variance:.0f}" for method, w, judge, coverage, variance in points)
    return described(
        fig, f"The judge's accuracy, coverage and variance of every method, in percent (in this order), and the passes of an image. {told}."
    )


def samples_figure(runs: pd.DataFrame, attribute: int) -> Figure:
    """Twenty images of one attribute by every method and weight, from the first seed."""
    runs = illustrated(runs)
    if runs.empty:
        return no_pictures()
    first, columns = named(runs).drop_duplicates(KEY), 6
    rows = -(-len(first) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(1.9 * columns, 1.85 * rows), squeeze=False, layout="constrained")
    for ax in axes.flat[len(first) :]:
        ax.axis("off")
    for ax, run in zip(axes.flat, first.to_dict("records"), strict=False):
        picture = run["pictures"]["samples"]  # a row of images an attribute
        strip = np.split(picture, len(run["judge_by_attribute"]))[attribute]
        images = np.split(strip, strip.shape[1] // strip.shape[0], axis=1)
        lines = [np.concatenate(images[i : i + 5], axis=1) for i in range(0, len(images), 5)]
        show(ax, np.concatenate(lines) if len(images) % 5 == 0 else strip)
        ax.set_title(f"{run['method']}\nw = {run['w']:g}", fontsize=7.5)
    return described(fig, f"Twenty images of attribute {attribute} by each method and weight: {', '.join(first['method'].unique())}.")
