"""Weights that ship with the package: safetensors files, listed with their SHA-256 in pretrained/manifest.json.

load_pretrained(ResidualGenerator(num_classes=10), "digits_conditional_generator")
"""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import safetensors
from safetensors.torch import load as parse
from safetensors.torch import save
from torch import nn

PRETRAINED = Path(__file__).parent / "pretrained"
MANIFEST = "manifest.json"
ModuleT = TypeVar("ModuleT", bound=nn.Module)


class CheckpointError(RuntimeError):
    """Weights that are missing, truncated, altered or of another network."""


def load_weights(module: ModuleT, path: Path, *, sha256: str) -> ModuleT:
    """`module` with the weights of a safetensors file whose SHA-256 is known, in eval mode and without gradients.

    Raises CheckpointError unless file, checksum, names and shapes are exactly as expected.
    """
    remedy = "restore it with `git checkout paperlib/pretrained`, or train it again with `make pretrained`"
    if not path.is_file():
        raise CheckpointError(f"{path} is missing; {remedy}.")
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise CheckpointError(
            f"{path} ({len(data)} bytes) has SHA-256 {found[:12]}..., expected {sha256[:12]}...: it is truncated or altered; {remedy}."
        )
    try:
        module.load_state_dict(parse(data), strict=True)
    except (RuntimeError, safetensors.SafetensorError) as error:
        raise CheckpointError(f"{path} does not fit {type(module).__name__}: {error}; {remedy}.") from error
    return module.eval().requires_grad_(False)


def save_weights(module: nn.Module, name: str, quality: dict[str, Any], folder: Path = PRETRAINED) -> None:
    """Write <name>.safetensors and its manifest entry: checksum and how it was made."""
    folder.mkdir(parents=True, exist_ok=True)
    data = save({k: v.detach().cpu().contiguous() for k, v in module.state_dict().items()})
    (folder / f"{name}.safetensors").write_bytes(data)
    path = folder / MANIFEST
    entries = json.loads(path.read_text()) if path.exists() else {}
    entries[name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), **quality}
    path.write_text(json.dumps(entries, indent=1, sort_keys=True) + "\n")
    manifest.cache_clear()


@cache
def manifest(folder: Path = PRETRAINED) -> dict[str, dict[str, Any]]:
    path = folder / MANIFEST
    try:
        entries: dict[str, dict[str, Any]] = json.loads(path.read_text())
        return entries
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}; restore it with `git checkout paperlib/pretrained`.") from error


def load_pretrained(module: ModuleT, name: str, folder: Path = PRETRAINED) -> ModuleT:
    """`module` with the shipped weights `name`; see load_weights."""
    entries = manifest(folder)
    if name not in entries:
        raise CheckpointError(f"{name!r} is not in {folder / MANIFEST}; it lists {', '.join(sorted(entries))}.")
    return load_weights(module, folder / f"{name}.safetensors", sha256=entries[name]["sha256"])
