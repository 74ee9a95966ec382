"""Train a profile's own parts: the digits' from the appendix notebook, those of cifar10 and faces here, over as many calls as it takes.

python -m companion.commands.pretrain --profile cifar10 --minutes 9           # `make pretrained PROFILE=cifar10 MINUTES=9`

Checkpoints, samples and quality curves lie in the cache (PAPERLIB_CACHE), under pretraining/cifar10 and faces; another call goes on from there.
The parts of faces stay there: weights that were trained on UTKFace do not ship.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from companion.commands import reproduce
from companion.support.paths import Paths
from paperlib.checks import ConfigError, check, check_choice, check_number
from paperlib.data.decoding import DataError
from paperlib.support.weights import CheckpointError


def cifar10(part: str | None, steps: int | None, minutes: float | None, paths: Paths) -> None:
    """Train all parts, or one, as far as `minutes` allow. steps: of a generator, in place of its own."""
    from companion.profiles import device
    from companion.profiles.cifar10 import images_for_training, trainings
    from recipes import cifar10 as pretraining

    parts = _chosen(pretraining.parts_for(device()), part, steps, pretraining.GeneratorPart)
    images, folder = images_for_training(paths), trainings(paths)
    _tell(pretraining.train_parts(parts, images, folder, inception=paths.inception, minutes=minutes), folder)


def faces(part: str | None, steps: int | None, minutes: float | None, paths: Paths) -> None:
    """The same for the parts of `faces`, whose steps are fixed."""
    from companion.profiles import device
    from companion.profiles.faces import Files
    from paperlib.data.utkface import CLASS_NAMES, utkface
    from recipes import face_parts

    check(steps is None, "steps", steps, "leave it out: `make reproduce` refuses faces' generators of other lengths than their own")
    parts = _chosen(face_parts.parts_for(device()), part, None, face_parts.GeneratorPart)
    attributes = {p.attribute for p in parts.values() if isinstance(p, face_parts.ClassifierPart)} | {"race"}
    images = Files.of(paths).images
    read = {a: utkface(images, attribute=a, cache=paths.cache) for a in CLASS_NAMES if a in attributes}
    folder, shown = Files.of(paths).trained, paths.writable("faces") / "parts"
    face_parts.note_images(read["race"], shown)
    _tell(face_parts.train_parts(parts, read, folder, shown=shown, device=device(), minutes=minutes), folder)


def _chosen(parts: dict[str, Any], part: str | None, steps: int | None, generator: type[Any]) -> dict[str, Any]:
    """`part` alone, or all of them; those of the class `generator` with `steps` in place of their own."""
    if part is not None:
        check_choice("part", part, tuple(parts))
        parts = {part: parts[part]}
    if steps is None:
        return parts
    check(steps > 0, "steps", steps, "use an integer of at least 1")
    return {name: replace(p, steps=steps) if isinstance(p, generator) else p for name, p in parts.items()}


def _tell(trained: Iterator[tuple[str, bool]], folder: Path) -> None:
    """Trains, and says how far each part is."""
    for name, done in trained:
        print(f"{name}: {'done' if done else 'not done yet; call again to go on'}, see {folder / name}", flush=True)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", default="digits", help="digits, cifar10 or faces")
    parser.add_argument("--part", help="this part alone")
    parser.add_argument("--steps", type=int, help="steps of a generator of cifar10")
    parser.add_argument("--minutes", type=float, help="stop after so many, to go on in the next call")
    options = parser.parse_args(arguments)
    name = Path(options.profile).name
    try:
        check_choice("profile", name, ("digits", "cifar10", "faces"))
        if name == "digits":
            return reproduce.main(["--pretrain"])
        train = {"cifar10": cifar10, "faces": faces}[name]
        if options.minutes is not None:
            check_number("minutes", options.minutes, 0, 1e6, open_low=True)
        train(options.part, options.steps, options.minutes, Paths.from_environment())
    except (ConfigError, CheckpointError, DataError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
