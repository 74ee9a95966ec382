"""Are rare attributes worse off? The judge's reading and the variety of each attribute, against its share in what the generator makes.

table(found(FACES), class_names)          # a pandas frame, a row an attribute and method
"""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from companion.records import Record
from companion.report.diversity import TRUTH, runs_by_method
from companion.report.method_names import METHODS, Key
from companion.report.style import apart, described, listed

PAPER_B, WARM = (METHODS["gaussian"], 0.0), (METHODS["warm"], 0.0)
LIMITS = (
    "What must not be concluded: that an attribute of a person is what a classifier reads, that one group is harder to draw by nature, or that a "
    "method is fair to people. The shares are those of one generator trained on one data set, the labels are annotations in it, and the judge errs, "
    "on some attributes more than on others."
)
UNDECIDED = "Undecided: the interval includes 0, and so few attributes do not show that rare ones are worse off, nor that they are not."
APART = 2.0  # times: with shares closer together than this, a slope would be noise
COLUMNS = ("attribute", "share %", "judge on real %", "method", "w", "judge %", "variance %", "n")
ON_REAL, JUDGE, VARIANCE = "judge_on_real_by_attribute", "judge_by_attribute", "pixel_variance_by_attribute"
MEASURES = {"judge %": "the judge reads it (%)", "variance %": "variance (% of the truth's)"}


def methods(records: Sequence[Record]) -> list[Key]:
    """The truth, paper B's form, its warm start, and the posterior on latents beside its target: those on record."""
    found = runs_by_method(records)
    return [key for key in (TRUTH, PAPER_B, WARM, *target_and_posterior(records)) if key in found]


def target_and_posterior(records: Sequence[Record]) -> tuple[Key, Key]:
    """The posterior on latents at its smallest weight on record, and before it its target, rejection at this weight."""
    w = min((key[1] for key in runs_by_method(records) if key[0] == METHODS["posterior"]), default=float("nan"))
    return (METHODS["rejection"], w), (METHODS["posterior"], w)


def by_attribute(runs: Sequence[Record], metric: str) -> np.ndarray:
    """(seeds, K)."""
    return np.array([run.metrics[metric] for run in runs], dtype=float)


def table(records: Sequence[Record], class_names: Sequence[str]) -> pd.DataFrame:
    """Mean over seeds, rarest attribute first. share %: the teacher's mean probability over the generator's images; judge %: images that the
    judge reads as asked, judge on real %: real test images that it reads as labelled; variance %: within the attribute, of the truth's own."""
    found = runs_by_method(records)
    if TRUTH not in found:
        return pd.DataFrame(columns=COLUMNS)
    share = 100 * by_attribute(found[TRUTH], "acceptance").mean(0)
    truth = by_attribute(found[TRUTH], VARIANCE).mean(0)
    real = on_real(found[TRUTH])
    rows = []
    for a in np.argsort(share):
        for key in methods(records):
            runs = found[key]
            rows.append(
                {
                    "attribute": class_names[a], "share %": share[a], "judge on real %": 100 * real[a], "method": key[0], "w": key[1],
                    "judge %": 100 * by_attribute(runs, JUDGE).mean(0)[a],
                    "variance %": 100 * by_attribute(runs, VARIANCE).mean(0)[a] / truth[a], "n": len(runs),
                }
            )  # fmt: skip
    frame = pd.DataFrame(rows, columns=COLUMNS).round({name: 2 for name in COLUMNS if name.endswith("%")})
    return frame.drop(columns="judge on real %") if np.isnan(real).any() else frame


def on_real(runs: Sequence[Record]) -> np.ndarray:
    """(K,) share of the real test images of each attribute that the judge reads as labelled; nan where it is not on record."""
    known = [run.metrics[ON_REAL] for run in runs if ON_REAL in run.metrics]
    return np.array(known[0], dtype=float) if known else np.full(len(runs[0].metrics["acceptance"]), np.nan)


def figure(records: Sequence[Record], class_names: Sequence[str]) -> Figure:
    """The judge's reading and the variety of every attribute, the rarest on the left; a line a method."""
    frame = table(records, class_names)
    names = frame.drop_duplicates("attribute")
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    if "judge on real %" in frame:
        axes[0].plot(range(len(names)), names["judge on real %"], "k--", label="judge, real test images", linewidth=0.8)
    for ax, (measure, label) in zip(axes, MEASURES.items(), strict=True):
        for (method, w), part in frame.groupby(["method", "w"], sort=False):
            ax.plot(range(len(part)), part[measure], "o-", label=f"{method}, w = {w:g}", markersize=4, linewidth=0.8)
        ax.set(xlabel="attribute, and its share in the generator", ylabel=label)
        labels = [f"{name}\n{share:.1f} %" for name, share in zip(names["attribute"], names["share %"], strict=True)]
        ax.set_xticks(range(len(names)), labels, fontsize=7)
        apart(ax, names["attribute"])
    lowest = frame[[name for name in ("judge %", "judge on real %") if name in frame]].min().min()
    axes[0].set_ylim(np.nanmin([80, lowest - 2]), 100.5)
    axes[1].set_ylim(0, None)
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    shares = listed(names["attribute"], names["share %"].map("{:.1f} %".format))
    return described(fig, f"The judge's reading and the variety of every attribute, the rarest first: {shares}.")


@dataclass(frozen=True)
class Slope:
    """What each halving of the share changes, in points. half: of its 95 % interval; nan below three attributes."""

    change: float
    half: float
    attributes: int

    def __str__(self) -> str:
        if self.attributes < 2:
            return "an unknown number of"
        if self.attributes < 3:
            return f"{self.change:+.1f}"
        return f"{self.change:+.1f} ({self.change - self.half:+.1f} to {self.change + self.half:+.1f}, over {self.attributes} attributes)"

    def told(self, fewer: str, more: str) -> list[str]:
        """What the interval, as it is printed, decides, if anything."""
        return [fewer] if round(self.change + self.half, 1) < 0 else [more] if round(self.change - self.half, 1) > 0 else []


def slope(records: Sequence[Record], key: Key, metric: str, *, target: Key | None = None) -> Slope:
    """The line through the attributes' means over seeds. Its interval is over attributes (Student's t), for one more attribute could change it
    where one more seed hardly does.

    metric: the judge's reading, less the target's, or without one less its reading of real images where that is on record; or the variance, less the
    target's, over the truth's. Attributes of real images that the judge hardly reads are left out of its reading; with fewer than two others there is
    no slope.
    """
    found = runs_by_method(records)
    share, real = np.log2(by_attribute(found[TRUTH], "acceptance").mean(0)), on_real(found[TRUTH])
    values = 100 * by_attribute(found[key], metric).mean(0)
    if target:
        values -= 100 * by_attribute(found[target], metric).mean(0)
    if metric == VARIANCE:
        values /= by_attribute(found[TRUTH], metric).mean(0)
    else:
        values -= 0 if target else 100 * np.nan_to_num(real)
        share, values = share[~hardly_read(real)], values[~hardly_read(real)]
    if len(values) < 2:
        return Slope(np.nan, np.nan, len(values))
    line, few = stats.linregress(share, values), len(values) < 3
    half = np.nan if few else stats.t.ppf(0.975, len(values) - 2) * line.stderr
    return Slope(0.0 - line.slope, half, len(values))  # a halving takes 1 from log2


def hardly_read(real: np.ndarray) -> np.ndarray:
    """(K,) bool. real: on_real. Attributes of which the judge reads less than twice chance: its readings of their generated images cannot be
    compared with those."""
    return real < 2 / len(real)


def _near_chance(records: Sequence[Record], class_names: Sequence[str]) -> list[str]:
    real = on_real(records)
    return [
        f"Of real images of {class_names[a]} the judge reads {100 * real[a]:.0f} %, less than twice chance ({200 / len(real):.0f} %): it cannot tell "
        "whether this attribute is worse off. The slopes of its reading leave this attribute out."
        for a in np.flatnonzero(hardly_read(real)).tolist()
    ]


def _named(key: Key) -> str:
    return f"{key[0]}, w = {key[1]:g}"


def _changes(records: Sequence[Record], key: Key, reading: str, target: Key | None = None) -> str:
    """What a halving of the share changes, and what that decides."""
    judge, variance = (slope(records, key, metric, target=target) for metric in (JUDGE, VARIANCE))
    decided, of_truth = judge.told("rare attributes are read worse", "rare attributes are read better"), ""
    if key != TRUTH:
        of_truth = f", its variance by {variance} points of the truth's"
        decided += variance.told("rare attributes vary less", "rare attributes vary more")
    return f"with each halving of the share, {reading} changes by {judge} points{of_truth}: {', '.join(decided) or 'undecided'}"


def sentences(records: Sequence[Record], class_names: Sequence[str]) -> list[str]:
    """Whether the judge's reading and the variety fall where an attribute is rarer; and what must not be concluded."""
    frame = table(records, class_names)
    if frame.empty:
        return ["The truth is not on record: run rejection at w = 1."]
    rarest, commonest = frame["attribute"].iloc[0], frame["attribute"].iloc[-1]
    low, high = frame["share %"].min(), frame["share %"].max()
    lines = [
        f"Rarest in the generator, by the teacher's mean probability: {rarest} ({low:.1f} %); most common: {commonest} ({high:.1f} %)."
    ]
    if high < APART * low:
        return [*lines, f"The largest share is less than {APART:g} times the smallest: no attribute is rare here.", LIMITS]
    reading = "the judge's reading" + (", less its reading of real images," if "judge on real %" in frame else "")
    for key in methods(records):
        lines.append(f"{_named(key)}: {_changes(records, key, reading)}.")
    target, posterior = target_and_posterior(records)
    if {target, posterior} <= set(runs_by_method(records)):
        added = _changes(records, posterior, "the judge's reading", target)
        lines += [
            f"{_named(posterior)}, less its target ({_named(target)}): {added}.",
            f"So the truth shows what the generator does to rare attributes, the target adds the smaller w, and this last line is what the {posterior[0]} "
            "adds.",
        ]
    return [*lines, *_near_chance(runs_by_method(records)[TRUTH], class_names), UNDECIDED, LIMITS]
