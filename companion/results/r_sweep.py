"""Fig. 4 of paper A: accuracy and cost against the replacement fraction r. From classifier runs, a row a run.

runs = frame(found(DIGITS), "classifier")
table(runs)          # two rows an r, without and with BNA
"""

from functools import partial

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from companion.printed_numbers import FIG4_KNOWN
from companion.report.style import OURS, SECOND, THIRD, described, listed
from companion.results.table1 import by_bna
from companion.stats import SHARE, costs, summary, t_interval

PRINTED = pd.Series(FIG4_KNOWN, name="paper").rename_axis(["r", "bna"]).reset_index()
NAMES = {False: "without BNA", True: "with BNA"}


def points(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of Fig. 4, DS without HSM at every r: each twice, without and with BNA."""
    return by_bna(runs.query("not real and not hsm and long_factor == 1 and method == ''"))


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Accuracy in percent without and with BNA, with the ends of its 95 % interval, and seconds of a run, for every r on record."""
    seen, by = points(runs), ["r", "bna"]
    found = summary(seen, by, "top1", SHARE).merge(PRINTED, how="left", on=by).merge(costs(seen, by), on=by).sort_values(by)
    return found.rename(columns={"bna": "BNA"})[["r", "BNA", "paper", "ours", "low", "high", "n", "seconds", "runs at a time"]].round(3)


def figure(runs: pd.DataFrame, reference: pd.DataFrame) -> Figure:
    """Accuracy against r without and with BNA: ours, and the values that the paper prints. On the right the cost of a run.

    reference: other runs, or none, drawn as thin dashed lines.
    """
    found = table(runs)
    fig, (ours, theirs, cost) = plt.subplots(1, 3, figsize=(10, 3.2), width_ratios=(3, 2, 2), layout="constrained")
    shown = {"x": "r", "hue": "bna", "palette": [OURS, SECOND]}
    bars = {"errorbar": partial(t_interval, bounds=SHARE), "err_style": "bars", "err_kws": {"capsize": 3}, "marker": "o"}
    sns.lineplot(points(runs), y="top1", ax=ours, **shown, **bars)
    if len(reference):
        sns.lineplot(points(reference), y="top1", errorbar=None, linestyle="--", linewidth=1, alpha=0.6, legend=False, ax=ours, **shown)
    sns.lineplot(PRINTED, y="paper", linestyle=":", marker="D", legend=False, ax=theirs, **shown)
    sns.lineplot(found, x="r", y="seconds", marker="o", color=THIRD, ax=cost)
    ours.set(xlabel="replacement fraction r", ylabel="top-1 on real test images (%)", title=f"ours: {runs['profile'].iloc[0]}")
    ours.legend(ours.get_legend().legend_handles, NAMES.values(), fontsize=8)
    theirs.set(xlabel="replacement fraction r", ylabel="", title="paper: the four values in its text", xlim=(-0.05, 1.05))
    shared = found["runs at a time"].max()
    beside = f", {shared} at a time" if shared > 1 else ""
    cost.set(
        xlabel="replacement fraction r", ylabel=f"seconds of a run{beside}", title="cost, ours", ylim=(0, 1.1 * found["seconds"].max())
    )
    told = "; ".join(f"{NAMES[bna]} {listed(part['r'], part['ours'].map('{:.1f}'.format))}" for bna, part in found.groupby("BNA"))
    return described(fig, f"Top-1 accuracy in percent against the replacement fraction r, and the cost of a run. Accuracy: {told}.")
