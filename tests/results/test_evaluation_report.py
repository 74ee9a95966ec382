"""Paper B's evaluation from frames made up here: tables that are sklearn's, seeds that fail, the two starts, factors."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import classification_report

from companion.results import evaluation
from companion.results.conditioning import WITH_LABELS

NAMES = tuple("abcdefghij")
OWN, GIVEN, WARM, TRAINED = ("unconditional", "mnist", 0), ("given", "mnist", 0), ("unconditional", "mnist", 50), (None, None, np.nan)
IS_OWN, IS_WARM = "unconditional G (paper B)", "unconditional G, warm start 50"


def misread(right):
    """Ten draws of each of ten attributes, of which `right` are read as asked and the others as the next attribute."""
    return (right * np.eye(10, dtype=int) + (10 - right) * np.roll(np.eye(10, dtype=int), 1, axis=1)).tolist()


def drawn(setting, seed, judge, fid, teacher=10):
    """teacher, judge: of ten draws, those read as asked. Real variance 0.2, made 0.1."""
    source = dict(zip(("source.labels", "source.teacher", "source.warm_start"), setting, strict=True))
    read = {"teacher_confusion": misread(teacher), "judge_confusion": misread(judge), "teacher_alone": [0.0] * 10}
    quality = {"samples": 50, "feature_space": "digit", "fid": fid, "kid": fid / 2, "inception_score": 8.0}
    variance = {"pixel_variance_by_class": [0.1] * 10, "real_pixel_variance_by_class": [0.2] * 10}
    return {"seed": seed, "draws": 100} | source | read | quality | variance


def frame(*rows):
    return pd.DataFrame(rows)


RUNS = frame(
    drawn(OWN, 0, 7, 9.0), drawn(OWN, 1, 9, 16.0), drawn(GIVEN, 0, 10, 3.0), drawn(TRAINED, 0, 10, 2.25), drawn(TRAINED, 1, 10, 1.0)
)


def test_classification_is_sklearns():
    counts = np.random.default_rng(0).integers(0, 9, (4, 4))
    counts[:, 2] = 0
    asked, read = np.indices(counts.shape).reshape(2, -1).repeat(counts.ravel(), axis=1)
    expected = classification_report(asked, read, output_dict=True, zero_division=0.0)
    table = evaluation.classification(counts)
    for a, row in table.iterrows():
        assert row.tolist() == pytest.approx([expected[str(a)][m] for m in ("precision", "recall", "f1-score", "support")])
    assert (100 * table["recall"]).tolist() == pytest.approx(evaluation.recall(counts).tolist())


def test_table():
    table = evaluation.table(RUNS).set_index("setting")
    columns = ["draws", "n", "teacher's accuracy", "judge's accuracy", "judge's worst", "FID", "variance % of real"]
    assert table.loc[IS_OWN, columns].tolist() == [100, 2, 100, 80, 80, 12.5, 50]
    assert table.loc[WITH_LABELS, ["n", "judge's accuracy"]].tolist() == [2, 100]
    assert "second judge's accuracy" not in table
    seen = RUNS.assign(second_judge_confusion=RUNS["teacher_confusion"])
    assert (evaluation.table(seen)["second judge's accuracy"] == 100).all()


def test_the_report_pools_the_seeds():
    table = evaluation.by_attribute(RUNS, NAMES)
    assert len(table) == 2 * 3 * (len(NAMES) + 1)
    judged = table[(table["read by"] == "judge") & (table["setting"] == IS_OWN)]
    assert judged["recall"].tolist() == pytest.approx([0.8] * (len(NAMES) + 1))
    assert judged["support"].tolist() == [20] * len(NAMES) + [200]
    wide = evaluation.side_by_side(table)
    assert wide.loc[("judge", "d"), (IS_OWN, "precision")] == 80
    assert wide.index.tolist() == [(who, a) for who in ("teacher", "judge") for a in (*NAMES, "mean")]


def test_factors_are_geometric_means_over_the_seeds_that_both_have():
    table = evaluation.factors(RUNS).set_index(["of", "setting"])
    assert table.loc[("FID", IS_OWN), ["factor", "n"]].tolist() == [8, 2]
    assert table.loc[("FID", IS_OWN), "low"] < 8 < table.loc[("FID", IS_OWN), "high"]
    assert table.loc[("FID", "class-conditional G, label given"), ["factor", "n"]].tolist() == [1.33, 1]
    assert table.loc[("IS", IS_OWN), ["factor", "low", "high"]].tolist() == [1, 1, 1]
    assert evaluation.factors(RUNS.head(3)).empty


@pytest.mark.parametrize(("read", "lost"), [(9, 1), (11, 0)])
def test_an_attribute_is_never_reached_below_one_percent(read, lost):
    counts = np.diag([1000] * 10)
    counts[4, [4, 5]] = read, 1000 - read
    run = drawn(OWN, 0, 10, 9.0) | {"teacher_confusion": counts.tolist()}
    assert evaluation.measured(frame(run))["attributes at 0 % by the teacher"].item() == lost


def two_starts():
    """Paper B at two seeds, the first without attributes 3 and 7; its warm start at both."""
    lost = np.array(misread(10))
    lost[[3, 7]] = lost[[2, 6]]
    first = drawn(OWN, 0, 5, 9.0) | {"teacher_confusion": lost.tolist(), "teacher_alone": [0.0, 0.9, *[0.1] * 8]}
    return frame(first, drawn(OWN, 1, 9, 9.0), drawn(WARM, 0, 10, 4.0), drawn(WARM, 1, 10, 4.0))


def test_failures():
    table = evaluation.failures(two_starts(), NAMES).set_index("setting")
    assert table.loc[IS_OWN].tolist() == [2, 1, 1, "seed 0: d, h", 0, pytest.approx(8.5), 90]
    assert table.loc[IS_WARM].tolist() == [2, 0, 0, "-", 0, 0, 0]


def test_the_two_starts_are_paired():
    curves = [[0.5, 0.8], [0.5, 0.9], [0.9, 1.0], [0.9, 1.0]]
    trained = pd.DataFrame([OWN, OWN, WARM, WARM], columns=["labels", "teacher", "warm_start"])
    trained = trained.assign(seed=[0, 1, 0, 1], variance=0.1, prior_variance=0.2, **{"history.accuracy": curves})
    table = evaluation.warm_start(trained, two_starts()).set_index("quantity")
    assert (table["draws"] == 50).all() and (table["n"] == 2).all()
    assert table.loc["teacher, %", ["paper B", "warm start", "difference"]].tolist() == [90, 100, 10]
    assert table.loc["teacher, %", "± 95 %"] == pytest.approx(10 * 12.706, abs=0.01)
    assert table.loc["judge, %", "difference"] == 30
    assert table.loc["attributes at 0 % by the teacher", ["paper B", "warm start"]].tolist() == [1, 0]
    assert table.loc["teacher after one epoch, %", ["paper B", "warm start"]].tolist() == [50, 90]
    assert table.loc["variance, % of the prior's", "difference"] == 0
    assert "second judge, %" not in table.index
    assert evaluation.warm_start(trained.head(2), two_starts()).empty


def test_figure():
    figure = evaluation.figure(RUNS, NAMES)
    titles = [ax.get_title() for ax in figure.axes if ax.get_visible()]
    assert titles == [*(f"recall by attribute (%): {who}" for who in ("teacher", "judge")), "pixel variance within an attribute"]
    assert f"by judge: {IS_OWN} 80 %" in figure.get_label()
    plt.close(figure)
