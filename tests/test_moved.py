"""The module names of version 0.3.0 still work, with a warning, and give the very modules of today."""

import importlib
import subprocess
import sys

import pytest

from companion import settings
from companion.support import notebooks
from companion.support.paths import ROOT
from paperlib import checks

NAMES = {
    "paperlib.beyond.distillation": "paperlib.samplers.distillation",
    "paperlib.beyond.fresh_images": "companion.fresh_images",
    "paperlib.records": "companion.records",
    "paperlib.profiles": "companion.profiles",
    "paperlib.profiles.closing": "companion.profiles.closing",
    "paperlib.experiment": "companion.experiment",
    "paperlib.author_checkpoint": "companion.author_checkpoint",
    "paperlib.export": "companion.export",
    "paperlib.experiment.method_identity": "companion.method_identity",
    "paperlib.support.paths": "companion.support.paths",
    "paperlib.support.notebook_errors": "companion.support.notebooks",
    "paperlib.commands.reproduce": "companion.commands.reproduce",
    "paperlib.pretraining.digits": "recipes.digits",
}


@pytest.mark.parametrize("old", NAMES)
def test_an_old_name_gives_the_module_of_today(old):
    sys.modules.pop(old, None)
    with pytest.warns(DeprecationWarning, match=f"{old} is now {NAMES[old]}"):
        found = importlib.import_module(old)
    assert found is importlib.import_module(NAMES[old])
    assert found.__spec__.name == NAMES[old]


def test_what_is_left_of_config_is_the_same_under_its_old_name():
    sys.modules.pop("paperlib.config", None)
    with pytest.warns(DeprecationWarning, match=r"paperlib\.config is now companion\.settings, companion\.arguments"):
        from paperlib.config import ConfigError, Posterior, Setting, check_notebook_parameters
    now = (checks.ConfigError, settings.Posterior, settings.Setting, notebooks.check_notebook_parameters)
    assert (ConfigError, Posterior, Setting, check_notebook_parameters) == now


def test_what_is_gone_is_refused_with_the_page_that_says_what_took_its_place():
    with (
        pytest.raises(ImportError, match=r"ClassifierRun of paperlib\.config is gone .*docs/own_parts\.md"),
        pytest.warns(DeprecationWarning),
    ):
        sys.modules.pop("paperlib.config", None)
        from paperlib.config import ClassifierRun  # noqa: F401
    for name in ("paperlib.measurements", "paperlib.experiment.one_run"):
        with pytest.raises(ModuleNotFoundError, match=rf"{name} is gone .*docs/own_parts\.md"):
            importlib.import_module(name)


@pytest.mark.parametrize("name", ["paperlib.no_such_module", "paperlib.records.no_such_module"])
def test_other_names_are_not_found(name):
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        importlib.import_module(name)


def test_the_old_command_runs():
    command = [sys.executable, "-m", "paperlib.commands.reproduce", "--profile", "no such profile"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert run.returncode == 2
    assert "error: profile = 'no such profile'" in run.stderr
