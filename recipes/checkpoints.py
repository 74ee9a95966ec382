"""A long training that stops and goes on: one file with everything that its next step needs, written whole every few minutes.

keeper = Keeper(folder / "checkpoint.pt", run={"seed": 0, "data": "3f..."})      # what the training is; another one cannot go on from it
state = keeper.load()                                                            # None where nothing was kept
keeper.save({"step": 100, ...});   keeper.due()                                  # due: some minutes since the last one

Files hold tensors, numbers and text alone, and are read with weights_only=True.
"""

import pickle
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from paperlib.support.files import replacing
from paperlib.support.weights import CheckpointError

MINUTES = 3.0


@dataclass
class Keeper:
    """path: of the checkpoint. run: plain values that say which training it is. minutes: between two checkpoints."""

    path: Path
    run: dict[str, Any]
    minutes: float = MINUTES
    _last: float = field(default_factory=time.monotonic)

    def due(self) -> bool:
        return time.monotonic() - self._last >= 60 * self.minutes

    def save(self, state: dict[str, Any]) -> None:
        with replacing(self.path) as temporary:
            torch.save({"run": self.run, "state": state}, temporary)
        self._last = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """The state that was kept; CheckpointError where the file is damaged or of another run."""
        if not self.path.is_file():
            return None
        remedy = "remove it to begin anew"
        try:
            content = torch.load(self.path, map_location="cpu", weights_only=True)
            run, state = dict(content["run"]), dict(content["state"])
        except (OSError, RuntimeError, EOFError, ValueError, TypeError, KeyError, pickle.UnpicklingError) as error:
            first = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise CheckpointError(f"{self.path} cannot be read as a checkpoint: {first}; {remedy}.") from error
        differing = [name for name in sorted(self.run.keys() | run.keys()) if self.run.get(name) != run.get(name)]
        if differing:
            values = ", ".join(f"{name} = {run.get(name)!r} there and {self.run.get(name)!r} here" for name in differing)
            raise CheckpointError(f"{self.path} is of another run: {values}; {remedy}.")
        return state


class Clock:
    """How long this call may still train. minutes: None is without end."""

    def __init__(self, minutes: float | None):
        self.end = None if minutes is None else time.monotonic() + 60 * minutes

    def over(self) -> bool:
        return self.end is not None and time.monotonic() >= self.end


def stream_of_step(seed: int, step: int, device: torch.device) -> torch.Generator:
    """All that is random in a step: of nothing but the seed and the step, so that a run that stopped and went on draws the same."""
    return torch.Generator(device).manual_seed(int(np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0] >> 1))


def bfloat16_wins(device: torch.device) -> bool:
    """On a GPU, and on a processor with instructions for it."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    known = torch.cpu.get_capabilities()
    return bool(known.get("avx512_bf16") or known.get("amx_bf16"))
