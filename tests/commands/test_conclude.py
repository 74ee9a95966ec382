"""What `make reproduce` writes and prints at its end."""

import os
from dataclasses import replace

import pandas as pd
import pytest
from conftest import classifier_record

from companion import profiles, records
from companion.commands import reproduce
from companion.runs import classifier
from companion.support.paths import Paths


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


ACCURACY = {"here": {False: 0.70, True: 0.704}, "reference": {False: 0.70, True: 0.73}}  # with HSM and without; BNA changes nothing


def on_record(folder, accuracy, seeds):
    for seed in range(seeds):
        for hsm, value in accuracy.items():
            records.save(classifier_record(classifier.call(profiles.SMOKE, seed=seed, hsm=hsm), value), folder)


@pytest.fixture
def concluded(tmp_path, monkeypatch, capsys):
    """seeds here, and in the reference -> the page, the printed lines, and the verdicts in claims.csv."""

    def conclude(seeds, reference_seeds):
        profile = replace(profiles.SMOKE, paths=Paths(results=tmp_path / "results"))
        monkeypatch.setattr(reproduce, "REFERENCE", tmp_path / "reference")
        on_record(profile.folder, ACCURACY["here"], seeds)
        on_record(tmp_path / "reference" / "smoke", ACCURACY["reference"], reference_seeds)
        reproduce.conclude(profile)
        verdicts = pd.read_csv(profile.folder / "tables" / "claims.csv").set_index("claim")["verdict"]
        return (profile.folder / "report.html").read_text(), capsys.readouterr().out.splitlines(), verdicts

    return conclude


def test_a_quick_run_says_how_many_effects_point_as_in_the_reference(concluded, tmp_path):
    page, printed, verdicts = concluded(3, 6)
    said = "3 seeds decide no claim (five are needed): 2 of 4 effects point as in the reference of 6 seeds, whose verdicts are in "
    assert printed[0] == f"{said}{os.path.relpath(tmp_path / 'reference' / 'smoke' / 'tables' / 'claims.csv')}."
    assert f'{said}<a href="../../reference/smoke/tables/claims.csv">' in page
    assert "inconclusive" not in page
    assert verdicts["A2"] == "inconclusive"


def test_a_quick_run_without_a_reference_says_what_it_takes(concluded):
    page, printed, verdicts = concluded(3, 0)
    assert printed[0] == "3 seeds decide no claim; five are needed (SEEDS=5)."
    assert printed[0] in page and "inconclusive" not in page
    assert verdicts["A2"] == "inconclusive"


def test_five_seeds_have_verdicts(concluded):
    page, printed, verdicts = concluded(5, 6)
    assert printed[0].startswith("23 claims: ")
    assert printed[0] in page and "decide no claim" not in page
    assert verdicts["A2"] == "contradicted"
