"""bench/warm_start.py: which runs it asks for, and that it goes on where it stopped."""

import importlib.util
import json

import pytest

from companion.profiles import DIGITS, SMOKE
from companion.support.paths import ROOT


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("warm_start_check", ROOT / "bench" / "warm_start.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_asks_for_paper_bs_own_budget_with_the_warm_start(bench):
    runs = [config.conditioning for config in bench.configs(DIGITS, bench.SEEDS)]
    assert [run.seed for run in runs] == list(range(20))
    assert {(run.setting, run.epochs, run.labels_per_epoch) for run in runs} == {(("unconditional", "mnist", 5000), 10, 20_000)}


def test_it_goes_on_where_it_stopped(bench, tmp_path, monkeypatch):
    class InProcess:
        def __init__(self, *_, **__):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def submit(self, call, config):
            measured.append(config.seed)
            return call(config)

    measured = []
    monkeypatch.setattr(bench, "measured", lambda config: {"seed": config.seed, "teacher": 99.95, "worst attribute": 99.9})
    monkeypatch.setattr(bench, "ProcessPoolExecutor", InProcess)
    monkeypatch.setattr(bench, "as_completed", lambda rows: [type("Done", (), {"result": lambda self, row=row: row})() for row in rows])
    path = tmp_path / "warm_start.json"
    assert [row["seed"] for row in bench.check(SMOKE, 2, path)] == [0, 1]
    assert [row["seed"] for row in bench.check(SMOKE, 3, path)] == [0, 1, 2]
    assert measured == [0, 1, 2]
    assert len(json.loads(path.read_text())["rows"]) == 3
    path.write_text(path.read_text().replace('"config": "', '"config": "other '))
    bench.check(SMOKE, 1, path)
    assert measured == [0, 1, 2, 0]
