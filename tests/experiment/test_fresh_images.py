"""New images in every epoch: their number, their latents, who makes them, and which are left out."""

import pytest
import torch
from torch import nn

from companion.fresh_images import FreshImages, fresh_images
from paperlib.checks import ConfigError
from paperlib.generators import from_module


class Drawn(nn.Module):
    """An image of one pixel: z, moved by the class; `shift` tells two generators apart."""

    def __init__(self, shift=0.0):
        super().__init__()
        self.shift = nn.Parameter(torch.tensor(shift))

    def forward(self, z, y):
        return ((z[:, :1] + y[:, None]) / 100 + self.shift)[:, :, None, None]


class ByPixel(nn.Module):
    """Reads class 0 in dark pixels, class 1 in bright ones."""

    def forward(self, x):
        pixel = 100 * x.flatten(1)
        return torch.cat([-pixel, pixel], dim=1)


def generator(shift=0.0):
    return from_module(Drawn(shift), latent_dim=2, image_shape=(1, 1, 1), num_classes=2)


def images(settings, epoch, n=400, epochs=10, seed=0):
    generators = [generator(), generator(0.5)][: 1 + (settings.older > 0)]
    source = fresh_images(settings, generators, n, epochs=epochs, rng=torch.Generator().manual_seed(seed), step_size=1.0)
    return source(epoch, ByPixel())


def latents(data):
    return 100 * data.images.flatten() - data.labels


def test_plain_images_are_new_draws_of_the_prior_with_even_classes():
    source = fresh_images(FreshImages(), [generator()], 400, epochs=3, rng=torch.Generator().manual_seed(0))
    first, second = source(0, ByPixel()), source(1, ByPixel())
    assert first.labels.bincount().tolist() == [200, 200]
    assert not torch.isin(first.images, second.images).any()
    assert latents(first).std() == pytest.approx(1, abs=0.1)


def test_latents_are_as_wide_as_asked():
    assert latents(images(FreshImages(latent_std=1.5), 0, n=4000)).std() == pytest.approx(1.5, abs=0.05)


def test_a_share_is_of_the_earlier_checkpoint():
    data = images(FreshImages(older=0.25), 0)
    assert (data.images.flatten() > 0.25).sum() == 100


def test_the_second_half_leaves_out_what_the_classifier_finds_hardest():
    early, late = images(FreshImages(dropped=0.5), 4), images(FreshImages(dropped=0.5), 5)
    assert len(early) == len(late) == 400
    assert late.labels.bincount().tolist() == [200, 200]
    wrong = [(ByPixel()(data.images).argmax(1) != data.labels).float().mean() for data in (early, late)]
    assert wrong[0] > 0.2
    assert wrong[1] < wrong[0] / 5


def test_the_second_half_mines_a_share():
    """Mining turns a latent towards the one pixel, whose coordinate grows."""
    early, late = (latents(images(FreshImages(mined=0.5), epoch, n=4000)).square().mean() for epoch in (4, 5))
    assert early == pytest.approx(1, abs=0.1)
    assert late > 1.2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"latent_std": 0.0}, "latent_std = 0"),
        ({"older": 1.5}, "older = 1.5"),
        ({"dropped": 1.0}, "dropped = 1"),
        ({"older": 0.6, "mined": 0.6}, "at most 1"),
    ],
)
def test_a_setting_out_of_range_is_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        FreshImages(**change)


def test_the_name_says_what_differs():
    assert str(FreshImages()) == "fresh images"
    assert str(FreshImages(latent_std=1.2, dropped=0.1)) == "fresh images, latent std 1.2, dropped 0.1"


def test_two_shares_that_both_round_up_make_no_image_too_many():
    data = images(FreshImages(older=0.5, mined=0.5), 9, n=7)
    assert len(data) == 7
