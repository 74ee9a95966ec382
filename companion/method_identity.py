"""The identity of a method of one's own: all that its functions use, so that a record never stands for a method that has changed.

identity_of(OwnMethod("ours", source=make))          # SHA-256

What counts: the name; the text of every module of one's own in which a function or class that is used is defined; values in closures, defaults
and the globals that a function names; the tensors of the networks in `parts`. What does not: installed packages, and this project's but for
the module that holds the method itself; a record's provenance has their versions.
"""

import dataclasses
import hashlib
import reprlib
import sys
import sysconfig
import types
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from companion.profiles import Once, OwnMethod, Parts
from companion.support.paths import ROOT, Paths
from paperlib.checks import ConfigError
from paperlib.support.tensor_cache import checksum

PLAIN = (type(None), bool, int, float, complex, str, bytes, Path, range, slice, torch.device, torch.dtype, torch.Size)
ELSEWHERE = (Parts, Paths)  # the parts have their own place in a record, and a path is no identity
INSTALLED = tuple({Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")})
PACKAGES = tuple(ROOT / name for name in ("paperlib", "companion", "recipes"))


class _UnknownError(Exception):
    """A value that nothing can be said of."""


def identity_of(method: OwnMethod, of_network: Callable[[nn.Module], str]) -> str:
    """SHA-256 of the method. of_network(network) -> text that changes with its tensors.

    Raises ConfigError where a closure or a default holds what has no identity.
    """
    uses = _Uses(method.name, of_network)
    for function in (method.source, method.after_training):
        if function is not None:
            uses.function(_inner(function), its_own=True)
    networks = [of_network(cast(nn.Module, part())) for part in method.parts]
    return hashlib.sha256("\n".join([method.name, *sorted(uses.found), *networks]).encode()).hexdigest()


class _Uses:
    """What is found by following a method's functions, as lines of text."""

    def __init__(self, method: str, of_network: Callable[[nn.Module], str]):
        self.method, self.of_network = method, of_network
        self.found: set[str] = set()
        self._seen: dict[int, object] = {}  # kept alive, so that no id is given twice

    def function(self, function: types.FunctionType, *, its_own: bool = False) -> str:
        """Its name; what it uses is noted. its_own: the method's, so that a module of this package counts too."""
        name = f"function {_name(function)}"
        if id(function) in self._seen:
            return name
        self._seen[id(function)] = function
        if not self._module(function.__module__, its_own):
            if _is_known(function.__module__):
                return name
            self.found.add(f"{name}: {_code(function.__code__)}")
        for variable, value in _closure_and_defaults(function):
            try:
                self.found.add(f"{name}.{variable} = {self.value(value)}")
            except _UnknownError as error:
                raise ConfigError(
                    f"method {self.method!r}: {function.__qualname__} keeps {variable} = {reprlib.repr(value)}, and a record could not tell when "
                    f"a {error} changes; keep numbers, texts, tensors, networks or functions instead, or give a network in parts=."
                ) from None
        for variable, value in _globals(function):
            try:
                self.found.add(f"{name} names {variable} = {self.value(value)}")
            except _UnknownError:  # the text of the module that makes it counts
                continue
        return name

    def value(self, value: Any) -> str:  # noqa: PLR0911, PLR0912 -- a return a type
        """A text that changes with the value; _UnknownError, naming its type, where there is none."""
        if isinstance(value, PLAIN):
            return repr(value)
        if isinstance(value, ELSEWHERE):
            return type(value).__name__
        if isinstance(value, torch.Tensor):
            return checksum(value)
        if isinstance(value, np.ndarray | np.generic):
            return f"{value.dtype} {np.shape(value)} {hashlib.sha256(value.tobytes()).hexdigest()}"
        if isinstance(value, nn.Module):
            self.klass(type(value))
            return self.of_network(value)
        if isinstance(value, list | tuple):
            return f"{type(value).__name__}({', '.join(map(self.value, value))})"
        if isinstance(value, set | frozenset):
            return f"set({', '.join(sorted(map(self.value, value)))})"
        if isinstance(value, dict):
            return f"dict({', '.join(f'{key!r}: {self.value(item)}' for key, item in value.items())})"
        if isinstance(value, Once):
            return self.value(value.make)
        if isinstance(value, partial):
            return f"partial({self.value(value.func)}, {self.value(value.args)}, {self.value(value.keywords)})"
        if isinstance(value, types.MethodType):
            return f"{self.value(value.__self__)}.{self.value(value.__func__)}"
        if isinstance(value, types.FunctionType):
            return self.function(_inner(value))
        if isinstance(value, types.BuiltinFunctionType):
            return f"function {value.__module__}.{value.__qualname__}"
        if isinstance(value, type):
            return self.klass(value)
        if isinstance(value, types.ModuleType):
            self._module(value.__name__)
            return "module"
        if dataclasses.is_dataclass(value):
            return self._fields(value, [field.name for field in dataclasses.fields(value)])
        if not _is_known(type(value).__module__):
            return self._fields(value, sorted(vars(value)))
        raise _UnknownError(type(value).__name__)

    def klass(self, cls: type) -> str:
        """Its name; the text of its module is noted where it is one's own."""
        self._module(cls.__module__)
        return f"class {_name(cls)}"

    def _fields(self, value: object, names: list[str]) -> str:
        if id(value) in self._seen:
            return type(value).__name__
        self._seen[id(value)] = value
        return f"{self.klass(type(value))}({', '.join(f'{name}={self.value(getattr(value, name))}' for name in names)})"

    def _module(self, name: str, its_own: bool = False) -> bool:
        """Note the text of the module's file; False where it has none that counts."""
        path = _file_of(name)
        counts = path is not None and (its_own if _is_ours(path) else not _is_installed(path))
        if path is not None and counts:
            self.found.add(f"module {hashlib.sha256(path.read_bytes()).hexdigest()}")
        return counts


def _inner(function: Callable[..., object]) -> Any:
    """The function under a decorator's wrapper that says what it wraps."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


def _file_of(module: str) -> Path | None:
    name = getattr(sys.modules.get(module), "__file__", None)
    path = Path(name).resolve() if name else None
    return path if path is not None and path.is_file() else None


def _is_installed(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in INSTALLED)


def _is_ours(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in PACKAGES)


def _is_known(module: str) -> bool:
    """Of this package, of an installed one, or built in: its version is in the provenance."""
    path = _file_of(module)
    return module != "__main__" and (path is None or _is_ours(path) or _is_installed(path))


def _name(of: types.FunctionType | type) -> str:
    """Without the module where that is one's own: the same file is __main__ when it is run, and has a name when it is imported."""
    return f"{of.__module__}.{of.__qualname__}" if _is_known(of.__module__) else of.__qualname__


def _code(code: types.CodeType) -> str:
    """Of a function without a file, as in a notebook; the same in every process of one version of Python."""
    constants = [_code(c) if isinstance(c, types.CodeType) else repr(c) for c in code.co_consts]
    return f"{code.co_code.hex()} {code.co_names} {code.co_varnames} {constants}"


def _closure_and_defaults(function: types.FunctionType) -> Iterator[tuple[str, object]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield name, cell.cell_contents
    for place, value in enumerate(function.__defaults__ or ()):
        yield f"default {place}", value
    yield from (function.__kwdefaults__ or {}).items()


def _globals(function: types.FunctionType) -> Iterator[tuple[str, object]]:
    """Those that its code names, functions inside it included."""
    codes, names = [function.__code__], set[str]()
    for code in codes:
        names.update(code.co_names)
        codes += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    yield from ((name, function.__globals__[name]) for name in sorted(names & function.__globals__.keys()))
