"""pyproject.toml is the truth; constraints.txt and environment.yml follow it; no address of a registry anywhere."""

import json
import re
import subprocess
import tomllib
from importlib.metadata import version

import pytest
from packaging.requirements import Requirement

from companion.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NEEDS = [
    Requirement(r) for r in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"] + PROJECT["optional-dependencies"]["cluster"]
]
PINS = dict(line.lower().replace("_", "-").split("==") for line in (ROOT / "constraints.txt").read_text().split())


@pytest.mark.parametrize("need", NEEDS, ids=str)
def test_every_requirement_is_pinned_inside_its_range(need):
    assert need.specifier.contains(PINS[need.name.lower().replace("_", "-")])


def test_what_runs_here_is_what_is_pinned():
    for name in ("torch", "torchvision", "numpy", "scipy", "papermill"):
        assert version(name).split("+")[0] == PINS[name]


def test_environment_yml_follows():
    text = (ROOT / "environment.yml").read_text()
    assert "--constraint constraints.txt" in text
    assert "-e .[dev]" in text
    (pin,) = re.findall(r"torch==\S+", text)
    assert pin in PROJECT["dependencies"]
    (python,) = re.findall(r"python=(\S+)", text)
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(python)


def test_no_accelerator_package_and_no_address():
    assert not any(name.startswith(("nvidia", "triton")) for name in PINS)
    for name in ("constraints.txt", "environment.yml", "pyproject.toml", "Makefile"):
        assert not re.search(r"https?://|index-url|find-links|file:", (ROOT / name).read_text())


def test_make_alone_prints_its_targets():
    printed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in (
        "reproduce",
        "test",
        "lint",
        "lab",
        "table1",
        "sweep",
        "conditioning",
        "quality",
        "report",
        "env",
        "clean-results",
        "pretrained",
    ):
        assert f"make {target}" in printed


def test_clean_results_deletes_nothing_outside_a_profile():
    for name in ("", "reference", "../digits", ".digits", "a_folder/digits"):
        refused = subprocess.run(["make", "clean-results", f"PROFILE={name}"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert refused.returncode != 0
        assert f"PROFILE = {name}: use the name" in refused.stderr
    assert (ROOT / "results" / "reference").is_dir()
    assert subprocess.run(["make", "clean-results", "PROFILE=no_such_profile"], cwd=ROOT, capture_output=True, check=False).returncode == 0


def test_lab_serves_the_repository_and_takes_arguments():
    command = subprocess.run(["make", "-n", "lab", "LAB_ARGS=--allow-root"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "jupyter lab --ip=127.0.0.1 --allow-root\n" in command


def test_ci_runs_the_test_command():
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_binder_installs_the_same():
    lines = (ROOT / ".binder" / "requirements.txt").read_text().split("\n")
    assert lines[0] == "--constraint ../constraints.txt"
    assert lines[1] in PROJECT["dependencies"]
    assert lines[2] == "--editable ."
    python = (ROOT / ".binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(python)
    assert "http" not in "".join(path.read_text() for path in (ROOT / ".binder").iterdir())


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_carry_no_widgets(path):
    """GitHub refuses to draw a notebook whose metadata hold the state of widgets."""
    assert "widgets" not in json.loads(path.read_text())["metadata"]
