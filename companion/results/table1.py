"""Table 1 of paper A: its ten columns beside ours, what each method adds, and BNA in two forms. From classifier runs, a row a run.

runs = frame(run_all(plans.table1(DIGITS, 10)), "classifier")
table(runs)          # a row a column of the paper's table
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from companion.printed_numbers import TABLE1, TABLE1_R, TEST_IMAGES
from companion.report.style import DARK, OURS, PAPER, described, listed
from companion.stats import SHARE, costs, error_bars, means, paired, summary

METHODS = ["hsm", "ds", "bna"]
TRAINING = ["hsm", "r", "long", "real", "method"]  # what tells the trainings of Table 1 apart; BNA is a step after training


def _printed() -> pd.DataFrame:
    columns = pd.DataFrame(TABLE1).rename(columns={"name": "column", "accuracy": "paper"})
    columns["r"] = columns["ds"] * TABLE1_R
    columns["training"] = columns.groupby(TRAINING)["column"].transform("first").str.replace("+bna", "")
    return columns


PRINTED = _printed()  # a row a column of the paper's table. training: the column's name without BNA


def by_bna(runs: pd.DataFrame) -> pd.DataFrame:
    """Each run twice, without BNA and with it: bna, top1 in percent, and whether the training was a long one."""
    every = runs.assign(long=runs["long_factor"] > 1)
    return pd.concat(
        [every.assign(bna=bna, top1=100 * runs[metric]) for bna, metric in ((False, "accuracy"), (True, "accuracy_bna"))], ignore_index=True
    )


def every_column(runs: pd.DataFrame) -> pd.DataFrame:
    """PRINTED, and a row for each of the profile's own methods."""
    own = by_bna(runs).query("method != '' and not bna")[[*TRAINING, "bna"]].drop_duplicates()
    return pd.concat([PRINTED, own.assign(column=own["method"], ds=False)], ignore_index=True)


def columns(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a seed of each column: column, top1 in percent, and what the run has."""
    return every_column(runs).merge(by_bna(runs), on=[*TRAINING, "bna"], validate="one_to_many")


def trainings(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a run of the paper's columns: training, and what the run has."""
    every = runs.assign(long=runs["long_factor"] > 1)
    return PRINTED[[*TRAINING, "training"]].drop_duplicates().merge(every, on=TRAINING, validate="one_to_many")


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Paper beside ours, a row for each column of Table 1 and for each of the profile's own methods; accuracies in percent, with the ends of
    the 95 % interval. A column that was not run has n = 0."""
    named, seen = every_column(runs), columns(runs)
    marks = pd.DataFrame({method.upper(): np.where(named[method], "x", "") for method in METHODS})
    found = pd.concat([named["column"], marks, named["paper"]], axis=1)
    for part in (summary(seen, "column", "top1", SHARE), costs(seen, "column")):
        found = found.merge(part, how="left", on="column", validate="one_to_one")
    counts = ["n", "runs at a time"]
    return found.fillna(dict.fromkeys(counts, 0)).astype(dict.fromkeys(counts, int)).round(3)


def _additions() -> pd.DataFrame:
    """Every method and every column without it: method, over: that column, column: the one with the method, paper: the gain in the paper."""
    short = PRINTED.query("not long and not real")[["column", "paper", *METHODS]]
    found = []
    for method in METHODS:
        without = short[~short[method]].rename(columns={"column": "over", "paper": "paper over"})
        both = without.assign(**{method: True}).merge(short, on=METHODS, validate="one_to_one")
        found.append(both.assign(method=method.upper(), paper=both["paper"] - both["paper over"]))
    return pd.concat(found)[["method", "over", "column", "paper"]]


def gains(runs: pd.DataFrame) -> pd.DataFrame:
    """What each method adds to each column without it, in percentage points; ours is paired over seeds."""
    seen = paired(columns(runs)[["column", "seed", "top1"]], _additions(), "column")
    seen["ours"] = seen["top1"] - seen["top1 over"]
    found = means(seen, ["method", "over", "paper"], ["ours"])
    return found.rename(columns={"over": "added to", "ours ±": "± 95 %"}).round(2)


def bna(runs: pd.DataFrame) -> pd.DataFrame:
    """BNA two ways, by the exact statistics of all real training images and by the paper's eq. 5, which forgets all but the last batches.

    A row a training of Table 1. Accuracies in percent; gain: over no BNA, and exact - eq. 5: their difference, in points, paired over seeds.
    """
    seen = trainings(runs)
    seen["without"], seen["exact"], seen["eq. 5"] = (100 * seen[name] for name in ("accuracy", "accuracy_bna", "accuracy_bna_momentum"))
    for form in ("exact", "eq. 5"):
        seen[f"{form}: gain"] = seen[form] - seen["without"]
    seen["exact - eq. 5"] = seen["exact"] - seen["eq. 5"]
    found = means(seen, ["training"], ["without", "exact", "exact: gain", "eq. 5", "eq. 5: gain", "exact - eq. 5"])
    found = found.rename(columns={"exact: gain ±": "exact: ±", "eq. 5: gain ±": "eq. 5: ±", "exact - eq. 5 ±": "±"})
    shown = ["training", "without", "exact", "exact: gain", "exact: ±", "eq. 5", "eq. 5: gain", "eq. 5: ±", "exact - eq. 5", "±", "n"]
    return found[shown].round(2)


def figure(runs: pd.DataFrame) -> Figure:
    """Above, our seeds, mean and 95 % interval of each column; below, the paper's values. Two data sets, so two axes."""
    found, seen = table(runs), columns(runs)
    fig, (ours, theirs) = plt.subplots(2, 1, figsize=(9, 5), height_ratios=(3, 2), sharex=True, layout="constrained")
    place = pd.Series(found.index, index=found["column"])
    ours.plot(seen["column"].map(place) + 0.15, seen["top1"], ".", color=OURS, alpha=0.4, markersize=5)
    ours.errorbar(found.index, found["ours"], yerr=error_bars(found), fmt="o", color=OURS, capsize=4)
    tested = f"{runs['profile'].iloc[0]}, {runs['test_images'].iloc[0]:,} real test images"
    ours.set(ylabel="top-1 (%)", title=f"ours: {tested}; mean, 95 % interval, and every seed")
    theirs.plot(found.index, found["paper"], "D", color=DARK)
    theirs.set(ylabel="top-1 (%)", title=f"paper: BigGAN-128, ImageNet-10, {TEST_IMAGES} real test images; no spread given")
    theirs.set_xticks(found.index, found["column"].str.replace(r"(\+| \(| images)", r"\n\1", regex=True).str.replace(", ", ",\n"))
    told = listed(found["column"], [f"{ours:.1f} ({paper:.1f})" for ours, paper in zip(found["ours"], found["paper"], strict=True)])
    return described(fig, f"Top-1 accuracy in percent of every column of Table 1, and in brackets the paper's: {told}.")


def gains_figure(runs: pd.DataFrame) -> Figure:
    """What each method adds to each column without it: ours, paired over seeds, beside the paper's."""
    found = gains(runs)
    fig, axes = plt.subplots(1, 3, figsize=(9, 2.9), sharey=True, layout="constrained")
    for ax, (method, part) in zip(axes, found.groupby("method", sort=False), strict=True):
        x = np.arange(len(part))
        ax.bar(x - 0.2, part["paper"], 0.38, color=PAPER, label="paper")
        ax.bar(x + 0.2, part["ours"], 0.38, yerr=part["± 95 %"].fillna(0), color=OURS, capsize=2, label="ours")
        ax.set_xticks(x, part["added to"].str.replace("+", "\n+"))
        ax.set_title(f"+ {method}")
        ax.axhline(0, color="black", linewidth=0.8)
    axes[0].set_ylabel("gain (percentage points)")
    axes[0].legend()
    both = [f"{ours:+.1f} ({paper:+.1f})" for ours, paper in zip(found["ours"], found["paper"], strict=True)]
    return described(
        fig, f"What each method adds in points, and in brackets the paper's: {listed(found['method'] + ' to ' + found['added to'], both)}."
    )
