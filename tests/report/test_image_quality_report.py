"""Image quality from records made up here, with known answers."""

import math

import made_up
import matplotlib.pyplot as plt
import pytest

from companion.report import image_quality
from companion.report.claims_of_paper_b import generator_on_part_of_the_data


@pytest.fixture
def found():
    """The second class has no image in the conditioned set at seed 1, and none in the unconditional prior at all."""
    return [
        made_up.quality("real test", 0, 1.0, 0.2),
        made_up.quality("prior", 0, 2.0, 0.1),
        made_up.quality("conditioned", 0, 4.0, 0.1),
        made_up.quality("conditioned", 1, 6.0, 0.3, images=(30, 0)),
        made_up.quality("unconditional prior", 0, 3.0, 0.1, images=(30, 0)),
    ]


def test_table(found):
    table = image_quality.table(found).set_index("set")
    assert list(table.index) == ["real test", "prior", "unconditional prior", "conditioned"]
    assert table["fid"].tolist() == [1, 2, 3, 5]
    assert table["n"].tolist() == [1, 1, 1, 2]
    assert table["biased"].tolist() == ["", "", "x", ""]


def test_a_class_without_images_has_no_variance(found):
    figure = image_quality.class_variance_figure(found, ("a", "b"))
    for ax in figure.axes:
        assert [text.get_text() for text in ax.texts] == ["0.20", "0.20", "0.10", "0.10", "0.10", "0.20", "0.10"]
        shown = ax.collections[0].get_array().reshape(4, 2)
        assert shown.mask.tolist() == [[False, False], [False, False], [False, True], [False, False]]
    plt.close(figure)


def test_sentences(found):
    lines = image_quality.sentences(found)
    assert lines[0] == "digit-FID: real test 1.0, prior 2.0, unconditional prior 3.0, conditioned 5.0."
    assert lines[1].endswith("real test 100, prior 50, unconditional prior 50, conditioned 100.")
    assert lines[-1].startswith("The FID of unconditional prior is biased upwards")


def test_figure(found):
    figure = image_quality.figure(found)
    assert len(figure.axes) == 3
    figure.canvas.draw()
    plt.close(figure)


def on_a_fifth():
    """FID 2, then 8 times; the third seed has no twin."""
    whole = [made_up.quality("unconditional prior", seed, 3.0, 0.1) for seed in range(2)]
    return [*whole, *(made_up.quality("fifth prior", seed, fid, 0.1) for seed, fid in enumerate((6.0, 24.0, 99.0)))]


def test_a_fifth_of_the_data(found):
    line = (
        "Trained on 20 % of the data instead of all of it: FID times 4.00 (2.00, 8.00), IS times 1.00 (1.00, 1.00); "
        "geometric mean and each seed, n = 2; the seeds are draws of one generator each."
    )
    assert line in image_quality.sentences([*found[:3], *on_a_fifth()])
    assert not any("20 %" in line for line in image_quality.sentences(found))


def test_the_claim_on_a_fifth_of_the_data():
    fid, score = (generator_on_part_of_the_data(metric)(on_a_fifth()) for metric in ("fid", "inception_score"))
    assert fid == pytest.approx({0: math.log(2), 1: math.log(8)})
    assert score == {0: 0.0, 1: 0.0}
    assert generator_on_part_of_the_data("fid")(on_a_fifth()[:2]) == {}
