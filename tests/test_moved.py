"""The module names of version 0.3.0 still work, with a warning, and give the very modules of today."""

import importlib
import subprocess
import sys

import pytest

from companion.support.paths import ROOT

NAMES = {
    "paperlib.beyond.distillation": "paperlib.samplers.distillation",
    "paperlib.beyond.fresh_images": "companion.fresh_images",
    "paperlib.config": "companion.config",
    "paperlib.records": "companion.records",
    "paperlib.profiles": "companion.profiles",
    "paperlib.profiles.closing": "companion.profiles.closing",
    "paperlib.experiment": "companion.experiment",
    "paperlib.author_checkpoint": "companion.author_checkpoint",
    "paperlib.export": "companion.export",
    "paperlib.support.paths": "companion.support.paths",
    "paperlib.pretraining.digits": "recipes.digits",
}


@pytest.mark.parametrize("old", NAMES)
def test_an_old_name_gives_the_module_of_today(old):
    sys.modules.pop(old, None)
    with pytest.warns(DeprecationWarning, match=f"{old} is now {NAMES[old]}"):
        found = importlib.import_module(old)
    assert found is importlib.import_module(NAMES[old])
    assert found.__spec__.name == NAMES[old]


def test_what_was_imported_from_config_is_there():
    with pytest.warns(DeprecationWarning):
        sys.modules.pop("paperlib.config", None)
        from paperlib.config import ClassifierRun, ConfigError  # noqa: F401


@pytest.mark.parametrize("name", ["paperlib.no_such_module", "paperlib.records.no_such_module"])
def test_other_names_are_not_found(name):
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        importlib.import_module(name)


def test_the_old_command_runs():
    command = [sys.executable, "-m", "paperlib.commands.reproduce", "--profile", "no such profile"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert run.returncode == 2
    assert "error: profile = 'no such profile'" in run.stderr
