"""bench/sampling.py: its measures read what they say, its shares are those asked for, and it goes on where it was stopped."""

import importlib.util
import json
import sys

import pytest
import torch

from companion.profiles import DIGITS
from companion.runs.sampling import pair
from companion.support.paths import ROOT
from paperlib.streams import stream

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bench():
    specification = importlib.util.spec_from_file_location("bench_sampling", ROOT / "bench" / "sampling.py")
    module = sys.modules["bench_sampling"] = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    yield module
    del sys.modules["bench_sampling"]


def bar(width, shift):
    """An upright bar of `width` pixels, each row `shift` pixels further to the right."""
    image = torch.full((1, 1, 40, 40), -1.0)
    for row in range(10, 30):
        left = round(20 + shift * (row - 20))
        image[0, 0, row, left : left + width] = 1
    return image


def test_slant_and_stroke(bench):
    assert bench.slant(bar(2, 0)).item() == pytest.approx(0, abs=1e-5)
    assert bench.slant(bar(2, 0.5)).item() == pytest.approx(0.5, abs=0.03)
    assert bench.slant(bar(2, -0.5)).item() == pytest.approx(-0.5, abs=0.03)
    assert bench.stroke(bar(2, 0)).item() < bench.stroke(bar(4, 0)).item() < bench.stroke(bar(8, 0)).item()
    assert bench.stroke(bar(4, 0)).item() == pytest.approx(2 * 80 / (2 * 20 + 2 * 4))


def test_the_shares_are_those_asked_for(bench, monkeypatch):
    monkeypatch.setattr(bench, "CALIBRATION", 4000)
    generator, teacher = pair(DIGITS)
    known = bench.workloads(generator, teacher)
    with torch.no_grad():
        images = torch.cat([generator(z) for z in generator.sample_latents(4000, stream(1, "prior images")).split(500)])
        p = {name: classifier(images).softmax(1)[:, 1].mean().item() for name, classifier in known.items()}
    assert p["50 %"] == pytest.approx(0.5, abs=0.03)
    assert p["10 %"] == pytest.approx(0.1, abs=0.02)
    assert p["1 %"] == pytest.approx(0.01, abs=0.005)
    assert 0 < p["0.1 %"] < 0.004


def test_it_goes_on_where_it_was_stopped(bench, monkeypatch, tmp_path):
    path = tmp_path / "sampling.json"
    generator, teacher = pair(DIGITS)
    known = bench.workloads(generator, teacher)
    few = {name: known[name] for name in ("50 %", bench.EVENLY)}
    monkeypatch.setattr(bench, "workloads", lambda *_: few)
    arguments = ["--images", "5", "--draws", "200", "--epochs", "1", "--path", str(path)]
    for seeds in ("1", "2"):
        monkeypatch.setattr(sys, "argv", ["sampling.py", "--seeds", seeds, *arguments])
        bench.main()
        found = json.loads(path.read_text())
        if seeds == "1":
            first = found["rows"]
    assert found["rows"][:2] == first
    assert [(row["workload"], row["seed"]) for row in found["rows"]] == [(w, s) for s in (0, 1) for w in ("50 %", "all ten evenly")]
    for row in found["rows"]:
        assert all(row[name]["passes"] > 0 and row[name]["microseconds"] > 0 for name in ("rejection", "posterior", "metropolis"))
        assert row["fit"]["passes"] == 200
        assert 0 < row["share"] < 1
    assert found["rows"][1]["metropolis"]["burn-in passes"] == 10 * 100
