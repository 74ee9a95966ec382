"""Table 1 from records made up here, with known answers."""

import math

import made_up
import matplotlib.pyplot as plt
import numpy as np
import pytest

from companion import experiment, printed_numbers, profiles
from companion.report import table1
from companion.report.files import save_figure, save_table
from companion.support.paths import REFERENCE


def test_table():
    table = table1.table(made_up.classifiers()).set_index("column")
    assert table["ours"].to_dict() == pytest.approx(
        {
            "baseline": 70,
            "hsm": 72,
            "bna": 75,
            "hsm+bna": 78,
            "ds": 80,
            "ds+hsm": 83,
            "ds+bna": 84,
            "ds+hsm+bna": 86,
            "long (ds+bna)": 89,
            "real images": 90,
            "mine": 77,
        }
    )
    assert (table["n"] == 3).all()
    assert table.loc["baseline", "high"] - 70 == pytest.approx(4.303 * 1 / math.sqrt(3), abs=0.01)
    assert 70 - table.loc["baseline", "low"] == pytest.approx(4.303 * 1 / math.sqrt(3), abs=0.01)


def test_a_method_of_the_users_own_is_a_further_column():
    found = made_up.classifiers()
    row = table1.table(found).set_index("column").loc["mine"]
    assert math.isnan(row["paper"])
    assert (row["ours"], row["n"], row["HSM"], row["DS"], row["BNA"]) == (77, 3, "", "", "")
    figure = table1.figure(found)
    ours, theirs = figure.axes
    assert [label.get_text() for label in theirs.get_xticklabels()][-2:] == ["real\nimages", "mine"]
    means = ours.get_lines()[-1].get_ydata() if not ours.containers else ours.containers[0].lines[0].get_ydata()
    assert means[-1] == pytest.approx(77)
    paper = theirs.get_lines()[0].get_ydata()
    assert np.isnan(paper).tolist() == [False] * 10 + [True]
    figure.canvas.draw()
    plt.close(figure)
    assert len(table1.table([r for r in found if not r.config.method])) == len(printed_numbers.TABLE1)


def test_contended_costs_are_named():
    for workers in (1, 2):
        table = table1.table(made_up.classifiers(workers))
        assert (table["runs at a time"] == workers).all()
        assert (table["seconds"] == 2).all()
    mixed = [made_up.classifier(0, 0.7, 0.7), made_up.classifier(1, 0.7, 0.7, workers=2)]
    rows = table1.table(mixed).set_index("column")
    assert rows.loc["baseline", "runs at a time"] == 2
    assert rows.loc["hsm", "runs at a time"] == 0
    assert math.isnan(rows.loc["hsm", "seconds"])


def test_gains_are_paired_over_seeds():
    table = table1.gains(made_up.classifiers()).set_index(["method", "added to"])
    assert len(table) == 12
    assert table.loc[("HSM", "baseline"), "ours"] == pytest.approx(2)
    assert table.loc[("HSM", "baseline"), "± 95 %"] == pytest.approx(0, abs=1e-6)
    assert table.loc[("BNA", "baseline"), "paper"] == pytest.approx(5.8)
    assert table.loc[("DS", "baseline"), "paper"] == pytest.approx(8.0)


def test_papers_own_gains_are_those_it_quotes():
    table = table1.gains([])
    ranges = {m: (part["paper"].min(), part["paper"].max()) for m, part in table.groupby("method")}
    assert ranges == {"HSM": (1.4, 3.2), "DS": (7.4, 8.2), "BNA": (3.8, 5.8)}


def test_sentences_say_what_holds():
    lines = table1.sentences(made_up.classifiers())
    assert lines[0] == "baseline 70.0 ± 2.5 < hsm 72.0 ± 2.5: holds (by 2.0 ± 0.0 points, n = 3)."
    one_seed = [run for run in made_up.classifiers() if run.seed == 0]
    assert "not decided" in table1.sentences(one_seed)[0]


def test_tables_and_figures_are_saved(tmp_path):
    found = made_up.classifiers()
    save_table(table1.table(found), tmp_path, "table1")
    save_figure(table1.figure(found), tmp_path, "table1")
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.*")) == [
        "figures/table1.png",
        "figures/table1.svg",
        "tables/table1.csv",
        "tables/table1.md",
    ]


def test_reference_has_ten_seeds_for_every_column():
    found = experiment.found(profiles.DIGITS, REFERENCE / "digits")
    for column in printed_numbers.TABLE1:
        assert len(table1.column_values(found, column)) >= 10
