"""Train a GAN of 32x32 photographs, and stop and go on without a trace: the generators of `cifar10` and `faces`.

training = GANTraining.begin(data, settings)
run(training, keeper, steps=32_000, minutes=9, on_step=...)

Spectral norm and projection in the discriminator (Miyato et al. 2018, Miyato & Koyama 2018), three of its steps to one of the generator,
an average of the generator's weights (EMA). The loss is the hinge or the logistic one (Goodfellow et al. 2014, in the form that does not
saturate). Images are flipped at random. Two additions can be switched on by a number above 0: images moved at random for the discriminator,
and the mode-seeking term of the digits' generators (digits.py).

    hinge      L_D = E[max(0, 1 - D(x, y))] + E[max(0, 1 + D(G(z, y), y))]              L_G = -E[D(G(z, y), y)]
    logistic   L_D = E[log(1 + exp(-D(x, y)))] + E[log(1 + exp(D(G(z, y), y)))]         L_G = E[log(1 + exp(-D(G(z, y), y)))]
    mode-seeking term, added to L_G:   w * E[ |z - z'|_1 / |G(z, y) - G(z', y)|_1 ]
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import spectral_norm

from paperlib.data import Images, to_floats
from paperlib.generators.residual import ResidualBlock, ResidualGenerator
from paperlib.networks.frozen import check_finite
from paperlib.networks.resampled_convolution import convolve_and_halve, double_and_convolve
from paperlib.support.progress import progress_bar
from paperlib.support.weights import CheckpointError
from recipes.checkpoints import Clock, Keeper, stream_of_step
from recipes.digits import shift

Loss = Literal["hinge", "logistic"]
BLOCKS = 3  # 4x4 to 32x32
EMBEDDING = 32


@dataclass(frozen=True)
class GANSettings:
    """conditional: labels are given to both networks. loss: "hinge" or "logistic". channels: of every block of both. shift: pixels that images are moved by for the
    discriminator. mode_seeking: weight w of the term. mixed_precision: bfloat16 under autocast."""

    conditional: bool
    channels: int = 48
    latent_dim: int = 64
    batch_size: int = 64
    discriminator_steps: int = 3
    learning_rate: float = 2e-4
    ema: float = 0.999
    shift: int = 0
    mode_seeking: float = 0.0
    mixed_precision: bool = False
    seed: int = 0
    loss: Loss = "hinge"


class TrainedBlock(ResidualBlock):
    """ResidualBlock, twice as fast to train."""

    def forward(self, h: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
        r = double_and_convolve(F.relu(self.norm1(h, c)), self.conv1.weight, self.conv1.bias)
        r = self.conv2(F.relu(self.norm2(r, c)))
        return r + F.interpolate(self.skip(h), scale_factor=2)


class DiscriminatorBlock(nn.Module):
    """ReLU - conv - ReLU - conv plus a 1x1 skip, all halved where it goes `down`. first: its input is the image, which no ReLU cuts."""

    def __init__(self, in_channels: int, out_channels: int, *, down: bool, first: bool = False):
        super().__init__()
        self.conv1 = spectral_norm(nn.Conv2d(in_channels, out_channels, 3, padding=1))
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        spectral_norm(self.conv2)
        self.skip = spectral_norm(nn.Conv2d(in_channels, out_channels, 1))
        self.down, self.first = down, first

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        r = F.relu(self.conv1(h if self.first else F.relu(h)))
        if self.down:
            return convolve_and_halve(r, self.conv2.weight, self.conv2.bias) + self.skip(F.avg_pool2d(h, 2))
        return self.conv2(r) + self.skip(h)


class NaturalDiscriminator(nn.Module):
    """D(x, y) = psi(phi(x)) + <e(y), phi(x)>; without classes the first term alone. Two blocks halve the image, two keep its size."""

    def __init__(self, num_classes: int, channels: int):
        super().__init__()
        self.blocks = nn.Sequential(
            DiscriminatorBlock(3, channels, down=True, first=True),
            DiscriminatorBlock(channels, channels, down=True),
            DiscriminatorBlock(channels, channels, down=False),
            DiscriminatorBlock(channels, channels, down=False),
        )
        self.score = spectral_norm(nn.Linear(channels, 1))
        self.embedding = spectral_norm(nn.Embedding(num_classes, channels)) if num_classes else None

    def forward(self, x: torch.Tensor, y: torch.Tensor | None) -> torch.Tensor:
        with parametrize.cached():
            with torch.autocast(x.device.type, enabled=False):  # the norms themselves in float32
                for module in self.modules():
                    if parametrize.is_parametrized(module):
                        _ = module.weight
            phi = F.relu(self.blocks(x)).sum((2, 3))
            score = self.score(phi).squeeze(1)
            return score + (self.embedding(y) * phi).sum(1) if self.embedding is not None else score


def new_generator(num_classes: int, channels: int, latent_dim: int) -> ResidualGenerator:
    """The generator's layout: 4x4 to 32x32 at one width."""
    return ResidualGenerator(
        latent_dim=latent_dim, num_classes=num_classes, image_shape=(3, 32, 32), embedding_dim=EMBEDDING,
        widths=(channels,) * (BLOCKS + 1), block=TrainedBlock,
    )  # fmt: skip


@dataclass
class GANTraining:
    """A GAN in training. generator: of this project's layout, or of Brock's; `average` is the one that is kept. step: done so far; losses: of the
    last one (discriminator, generator)."""

    settings: GANSettings
    data: Images
    generator: Any
    average: Any
    discriminator: NaturalDiscriminator
    adam_g: torch.optim.Adam
    adam_d: torch.optim.Adam
    losses: torch.Tensor
    step: int = 0

    @classmethod
    def begin(cls, data: Images, settings: GANSettings, make: Callable[[int, int, int], Any] | None = None) -> "GANTraining":
        """data: real training images, bytes, on the device of the training; their labels are used only if `conditional`.

        make: (classes, channels, latent_dim) -> the generator, with random weights; None is new_generator.
        """
        device, classes = data.images.device, int(data.labels.max()) + 1 if settings.conditional else 0
        with torch.random.fork_rng():
            torch.manual_seed(settings.seed)
            generator = (make or new_generator)(classes, settings.channels, settings.latent_dim)
            discriminator = NaturalDiscriminator(classes, settings.channels)
        for network in (generator, discriminator):
            network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        adam_g, adam_d = (
            torch.optim.Adam(network.parameters(), lr=settings.learning_rate, betas=(0.0, 0.9)) for network in (generator, discriminator)
        )
        average = copy.deepcopy(generator).requires_grad_(False).eval()
        return cls(settings, data, generator, average, discriminator, adam_g, adam_d, torch.zeros(2, device=device))

    @property
    def _kept(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        names = ("generator", "average", "discriminator", "adam_g", "adam_d")
        return {name: getattr(self, name) for name in names}

    def state(self) -> dict[str, Any]:
        return {"step": self.step, **{name: part.state_dict() for name, part in self._kept.items()}}

    def load(self, state: dict[str, Any]) -> None:
        for name, part in self._kept.items():
            part.load_state_dict(state[name])
        self.step = state["step"]

    def advance(self) -> None:
        """One step of the generator, and those of the discriminator before it."""
        rng = stream_of_step(self.settings.seed, self.step, self.data.images.device)
        for _ in range(self.settings.discriminator_steps):
            loss_d = self._discriminate(rng)
        loss_g = self._generate(rng)
        decay = min(self.settings.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for target, source in zip(self.average.state_dict().values(), self.generator.state_dict().values(), strict=True):
                if target.is_floating_point():
                    target.lerp_(source, 1 - decay)
        self.losses = torch.stack([loss_d, loss_g])
        self.step += 1

    def _discriminate(self, rng: torch.Generator) -> torch.Tensor:
        n = self.settings.batch_size
        index = torch.randint(len(self.data), (n,), generator=rng, device=rng.device)
        flip = torch.rand(n, generator=rng, device=rng.device) < 0.5
        real = to_floats(self.data.images[index])
        real = torch.where(flip[:, None, None, None], real.flip(3), real)
        z, y = self._latents(n, rng)
        with self._autocast():
            with torch.no_grad():
                fake = self.generator(z, y)
            labels = torch.cat([self.data.labels[index], y]) if y is not None else None
            scores = self.discriminator(self._seen(torch.cat([real, fake.to(real.dtype)]), rng), labels)
        of_real, of_fake = scores.float().chunk(2)
        cost = (lambda score: F.relu(1 - score)) if self.settings.loss == "hinge" else (lambda score: F.softplus(-score))
        loss = cost(of_real).mean() + cost(-of_fake).mean()
        self.adam_d.zero_grad()
        loss.backward()
        self.adam_d.step()
        return loss.detach()

    def _generate(self, rng: torch.Generator) -> torch.Tensor:
        n, weight = self.settings.batch_size, self.settings.mode_seeking
        z, y = self._latents(n // 2 if weight else n, rng)
        if weight:  # two latents of each label
            z = torch.cat([z, self._latents(n // 2, rng)[0]])
            y = torch.cat([y, y]) if y is not None else None
        self.discriminator.requires_grad_(False)
        with self._autocast():
            fake = self.generator(z, y)
            score = self.discriminator(self._seen(fake.float(), rng), y).float()
            loss = -score.mean() if self.settings.loss == "hinge" else F.softplus(-score).mean()
        if weight:
            (za, zb), (a, b) = z.chunk(2), fake.float().chunk(2)
            loss = loss + weight * ((za - zb).abs().mean(1) / ((a - b).abs().flatten(1).mean(1) + 1e-5)).mean()
        self.adam_g.zero_grad()
        loss.backward()
        self.adam_g.step()
        self.discriminator.requires_grad_(True)
        return loss.detach()

    def _latents(self, n: int, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor | None]:
        classes = self.generator.num_classes
        y = torch.randint(classes, (n,), generator=rng, device=rng.device) if classes else None
        return torch.randn(n, self.settings.latent_dim, generator=rng, device=rng.device), y

    def _seen(self, images: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        """What the discriminator sees of images."""
        images = shift(images, self.settings.shift, rng) if self.settings.shift else images
        return images.contiguous(memory_format=torch.channels_last)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.data.images.device.type, torch.bfloat16, enabled=self.settings.mixed_precision)


def run(
    training: GANTraining,
    keeper: Keeper,
    *,
    steps: int,
    minutes: float | None = None,
    on_step: Callable[[GANTraining], None] | None = None,
    progress: bool = True,
) -> bool:
    """Train up to `steps` in all -> whether they are done.

    keeper: the checkpoint is written every few minutes and at the end; where there is one already, its run goes on.
    minutes: after which to stop, one step later at the earliest, to go on in the next call; None is to the end. on_step: called after every step.
    Raises ValueError where training diverges, CheckpointError where the checkpoint is damaged, of another run, or of more steps.
    """
    state = keeper.load()
    if state is not None:
        training.load(state)
    if training.step > steps:
        raise CheckpointError(f"{keeper.path} has {training.step:,} steps already, more than {steps:,}: ask for as many, or remove it.")
    bar = progress_bar(steps, "GAN", enabled=progress)
    bar.unit, bar.initial, bar.n = " steps", training.step, training.step
    clock = Clock(minutes)
    while training.step < steps:
        training.advance()
        if on_step is not None:
            on_step(training)
        if keeper.due():
            _check(training)
            keeper.save(training.state())
        bar.update(1)
        if clock.over():
            break
    bar.close()
    _check(training)
    keeper.save(training.state())
    return training.step >= steps


def _check(training: GANTraining) -> None:
    """Before a checkpoint is replaced: a run that diverged can be begun again from the last one."""
    check_finite(training.step, training.settings.learning_rate, training.losses, *training.average.state_dict().values())
