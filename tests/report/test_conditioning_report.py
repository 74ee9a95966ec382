"""Paper B's training from records made up here, with known answers."""

import made_up
import matplotlib.pyplot as plt
import pytest

from companion.config import Setting
from companion.report import conditioning

OWN = made_up.OWN
UCI = OWN._replace(teacher="uci")


@pytest.fixture
def found():
    return made_up.conditionings()


def test_the_first_setting_is_paper_bs(found):
    assert conditioning.settings(found) == {
        OWN: "unconditional G (paper B)",
        made_up.GIVEN: "class-conditional G, label given",
        OWN._replace(labels="withheld"): "class-conditional G, label withheld",
        UCI: "unconditional G, teacher uci",
    }
    assert conditioning.own_setting(found) == OWN
    assert conditioning.settings([]) == {}
    with pytest.raises(ValueError, match="run notebook 04 first"):
        conditioning.own_setting([])


def test_a_foreign_teacher_is_named():
    own, other = Setting("withheld", "shrub"), Setting("given", "tree")
    found = [made_up.conditioned(0, [1.0], setting) for setting in (own, other)]
    assert conditioning.settings(found) == {
        own: "class-conditional G, label withheld (paper B)",
        other: "class-conditional G, label given, teacher tree",
    }


def test_a_warm_start_is_named():
    found = [made_up.conditioned(0, [1.0], setting) for setting in (OWN, OWN._replace(warm_start=5000), UCI._replace(warm_start=7))]
    assert list(conditioning.settings(found).values())[1:] == [
        "unconditional G, warm start 5,000",
        "unconditional G, teacher uci, warm start 7",
    ]


def test_the_second_judge_has_a_column_where_it_read_something(found):
    assert conditioning.SECOND_JUDGE not in conditioning.table(found)
    found[0].metrics["second_judge_accuracy"] = 0.75
    table = conditioning.table(found).set_index("setting")
    assert table[conditioning.SECOND_JUDGE].tolist()[:1] == [75]
    assert conditioning.sentences(found)[0].startswith("unconditional G (paper B): teacher 99.5 %, judge 89.5 %, second judge 75.0 %, 50 %")
    assert conditioning.sentences(found)[1].startswith("class-conditional G, label given: teacher 100.0 %, judge 90.0 %, 50 %")


def test_table(found):
    table = conditioning.table(found).set_index("setting")
    own = table.loc["unconditional G (paper B)"]
    assert own[["teacher's accuracy", "judge's accuracy", "variance kept %", "n"]].tolist() == [99.5, 89.5, 50, 2]


def test_the_first_epoch_at_100_percent_comes_from_the_history(found):
    epochs = conditioning.table(found).set_index("setting")["100 % by epoch"]
    assert epochs["unconditional G (paper B)"] == "3/-"
    assert epochs["class-conditional G, label given"] == "1"
    assert epochs["class-conditional G, label withheld"] == "-"


def test_sentences(found):
    lines = conditioning.sentences(found)
    assert lines[0] == "unconditional G (paper B): teacher 99.5 %, judge 89.5 %, 50 % of the prior's variance kept."
    assert any(
        line.startswith("100 % within 8 epochs, at every seed: does not hold; the best of these epochs reaches 99.0 to 100.0 %")
        for line in lines
    )
    assert any("100.0 % if the generator is given the attribute as its label, 40.0 % if the label is withheld" in line for line in lines)
    assert not any("Label leak" in line for line in conditioning.sentences(found[:2]))


def test_figures(found):
    names = ("a", "b")
    figures = (
        conditioning.figure(found),
        conditioning.samples_figure(found, names),
        conditioning.variance_figure(found, names),
        conditioning.confidence_figure(found),
    )
    assert [len(figure.axes) for figure in figures] == [3, 4, 2, 3]
    for figure in figures:
        figure.canvas.draw()
        plt.close(figure)
