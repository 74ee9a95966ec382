"""Profiles: which generator, data, classifiers and sizes. A profile holds the parts and the sizes of its runs.

profile = load("digits")
profile = load("path/to/my_profile.py", Paths.from_environment())          # a module with PROFILE
call = classifier.call(profile, seed=0, hsm=True, r=0.5)             # of a recorded function, see runs/
"""

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from companion.profiles import cifar10, closing, faces, imagenet10
from companion.profiles.cifar10 import CIFAR10, CIFAR10_SMALL, CIFAR10_SMOKE, CIFAR10_TUNING
from companion.profiles.digits import DIGITS, SMOKE, TUNING
from companion.profiles.faces import FACES, FACES_SMOKE
from companion.profiles.imagenet10 import IMAGENET10, IMAGENET10_SMOKE
from companion.profiles.profile import Once, OwnMethod, PaperB, Parts, Profile, device
from companion.support.paths import REFERENCE, Paths
from paperlib.checks import ConfigError, check

__all__ = [
    "CIFAR10",
    "CIFAR10_SMALL",
    "CIFAR10_SMOKE",
    "CIFAR10_TUNING",
    "DIGITS",
    "FACES",
    "FACES_SMOKE",
    "IMAGENET10",
    "IMAGENET10_SMOKE",
    "PROFILES",
    "SMOKE",
    "TUNING",
    "Once",
    "OwnMethod",
    "PaperB",
    "Parts",
    "Profile",
    "device",
    "load",
]

PROFILES = {
    profile.name: profile
    for profile in (
        *(DIGITS, SMOKE, TUNING, CIFAR10, CIFAR10_SMALL, CIFAR10_TUNING, CIFAR10_SMOKE),
        *(IMAGENET10, IMAGENET10_SMOKE, FACES, FACES_SMOKE),
    )
}
FINDERS: dict[str, Callable[[Paths], Parts]] = {
    "cifar10": cifar10.parts,
    "cifar10_small": cifar10.small_parts,
    "cifar10_tuning": cifar10.tuning_parts,
    "cifar10_smoke": cifar10.smoke_parts,
    "imagenet10": imagenet10.parts,
    "imagenet10_smoke": imagenet10.parts,
    "faces": faces.parts,
    "faces_smoke": faces.parts,
}
PAGE = "docs/own_parts.md"  # how a profile's file is written, and what has changed since version 0.3.0
METHODS: dict[str, Callable[[Profile], tuple[OwnMethod, ...]]] = {
    "cifar10_small": closing.chosen,
    "cifar10_tuning": closing.candidates,
}


def load(name: str, paths: Paths | None = None) -> Profile:
    """A shipped profile by its name, or the PROFILE of a Python file by its path, with these paths.

    A path is taken from the current folder. Raises ConfigError for an unknown name, a file that is missing, fails, or holds no Profile, a
    name that is taken or names no folder, and a generator whose classes are not the profile's (it is loaded, unless a requirement is missing).
    """
    paths = paths or Paths()
    if name in PROFILES:
        parts = FINDERS[name](paths) if name in FINDERS else PROFILES[name].parts
        profile = replace(PROFILES[name], parts=parts, paths=paths)
        return replace(profile, methods=METHODS[name](profile)) if name in METHODS else profile
    check(name.endswith(".py"), "profile", name, f"use one of {', '.join(map(repr, PROFILES))}, or the path of a Python file with PROFILE")
    profile = replace(_profile_in(Path(name).expanduser().absolute()), paths=paths)
    if all(requirement.found for requirement in profile.parts.requirements()):
        profile.check_generator()
    return profile


def _profile_in(path: Path) -> Profile:
    """Imported by its own name, from its own folder, so that worker processes find it too."""
    check(path.is_file(), "profile", str(path), "there is no such file")
    check(path.stem.isidentifier(), "profile", str(path), "it is imported as a module; use letters, digits and _ in the file's name")
    folder = str(path.parent)
    if folder not in sys.path:
        sys.path.append(folder)
    check(_is_found(path), "profile", str(path), f"another module is called {path.stem!r}; rename the file")
    try:
        module = importlib.reload(sys.modules[path.stem]) if path.stem in sys.modules else importlib.import_module(path.stem)
    except Exception as error:
        text = (str(error).splitlines() or [""])[0]
        told = "" if PAGE in text else f"; see {PAGE}"
        raise ConfigError(f"profile = {str(path)!r}: {_place(error, path)}: {type(error).__name__}: {text}{told}") from error
    profile = getattr(module, "PROFILE", None)
    if not isinstance(profile, Profile):
        raise ConfigError(f"profile = {str(path)!r}: it has no PROFILE of class companion.profiles.Profile; see examples/own_parts.py.")
    check(profile.name not in PROFILES, "PROFILE.name", profile.name, "a shipped profile has this name; use another")
    check(profile.name != REFERENCE.name, "PROFILE.name", profile.name, "the committed results have this name; use another")
    check(profile.name.isidentifier(), "PROFILE.name", profile.name, "it names a folder; use letters, digits and _")
    return profile


def _is_found(path: Path) -> bool:
    """Whether importing the file's name gives this file."""
    try:
        spec = importlib.util.find_spec(path.stem)
    except ValueError:  # __main__
        return False
    return spec is not None and spec.origin is not None and Path(spec.origin).resolve() == path.resolve()


def _place(error: Exception, path: Path) -> str:
    """File and line of the error: the last of the profile's own lines, or where the syntax breaks."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename) == path] or frames
    return f"{own[-1].filename}, line {own[-1].lineno}"
