"""Where the modules of version 0.3.0 are now: their old names work for one version more, with a warning.

`import paperlib` installs the finder. An old name gives the new module itself, so classes are the same under both.
"""

import importlib
import importlib.util
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType

MOVED = {
    "paperlib.beyond": "paperlib.samplers",
    "paperlib.beyond.fresh_images": "companion.fresh_images",
    "paperlib.beyond.oracle": "companion.oracle",
    "paperlib.pretraining": "recipes",
    "paperlib.experiment.fingerprints": "companion.fingerprints",
    "paperlib.experiment.method_identity": "companion.method_identity",
    "paperlib.support.notebook_errors": "companion.support.notebooks",
    **{
        f"paperlib.{name}": f"companion.{name}"
        for name in (
            *("author_checkpoint", "claims", "commands", "experiment", "explorer", "export", "measurements", "printed_numbers", "profiles"),
            *("records", "report", "support.lock", "support.machine", "support.paths"),
        )
    },
}
CONFIG = ("companion.settings", "companion.arguments", "companion.support.notebooks", "paperlib.checks")  # have what paperlib.config had
GONE = "is gone with version 0.4; docs/own_parts.md shows how an experiment is written now."


def new_name(old: str) -> str | None:
    """Of a module that has moved; None for any other."""
    parts = old.split(".")
    for n in range(len(parts), 1, -1):
        if (moved := MOVED.get(".".join(parts[:n]))) is not None:
            return ".".join([moved, *parts[n:]])
    return None


class MovedFinder(MetaPathFinder):
    """Finds old names alone."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name == "paperlib.config":
            return ModuleSpec(name, _ConfigLoader())
        new = new_name(name)
        if new is None:
            return None
        found = importlib.util.find_spec(new)
        if found is None:
            raise ModuleNotFoundError(f"{name} {GONE}", name=name)
        return ModuleSpec(name, _Loader(new), origin=found.origin, is_package=found.submodule_search_locations is not None)


class _Loader(Loader):
    """Gives the module of another name; `python -m` runs its code."""

    def __init__(self, name: str):
        self.name = name

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        warnings.warn(f"{spec.name} is now {self.name}; the old name goes with the next version.", DeprecationWarning, stacklevel=2)
        module = importlib.import_module(self.name)
        self.spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec  # the import system has just set the old name's

    def get_code(self, name: str) -> CodeType | None:
        spec = importlib.util.find_spec(self.name)
        return spec.loader.get_code(self.name) if spec is not None and spec.loader is not None else None  # type: ignore[attr-defined]


class _Config(ModuleType):
    """What is left of paperlib.config."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        raise ImportError(f"{name} of paperlib.config {GONE}", name=self.__name__)


class _ConfigLoader(Loader):
    """Makes a module of the names of several."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        warnings.warn(f"{spec.name} is now {', '.join(CONFIG)}; the old name goes with the next version.", DeprecationWarning, stacklevel=2)
        module = _Config(spec.name)
        for found in map(importlib.import_module, CONFIG):
            vars(module).update({name: value for name, value in vars(found).items() if not name.startswith("_")})
        return module

    def exec_module(self, module: ModuleType) -> None:
        pass


def install() -> None:
    sys.meta_path.insert(0, MovedFinder())
