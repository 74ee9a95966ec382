"""The generators of notebook 07: independent trainings of the digits' GAN, each with a seed of its own and kept at three stages, plain and
mode-seeking in turn.

for name in train_stages(STAGES): ...            # `make stages`; a training whose files are there is not repeated

Each file holds float16 weights. The folder's manifest has its family, training and step.
"""

import copy
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from paperlib.data import digits
from paperlib.generators.residual import ResidualGenerator
from paperlib.support.progress import progress_bar
from paperlib.support.threads import one_thread
from paperlib.support.weights import MANIFEST, PRETRAINED, manifest, save_weights
from recipes.digits import GANTraining, train_gan

STAGES = PRETRAINED / "stages"
FAMILIES = {"plain": 0.0, "mode-seeking": 0.01}  # weights of the mode-seeking term
TRAININGS = 3
KEPT = (750, 2000, 6000)


def train_stages(
    folder: Path = STAGES, *, trainings: int = TRAININGS, kept: tuple[int, ...] = KEPT, workers: int = 2, progress: bool = True
) -> Iterator[str]:
    """Train what is missing, `workers` at a time -> the names of the files, as they are written.

    trainings: of each family. kept: steps after which the averaged generator is kept; the last one is the end.
    """
    there = manifest(folder) if (folder / MANIFEST).is_file() else {}
    planned = enumerate(list(FAMILIES) * trainings)
    wanted = [(family, seed) for seed, family in planned if any(_name(family, seed, step) not in there for step in kept)]
    bar = progress_bar(len(wanted), "trainings", enabled=progress and bool(wanted))
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = {pool.submit(_train, family, seed, kept): (family, seed) for family, seed in wanted}
        for future in as_completed(futures):
            family, seed = futures[future]
            for step, network in future.result().items():
                name = _name(family, seed, step)
                save_weights(network, name, {"family": family, "training": seed, "step": step}, folder)
                yield name
            bar.update(1)
    bar.close()


def _name(family: str, training: int, step: int) -> str:
    return f"{family}-{training}-{step:05d}"


@one_thread()
def _train(family: str, seed: int, kept: tuple[int, ...]) -> dict[int, ResidualGenerator]:
    """The averaged generator at each of the steps, in float16."""
    found: dict[int, ResidualGenerator] = {}

    def keep(step: int, average: ResidualGenerator) -> None:
        if step in kept:
            found[step] = copy.deepcopy(average).half()

    settings = GANTraining(conditional=True, mode_seeking=FAMILIES[family], steps=max(kept), seed=seed)
    train_gan(digits()[0], settings, on_step=keep, progress=False)
    return found
