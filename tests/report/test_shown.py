"""Diversity of what a training sees, from records made up here with known answers."""

import made_up
import matplotlib.pyplot as plt
import pytest

from companion.report import shown

FOUND = [
    record
    for seed in (0, 1)
    for record in (
        made_up.shown(seed, (0.6, 0.6), 100, real=True),
        made_up.shown(seed, (0.4 + 0.1 * seed, 0.4 + 0.1 * seed), 100),
        made_up.shown(seed, (0.45 + 0.1 * seed, 0.7), 150, r=0.5),
    )
]


def test_table_has_both_sizes():
    table = shown.table(FOUND)
    assert table["training"].tolist() == ["real images", "random", "ds", "ds"]
    assert table["measured"].tolist() == [100, 100, 100, 150]
    assert table["different images"].tolist() == [100, 100, 150, 150]
    assert table["coverage"].tolist() == pytest.approx([0.6, 0.45, 0.5, 0.7])


def test_sentences_are_paired():
    lines = shown.sentences(FOUND)
    assert lines[1] == "Random images less diverse than as many real ones, by coverage: not decided (-0.150 ± 0.635)."
    assert lines[0].endswith("by recall: not decided (+0.000 ± 0.000).")
    assert lines[4].startswith(
        "ds shows 150 different images; as many of them as N against random ones: recall +0.000 ± 0.000, coverage +0.050 ± 0.000"
    )
    assert "coverage +0.250 ± 0.635" in lines[5]
    assert len(lines) == 6
    assert shown.sentences([]) == []


def test_figure():
    figure = shown.figure(FOUND)
    assert len(figure.axes) == 4
    figure.canvas.draw()
    plt.close(figure)
