"""Bad values are refused with their name and the rule; every field of every config is in effect."""

from collections import Counter
from dataclasses import fields, replace

import pytest
from conftest import outcome

from companion import profiles
from companion.config import (
    ClassifierRun,
    ConditioningRun,
    ControlRun,
    DiversityRun,
    EvaluationRun,
    HardSamplesRun,
    ImageQualityRun,
    Langevin,
    Likelihood,
    Metropolis,
    MinedClassifierRun,
    MinedSpaceRun,
    Ode,
    Posterior,
    Rejection,
    Resampling,
    ShownImagesRun,
    Trained,
    check_notebook_parameters,
    from_json,
    to_json,
)
from companion.experiment import plans, run, run_all
from companion.measurements import METRICS
from companion.profiles import OwnMethod
from companion.support.paths import Paths
from paperlib.checks import ConfigError

SMOKE = profiles.SMOKE
FIXED = replace(SMOKE.classifier_run(0, hsm=True), images=60, round_images=20)
RENEWED = replace(SMOKE.classifier_run(0, hsm=True, r=0.5), images=60)
HARD = replace(SMOKE.hard_samples_run(0), images=50)
CONDITIONING, OWN = SMOKE.conditioning_run(0), SMOKE.settings[0]
SHOWN = ShownImagesRun("smoke", 0, RENEWED, 200)
SPACE = replace(SMOKE.mined_space_run(0), images=50)
TRAINED = Trained("gaussian", prior_weight=0.1, epochs=1, labels_per_epoch=64, batch_size=32, learning_rate=0.1, optimizer="sgd")
LEARNED = Posterior(prior_weight=1.0, labelled=100, epochs=1)
LIKELIHOOD = Likelihood(prior_weight=1.0, labelled=300, components=1, steps=5)
CHAIN = Metropolis(prior_weight=1.0, passes=2, proposal=LEARNED)
LANGEVIN = Langevin(prior_weight=1.0, steps=1, step_size=0.1)
METHODS = (TRAINED, LEARNED, LIKELIHOOD, Rejection(1.0), CHAIN, Resampling(1.0, 100), LANGEVIN, Ode(1.0, 1))


def by(method):
    return DiversityRun(profile="smoke", seed=0, method=method, per_attribute=10)


CHANGES = [
    (RENEWED, {"seed": 1}), (RENEWED, {"real": True, "hsm": False, "r": 0.0}), (RENEWED, {"hsm": False}), (RENEWED, {"r": 0.3}),
    (RENEWED, {"epochs": 3}), (RENEWED, {"images": 80}), (FIXED, {"round_images": 30}), (RENEWED, {"mining_steps": 1}), (RENEWED, {"step_size": 3.0}),
    (RENEWED, {"batch_size": 20}), (RENEWED, {"learning_rate": 0.01}), (RENEWED, {"momentum": 0.5}), (RENEWED, {"weight_decay": 0.1}), (RENEWED, {"width": 8}),
    (RENEWED, {"long_factor": 2}), (replace(FIXED, hsm=False), {"method": "first half"}),
    (replace(RENEWED, epochs=6, images=200, batch_size=5), {"bna_momentum": 1.0}),
    (HARD, {"seed": 1}), (HARD, {"stages": (1, 3)}), (HARD, {"per_class": 3}), (HARD, {"images": 80}), (HARD, {"mining_steps": 3}),
    (HARD, {"step_size": 3.0}), (HARD, {"batch_size": 20}), (HARD, {"learning_rate": 0.01}), (HARD, {"width": 8}),
    (HARD, {"form_step_sizes": (0.5,)}), (HARD, {"natural": 4}),
    (CONDITIONING, {"seed": 1}), (CONDITIONING, {"labels": "given"}), (CONDITIONING, {"labels": "withheld"}), (CONDITIONING, {"labels": "shuffled"}),
    (CONDITIONING, {"teacher": "uci"}), (CONDITIONING, {"epochs": 1}), (CONDITIONING, {"labels_per_epoch": 128}), (CONDITIONING, {"validation_labels": 120}),
    (CONDITIONING, {"batch_size": 32}), (CONDITIONING, {"learning_rate": 0.1}), (CONDITIONING, {"momentum": 0.5}), (CONDITIONING, {"warm_start": 50}),
    (SMOKE.image_quality_run(0, "prior"), {"seed": 1}),
    (SMOKE.image_quality_run(0, "prior"), {"samples": 80}), (SMOKE.image_quality_run(0, "prior"), {"image_set": "real test"}),
    (SMOKE.image_quality_run(0, "mined"), {"hard": replace(HARD, mining_steps=5)}),
    (SMOKE.image_quality_run(0, "conditioned"), {"conditioning": replace(CONDITIONING, learning_rate=0.1)}),
    (SMOKE.evaluation_run(0, None), {"seed": 1}), (SMOKE.evaluation_run(0, None), {"draws": 150}),
    (SMOKE.evaluation_run(0, None), {"quality_samples": 80}),
    (SMOKE.evaluation_run(0, OWN), {"conditioning": replace(CONDITIONING, learning_rate=0.1)}),
    (SPACE, {"seed": 1}), (SPACE, {"steps": (2,)}), (SPACE, {"step_sizes": (0.5,)}), (SPACE, {"per_class": 3}), (SPACE, {"natural": 4}),
    (SPACE, {"epochs": 1}), (SPACE, {"images": 80}), (SPACE, {"batch_size": 20}), (SPACE, {"learning_rate": 0.01}), (SPACE, {"width": 8}),
    (MinedClassifierRun("smoke", 0, FIXED), {"seed": 1, "classifier": replace(FIXED, seed=1)}),
    (MinedClassifierRun("smoke", 0, FIXED), {"classifier": replace(FIXED, step_size=5.0, mining_steps=4)}),
    (ControlRun("smoke", 0, RENEWED), {"seed": 1, "classifier": replace(RENEWED, seed=1)}),
    (ControlRun("smoke", 0, RENEWED), {"classifier": replace(RENEWED, epochs=3)}),
    (SHOWN, {"seed": 1, "classifier": replace(RENEWED, seed=1)}), (SHOWN, {"classifier": replace(RENEWED, r=0.3)}), (SHOWN, {"samples": 70}),
    (by(TRAINED), {"seed": 1}), (by(TRAINED), {"per_attribute": 11}),
    *((by(TRAINED), {"method": replace(TRAINED, **change)}) for change in (
        {"family": "mixture"}, {"prior_weight": 3.0}, {"epochs": 2}, {"labels_per_epoch": 96}, {"batch_size": 16}, {"learning_rate": 0.01},
        {"optimizer": "adam"}, {"warm_start": 50},
    )),
    *((by(LEARNED), {"method": replace(LEARNED, **change)}) for change in ({"prior_weight": 0.5}, {"labelled": 1000}, {"epochs": 5})),
    *((by(LIKELIHOOD), {"method": replace(LIKELIHOOD, **change)}) for change in (
        {"prior_weight": 0.1}, {"labelled": 500}, {"components": 2}, {"steps": 50}, {"tuned": 500}, {"posterior": LEARNED},
    )),
    (by(Rejection(1.0)), {"method": Rejection(0.05)}),
    *((by(CHAIN), {"method": replace(CHAIN, **change)}) for change in (
        {"prior_weight": 0.1}, {"passes": 3}, {"proposal": replace(LEARNED, labelled=1000)},
    )),
    *((by(Resampling(1.0, 100)), {"method": other}) for other in (Resampling(0.1, 100), Resampling(1.0, 200))),
    *((by(LANGEVIN), {"method": replace(LANGEVIN, **change)}) for change in (
        {"prior_weight": 0.1}, {"steps": 2}, {"step_size": 0.5}, {"adjusted": True},
    )),
    *((by(Ode(1.0, 1)), {"method": other}) for other in (Ode(0.1, 1), Ode(1.0, 2))),
]  # fmt: skip


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """measured(config) -> metrics and history; a config that several cases start from is computed once."""
    paths, known = Paths(results=tmp_path_factory.mktemp("results")), {}

    def source(fill, n, rng):
        images = fill(n, None).subset(slice(n // 2))
        return lambda epoch, model: images

    profile = replace(SMOKE, paths=paths, methods=(OwnMethod("first half", source=source),))

    def measure(config):
        if config not in known:
            found = outcome(config, profile)
            known[config] = (found.metrics, found.history)
        return known[config]

    return measure


@pytest.mark.slow
@pytest.mark.parametrize(("config", "change"), CHANGES, ids=[f"{c.kind}-{'-'.join(d)}" for c, d in CHANGES])
def test_each_field_changes_what_is_measured(measured, config, change):
    changed = replace(config, **change)
    assert to_json(changed) != to_json(config)
    assert measured(changed) != measured(config)


def test_a_config_of_another_profile_is_refused(smoke):
    for config in (replace(RENEWED, profile="tuning"), profiles.DIGITS.classifier_run(0)):
        with pytest.raises(ConfigError, match=f"config.profile = '{config.profile}': the profile that is passed is 'smoke'"):
            run(config, smoke, progress=False)
        with pytest.raises(ConfigError, match="the profile that is passed is 'smoke'"):
            run_all([SMOKE.classifier_run(0), config], smoke, progress=False)
    with pytest.raises(ConfigError, match="profile = 'mine': use one of 'digits'"):
        run(replace(RENEWED, profile="mine"), progress=False)
    assert not list(smoke.folder.rglob("*.json"))


@pytest.mark.parametrize(
    "kind",
    [
        ClassifierRun, HardSamplesRun, ConditioningRun, ImageQualityRun, EvaluationRun, MinedSpaceRun, MinedClassifierRun, ControlRun,
        ShownImagesRun, DiversityRun,
    ],
)  # fmt: skip
def test_no_field_is_left_out_above(kind):
    tried = {name for config, change in CHANGES if isinstance(config, kind) for name in change}
    assert {f.name for f in fields(kind)} - {"kind", "profile"} == tried


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"r": -0.1}, "r = -0.1: it must be greater than or equal to 0."),
        ({"r": 1.01}, "r = 1.01: it must be less than or equal to 1."),
        ({"r": float("nan")}, "r = nan: it must be a finite number."),
        ({"r": "0.5"}, "r = '0.5': it must be a valid number."),
        ({"r": None}, "r = None: it must be a valid number."),
        ({"hsm": 1}, "hsm = 1: it must be a valid boolean."),
        ({"mining_steps": -1}, "mining_steps = -1: it must be greater than or equal to 0."),
        ({"epochs": 0}, "epochs = 0: it must be greater than or equal to 1."),
        ({"images": 2.5}, "images = 2.5: it must be a valid integer."),
        ({"round_images": 101}, "round_images = 101: use at most images = 100."),
        ({"batch_size": 1}, "batch_size = 1: it must be greater than or equal to 2."),
        ({"learning_rate": 0}, "learning_rate = 0: it must be greater than 0."),
        ({"step_size": float("inf")}, "step_size = inf: it must be a finite number."),
        ({"seed": -1}, "seed = -1: it must be greater than or equal to 0."),
        ({"seed": True}, "seed = True: it must be a valid integer."),
        ({"rr": 0.5}, "rr = 0.5: there is no such field; leave it out."),
        ({"real": True}, "real = True: real images are fixed; set hsm=False and r=0."),
    ],
)
def test_out_of_range(change, message):
    with pytest.raises(ConfigError) as caught:
        replace(SMOKE.classifier_run(0, hsm=True, r=0.5), **change)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "config = '{': Invalid JSON"),
        ('{"kind": "nobody"}', "its 'kind' must be one of 'classifier', 'hard-samples'"),
        ('{"kind": "classifier"}', "classifier.profile: it is missing; give it a value."),
        (to_json(RENEWED).replace("0.5", "NaN"), "r = nan: it must be a finite number."),
        (to_json(RENEWED).replace("0.5", "null"), "r = None: it must be a valid number."),
        (to_json(RENEWED).replace("0.5", '"0.5"'), "r = '0.5': it must be a valid number."),
        (to_json(RENEWED).replace('"epochs": 2', '"epochs": 2.0'), "epochs = 2.0: it must be a valid integer."),
        (to_json(RENEWED).replace('"epochs": 2', '"epoch": 2'), "epochs: it is missing"),
    ],
)
def test_bad_json_is_one_line(text, message):
    with pytest.raises(ConfigError, match=message) as caught:
        from_json(text)
    assert "\n" not in str(caught.value)


EVERY_KIND = [
    FIXED, RENEWED, SMOKE.classifier_run(0, real=True), HARD, SPACE, CONDITIONING, MinedClassifierRun("smoke", 0, FIXED),
    ControlRun("smoke", 0, FIXED), SHOWN,
    *(SMOKE.evaluation_run(0, setting) for setting in (None, *SMOKE.settings[:3])),
    *(SMOKE.image_quality_run(0, image_set) for image_set in SMOKE.image_sets),
    *(by(method) for method in (*METHODS, replace(LIKELIHOOD, posterior=LEARNED))),
]  # fmt: skip


@pytest.mark.parametrize("config", EVERY_KIND, ids=lambda config: config.kind)
def test_json_gives_back_the_typed_object(config):
    found = from_json(to_json(config))
    assert found == config
    assert type(found) is type(config)
    assert to_json(found) == to_json(config)
    for name in ("conditioning", "hard", "classifier", "method"):
        assert type(getattr(found, name, None)) is type(getattr(config, name, None))
    if isinstance(config, MinedSpaceRun):
        assert isinstance(found.steps, tuple)


def test_every_kind_is_tried_above():
    assert {type(config) for config in EVERY_KIND} == set(METRICS)


def test_an_integer_is_the_same_number_as_its_float():
    for one, other in ((RENEWED, "r"), (SMOKE.classifier_run(0), "step_size")):
        whole, fraction = replace(one, **{other: 1}), replace(one, **{other: 1.0})
        assert whole == fraction
        assert to_json(whole) == to_json(fraction)
        assert from_json(to_json(fraction).replace(f'"{other}": 1.0', f'"{other}": 1')) == fraction
    zeros = [replace(RENEWED, r=r) for r in (0, 0.0, -0.0)]
    assert {to_json(config) for config in zeros} == {to_json(zeros[0])}
    assert repr(zeros[2].r) == "0.0"
    assert repr(from_json(to_json(zeros[0]).replace('"r": 0.0', '"r": -0.0')).r) == "0.0"
    assert to_json(by(Rejection(1))) == to_json(by(Rejection(1.0)))


@pytest.mark.parametrize("method", METHODS)
def test_no_field_of_a_method_is_left_out_above(method):
    tried = {f.name for config, change in CHANGES if "method" in change and isinstance(config.method, type(method))
             for f in fields(method) if getattr(change["method"], f.name) != getattr(config.method, f.name)}  # fmt: skip
    assert tried == {f.name for f in fields(method)} - {"kind"}


def test_what_is_past_the_papers_is_checked_too():
    for bad, message in (
        (lambda: replace(TRAINED, family="vae"), "family = 'vae': it must be 'gaussian', 'mixture' or 'flow'"),
        (lambda: replace(TRAINED, prior_weight=-1), "prior_weight = -1: it must be greater than or equal to 0"),
        (lambda: replace(TRAINED, optimizer="lion"), "optimizer = 'lion'"),
        (lambda: Rejection(0.0), "prior_weight = 0.0: it must be greater than 0"),
        (lambda: replace(LEARNED, labelled=0), "labelled = 0: it must be"),
        (lambda: replace(LIKELIHOOD, posterior=replace(LEARNED, prior_weight=0.5)), "posterior.prior_weight = 0.5: use the flow's own"),
        (lambda: replace(LANGEVIN, step_size=float("nan")), "step_size = nan"),
        (lambda: by("rejection"), "method = 'rejection': it must be an object of one of its classes"),
        (lambda: replace(SPACE, steps=()), r"steps = \(\): give at least 1"),
        (lambda: replace(SPACE, step_sizes=(0.0,)), "step_sizes.0 = 0.0: it must be greater than 0"),
        (lambda: MinedClassifierRun("smoke", 1, FIXED), "classifier.seed = 0: use the run's own, 1"),
        (lambda: ControlRun("smoke", 1, FIXED), "classifier.seed = 0: use the run's own, 1"),
        (lambda: profiles.IMAGENET10.control_run(0, "all real images"), "it has no controls beside Table 1; give it ControlSizes"),
        (lambda: profiles.IMAGENET10.diversity_runs(0), "it compares no methods of conditioning; for notebook 06 use 'digits'"),
    ):
        with pytest.raises(ConfigError, match=message):
            bad()


def test_a_profile_has_the_notebooks_that_it_has_sizes_for():
    assert plans.notebooks(SMOKE) == ("00_start_here", *plans.PLANS)
    assert plans.notebooks(profiles.FACES) == ("04_conditioning", "06_diversity")
    assert plans.notebooks(replace(profiles.FACES, diversity=SMOKE.diversity)) == ("04_conditioning", "06_diversity")
    assert "06_diversity" not in plans.notebooks(profiles.IMAGENET10)


def test_no_seeds_of_a_plan():
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


def test_only_the_gaussian_family_starts_warm():
    with pytest.raises(ConfigError, match="warm_start = 5: only the gaussian family can start warm; use 0"):
        replace(TRAINED, family="flow", warm_start=5)
    with pytest.raises(ConfigError, match="warm_start = -1: it must be greater than or equal to 0"):
        replace(CONDITIONING, warm_start=-1)


def test_a_quick_run_has_no_control_but_r_1():
    profile = replace(SMOKE, side_seeds=5)
    counts = {seeds: Counter(_control(run) for run in plans.controls(profile, seeds)) for seeds in (1, 3, 10)}
    five = dict.fromkeys([("long", 0.0), ("all",), ("plain", 0.5)], 5)
    assert counts == {1: {("plain", 1.0): 1}, 3: {("plain", 1.0): 3}, 10: five | {("plain", 1.0): 10, ("all", "long"): 3}}
    assert plans.controls(profiles.IMAGENET10, 10) == []
    dearest = SMOKE.control_run(0, "all real images, long")
    assert dearest in plans.Own(SMOKE)
    assert replace(dearest, classifier=replace(dearest.classifier, images=150)) not in plans.Own(SMOKE)


def _control(run):
    config = getattr(run, "classifier", run)
    long = ("long",) * (config.long_factor > 1)
    return ("all", *long) if config.real else (*(long or ("plain",)), config.r)


def test_with_and_without_bna_share_a_run():
    runs = plans.table1(SMOKE, 2)
    assert len(runs) == 2 * 6
    shared = set(plans.sweep(SMOKE, 2)) & set(runs)
    assert {c.r for c in shared} == {0.0, 0.5}
