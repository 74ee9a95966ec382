"""Weights: those that ship with the package, listed with their SHA-256 in pretrained/manifest.json, and files from elsewhere.

load_pretrained(ResidualGenerator(num_classes=10), "digits_conditional_generator")
state = read_tensors(Path("somebody's.pth"))            # tensors and nothing else, whatever the file holds
"""

import hashlib
import json
import zipfile
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import safetensors
import torch
from safetensors.torch import load as parse
from safetensors.torch import save
from torch import nn

PRETRAINED = Path(__file__).parent.parent / "pretrained"
MANIFEST = "manifest.json"
LARGEST = 2**31  # bytes; no tensor of the networks here comes near
RESTORE = "restore it with `git checkout paperlib/pretrained`"
ModuleT = TypeVar("ModuleT", bound=nn.Module)


class CheckpointError(RuntimeError):
    """Weights that are missing, truncated, altered or of another network."""


def load_weights(module: ModuleT, path: Path, *, sha256: str) -> ModuleT:
    """`module` with the weights of a safetensors file whose SHA-256 is known, in eval mode and without gradients.

    Raises CheckpointError unless file, checksum, names and shapes are exactly as expected.
    """
    remedy = f"{RESTORE}, or train it again with `make pretrained`"
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


def remove_weights(name: str, folder: Path = PRETRAINED) -> None:
    """Delete <name>.safetensors and its manifest entry."""
    entries = {other: entry for other, entry in manifest(folder).items() if other != name}
    (folder / MANIFEST).write_text(json.dumps(entries, indent=1, sort_keys=True) + "\n")
    (folder / f"{name}.safetensors").unlink(missing_ok=True)
    manifest.cache_clear()


@cache
def manifest(folder: Path = PRETRAINED) -> dict[str, dict[str, Any]]:
    path = folder / MANIFEST
    try:
        entries: dict[str, dict[str, Any]] = json.loads(path.read_text())
        if not isinstance(entries, dict):
            raise ValueError(f"it holds a {type(entries).__name__} in place of entries")
        bare = [name for name, entry in entries.items() if not isinstance(entry, dict) or not isinstance(entry.get("sha256"), str)]
        if bare:
            raise ValueError(f"no sha256 of {', '.join(bare)}")
        return entries
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}; {RESTORE}.") from error


def load_pretrained(module: ModuleT, name: str, folder: Path = PRETRAINED) -> ModuleT:
    """`module` with the shipped weights `name`; see load_weights."""
    entries = manifest(folder)
    if name not in entries:
        raise CheckpointError(f"{name!r} is not in {folder / MANIFEST}; it lists {', '.join(sorted(entries))}.")
    return load_weights(module, folder / f"{name}.safetensors", sha256=entries[name]["sha256"])


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """A state dict of tensors and nothing else: names -> dense tensors on the CPU. CheckpointError for any other file."""
    if not path.is_file():
        raise CheckpointError(f"{path} is no file; give the path of a state dict.")
    size = path.stat().st_size
    try:
        _check_unpacked(path, size)
        if path.suffix == ".safetensors":
            return parse(path.read_bytes())
        state = torch.load(path, map_location="cpu", weights_only=True)
    except CheckpointError:
        raise
    except Exception as error:  # a damaged pickle raises anything
        # torch's own text tells to load the file unsafely, so it is not quoted
        known = isinstance(error, OSError | safetensors.SafetensorError)
        reason = str(error) if known else "it is cut off or damaged, or holds more than tensors"
        raise CheckpointError(
            f"{path} ({size:,} bytes) cannot be read as weights: {reason}. Fetch it again. If it is a whole pickled model, which can run any "
            "code when it is loaded, whoever made it saves model.state_dict() in its place; for paper B's author's file, see docs/faces.md."
        ) from None
    if not isinstance(state, dict) or not all(isinstance(name, str) and _is_weight(value) for name, value in state.items()):
        raise CheckpointError(f"{path} holds a {type(state).__name__} that is no state dict of names and dense tensors; give another file.")
    return dict(state)


def _check_unpacked(path: Path, size: int) -> None:
    """CheckpointError where a zip file would unpack to more than its own size: torch stores weights as they are."""
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            return
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > size:
        raise CheckpointError(
            f"{path} has {size:,} bytes and would unpack to {unpacked:,}; weights are stored unpacked. Save it again with torch.save."
        )


def _is_weight(value: Any) -> bool:
    dense = isinstance(value, torch.Tensor) and value.layout == torch.strided and value.is_cpu and not value.is_quantized
    return dense and value.nbytes <= LARGEST


def check_fit(state: dict[str, torch.Tensor], expected: dict[str, Any], path: Path) -> None:
    """CheckpointError unless names, shapes and kinds of number are exactly the expected ones, and all numbers finite."""
    missing, foreign = sorted(expected.keys() - state.keys()), sorted(state.keys() - expected.keys())
    common = sorted(expected.keys() & state.keys())
    misshapen = [name for name in common if state[name].shape != expected[name].shape]
    other = [name for name in common if _kind(state[name]) != _kind(expected[name])]
    if missing or foreign or misshapen or other:
        lines = [f"{path} does not hold the weights of this network ({len(expected)} tensors):"]
        found = {"missing": missing, "not of this network": foreign, "of another shape": misshapen, "of another type": other}
        for what, names in found.items():
            if names:
                lines.append(f"  {len(names)} {what}: {', '.join(names[:3])}{', ...' if len(names) > 3 else ''}")
        raise CheckpointError("\n".join([*lines, "  Give the file that belongs to it."]))
    broken = [name for name, value in state.items() if not torch.isfinite(value).all()]
    if broken:
        raise CheckpointError(f"{path} has NaN or infinity in {', '.join(broken[:3])}; fetch it again.")


def _kind(value: torch.Tensor) -> str:
    return "float" if value.is_floating_point() else "complex" if value.is_complex() else "integer"
