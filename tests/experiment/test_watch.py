"""The time that is left, and the line that tells it."""

import json
from dataclasses import replace
from statistics import fmean
from types import SimpleNamespace

import pytest

from companion import profiles, records
from companion.config import to_json
from companion.experiment import plans, watch
from companion.experiment.watch import Watch
from companion.profiles import DIGITS
from companion.support import paths
from companion.support.machine import processor_name

BASELINE, HSM = DIGITS.classifier_run(0), DIGITS.classifier_run(0, hsm=True)
SLOWER = 1.7  # this machine than the reference's, in these tests


@pytest.fixture
def reference(tmp_path, monkeypatch):
    """reference(seconds): a folder of committed records, as many seconds each; a file among them is no record."""
    monkeypatch.setattr(paths, "REFERENCE", tmp_path)
    folder = tmp_path / "digits" / "records"
    folder.mkdir(parents=True)
    (folder / "broken.json").write_text("{")

    def write(seconds):
        for number, (config, taken) in enumerate(seconds.items()):
            stored = {"config": json.loads(to_json(config)), "provenance": {"seconds": taken}}
            (folder / f"{number}.json").write_text(json.dumps(stored))

    return write


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(watch, "time", SimpleNamespace(monotonic=lambda: now.seconds))
    return now


def of(missing, found=None, workers=1, enabled=False, profile=DIGITS):
    return Watch(missing, found or {}, "runs", profile=profile, workers=workers, enabled=enabled)


def recorded(config, seconds, processor=None):
    return {config: records.Record(config, {}, {}, provenance={"seconds": seconds, "processor": processor or processor_name()})}


def made_up(config):
    """Seconds of a run, ten times as many from kind to kind."""
    kinds = ("image-quality", "shown-images", "classifier", "evaluation", "conditioning")
    return 10.0 ** kinds.index(config.kind) * (1 + 0.03 * (config.seed % 3)) if config.kind in kinds else 20.0


def test_one_run_here_and_the_reference_tell_the_whole(reference):
    plan = plans.everything(DIGITS, 3)
    reference({config: made_up(config) for config in plans.everything(DIGITS, 5)})
    shown = of(plan, workers=2)
    assert shown.left() == (0.0, len(plan))
    shown.ended(plan[0], SLOWER * made_up(plan[0]))
    truth = SLOWER * sum(made_up(config) for config in plan[1:])
    seconds, unknown = shown.left()
    assert unknown == 0
    assert seconds == pytest.approx(truth / 2, rel=0.05)


def test_what_ended_here_counts_before_the_reference(reference):
    reference({BASELINE: 10.0, HSM: 30.0})
    shown = of([BASELINE, replace(BASELINE, seed=1), HSM])
    shown.ended(BASELINE, 20.0)
    assert shown.left() == (20.0 + 60.0, 0)


def test_the_machines_speed_is_the_median_of_what_ended(reference):
    configs = [DIGITS.classifier_run(0, r=r) for r in (0.1, 0.2, 0.33)]
    reference(dict.fromkeys([*configs, HSM], 10.0))
    shown = of([*configs, HSM])
    for config, seconds in zip(configs, (20.0, 30.0, 500.0), strict=True):
        shown.ended(config, seconds)
    assert shown.left() == (30.0, 0)


def test_without_a_reference_a_kind_tells_of_itself_alone_in_proportion_to_its_images(reference):
    long, training = DIGITS.classifier_run(0, r=0.5, long=True), DIGITS.conditioning_run(0)
    shown = of([BASELINE, long, training, replace(training, labels="given")])
    shown.ended(BASELINE, 7.0)
    assert shown.left() == (70.0, 2)
    shown.ended(training, 300.0)
    assert shown.left() == (70.0 + 300.0, 0)


def test_methods_of_conditioning_are_kinds_of_their_own(reference):
    by_kind = {run.method.kind: run for run in DIGITS.diversity_runs(0)}
    shown = of([by_kind["rejection"], by_kind["ode"]])
    shown.ended(by_kind["rejection"], 8.0)
    assert shown.left() == (0.0, 1)


def test_records_of_this_machine_tell_before_anything_has_ended(reference):
    other = replace(BASELINE, seed=1)
    assert of([other], recorded(BASELINE, 12.0) | {other: None}).left() == (12.0, 0)
    assert of([other], recorded(BASELINE, 12.0, "another processor") | {other: None}).left() == (0.0, 1)


def test_the_time_is_shared_by_the_workers_but_no_shorter_than_the_longest_run(reference):
    missing = [replace(BASELINE, seed=seed) for seed in range(1, 4)]
    found = recorded(BASELINE, 100.0)
    assert [of(missing, found, workers=n).left()[0] for n in (1, 2, 3, 8)] == [300.0, 150.0, 100.0, 100.0]
    on_a_cluster = of(missing, found, workers=None)
    assert on_a_cluster.left()[0] == 300.0
    on_a_cluster.started(missing[0])
    on_a_cluster.started(missing[1])
    assert on_a_cluster.left()[0] == pytest.approx(150.0, abs=1)


def test_a_running_run_tells_more_and_more_by_its_epochs(reference, clock):
    shown = of([replace(BASELINE, seed=1)], recorded(BASELINE, 100.0))
    (config,) = shown.missing
    shown.started(config)
    clock.seconds = 40.0
    shown.started(config, "epochs", 1, 100)
    assert shown.left()[0] == 60.0
    shown.started(config, "epochs", 50, 100)
    assert shown.left()[0] == fmean((40.0, 60.0))
    clock.seconds = 200.0
    shown.started(config, "epochs", 50, 100)
    assert shown.left()[0] == fmean((200.0, 10.0))


def test_epochs_that_are_a_part_of_a_run_do_not_tell_of_it(reference, clock):
    config = DIGITS.image_quality_run(0, "conditioned")
    shown = of([config])
    shown.started(config)
    clock.seconds = 40.0
    shown.started(config, "conditioner epochs", 9, 10)
    assert shown.left() == (0.0, 1)


def test_a_run_that_begins_again_begins_its_time_again(reference, clock):
    shown = of([replace(BASELINE, seed=1)], recorded(BASELINE, 100.0))
    (config,) = shown.missing
    shown.started(config)
    clock.seconds = 40.0
    shown.lost(config)
    assert shown.left()[0] == 100.0
    shown.started(config)
    clock.seconds = 50.0
    assert shown.left()[0] == 90.0
    shown.started(config)
    assert shown.left()[0] == 100.0


def test_what_is_done_and_what_failed(reference):
    shown = of([BASELINE, HSM])
    shown.ended(BASELINE, 10.0)
    assert shown.line() == "1 of the 2 missing runs are done and on record"
    shown.ended(HSM, None)
    assert shown.left() == (0.0, 0)
    assert shown.line() == "1 of the 2 missing runs are done and on record"


def drawn(shown, config, *progress):
    shown._shown = -1.0
    shown.started(config, *progress)


def test_the_line_has_the_time_then_runs_and_epochs(reference, capsys):
    missing = [replace(HSM, seed=seed) for seed in range(4)]
    shown = of(missing, enabled=True)
    drawn(shown, missing[0])
    shown.ended(missing[1], 61.0)
    shown.ended(missing[2], None)
    drawn(shown, missing[0], "epochs", 1, 2)
    shown.close()
    lines = capsys.readouterr().err.split("\r")
    assert "runs: 0/4 [00:00, hsm, seed 0]" in lines[2]
    assert any("runs: 2/4 [00:00, 92 s left; 1 failed; hsm, seed 0: 1/2 epochs]" in line for line in lines)


def test_where_the_time_is_unknown_the_line_says_of_how_many(reference, capsys):
    missing = [BASELINE, replace(BASELINE, seed=1), DIGITS.conditioning_run(0), DIGITS.conditioning_run(1)]
    shown = of(missing, enabled=True)
    shown.ended(missing[0], 61.0)
    drawn(shown, missing[1])
    shown.close()
    assert "runs: 1/4 [00:00, 2 of unknown length; baseline, seed 1]" in capsys.readouterr().err


def test_a_profile_of_the_users_own_has_no_reference():
    own = replace(profiles.SMOKE, name="somebodys")
    missing = [own.classifier_run(seed) for seed in (0, 1)]
    shown = of(missing, profile=own)
    shown.ended(missing[0], 3.0)
    assert shown.left() == (3.0, 0)
