"""The paper's scale at tiny counts: the real networks with random weights, real photographs, every notebook of the profile."""

import nbformat
import pytest
import torch

from paperlib import profiles, records, reproduce
from paperlib.config import ConfigError
from paperlib.experiment import plans
from paperlib.experiment.outcome import generate

PROFILE = profiles.IMAGENET10_SMOKE
NOTEBOOKS = ("00_start_here", "01_table1", "02_r_sweep", "03_hard_samples", "05_image_quality")


@pytest.fixture(scope="module")
def executed(tmp_path_factory, outside_files):
    """`make reproduce PROFILE=imagenet10_smoke`."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAPERLIB_RESULTS", str(folder))
        for name, value in outside_files.items():
            patch.setenv(name, value)
        assert reproduce.main(["--profile", PROFILE.name]) == 0
        yield folder / PROFILE.name


def test_the_papers_sizes():
    paper = profiles.IMAGENET10
    run = paper.classifier_run(0, hsm=True, r=0.5)
    assert (run.images, run.epochs, run.learning_rate, run.momentum, run.weight_decay, run.width) == (13_000, 150, 0.1, 0.9, 1e-4, 64)
    assert paper.classifier_run(0, long=True).epochs == 1500
    assert paper.parts.class_names()[:2] == ("aircraft carrier", "balloon")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_executed(executed, name):
    notebook = nbformat.read(executed / "notebooks" / f"{name}.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    outputs = [output for cell in code for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not any(output.output_type == "error" or output.get("name") == "stderr" for output in outputs)


def test_records_are_whole(executed, outside_files):
    found = records.find(PROFILE.name, folder=executed)
    tiny_run_of_the_first_notebook = 1
    assert len(found) == len(set(plans.everything(PROFILE, 1))) + tiny_run_of_the_first_notebook
    assert plans.notebooks(PROFILE) == NOTEBOOKS
    hard = next(r for r in found if r.kind == "hard-samples")
    assert hard.pictures["random"].shape == (10 * 128, 128, 3)
    quality = {r.config["image_set"]: r.metrics for r in found if r.kind == "quality"}
    assert set(quality) == {"real train", "real test", "prior", "mined"}
    assert all(m["feature_space"] == "Inception" and m["feature_dimensions"] == 2048 for m in quality.values())
    assert all(set(r.provenance["pretrained"]) == {"biggan", "inception", "judge"} for r in found)
    assert "biased upwards" in (executed / "report.html").read_text()


def test_paper_b_is_refused(results):
    with pytest.raises(ConfigError, match=r"'imagenet10_smoke': it has no unconditional generator"):
        plans.conditioning(PROFILE, 1)


def test_missing_images_stop_before_any_work(results, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PAPERLIB_IMAGENET", str(tmp_path / "nowhere"))
    assert reproduce.main(["--profile", PROFILE.name]) == 2
    assert "train is no folder" in capsys.readouterr().err
    assert not list(results.rglob("*.json"))


def test_data_sets_are_bytes_on_the_device(executed, outside_files, monkeypatch):
    for name, value in outside_files.items():
        monkeypatch.setenv(name, value)
    generator = PROFILE.parts.generator()
    images = generate(generator, generator.sample_latents(3), torch.arange(3), PROFILE.parts)
    assert images.dtype == torch.uint8
    assert images.shape == (3, 3, 128, 128)
    assert generator.num_classes == 10
