"""What a profile's plan holds: the notebooks that it has sizes for, the controls beside Table 1, runs that two tables share."""

from collections import Counter
from dataclasses import replace

import pytest

from companion import profiles
from companion.experiment import plans
from companion.profiles import SMOKE
from companion.records import Record
from paperlib.checks import ConfigError


def test_a_profile_has_the_notebooks_that_it_has_sizes_for():
    assert plans.notebooks(SMOKE) == ("00_start_here", *plans.PLANS)
    assert plans.notebooks(profiles.FACES) == ("04_conditioning", "06_diversity")
    assert "06_diversity" not in plans.notebooks(profiles.IMAGENET10)


def test_an_unknown_profile_and_no_seeds():
    with pytest.raises(ConfigError, match=r"profile = 'imagenet': use one of 'digits', 'smoke'"):
        profiles.load("imagenet")
    for seeds in (0, -1, 1.5):
        for plan in (plans.table1, plans.methods_of_conditioning):
            with pytest.raises(ConfigError, match="seeds ="):
                plan(SMOKE, seeds)


def test_a_quick_run_has_no_control_but_r_1():
    profile = replace(SMOKE, side_seeds=5)
    counts = {seeds: Counter(_control(call.arguments) for call in plans.controls(profile, seeds)) for seeds in (1, 3, 10)}
    five = dict.fromkeys([("long", 0.0), ("all",), ("plain", 0.5)], 5)
    assert counts == {1: {("plain", 1.0): 1}, 3: {("plain", 1.0): 3}, 10: five | {("plain", 1.0): 10, ("all", "long"): 3}}
    assert plans.controls(profiles.IMAGENET10, 10) == []


def test_a_control_of_another_size_is_not_the_profiles_own():
    own = plans.Own(SMOKE)
    call = next(call for call in plans.controls(SMOKE, 1) if call.arguments.real and call.arguments.long_factor > 1)
    for size, expected in ((call.arguments.images, True), (150, False)):
        other = call.but(images=size)
        assert (Record(other.run.name, "smoke", other.stored, {}, {}) in own) == expected


def _control(run):
    long = ("long",) * (run.long_factor > 1)
    return ("all", *long) if run.real else (*(long or ("plain",)), run.r)


def test_with_and_without_bna_share_a_run():
    calls = plans.table1(SMOKE, 2)
    assert len(calls) == 2 * 6
    shared = set(plans.sweep(SMOKE, 2)) & set(calls)
    assert {call.arguments.r for call in shared} == {0.0, 0.5}
