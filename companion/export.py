"""What you take away: a trained classifier as a file with its card, and the images that it was trained on.

call = classifier.call(DIGITS, seed=0, hsm=True, r=0.5)
export_classifier(call, Path("my-classifier"))           # classifier.safetensors and README.md
classifier = load_classifier(Path("my-classifier"), DIGITS)        # images in [-1, 1] -> logits, frozen
export_images(call, Path("my-images"))                   # my-images/<class>/00000.png and README.md
data = ImageSet(images_of(call))                         # a torch Dataset of (image, label)

A record holds no weights and no data set: both are made again, the same bit for bit on the same machine.
"""

import json
from pathlib import Path

import safetensors
import torch
from PIL import Image
from safetensors.torch import load, save
from torch import nn
from torch.utils.data import Dataset

from companion.calls import Call
from companion.profiles import Profile, device
from companion.runs.paper_a import ClassifierRun, classifier, source_of, trained
from paperlib.batchnorm_adaptation import adapt_batchnorm
from paperlib.checks import check
from paperlib.data import Images, to_bytes, to_floats
from paperlib.support.files import replacing
from paperlib.support.progress import track
from paperlib.support.threads import one_thread
from paperlib.support.weights import CheckpointError, check_fit
from paperlib.training import accuracy

WEIGHTS, CARD = "classifier.safetensors", "README.md"
CLASSIFIER_CARD = """# A classifier trained on {source}

* **Accuracy** on {test} real test images: {accuracy:.1%}{bna}. One seed; other seeds differ.
* **Input**: images of shape {shape} in [-1, 1]. **Output**: logits of {classes}.
* **Training**: `{run}`
* **Limits**: it knows these classes and images like these alone. It was trained to measure a method, not for use.

```python
from pathlib import Path
from companion.export import load_classifier
from companion.profiles import load

classifier = load_classifier(Path("."), load("{profile}"))
```
"""
IMAGES_CARD = """# {count} images, {source}

A folder for each class: {classes}. PNG, {shape}. Made by: `{run}`

Nobody took these pictures: a generator made them, and what it learned from has its own licence.
The label is the class that the generator was told; some images show another one.
"""


def _told(run: ClassifierRun) -> str:
    """What the images of a run are, in words."""
    if run.real:
        return "real images"
    how = "some of them mined to be hard" if run.hsm and run.r else "mined to be hard" if run.hsm else "drawn at random"
    return f"generated images, {how}" + (f", a share of {run.r:g} renewed after each epoch" if run.r else "")


@one_thread()
def export_classifier(call: Call, folder: Path, *, bna: bool = False, progress: bool = True) -> Path:
    """Train the classifier of a run again, and write it with its card.

    Args:
        call: of `classifier`.
        folder: takes classifier.safetensors and README.md; made if it is missing.
        bna: adapt its BatchNorm statistics to the real training images first.
        progress: show a bar.

    Returns:
        The path of the weights.

    Raises:
        DiskFullError: there is no space for it.
    """
    run, profile = call.arguments, call.profile
    parts = profile.parts
    real_train, real_test = parts.real_images()
    model, _ = trained(run, profile, source_of(run, profile), progress)
    if bna:
        model = adapt_batchnorm(model, real_train.images)
    reached = accuracy(model, real_test, batch_size=parts.forward_batch)
    card = CLASSIFIER_CARD.format(
        source=_told(run), test=f"{len(real_test):,}", accuracy=reached, bna=", with BatchNorm adaptation" if bna else "",
        shape=tuple(real_test.images.shape[1:]), classes=", ".join(parts.class_names()), run=json.dumps(call.stored), profile=profile.name,
    )  # fmt: skip
    state = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    about = {
        "arguments": json.dumps(call.stored),
        "classes": json.dumps(parts.class_names()),
        "accuracy": f"{reached:.6f}",
        "bna": json.dumps(bna),
    }
    with replacing(folder / WEIGHTS) as path:
        path.write_bytes(save(state, metadata=about))
    with replacing(folder / CARD) as path:
        path.write_text(card)
    return folder / WEIGHTS


def load_classifier(folder: Path, profile: Profile) -> nn.Module:
    """What export_classifier wrote: images (N, C, H, W) in [-1, 1] -> logits (N, K), in eval mode and without gradients.

    Raises CheckpointError where the files are missing, damaged, or do not fit the profile's classifier.
    """
    path = folder / WEIGHTS
    try:
        with safetensors.safe_open(path, "pt") as file:
            arguments = json.loads((file.metadata() or {})["arguments"])
        state = load(path.read_bytes())
    except (OSError, KeyError, ValueError, safetensors.SafetensorError) as error:
        raise CheckpointError(f"{path} is no exported classifier ({error}); write it with export_classifier.") from error
    model = profile.parts.classifier(classifier.call(profile, **arguments).arguments.width)
    check_fit(state, model.state_dict(), path)
    model.load_state_dict(state)
    return model.to(device()).eval().requires_grad_(False)


@one_thread()
def images_of(call: Call, *, progress: bool = True) -> Images:
    """The images that a run is trained on: the fixed set, random, mined or real; with r above 0 the set as its last epoch sees it.

    Returns images (N, C, H, W), floats in [-1, 1] or bytes, and labels (N,)."""
    run, profile = call.arguments, call.profile
    source = source_of(run, profile)
    last: list[Images] = []

    def watched(epoch: int, model: nn.Module) -> Images:
        last[:] = [source(epoch, model)]
        return last[0]

    if run.hsm and run.r:
        trained(run, profile, watched, progress)
    else:
        for epoch in range(run.epochs * run.long_factor if run.r else 1):
            watched(epoch, nn.Identity())
    return last[0]


def export_images(call: Call, folder: Path, *, progress: bool = True) -> Path:
    """images_of as PNG files, folder/<class>/00000.png and so on, with a card -> the folder, which image_folder reads.

    Raises ConfigError where the images are real, or the folder holds something already.
    """
    run, profile = call.arguments, call.profile
    check(not run.real, "real", run.real, "only generated images are exported")
    check(not folder.exists() or not any(folder.iterdir()), "folder", str(folder), "it is not empty; give a new one")
    images, names = images_of(call, progress=progress), profile.parts.class_names()
    pixels = to_bytes(to_floats(images.images)).permute(0, 2, 3, 1).squeeze(3).cpu().numpy()
    for i, label in enumerate(track(images.labels.tolist(), "PNG files", enabled=progress)):
        path = folder / names[label] / f"{i:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels[i]).save(path)
    shape = "x".join(str(side) for side in images.images.shape[2:]) + " pixels"
    card = IMAGES_CARD.format(
        count=f"{len(images):,}", source=_told(run), classes=", ".join(names), shape=shape, run=json.dumps(call.stored)
    )
    (folder / CARD).write_text(card)
    return folder


class ImageSet(Dataset[tuple[torch.Tensor, int]]):
    """Images as a torch Dataset: (C, H, W) float in [-1, 1], and the label."""

    def __init__(self, images: Images):
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return to_floats(self.images.images[index]), int(self.images.labels[index])
