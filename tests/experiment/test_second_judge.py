"""A second judge reads conditioned images beside the first, and is in the key of every record that it is read into."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import moved
from outcomes import outcome

from companion.experiment.fingerprints import Fingerprints
from companion.measurements import check_metrics
from companion.profiles import SMOKE, Once
from companion.support.paths import Paths

pytestmark = pytest.mark.slow

WITH_TWO = replace(SMOKE.parts, second_judge=Once(lambda: moved(SMOKE.parts.judge())))
READ = [SMOKE.conditioning_run(0), SMOKE.evaluation_run(0, SMOKE.settings[0]), SMOKE.evaluation_run(0, None), SMOKE.diversity_runs(0)[2]]


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    return replace(SMOKE, parts=WITH_TWO, paths=Paths(results=tmp_path_factory.mktemp("results")))


def test_it_is_in_the_key_of_what_it_reads():
    known, before = (
        Fingerprints(replace(SMOKE, parts=WITH_TWO)),
        Fingerprints(replace(SMOKE, parts=replace(SMOKE.parts, second_judge=None))),
    )
    for config in READ:
        assert set(known.of(config)) == {*before.of(config), "second judge"}
        assert known.of(config)["second judge"] != known.of(config)["judge"]
    for config in (SMOKE.classifier_run(0), SMOKE.hard_samples_run(0), SMOKE.image_quality_run(0, "prior")):
        assert known.of(config) == before.of(config)


def both_judges(alone):
    """The share that no judge reads is less where there are two."""
    return {"teacher_alone": alone["teacher_alone"]} if "teacher_alone" in alone else {}


@pytest.mark.parametrize("config", READ, ids=lambda config: config.kind)
def test_its_numbers_stand_beside_the_first_judges(two, config):
    metrics = outcome(config, two).metrics
    check_metrics(config, metrics)
    if config.kind == "evaluation":
        first, second = (np.array(metrics[f"{who}_confusion"]) for who in ("judge", "second_judge"))
        assert (first.sum(1) == second.sum(1)).all()
    else:
        assert metrics["second_judge_accuracy"] == pytest.approx(metrics["judge_accuracy"], abs=0.05)
    alone = outcome(config, replace(two, parts=replace(SMOKE.parts, second_judge=None))).metrics
    check_metrics(config, alone)
    assert not any(name.startswith("second_judge") for name in alone)
    assert alone == {name: value for name, value in metrics.items() if not name.startswith("second_judge")} | both_judges(alone)
