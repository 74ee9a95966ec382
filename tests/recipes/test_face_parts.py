"""The parts of `faces` at tiny sizes, on made-up images: who sees what, what is kept, and what is shown."""

import json
from dataclasses import replace

import pandas as pd
import pytest
import torch
from PIL import Image

from paperlib.data import Images
from paperlib.data.utkface import Faces
from paperlib.generators import load_residual_biggan
from paperlib.networks.vgg_face import load_attribute_classifier
from recipes import face_parts
from recipes.brock_layout import new_generator
from recipes.face_parts import ClassifierPart, GeneratorPart, stale, train_parts
from recipes.natural_classifier import NaturalTraining
from recipes.natural_gan import GANSettings, GANTraining

pytestmark = pytest.mark.slow

TRAINING = NaturalTraining(epochs=2, width=2, batch_size=8)
GAN = GANSettings(conditional=False, channels=4, latent_dim=6, batch_size=4, discriminator_steps=1)
PARTS = {
    "gender_plain": ClassifierPart("gender", "plain", TRAINING),
    "gender_wide": ClassifierPart("gender", "wide", TRAINING),
    "generator_fifth": GeneratorPart(GAN, steps=3, share=0.2),
    "conditional_generator": GeneratorPart(replace(GAN, conditional=True), steps=3),
}


def made_up(n, classes, seed):
    images = torch.randint(256, (n, 3, 32, 32), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)
    return Images(images, torch.arange(n) % classes)


def faces(attribute, names):
    return Faces(made_up(60, len(names), 0), made_up(20, len(names), 1), attribute, names, ())


FACES = {"gender": faces("gender", ("male", "female")), "race": faces("race", ("one", "two", "three"))}


def trained(folder, **options):
    return dict(train_parts(PARTS, FACES, folder / "cache", shown=folder / "shown", device=torch.device("cpu"), progress=False, **options))


def test_parts_load_and_their_reports_and_samples_are_shown(tmp_path):
    assert trained(tmp_path) == dict.fromkeys(PARTS, True)
    kept, shown = tmp_path / "cache", tmp_path / "shown"
    assert load_attribute_classifier(kept / "gender_wide" / "gender_wide.safetensors").class_names == ("male", "female")
    assert load_residual_biggan(kept / "generator_fifth").num_classes == 1
    assert load_residual_biggan(kept / "conditional_generator").num_classes == 3
    assert {path.name for path in shown.iterdir()} == {
        "gender_plain.csv", "gender_wide.csv", "generator_fifth.png", "conditional_generator.png", "generator_fifth.json",
        "conditional_generator.json",
    }  # fmt: skip
    report = pd.read_csv(shown / "gender_plain.csv", index_col=0)
    assert report.loc[["male", "female"], "support"].tolist() == [10, 10]
    assert Image.open(shown / "generator_fifth.png").size == (10 * 34 + 2, 10 * 34 + 2)
    assert json.loads((shown / "generator_fifth.json").read_text())["seen"] == 12


def test_a_generator_whose_copies_were_never_counted_is_counted_from_its_checkpoint(tmp_path):
    trained(tmp_path)
    counted = tmp_path / "cache" / "generator_fifth" / "copies.json"
    before, weights = counted.read_text(), torch.load(counted.parent / "G_ema.pth", weights_only=True)
    counted.unlink()
    assert trained(tmp_path) == dict.fromkeys(PARTS, True)
    assert counted.read_text() == before
    again = torch.load(counted.parent / "G_ema.pth", weights_only=True)
    assert all(torch.equal(again[name], value) for name, value in weights.items())


def test_a_generator_that_shows_training_images_again_is_seen():
    """It ignores the latent and shows one grey; two of the ten training images are nearly that grey."""
    images = torch.cat([torch.full((2, 3, 32, 32), 132, dtype=torch.uint8), torch.full((8, 3, 32, 32), 250, dtype=torch.uint8)])
    images[5:, :, :, :16] = 0
    training = GANTraining.begin(
        Images(images, torch.zeros(10, dtype=torch.long)), GAN, lambda classes, channels, latent: new_generator(1, channels, latent)
    )
    for parameter in training.average.parameters():
        parameter.data.zero_()
    found = face_parts._copied(training, Images(images[5:].flip(3), torch.zeros(5, dtype=torch.long)))  # mirrored ones are found too
    assert found["samples"]["copies"] == face_parts.LOOKED_AT
    assert 0 < found["samples"]["median"] < 6
    assert found["real test"] == {"images": 5, "copies": 5, "smallest": 0, "median": 0}


def test_what_is_done_is_not_done_again_and_is_shown_where_it_is_missing(tmp_path, monkeypatch):
    trained(tmp_path)
    (tmp_path / "shown" / "gender_plain.csv").unlink()
    monkeypatch.setattr(face_parts, "train_natural_classifier", None)
    monkeypatch.setattr(face_parts, "run", None)
    assert all(trained(tmp_path).values())
    assert (tmp_path / "shown" / "gender_plain.csv").is_file()


def test_parts_that_saw_other_images_or_had_other_settings_are_stale(tmp_path):
    trained(tmp_path)
    folder, race = tmp_path / "cache", ["generator_fifth", "conditional_generator"]
    for attribute, faces in FACES.items():
        assert stale(folder, PARTS, faces, PARTS) == []
        others = replace(faces, train=replace(faces.train, images=255 - faces.train.images))
        assert stale(folder, PARTS, others, PARTS) == (race if attribute == "race" else ["gender_plain", "gender_wide"])
    longer = PARTS | {"generator_fifth": replace(PARTS["generator_fifth"], steps=4)}
    assert stale(folder, PARTS, FACES["race"], longer) == ["generator_fifth"]
    assert stale(tmp_path, PARTS, FACES["race"], PARTS) == []


def test_no_time_leaves_everything_for_the_next_call(tmp_path):
    assert trained(tmp_path, minutes=1e-9) == {}
    assert not (tmp_path / "shown").exists()


def test_generators_that_were_stopped_go_on_bit_for_bit(tmp_path, monkeypatch):
    trained(tmp_path / "whole")
    run = face_parts.run
    with monkeypatch.context() as stopped:
        stopped.setattr(face_parts, "run", lambda *given, steps, **options: run(*given, steps=1, **options) and False)
        assert trained(tmp_path / "parted") == {name: isinstance(part, ClassifierPart) for name, part in PARTS.items()}
    assert trained(tmp_path / "parted") == dict.fromkeys(PARTS, True)
    for name in ("generator_fifth", "conditional_generator"):
        whole, parted = (torch.load(tmp_path / calls / "cache" / name / "G_ema.pth", weights_only=True) for calls in ("whole", "parted"))
        assert all(torch.equal(parted[tensor], value) for tensor, value in whole.items())


def test_teachers_and_judges_see_two_halves():
    teachers, judges = face_parts.halves(FACES["gender"].train)
    rows = [{image.numpy().tobytes() for image in half.images} for half in (teachers, judges)]
    assert len(rows[0]) == len(rows[1]) == 30 and not rows[0] & rows[1]
