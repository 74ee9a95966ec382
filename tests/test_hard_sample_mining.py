import copy

import pytest
import torch
from torch import nn

from companion import profiles
from paperlib.data import Images
from paperlib.generators import from_module
from paperlib.hard_sample_mining import collect_hard_dataset, mine_hard_latents


@pytest.fixture(scope="module")
def parts():
    torch.manual_seed(0)
    generator = profiles.DIGITS.parts.generator()
    classifier = profiles.DIGITS.parts.classifier(4)
    z, y = generator.sample_latents(12, torch.Generator().manual_seed(1)), torch.arange(12) % 10
    for _ in range(3):
        classifier(generator(z, y))
    return generator, classifier, z, y


def test_zero_steps_return_an_equal_copy(parts):
    generator, classifier, z, y = parts
    mined = mine_hard_latents(generator, classifier, z, y, steps=0, step_size=1.0)
    assert torch.equal(mined, z)
    assert mined.data_ptr() != z.data_ptr()


def test_norms_are_kept_and_scores_fall(parts):
    generator, classifier, z, y = parts
    mined = mine_hard_latents(generator, classifier, z, y, steps=5, step_size=0.5)
    assert torch.allclose(mined.norm(dim=1), z.norm(dim=1), rtol=1e-5)
    classifier.eval()
    with torch.no_grad():
        before, after = classifier(generator(z, y)), classifier(generator(mined, y))
    k_star = before.argmax(1, keepdim=True)
    assert (after - before).gather(1, k_star).mean() < 0


def test_equals_equations_2_and_3_written_out(parts):
    generator, classifier, z, y = parts
    classifier.eval()
    expected = []
    for i in range(3):
        zi, yi = z[i : i + 1].clone(), y[i : i + 1]
        k = classifier(generator(zi, yi)).argmax().item()
        for _ in range(4):
            zi = zi.detach().requires_grad_(True)
            classifier(generator(zi, yi))[0, k].backward()
            zi = zi.detach() - 0.7 * zi.grad
            zi = zi * z[i].norm() / zi.norm()
        expected.append(zi)
    mined = mine_hard_latents(generator, classifier, z[:3], y[:3], steps=4, step_size=0.7)
    assert torch.allclose(mined, torch.cat(expected), atol=1e-4)


def test_k_star_is_that_of_the_initial_image():
    """Logits (a z, -a z): the first step crosses the boundary, and the descent of the first logit goes on."""
    generator = from_module(nn.Sequential(nn.Flatten(), nn.Tanh(), nn.Unflatten(1, (1, 1, 2))), latent_dim=2, image_shape=(1, 1, 2))
    classifier = nn.Sequential(nn.Flatten(), nn.Linear(2, 2, bias=False))
    classifier[1].weight.data = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    mined = mine_hard_latents(generator, classifier, torch.tensor([[0.1, 1.0]]), None, steps=20, step_size=0.5)
    assert mined[0, 0] < -0.5


def test_without_rescaling_and_along_the_label_written_out(parts):
    generator, classifier, z, y = parts
    classifier.eval()
    for rescale in (True, False):
        expected = []
        for i in range(3):
            zi, yi = z[i : i + 1].clone(), (y[i : i + 1] + 1) % 10
            for _ in range(3):
                zi = zi.detach().requires_grad_(True)
                classifier(generator(zi, yi))[0, yi].backward()
                zi = zi.detach() - 0.1 * zi.grad
                if rescale:
                    zi = zi * z[i].norm() / zi.norm()
            expected.append(zi)
        mined = mine_hard_latents(generator, classifier, z[:3], (y[:3] + 1) % 10, steps=3, step_size=0.1, rescale=rescale, along="label")
        assert torch.allclose(mined, torch.cat(expected), atol=1e-4)
    assert (mined.norm(dim=1) - z[:3].norm(dim=1)).abs().max() > 1e-4


def test_a_single_step_rescaled_later_is_the_papers(parts):
    generator, classifier, z, y = parts
    free = mine_hard_latents(generator, classifier, z, y, steps=1, step_size=0.5, rescale=False)
    mined = mine_hard_latents(generator, classifier, z, y, steps=1, step_size=0.5)
    assert torch.allclose(free * z.norm(dim=1, keepdim=True) / free.norm(dim=1, keepdim=True), mined, atol=1e-6)


def test_the_label_must_be_there_to_follow_it(parts):
    generator, classifier, z, _ = parts
    with pytest.raises(ValueError, match="along is 'label', but y is None; give the labels"):
        mine_hard_latents(generator, classifier, z, None, steps=1, step_size=0.5, along="label")
    with pytest.raises(ValueError, match="along is 'k'; use 'first choice' or 'label'"):
        mine_hard_latents(generator, classifier, z, None, steps=1, step_size=0.5, along="k")


def test_each_sample_is_independent_of_its_batch(parts):
    generator, classifier, z, y = parts
    whole = mine_hard_latents(generator, classifier, z, y, steps=3, step_size=0.5)
    parted = mine_hard_latents(generator, classifier, z, y, steps=3, step_size=0.5, batch_size=5)
    alone = mine_hard_latents(generator, classifier, z[7:8], y[7:8], steps=3, step_size=0.5)
    assert torch.allclose(whole, parted, atol=1e-4)
    assert torch.allclose(whole[7:8], alone, atol=1e-4)


def test_nothing_is_touched(parts):
    generator, classifier, z, y = parts
    classifier.train()
    classifier.zero_grad()
    before = [copy.deepcopy(x) for x in (generator.state_dict(), classifier.state_dict(), z, y)]
    mine_hard_latents(generator, classifier, z, y, steps=2, step_size=1.0)
    assert classifier.training
    assert all(p.grad is None for p in classifier.parameters())
    for now, then in zip((generator.state_dict(), classifier.state_dict()), before, strict=False):
        assert all(torch.equal(now[k], then[k]) for k in then)
    assert torch.equal(z, before[2])
    assert not z.requires_grad


@pytest.mark.parametrize(
    ("steps", "step_size", "message"),
    [(-1, 1.0, "steps = -1"), (1.5, 1.0, r"steps = 1\.5"), (1, -0.1, r"step_size = -0\.1"), (1, float("nan"), "nan")],
)
def test_parameters_out_of_range(parts, steps, step_size, message):
    with pytest.raises(ValueError, match=message):
        mine_hard_latents(*parts, steps=steps, step_size=step_size)


def test_classifier_of_other_classes(parts):
    generator, _, z, y = parts
    other = nn.Sequential(nn.Flatten(), nn.Linear(784, 7))
    with pytest.raises(ValueError, match=r"expected \(12, 10\)"):
        mine_hard_latents(generator, other, z, y, steps=1, step_size=1.0)


def test_algorithm_1_makes_n_images_and_not_n_plus_m():
    calls, sizes = [], []

    def fill(n, classifier):
        calls.append((n, classifier is not None))
        return Images(torch.zeros(n, 1, 2, 2), torch.zeros(n, dtype=torch.long))

    def train_one_epoch(data):
        sizes.append(len(data))
        return nn.Identity()

    data = collect_hard_dataset(10, 4, fill, train_one_epoch)
    assert len(data) == 10
    assert calls == [(4, False), (4, True), (2, True)]
    assert sizes == [4, 8]


@pytest.mark.parametrize("per_round", [0, 11])
def test_algorithm_1_refuses_m_outside_1_to_n(per_round):
    with pytest.raises(ValueError, match=f"per_round = {per_round}: use an integer from 1 to 10"):
        collect_hard_dataset(10, per_round, lambda n, c: None, lambda d: None)
