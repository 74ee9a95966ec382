"""Paper B's evaluation from records made up here: tables that are sklearn's, sentences and figure."""

import made_up
import numpy as np
import pytest
from sklearn.metrics import classification_report

from companion.report import evaluation

NAMES = tuple("0123456789")


@pytest.fixture
def found():
    return made_up.evaluations()


def test_classification_is_sklearns():
    counts = np.random.default_rng(0).integers(0, 9, (4, 4))
    counts[:, 2] = 0
    asked, read = np.indices(counts.shape).reshape(2, -1).repeat(counts.ravel(), axis=1)
    expected = classification_report(asked, read, output_dict=True, zero_division=0.0)
    table = evaluation.classification(counts)
    for a, row in table.iterrows():
        assert row.tolist() == pytest.approx([expected[str(a)][m] for m in ("precision", "recall", "f1-score", "support")])
    assert table["recall"].tolist() == pytest.approx((np.diag(counts) / counts.sum(1)).tolist())


def test_tables(found):
    summary = evaluation.table(found).set_index("setting")
    own, trained = summary.loc["unconditional G (paper B)"], summary.loc[evaluation.WITH_LABELS]
    assert own[["draws", "n", "teacher's accuracy", "judge's accuracy", "judge's worst", "FID", "variance % of real"]].tolist() == [
        100, 2, 100, 80, 80, 10, 50,
    ]  # fmt: skip
    assert trained[["n", "judge's accuracy", "FID"]].tolist() == [1, 100, 2]
    table = evaluation.by_attribute(found, NAMES)
    assert len(table) == 2 * 3 * (len(NAMES) + 1)
    judged = table[(table["read by"] == "judge") & (table["setting"] == own.name)]
    assert judged["recall"].tolist() == pytest.approx([0.8] * (len(NAMES) + 1))
    assert judged["support"].tolist() == [20] * len(NAMES) + [200]
    wide = evaluation.side_by_side(table)
    assert wide.loc[("judge", "3"), (own.name, "precision")] == 80
    assert wide.index.tolist() == [(who, a) for who in ("teacher", "judge") for a in (*NAMES, "mean")]


def test_names_come_from_the_records(found):
    assert evaluation.settings(found) == {
        made_up.OWN: "unconditional G (paper B)",
        made_up.GIVEN: "class-conditional G, label given",
        None: evaluation.WITH_LABELS,
    }
    assert evaluation.settings(found[2:]) == {made_up.GIVEN: "class-conditional G, label given (paper B)", None: evaluation.WITH_LABELS}
    assert evaluation.settings(found[3:]) == {None: evaluation.WITH_LABELS}
    tree = made_up.GIVEN._replace(teacher="tree")
    foreign = made_up.evaluated(tree, 0, 10, 3.0)
    assert evaluation.settings([*found[:2], foreign])[tree] == "class-conditional G, label given, teacher tree"


def test_sentences(found):
    more = [made_up.evaluated(setting, seed, 8, fid) for setting, fid in ((made_up.OWN, 10.0), (None, 2.0)) for seed in range(1, 6)]
    lines = "\n".join(evaluation.sentences([*more, *found]))
    assert "digit-FID 10.0 against 2.0, a factor of 5.0" in lines
    assert "FID comparable with training on labels, within a factor of 1.5: does not hold" in lines
    assert "IS comparable with training on labels, within a factor of 1.5: holds" in lines
    near = [made_up.evaluated(made_up.OWN, 0, 9, 2.9), made_up.evaluated(None, 0, 9, 2)]
    assert "within a factor of 1.5: does not" not in "\n".join(evaluation.sentences(near))
    assert "within a factor of 1.5: not decided" in "\n".join(evaluation.sentences(near))
    assert evaluation.sentences([]) == []


def test_rankings_under_two_judges():
    found = [made_up.evaluated(made_up.OWN, 0, 7, 9.0, second=9), made_up.evaluated(made_up.GIVEN, 0, 9, 9.0, second=8)]
    table = evaluation.table(found).set_index("setting")
    assert table["second judge's accuracy"].tolist() == [90, 80]
    assert set(evaluation.by_attribute(found, NAMES)["read by"]) == {"teacher", "judge", "second judge"}
    lines = evaluation.sentences(found)
    assert "judge 70.00 %, second judge 90.00 %," in lines[0]
    assert lines[-1].startswith("The second judge orders 1 pair the other way")
    assert lines[-1].endswith("class-conditional G, label given and unconditional G (paper B) (10.00 points).")
    one = [made_up.evaluated(made_up.OWN, 0, 7, 9.0), *found]
    assert not any("second judge" in line for line in evaluation.sentences(one[:1]))


def test_figure(found):
    titles = [ax.get_title() for ax in evaluation.figure(found, NAMES).axes if ax.get_visible()]
    readers = [f"recall by attribute (%): {name}" for name in ("teacher", "judge")]
    assert titles == [*readers, "pixel variance within an attribute"]
