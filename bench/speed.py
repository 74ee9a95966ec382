"""How fast the paper's scale runs here, beside the libraries it is built on, in the same run: results/reference/bench/.

make bench                       # on a CPU small counts, a few minutes; on a GPU large ones, under ten
python bench/speed.py --rounds 5

BigGAN-deep-128 with random weights (its speed does not depend on them), all cores. Ours and theirs take turns; each ratio is of the fastest
round of both. "Upstream" is pytorch-pretrained-biggan as it comes, in eval mode and with its weights frozen. Paper B's training steps, on the
digits, run on one thread; their upstream is generator and teacher as version 0.2.0 ran them.

python bench/speed.py --only conditioner        # measure these rows alone and keep the others of the file
"""

import argparse
import json
import re
import resource
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from companion import profiles
from companion.commands import doctor
from companion.profiles.imagenet10 import INDICES, random_parts
from companion.report.files import markdown, save_measured
from companion.support.paths import REFERENCE, Paths
from paperlib.accuracy_score import GeneratedImages, filler
from paperlib.conditioner import train_conditioner
from paperlib.dataset_smoothing import SmoothedDataset, smoothing_source
from paperlib.generators import Generator, from_module, fuse_biggan
from paperlib.generators.biggan import random_biggan
from paperlib.generators.residual import ResidualGenerator
from paperlib.hard_sample_mining import mine_hard_latents
from paperlib.networks.classifiers import AttributeClassifier
from paperlib.support.stopwatch import timed
from paperlib.support.threads import one_thread
from paperlib.support.weights import load_pretrained
from paperlib.training import sgd, train_epoch

CUDA = torch.cuda.is_available()
BATCH = 64 if CUDA else 8
DEVICE = profiles.device()
CONDITIONER = "paper B's training steps, digits, one thread"
IMAGENET10 = profiles.load("imagenet10", Paths.from_environment())


@dataclass(frozen=True)
class Row:
    """rate: images a second, the fastest round. ratio: to the row of the same task that is named upstream. error: largest difference of an
    image from upstream's, relative to the largest pixel; cosine: the least similarity of an image."""

    task: str
    what: str
    rate: float
    ratio: float | None = None
    error: float | None = None
    cosine: float | None = None


def race(steps: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Fastest time of each step; they take turns, after one turn to warm up."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(rounds + 1):
        for name, step in steps.items():
            _, elapsed = timed(step)
            if turn:
                times[name].append(elapsed)
    return {name: min(found) for name, found in times.items()}


def contenders() -> dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]]:
    """Functions (z, y) -> images; the first is upstream's."""
    model = random_biggan().to(DEVICE)
    one_hot = torch.eye(1000, device=DEVICE)[INDICES]
    found: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {"upstream": lambda z, y: model(z, one_hot[y], 1.0)}
    found["ours, float32"] = fuse_biggan(model, 1.0, classes=INDICES).to(DEVICE)
    found["ours, bfloat16"] = fuse_biggan(model, 1.0, classes=INDICES, dtype=torch.bfloat16).to(DEVICE)
    if CUDA:
        for name, mode in (("compiled", "default"), ("compiled, CUDA graphs", "reduce-overhead")):
            fast = fuse_biggan(model, 1.0, classes=INDICES, dtype=torch.bfloat16).to(DEVICE)
            fast.module = torch.compile(fast.module, mode=mode, dynamic=False)
            try:
                with torch.no_grad():
                    fast(torch.zeros(BATCH, 128, device=DEVICE), torch.zeros(BATCH, dtype=torch.long, device=DEVICE))
                found[f"ours, bfloat16 {name}"] = fast
            except Exception as error:
                print(f"{name}: left out, {error}")
    return found


def generator_rows(rounds: int) -> list[Row]:
    """Forward, gradient in z, and HSM (five steps against a ResNet-18), each beside upstream."""
    rng = torch.Generator(DEVICE).manual_seed(0)
    z, y = torch.randn(BATCH, 128, generator=rng, device=DEVICE), torch.randint(10, (BATCH,), generator=rng, device=DEVICE)
    networks = contenders()
    classifier = IMAGENET10.parts.classifier(64).eval()

    def forward(network: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> torch.Tensor:
        with torch.no_grad():
            return network(z, y).clone()

    def gradient(network: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> torch.Tensor:
        x = z.clone().requires_grad_(True)
        return torch.autograd.grad(network(x, y).square().sum(), x)[0]

    def mine(network: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> torch.Tensor:
        wrapped = network if isinstance(network, Generator) else _Wrapped(network)
        return mine_hard_latents(wrapped, classifier, z, y, steps=5, step_size=0.1, batch_size=BATCH)

    rows = []
    for task, step in (("generation", forward), ("gradient in z", gradient), ("HSM, five steps", mine)):
        times = race({name: lambda network=network, step=step: step(network) for name, network in networks.items()}, rounds)
        exact = forward(networks["upstream"])
        for name, elapsed in times.items():
            images = forward(networks[name])
            rows.append(
                Row(
                    task, name, BATCH / elapsed, times["upstream"] / elapsed,
                    ((images - exact).abs().max() / exact.abs().max()).item(),
                    F.cosine_similarity(images.flatten(1), exact.flatten(1)).min().item(),
                )
            )  # fmt: skip
    return rows


class _Wrapped(torch.nn.Module):
    """Upstream in the generators' protocol, as far as mining asks."""

    num_classes = 0

    def __init__(self, function: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]):
        super().__init__()
        self.function = function

    def forward(self, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return self.function(z, y)


def training_rows(rounds: int) -> list[Row]:
    """ResNet-18 on bytes; an epoch of DS (half of the images renewed) with and without mining, its training included."""
    parts, sizes = random_parts(IMAGENET10.parts), IMAGENET10.paper_a
    n = 2560 if CUDA else 32
    asked = GeneratedImages(
        n, mining_steps=sizes.mining_steps, step_size=sizes.step_size, pass_images=parts.generator_batch, store_bytes=parts.store_bytes
    )
    fill = filler(asked, parts.generator(), torch.Generator(DEVICE).manual_seed(0))
    data = fill(n, None)
    classifier = parts.classifier(64)
    optimizer, order = sgd(classifier, 0.1, 0.9, 1e-4), torch.Generator().manual_seed(0)
    batch = min(sizes.batch_size, n)

    def epoch(source: Callable[[int, torch.nn.Module], object] | None) -> None:
        images = source(1, classifier) if source else data
        train_epoch(classifier, images, optimizer, batch_size=batch, rng=order, mixed_precision=parts.mixed_precision)  # type: ignore[arg-type]

    smoothing = {
        name: smoothing_source(SmoothedDataset(data.images, data.labels), 0.5, fill, hsm=hsm, rng=torch.Generator(DEVICE).manual_seed(1))
        for name, hsm in (("DS epoch, r = 0.5", False), ("DS + HSM epoch, r = 0.5", True))
    }
    steps: dict[str, Callable[[], object]] = {"training epoch, ResNet-18": lambda: epoch(None)}
    steps |= {name: lambda source=source: epoch(source) for name, source in smoothing.items()}
    return [Row(name, "ours", n / elapsed) for name, elapsed in race(steps, rounds).items()]


class TeacherOf020(AttributeClassifier):
    """The teacher as version 0.2.0 computed it: a plain first convolution, and ReLU before the pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = torch.nn.Conv2d(1, 16, 5, padding=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = F.max_pool2d(F.relu(self.conv1(x)), 2)
        h = F.max_pool2d(F.relu(self.conv2(h)), 2)
        return self.output(self.dropout(F.relu(self.hidden(h.flatten(1)))))


@one_thread()
def conditioner_rows(rounds: int) -> list[Row]:
    """Paper B's training loop at batch 64: ten steps a round. Version 0.2.0 ran the same loop on the networks in the first pair."""
    parts = profiles.DIGITS.parts
    assert parts.paper_b is not None
    network = load_pretrained(ResidualGenerator(), "digits_unconditional_generator").to(DEVICE).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    generator = from_module(network, latent_dim=network.latent_dim, image_shape=network.image_shape)
    teacher = load_pretrained(TeacherOf020(), "mnist_attribute_classifier").to(DEVICE)
    pairs = {"version 0.2.0": (generator, teacher), "ours": (parts.paper_b.generator(), parts.paper_b.teacher("mnist"))}

    def train(generator: Generator, teacher: torch.nn.Module) -> object:
        return train_conditioner(generator, teacher, 10, epochs=1, labels_per_epoch=640, validation_labels=1, progress=False)

    times = race({name: lambda pair=pair: train(*pair) for name, pair in pairs.items()}, rounds)
    z = torch.randn(500, network.latent_dim, generator=torch.Generator().manual_seed(0)).to(DEVICE)
    with torch.no_grad():
        exact, ours = (generator(z) for generator, _ in pairs.values())
    error, cosine = (ours - exact).abs().max() / exact.abs().max(), F.cosine_similarity(ours.flatten(1), exact.flatten(1)).min()
    slow, fast = times.values()
    return [
        Row(CONDITIONER, "version 0.2.0", 640 / slow, 1.0, 0.0, 1.0),
        Row(CONDITIONER, "ours", 640 / fast, slow / fast, error.item(), cosine.item()),
    ]


def matrix_rate(dtype: torch.dtype) -> float:
    """Measured multiplications and additions a second of a square matrix product; on a CPU as a 1x1 convolution, which is the faster way."""
    side = 8192 if CUDA else 2048
    a, b = (torch.randn(side, side, device=DEVICE).to(dtype) for _ in range(2))
    rows, columns = a.T.reshape(1, side, side // 64, 64).to(memory_format=torch.channels_last), b.T[:, :, None, None].contiguous()
    steps: dict[str, Callable[[], object]] = {"product": lambda: a @ b, "convolution": lambda: F.conv2d(rows, columns)}
    return 2 * side**3 / min(race(steps, 3).values())


def operations_per_image() -> float:
    """Of the fused network, as counted by PyTorch."""
    network = fuse_biggan(random_biggan(), 1.0)
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        network(torch.randn(1, 128), torch.zeros(1, dtype=torch.long))
    return float(counter.get_total_flops())


def where_the_time_goes(dtype: torch.dtype) -> dict[str, float]:
    """Share of the ten costliest operations in generation, by PyTorch's profiler."""
    generator = fuse_biggan(random_biggan(), 1.0, dtype=dtype).to(DEVICE)
    z, y = torch.randn(BATCH, 128, device=DEVICE), torch.zeros(BATCH, dtype=torch.long, device=DEVICE)
    activity = torch.profiler.ProfilerActivity.CUDA if CUDA else torch.profiler.ProfilerActivity.CPU
    with torch.no_grad():
        generator(z, y)
        with torch.profiler.profile(activities=[activity]) as profiler:
            generator(z, y)
    times = {event.key: event.self_device_time_total if CUDA else event.self_cpu_time_total for event in profiler.key_averages()}
    costliest = sorted(times, key=lambda name: -times[name])[:10]
    return {name[:80]: round(times[name] / sum(times.values()), 4) for name in costliest}


def peak_memory_gib() -> float:
    """Of the GPU, or of this process."""
    if CUDA:
        return torch.cuda.max_memory_allocated() / 2**30
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10 if CUDA else 4)
    parser.add_argument("--folder", type=Path, default=REFERENCE / "bench")
    parser.add_argument("--only", choices=["conditioner"])
    options = parser.parse_args()
    name = re.sub(r"\W+", "-", doctor.device_name().lower()).strip("-")
    conditioner = conditioner_rows(max(options.rounds, 10))
    if options.only:
        found = json.loads((options.folder / f"{name}.json").read_text())
        found["rows"] = [row for row in found["rows"] if row["task"] != CONDITIONER] + [asdict(row) for row in conditioner]
        return save_measured(found, text(found), options.folder / f"{name}.json")
    rows = generator_rows(options.rounds) + training_rows(min(options.rounds, 3)) + conditioner
    dtype = torch.bfloat16 if CUDA else torch.float32
    rate, operations = matrix_rate(dtype), operations_per_image()
    fastest = max(
        (r for r in rows if r.task == "generation" and r.what.startswith("ours") and (CUDA or "float32" in r.what)), key=lambda r: r.rate
    )
    found = {
        "device": doctor.device_name(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "batch": BATCH,
        "rounds": options.rounds,
        "rows": [asdict(row) for row in rows],
        "matrix_rate": {"dtype": str(dtype), "operations_per_second": rate},
        "generator_operations_per_image": operations,
        "share_of_matrix_rate": fastest.rate * operations / rate,
        "peak_memory_gib": peak_memory_gib(),
        "where_the_time_goes": where_the_time_goes(dtype),
    }
    save_measured(found, text(found), options.folder / f"{name}.json")
    print(text(found))


def text(found: Mapping[str, Any]) -> str:
    """This device's table, and how far generation is from the speed of a plain matrix product."""
    rows = pd.DataFrame(found["rows"])
    table = pd.DataFrame(
        {
            "task": rows["task"],
            "network": rows["what"],
            "images a second": rows["rate"].map("{:.3g}".format).astype(float),
            "times upstream": rows["ratio"].round(2),
            "largest error": rows["error"].map("{:.1e}".format).where(rows["error"] > 0, "-"),
        }
    )
    return (
        f"{found['device']}, {found['threads']} threads, batch {found['batch']}, torch {found['torch']}:\n\n{markdown(table)}\n\n"
        f"Generation runs at {100 * found['share_of_matrix_rate']:.0f} % of the speed of a plain matrix product there."
    )


if __name__ == "__main__":
    main()
