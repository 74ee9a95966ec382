"""Your own labelled images: a folder with one sub-folder for each class.

    PATH/<class name>/*.png          also .jpg, .jpeg, .bmp and .webp, in upper or lower case

Images are decoded and cached by decoding.py, as ImageNet's are: central square, resized with antialiasing, kept as bytes.

train = image_folder("/data/shapes/train", size=32)      # train.images (N, 3, 32, 32) uint8, train.labels (N,), train.class_names
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch

from paperlib.checks import check
from paperlib.data.decoding import DataError, check_size, decode_images
from paperlib.data.images import Images

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


@dataclass(frozen=True)
class FolderImages(Images):
    """Images that know their classes and files.

    class_names: label k is class_names[k]. files: (N,) paths, in the order of the images.
    """

    class_names: tuple[str, ...]
    files: tuple[Path, ...]

    def to(self, device: torch.device | str) -> "FolderImages":
        return replace(self, images=self.images.to(device), labels=self.labels.to(device))

    def subset(self, index: torch.Tensor) -> "FolderImages":
        files = tuple(self.files[i] for i in torch.arange(len(self))[index.cpu()])
        return replace(self, images=self.images[index], labels=self.labels[index], files=files)


def image_folder(
    path: str | Path, *, size: int, channels: Literal[1, 3] = 3, cache: Path | None = None, progress: bool = True
) -> FolderImages:
    """Read a folder that has one sub-folder for each class.

    Hidden files and folders, and files with other suffixes, are left out. Images deeper than the class folders are not read.

    Args:
        path: the folder, e.g. root / "train".
        size: in [1, 4096], pixels: height and width of the images that are returned; each file is cropped to its central square first.
        channels: 3 for RGB or 1 for grey; files of another kind are converted, and transparency is dropped.
        cache: folder for the decoded images (default: ~/.cache/paperlib).
        progress: show a progress bar while decoding.

    Returns:
        images (N, channels, size, size) uint8 in [0, 255] and labels (N,) long in [0, K), on the CPU; class_names, K folder names sorted
        as text; files, N paths. The images are in the order of the classes, then of the file names.

    Raises:
        ValueError: if size or channels is out of range.
        DataError: if there is no such folder, no class folder, a class without an image, or a file that cannot be read; it lists them all.
        OSError: if nothing can be written to the cache.
    """
    check_size(size)
    check(channels in (1, 3), "channels", channels, "use 3 for RGB or 1 for grey")
    root = Path(path).expanduser().absolute()
    found, problems = find_classes(root)
    files = [file for files in found.values() for file in files]
    images = decode_images(files, size, name="images", channels=channels, cache=cache, progress=progress)
    if isinstance(images, list):
        problems += images
    if problems or isinstance(images, list):
        raise DataError(describe(root, problems))
    labels = torch.tensor([label for label, files in enumerate(found.values()) for _ in files])
    return FolderImages(images, labels, tuple(found), tuple(files))


def describe(root: Path, problems: list[str]) -> str:
    """One message for everything that is wrong under root."""
    return (
        f"The images of {root} cannot be used:\n  " + "\n  ".join(problems) + "\n"
        f"Expected one folder for each class, with images in it ({', '.join(SUFFIXES)}). Repair or remove what is named, or give another folder."
    )


def find_classes(root: Path) -> tuple[dict[str, list[Path]], list[str]]:
    """({class name: its files, sorted by name}, what is wrong); no image is opened."""
    if not root.is_dir():
        return {}, [f"{root} is no folder"]
    folders = sorted((p for p in root.iterdir() if p.is_dir() and not p.name.startswith(".")), key=lambda p: p.name)
    found = {folder.name: _images(folder) for folder in folders}
    problems = [] if folders else [f"{root} holds no class folder"]
    for folder in folders:
        if not found[folder.name]:
            deeper = next((p for p in sorted(folder.iterdir()) if p.is_dir() and _images(p)), None)
            problems.append(f"{folder} holds no image" + (f", but {deeper} does: give its parent folder as path" if deeper else ""))
    problems += [
        f"{path} is a link to nothing" for path in root.iterdir() if path.is_symlink() and not path.exists() and path.name[0] != "."
    ]
    return found, problems


def _images(folder: Path) -> list[Path]:
    return sorted((p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith(".")), key=lambda p: p.name)
