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

from paperlib.checks import check_count
from paperlib.support import tensor_cache
from paperlib.support.files import check_writable
from paperlib.support.progress import progress_bar

FORMATS = ("JPEG", "PNG", "BMP", "WEBP")
DEEP_MODES = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
MOST_PIXELS = 80_000_000
TOO_LARGE = f"it has more than {MOST_PIXELS:,} pixels; make it smaller"


class DataError(ValueError):
    """Images that are missing or cannot be read; the message lists all of them, undecodable names with their bytes escaped."""

    def __init__(self, message: str):
        super().__init__(message.encode(errors="backslashreplace").decode())


def check_size(size: int) -> None:
    """ConfigError unless images can be resized to it."""
    check_count("size", size, 1, 4096)


def decode_images(
    paths: Sequence[Path], size: int, *, name: str, channels: Literal[1, 3] = 3, cache: Path | None = None, progress: bool = True
) -> torch.Tensor | list[str]:
    """(N, channels, size, size) uint8 in the order of `paths`; or one line for each file that cannot be read.

    Every image is cropped to its central square and resized with antialiasing. name: begins the cached file's and the progress bar's.
    channels: 3 for RGB, 1 for grey; a file of another kind is converted.
    cache: its folder (default: ~/.cache/paperlib); keyed by names, sizes and times of the files.
    """
    check_size(size)
    if not paths:
        return []
    unusable = {path: problem for path in paths if (problem := _unusable(path))}
    if unusable:  # the others are decoded too, so that one error lists all
        others = [path for path in paths if path not in unusable]
        found = decode_images(others, size, name=name, channels=channels, cache=cache, progress=progress)
        return [*unusable.values(), *(found if isinstance(found, list) else [])]
    stamps = [f"{path} {(status := path.stat()).st_size} {status.st_mtime_ns}" for path in paths]
    key = hashlib.sha256("\n".join([str(size) if channels == 3 else f"{size} grey", *stamps]).encode()).hexdigest()
    folder = (cache or Path("~/.cache/paperlib")).expanduser()
    cached = folder / f"{name}-{size}-{key[:16]}.safetensors"
    images = tensor_cache.load(cached)
    if images is not None:
        return images
    check_writable(folder, "Decoded images are kept there: make it writable, or set PAPERLIB_CACHE to a folder that is.")
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


def _unusable(path: Path) -> str:
    """What is wrong with it, or nothing: a pipe would be waited for, a name of no text cannot be printed."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return f"{path} has a name that is no UTF-8; rename it"
    return "" if path.is_file() else f"{path} is no file"


def decode_file(file: Path | BinaryIO, size: int, channels: Literal[1, 3]) -> np.ndarray | str:
    """(size, size, channels) uint8, or what is wrong with the file."""
    try:
        with Image.open(file, formats=FORMATS) as image:
            if image.mode in DEEP_MODES:
                return f"its pixels have more than 8 bits (mode {image.mode}); save it with 8 bits a channel"
            if image.width * image.height > MOST_PIXELS:
                return TOO_LARGE
            fitted = ImageOps.fit(image.convert("RGB" if channels == 3 else "L"), (size, size), Image.Resampling.BICUBIC)
            return np.asarray(fitted).reshape(size, size, channels)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return TOO_LARGE
    except (OSError, SyntaxError, ValueError) as error:
        return str(error)
