"""Which seeds a run takes: all of the papers' own settings, the side seeds of what stands beside, few things in a quick run."""

from collections import defaultdict
from dataclasses import replace

import pytest

from companion.experiment import plans
from companion.experiment.durations import Durations
from companion.profiles import DIGITS, SMOKE
from companion.profiles.cifar10 import CIFAR10_SMALL
from companion.profiles.faces import FACES
from companion.profiles.profile import DiversitySizes
from companion.records import Record
from companion.runs import classifier
from companion.runs.paper_b import call_of
from companion.settings import Rejection, Setting
from companion.verdicts import LEAST_SEEDS
from paperlib.checks import ConfigError

OWN, WARM, *OTHERS = DIGITS.settings


def seeds_by(calls, key):
    found = defaultdict(list)
    for call in calls:
        found[key(call.arguments)].append(call.seed)
    return dict(found)


def setting_of(evaluation):
    return evaluation.conditioning and evaluation.conditioning.setting


def recorded(call):
    """Its record, which says what was called and no more."""
    return Record(call.run.name, call.profile.name, call.stored, {}, {})


@pytest.mark.parametrize(("seeds", "own", "side"), [(1, 1, 0), (3, 1, 0), (4, 1, 0), (5, 5, 5), (10, 10, 5)])
def test_paper_b(seeds, own, side):
    expected = {OWN: own, WARM: own} | (dict.fromkeys(OTHERS, side) if side else {})
    trained = seeds_by(plans.conditioning(DIGITS, seeds), lambda run: run.setting)
    assert trained == {setting: [*range(n)] for setting, n in expected.items()}
    evaluated = plans.evaluations(DIGITS, seeds)
    assert seeds_by(evaluated, setting_of) == trained | {None: [*range(own)]}
    read = {call.arguments.conditioning for call in evaluated} - {None}
    assert read == {call.arguments for call in plans.conditioning(DIGITS, seeds)}


def test_where_paper_b_s_own_setting_alone_gets_verdicts():
    profile = replace(DIGITS, side_seeds=2, conditioning=replace(DIGITS.conditioning, one_verdict=True))
    whole = {OWN: [0, 1, 2, 3, 4]} | {setting: [0, 1] for setting in (WARM, *OTHERS)}
    assert seeds_by(plans.conditioning(profile, 5), lambda run: run.setting) == whole
    assert seeds_by(plans.evaluations(profile, 5), setting_of) == whole | {None: [0, 1, 2, 3, 4]}
    assert seeds_by(plans.conditioning(profile, 1), lambda run: run.setting) == {OWN: [0], WARM: [0]}


def test_the_settings_of_the_digits():
    assert OWN == ("unconditional", "mnist", 0)
    assert OWN._replace(warm_start=5000) == WARM
    assert {s.labels for s in OTHERS} == {"unconditional", "given", "withheld", "shuffled"}
    assert {s.teacher for s in DIGITS.settings} == {"mnist", "uci", "linear"}
    assert DIGITS.own_settings == (OWN, WARM)


def test_diversity():
    sizes = DIGITS.diversity
    quick = seeds_by(plans.methods_of_conditioning(DIGITS, 3), lambda run: run.method)
    assert quick == {method: [0] for method in sizes.few}
    whole = seeds_by(plans.methods_of_conditioning(DIGITS, 10), lambda run: run.method)
    seeds = {method: [0, 1] for method in sizes.rivals} | {method: [*range(10)] for method in sizes.judged}
    assert whole == {method: seeds.get(method, [0, 1, 2, 3, 4]) for method in sizes.methods}
    assert {call.seed for call in plans.methods_of_conditioning(SMOKE, 1)} == {0}
    with pytest.raises(ConfigError, match=r"judged = .*: it is a part of methods"):
        replace(sizes, methods=sizes.few)


def test_what_surrounds_the_papers_has_one_seed_in_a_quick_run():
    for plan in (plans.qualities, plans.shown, plans.fig3):
        assert {call.seed for call in plan(DIGITS, 3)} == {0}
    assert {call.seed for call in plans.qualities(DIGITS, 10)} == {0, 1, 2, 3, 4}
    assert {call.seed for call in plans.fig3(DIGITS, 10)} == set(range(10))
    assert {call.seed for call in (*plans.table1(DIGITS, 3), *plans.sweep(DIGITS, 3))} == {0, 1, 2}


def test_another_teacher_has_the_seeds_of_a_verdict():
    profile = replace(DIGITS, side_seeds=2)
    seeds = {setting: set(those) for setting, those in seeds_by(plans.conditioning(profile, 10), lambda run: run.setting).items()}
    given, linear = Setting("given", "mnist"), Setting("unconditional", "linear")
    assert plans.VERDICT_SEEDS == LEAST_SEEDS
    assert (seeds[given], seeds[linear]) == ({0, 1}, set(range(LEAST_SEEDS)))
    assert seeds_by(plans.conditioning(profile, 3), lambda run: run.teacher)["linear"] == [0, 1, 2]


def test_a_profile_without_quick_runs_takes_everything_at_one_seed():
    one, three = ({plans._at_seed_0(call.run.name, call.stored) for call in plans.everything(SMOKE, seeds)} for seeds in (1, 3))
    assert one == three


def test_a_profiles_own_records_are_those_of_its_plan_and_points_of_the_sweep():
    own, (first, *_) = plans.Own(DIGITS), plans.table1(DIGITS, 1)
    assert all(recorded(call) in own for seeds in (1, 10) for call in plans.everything(DIGITS, seeds))
    assert recorded(classifier.call(DIGITS, seed=77, r=0.123)) in own
    for other in (first.but(epochs=first.arguments.epochs + 1), first.but(hsm=True, r=0.123), first.but(truncation=0.7)):
        assert recorded(other) not in own
    assert replace(recorded(first), arguments=first.stored | {"unknown": 1}) not in own


@pytest.mark.parametrize(
    ("profile", "seeds"), [(DIGITS, 3), (DIGITS, 10), (FACES, 5), (CIFAR10_SMALL, 5)], ids=lambda value: getattr(value, "name", value)
)
def test_what_is_soon_done_comes_first_by_seed_and_what_reads_a_record_last(profile, seeds):
    calls = plans.everything(profile, seeds)
    assert len(calls) == len(set(calls))
    assert set(calls) == {call for name in plans.notebooks(profile) if name in plans.PLANS for call in plans.PLANS[name](profile, seeds)}
    first = next(number for number, call in enumerate(calls) if plans.is_long(call))
    soon, long = calls[:first], calls[first:]
    assert [call.seed for call in soon] == sorted(call.seed for call in soon)
    assert all(plans.is_long(call) for call in long)
    reading = [plans.training_read(call) for call in long]
    trainings = len(long) - len(list(filter(None, reading)))
    assert not any(reading[:trainings])
    assert set(filter(None, reading)) <= {call.arguments for call in long[:trainings]}
    durations = Durations(profile)
    for part in (long[:trainings], long[trainings:]):
        taken = [durations.committed(call) for call in part]
        assert taken == sorted(taken, reverse=True)
        assert taken[0] > taken[-1]


def test_the_first_and_the_long_runs_of_the_digits():
    calls = plans.everything(DIGITS, 3)
    columns = [call for call in plans.table1(DIGITS, 3) if call.seed == 0 and call.arguments.long_factor == 1]
    assert calls[: len(columns)] == columns
    long = defaultdict(list)
    for call in filter(plans.is_long, calls):
        long[call.run.name].append(call.arguments)
    assert long.keys() == {"classifier", "conditioning", "evaluation", "diversity", "image_quality"}
    assert {run.long_factor for run in long["classifier"]} == {10}
    assert [run.image_set for run in long["image_quality"]] == ["conditioned"]


def test_the_report_keeps_the_order_of_the_notebooks():
    own, calls = plans.Own(DIGITS), plans.table1(DIGITS, 5)
    long = next(call for call in calls if call.arguments.long_factor > 1)
    in_order = (calls[0], long, classifier.call(DIGITS, seed=0, r=0.1), plans.quality_of(DIGITS, "prior", 0))
    places = [own.place(recorded(call)) for call in in_order]
    assert places == sorted(places)
    assert len(set(places)) == len(places)


def test_settings_are_tuples_of_two_or_three():
    def profile(*settings):
        return replace(SMOKE, parts=replace(SMOKE.parts, paper_b=replace(SMOKE.parts.paper_b, settings=settings)))

    assert profile(("given", "uci"), ("given", "uci", 7)).own_settings == (Setting("given", "uci", 0), Setting("given", "uci", 7))
    warm = profile(("given", "uci", 7))
    assert call_of(warm.settings[0], warm, 0).arguments.setting == ("given", "uci", 7)
    for wrong in (("given",), "ab", ("given", "uci", 1, 2)):
        with pytest.raises(ConfigError, match=r"settings = .*: use \(labels, teacher's name\) or"):
            assert profile(wrong).settings
    with pytest.raises(ConfigError, match="side_seeds = 0: use an integer of at least 1"):
        replace(SMOKE, side_seeds=0)
    with pytest.raises(ConfigError, match=r"few = .*: it is a part of methods"):
        DiversitySizes(10, methods=(Rejection(1.0),), few=(Rejection(0.1),))
