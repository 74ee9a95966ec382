"""Fig. 3's run as a frame made up here: what it costs each reader, who is hit hardest, and the forms of mining."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from companion.results import hard_samples


def run(seed, own=20.0):
    """own: points that mining takes from the classifier itself; it takes 5 from every other reader. At stage 1 alone some images are read wrong."""
    lost = np.full((2, 4), 5.0)
    lost[[0, 1], [0, 1]] = own
    forms = [
        {"stage": stage, "step_size": size, "form": form, "norm_change": change, "distance": 1.2, "judge": 0.9, "classifier": 0.5}
        | ({"judge_where_wrong": judge} if stage == 1 else {})
        for stage in (1, 2)
        for size in (0.1, 3.0)
        for form, change, judge in (("paper", 0.0, 0.8), ("not rescaled", 0.1 + 0.02 * seed, 0.8), ("along y", 0.0, 0.6))
    ]
    histories = ("norm_random", *(f"{what}_epoch_{stage}" for what in ("norm", "score_before", "score_after") for stage in (1, 2)))
    return {
        "seed": seed,
        "stages": (1, 2),
        "score_drop": [3.0, 4.0 + seed],
        **{name: [0.5, 0.25] for name in ("accuracy_before", "accuracy_after", "judge_agreement", "norm_error")},
        "judge_agreement_random": 1.0,
        "transfer_accuracy": [[0.9] * 4, *(0.9 - lost / 100).tolist()],
        "transfer_effect": (lost / 10).tolist(),
        "forms": forms,
        "pictures": {name: np.zeros((2 * 4, 4)) for name in ("random", "epoch 1", "epoch 2")},
        **{f"history.{name}": [1.0, 2.0] for name in histories},
    }


RUNS = pd.DataFrame([run(0), run(1, own=24.0)])

NEVER_WRONG = [{name: value for name, value in row.items() if name != "judge_where_wrong"} for row in RUNS["forms"][0]]


def test_each_stage_has_its_own_values():
    table = hard_samples.table(RUNS).set_index("epoch")
    assert table["score of k* falls by"].to_dict() == {1: 3.0, 2: 4.5}
    assert table.loc[2, ["accuracy before", "judge agrees, random", "largest norm error", "n"]].tolist() == [25.0, 100.0, 0.25, 2]


def test_transfer_sets_the_classifier_itself_against_others():
    table = hard_samples.transfer(RUNS).set_index(["quantity", "images"])
    assert list(table.columns) == ["the same, epoch 1", "the same, epoch 2", "another, epoch 1", "another, epoch 2", "n"]
    assert table.loc[("accuracy %", "mined at epoch 1")].tolist() == pytest.approx([68, 85, 85, 85, 2])
    assert table.loc[("fall of k* (sd)", "mined at epoch 2")].tolist() == pytest.approx([0.5, 2.2, 0.5, 0.5, 2])


def test_specific_is_paired_by_seed():
    table = hard_samples.specific(RUNS).set_index(["mined at epoch", "harder than for"])
    assert table["points"].tolist() == pytest.approx([17.0] * 4)
    assert table.loc[(2, "itself at the other stage"), ["low", "high"]].tolist() == pytest.approx([-8.4, 42.4])
    assert set(table["verdict"]) == {"not decided"}


def test_forms_and_what_was_not_measured():
    table = hard_samples.forms(RUNS).set_index(["epoch", "eta", "form"])
    assert len(table) == 2 * 2 * 3
    assert table.loc[(1, 3.0, "not rescaled"), "norm changes by %"] == pytest.approx(11)
    assert table.loc[(1, 0.1, "along y"), "judge, first read wrong %"] == pytest.approx(60)
    assert np.isnan(table.loc[(2, 0.1, "along y"), "judge, first read wrong %"])
    assert (table["n"] == 2).all()


@pytest.mark.parametrize("table", [hard_samples.table, hard_samples.transfer, hard_samples.specific, hard_samples.forms])
def test_a_seed_counts_once(table):
    with pytest.raises(ValueError, match=r"twice|duplicate"):
        table(RUNS.assign(seed=0))


@pytest.mark.parametrize(
    "figure",
    [
        lambda: hard_samples.figure(RUNS, ["one", "two"]),
        lambda: hard_samples.scores_figure(RUNS),
        lambda: hard_samples.transfer_figure(hard_samples.transfer(RUNS)),
        lambda: hard_samples.forms_figure(hard_samples.forms(RUNS)),
        lambda: hard_samples.forms_figure(hard_samples.forms(RUNS.assign(forms=[NEVER_WRONG] * 2))),
    ],
)
def test_figures(figure):
    drawn = figure()
    drawn.canvas.draw()
    plt.close(drawn)
