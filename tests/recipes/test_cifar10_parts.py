"""Training the parts of `cifar10` at tiny sizes: resume without a trace, what is kept on the way, what ships."""

import json
from dataclasses import asdict, replace

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from paperlib.data import Images, to_floats
from paperlib.data.cifar10 import Cifar10
from paperlib.generators.residual import ResidualBlock, ResidualGenerator
from paperlib.metrics import frechet_distance_of
from paperlib.networks.natural import NaturalJudge, PlainClassifier
from paperlib.support.weights import CheckpointError, load_pretrained, manifest, save_weights
from recipes import cifar10 as pretraining
from recipes.checkpoints import Keeper
from recipes.cifar10 import CONDITIONAL, JUDGE, TEACHER, UNCONDITIONAL, GeneratorPart, train_part
from recipes.natural_classifier import NaturalTraining, augmented, one_cycle, train_natural_classifier
from recipes.natural_gan import GANSettings, GANTraining, TrainedBlock, run

GAN = GANSettings(conditional=True, channels=4, latent_dim=6, batch_size=8)
CLASSIFIER = NaturalTraining(epochs=2, width=2, batch_size=8)
PARTS = {
    JUDGE: CLASSIFIER,
    CONDITIONAL: GeneratorPart(GAN, steps=4, measured=2, stages=(0.5, 1.0), samples=40, scored_images=20, scored_epochs=1),
    UNCONDITIONAL: GeneratorPart(replace(GAN, conditional=False), steps=2, measured=1, stages=(1.0,), samples=40),
}


def made_up(n, seed):
    images = torch.randint(256, (n, 3, 32, 32), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)
    return Images(images, torch.arange(n) % 10)


DATA = Cifar10(made_up(40, 0), made_up(20, 1), made_up(20, 2))


def same(a, b):
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


def gan(settings, path, steps, *, calls=1):
    """The training after `steps` in that many calls, each from the checkpoint of the one before."""
    for call in range(1, calls + 1):
        training = GANTraining.begin(DATA.train, settings)
        assert run(training, Keeper(path, asdict(settings)), steps=steps * call // calls, progress=False)
    return training


@pytest.mark.parametrize(
    "settings",
    [GAN, replace(GAN, conditional=False, mixed_precision=True), replace(GAN, shift=2, mode_seeking=0.1)],
    ids=["plain", "bfloat16", "moved"],
)
def test_a_gan_that_stopped_goes_on_bit_for_bit(tmp_path, settings):
    whole, parted = gan(settings, tmp_path / "a.pt", 4), gan(settings, tmp_path / "b.pt", 4, calls=2)
    for name in ("generator", "average", "discriminator"):
        assert same(getattr(whole, name), getattr(parted, name))
    assert not same(whole.generator, GANTraining.begin(DATA.train, settings).generator)


@pytest.mark.parametrize("field", ["seed", "shift", "mode_seeking", "ema", "discriminator_steps", "learning_rate", "loss"])
def test_every_setting_counts(tmp_path, field):
    value = {"seed": 1, "shift": 3, "mode_seeking": 0.5, "ema": 0.05, "discriminator_steps": 1, "learning_rate": 1e-3, "loss": "logistic"}[
        field
    ]
    changed = replace(GAN, **{field: value})
    assert not same(gan(GAN, tmp_path / "a.pt", 2).average, gan(changed, tmp_path / "b.pt", 2).average)
    with pytest.raises(CheckpointError, match=f"of another run: {field}"):
        gan(changed, tmp_path / "a.pt", 2)


def test_the_trained_block_is_the_generators_own_block():
    torch.manual_seed(0)
    sizes = {"latent_dim": 5, "num_classes": 3, "image_shape": (3, 16, 16), "widths": (6, 4, 4)}
    trained = ResidualGenerator(**sizes, block=TrainedBlock).double().eval()
    plain = ResidualGenerator(**sizes, block=ResidualBlock).double().eval()
    plain.load_state_dict(trained.state_dict())
    z, y = torch.randn(3, 5).double(), torch.tensor([0, 1, 2])
    torch.testing.assert_close(trained(z, y), plain(z, y))


@pytest.mark.parametrize("network", [NaturalJudge, PlainClassifier])
def test_a_classifier_that_stopped_goes_on_bit_for_bit(tmp_path, network):
    def train(path, minutes=None):
        torch.manual_seed(0)
        model = network(width=2)
        history = train_natural_classifier(model, DATA.train, CLASSIFIER, Keeper(path, {}), minutes=minutes, progress=False)
        return model, history

    whole, history = train(tmp_path / "a.pt")
    parts = 0
    parted, found = train(tmp_path / "b.pt", minutes=1e-5)
    while found is None:
        parted, found = train(tmp_path / "b.pt", minutes=1e-3)
        parts += 1
    assert parts >= 1
    assert same(whole, parted)
    assert found == history
    assert len(history.loss) == CLASSIFIER.epochs


def test_the_rate_rises_and_falls():
    rates = [one_cycle(step, 50, 0.1) for step in range(50)]
    assert max(rates) == pytest.approx(0.1)
    assert rates.index(max(rates)) in (9, 10)
    assert 0 < rates[-1] < rates[0] < 0.02


def test_augmented_images_stay_in_range_and_are_those_of_their_stream():
    images = to_floats(DATA.train.images)
    first, again = (augmented(images, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, augmented(images, torch.Generator().manual_seed(4)))
    assert first.shape == images.shape
    assert first.abs().max() <= 1
    assert ((first == 0).all(1).flatten(1).sum(1) > 0).all()


def test_a_judge_that_comes_later_completes_the_curve(tmp_path):
    part, judge = PARTS[CONDITIONAL], pretraining.new_classifier(JUDGE, 2).eval()
    pretraining.train_generator(part, DATA, tmp_path / "with", judge, progress=False)
    assert pretraining.train_generator(part, DATA, tmp_path / "later", None, minutes=1e-9, progress=False) is None
    pretraining.train_generator(part, DATA, tmp_path / "later", None, progress=False)
    _, quality = pretraining.train_generator(part, DATA, tmp_path / "later", judge, progress=False)
    assert "fid" in quality
    at_once, completed = (json.loads((tmp_path / name / "curve.json").read_text()) for name in ("with", "later"))
    assert at_once == completed


def test_all_parts_are_kept_and_shipped(tmp_path):
    cache, weights = tmp_path / "cache", tmp_path / "weights"
    save_weights(nn.Linear(1, 1), "cifar10-0-000003", {"family": "cifar10"}, weights / "stages")
    save_weights(nn.Linear(1, 1), "plain-0-00003", {"family": "plain"}, weights / "stages")
    for name, part in PARTS.items():
        assert train_part(name, part, DATA, cache, weights=weights, records=weights, progress=False)
    entries = manifest(weights)
    assert set(entries) == set(PARTS)
    assert {"seed", "steps", "channels", "fid", "recall", "own_label", "classifier_accuracy"} <= set(entries[CONDITIONAL])
    assert {"seed", "epochs", "width", "test_accuracy"} <= set(entries[JUDGE])
    curve = json.loads((cache / CONDITIONAL / "curve.json").read_text())
    assert [entry["step"] for entry in curve] == [2, 4]
    assert all("classifier_accuracy" in entry for entry in curve)
    assert (cache / CONDITIONAL / "samples-000004.png").stat().st_size > 1000
    stage = load_file(cache / CONDITIONAL / "stage-000004.safetensors")
    shipped = load_file(weights / f"{CONDITIONAL}.safetensors")
    assert all(torch.equal(stage[key], value) for key, value in shipped.items())
    of_notebook_7 = {"cifar10-0-000002", "cifar10-0-000004", "plain-0-00003"}
    assert set(manifest(weights / "stages")) == {path.stem for path in (weights / "stages").glob("*.safetensors")} == of_notebook_7
    assert json.loads((weights / f"{CONDITIONAL}.json").read_text()) == curve
    assert (weights / f"{CONDITIONAL}.png").read_bytes() == (cache / CONDITIONAL / "samples-000004.png").read_bytes()
    assert all(value.dtype == torch.float16 for value in shipped.values() if value.is_floating_point())
    network = pretraining.new_generator(10, 4, 6)
    assert not any(p.requires_grad for p in load_pretrained(network, CONDITIONAL, weights).parameters())


class Pixels(nn.Module):
    """Stands in for Inception: features are a few pixels."""

    def __init__(self, file):
        super().__init__()
        assert file.name == "inception.pth"

    def features(self, x):
        return x.flatten(1)[:, :8]

    def output(self, features):
        return features


def test_fid_in_inceptions_features_where_its_weights_are(tmp_path, monkeypatch):
    monkeypatch.setattr(pretraining, "Inception", Pixels)
    given = {"weights": tmp_path, "records": tmp_path, "inception": tmp_path / "inception.pth", "progress": False}
    assert train_part(UNCONDITIONAL, PARTS[UNCONDITIONAL], DATA, tmp_path / "cache", **given)
    entry, made = manifest(tmp_path)[UNCONDITIONAL], PARTS[UNCONDITIONAL].samples
    network = load_pretrained(pretraining.new_generator(0, 4, 6), UNCONDITIONAL, tmp_path).float()
    drawn = pretraining.samples(network, made, seed=1)[0]
    features = [to_floats(images).flatten(1)[:, :8] for images in (DATA.validation.images, drawn)]
    assert entry["inception_fid"] == pytest.approx(frechet_distance_of(*features), abs=1e-3)
    assert entry["inception_fid"] > 0.1
    assert "fid" not in entry, "no judge was trained"


def test_what_is_done_is_not_done_again_and_what_is_stopped_is_not_shipped(tmp_path, monkeypatch):
    assert train_part(TEACHER, CLASSIFIER, DATA, tmp_path, weights=tmp_path, records=tmp_path, progress=False)
    monkeypatch.setattr(pretraining, "train_natural_classifier", lambda *_, **__: pytest.fail("trained again"))
    assert train_part(TEACHER, CLASSIFIER, DATA, tmp_path, weights=tmp_path, records=tmp_path, progress=False)
    assert not train_part(CONDITIONAL, PARTS[CONDITIONAL], DATA, tmp_path, weights=tmp_path, records=tmp_path, minutes=0.0, progress=False)
    assert CONDITIONAL not in manifest(tmp_path)


def test_a_part_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(pretraining, "LARGEST_FILE", 1000)
    with pytest.raises(CheckpointError, match="fewer channels"):
        train_part(JUDGE, CLASSIFIER, DATA, tmp_path, weights=tmp_path, records=tmp_path, progress=False)


def test_a_damaged_checkpoint_is_named(tmp_path):
    gan(GAN, tmp_path / "a.pt", 1)
    (tmp_path / "a.pt").write_bytes((tmp_path / "a.pt").read_bytes()[:500])
    with pytest.raises(CheckpointError, match="remove it to begin anew"):
        gan(GAN, tmp_path / "a.pt", 2)


def test_the_sizes_fit_what_ships():
    for parts in (pretraining.SMALL, pretraining.LARGE):
        for name, part in parts.items():
            if isinstance(part, GeneratorPart):
                network = pretraining.new_generator(10, part.gan.channels, part.gan.latent_dim)
            else:
                network = pretraining.new_classifier(name, part.width)
            assert 2 * sum(value.numel() for value in network.state_dict().values()) <= pretraining.LARGEST_FILE
