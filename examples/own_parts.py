"""Both papers on your own generators, classifiers, images and method.

Four classes of small coloured shapes stand in for what you have. Images and weights are made when they are first asked
for: PNG files in shapes/ beside this file, and shapes_*.pt.

make reproduce PROFILE=examples/own_parts.py SEEDS=1
"""

from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image
from torch import nn

from companion.experiment import run
from companion.profiles import DIGITS, SMOKE, Once, OwnMethod, PaperB, Parts, Profile, device
from companion.runs import classifier
from paperlib.data import Images, image_folder, split, to_bytes
from paperlib.generators import from_module
from paperlib.networks.classifiers import resnet18
from paperlib.streams import seeded
from paperlib.support.files import replacing
from paperlib.training import train

FOLDER = Path(__file__).with_name("shapes")
CLASSES = ("diamond", "disc", "square", "star")
POWERS = torch.tensor([1.0, 2.0, 6.0, 0.5])  # p of each class
CLASSIFIERS = ("judge", "first", "second")
SIDE = 16  # pixels


class Shapes(nn.Module):
    """The generator: z (N, 6) and y (N,) -> (N, 3, 16, 16) in [-1, 1].

    A shape is |x|^p + |y|^p < size^p. The class chooses p; without one, z[5] does. The rest of z moves and colours it.
    """

    def forward(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        power = (0.5 + 1.4 * z[:, 5].tanh()).exp() if y is None else POWERS.to(z)[y]
        power = power[:, None, None, None]
        axes = torch.linspace(-1, 1, SIDE).to(z) - 0.25 * z[:, :2, None].tanh()  # (N, 2, 16), from the shape's centre
        terms = (axes.abs() + 1e-3)[..., None] ** power  # (N, 2, 16, 1)
        radius = (terms[:, 1:] + terms[:, :1].mT) ** (1 / power)  # (N, 1, 16, 16)
        colour = 0.7 + 0.3 * z[:, 2:5, None, None].tanh()  # (N, 3, 1, 1)
        return 2 * (12 * (0.55 - radius)).sigmoid() * colour - 1


def real_images() -> tuple[Images, Images]:
    """(train, test) of a folder with <class>/*.png, *.jpg, ...; here noisy shapes, which stand in for photographs."""
    rng = torch.Generator().manual_seed(0)
    labels = torch.arange(600) % len(CLASSES)
    shapes = Shapes()(torch.randn(600, 6, generator=rng), labels)
    noisy = to_bytes(shapes + 0.2 * torch.randn(600, 3, SIDE, SIDE, generator=rng))
    for i, pixels in enumerate(noisy):
        path = FOLDER / CLASSES[labels[i]] / f"{i}.png"
        if not path.exists():
            with replacing(path) as whole:
                Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(whole)
    train_images, test_images = split(image_folder(FOLDER, size=SIDE), test_size=200, seed=0)
    return train_images.to(device()), test_images.to(device())


REAL_IMAGES = Once(real_images)


def trained_classifier(name: str) -> nn.Module:
    """A frozen classifier. It is trained here for some seconds; load your own weights instead.

    The judge has .features(images) and .output(features) as well: FID and KID are measured in its features.
    """
    with seeded(CLASSIFIERS.index(name), "network weights"):
        features = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE * SIDE, 32), nn.ReLU())
        network = nn.Sequential(OrderedDict(features=features, output=nn.Linear(32, len(CLASSES))))
    path = FOLDER.with_name(f"shapes_{name}.pt")
    if not path.exists():

        def source(epoch, model):
            return REAL_IMAGES()[0]

        train(network.to(device()), source, epochs=20, batch_size=20, learning_rate=0.02, progress=False)
        with replacing(path) as whole:
            torch.save(network.state_dict(), whole)
    network.load_state_dict(torch.load(path, weights_only=True))
    return network.to(device()).eval()


def new_classifier(width: int) -> nn.Module:
    """A network for paper A to train."""
    return resnet18(len(CLASSES), width=width, stem="small").to(device())


def all_hard(fill, n, rng):
    """A method of one's own, a further column of Table 1: all images are hard, and new in every epoch."""
    return lambda epoch, model: fill(n, model)


JUDGE = Once(lambda: trained_classifier("judge"))
SHAPES = Shapes().to(device())
UNCONDITIONAL = from_module(SHAPES, latent_dim=6, image_shape=(3, SIDE, SIDE), num_classes=0)
CONDITIONAL = from_module(SHAPES, latent_dim=6, image_shape=(3, SIDE, SIDE), num_classes=len(CLASSES))

PAPER_B = PaperB(
    teacher=trained_classifier,
    settings=(
        ("unconditional", "first"),  # paper B's own
        ("unconditional", "first", 500),  # the same with a warm start
        ("given", "first"),
        ("unconditional", "second"),
    ),
    generator=lambda: UNCONDITIONAL,
)
PARTS = Parts(
    real_images=REAL_IMAGES,
    generator=lambda: CONDITIONAL,
    classifier=new_classifier,
    judge=JUDGE,
    features=JUDGE,
    feature_space="shape",
    class_names=lambda: CLASSES,
    paper_b=PAPER_B,
)
PROFILE = Profile(
    name="own_parts",
    parts=PARTS,
    seeds=3,
    side_seeds=1,
    quality_samples=200,
    classifier=replace(DIGITS.classifier, images=200, epochs=6, long_factor=4, round_images=20, stages=(1, 6)),
    mining=DIGITS.mining,
    conditioning=DIGITS.conditioning,
    diversity=replace(SMOKE.diversity, per_attribute=50),
    methods=(OwnMethod("all hard", source=all_hard),),
)

if __name__ == "__main__":
    print(run(classifier.call(PROFILE, seed=0, method="all hard")).metrics)
