"""Paper B's training from frames made up here, with known answers."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from companion.results import conditioning

LISTS = ("loss", "mu_norm", "sigma", "judge_accuracy", "variance", "teacher_confidence", "judge_confidence", "teacher_ece", "judge_ece")


def trained(seed, curve, labels="unconditional", teacher="mnist"):
    """curve: the teacher's accuracy after each epoch. Half of the prior's variance is kept; the judge reads 0.1 less than the teacher."""
    return {
        "seed": seed, "labels": labels, "teacher": teacher, "warm_start": 0, "labels_per_epoch": 100,
        "accuracy": curve[-1], "judge_accuracy": curve[-1] - 0.1,
        "variance": 0.1, "prior_variance": 0.2, "variance_by_attribute": [0.1, 0.1],
        "history.accuracy": curve, **{f"history.{name}": [0.5] * len(curve) for name in LISTS},
        **{f"{who}_calibration.{what}": [0.6, 0.9] for who in ("teacher", "judge") for what in ("confidence", "accuracy")},
        "pictures": {"samples": np.zeros((2 * 4, 10 * 4))},
    }  # fmt: skip


RUNS = pd.DataFrame(
    [
        trained(0, [0.5, 0.9, 1.0, 1.0]),
        trained(1, [0.7, 0.9, 0.95, 0.99]),
        trained(0, [1.0, 1.0, 1.0, 1.0], "given"),
        trained(0, [0.4, 0.5, 0.6, 0.7], "withheld"),
        trained(0, [0.5, 0.9, 0.9, 0.9], teacher="uci"),
    ]
)
NONE = (np.nan, np.nan, np.nan)


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (
            [("unconditional", "mnist", 0), ("unconditional", "mnist", 5000), ("unconditional", "uci", 7), ("shuffled", "mnist", 0), NONE],
            [
                "unconditional G (paper B)",
                "unconditional G, warm start 5,000",
                "unconditional G, teacher uci, warm start 7",
                "class-conditional G, label shuffled",
                "class-conditional G, trained with labels",
            ],
        ),
        (
            [("withheld", "shrub", 50), ("given", "tree", 50)],
            ["class-conditional G, label withheld (paper B)", "class-conditional G, label given, teacher tree"],
        ),
    ],
)
def test_a_setting_is_named_by_what_differs_from_the_first(settings, names):
    columns = ["labels", "teacher", "warm_start"]
    for prefix in ("", "source."):
        runs = pd.DataFrame(settings, columns=[prefix + name for name in columns]).assign(seed=0)
        assert conditioning.named(runs)["setting"].tolist() == names


def test_a_seed_of_a_setting_stands_once():
    with pytest.raises(ValueError, match="stands twice"):
        conditioning.table(pd.concat([RUNS, RUNS.tail(1)]))


def test_table():
    table = conditioning.table(RUNS).set_index("setting")
    own = table.loc["unconditional G (paper B)"]
    assert own[["teacher's accuracy", "judge's accuracy", "variance kept %", "n"]].tolist() == [99.5, 89.5, 50, 2]
    assert own["teacher low"] == pytest.approx(99.5 - 0.5 * 12.706, abs=0.01)
    assert own["teacher high"] == 100
    assert table["100 % by epoch"].tolist() == ["3/-", "1", "-", "-"]
    assert np.isnan(table.loc["class-conditional G, label given", "teacher low"])


def test_the_second_judge_has_a_column_where_it_read_something():
    assert "second judge's accuracy" not in conditioning.table(RUNS)
    table = conditioning.table(RUNS.assign(second_judge_accuracy=[0.75, 0.85, *[np.nan] * 3]))
    assert table["second judge's accuracy"].head(1).tolist() == [80]
    assert table["second judge's accuracy"].tail(3).isna().all()
    assert not table.columns.str.contains("second judge (?:low|high)").any()


def test_the_first_epoch_tells_what_the_label_gives_away():
    table = conditioning.first_epoch(RUNS)
    assert table["after one epoch %"].tolist() == [60, 100, 40, 50]
    assert table["teacher"].tolist() == ["mnist", "mnist", "mnist", "uci"]
    assert table["n"].tolist() == [2, 1, 1, 1]


def test_figures():
    names = ("a", "b")
    figures = (
        conditioning.figure(RUNS),
        conditioning.samples_figure(RUNS, names),
        conditioning.variance_figure(RUNS, names),
        conditioning.confidence_figure(RUNS),
    )
    assert [len(figure.axes) for figure in figures] == [3, 4, 2, 3]
    assert "2 seeds. After the last: teacher 99.5 %, judge 50.0 %" in figures[0].get_label()
    for figure in figures:
        figure.canvas.draw()
        plt.close(figure)
