"""Fig. 4 from runs with known answers."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from paper_a_runs import classifiers, twice

from companion.results import r_sweep

RUNS = classifiers()


def test_every_r_of_ds_without_hsm_is_a_point():
    table = r_sweep.table(RUNS.sort_values("r", ascending=False))
    assert table["r"].tolist() == [0.0, 0.0, 0.5, 0.5, 1.0, 1.0]
    assert table["ours"].tolist() == pytest.approx([70, 75, 80, 84, 82, 85])
    assert table["paper"].dropna().tolist() == [70.6, 76.4, 78.6, 84.2]
    assert (table["seconds"] == 2).all()


def test_a_seed_that_stands_twice_is_refused():
    with pytest.raises(ValueError, match="stands twice"):
        r_sweep.table(twice(RUNS))


@pytest.mark.parametrize(("workers", "cost"), [(1, "seconds of a run"), (2, "seconds of a run, 2 at a time")])
@pytest.mark.parametrize("reference", [pd.DataFrame(), RUNS])
def test_the_figure_draws_the_table(workers, cost, reference):
    figure = r_sweep.figure(RUNS.assign(workers=workers), reference)
    ours, _, right = figure.axes
    assert ours.get_lines()[0].get_ydata() == pytest.approx([70, 80, 82])
    assert right.get_ylabel() == cost
    assert "with BNA 0.0 75.0, 0.5 84.0, 1.0 85.0" in figure.get_label()
    plt.close(figure)
