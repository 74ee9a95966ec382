"""Past paper A: how far mined images are from the generator's own, and the step size from which mining does harm.

table(frame(found, "mined_space"))                                              # a row a step size and number of steps
classifiers(frame(found, "classifier"), frame(found, "mined_classifier"))       # a row a step size, without and with BNA
"""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from companion.report.style import OURS, PAPER, SECOND, THIRD, described, listed
from companion.stats import SHARE, means, summary

GRID = {
    "step_size": "eta",
    "steps": "steps",
    "distance": "distance, random = 1",
    "precision": "inside %",
    "judge": "judge agrees %",
    "classifier": "classifier right %",
    "n": "n",
}
COLUMNS = ["eta", "BNA", "ours", "low", "high", "gain", "gain ±", "n"]


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Distance of mined images from the generator's own samples, mean over seeds; shares in percent. The row without steps is the random images."""
    rows = pd.json_normalize(runs[["seed", "grid"]].to_dict("records"), "grid", "seed")
    frame = means(rows, ["step_size", "steps"], ["distance", "precision", "judge", "classifier"])[list(GRID)].rename(columns=GRID)
    frame[["inside %", "judge agrees %", "classifier right %"]] *= 100
    return frame.round(3)


def classifiers(near: pd.DataFrame, far: pd.DataFrame) -> pd.DataFrame:
    """Top-1 in percent of classifiers on mined images (HSM, a fixed set) against the step size, without and with BNA; 0 is no mining.

    near: the runs of Table 1, which have the profile's own step size; only those without DS, at the seeds of far. far: runs at other step sizes.
    gain: over no mining, in points, paired by seed.
    """
    if far.empty:
        return pd.DataFrame(columns=COLUMNS)
    near = near.query("not real and r == 0 and long_factor == 1 and method == '' and seed in @far.seed")
    runs = pd.concat([near.assign(eta=near["step_size"].where(near["hsm"], 0.0)), far.assign(eta=far["step_size"])])
    tidy = runs.melt(["seed", "eta"], ["accuracy", "accuracy_bna"], "BNA", "top1")
    tidy = tidy.assign(BNA=tidy["BNA"] == "accuracy_bna", top1=100 * tidy["top1"])
    without = tidy[tidy["eta"] == 0].drop(columns="eta")
    tidy = tidy.merge(without, "left", on=["seed", "BNA"], suffixes=("", "_without"), validate="many_to_one")
    ours = summary(tidy, ["eta", "BNA"], "top1", SHARE)
    gain = means(tidy.assign(gain=tidy["top1"] - tidy["top1_without"]), ["eta", "BNA"], ["gain"]).drop(columns="n")
    found = ours.merge(gain, "left", on=["eta", "BNA"], validate="one_to_one")
    return found.sort_values(["eta", "BNA"], ignore_index=True)[COLUMNS].round(2)


def figure(space: pd.DataFrame, trained: pd.DataFrame) -> Figure:
    """Against the step size: distance to the generator's own samples, the judge's agreement, and the gain of the final classifier.

    space, trained: what table and classifiers return.
    """
    random, mined = space[space["steps"] == 0].iloc[0], space[space["steps"] > 0]
    steps = mined["steps"].map(lambda count: "1 step" if count == 1 else f"{count} steps")
    palette = sns.color_palette([THIRD, OURS, SECOND], steps.nunique())
    fig, (far, agree, final) = plt.subplots(1, 3, figsize=(10, 3.2), layout="constrained")
    for ax, column in ((far, "distance, random = 1"), (agree, "judge agrees %")):
        sns.lineplot(mined, x="eta", y=column, hue=steps, palette=palette, marker="o", legend=ax is agree, ax=ax)
        ax.axhline(random[column], color=PAPER, linestyle="--", linewidth=1, label="random images")
    far.set(xscale="log", xlabel="step size (eta)", ylabel="distance to the generator's samples", title="how far mining leads")
    agree.set(xscale="log", xlabel="step size (eta)", ylabel="judge reads the class (%)", title="whether the label stays right")
    agree.legend(fontsize=7, loc="lower left")
    for bna, part in trained[trained["eta"] > 0].groupby("BNA"):
        color, label = (SECOND, "with BNA") if bna else (OURS, "without BNA")
        final.errorbar(part["eta"], part["gain"], yerr=part["gain ±"], marker="o", color=color, capsize=3, label=label)
    final.axhline(0, color=PAPER, linestyle="--", linewidth=1)
    final.set(xscale="log", xlabel="step size (eta)", ylabel="points over no mining", title="what the classifier gains")
    if len(trained):
        final.legend(fontsize=8, loc="lower left")
    told = listed(steps + mined["eta"].map(" of size {:g}:".format), mined["judge agrees %"].map("{:.0f} %".format))
    return described(fig, f"Distance, label and gain of the classifier against the step size of mining. The judge reads the class: {told}.")
