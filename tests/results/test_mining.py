"""How far mining leads, from frames made up here with known answers."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from companion.results import mining

GRID = [
    {"step_size": 0.0, "steps": 0, "distance": 1.0, "precision": 0.98, "judge": 1.0, "classifier": 0.97},
    {"step_size": 0.1, "steps": 5, "distance": 1.2, "precision": 0.9, "judge": 0.96, "classifier": 0.6},
    {"step_size": 3.0, "steps": 1, "distance": 1.7, "precision": 0.7, "judge": 0.7, "classifier": 0.1},
]
SPACE = pd.DataFrame({"seed": [0, 1], "grid": [GRID, GRID]})


def trained(seed, step_size, accuracy, **options):
    run = {"seed": seed, "real": False, "hsm": True, "r": 0.0, "long_factor": 1, "method": "", "step_size": step_size}
    return run | {"accuracy": accuracy, "accuracy_bna": accuracy + 0.01} | options


# Table 1 has a third seed, and a run with DS; neither has a partner at other step sizes. At eta = 3 one seed loses three points and the other gains one.
NEAR = pd.DataFrame(
    [trained(seed, 0.1, 0.91 + 0.02 * hsm, hsm=hsm) for seed in (0, 1, 2) for hsm in (False, True)] + [trained(0, 0.1, 0.99, r=0.5)]
)
FAR = pd.DataFrame([trained(0, 3.0, 0.88), trained(1, 3.0, 0.92), trained(0, 1.0, 0.92), trained(1, 1.0, 0.92)])


def test_the_grid_is_a_row_a_point():
    table = mining.table(SPACE)
    assert table["steps"].tolist() == [0, 5, 1]
    assert table.iloc[1].tolist() == pytest.approx([0.1, 5, 1.2, 90, 96, 60, 2])
    with pytest.raises(ValueError, match="a seed stands twice"):
        mining.table(SPACE.assign(seed=0))


def test_classifiers_are_paired_over_the_seeds_of_the_far_step_sizes():
    table = mining.classifiers(NEAR, FAR)
    assert table["eta"].tolist() == [0, 0, 0.1, 0.1, 1, 1, 3, 3]
    assert table["BNA"].tolist() == [False, True] * 4
    assert table["ours"].tolist() == pytest.approx([91, 92, 93, 94, 92, 93, 90, 91])
    assert table["gain"].tolist() == pytest.approx([0, 0, 2, 2, 1, 1, -1, -1])
    assert table["gain ±"].tolist() == pytest.approx([0] * 6 + [25.41] * 2)
    assert (table["n"] == 2).all()


@pytest.mark.parametrize("far", [FAR, FAR[FAR["seed"] == 0], pd.DataFrame()])
def test_figure_with_intervals_of_one_seed_and_without_classifiers(far):
    figure = mining.figure(mining.table(SPACE), mining.classifiers(NEAR, far))
    figure.canvas.draw()
    plt.close(figure)
