import json
import multiprocessing
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from paperlib import profiles, records
from paperlib.experiment import run, run_all
from paperlib.records import Record

CONFIG = replace(profiles.SMOKE.classifier_run(0), images=50, epochs=1)


def record(**changes):
    return replace(
        Record(
            "classifier",
            {"profile": "smoke"},
            0,
            {"accuracy": 0.5},
            {"loss": [1.0, 0.5]},
            {"grid": np.linspace(-1, 1, 12).reshape(3, 4)},
            {},
        ),
        **changes,
    )


def test_round_trip(tmp_path):
    path = tmp_path / "a" / "r.json"
    records.save(record(), path)
    loaded = records.load(path)
    assert (loaded.metrics, loaded.history, loaded.config) == (record().metrics, record().history, record().config)
    assert np.allclose(loaded.pictures["grid"], record().pictures["grid"], atol=0.01)
    assert [p.name for p in path.parent.iterdir()] == ["r.json"]


def test_a_failed_save_leaves_the_old_record(tmp_path):
    path = tmp_path / "r.json"
    records.save(record(), path)
    before = path.read_text()
    with pytest.raises(ValueError, match="JSON"):
        records.save(record(metrics={"accuracy": float("nan")}), path)
    assert path.read_text() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"kind": "classifier"}', '{"metrics": 1}'])
def test_a_damaged_record_is_named_set_aside_and_computed_again(results, damage):
    first = run(CONFIG, progress=False)
    path = records.path_of(CONFIG)
    path.write_text(damage)
    with pytest.warns(UserWarning, match=path.name):
        again = run(CONFIG, progress=False)
    assert again.metrics == first.metrics
    assert path.with_suffix(".damaged").read_text() == damage
    assert records.load(path).metrics == first.metrics


def test_a_damaged_record_is_left_out_of_find(results):
    run(CONFIG, progress=False)
    (results / "smoke" / "records" / "other.json").write_text("{")
    with pytest.warns(UserWarning, match=r"other\.json is damaged"):
        assert len(records.find("smoke")) == 1


def test_results_not_writable(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PAPERLIB_RESULTS", str(tmp_path / "file"))
    with pytest.raises(OSError, match=r"cannot write to .*PAPERLIB_RESULTS"):
        records.check_writable("smoke")


def test_same_config_same_metrics_bit_for_bit(results, monkeypatch, tmp_path_factory):
    """In this process, in workers beside each other, and with hsm and DS in play."""
    configs = [
        CONFIG,
        replace(CONFIG, hsm=True, r=0.5, epochs=2),
        replace(CONFIG, hsm=True, round_images=20),
        profiles.SMOKE.conditioning_run(1),
    ]
    here = [run(c, progress=False) for c in configs]
    monkeypatch.setenv("PAPERLIB_RESULTS", str(tmp_path_factory.mktemp("again")))
    there = run_all(configs, workers=2, progress=False)
    assert [(r.metrics, r.history) for r in here] == [(r.metrics, r.history) for r in there]


def test_provenance(results):
    provenance = run(CONFIG, progress=False).provenance
    assert {"commit", "packages", "device", "threads", "seconds", "date", "pretrained"} <= set(provenance)
    assert provenance["packages"]["torch"].startswith("2.13")


def _run(config):
    return run(config, progress=False).provenance


def test_two_processes_that_want_one_record_compute_it_once(results):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        provenances = pool.map(_run, [CONFIG, CONFIG])
    assert provenances[0] == provenances[1]
    assert len(records.find("smoke")) == 1


def test_a_kill_loses_only_the_run_in_progress(results):
    code = (
        "from dataclasses import replace; from paperlib import profiles; from paperlib.experiment import run;"
        "c = replace(profiles.SMOKE.classifier_run(0), images=50, epochs=1);"
        "run(c, progress=False); print('first', flush=True); run(replace(c, epochs=100_000), progress=False)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "first\n"
    time.sleep(0.5)
    process.kill()
    process.wait()
    found = records.find("smoke")
    assert [r.config["epochs"] for r in found] == [1]
    assert json.loads(records.path_of(CONFIG).read_text())["metrics"] == run(CONFIG, progress=False).metrics
