"""How the embedded `digits` parts are trained: three GANs and four classifiers, on the 4,000 training digits only, and the second judge,
on the test digits (kernel_judge.py).

Images are moved at random (shift, rotation, scale) for the classifiers, which then do well on unseen digits.
The GAN follows BigGAN at toy size: hinge loss, spectral norm and projection in the discriminator, an average of
the generator's weights (EMA). Two additions fit it to 4,000 images: the discriminator sees randomly shifted
images, real and generated alike (Zhao et al. 2020, differentiable augmentation), and the generator is paid for mapping distant
latents to distant images (Mao et al. 2019, mode seeking), for that is the variety which paper A's methods live on:

    L_G = -E[D(G(z, y), y)] + w * E[ |z - z'|_1 / |G(z, y) - G(z', y)|_1 ]
"""

import copy
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from paperlib.data import Images, digits, split, uci_train_test
from paperlib.generators.residual import ResidualGenerator
from paperlib.metrics import within_class_variance
from paperlib.networks._torchvision import torchvision
from paperlib.networks.classifiers import AttributeClassifier, Judge, LinearClassifier
from paperlib.networks.kernel_judge import KernelJudge
from paperlib.support.progress import progress_bar, track
from paperlib.support.threads import one_thread
from paperlib.training import accuracy, predict
from recipes.kernel_judge import KernelTraining, cross_validated_accuracy, fit_kernel_judge

SHARE_SEED = 3


@dataclass(frozen=True)
class GANTraining:
    """Settings of one GAN. conditional: labels are given to both networks; share: of the training images of each class that it sees, the
    same ones for every seed; the rest as named."""

    conditional: bool
    share: float = 1.0
    steps: int = 6000
    batch_size: int = 64
    learning_rate: float = 4e-4
    ema: float = 0.998
    mode_seeking: float = 0.01
    latent_dim: int = 32
    channels: int = 16
    seed: int = 0


@dataclass(frozen=True)
class ClassifierTraining:
    """Settings of one classifier. uci: train on the UCI digits instead of MNIST's."""

    network: type[nn.Module]
    epochs: float
    uci: bool = False
    seed: int = 0


class DiscriminatorBlock(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, down: bool):
        super().__init__()
        self.conv1 = spectral_norm(nn.Conv2d(in_channels, out_channels, 3, padding=1))
        self.conv2 = spectral_norm(nn.Conv2d(out_channels, out_channels, 3, padding=1))
        self.skip = spectral_norm(nn.Conv2d(in_channels, out_channels, 1))
        self.down = down

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        r, s = self.conv2(F.relu(self.conv1(F.relu(h)))), self.skip(h)
        return F.avg_pool2d(r + s, 2) if self.down else r + s


class Discriminator(nn.Module):
    """D(x, y) = psi(phi(x)) + <e(y), phi(x)> (Miyato & Koyama 2018); without classes the first term alone."""

    def __init__(self, num_classes: int, image_channels: int = 1, channels: int = 16):
        super().__init__()
        self.blocks = nn.Sequential(
            DiscriminatorBlock(image_channels, channels, down=True),
            DiscriminatorBlock(channels, 2 * channels, down=True),
            DiscriminatorBlock(2 * channels, 4 * channels, down=False),
        )
        self.score = spectral_norm(nn.Linear(4 * channels, 1))
        self.embedding = spectral_norm(nn.Embedding(num_classes, 4 * channels)) if num_classes else None

    def forward(self, x: torch.Tensor, y: torch.Tensor | None) -> torch.Tensor:
        phi = F.relu(self.blocks(x)).sum((2, 3))
        score = self.score(phi).squeeze(1)
        return score + (self.embedding(y) * phi).sum(1) if self.embedding is not None else score


def shift(images: torch.Tensor, pixels: int, rng: torch.Generator) -> torch.Tensor:
    """Each image moved by its own whole number of pixels in [-pixels, pixels], the border filled with -1."""
    n, padded = len(images), F.pad(images, [pixels] * 4, value=-1.0)
    dy, dx = torch.randint(0, 2 * pixels + 1, (2, n, 1), generator=rng, device=rng.device)
    n_index, channel, row, column = (torch.arange(size, device=rng.device) for size in images.shape)
    rows, columns = (dy + row)[:, None, :, None], (dx + column)[:, None, None, :]
    return padded[n_index[:, None, None, None], channel[None, :, None, None], rows, columns]


@torch.random.fork_rng()
def train_gan(
    data: Images, settings: GANTraining, *, on_step: Callable[[int, ResidualGenerator], None] | None = None, progress: bool = True
) -> ResidualGenerator:
    """The averaged generator, in eval mode.

    data: the real training images; their labels are used only if `conditional`.
    on_step: called with (steps done, the averaged generator) after every step, e.g. to keep samples.
    """
    if settings.share < 1:
        data = split(data, test_size=round(settings.share * len(data)), seed=SHARE_SEED)[1]
    num_classes = int(data.labels.max()) + 1 if settings.conditional else 0
    torch.manual_seed(settings.seed)
    rng = torch.Generator().manual_seed(settings.seed)
    generator = ResidualGenerator(
        latent_dim=settings.latent_dim,
        num_classes=num_classes,
        image_shape=(data.images.shape[1], data.images.shape[2], data.images.shape[3]),
        channels=settings.channels,
    ).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(generator).requires_grad_(False)
    discriminator = Discriminator(num_classes, data.images.shape[1]).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    adam_g, adam_d = (torch.optim.Adam(m.parameters(), lr=settings.learning_rate, betas=(0.0, 0.99)) for m in (generator, discriminator))
    n = settings.batch_size

    def latents(count: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        y = torch.randint(num_classes, (count,), generator=rng) if num_classes else None
        return torch.randn(count, settings.latent_dim, generator=rng), y

    for step in track(range(settings.steps), "GAN steps", enabled=progress):
        index = torch.randint(len(data), (n,), generator=rng)
        real_y = data.labels[index] if num_classes else None
        z, y = latents(n)
        with torch.no_grad():
            fake = generator(z, y)
        real_score = discriminator(shift(data.images[index], 2, rng), real_y)
        fake_score = discriminator(shift(fake, 2, rng), y)
        loss_d = F.relu(1 - real_score).mean() + F.relu(1 + fake_score).mean()
        adam_d.zero_grad()
        loss_d.backward()
        adam_d.step()

        z, y = latents(n // 2)
        z2 = torch.cat([z, torch.randn(n // 2, settings.latent_dim, generator=rng)])
        y2 = torch.cat([y, y]) if y is not None else None
        fake = generator(z2, y2)
        a, b = fake.chunk(2)
        za, zb = z2.chunk(2)
        ratio = (za - zb).abs().mean(1) / ((a - b).abs().flatten(1).mean(1) + 1e-5)
        loss_g = -discriminator(shift(fake, 2, rng), y2).mean() + settings.mode_seeking * ratio.mean()
        adam_g.zero_grad()
        loss_g.backward()
        adam_g.step()

        decay = min(settings.ema, (1 + step) / (10 + step))
        with torch.no_grad():
            for target, source in zip(average.state_dict().values(), generator.state_dict().values(), strict=True):
                if target.is_floating_point():
                    target.lerp_(source, 1 - decay)
        if on_step is not None:
            on_step(step + 1, average)
    return average.eval()


def wiggle(images: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Each image under its own small affine map: up to 12 degrees, 12 % in scale and shear, 2 pixels in place."""
    n = len(images)
    angle, scale_x, scale_y, shear, dx, dy = (torch.rand(6, n, generator=rng) * 2 - 1) * torch.tensor([0.21, 0.12, 0.12, 0.12, 0.14, 0.14])[
        :, None
    ]
    cos, sin = angle.cos(), angle.sin()
    theta = torch.stack([cos * (1 + scale_x), -sin + shear, dx, sin, cos * (1 + scale_y), dy], dim=1).view(n, 2, 3)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    return F.grid_sample(images + 1, grid, align_corners=False) - 1


@torch.random.fork_rng()
def train_digit_classifier(data: Images, settings: ClassifierTraining, *, progress: bool = True) -> nn.Module:
    """Adam with a one-cycle rate on moved images, in batches of 50; the network in eval mode."""
    torch.manual_seed(settings.seed)
    rng = torch.Generator().manual_seed(settings.seed)
    model = settings.network()
    batches = len(data) // 50
    steps = max(10, round(settings.epochs * batches))
    adam = torch.optim.Adam(model.parameters(), weight_decay=1e-5)
    rate = torch.optim.lr_scheduler.OneCycleLR(adam, max_lr=3e-3, total_steps=steps)
    for epoch in track(range(-(-steps // batches)), type(model).__name__, enabled=progress):
        for index in torch.randperm(len(data), generator=rng)[: batches * 50].split(50)[: steps - epoch * batches]:
            loss = F.cross_entropy(model(wiggle(data.images[index], rng)), data.labels[index])
            adam.zero_grad()
            loss.backward()
            adam.step()
            rate.step()
    return model.eval()


PartTraining = GANTraining | ClassifierTraining | KernelTraining
DIGITS_PARTS: dict[str, PartTraining] = {
    "digits_conditional_generator": GANTraining(conditional=True),
    "digits_unconditional_generator": GANTraining(conditional=False),
    "digits_unconditional_generator_fifth": GANTraining(conditional=False, share=0.2),
    "digits_judge": ClassifierTraining(Judge, epochs=40),
    "mnist_attribute_classifier": ClassifierTraining(AttributeClassifier, epochs=20),
    "uci_attribute_classifier": ClassifierTraining(AttributeClassifier, epochs=30, uci=True),
    "linear_attribute_classifier": ClassifierTraining(LinearClassifier, epochs=40),
    "digits_second_judge": KernelTraining(),
}


@one_thread()
def train_part(settings: PartTraining) -> nn.Module:
    """One part, on one thread: the same weights again on the same machine."""
    if isinstance(settings, GANTraining):
        return train_gan(digits()[0], settings, progress=False)
    if isinstance(settings, KernelTraining):
        return fit_kernel_judge(digits()[1], settings)
    return train_digit_classifier(uci_train_test()[0] if settings.uci else digits()[0], settings, progress=False)


def train_parts(parts: dict[str, PartTraining], *, workers: int = 2, progress: bool = True) -> dict[str, nn.Module]:
    """All parts, `workers` at a time in processes of their own; one bar counts them."""
    bar = progress_bar(len(parts), "parts", enabled=progress)
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = {name: pool.submit(train_part, settings) for name, settings in parts.items()}
        for future in as_completed(futures.values()):
            future.result()
            bar.update(1)
    bar.close()
    return {name: future.result() for name, future in futures.items()}


def scaled(parts: dict[str, PartTraining], scale: float) -> dict[str, PartTraining]:
    """The same settings with `scale` times the steps or epochs, at least ten steps of a classifier and one of a GAN."""
    return {name: _scaled(settings, scale) for name, settings in parts.items()}


def _scaled(settings: PartTraining, scale: float) -> PartTraining:
    match settings:
        case GANTraining():
            return replace(settings, steps=max(1, round(scale * settings.steps)))
        case ClassifierTraining() if scale != 1:
            return replace(settings, epochs=scale * settings.epochs)
    return settings


def description(settings: PartTraining) -> dict[str, Any]:
    """Settings as plain values, for the manifest."""
    return {name: value.__name__ if isinstance(value, type) else value for name, value in asdict(settings).items()}


def measured(trained: dict[str, nn.Module], samples: int = 2000) -> dict[str, dict[str, float]]:
    """Accuracies of the classifiers on the test images of their own data and on MNIST's, of the second judge by cross-validation; own label
    and variance ratio of the generators."""
    train, test = digits()
    judge = trained["digits_judge"]
    result = {}
    for name, module in trained.items():
        if isinstance(module, ResidualGenerator):
            y = torch.arange(samples) % 10 if module.num_classes else None
            with torch.no_grad():
                images = module(torch.randn(samples, module.latent_dim, generator=torch.Generator().manual_seed(1)), y)
            judged = predict(judge, images).argmax(1)
            ratio = within_class_variance(images, y if y is not None else judged) / within_class_variance(train.images, train.labels)
            result[name] = {"variance_ratio": round(ratio, 4)} | (
                {"own_label": (judged == y).float().mean().item()} if y is not None else {}
            )
        elif isinstance(module, KernelJudge):
            result[name] = {"cross_validated_accuracy": cross_validated_accuracy(test, KernelTraining())}
        else:
            own = uci_train_test()[1] if name.startswith("uci") else test
            result[name] = {"test_accuracy": accuracy(module, own), "mnist_test_accuracy": accuracy(module, test)}
    return result


def sample_pictures(trained: dict[str, nn.Module]) -> dict[str, Any]:
    """Ten by ten samples of each generator, as one picture each."""
    pictures = {}
    for name, module in trained.items():
        if isinstance(module, ResidualGenerator):
            y = torch.arange(100) // 10 if module.num_classes else None
            with torch.no_grad():
                images = module(torch.randn(100, module.latent_dim, generator=torch.Generator().manual_seed(1)), y)
            pictures[name] = torchvision.utils.make_grid(images, nrow=10, padding=0)[0].numpy()
    return pictures
