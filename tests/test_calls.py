"""The arguments of a run are checked; each is in effect and in the name of its record; what reads a record rests on that record's parts."""

import os
import pickle
from dataclasses import fields, replace

import cloudpickle
import pytest
from conftest import moved, outcome

from companion import profiles, runs
from companion.calls import Arguments, Outcome, grid, on_record, record_of, recorded
from companion.experiment import plans, run_all
from companion.fingerprints import fingerprint_of
from companion.profiles import OwnMethod
from companion.runs import classifier, conditioning, control, diversity, evaluation, hard_samples, mined_space, shown_images
from companion.settings import Langevin, Likelihood, Metropolis, Ode, Posterior, Rejection, Resampling, Trained
from companion.support.paths import Paths
from paperlib.checks import ConfigError


def first_half(fill, n, rng):
    images = fill(n, None).subset(slice(n // 2))
    return lambda epoch, model: images


SMOKE = replace(profiles.SMOKE, methods=(OwnMethod("first half", source=first_half),))
FIXED = classifier.call(SMOKE, seed=0, hsm=True, images=60, round_images=20)
RENEWED = classifier.call(SMOKE, seed=0, hsm=True, r=0.5, images=60)
HARD = hard_samples.call(SMOKE, seed=0, images=50)
SPACE = mined_space.call(SMOKE, seed=0, images=50)
OWN = plans.conditioning(SMOKE, 1)[0]
OTHER = replace(OWN.arguments, learning_rate=0.1)
PRIOR, MINED, CONDITIONED = (plans.quality_of(SMOKE, image_set, 0) for image_set in ("prior", "mined", "conditioned"))
YARDSTICK, EVALUATED = (plans.evaluated(SMOKE, setting, 0) for setting in (None, SMOKE.settings[0]))
SHOWN = shown_images.call(SMOKE, seed=0, classifier=RENEWED.arguments, samples=200)
TRAINED = Trained("gaussian", prior_weight=0.1, epochs=1, labels_per_epoch=64, batch_size=32, learning_rate=0.1, optimizer="sgd")
LEARNED = Posterior(prior_weight=1.0, labelled=100, epochs=1)
LIKELIHOOD = Likelihood(prior_weight=1.0, labelled=300, components=1, steps=5)
CHAIN = Metropolis(prior_weight=1.0, passes=2, proposal=LEARNED)
LANGEVIN = Langevin(prior_weight=1.0, steps=1, step_size=0.1)
METHODS = (TRAINED, LEARNED, LIKELIHOOD, Rejection(1.0), CHAIN, Resampling(1.0, 100), LANGEVIN, Ode(1.0, 1))


def by(method):
    return diversity.call(SMOKE, seed=0, method=method, per_attribute=10)


def each(call, **changes):
    return [(call, {name: value}) for name, value in changes.items()]


def each_of(method, **changes):
    return [(by(method), {"method": replace(method, **{name: value})}) for name, value in changes.items()]


TRAINING = {"epochs": 1, "images": 80, "batch_size": 20, "learning_rate": 0.01, "width": 8, "truncation": 0.5}
CHANGES = [
    *each(RENEWED, **TRAINING | {"epochs": 3}, seed=1, hsm=False, r=0.3, mining_steps=1, step_size=3.0, momentum=0.5, weight_decay=0.1, long_factor=2),
    (RENEWED, {"real": True, "hsm": False, "r": 0.0}),
    *each(FIXED, round_images=30),
    *each(FIXED.but(hsm=False), method="first half"),
    *each(RENEWED.but(epochs=6, images=200, batch_size=5), bna_momentum=1.0),
    *each(HARD, **{name: value for name, value in TRAINING.items() if name != "epochs"}, seed=1, stages=(1, 3), per_class=3, mining_steps=3,
          step_size=3.0, form_step_sizes=(0.5,), natural=4),
    *each(SPACE, **TRAINING, seed=1, steps=(2,), step_sizes=(0.5,), per_class=3, natural=4),
    *each(OWN, seed=1, teacher="uci", epochs=1, labels_per_epoch=128, validation_labels=120, batch_size=32, learning_rate=0.1, momentum=0.5,
          warm_start=50),
    *((OWN, {"labels": labels}) for labels in ("given", "withheld", "shuffled")),
    *each(PRIOR, seed=1, samples=80, image_set="real test", truncation=0.5),
    *each(MINED, hard=replace(MINED.arguments.hard, mining_steps=5)),
    *each(CONDITIONED, conditioning=OTHER),
    *each(YARDSTICK, seed=1, draws=150, quality_samples=80),
    *each(EVALUATED, conditioning=OTHER),
    (SHOWN, {"seed": 1, "classifier": RENEWED.but(seed=1).arguments}),
    *each(SHOWN, classifier=RENEWED.but(r=0.3).arguments, samples=70),
    *each(by(TRAINED), seed=1, per_attribute=11),
    *each_of(TRAINED, family="mixture", prior_weight=3.0, epochs=2, labels_per_epoch=96, batch_size=16, learning_rate=0.01, optimizer="adam",
             warm_start=50),
    *each_of(LEARNED, prior_weight=0.5, labelled=1000, epochs=5),
    *each_of(LIKELIHOOD, prior_weight=0.1, labelled=500, components=2, steps=50, tuned=500, posterior=LEARNED),
    *each_of(Rejection(1.0), prior_weight=0.05),
    *each_of(CHAIN, prior_weight=0.1, passes=3, proposal=replace(LEARNED, labelled=1000)),
    *each_of(Resampling(1.0, 100), prior_weight=0.1, pool=200),
    *each_of(LANGEVIN, prior_weight=0.1, steps=2, step_size=0.5, adjusted=True),
    *each_of(Ode(1.0, 1), prior_weight=0.1, steps=2),
]  # fmt: skip


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """measured(call) -> metrics and history; a call that several cases start from is computed once."""
    profile, known = replace(SMOKE, paths=Paths(results=tmp_path_factory.mktemp("results"))), {}

    def measure(call):
        if call not in known:
            found = outcome(replace(call, profile=profile))
            known[call] = (found.metrics, found.history)
        return known[call]

    return measure


@pytest.mark.slow
@pytest.mark.skipif("PAPERLIB_SLOW" not in os.environ, reason="run by make test-slow")
@pytest.mark.parametrize(("call", "change"), CHANGES, ids=[f"{call.run.name}-{'-'.join(change)}" for call, change in CHANGES])
def test_each_argument_changes_what_is_measured(measured, call, change):
    assert measured(call.but(**change)) != measured(call)


@pytest.mark.parametrize("name", runs.__all__)
def test_each_argument_is_stored_and_changes_the_name_of_the_record(name):
    run = getattr(runs, name)
    cases = [(replace(call, run=run), change) for call, change in CHANGES if call.run.arguments is run.arguments]
    names = {f.name for f in fields(run.arguments)}
    assert names == {name for _, change in cases for name in change}
    for call, change in cases:
        assert set(call.stored) == names
        assert call.but(**change).stem != call.stem


def test_so_does_each_field_of_a_method():
    for method in METHODS:
        names = {f.name for f in fields(method)}
        changed = [change["method"] for call, change in CHANGES if "method" in change and by(method) == call]
        assert names - {"kind"} == {name for name in names for other in changed if getattr(other, name) != getattr(method, name)}
        assert set(by(method).stored["method"]) == names


def test_a_recorded_function_says_what_its_arguments_are():
    for function in (lambda run, profile, progress=False: Outcome({}), record_of):
        with pytest.raises(ConfigError, match="annotate its first parameter with a class of arguments"):
            recorded(function)


def test_the_run_and_the_profile_are_in_the_name_too():
    others = [RENEWED, replace(RENEWED, run=control), replace(RENEWED, profile=profiles.TUNING)]
    assert len(set(others)) == len({call.stem for call in others}) == 3


def test_an_integer_is_the_same_number_as_its_float():
    for same in (
        [RENEWED.but(r=r) for r in (0, 0.0, -0.0)],
        [RENEWED.but(step_size=1), RENEWED.but(step_size=1.0)],
        [by(Rejection(w)) for w in (1, 1.0)],
    ):
        assert len(set(same)) == len({call.stem for call in same}) == 1
    assert repr(RENEWED.but(r=-0.0).stored["r"]) == "0.0"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        *((lambda given=given: classifier.call(SMOKE, **{"seed": 0, "hsm": True, "r": 0.5} | given), message) for given, message in (
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
        )),
        (lambda: classifier.call(SMOKE), "seed: it is missing; give it a value."),
        (lambda: evaluation.call(SMOKE, seed=0), "conditioning: it is missing; give it a value."),
        (lambda: conditioning.call(SMOKE, seed=0, teacher="mnist", labels="none"),
         "labels = 'none': it must be 'unconditional', 'given', 'withheld' or 'shuffled'."),
        (lambda: OWN.but(warm_start=-1), "warm_start = -1: it must be greater than or equal to 0."),
        (lambda: HARD.but(stages=(2, 2)), "stages = (2, 2): use two rising epoch numbers."),
        (lambda: SPACE.but(steps=()), "steps = (): give at least 1."),
        (lambda: SPACE.but(step_sizes=(0.0,)), "step_sizes.0 = 0.0: it must be greater than 0."),
        (lambda: MINED.but(hard=None), "hard = None: give it for the mined set and for no other."),
        (lambda: replace(TRAINED, family="vae"), "family = 'vae': it must be 'gaussian', 'mixture' or 'flow'."),
        (lambda: replace(TRAINED, prior_weight=-1), "prior_weight = -1: it must be greater than or equal to 0."),
        (lambda: replace(TRAINED, optimizer="lion"), "optimizer = 'lion': it must be 'sgd' or 'adam'."),
        (lambda: replace(TRAINED, family="flow", warm_start=5), "warm_start = 5: only the gaussian family can start warm; use 0."),
        (lambda: Rejection(0.0), "prior_weight = 0.0: it must be greater than 0."),
        (lambda: replace(LEARNED, labelled=0), "labelled = 0: it must be greater than or equal to 20."),
        (lambda: replace(LIKELIHOOD, posterior=replace(LEARNED, prior_weight=0.5)), "posterior.prior_weight = 0.5: use the flow's own."),
        (lambda: replace(LANGEVIN, step_size=float("nan")), "step_size = nan: it must be a finite number."),
        (lambda: by("rejection"), "method = 'rejection': it must be an object of one of the classes in companion/settings.py."),
        (lambda: shown_images.call(SMOKE, seed=1, classifier=RENEWED.arguments), "classifier.seed = 0: use the run's own, 1."),
        (lambda: EVALUATED.but(seed=1), "conditioning.seed = 0: use the run's own, 1."),
        (lambda: MINED.but(seed=1), "hard.seed = 0: use the run's own, 1."),
        (lambda: diversity.call(profiles.IMAGENET10, seed=0, method=TRAINED),
         "profile = 'imagenet10': it compares no methods of conditioning; for notebook 06 use 'digits'."),
        (lambda: run_all([RENEWED, classifier.call(profiles.DIGITS, seed=0)]), "profile of a call = 'digits': the others are of 'smoke'."),
    ],
)  # fmt: skip
def test_what_is_refused_is_named_in_one_line(make, message):
    with pytest.raises(ConfigError) as caught:
        make()
    assert str(caught.value) == message


def test_a_grid_is_every_combination_and_its_last_argument_changes_fastest():
    calls = grid(classifier, SMOKE, seed=range(2), r=[0.0, 0.5], hsm=True)
    assert calls == [classifier.call(SMOKE, seed=seed, hsm=True, r=r) for seed in (0, 1) for r in (0.0, 0.5)]


@pytest.mark.parametrize("name", runs.__all__)
def test_a_run_and_its_arguments_survive_pickle(name):
    run = getattr(runs, name)
    call = next(replace(call, run=run) for call, _ in CHANGES if call.run.arguments is run.arguments)
    assert pickle.loads(pickle.dumps(run)) is run
    assert pickle.loads(pickle.dumps(call.arguments)) == call.arguments
    arrived = cloudpickle.loads(cloudpickle.dumps(call))
    assert (arrived, arrived.stem) == (call, call.stem)


@recorded
def read_by_another(run: Arguments, profile, progress=False):
    profile.parts.judge()
    return Outcome({"seed": run.seed})


@recorded
def reading(run: Arguments, profile, progress=False):
    return Outcome(record_of(read_by_another.call(profile, seed=run.seed)).metrics)


def test_a_run_rests_on_the_parts_of_the_record_that_it_reads(smoke):
    call = reading.call(smoke, seed=3)
    first = record_of(call)
    assert (first.metrics, first.parts) == ({"seed": 3}, {"judge": fingerprint_of(smoke, "judge")})
    (smoke.folder / "records" / f"{first.name}.json").unlink()
    assert record_of(call).parts == first.parts  # the other's record was loaded this time
    changed = reading.call(replace(smoke, parts=replace(smoke.parts, judge=lambda: moved(smoke.parts.judge()))), seed=3)
    assert on_record(call) is not None
    assert on_record(changed) is None
    assert record_of(changed).parts != first.parts
