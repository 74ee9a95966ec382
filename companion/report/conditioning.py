"""Training of paper B: accuracy by teacher and judges, samples, variance and confidence.

table(found(DIGITS))          # a pandas frame, one row a setting
"""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from companion import printed_numbers
from companion.config import Labels, Setting
from companion.records import Record
from companion.report.estimates import SHARE, estimate, mean_where_measured, of_kind, without_empty
from companion.report.style import OURS, PAPER, SECOND, apart, curves, described, listed, show

SECOND_JUDGE = "second judge's accuracy"
TOLD: dict[Labels, str] = {
    "unconditional": "unconditional G",
    "given": "class-conditional G, label given",
    "withheld": "class-conditional G, label withheld",
    "shuffled": "class-conditional G, label shuffled",
}


def name_of(setting: Setting, own: Setting) -> str:
    """In words. own: paper B's own setting of the profile."""
    told = TOLD[setting.labels]
    if setting == own:
        return f"{told} (paper B)"
    teacher = "" if setting.teacher == own.teacher else f", teacher {setting.teacher}"
    start = "" if setting.warm_start == own.warm_start else f", warm start {setting.warm_start:,}"
    return f"{told}{teacher}{start}"


def settings(records: Sequence[Record]) -> dict[Setting, str]:
    """The settings on record and their names. Records come in the order of the profile's plan: paper B's own setting is the first."""
    found = list(dict.fromkeys(r.config.setting for r in of_kind(records, "conditioning")))
    return {setting: name_of(setting, found[0]) for setting in found}


def runs_of(records: Sequence[Record], setting: Setting) -> list[Record]:
    """The conditioning runs of one setting, one a seed."""
    return of_kind(records, "conditioning", setting=setting)


def own_setting(records: Sequence[Record]) -> Setting:
    """Paper B's own setting; ValueError where no conditioning is on record."""
    found = settings(records)
    if not found:
        raise ValueError("no conditioning run is on record; run notebook 04 first.")
    return next(iter(found))


def table(records: Sequence[Record]) -> pd.DataFrame:
    """Accuracies in percent by teacher and judge with the ends of their 95 % intervals, and by the second judge where it is on record; the
    first epoch at 100 % by seed; variance within an attribute in percent of the prior's."""
    rows = []
    for setting, label in settings(records).items():
        runs = runs_of(records, setting)
        own, judged = (estimate([100 * r.metrics[m] for r in runs], SHARE) for m in ("accuracy", "judge_accuracy"))
        kept = estimate([100 * r.metrics["variance"] / r.metrics["prior_variance"] for r in runs])
        full = [next((i for i, a in enumerate(r.history["accuracy"], 1) if a == 1.0), "-") for r in runs]
        rows.append(
            {
                "setting": label, "teacher's accuracy": own.mean, "teacher low": own.low, "teacher high": own.high,
                "judge's accuracy": judged.mean, "judge low": judged.low, "judge high": judged.high,
                SECOND_JUDGE: mean_where_measured(runs, "second_judge_accuracy", 100),
                "100 % by epoch": "/".join(map(str, full)), "variance kept %": kept.mean, "n": own.n,
            }
        )  # fmt: skip
    return without_empty(pd.DataFrame(rows), SECOND_JUDGE).round(2)


def figure(records: Sequence[Record]) -> Figure:
    """Accuracy by teacher and judge, loss, mu and sigma after each epoch: a thin line for each seed, a thick one for their mean."""
    runs = runs_of(records, own_setting(records))
    fig, axes = plt.subplots(1, 3, figsize=(9.5, 3), layout="constrained")
    curves(axes[0], runs, "accuracy", OURS, "teacher (frozen, trains)", 100)
    curves(axes[0], runs, "judge_accuracy", SECOND, "judge (only watches)", 100)
    axes[0].axvline(
        printed_numbers.CONDITIONING_EPOCHS,
        color=PAPER,
        linestyle="--",
        linewidth=1,
        label=f"paper: 100 % by epoch {printed_numbers.CONDITIONING_EPOCHS}",
    )
    axes[0].set(xlabel="epoch", ylabel="conditioning accuracy (%)")
    curves(axes[1], runs, "loss", OURS, "cross-entropy")
    axes[1].set(xlabel="epoch", ylabel="training loss", yscale="log")
    curves(axes[2], runs, "mu_norm", OURS, "|mu|")
    curves(axes[2], runs, "sigma", SECOND, "mean sigma")
    axes[2].set(xlabel="epoch", ylabel="latent units", ylim=(0, None))
    for ax in (axes[0], axes[2]):
        ax.legend(fontsize=8)
    ends = [
        f"{who} {100 * np.mean([r.history[name][-1] for r in runs]):.1f} %"
        for who, name in (("teacher", "accuracy"), ("judge", "judge_accuracy"))
    ]
    return described(
        fig, f"Conditioning accuracy, loss, mu and sigma after each epoch of {len(runs)} seeds. After the last: {', '.join(ends)}."
    )


def samples_figure(records: Sequence[Record], class_names: Sequence[str]) -> Figure:
    """Ten samples of each attribute, a panel for each setting."""
    found = {label: runs_of(records, key) for key, label in settings(records).items()}
    columns = min(4, len(found))
    rows = -(-len(found) // columns)
    fig, axes = plt.subplots(
        rows, columns, figsize=(2.7 * columns, (0.8 + 0.23 * len(class_names)) * rows), squeeze=False, layout="constrained"
    )
    for ax in axes.flat[len(found) :]:
        ax.axis("off")
    for ax, (label, runs) in zip(axes.flat, found.items(), strict=False):
        picture = runs[0].pictures["samples"]
        show(ax, picture)
        ax.set_yticks((np.arange(len(class_names)) + 0.5) * picture.shape[0] / len(class_names), class_names)
        ax.set_title(label.replace(", ", ",\n").replace(" (", "\n("), fontsize=9)
    return described(fig, f"Ten samples of each attribute ({', '.join(class_names)}), a panel for each setting: {'; '.join(found)}.")


def variance_figure(records: Sequence[Record], class_names: Sequence[str]) -> Figure:
    """Pixel variance within each attribute, beside the prior's; and its mean after each epoch."""
    runs = runs_of(records, own_setting(records))
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    left.bar(
        class_names, np.mean([r.metrics["variance_by_attribute"] for r in runs], axis=0), color=OURS, label="conditioned, by attribute"
    )
    left.axhline(float(np.mean([r.metrics["prior_variance"] for r in runs])), color=SECOND, label="prior, mean within the judge's classes")
    left.set(xlabel="attribute", ylabel="pixel variance within")
    apart(left, class_names)
    left.set_ylim(0, 1.35 * left.get_ylim()[1])
    left.legend(fontsize=8)
    curves(right, runs, "variance", OURS, "conditioned")
    right.set(xlabel="epoch", ylabel="pixel variance within", ylim=(0, None))
    variance = np.mean([r.metrics["variance_by_attribute"] for r in runs], axis=0)
    prior = np.mean([r.metrics["prior_variance"] for r in runs])
    told = listed(class_names, [f"{value:.3f}" for value in variance])
    return described(fig, f"Pixel variance within each attribute: {told}; within the classes of the prior {prior:.3f}.")


def confidence_figure(records: Sequence[Record]) -> Figure:
    """Confidence and calibration error during training, and the reliability diagram at its end, for teacher and judge."""
    runs = runs_of(records, own_setting(records))
    fig, axes = plt.subplots(1, 3, figsize=(9.5, 3), layout="constrained")
    for who, color in (("teacher", OURS), ("judge", SECOND)):
        curves(axes[0], runs, f"{who}_confidence", color, who)
        curves(axes[1], runs, f"{who}_ece", color, who)
        points = [
            (c, a)
            for r in runs
            for c, a in zip(r.metrics[f"{who}_calibration"]["confidence"], r.metrics[f"{who}_calibration"]["accuracy"], strict=True)
        ]
        axes[2].plot(*zip(*points, strict=True), "o", color=color, alpha=0.6, label=who, markersize=4)
    axes[2].plot((0, 1), (0, 1), color=PAPER, linewidth=1)
    axes[0].set(xlabel="epoch", ylabel="mean top-1 confidence")
    axes[1].set(xlabel="epoch", ylabel="expected calibration error", ylim=(0, None))
    axes[2].set(xlabel="confidence (bin mean)", ylabel="accuracy in the bin")
    fig.legend(*axes[2].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    ends = [f"{who} {np.mean([r.history[f'{who}_ece'][-1] for r in runs]):.3f}" for who in ("teacher", "judge")]
    return described(
        fig, f"Confidence and calibration of teacher and judge. Expected calibration error after the last epoch: {', '.join(ends)}."
    )


def accuracies(row: Mapping[str, Any]) -> str:
    """Of a row of table(...), in words."""
    shares = {who: row.get(f"{who}'s accuracy", np.nan) for who in ("teacher", "judge", "second judge")}
    return ", ".join(f"{who} {share:.1f} %" for who, share in shares.items() if not np.isnan(share))


def sentences(records: Sequence[Record]) -> list[str]:
    """Whether the 100 % is reached, what the judge reads, how much variance is kept, and the label leak."""
    lines = []
    for row in table(records).to_dict("records"):
        lines.append(f"{row['setting']}: {accuracies(row)}, {row['variance kept %']:.0f} % of the prior's variance kept.")
    own = own_setting(records)
    lines.append(f"Where no teacher is named, it is {own.teacher}.")
    runs = runs_of(records, own)
    best = [100 * max(r.history["accuracy"][: printed_numbers.CONDITIONING_EPOCHS]) for r in runs]
    verdict = "holds" if min(best) >= printed_numbers.CONDITIONING_ACCURACY else "does not hold"
    claim = f"{printed_numbers.CONDITIONING_ACCURACY:.0f} % within {printed_numbers.CONDITIONING_EPOCHS} epochs, at every seed"
    lines.append(f"{claim}: {verdict}; the best of these epochs reaches {min(best):.1f} to {max(best):.1f} %, depending on the seed.")
    labels = runs[0].config.labels_per_epoch
    paper = printed_numbers.CONDITIONING_LABELS
    lines.append(
        f"An epoch is {labels:,} labels, as in the author's code."
        if labels == paper
        else f"An epoch is {labels:,} labels here and {paper:,} in the author's code: ours trains on {100 * labels / paper:.0f} % of that."
    )
    beside = sorted({r.config.labels_per_epoch for r in of_kind(records, "conditioning")} - {labels})
    if beside:
        lines.append(f"An epoch of the settings beside paper B's own is {' or '.join(f'{n:,}' for n in beside)} labels.")
    last = {who: float(np.mean([r.history[f"{who}_confidence"][-1] for r in runs])) for who in ("teacher", "judge")}
    lines.append(f"At the end the teacher's mean confidence is {last['teacher']:.3f}, the judge's {last['judge']:.3f}.")
    given, withheld = (runs_of(records, own._replace(labels=labels)) for labels in ("given", "withheld"))
    if given and withheld:
        start = [100 * float(np.mean([r.history["accuracy"][0] for r in rs])) for rs in (given, withheld)]
        lines.append(
            f"Label leak: after one epoch the teacher's accuracy is {start[0]:.1f} % if the generator is given the attribute as its label, "
            f"{start[1]:.1f} % if the label is withheld."
        )
    return lines
