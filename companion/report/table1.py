"""Table 1 of paper A: its ten columns beside ours, what each method adds, and which claims hold.

table(found(DIGITS))          # a pandas frame, one row a column of the paper's table
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from companion import printed_numbers
from companion.printed_numbers import Column
from companion.records import Record
from companion.report.estimates import SHARE, by_seed, decided, error_bars, estimate, of_kind, paired, seconds
from companion.report.style import DARK, OURS, PAPER, described, listed


def column_runs(records: Sequence[Record], column: Column) -> list[Record]:
    """The runs behind a column of Table 1, one a seed."""
    r = printed_numbers.TABLE1_R if column.ds else 0.0
    runs = of_kind(records, "classifier", real=column.real, hsm=column.hsm, r=r, method=column.method)
    return [run for run in runs if column.method or (run.config.long_factor > 1) == column.long]


def columns(records: Sequence[Record]) -> list[Column]:
    """The paper's, and one for each of the profile's own methods."""
    own = dict.fromkeys(r.config.method for r in of_kind(records, "classifier") if r.config.method)
    return [*printed_numbers.TABLE1, *(Column(name, False, False, False, float("nan"), method=name) for name in own)]


def column_by_seed(records: Sequence[Record], column: Column) -> dict[int, float]:
    """Top-1 accuracies in percent, by seed."""
    return by_seed(column_runs(records, column), "accuracy_bna" if column.bna else "accuracy", 100)


def column_values(records: Sequence[Record], column: Column) -> list[float]:
    """Top-1 accuracies in percent."""
    return list(column_by_seed(records, column).values())


def table(records: Sequence[Record]) -> pd.DataFrame:
    """Paper beside ours, a row for each column of Table 1 and for each of the profile's own methods; accuracies in percent, with
    the ends of the 95 % interval."""
    rows = []
    for column in columns(records):
        runs, ours = column_runs(records, column), estimate(column_values(records, column), SHARE)
        mark = {True: "x", False: ""}
        rows.append(
            {
                "column": column.name, "HSM": mark[column.hsm], "DS": mark[column.ds], "BNA": mark[column.bna],
                "paper": column.accuracy, "ours": ours.mean, "low": ours.low, "high": ours.high, "n": ours.n,
            }
            | seconds(runs)
        )  # fmt: skip
    return pd.DataFrame(rows).round(3)


def gains(records: Sequence[Record]) -> pd.DataFrame:
    """What each method adds to each column without it, in percentage points; ours is paired over seeds."""
    by_flags = {(c.hsm, c.ds, c.bna): c for c in printed_numbers.TABLE1 if not c.long and not c.real}
    rows = []
    for i, method in enumerate(("HSM", "DS", "BNA")):
        for flags, column in by_flags.items():
            if flags[i]:
                continue
            after = by_flags[flags[0] or i == 0, flags[1] or i == 1, flags[2] or i == 2]
            before, with_it = (column_by_seed(records, c) for c in (column, after))
            ours = paired(with_it, before)
            rows.append(
                {
                    "method": method,
                    "added to": column.name,
                    "paper": after.accuracy - column.accuracy,
                    "ours": ours.mean,
                    "± 95 %": ours.half_width,
                    "n": ours.n,
                }
            )
    return pd.DataFrame(rows).round(2)


def figure(records: Sequence[Record]) -> Figure:
    """Above, our seeds, mean and 95 % interval of each column; below, the paper's values. Two data sets, so two axes."""
    frame = table(records)
    fig, (ours, theirs) = plt.subplots(2, 1, figsize=(9, 5), height_ratios=(3, 2), sharex=True, layout="constrained")
    x = np.arange(len(frame))
    first = of_kind(records, "classifier")[0]
    tested, profile = first.metrics["test_images"], first.config.profile
    for i, column in enumerate(columns(records)):
        values = column_values(records, column)
        ours.plot(np.full(len(values), i + 0.15), values, ".", color=OURS, alpha=0.4, markersize=5)
    ours.errorbar(x, frame["ours"], yerr=error_bars(frame), fmt="o", color=OURS, capsize=4)
    ours.set(ylabel="top-1 (%)", title=f"ours: {profile}, {tested:,} real test images; mean, 95 % interval, and every seed")
    theirs.plot(x, frame["paper"], "D", color=DARK)
    theirs.set(ylabel="top-1 (%)", title=f"paper: BigGAN-128, ImageNet-10, {printed_numbers.TEST_IMAGES} real test images; no spread given")
    theirs.set_xticks(
        x, frame["column"].str.replace("+", "\n+").str.replace(" (", "\n(").str.replace(", ", ",\n").str.replace(" images", "\nimages")
    )
    told = listed(frame["column"], [f"{ours:.1f} ({paper:.1f})" for ours, paper in zip(frame["ours"], frame["paper"], strict=True)])
    return described(fig, f"Top-1 accuracy in percent of every column of Table 1, and in brackets the paper's: {told}.")


def gains_figure(records: Sequence[Record]) -> Figure:
    """What each method adds to each column without it: ours, paired over seeds, beside the paper's."""
    frame = gains(records)
    fig, axes = plt.subplots(1, 3, figsize=(9, 2.9), sharey=True, layout="constrained")
    for ax, (method, part) in zip(axes, frame.groupby("method", sort=False), strict=True):
        x = np.arange(len(part))
        ax.bar(x - 0.2, part["paper"], 0.38, color=PAPER, label="paper")
        ax.bar(x + 0.2, part["ours"], 0.38, yerr=part["± 95 %"].fillna(0), color=OURS, capsize=2, label="ours")
        ax.set_xticks(x, part["added to"].str.replace("+", "\n+"))
        ax.set_title(f"+ {method}")
        ax.axhline(0, color="black", linewidth=0.8)
    axes[0].set_ylabel("gain (percentage points)")
    axes[0].legend()
    told = listed(
        frame["method"] + " to " + frame["added to"], [f"{a:+.1f} ({b:+.1f})" for a, b in zip(frame["ours"], frame["paper"], strict=True)]
    )
    return described(fig, f"What each method adds in points, and in brackets the paper's: {told}.")


def sentences(records: Sequence[Record]) -> list[str]:
    """Which methods gain, by the 95 % interval over paired seeds, and what long training reaches."""
    accuracies = {c.name: column_by_seed(records, c) for c in printed_numbers.TABLE1}
    value = {name: estimate(list(found.values()), SHARE) for name, found in accuracies.items()}
    lines = []
    for low, high in (("baseline", "hsm"), ("baseline", "ds"), ("hsm", "ds+hsm"), ("ds", "ds+hsm"), ("ds+bna", "ds+hsm+bna")):
        gain = paired(accuracies[high], accuracies[low])
        lines.append(f"{low} {value[low]} < {high} {value[high]}: {decided(gain)} (by {gain} points, n = {gain.n}).")
    for method, part in gains(records).groupby("method", sort=False):
        ours, theirs = (f"{part[who].min():+.1f} to {part[who].max():+.1f}" for who in ("ours", "paper"))
        helped = int((part["ours"] > 0).sum())
        lines.append(f"{method} gains in {helped} of {len(part)} combinations: {ours} points (paper: {theirs}).")
    best, real = value["long (ds+bna)"], value["real images"]
    lines.append(f"Long training (ds+bna) reaches {best} %, training on as many real images {real} %.")
    return lines
