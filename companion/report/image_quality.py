"""Image quality of every set of images: FID, KID, IS, precision and recall, variance.

table(found(DIGITS))          # a pandas frame, one row a set
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from companion.records import Record
from companion.report.estimates import by_seed, log_ratio, of_kind
from companion.report.style import described, listed

IMAGE_SETS = ("real train", "real test", "prior", "mined", "unconditional prior", "fifth prior", "long prior", "conditioned")
JUDGE_LABELLED = ("unconditional prior", "fifth prior", "long prior")
TWINS = {"fifth prior": "Trained on 20 % of the data instead of all of it", "long prior": "Trained for longer"}


def table(records: Sequence[Record]) -> pd.DataFrame:
    """Image quality by set, mean over seeds. FID and KID are in the profile's features: the judge's ("digit") or Inception's.

    judge_agreement: images that the judge reads as labelled; nan for generators without classes, whose images the judge labels.
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
            if image_set in JUDGE_LABELLED:
                rows[-1]["judge_agreement"] = np.nan
    return pd.DataFrame(rows).round(4)


def figure(records: Sequence[Record]) -> Figure:
    """FID by set, precision against recall, and pixel variance by set."""
    frame = table(records)
    fig, (a, b, c) = plt.subplots(1, 3, figsize=(10, 3.2), layout="constrained")
    colors = sns.color_palette("deep", len(frame))
    a.barh(frame["set"], frame["fid"], color=colors)
    a.set(xlabel=f"{frame['features'].iloc[0]}-FID (log; lower is nearer)", xscale="log" if (frame["fid"] > 0).all() else "linear")
    a.invert_yaxis()
    for color, (_, row) in zip(colors, frame.iterrows(), strict=True):
        b.plot(row["recall"], row["precision"], "o", color=color, label=row["set"])
    b.set(xlabel="recall", ylabel="precision", xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    c.barh(frame["set"], frame["pixel_variance"], color=colors)
    c.set(xlabel="pixel variance within a class", yticklabels=[])
    c.invert_yaxis()
    c.locator_params(axis="x", nbins=4)
    told = listed(frame["set"], frame["fid"].map("{:.1f}".format))
    return described(fig, f"FID, precision, recall and pixel variance of every set of images. FID: {told}.")


def class_variance_figure(records: Sequence[Record], class_names: Sequence[str]) -> Figure:
    """Pixel and feature variance of every set within each class, mean over seeds."""
    fig, axes = plt.subplots(1, 2, figsize=(10, 2.9), sharey=True, layout="constrained")
    for ax, what in zip(axes, ("pixel", "feature"), strict=True):
        rows = {}
        for image_set in table(records)["set"]:
            runs = of_kind(records, "image-quality", image_set=image_set)
            variance, images = (np.array([r.metrics[name] for r in runs]) for name in (f"{what}_variance_by_class", "images_by_class"))
            rows[image_set] = np.ma.masked_where(images == 0, variance).mean(axis=0).filled(np.nan)
        sns.heatmap(
            pd.DataFrame(rows, index=list(class_names)).T,
            annot=True,
            fmt=".2f",
            cmap="Blues",
            vmin=0,
            cbar=False,
            ax=ax,
            annot_kws={"size": 7},
        )
        ax.set_title(f"{what} variance within a class")
    return described(fig, f"Pixel and feature variance of every set within each class ({', '.join(class_names)}).")


def twins(records: Sequence[Record]) -> list[str]:
    """FID and IS of the generator without classes where it was trained otherwise. Paper B rests on that of a fifth of the data: it should be
    comparable."""
    return [line for image_set in TWINS for line in _beside_its_twin(records, image_set)]


def _beside_its_twin(records: Sequence[Record], image_set: str) -> list[str]:
    told, seeds = [], 0
    for metric, name in (("fid", "FID"), ("inception_score", "IS")):
        twin, own = (by_seed(of_kind(records, "image-quality", image_set=s), metric) for s in (image_set, "unconditional prior"))
        ratios = np.array(list(log_ratio(twin, own).values()))
        if len(ratios):
            seeds = len(ratios)
            told.append(f"{name} times {np.exp(ratios.mean()):.2f} ({', '.join(f'{ratio:.2f}' for ratio in np.exp(ratios))})")
    if not told:
        return []
    counted = f"geometric mean and each seed, n = {seeds}; the seeds are draws of one generator each"
    return [f"{TWINS[image_set]}: {', '.join(told)}; {counted}."]


def sentences(records: Sequence[Record]) -> list[str]:
    """FID, variance and coverage of each set, and which FIDs are biased."""
    found = {row["set"]: row for row in table(records).to_dict("records")}
    real = found["real test"]["pixel_variance"]
    lines = [f"{found['prior']['features']}-FID: " + ", ".join(f"{name} {row['fid']:.1f}" for name, row in found.items()) + "."]
    if real:
        shares = ", ".join(f"{name} {100 * row['pixel_variance'] / real:.0f}" for name, row in found.items())
        lines.append(f"Pixel variance within a class, in percent of that of real test: {shares}.")
    for made, prior in (pair for pair in (("mined", "prior"), ("conditioned", "unconditional prior")) if set(pair) <= set(found)):
        lines.append(f"Coverage of the real images: {made} {found[made]['coverage']:.2f}, {prior} {found[prior]['coverage']:.2f}.")
    lines += twins(records)
    if small := [name for name, row in found.items() if row["biased"]]:
        lines.append(
            f"The FID of {', '.join(small)} is biased upwards and not comparable, for too few images (no more than feature dimensions); KID is unbiased."
        )
    return lines
