"""The cifar10 profiles: their sizes, what the doctor says before the weights are there, and runs with tiny parts of random weights."""

import sys
from dataclasses import replace

import pytest
import torch

from companion import profiles
from companion.commands import pretrain
from companion.experiment import plans, run
from companion.frames import frame
from companion.fresh_images import FreshImages
from companion.profiles import closing
from companion.results import table1
from companion.runs import classifier
from companion.runs.paper_b import call_of
from companion.support.paths import Paths
from paperlib.checks import ConfigError
from paperlib.data import Images
from paperlib.data.cifar10 import CLASSES, Cifar10
from paperlib.support.tensor_cache import checksum
from paperlib.support.weights import CheckpointError, save_weights
from recipes.cifar10 import CONDITIONAL, JUDGE, TEACHER, UNCONDITIONAL, new_classifier
from recipes.natural_gan import new_generator

module = sys.modules["companion.profiles.cifar10"]
NAMES = ("cifar10", "cifar10_small", "cifar10_tuning", "cifar10_smoke")


def made_up(n, seed):
    images = torch.randint(256, (n, 3, 32, 32), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)
    return Images(images, torch.arange(n) % 10)


DATA = Cifar10(made_up(800, 0), made_up(400, 1), made_up(50, 2))
SEEN = {"data": checksum(DATA.train.images, DATA.train.labels)}


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Tiny weights in the place of those that ship, and made-up images."""
    torch.manual_seed(0)
    for name, classes in ((CONDITIONAL, 10), (UNCONDITIONAL, 0)):
        save_weights(new_generator(classes, 4, 6).half(), name, {"channels": 4, "latent_dim": 6, "seed": 0, "steps": 8} | SEEN, tmp_path)
    for name in (JUDGE, TEACHER):
        save_weights(new_classifier(name, 2).half(), name, {"width": 2, "seed": 0}, tmp_path)
    save_weights(new_generator(10, 4, 6).half(), "cifar10-0-000004", {}, tmp_path / "stages")
    monkeypatch.setattr(module, "PRETRAINED", tmp_path)
    monkeypatch.setattr(module, "STAGES", tmp_path / "stages")
    monkeypatch.setattr(module.data, "cifar10", lambda source, cache: DATA)
    return tmp_path


def test_paper_a_s_sizes():
    paper = profiles.CIFAR10
    one = classifier.call(paper, seed=0, hsm=True, r=0.5).arguments
    assert (one.images, one.epochs, one.learning_rate, one.momentum, one.weight_decay, one.width) == (13_000, 150, 0.1, 0.9, 1e-4, 64)
    assert one.epochs * paper.paper_a.long_factor == 1500
    assert max(call.arguments.long_factor for call in plans.table1(paper, 1)) == paper.paper_a.long_factor
    assert call_of(paper.settings[0], paper, 0).arguments.labels_per_epoch == 20_000


def test_paper_b_s_own_setting_and_its_warm_start_have_the_paper_s_budget_on_two_cores_too():
    small = profiles.CIFAR10_SMALL
    labels = {call.arguments.setting: call.arguments.labels_per_epoch for call in plans.conditioning(small, 5)}
    assert set(labels) == set(small.settings)
    assert [labels.pop(setting) for setting in small.own_settings] == [20_000, 20_000]
    assert set(labels.values()) == {5000}


def test_no_labels_beside_paper_b_s_own_setting_are_refused():
    none = replace(profiles.CIFAR10_SMALL, conditioning=replace(profiles.CIFAR10_SMALL.conditioning, side_labels=0))
    with pytest.raises(ConfigError, match="labels_per_epoch"):
        plans.conditioning(none, 5)


@pytest.mark.parametrize("name", NAMES)
def test_every_notebook_has_its_plan(name):
    profile = profiles.load(name)
    assert {"01_table1", "02_r_sweep", "03_hard_samples", "04_conditioning", "05_image_quality"} <= set(plans.notebooks(profile))
    assert plans.everything(profile, profile.seeds)
    assert profile.parts.class_names() == CLASSES


def test_the_classifiers_first_stage_sees_what_it_sees_of_large_images():
    seen = {}
    for name in ("cifar10", "cifar10_small"):
        network = profiles.load(name).parts.classifier(4)
        network.layer1.register_forward_hook(lambda m, x, h, name=name: seen.update({name: h.shape[2]}))
        assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    assert seen == {"cifar10": 32, "cifar10_small": 16}


def test_what_is_missing_is_named_with_its_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PRETRAINED", tmp_path)
    save_weights(new_classifier(TEACHER, 2), TEACHER, {"width": 2, "seed": 0}, tmp_path)
    parts = profiles.load("cifar10_smoke", Paths(cache=tmp_path, cifar10=tmp_path / "nowhere")).parts
    lacking = {r.name: r.remedy for r in parts.requirements() if r.found is None}
    assert len(lacking) == 4
    assert "PAPERLIB_CIFAR10" in lacking["CIFAR-10"]
    assert all("make pretrained PROFILE=cifar10" in remedy for name, remedy in lacking.items() if name != "CIFAR-10")
    with pytest.raises(CheckpointError, match=CONDITIONAL):
        parts.generator()
    with pytest.raises(CheckpointError, match=JUDGE):
        parts.judge()


def test_the_shipped_parts_are_found_by_their_manifest(shipped):
    profile = profiles.load("cifar10_smoke", Paths())
    parts = profile.parts
    assert all(r.found for r in parts.requirements()[1:])
    generator = parts.generator()
    assert (generator.latent_dim, generator.num_classes, generator.image_shape) == (6, 10, (3, 32, 32))
    assert parts.judge() is parts.features()
    train, test = parts.real_images()
    assert torch.equal(train.images[1], DATA.train.images[40])
    assert torch.equal(test.images[1], DATA.validation.images[20])
    with pytest.raises(ConfigError, match="teacher"):
        parts.paper_b.teacher("another")


def test_methods_past_the_paper_are_columns_of_table_1(shipped, tmp_path):
    profile = profiles.load("cifar10_smoke", Paths(results=tmp_path))
    settings = FreshImages(latent_std=1.2, older=0.5, mined=0.2, dropped=0.1)
    profile = replace(profile, methods=(closing.method_of(settings, profile), closing.oracle(profile.parts)))
    found = [run(call, progress=False) for call in plans.own_methods(profile, 1)]
    assert [r.arguments["long_factor"] for r in found] == [profile.classifier.long_factor, 1]
    assert list(table1.table(frame(found, "classifier"))["column"][-2:]) == [method.name for method in profile.methods]
    assert all(0 <= r.metrics["accuracy"] <= 1 for r in found)


def test_no_profile_but_the_reported_ones_reads_the_test_images(shipped, monkeypatch):
    monkeypatch.setattr(module, "SMALL_TRAIN", 100)
    for name in NAMES:
        _, tested = profiles.load(name, Paths()).parts.real_images()
        assert torch.equal(tested.images[0], (DATA.test if name in ("cifar10", "cifar10_small") else DATA.validation).images[0])


def test_images_that_the_generators_were_trained_on_tune_nothing(shipped, monkeypatch):
    """Files in another order: another part of them is set apart for validation."""
    other = replace(DATA, train=DATA.validation, validation=DATA.train)
    monkeypatch.setattr(module.data, "cifar10", lambda source, cache: other)
    monkeypatch.setattr(module, "SMALL_TRAIN", 100)
    with pytest.raises(CheckpointError, match="trained on other files of CIFAR-10"):
        profiles.load("cifar10_tuning", Paths()).parts.real_images()
    assert profiles.load("cifar10_small", Paths()).parts.real_images()


def test_a_record_says_what_the_files_of_the_images_are(shipped, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "describe", lambda path: "JPEG files, a re-encoding")
    profile = profiles.load("cifar10_smoke", Paths(results=tmp_path))
    made = run(plans.quality_of(profile, "real test", 0), progress=False)
    assert made.provenance["images"] == "JPEG files, a re-encoding"
    assert set(made.parts) == {"features", "judge", "real images"}


def test_a_part_or_a_time_that_is_none_is_refused(capsys):
    assert pretrain.main(["--profile", "cifar10", "--part", "discriminator"]) == 2
    assert JUDGE in capsys.readouterr().err
    assert pretrain.main(["--profile", "cifar10", "--minutes", "0"]) == 2
    assert "minutes = 0" in capsys.readouterr().err


def test_a_profile_without_trainings_is_refused_before_the_digits_are_touched(capsys):
    assert pretrain.main(["--profile", "cifar10_small"]) == 2
    assert "profile = 'cifar10_small': use one of 'digits', 'cifar10', 'faces'" in capsys.readouterr().err
