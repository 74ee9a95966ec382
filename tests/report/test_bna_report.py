"""BNA two ways, from records made up here with known answers."""

import made_up
import pytest

from companion.report import bna


def test_both_forms_are_compared_on_the_same_classifiers():
    table = bna.table(made_up.classifiers()).set_index("training")
    assert list(table.index) == ["baseline", "hsm", "ds", "ds+hsm", "long (ds)", "real images"]
    assert table.loc["baseline", ["without", "exact", "eq. 5", "exact - eq. 5", "±"]].tolist() == pytest.approx([70, 75, 73, 2, 0])
    assert table["eq. 5: gain"].tolist() == pytest.approx([3, 4, 2, 1, 1, -2])
    assert (table["n"] == 3).all()


def test_sentences():
    first, second = bna.sentences(made_up.classifiers())
    assert first == "Over 6 trainings BNA gains +0.0 to +6.0 points by the exact statistics, -2.0 to +4.0 points by eq. 5."
    assert second == "The exact statistics are ahead in 6 of them: +2.0 to +2.0 points."
    assert bna.sentences([]) == []
