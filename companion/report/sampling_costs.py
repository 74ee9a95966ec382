"""Past paper B: what an image of an attribute costs by every method, in passes of the generator and in seconds.

A pass is one image made. A pass with a gradient counts as three (the backward pass is about two forward ones). Passes carry over to any
generator whose pass is dearer than a latent's; seconds are those of the machine that ran it.

table(found(DIGITS))          # a pandas frame, one row a method and weight
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from companion.config import Langevin, Likelihood, Metropolis, Ode, Posterior, Rejection, Resampling, Trained
from companion.records import Record
from companion.report.estimates import estimate, runs_at_a_time
from paperlib.samplers import BURN_IN

GRADIENT = 3  # passes that one forwards and backwards counts as
SAME_W = "times cheaper"
TIMES = {"a latent": "latent", "an image": "image"}  # a column of microseconds, and what the record calls it
OF_A_CHAIN = ("effective", "repeated")
SAMPLERS = ("rejection", "posterior", "metropolis")  # of bench/sampling.py
UNITS = ("passes", "microseconds")
COLUMNS = (
    "method", "w", "attribute", "passes to fit", "passes an image", "evenly", SAME_W, "evenly, times cheaper", "pays after", "seconds to fit",
    "µs a latent", "µs an image", "effective %", "repeated %", "runs at a time",
)  # fmt: skip


class Passes(NamedTuple):
    """Of the generator. fit: before the first image; a chain's burn-in, for every attribute, is part of it. image: (K,) for one image of each
    attribute, were it the only one that is wanted. evenly: for one image where all attributes are wanted equally often."""

    fit: float
    image: np.ndarray
    evenly: float


def passes(run: Record) -> Passes:  # noqa: PLR0911 -- a return a kind
    """Of a diversity run, from its config and the shares that were kept."""
    method, classes = run.config.method, len(run.metrics["judge_by_attribute"])
    one = np.ones(classes)
    match method:
        case Rejection():
            each = 1 / np.array(run.metrics["acceptance"])
            return Passes(0, each, each.max() / classes)
        case Resampling():
            each = one * method.pool / run.config.per_attribute
            return Passes(0, each, each[0] / classes)
        case Metropolis():
            return Passes(method.proposal.labelled + classes * BURN_IN, one * method.passes, method.passes)
        case Langevin():
            return Passes(0, one * (GRADIENT * method.steps + 1), GRADIENT * method.steps + 1)
        case Ode():
            return Passes(0, one * (2 * GRADIENT * method.steps + 1), 2 * GRADIENT * method.steps + 1)
        case Posterior():
            return Passes(method.labelled, one, 1)
        case Likelihood(posterior=posterior):
            return Passes((posterior.labelled if posterior else method.labelled) + GRADIENT * method.tuned, one, 1)
        case Trained():
            return Passes(method.warm_start + GRADIENT * method.epochs * method.labels_per_epoch, one, 1)
    raise TypeError(f"the cost of a {type(method).__name__} is not known")


def mean_passes(runs: Sequence[Record]) -> Passes:
    """Mean over seeds."""
    found = [passes(run) for run in runs]
    return Passes(*(np.mean([getattr(p, name) for p in found], axis=0) for name in Passes._fields))


def pays_after(learned: Passes, rejection: Passes, attribute: int) -> float:
    """Images of the attribute after which the fit has paid, in passes, against rejection; infinite where it never does, nan without a fit."""
    if not learned.fit:
        return float("nan")
    saved = rejection.image[attribute] - learned.image[attribute]
    return learned.fit / saved if saved > 0 else float("inf")


def table(found: Mapping[tuple[str, float], Sequence[Record]], rejection: str, target: float | None) -> pd.DataFrame:
    """A row for each method and weight; means over seeds of passes, medians of times. The attribute is the one that the target keeps most
    rarely; 0 without a target. times cheaper, pays after: against rejection at the method's own weight, where that is on record.

    found: diversity.runs_by_method(records). rejection: that method's name. target: diversity.target_weight(found).
    """
    rows = []
    rarest = 0 if target is None else int(np.mean([r.metrics["acceptance"] for r in found[rejection, target]], axis=0).argmin())
    for (method, weight), runs in found.items():
        own, other = mean_passes(runs), found.get((rejection, weight))
        row: dict[str, Any] = {"method": method, "w": weight, "attribute": rarest, "passes to fit": own.fit}
        row |= {"passes an image": own.image[rarest], "evenly": own.evenly}
        if other:
            price = mean_passes(other)
            row |= {SAME_W: price.image[rarest] / own.image[rarest], "evenly, times cheaper": price.evenly / own.evenly}
            row |= {"pays after": pays_after(own, price, rarest)}
        row |= {"seconds to fit": np.median([r.provenance["fit_seconds"] for r in runs])}
        row |= {f"µs {name}": np.median([r.provenance[f"{what}_microseconds"][rarest] for r in runs]) for name, what in TIMES.items()}
        row |= {f"{what} %": 100 * np.mean([r.metrics[what][rarest] for r in runs]) for what in OF_A_CHAIN if what in runs[0].metrics}
        rows.append(row | {"runs at a time": runs_at_a_time(runs)})
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.round(dict.fromkeys(frame.columns.drop("w"), 2) | {SAME_W: 4, "evenly, times cheaper": 4})


def by_share(rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> pd.DataFrame:
    """What bench/sampling.py found: a row a workload and method, means over repetitions; ms an image with its 95 % interval. pays after: images of
    the workload after which the fit has paid against rejection; nan without a fit, or where rejection found none.

    rows: of the file. names: what each of SAMPLERS is called.
    """
    told = []
    for workload, some in pd.DataFrame(rows).groupby("workload", sort=False):
        mean = {name: pd.DataFrame([row for row in some[name] if row]).mean() for name in (*SAMPLERS, "fit")}
        for name in SAMPLERS:
            found = [row for row in some[name] if row]
            fit = {unit: mean["fit"][unit] + mean[name].get(f"burn-in {unit}", 0.0) for unit in UNITS}
            saved = {unit: mean["rejection"].get(unit, np.nan) - mean[name].get(unit, np.nan) for unit in UNITS}
            pays = {} if name == "rejection" else {unit: np.inf if saved[unit] <= 0 else fit[unit] / saved[unit] for unit in UNITS}
            told.append({
                "workload": workload, "share %": 100 * some["share"].mean(), "method": names[name], "passes an image": mean[name].get("passes", np.nan),
                "ms an image": estimate([row["microseconds"] / 1e3 for row in found]), "as asked %": 100 * mean[name].get("as asked", np.nan),
                "pays after (images), by passes": pays.get("passes", np.nan), "by seconds": pays.get("microseconds", np.nan), "n": len(found),
            })  # fmt: skip
    return pd.DataFrame(told)
