"""Fine-tuning learns, stops and goes on without a trace, reports by class; the notebook does all of it."""

import copy

import nbformat
import papermill
import pytest
import torch
from conftest import arrange_utkface
from torch import nn

from companion.commands import reproduce
from paperlib.data import Images, to_floats
from paperlib.networks.vgg_face import FaceAttributeClassifier, load_attribute_classifier
from paperlib.support.weights import CheckpointError
from paperlib.training import accuracy
from recipes.faces import class_report, train_attribute_classifier

pytestmark = pytest.mark.slow

NOTEBOOK = reproduce.NOTEBOOKS / "appendix_train_attribute_classifier.ipynb"


def small_classifier(classes=3):
    torch.manual_seed(0)
    network = nn.Sequential(nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(48, 16), nn.ReLU(), nn.Dropout(), nn.Linear(16, classes))
    return FaceAttributeClassifier(network)


@pytest.fixture(scope="module")
def images():
    """Noise whose brightest channel is the label."""
    rng = torch.Generator().manual_seed(0)
    labels = torch.arange(42) % 3
    pixels = torch.randint(0, 150, (42, 3, 8, 8), generator=rng)
    pixels[torch.arange(42), labels] += 100
    return Images(pixels.to(torch.uint8), labels)


def train(model, images, **settings):
    defaults = {"epochs": 4, "batch_size": 8, "learning_rate": 0.01, "progress": False}
    return train_attribute_classifier(model, images, **defaults | settings)


def equal(a, b):
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


def test_it_learns(images):
    model = small_classifier()
    history = train(model, images, epochs=20)
    assert history.loss[-1] < history.loss[0]
    assert accuracy(model, images) > 0.9
    assert not model.training


def test_a_resumed_run_ends_where_an_uninterrupted_one_does(images, tmp_path):
    whole, first, second = small_classifier(), small_classifier(), small_classifier()
    expected = train(whole, images)
    train(first, images, epochs=1, checkpoint=tmp_path / "run.pt")
    torch.manual_seed(123)
    history = train(second, images, checkpoint=tmp_path / "run.pt")
    assert not equal(first, whole)
    assert equal(second, whole)
    assert history == expected
    assert [p.name for p in tmp_path.iterdir()] == ["run.pt"]


def test_an_epoch_that_was_cut_off_is_repeated(images, tmp_path, monkeypatch):
    whole, model = small_classifier(), small_classifier()
    train(whole, images)
    step, steps = torch.optim.SGD.step, []

    def stop_in_the_third_epoch(optimizer, *arguments):
        steps.append(1)
        if len(steps) == 15:
            raise KeyboardInterrupt
        return step(optimizer, *arguments)

    monkeypatch.setattr(torch.optim.SGD, "step", stop_in_the_third_epoch)
    with pytest.raises(KeyboardInterrupt):
        train(model, images, checkpoint=tmp_path / "run.pt")
    monkeypatch.undo()
    model = small_classifier()
    train(model, images, checkpoint=tmp_path / "run.pt")
    assert equal(model, whole)


def test_a_finished_run_is_loaded(images, tmp_path):
    model, again = small_classifier(), small_classifier()
    history = train(model, images, checkpoint=tmp_path / "run.pt")
    before = (tmp_path / "run.pt").stat().st_mtime_ns
    assert train(again, images, checkpoint=tmp_path / "run.pt") == history
    assert equal(model, again)
    assert (tmp_path / "run.pt").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seed": 1}, "seed = 0 there and 1 here"),
        ({"batch_size": 4}, "batch_size = 8 there and 4 here"),
        ({"learning_rate": 0.1}, r"learning_rate = 0\.01 there"),
        ({"momentum": 0.5}, r"momentum = 0\.9 there"),
        ({"epochs": 1}, "has 2 epochs and epochs = 1"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(images, tmp_path, settings, message):
    train(small_classifier(), images, epochs=2, checkpoint=tmp_path / "run.pt")
    with pytest.raises(CheckpointError, match=message):
        train(small_classifier(), images, checkpoint=tmp_path / "run.pt", **settings)


def test_a_checkpoint_of_other_images_or_weights_is_refused(images, tmp_path):
    train(small_classifier(), images, epochs=1, checkpoint=tmp_path / "run.pt")
    with pytest.raises(CheckpointError, match=r"data = .* there and .* here"):
        train(small_classifier(), Images(images.images, images.labels.flip(0)), checkpoint=tmp_path / "run.pt")
    other = small_classifier()
    nn.init.ones_(other.network[2].weight)
    with pytest.raises(CheckpointError, match=r"start = .* there and .* here"):
        train(other, images, checkpoint=tmp_path / "run.pt")
    (tmp_path / "run.pt").write_bytes((tmp_path / "run.pt").read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="cannot be read as a checkpoint"):
        train(small_classifier(), images, checkpoint=tmp_path / "run.pt")


def test_what_is_frozen_stays_and_the_random_state_too(images):
    model = small_classifier()
    model.network[2].requires_grad_(False)
    before, state = copy.deepcopy(model), torch.random.get_rng_state()
    train(model, images)
    assert equal(model.network[2], before.network[2])
    assert not equal(model.network[5], before.network[5])
    assert torch.equal(torch.random.get_rng_state(), state)


def test_momentum_and_seed_change_the_result(images):
    results = []
    for settings in ({}, {"momentum": 0.5}, {"seed": 1}):
        results.append(small_classifier())
        train(results[-1], images, **settings)
    assert not any(equal(a, b) for a, b in ((results[0], results[1]), (results[0], results[2])))


def test_what_cannot_be_trained(images):
    with pytest.raises(ValueError, match=r"labels span 0\.\.2; the classifier has 2 outputs, for 0\.\.1"):
        train(small_classifier(2), images)
    with pytest.raises(ValueError, match="images spans"):
        train(small_classifier(), Images(images.images.float(), images.labels))
    with pytest.raises(ValueError, match=r"the loss of epoch .* use a learning rate below 1e"):
        train(small_classifier(), images, learning_rate=1e30)


class Answers(nn.Module):
    """Says the class that the first pixel holds."""

    def forward(self, x):
        return nn.functional.one_hot(((x[:, 0, 0, 0] + 1) * 127.5).round().long(), 3).float()


def test_report_by_hand():
    """Truth 0 0 0 1 1, said 0 0 1 1 1; the third class neither occurs nor is said."""
    images = torch.zeros(5, 3, 2, 2, dtype=torch.uint8)
    images[:, 0, 0, 0] = torch.tensor([0, 0, 1, 1, 1], dtype=torch.uint8)
    test = Images(images, torch.tensor([0, 0, 0, 1, 1]))
    table = class_report(Answers(), test, ("a", "b", "c"), batch_size=2)
    assert list(table.index) == ["a", "b", "c", "mean", "weighted mean"]
    assert list(table.columns) == ["precision", "recall", "F1", "support"]
    assert table.loc["a"].tolist() == pytest.approx([1, 2 / 3, 4 / 5, 3])
    assert table.loc["b"].tolist() == pytest.approx([2 / 3, 1, 4 / 5, 2])
    assert table.loc["c"].tolist() == [0, 0, 0, 0]
    assert table.loc["weighted mean", "recall"] == pytest.approx(
        (Answers()(to_floats(images)).argmax(1) == test.labels).float().mean().item()
    )


@pytest.fixture
def outside(results, tmp_path, monkeypatch, vgg_face_file):
    """Ten tiny faces and the weights, as the notebook's parameters."""
    monkeypatch.setenv("PAPERLIB_CACHE", str(tmp_path / "cache"))
    names = [f"{20 + i}_{i % 2}_{i % 5}_20170116174525125.jpg.chip.jpg" for i in range(10)]
    root = arrange_utkface(tmp_path / "faces", [*names, "39_1_20170116174525125.jpg.chip.jpg"])
    return {"root": str(root), "weights": str(vgg_face_file), "attribute": "gender", "size": 16, "epochs": 1, "batch_size": 4}


def execute(tmp_path, parameters, **engine):
    papermill.execute_notebook(NOTEBOOK, tmp_path / "out.ipynb", parameters, kernel_name="python3", progress_bar=False, **engine)
    return nbformat.read(tmp_path / "out.ipynb", as_version=4)


def test_the_notebook(outside, results, tmp_path):
    notebook = execute(tmp_path, outside | {"freeze_backbone": True})
    folder = results / "appendix" / "attribute_classifiers"
    assert sorted(p.name for p in folder.iterdir()) == [
        "gender-vgg-face-half.checkpoint.pt",
        "gender-vgg-face-half.csv",
        "gender-vgg-face-half.safetensors",
    ]
    model = load_attribute_classifier(folder / "gender-vgg-face-half.safetensors")
    assert (model.attribute, model.class_names, model.normalisation) == ("gender", ("male", "female"), "half")
    text = str(notebook)
    assert "1 files left out: 39_1_20170116174525125" in text
    assert "weighted mean" in text
    assert not any(output.output_type == "error" for cell in notebook.cells for output in cell.get("outputs", []))


def test_the_notebook_stops_with_one_clear_error(results, tmp_path):
    with pytest.raises(papermill.PapermillExecutionError, match="attribute = 'mood': use one of 'race'"):
        execute(tmp_path, {"attribute": "mood"}, engine_name="in process")
    assert not list(results.rglob("*.safetensors"))
