"""How fast a checkpoint of Brock's code runs fused, beside the same network as its layers stand: results/reference/bench/residual_biggan.json.

python bench/residual_biggan.py            # a minute; run it alone

32x32 pixels, random weights, one thread; the two take turns, and each ratio is of the fastest round of both.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from speed import race

from companion.report.files import markdown, save_measured
from companion.support.machine import processor_name
from companion.support.paths import REFERENCE
from paperlib.generators.fused_residual_biggan import FusedResidualBigGAN
from paperlib.generators.residual_biggan import ResidualBigGAN
from paperlib.support.threads import one_thread
from recipes.brock_layout import new_generator, state_of

BATCH, LATENT, ROUNDS = 64, 64, 10
BASE_CHANNELS = (6, 64)  # of the generators that are trained here, and that code's default


@one_thread()
def row(base: int) -> dict[str, float]:
    """Images a second of both, in generation and with the gradient in z; what the fused one gains."""
    torch.manual_seed(0)
    network = ResidualBigGAN(state_of(new_generator(1, 4 * base, LATENT)), Path("random")).eval().requires_grad_(False)
    both = {"layers": network, "fused": FusedResidualBigGAN(network)}
    z = torch.randn(BATCH, LATENT)

    def forward(module: torch.nn.Module) -> None:
        with torch.no_grad():
            module(z)

    def gradient(module: torch.nn.Module) -> None:
        x = z.clone().requires_grad_(True)
        torch.autograd.grad(module(x).square().sum(), x)

    found: dict[str, float] = {"base_channels": base}
    for task, step in (("generation", forward), ("gradient", gradient)):
        times = race({name: lambda module=module, step=step: step(module) for name, module in both.items()}, ROUNDS)
        found |= {f"{task}_{name}": BATCH / seconds for name, seconds in times.items()}
        found[f"{task}_ratio"] = times["layers"] / times["fused"]
    return found


def text(found: Mapping[str, Any]) -> str:
    """How many times as fast as its layers the fused network is."""
    rows = pd.DataFrame(found["rows"]).round(1)
    table = pd.DataFrame(
        {
            "base channels": rows["base_channels"],
            "generation, times as fast": rows["generation_ratio"],
            "with the gradient in z, times as fast": rows["gradient_ratio"],
        }
    )
    return f"On one thread ({found['device']}, {found['instructions']}):\n\n{markdown(table)}"


if __name__ == "__main__":
    found = {
        "device": processor_name(), "instructions": torch.backends.cpu.get_cpu_capability(), "torch": torch.__version__, "batch": BATCH,
        "rows": [row(base) for base in BASE_CHANNELS],
    }  # fmt: skip
    save_measured(found, text(found), REFERENCE / "bench" / "residual_biggan.json")
    print(json.dumps(found, indent=1))
