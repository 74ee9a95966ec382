"""One seed of paper A is put together of its pieces: the same images, the same classifiers, from the same streams."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from paperlib.accuracy_score import GeneratedImages, Training, filler, generated_source, new_classifier, train_classifier
from paperlib.data import Images
from paperlib.dataset_smoothing import SmoothedDataset
from paperlib.generators import from_module
from paperlib.hard_sample_mining import collect_hard_dataset, mine_hard_latents
from paperlib.streams import stream
from paperlib.training import sgd, train, train_epoch

CLASSES, SEED = 3, 5
TRAINING = Training(epochs=4, batch_size=7, learning_rate=0.2, seed=SEED, momentum=0.5, weight_decay=0.01)
FIXED = GeneratedImages(count=30, round_images=10, mining_steps=2, step_size=0.5, pass_images=8)
EVERY = {
    "random": FIXED,
    "Alg. 1": replace(FIXED, hsm=True),
    "DS": replace(FIXED, r=0.3),
    "Alg. 2": replace(FIXED, r=0.3, hsm=True),
}
every = pytest.mark.parametrize("images", EVERY.values(), ids=EVERY)
renewed = pytest.mark.parametrize("images", [EVERY["DS"], EVERY["Alg. 2"]], ids=["DS", "Alg. 2"])


class Drawn(nn.Module):
    """An image of four pixels: z, brighter with the class."""

    def forward(self, z, y):
        return torch.tanh(z / 2 + y[:, None] - 1).view(-1, 1, 2, 2)


@pytest.fixture(scope="module")
def generator():
    return from_module(Drawn(), latent_dim=4, image_shape=(1, 2, 2), num_classes=CLASSES)


def make():
    return nn.Sequential(nn.Flatten(), nn.Linear(4, CLASSES))


def rows(images):
    """Which images these are, whatever their order."""
    return {image.numpy().tobytes() for image in images.images}


def equal(one, other):
    return torch.equal(one.images, other.images) and torch.equal(one.labels, other.labels)


def joined(*parts):
    return Images(torch.cat([p.images for p in parts]), torch.cat([p.labels for p in parts]))


@pytest.mark.parametrize("images", [EVERY["random"], EVERY["Alg. 1"]], ids=["random", "Alg. 1"])
def test_a_fixed_set_is_the_same_in_every_epoch(images, generator):
    source = generated_source(images, generator, make, TRAINING)
    first = rows(source(0, make()))
    assert len(first) == 30
    assert all(rows(source(epoch, make())) == first for epoch in range(1, 4))


@renewed
def test_a_share_is_renewed_after_each_epoch(images, generator):
    source, seen = generated_source(images, generator, make, TRAINING), []
    for epoch in range(4):
        now = rows(source(epoch, make()))
        assert len(now) == 30
        assert not seen or len(now & seen[-1]) == 30 - 9
        seen.append(now)
    assert len(set.union(*seen)) == 30 + 3 * 9


@pytest.mark.parametrize("r", [0.0, 0.33, 1.0])
@pytest.mark.parametrize("hsm", [False, True])
def test_all_that_are_made_are_shown(r, hsm, generator):
    shown = []
    source = generated_source(replace(FIXED, r=r, hsm=hsm), generator, make, TRAINING, see=shown.append)
    used = set()

    def watched(epoch, model):
        data = source(epoch, model)
        used.update(rows(data))
        return data

    train_classifier(make, watched, TRAINING, progress=False)
    assert sum(map(len, shown)) == 30 + round(r * 30) * (TRAINING.epochs - 1)
    assert rows(joined(*shown)) == used


def test_random_images_are_those_of_the_filler(generator):
    made = generated_source(FIXED, generator, make, TRAINING)(0, make())
    assert equal(made, filler(FIXED, generator, stream(SEED, "training images"))(30, None))


def test_alg_1_mines_against_a_classifier_of_its_own(generator):
    images = EVERY["Alg. 1"]
    model, order = new_classifier(make, SEED, "mining classifier weights"), stream(SEED, "mining classifier order")
    optimizer = sgd(model, TRAINING.learning_rate, TRAINING.momentum, TRAINING.weight_decay)

    def one_epoch(data):
        train_epoch(model, data, optimizer, batch_size=7, rng=order)
        return model

    pieces = collect_hard_dataset(30, 10, filler(images, generator, stream(SEED, "training images")), one_epoch)
    made = generated_source(images, generator, make, TRAINING)(0, make())
    assert equal(made, pieces)
    random = filler(images, generator, stream(SEED, "training images"))(10, None)
    assert equal(made.subset(torch.arange(10)), random)


@renewed
def test_ds_and_alg_2_renew_as_the_pieces_do(images, generator):
    classifier, rng = new_classifier(make, 1, "classifier weights"), stream(SEED, "training images")
    fill = filler(images, generator, rng)
    first = fill(30, None)
    data = SmoothedDataset(first.images, first.labels)
    source = generated_source(images, generator, make, TRAINING)
    assert equal(source(0, classifier), Images(data.images, data.labels))
    for epoch in range(1, 4):
        new = joined(fill(5, None), fill(4, classifier)) if images.hsm else fill(9, None)
        data.replace(0.3, new.images, new.labels, rng)
        assert equal(source(epoch, classifier), Images(data.images, data.labels))


@pytest.mark.parametrize("r", [0.0, 0.3])
def test_without_a_step_mined_images_are_random_ones(r, generator):
    images = replace(FIXED, hsm=True, r=r, mining_steps=0)
    source, rng = generated_source(images, generator, make, TRAINING), stream(SEED, "training images")
    fill, classifier = filler(images, generator, rng), make()
    if r == 0:
        assert equal(source(0, classifier), joined(*(fill(10, None) for _ in range(3))))
        return
    first = fill(30, None)
    data = SmoothedDataset(first.images, first.labels)
    for epoch in range(4):
        if epoch:
            new = joined(fill(5, None), fill(4, None))
            data.replace(r, new.images, new.labels, rng)
        assert equal(source(epoch, classifier), Images(data.images, data.labels))


def test_a_filler_mines_at_its_steps_and_step_size(generator):
    classifier = new_classifier(make, 0, "classifier weights")
    mined = filler(FIXED, generator, stream(SEED, "training images"))(12, classifier)
    z, y = generator.sample_latents(12, stream(SEED, "training images")), torch.arange(12) % CLASSES
    moved = mine_hard_latents(generator, classifier, z, y, steps=2, step_size=0.5)
    assert not torch.equal(moved, z)
    assert torch.allclose(mined.images, generator(moved, y), atol=1e-6)
    assert torch.equal(mined.labels, y)


def test_the_classes_of_all_calls_together_are_even(generator):
    fill = filler(FIXED, generator, torch.Generator().manual_seed(0))
    labels = [fill(n, None).labels for n in (10, 4, 3, 1)]
    assert [y[0].item() for y in labels] == [0, 1, 2, 2]
    assert torch.cat(labels).bincount().tolist() == [6] * CLASSES


@every
def test_what_is_made_over_a_training_has_even_classes(images, generator):
    """Also where the images of a round, 10 of Alg. 1 and 9 or 5 and 4 of DS, are no multiple of the classes."""
    shown = []
    source = generated_source(images, generator, make, TRAINING, see=shown.append)
    for epoch in range(4):
        source(epoch, make())
    counts = torch.cat([new.labels for new in shown]).bincount()
    assert counts.max() - counts.min() <= 1


@every
def test_a_seed_gives_the_same_bits_and_another_seed_others(images, generator):
    def trained(seed):
        settings = replace(TRAINING, seed=seed)
        source = generated_source(images, generator, make, settings)
        first = rows(source(0, make()))
        return first, *train_classifier(make, source, settings, progress=False)

    (first, one, losses), (again, same, repeated), (others, other, _) = trained(0), trained(0), trained(1)
    assert first == again and not first & others
    assert losses == repeated
    assert torch.equal(one[1].weight, same[1].weight)
    assert not torch.equal(one[1].weight, other[1].weight)


def test_a_classifier_is_trained_as_the_settings_say(generator):
    source = generated_source(FIXED, generator, make, TRAINING)
    model, history = train_classifier(make, source, TRAINING, progress=False)
    expected = new_classifier(make, SEED, "classifier weights")
    assert history == train(
        expected, source, epochs=4, batch_size=7, learning_rate=0.2, momentum=0.5, weight_decay=0.01, seed=SEED, progress=False
    )
    assert torch.equal(model[1].weight, expected[1].weight)
    for name, value in {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.1, "batch_size": 5, "epochs": 3}.items():
        changed, _ = train_classifier(make, source, replace(TRAINING, **{name: value}), progress=False)
        assert not torch.equal(changed[1].weight, model[1].weight), name


def test_the_first_weights_are_of_seed_and_purpose_alone():
    torch.manual_seed(1)
    one = new_classifier(make, 0, "classifier weights")
    torch.manual_seed(2)
    same, mining = new_classifier(make, 0, "classifier weights"), new_classifier(make, 0, "mining classifier weights")
    assert torch.equal(one[1].weight, same[1].weight)
    assert not torch.equal(one[1].weight, mining[1].weight)


def test_images_are_kept_as_bytes_where_asked(generator):
    floats, stored = (
        generated_source(replace(FIXED, store_bytes=as_bytes), generator, make, TRAINING)(0, make()).images for as_bytes in (False, True)
    )
    assert stored.dtype == torch.uint8
    assert (stored / 127.5 - 1 - floats).abs().max() <= 1 / 127.5


def test_a_training_of_alg_1_that_diverges_is_refused(generator):
    with pytest.raises(ValueError, match="learning_rate"):
        generated_source(EVERY["Alg. 1"], generator, make, replace(TRAINING, learning_rate=1e30, weight_decay=1.0))
