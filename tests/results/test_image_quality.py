"""Image quality and the diversity of what a training sees, from made-up frames with known answers."""

import numpy as np
import pandas as pd
import pytest

from companion.results import image_quality
from companion.results.image_quality import MEASURES


def of_set(image_set, seed, fid, pixel=0.1, images=(30, 30)):
    """Of two classes. images: how many the set has of each; 0 makes a class whose variance is of nothing."""
    row = dict.fromkeys(MEASURES, 0.5) | {"image_set": image_set, "seed": seed, "fid": fid, "pixel_variance": pixel}
    row |= {
        "feature_space": "digit",
        "feature_dimensions": 40,
        "samples": sum(images),
        "reference_samples": 60,
        "images_by_class": list(images),
    }
    return row | {f"{what}_variance_by_class": [pixel if n else 0.0 for n in images] for what in ("pixel", "feature")}


@pytest.fixture
def runs():
    """The second class has no image in the conditioned set at seed 1, and none in the unconditional prior at all."""
    return pd.DataFrame(
        [
            of_set("conditioned", 0, 4.0),
            of_set("conditioned", 1, 6.0, 0.3, images=(30, 0)),
            of_set("unconditional prior", 0, 3.0, images=(30, 0)),
            of_set("real test", 0, 1.0, 0.2),
        ]
    )


def test_a_row_a_set(runs):
    table = image_quality.table(runs)
    assert table["set"].tolist() == ["real test", "unconditional prior", "conditioned"]
    assert table["fid"].tolist() == [1, 3, 5]
    assert table["n"].tolist() == [1, 1, 2]
    assert table["biased"].tolist() == ["", "x", ""]
    assert table["judge_agreement"].isna().tolist() == [False, True, False]


def test_a_class_without_images_has_no_variance(runs):
    figure = image_quality.class_variance_figure(runs, ("a", "b"))
    for ax in figure.axes:
        shown = ax.collections[0].get_array().reshape(3, 2).filled(np.nan)
        assert shown == pytest.approx(np.array([[0.2, 0.2], [0.1, np.nan], [0.2, 0.1]]), nan_ok=True)


def seen(seed, coverage, images, *, real=False, hsm=False, r=0.0):
    """coverage: of as many images as N = 100, and of all."""
    measured = {"precision": 0.9, "recall": 0.5, "pixel_variance": 0.1, "feature_variance": 0.2}
    sizes = [measured | {"images": n, "coverage": c} for n, c in zip((100, images), coverage, strict=True)]
    return {"seed": seed, "classifier.real": real, "classifier.hsm": hsm, "classifier.r": r, "different_images": images, "sizes": sizes}


SEEN = pd.DataFrame(
    [
        run
        for seed in (0, 1)
        for run in (
            seen(seed, (0.45 + 0.1 * seed, 0.7), 150, r=0.5),
            seen(seed, (0.5, 0.8), 200, r=0.5, hsm=True),
            seen(seed, (0.3, 0.3), 100, hsm=True),
            seen(seed, (0.4 + 0.1 * seed,) * 2, 100),
            seen(seed, (0.6, 0.6), 100, real=True),
        )
    ]
)


def test_a_training_that_replaces_images_has_two_sizes():
    table = image_quality.shown(SEEN)
    assert table["training"].tolist() == ["real images", "random", "hsm", "ds", "ds", "ds+hsm", "ds+hsm"]
    assert table["measured"].tolist() == [100, 100, 100, 100, 150, 100, 200]
    assert table["different images"].tolist() == [100, 100, 100, 150, 150, 200, 200]
    assert table["coverage"].tolist() == pytest.approx([0.6, 0.45, 0.3, 0.5, 0.7, 0.5, 0.8])
    assert set(table["n"]) == {2}


@pytest.mark.parametrize("seed_0_alone", [0, 1])
def test_figures_tell_the_means(runs, seed_0_alone):
    text = image_quality.figure(runs.drop(index=[1] if seed_0_alone else [])).get_label()
    assert text.endswith(f"conditioned {4 if seed_0_alone else 5}.0.")
    text = image_quality.shown_figure(SEEN[SEEN["seed"] == 0] if seed_0_alone else SEEN).get_label()
    assert "real images 0.50, random 0.50" in text


@pytest.mark.parametrize(("table", "of"), [(image_quality.table, "runs"), (image_quality.shown, "SEEN")])
def test_two_runs_of_a_seed_are_refused(runs, table, of):
    frame = {"runs": runs, "SEEN": SEEN}[of]
    with pytest.raises(ValueError, match="a seed stands twice"):
        table(pd.concat([frame, frame.head(1)]))
