"""What is trained here is a checkpoint that the loader reads, and computes the same."""

import pytest
import torch

from paperlib.data import Images
from paperlib.generators import load_residual_biggan
from recipes.brock_layout import new_generator, state_of
from recipes.natural_gan import GANSettings, GANTraining

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("classes", [1, 3])
def test_a_trained_generator_loads_and_computes_the_same(classes, tmp_path):
    rng = torch.Generator().manual_seed(0)
    data = Images(torch.randint(256, (20, 3, 32, 32), generator=rng, dtype=torch.uint8), torch.arange(20) % 3)
    settings = GANSettings(conditional=classes > 1, channels=8, latent_dim=6, batch_size=4, discriminator_steps=1)

    def make(asked, channels, latent_dim):
        return new_generator(max(asked, 1), channels, latent_dim)

    training = GANTraining.begin(data, settings, make)
    before = state_of(training.generator)
    for _ in range(2):
        training.advance()
    after = state_of(training.average)
    assert not torch.equal(before["blocks.1.0.bn2.gain.weight"], state_of(training.generator)["blocks.1.0.bn2.gain.weight"])
    torch.save(after, tmp_path / "G_ema.pth")
    loaded = load_residual_biggan(tmp_path)
    z, y = torch.randn(3, 6, generator=rng), torch.arange(3) % classes
    assert (loaded.num_classes, loaded.image_shape) == (classes, (3, 32, 32))
    with torch.no_grad():
        assert torch.allclose(loaded(z, y), training.average(z, y), atol=1e-5)
        assert torch.allclose(loaded(z, None), training.average(z, None), atol=1e-5)
