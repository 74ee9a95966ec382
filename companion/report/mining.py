"""Past paper A: how far mined images are from the generator's own, and the step size from which mining does harm.

table(found(DIGITS))          # a pandas frame, one row a step size and number of steps
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from companion.records import Record
from companion.report.estimates import SHARE, by_seed, estimate, of_kind, paired
from companion.report.style import OURS, PAPER, SECOND, THIRD, described, listed


def table(records: Sequence[Record]) -> pd.DataFrame:
    """Distance of mined images from the generator's own samples, mean over seeds; shares in percent."""
    runs = of_kind(records, "mined-space")
    if not runs:
        return pd.DataFrame()
    grid = pd.concat([pd.DataFrame(r.metrics["grid"]) for r in runs]).groupby(["step_size", "steps"], as_index=False).mean()
    shares = {"precision": "inside %", "judge": "judge agrees %", "classifier": "classifier right %"}
    grid[list(shares)] *= 100
    return grid.rename(columns={"step_size": "eta", "distance": "distance, random = 1"} | shares).assign(n=len(runs)).round(3)


def classifiers(records: Sequence[Record]) -> pd.DataFrame:
    """Top-1 in percent of classifiers on mined images (HSM, a fixed set) against the step size, without and with BNA; 0 is no mining.

    gain: over no mining, in points, paired by seed. The runs at step size 0 and at the profile's own are those of Table 1, restricted to the
    seeds at which the other step sizes were run.
    """
    far = of_kind(records, "mined-classifier")
    seeds = {r.seed for r in far}
    near = [r for r in of_kind(records, "classifier", real=False, r=0.0, long_factor=1, method="") if r.seed in seeds]
    by_size: dict[float, list[Record]] = {}
    for run in near:
        by_size.setdefault(run.config.step_size if run.config.hsm else 0.0, []).append(run)
    for run in far:
        by_size.setdefault(run.config.classifier.step_size, []).append(run)
    rows = []
    for size, runs in sorted(by_size.items()):
        for bna in (False, True):
            metric = "accuracy_bna" if bna else "accuracy"
            accuracies, without = by_seed(runs, metric, 100), by_seed(by_size.get(0.0, []), metric, 100)
            ours, gain = estimate(list(accuracies.values()), SHARE), paired(accuracies, without)
            rows.append(
                {
                    "eta": size,
                    "BNA": bna,
                    "ours": ours.mean,
                    "low": ours.low,
                    "high": ours.high,
                    "gain": gain.mean,
                    "gain ±": gain.half_width,
                    "n": ours.n,
                }
            )
    return pd.DataFrame(rows, columns=["eta", "BNA", "ours", "low", "high", "gain", "gain ±", "n"]).round(2)


def figure(records: Sequence[Record]) -> Figure:
    """Against the step size: distance to the generator's own samples, the judge's agreement, and the gain of the final classifier."""
    space, trained = table(records), classifiers(records)
    fig, (far, agree, final) = plt.subplots(1, 3, figsize=(10, 3.2), layout="constrained")
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
        part = trained[(trained["BNA"] == bna) & (trained["eta"] > 0)]
        final.errorbar(
            part["eta"], part["gain"], yerr=part["gain ±"], marker="o", color=color, capsize=3, label="with BNA" if bna else "without BNA"
        )
    final.axhline(0, color=PAPER, linestyle="--", linewidth=1)
    final.set(xscale="log", xlabel="step size (eta)", ylabel="points over no mining", title="what the classifier gains")
    if len(trained):
        final.legend(fontsize=8, loc="lower left")
    told = listed(
        mined["eta"].map("eta {:g}, ".format) + mined["steps"].map("{:.0f} steps".format), mined["judge agrees %"].map("{:.0f} %".format)
    )
    return described(fig, f"Distance, label and gain of the classifier against the step size of mining. The judge reads the class: {told}.")


def sentences(records: Sequence[Record]) -> list[str]:
    """How far mined images are from the generator's own, whether their labels stay right, and what the final classifier gains."""
    space = table(records)
    if space.empty:
        return []
    random, mined = space[space["steps"] == 0].iloc[0], space[space["steps"] > 0]
    inside, agreed = random[["inside %", "judge agrees %"]]
    lines = [
        f"Random images: {inside:.0f} % lie inside the manifold of the generator's own samples; the judge reads the class in {agreed:.0f} %."
    ]
    for steps, part in mined.groupby("steps"):
        sizes, distances, read = (
            "/".join(f"{value:{form}}" for value in part[name])
            for name, form in (("eta", "g"), ("distance, random = 1", ".2f"), ("judge agrees %", ".0f"))
        )
        lines.append(
            f"{steps} step{'s' if steps > 1 else ''} of size {sizes}: {distances} times as far as random images; the judge reads the class in {read} %."
        )
    wrong = mined[mined["judge agrees %"] < 95].sort_values("distance, random = 1")
    if agreed < 95:
        lines.append(
            f"The judge already disagrees with {100 - agreed:.0f} % of the labels of random images, so mining is not the only cause."
        )
    elif len(wrong):
        steps, eta, distance = wrong.iloc[0][["steps", "eta", "distance, random = 1"]]
        lines.append(
            f"The smallest distance at which the judge disagrees with more than 5 % of the labels: {distance:.2f} ({steps:.0f} steps of size {eta:g})."
        )
    trained = classifiers(records)
    plain = trained[~trained["BNA"].astype(bool)].set_index("eta")
    if 0.0 in plain.index and len(plain) > 1:
        spread = " ± {gain ±:.1f}" if plain["n"].min() > 1 else ""
        curve = ", ".join(f"{row['gain']:+.1f}{spread.format(**row)} at eta = {eta:g}" for eta, row in plain.iterrows() if eta)
        lines += [
            f"Without mining the final classifier reaches {plain.loc[0.0, 'ours']:.1f} % (n = {plain['n'].min():.0f}).",
            f"    Points that mining adds, paired by seed: {curve}.",
        ]
        harmful = plain.index[(plain["gain"] + plain["gain ±"] < 0) & (plain.index > 0)]
        lines.append(
            f"The smallest eta at which mining is shown to be harmful (its 95 % interval lies below 0, n = {plain['n'].min():.0f}): {harmful.min():g}."
            if len(harmful)
            else f"At none of these step sizes is mining shown to be harmful (no 95 % interval lies below 0, n = {plain['n'].min():.0f})."
        )
    return lines
