"""Beside Table 1 of paper A: what real images, longer training and equal cost reach by themselves, and how much of the gap to real images is closed.

found = run_all(plans.table1_and_controls(DIGITS, 10))
table(frame(found, "classifier"), frame(found, "control"))          # a row a control
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import bootstrap

from companion.frames import wide
from companion.results import table1
from companion.stats import costs, means, paired

# Each control, and the training that it is held against.
BESIDE = {
    "real images": "baseline",
    "all real images": "real images",
    "all real images, long": "long (ds)",
    "long without DS": "long (ds)",
    "DS for the cost of DS+HSM": "ds+hsm",
    "DS, r = 1": "ds",
}
CEILINGS = ["real images", "all real images", "all real images, long"]
RESAMPLES = 10_000
Array = NDArray[np.float64]


def trainings(runs: pd.DataFrame, controls: pd.DataFrame) -> pd.DataFrame:
    """A row a run of Table 1's trainings, of r = 1 and of the controls: training, and what the run has."""
    ones = runs.query("r == 1 and not hsm and long_factor == 1 and method == ''").assign(training="DS, r = 1")
    named = controls.assign(training=[control_name(run) for run in controls.itertuples()])
    return pd.concat([table1.trainings(runs), ones, named], ignore_index=True)


def control_name(run: Any) -> str:
    """Of the arguments of a control, or of a row of its frame."""
    if run.real:
        return "all real images" + (", long" if run.long_factor > 1 else "")
    return "DS for the cost of DS+HSM" if run.r else "long without DS"


def table(runs: pd.DataFrame, controls: pd.DataFrame) -> pd.DataFrame:
    """A row for each control on record. Accuracies in percent; gain: over what it is held against, in points, paired over seeds."""
    every = trainings(runs, controls)
    every["epochs"] *= every["long_factor"]
    every["different images"] = every["images"] + (every["r"] * every["images"]).round().astype(int) * (every["epochs"] - 1)
    every["ours"], every["BNA: ours"] = 100 * every["accuracy"], 100 * every["accuracy_bna"]
    seen = paired(every, pd.DataFrame(BESIDE.items(), columns=["training", "over"]), "training")
    seen["gain"], seen["BNA: gain"] = seen["ours"] - seen["ours over"], seen["BNA: ours"] - seen["BNA: ours over"]
    by = ["training", "epochs", "different images", "over"]
    found = means(seen, by, ["ours", "gain", "BNA: ours", "BNA: gain"]).merge(costs(seen, by), on=by)
    found = found.rename(columns={"training": "control", "ours ±": "± 95 %", "BNA: ours ±": "BNA: ± 95 %"})
    shown = [f"{bna}{value}" for bna in ("", "BNA: ") for value in ("ours", "± 95 %", "gain", "gain ±")]
    return found[["control", "epochs", "different images", *shown, "over", "n", "seconds", "runs at a time"]].round(2)


def gap(runs: pd.DataFrame, controls: pd.DataFrame) -> pd.DataFrame:
    """How much of the gap between the baseline and real images the long training closes: a row for each training on real images on record.

    In points: the gap, and closed, from the baseline to the long column. closed %: of the gap, where its interval is above 0. In brackets the
    95 % interval of a bootstrap that takes the same seeds of all three. n: the seeds that all three have.
    """
    every = trainings(runs, controls)
    plain, adapted = (
        100 * wide(every, "training", metric).reindex(columns=["baseline", "long (ds)", *CEILINGS])
        for metric in ("accuracy", "accuracy_bna")
    )
    rows = []
    for ceiling in CEILINGS:
        seeds = pd.DataFrame({"gap": plain[ceiling] - plain["baseline"], "closed": adapted["long (ds)"] - plain["baseline"]}).dropna()
        if len(seeds):
            rows.append({"ceiling": ceiling} | _closed(seeds["gap"].to_numpy(), seeds["closed"].to_numpy()) | {"n": len(seeds)})
    return pd.DataFrame(rows, columns=["ceiling", "gap", "closed", "closed %", "n"])


def _closed(gap: Array, closed: Array) -> dict[str, str]:
    """The cells of a row, from one value a seed."""
    low = high = np.full(3, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):  # the mean gap of a resample may be 0
        middle = _means(gap, closed, axis=0)
        if len(gap) > 1:
            drawn = bootstrap((gap, closed), _means, paired=True, n_resamples=RESAMPLES, method="percentile", random_state=0)
            low, high = drawn.confidence_interval
    told = [f"{m:.1f}" if np.isnan(a) else f"{m:.1f} ({a:.1f} to {b:.1f})" for m, a, b in zip(middle, low, high, strict=True)]
    surely_a_gap = (low if len(gap) > 1 else middle)[0] > 0
    return {"gap": told[0], "closed": told[1], "closed %": told[2] if surely_a_gap else "not defined"}


def _means(gap: Array, closed: Array, axis: int) -> Array:
    """Over seeds: the gap, what is closed, and that in percent of the gap."""
    gaps, gains = gap.mean(axis), closed.mean(axis)
    return np.stack([gaps, gains, 100 * gains / gaps])
