"""Image files -> one tensor of bytes, decoded in threads once and cached with a checksum.

images = decode_images(paths, 128, name="imagenet10-train", progress=True)      # (N, 3, 128, 128) uint8, or what cannot be read
"""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import torch
from PIL import Image, ImageOps

from paperlib.support import tensor_cache
from paperlib.support.progress import progress_bar

FORMATS = ("JPEG", "PNG", "BMP", "WEBP")
DEEP_MODES = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")


class DataError(ValueError):
    """Images that are missing or cannot be read; the message lists all of them."""


def decode_images(
    paths: Sequence[Path], size: int, *, name: str, channels: Literal[1, 3] = 3, cache: Path | None = None, progress: bool = True
) -> torch.Tensor | list[str]:
    """(N, channels, size, size) uint8 in the order of `paths`; or one line for each file that cannot be read.

    Every image is cropped to its central square and resized with antialiasing. name: begins the cached file's and the progress bar's.
    channels: 3 for RGB, 1 for grey; a file of another kind is converted.
    cache: its folder (default: ~/.cache/paperlib); keyed by names, sizes and times of the files.
    """
    if not paths:
        return []
    stamps = [f"{path} {(status := path.stat()).st_size} {status.st_mtime_ns}" for path in paths]
    key = hashlib.sha256("\n".join([str(size) if channels == 3 else f"{size} grey", *stamps]).encode()).hexdigest()
    folder = (cache or Path("~/.cache/paperlib")).expanduser()
    cached = folder / f"{name}-{size}-{key[:16]}.safetensors"
    images = tensor_cache.load(cached)
    if images is not None:
        return images
    decoded: list[np.ndarray | str] = []
    bar = progress_bar(len(paths), f"decoding {name}", enabled=progress)
    with ThreadPoolExecutor() as pool:
        for pixels in pool.map(lambda path: decode_file(path, size, channels), paths):
            decoded.append(pixels)
            bar.update(1)
    bar.close()
    corrupt = [f"{path} cannot be read: {pixels}" for path, pixels in zip(paths, decoded, strict=True) if isinstance(pixels, str)]
    if corrupt:
        return corrupt
    images = torch.from_numpy(np.stack(decoded)).permute(0, 3, 1, 2).contiguous()
    tensor_cache.save(images, cached)
    return images


def decode_file(file: Path | BinaryIO, size: int, channels: Literal[1, 3]) -> np.ndarray | str:
    """(size, size, channels) uint8, or what is wrong with the file."""
    try:
        with Image.open(file, formats=FORMATS) as image:
            if image.mode in DEEP_MODES:
                return f"its pixels have more than 8 bits (mode {image.mode}); save it with 8 bits a channel"
            fitted = ImageOps.fit(image.convert("RGB" if channels == 3 else "L"), (size, size), Image.Resampling.BICUBIC)
            return np.asarray(fitted).reshape(size, size, channels)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        return str(error)
