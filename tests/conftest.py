import copy
import io
import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from itertools import count as counter
from pathlib import Path

import in_process  # noqa: F401 -- registers the engine
import nbformat
import numpy as np
import papermill
import pytest
import torch
from PIL import Image
from pytorch_pretrained_biggan import BigGANConfig

from companion import profiles, records
from companion.calls import Call, Outcome
from companion.commands import reproduce
from companion.experiment import engine
from companion.fingerprints import fingerprint_of
from companion.records import Record
from companion.support.paths import REFERENCE, ROOT, Paths
from paperlib.data.imagenet import CLASSES
from paperlib.generators import biggan
from paperlib.networks._torchvision import torchvision
from paperlib.networks.imagenet import inception_network
from paperlib.networks.vgg_face import CONVOLUTIONS_PER_BLOCK

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

torch.set_num_threads(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first: at the end of a parallel run the quick ones fill the gaps."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@contextmanager
def reproduced(profile: str, tmp_path_factory: pytest.TempPathFactory, variables: dict[str, str]) -> Iterator[Path]:
    """`make reproduce PROFILE=...` with these environment variables, into a results folder of its own: the profile's part of it.

    Runs and notebooks are in this process, for the tests themselves have a process a core, and a kernel takes longer to start than to run."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"PAPERLIB_RESULTS": str(folder), **variables}.items():
            patch.setenv(name, value)
        patch.setattr(engine, "worker_count", lambda: 1)
        patch.setattr(papermill, "execute_notebook", partial(papermill.execute_notebook, engine_name="in process"))
        assert reproduce.main(["--profile", profile]) == 0
        yield folder / profile


def check_executed(path: Path) -> nbformat.NotebookNode:
    """The notebook, which ran from top to bottom, drew a figure, and put nothing on stderr."""
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    outputs = [output for cell in code for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not any(output.output_type == "error" or output.get("name") == "stderr" for output in outputs)
    return notebook


def flip_last_bit(path: Path) -> None:
    """Damage that only a checksum sees."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def outcome(call: Call) -> Outcome:
    """What the recorded function computes, without a record."""
    return call.outcome()


PROVENANCE = {"commit": "abc", "packages": {}, "device": "cpu", "threads": 1, "workers": 1, "seconds": 1.0, "date": "2026-01-01"}


def classifier_record(call: Call, accuracy: float = 0.5) -> Record:
    """The record of a classifier run that never ran."""
    metrics = {"accuracy": accuracy, "accuracy_bna": accuracy, "accuracy_bna_momentum": accuracy, "test_images": 1000}
    return made_record(call, metrics=metrics, history={"loss": [1.0]})


@cache
def committed(run: str) -> Record:
    """A record of the digits, of this recorded function."""
    return next(record for record in records.find(REFERENCE / "digits", set_aside=False) if record.run == run)


def parts_of(call: Call) -> dict[str, str]:
    """The parts that the run would have: those of a committed one of its kind."""
    own = {
        "classifier": f"classifier {getattr(call.arguments, 'width', '')}",
        "teacher": f"teacher {getattr(call.arguments, 'teacher', '')}",
    }
    names = [own.get(name.partition(" ")[0], name) for name in committed(call.run.name).parts]
    return {name: fingerprint_of(call.profile, name) for name in names if name in _parts_there(call.profile) or name in own.values()}


def _parts_there(profile: profiles.Profile) -> set[str]:
    parts, b = profile.parts, profile.parts.paper_b
    given = {"generator": parts.has_generator, "second judge": parts.second_judge, "unconditional generator": b and b.has_generator}
    return {"real images", "judge", "features"} | {name for name, there in given.items() if there}


def made_record(call: Call, **changes) -> Record:
    """The record of a run that never ran: whole, with the metrics of a committed one of its kind, but every number another one."""
    numbers = counter()

    def example(value):
        if isinstance(value, dict):
            return {name: example(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [example(inner) for inner in value]
        if isinstance(value, bool | str):
            return value
        return 1 + next(numbers) if isinstance(value, int) else 1 - next(numbers) * 1e-6

    kept = {"metrics": example(committed(call.run.name).metrics), "history": {"loss": [1.0, 0.5]}, "provenance": PROVENANCE} | changes
    return Record(call.run.name, call.profile.name, call.stored, kept.pop("parts", None) or parts_of(call), **kept)


def moved(network: torch.nn.Module) -> torch.nn.Module:
    """A copy with one number of one tensor changed by a little."""
    copied = copy.deepcopy(network)
    next(value for value in copied.state_dict().values() if value.is_floating_point()).view(-1)[0] += 1e-3
    return copied


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A results folder of this test's own, for commands and notebooks."""
    monkeypatch.setenv("PAPERLIB_RESULTS", str(tmp_path))
    return tmp_path


@pytest.fixture
def smoke(tmp_path):
    """The smoke profile with a results folder of this test's own."""
    return replace(profiles.SMOKE, paths=Paths(results=tmp_path))


@cache
def photographs() -> tuple[bytes, ...]:
    """Ten real JPEG files, one a class: ImageNet's where PAPERLIB_SAMPLES (or ../shared/data/imagenet10-samples) has them,
    named <wnid>_<name>.JPEG; else ten crops of the two photographs inside scikit-learn, which need no licence beyond its own."""
    folder = Path(os.environ.get("PAPERLIB_SAMPLES", ROOT.parent / "shared" / "data" / "imagenet10-samples"))
    paths = [next(folder.glob(f"{c.wnid}*"), None) for c in CLASSES]
    if all(paths):
        return tuple(path.read_bytes() for path in paths if path)
    from sklearn.datasets import load_sample_images

    files = []
    for picture in map(np.asarray, load_sample_images().images):
        for x in range(0, 400, 80):
            buffer = io.BytesIO()
            Image.fromarray(picture[30:400, x : x + 240]).save(buffer, "JPEG")
            files.append(buffer.getvalue())
    return tuple(files)


def arrange_imagenet(root: Path, per_class: int = 2) -> Path:
    """The photographs as ImageNet lies on disks: train/<wnid>/ with copies, val/<wnid>/ with one each."""
    for c, photograph in zip(CLASSES, photographs(), strict=True):
        for part, count in (("train", per_class), ("val", 1)):
            folder = root / part / c.wnid
            folder.mkdir(parents=True)
            for i in range(count):
                (folder / f"{c.wnid}_{i}.JPEG").write_bytes(photograph)
    (root / "train" / "n01440764").mkdir()
    shutil.copy(root / "val" / CLASSES[0].wnid / f"{CLASSES[0].wnid}_0.JPEG", root / "train" / "n01440764" / "another_class.JPEG")
    return root


@pytest.fixture(scope="session")
def outside_files(tmp_path_factory) -> dict[str, str]:
    """What the `imagenet10` profile fetches, in the true formats but with random weights, and BigGAN at a quarter of its width;
    environment variable -> path."""
    folder = tmp_path_factory.mktemp("outside")
    biggan.save_biggan(biggan.random_biggan(BigGANConfig(channel_width=32)), folder / "biggan")
    torch.manual_seed(0)
    torch.save(inception_network().state_dict(), folder / "inception.pth")
    torch.save(torchvision.models.resnet50(weights=None).state_dict(), folder / "resnet50.pth")
    return {
        "PAPERLIB_IMAGENET": str(arrange_imagenet(folder / "imagenet", per_class=2)),
        "PAPERLIB_BIGGAN": str(folder / "biggan"),
        "PAPERLIB_INCEPTION": str(folder / "inception.pth"),
        "PAPERLIB_JUDGE": str(folder / "resnet50.pth"),
        "PAPERLIB_CACHE": str(folder / "cache"),
    }


def random_vgg_face_state(seed: int = 0) -> dict[str, torch.Tensor]:
    """VGG-Face as it is published: every key and shape, float16; numbers drawn so that activations keep their size."""
    rng, channels, state = torch.Generator().manual_seed(seed), 3, {}
    shapes: dict[str, tuple[int, ...]] = {}
    for block, (width, count) in enumerate(zip((64, 128, 256, 512, 512), CONVOLUTIONS_PER_BLOCK, strict=True), 1):
        for i in range(1, count + 1):
            shapes[f"conv{block}_{i}"] = (width, channels, 3, 3)
            channels = width
    shapes |= {"fc6": (4096, 25088), "fc7": (4096, 4096), "fc8": (2622, 4096)}
    for name, shape in shapes.items():
        spread = (6 / np.prod(shape[1:])) ** 0.5
        state[f"{name}.weight"] = torch.empty(shape, dtype=torch.float16).uniform_(-spread, spread, generator=rng)
        state[f"{name}.bias"] = torch.empty(shape[0], dtype=torch.float16).uniform_(-0.1, 0.1, generator=rng)
    return state


@pytest.fixture(scope="session")
def vgg_face_file(tmp_path_factory):
    """A file in the format and size of VGG-Face's weights, all numbers random."""
    path = tmp_path_factory.mktemp("vgg_face") / "vgg_face_dag.pth"
    torch.save(random_vgg_face_state(), path)
    yield path
    path.unlink()


def arrange_utkface(root: Path, names: list[str]) -> Path:
    """The photographs in turn, cropped small, under these names; over each lies a mosaic of its own, so that no two show the same picture."""
    root.mkdir(parents=True)
    for i, name in enumerate(names):
        size, colours = (48 + i, 48), np.random.default_rng(i).integers(0, 256, (4, 4, 3), dtype=np.uint8)
        mosaic = Image.fromarray(colours).resize(size, Image.Resampling.NEAREST)
        with Image.open(io.BytesIO(photographs()[i % 10])) as image:
            Image.blend(image.convert("RGB").resize(size), mosaic, 0.5).save(root / name, "JPEG")
    return root


CHANNELS = {32: [4, 4, 4, 4], 64: [16, 16, 8, 4, 2], 128: [16, 16, 8, 4, 2, 1]}


def published_biggan(resolution=32, ch=8, classes=5, dim_z=12, shared=6, hierarchical=True, attention=None, spectral=True, seed=0):
    """A state dict as that code's G.state_dict() names and shapes it, with random values. shared=0: an embedding in each norm."""
    hierarchical = hierarchical and shared > 0
    rng = torch.Generator().manual_seed(seed)
    channels = [ch * c for c in CHANNELS[resolution]]
    blocks = len(channels) - 1
    chunk = dim_z // (blocks + 1) if hierarchical else dim_z
    condition = shared + chunk if hierarchical else shared
    state = {"shared.weight": torch.randn(classes, shared, generator=rng)} if shared else {}

    def layer(name, *shape, bias=True):
        state[f"{name}.weight"] = torch.randn(shape, generator=rng) / math.prod(shape[1:]) ** 0.5
        if bias:
            state[f"{name}.bias"] = torch.randn(shape[0], generator=rng) * 0.1
        if spectral:
            state[f"{name}.u0"], state[f"{name}.sv0"] = torch.randn(1, shape[0], generator=rng), torch.ones(1)

    def statistics(name, n):
        state[f"{name}.stored_mean"] = torch.randn(n, generator=rng) * 0.1
        state[f"{name}.stored_var"] = torch.rand(n, generator=rng) + 0.5

    layer("linear", channels[0] * 16, chunk)
    for i in range(blocks):
        inside, out = channels[i : i + 2]
        layer(f"blocks.{i}.0.conv1", out, inside, 3, 3)
        layer(f"blocks.{i}.0.conv2", out, out, 3, 3)
        layer(f"blocks.{i}.0.conv_sc", out, inside, 1, 1)
        for norm, n in (("bn1", inside), ("bn2", out)):
            for what in ("gain", "bias"):
                if shared:
                    layer(f"blocks.{i}.0.{norm}.{what}", n, condition, bias=False)
                else:
                    state[f"blocks.{i}.0.{norm}.{what}.weight"] = torch.randn(classes, n, generator=rng)
            statistics(f"blocks.{i}.0.{norm}", n)
        if attention == i:
            for name, shape in {"theta": (out // 8, out), "phi": (out // 8, out), "g": (out // 2, out), "o": (out, out // 2)}.items():
                layer(f"blocks.{i}.1.{name}", *shape, 1, 1, bias=False)
            state[f"blocks.{i}.1.gamma"] = torch.tensor(0.7)
    state["output_layer.0.gain"], state["output_layer.0.bias"] = torch.rand(channels[-1], generator=rng) + 0.5, torch.zeros(channels[-1])
    statistics("output_layer.0", channels[-1])
    layer("output_layer.2", 3, channels[-1], 3, 3)
    return state


@pytest.fixture(scope="session")
def browser():
    """Playwright's Python package with the Chromium of the system. Without either, the test is skipped with the reason."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install 'paperlib[browser]'")
    if CHROMIUM is None:
        pytest.skip("needs Chromium, of the system: apt install chromium")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def complaints():
    """What a page says on its console, and which requests it makes: watch(page) fills the list."""
    found = []

    def watch(page):
        page.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: found.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith(("file:", "data:")) else found.append(request.url))
        return found

    return watch
