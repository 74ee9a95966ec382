"""One tensor a file, with a checksum of its numbers: what was expensive is kept, and a damaged file is as good as none.

found = load(path);  save(tensor, path)
"""

import hashlib
from pathlib import Path

import safetensors
import torch
from safetensors.torch import load_file, save_file

from paperlib.support.files import replacing


def checksum(*tensors: torch.Tensor) -> str:
    """SHA-256 of the numbers, wherever they are."""
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def load(path: Path) -> torch.Tensor | None:
    """The tensor, on the CPU; None where there is no file, or not the one that was saved."""
    try:
        with safetensors.safe_open(path, "pt") as file:
            expected = file.metadata()["sha256"]
        tensor = load_file(path)["tensor"]
        return tensor if checksum(tensor) == expected else None
    except (safetensors.SafetensorError, KeyError, TypeError, OSError):
        return None


def save(tensor: torch.Tensor, path: Path) -> None:
    with replacing(path) as temporary:
        save_file({"tensor": tensor.detach().cpu().contiguous()}, temporary, metadata={"sha256": checksum(tensor)})
