"""Paper B on digits: give a frozen generator without classes a class input. No image and no label is used, only a frozen classifier.

An input generator, a small network, turns the wanted digit into a distribution of latents. It learns from one thing: what the
frozen classifier (the teacher) reads in the generated images. A judge, another classifier, takes no part and only reads the result.

python examples/paper_b.py                  or: python examples/paper_b.py picture.png
"""

import sys

import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from paperlib.data import to_bytes
from paperlib.generators import from_module
from paperlib.generators.residual import ResidualGenerator
from paperlib.networks.classifiers import AttributeClassifier, Judge
from paperlib.support.weights import load_pretrained

SEED = 0
EPOCHS = 2  # of the paper's 10, so that two cores need about a minute
LABELS = 20_000  # labels an epoch
BATCH = 64
LEARNING_RATE, MOMENTUM = 1e-3, 0.9
TEST_LABELS = 5_000
K, D = 10, 32  # digits; dimensions of the generator's latent z


class InputGenerator(nn.Module):
    """mu, s = MLP(one-hot attribute);  z = mu + softplus(s) * eps,  eps ~ N(0, I)."""

    def __init__(self) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(K, 256), nn.ReLU(), nn.Linear(256, 512), nn.ReLU(), nn.Linear(512, 2 * D))

    def forward(self, attribute: torch.Tensor) -> torch.Tensor:
        """attribute: (N,) long in [0, K) -> z: (N, D)."""
        mu, s = self.mlp(F.one_hot(attribute, K).float()).chunk(2, dim=1)
        return mu + F.softplus(s) * torch.randn_like(mu)


def main(picture: str | None = None) -> tuple[float, float]:
    """The share of images, in [0, 1], in which teacher and judge read the digit that was asked for."""
    torch.manual_seed(SEED)
    network = load_pretrained(ResidualGenerator(), "digits_unconditional_generator")
    generator = from_module(network, latent_dim=D, image_shape=(1, 28, 28))  # frozen, in eval mode; so are teacher and judge
    teacher = load_pretrained(AttributeClassifier(), "mnist_attribute_classifier")
    judge = load_pretrained(Judge(), "digits_judge")
    inputs = InputGenerator()
    optimizer = torch.optim.SGD(inputs.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)

    for epoch in range(EPOCHS):
        for attribute in torch.randint(K, (LABELS,)).split(BATCH):
            loss = F.cross_entropy(teacher(generator(inputs(attribute))), attribute)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch + 1} of {EPOCHS}: loss of the last batch {loss.item():.3f}")

    wanted = torch.arange(TEST_LABELS) % K
    with torch.no_grad():
        images = [generator(inputs(attribute)) for attribute in wanted.split(500)]
        told, judged = (torch.cat([reader(x).argmax(1) for x in images]).eq(wanted).float().mean().item() for reader in (teacher, judge))
    print(f"the teacher reads the digit in {told:.1%} of {TEST_LABELS:,} images")  # expected (paper_b teacher): 99.9%
    print(f"the judge in                   {judged:.1%}")  # expected (paper_b judge): 81.8%
    if picture:  # ten images of each digit, a digit a column
        Image.fromarray(to_bytes(images[0][:100]).view(10, 10, 28, 28).transpose(1, 2).reshape(280, 280).numpy()).save(picture)
    return told, judged


if __name__ == "__main__":
    main(*sys.argv[1:2])
