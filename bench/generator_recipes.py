"""Recipes for the generators of cifar10, compared before one is trained in full: results/reference/pretraining/recipes.json.

make recipes CIFAR10=/data/cifar10            # some hours on two cores; an interrupted comparison goes on where it stopped
python bench/generator_recipes.py --only plain          # one of them, for one core each

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

from companion.profiles import device
from companion.profiles.cifar10 import images_for_training, trainings
from companion.support.paths import Paths
from paperlib.checks import ConfigError
from paperlib.data.cifar10 import Cifar10
from paperlib.networks.natural import NaturalJudge
from paperlib.support.files import replacing
from paperlib.support.weights import PRETRAINED, CheckpointError
from recipes.cifar10 import CONDITIONAL, RECORDS, GeneratorPart, parts_for, shipped_judge, train_generator

FULL = parts_for(device())[CONDITIONAL]
assert isinstance(FULL, GeneratorPart)
STEPS = round(FULL.stages[0] * FULL.steps)
PLAIN = replace(FULL.gan, shift=0, mode_seeking=0.0, discriminator_steps=3)
RECIPES = {
    "plain": PLAIN,
    "images moved": replace(PLAIN, shift=2),
    "mode seeking": replace(PLAIN, mode_seeking=0.05),
    "one discriminator step": replace(PLAIN, discriminator_steps=1),
    "logistic loss": replace(PLAIN, loss="logistic"),
}
RECORD = RECORDS / "recipes.json"


def compare(name: str, images: Cifar10, folder: Path, judge: NaturalJudge) -> None:
    """Train one recipe and write its quality into the record. folder: of all trainings."""
    settings = RECIPES[name]
    quality = _of_the_full_training(folder / CONDITIONAL) if settings == FULL.gan else None
    if quality is None:
        part = GeneratorPart(settings, steps=STEPS, measured=1, stages=())
        trained = train_generator(part, images, folder / "recipes" / name.replace(" ", "-"), judge)
        assert trained is not None
        quality = trained[1]
    entry = {"settings": asdict(settings), "steps": STEPS, **quality}
    known = json.loads(RECORD.read_text()) if RECORD.is_file() else {}
    with replacing(RECORD) as path:
        path.write_text(json.dumps(dict(sorted((known | {name: entry}).items())), indent=1) + "\n")


def _of_the_full_training(folder: Path) -> dict[str, Any] | None:
    """What was measured after STEPS, where it has come so far."""
    curve = json.loads((folder / "curve.json").read_text()) if (folder / "curve.json").is_file() else []
    there = (entry for entry in curve if entry["step"] == STEPS and {"classifier_accuracy", "fid"} <= entry.keys())
    return next(({key: value for key, value in entry.items() if key != "step" and not key.startswith("loss")} for entry in there), None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=RECIPES)
    only, paths = parser.parse_args().only, Paths.from_environment()
    try:
        judge = shipped_judge(PRETRAINED)
        if judge is None:
            raise CheckpointError(
                "The judge measures the recipes and is not there. Train it: make pretrained PROFILE=cifar10 PART=cifar10_judge"
            )
        images = images_for_training(paths)
        for name in [only] if only else RECIPES:
            compare(name, images, trainings(paths), judge)
    except (ConfigError, CheckpointError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
