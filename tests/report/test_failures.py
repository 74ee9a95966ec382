"""How seeds of paper B fail, and what a warm start does, from records made up here with known answers."""

import made_up
import numpy as np
import pytest

from companion.config import Setting
from companion.report import failures, warm_start

NAMES = tuple("abcdefghij")
OWN = Setting("unconditional", "mnist")
WARM = OWN._replace(warm_start=50)


@pytest.fixture
def found():
    """Paper B at two seeds, the first without attributes 3 and 7; its warm start at both; the generator trained with labels."""
    lost = made_up.evaluated(OWN, 0, 5, 9.0)
    counts = 10 * np.eye(10, dtype=int)
    counts[[3, 7]] = counts[[2, 6]]
    lost.metrics["teacher_confusion"], lost.metrics["teacher_alone"] = counts.tolist(), [0.0, 0.9, *[0.1] * 8]
    return [
        lost,
        made_up.evaluated(OWN, 1, 9, 9.0),
        *(made_up.evaluated(WARM, seed, 10, 4.0) for seed in (0, 1)),
        made_up.evaluated(None, 0, 10, 2.0),
        *(made_up.conditioned(seed, [0.5, 0.8 + 0.1 * seed], OWN) for seed in (0, 1)),
        *(made_up.conditioned(seed, [0.9, 1.0], WARM) for seed in (0, 1)),
    ]


def test_failures(found):
    table = failures.table(found, NAMES).set_index("setting")
    own, warm = table.iloc[0], table.loc["unconditional G, warm start 50"]
    assert own.tolist() == [2, 1, 1, "seed 0: d, h", 0, pytest.approx(8.5), 90]
    assert warm.tolist() == [2, 0, 0, "-", 0, 0, 0]
    lines = failures.sentences(found, NAMES)
    assert lines[0] == (
        "unconditional G (paper B): 1 of 2 seeds leave an attribute at 0 % by the teacher (seed 0: d, h), 0 by the judge; 1 of 2 end below 99.9 %. "
        "Only the teacher reads 8.5 % of the images as asked, 90.0 % in the worst attribute."
    )
    assert len(lines) == 4
    assert failures.sentences([], NAMES) == []
    assert failures.table([], NAMES).empty


def test_an_attribute_is_never_reached_below_one_percent(found):
    run = found[1]
    assert failures.by_attribute(run, "judge").tolist() == [90] * 10
    counts = np.diag([1000] * 10)
    counts[4] = np.eye(10, dtype=int)[5] * 991 + np.eye(10, dtype=int)[4] * 9
    run.metrics["judge_confusion"] = counts.tolist()
    assert failures.never_reached(run, "judge") == [4]
    counts[4, 4] = 11
    run.metrics["judge_confusion"] = counts.tolist()
    assert failures.never_reached(run, "judge") == []


def test_the_warm_start_is_paired_with_paper_b(found):
    table = warm_start.table(found).set_index("quantity")
    assert (table["draws"] == 50).all() and (table["n"] == 2).all()
    assert table.loc["teacher, %", ["paper B", "warm start", "difference"]].tolist() == [90, 100, 10]
    assert table.loc["judge, %", "difference"] == 30
    assert table.loc["attributes at 0 % by the teacher", ["paper B", "warm start"]].tolist() == [1, 0]
    assert table.loc["teacher after one epoch, %", ["paper B", "warm start"]].tolist() == [50, 90]
    assert table.loc["variance, % of the prior's", "difference"] == 0
    assert "second judge, %" not in table.index
    assert "Warm start of 50 draws, FID: 4.00, paper B 9.00 (-5.00 ± 0.00, n = 2)." in warm_start.sentences(found)


def test_without_a_warm_start_there_is_no_table(found):
    cold = [r for r in found if r.kind != "conditioning" or not r.config.warm_start]
    assert warm_start.table(cold).empty
    assert warm_start.sentences([]) == []
