"""Past paper B: what an image of an attribute costs by every method, in passes of the generator and in seconds.

A pass is one image made. A pass with a gradient counts as three (the backward pass is about two forward ones). Passes carry over to any
generator whose pass is dearer than a latent's; seconds are those of the machine that ran it.

table(frame(found(DIGITS), "diversity"))          # a row a method and weight
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from companion.results.methods import KEY, REJECTION, named
from paperlib.samplers import BURN_IN

GRADIENT = 3  # passes that one forwards and backwards counts as
FIT, IMAGE, EVENLY = "passes to fit", "passes an image", "evenly"
BY_ATTRIBUTE = {  # a column, and what the record calls it
    "µs a latent": "latent_microseconds", "µs an image": "image_microseconds", "effective %": "effective", "repeated %": "repeated"
}  # fmt: skip
COLUMNS = (
    *("method", "w", "attribute", FIT, IMAGE, EVENLY, "times cheaper", "evenly, times cheaper", "pays after"),
    *("seconds to fit", *BY_ATTRIBUTE, "runs at a time"),
)


def passes(run: Mapping[str, Any], attribute: int) -> dict[str, float]:
    """Of the generator, for one named run: before the first image (a chain's burn-in, for every attribute, is part of it); for one image of the
    attribute, were it the only one that is wanted; for one image where all attributes are wanted equally often."""
    classes, fit, image = len(run["judge_by_attribute"]), 0.0, 1.0
    match run["short"]:
        case "rejection":
            each = 1 / np.array(run["acceptance"])
            return {FIT: 0.0, IMAGE: each[attribute], EVENLY: each.max() / classes}
        case "resampling":
            image = run["method.pool"] / run["per_attribute"]
            return {FIT: 0.0, IMAGE: image, EVENLY: image / classes}
        case "metropolis":
            fit, image = run["method.proposal.labelled"] + classes * BURN_IN, run["method.passes"]
        case "langevin" | "mala":
            image = GRADIENT * run["method.steps"] + 1
        case "ode":
            image = 2 * GRADIENT * run["method.steps"] + 1
        case "posterior":
            fit = run["method.labelled"]
        case "likelihood" | "tuned":
            fit = run["method.labelled"] + GRADIENT * run["method.tuned"]
        case "map":
            fit = run["method.posterior.labelled"] + GRADIENT * run["method.tuned"]
        case "gaussian" | "warm" | "mixture" | "flow":
            fit = run["method.warm_start"] + GRADIENT * run["method.epochs"] * run["method.labels_per_epoch"]
        case other:
            raise ValueError(f"method = {other!r}: its cost is not known")
    return {FIT: fit, IMAGE: image, EVENLY: image}


def table(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a method and weight: means over seeds of passes and shares, medians of times.

    attribute: the one that rejection keeps most rarely at its smallest weight; 0 without rejection. times cheaper: than rejection at the same
    weight. pays after: images of the attribute after which the fit has paid, in passes, against that; infinite where it never does.
    effective, repeated: of the draws of a chain, the share that counts and the share that is a repetition.
    """
    runs = named(runs)
    attribute = rarest(runs)
    runs = pd.concat([runs, pd.DataFrame([passes(run, attribute) for run in runs.to_dict("records")])], axis=1)
    for column, metric in BY_ATTRIBUTE.items():
        factor = 100 if column.endswith("%") else 1
        runs[column] = factor * runs[metric].map(lambda values: values[attribute], na_action="ignore") if metric in runs else np.nan
    how = {column: "mean" if column.endswith("%") else "median" for column in BY_ATTRIBUTE} | dict.fromkeys((FIT, IMAGE, EVENLY), "mean")
    found = runs.groupby(KEY, sort=False).agg(how | {"fit_seconds": "median", "workers": "max"}).reset_index()
    found = found.rename(columns={"fit_seconds": "seconds to fit", "workers": "runs at a time"}).assign(attribute=attribute)
    rejection = found.loc[found["method"] == REJECTION, ["w", IMAGE, EVENLY]]
    price = found[["w"]].merge(rejection, on="w", how="left", validate="many_to_one")
    found["times cheaper"], found["evenly, times cheaper"] = price[IMAGE] / found[IMAGE], price[EVENLY] / found[EVENLY]
    found["pays after"] = found[FIT].replace(0, np.nan) / (price[IMAGE] - found[IMAGE]).clip(lower=0)
    return found[list(COLUMNS)].round({column: 4 if "cheaper" in column else 2 for column in COLUMNS if column != "w"})


def rarest(runs: pd.DataFrame) -> int:
    """The attribute that rejection keeps most rarely at its smallest weight; 0 without rejection. runs: named."""
    rejection = runs[runs["method"] == REJECTION]
    if rejection.empty:
        return 0
    target = rejection[rejection["w"] == rejection["w"].min()]
    return int(np.mean(target["acceptance"].tolist(), axis=0).argmin())
