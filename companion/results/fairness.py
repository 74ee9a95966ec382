"""Notebook 06: are rare attributes worse off? The judge's reading and the variety of each attribute, against its share in what the generator makes.

table(frame(found(FACES), "diversity"), class_names)          # a row an attribute and method
slopes(frame(found(FACES), "diversity"))                      # a row a method
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from companion.report.style import apart, described, listed
from companion.results.methods import KEY, METHODS, REJECTION, TRUTH, Key, named, of

PAPER_B, WARM = (METHODS["gaussian"], 0.0), (METHODS["warm"], 0.0)
APART = 2.0  # times: with shares closer together than this, a slope would be noise
JUDGE, VARIANCE, ON_REAL = "judge_by_attribute", "pixel_variance_by_attribute", "judge_on_real_by_attribute"
COLUMNS = ("attribute", "share %", "judge on real %", "method", "w", "judge %", "variance %", "n")
MEASURES = {"judge %": "the judge reads it (%)", "variance %": "variance (% of the truth's)"}
SLOPES = ("method", "w", "less", "measure", "change", "low", "high", "attributes")


def target_and_posterior(runs: pd.DataFrame) -> tuple[Key, Key]:
    """The posterior on latents at its smallest weight on record, and before it its target, rejection at this weight. runs: named."""
    w = runs.loc[runs["method"] == METHODS["posterior"], "w"].min()
    return (REJECTION, w), (METHODS["posterior"], w)


def compared(runs: pd.DataFrame) -> list[Key]:
    """The truth, paper B's form, its warm start, and the posterior on latents beside its target: those on record. runs: named."""
    found = set(runs[KEY].itertuples(index=False, name=None))
    return [key for key in dict.fromkeys((TRUTH, PAPER_B, WARM, *target_and_posterior(runs))) if key in found]


def by_attribute(runs: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Mean over seeds in percent: a row a method and weight, a column an attribute. runs: named."""
    values = runs.set_index(KEY)[metric].dropna()
    return 100 * pd.DataFrame(values.tolist(), index=values.index).groupby(KEY, sort=False).mean()


def measures(runs: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """The attributes, the rarest first, with their share and where it is on record the judge's reading of real test images, in percent; and of the
    methods to compare the judge's reading and the variance in percent of the truth's, as `by_attribute`. runs: named, the truth among them."""
    truth = of(runs, TRUTH)
    attributes = pd.DataFrame({"share %": by_attribute(truth, "acceptance").loc[TRUTH]})
    if ON_REAL in truth and truth[ON_REAL].notna().any():
        attributes["judge on real %"] = by_attribute(truth, ON_REAL).loc[TRUTH]
    variance = by_attribute(runs, VARIANCE)
    found = {"judge %": by_attribute(runs, JUDGE), "variance %": 100 * variance / variance.loc[TRUTH]}
    attributes = attributes.sort_values("share %")
    return attributes, {name: values.loc[compared(runs), attributes.index] for name, values in found.items()}


def table(runs: pd.DataFrame, class_names: Sequence[str]) -> pd.DataFrame:
    """Mean over seeds, rarest attribute first; empty without the truth. share %: the teacher's mean probability over the generator's images;
    judge %: images that the judge reads as asked, judge on real %: real test images that it reads as labelled; variance %: within the
    attribute, of the truth's own."""
    runs = named(runs)
    if of(runs, TRUTH).empty:
        return pd.DataFrame(columns=COLUMNS)
    attributes, found = measures(runs)
    cells = [values.melt(var_name="attribute", value_name=name, ignore_index=False) for name, values in found.items()]
    rows = cells[0].assign(**{"variance %": cells[1]["variance %"].to_numpy(), "n": runs.groupby(KEY).size()}).reset_index()
    rows = rows.merge(attributes, left_on="attribute", right_index=True, validate="many_to_one")
    rows["attribute"] = [class_names[attribute] for attribute in rows["attribute"]]
    return rows[[column for column in COLUMNS if column in rows]].round({name: 2 for name in COLUMNS if name.endswith("%")})


def slopes(runs: pd.DataFrame) -> pd.DataFrame:
    """What each halving of an attribute's share changes, in points: a row a method and measure. Empty without the truth, and where the largest
    share is less than twice the smallest.

    It is the slope of a line through the attributes' means over seeds. Its 95 % interval is over attributes (Student's t), for one more
    attribute could change it where one more seed hardly does; nan for two. judge %: less its reading of real images, where that is on record;
    attributes of which it reads less than twice chance there are left out. less: what is subtracted; the last two rows are what the posterior
    adds to its target.
    """
    runs = named(runs)
    if of(runs, TRUTH).empty:
        return pd.DataFrame(columns=SLOPES)
    attributes, found = measures(runs)
    share, real = attributes["share %"], attributes.get("judge on real %", pd.Series(np.nan, index=attributes.index))
    if share.max() < APART * share.min():
        return pd.DataFrame(columns=SLOPES)
    found["judge %"] = (found["judge %"] - real.fillna(0)).loc[:, ~(real < 200 / len(real))]
    rows = []
    for measure, values in found.items():
        for key, value in values.iterrows():
            if (measure, key) != ("variance %", TRUTH):
                less = "real images" if measure == "judge %" and real.notna().any() else ""
                rows.append((*key, less, measure, *halving(share, value)))
    target, posterior = target_and_posterior(runs)
    if {target, posterior} <= set(compared(runs)):
        added = {measure: values.loc[posterior] - values.loc[target] for measure, values in found.items()}
        rows += [(*posterior, "{}, w = {:g}".format(*target), measure, *halving(share, value)) for measure, value in added.items()]
    return pd.DataFrame(rows, columns=SLOPES).round({"change": 1, "low": 1, "high": 1})


def halving(share: pd.Series, values: pd.Series) -> tuple[float, float, float, int]:
    """The change of the values with each halving of the share, the ends of its interval, and over how many attributes; nan for fewer than two."""
    if len(values) < 2:
        return np.nan, np.nan, np.nan, len(values)
    line = stats.linregress(-np.log2(share[values.index]), values)
    half = stats.t.ppf(0.975, len(values) - 2) * line.stderr
    return line.slope, line.slope - half, line.slope + half, len(values)


def figure(runs: pd.DataFrame, class_names: Sequence[str]) -> Figure:
    """The judge's reading and the variety of every attribute, the rarest on the left; a line a method."""
    frame = table(runs, class_names)
    names = frame.drop_duplicates("attribute")
    labels = [f"{name}\n{share:.1f} %" for name, share in zip(names["attribute"], names["share %"], strict=True)]
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    if "judge on real %" in frame:
        axes[0].plot(names["attribute"], names["judge on real %"], "k--", label="judge, real test images", linewidth=0.8)
    for ax, (measure, label) in zip(axes, MEASURES.items(), strict=True):
        for (method, w), part in frame.groupby(KEY, sort=False):
            ax.plot(part["attribute"], part[measure], "o-", label=f"{method}, w = {w:g}", markersize=4, linewidth=0.8)
        ax.set(xlabel="attribute, and its share in the generator", ylabel=label)
        ax.set_xticks(range(len(names)), labels, fontsize=7)
        apart(ax, names["attribute"])
    lowest = frame.filter(regex="^judge").min(axis=None)
    axes[0].set_ylim(np.nanmin([80, lowest - 2]), 100.5)
    axes[1].set_ylim(0, None)
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    shares = listed(names["attribute"], names["share %"].map("{:.1f} %".format))
    return described(fig, f"The judge's reading and the variety of every attribute, the rarest first: {shares}.")
