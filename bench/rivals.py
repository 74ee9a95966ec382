"""How the posterior on latents and its rivals were set: candidates on the tuning profile, one seed: results/reference/bench/rivals.json.

python bench/rivals.py            # three hours on one core; it goes on where it was stopped

Most candidates that follow a gradient have 301 passes of the generator for an image; a few go on for up to 9,001, to see where they lead.
Most that are fitted have 100,000 passes for it.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from companion.frames import frame
from companion.profiles import TUNING
from companion.records import Record
from companion.report.files import markdown, save_measured
from companion.results.methods import named
from companion.results.sampling_costs import passes, rarest
from companion.runs import diversity
from companion.settings import Langevin, Likelihood, Method, Ode, Posterior, Rejection
from companion.support.paths import REFERENCE
from paperlib.support.threads import one_thread

PER_ATTRIBUTE = 50
SETTINGS = ("step_size", "steps", "components", "tuned", "labelled", "epochs")  # of a candidate, that are shown
POSTERIOR = Posterior(0.001, labelled=100_000, epochs=20)
CANDIDATES: tuple[Method, ...] = (
    Rejection(1.0),
    Rejection(0.001),
    *(Langevin(1.0, 100, step) for step in (0.02, 0.05, 0.1, 0.2)),
    *(Langevin(1.0, 100, step, adjusted=True) for step in (0.02, 0.05, 0.1, 0.2)),
    *(Langevin(0.1, 100, step, adjusted=True) for step in (0.005, 0.02)),
    *(Ode(weight, 50) for weight in (1.0, 3.0, 10.0)),
    *(Likelihood(0.001, labelled=100_000, components=1, steps=steps) for steps in (1000, 2000, 4000, 8000, 16_000)),
    Likelihood(0.001, labelled=100_000, components=8, steps=2000),
    *(Likelihood(0.001, labelled=100_000, components=1, steps=2000, tuned=labels) for labels in (1000, 3000)),
    *(Likelihood(0.001, labelled=100_000, components=1, steps=4000, tuned=labels) for labels in (3000, 10_000, 20_000)),
    Likelihood(0.001, labelled=100_000, components=1, steps=8000, tuned=10_000),
    *(Likelihood(0.001, labelled=100_000, components=1, steps=8000, tuned=labels, posterior=POSTERIOR) for labels in (0, 3000, 10_000)),
    *(Posterior(0.001, labelled=100_000, epochs=epochs) for epochs in (10, 20, 40)),
    *(Posterior(0.001, labelled=labelled, epochs=20) for labelled in (50_000, 200_000)),
    *(Langevin(1.0, steps, 0.05, adjusted=adjusted) for steps in (300, 1000, 3000) for adjusted in (False, True)),
)


def measured(method: Method) -> dict[str, object]:
    call = diversity.call(TUNING, seed=0, method=method, per_attribute=PER_ATTRIBUTE)
    found = call.outcome()
    runs = named(frame([Record(call.run.name, TUNING.name, call.stored, {}, found.metrics)], "diversity"))
    run = runs.to_dict("records")[0]
    metrics = {what: found.metrics[what] for what in ("judge_accuracy", "second_judge_accuracy", "pixel_variance", "truth_coverage")}
    price = passes(run, rarest(runs))
    cost = {name: float(price[name]) for name in ("passes to fit", "passes an image")}
    cost["image_seconds"] = np.mean(found.costs["image_microseconds"]) / 1e6
    return {"method": run["method"], "w": run["w"], "config": asdict(method), **metrics, **cost, "fit_seconds": found.costs["fit_seconds"]}


def text(found: Mapping[str, Any]) -> str:
    """A row a candidate, with variance and coverage as shares of the truth's; and how long the candidates of each method took."""
    rows = pd.DataFrame(found["rows"]).sort_values("method", kind="stable")
    truth = next(row for row in found["rows"] if row["config"] == asdict(Rejection(1.0)))
    table = pd.DataFrame(
        {
            "method": rows["method"],
            "w": rows["w"],
            "setting": [
                ", ".join(f"{name} {config[name]:g}" for name in config if name in SETTINGS and config[name]) for config in rows["config"]
            ],
            "judge %": (100 * rows["judge_accuracy"]).round(1),
            "second judge %": (100 * rows["second_judge_accuracy"]).round(1),
            "variance %": (100 * rows["pixel_variance"] / truth["pixel_variance"]).round(),
            "coverage %": (100 * rows["truth_coverage"] / truth["truth_coverage"]).round(),
            "passes to fit": rows["passes to fit"],
            "passes an image": rows["passes an image"].round(),
            "seconds to fit": rows["fit_seconds"].round(),
        }
    )
    rows["minutes"] = (rows["fit_seconds"] + found["per_attribute"] * found["attributes"] * rows["image_seconds"]) / 60
    spent = rows.groupby("method")["minutes"].agg(["count", "sum"])
    told = "; ".join(f"{method} {count:.0f}, {minutes:.0f} minutes" for method, count, minutes in spent.itertuples())
    return f"{markdown(table)}\n\nCandidates of each method, and how long all of them took: {told}."


@one_thread()
def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="candidates whose name starts so")
    parser.add_argument("--path", type=Path, default=REFERENCE / "bench" / "rivals.json")
    options = parser.parse_args()
    for method in CANDIDATES:
        rows = json.loads(options.path.read_text())["rows"] if options.path.exists() else []
        known = [row["config"] for row in rows]
        if asdict(method) in known or not method.kind.startswith(options.only or ""):
            continue
        rows.append(measured(method))
        print(json.dumps(rows[-1]), flush=True)
        found = {"profile": TUNING.name, "per_attribute": PER_ATTRIBUTE, "attributes": 10, "rows": rows}
        save_measured(found, text(found), options.path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
