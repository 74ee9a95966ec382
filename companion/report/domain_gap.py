"""When do paper A's methods help? The gain of each against the distance of the generator from its data.

frame = gains([Measured("digits", "plain", 0, 750, 1.0, False, records), ...])       # a row a generator, seed and method
law(frame, "BNA", "fid")                                                             # how the gain moves with the distance

    gain = a + b x + u_training + v_generator + noise,     x = log2 FID, or recall in units of 0.1

u and v are random: generators of one training (its stages, and its truncations) are more alike than those of two. So the intervals
count trainings, not generators: Student's t with as many degrees of freedom as there are trainings, less two. The noise is that of a
classifier's seed; no two generators share one. FIDs of two data sets do not compare, for
their features differ, so each data set has its own law.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter
from numpy.typing import NDArray
from scipy import stats

from companion import printed_numbers
from companion.records import Record
from companion.report.estimates import estimate, of_kind
from companion.report.mixed_model import fit_line
from companion.report.style import DARK, OURS, SECOND, THIRD, described, listed

COLORS = {"plain": OURS, "mode-seeking": SECOND, "cifar10": THIRD}
PAPER = {c.name: c.accuracy for c in printed_numbers.TABLE1}
PAPER_GAINS = {
    "HSM": PAPER["hsm"] - PAPER["baseline"], "DS": PAPER["ds"] - PAPER["baseline"], "BNA": PAPER["bna"] - PAPER["baseline"],
    "all three": PAPER["ds+hsm+bna"] - PAPER["baseline"],
}  # fmt: skip
METHODS = tuple(PAPER_GAINS)
DISTANCES = {"fid": "FID (log scale)", "recall": "recall"}
GRID = 100


@dataclass(frozen=True)
class Measured:
    """What is on record of a generator; names as in profiles/stages.py."""

    data: str
    family: str
    training: int
    step: int
    truncation: float
    last: bool
    records: Sequence[Record]

    @property
    def name(self) -> str:
        return f"{self.family} {self.training}, step {self.step}, truncation {self.truncation:g}"


@dataclass(frozen=True)
class Law:
    """slope: points for each doubling of the FID, or each 0.1 of recall, with its 95 % interval. x, mean, low, high: the line and its band, over
    the measured range. trainings, generators: behind it."""

    slope: float
    slope_low: float
    slope_high: float
    x: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    trainings: int
    generators: int


def accuracies(records: Sequence[Record], *, hsm: bool, ds: bool, bna: bool = False) -> dict[int, float]:
    """Top-1 in percent, by seed, of the trainings on the profile's own number of images."""
    r = printed_numbers.TABLE1_R if ds else 0.0
    runs = of_kind(records, "classifier", real=False, hsm=hsm, r=r, long_factor=1)
    images = min((run.config.images for run in runs), default=0)
    return {run.seed: 100 * run.metrics["accuracy_bna" if bna else "accuracy"] for run in runs if run.config.images == images}


def gains(measured: Sequence[Measured]) -> pd.DataFrame:
    """A row a generator, seed and method: FID, recall, and the gain over the baseline in points."""
    rows = []
    for generator in measured:
        metrics = of_kind(generator.records, "image-quality")[0].metrics
        base = accuracies(generator.records, hsm=False, ds=False)
        after = {
            "HSM": accuracies(generator.records, hsm=True, ds=False), "DS": accuracies(generator.records, hsm=False, ds=True),
            "BNA": accuracies(generator.records, hsm=False, ds=False, bna=True),
            "all three": accuracies(generator.records, hsm=True, ds=True, bna=True),
        }  # fmt: skip
        for method, found in after.items():
            for seed in sorted(base.keys() & found.keys()):
                rows.append(
                    {
                        "data": generator.data, "family": generator.family, "training": f"{generator.family} {generator.training}",
                        "generator": generator.name, "fid": metrics["fid"], "recall": metrics["recall"], "method": method, "seed": seed,
                        "baseline": base[seed], "gain": found[seed] - base[seed],
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def table(measured: Sequence[Measured]) -> pd.DataFrame:
    """A row a generator, nearest to its data first: FID, recall, the baseline and the mean gain of each method, in percent and points."""
    frame = gains(measured)
    if frame.empty:
        return frame
    keys = ["data", "generator", "fid", "recall"]
    wide = frame.pivot_table(index=keys, columns="method", values="gain")[list(METHODS)]
    base = (
        frame[frame["method"] == METHODS[0]]
        .groupby(keys)["baseline"]
        .agg(["mean", "count"])
        .rename(columns={"mean": "baseline", "count": "n"})
    )
    return base[["baseline"]].join(wide).join(base["n"]).reset_index().sort_values(["data", "fid"]).round(2).reset_index(drop=True)


def scaled(values: NDArray[np.float64], distance: str) -> NDArray[np.float64]:
    """x of the law."""
    return np.log2(values) if distance == "fid" else 10 * values


def law(frame: pd.DataFrame, method: str, distance: str) -> Law | None:
    """Of one data set's gains; None for fewer than three trainings or distances, from which no interval comes."""
    part = frame[frame["method"] == method].assign(x=lambda f: scaled(f[distance].to_numpy(float), distance))
    trainings = part["training"].nunique()
    if trainings < 3 or part["x"].nunique() < 3:
        return None
    line = fit_line(part["x"], part["gain"], outer=part["training"], inner=part["generator"])
    t = stats.t.ppf(0.975, trainings - 2)
    values = np.linspace(part[distance].min(), part[distance].max(), GRID)
    design = np.stack([np.ones(GRID), scaled(values, distance)], 1)
    mean, width = line.a + line.b * design[:, 1], t * np.sqrt(np.einsum("ij,jk,ik->i", design, line.covariance, design))
    error = t * float(np.sqrt(line.covariance[1, 1]))
    return Law(line.b, line.b - error, line.b + error, values, mean, mean - width, mean + width, trainings, part["generator"].nunique())


def figure(measured: Sequence[Measured]) -> Figure:
    """Gain of every method against FID and against recall, a row each, for every data set; the paper's own gain as a line."""
    frame = gains(measured)
    sets = list(dict.fromkeys(frame["data"]))
    fig, axes = plt.subplots(2 * len(sets), len(METHODS), figsize=(11, 5 * len(sets)), sharey="row", squeeze=False, layout="constrained")
    for i, data in enumerate(sets):
        for j, distance in enumerate(DISTANCES):
            for ax, method in zip(axes[2 * i + j], METHODS, strict=True):
                _draw(ax, frame[frame["data"] == data], method, distance)
                ax.set(xlabel=DISTANCES[distance], title=f"{method}, {data}" if j == 0 else "")
            axes[2 * i + j, 0].set_ylabel("gain (points)")
    handles = {label: handle for ax in axes.flat for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    fig.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=5, fontsize=8, frameon=False)
    means = frame.groupby(["data", "method"])["gain"].mean()
    told = listed([f"{method} on {data}" for data, method in means.index], means.map("{:+.1f}".format))
    return described(
        fig, f"Gain of each method against FID and recall of {frame['generator'].nunique()} generators. Mean gain in points: {told}."
    )


def _draw(ax: Axes, frame: pd.DataFrame, method: str, distance: str) -> None:
    part = frame[frame["method"] == method]
    for family, points in part.groupby("family"):
        means = points.groupby("generator").agg({distance: "first", "gain": "mean"})
        ax.scatter(means[distance], means["gain"], s=16, color=COLORS[str(family)], label=str(family))
    found = law(frame, method, distance)
    if found is not None:
        ax.plot(found.x, found.mean, color=DARK, label="law")
        ax.fill_between(found.x, found.low, found.high, color=DARK, alpha=0.15, linewidth=0, label="95 % interval")
    ax.axhline(PAPER_GAINS[method], color="black", linestyle="--", linewidth=1, label="paper, BigGAN on ImageNet")
    ax.axhline(0, color=DARK, linewidth=0.5)
    if distance == "fid":
        ax.set_xscale("log")
        decades = np.log10(frame[distance].max() / frame[distance].min())
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades > 1 else (1, 1.5, 2, 4, 6, 8)))
        ax.xaxis.set_major_formatter(ScalarFormatter())
        ax.xaxis.set_minor_formatter(NullFormatter())


def worth_in_images(generator: Measured) -> float | None:
    """How many times as many fixed images give the accuracy of DS, with as many steps of training: between the sizes on record in
    straight lines over their logarithm. 1 where DS gains nothing, nan beyond the largest; None where larger sets are not on record."""
    runs = of_kind(generator.records, "classifier", real=False, hsm=False, r=0.0, long_factor=1)
    sizes = sorted({run.config.images for run in runs})
    if len(sizes) < 2:
        return None
    fixed = [estimate([100 * run.metrics["accuracy"] for run in runs if run.config.images == size]).mean for size in sizes]
    ds = estimate(list(accuracies(generator.records, hsm=False, ds=True).values())).mean
    rising = np.maximum.accumulate(fixed)
    if ds > rising[-1]:
        return float("nan")
    return float(2 ** np.interp(ds, rising, np.log2(np.array(sizes) / sizes[0])))


def sentences(measured: Sequence[Measured]) -> list[str]:
    """At which gap BNA begins to pay, whether HSM needs recall, what DS is worth in fresh images."""
    frame = gains(measured)
    lines = []
    for data in dict.fromkeys(frame["data"]) if len(frame) else ():
        part = frame[frame["data"] == data]
        for distance, unit in (("fid", "doubling of the FID"), ("recall", "0.1 of recall")):
            found = {method: law(part, method, distance) for method in METHODS}
            slopes = [
                f"{method} {_signed(of.slope)} ({_signed(of.slope_low)} to {_signed(of.slope_high)})" for method, of in found.items() if of
            ]
            if slopes:
                lines.append(f"{data}: points for each {unit}: {', '.join(slopes)}.")
        of_data = [generator for generator in measured if generator.data == data]
        lines += [_above_zero(part, data), *_findings(part, data), *_truncated(of_data, data), *_worth(of_data, data)]
    return lines


def _above_zero(part: pd.DataFrame, data: str) -> str:
    """At how many generators each method gains at all, by the mean over seeds."""
    means = part.pivot_table(index="generator", columns="method", values="gain")
    told = ", ".join(f"{method} {(means[method] > 0).sum()}" for method in METHODS)
    return f"{data}: mean gain above 0, of {len(means)} generators: {told}."


def _findings(part: pd.DataFrame, data: str) -> list[str]:
    bna, hsm = law(part, "BNA", "fid"), law(part, "HSM", "recall")
    if bna is None or hsm is None:
        return [f"{data}: fewer than three trainings or distances, so no line is fitted. {_ends(part)}"]
    pays = bna.x[bna.low > 0]
    of = f"{bna.trainings} trainings, {bna.generators} generators"
    if not len(pays):
        where = "nowhere"
    elif pays.max() == bna.x.max():
        where = f"from an FID of {pays.min():.0f} on"
    else:
        where = f"between FIDs of {pays.min():.0f} and {pays.max():.0f}"
    needs = "is more" if hsm.slope_low > 0 else "is less" if hsm.slope_high < 0 else "is not shown to be more or less"
    return [
        f"{data}: by the fitted line, BNA's gain is above 0 with its whole 95 % interval {where}; measured are FIDs from {bna.x.min():.0f} to "
        f"{bna.x.max():.0f} ({of}).",
        f"{data}: HSM's gain {needs} where recall is higher ({_signed(hsm.slope)} points for each 0.1, {_signed(hsm.slope_low)} to {_signed(hsm.slope_high)}).",
    ]


def _truncated(measured: Sequence[Measured], data: str) -> list[str]:
    """What a smaller truncation of the same generators changes, paired by training; nothing from fewer than two."""
    last = [generator for generator in measured if generator.last]
    whole = max((generator.truncation for generator in last), default=1.0)
    means = {(g.truncation, g.family, g.training): gains([g]).groupby("method")[["gain", "recall"]].mean() for g in last}
    lines = []
    for truncation in sorted({generator.truncation for generator in last} - {whole}, reverse=True):
        pairs = [
            (means[whole, family, training], after)
            for (cut, family, training), after in means.items()
            if cut == truncation and (whole, family, training) in means
        ]
        if len(pairs) < 2:
            continue
        change = {
            method: estimate([after.loc[method, "gain"] - before.loc[method, "gain"] for before, after in pairs]) for method in METHODS
        }
        recalls = (np.mean([found.loc["HSM", "recall"] for found in side]) for side in zip(*pairs, strict=True))
        told = ", ".join(f"{method} {_signed(of.mean)} ({_signed(of.low)} to {_signed(of.high)})" for method, of in change.items())
        lines.append(
            f"{data}: truncation {truncation:g} in place of {whole:g} takes recall from {' to '.join(f'{r:.2f}' for r in recalls)} and changes the gains "
            f"by {told}; paired over {len(pairs)} trainings."
        )
    return lines


def _ends(part: pd.DataFrame) -> str:
    """The mean gains at the generators farthest from and nearest to their data."""
    means = part.pivot_table(index="fid", columns="method", values="gain").sort_index(ascending=False)
    told = [f"at FID {fid:.0f} " + ", ".join(f"{method} {_signed(row[method])}" for method in METHODS) for fid, row in means.iterrows()]
    return f"Mean gains: {'; '.join(dict.fromkeys((told[0], told[-1])))}."


def _worth(measured: Sequence[Measured], data: str) -> list[str]:
    """The range and the median; a generator beyond the largest fixed set counts as larger than all that are not."""
    known = [times for generator in measured if (times := worth_in_images(generator)) is not None]
    if not known:
        return []
    within = [times for times in known if not np.isnan(times)]
    ds, beyond = f"DS with r = {printed_numbers.TABLE1_R:g}", len(known) - len(within)
    over = f"at {beyond} of {len(known)} generators it is above the largest fixed set that was tried"
    if not within:
        return [f"{data}: {ds}: {over}."]
    middle = np.median(np.log2([*within, *[np.inf] * beyond]))
    median = f"the median is {2**middle:.1f}" if np.isfinite(middle) else "the median lies beyond that set"
    told = f"{data}: {ds} is worth {min(within):.1f} to {max(within):.1f} times as many fixed images at {len(within)} of {len(known)} generators"
    return [f"{told}; {median}." if not beyond else f"{told}; {over}. Over all of them, {median}."]


def _signed(value: float) -> str:
    return f"{value:+.2f}"
