"""Which seeds a run takes: all of the papers' own settings, the side seeds of what stands beside, few things in a quick run."""

from collections import defaultdict
from dataclasses import replace

import pytest

from companion.config import Rejection, Setting
from companion.experiment import plans
from companion.experiment.durations import images_seen, recorded_elsewhere
from companion.profiles import DIGITS, SMOKE
from companion.profiles.cifar10 import CIFAR10_SMALL
from companion.profiles.faces import FACES
from companion.profiles.profile import DiversitySizes
from companion.verdicts import LEAST_SEEDS
from paperlib.checks import ConfigError

OWN, WARM, *OTHERS = DIGITS.settings


def seeds_by(runs, key):
    found = defaultdict(list)
    for run in runs:
        found[key(run)].append(run.seed)
    return dict(found)


def setting_of(evaluation):
    return evaluation.conditioning and evaluation.conditioning.setting


@pytest.mark.parametrize(("seeds", "own", "side"), [(1, 1, 0), (3, 1, 0), (4, 1, 0), (5, 5, 5), (10, 10, 5)])
def test_paper_b(seeds, own, side):
    expected = {OWN: own, WARM: own} | (dict.fromkeys(OTHERS, side) if side else {})
    trained = seeds_by(plans.conditioning(DIGITS, seeds), lambda run: run.setting)
    assert trained == {setting: [*range(n)] for setting, n in expected.items()}
    evaluated = plans.evaluation(DIGITS, seeds)
    assert seeds_by(evaluated, setting_of) == trained | {None: [*range(own)]}
    assert {run.conditioning for run in evaluated} - {None} == set(plans.conditioning(DIGITS, seeds))


def test_where_paper_b_s_own_setting_alone_gets_verdicts():
    profile = replace(DIGITS, side_seeds=2, conditioning=replace(DIGITS.conditioning, one_verdict=True))
    whole = {OWN: [0, 1, 2, 3, 4]} | {setting: [0, 1] for setting in (WARM, *OTHERS)}
    assert seeds_by(plans.conditioning(profile, 5), lambda run: run.setting) == whole
    assert seeds_by(plans.evaluation(profile, 5), setting_of) == whole | {None: [0, 1, 2, 3, 4]}
    assert seeds_by(plans.conditioning(profile, 1), lambda run: run.setting) == {OWN: [0], WARM: [0]}


def test_the_settings_of_the_digits():
    assert OWN == ("unconditional", "mnist", 0)
    assert OWN._replace(warm_start=5000) == WARM
    assert {s.labels for s in OTHERS} == {"unconditional", "given", "withheld", "shuffled"}
    assert {s.teacher for s in DIGITS.settings} == {"mnist", "uci", "linear"}
    assert DIGITS.own_settings == (OWN, WARM)


def test_diversity():
    sizes = DIGITS.diversity
    quick = seeds_by(plans.diversity(DIGITS, 3), lambda run: run.method)
    assert quick == {method: [0] for method in sizes.few}
    whole = seeds_by(plans.diversity(DIGITS, 10), lambda run: run.method)
    seeds = {method: [0, 1] for method in sizes.rivals} | {method: [*range(10)] for method in sizes.judged}
    assert whole == {method: seeds.get(method, [0, 1, 2, 3, 4]) for method in sizes.methods}
    assert {run.seed for run in plans.diversity(SMOKE, 1)} == {0}
    with pytest.raises(ConfigError, match=r"judged = .*: it is a part of methods"):
        replace(sizes, methods=sizes.few)


def test_what_surrounds_the_papers_has_one_seed_in_a_quick_run():
    for plan in (plans.image_quality, plans.shown_images, plans.hard_samples):
        assert {run.seed for run in plan(DIGITS, 3)} == {0}
    assert {run.seed for run in plans.image_quality(DIGITS, 10)} == {0, 1, 2, 3, 4}
    assert {run.seed for run in plans.hard_samples(DIGITS, 10)} == set(range(10))
    assert {run.seed for run in (*plans.table1(DIGITS, 3), *plans.sweep(DIGITS, 3))} == {0, 1, 2}


def test_another_teacher_has_the_seeds_of_a_verdict():
    profile = replace(DIGITS, side_seeds=2)
    seeds = {
        s: {run.seed for run in plans.conditioning(profile, 10) if run.labels == s.labels and run.teacher == s.teacher}
        for s in DIGITS.settings
    }
    given, linear = Setting("given", "mnist"), Setting("unconditional", "linear")
    assert plans.VERDICT_SEEDS == LEAST_SEEDS
    assert (seeds[given], seeds[linear]) == ({0, 1}, set(range(LEAST_SEEDS)))
    assert {run.seed for run in plans.conditioning(profile, 3) if run.teacher == "linear"} == {0, 1, 2}


def test_a_profile_without_quick_runs_takes_everything_at_one_seed():
    every = {plans._of_seed_0(run) for run in plans.everything(SMOKE, 1)}
    assert every == {plans._of_seed_0(run) for run in plans.everything(SMOKE, 3)}
    assert all(run in plans.Own(DIGITS) for seeds in (1, 10) for run in plans.everything(DIGITS, seeds))


@pytest.mark.parametrize(
    ("profile", "seeds"), [(DIGITS, 3), (DIGITS, 10), (FACES, 5), (CIFAR10_SMALL, 5)], ids=lambda value: getattr(value, "name", value)
)
def test_what_is_soon_done_comes_first_by_seed_and_what_reads_a_record_last(profile, seeds):
    runs = plans.everything(profile, seeds)
    assert len(runs) == len(set(runs))
    assert set(runs) == {run for name in plans.notebooks(profile) if name in plans.PLANS for run in plans.PLANS[name](profile, seeds)}
    first = next(number for number, run in enumerate(runs) if plans._is_long(run, profile))
    soon, long = runs[:first], runs[first:]
    assert [run.seed for run in soon] == sorted(run.seed for run in soon)
    assert all(plans._is_long(run, profile) for run in long)
    reading = [recorded_elsewhere(run, profile) for run in long]
    trainings = len(long) - len(list(filter(None, reading)))
    assert not any(reading[:trainings])
    assert set(filter(None, reading)) <= set(long[:trainings])
    seen = [images_seen(run, profile) for run in long[:trainings]]
    assert seen == sorted(seen, reverse=True)


def test_the_first_and_the_long_runs_of_the_digits():
    runs = plans.everything(DIGITS, 3)
    columns = [run for run in plans.table1(DIGITS, 3) if run.seed == 0 and run.long_factor == 1]
    assert runs[: len(columns)] == columns
    long = [run for run in runs if plans._is_long(run, DIGITS)]
    assert {run.kind for run in long} == {"classifier", "conditioning", "evaluation", "diversity", "image-quality"}
    assert {run.long_factor for run in long if run.kind == "classifier"} == {10}
    assert [run.image_set for run in long if run.kind == "image-quality"] == ["conditioned"]


def test_the_report_keeps_the_order_of_the_notebooks():
    own, runs = plans.Own(DIGITS), plans.table1(DIGITS, 5)
    long = next(run for run in runs if run.long_factor > 1)
    places = [own.place(run) for run in (runs[0], long, DIGITS.classifier_run(0, r=0.1), DIGITS.image_quality_run(0, "prior"))]
    assert places == sorted(places)


def test_settings_are_tuples_of_two_or_three():
    def profile(*settings):
        return replace(SMOKE, parts=replace(SMOKE.parts, paper_b=replace(SMOKE.parts.paper_b, settings=settings)))

    assert profile(("given", "uci"), ("given", "uci", 7)).own_settings == (Setting("given", "uci", 0), Setting("given", "uci", 7))
    assert profile(("given", "uci", 7)).conditioning_run(0).warm_start == 7
    for wrong in (("given",), "ab", ("given", "uci", 1, 2)):
        with pytest.raises(ConfigError, match=r"settings = .*: use \(labels, teacher's name\) or"):
            assert profile(wrong).settings
    with pytest.raises(ConfigError, match="side_seeds = 0: use an integer of at least 1"):
        replace(SMOKE, side_seeds=0)
    with pytest.raises(ConfigError, match=r"few = .*: it is a part of methods"):
        DiversitySizes(10, methods=(Rejection(1.0),), few=(Rejection(0.1),))
