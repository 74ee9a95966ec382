"""Table 1, what each method adds and BNA's two forms, from runs with known answers."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from paper_a_runs import classifiers, trained, twice

from companion.results import table1
from companion.stats import t_interval

RUNS = classifiers()


def test_each_run_is_in_its_column_and_an_own_method_in_a_further_one():
    table = table1.table(RUNS).set_index("column")
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
    assert (table["n"] == 3).all() and (table["seconds"] == 2).all()
    assert table.loc["baseline", ["low", "high"]].tolist() == pytest.approx(t_interval([69, 70, 71]), abs=1e-3)
    assert table["paper"].isna().tolist() == [False] * 10 + [True]


def test_a_column_that_was_not_run_is_empty():
    table = table1.table(pd.DataFrame([trained(0, 0.7, 0.7)])).set_index("column")
    assert list(table.index) == list(table1.PRINTED["column"])
    assert table["n"].to_dict() == {name: int(name in ("baseline", "bna")) for name in table.index}
    assert table.loc["hsm", "runs at a time"] == 0 and table.loc["hsm", ["ours", "seconds"]].isna().all()


@pytest.mark.parametrize("table", [table1.table, table1.gains, table1.bna])
def test_a_seed_that_stands_twice_is_refused(table):
    with pytest.raises(ValueError, match=r"stands twice|not a many-to-one"):
        table(twice(RUNS))


def test_an_accuracy_is_at_most_100():
    table = table1.table(pd.DataFrame([trained(seed, accuracy, 1.0) for seed, accuracy in enumerate((1.0, 0.9, 1.0))]))
    assert table["high"].max() == 100


def test_gains_are_paired_over_the_seeds_that_both_have():
    table = table1.gains(RUNS).set_index(["method", "added to"])
    assert len(table) == 12
    assert table.loc[("HSM", "baseline"), ["paper", "ours", "± 95 %", "n"]].tolist() == pytest.approx([3, 2, 0, 3])
    fewer = table1.gains(RUNS.query("not (hsm and r == 0 and seed == 2)")).set_index(["method", "added to"])
    assert fewer.loc[("HSM", "baseline"), ["ours", "n"]].tolist() == pytest.approx([2, 2])


def test_the_papers_gains_are_those_that_it_quotes():
    paper = table1.gains(RUNS).groupby("method")["paper"].agg(["min", "max"])
    assert paper.T.to_dict("list") == {"HSM": [1.4, 3.2], "DS": [7.4, 8.2], "BNA": [3.8, 5.8]}


def test_both_forms_of_bna_are_compared_on_the_same_classifiers():
    table = table1.bna(RUNS).set_index("training")
    assert list(table.index) == ["baseline", "hsm", "ds", "ds+hsm", "long (ds)", "real images"]
    assert table.loc["baseline", ["without", "exact", "eq. 5", "exact - eq. 5", "±"]].tolist() == pytest.approx([70, 75, 73, 2, 0])
    assert table["eq. 5: gain"].tolist() == pytest.approx([3, 4, 2, 1, 1, -2])


def test_the_figures_tell_what_the_tables_say():
    figure, gains = table1.figure(RUNS), table1.gains_figure(RUNS)
    assert "hsm 72.0 (73.6)" in figure.get_label() and "mine 77.0 (nan)" in figure.get_label()
    assert "HSM to baseline +2.0 (+3.0)" in gains.get_label()
    seeds = figure.axes[0].get_lines()[0].get_ydata()
    assert sorted(seeds) == pytest.approx(sorted(table1.columns(RUNS)["top1"]))
    plt.close("all")
