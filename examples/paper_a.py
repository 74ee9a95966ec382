"""Paper A on digits: train a classifier on generated images alone, then test it on real ones.

Alg. 2 (Dataset Smoothing with Hard Sample Mining): after every epoch a fraction r of the N training images is replaced, half of
the new ones by hard samples. BNA: the BatchNorm statistics are then taken anew from real images without labels.

python examples/paper_a.py
"""

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.batchnorm_adaptation import adapt_batchnorm
from paperlib.data import Images, digits
from paperlib.generators import Generator, from_module
from paperlib.generators.residual import ResidualGenerator
from paperlib.hard_sample_mining import mine_hard_latents
from paperlib.networks.classifiers import resnet18
from paperlib.support.weights import load_pretrained

SEED = 0
IMAGES = 500  # N, the size of the training set
EPOCHS = 16
BATCH = 25
LEARNING_RATE = 0.05  # falls to 0 as a half cosine
WIDTH = 12  # channels of the ResNet's first stage; 64 in the paper
R = 0.5  # fraction of the images that is replaced after an epoch
STEPS, STEP_SIZE = 5, 0.1  # J and eta of Hard Sample Mining


def draw(generator: Generator, n: int, classifier: nn.Module | None = None, first: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """n generated images (n, 1, 28, 28) in [-1, 1] and their labels (n,), from class `first` on; hard ones if a classifier is given."""
    y = torch.arange(first, first + n) % generator.num_classes
    z = generator.sample_latents(n)
    if classifier is not None:  # eq. 3: z <- z - eta * grad_z (the largest logit of the first image), back to the norm of the first z
        z = mine_hard_latents(generator, classifier, z, y, steps=STEPS, step_size=STEP_SIZE)
    with torch.no_grad():
        return generator(z, y), y


@torch.no_grad()
def accuracy(classifier: nn.Module, data: Images) -> float:
    return (classifier.eval()(data.images).argmax(1) == data.labels).float().mean().item()


def main() -> tuple[float, float]:
    """Accuracy in [0, 1] on the real test digits, without and with BNA."""
    torch.manual_seed(SEED)
    network = load_pretrained(ResidualGenerator(num_classes=10), "digits_conditional_generator")
    generator = from_module(network, latent_dim=32, image_shape=(1, 28, 28), num_classes=10)
    classifier = resnet18(10, in_channels=1, width=WIDTH, stem="small")
    optimizer = torch.optim.SGD(classifier.parameters(), lr=LEARNING_RATE, momentum=0.9, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS * -(-IMAGES // BATCH))

    images, labels = draw(generator, IMAGES)
    for epoch in range(EPOCHS):
        if epoch > 0:  # Alg. 2: keep a random (1 - r)N images, put rN/2 random and rN/2 hard ones in the others' places
            replaced = torch.randperm(IMAGES)[: round(R * IMAGES)]
            random, hard = replaced.chunk(2)
            images[random], labels[random] = draw(generator, len(random))
            images[hard], labels[hard] = draw(generator, len(hard), classifier, first=len(random))
        classifier.train()
        for batch in torch.randperm(IMAGES).split(BATCH):
            loss = F.cross_entropy(classifier(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1:2} of {EPOCHS}: loss of the last batch {loss.item():.3f}")

    real_train, real_test = digits()
    plain = accuracy(classifier, real_test)
    print(f"Alg. 2:         {plain:.1%} of {len(real_test):,} real digits")  # expected (paper_a accuracy): 95.4%
    adapted = accuracy(adapt_batchnorm(classifier, real_train.images), real_test)
    print(f"Alg. 2 and BNA: {adapted:.1%}")  # expected (paper_a accuracy with BNA): 95.3%
    return plain, adapted


if __name__ == "__main__":
    main()
