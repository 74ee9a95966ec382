"""The paper's scale at tiny counts: the real networks with random weights, real photographs, every notebook of the profile."""

from pathlib import Path

import pandas as pd
import pytest
import torch
from conftest import check_executed, reproduced
from pytorch_pretrained_biggan import BigGANConfig

from companion import profiles, records
from companion.commands import reproduce
from companion.experiment import plans
from companion.fingerprints import fingerprint_of
from companion.runs import classifier
from companion.runs.shared import generate
from companion.support.paths import Paths
from paperlib.checks import ConfigError
from paperlib.generators import biggan
from paperlib.support.weights import CheckpointError

pytestmark = pytest.mark.slow

PROFILE = profiles.IMAGENET10_SMOKE
NOTEBOOKS = ("00_start_here", "01_table1", "02_r_sweep", "03_hard_samples", "05_image_quality")


@pytest.fixture(scope="module")
def executed(tmp_path_factory, outside_files):
    """`make reproduce PROFILE=imagenet10_smoke`."""
    with reproduced(PROFILE.name, tmp_path_factory, outside_files) as folder:
        yield folder


def test_the_papers_sizes():
    paper = profiles.IMAGENET10
    run = classifier.call(paper, seed=0, hsm=True, r=0.5).arguments
    assert (run.images, run.epochs, run.learning_rate, run.momentum, run.weight_decay, run.width) == (13_000, 150, 0.1, 0.9, 1e-4, 64)
    assert run.epochs * paper.paper_a.long_factor == 1500
    assert paper.parts.class_names()[:2] == ("aircraft carrier", "balloon")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_executed(executed, name):
    check_executed(executed / "notebooks" / f"{name}.ipynb")


def test_records_are_whole(executed, outside_files):
    found = records.find(executed)
    tiny_run_of_the_first_notebook = 1
    assert len(found) == len(set(plans.everything(PROFILE, 1))) + tiny_run_of_the_first_notebook
    assert plans.notebooks(PROFILE) == NOTEBOOKS
    hard = next(r for r in found if r.run == "hard_samples")
    assert hard.pictures["random"].shape == (10 * 128, 128, 3)
    quality = {r.arguments["image_set"]: r for r in found if r.run == "image_quality"}
    assert set(quality) == {"real train", "real test", "prior", "mined"}
    assert all(r.metrics["feature_space"] == "Inception" and r.metrics["feature_dimensions"] == 2048 for r in quality.values())
    assert set(quality["prior"].parts) == {"features", "generator", "judge", "real images"}
    assert (pd.read_csv(executed / "tables" / "quality.csv")["biased"] == "x").all()


def test_paper_b_is_refused(results):
    with pytest.raises(ConfigError, match=r"'imagenet10_smoke': it has no unconditional generator"):
        plans.conditioning(PROFILE, 1)


def test_missing_images_stop_before_any_work(results, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PAPERLIB_IMAGENET", str(tmp_path / "nowhere"))
    assert reproduce.main(["--profile", PROFILE.name]) == 2
    assert "train is no folder" in capsys.readouterr().err
    assert not list(results.rglob("*.json"))


@pytest.mark.parametrize("variable", ["PAPERLIB_JUDGE", "PAPERLIB_INCEPTION"])
def test_a_broken_network_stops_before_any_work(results, tmp_path, capsys, monkeypatch, outside_files, variable):
    for name, value in outside_files.items():
        monkeypatch.setenv(name, value)
    cut = tmp_path / "weights.pth"
    cut.write_bytes(Path(outside_files[variable]).read_bytes()[:1_000_000])
    monkeypatch.setenv(variable, str(cut))
    assert reproduce.main(["--profile", PROFILE.name]) == 2
    assert "cannot be read as weights" in capsys.readouterr().err
    assert not list(results.rglob("*.json"))


def test_the_parts_have_one_identity_whatever_the_threads(outside_files):
    hashes = set()
    for threads in (1, 2):
        torch.set_num_threads(threads)
        profile = profiles.load(PROFILE.name, Paths.from_environment(outside_files))
        hashes.add(fingerprint_of(profile, "generator"))
    torch.set_num_threads(1)
    assert len(hashes) == 1


def test_a_generator_of_another_size_is_refused(tmp_path):
    config = BigGANConfig(
        output_dim=32, z_dim=16, class_embed_dim=16, channel_width=8, layers=[(True, 16, 8), (True, 8, 4), (False, 4, 2), (True, 2, 1)],
        attention_layer_position=3,
    )  # fmt: skip
    biggan.save_biggan(biggan.random_biggan(config), tmp_path / "small")
    profile = profiles.load(PROFILE.name, Paths(biggan=str(tmp_path / "small")))
    with pytest.raises(CheckpointError, match=r"images of shape \(3, 32, 32\); the profile takes \(3, 128, 128\)"):
        profile.parts.generator()


def test_data_sets_are_bytes_on_the_device(outside_files):
    parts = profiles.load(PROFILE.name, Paths.from_environment(outside_files)).parts
    generator = parts.generator()
    images = generate(generator, generator.sample_latents(3), torch.arange(3), parts)
    assert images.dtype == torch.uint8
    assert images.shape == (3, 3, 128, 128)
    assert generator.num_classes == 10
