"""What an image of an attribute costs by its share of what the generator makes, on the digits: results/reference/bench/sampling.json.

python bench/sampling.py            # about forty minutes; run it alone. It goes on where it was stopped.

Shares: 50, 10, 1 and 0.1 %. The rarer ones are conjunctions of a digit with its slant and its stroke width, both read off the image by a fixed
formula; a digit alone has 10 %. Each is repeated over seeds. The last workload wants all ten digits evenly.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from companion.profiles import DIGITS
from companion.report.files import markdown, save_measured
from companion.runs.sampling import WIDE, pair
from companion.stats import cell, t_interval
from companion.support.machine import processor_name
from companion.support.paths import REFERENCE
from paperlib.conditioner import NeverProducedError
from paperlib.generators import Generator, generate_in_batches
from paperlib.networks.frozen import evaluating
from paperlib.samplers import BURN_IN
from paperlib.samplers.distillation import distil_posterior
from paperlib.samplers.posterior_sampling import metropolis_sample, rejection_draws, rejection_sample
from paperlib.streams import stream
from paperlib.support.stopwatch import timed
from paperlib.support.threads import one_thread
from paperlib.training import predict

DIGIT, WEIGHT, CALIBRATION, SHARP, PASSES = 3, 0.01, 20_000, 20.0, 2
EVENLY = "all ten evenly"
SAMPLERS = {"rejection": "rejection", "posterior": "posterior on latents", "metropolis": "posterior, Metropolis"}
UNITS = ("passes", "microseconds")


def slant(images: torch.Tensor) -> torch.Tensor:
    """Tangent of the ink's slant, from its second moments: (N, 1, H, W) in [-1, 1] -> (N,)."""
    ink = (images[:, 0] + 1) / 2
    y, x = torch.meshgrid(*(torch.linspace(-1, 1, n, device=ink.device) for n in ink.shape[1:]), indexing="ij")
    total = ink.sum((1, 2)).clamp_min(1e-6)
    mean_x, mean_y = ((ink * axis).sum((1, 2)) / total for axis in (x, y))
    dx, dy = x - mean_x[:, None, None], y - mean_y[:, None, None]
    return (ink * dx * dy).sum((1, 2)) / (ink * dy.square()).sum((1, 2)).clamp_min(1e-6)


def stroke(images: torch.Tensor) -> torch.Tensor:
    """Width of the strokes in pixels: twice the ink's area over its outline, (N, 1, H, W) in [-1, 1] -> (N,)."""
    ink = (images[:, 0] + 1) / 2
    outline = ink.diff(dim=1).abs().sum((1, 2)) + ink.diff(dim=2).abs().sum((1, 2))
    return 2 * ink.sum((1, 2)) / outline.clamp_min(1e-6)


@dataclass
class Limit:
    """A measure has to be above `least`; softly, within 1 / SHARP of its deviation."""

    measure: Callable[[torch.Tensor], torch.Tensor]
    least: float
    deviation: float


class Conjunction(nn.Module):
    """Images -> logits (N, 2): whether it is the digit, as the teacher reads it, within all limits. digit: None asks for none."""

    def __init__(self, teacher: nn.Module, digit: int | None, limits: tuple[Limit, ...]):
        super().__init__()
        self.teacher, self.digit, self.limits = teacher, digit, limits

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        log_p = torch.zeros(len(images), device=images.device)
        if self.digit is not None:
            log_p = log_p + self.teacher(images).log_softmax(1)[:, self.digit]
        for limit in self.limits:
            log_p = log_p + nn.functional.logsigmoid(SHARP * (limit.measure(images) - limit.least) / limit.deviation)
        log_p = log_p.clamp_max(-1e-7)
        return torch.stack([(-log_p.expm1()).log(), log_p], 1)


@torch.no_grad()
def workloads(generator: Generator, teacher: nn.Module) -> dict[str, nn.Module]:
    """The share asked for -> its classifier. The limits are quantiles of draws of the prior."""
    with evaluating(teacher):
        drawn = [generator(z) for z in generator.sample_latents(CALIBRATION, stream(0, "prior images")).split(500)]
        images = torch.cat(drawn)
        is_digit = torch.cat([teacher(part).argmax(1) == DIGIT for part in drawn])
    values = {measure: measure(images) for measure in (slant, stroke)}

    def limit(measure: Callable[[torch.Tensor], torch.Tensor], kept: float, among: torch.Tensor) -> Limit:
        value = values[measure]
        return Limit(measure, torch.quantile(value[among], 1 - kept).item(), value.std().item())

    every = torch.ones_like(is_digit)
    tenth = limit(slant, 0.1, is_digit)
    slanted = is_digit & (values[slant] > tenth.least)
    return {
        "50 %": Conjunction(teacher, None, (limit(slant, 0.5, every),)),
        "10 %": Conjunction(teacher, DIGIT, ()),
        "1 %": Conjunction(teacher, DIGIT, (tenth,)),
        "0.1 %": Conjunction(teacher, DIGIT, (tenth, limit(stroke, 0.1, slanted))),
        EVENLY: teacher,
    }


def measured(
    generator: Generator, classifier: nn.Module, wanted: Sequence[int], seed: int, n: int, draws: int, epochs: int
) -> dict[str, Any]:
    """n images of each attribute that is wanted: passes and microseconds of one by each sampler, and what the posterior's fit took.

    Rejection's draws serve all attributes. Its costs are those of the rarest of them, by the share that it kept. share: of that one at w = 1.
    None in the place of a sampler that found too few; why: what it said.
    """
    classes = len(classifier(generator(torch.zeros(2, generator.latent_dim)))[0])
    settings: dict[str, Any] = {"prior_weight": WEIGHT, "rng": stream(seed, "method draws")}
    (posterior, history), fit_seconds = timed(
        lambda: distil_posterior(generator, classifier, classes, draws=draws, epochs=epochs, prior_weight=WEIGHT, seed=seed, progress=False)
    )
    asked = torch.tensor(wanted).repeat_interleave(n)

    def made(z: torch.Tensor) -> torch.Tensor:
        return generate_in_batches(generator, z, None, 100)

    def read(z: torch.Tensor) -> dict[str, float]:
        return {"as asked": (predict(classifier, made(z)).argmax(1) == asked).float().mean().item()}

    row: dict[str, Any] = {
        "fit": {"passes": history.passes, "microseconds": 1e6 * fit_seconds},
        "temperature": posterior.temperature,
        "posterior": None,
        "rejection": None,
        "share": None,
        "why": [],
    }
    try:
        made(posterior.sample(asked, settings["rng"]))  # warms up
        z, drawing = timed(lambda: posterior.sample(asked, settings["rng"]))
        _, making = timed(lambda: made(z))
        row["posterior"] = {"passes": 1, "microseconds": 1e6 * (drawing + making) / len(asked)} | read(z)
    except NeverProducedError as error:
        row["why"].append(str(error))
    try:
        found = rejection_sample(generator, classifier, wanted, n, **settings)
        rarest = min(found, key=lambda f: f.rate)
        row["rejection"] = {
            "passes": 1 / rarest.rate / len(wanted),
            "microseconds": 1e6 * rarest.seconds / rarest.accepted / len(wanted),
        } | read(torch.cat([f.z for f in found]))
        row["share"] = min(f.rate for f in rejection_draws(generator, classifier, wanted, n, rng=settings["rng"]))
    except NeverProducedError as error:
        row["why"].append(str(error))
    chains = [metropolis_sample(posterior.at(WIDE), generator, classifier, a, n, passes=PASSES, **settings) for a in wanted]
    candidate = 1e6 * sum(c.seconds for c in chains) / sum(c.draws for c in chains)
    row["metropolis"] = {
        "passes": PASSES, "microseconds": PASSES * candidate,
        "burn-in passes": len(wanted) * BURN_IN, "burn-in microseconds": len(wanted) * BURN_IN * candidate,
        "effective": min(c.effective for c in chains), "repeated": max(c.repeated for c in chains),
    } | read(torch.cat([c.z for c in chains]))  # fmt: skip
    return row


def text(found: Mapping[str, Any]) -> str:
    """A row a workload and sampler, means over repetitions. pays after: images of the workload after which the fit has paid against rejection;
    never, or a dash without a fit."""
    runs = pd.DataFrame(
        [
            {"workload": row["workload"], "method": name, "share": row["share"]}
            | {f"fit {unit}": row["fit"][unit] + row[key].get(f"burn-in {unit}", 0) if key != "rejection" else 0 for unit in UNITS}
            | row[key]
            for row in found["rows"]
            for key, name in SAMPLERS.items()
            if row[key]
        ]
    )
    groups = runs.groupby(["workload", "method"], sort=False)
    mean = groups.mean(numeric_only=True)
    rejection = mean.xs(SAMPLERS["rejection"], level="method")
    pays = {}
    for unit in UNITS:
        saved = mean[unit].rsub(rejection[unit], level="workload")
        pays[unit] = (mean[f"fit {unit}"] / saved).where(saved > 0, np.inf).where((mean[f"fit {unit}"] > 0) & saved.notna())
    table = pd.DataFrame(
        {
            "share %": (100 * mean["share"]).map("{:.3g}".format),
            "passes an image": mean["passes"],
            "ms an image": groups["microseconds"].agg(
                lambda times: cell(times.mean() / 1e3, *(end / 1e3 for end in t_interval(times)), digits=2)
            ),
            "as asked %": (100 * mean["as asked"]).round(1),
            "pays after (images), by passes": pays["passes"].round(),
            "by seconds": pays["microseconds"].round(),
            "n": groups.size(),
        }
    )
    where = f"At w = {found['prior_weight']:g}, on one thread of {found['processor']}, {found['n']} images an attribute."
    return f"{where}\n\n{markdown(table.reset_index())}"


@one_thread()
def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--images", type=int, default=100, help="of each attribute")
    parser.add_argument("--draws", type=int, default=100_000, help="that a posterior is fitted to")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--path", type=Path, default=REFERENCE / "bench" / "sampling.json")
    options = parser.parse_args()
    sizes = {"n": options.images, "draws": options.draws, "epochs": options.epochs}
    head = {"processor": processor_name(), "prior_weight": WEIGHT, **sizes}
    found = json.loads(options.path.read_text()) if options.path.exists() else {}
    rows = found.get("rows", []) if found | {"rows": 0} == head | {"rows": 0} else []
    generator, teacher = pair(DIGITS)
    known = workloads(generator, teacher)
    for seed in range(options.seeds):
        for name, classifier in known.items():
            if any((row["workload"], row["seed"]) == (name, seed) for row in rows):
                continue
            wanted = range(10) if name == EVENLY else [1]
            rows.append({"workload": name, "seed": seed} | measured(generator, classifier, wanted, seed, **sizes))
            print(json.dumps(rows[-1]), flush=True)
            save_measured(head | {"rows": rows}, text(head | {"rows": rows}), options.path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
