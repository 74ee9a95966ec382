"""How the posterior on latents and its rivals were set: candidates on the tuning profile, one seed: results/reference/bench/rivals.json.

python bench/rivals.py            # three hours on one core; it goes on where it was stopped

Most candidates that follow a gradient have 301 passes of the generator for an image; a few go on for up to 9,001, to see where they lead.
Most that are fitted have 100,000 passes for it.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from companion.config import DiversityRun, Langevin, Likelihood, Method, Ode, Posterior, Rejection
from companion.experiment import diversity
from companion.profiles import TUNING
from companion.records import Record
from companion.report import diversity as report
from companion.report import sampling_costs
from companion.support.paths import REFERENCE
from paperlib.support.files import replacing
from paperlib.support.threads import one_thread

PER_ATTRIBUTE = 50
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
    config = DiversityRun(profile=TUNING.name, seed=0, method=method, per_attribute=PER_ATTRIBUTE)
    found = diversity.compute(config, TUNING, False, lambda other: (_ for _ in ()).throw(AssertionError(f"{other} is not needed")))
    record = Record(config, {}, found.metrics)
    name, weight = report.method_of(record)
    metrics = {what: found.metrics[what] for what in ("judge_accuracy", "second_judge_accuracy", "pixel_variance", "truth_coverage")}
    passes = sampling_costs.passes(record)
    cost = {
        "passes to fit": passes.fit,
        "passes an image": float(passes.image.max()),
        "image_seconds": np.mean(found.costs["image_microseconds"]) / 1e6,
    }
    return {"method": name, "w": weight, "config": asdict(method), **metrics, **cost, "fit_seconds": found.costs["fit_seconds"]}


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
        with replacing(options.path) as path:
            path.write_text(
                json.dumps({"profile": TUNING.name, "per_attribute": PER_ATTRIBUTE, "attributes": 10, "rows": rows}, indent=1) + "\n"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
