"""Both papers on your own generators, classifiers, images and method: make reproduce PROFILE=examples/own_parts.py SEEDS=1"""

from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image
from torch import nn

from paperlib.data import Images, image_folder, split, to_bytes
from paperlib.experiment import run
from paperlib.generators import Generator, from_module
from paperlib.networks.classifiers import resnet18
from paperlib.profiles import DIGITS, Once, OwnMethod, PaperB, Parts, Profile, device
from paperlib.training import train

FOLDER, NAMES = Path(__file__).with_name("shapes"), ("diamond", "disc", "square", "star")  # FOLDER/<class>/*.png, classes in sorted order


class Shape(nn.Module):  # z (N, 6), y (N,) or None -> (N, 3, 16, 16) in [-1, 1]: |x|^p + |y|^p < size^p, where y or else z[5] chooses p
    def forward(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        p = (torch.tensor([1.0, 2.0, 6.0, 0.5]).to(z)[y] if y is not None else (0.5 + 1.4 * z[:, 5].tanh()).exp())[:, None, None, None]
        x = (torch.linspace(-1, 1, 16).to(z) - 0.25 * z[:, :2, None].tanh()).abs() + 1e-3  # (N, 2, 16): along both axes, from the centre
        radius = (x[:, :1, None] ** p + x[:, 1:, :, None] ** p) ** (1 / p)  # (N, 1, 16, 16)
        return 2 * (12 * (0.55 - radius)).sigmoid() * (0.7 + 0.3 * z[:, 2:5, None, None].tanh()) - 1


def generator(num_classes: int) -> Generator:
    return from_module(Shape().to(device()), latent_dim=6, image_shape=(3, 16, 16), num_classes=num_classes)


def images() -> tuple[Images, ...]:
    rng = torch.Generator().manual_seed(0)
    for label, name in enumerate(() if FOLDER.exists() else NAMES):  # noisy shapes stand in for photographs: put your own into FOLDER
        (FOLDER / name).mkdir(parents=True)
        drawn = Shape()(torch.randn(150, 6, generator=rng), torch.full((150,), label)) + 0.2 * torch.randn(150, 3, 16, 16, generator=rng)
        for i, pixels in enumerate(to_bytes(drawn).permute(0, 2, 3, 1).numpy()):
            Image.fromarray(pixels).save(FOLDER / name / f"{i}.png")
    return tuple(part.to(device()) for part in split(image_folder(FOLDER, size=16), test_size=200, seed=0))


def classifier(name: str) -> nn.Module:  # trained here for some seconds: load your own weights instead
    body = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(1024, 16), nn.ReLU())
    network = nn.Sequential(OrderedDict(features=body, output=nn.Linear(16, 4))).to(device())  # the judge is asked for its features too
    if not (weights := FOLDER.with_name(f"shapes_{name}.pt")).exists():
        train(network, lambda *_: PROFILE.parts.real_images()[0], epochs=20, batch_size=20, learning_rate=0.02, progress=False)
        torch.save(network.state_dict(), weights)
    network.load_state_dict(torch.load(weights, map_location=device()))
    return network.eval()


PROFILE = Profile(
    parts=Parts(
        real_images=Once(images), judge=(judge := Once(lambda: classifier("judge"))), features=judge, feature_space="shape",
        generator=lambda: generator(4),
        classifier=lambda width: resnet18(4, width=width, stem="small").to(device()), class_names=lambda: NAMES,
        paper_b=PaperB(
            teacher=classifier, generator=lambda: generator(0), settings=(("unconditional", "teacher"), ("given", "teacher")),
        ),
    ),
    name="own_parts", seeds=3, quality_samples=200, mining=DIGITS.mining, diversity=replace(DIGITS.diversity, per_attribute=50),
    classifier=replace(DIGITS.classifier, images=200, epochs=6, long_factor=4, round_images=20, stages=(1, 6)),
    conditioning=replace(DIGITS.conditioning, evaluation_draws=4000, leak_draws=2000),
    methods=(OwnMethod("all hard", source=lambda fill, n, rng: lambda epoch, classifier: fill(n, classifier)),),  # new images in each epoch
)  # fmt: skip

if __name__ == "__main__":
    print(run(PROFILE.classifier_run(seed=0, method="all hard"), PROFILE).metrics)
