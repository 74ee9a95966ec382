"""How far mining leads, from records made up here with known answers."""

import made_up
import matplotlib.pyplot as plt
import pytest

from companion.config import MinedClassifierRun
from companion.report import mining


def test_classifiers_are_over_the_seeds_of_the_far_step_sizes():
    table = mining.classifiers(made_up.mined())
    assert table["eta"].tolist() == [0, 0, 0.1, 0.1, 1, 1, 3, 3]
    assert table["ours"].tolist() == pytest.approx([91, 92, 93, 94, 92, 93, 88, 89])
    assert (table["n"] == 2).all()
    assert mining.classifiers([]).empty
    assert mining.table(made_up.mined()).iloc[1]["judge agrees %"] == 96


def test_mining_is_harmful_where_it_is_worse_than_none():
    lines = mining.sentences(made_up.mined())
    assert "The smallest eta at which mining is shown to be harmful (its 95 % interval lies below 0, n = 2): 3." in lines
    assert "5 steps of size 0.1/3: 1.20/1.70 times as far as random images; the judge reads the class in 96/70 %." in lines
    assert any(line.endswith("more than 5 % of the labels: 1.70 (5 steps of size 3).") for line in lines)
    gains = "    Points that mining adds, paired by seed: +2.0 ± 0.0 at eta = 0.1, +1.0 ± 0.0 at eta = 1, -3.0 ± 0.0 at eta = 3."
    assert gains in lines
    assert gains.replace(" ± 0.0", "") in mining.sentences([r for r in made_up.mined() if r.seed == 0])
    assert mining.sentences([]) == []


def test_a_loss_that_chance_explains_is_not_called_harmful():
    """At eta = 3 one seed loses three points and the other gains three."""
    runs = made_up.mined()
    lost = [r for r in runs if isinstance(r.config, MinedClassifierRun) and r.config.classifier.step_size == 3]
    lost[0].metrics["accuracy"] = 0.94
    assert "At none of these step sizes is mining shown to be harmful (no 95 % interval lies below 0, n = 2)." in mining.sentences(runs)


def test_where_random_images_are_misread_no_distance_is_to_blame():
    runs = made_up.mined()
    for run in runs:
        if "grid" in run.metrics:
            run.metrics["grid"][0]["judge"] = 0.7
    lines = mining.sentences(runs)
    assert "The judge already disagrees with 30 % of the labels of random images, so mining is not the only cause." in lines
    assert not any("smallest distance" in line for line in lines)


def test_figure():
    figure = mining.figure(made_up.mined())
    assert len(figure.axes) == 3
    figure.canvas.draw()
    plt.close(figure)
