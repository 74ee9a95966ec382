"""The generators of notebook 07, each with a profile: same images, same classifiers, another generator.

for stage in stages(Paths.from_environment()):
    run_all(runs_of(stage, seeds=3))

Digits: six trainings at three steps each, the last of them at two truncations. CIFAR-10: stages of its own generator, the last of which is
the one that cifar10_small has, so its runs are those of that profile. Truncation t scales the latents: z ~ N(0, t^2 I).
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from companion.profiles import cifar10
from companion.profiles.digits import DIGITS
from companion.profiles.profile import Once, Profile, device
from companion.support.paths import Paths
from paperlib.generators import Generator, from_module, fuse_residual
from paperlib.generators.residual import ResidualGenerator
from paperlib.support.weights import MANIFEST, PRETRAINED, CheckpointError, load_pretrained, manifest
from recipes.cifar10 import CONDITIONAL
from recipes.natural_gan import new_generator
from recipes.stages import STAGES

TRUNCATIONS = {"digits": (1.0, 0.7), "cifar10_small": (1.0,)}  # of the last stage; the others have truncation 1
SEEDS = 3
FIRST_SEED, SEEDS_APART = {"digits": 10_000, "cifar10_small": 90_000}, 100  # a training that is added moves no other's seeds


@dataclass(frozen=True)
class Stage:
    """family: of trainings that differ in their seed alone. training: its seed. step: after which the weights were kept. last: no later one
    is kept. data: the profile whose images, classifiers and sizes the stage's own profile has. first_seed: of its classifiers. No two generators
    share a seed, for a seed's first weights and latents would move the gains of all of them together."""

    data: str
    family: str
    training: int
    step: int
    truncation: float
    last: bool
    profile: Profile
    first_seed: int


def stages(paths: Paths, folder: Path = STAGES) -> list[Stage]:
    """Every generator of the folder, the last stage of a training at every truncation, in the order of their names. CheckpointError where there
    are none."""
    if not (folder / MANIFEST).is_file():
        raise CheckpointError(
            f"{folder} has no generators: train them with `make stages`, which also computes their runs (hours on two cores)."
        )
    entries = manifest(folder)
    found: list[Stage] = []
    for name, entry in sorted(entries.items()):
        data = "cifar10_small" if entry["family"] == "cifar10" else "digits"
        steps = [e["step"] for e in entries.values() if (e["family"], e["training"]) == (entry["family"], entry["training"])]
        last = entry["step"] == max(steps)
        for truncation in TRUNCATIONS[data] if last else (1.0,):
            profile = _profile(data, name, truncation, paths, folder)
            before = sum(stage.family == entry["family"] and stage.training == entry["training"] for stage in found)
            first_seed = 0 if _shipped(name, folder) else FIRST_SEED[data] + SEEDS_APART * (10 * entry["training"] + before)
            found.append(Stage(data, entry["family"], entry["training"], entry["step"], truncation, last, profile, first_seed))
    return found


def _profile(data: str, name: str, truncation: float, paths: Paths, folder: Path) -> Profile:
    base = DIGITS if data == "digits" else replace(cifar10.CIFAR10_SMALL, parts=cifar10.small_parts(paths), paths=paths)
    if _shipped(name, folder):
        return base
    generator = Once(partial(_generator, data, name, folder))
    return replace(
        base, name=f"stages/{name}-t{truncation:g}", parts=replace(base.parts, generator=generator, paper_b=None), paths=paths,
        seeds=SEEDS, side_seeds=1, conditioning=None, diversity=None, mining=None, controls=None,
    )  # fmt: skip


def _shipped(name: str, folder: Path) -> bool:
    """Whether these weights are those of the generator that cifar10_small has."""
    return manifest(folder)[name]["sha256"] == manifest(PRETRAINED)[CONDITIONAL]["sha256"]


def _generator(data: str, name: str, folder: Path) -> Generator:
    if data == "digits":
        network = ResidualGenerator(num_classes=10)
    else:
        made = manifest(folder)[name]
        network = new_generator(10, made["channels"], made["latent_dim"])
    fused = fuse_residual(load_pretrained(network, name, folder)).to(device())
    return from_module(fused, latent_dim=fused.latent_dim, image_shape=fused.image_shape, num_classes=10)
