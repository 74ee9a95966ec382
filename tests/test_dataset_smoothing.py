import pytest
import torch
from torch import nn

from paperlib.data import Images
from paperlib.dataset_smoothing import SmoothedDataset, smoothing_source


def dataset(n=20):
    return SmoothedDataset(torch.arange(n).float().view(n, 1, 1, 1) / n, torch.arange(n))


def new(n):
    return torch.full((n, 1, 1, 1), -1.0), torch.full((n,), -1)


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.33, 0.5, 1.0])
def test_keeps_a_random_part_and_its_size(fraction):
    data = dataset()
    n = data.count(fraction)
    assert data.replace(fraction, *new(n), torch.Generator().manual_seed(0)) is data
    assert len(data) == 20
    assert (data.labels == -1).sum() == n == round(20 * fraction)
    kept = data.labels[data.labels >= 0]
    assert len(kept.unique()) == 20 - n
    assert torch.equal(data.images[data.labels >= 0].flatten(), kept.float() / 20)


def test_the_kept_part_depends_on_the_rng_alone():
    picks = [dataset().replace(0.5, *new(10), torch.Generator().manual_seed(s)).labels.tolist() for s in (0, 0, 1)]
    assert picks[0] == picks[1] != picks[2]


def test_the_callers_images_stay():
    images, labels = torch.zeros(4, 1, 1, 1), torch.zeros(4, dtype=torch.long)
    SmoothedDataset(images, labels).replace(1.0, *new(4))
    assert (images == 0).all()
    assert (labels == 0).all()


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan")])
def test_r_outside_0_to_1(fraction):
    with pytest.raises(ValueError, match=r"use a number in \[0, 1\]"):
        dataset().replace(fraction, *new(1))


def test_wrong_counts_and_shapes():
    with pytest.raises(ValueError, match="takes 10 images"):
        dataset().replace(0.5, *new(9))
    with pytest.raises(ValueError, match="new images have shape"):
        dataset().replace(0.5, torch.zeros(10, 1, 2, 2), torch.zeros(10, dtype=torch.long))
    with pytest.raises(ValueError, match="one label for each"):
        SmoothedDataset(torch.zeros(3, 1, 1, 1), torch.zeros(2))


@pytest.mark.parametrize(("hsm", "expected"), [(False, [(10, False)]), (True, [(5, False), (5, True)])])
def test_algorithm_2_renews_before_every_later_epoch(hsm, expected):
    calls = []

    def fill(n, classifier):
        calls.append((n, classifier is not None))
        return Images(*new(n))

    source = smoothing_source(dataset(), 0.5, fill, hsm=hsm, rng=torch.Generator().manual_seed(0))
    assert (source(0, nn.Identity()).labels == torch.arange(20)).all()
    assert calls == []
    assert (source(1, nn.Identity()).labels == -1).sum() == 10
    assert calls == expected


def test_r_0_keeps_everything():
    source = smoothing_source(dataset(), 0.0, lambda n, c: pytest.fail("nothing is to be drawn"), hsm=True, rng=torch.Generator())
    assert torch.equal(source(5, nn.Identity()).labels, torch.arange(20))
