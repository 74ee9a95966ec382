"""A second judge reads conditioned images beside the first, and is among the parts of every record that it is read into."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import moved

from companion.calls import record_of
from companion.experiment.plans import evaluated, quality_of
from companion.fingerprints import fingerprint_of
from companion.profiles import SMOKE, Once
from companion.runs import classifier, diversity, hard_samples
from companion.runs.paper_b import call_of
from companion.support.paths import Paths

pytestmark = pytest.mark.slow

WITH_TWO = replace(SMOKE.parts, second_judge=Once(lambda: moved(SMOKE.parts.judge())))
OWN = SMOKE.settings[0]
READ = [
    call_of(OWN, SMOKE, 0),
    evaluated(SMOKE, OWN, 0),
    evaluated(SMOKE, None, 0),
    diversity.call(SMOKE, seed=0, method=SMOKE.diversity.methods[2]),
]
NOT_READ = [classifier.call(SMOKE, seed=0), hard_samples.call(SMOKE, seed=0), quality_of(SMOKE, "prior", 0)]


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    return replace(SMOKE, parts=WITH_TWO, paths=Paths(results=tmp_path_factory.mktemp("results")))


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return replace(SMOKE, parts=replace(SMOKE.parts, second_judge=None), paths=Paths(results=tmp_path_factory.mktemp("results")))


@pytest.mark.parametrize("call", READ, ids=lambda call: call.stem)
def test_it_is_among_the_parts_of_what_it_reads(two, one, call):
    parts, alone = (record_of(replace(call, profile=profile)).parts for profile in (two, one))
    assert parts == alone | {"second judge": fingerprint_of(two, "second judge")}
    assert "second judge" not in alone
    assert parts["second judge"] != parts["judge"]


@pytest.mark.parametrize("call", NOT_READ, ids=lambda call: call.stem)
def test_it_is_not_among_those_of_what_it_does_not_read(two, one, call):
    parts, alone = (record_of(replace(call, profile=profile)).parts for profile in (two, one))
    assert parts == alone
    assert "second judge" not in parts


def both_judges(alone):
    """The share that no judge reads is less where there are two."""
    return {"teacher_alone": alone["teacher_alone"]} if "teacher_alone" in alone else {}


@pytest.mark.parametrize("call", READ, ids=lambda call: call.stem)
def test_its_numbers_stand_beside_the_first_judges(two, one, call):
    metrics, alone = (record_of(replace(call, profile=profile)).metrics for profile in (two, one))
    if call.run.name == "evaluation":
        first, second = (np.array(metrics[f"{who}_confusion"]) for who in ("judge", "second_judge"))
        assert (first.sum(1) == second.sum(1)).all()
    else:
        assert metrics["second_judge_accuracy"] == pytest.approx(metrics["judge_accuracy"], abs=0.05)
    assert not any(name.startswith("second_judge") for name in alone)
    assert alone == {name: value for name, value in metrics.items() if not name.startswith("second_judge")} | both_judges(alone)
