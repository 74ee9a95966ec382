"""What a method's function cannot work with stops before any work, in one line that names it."""

from functools import partial

import pytest
import torch
from torch import nn

from paperlib.batchnorm_adaptation import adapt_batchnorm
from paperlib.checks import ConfigError
from paperlib.conditioner import Conditioner, train_conditioner
from paperlib.data import Images, check_images
from paperlib.dataset_smoothing import SmoothedDataset, smoothing_source
from paperlib.generators import from_module
from paperlib.hard_sample_mining import collect_hard_dataset, mine_hard_latents
from paperlib.training import train

NAN, HUGE = float("nan"), 1e30


def images(n=10, dtype=torch.float32):
    return Images((torch.arange(16 * n).view(n, 1, 4, 4) % 7 / 3.5 - 1).to(dtype), torch.arange(n) % 3)


def network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.BatchNorm2d(1), nn.Flatten(), nn.Linear(16, 3))


GENERATOR = from_module(nn.Sequential(nn.Tanh(), nn.Unflatten(1, (1, 4, 4))), latent_dim=16, image_shape=(1, 4, 4))


def no_work(*_):
    pytest.fail("work began")


def train_on(source, **settings):
    return train(network(), source, **({"epochs": 3, "batch_size": 5, "learning_rate": 0.1, "progress": False} | settings))


def mine(**settings):
    return mine_hard_latents(GENERATOR, no_work, torch.ones(2, 16), None, **({"steps": 1, "step_size": 0.1} | settings))


def condition(**settings):
    return train_conditioner(GENERATOR, no_work, 3, **({"progress": False} | settings))


@pytest.mark.parametrize(
    ("call", "name", "values"),
    [
        (partial(train_on, no_work), "seed", [2**63, -1, 1.5, "0", None, True]),
        (partial(train_on, no_work), "epochs", [0, 2.5, NAN, "3", True]),
        (partial(train_on, no_work), "batch_size", [0, 1, 2.5, NAN]),
        (partial(train_on, no_work), "learning_rate", [NAN, HUGE, 0, -1, "0.1"]),
        (partial(train_on, no_work), "momentum", [NAN, 1, -0.1]),
        (partial(train_on, no_work), "weight_decay", [NAN, HUGE, -1]),
        (mine, "steps", [-1, 2.5, NAN, float("inf"), "2", None]),
        (mine, "step_size", [NAN, HUGE, -1, "1"]),
        (mine, "batch_size", [0, -1, 2.5, NAN]),
        (condition, "seed", [2**63, 1.5]),
        (condition, "epochs", [0, 2.5, NAN]),
        (condition, "batch_size", [0, 2.5, NAN]),
        (condition, "labels_per_epoch", [0, 2.5]),
        (condition, "image_size", [0, 2.5, NAN]),
        (condition, "learning_rate", [NAN, HUGE, 0, "0.1"]),
        (condition, "momentum", [NAN, 1]),
        (condition, "warm_start", [NAN, 2.5, -1]),
        (condition, "prior_weight", [NAN, HUGE, -1]),
        (partial(adapt_batchnorm, network(), images().images), "batch_size", [0, 1, 2.5, NAN]),
        (partial(adapt_batchnorm, network(), images().images), "momentum", [NAN, 0, "0.1"]),
        (partial(adapt_batchnorm, network(), images().images), "seed", [2**63, 1.5]),
    ],
)
def test_numbers(call, name, values):
    for value in values:
        with pytest.raises(ConfigError, match=rf"^{name} = .*: use an? (integer|number)"):
            call(**{name: value})


@pytest.mark.parametrize(
    ("z", "message"),
    [(torch.ones(2, 16, dtype=torch.long), "z is torch.int64; mining starts from floats"), (torch.full((2, 16), NAN), "z contains NaN")],
)
def test_latents_to_start_from(z, message):
    with pytest.raises(ValueError, match=message):
        mine_hard_latents(GENERATOR, no_work, z, None, steps=1, step_size=0.1)


def test_latents_of_a_generator():
    with pytest.raises(ValueError, match=r"z is torch.int64 of shape \(2, 16\); this generator takes floats \(N, 16\)"):
        GENERATOR(torch.ones(2, 16, dtype=torch.long))
    for n in (2.5, -1, NAN):
        with pytest.raises(ConfigError, match=f"n = {n}: use an integer of at least 0"):
            GENERATOR.sample_latents(n)


def test_attributes_that_are_no_integers():
    with pytest.raises(ValueError, match=r"attributes are torch.float32; use integers from 0 to 2: attribute.long\(\)"):
        Conditioner(3, 16).sample(torch.tensor([0.0, 1.5]))


@pytest.mark.parametrize(("total", "per_round"), [(10, 4.5), (10, 0), (10, 11), (10, NAN)])
def test_round_images(total, per_round):
    with pytest.raises(ConfigError, match=f"per_round = {per_round}: use an integer from 1 to 10"):
        collect_hard_dataset(total, per_round, no_work, no_work)


@pytest.mark.parametrize("total", [10.5, NAN, 0])
def test_number_of_images(total):
    with pytest.raises(ConfigError, match=f"total = {total}: use an integer of at least 1"):
        collect_hard_dataset(total, 4, no_work, no_work)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (torch.full((10,), 3), r"spans \[3, 3\]; expected \[0, 2\]: the classifier has 3 classes"),
        (torch.full((10,), -100), r"spans \[-100, -100\]; expected \[0, 2\]"),
        (torch.zeros(4, dtype=torch.long), r"shape \(4,\); expected \(10,\) torch.long. Give one for each image"),
        (torch.zeros(12, dtype=torch.long), r"shape \(12,\); expected \(10,\)"),
        (torch.zeros(10), r"is torch.float32 of shape \(10,\)"),
        (torch.zeros(10, 3), r"shape \(10, 3\); expected \(10,\)"),
    ],
)
@pytest.mark.parametrize("epoch", [1, 2])
def test_labels_of_any_epoch(labels, message, epoch):
    bad = Images(images().images, labels)
    with pytest.raises(ValueError, match=f"the label set of epoch {epoch} {message if 'shape' not in message else '.*' + message}"):
        train_on(lambda e, model: bad if e + 1 == epoch else images())


def test_images_of_another_type():
    for call in (lambda data: train_on(lambda *_: data), lambda data: adapt_batchnorm(network(), data.images)):
        with pytest.raises(ValueError, match=r"cannot read torch.float64 images of shape \(1, 4, 4\): .*images.float\(\)"):
            call(images(dtype=torch.float64))
        with pytest.raises(ValueError, match=r"torch.int64; expected floats in \[-1, 1\] or bytes"):
            call(images(dtype=torch.int64))
    with pytest.raises(ValueError, match=r"is torch\.int32"):
        check_images(images(dtype=torch.int32).images)


def test_networks_of_float64_take_images_of_float64():
    data = images(dtype=torch.float64)
    train(network().double(), lambda *_: data, epochs=1, batch_size=5, learning_rate=0.1, progress=False)
    adapt_batchnorm(network().double(), data.images)


def test_images_of_a_later_epoch():
    with pytest.raises(ValueError, match="the image set of epoch 3 contains NaN or infinity; remove or repair"):
        train_on(lambda epoch, model: Images(images().images * (NAN if epoch == 2 else 1), images().labels))
    with pytest.raises(ValueError, match="the image set of epoch 2 is empty"):
        train_on(lambda epoch, model: images(0 if epoch else 10))


def test_functions_that_return_nothing():
    for epoch in (0, 2):
        with pytest.raises(ValueError, match=rf"source\({epoch}, model\) returned NoneType; return Images\(images, labels\)"):
            train_on(lambda e, model, epoch=epoch: None if e == epoch else images())
    with pytest.raises(ValueError, match=r"fill\(4, None\) returned NoneType"):
        collect_hard_dataset(10, 4, lambda n, classifier: None, no_work)
    source = smoothing_source(SmoothedDataset(images().images, images().labels), 0.5, lambda *_: None, hsm=False, rng=torch.Generator())
    with pytest.raises(ValueError, match=r"fill\(5, None\) returned NoneType"):
        source(1, network())


@pytest.mark.parametrize("count", [0, 3, 5])
def test_fill_returns_as_many_as_are_asked_for(count):
    """None at all was an endless loop."""
    with pytest.raises(ValueError, match=rf"fill\(4, classifier\) returned {count} images and {count} labels; return 4 of each"):
        collect_hard_dataset(10, 4, lambda n, classifier: images(count if classifier else n), lambda data: network())


def test_new_images_of_another_type():
    data = SmoothedDataset(images().images, images().labels)
    with pytest.raises(ValueError, match=r"type torch.float64; the data set holds \(1, 4, 4\) and torch.float32. Make them equal"):
        data.replace(0.5, images(5, torch.float64).images, images(5).labels)
