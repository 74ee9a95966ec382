"""Evaluation of paper B over many draws: what teacher and judges read in them, IS, FID and variance.

table(found(DIGITS))          # a pandas frame, one row a setting
"""

from collections.abc import Iterable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_fscore_support

from companion.config import Setting
from companion.records import Record
from companion.report import conditioning, rankings
from companion.report.estimates import by_seed, decided, estimate, log_ratio, of_kind
from companion.report.style import described, listed

WITH_LABELS = "class-conditional G, trained with labels"
READERS = {"teacher": "teacher", "judge": "judge", "second_judge": "second judge"}
COMPARABLE = 1.5  # the factor up to which we call two FIDs, or two inception scores, comparable; the paper gives none


def settings(records: Iterable[Record]) -> dict[Setting | None, str]:
    """What is evaluated and its name, in the order of the records: paper B's own setting first; None is the generator trained with labels."""
    configs = [r.config.conditioning for r in of_kind(records, "evaluation")]
    found = dict.fromkeys(c.setting if c else None for c in configs)
    own = own_setting(found)
    return {setting: conditioning.name_of(setting, own) if setting and own else WITH_LABELS for setting in found}


def own_setting(found: Iterable[Setting | None]) -> Setting | None:
    """Paper B's own, of settings(...)."""
    return next((setting for setting in found if setting), None)


def runs_of(records: Iterable[Record], setting: Setting | None) -> list[Record]:
    """The evaluations of one of settings(...), one a seed."""
    sources = [(r, r.config.conditioning) for r in of_kind(records, "evaluation")]
    return [r for r, source in sources if (source and source.setting) == setting]


def readers(runs: Iterable[Record]) -> list[str]:
    """Who read the images of every run, of READERS."""
    found = list(runs)
    return [who for who in READERS if all(f"{who}_confusion" in r.metrics for r in found)]


def confusion(runs: Sequence[Record], who: str) -> NDArray[np.int64]:
    """Counts (K, K) summed over the runs: rows are the attributes asked for, columns those read. who: of READERS."""
    return np.sum([r.metrics[f"{who}_confusion"] for r in runs], axis=0)


def classification(counts: NDArray[np.int64]) -> pd.DataFrame:
    """Precision, recall, F1 and support, a row a class, of confusion counts (K, K); 0 where nothing was read as the class."""
    asked, read = np.indices(counts.shape).reshape(2, -1)
    found = precision_recall_fscore_support(asked, read, labels=range(len(counts)), sample_weight=counts.ravel(), zero_division=0.0)
    return pd.DataFrame(dict(zip(("precision", "recall", "F1", "support"), found, strict=True))).astype({"support": int})


def read_as_asked(runs: Iterable[Record], who: str) -> dict[int, float]:
    """Accuracy in percent over all draws, by seed."""
    return {r.seed: 100 * float(np.trace(counts := confusion([r], who)) / counts.sum()) for r in runs}


def variance_by_attribute(runs: Sequence[Record], prefix: str = "") -> NDArray[np.float64]:
    """Pixel variance within each attribute (K,), mean over seeds; prefix "real_": that of the real images."""
    return np.mean([r.metrics[f"{prefix}pixel_variance_by_class"] for r in runs], axis=0)


def by_attribute(records: Sequence[Record], class_names: Sequence[str]) -> pd.DataFrame:
    """The classification report of every setting by teacher and judges: a row for each attribute and one for their unweighted mean. Seeds are pooled."""
    parts = []
    for who in readers(of_kind(records, "evaluation")):
        for setting, label in settings(records).items():
            table = classification(confusion(runs_of(records, setting), who))
            table.loc[len(table)] = [*table[["precision", "recall", "F1"]].mean(), table["support"].sum()]
            names = {"read by": READERS[who], "setting": label, "attribute": [*class_names, "mean"]}
            parts.append(table.astype({"support": int}).assign(**names)[[*names, *table.columns]])
    return pd.concat(parts, ignore_index=True).round(4)


def side_by_side(table: pd.DataFrame) -> pd.DataFrame:
    """by_attribute with the settings as groups of columns, in percent."""
    keys = ["read by", "attribute"]
    wide = table.assign(**(100 * table[["precision", "recall", "F1"]])).set_index([*keys, "setting"]).unstack("setting").swaplevel(axis=1)
    columns = [(label, m) for label in table["setting"].unique() for m in ("precision", "recall", "F1", "support")]
    return wide.loc[table[keys].drop_duplicates().apply(tuple, axis=1), columns].round(1)


def table(records: Sequence[Record]) -> pd.DataFrame:
    """A row a setting, mean over seeds: accuracies in percent and the judge's recall of its worst attribute; IS, FID and KID in the profile's
    features; pixel variance within an attribute in percent of the real images'."""
    rows = []
    for setting, label in settings(records).items():
        runs = runs_of(records, setting)
        recall = classification(confusion(runs, "judge"))["recall"]
        rows.append(
            {"setting": label, "draws": runs[0].config.draws, "n": len(runs)}
            | {f"{READERS[who]}'s accuracy": np.mean(list(read_as_asked(runs, who).values())) for who in readers(runs)}
            | {"judge's worst": 100 * recall.min(), "images": runs[0].metrics["samples"], "features": runs[0].metrics["feature_space"]}
            | {name: np.mean([r.metrics[m] for r in runs]) for name, m in (("IS", "inception_score"), ("FID", "fid"), ("KID", "kid"))}
            | {"variance % of real": 100 * variance_by_attribute(runs).mean() / variance_by_attribute(runs, "real_").mean()}
        )
    return pd.DataFrame(rows).round(2)


def figure(records: Sequence[Record], class_names: Sequence[str]) -> Figure:
    """Recall of every attribute by each reader, and pixel variance within each attribute with the real images' below."""
    found = {label: runs_of(records, setting) for setting, label in settings(records).items()}
    recall = {
        who: {label: 100 * classification(confusion(runs, who))["recall"] for label, runs in found.items()} for who in _all_readers(found)
    }
    variance = {label: variance_by_attribute(runs) for label, runs in found.items()}
    variance["real images"] = variance_by_attribute(next(iter(found.values())), "real_")
    panels = [(f"recall by attribute (%): {READERS[who]}", rows, ".0f", 100.0) for who, rows in recall.items()]
    panels.append(("pixel variance within an attribute", variance, ".2f", float(np.max([*variance.values()]))))
    height = -(-len(panels) // 2)
    fig, axes = plt.subplots(height, 2, figsize=(13, height * (0.9 + 0.3 * len(variance))), layout="constrained", squeeze=False)
    for ax, (title, rows, fmt, top) in zip(axes.flat, panels, strict=False):
        cells = pd.DataFrame({label: np.asarray(values) for label, values in rows.items()}, index=list(class_names)).T
        sns.heatmap(cells, annot=True, fmt=fmt, cmap="Blues", vmin=0, vmax=top, cbar=False, ax=ax, annot_kws={"size": 7}, yticklabels=False)
        ax.set(title=title)
        ax.set_yticks(np.arange(len(cells)) + 0.5, cells.index)  # seaborn would turn the names of few rows
        ax.tick_params(left=False, bottom=False)
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    told = [f"{READERS[who]}: " + listed(rows, [f"{np.mean(values):.0f} %" for values in rows.values()]) for who, rows in recall.items()]
    return described(fig, f"Recall and variance of every setting and attribute. Mean recall by {'; by '.join(told)}.")


def _all_readers(found: dict[str, list[Record]]) -> list[str]:
    return readers(run for runs in found.values() for run in runs)


def _comparable(larger: Mapping[int, float], smaller: Mapping[int, float]) -> str:
    """Whether the factor between the two is below COMPARABLE, by its interval over the seeds that both have."""
    return decided(estimate([np.log(COMPARABLE) - ratio for ratio in log_ratio(larger, smaller).values()]))


def sentences(records: Sequence[Record]) -> list[str]:
    """Accuracy over all draws and in the worst attribute, variance, and whether IS and FID are comparable with training on labels."""
    found = {row["setting"]: row for row in table(records).to_dict("records")}
    own, trained = (next((row for name, row in found.items() if (name == WITH_LABELS) == trained), None) for trained in (False, True))
    lines = []
    for name, row in found.items():
        shares = {who: row.get(f"{who}'s accuracy", np.nan) for who in READERS.values()}
        read, worst = ", ".join(f"{who} {share:.2f} %" for who, share in shares.items() if not np.isnan(share)), row["judge's worst"]
        lines += [
            f"{name}, {row['draws']:,} draws, n = {row['n']}: {read},",
            f"    {worst:.1f} % in the judge's worst attribute; pixel variance {row['variance % of real']:.0f} % of the real images'.",
        ]
    if own and trained:
        claim = f"comparable with training on labels, within a factor of {COMPARABLE:g}"
        times = {name: row["FID"] / trained["FID"] if trained["FID"] > 0 else float("inf") for name, row in found.items()}
        runs = [runs_of(records, setting) for setting in (own_setting(settings(records)), None)]
        (own_fid, fid), (own_score, score) = ([by_seed(r, metric) for r in runs] for metric in ("fid", "inception_score"))
        others = [f"{name} {times[name]:.1f}" for name, row in found.items() if row is not own and row is not trained]
        lines += [
            f"FID {claim}: {_comparable(own_fid, fid)}; {own['features']}-FID {own['FID']:.1f} against {trained['FID']:.1f},"
            f" a factor of {times[own['setting']]:.1f}; KID {own['KID']:.2f} against {trained['KID']:.2f}.",
            *([f"    The same factor in the other settings: {'; '.join(others)}."] if others else []),
            f"IS {claim}: {_comparable(score, own_score)}; {own['IS']:.2f} against {trained['IS']:.2f}.",
        ]
    judged = [[row.get(f"{who}'s accuracy", np.nan) for row in found.values()] for who in ("judge", "second judge")]
    return [*lines, *rankings.sentences(list(found), *judged)]
