"""What this machine has and lacks for a profile, and how long the profile would take here.

python -m companion.commands.doctor --profile imagenet10            # `make doctor PROFILE=imagenet10`

Nothing is downloaded. The time is that of the committed records of the same runs, times this machine's speed: that of what it has on record, or
else of one short run, which is then computed and kept.
"""

import argparse
import os
import platform
import shutil
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from companion import profiles
from companion.calls import Call, record_of
from companion.experiment import on_record, plans, worker_count
from companion.experiment.durations import Durations
from companion.experiment.names import named
from companion.experiment.watch import duration
from companion.profiles import Profile
from companion.support.machine import processor_name
from companion.support.paths import Paths
from paperlib.checks import ConfigError
from paperlib.data.imagenet import DataError
from paperlib.support.weights import CheckpointError

STARTING = 8.0  # seconds that a notebook takes to start its kernel and to draw, measured on two CPU cores
LONG_ENOUGH = 5.0  # committed seconds of a run that measures a machine's speed: in a shorter one, what is done once counts too much


@dataclass(frozen=True)
class Estimate:
    """Of one notebook. seconds: of its missing runs whose length is known, and of the notebook itself. unknown: how many the others are."""

    seconds: float
    unknown: int

    def __str__(self) -> str:
        others = f"{self.unknown} run{'s' if self.unknown > 1 else ''} of unknown length" if self.unknown else ""
        return f"{duration(self.seconds)}, and {others}" if others else duration(self.seconds)


def estimate(profile: Profile, seeds: int) -> dict[str, Estimate]:
    """The time of every notebook; a run that several speak of counts for the first one."""
    names, workers = plans.notebooks(profile), worker_count()
    by_notebook = {name: list(plans.PLANS[name](profile, seeds)) if name in plans.PLANS else [] for name in names}
    every = list(dict.fromkeys(call for calls in by_notebook.values() for call in calls))
    durations = measured(profile, every)
    done = {record.stem for record in on_record(every)}
    found, counted = {}, set[Call]()
    for name, calls in by_notebook.items():
        here = [call for call in dict.fromkeys(calls) if call.stem not in done and call not in counted]
        counted |= set(here)
        known = [seconds for call in here if (seconds := durations.expected(call)) is not None]
        found[name] = Estimate(STARTING + sum(known) / workers, len(here) - len(known))
    return found


def measured(profile: Profile, every: Sequence[Call]) -> Durations:
    """What runs take here: learned from this machine's records, or from one short missing run that the committed records have."""
    durations, found = Durations(profile), {record.stem: record for record in on_record(every)}
    own = [call for call in every if call.stem in found and found[call.stem].provenance.get("processor") == processor_name()]
    for call in own:
        durations.learn(call, found[call.stem].provenance["seconds"])
    committed = {call: durations.committed(call) for call in every if call.stem not in found and plans.training_read(call) is None}
    there = [call for call, seconds in committed.items() if seconds]
    if not own and there:
        short = min(there, key=lambda call: (committed[call] < LONG_ENOUGH, committed[call]))
        print(f"\nMeasuring this machine's speed on one run: {named(short)} ...", flush=True)
        durations.learn(short, record_of(short, progress=True).provenance["seconds"])
    return durations


def device_name() -> str:
    """The GPU's name, or the processor's."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else processor_name()


def machine(profile: Profile, there: bool) -> list[tuple[str, str]]:
    """Facts about this machine, and what the profile asks of it, in words. there: its parts can be looked at."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else float("nan")
    gpu = f"{torch.cuda.get_device_properties(0).total_memory / 2**30:.0f} GiB on the GPU, " if torch.cuda.is_available() else ""
    folder = profile.paths.writable(profile.name)
    needed = "known when its parts are there"
    if there:
        images = profile.parts.real_images()[0].images
        size = (profile.paper_a.images if profile.has_paper_a else len(images)) * images[0].numel() * images.element_size()
        needed = f"{size / 2**20:,.0f} MiB for the data set on the device; G makes {profile.parts.generator_batch} images at a time"
    return [
        ("device", device_name() + ("" if torch.cuda.is_available() else f" (CPU, {worker_count()} runs at a time)")),
        ("software", f"Python {platform.python_version()}, torch {torch.__version__}"),
        ("memory", f"{gpu}{memory:.0f} GiB"),
        ("needed", needed),
        ("disk", f"{shutil.disk_usage(folder).free / 2**30:.0f} GiB free for {folder}"),
    ]


def diagnose(profile: Profile, seeds: int, source: str = "") -> list[str]:
    """Print facts, lacks with their remedies, and the estimate; returns what is missing. source: the path that the profile was loaded by; nothing
    for a shipped one."""
    requirements = profile.parts.requirements()
    lacking = [r.name for r in requirements if r.found is None]
    if not lacking:
        profile.check_generator()
        profile.check_images()
    print(f"Profile {profile.name}, {seeds} seed{'s' if seeds > 1 else ''}\n")
    for name, fact in machine(profile, not lacking):
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
    if lacking:
        print(f"\nMissing: {', '.join(lacking)}. How long the profile takes can be told when they are there.")
        return lacking
    by_notebook = estimate(profile, seeds)
    print("\nEstimate for what is not on record:")
    for name, found in by_notebook.items():
        print(f"  {name:<20}{found}")
    print(f"  {'in all':<20}{Estimate(sum(e.seconds for e in by_notebook.values()), sum(e.unknown for e in by_notebook.values()))}")
    print(f"\nReady: make reproduce PROFILE={source or profile.name}")
    return []


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", default="digits", help=f"{', '.join(profiles.PROFILES)}, or the path of a Python file with PROFILE")
    parser.add_argument("--seeds", type=int, help="seeds of every run; default: the profile's")
    options = parser.parse_args(arguments)
    try:
        profile = profiles.load(options.profile, Paths.from_environment())
        seeds = len(plans.seeds_of(profile.seeds if options.seeds is None else options.seeds))
        lacking = diagnose(profile, seeds, options.profile if options.profile.endswith(".py") else "")
    except (ConfigError, CheckpointError, DataError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
