"""Seconds of a step, with the GPU's work in them."""

import time
from collections.abc import Callable
from typing import TypeVar

import torch

T = TypeVar("T")


def synchronize() -> None:
    """Wait for the GPU, where there is one, so that a stopwatch tells the truth."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def timed(step: Callable[[], T]) -> tuple[T, float]:
    """What `step` returns, and the seconds that it took."""
    synchronize()
    start = time.perf_counter()
    found = step()
    synchronize()
    return found, time.perf_counter() - start
