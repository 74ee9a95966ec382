"""To whom mined images are hard, and other forms of mining, from records made up here with known answers."""

import made_up
import matplotlib.pyplot as plt
import pytest

from companion.report import mining_checks

FOUND = [made_up.hard_samples(0), made_up.hard_samples(1, own=24.0)]


def test_transfer_sets_the_classifier_itself_against_others():
    table = mining_checks.transfer(FOUND).set_index(["quantity", "images"])
    assert list(table.columns) == ["the same, epoch 1", "the same, epoch 2", "another, epoch 1", "another, epoch 2", "n"]
    assert table.loc[("accuracy %", "mined at epoch 1")].tolist() == pytest.approx([68, 85, 85, 85, 2])
    assert table.loc[("fall of k* (sd)", "mined at epoch 2")].tolist() == pytest.approx([0.5, 2.2, 0.5, 0.5, 2])
    assert [mining_checks.specific_to_classifier(run, 1) for run in FOUND] == pytest.approx([15, 19])
    assert [mining_checks.specific_to_stage(run, 0) for run in FOUND] == pytest.approx([15, 19])


def test_forms():
    table = mining_checks.forms(FOUND).set_index(["epoch", "eta", "form"])
    assert len(table) == 2 * 2 * 3
    assert table.loc[(1, 3.0, "not rescaled"), "norm changes by %"] == pytest.approx(11)
    assert table.loc[(1, 0.1, "along y"), "judge, first read wrong %"] == pytest.approx(60)
    assert table.loc[(2, 0.1, "along y"), "judge, first read wrong %":].isna().tolist()[0]
    assert (table["n"] == 2).all()


def test_sentences():
    lines = mining_checks.sentences(FOUND)
    assert lines[0] == "Mined against the classifier of epoch 1: its own accuracy falls by 22.0 points, at epoch 2 by 5.0;"
    assert "Harder for the classifier itself than for another one: not decided (by 17.0 ± 25.4 points)" in lines[3]
    assert lines[9].endswith("Along y it reads 90.0 %; where the classifier first read another class, 60.0 % (along k*: 80.0 %).")
    assert lines[-1].endswith("Along y it reads 90.0 %.")
    other = [made_up.hard_samples(0, own=1.0)]
    assert "not decided (by -4.0 points)" in mining_checks.sentences(other)[3]
    assert mining_checks.sentences([]) == []


def test_figures():
    for figure in (mining_checks.transfer_figure(FOUND), mining_checks.forms_figure(FOUND)):
        figure.canvas.draw()
        plt.close(figure)
