"""Recipes for the generators of cifar10, compared before one is trained in full: results/reference/pretraining/recipes.json.

make recipes CIFAR10=/data/cifar10            # some hours on two cores; an interrupted comparison goes on where it stopped
python bench/recipes.py --only plain          # one of them, for one core each

All have the budget of the first stage of the generator that is trained in full; its own recipe is read there. What counts is read on the
validation images: the accuracy of a classifier trained on samples, then recall, then FID in the judge's features. The judge comes first:
make pretrained PROFILE=cifar10 PART=cifar10_judge
"""

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from paperlib import data
from paperlib.data.cifar10 import Cifar10
from paperlib.pretraining.checkpoints import bfloat16_wins
from paperlib.pretraining.cifar10 import CONDITIONAL, SMALL, GeneratorPart, shipped_judge, train_generator
from paperlib.pretraining.natural_gan import GANSettings
from paperlib.profiles import device
from paperlib.profiles.cifar10 import source
from paperlib.support.files import replacing
from paperlib.support.paths import REFERENCE, Paths
from paperlib.support.weights import PRETRAINED

FULL = SMALL[CONDITIONAL]
assert isinstance(FULL, GeneratorPart)
STEPS = round(FULL.stages[0] * FULL.steps)
PLAIN = GANSettings(conditional=True)
RECIPES = {
    "plain": PLAIN,
    "images moved": replace(PLAIN, shift=2),
    "mode seeking": replace(PLAIN, mode_seeking=0.05),
    "one discriminator step": replace(PLAIN, discriminator_steps=1),
}
RECORD = REFERENCE / "pretraining" / "recipes.json"


def compare(name: str, images: Cifar10, paths: Paths) -> None:
    """Train one recipe and write its quality into the record."""
    judge = shipped_judge(PRETRAINED)
    if judge is None:
        raise SystemExit(
            f"error: {CONDITIONAL} is measured by the judge. Train it first: make pretrained PROFILE=cifar10 PART=cifar10_judge"
        )
    settings = replace(RECIPES[name], mixed_precision=bfloat16_wins(device()))
    trainings = paths.cache.expanduser() / "pretraining" / "cifar10"
    quality = _of_the_full_training(trainings / CONDITIONAL) if RECIPES[name] == FULL.gan else None
    if quality is None:
        part = GeneratorPart(settings, steps=STEPS, measured=1, stages=())
        trained = train_generator(part, images, trainings / "recipes" / name.replace(" ", "-"), judge)
        assert trained is not None
        quality = trained[1]
    entry = {"settings": asdict(settings), "steps": STEPS, **quality}
    known = json.loads(RECORD.read_text()) if RECORD.is_file() else {}
    with replacing(RECORD) as path:
        path.write_text(json.dumps(dict(sorted((known | {name: entry}).items())), indent=1) + "\n")


def _of_the_full_training(folder: Path) -> dict[str, Any] | None:
    """What was measured after STEPS, where it has come so far."""
    curve = json.loads((folder / "curve.json").read_text()) if (folder / "curve.json").is_file() else []
    found = [entry for entry in curve if entry.pop("step") == STEPS and "classifier_accuracy" in entry and "fid" in entry]
    return found[0] if found else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=RECIPES)
    only, paths = parser.parse_args().only, Paths.from_environment()
    read = data.cifar10(source(paths), cache=paths.cache)
    images = Cifar10(*(part.to(device()) for part in (read.train, read.validation, read.test)))
    for name in [only] if only else RECIPES:
        compare(name, images, paths)
    return 0


if __name__ == "__main__":
    sys.exit(main())
