"""The two examples of CONTRIBUTING.md, as they are printed: a column of Table 1 and an experiment, in a folder of one's own."""

import importlib
import re
import sys
from dataclasses import replace

import pytest

from companion import profiles, records
from companion.experiment import plans, run_all
from companion.frames import frame
from companion.results import table1
from companion.runs import classifier
from companion.support.paths import ROOT, Paths

IMPORTS = """
from dataclasses import replace

import pandas as pd
import torch

from companion.arguments import Count, frozen
from companion.calls import Arguments, Outcome, grid, recorded
from companion.experiment import run_all
from companion.frames import frame
from companion.profiles import SMOKE as DIGITS, OwnMethod, Profile
from paperlib.streams import stream
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """The blocks of the section as one module, on the sizes of the smoke profile."""
    text = (ROOT / "CONTRIBUTING.md").read_text().partition("## A column of Table 1")[2].partition("## Rules")[0]
    (tmp_path / "mine.py").write_text(IMPORTS + "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL)))
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("mine")
    sys.modules.pop("mine")


def test_a_column(mine, tmp_path):
    profile = profiles.load(str(tmp_path / "mine.py"), Paths(results=tmp_path / "results"))
    (call,) = [call for call in plans.table1(profile, 1) if call.arguments.method]
    plain = classifier.call(profile, seed=0)
    found = run_all([call, plain], workers=1, progress=False)
    assert list(table1.table(frame(found, "classifier")).query("n == 1")["column"]) == ["baseline", "bna", "all new"]
    assert "method all new" in found[0].parts


def test_an_experiment(mine, tmp_path, capsys):
    profile = replace(mine.PROFILE, paths=Paths(results=tmp_path / "results"))
    runs = run_all(mine.grid(mine.agreement, profile, draws=[20, 40], seed=range(3)), workers=1, progress=False)
    assert [*mine.table(frame(runs, "agreement"))["count"]] == [3, 3]
    assert all(set(record.parts) == {"generator", "judge"} for record in records.find(profile.folder))
