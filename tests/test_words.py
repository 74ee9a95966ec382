"""README, docs and docstrings: short, complete, with links that resolve."""

import ast
import inspect
import re
import tomllib
from urllib.parse import unquote

import pytest

from companion.commands.readme import PAGES
from companion.support.paths import ROOT
from paperlib import generators, metrics
from paperlib.batchnorm_adaptation import adapt_batchnorm
from paperlib.conditioner import Conditioner, train_conditioner
from paperlib.dataset_smoothing import SmoothedDataset
from paperlib.hard_sample_mining import mine_hard_latents
from paperlib.samplers.distillation import distil_posterior
from paperlib.samplers.gradient_sampling import langevin_sample, ode_sample
from paperlib.samplers.latent_posterior import LatentPosterior
from paperlib.samplers.maximum_likelihood import accepted_latents, fit_to_latents
from paperlib.samplers.posterior_sampling import metropolis_sample, rejection_sample, resample
from paperlib.samplers.saved_sampler import load_sampler, save_sampler

README = ROOT / "README.md"
FUNCTIONS = (
    generators.from_module, generators.load_biggan, generators.fuse_biggan, generators.load_residual_biggan, generators.Generator.forward,
    generators.Generator.sample_latents, Conditioner.distribution, Conditioner.sample, train_conditioner, mine_hard_latents,
    SmoothedDataset.replace, adapt_batchnorm, metrics.gaussian, metrics.frechet_distance, metrics.inception_score, metrics.kernel_distance,
    distil_posterior, LatentPosterior.sample, rejection_sample, metropolis_sample, resample, langevin_sample, ode_sample, accepted_latents,
    fit_to_latents, save_sampler, load_sampler,
)  # fmt: skip
CLASSES = (generators.Generator, Conditioner, SmoothedDataset)
NEVER_RAISES = (generators.Generator.sample_latents,)
HEADING = re.compile(r"(?m)^(Args|Returns|Raises):\n")


def sections(documented):
    """Heading -> text of a docstring."""
    _, *parts = HEADING.split(inspect.getdoc(documented))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def anchors(text):
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?s)```.*?```", "", text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_readme_is_short():
    assert len(README.read_text().splitlines()) <= 120


@pytest.mark.parametrize("path", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"], ids=lambda path: str(path.relative_to(ROOT)))
def test_local_links_resolve(path):
    links = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"(?s)```.*?```", "", path.read_text()))
    for link in links:
        if re.match(r"\w+://", link):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = path.parent / name if name else path
        assert target.exists(), f"{path}: {link}"
        assert not anchor or anchor in anchors(target.read_text()), f"{path}: {link}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_python_in_pages_parses_and_imports(path):
    for code in re.findall(r"(?s)```python\n(.*?)```", path.read_text()):
        imports = [node for node in ast.parse(code).body if isinstance(node, ast.Import | ast.ImportFrom)]
        exec(compile(ast.Module(imports, []), str(path), "exec"), {})


def test_readme_and_pyproject_name_the_same_python_versions():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    prefix = "Programming Language :: Python :: "
    classified = {text.removeprefix(prefix) for text in project["classifiers"] if text.startswith(prefix)}
    low, below = (int(minor) for minor in re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"]).groups())
    assert classified == {f"3.{minor}" for minor in range(low, below)}
    (named,) = re.findall(r"Python ((?:3\.\d+(?:, | or )?)+)", README.read_text())
    assert set(re.findall(r"3\.\d+", named)) == classified


def test_licence_is_named_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (ROOT / "LICENSE").read_text().startswith(f"{project['license']} License")
    assert f"license: {project['license']}\n" in (ROOT / "CITATION.cff").read_text()
    assert (ROOT / "paperlib" / "py.typed").exists()


@pytest.mark.parametrize("documented", [*FUNCTIONS, *CLASSES], ids=lambda documented: documented.__qualname__)
def test_public_functions_document_every_argument(documented):
    parameters = [name for name in inspect.signature(documented).parameters if name != "self"]
    named = re.findall(r"(?m)^    (\w+): \S", sections(documented)["Args"])
    assert named == parameters


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__qualname__)
def test_public_functions_document_what_they_return_and_raise(function):
    found = sections(function)
    assert found["Returns"].strip()
    if function not in NEVER_RAISES:
        assert all(re.match(r"    \w+Error: \S", line) for line in found["Raises"].rstrip().splitlines())
