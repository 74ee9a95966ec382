"""Fig. 4 from records made up here, with known answers."""

import made_up
import matplotlib.pyplot as plt
import pytest

from companion.report import r_sweep


def test_table():
    table = r_sweep.table(made_up.classifiers())
    assert table["r"].tolist() == [0.0, 0.0, 0.5, 0.5, 1.0, 1.0]
    assert table["ours"].tolist() == pytest.approx([70, 75, 80, 84, 82, 85])


def test_sentences_need_the_points_of_the_claims():
    found = made_up.classifiers()
    assert r_sweep.sentences(found) == ["The paper's claims need r = 0, 0.1, 0.5 and 1 on record: run the notebook without r."]
    lines = r_sweep.sentences([*found, *(made_up.classifier(seed, 0.78 + 0.01 * seed, 0.75 + 0.01 * seed, r=0.1) for seed in (0, 1, 2))])
    assert lines[0] == "Without BNA: +9.0 points from r = 0 to 0.1, +1.0 from 0.1 to 0.5, +2.0 from 0.5 to 1."
    assert lines[1] == "    Most of the gain comes before r = 0.1: holds (before less after: 6.0 ± 2.5 points)."
    assert lines[4] == "    Most of the gain comes before r = 0.1: does not hold (before less after: -8.0 ± 2.5 points)."
    assert lines[6] == "With BNA, r = 0.5 is better than r = 1: not decided (by -1.0 ± 2.5 points)."
    assert lines[-1] == "A run takes 2 s at r = 0, 2 s at r = 0.5 and 2 s at r = 1."


@pytest.mark.parametrize("workers", [1, 2])
def test_contended_costs_are_named(workers):
    found = [*made_up.classifiers(workers), made_up.classifier(0, 0.77, 0.80, workers, r=0.1)]
    table = r_sweep.table(found)
    assert (table["seconds"] == 2).all()
    assert (table["runs at a time"] == workers).all()
    figure = r_sweep.figure(found)
    assert figure.axes[2].get_ylabel() == ("seconds of a run, 2 at a time" if workers == 2 else "seconds of a run")
    plt.close(figure)
    assert r_sweep.sentences(found)[-1].endswith("at r = 1, with 2 runs at a time." if workers == 2 else "2 s at r = 1.")


def test_no_record_is_an_empty_table():
    assert r_sweep.table([]).empty
