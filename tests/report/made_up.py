"""Records made up for the tests of the report, with known answers."""

import numpy as np

from paperlib.records import Record

GAUSSIAN = {"family": "gaussian", "prior_weight": 0.0, "epochs": 1}
POSTERIOR = {"prior_weight": 0.01, "labelled": 100, "epochs": 1}


def classifier(seed, accuracy, bna, **config):
    base = {"profile": "x", "seed": seed, "real": False, "hsm": False, "r": 0.0, "epochs": 20, "images": 100}
    metrics = {"accuracy": accuracy, "accuracy_bna": bna, "test_images": 10}
    return Record("classifier", base | config, seed, metrics, provenance={"seconds": 2.0})


def classifiers():
    """Every column of Table 1 and r = 1, three seeds; and a small run that belongs to neither."""
    found = []
    for seed in (0, 1, 2):
        noise = 0.01 * (seed - 1)
        found += [
            classifier(seed, 0.70 + noise, 0.75 + noise),
            classifier(seed, 0.72 + noise, 0.78 + noise, hsm=True),
            classifier(seed, 0.80 + noise, 0.84 + noise, r=0.5),
            classifier(seed, 0.83 + noise, 0.86 + noise, r=0.5, hsm=True),
            classifier(seed, 0.86, 0.89 + noise, r=0.5, epochs=200),
            classifier(seed, 0.90 + noise, 0.9, real=True),
            classifier(seed, 0.82, 0.85, r=1.0),
            classifier(seed, 0.1, 0.1, r=0.5, hsm=True, epochs=4, images=20),
        ]
    return found


def drawn(method, seed, judge, variance, coverage, latent, image, acceptance=None):
    metrics = {
        "teacher_accuracy": 1.0, "judge_accuracy": judge, "judge_by_attribute": [judge, judge], "pixel_variance": variance,
        "feature_variance": 2 * variance, "on_manifold": 0.8, "judge_on_manifold": 0.95, "judge_off_manifold": None if seed else 0.5,
    } | {f"{r}_{m}": coverage for r in ("truth", "real") for m in ("precision", "recall", "density", "coverage", "fid")}  # fmt: skip
    if acceptance:
        metrics["acceptance"] = acceptance
    costs = {"fit_seconds": 3.0, "latent_microseconds": [latent, 2 * latent], "image_microseconds": [image, 2 * image]}
    picture = np.zeros((2 * 4, 20 * 4))
    return Record("diversity", {"method": method, "profile": "x"}, seed, metrics, pictures={"samples": picture}, provenance=costs)


def diverse():
    """Six ways to draw two attributes, three seeds."""
    found = []
    for seed in (0, 1, 2):
        shift = 0.01 * (seed - 1)
        found += [
            drawn({"prior_weight": 1.0, "proposal": None}, seed, 0.90, 0.10, 0.96, 5000, 5000, [0.12, 0.08]),
            drawn({"prior_weight": 0.01, "proposal": None}, seed, 0.98, 0.095, 0.94, 7000, 7000, [0.1, 0.06]),
            drawn(GAUSSIAN, seed, 0.95 + shift, 0.02, 0.12, 2, 100),
            drawn(POSTERIOR, seed, 0.995, 0.092, 0.90, 60, 200),
            drawn({"prior_weight": 0.01, "proposal": POSTERIOR}, seed, 0.993, 0.08, 0.93, 900, 900, [0.5, 0.5]),
            drawn({"steps": 5, "step_size": 0.1}, seed, 0.7, 0.11, 0.9, 9000, 9100),
        ]
    return found


def mined():
    """Mining at three settings, two seeds; classifiers at four step sizes, no far one at the third seed."""
    grid = [
        {"step_size": 0.0, "steps": 0, "distance": 1.0, "precision": 0.98, "judge": 1.0, "classifier": 0.97},
        {"step_size": 0.1, "steps": 5, "distance": 1.2, "precision": 0.9, "judge": 0.96, "classifier": 0.6},
        {"step_size": 3.0, "steps": 5, "distance": 1.7, "precision": 0.7, "judge": 0.7, "classifier": 0.1},
    ]
    runs = [Record("mined-space", {}, seed, {"grid": grid}) for seed in (0, 1)]
    for seed in (0, 1, 2):
        for kind, size, accuracy in (
            ("classifier", None, 0.91),
            ("classifier", 0.1, 0.93),
            ("mined-classifier", 1.0, 0.92),
            ("mined-classifier", 3.0, 0.88),
        ):
            inner = {"real": False, "hsm": size is not None, "r": 0.0, "epochs": 20, "images": 100, "step_size": size or 0.1}
            if kind == "mined-classifier" and seed == 2:
                continue
            config = inner if kind == "classifier" else {"classifier": inner}
            runs.append(Record(kind, config, seed, {"accuracy": accuracy, "accuracy_bna": accuracy + 0.01}))
    return runs


def evaluated(labels, seed, correct, fid):
    """Ten draws of each of ten classes, of which `correct` are read as asked and the others as the next class; real variance 0.2, made 0.1."""
    counts = correct * np.eye(10, dtype=int) + (10 - correct) * np.roll(np.eye(10, dtype=int), 1, axis=1)
    metrics = {"teacher_confusion": (10 * np.eye(10, dtype=int)).tolist(), "judge_confusion": counts.tolist()}
    metrics |= {"samples": 50, "feature_space": "digit", "fid": fid, "kid": fid / 2, "inception_score": 8.0}
    metrics |= {"pixel_variance_by_class": [0.1] * 10, "real_pixel_variance_by_class": [0.2] * 10}
    return Record("evaluation", {"conditioning": labels and {"labels": labels}, "draws": 100}, seed, metrics)


def evaluations():
    return [
        evaluated("unconditional", 0, 7, 9.0),
        evaluated("unconditional", 1, 9, 11.0),
        evaluated("given", 0, 10, 3.0),
        evaluated(None, 0, 10, 2.0),
    ]
