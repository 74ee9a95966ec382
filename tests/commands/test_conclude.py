"""What `make reproduce` writes and prints at its end."""

from dataclasses import replace

import pandas as pd
import pytest

from paperlib import profiles
from paperlib.commands import reproduce
from paperlib.support.paths import Paths


@pytest.mark.parametrize("lacking", ["", "A", "B", "AB"])
def test_the_claims_come_first_and_the_print_is_short(tmp_path, capsys, lacking):
    parts = {part: None for paper, part in (("A", "classifier"), ("B", "conditioning")) if paper in lacking}
    profile = replace(profiles.SMOKE, paths=Paths(results=tmp_path), **parts)
    if not profile.conditioning:
        profile = replace(profile, diversity=None)
    assert profile.papers_without == lacking
    reproduce.conclude(profile)
    table = pd.read_csv(profile.folder / "tables" / "claims.csv")
    assert ",".join(table.columns) == "claim,paper,place,statement,effect,low,high,p_adjusted,n,verdict"
    assert len(table) == 23 and table["verdict"].str.startswith("untested: ").all()
    for paper in "AB":
        part = table.loc[table["paper"] == paper, "verdict"]
        assert (part == f"untested: this profile has no paper {paper}").all() == (paper in lacking)
    page = (profile.folder / "report.html").read_text()
    assert page.index('id="claims"') < page.index('id="comparison"')
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "23 claims: 23 untested." and len(printed) <= 9
