"""What is there for BNA to correct? BatchNorm statistics of generated images against those of real ones: results/reference/bench/bna_shift.json.

PAPERLIB_CIFAR10=/data/cifar10 python bench/bna_shift.py          # a quarter of an hour on one core

A classifier is trained for each of three seeds on a fixed set of each generator's images. Then its statistics are taken anew, exactly: from
that set, from all real training images, and from as many real ones as the set has.
"""

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from companion.profiles.stages import SEEDS, Stage, stages
from companion.report.files import markdown, save_measured
from companion.runs import classifier
from companion.runs.paper_a import source_of, trained
from companion.support.paths import REFERENCE, Paths
from paperlib.batchnorm_adaptation import adapt_batchnorm
from paperlib.data.decoding import DataError
from paperlib.streams import stream
from paperlib.support.weights import CheckpointError
from paperlib.training import accuracy

FAMILIES = ("plain", "cifar10")  # their first training: its first and its last stage


def between(model: nn.Module, other: nn.Module) -> dict[str, float]:
    """Mean over layers and channels: distance of the means in standard deviations of `other`, and of the logarithms of the variances."""
    pairs = [
        (a.running_mean, a.running_var, b.running_mean, b.running_var)
        for a, b in zip(model.modules(), other.modules(), strict=True)
        if isinstance(a, _BatchNorm) and isinstance(b, _BatchNorm)
    ]
    means = [((mean - to).abs() / var.sqrt()).mean() for mean, _, to, var in pairs]
    variances = [(var / to).log().abs().mean() for _, var, _, to in pairs]
    return {"means": torch.stack(means).mean().item(), "variances": torch.stack(variances).mean().item()}


def measured(stage: Stage, seed: int) -> dict[str, object]:
    """Distances of the statistics, and accuracy in percent before and after BNA."""
    profile = stage.profile
    config, batch = classifier.call(profile, seed=stage.first_seed + seed).arguments, profile.parts.forward_batch
    source = source_of(config, profile)
    made = source(0, nn.Identity())
    model, _ = trained(config, profile, source, progress=True)
    real, test = profile.parts.real_images()
    chosen = torch.randperm(len(real), generator=stream(config.seed, "set choice"))[: len(made)]
    sets = {"made": made.images, "as many": real.images[chosen], "real": real.images}
    of = {name: adapt_batchnorm(model, images, batch_size=batch) for name, images in sets.items()}
    return {
        "data": stage.data,
        "step": stage.step,
        "seed": config.seed,
        "generated": between(of["made"], of["real"]),
        "real, as many": between(of["as many"], of["real"]),
        "accuracy": 100 * accuracy(model, test, batch_size=batch),
        "accuracy with BNA": 100 * accuracy(of["real"], test, batch_size=batch),
    }


def ends() -> list[Stage]:
    """The first and the last stage of each family's first training. DataError where images are missing, before any training."""
    found: list[Stage] = []
    for family in FAMILIES:
        steps = [stage for stage in stages(Paths.from_environment()) if (stage.family, stage.training, stage.truncation) == (family, 0, 1)]
        first, *_, last = sorted(steps, key=lambda stage: stage.step)
        found += [first, last]
    for stage in found:
        stage.profile.parts.real_images()
    return found


def text(found: Mapping[str, Any]) -> str:
    """A row a generator, mean over seeds; every seed's gain."""
    runs = pd.json_normalize(found["rows"])
    runs["gain"] = (runs["accuracy with BNA"] - runs["accuracy"]).map("{:+.1f}".format)
    groups = runs.groupby(["data", "step"], sort=False)
    mean = groups.mean(numeric_only=True)
    table = pd.DataFrame(
        {
            "generated: means": mean["generated.means"].round(3),
            "generated: variances %": (100 * np.expm1(mean["generated.variances"])).round(1),
            "as many real: means": mean["real, as many.means"].round(3),
            "as many real: variances %": (100 * np.expm1(mean["real, as many.variances"])).round(1),
            "accuracy %": mean["accuracy"].round(1),
            "BNA adds (each seed)": groups["gain"].agg("/".join),
        }
    )
    return markdown(table.reset_index().rename(columns={"step": "generator after steps"}))


if __name__ == "__main__":
    torch.set_num_threads(1)
    try:
        chosen = ends()
    except (CheckpointError, DataError) as error:
        sys.exit(f"error: {error}")
    rows = [measured(stage, seed) for stage in chosen for seed in range(SEEDS)]
    save_measured({"rows": rows}, text({"rows": rows}), REFERENCE / "bench" / "bna_shift.json")
