"""Views of notebook 08: right numbers, quick enough, a still without a browser."""

import re
import time

import pytest
import torch

from companion.experiment.demonstration import prepared
from companion.explorer import Explorer, explore
from paperlib.hard_sample_mining import mine_hard_latents
from paperlib.streams import stream

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def explorer():
    from companion.profiles import SMOKE

    return Explorer(SMOKE, labels=200, draws=300)


def rows(text):
    """Cells of a table, tags removed, by the head of its row."""
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", text)]
    return {row[0]: row[1:] for row in found}


def test_the_mined_path_is_that_of_mining(explorer):
    shown = prepared(explorer.profile)
    z = shown.generator.sample_latents(1, stream(3, "shown images"))
    hard = mine_hard_latents(shown.generator, shown.classifier, z, torch.tensor([7]), steps=2, step_size=0.5)
    path = rows(explorer.mined_path("7", 3, 0.5, 2))
    assert [len(cells) for cells in path.values()] == [3] * 5
    assert path["norm"] == [f"{z.norm():.2f}"] * 2 + [f"{hard.norm():.2f}"]
    with torch.no_grad():
        read = shown.classifier(shown.generator(hard, torch.tensor([7]))).softmax(1)
    assert path["classifier"][-1] == f"{read.argmax().item()} {read.max().item():.0%}"


def test_a_walk_begins_and_ends_at_its_latents(explorer):
    there, back = rows(explorer.walk("2", 0, 1)), rows(explorer.walk("2", 1, 0))
    pictures = [next(cells for head, cells in of.items() if "img" in "".join(cells)) for of in (there, back)]
    assert pictures[0][0].partition("src")[2] == pictures[1][-1].partition("src")[2]


@pytest.mark.parametrize(("r", "epochs"), [(0.0, 5), (0.3, 6), (1.0, 4)])
def test_shares_of_renewal_are_those_of_a_simulation(explorer, r, epochs):
    rng, n = torch.Generator().manual_seed(0), 20_000
    age, seen = torch.zeros(n), []
    for epoch in range(epochs):
        age += 1
        renewed = torch.rand(n, generator=rng) < r if epoch < epochs - 1 else torch.ones(n, dtype=torch.bool)
        seen.append(age[renewed].clone())
        age[renewed] = 0
    lifetimes = torch.cat(seen)
    said = explorer.renewal(r, epochs)
    different, once = re.search(r"([\d.]+) N different images; (\d+)% of them are seen once", said).groups()
    assert float(different) == pytest.approx(len(lifetimes) / n, rel=0.02)
    assert int(once) == pytest.approx(100 * (lifetimes == 1).float().mean().item(), abs=1.5)


def test_four_ways_to_an_attribute(explorer):
    shown = rows(explorer.conditioned("5", 0.5))
    assert [name.partition(",")[0] for name in shown] == ["paper B", "warm start", "posterior on latents", "truth"]
    assert [name.partition(" of ")[2] for name in shown] == ["", "", "20,000 draws", "300 draws"]
    assert [len(cells) for cells in list(shown.values())[:3]] == [10] * 3


def test_only_one_of_them_believes(explorer):
    pool = explorer.pool
    for believer, sure, other in (("teacher", pool.teacher, pool.judge), ("judge", pool.judge, pool.teacher)):
        for label in "0123456789":
            said = explorer.disagreement(label, believer)
            count = int(((sure[:, int(label)] > 0.9) & (other.argmax(1) != int(label))).sum())
            assert said.startswith(f"<p>{count} of 300 draws")
            assert said.count("<img") == min(count, 10)


def test_a_change_shows_at_once(explorer):
    """200 ms on two idle cores; here only that nothing is far slower, with what is made once left out."""
    views = [
        lambda: explorer.mined_path("7", 1, 1.0, 5), lambda: explorer.walk("7", 0, 1), lambda: explorer.renewal(0.5, 20),
        lambda: explorer.conditioned("7", 0.2), lambda: explorer.disagreement("7", "judge"),
    ]  # fmt: skip
    for view in views:
        view()
        start = time.perf_counter()
        view()
        assert time.perf_counter() - start < 5


def test_without_a_browser_there_is_a_still(explorer, monkeypatch, capsys):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    explore(explorer.renewal, r=(0.5, (0.0, 1.0)), epochs=(4, (2, 20)))
    assert "At r = 0.5 over 4 epochs" in shown[0].data


def test_with_a_browser_a_slider_changes_the_view(explorer, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    explore(explorer.renewal, interactive=True, r=(0.5, (0.0, 1.0)), epochs=(4, (2, 20)))
    (box,) = shown
    sliders, picture = box.children
    sliders.children[0].value = 0.25
    assert "At r = 0.25 over 4 epochs" in picture.value
