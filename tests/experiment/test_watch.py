"""The time that is left, and the line that tells it."""

from dataclasses import replace
from statistics import fmean
from types import SimpleNamespace

import pytest

from companion import profiles, records
from companion.calls import grid
from companion.experiment import plans, watch
from companion.experiment.watch import Watch
from companion.profiles import DIGITS
from companion.records import Record
from companion.runs import classifier
from companion.support import paths
from companion.support.machine import processor_name

pytestmark = pytest.mark.filterwarnings("ignore:.*broken.json is damaged")

BASELINE, HSM = grid(classifier, DIGITS, seed=0, hsm=[False, True])
SLOWER = 1.7  # this machine than the reference's, in these tests


@pytest.fixture
def reference(tmp_path, monkeypatch):
    """reference(seconds): a folder of committed records, as many seconds each; a file among them is no record."""
    monkeypatch.setattr(paths, "REFERENCE", tmp_path)
    folder = tmp_path / "digits" / "records"
    folder.mkdir(parents=True)
    (folder / "broken.json").write_text("{")

    def write(seconds):
        for call, taken in seconds.items():
            records.save(record_that_took(call, taken), tmp_path / "digits")

    return write


def record_that_took(call, seconds, processor=None):
    """It measured nothing."""
    provenance = {"seconds": seconds, "processor": processor or processor_name()}
    return Record(call.run.name, call.profile.name, call.stored, {}, {}, provenance=provenance)


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(watch, "time", SimpleNamespace(monotonic=lambda: now.seconds))
    return now


def of(missing, found=None, workers=1, enabled=False, profile=DIGITS):
    return Watch(missing, found or {}, "runs", profile=profile, workers=workers, enabled=enabled)


def recorded(call, seconds, processor=None):
    return {call: record_that_took(call, seconds, processor)}


def made_up(call):
    """Seconds of a run, ten times as many from one recorded function to the next."""
    runs, name = ("image_quality", "shown_images", "classifier", "evaluation", "conditioning"), call.run.name
    return 10.0 ** runs.index(name) * (1 + 0.03 * (call.seed % 3)) if name in runs else 20.0


def test_one_run_here_and_the_reference_tell_the_whole(reference):
    plan = plans.everything(DIGITS, 3)
    reference({call: made_up(call) for call in plans.everything(DIGITS, 5)})
    shown = of(plan, workers=2)
    assert shown.left() == (0.0, len(plan))
    shown.ended(plan[0], SLOWER * made_up(plan[0]))
    truth = SLOWER * sum(made_up(call) for call in plan[1:])
    seconds, unknown = shown.left()
    assert unknown == 0
    assert seconds == pytest.approx(truth / 2, rel=0.05)


def test_what_ended_here_counts_before_the_reference(reference):
    reference({BASELINE: 10.0, HSM: 30.0})
    shown = of([BASELINE, BASELINE.but(seed=1), HSM])
    shown.ended(BASELINE, 20.0)
    assert shown.left() == (20.0 + 60.0, 0)


def test_the_machines_speed_is_the_median_of_what_ended(reference):
    calls = grid(classifier, DIGITS, seed=0, r=[0.1, 0.2, 0.33])
    reference(dict.fromkeys([*calls, HSM], 10.0))
    shown = of([*calls, HSM])
    for call, seconds in zip(calls, (20.0, 30.0, 500.0), strict=True):
        shown.ended(call, seconds)
    assert shown.left() == (30.0, 0)


def test_without_a_reference_a_run_tells_of_its_own_seeds_alone(reference):
    shown = of([BASELINE, BASELINE.but(seed=1), BASELINE.but(epochs=32)])
    assert shown.left() == (0.0, 3)
    shown.ended(BASELINE, 7.0)
    assert shown.left() == (7.0, 1)


def test_records_of_this_machine_tell_before_anything_has_ended(reference):
    other = BASELINE.but(seed=1)
    assert of([other], recorded(BASELINE, 12.0) | {other: None}).left() == (12.0, 0)
    assert of([other], recorded(BASELINE, 12.0, "another processor") | {other: None}).left() == (0.0, 1)


def test_the_time_is_shared_by_the_workers_but_no_shorter_than_the_longest_run(reference):
    missing = [BASELINE.but(seed=seed) for seed in range(1, 4)]
    found = recorded(BASELINE, 100.0)
    assert [of(missing, found, workers=n).left()[0] for n in (1, 2, 3, 8)] == [300.0, 150.0, 100.0, 100.0]
    on_a_cluster = of(missing, found, workers=None)
    assert on_a_cluster.left()[0] == 300.0
    on_a_cluster.started(missing[0])
    on_a_cluster.started(missing[1])
    assert on_a_cluster.left()[0] == pytest.approx(150.0, abs=1)


def test_a_running_run_tells_more_and_more_by_its_epochs(reference, clock):
    shown = of([BASELINE.but(seed=1)], recorded(BASELINE, 100.0))
    (call,) = shown.missing
    shown.started(call)
    clock.seconds = 40.0
    shown.started(call, "epochs", 1, 100)
    assert shown.left()[0] == 60.0
    shown.started(call, "epochs", 50, 100)
    assert shown.left()[0] == fmean((40.0, 60.0))
    clock.seconds = 200.0
    shown.started(call, "epochs", 50, 100)
    assert shown.left()[0] == fmean((200.0, 10.0))


def test_epochs_that_are_a_part_of_a_run_do_not_tell_of_it(reference, clock):
    call = plans.quality_of(DIGITS, "conditioned", 0)
    shown = of([call])
    shown.started(call)
    clock.seconds = 40.0
    shown.started(call, "conditioner epochs", 9, 10)
    assert shown.left() == (0.0, 1)


def test_a_run_that_begins_again_begins_its_time_again(reference, clock):
    shown = of([BASELINE.but(seed=1)], recorded(BASELINE, 100.0))
    (call,) = shown.missing
    shown.started(call)
    clock.seconds = 40.0
    shown.lost(call)
    assert shown.left()[0] == 100.0
    shown.started(call)
    clock.seconds = 50.0
    assert shown.left()[0] == 90.0
    shown.started(call)
    assert shown.left()[0] == 100.0


def test_what_is_done_and_what_failed(reference):
    shown = of([BASELINE, HSM])
    shown.ended(BASELINE, 10.0)
    assert shown.line() == "1 of the 2 missing runs are done and on record"
    shown.ended(HSM, None)
    assert shown.left() == (0.0, 0)
    assert shown.line() == "1 of the 2 missing runs are done and on record"


def drawn(shown, call, *progress):
    shown._shown = -1.0
    shown.started(call, *progress)


def test_the_line_has_the_time_then_runs_and_epochs(reference, capsys):
    missing = [HSM.but(seed=seed) for seed in range(4)]
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
    missing = [BASELINE, BASELINE.but(seed=1), *plans.conditioning(DIGITS, 1)]
    shown = of(missing, enabled=True)
    shown.ended(missing[0], 61.0)
    drawn(shown, missing[1])
    shown.close()
    assert "runs: 1/4 [00:00, 2 of unknown length; baseline, seed 1]" in capsys.readouterr().err


def test_a_profile_of_the_users_own_has_no_reference():
    own = replace(profiles.SMOKE, name="somebodys")
    missing = grid(classifier, own, seed=[0, 1])
    shown = of(missing, profile=own)
    shown.ended(missing[0], 3.0)
    assert shown.left() == (3.0, 0)
