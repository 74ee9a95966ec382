"""`make env` with a Python of the wrong version: one line, and nothing is made. All Pythons here are shell scripts that print a version."""

import os
import shutil
import subprocess

import pytest
from test_environment import PROJECT, Requirement

from companion.support.paths import ROOT

# It prints its version for -c, and as `conda run` does; with `-m venv` it makes .venv of itself; all else, such as pip, does nothing.
PYTHON = """#!/bin/sh
[ "$1" = -c ] && echo {version}
[ "$1" = run ] && echo {version}
[ "$2" = venv ] && mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
exit 0
"""
USE = "use one of 3.11, 3.12, 3.13: "


@pytest.fixture
def make(tmp_path):
    """The versions of Pythons by name, and make's variables -> `make env` in a copy where these come first."""
    checkout, commands = tmp_path / "checkout", tmp_path / "commands"
    commands.mkdir()
    checkout.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, checkout)

    def run(pythons, *variables, **environment):
        for name, version in pythons.items():
            commands.joinpath(name).write_text(PYTHON.format(version=version))
            commands.joinpath(name).chmod(0o755)
        kept = {"PATH": f"{commands}:{os.environ['PATH']}", "HOME": str(tmp_path)} | environment
        return subprocess.run(["make", "-C", checkout, "env", *variables], env=kept, capture_output=True, text=True, check=False)

    run.checkout = checkout
    return run


def said(result):
    """Its one line on stderr, beside make's own."""
    (line,) = (line for line in result.stderr.splitlines() if not line.startswith("make"))
    return line


@pytest.mark.parametrize("version", ["2.7", "3.1", "3.9", "3.10", "3.14", "4.11"])
def test_a_wrong_python_is_refused_before_anything_is_made(make, version):
    result = make({"python3": version})
    assert result.returncode == 2
    assert said(result) == f"error: python3 is Python {version}; {USE}make env SYSTEM_PYTHON=python3.12"
    assert not (make.checkout / ".venv").exists()


def test_a_python_that_is_not_there_is_refused(make):
    result = make({}, "SYSTEM_PYTHON=python3.99")
    assert result.returncode == 2
    assert said(result) == f"error: python3.99 does not start; {USE}make env SYSTEM_PYTHON=python3.12"
    assert not (make.checkout / ".venv").exists()


def test_a_venv_of_a_wrong_python_has_to_be_deleted(make):
    make({"python3": "3.12"})
    make.checkout.joinpath(".venv", ".stamp").unlink()
    make.checkout.joinpath(".venv", "bin", "python").write_text(PYTHON.format(version="3.9"))
    result = make({"python3": "3.12"})
    assert result.returncode == 2
    assert said(result) == f"error: .venv/bin/python is Python 3.9; {USE}delete .venv, then make env SYSTEM_PYTHON=python3.12"
    assert not (make.checkout / ".venv" / ".stamp").exists()


@pytest.mark.parametrize(
    ("variables", "environment", "python"),
    [
        (["CONDA_ENV=mine"], {}, "conda run --no-capture-output -n mine python"),
        ([], {"CONDA_DEFAULT_ENV": "mine"}, "python"),
    ],
    ids=["named", "active"],
)
def test_a_conda_environment_of_a_wrong_python_is_refused(make, variables, environment, python):
    result = make({"python": "3.10", "conda": "3.10"}, *variables, **environment)
    assert result.returncode == 2
    remedy = "conda env create -f environment.yml, then make env CONDA_ENV=paperlib"
    assert said(result) == f"error: {python} is Python 3.10; {USE}{remedy}"
    assert {path.name for path in make.checkout.iterdir()} == {"Makefile", "pyproject.toml", "constraints.txt"}


def test_every_python_of_the_project_is_taken(make):
    allowed = [minor for minor in range(100) if Requirement(f"python{PROJECT['requires-python']}").specifier.contains(f"3.{minor}")]
    assert f"SYSTEM_PYTHON=python3.{allowed[1]}" in (ROOT / "Makefile").read_text()
    for minor in allowed:
        shutil.rmtree(make.checkout / ".venv", ignore_errors=True)
        result = make({"python3": f"3.{minor}"})
        assert (result.returncode, result.stderr) == (0, "")
        assert (make.checkout / ".venv" / ".stamp").exists()
