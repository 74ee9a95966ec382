"""The Python blocks of README.md and of docs/ run as they are printed, each page in one namespace; a block that is a profile runs whole."""

import ast
import builtins
import inspect
import os
import re
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import papermill
import pytest
import torch
from conftest import check_executed
from papermill.iorw import papermill_io
from PIL import Image
from pytorch_pretrained_biggan import BigGANConfig

from companion import profiles
from companion.commands import doctor, reproduce
from companion.experiment import engine, plans
from companion.profiles import SMOKE
from companion.support.paths import ROOT, Paths
from paperlib.data import to_bytes
from paperlib.generators import biggan
from paperlib.samplers import distillation

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
BLOCKS = {
    (page.name, number): block
    for page in PAGES
    for number, block in enumerate(re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL), 1)
}
# Blocks that need what nobody else has: their imports, names and calls are checked instead. All others run.
NOT_RUN = {
    ("faces.md", 1): "the author's pickled model, and the code whose classes it holds",
    ("faces.md", 2): "the state dict of the author's model, 500 MB; tests/test_author_checkpoint.py reads one like it",
}
PROFILES = [place for place, block in BLOCKS.items() if re.search(r"^PROFILE = ", block, re.MULTILINE)]
LONG = pytest.mark.skipif("PAPERLIB_SLOW" not in os.environ, reason="run by make test-slow")

# The reader's own, in small: a generator of four classes, what reads them, and a step after training. The class is in the image's pattern.
MY_PARTS = """
import torch
from torch import nn

from paperlib.generators import from_module
from paperlib.networks.classifiers import resnet18
from companion.profiles import device

PATTERNS = torch.randn(12, 3 * 32 * 32, generator=torch.Generator().manual_seed(0))


class Painter(nn.Module):  # z (N, 64), y (N,) or None -> (N, 3, 32, 32); without a label z chooses the class
    def __init__(self, classes):
        super().__init__()
        self.register_buffer("patterns", PATTERNS[:classes])

    def forward(self, z, y=None):
        classes = len(self.patterns)
        share = (4 * z[:, :classes]).softmax(1) if y is None else nn.functional.one_hot(y, classes).float()
        return (0.5 * share @ self.patterns + 0.1 * z.repeat(1, 48)).tanh().unflatten(1, (3, 32, 32))


class Reader(nn.Module):  # images -> features (N, 12) -> logits (N, classes)
    def __init__(self, classes):
        super().__init__()
        self.classes = classes
        self.register_buffer("directions", PATTERNS / len(PATTERNS[0]))

    def features(self, images):
        return images.flatten(1) @ self.directions.T

    def output(self, features):
        return 30 * features[:, : self.classes]

    def forward(self, images):
        return self.output(self.features(images))


network = Painter(4)


def my_generator():
    return from_module(network.to(device()), latent_dim=64, image_shape=(3, 32, 32), num_classes=4)


def my_classifier(width):
    return resnet18(4, width=width, stem="small").to(device())


def my_judge():
    return Reader(4).to(device()).eval()


def my_teacher(name):
    assert name == "my teacher"
    return my_judge()


def my_step(classifier, images):
    return classifier
"""
NAMES = re.findall(r"^(?:def )?(network|my_\w+)", MY_PARTS, re.MULTILINE)
# The same fields as the page gives, at the sizes of the smoke profile.
SMALL = """
from companion.profiles import SMOKE as _SMOKE

_GIVEN = [name for name in ("classifier", "mining", "controls", "conditioning", "diversity") if getattr(PROFILE, name)]
_SIZES = {name: getattr(_SMOKE, name) for name in _GIVEN}
if PROFILE.diversity:
    _SIZES["diversity"] = replace(_SMOKE.diversity, few=_SMOKE.diversity.methods[:4])
_OF_B = PROFILE.parts.paper_b
_SETTINGS = tuple((*setting[:2], *(50 for _ in setting[2:])) for setting in _OF_B.settings)
PROFILE = replace(
    PROFILE, quality_samples=40, parts=replace(PROFILE.parts, paper_b=replace(_OF_B, settings=_SETTINGS)), **_SIZES
)
"""


def mine():
    """What MY_PARTS defines."""
    namespace = {}
    exec(MY_PARTS, namespace)
    return namespace


def photographs(folder):
    """700 pictures of the painter with noise, where the page has the reader's."""
    rng, y = torch.Generator().manual_seed(2), torch.arange(700) % 4
    drawn = mine()["network"](torch.randn(700, 64, generator=rng), y)
    noisy = to_bytes((drawn + 0.1 * torch.randn(drawn.shape, generator=rng)).clamp(-1, 1))
    for i, pixels in enumerate(noisy):
        path = folder / "photos" / ("cat", "dog", "fox", "owl")[y[i]] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(path)


def own_parts(folder, patch):
    """A network, parts and photographs of four classes."""
    photographs(folder)
    return {name: mine()[name] for name in NAMES}


def any_pair(folder, patch):
    """A generator of ten attributes, and what reads them; few draws in the place of the default 100,000."""
    patch.setattr(distillation, "distil_posterior", partial(distillation.distil_posterior, draws=4000, epochs=3, progress=False))
    return {"network": mine()["Painter"](10), "classifier": mine()["Reader"](10)}


def small_digits(folder, patch):
    """The digits at the sizes of the smoke profile."""
    patch.setattr(profiles, "DIGITS", SMOKE)
    return {}


def published_file(folder, patch):
    """BigGAN's file with random weights, at a quarter of its width."""
    biggan.save_biggan(biggan.random_biggan(BigGANConfig(channel_width=32)), folder / "weights" / "biggan-deep-128")
    return {}


STAND_INS = {"own_parts.md": own_parts, "conditioning.md": any_pair, "weights.md": small_digits, "imagenet10.md": published_file}


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """A folder of a reader's own, which is left as it was found."""
    monkeypatch.setenv("PAPERLIB_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "path", [*sys.path])
    modules = set(sys.modules)
    folder = tmp_path / "reader"
    folder.mkdir()
    monkeypatch.chdir(folder)
    yield folder
    for name in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def blocks_of(page):
    return {place: block for place, block in BLOCKS.items() if place[0] == page}


def compiled(place):
    return compile(BLOCKS[place], f"{place[0]}, Python block {place[1]}", "exec")


def test_the_pages_have_blocks_and_the_list_names_no_other():
    assert {"README.md", *STAND_INS} <= {page for page, _ in BLOCKS}
    assert set(NOT_RUN) <= set(BLOCKS)
    assert PROFILES


@pytest.mark.slow
@pytest.mark.parametrize("page", dict.fromkeys(page for page, _ in BLOCKS))
def test_every_block_of_a_page_runs_in_its_order(page, reader, monkeypatch):
    namespace = {"__name__": "__main__"} | STAND_INS.get(page, lambda *_: {})(reader, monkeypatch)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for place in blocks_of(page):
            if place in NOT_RUN:
                calls_fit(place, namespace)
            else:
                exec(compiled(place), namespace)


def calls_fit(place, namespace):
    """Without running the block: what it imports is there, every name is known, and every call of what is imported fits its signature."""
    tree = ast.parse(BLOCKS[place])
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    exec(compile(ast.Module(imports, []), str(place), "exec"), namespace)
    used = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    assigned = {node.id for node in used if isinstance(node.ctx, ast.Store)}
    unknown = {node.id for node in used} - assigned - set(namespace) - set(dir(builtins))
    assert not unknown, f"{place}: {unknown}"
    checked = 0
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        root = call.func
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(root, ast.Name) and root.id in set(namespace) - assigned:
            function = eval(compile(ast.Expression(call.func), str(place), "eval"), namespace)
            inspect.signature(function).bind(*call.args, **{keyword.arg: keyword.value for keyword in call.keywords})
            checked += 1
    assert checked


def written(place, folder, more=""):
    """The page up to this block as a profile file, beside the reader's own parts."""
    (folder / "my_parts.py").write_text(MY_PARTS)
    so_far = [block for other, block in blocks_of(place[0]).items() if other[1] <= place[1]]
    path = folder / f"block_{place[1]}_of_{Path(place[0]).stem}.py"
    path.write_text("\n".join([f"from my_parts import {', '.join(NAMES)}", *so_far, more]))
    return str(path)


@pytest.mark.parametrize("place", PROFILES, ids=str)
def test_a_profile_block_loads_and_its_plans_can_be_made(place, reader, capsys):
    profile = profiles.load(written(place, reader))
    for side_seeds in (1, profile.side_seeds):
        for seeds in (1, profile.seeds, 5, 10):
            several = replace(profile, side_seeds=side_seeds)
            assert all(plans.PLANS[name](several, seeds) for name in plans.notebooks(profile) if name in plans.PLANS)
    assert plans.notebooks(profile) == ("00_start_here", *plans.PLANS)
    photographs(reader)
    reproduce.check_parts(profile)
    assert doctor.main(["--profile", written(place, reader)]) == 0
    printed = capsys.readouterr().out
    assert all(f"  {line}\n" in printed for line in profile.left_out.values())


@pytest.mark.slow
@pytest.mark.filterwarnings("error:constrained_layout")
@pytest.mark.parametrize("place", [PROFILES[0], *(pytest.param(place, marks=LONG) for place in PROFILES[1:])], ids=str)
def test_a_small_version_of_a_profile_block_is_reproduced_to_the_report(place, reader, monkeypatch, capsys):
    monkeypatch.setattr(engine, "worker_count", lambda: 1)
    monkeypatch.setattr(papermill, "execute_notebook", partial(papermill.execute_notebook, engine_name="in process"))
    monkeypatch.setattr(papermill_io.get_handler("local"), "_cwd", None)
    photographs(reader)
    path = written(place, reader, SMALL)
    assert reproduce.main(["--profile", path, "--seeds", "1"]) == 0
    printed = capsys.readouterr().out
    profile = profiles.load(path, Paths.from_environment())
    assert profile.mining is None
    assert "left out: how far mining leads (Profile(mining=...) is not given)\n" in printed
    assert [line for line in printed.splitlines() if line.startswith("left out: ")] == [*profile.left_out.values()]
    for name in reproduce.ORDER:
        check_executed(profile.folder / "notebooks" / f"{name}.ipynb")
    assert (profile.folder / "report.html").read_text().rstrip().endswith("</html>")
