"""UTKFace (Zhang et al. 2017, https://susanqq.github.io/UTKFace): faces, paper B's attributes in their file names.

    ROOT/[age]_[gender]_[race]_[date].jpg            or .jpg.chip.jpg, the aligned and cropped faces that paper B uses

The labels are annotations of appearance in one data set, guessed by a model and checked by annotators; they are not facts about
the people. Files whose names do not say all three are reported and left out, never guessed. Of files that show the same picture one stays, or none
where their labels disagree: two copies would end up on both sides of a split.

faces = utkface("/data/UTKFace", attribute="race")              # faces.train, faces.test: images (N, 3, 32, 32) uint8
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from paperlib.checks import check_choice
from paperlib.data.copies import groups_of_copies
from paperlib.data.decoding import DataError, check_size, decode_images
from paperlib.data.images import Images, split

FaceAttribute = Literal["race", "gender", "age band"]
RACES = ("White", "Black", "Asian", "Indian", "Others")
GENDERS = ("male", "female")
AGE_BANDS = ((0, 12), (13, 25), (26, 42), (43, 60), (61, 116))
CLASS_NAMES: dict[FaceAttribute, tuple[str, ...]] = {
    "race": RACES,
    "gender": GENDERS,
    "age band": tuple(f"{low}-{high}" for low, high in AGE_BANDS),
}
TEST_ONE_IN = 5
NAME = re.compile(r"(\d{1,3})_([01])_([0-4])_(\d+)\.jpg(?:\.chip\.jpg)?", re.IGNORECASE)


@dataclass(frozen=True)
class FaceLabels:
    """What a file name says: age 0..116, gender 0..1, race 0..4, in the order of GENDERS and RACES."""

    age: int
    gender: int
    race: int

    def of(self, attribute: FaceAttribute) -> int:
        """The label of one attribute, in the order of its CLASS_NAMES."""
        if attribute == "age band":
            return next(i for i, (low, high) in enumerate(AGE_BANDS) if low <= self.age <= high)
        return self.gender if attribute == "gender" else self.race


@dataclass(frozen=True)
class Faces:
    """train, test: images (N, 3, size, size) uint8 on the CPU, labels (N,) long in the order of class_names.

    Left out: unparsed, names of the files that do not say age, gender and race; repeated, how many files show the picture of one that stays;
    disputed, how many show one picture with several labels.
    """

    train: Images
    test: Images
    attribute: FaceAttribute
    class_names: tuple[str, ...]
    unparsed: tuple[str, ...]
    repeated: int = 0
    disputed: int = 0


def utkface(
    root: str | Path,
    *,
    attribute: FaceAttribute = "race",
    size: int = 32,
    seed: int = 0,
    cache: Path | None = None,
    progress: bool = True,
) -> Faces:
    """The faces of one folder, split 80 / 20, stratified by the attribute: the same split for the same files, attribute and seed.

    attribute: "race", "gender" or "age band" (our bands: the paper conditions on race alone). size: of the images; paper B's is 32.
    cache: folder of the decoded images, see decode_images.
    Raises ValueError for another attribute, and one DataError with everything that is missing or cannot be read.
    """
    check_choice("attribute", attribute, tuple(CLASS_NAMES))
    check_size(size)
    names = CLASS_NAMES[attribute]
    files, unparsed, problems = find_faces(root)
    images = decode_images([path for path, _ in files], size, name="utkface", cache=cache, progress=progress)
    stay, disputed = list(range(len(files))), 0
    if isinstance(images, list):
        problems += images
    else:
        stay, disputed = _distinct(images, [label.of(attribute) for _, label in files])
    labels = torch.tensor([files[place][1].of(attribute) for place in stay], dtype=torch.long)
    if files:
        counts = Counter(labels.tolist())
        few = [f"{name} ({counts[label]})" for label, name in enumerate(names) if counts[label] < TEST_ONE_IN]
        if few:
            problems.append(f"fewer than {TEST_ONE_IN} images of {attribute} {', '.join(few)}: the split needs {TEST_ONE_IN} a class")
    if problems or isinstance(images, list):
        raise DataError(describe(root, problems))
    train, test = split(Images(images[stay], labels), test_size=len(stay) // TEST_ONE_IN, seed=seed)
    return Faces(train, test, attribute, names, unparsed, len(files) - len(stay) - disputed, disputed)


def _distinct(images: torch.Tensor, labels: Sequence[int]) -> tuple[list[int], int]:
    """Places of the images that stay, and how many are left out because one picture has several labels."""
    agreed = [places for places in groups_of_copies(images) if len({labels[place] for place in places}) == 1]
    return [places[0] for places in agreed], len(labels) - sum(map(len, agreed))


def describe(root: str | Path, problems: list[str]) -> str:
    """One message for everything that is wrong under root."""
    return (
        f"UTKFace cannot be read from {root}:\n  " + "\n  ".join(problems) + "\n"
        "Expected [age]_[gender]_[race]_[date].jpg or .jpg.chip.jpg in that folder. Fetch or remove what is named, or give another folder."
    )


def parse_name(name: str) -> FaceLabels | None:
    """The labels in a file name, or None where it does not say all of them in range."""
    match = NAME.fullmatch(name)
    if match is None or int(match[1]) > AGE_BANDS[-1][1]:
        return None
    return FaceLabels(age=int(match[1]), gender=int(match[2]), race=int(match[3]))


def find_faces(root: str | Path) -> tuple[list[tuple[Path, FaceLabels]], tuple[str, ...], list[str]]:
    """([(path, labels), ...] in the order of the names, names that do not parse, what is wrong); no image is opened."""
    root = Path(root).expanduser()
    if not root.is_dir():
        return [], (), [f"{root} is {'a file; unpack it' if root.is_file() else 'no folder'}"]
    files, unparsed = [], []
    for path in sorted(p for p in root.iterdir() if p.suffix.lower() == ".jpg"):
        labels = parse_name(path.name)
        if labels is None:
            unparsed.append(path.name.encode(errors="backslashreplace").decode())
        else:
            files.append((path, labels))
    problems = []
    if not files:
        inside = next((p.parent for p in sorted(root.glob("*/*.jpg")) if parse_name(p.name)), None)
        problems.append(f"{root} holds no image with such a name{f'; {inside} does' if inside else ''}")
    faces = Counter(path.name.split(".", 1)[0] for path, _ in files)
    twice = [name for name, count in faces.items() if count > 1]
    if twice:
        problems.append(f"{len(twice):,} faces lie here as .jpg and as .jpg.chip.jpg, {twice[0]} among them: keep one kind")
    return files, tuple(unparsed), problems
