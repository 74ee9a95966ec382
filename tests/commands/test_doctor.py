"""The doctor names what is lacking with its remedy, and estimates the time from committed records and this machine's speed."""

import re
from dataclasses import replace

import pytest
from conftest import PROVENANCE, classifier_record, made_record, moved

from companion import records
from companion.commands import doctor
from companion.experiment import on_record, plans
from companion.profiles.profile import Requirement
from companion.runs import classifier
from companion.support import paths
from companion.support.machine import processor_name
from paperlib.data.cifar10 import BATCH_SHA256

FOUND = Requirement("weights", "/some/weights", "Fetch them.")
HERE = {"processor": processor_name()}
ELSEWHERE = {"processor": "another one"}


@pytest.mark.parametrize(("needed", "said"), [([], "everything: nothing has to be fetched"), ([FOUND], "weights: /some/weights")])
def test_ready_where_nothing_lacks(smoke, capsys, needed, said):
    profile = replace(smoke, parts=replace(smoke.parts, requirements=lambda: needed))
    assert doctor.diagnose(profile, 1) == []
    printed = capsys.readouterr().out
    assert f"  has       {said}\n" in printed
    assert "LACKS" not in printed
    assert printed.endswith("\nReady: make reproduce PROFILE=smoke\n")


def test_each_lack_comes_with_its_remedy(results, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PAPERLIB_IMAGENET", str(tmp_path / "nowhere"))
    monkeypatch.setenv("PAPERLIB_INCEPTION", str(tmp_path / "inception.pth"))
    monkeypatch.setenv("PAPERLIB_JUDGE", str(tmp_path / "judge.pth"))
    monkeypatch.delenv("PAPERLIB_BIGGAN", raising=False)
    assert doctor.main(["--profile", "imagenet10"]) == 1
    printed = capsys.readouterr().out
    assert printed.count("LACKS") == 4
    for name in ("IMAGENET", "BIGGAN", "INCEPTION", "JUDGE"):
        assert f"set PAPERLIB_{name}" in printed
    assert "Missing: ImageNet's ten classes, BigGAN-deep-128" in printed
    assert "Ready" not in printed
    assert not list(tmp_path.rglob("*.pth"))


def test_what_is_there_but_broken_is_one_line(results, tmp_path, monkeypatch, capsys):
    for name in BATCH_SHA256:
        (tmp_path / name).write_bytes(b"cut")
    monkeypatch.setenv("PAPERLIB_CIFAR10", str(tmp_path))
    monkeypatch.setenv("PAPERLIB_CACHE", str(tmp_path / "cache"))
    assert doctor.main(["--profile", "cifar10_smoke"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ") and "data_batch_1.bin" in line


def test_what_is_on_record_costs_nothing(smoke):
    table1 = plans.table1_and_controls(smoke, 1)
    assert doctor.estimate(smoke, 1)["01_table1"] == doctor.Estimate(doctor.STARTING, len(set(table1)))
    for call in table1:
        records.save(classifier_record(call), smoke.folder)
    assert doctor.estimate(smoke, 1)["01_table1"] == doctor.Estimate(doctor.STARTING, 0)
    generator = moved(smoke.parts.generator())
    other = replace(smoke, parts=replace(smoke.parts, generator=lambda: generator))
    assert doctor.estimate(other, 1)["01_table1"].unknown > 0


def test_runs_of_unknown_length_are_counted_once_and_said(smoke, capsys):
    doctor.diagnose(smoke, 1)
    printed = capsys.readouterr().out
    every = set(plans.everything(smoke, 1))
    assert sum(int(n) for n in re.findall(r"^  \d\d_\w+ .*, and (\d+) runs? of unknown length$", printed, re.MULTILINE)) == len(every)
    assert re.search(rf"^  in all  .*, and {len(every)} runs of unknown length$", printed, re.MULTILINE)
    assert "Measuring" not in printed


@pytest.fixture
def reference(smoke, tmp_path, monkeypatch):
    """reference(call, seconds): a committed record of the call, of another machine."""
    monkeypatch.setattr(paths, "REFERENCE", tmp_path / "reference")
    monkeypatch.setattr(doctor, "worker_count", lambda: 2)

    def save(call, seconds):
        provenance = PROVENANCE | ELSEWHERE | {"seconds": seconds}
        records.save(made_record(call, parts={"judge": "any"}, provenance=provenance), tmp_path / "reference" / smoke.name)

    return save


def test_the_time_is_the_committed_seconds_times_this_machines_speed(smoke, reference):
    baseline, hsm, ds = (classifier.call(smoke, seed=0, **more) for more in ({}, {"hsm": True}, {"r": 0.5}))
    for call, seconds in ((baseline, 10.0), (hsm, 40.0), (ds.but(seed=3), 60.0)):
        reference(call, seconds)
    records.save(made_record(baseline, provenance=PROVENANCE | HERE | {"seconds": 30.0}), smoke.folder)
    found = doctor.estimate(smoke, 1)["01_table1"]
    assert found.seconds == pytest.approx(doctor.STARTING + (40 + 60) * 3 / 2)
    assert found.unknown == len(set(plans.table1_and_controls(smoke, 1))) - 3


def test_a_machine_with_nothing_on_record_is_measured_on_one_short_run_which_is_kept(smoke, reference, capsys):
    baseline, hsm, ds = (classifier.call(smoke, seed=0, **more) for more in ({}, {"hsm": True}, {"r": 0.5}))
    for call, seconds in ((baseline, 50.0), (hsm, 20.0), (ds, 1.0)):
        reference(call, seconds)
    records.save(made_record(ds, provenance=PROVENANCE | ELSEWHERE), smoke.folder)  # says nothing of this machine
    found = doctor.estimate(smoke, 1)["01_table1"]
    assert "Measuring this machine's speed on one run: hsm, seed 0" in capsys.readouterr().out
    (kept,) = on_record([hsm])
    assert found.seconds == pytest.approx(doctor.STARTING + 50 * (kept.provenance["seconds"] / 20) / 2)
    doctor.estimate(smoke, 1)
    assert "Measuring" not in capsys.readouterr().out


def test_a_very_short_run_measures_only_where_there_is_no_longer_one(smoke, reference, capsys):
    baseline, hsm = (classifier.call(smoke, seed=0, hsm=hsm) for hsm in (False, True))
    reference(baseline, 0.1)
    reference(hsm, doctor.LONG_ENOUGH)
    durations = doctor.measured(smoke, [baseline, hsm])
    assert "on one run: hsm, seed 0" in capsys.readouterr().out
    assert durations.expected(baseline) == pytest.approx(0.1 * durations.expected(hsm) / doctor.LONG_ENOUGH)


def test_no_run_that_needs_another_one_first_measures(smoke, reference, capsys):
    evaluation = plans.evaluated(smoke, smoke.settings[0], 0)
    reference(evaluation, 20.0)
    assert doctor.measured(smoke, [evaluation]).expected(evaluation) is None
    assert capsys.readouterr().out == ""


def test_bad_arguments_are_one_line(capsys):
    assert doctor.main(["--profile", "nothing"]) == 2
    assert "profile = 'nothing'" in capsys.readouterr().err
