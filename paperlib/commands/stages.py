"""Notebook 07: train its generators, compute their runs, execute it. Each step goes on where it was stopped.

python -m paperlib.commands.stages            # `make stages`: hours on two cores
"""

from paperlib.support import stopping

if __name__ == "__main__":
    stopping.at_once("What is on record stays; the same command goes on from there.")
elif __name__ == "__mp_main__":
    stopping.leave_to_parent()

import argparse
import sys

from papermill.exceptions import PapermillExecutionError

from paperlib.commands.reproduce import execute
from paperlib.config import ConfigError
from paperlib.data.decoding import DataError
from paperlib.experiment import plans, run_all
from paperlib.experiment.stages import runs_of
from paperlib.experiment.together import FailedRunsError
from paperlib.pretraining.stages import train_stages
from paperlib.profiles import stages
from paperlib.profiles.cifar10 import small_parts
from paperlib.support.paths import Paths
from paperlib.support.weights import CheckpointError

NOTEBOOK = "07_when_do_they_help"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=stages.SEEDS, help="seeds of every classifier")
    options = parser.parse_args(arguments)
    try:
        paths = Paths.from_environment()
        plans.seeds_of(options.seeds)
        small_parts(paths).real_images()  # missing ones are named before hours of training
        for name in train_stages():
            print(f"{name}: trained", flush=True)
        every = stages.stages(paths)
        for number, stage in enumerate(every, 1):
            run_all(runs_of(stage, options.seeds), stage.profile, label=f"generator {number} of {len(every)}")
        print(execute(NOTEBOOK, paths.writable("stages") / "notebooks" / f"{NOTEBOOK}.ipynb", {"seeds": options.seeds}))
    except (ConfigError, CheckpointError, DataError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except FailedRunsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except PapermillExecutionError as error:
        print(f"error: {'; '.join(error.__notes__)}: {error.ename}: {error.evalue}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
