"""Paper B's training, from the tidy frame of its runs: accuracy by teacher and judges, samples, variance and confidence.

runs = frame(run_all(plans.paper_b(DIGITS, 10)), "conditioning")
table(runs)          # a row a setting
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from companion import printed_numbers
from companion.settings import Labels, Setting
from companion.report.style import OURS, PAPER, SECOND, apart, described, illustrated, no_pictures, listed, show
from companion.stats import SHARE, summary

READERS = {"teacher": "accuracy", "judge": "judge_accuracy", "second judge": "second_judge_accuracy"}
TOLD: dict[Labels, str] = {
    "unconditional": "unconditional G",
    "given": "class-conditional G, label given",
    "withheld": "class-conditional G, label withheld",
    "shuffled": "class-conditional G, label shuffled",
}
WITH_LABELS = "class-conditional G, trained with labels"
OWN = " (paper B)"


def named(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs, of training or evaluation, with a column `setting` in words. Paper B's own setting is the first, as in every plan; an evaluation
    of no training is that of the generator trained with labels. ValueError where a setting has a seed twice."""
    prefix = "" if "labels" in runs else "source."
    found = [Setting(*row) for row in runs[[prefix + name for name in Setting._fields]].itertuples(index=False)]
    seen = runs.assign(setting=[_in_words(setting, found[0]) for setting in found])
    if seen.duplicated(["setting", "seed"]).any():
        raise ValueError("a seed of a setting stands twice; leave one of its rows out.")
    return seen


def _in_words(setting: Setting, own: Setting) -> str:
    if setting.labels not in TOLD:
        return WITH_LABELS
    if setting == own:
        return TOLD[setting.labels] + OWN
    teacher = "" if setting.teacher == own.teacher else f", teacher {setting.teacher}"
    start = "" if setting.warm_start == own.warm_start else f", warm start {setting.warm_start:,.0f}"
    return TOLD[setting.labels] + teacher + start


def of_paper_b(runs: pd.DataFrame) -> pd.DataFrame:
    """Those of paper B's own setting."""
    seen = named(runs)
    return seen[seen["setting"].str.endswith(OWN)]


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """Accuracies in percent by teacher and judge with the ends of their 95 % intervals, and by the second judge where there is one; the first
    epoch at 100 % by seed; variance within an attribute in percent of the prior's."""
    seen = named(runs)
    seen["first"] = [next((str(i) for i, share in enumerate(curve, 1) if share == 1), "-") for curve in seen["history.accuracy"]]
    seen["kept"] = 100 * seen["variance"] / seen["prior_variance"]
    found = pd.DataFrame(index=pd.Index(seen["setting"].unique(), name="setting"))
    for who in [who for who, metric in READERS.items() if metric in seen]:
        means = summary(seen.assign(percent=100 * seen[READERS[who]]), "setting", "percent", SHARE).set_index("setting")
        found[[f"{who}'s accuracy", f"{who} low", f"{who} high"]] = means[["ours", "low", "high"]]
    settings = seen.groupby("setting")
    found["100 % by epoch"] = settings["first"].agg("/".join)
    found["variance kept %"] = settings["kept"].mean()
    found["n"] = settings.size()
    return found.drop(columns=["second judge low", "second judge high"], errors="ignore").round(2).reset_index()


def first_epoch(runs: pd.DataFrame) -> pd.DataFrame:
    """Each setting's teacher and labels an epoch, and the teacher's accuracy in percent after the first epoch: the mean over seeds."""
    seen = named(runs)
    seen["after one epoch %"] = 100 * seen["history.accuracy"].str[0]
    columns = {"teacher": "first", "labels_per_epoch": "first", "after one epoch %": "mean", "seed": "count"}
    found = seen.groupby("setting", sort=False).agg(columns).round(2).reset_index()
    return found.rename(columns={"labels_per_epoch": "labels an epoch", "seed": "n"})


def curves(ax: Axes, runs: pd.DataFrame, name: str, color: str, label: str, scale: float = 1) -> None:
    """A thin line for each run, from epoch 1, and a thick one for their mean."""
    values = scale * np.array(runs[f"history.{name}"].tolist())
    epochs = np.arange(1, values.shape[1] + 1)
    ax.plot(epochs, values.T, color=color, alpha=0.25, linewidth=1)
    ax.plot(epochs, values.mean(0), color=color, linewidth=2, label=label)
    ax.set_xlabel("epoch")


def figure(runs: pd.DataFrame) -> Figure:
    """Paper B's own setting: accuracy by teacher and judge, loss, mu and sigma after each epoch."""
    own = of_paper_b(runs)
    fig, (left, middle, right) = plt.subplots(1, 3, figsize=(9.5, 3), layout="constrained")
    curves(left, own, "accuracy", OURS, "teacher (frozen, trains)", 100)
    curves(left, own, "judge_accuracy", SECOND, "judge (only watches)", 100)
    promised = printed_numbers.CONDITIONING_EPOCHS
    left.axvline(promised, color=PAPER, linestyle="--", linewidth=1, label=f"paper: 100 % by epoch {promised}")
    left.set(ylabel="conditioning accuracy (%)")
    curves(middle, own, "loss", OURS, "cross-entropy")
    middle.set(ylabel="training loss", yscale="log")
    curves(right, own, "mu_norm", OURS, "|mu|")
    curves(right, own, "sigma", SECOND, "mean sigma")
    right.set(ylabel="latent units", ylim=(0, None))
    for ax in (left, right):
        ax.legend(fontsize=8)
    ends = [f"{who} {100 * own[f'history.{READERS[who]}'].str[-1].mean():.1f} %" for who in ("teacher", "judge")]
    return described(
        fig, f"Conditioning accuracy, loss, mu and sigma after each epoch of {len(own)} seeds. After the last: {', '.join(ends)}."
    )


def samples_figure(runs: pd.DataFrame, class_names: Sequence[str]) -> Figure:
    """Ten samples of each attribute, a panel for each setting."""
    runs = illustrated(runs)
    if runs.empty:
        return no_pictures()
    shown = named(runs).drop_duplicates("setting").set_index("setting")["pictures"]
    columns = min(4, len(shown))
    rows = -(-len(shown) // columns)
    size = (2.7 * columns, (0.8 + 0.23 * len(class_names)) * rows)
    fig, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
    for ax in axes.flat[len(shown) :]:
        ax.axis("off")
    for ax, (setting, pictures) in zip(axes.flat, shown.items(), strict=False):
        picture = pictures["samples"]
        show(ax, picture)
        ax.set_yticks((np.arange(len(class_names)) + 0.5) * picture.shape[0] / len(class_names), class_names)
        ax.set_title(setting.replace(", ", ",\n").replace(" (", "\n("), fontsize=9)
    return described(fig, f"Ten samples of each attribute ({', '.join(class_names)}), a panel for each setting: {'; '.join(shown.index)}.")


def variance_figure(runs: pd.DataFrame, class_names: Sequence[str]) -> Figure:
    """Paper B's own setting: pixel variance within each attribute, beside the prior's; and its mean after each epoch."""
    own = of_paper_b(runs)
    variance, prior = np.mean(own["variance_by_attribute"].tolist(), axis=0), own["prior_variance"].mean()
    fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    left.bar(class_names, variance, color=OURS, label="conditioned, by attribute")
    left.axhline(prior, color=SECOND, label="prior, mean within the judge's classes")
    left.set(xlabel="attribute", ylabel="pixel variance within")
    apart(left, class_names)
    left.set_ylim(0, 1.35 * left.get_ylim()[1])
    left.legend(fontsize=8)
    curves(right, own, "variance", OURS, "conditioned")
    right.set(ylabel="pixel variance within", ylim=(0, None))
    told = listed(class_names, [f"{value:.3f}" for value in variance])
    return described(fig, f"Pixel variance within each attribute: {told}; within the classes of the prior {prior:.3f}.")


def confidence_figure(runs: pd.DataFrame) -> Figure:
    """Paper B's own setting: confidence and calibration error during training, and the reliability diagram at its end."""
    own = of_paper_b(runs)
    fig, (left, middle, right) = plt.subplots(1, 3, figsize=(9.5, 3), layout="constrained")
    for who, color in (("teacher", OURS), ("judge", SECOND)):
        curves(left, own, f"{who}_confidence", color, who)
        curves(middle, own, f"{who}_ece", color, who)
        confidence, accuracy = (own[f"{who}_calibration.{what}"].explode() for what in ("confidence", "accuracy"))
        right.plot(confidence, accuracy, "o", color=color, alpha=0.6, label=who, markersize=4)
    right.plot((0, 1), (0, 1), color=PAPER, linewidth=1)
    left.set(ylabel="mean top-1 confidence")
    middle.set(ylabel="expected calibration error", ylim=(0, None))
    right.set(xlabel="confidence (bin mean)", ylabel="accuracy in the bin")
    fig.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    ends = [f"{who} {own[f'history.{who}_ece'].str[-1].mean():.3f}" for who in ("teacher", "judge")]
    return described(
        fig, f"Confidence and calibration of teacher and judge. Expected calibration error after the last epoch: {', '.join(ends)}."
    )
