"""A file of paperlib imports only lower layers; report and figures never import torch; the methods never import each other."""

import ast
from pathlib import Path

import pytest

import paperlib

ROOT = Path(paperlib.__file__).parent
LAYERS = [
    {"_torchvision", "paper", "config", "progress", "checkpoints", "frozen", "stopwatch"},
    {"records", "data.images", "classifiers", "metrics"},
    {"tensor_cache", "data.digit_sets", "generators.protocol", "generators.attention", "vgg_face"},
    {"data.decoding", "generators.fused_biggan", "generators.residual"},
    {"data.imagenet", "data.utkface", "generators.biggan", "generators.residual_biggan"},
    {"data"},
    {"generators"},
    {"latents"},
    {"truth"},
    {
        "imagenet_networks",
        "features",
        "conditioner",
        "distillation",
        "hard_sample_mining",
        "dataset_smoothing",
        "batchnorm_adaptation",
        "report",
    },
    {"past_papers"},
    {"compare"},
    {"training", "findings", "figures", "html"},
    {"past_findings", "past_figures"},
    {"pretraining", "attribute_training", "profiles.profile", "readme"},
    {"profiles.digits", "profiles.faces", "profiles.imagenet10"},
    {"profiles"},
    {"experiment.outcome", "experiment.plans"},
    {"experiment.classifier", "experiment.hard_samples", "experiment.conditioning"},
    {"experiment.quality", "experiment.mined_space"},
    {"experiment.protocol", "experiment.diversity"},
    {"experiment"},
    {"workload"},
    {"doctor", "reproduce"},
]
LEVEL = {name: i for i, layer in enumerate(LAYERS) for name in layer}
FILES = {
    str(path.relative_to(ROOT).with_suffix("")).replace("/", ".").removesuffix(".__init__"): path
    for path in ROOT.rglob("*.py")
    if path != ROOT / "__init__.py"
}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def edges(name: str) -> set[str]:
    return {m.removeprefix("paperlib.") for m in imports(FILES[name]) if m.startswith("paperlib.")} & set(LEVEL)


def test_every_file_has_a_layer():
    assert set(FILES) == set(LEVEL)


@pytest.mark.parametrize("name", sorted(LEVEL))
def test_imports_point_down(name):
    wrong = {target for target in edges(name) if LEVEL[target] >= LEVEL[name] and target != name}
    assert not wrong - {name.rpartition(".")[0]}


@pytest.mark.parametrize(
    "name", ["records", "report", "past_papers", "compare", "figures", "findings", "past_figures", "past_findings", "paper", "config"]
)
def test_no_torch_where_records_are_read(name):
    reached, queue = set(), [name]
    while queue:
        current = queue.pop()
        if current not in reached:
            reached.add(current)
            queue += edges(current)
    assert not any(module == "torch" or module.startswith("torch.") for n in reached for module in imports(FILES[n]))
