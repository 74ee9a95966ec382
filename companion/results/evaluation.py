"""Paper B's evaluation over many draws, from the tidy frame of its runs: what teacher and judges read in them, which seeds fail and what a warm
start changes, IS, FID and variance.

runs = frame(run_all(plans.paper_b(DIGITS, 10)), "evaluation")
table(runs)          # a row a setting
"""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import precision_recall_fscore_support

from companion.report.style import described, listed
from companion.results.conditioning import OWN, READERS, WITH_LABELS, named
from companion.stats import summary, t_interval

SURE = 99.9  # percent of all draws, by the teacher
NEVER = 1.0  # percent: an attribute that is read in fewer of its images is said to be at 0 %
VARIANCE = "variance, % of the real images'"
COMPARED = (  # of the two starts
    *("teacher after one epoch, %", "teacher, %", "judge, %", "second judge, %", "attributes at 0 % by the teacher", "only the teacher, %"),
    *("variance, % of the prior's", VARIANCE, "FID"),
)


def _counts(who: str) -> str:
    """The column of what a reader read: counts (K, K), rows are the attributes asked for, columns those read."""
    return f"{who.replace(' ', '_')}_confusion"


def readers(runs: pd.DataFrame) -> list[str]:
    """Who read the images; not every profile has a second judge."""
    return [who for who in READERS if _counts(who) in runs]


def recall(counts: ArrayLike) -> NDArray[np.float64]:
    """(K,) percent of the images of each attribute that are read as asked, of counts (K, K)."""
    found: NDArray[np.float64] = 100 * np.diag(counts) / np.sum(counts, axis=1)
    return found


def pooled(counts: pd.Series) -> NDArray[np.int64]:
    """(K, K), of a column of counts."""
    return np.sum(counts.tolist(), axis=0)


def measured(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs with their setting in words, and what each of them measured, in percent or as a count of attributes."""
    seen = named(runs)
    for who in readers(runs):
        seen[f"{who}, %"] = [100 * np.trace(counts) / np.sum(counts) for counts in seen[_counts(who)]]
    for who in ("teacher", "judge"):
        seen[f"attributes at 0 % by the {who}"] = [(recall(counts) < NEVER).sum() for counts in seen[_counts(who)]]
    seen["only the teacher, %"] = 100 * seen["teacher_alone"].map(np.mean)
    seen[VARIANCE] = 100 * seen["pixel_variance_by_class"].map(np.mean) / seen["real_pixel_variance_by_class"].map(np.mean)
    return seen.rename(columns={"inception_score": "IS", "fid": "FID", "kid": "KID"})


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a setting, mean over seeds: accuracies in percent over all draws and the judge's recall of its worst attribute; IS, FID and KID in the
    profile's features; pixel variance within an attribute in percent of the real images'."""
    settings = measured(runs).groupby("setting", sort=False)
    columns: dict[str, Any] = {"draws": ("draws", "first"), "n": ("seed", "count")}
    columns |= {f"{who}'s accuracy": (f"{who}, %", pd.Series.mean) for who in readers(runs)}  # "mean" would round a tie the other way
    columns |= {"judge's worst": (_counts("judge"), lambda counts: recall(pooled(counts)).min())}
    columns |= {"images": ("samples", "first"), "features": ("feature_space", "first")}
    columns |= {"IS": ("IS", "mean"), "FID": ("FID", "mean"), "KID": ("KID", "mean"), "variance % of real": (VARIANCE, "mean")}
    return settings.agg(**columns).round(2).reset_index()


def factors(runs: pd.DataFrame) -> pd.DataFrame:
    """FID and IS of each setting over those of the generator trained with labels: geometric mean over the seeds that both have, and its 95 %
    interval. No rows without that generator."""
    seen = measured(runs)
    trained = seen[seen["setting"] == WITH_LABELS]
    pairs = seen.drop(trained.index).merge(trained, on="seed", suffixes=("", " trained"), validate="many_to_one")
    parts, ends = [], ["factor", "low", "high"]
    for metric in ("FID", "IS"):
        ratio = (pairs[metric] / pairs[f"{metric} trained"]).where(lambda factor: factor > 0)
        found = summary(pairs.assign(log=np.log(ratio)), "setting", "log", name="factor")
        parts.append(found.assign(of=metric, **np.exp(found[ends].astype(float))))
    return pd.concat(parts, ignore_index=True)[["of", "setting", *ends, "n"]].round(2)


def classification(counts: NDArray[np.int64]) -> pd.DataFrame:
    """Precision, recall, F1 and support, a row a class, of counts (K, K); 0 where nothing was read as the class."""
    asked, read = np.indices(counts.shape).reshape(2, -1)
    found = precision_recall_fscore_support(asked, read, labels=range(len(counts)), sample_weight=counts.ravel(), zero_division=0.0)
    return pd.DataFrame(dict(zip(("precision", "recall", "F1", "support"), found, strict=True))).astype({"support": int})


def by_attribute(runs: pd.DataFrame, class_names: Sequence[str]) -> pd.DataFrame:
    """The classification report of every setting by teacher and judges: a row for each attribute and one for their unweighted mean. Seeds are pooled."""
    parts = []
    for who in readers(runs):
        for setting, counts in named(runs).groupby("setting", sort=False)[_counts(who)]:
            table = classification(pooled(counts))
            table.loc[len(table)] = [*table[["precision", "recall", "F1"]].mean(), table["support"].sum()]
            names = {"read by": who, "setting": setting, "attribute": [*class_names, "mean"]}
            parts.append(table.astype({"support": int}).assign(**names)[[*names, *table.columns]])
    return pd.concat(parts, ignore_index=True).round(4)


def side_by_side(table: pd.DataFrame) -> pd.DataFrame:
    """by_attribute with the settings as groups of columns, in percent."""
    keys = ["read by", "attribute"]
    wide = table.assign(**(100 * table[["precision", "recall", "F1"]])).set_index([*keys, "setting"]).unstack("setting").swaplevel(axis=1)
    columns = [(label, m) for label in table["setting"].unique() for m in ("precision", "recall", "F1", "support")]
    return wide.loc[table[keys].drop_duplicates().apply(tuple, axis=1), columns].round(1)


def failures(runs: pd.DataFrame, class_names: Sequence[str]) -> pd.DataFrame:
    """A row a setting, counts of seeds; which: the attributes that the teacher never reads, by seed; only the teacher: percent of the images
    that the teacher reads as asked and no judge does, mean over seeds, and the worst attribute of any seed."""
    seen = measured(runs)
    lost = [np.flatnonzero(recall(counts) < NEVER).tolist() for counts in seen[_counts("teacher")]]
    names = pd.Series([", ".join(class_names[attribute] for attribute in some) for some in lost], index=seen.index)
    seen["which"] = ("seed " + seen["seed"].astype(str) + ": " + names).where(names != "")
    seen["worst"] = 100 * seen["teacher_alone"].map(max)
    columns = {
        "n": ("seed", "count"),
        "teacher below 99.9 %": ("teacher, %", lambda share: (share < SURE).sum()),
        "attribute at 0 %": ("attributes at 0 % by the teacher", np.count_nonzero),
        "which": ("which", lambda told: "; ".join(told.dropna()) or "-"),
        "judge: attribute at 0 %": ("attributes at 0 % by the judge", np.count_nonzero),
        "only the teacher %": ("only the teacher, %", "mean"),
        "worst attribute %": ("worst", "max"),
    }
    return seen.groupby("setting", sort=False).agg(**columns).round(2).reset_index()


def warm_start(trained: pd.DataFrame, evaluated: pd.DataFrame) -> pd.DataFrame:
    """Paper B's own setting beside each that differs from it in its start alone: means over the seeds that both have, and their difference with
    its 95 % interval. draws: of the prior, labelled for the start. No rows where there is no such setting."""
    both = named(trained).merge(measured(evaluated), on=["setting", "seed"], suffixes=("", " evaluated"), validate="one_to_one")
    both["teacher after one epoch, %"] = 100 * both["history.accuracy"].str[0]
    both["variance, % of the prior's"] = 100 * both["variance"] / both["prior_variance"]
    is_own = both["setting"].str.endswith(OWN)
    own = both[is_own]
    warm = both[~is_own & (both["labels"] == own["labels"].iloc[0]) & (both["teacher"] == own["teacher"].iloc[0])]
    rows = []
    for draws, part in warm.groupby("warm_start", sort=False):
        pairs = own.merge(part, on="seed", suffixes=("", " warm"), validate="one_to_one")
        for name in [name for name in COMPARED if name in pairs]:
            gain = pairs[f"{name} warm"] - pairs[name]
            low, high = t_interval(gain)
            means = {"paper B": pairs[name].mean(), "warm start": pairs[f"{name} warm"].mean(), "difference": gain.mean()}
            rows.append({"quantity": name, "draws": draws} | means | {"± 95 %": (high - low) / 2, "n": len(pairs)})
    return pd.DataFrame(rows, columns=["quantity", "draws", "paper B", "warm start", "difference", "± 95 %", "n"]).round(2)


def figure(runs: pd.DataFrame, class_names: Sequence[str]) -> Figure:
    """Recall of every attribute by each reader, and pixel variance within each attribute with the real images' below."""
    settings = named(runs).groupby("setting", sort=False)
    names = list(class_names)
    panels = {}
    for who in readers(runs):
        rows = {setting: recall(pooled(counts)) for setting, counts in settings[_counts(who)]}
        panels[f"recall by attribute (%): {who}"] = pd.DataFrame(rows, index=names).T
    means = {who: cells.mean(axis=1) for who, cells in zip(readers(runs), panels.values(), strict=True)}
    told = [f"{who}: " + listed(mean.index, mean.map("{:.0f} %".format)) for who, mean in means.items()]
    variance = {setting: np.mean(part.tolist(), axis=0) for setting, part in settings["pixel_variance_by_class"]}
    variance["real images"] = np.mean(runs["real_pixel_variance_by_class"].tolist(), axis=0)
    panels["pixel variance within an attribute"] = pd.DataFrame(variance, index=names).T
    height = -(-len(panels) // 2)
    fig, axes = plt.subplots(height, 2, figsize=(13, height * (0.9 + 0.3 * len(variance))), layout="constrained", squeeze=False)
    for ax, (title, cells) in zip(axes.flat, panels.items(), strict=False):
        fmt, top = (".0f", 100.0) if title.startswith("recall") else (".2f", cells.max(axis=None))
        sns.heatmap(cells, annot=True, fmt=fmt, cmap="Blues", vmin=0, vmax=top, cbar=False, ax=ax, annot_kws={"size": 7}, yticklabels=False)
        ax.set(title=title)
        ax.set_yticks(np.arange(len(cells)) + 0.5, cells.index)  # seaborn would turn the names of few rows
        ax.tick_params(left=False, bottom=False)
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    return described(fig, f"Recall and variance of every setting and attribute. Mean recall by {'; by '.join(told)}.")
