"""Notebook 07: train its generators, compute their runs, execute it. Each step goes on where it was stopped.

python -m companion.commands.stages            # `make stages`: hours on two cores
"""

from paperlib.support import stopping

if __name__ == "__main__":
    stopping.at_once("What is on record stays; the same command goes on from there.")
elif __name__ == "__mp_main__":
    stopping.leave_to_parent()

import argparse
import sys

from companion.commands.reproduce import execute, exit_status
from companion.experiment import run_all
from companion.experiment.stages import runs_of
from companion.profiles import stages
from companion.profiles.cifar10 import small_parts
from companion.support.paths import Paths
from paperlib.checks import check_count
from recipes.stages import train_stages

NOTEBOOK = "07_when_do_they_help"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=stages.SEEDS, help="seeds of every classifier")
    seeds = parser.parse_args(arguments).seeds
    return exit_status(lambda: _command(seeds))


def _command(seeds: int) -> None:
    """What is wrong with the number of seeds or the images is said before hours of training."""
    paths = Paths.from_environment()
    check_count("seeds", seeds, high=stages.SEEDS_APART)
    small_parts(paths).real_images()
    for name in train_stages():
        print(f"{name}: trained", flush=True)
    every = stages.stages(paths)
    for number, stage in enumerate(every, 1):
        run_all(runs_of(stage, seeds), label=f"generator {number} of {len(every)}")
    print(execute(NOTEBOOK, paths.writable("stages") / "notebooks" / f"{NOTEBOOK}.ipynb", {"seeds": seeds}))


if __name__ == "__main__":
    sys.exit(main())
