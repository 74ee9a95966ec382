"""Past paper B: accuracy, variety and cost of every way to draw images of an attribute.

table(found(DIGITS))          # a pandas frame, one row a method and weight
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from paperlib.config import Distilled, Langevin, Rejection, Trained
from paperlib.records import Record
from paperlib.report import rankings
from paperlib.report.estimates import (
    SHARE,
    beside,
    by_seed,
    error_bars,
    estimate,
    mean_where_measured,
    of_kind,
    runs_at_a_time,
    without_empty,
)
from paperlib.report.style import THIRD, note, show

AIM = {"judge": 99.0, "variance": 90.0, "coverage": 90.0, "cheaper": 20.0}  # set by us: accuracy in %, shares of the truth's in %, a factor
REJECTION, PROPOSED = "rejection", "posterior, checked"
SECOND_JUDGE = "second judge %"
METHODS = {
    "gaussian": "Gaussian",
    "warm": "Gaussian, warm start",
    "mixture": "mixture",
    "flow": "flow",
    "posterior": "posterior on latents",
    "proposed": PROPOSED,
    "rejection": REJECTION,
    "langevin": "Langevin",
}
Key = tuple[str, float]  # a method's name and its prior weight; 0 is the paper, 1 the truth
TRUTH: Key = (REJECTION, 1.0)
Rows = Mapping[Key, Mapping[str, Any]]
SHARES = ("variance %", "variance ±", "feature variance %", "coverage %", "coverage ±")
COLUMNS = ("method", "w", "labels an epoch", "n", "teacher %", "judge %", "judge low", "judge high", SECOND_JUDGE, *SHARES)
COSTS = (
    "method", "w", "attribute", "seconds to fit", "µs a latent", "µs an image", "times cheaper", "at the same w", "evenly", "kept %",
    "runs at a time",
)  # fmt: skip


def method_of(run: Record) -> Key:
    """The method of a diversity run, by its name in METHODS, and its prior weight."""
    match run.config.method:
        case Langevin():
            return METHODS["langevin"], 1.0
        case Distilled(prior_weight=weight):
            return METHODS["posterior"], weight
        case Rejection(prior_weight=weight, proposal=proposal):
            return METHODS["proposed" if proposal else "rejection"], weight
        case Trained(family=family, prior_weight=weight, warm_start=warm_start):
            return METHODS["warm" if warm_start else family], weight
    raise TypeError(f"the name of a {type(run.config.method).__name__} is not known")


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


def share_of_truth(found: Mapping[Key, Sequence[Record]], key: Key, metric: str) -> dict[int, float]:
    """A metric of the runs at `key` in percent of the truth's, by seed. found: runs_by_method(...)."""
    truth = by_seed(found.get(TRUTH, []), metric)
    return {r.seed: 100 * r.metrics[metric] / truth[r.seed] for r in found.get(key, []) if r.seed in truth}


def table(records: Sequence[Record]) -> pd.DataFrame:
    """Each method and weight, mean over seeds: labels that an epoch of paper B's loop trains on; accuracies in percent; variance within an
    attribute and coverage of the truth in percent of what another draw of the truth has, with 95 % intervals."""
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
    """What a method costs, median over seeds: seconds to fit, then microseconds of a latent and of an image. The attribute is the one that
    rejection at w = 1 accepts most rarely.

    times cheaper: than an image of the truth; at the same w: than an image by rejection at the method's own weight, where that is on record;
    evenly: how many times cheaper than the truth as many images of every attribute are, for rejection's draws serve all attributes at once;
    kept %: share of the candidates that are accepted. runs at a time: how many shared the machine; above one, the times are too long.
    """
    found = runs_by_method(records)
    truth = found.get(TRUTH, [])
    rarest = int(np.mean([r.metrics["acceptance"] for r in truth], axis=0).argmin()) if truth else 0

    def cost(runs: Sequence[Record], what: str) -> float:
        return float(np.median([r.provenance[f"{what}_microseconds"][rarest] for r in runs])) if runs else float("nan")

    rows, even = [], _cost_evenly(truth)
    for (method, weight), runs in found.items():
        image = cost(runs, "image")
        rows.append(
            {
                "method": method, "w": weight, "attribute": rarest, "seconds to fit": np.median([r.provenance["fit_seconds"] for r in runs]),
                "µs a latent": cost(runs, "latent"), "µs an image": image, "times cheaper": cost(truth, "image") / image,
                "at the same w": cost(found.get((REJECTION, weight), []), "image") / image,
                "evenly": even / _cost_evenly(runs),
                "kept %": 100 * np.mean([r.metrics["acceptance"][rarest] for r in runs]) if "acceptance" in runs[0].metrics else float("nan"),
                "runs at a time": runs_at_a_time(runs),
            }
        )  # fmt: skip
    return _rounded(pd.DataFrame(rows, columns=COSTS), 2)


def _cost_evenly(runs: Sequence[Record]) -> float:
    """Microseconds of an image where every attribute is wanted equally often, median over seeds; nan without runs.

    Rejection from the prior tries every draw for all attributes: it is done when the rarest is. Every other method draws each attribute apart.
    """
    shared = bool(runs) and isinstance(runs[0].config.method, Rejection) and runs[0].config.method.proposal is None
    times = [np.array(r.provenance["image_microseconds"]) for r in runs]
    return float(np.median([t.max() / len(t) if shared else t.mean() for t in times])) if times else float("nan")


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


def figure(records: Sequence[Record]) -> Figure:
    """The judge's accuracy against coverage and against variance, as shares of the truth's; and coverage against the cost of an image.

    A point is a method at a weight w, which is written beside it; bars are 95 % intervals over seeds; the shaded corner is our aim. A method
    below the axis is a mark at the lower edge, with its accuracy.
    """
    frame, price = table(records), costs(records)
    truth = frame.loc[frame["method"] == REJECTION, "judge %"]
    floor = max(0.0, truth.min() - 5) if len(truth) else 0.0
    fig, axes = plt.subplots(1, 3, figsize=(12, 4.4), layout="constrained")
    names = [name for name in METHODS.values() if name in set(frame["method"])]
    for name, color in zip(names, sns.color_palette("deep", len(names)), strict=True):
        part, cost = frame[frame["method"] == name], price[price["method"] == name]
        marker, line = ("s", "--") if name == REJECTION else ("o", "-")
        style = {"color": color, "marker": marker, "markersize": 5, "linewidth": 1, "linestyle": line}
        below = part[part["judge %"] < floor]
        for ax, share in zip(axes, ("coverage", "variance"), strict=False):
            ax.errorbar(
                part[f"{share} %"],
                part["judge %"],
                xerr=part[f"{share} ±"],
                yerr=error_bars(part, "judge %", "judge low", "judge high"),
                label=name,
                elinewidth=0.8,
                **style,
            )
            ax.plot(below[f"{share} %"], np.full(len(below), floor + 0.3), "v", color=color)
            for x, judge in zip(below[f"{share} %"], below["judge %"], strict=True):
                note(ax, f"{judge:.0f} %", (x, floor), color, (0, 7))
        axes[2].plot(cost["µs an image"], part["coverage %"], **style)
        offset = {PROPOSED: (-4, 4), METHODS["posterior"]: (-5, -8)}.get(name, (5, 4))
        for x, y, weight in zip(part["coverage %"], part["judge %"], part["w"], strict=True):
            if y >= floor:
                note(axes[0], f"{weight:g}", (x, y), color, offset)
    for ax, share in zip(axes, ("coverage", "variance"), strict=False):
        least, right = AIM[share], max(109.0, frame[f"{share} %"].max() + 5)
        ax.fill_between((least, right), AIM["judge"], 100.5, color=THIRD, alpha=0.2, linewidth=0)
        ax.set(xlabel=f"{share}, % of the truth's", ylabel="judge's accuracy (%)", xlim=(0, right), ylim=(floor, 100.5))
    xlabel = f"µs an image of the rarest attribute{beside(of_kind(records, 'diversity'))}"
    axes[2].set(xscale="log", xlabel=xlabel, ylabel="coverage, % of the truth's", ylim=(0, 105))
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return fig


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
    return fig


def reasons(left_out: Iterable[Record]) -> list[str]:
    """Which methods the pair cannot do, and why; left_out: records that say so."""
    seeds: dict[tuple[str, str], list[int]] = {}
    for run in left_out:
        seeds.setdefault((named(run), run.impossible), []).append(run.seed)
    return [f"Left out: {name}, seed {', '.join(map(str, found))}: {why}" for (name, why), found in seeds.items()]


def sentences(records: Sequence[Record]) -> list[str]:
    """Which attributes have no truth, how good the truth itself is, which methods meet our aim, and how cheap an image can be."""
    runs = runs_by_method(records)
    without = sorted({a for r in of_kind(records, "diversity") for a in r.metrics.get("without_truth", ())})
    rare = f"The pair hardly ever produces attribute {', '.join(map(str, without))}: distances from the truth are means over the others."
    if TRUTH not in runs:
        return [*([rare] if without else []), "The truth is not on record: run rejection at w = 1."]
    frames = (frame(records).to_dict("records") for frame in (table, distances, manifold, costs))
    rows: Rows = {key: {name: value for part in parts for name, value in part.items()} for key, *parts in zip(runs, *frames, strict=True)}
    return [*_truth(rows), *_starts(rows), *_aim(rows), *_bound(rows, runs[TRUTH]), *_rankings(rows)]


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


def _aim(rows: Rows) -> list[str]:
    """Which methods other than rejection meet which parts of our aim, by their means over seeds; and the best with the judge's accuracy."""
    columns = {"judge": "judge %", "variance": "variance %", "coverage": "coverage %", "cheaper": "times cheaper"}
    wording = {
        "judge": "judge's accuracy at least {:g} %",
        "variance": "variance at least {:g} % of the truth's",
        "coverage": "coverage at least {:g} % of the truth's",
        "cheaper": "an image of the rarest attribute at least {:g} times cheaper than the truth's",
    }
    learned = [key for key in rows if key[0] != REJECTION]
    met = {key: {part for part, goal in AIM.items() if rows[key][columns[part]] >= goal} for key in learned}
    lines = []
    for part, goal in AIM.items():
        who = ", ".join(f"{name} (w = {weight:g})" for name, weight in learned if part in met[name, weight])
        lines.append(f"Our aim, {wording[part].format(goal)}: {who or 'no method'}.")
    for title, parts in (("Accuracy, variance and coverage together", set(AIM) - {"cheaper"}), ("All four together", set(AIM))):
        who = ", ".join(f"{name} (w = {weight:g})" for name, weight in learned if parts <= met[name, weight])
        lines.append(f"{title}: {who or 'no method'}.")
    looking = {PROPOSED, METHODS["langevin"]}
    for title, looks in (("the teacher reads each image", True), ("the teacher reads no image", False)):
        able = [key for key in learned if "judge" in met[key] and (key[0] in looking) == looks]
        if able:
            best = max(able, key=lambda key: min(rows[key]["variance %"], rows[key]["coverage %"]))
            row, latent = rows[best], rows[TRUTH]["µs a latent"] / rows[best]["µs a latent"]
            lines += [
                f"Best method with the judge at {AIM['judge']:g} % or more, if {title}: {best[0]} (w = {best[1]:g}), {_summary(row)};",
                f"    an image of the rarest attribute is {row['times cheaper']:.1f} times cheaper than the truth's and {row['at the same w']:.1f} "
                f"times cheaper than rejection's at the same w; a latent alone is {latent:.0f} times cheaper.",
                f"    As many images of every attribute are {row['evenly']:.1f} times cheaper than the truth's, whose draws serve all attributes.",
            ]
    return lines


def _bound(rows: Rows, truth: Sequence[Record]) -> list[str]:
    """The largest possible saving on an image, from the costs on record."""
    image, cheapest = rows[TRUTH]["µs an image"], min(row["µs an image"] for row in rows.values())
    read = min(r.provenance["latent_microseconds"][0] * r.metrics["acceptance"][0] for r in truth)
    return [
        f"Cost of an image of the truth's rarest attribute: {image:.0f} µs{beside(truth)}. One pass of the generator takes {cheapest:.0f} µs, "
        f"with the teacher's reading {read:.0f} µs:",
        f"    no method can be more than {image / cheapest:.0f} times cheaper there, or {image / read:.0f} times if the teacher reads each image.",
    ]


def _summary(row: Mapping[str, Any]) -> str:
    second = f" (second judge {row[SECOND_JUDGE]:.1f} %)" if SECOND_JUDGE in row else ""
    return f"judge {row['judge %']:.1f} %{second}, {row['variance %']:.0f} % of the truth's variance, {row['coverage %']:.0f} % of its coverage"


def _real(row: Mapping[str, Any]) -> str:
    return f"FID {row['fid, real']:.0f} and coverage {row['coverage, real']:.2f}"
