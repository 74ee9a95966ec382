"""The second judge is scikit-learn's kernel ridge, it is frozen, and its cross-validation is what the manifest says."""

import copy

import pytest
import torch

from companion.profiles import DIGITS
from paperlib import data
from paperlib.data import to_bytes
from paperlib.networks import kernel_judge
from paperlib.networks.kernel_judge import KernelJudge, descriptors
from paperlib.support.weights import load_pretrained, manifest
from paperlib.training import predict
from recipes.digits import DIGITS_PARTS
from recipes.kernel_judge import KernelTraining, cross_validated_accuracy, fit_kernel_judge, kernel_ridge

NAME = "digits_second_judge"


@pytest.fixture(scope="module")
def judge():
    return load_pretrained(KernelJudge(), NAME)


@pytest.fixture(scope="module")
def generated():
    generator = DIGITS.parts.paper_b.generator()
    with torch.no_grad():
        return generator(generator.sample_latents(500, torch.Generator().manual_seed(0)), None)


def test_equal_to_sklearn(judge, generated):
    expected = kernel_ridge(data.digits()[1], KernelTraining().ridge).predict(descriptors(generated).double().numpy())
    torch.testing.assert_close(judge(generated).double(), torch.from_numpy(expected), rtol=0, atol=2e-3)


def test_of_the_test_digits_and_no_other(judge):
    test = data.digits()[1]
    assert torch.equal(judge.images, to_bytes(test.images))
    assert (judge(test.images).argmax(1) == test.labels).float().mean() > 0.99


def test_frozen(judge, generated):
    before = {name: value.clone() for name, value in judge.state_dict().items()}
    predict(judge, generated)
    assert not list(judge.parameters()) and not judge.training
    assert all(torch.equal(value, before[name]) for name, value in judge.state_dict().items())


def test_a_batch_is_read_image_by_image(judge, generated):
    torch.testing.assert_close(judge(generated[:7]), torch.cat([judge(image[None]) for image in generated[:7]]), rtol=0, atol=1e-3)


def test_the_place_of_a_digit_does_not_matter(generated):
    image = torch.nn.functional.pad(generated[:20, :, 3:-3, 3:-3], [3] * 4, value=-1.0)
    torch.testing.assert_close(descriptors(image.roll((2, -1), (2, 3))), descriptors(image), rtol=0, atol=1e-4)


def test_an_empty_image_has_no_class(judge):
    assert torch.equal(judge(torch.full((1, 1, 28, 28), -1.0)), torch.zeros(1, 10))


def test_ridge_counts():
    train = data.digits()[1].subset(torch.arange(50))
    loose, tight = (fit_kernel_judge(train, KernelTraining(ridge=ridge)).coefficients for ridge in (0.03, 3.0))
    assert tight.norm() < loose.norm() / 2


def test_the_bar_holds_when_it_is_measured_again():
    settings, test = DIGITS_PARTS[NAME], data.digits()[1]
    assert {name: manifest()[NAME][name] for name in ("ridge", "folds", "seed")} == vars(settings)
    found = cross_validated_accuracy(test, settings)
    assert found == pytest.approx(manifest()[NAME]["cross_validated_accuracy"], abs=0.003)
    assert found >= 0.96
    assert cross_validated_accuracy(test, KernelTraining(seed=1)) >= 0.96
    assert cross_validated_accuracy(test, KernelTraining(folds=2)) < found


def test_its_known_images_are_described_once(judge, generated, monkeypatch):
    expected, described = judge(generated), []
    monkeypatch.setattr(kernel_judge, "descriptors", lambda x: described.append(len(x)) or descriptors(x))
    assert torch.equal(torch.cat([judge(part) for part in generated.split(100)]), torch.cat([judge(part) for part in generated.split(100)]))
    assert torch.equal(judge(generated), expected)
    assert 1000 not in described


def test_other_images_are_described_anew(judge, generated):
    changed = copy.deepcopy(judge)
    changed(generated)
    changed.images.copy_(judge.images.flip(0))
    changed.coefficients.copy_(judge.coefficients.flip(0))
    torch.testing.assert_close(changed(generated), judge(generated), rtol=0, atol=1e-3)
