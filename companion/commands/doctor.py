"""What this machine has and lacks for a profile, and how long the profile would take here.

python -m companion.commands.doctor --profile imagenet10            # `make doctor PROFILE=imagenet10`

Nothing is downloaded. A few real steps are timed and multiplied by the work of each run; where the weights or images are missing,
random ones of the same shapes serve for the timing.
"""

import argparse
import json
import multiprocessing
import os
import pickle
import platform
import shutil
import sys
import textwrap
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import cloudpickle
import torch

from companion import profiles
from companion.commands.workload import Work, measure, work
from companion.experiment import found, plans, worker_count
from companion.profiles import Parts, Profile
from companion.support.machine import processor_name
from companion.support.paths import Paths
from paperlib.checks import ConfigError
from paperlib.data.imagenet import DataError
from paperlib.support.files import replacing
from paperlib.support.weights import CheckpointError

STARTING = 8.0  # seconds that a notebook takes to start its kernel and to draw, measured on two CPU cores


@dataclass(frozen=True)
class TimeEstimate:
    """Seconds by notebook, and the speeds behind them. stand_ins: parts whose place random ones took for the timing."""

    profile: str
    seeds: int
    device: str
    workers: int
    speeds: dict[str, float]
    notebooks: dict[str, float]
    stand_ins: list[str]
    peak_memory_gib: float

    @property
    def total(self) -> float:
        return sum(self.notebooks.values())


def device_name() -> str:
    """The GPU's name, or the processor's."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else processor_name()


def peak_memory_gib() -> float:
    """Of the GPU, or of this process."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**30
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def parts_for_timing(parts: Parts) -> tuple[Parts, list[str]]:
    """The profile's parts, random ones in the place of those that are missing, and the names of these."""
    missing = [r for r in parts.requirements() if r.found is None]
    if not missing or parts.stand_ins is None:
        return parts, []
    substitutes = parts.stand_ins()
    return replace(parts, **{r.part: getattr(substitutes, r.part) for r in missing}), [r.name for r in missing]


def timed(pickled: bytes) -> tuple[Work, float]:
    """Speeds of a profile in this process, and its peak memory in GiB."""
    profile: Profile = pickle.loads(pickled)
    return measure(profile, parts_for_timing(profile.parts)[0]), peak_memory_gib()


def timed_together(profile: Profile, workers: int) -> tuple[Work, float]:
    """Mean speeds of as many processes as will run at a time, for they slow each other down; their memory together."""
    pickled = cloudpickle.dumps(profile)
    if workers == 1:
        return timed(pickled)
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        speeds, peaks = zip(*pool.map(timed, [pickled] * workers), strict=True)
    return Work(**{f.name: sum(getattr(s, f.name) for s in speeds) / workers for f in fields(Work)}), sum(peaks)


def estimate(profile: Profile, seeds: int) -> TimeEstimate:
    """Time a few steps, count the work of every run that is not on record, and share it out among the notebooks."""
    parts, stand_ins = parts_for_timing(profile.parts)
    real_images = len(parts.real_images()[0])
    workers, planned = worker_count(), set()
    on_record = {record.config for record in ([] if stand_ins else found(profile))}
    speeds, peak = timed_together(profile, workers)
    notebooks = {}
    for name in plans.notebooks(profile):
        seconds = 0.0
        for config in plans.PLANS[name](profile, seeds) if name in plans.PLANS else []:
            if config not in planned and config not in on_record:
                seconds += work(config, profile, real_images).seconds(speeds)
            planned.add(config)
        notebooks[name] = STARTING + seconds / workers
    return TimeEstimate(profile.name, seeds, device_name(), workers, asdict(speeds), notebooks, stand_ins, peak)


def machine(profile: Profile, parts: Parts | None) -> list[tuple[str, str]]:
    """Facts about this machine, and what the profile asks of it, in words. parts: None where they are not there to be looked at."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else float("nan")
    gpu = f"{torch.cuda.get_device_properties(0).total_memory / 2**30:.0f} GiB on the GPU, " if torch.cuda.is_available() else ""
    folder = profile.paths.writable(profile.name)
    needed = "known when its parts are there"
    if parts is not None:
        images = parts.real_images()[0].images
        size = (profile.paper_a.images if profile.has_paper_a else len(images)) * images[0].numel() * images.element_size()
        needed = f"{size / 2**20:,.0f} MiB for the data set on the device; G makes {profile.parts.generator_batch} images at a time"
    return [
        ("device", device_name() + ("" if torch.cuda.is_available() else f" (CPU, {worker_count()} runs at a time)")),
        ("software", f"Python {platform.python_version()}, torch {torch.__version__}"),
        ("memory", f"{gpu}{memory:.0f} GiB"),
        ("needed", needed),
        ("disk", f"{shutil.disk_usage(folder).free / 2**30:.0f} GiB free for {folder}"),
    ]


def duration(seconds: float) -> str:
    for unit, length in (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} seconds"


def units(speeds: dict[str, float]) -> list[str]:
    names = {
        "generated": "an image generated", "mined": "an HSM step of an image", "trained": "a training image", "adapted": "an image of BNA",
        "featured": "an image's features", "conditioned": "a label of paper B",
        "latents": "a latent of a posterior's training", "read": "an image through the teacher",
    }  # fmt: skip
    return [f"{1e3 * seconds:.3g} ms {names[unit]}" for unit, seconds in speeds.items() if seconds]


def diagnose(profile: Profile, seeds: int, source: str = "") -> TimeEstimate | None:
    """Print facts, lacks with their remedies, and the estimate, which is None where something is missing that nothing can stand in for.

    source: the path that the profile was loaded by; nothing for a shipped one.
    """
    requirements = profile.parts.requirements()
    lacking = [r.name for r in requirements if r.found is None]
    can_be_timed = not lacking or profile.parts.stand_ins is not None
    if not lacking:
        profile.check_generator()
        profile.check_images()
    print(f"Profile {profile.name}, {seeds} seed{'s' if seeds > 1 else ''}\n")
    for name, fact in machine(profile, parts_for_timing(profile.parts)[0] if can_be_timed else None):
        print(f"  {name:<10}{fact}")
    print()
    for r in requirements:
        print(
            f"  {'has' if r.found else 'LACKS':<10}{r.name}" + (f": {r.found}" if r.found else "\n" + textwrap.indent(r.remedy, " " * 12))
        )
    if not requirements:
        print("  has       everything: nothing has to be fetched")
    for line in profile.left_out.values():
        print(f"  {line}")
    if not can_be_timed:
        print(f"\nMissing: {', '.join(lacking)}. The profile cannot be timed without them.")
        return None
    print("\nTiming a few steps ...", flush=True)
    estimated = estimate(profile, seeds)
    print("  " + ", ".join(units(estimated.speeds)))
    if estimated.stand_ins:
        print(f"  (random stand-ins were timed in the place of: {', '.join(estimated.stand_ins)})")
    print("\nEstimate for what is not on record:")
    for name, seconds in estimated.notebooks.items():
        print(f"  {name:<20}{duration(seconds)}")
    print(f"  {'in all':<20}{duration(estimated.total)}; peak memory of these steps {estimated.peak_memory_gib:.1f} GiB")
    print("\n" + (f"Missing: {', '.join(lacking)}." if lacking else f"Ready: make reproduce PROFILE={source or profile.name}"))
    return estimated


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", default="digits", help=f"{', '.join(profiles.PROFILES)}, or the path of a Python file with PROFILE")
    parser.add_argument("--seeds", type=int, help="seeds of every run; default: the profile's")
    parser.add_argument("--json", type=Path, help="write the estimate to this file too")
    options = parser.parse_args(arguments)
    try:
        profile = profiles.load(options.profile, Paths.from_environment())
        seeds = len(plans.seeds_of(profile.seeds if options.seeds is None else options.seeds))
        estimated = diagnose(profile, seeds, options.profile if options.profile.endswith(".py") else "")
    except (ConfigError, CheckpointError, DataError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if options.json and estimated:
        content: dict[str, Any] = asdict(estimated) | {"total": estimated.total}
        with replacing(options.json) as path:
            path.write_text(json.dumps(content, indent=1) + "\n")
    return 1 if any(r.found is None for r in profile.parts.requirements()) else 0


if __name__ == "__main__":
    sys.exit(main())
