"""The residual BigGAN of Brock's PyTorch code (Brock et al. 2019, appendix B): 32x32, 64x64, 128x128, from its own checkpoints.

z = (z_0, ..., z_n);  h = W z_0, reshaped;  n blocks, block i conditioned on [e(y), z_i]  (hierarchical latents; without them, on e(y))
x = tanh(conv(ReLU(BN(h))))

By that code's default (G_shared off) there is no shared embedding e: each conditional norm has a gain and a bias for each class. Its latents are
not hierarchical then, for that code cannot join class numbers and latents.

The blocks are those of the `digits` generators. Sizes are read off the tensors; spectral norm is folded into the weights as that code's
eval mode computes it: one power iteration from the stored u.

generator = load_residual_biggan("weights/G_ema.pth")
images = generator(generator.sample_latents(8), None)          # label withheld: the mean embedding over the classes
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.generators.attention import Attention
from paperlib.generators.fused_residual_biggan import FusedResidualBigGAN
from paperlib.generators.generator import Generator
from paperlib.generators.residual import ResidualBlock
from paperlib.support.threads import one_thread
from paperlib.support.weights import CheckpointError, check_fit, read_tensors, sha256_of

State = Mapping[str, torch.Tensor]
FILES = ("G_ema.pth", "G.pth")


def load_residual_biggan(source: str | Path, *, sha256: str | None = None) -> Generator:
    """Load a checkpoint of Brock's PyTorch code as a frozen, class-conditional Generator. Its sizes are read from the tensors.

    Args:
        source: file of a state dict, or a folder with G_ema.pth (preferred) or G.pth.
        sha256: 64 hexadecimal digits. Checksum that the file must have; None does not check.

    Returns:
        A Generator: (N, d) latents and (N,) labels -> (N, C, side, side) images in [-1, 1]; y=None uses the mean embedding of the classes,
        or, without a shared embedding, the mean over the classes of each norm's gain and bias.

    Raises:
        CheckpointError: the file is missing, broken or altered, or holds another network.
    """
    path = find_file(Path(source).expanduser())
    if sha256 is not None and (found := sha256_of(path)) != sha256:
        raise CheckpointError(
            f"{path} has SHA-256 {found[:12]}..., expected {sha256[:12]}...: it is another file or altered; fetch it again."
        )
    return residual_biggan(read_tensors(path), path)


@one_thread()
def residual_biggan(state: State, path: Path) -> Generator:
    """The Generator of a state dict that has been read from `path`; CheckpointError where it is another network's."""
    network = ResidualBigGAN({name.removeprefix("module."): tensor for name, tensor in state.items()}, path)
    return Generator(FusedResidualBigGAN(network.eval()), network.latent_dim, network.image_shape, network.num_classes, None)


def find_file(source: Path) -> Path:
    """The checkpoint that `source` means."""
    path = next((source / name for name in FILES if (source / name).is_file()), source)
    if not path.is_file():
        raise CheckpointError(
            f"{source} is no file and no folder with {' or '.join(FILES)}; give the generator's state dict of a training run."
        )
    return path


def folded(state: State, name: str) -> torch.Tensor:
    """The weight `name`, divided by its spectral norm where it has one."""
    weight = state[f"{name}.weight"]
    if f"{name}.u0" not in state:
        return weight
    matrix = weight.flatten(1)
    v = F.normalize(state[f"{name}.u0"] @ matrix, dim=1)
    u = F.normalize(v @ matrix.T, dim=1)
    return weight / (v @ matrix.T @ u.T).squeeze()


@dataclass(frozen=True)
class Sizes:
    """What the tensors say. channels: before the first block and after each; chunk: of z for a block; condition: of a block's norms."""

    classes: int
    embedding: int
    chunk: int
    condition: int
    channels: tuple[int, ...]
    bottom: int
    image_channels: int
    attention: tuple[int, ...]

    @classmethod
    def of(cls, state: State) -> "Sizes":
        """Raises KeyError where a tensor that tells a size is missing, ValueError where it has the wrong number of axes."""
        blocks = range(1 + max((int(name.split(".")[1]) for name in state if name.startswith("blocks.")), default=0))
        convolutions = [state[f"blocks.{i}.0.conv1.weight"] for i in blocks]
        classes, embedding = state["shared.weight"].shape
        rows, chunk = state["linear.weight"].shape
        channels = (convolutions[0].shape[1], *(c.shape[0] for c in convolutions))
        return cls(
            classes, embedding, chunk, state["blocks.0.0.bn1.gain.weight"].shape[1], channels, round((rows / channels[0]) ** 0.5),
            state["output_layer.2.weight"].shape[0], tuple(i for i in blocks if f"blocks.{i}.1.gamma" in state),
        )  # fmt: skip

    @property
    def blocks(self) -> int:
        return len(self.channels) - 1

    @property
    def hierarchical(self) -> bool:
        return self.condition == self.embedding + self.chunk

    @property
    def latent_dim(self) -> int:
        return self.chunk * (self.blocks + 1 if self.hierarchical else 1)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        side = self.bottom * 2**self.blocks
        return (self.image_channels, side, side)


def expected(size: Sizes, state: State) -> dict[str, torch.Tensor]:
    """Every tensor of a network of these sizes, on the meta device; a weight of `state` that has spectral norm brings its buffers."""
    first, last = size.channels[0] * size.bottom**2, size.channels[-1]
    condition = size.embedding + size.chunk if size.hierarchical else size.embedding
    weights: dict[str, tuple[int, ...]] = {"linear": (first, size.chunk), "output_layer.2": (size.image_channels, last, 3, 3)}
    others: dict[str, tuple[int, ...]] = {
        "shared.weight": (size.classes, size.embedding),
        "output_layer.0.gain": (last,),
        "output_layer.0.bias": (last,),
    }
    norms = {"output_layer.0": last}
    for i, (inside, out) in enumerate(pairwise(size.channels)):
        block = f"blocks.{i}.0"
        weights |= {f"{block}.conv1": (out, inside, 3, 3), f"{block}.conv2": (out, out, 3, 3), f"{block}.conv_sc": (out, inside, 1, 1)}
        norms |= {f"{block}.bn1": inside, f"{block}.bn2": out}
    biases: dict[str, tuple[int, ...]] = {f"{layer}.bias": shape[:1] for layer, shape in weights.items()}
    for i in size.attention:
        out, name = size.channels[i + 1], f"blocks.{i}.1"
        weights |= {f"{name}.{part}": (out // 8, out, 1, 1) for part in ("theta", "phi")}
        weights |= {f"{name}.g": (out // 2, out, 1, 1), f"{name}.o": (out, out // 2, 1, 1)}
        others[f"{name}.gamma"] = ()
    for name, channels in norms.items():
        others |= {f"{name}.stored_mean": (channels,), f"{name}.stored_var": (channels,)}
        if name != "output_layer.0":
            weights |= {f"{name}.gain": (channels, condition), f"{name}.bias": (channels, condition)}
    buffers = {layer: shape for layer, shape in weights.items() if f"{layer}.u0" in state}
    shapes = {f"{layer}.weight": shape for layer, shape in weights.items()} | biases | others
    shapes |= {f"{layer}.u0": (1, shape[0]) for layer, shape in buffers.items()} | {f"{layer}.sv0": (1,) for layer in buffers}
    return {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}


def standing_statistics(state: State) -> dict[str, torch.Tensor]:
    """BatchNorm statistics under one name: runs with standing statistics keep sums and a counter one level deeper."""
    found: dict[str, torch.Tensor] = {}
    for name, tensor in state.items():
        prefix, _, field = name.rpartition(".bn.")
        if not prefix:
            found[name] = tensor
        elif field != "accumulation_counter":
            found[f"{prefix}.{field}"] = tensor / state.get(f"{prefix}.bn.accumulation_counter", torch.ones(1)).clamp_min(1).squeeze()
    return found


def with_shared_embedding(state: State) -> State:
    """The same function with a shared embedding. Where each norm has its own, the shared one is one-hot: a norm's linear layer then picks the
    row of a class, or, for the mean over the classes, averages its rows."""
    norms = [name for name in state if name.endswith((".gain.weight", ".bias.weight"))]
    embeddings = norms and not any(name.replace(".weight", ".u0") in state for name in norms)  # that code never normalises them
    if "shared.weight" in state or not embeddings:
        return state
    return {**state, **{name: state[name].T for name in norms}, "shared.weight": torch.eye(len(state[norms[0]]))}


class ResidualBigGAN(nn.Module):
    """G(z, y) -> images (N, C, H, W) in [-1, 1]. z: (N, latent_dim), standard normal; y: (N,) long, or None for the mean embedding.

    raw: a checkpoint's tensors, read from `path`. block: the class of its blocks, with the tensors and the function of ResidualBlock.
    """

    def __init__(self, raw: State, path: Path, block: type[ResidualBlock] = ResidualBlock):
        super().__init__()
        state = with_shared_embedding(standing_statistics(raw))
        try:
            size = Sizes.of(state)
        except (KeyError, ValueError, IndexError, ZeroDivisionError) as error:
            raise CheckpointError(
                f"{path} is not a residual BigGAN ({error}: missing or misshapen); give G_ema.pth or G.pth of that code."
            ) from error
        check_fit(dict(state), expected(size, state), path)
        self.size, self.num_classes, self.latent_dim, self.image_shape = size, size.classes, size.latent_dim, size.image_shape
        self.embedding = nn.Embedding.from_pretrained(state["shared.weight"])
        self.linear = nn.Linear(size.chunk, size.channels[0] * size.bottom**2)
        self.blocks = nn.ModuleList(block(a, b, size.condition) for a, b in pairwise(size.channels))
        self.attention = nn.ModuleDict({str(i): _attention(state, f"blocks.{i}.1") for i in size.attention})
        self.norm = nn.BatchNorm2d(size.channels[-1])
        self.conv = nn.Conv2d(size.channels[-1], size.image_channels, 3, padding=1)
        self._fill(state)

    def _fill(self, state: State) -> None:
        _fill(self.linear, state, "linear")
        for i, block in enumerate(self.blocks):
            for ours, theirs in (("conv1", "conv1"), ("conv2", "conv2"), ("skip", "conv_sc")):
                _fill(getattr(block, ours), state, f"blocks.{i}.0.{theirs}")
            for ours, theirs in (("norm1", "bn1"), ("norm2", "bn2")):
                norm, name = getattr(block, ours), f"blocks.{i}.0.{theirs}"
                norm.gain.weight.data = folded(state, f"{name}.gain")
                norm.bias.weight.data = folded(state, f"{name}.bias")
                _fill_statistics(norm.norm, state, name)
        _fill_statistics(self.norm, state, "output_layer.0")
        self.norm.weight.data, self.norm.bias.data = state["output_layer.0.gain"], state["output_layer.0.bias"]
        _fill(self.conv, state, "output_layer.2")

    def forward(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        e = self.embedding(y) if y is not None else self.embedding.weight.mean(0).expand(len(z), -1)
        first, *rest = z.split(self.size.chunk, dim=1)
        conditions = [torch.cat([e, part], dim=1) for part in rest] if self.size.hierarchical else [e] * self.size.blocks
        h = self.linear(first).view(-1, self.size.channels[0], self.size.bottom, self.size.bottom)
        for i, (block, c) in enumerate(zip(self.blocks, conditions, strict=True)):
            h = block(h, c)
            if str(i) in self.attention:
                h = self.attention[str(i)](h)
        return torch.tanh(self.conv(F.relu(self.norm(h))))


def _fill(layer: nn.Module, state: State, name: str) -> None:
    layer.weight.data, layer.bias.data = folded(state, name), state[f"{name}.bias"]  # type: ignore[union-attr]


def _fill_statistics(norm: nn.Module, state: State, name: str) -> None:
    norm.running_mean, norm.running_var = state[f"{name}.stored_mean"].clone(), state[f"{name}.stored_var"].clone()


def _attention(state: State, name: str) -> Attention:
    theta, phi, g, o = (folded(state, f"{name}.{part}") for part in ("theta", "phi", "g", "o"))
    return Attention(theta, phi, g, o, state[f"{name}.gamma"])
