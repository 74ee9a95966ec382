"""Records -> tables and figures. Imports records and the papers' numbers only, never torch: a figure can be redrawn without a run.

table1(find("digits"), profile_epochs=20)          # a pandas frame, one row a column of the paper's table
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import precision_recall_fscore_support

from paperlib import printed_numbers
from paperlib.config import Labels, Teacher
from paperlib.printed_numbers import Column
from paperlib.records import Record
from paperlib.support.files import replacing

CONDITIONINGS: dict[tuple[Labels, Teacher], str] = {
    ("unconditional", "mnist"): "unconditional G (paper B)",
    ("given", "mnist"): "class-conditional G, label given",
    ("withheld", "mnist"): "class-conditional G, label withheld",
    ("shuffled", "mnist"): "class-conditional G, label shuffled",
    ("unconditional", "uci"): "unconditional G, teacher from UCI digits",
    ("withheld", "vgg-face"): "BigGAN of faces, label withheld",
    ("given", "vgg-face"): "BigGAN of faces, label given (the author's way)",
    ("shuffled", "vgg-face"): "BigGAN of faces, label shuffled",
}
EVALUATIONS: dict[Labels | None, str] = {labels: label for (labels, teacher), label in CONDITIONINGS.items() if teacher == "mnist"} | {
    None: "class-conditional G, trained with labels"
}
IMAGE_SETS = ("real train", "real test", "prior", "mined", "unconditional prior", "conditioned")


@dataclass(frozen=True)
class Estimate:
    """A mean over n seeds with its 95 % interval (Student's t); half_width and sd are nan for n = 1."""

    mean: float
    half_width: float
    sd: float
    n: int

    def __str__(self) -> str:
        return f"{self.mean:.1f} ± {self.half_width:.1f}" if self.n > 1 else f"{self.mean:.1f}"


def estimate(values: Sequence[float]) -> Estimate:
    v = np.asarray(values, dtype=float)
    n = len(v)
    sd = float(v.std(ddof=1)) if n > 1 else float("nan")
    return Estimate(
        float(v.mean()) if n else float("nan"), float(stats.t.ppf(0.975, n - 1) * sd / np.sqrt(n)) if n > 1 else float("nan"), sd, n
    )


def of_kind(records: Iterable[Record], kind: str, **config: Any) -> list[Record]:
    """The records of a kind whose config has these values."""
    return [r for r in records if r.kind == kind and all(r.config[k] == v for k, v in config.items())]


def standard_runs(records: Iterable[Record]) -> tuple[list[Record], int]:
    """The classifier runs at the profile's N, which is the largest on record, and the epochs of those that are not long."""
    runs = of_kind(records, "classifier")
    most = max((r.config["images"] for r in runs), default=0)
    runs = [r for r in runs if r.config["images"] == most]
    return runs, min((r.config["epochs"] for r in runs), default=0)


def column_runs(records: Sequence[Record], column: Column) -> list[Record]:
    """The runs behind a column of Table 1, one a seed."""
    runs, epochs = standard_runs(records)
    runs = of_kind(runs, "classifier", real=column.real, hsm=column.hsm, r=printed_numbers.TABLE1_R if column.ds else 0.0)
    return [r for r in runs if (r.config["epochs"] > epochs) == column.long]


def sweep_runs(records: Sequence[Record]) -> list[Record]:
    """The runs of Fig. 4: DS without HSM, every r on record."""
    runs, epochs = standard_runs(records)
    return of_kind(runs, "classifier", real=False, hsm=False, epochs=epochs)


def column_by_seed(records: Sequence[Record], column: Column) -> dict[int, float]:
    """Top-1 accuracies in percent, by seed."""
    return by_seed(column_runs(records, column), "accuracy_bna" if column.bna else "accuracy", 100)


def by_seed(runs: Iterable[Record], metric: str, scale: float = 1) -> dict[int, float]:
    return {r.seed: scale * r.metrics[metric] for r in runs}


def column_values(records: Sequence[Record], column: Column) -> list[float]:
    """Top-1 accuracies in percent."""
    return list(column_by_seed(records, column).values())


def table1(records: Sequence[Record]) -> pd.DataFrame:
    """Paper beside ours, a row for each column of Table 1; accuracies in percent, cost in seconds of one run."""
    rows = []
    for column in printed_numbers.TABLE1:
        runs, ours = column_runs(records, column), estimate(column_values(records, column))
        mark = {True: "x", False: ""}
        rows.append(
            {
                "column": column.name, "HSM": mark[column.hsm], "DS": mark[column.ds], "BNA": mark[column.bna],
                "paper": column.accuracy, "ours": ours.mean, "± 95 %": ours.half_width, "n": ours.n,
                "seconds": np.mean([r.provenance["seconds"] for r in runs]) if runs else float("nan"),
            }
        )  # fmt: skip
    return pd.DataFrame(rows).round(2)


def gains(records: Sequence[Record]) -> pd.DataFrame:
    """What each method adds wherever it is added: paired over seeds for ours; percentage points."""
    by_flags = {(c.hsm, c.ds, c.bna): c for c in printed_numbers.TABLE1 if not c.long and not c.real}
    rows = []
    for i, method in enumerate(("HSM", "DS", "BNA")):
        for flags, column in by_flags.items():
            if flags[i]:
                continue
            after = by_flags[flags[0] or i == 0, flags[1] or i == 1, flags[2] or i == 2]
            before, with_it = (column_by_seed(records, c) for c in (column, after))
            ours = estimate([with_it[seed] - before[seed] for seed in sorted(before.keys() & with_it.keys())])
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


def gap_closed(accuracy: Mapping[str, float]) -> float:
    """Share of the gap between baseline and real images that the long column closes, in percent. accuracy: by column name."""
    return 100 * (accuracy["long (ds+bna)"] - accuracy["baseline"]) / (accuracy["real images"] - accuracy["baseline"])


def sweep(records: Sequence[Record]) -> pd.DataFrame:
    """Fig. 4: accuracy in percent against r without and with BNA, seconds of a run; every r on record."""
    runs = sweep_runs(records)
    rows = []
    for r in sorted({run.config["r"] for run in runs}):
        at = [run for run in runs if run.config["r"] == r]
        for bna in (False, True):
            ours = estimate([100 * run.metrics["accuracy_bna" if bna else "accuracy"] for run in at])
            seconds = float(np.mean([run.provenance["seconds"] for run in at]))
            rows.append(
                {
                    "r": r,
                    "BNA": bna,
                    "paper": printed_numbers.FIG4_KNOWN.get((r, bna)),
                    "ours": ours.mean,
                    "± 95 %": ours.half_width,
                    "n": ours.n,
                    "seconds": seconds,
                }
            )
    return pd.DataFrame(rows, columns=["r", "BNA", "paper", "ours", "± 95 %", "n", "seconds"]).round(2)


def hard_samples(records: Sequence[Record]) -> pd.DataFrame:
    """What mining did at each stage, mean over seeds: score of k* before and after, accuracies and the judge's agreement in percent."""
    rows = []
    runs = of_kind(records, "hard-samples")
    for stage in sorted({s for r in runs for s in r.config["stages"]}):
        at = [r for r in runs if stage in r.config["stages"]]
        mean = {
            m: float(np.mean([r.metrics[f"{m}_epoch_{stage}"] for r in at]))
            for m in ("score_drop", "accuracy_before", "accuracy_after", "judge_agreement", "norm_error")
        }
        rows.append(
            {
                "epoch": stage, "n": len(at), "score of k* falls by": mean["score_drop"],
                "accuracy before": 100 * mean["accuracy_before"], "accuracy after": 100 * mean["accuracy_after"],
                "judge agrees, random": 100 * float(np.mean([r.metrics["judge_agreement_random"] for r in at])),
                "judge agrees, mined": 100 * mean["judge_agreement"], "largest norm error": mean["norm_error"],
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def conditioning_runs(records: Sequence[Record], labels: str, teacher: str) -> list[Record]:
    return of_kind(records, "conditioning", labels=labels, teacher=teacher)


def conditioning(records: Sequence[Record]) -> pd.DataFrame:
    """Paper B: accuracies in percent by teacher and judge, the first epoch at 100 %, variance within an attribute against the prior's."""
    rows = []
    for (labels, teacher), label in CONDITIONINGS.items():
        runs = conditioning_runs(records, labels, teacher)
        if not runs:
            continue
        own, judged = (estimate([100 * r.metrics[m] for r in runs]) for m in ("accuracy", "judge_accuracy"))
        kept = estimate([100 * r.metrics["variance"] / r.metrics["prior_variance"] for r in runs])
        full = [r.metrics["first_full_epoch"] for r in runs]
        rows.append(
            {
                "setting": label, "teacher's accuracy": own.mean, "± 95 %": own.half_width, "judge's accuracy": judged.mean, "judge ± 95 %": judged.half_width,
                "100 % by epoch": "/".join("-" if f is None else str(f) for f in full), "variance kept %": kept.mean, "n": own.n,
            }
        )  # fmt: skip
    return pd.DataFrame(rows).round(2)


def evaluation_runs(records: Iterable[Record], labels: Labels | None) -> list[Record]:
    """The evaluations of one of EVALUATIONS, one a seed."""
    sources = [(r, r.config["conditioning"]) for r in records if r.kind == "evaluation"]
    return [r for r, source in sources if (source and source["labels"]) == labels]


def own_setting(records: Sequence[Record]) -> tuple[Labels, Teacher]:
    """Paper B's own setting among the conditioning records: the first of CONDITIONINGS that is there."""
    return next((key for key in CONDITIONINGS if conditioning_runs(records, *key)), next(iter(CONDITIONINGS)))


def confusion(runs: Sequence[Record], who: str) -> NDArray[np.int64]:
    """Counts (K, K) over all runs: asked for, read by "teacher" or "judge"."""
    return np.sum([r.metrics[f"{who}_confusion"] for r in runs], axis=0)


def classification(counts: NDArray[np.int64]) -> pd.DataFrame:
    """Precision, recall, F1 and support, a row a class, of confusion counts (K, K); 0 where nothing was read as the class."""
    asked, read = np.indices(counts.shape).reshape(2, -1)
    found = precision_recall_fscore_support(asked, read, labels=range(len(counts)), sample_weight=counts.ravel(), zero_division=0.0)
    return pd.DataFrame(dict(zip(("precision", "recall", "F1", "support"), found, strict=True))).astype({"support": int})


def read_as_asked(runs: Iterable[Record], who: str) -> dict[int, float]:
    """Accuracy in percent over all draws, by seed."""
    return {r.seed: 100 * float(np.trace(counts := confusion([r], who)) / counts.sum()) for r in runs}


def evaluation_report(records: Sequence[Record], class_names: Sequence[str]) -> pd.DataFrame:
    """The classification report of every setting by teacher and judge, a row an attribute, and their plain mean; seeds are pooled."""
    parts = []
    for who in ("teacher", "judge"):
        for labels, label in EVALUATIONS.items():
            if runs := evaluation_runs(records, labels):
                table = classification(confusion(runs, who))
                table.loc[len(table)] = [*table[["precision", "recall", "F1"]].mean(), table["support"].sum()]
                names = {"read by": who, "setting": label, "attribute": [*class_names, "mean"]}
                parts.append(table.astype({"support": int}).assign(**names)[[*names, *table.columns]])
    return pd.concat(parts, ignore_index=True).round(4)


def side_by_side(table: pd.DataFrame) -> pd.DataFrame:
    """evaluation_report with the settings as groups of columns, in percent."""
    keys = ["read by", "attribute"]
    wide = table.assign(**(100 * table[["precision", "recall", "F1"]])).set_index([*keys, "setting"]).unstack("setting").swaplevel(axis=1)
    columns = [(label, m) for label in table["setting"].unique() for m in ("precision", "recall", "F1", "support")]
    return wide.loc[table[keys].drop_duplicates().apply(tuple, axis=1), columns].round(1)


def evaluation(records: Sequence[Record]) -> pd.DataFrame:
    """Paper B's evaluation, mean over seeds: accuracies and the judge's worst attribute in percent, IS, FID and KID in the profile's
    features, and the pixel variance within an attribute as a share of the real images'."""
    rows = []
    for labels, label in EVALUATIONS.items():
        if runs := evaluation_runs(records, labels):
            recall = classification(confusion(runs, "judge"))["recall"]
            rows.append(
                {"setting": label, "draws": runs[0].config["draws"], "n": len(runs)}
                | {f"{who}'s accuracy": np.mean(list(read_as_asked(runs, who).values())) for who in ("teacher", "judge")}
                | {"judge's worst": 100 * recall.min(), "images": runs[0].metrics["samples"], "features": runs[0].metrics["feature_space"]}
                | {name: np.mean([r.metrics[m] for r in runs]) for name, m in (("IS", "inception_score"), ("FID", "fid"), ("KID", "kid"))}
                | {"variance % of real": 100 * variance_by_attribute(runs).mean() / variance_by_attribute(runs, "real_").mean()}
            )
    return pd.DataFrame(rows).round(2)


def variance_by_attribute(runs: Sequence[Record], prefix: str = "") -> NDArray[np.float64]:
    """Pixel variance within each attribute (K,), mean over seeds; prefix "real_": that of the real images."""
    return np.mean([r.metrics[f"{prefix}pixel_variance_by_class"] for r in runs], axis=0)


def image_quality(records: Sequence[Record]) -> pd.DataFrame:
    """Image quality by set, mean over seeds. FID and KID are in the profile's features: the judge's ("digit") or Inception's.

    biased: the set or the reference has fewer images than the features have dimensions, so that FID is too large; KID is not.
    """
    rows = []
    names = (
        "fid",
        "kid",
        "inception_score",
        "precision",
        "recall",
        "density",
        "coverage",
        "judge_agreement",
        "pixel_variance",
        "feature_variance",
    )
    for image_set in IMAGE_SETS:
        runs = of_kind(records, "image-quality", image_set=image_set)
        if runs:
            first = runs[0].metrics
            small = min(first["samples"], first["reference_samples"]) <= first["feature_dimensions"]
            rows.append(
                {"set": image_set, "images": first["samples"], "reference": first["reference_samples"], "n": len(runs)}
                | {"features": first["feature_space"], "biased": "x" if small else ""}
                | {m: float(np.mean([r.metrics[m] for r in runs])) for m in names}
            )
    return pd.DataFrame(rows).round(4)


def save_table(frame: pd.DataFrame, folder: Path, name: str) -> None:
    """CSV and Markdown under folder/tables."""
    for suffix, text in ((".csv", frame.to_csv(index=False)), (".md", frame.to_markdown(index=False) + "\n")):
        with replacing(folder / "tables" / f"{name}{suffix}") as path:
            path.write_text(text)
