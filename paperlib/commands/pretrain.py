"""Train a profile's own parts: the digits' from the appendix notebook, those of cifar10 and faces here, over as many calls as it takes.

python -m paperlib.commands.pretrain --profile cifar10 --minutes 9           # `make pretrained PROFILE=cifar10 MINUTES=9`

Checkpoints, samples and quality curves lie in the cache (PAPERLIB_CACHE), under pretraining/cifar10 and faces; another call goes on from there.
The parts of faces stay there: weights that were trained on UTKFace do not ship.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from paperlib.commands import reproduce
from paperlib.config import ConfigError, check, check_choice, check_number
from paperlib.data.decoding import DataError
from paperlib.support.paths import Paths
from paperlib.support.weights import CheckpointError


def cifar10(part: str | None, steps: int | None, minutes: float | None, paths: Paths) -> bool:
    """Train all parts, or one, as far as `minutes` allow -> whether they are done. steps: of a generator, in place of its own."""
    from paperlib.pretraining import cifar10 as pretraining
    from paperlib.profiles import device
    from paperlib.profiles.cifar10 import images_for_training, trainings

    parts = pretraining.parts_for(device())
    if part is not None:
        check_choice("part", part, tuple(parts))
        parts = {part: parts[part]}
    if steps is not None:
        check(steps > 0, "steps", steps, "use an integer of at least 1")
        parts = {name: replace(p, steps=steps) if isinstance(p, pretraining.GeneratorPart) else p for name, p in parts.items()}
    images, folder = images_for_training(paths), trainings(paths)
    done = {}
    for name, whole in pretraining.train_parts(parts, images, folder, minutes=minutes):
        done[name] = whole
        print(f"{name}: {'done' if whole else 'not done yet; call again to go on'}, see {folder / name}", flush=True)
    return len(done) == len(parts) and all(done.values())


def faces(part: str | None, steps: int | None, minutes: float | None, paths: Paths) -> bool:
    """The same for the parts of `faces`."""
    from paperlib.data.utkface import CLASS_NAMES, utkface
    from paperlib.pretraining import face_parts
    from paperlib.profiles import device
    from paperlib.profiles.faces import Files

    parts = face_parts.parts_for(device())
    if part is not None:
        check_choice("part", part, tuple(parts))
        parts = {part: parts[part]}
    if steps is not None:
        check(steps > 0, "steps", steps, "use an integer of at least 1")
        parts = {name: replace(p, steps=steps) if isinstance(p, face_parts.GeneratorPart) else p for name, p in parts.items()}
    attributes = {p.attribute for p in parts.values() if isinstance(p, face_parts.ClassifierPart)} | {"race"}
    images = Files.of(paths).images
    read = {a: utkface(images, attribute=a, cache=paths.cache) for a in CLASS_NAMES if a in attributes}
    folder, shown = Files.of(paths).trained, paths.writable("faces") / "parts"
    done = {}
    for name, whole in face_parts.train_parts(parts, read, folder, shown=shown, device=device(), minutes=minutes):
        done[name] = whole
        print(f"{name}: {'done' if whole else 'not done yet; call again to go on'}, see {folder / name}", flush=True)
    return len(done) == len(parts) and all(done.values())


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", default="digits", help="digits, cifar10 or faces")
    parser.add_argument("--part", help="this part alone")
    parser.add_argument("--steps", type=int, help="steps of a generator")
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
