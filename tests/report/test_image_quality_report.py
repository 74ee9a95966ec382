"""Image quality from records made up here, with known answers."""

import made_up
import matplotlib.pyplot as plt
import pytest

from paperlib.report import image_quality


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
