"""One ranking under two judges."""

import pytest

from companion.report import rankings

NAMES = ("a", "b", "c")


def test_the_same_order():
    lines = rankings.sentences(NAMES, [90, 99, 95], [80, 91, 85])
    assert lines == ["Order by the judge: b > c > a.", "The second judge orders no pair the other way (Kendall's tau 1.00)."]


def test_a_pair_that_changes_places_is_named_with_the_smaller_gap():
    first, second = [90, 99, 95], [80, 91, 93]
    assert rankings.swaps(NAMES, first, second) == [("b", "c", 2)]
    line = rankings.sentences(NAMES, first, second)[1]
    assert line == "The second judge orders 1 pair the other way (Kendall's tau 0.33): b and c (2.00 points)."


def test_many_pairs_are_counted():
    names = [str(i) for i in range(6)]
    line = rankings.sentences(names, [*range(6)], [*range(6, 0, -1)])[1]
    assert line.startswith("The second judge orders 15 pairs the other way (Kendall's tau -1.00): 5 and 0 (5.00 points)")
    assert line.endswith("; and 9 pairs that are closer.")


@pytest.mark.parametrize(("names", "second"), [(("a",), [1.0]), (("a", "b"), [1.0, float("nan")]), ((), [])])
def test_nothing_to_compare(names, second):
    assert rankings.sentences(names, [1.0] * len(names), second) == []


def test_ties_are_no_swap():
    assert rankings.swaps(NAMES, [90, 90, 95], [80, 81, 85]) == []
    assert "nan" not in "".join(rankings.sentences(("a", "b"), [90, 90], [90, 90]))
