"""bench/warm_start.py: which runs it asks for, and that it goes on where it stopped."""

import importlib.util
import json

import pytest

from companion.fingerprints import fingerprint_of
from companion.profiles import DIGITS, SMOKE
from companion.support.paths import REFERENCE, ROOT


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("warm_start_check", ROOT / "bench" / "warm_start.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_asks_for_paper_bs_own_budget_with_the_warm_start(bench):
    calls = [bench.call_at(seed, DIGITS) for seed in range(bench.SEEDS)]
    assert [call.seed for call in calls] == list(range(20))
    runs = {(run.setting, run.epochs, run.labels_per_epoch) for run in (call.arguments.conditioning for call in calls)}
    assert runs == {(("unconditional", "mnist", 5000), 10, 20_000)}


def test_it_goes_on_where_it_stopped(bench, tmp_path, monkeypatch):
    class InProcess:
        def __init__(self, *_, **__):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def submit(self, function, name, seed):
            assert name == "smoke"
            measured.append(seed)
            return function(name, seed)

    measured, parts = [], {"judge": fingerprint_of(SMOKE, "judge")}
    monkeypatch.setattr(bench, "measured", lambda name, seed: ({"seed": seed, "teacher": 99.95, "worst attribute": 99.9}, parts))
    monkeypatch.setattr(bench, "ProcessPoolExecutor", InProcess)
    monkeypatch.setattr(bench, "as_completed", lambda rows: [type("Done", (), {"result": lambda self, row=row: row})() for row in rows])
    path = tmp_path / "warm_start.json"
    assert [row["seed"] for row in bench.check(SMOKE, 2, path)] == [0, 1]
    assert [row["seed"] for row in bench.check(SMOKE, 3, path)] == [0, 1, 2]
    assert measured == [0, 1, 2]
    assert len(json.loads(path.read_text())["rows"]) == 3
    path.write_text(path.read_text().replace('"run": "', '"run": "other '))
    bench.check(SMOKE, 1, path)
    assert measured == [0, 1, 2, 0]
    path.write_text(path.read_text().replace(parts["judge"], "0" * 64))
    bench.check(SMOKE, 1, path)
    assert measured == [0, 1, 2, 0, 0]


def test_a_committed_record_is_used(bench):
    """It is read and not computed anew, and it is what the committed measurement has."""
    measured = json.loads((REFERENCE / "bench" / "warm_start.json").read_text())
    row, parts = bench.measured("digits", 0)
    assert (row, parts) == (measured["rows"][0], measured["parts"])
