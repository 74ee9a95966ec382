"""Records -> tables of what goes past the papers: conditioning without collapse, and how far mining leads. Like report.py, never torch.

diversity(find("digits"))             # a pandas frame, one row a method and weight
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from paperlib.records import Record
from paperlib.report import by_seed, estimate, of_kind, standard_runs

AIM = {"judge": 99.0, "variance": 90.0, "coverage": 90.0, "cheaper": 20.0}  # ours: accuracy, shares of the truth's in %, times cheaper
REJECTION, PROPOSED = "rejection", "posterior, checked"
METHODS = {
    "gaussian": "Gaussian",
    "mixture": "mixture",
    "flow": "flow",
    "posterior": "posterior on latents",
    "proposed": PROPOSED,
    "rejection": REJECTION,
    "langevin": "Langevin",
}

Key = tuple[str, float]  # a method's name and its prior weight; 0 is the paper, 1 the truth
TRUTH: Key = (REJECTION, 1.0)


def method_of(run: Record) -> Key:
    """The method of a diversity run, by its name in METHODS, and its prior weight."""
    method = run.config["method"]
    if "steps" in method:
        return METHODS["langevin"], 1.0
    if "labelled" in method:
        return METHODS["posterior"], method["prior_weight"]
    name = method.get("family") or ("proposed" if method["proposal"] else "rejection")
    return METHODS[name], method["prior_weight"]


def diversity_runs(records: Iterable[Record]) -> dict[Key, list[Record]]:
    """Runs by method and weight, in the order of METHODS, weights rising."""
    found: dict[Key, list[Record]] = {}
    for run in of_kind(records, "diversity"):
        found.setdefault(method_of(run), []).append(run)
    order = list(METHODS.values())
    return {key: found[key] for key in sorted(found, key=lambda key: (order.index(key[0]), key[1]))}


def share_of_truth(found: Mapping[Key, Sequence[Record]], key: Key, metric: str) -> dict[int, float]:
    """A metric of the runs at `key` in percent of the truth's, by seed. found: diversity_runs(...)."""
    truth = by_seed(found.get(TRUTH, []), metric)
    return {r.seed: 100 * r.metrics[metric] / truth[r.seed] for r in found.get(key, []) if r.seed in truth}


def diversity(records: Sequence[Record]) -> pd.DataFrame:
    """Each method and weight, mean over seeds: accuracies in percent; variance within an attribute and coverage of the truth as shares of
    what other draws of the truth have, with 95 % intervals."""
    rows, found = [], diversity_runs(records)
    for (method, weight), runs in found.items():
        judge = estimate(list(by_seed(runs, "judge_accuracy", 100).values()))
        row = {"method": method, "w": weight, "n": len(runs), "teacher %": 100 * np.mean([r.metrics["teacher_accuracy"] for r in runs])}
        row |= {"judge %": judge.mean, "judge ±": judge.half_width}
        for name, metric in (("variance", "pixel_variance"), ("feature variance", "feature_variance"), ("coverage", "truth_coverage")):
            share = estimate(list(share_of_truth(found, (method, weight), metric).values()))
            row |= {f"{name} %": share.mean, f"{name} ±": share.half_width}
        rows.append(row)
    return _rounded(pd.DataFrame(rows).drop(columns="feature variance ±", errors="ignore"), 3)


def diversity_distances(records: Sequence[Record]) -> pd.DataFrame:
    """Precision, recall, density, coverage and FID of each attribute, mean over attributes and seeds: against the truth, and against the
    real images of the class."""
    rows = []
    for (method, weight), runs in diversity_runs(records).items():
        row: dict[str, Any] = {"method": method, "w": weight}
        for reference in ("truth", "real"):
            for name in ("precision", "recall", "density", "coverage", "fid"):
                row[f"{name}, {reference}"] = np.mean([r.metrics[f"{reference}_{name}"] for r in runs])
        rows.append(row)
    return _rounded(pd.DataFrame(rows), 3)


def diversity_costs(records: Sequence[Record]) -> pd.DataFrame:
    """Seconds to fit; microseconds of a latent and of an image of the truth's rarest attribute, medians over seeds; how many times cheaper
    its image is than the truth's, and than rejection's at the same weight where that is on record; share of the draws that are kept."""
    found = diversity_runs(records)
    truth = found.get(TRUTH, [])
    rarest = int(np.mean([r.metrics["acceptance"] for r in truth], axis=0).argmin()) if truth else 0

    def cost(runs: Sequence[Record], what: str) -> float:
        return float(np.median([r.provenance[f"{what}_microseconds"][rarest] for r in runs])) if runs else float("nan")

    rows = []
    for (method, weight), runs in found.items():
        image = cost(runs, "image")
        rows.append(
            {
                "method": method, "w": weight, "attribute": rarest, "seconds to fit": np.median([r.provenance["fit_seconds"] for r in runs]),
                "µs a latent": cost(runs, "latent"), "µs an image": image, "times cheaper": cost(truth, "image") / image,
                "at the same w": cost(found.get((REJECTION, weight), []), "image") / image,
                "kept %": 100 * np.mean([r.metrics["acceptance"][rarest] for r in runs]) if "acceptance" in runs[0].metrics else float("nan"),
            }
        )  # fmt: skip
    return _rounded(pd.DataFrame(rows), 2)


def diversity_manifold(records: Sequence[Record]) -> pd.DataFrame:
    """Where the judge errs: share of the images inside the manifold of the real ones, and the judge's accuracy inside and outside, in percent."""
    names = {"inside %": "on_manifold", "judge inside %": "judge_on_manifold", "judge outside %": "judge_off_manifold"}
    rows = []
    for (method, weight), runs in diversity_runs(records).items():
        values = {c: [r.metrics[m] for r in runs if r.metrics[m] is not None] for c, m in names.items()}
        rows.append({"method": method, "w": weight} | {c: 100 * np.mean(v) if v else float("nan") for c, v in values.items()})
    return _rounded(pd.DataFrame(rows), 2)


def _rounded(frame: pd.DataFrame, digits: int) -> pd.DataFrame:
    """All columns but the weight, which may be small."""
    return frame.round(dict.fromkeys(frame.columns.drop("w", errors="ignore"), digits))


def mined_space(records: Sequence[Record]) -> pd.DataFrame:
    """How far mining leads from the generator's own samples, a row a step size and number of steps, mean over seeds; shares in percent."""
    runs = of_kind(records, "mined-space")
    if not runs:
        return pd.DataFrame()
    table = pd.concat([pd.DataFrame(r.metrics["grid"]) for r in runs]).groupby(["step_size", "steps"], as_index=False).mean()
    shares = {"precision": "inside %", "judge": "judge agrees %", "classifier": "classifier right %"}
    table[list(shares)] *= 100
    return table.rename(columns={"step_size": "eta", "distance": "distance, random = 1"} | shares).assign(n=len(runs)).round(3)


def mined_classifiers(records: Sequence[Record]) -> pd.DataFrame:
    """Top-1 in percent of classifiers on mined images (HSM, a fixed set) against the step size, without and with BNA; 0 is no mining.

    gain: over no mining, in points, paired by seed. All over the seeds of the far step sizes; step size 0 and the profile's own are runs of Table 1.
    """
    far = of_kind(records, "mined-classifier")
    seeds = {r.seed for r in far}
    fixed, epochs = standard_runs(records)
    near = [r for r in of_kind(fixed, "classifier", real=False, r=0.0, epochs=epochs) if r.seed in seeds]
    by_size: dict[float, list[Record]] = {}
    for run in near:
        by_size.setdefault(run.config["step_size"] if run.config["hsm"] else 0.0, []).append(run)
    for run in far:
        by_size.setdefault(run.config["classifier"]["step_size"], []).append(run)
    rows = []
    for size, runs in sorted(by_size.items()):
        for bna in (False, True):
            metric = "accuracy_bna" if bna else "accuracy"
            accuracies, without = by_seed(runs, metric, 100), by_seed(by_size.get(0.0, []), metric, 100)
            ours, gain = (estimate(v) for v in (list(accuracies.values()), [a - without[s] for s, a in accuracies.items() if s in without]))
            rows.append(
                {
                    "eta": size,
                    "BNA": bna,
                    "ours": ours.mean,
                    "± 95 %": ours.half_width,
                    "gain": gain.mean,
                    "gain ±": gain.half_width,
                    "n": ours.n,
                }
            )
    return pd.DataFrame(rows, columns=["eta", "BNA", "ours", "± 95 %", "gain", "gain ±", "n"]).round(2)
