"""Records made up for the tests of the report, with known answers. Their configs are the smoke profile's own, changed where a test says so."""

from dataclasses import replace

import numpy as np

from companion.config import Langevin, Metropolis, MinedClassifierRun, Posterior, Rejection, Setting, Trained
from companion.profiles import SMOKE
from companion.records import Record

OWN, GIVEN = Setting("unconditional", "mnist"), Setting("given", "mnist")
GAUSSIAN = Trained("gaussian", prior_weight=0.0, epochs=1, labels_per_epoch=64, batch_size=64, learning_rate=1e-3, optimizer="sgd")
POSTERIOR = Posterior(prior_weight=0.01, labelled=100, epochs=1)


def made(config, metrics, workers=1, pictures=None, history=None, **costs):
    """A record of `config`; each run took two seconds."""
    provenance = {"seconds": 2.0, "workers": workers} | costs
    return Record(config, {}, metrics, history or {}, pictures or {}, provenance)


def classifier(seed, accuracy, bna, workers=1, **options):
    """options: those of Profile.classifier_run."""
    metrics = {"accuracy": accuracy, "accuracy_bna": bna, "accuracy_bna_momentum": bna - 0.02, "test_images": 10}
    return made(SMOKE.classifier_run(seed, **options), metrics, workers)


def classifiers(workers=1):
    """Every column of Table 1 and r = 1, three seeds; and runs that belong to neither: HSM at another r, and a method of the user's own."""
    found = []
    for seed in (0, 1, 2):
        noise = 0.01 * (seed - 1)
        found += [
            classifier(seed, 0.70 + noise, 0.75 + noise, workers),
            classifier(seed, 0.72 + noise, 0.78 + noise, workers, hsm=True),
            classifier(seed, 0.80 + noise, 0.84 + noise, workers, r=0.5),
            classifier(seed, 0.83 + noise, 0.86 + noise, workers, r=0.5, hsm=True),
            classifier(seed, 0.86, 0.89 + noise, workers, r=0.5, long=True),
            classifier(seed, 0.90 + noise, 0.9, workers, real=True),
            classifier(seed, 0.82, 0.85, workers, r=1.0),
            classifier(seed, 0.1, 0.1, workers, r=0.3, hsm=True),
            classifier(seed, 0.77 + noise, 0.1, workers, method="mine"),
        ]
    return found


def control(seed, name, accuracy, bna):
    """name: of a control of the profile."""
    return made(SMOKE.control_run(seed, name), {"accuracy": accuracy, "accuracy_bna": bna, "accuracy_bna_momentum": bna, "test_images": 10})


def controls():
    """Every control beside Table 1; all real images at two seeds, at the long training at one."""
    found = []
    for seed in (0, 1, 2):
        found += [control(seed, "long without DS", 0.75, 0.80), control(seed, "DS for the cost of DS+HSM", 0.82, 0.85)]
    found += [control(seed, "all real images", 0.95 + 0.01 * seed, 0.95) for seed in (0, 1)]
    return [*found, control(0, "all real images, long", 0.98, 0.98)]


def drawn(method, seed, judge, variance, coverage, latent, image, acceptance=None, workers=1):
    """No image lies outside the manifold but at seed 0."""
    metrics = {
        "teacher_accuracy": 1.0, "judge_accuracy": judge, "judge_by_attribute": [judge, judge], "pixel_variance": variance,
        "feature_variance": 2 * variance, "on_manifold": 0.8, "judge_on_manifold": 0.95,
    } | {f"{r}_{m}": coverage for r in ("truth", "real") for m in ("precision", "recall", "density", "coverage", "fid")}  # fmt: skip
    metrics |= {"acceptance": acceptance, "effective": [0.6, 0.7], "repeated": [0.1, 0.2]} if acceptance else {}
    metrics |= {} if seed else {"judge_off_manifold": 0.5}
    config = replace(SMOKE.diversity_runs(seed)[0], method=method)
    return made(
        config, metrics, workers, {"samples": np.zeros((2 * 4, 20 * 4))},
        fit_seconds=3.0, latent_microseconds=[latent, 2 * latent], image_microseconds=[image, 2 * image],
    )  # fmt: skip


def diverse(workers=1):
    """Six ways to draw two attributes, three seeds."""
    found = []
    for seed in (0, 1, 2):
        shift = 0.01 * (seed - 1)
        found += [
            drawn(Rejection(1.0), seed, 0.90, 0.10, 0.96, 5000, 5000, [0.12, 0.08], workers),
            drawn(Rejection(0.01), seed, 0.98, 0.095, 0.94, 7000, 7000, [0.1, 0.06], workers),
            drawn(GAUSSIAN, seed, 0.95 + shift, 0.02, 0.12, 2, 100, None, workers),
            drawn(POSTERIOR, seed, 0.995, 0.092, 0.90, 60, 200, None, workers),
            drawn(Metropolis(0.01, passes=2, proposal=POSTERIOR), seed, 0.993, 0.08, 0.93, 900, 900, [0.5, 0.5], workers),
            drawn(Langevin(prior_weight=1.0, steps=5, step_size=0.1), seed, 0.7, 0.11, 0.9, 9000, 9100, None, workers),
        ]
    return found


def mined():
    """Mining at three settings, two seeds; classifiers at four step sizes, no far one at the third seed."""
    grid = [
        {"step_size": 0.0, "steps": 0, "distance": 1.0, "precision": 0.98, "judge": 1.0, "classifier": 0.97},
        {"step_size": 0.1, "steps": 5, "distance": 1.2, "precision": 0.9, "judge": 0.96, "classifier": 0.6},
        {"step_size": 3.0, "steps": 5, "distance": 1.7, "precision": 0.7, "judge": 0.7, "classifier": 0.1},
    ]
    runs = [made(SMOKE.mined_space_run(seed), {"grid": grid}) for seed in (0, 1)]
    for seed in (0, 1, 2):
        runs += [classifier(seed, 0.91, 0.92), classifier(seed, 0.93, 0.94, hsm=True)]
    for seed in (0, 1):
        for size, accuracy in ((1.0, 0.92), (3.0, 0.88)):
            inner = replace(SMOKE.classifier_run(seed, hsm=True), step_size=size)
            runs.append(made(MinedClassifierRun("smoke", seed, inner), {"accuracy": accuracy, "accuracy_bna": accuracy + 0.01}))
    return runs


def _misread(wrong):
    return ((10 - wrong) * np.eye(10, dtype=int) + wrong * np.roll(np.eye(10, dtype=int), 1, axis=1)).tolist()


def evaluated(setting, seed, correct, fid, second=None):
    """Ten draws of each of ten classes, of which `correct` are read as asked and the others as the next class; real variance 0.2, made 0.1.
    second: as `correct`, for the second judge."""
    judged = {"judge": correct} | ({} if second is None else {"second_judge": second})
    metrics = {"teacher_confusion": (10 * np.eye(10, dtype=int)).tolist(), "teacher_alone": [0.0] * 10}
    metrics |= {f"{who}_confusion": _misread(10 - right) for who, right in judged.items()}
    metrics |= {"samples": 50, "feature_space": "digit", "fid": fid, "kid": fid / 2, "inception_score": 8.0}
    metrics |= {"pixel_variance_by_class": [0.1] * 10, "real_pixel_variance_by_class": [0.2] * 10}
    return made(replace(SMOKE.evaluation_run(seed, setting), draws=100), metrics)


def evaluations():
    return [
        evaluated(OWN, 0, 7, 9.0),
        evaluated(OWN, 1, 9, 11.0),
        evaluated(GIVEN, 0, 10, 3.0),
        evaluated(None, 0, 10, 2.0),
    ]


def conditioned(seed, curve, setting=None):
    """curve: the teacher's accuracy after each epoch. Half of the prior's variance is kept; the judge reads 0.1 less than the teacher."""
    calibration = {"ece": 0.1, "confidence": [0.6, 0.9], "accuracy": [0.5, 0.8], "share": [0.25, 0.75]}
    metrics = {
        "accuracy": curve[-1], "judge_accuracy": curve[-1] - 0.1, "variance": 0.1, "variance_by_attribute": [0.1, 0.1], "prior_variance": 0.2,
        "teacher_calibration": calibration, "judge_calibration": calibration,
    }  # fmt: skip
    names = (
        "loss",
        "mu_norm",
        "sigma",
        "judge_accuracy",
        "variance",
        *(f"{who}_{what}" for who in ("teacher", "judge") for what in ("confidence", "ece")),
    )
    history = {"accuracy": curve} | {name: [0.5] * len(curve) for name in names}
    config = SMOKE.conditioning_run(seed, **(setting or OWN)._asdict())
    return made(config, metrics, pictures={"samples": np.zeros((2 * 4, 10 * 4))}, history=history)


def conditionings():
    """Paper B's own setting at two seeds, of which one reaches 100 % at once; the leak, and another teacher."""
    return [
        conditioned(0, [0.5, 0.9, 1.0, 1.0]),
        conditioned(1, [0.5, 0.9, 0.95, 0.99]),
        conditioned(0, [1.0, 1.0, 1.0, 1.0], GIVEN),
        conditioned(0, [0.4, 0.5, 0.6, 0.7], OWN._replace(labels="withheld")),
        conditioned(0, [0.5, 0.9, 0.9, 0.9], OWN._replace(teacher="uci")),
    ]


def shown(seed, coverage, images, **options):
    """options: those of Profile.shown_images_run. coverage: of as many images as N, and of all."""
    sizes = [
        {"images": n, "precision": 0.9, "recall": 0.5, "density": 1.0, "coverage": c, "pixel_variance": 0.1, "feature_variance": 0.2}
        for n, c in zip((100, images), coverage, strict=True)
    ]
    metrics = {"feature_space": "digit", "reference_samples": 200, "different_images": images, "sizes": sizes}
    return made(SMOKE.shown_images_run(seed, **options), metrics)
