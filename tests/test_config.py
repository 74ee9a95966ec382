"""Bad values are refused with their name and the rule; every field of every config is in effect."""

from dataclasses import fields, replace

import pytest

from paperlib import profiles
from paperlib.config import (
    ClassifierRun,
    ConditioningRun,
    ConfigError,
    Distilled,
    DiversityRun,
    EvaluationRun,
    HardSamplesRun,
    ImageQualityRun,
    Langevin,
    MinedClassifierRun,
    MinedSpaceRun,
    Rejection,
    Trained,
    check_notebook_parameters,
)
from paperlib.experiment import _outcome, plans

SMOKE = profiles.SMOKE
FIXED = replace(SMOKE.classifier_run(0, hsm=True), images=60, round_images=20)
RENEWED = replace(SMOKE.classifier_run(0, hsm=True, r=0.5), images=60)
HARD = replace(SMOKE.hard_samples_run(0), images=50)
CONDITIONING = SMOKE.conditioning_run(0)
SPACE = replace(SMOKE.mined_space_run(0), images=50)
TRAINED = Trained("gaussian", prior_weight=0.1, epochs=1, labels_per_epoch=64, batch_size=32, learning_rate=0.1, optimizer="sgd")
DISTILLED = Distilled(prior_weight=1.0, labelled=100, epochs=1)


def by(method):
    return DiversityRun(profile="smoke", seed=0, method=method, per_attribute=10)


CHANGES = [
    (RENEWED, {"profile": "tuning"}), (RENEWED, {"seed": 1}), (RENEWED, {"real": True, "hsm": False, "r": 0.0}), (RENEWED, {"hsm": False}), (RENEWED, {"r": 0.3}),
    (RENEWED, {"epochs": 3}), (RENEWED, {"images": 80}), (FIXED, {"round_images": 30}), (RENEWED, {"mining_steps": 1}), (RENEWED, {"step_size": 3.0}),
    (RENEWED, {"batch_size": 20}), (RENEWED, {"learning_rate": 0.01}), (RENEWED, {"momentum": 0.5}), (RENEWED, {"weight_decay": 0.1}), (RENEWED, {"width": 8}),
    (HARD, {"profile": "digits", "seed": 1}), (HARD, {"stages": (1, 3)}), (HARD, {"per_class": 3}), (HARD, {"images": 80}), (HARD, {"mining_steps": 3}),
    (HARD, {"step_size": 3.0}), (HARD, {"batch_size": 20}), (HARD, {"learning_rate": 0.01}), (HARD, {"width": 8}),
    (CONDITIONING, {"seed": 1}), (CONDITIONING, {"labels": "given"}), (CONDITIONING, {"labels": "withheld"}), (CONDITIONING, {"labels": "shuffled"}),
    (CONDITIONING, {"teacher": "uci"}), (CONDITIONING, {"epochs": 1}), (CONDITIONING, {"labels_per_epoch": 128}), (CONDITIONING, {"validation_labels": 120}),
    (CONDITIONING, {"batch_size": 32}), (CONDITIONING, {"learning_rate": 0.1}), (CONDITIONING, {"momentum": 0.5}),
    (SMOKE.image_quality_run(0, "prior"), {"seed": 1}),
    (SMOKE.image_quality_run(0, "prior"), {"samples": 80}), (SMOKE.image_quality_run(0, "prior"), {"image_set": "real test"}),
    (SMOKE.image_quality_run(0, "mined"), {"hard": replace(HARD, mining_steps=5)}),
    (SMOKE.image_quality_run(0, "conditioned"), {"conditioning": replace(CONDITIONING, learning_rate=0.1)}),
    (SMOKE.evaluation_run(0, labels=None), {"seed": 1}), (SMOKE.evaluation_run(0, labels=None), {"draws": 150}),
    (SMOKE.evaluation_run(0, labels=None), {"quality_samples": 80}), 
    (SMOKE.evaluation_run(0, labels="unconditional"), {"conditioning": replace(CONDITIONING, learning_rate=0.1)}),
    (SPACE, {"seed": 1}), (SPACE, {"steps": (2,)}), (SPACE, {"step_sizes": (0.5,)}), (SPACE, {"per_class": 3}), (SPACE, {"natural": 4}),
    (SPACE, {"epochs": 1}), (SPACE, {"images": 80}), (SPACE, {"batch_size": 20}), (SPACE, {"learning_rate": 0.01}), (SPACE, {"width": 8}),
    (MinedClassifierRun("smoke", 0, FIXED), {"seed": 1, "classifier": replace(FIXED, seed=1)}),
    (MinedClassifierRun("smoke", 0, FIXED), {"classifier": replace(FIXED, step_size=5.0, mining_steps=4)}),
    (by(TRAINED), {"seed": 1}), (by(TRAINED), {"per_attribute": 11}),
    *((by(TRAINED), {"method": replace(TRAINED, **change)}) for change in (
        {"family": "mixture"}, {"prior_weight": 3.0}, {"epochs": 2}, {"labels_per_epoch": 96}, {"batch_size": 16}, {"learning_rate": 0.01},
        {"optimizer": "adam"},
    )),
    *((by(DISTILLED), {"method": replace(DISTILLED, **change)}) for change in ({"prior_weight": 0.5}, {"labelled": 1000}, {"epochs": 5})),
    (by(Rejection(1.0)), {"method": Rejection(0.05)}), (by(Rejection(1.0)), {"method": Rejection(1.0, proposal=DISTILLED)}),
    (by(Langevin(1, 0.1)), {"method": Langevin(2, 0.1)}), (by(Langevin(1, 0.1)), {"method": Langevin(1, 0.5)}),
]  # fmt: skip


@pytest.mark.parametrize(("config", "change"), CHANGES, ids=[f"{c.kind}-{'-'.join(d)}" for c, d in CHANGES])
def test_each_field_changes_what_is_measured(config, change):
    changed = replace(config, **change)
    assert changed.key != config.key
    a, b = (_outcome(c, False) for c in (config, changed))
    assert (a.metrics, a.history) != (b.metrics, b.history)


@pytest.mark.parametrize(
    "kind",
    [
        ClassifierRun, HardSamplesRun, ConditioningRun, ImageQualityRun, EvaluationRun, MinedSpaceRun, MinedClassifierRun, DiversityRun,
    ],
)  # fmt: skip
def test_no_field_is_left_out_above(kind):
    tried = {name for config, change in CHANGES if isinstance(config, kind) for name in change}
    assert {f.name for f in fields(kind)} - {"profile"} <= tried


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"r": -0.1}, r"r = -0.1: use a number in \[0, 1\]"),
        ({"r": 1.01}, r"r = 1.01"),
        ({"r": float("nan")}, "r = nan"),
        ({"r": "0.5"}, "r = '0.5'"),
        ({"mining_steps": -1}, "mining_steps = -1: use an integer of at least 0"),
        ({"epochs": 0}, "epochs = 0"),
        ({"images": 2.5}, "images = 2.5"),
        ({"round_images": 101}, "use at most images = 100"),
        ({"batch_size": 1}, "batch_size = 1"),
        ({"learning_rate": 0}, "learning_rate = 0"),
        ({"step_size": float("inf")}, "step_size = inf"),
        ({"seed": -1}, "seed = -1"),
        ({"seed": True}, "seed = True"),
        ({"real": True}, "real images are fixed"),
    ],
)
def test_out_of_range(change, message):
    with pytest.raises(ConfigError, match=message):
        replace(SMOKE.classifier_run(0, hsm=True, r=0.5), **change)


@pytest.mark.parametrize("method", [TRAINED, DISTILLED, Rejection(1.0, DISTILLED), Langevin(1, 0.1)])
def test_no_field_of_a_method_is_left_out_above(method):
    tried = {f.name for config, change in CHANGES if "method" in change and isinstance(config.method, type(method))
             for f in fields(method) if getattr(change["method"], f.name) != getattr(config.method, f.name)}  # fmt: skip
    assert tried == {f.name for f in fields(method)}


def test_what_is_past_the_papers_is_checked_too():
    for bad, message in (
        (lambda: replace(TRAINED, family="vae"), "family = 'vae': use one of 'gaussian', 'mixture', 'flow'"),
        (lambda: replace(TRAINED, prior_weight=-1), r"prior_weight = -1: use a number in \[0, 1000\]"),
        (lambda: replace(TRAINED, optimizer="lion"), "optimizer = 'lion'"),
        (lambda: Rejection(0.0), r"prior_weight = 0.0: use a number in \(0"),
        (lambda: replace(DISTILLED, labelled=0), "labelled = 0"),
        (lambda: Langevin(1, float("nan")), "step_size = nan"),
        (lambda: by("rejection"), "method = 'rejection': use Trained, Distilled"),
        (lambda: replace(SPACE, steps=()), "use at least one of each"),
        (lambda: replace(SPACE, step_sizes=(0.0,)), "step_sizes = 0.0"),
        (lambda: MinedClassifierRun("smoke", 1, FIXED), "classifier.seed = 0: use the run's own, 1"),
        (lambda: profiles.IMAGENET10.diversity_runs(0), "it compares no methods of conditioning; for notebook 06 use 'digits'"),
    ):
        with pytest.raises(ConfigError, match=message):
            bad()


def test_a_profile_has_the_notebooks_that_it_has_sizes_for():
    assert plans.notebooks(SMOKE) == ("00_start_here", *plans.PLANS)
    assert plans.notebooks(profiles.FACES) == ("04_conditioning",)
    assert plans.notebooks(replace(profiles.FACES, diversity=SMOKE.diversity)) == ("04_conditioning", "06_diversity")
    assert "06_diversity" not in plans.notebooks(profiles.IMAGENET10)


def test_half_of_ten_seeds_are_five():
    assert {run.seed for run in plans.diversity(SMOKE, 10)} == {0, 1, 2, 3, 4}
    assert {run.seed for run in plans.diversity(SMOKE, 1)} == {0}
    with pytest.raises(ConfigError, match="seeds ="):
        plans.diversity(SMOKE, 0)


def test_unknown_profile_and_no_seeds():
    with pytest.raises(ConfigError, match=r"profile = 'imagenet': use one of 'digits', 'smoke'"):
        profiles.load("imagenet")
    for seeds in (0, -1, 1.5):
        with pytest.raises(ConfigError, match="seeds ="):
            plans.table1(SMOKE, seeds)
    with pytest.raises(ConfigError, match="labels = 'none'"):
        SMOKE.conditioning_run(0, labels="none")


def test_notebook_parameters():
    good = {"r": 1, "seeds": 2, "In": ["", "r: float = 0.5", "# Parameters\nr = 1\nseeds = 2\n"]}
    check_notebook_parameters(good, r=float, seeds=int)
    with pytest.raises(ConfigError, match="'rr': this notebook has no such parameter; it takes r, seeds"):
        check_notebook_parameters(good | {"In": ["# Parameters\nrr = 1\n"]}, r=float, seeds=int)
    with pytest.raises(ConfigError, match="r = 'half'"):
        check_notebook_parameters(good | {"r": "half"}, r=float, seeds=int)
    with pytest.raises(ConfigError, match="seeds = True"):
        check_notebook_parameters(good | {"seeds": True}, r=float, seeds=int)
    check_notebook_parameters({"r": None}, r=float | None)


def test_side_experiments_take_a_third_of_the_seeds():
    runs = plans.conditioning(SMOKE, 3)
    assert sorted(c.seed for c in runs if (c.labels, c.teacher) == ("unconditional", "mnist")) == [0, 1, 2]
    assert len(runs) == 3 + 4
    assert {c.seed for c in plans.conditioning(SMOKE, 10) if c.labels == "given"} == {0, 1, 2, 3}


def test_with_and_without_bna_share_a_run():
    runs = plans.table1(SMOKE, 2)
    assert len(runs) == 2 * 6
    shared = set(plans.sweep(SMOKE, 2)) & set(runs)
    assert {c.r for c in shared} == {0.0, 0.5}
