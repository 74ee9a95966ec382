"""Notebook 07: when do paper A's methods help? The gain of each against the distance of the generator from its data.

runs = measured(Paths.from_environment(), seeds=3)          # companion.experiment.stages: a row a training of a classifier
laws(gains(runs))                                           # how the gains move with the distance

    gain = a + b x + u_training + v_generator + noise,     x = log2 FID, or recall in units of 0.1

u and v are random: generators of one training (its stages, and its truncations) are more alike than those of two. So the intervals
count trainings, not generators: Student's t with as many degrees of freedom as there are trainings, less two. The noise is that of a
classifier's seed; no two generators share one. FIDs of two data sets do not compare, for their features differ, so each data set has its own law.
"""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from companion import printed_numbers
from companion.report.style import DARK, OURS, SECOND, THIRD, described, listed
from companion.results.mixed_model import Line, fit_line
from companion.stats import summary, t_interval

# Columns of a generator; training and generator are names.
GENERATOR = ["data", "family", "training", "generator", "step", "truncation", "fid", "recall"]
METHODS = {  # what is read, hsm, r
    "HSM": ("accuracy", True, 0.0),
    "DS": ("accuracy", False, printed_numbers.TABLE1_R),
    "BNA": ("accuracy_bna", False, 0.0),
    "all three": ("accuracy_bna", True, printed_numbers.TABLE1_R),
}
DISTANCES = {"fid": "doubling of the FID", "recall": "0.1 of recall"}
PRINTED = {column.name: column.accuracy for column in printed_numbers.TABLE1}
COLUMNS = {"HSM": "hsm", "DS": "ds", "BNA": "bna", "all three": "ds+hsm+bna"}  # of the paper's Table 1
COLORS = {"plain": OURS, "mode-seeking": SECOND, "cifar10": THIRD}
GRID = 100


def gains(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a generator and seed: the baseline in percent, and what each method adds to it in points. ValueError where a seed stands twice."""
    own = runs[runs["images"] == runs.groupby("generator")["images"].transform("min")]  # without the larger fixed sets
    accuracies = 100 * own.pivot(index=[*GENERATOR, "seed"], columns=["hsm", "r"], values=["accuracy", "accuracy_bna"])
    baseline = accuracies["accuracy", False, 0.0]
    return pd.DataFrame({"baseline": baseline} | {name: accuracies[read] - baseline for name, read in METHODS.items()}).reset_index()


def table(gained: pd.DataFrame) -> pd.DataFrame:
    """A row a generator, nearest to its data first: FID, recall, the baseline and the mean gain of each method, in percent and points."""
    groups = gained.groupby(["data", "generator", "fid", "recall"])
    means = groups[["baseline", *METHODS]].mean().assign(n=groups.size())
    return means.reset_index().sort_values(["data", "fid"], ignore_index=True).round(2)


@dataclass(frozen=True)
class Law:
    """A line through the gains of a method. t: half a 95 % interval in standard errors."""

    line: Line
    t: float
    distance: str

    @property
    def slope(self) -> tuple[float, float, float]:
        """Points for each doubling of the FID, or each 0.1 of recall, with its interval."""
        error = self.t * np.sqrt(self.line.covariance[1, 1])
        return self.line.b, self.line.b - error, self.line.b + error

    def band(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """The line and the ends of its interval at these FIDs or recalls."""
        x = scaled(values, self.distance)
        design = np.stack([np.ones_like(x), x], 1)
        mean = design @ [self.line.a, self.line.b]
        error = self.t * np.sqrt(np.einsum("ij,jk,ik->i", design, self.line.covariance, design))
        return mean, mean - error, mean + error


def scaled(values: ArrayLike, distance: str) -> NDArray[np.float64]:
    """x of the law."""
    x = np.asarray(values, dtype=np.float64)
    return np.log2(x) if distance == "fid" else 10 * x


def law(gained: pd.DataFrame, method: str, distance: str) -> Law | None:
    """Of one data set; None for fewer than three trainings or distances, from which no interval comes."""
    trainings = gained["training"].nunique()
    if trainings < 3 or gained[distance].nunique() < 3:
        return None
    line = fit_line(scaled(gained[distance], distance), gained[method], outer=gained["training"], inner=gained["generator"])
    return Law(line, float(stats.t.ppf(0.975, trainings - 2)), distance)


def measured_range(gained: pd.DataFrame, distance: str) -> NDArray[np.float64]:
    return np.linspace(gained[distance].min(), gained[distance].max(), GRID)


def laws(gained: pd.DataFrame) -> pd.DataFrame:
    """A row a data set, distance and method, where there is a law: its slope in points, and from where to where in the measured range the whole
    interval of the line is above 0."""
    rows = []
    for data, part in gained.groupby("data"):
        for distance, unit in DISTANCES.items():
            for method in METHODS:
                found, values = law(part, method, distance), measured_range(part, distance)
                if found is not None:
                    above = values[found.band(values)[1] > 0]
                    ends = (above.min(), above.max()) if len(above) else (np.nan, np.nan)
                    counts = part[["training", "generator"]].nunique()
                    rows.append((data, unit, method, *found.slope, *ends, *counts))
    columns = ["data", "for each", "method", "slope", "low", "high", "above 0 from", "above 0 to", "trainings", "generators"]
    return pd.DataFrame(rows, columns=columns).round(2)


def truncations(gained: pd.DataFrame) -> pd.DataFrame:
    """What a smaller truncation of the same weights changes in recall and in each gain: mean and interval, paired by training."""
    weights = ["data", "training", "step"]
    means = gained.groupby([*weights, "truncation"])[["recall", *METHODS]].mean().reset_index()
    whole, cut = means[means["truncation"] == 1], means[means["truncation"] < 1]
    pairs = cut.merge(whole, on=weights, suffixes=("", " at 1"), validate="many_to_one")
    rows = []
    for (data, truncation), part in pairs.groupby(["data", "truncation"]):
        for name in ("recall", *METHODS):
            whole, change = part[f"{name} at 1"], part[name] - part[f"{name} at 1"]
            rows.append((data, name, truncation, whole.mean(), part[name].mean(), change.mean(), *t_interval(change), len(part)))
    columns = ["data", "of", "truncation", "at truncation 1", "truncated", "change", "low", "high", "trainings"]
    return pd.DataFrame(rows, columns=columns).round(2)


def worth(runs: pd.DataFrame) -> pd.DataFrame:
    """How many times as many fixed images give the accuracy of DS with as many steps of training, a row a generator that has larger fixed sets.

    In percent: accuracy of DS, and of fixed sets of N images and more. times: in straight lines over the logarithm of the size; 1 where DS gains
    nothing, nan where it is above the largest set.
    """
    by, random = ["data", "generator"], runs[~runs["hsm"]]
    multiple = random["images"] / random.groupby("generator")["images"].transform("min")
    percent = random.assign(multiple=multiple, top1=100 * random["accuracy"])
    percent = percent[percent.groupby("generator")["multiple"].transform("max") > 1]
    ds = summary(percent[percent["r"] == printed_numbers.TABLE1_R], by, "top1").set_index(by)["ours"]
    fixed = summary(percent[percent["r"] == 0], [*by, "multiple"], "top1").pivot(index=by, columns="multiple", values="ours")
    steps = np.log2(fixed.columns.to_numpy(dtype=float))
    times = [2 ** np.interp(ds[name], np.maximum.accumulate(row), steps, right=np.nan) for name, row in fixed.iterrows()]
    sizes = fixed.rename(columns="{:g} N".format)
    return sizes.assign(DS=ds, times=times).rename_axis(columns=None).reset_index().round(2)


def figure(gained: pd.DataFrame) -> Figure:
    """Gain of every method against FID and against recall, a row each, for every data set; the paper's own gain as a line."""
    sets = list(dict.fromkeys(gained["data"]))
    fig, axes = plt.subplots(2 * len(sets), len(METHODS), figsize=(11, 5 * len(sets)), sharey="row", squeeze=False, layout="constrained")
    for i, data in enumerate(sets):
        for j, (distance, label) in enumerate({"fid": "FID (log scale)", "recall": "recall"}.items()):
            for ax, method in zip(axes[2 * i + j], METHODS, strict=True):
                _draw(ax, gained[gained["data"] == data], method, distance)
                ax.set(xlabel=label, title=f"{method}, {data}" if j == 0 else "")
            axes[2 * i + j, 0].set_ylabel("gain (points)")
    handles = {label: handle for ax in axes.flat for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    fig.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=5, fontsize=8, frameon=False)
    means = gained.groupby("data")[list(METHODS)].mean().stack()
    told = listed([f"{method} on {data}" for data, method in means.index], means.map("{:+.1f}".format))
    return described(
        fig, f"Gain of each method against FID and recall of {gained['generator'].nunique()} generators. Mean gain in points: {told}."
    )


def _draw(ax: Axes, gained: pd.DataFrame, method: str, distance: str) -> None:
    for family, part in gained.groupby("family"):
        points = part.groupby("generator")[[distance, method]].mean()
        ax.scatter(points[distance], points[method], s=16, color=COLORS[str(family)], label=str(family))
    found, values = law(gained, method, distance), measured_range(gained, distance)
    if found is not None:
        mean, low, high = found.band(values)
        ax.plot(values, mean, color=DARK, label="law")
        ax.fill_between(values, low, high, color=DARK, alpha=0.15, linewidth=0, label="95 % interval")
    paper = PRINTED[COLUMNS[method]] - PRINTED["baseline"]
    ax.axhline(paper, color="black", linestyle="--", linewidth=1, label="paper, BigGAN on ImageNet")
    ax.axhline(0, color=DARK, linewidth=0.5)
    if distance == "fid":
        ax.set_xscale("log")
        decades = np.log10(values[-1] / values[0])
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades > 1 else (1, 1.5, 2, 4, 6, 8)))
        ax.xaxis.set_major_formatter(ScalarFormatter())
        ax.xaxis.set_minor_formatter(NullFormatter())
