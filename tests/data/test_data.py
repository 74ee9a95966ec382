import numpy as np
import pytest
import torch

from paperlib import data


def test_digits_are_real_fixed_stratified_and_disjoint():
    train, test = data.digits()
    assert (len(train), len(test)) == (4000, 1000)
    assert torch.bincount(train.labels).tolist() == [400] * 10
    assert torch.bincount(test.labels).tolist() == [100] * 10
    assert train.images.shape[1:] == (1, 28, 28)
    data.check_images(train.images)
    seen = {image.tobytes() for image in train.images.numpy()}
    assert not any(image.tobytes() in seen for image in test.images.numpy())
    data.digits.cache_clear()
    again = data.digits()[1]
    assert torch.equal(again.images, test.images)


def test_split_parts_are_disjoint_and_complete():
    n = 40
    whole = data.Images(torch.arange(n).float().view(n, 1, 1, 1) / n, torch.arange(n) % 4)
    rest, part = data.split(whole, test_size=8, seed=3)
    assert sorted(torch.cat([rest.images, part.images]).flatten().tolist()) == whole.images.flatten().tolist()
    assert torch.bincount(part.labels).tolist() == [2] * 4


def test_uci_digits_look_like_ours():
    uci = data.uci_digits()
    assert uci.images.shape == (1797, 1, 28, 28)
    data.check_images(uci.images)
    assert np.unique(uci.labels).tolist() == list(range(10))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.zeros(3, 28, 28), "add the missing axes"),
        (torch.zeros(0, 1, 2, 2), "empty"),
        (torch.full((1, 1, 2, 2), float("inf")), "NaN or infinity"),
        (torch.full((1, 1, 2, 2), float("nan")), "NaN or infinity"),
        (torch.full((1, 1, 2, 2), 255.0), "127.5"),
    ],
)
def test_bad_images_are_refused_with_a_remedy(images, message):
    with pytest.raises(ValueError, match=f"(?i){message}"):
        data.check_images(images)
