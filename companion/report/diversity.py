"""Past paper B: accuracy, variety and cost of every way to draw images of an attribute.

table(found(DIGITS))          # a pandas frame, one row a method and weight
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from companion.records import Record
from companion.report import rankings, sampling_costs
from companion.report.claim_table import Quantity
from companion.report.estimates import (
    SHARE,
    by_seed,
    error_bars,
    estimate,
    mean_where_measured,
    of_kind,
    without_empty,
)
from companion.report.method_names import METHODS, REJECTION, Key, key_of
from companion.report.style import THIRD, described, note, show

AIM = {"judge": 99.0, "second judge": 0.5, "variance": 90.0, "coverage": 90.0, "passes": 2.0}  # set by us; see _aim
SECOND_JUDGE = "second judge %"
Compare = Callable[[Mapping[int, float], Mapping[int, float]], Mapping[int, float]]
TRUTH: Key = (REJECTION, 1.0)
Rows = Mapping[Key, Mapping[str, Any]]
SHARES = (
    "variance %",
    "variance ±",
    "feature variance %",
    "coverage %",
    "coverage ±",
    "of the target's variance %",
    "of the target's coverage %",
)
COLUMNS = ("method", "w", "labels an epoch", "n", "teacher %", "judge %", "judge low", "judge high", SECOND_JUDGE, *SHARES)


def method_of(run: Record) -> Key:
    """The method of a diversity run, by its name in METHODS, and its prior weight."""
    return key_of(run.config.method)


def named(run: Record) -> str:
    """Of a diversity run its method and weight, of another its kind."""
    return "{} at w = {:g}".format(*method_of(run)) if run.kind == "diversity" else run.kind


def runs_by_method(records: Iterable[Record]) -> dict[Key, list[Record]]:
    """Runs by method and weight, in the order of METHODS, weights rising."""
    found: dict[Key, list[Record]] = {}
    for run in of_kind(records, "diversity"):
        found.setdefault(method_of(run), []).append(run)
    order = list(METHODS.values())
    return {key: found[key] for key in sorted(found, key=lambda key: (order.index(key[0]), key[1]))}


def share_of_truth(found: Mapping[Key, Sequence[Record]], key: Key, metric: str, whole: Key = TRUTH) -> dict[int, float]:
    """A metric of the runs at `key` in percent of the truth's, or of another key's, by seed. found: runs_by_method(...)."""
    base = by_seed(found.get(whole, []), metric)
    return {r.seed: 100 * r.metrics[metric] / base[r.seed] for r in found.get(key, []) if r.seed in base}


def target_weight(found: Mapping[Key, Sequence[Record]]) -> float | None:
    """The smallest weight of rejection on record: what a sampler aims at. None without rejection."""
    return min((weight for name, weight in found if name == REJECTION), default=None)


def at_target(method: str, metric: str, factor: float = 1.0) -> Quantity:
    """A metric of a method of METHODS at the target's weight, by seed."""

    def quantity(records: Sequence[Record]) -> Mapping[int, float]:
        found = runs_by_method(records)
        runs = found.get((METHODS[method], target_weight(found) or 0.0), [])
        return by_seed([run for run in runs if metric in run.metrics], metric, factor)

    return quantity


def against_target(method: str, metric: str, compare: Compare, factor: float = 1.0) -> Quantity:
    """The same, compared with the target's own: minus, or log_ratio."""
    one, target = at_target(method, metric, factor), at_target("rejection", metric, factor)
    return lambda records: compare(one(records), target(records))


def table(records: Sequence[Record]) -> pd.DataFrame:
    """Each method and weight, mean over seeds: labels that an epoch of paper B's loop trains on; accuracies in percent; variance within an
    attribute and coverage of the truth in percent of what another draw of the truth has, with 95 % intervals; and in percent of what the
    target has: rejection at the method's own weight."""
    rows, found = [], runs_by_method(records)
    for (method, weight), runs in found.items():
        judge = estimate(list(by_seed(runs, "judge_accuracy", 100).values()), SHARE)
        row = {"method": method, "w": weight, "labels an epoch": getattr(runs[0].config.method, "labels_per_epoch", None), "n": len(runs)}
        row |= {"teacher %": 100 * np.mean([r.metrics["teacher_accuracy"] for r in runs])}
        row |= {"judge %": judge.mean, "judge low": judge.low, "judge high": judge.high}
        row[SECOND_JUDGE] = mean_where_measured(runs, "second_judge_accuracy", 100)
        for name, metric in (("variance", "pixel_variance"), ("feature variance", "feature_variance"), ("coverage", "truth_coverage")):
            share = estimate(list(share_of_truth(found, (method, weight), metric).values()))
            row |= {f"{name} %": share.mean, f"{name} ±": share.half_width}
        for name, metric in (("variance", "pixel_variance"), ("coverage", "truth_coverage")):
            of_target = share_of_truth(found, (method, weight), metric, (REJECTION, weight))
            row[f"of the target's {name} %"] = np.mean(list(of_target.values())) if of_target else float("nan")
        rows.append(row)
    frame = pd.DataFrame(rows, columns=COLUMNS).astype({"labels an epoch": "Int64"})
    return _rounded(without_empty(frame, SECOND_JUDGE), 3)


def distances(records: Sequence[Record]) -> pd.DataFrame:
    """Precision, recall, density, coverage and FID against the truth and against the real images of the class, mean over attributes and seeds."""
    rows = []
    for (method, weight), runs in runs_by_method(records).items():
        row: dict[str, Any] = {"method": method, "w": weight}
        for reference in ("truth", "real"):
            for name in ("precision", "recall", "density", "coverage", "fid"):
                row[f"{name}, {reference}"] = np.mean([r.metrics[f"{reference}_{name}"] for r in runs])
        rows.append(row)
    return _rounded(pd.DataFrame(rows), 3)


def costs(records: Sequence[Record]) -> pd.DataFrame:
    """What a method costs, in passes of the generator and in seconds; see sampling_costs.table."""
    found = runs_by_method(records)
    return sampling_costs.table(found, REJECTION, target_weight(found))


def manifold(records: Sequence[Record]) -> pd.DataFrame:
    """Share of the images inside the manifold of the real ones, and the judge's accuracy inside and outside, in percent."""
    names = {"inside %": "on_manifold", "judge inside %": "judge_on_manifold", "judge outside %": "judge_off_manifold"}
    rows = []
    for (method, weight), runs in runs_by_method(records).items():
        values = {c: [r.metrics[m] for r in runs if m in r.metrics] for c, m in names.items()}
        rows.append({"method": method, "w": weight} | {c: 100 * np.mean(v) if v else float("nan") for c, v in values.items()})
    return _rounded(pd.DataFrame(rows), 2)


def _rounded(frame: pd.DataFrame, digits: int) -> pd.DataFrame:
    """Every column rounded but the weight, which may be small."""
    return frame.round(dict.fromkeys(frame.columns.drop("w", errors="ignore"), digits))


RIVALS = ("likelihood", "tuned", "map", "resampling", "langevin", "mala", "ode")  # grey in the figure
MARKERS = "v^<>PXD"


def figure(records: Sequence[Record]) -> Figure:
    """The judge's accuracy against coverage and against variance, as shares of the truth's; and coverage against the passes of an image.

    A point is a method at a weight w, which is written beside it where it has several; bars are 95 % intervals over seeds; the shaded corner is
    99 % and 90 %. Of a method below the axis, the legend tells the accuracy. Rivals are grey.
    """
    frame, price = table(records), costs(records)
    truth = frame.loc[frame["method"] == REJECTION, "judge %"]
    floor = max(0.0, truth.min() - 5) if len(truth) else 0.0
    fig, axes = plt.subplots(1, 3, figsize=(12, 4.6), layout="constrained")
    grey = {METHODS[name]: marker for name, marker in zip(RIVALS, MARKERS, strict=True)}
    shown = [name for name in METHODS.values() if name in set(frame["method"])]
    colors = dict(zip([name for name in shown if name not in grey], sns.color_palette("deep"), strict=False))
    for name in shown:
        part = frame[(frame["method"] == name) & (frame["judge %"] >= floor)]
        lost = frame[(frame["method"] == name) & (frame["judge %"] < floor)]
        color = colors.get(name, "0.55")
        marker, line = ("s", "--") if name == REJECTION else (grey.get(name, "o"), "-")
        style = {"color": color, "marker": marker, "markersize": 5, "linewidth": 1, "linestyle": line}
        label = name + "".join(f" (judge {judge:.0f} %)" for judge in lost["judge %"])
        for ax, share in zip(axes, ("coverage", "variance"), strict=False):
            interval = error_bars(part, "judge %", "judge low", "judge high")
            ax.errorbar(part[f"{share} %"], part["judge %"], xerr=part[f"{share} ±"], yerr=interval, label=label, elinewidth=0.8, **style)
        passes = price.loc[part.index, "passes an image"]
        axes[2].plot(passes, part["coverage %"], **style | {"linestyle": "none"})
        if len(part) > 1:
            for x, y, weight in zip(part["coverage %"], part["judge %"], part["w"], strict=True):
                note(axes[0], f"{weight:g}", (x, y), color, (-5, -9) if name == METHODS["posterior"] else (5, 4))
    for ax, share in zip(axes, ("coverage", "variance"), strict=False):
        right = max(109.0, frame.loc[frame["judge %"] >= floor, f"{share} %"].max() + 5)
        ax.fill_between((AIM[share], right), AIM["judge"], 100.5, color=THIRD, alpha=0.2, linewidth=0)
        ax.set(xlabel=f"{share}, % of the truth's", ylabel="judge's accuracy (%)", xlim=(0, right), ylim=(floor, 100.5))
    axes[2].set(xscale="log", xlabel="passes an image, rarest attribute", ylabel="coverage, % of the truth's", ylim=(0, 105))
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=8, frameon=False)
    points = zip(frame["method"], frame["w"], frame["judge %"], frame["coverage %"], frame["variance %"], strict=True)
    told = "; ".join(f"{method}, w = {w:g}: {judge:.0f}, {coverage:.0f}, {variance:.0f}" for method, w, judge, coverage, variance in points)
    return described(
        fig, f"The judge's accuracy, coverage and variance of every method, in percent (in this order), and the passes of an image. {told}."
    )


def samples_figure(records: Sequence[Record], attribute: int) -> Figure:
    """Twenty images of one attribute by every method and weight, from the first seed."""
    runs = runs_by_method(records)
    columns = 6
    rows = max(1, -(-len(runs) // columns))
    fig, axes = plt.subplots(rows, columns, figsize=(1.9 * columns, 1.85 * rows), squeeze=False, layout="constrained")
    for ax in axes.flat[len(runs) :]:
        ax.axis("off")
    for ax, ((method, weight), found) in zip(axes.flat, runs.items(), strict=False):
        run = min(found, key=lambda r: r.seed)
        side = run.pictures["samples"].shape[0] // len(run.metrics["judge_by_attribute"])
        strip = run.pictures["samples"][attribute * side : (attribute + 1) * side]
        if strip.shape[1] % (5 * side) == 0:
            strip = np.concatenate(np.split(strip, np.arange(5, strip.shape[1] // side, 5) * side, axis=1))
        show(ax, strip)
        ax.set_title(f"{method}\nw = {weight:g}", fontsize=7.5)
    told = ", ".join(dict.fromkeys(method for method, _ in runs))
    return described(fig, f"Twenty images of attribute {attribute} by each method and weight: {told}.")


def reasons(left_out: Iterable[Record]) -> list[str]:
    """Which methods the pair cannot do, and why; left_out: records that say so."""
    seeds: dict[tuple[str, str], list[int]] = {}
    for run in left_out:
        seeds.setdefault((named(run), run.impossible), []).append(run.seed)
    return [f"Left out: {name}, seed {', '.join(map(str, found))}: {why}" for (name, why), found in seeds.items()]


def sentences(records: Sequence[Record]) -> list[str]:
    """Which attributes have no truth, how good the truth itself is, and which methods meet our aim."""
    runs = runs_by_method(records)
    without = sorted({a for r in of_kind(records, "diversity") for a in r.metrics.get("without_truth", ())})
    rare = f"The pair hardly ever produces attribute {', '.join(map(str, without))}: distances from the truth are means over the others."
    if TRUTH not in runs:
        return [*([rare] if without else []), "The truth is not on record: run rejection at w = 1."]
    frames = (frame(records).to_dict("records") for frame in (table, distances, manifold, costs))
    rows: Rows = {key: {name: value for part in parts for name, value in part.items()} for key, *parts in zip(runs, *frames, strict=True)}
    return [*_truth(rows), *_starts(rows), *_aim(rows, target_weight(runs) or 1.0), *_rankings(rows)]


def _truth(rows: Rows) -> list[str]:
    truth = rows[TRUTH]
    sharpest = min((key for key in rows if key[0] == REJECTION), key=lambda key: key[1])
    paper_b, nearest = (METHODS["gaussian"], 0.0), min(rows, key=lambda key: rows[key]["fid, real"])
    return [
        f"The truth: the teacher reads the attribute in {truth['teacher %']:.1f} % of the images, the judge in {truth['judge %']:.1f} %.",
        *_outside(truth),
        f"Exact draws at the smallest weight (rejection at w = {sharpest[1]:g}): {_summary(rows[sharpest])}.",
        *([f"Paper B (Gaussian, w = 0): {_summary(rows[paper_b])}."] if paper_b in rows else []),
        f"Against the real images of the class: the truth has {_real(truth)}; "
        f"the method with the lowest FID, {nearest[0]} at w = {nearest[1]:g}, has {_real(rows[nearest])}"
        + (f"; paper B has {_real(rows[paper_b])}." if paper_b in rows else "."),
    ]


def _starts(rows: Rows) -> list[str]:
    warm = {weight: row for (name, weight), row in rows.items() if name == METHODS["warm"]}
    return [f"The same form from a warm start ({METHODS['warm']}, w = {weight:g}): {_summary(row)}." for weight, row in warm.items()]


def _rankings(rows: Rows) -> list[str]:
    judged = [[row.get(judge, np.nan) for row in rows.values()] for judge in ("judge %", SECOND_JUDGE)]
    return rankings.sentences([f"{name} {weight:g}" for name, weight in rows], *judged)


def _outside(truth: Mapping[str, Any]) -> list[str]:
    """How much of the truth lies outside the manifold of the real images, and how much of what the judge reads wrongly."""
    outside, inside_read, outside_read = 100 - truth["inside %"], truth["judge inside %"], truth["judge outside %"]
    if pd.isna(inside_read) or pd.isna(outside_read):
        return [f"    {outside:.0f} % of the images lie outside the manifold of the real ones."]
    misses = outside * (100 - outside_read) / (100 - truth["judge %"]) if truth["judge %"] < 100 else 0.0
    return [
        f"    {outside:.0f} % of the images lie outside the manifold of the real ones; there the judge reads the attribute in "
        f"{outside_read:.0f} %, inside in {inside_read:.0f} %.",
        f"    {misses:.0f} % of the images that the judge reads wrongly lie outside.",
    ]


def _aim(rows: Rows, weight: float) -> list[str]:
    """Which methods meet which parts of our aim at the smallest weight of rejection, the target; by their means over seeds.

    The aim: the judge reads 99 %; the second judge is within half a point of what it reads in rejection's own draws; 90 % of the target's
    variance and coverage; two passes of the generator an image.
    """
    target = rows[REJECTION, weight]
    learned = {name: row for (name, w), row in rows.items() if w == weight and name != REJECTION}
    parts: dict[str, tuple[str, Callable[[Mapping[str, Any]], bool]]] = {
        "judge": ("judge's accuracy at least {:g} %", lambda row: row["judge %"] >= AIM["judge"]),
        "second judge": (
            "second judge at most {:g} points below what it reads in the target", lambda row: row[SECOND_JUDGE] >= target[SECOND_JUDGE] - AIM["second judge"],
        ),
        "variance": ("variance at least {:g} % of the target's", lambda row: row["of the target's variance %"] >= AIM["variance"]),
        "coverage": ("coverage at least {:g} % of the target's", lambda row: row["of the target's coverage %"] >= AIM["coverage"]),
        "passes": ("at most {:g} passes of the generator an image", lambda row: row["passes an image"] <= AIM["passes"]),
    }  # fmt: skip
    if SECOND_JUDGE not in target:
        del parts["second judge"]
    met = {name: {part for part, (_, holds) in parts.items() if holds(row)} for name, row in learned.items()}
    lines = [
        f"Our aim, at w = {weight:g}; the target is rejection at this weight: {_summary(target)}, {target['passes an image']:.1f} passes an image."
    ]
    if target["judge %"] < AIM["judge"]:
        lines.append(f"    The target itself misses {AIM['judge']:g} %, so a method that draws exactly like it fails the first part.")
    for part, (wording, _) in parts.items():
        lines.append(f"    {wording.format(AIM[part])}: {'; '.join(n for n in learned if part in met[n]) or 'no method'}.")
    whole = [name for name in learned if met[name] == set(parts)]
    lines.append(f"    All of it: {'; '.join(whole) or 'no method'}.")
    return [*lines, *(f"    {name}: {_price(learned[name])}" for name in whole)]


def _price(row: Mapping[str, Any]) -> str:
    variance, coverage, image = row["of the target's variance %"], row["of the target's coverage %"], row["passes an image"]
    return (
        f"judge {row['judge %']:.1f} %, {variance:.0f} % of the target's variance, {coverage:.0f} % of its coverage; {image:.0f} "
        f"pass{'es' if image > 1 else ''} an image, {row[sampling_costs.SAME_W]:.0f} times cheaper than the target for the rarest attribute, "
        f"{row['evenly, times cheaper']:.1f} times where all attributes are wanted equally often. The fit ({row['passes to fit']:,.0f} passes) "
        f"has paid after {row['pays after']:,.0f} images of the rarest attribute."
    )


def _summary(row: Mapping[str, Any]) -> str:
    second = f" (second judge {row[SECOND_JUDGE]:.1f} %)" if SECOND_JUDGE in row else ""
    return f"judge {row['judge %']:.1f} %{second}, {row['variance %']:.0f} % of the truth's variance, {row['coverage %']:.0f} % of its coverage"


def _real(row: Mapping[str, Any]) -> str:
    return f"FID {row['fid, real']:.0f} and coverage {row['coverage, real']:.2f}"
