"""Both papers on your own generators, classifiers, images and method: make reproduce PROFILE=examples/own_parts.py SEEDS=1"""

from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image
from torch import nn

from companion.experiment import run
from companion.profiles import DIGITS, SMOKE, Once, OwnMethod, PaperB, Parts, Profile, device
from paperlib.data import image_folder, split, to_bytes
from paperlib.generators import from_module
from paperlib.networks.classifiers import resnet18
from paperlib.streams import seeded
from paperlib.support.files import replacing
from paperlib.training import train

# fmt: off
FOLDER, NAMES, CLASSIFIERS = Path(__file__).with_name("shapes"), ("diamond", "disc", "square", "star"), ("judge", "first", "second")

class Shape(nn.Module):  # z (N, 6), y (N,) or None -> (N, 3, 16, 16) in [-1, 1]: |x|^p + |y|^p < size^p, where y or else z[5] chooses p
    def forward(self, z, y=None):
        p = (torch.tensor([1.0, 2.0, 6.0, 0.5]).to(z)[y] if y is not None else (0.5 + 1.4 * z[:, 5].tanh()).exp())[:, None, None, None]
        x = ((torch.linspace(-1, 1, 16).to(z) - 0.25 * z[:, :2, None].tanh()).abs() + 1e-3)[..., None] ** p  # both axes, from the centre
        return 2 * (12 * (0.55 - (x[:, 1:] + x[:, :1].mT) ** (1 / p))).sigmoid() * (0.7 + 0.3 * z[:, 2:5, None, None].tanh()) - 1

def images():  # noisy shapes stand in for photographs: (train, test) of any folder with <class>/*.png, *.jpg, ...
    rng = torch.Generator().manual_seed(0)
    drawn = Shape()(torch.randn(600, 6, generator=rng), torch.arange(600) % 4) + 0.2 * torch.randn(600, 3, 16, 16, generator=rng)
    for i, pixels in enumerate(to_bytes(drawn)):
        if not (path := FOLDER / NAMES[i % 4] / f"{i}.png").exists():
            with replacing(path) as whole:
                Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(whole)
    return tuple(part.to(device()) for part in split(image_folder(FOLDER, size=16), test_size=200, seed=0))

def classifier(name):  # trained here for some seconds: load your own weights instead; the judge is asked for its features too
    with seeded(CLASSIFIERS.index(name), "network weights"):
        network = nn.Sequential(OrderedDict(features=nn.Sequential(nn.Flatten(), nn.Linear(768, 32), nn.ReLU()), output=nn.Linear(32, 4)))
    if not (path := FOLDER.with_name(f"shapes_{name}.pt")).exists():
        train(network.to(device()), lambda *_: IMAGES()[0], epochs=20, batch_size=20, learning_rate=0.02, progress=False)
        with replacing(path) as whole:
            torch.save(network.state_dict(), whole)
    network.load_state_dict(torch.load(path, weights_only=True))
    return network.to(device()).eval()

IMAGES, JUDGE = Once(images), Once(lambda: classifier("judge"))
PLAIN, CONDITIONAL = (from_module(Shape().to(device()), latent_dim=6, image_shape=(3, 16, 16), num_classes=k) for k in (0, 4))
PARTS = Parts(
    real_images=IMAGES, generator=lambda: CONDITIONAL, classifier=lambda width: resnet18(4, width=width, stem="small").to(device()),
    judge=JUDGE, features=JUDGE, feature_space="shape", class_names=lambda: NAMES, paper_b=PaperB(classifier,
    (("unconditional", "first"), ("unconditional", "first", 500), ("given", "first"), ("unconditional", "second")), lambda: PLAIN))
PROFILE = Profile(
    name="own_parts", parts=PARTS, seeds=3, quality_samples=200, mining=DIGITS.mining, diversity=replace(SMOKE.diversity, per_attribute=50),
    classifier=replace(DIGITS.classifier, images=200, epochs=6, long_factor=4, round_images=20, stages=(1, 6)), side_seeds=1,
    conditioning=DIGITS.conditioning, methods=(OwnMethod("all hard", source=lambda fill, n, rng: lambda epoch, model: fill(n, model)),))

if __name__ == "__main__":
    print(run(PROFILE.classifier_run(seed=0, method="all hard"), PROFILE).metrics)
