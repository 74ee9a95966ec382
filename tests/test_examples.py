"""The examples, in small: numbers come out, what is frozen stays, and each is short, with nothing private in it."""

import ast
import copy
import importlib
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch
from PIL import Image

from companion.support.paths import ROOT

pytestmark = pytest.mark.slow

EXAMPLES = sorted((ROOT / "examples").glob("paper_*.py"))
SMALL = {
    "paper_a": {"IMAGES": 100, "EPOCHS": 2, "WIDTH": 4, "STEPS": 2},
    "paper_b": {"LABELS": 256, "EPOCHS": 1, "TEST_LABELS": 200},
}


@pytest.fixture
def small(monkeypatch):
    """small(name, ...) -> the module of an example with small constants, or those that are given."""
    monkeypatch.syspath_prepend(ROOT / "examples")

    def load(name, **constants):
        module = importlib.import_module(name)
        for constant, value in (SMALL[name] | constants).items():
            monkeypatch.setattr(module, constant, value)
        return module

    with torch.random.fork_rng(devices=[]):  # the examples seed the global stream
        yield load


@pytest.mark.parametrize(("name", "networks"), [("paper_a", 2), ("paper_b", 4)])
def test_numbers_come_out_and_frozen_networks_stay(name, networks, small, monkeypatch, capsys):
    module, watched = small(name), []

    def watch(load, *args, **settings):
        network = load(*args, **settings)
        watched.append((network, copy.deepcopy(network.state_dict())))
        return network

    for loader in ("load_pretrained", "from_module"):
        monkeypatch.setattr(module, loader, partial(watch, getattr(module, loader)))
    shares = module.main()
    assert all(0 <= share <= 1 for share in shares)
    printed = capsys.readouterr().out
    assert all(f"{share:.1%}" in printed for share in shares)
    assert "nan" not in printed
    assert len(watched) == networks
    for network, before in watched:
        assert not network.training
        assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
        assert not any(p.requires_grad or p.grad is not None for p in network.parameters())


@pytest.mark.parametrize("name", SMALL)
def test_the_same_seed_gives_the_same_numbers(name, small):
    module = small(name)
    assert module.main() == module.main()


def test_alg_2_learns_digits(small):
    assert small("paper_a", IMAGES=200, EPOCHS=3, WIDTH=12).main()[0] > 0.4


def test_the_input_generator_learns_digits(small):
    assert small("paper_b", LABELS=3200, BATCH=8, LEARNING_RATE=0.003).main()[0] > 0.25


def test_the_picture_is_written_if_asked_for(small, tmp_path):
    small("paper_b").main(str(tmp_path / "digits.png"))
    with Image.open(tmp_path / "digits.png") as image:
        assert (image.format, image.size) == ("PNG", (280, 280))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_are_short_and_public(path: Path):
    lines = path.read_text().splitlines()
    assert len(lines) <= 80
    assert max(map(len, lines)) <= 140
    imported = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [
        part for node in imported for name in (getattr(node, "module", "") or "", *(a.name for a in node.names)) for part in name.split(".")
    ]
    assert not [name for name in names if name.startswith("_")]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_expected_number_stands_beside_the_call(path: Path):
    expected = [line for line in path.read_text().splitlines() if "# expected" in line]
    assert len(expected) == 2
    names = [re.fullmatch(r"    print\(.*\)  # expected \(([^()]+)\): \S.*", line)[1] for line in expected]
    assert all(name.startswith(path.stem) for name in names)
    assert len(set(names)) == 2


def test_two_threads_in_a_process_of_its_own():
    """With channels_last, torch 2.13 crashes in the backward pass of a narrow ResNet where two threads work."""
    program = (
        "import sys, torch; sys.path.insert(0, 'examples'); import paper_a; torch.set_num_threads(2); "
        "paper_a.IMAGES, paper_a.EPOCHS = 50, 2; paper_a.main()"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Alg. 2 and BNA" in done.stdout
