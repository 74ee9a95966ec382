"""BigGAN-deep checkpoints (Brock et al. 2019) in the layout of pytorch-pretrained-biggan, loaded strictly.

The library's own from_pretrained accepts an empty or foreign state dict silently and stays in train mode. Here every name
and shape must fit, only tensors are unpickled, and the result is a frozen, fused Generator.

generator = load_biggan("weights/biggan-deep-128", truncation=0.5)         # a folder with config.json and pytorch_model.bin
generator = load_biggan("biggan-deep-128")                                 # by the library's name: it downloads, and caches
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from pytorch_pretrained_biggan import BigGAN, BigGANConfig
from pytorch_pretrained_biggan import model as library
from pytorch_pretrained_biggan.file_utils import cached_path
from torch.nn.utils.spectral_norm import SpectralNorm

from paperlib.checks import check, check_count, check_number
from paperlib.generators.fused_biggan import fuse_biggan
from paperlib.generators.generator import Generator
from paperlib.support.weights import CheckpointError, check_fit, read_tensors, sha256_of

CONFIG = "config.json"
MOST_LAYERS = 32
WEIGHTS = ("model.safetensors", "pytorch_model.safetensors", "pytorch_model.bin")
DOWNLOADS: dict[str, str] = library.PRETRAINED_MODEL_ARCHIVE_MAP
HUB_COPIES = {"biggan-deep-128": "osanseviero/BigGAN-deep-128"}  # the one that gradio's own tests load
REMEDY = (
    'give a folder with config.json and pytorch_model.bin (or .safetensors), the name "biggan-deep-128", or a hub repository "owner/name"'
)


def load_biggan(
    source: str | Path,
    *,
    truncation: float = 1.0,
    classes: Sequence[int] | None = None,
    sha256: str | None = None,
    dtype: torch.dtype = torch.float32,
) -> Generator:
    """Load a BigGAN-deep checkpoint as a frozen Generator.

    Args:
        source: a folder, a name that the library knows ("biggan-deep-128", -256, -512), or a hub repository "owner/name" (extra [hub]).
        truncation: in (0, 1]. Scale of the latents; it also selects the BatchNorm statistics, see fuse_biggan.
        classes: each in [0, 1000) for the published networks. The classes that the generator has, in this order; None is all of them.
        sha256: 64 hexadecimal digits. Checksum that the weights file must have; None does not check.
        dtype: of the convolutions, for example torch.bfloat16 on a GPU.

    Returns:
        A Generator: (N, 128) latents and (N,) labels -> (N, 3, side, side) images in [-1, 1].

    Raises:
        CheckpointError: the files are missing, truncated or altered, or hold another network.
        ValueError: truncation or a class is out of range.
    """
    return fuse_biggan(read_biggan(source, sha256=sha256), truncation, classes=classes, dtype=dtype)


def read_biggan(source: str | Path, *, sha256: str | None = None) -> BigGAN:
    """The library's own network with the checkpoint's weights, in eval mode and without gradients; errors as load_biggan."""
    config_path, weights_path = find_files(source)
    config = read_config(config_path)
    if sha256 is not None and (found := sha256_of(weights_path)) != sha256:
        raise CheckpointError(
            f"{weights_path} has SHA-256 {found[:12]}..., expected {sha256[:12]}...: it is another file or altered; fetch it again."
        )
    with torch.device("meta"):
        model = BigGAN(config)
    state = with_right_vectors(read_tensors(weights_path), model)
    check_fit(state, model.state_dict(), weights_path)
    model.load_state_dict(state, strict=True, assign=True)
    return model.eval().requires_grad_(False)


def find_files(source: str | Path) -> tuple[Path, Path]:
    """Config and weights of a source, downloaded where the source is a name."""
    folder, name = Path(source).expanduser(), str(source)
    if folder.is_dir():
        found = [folder / weights for weights in WEIGHTS if (folder / weights).is_file()]
        if not found or not (folder / CONFIG).is_file():
            held = ", ".join(sorted(path.name for path in folder.iterdir())[:8]) or "nothing"
            raise CheckpointError(f"{folder} holds {held}; {REMEDY}.")
        return folder / CONFIG, found[0]
    if name in DOWNLOADS:
        return downloaded(name)
    if name.count("/") == 1 and not name.startswith((".", "/", "~")):
        try:
            return hub_files(name)
        except CheckpointError:
            raise
        except Exception as error:  # whatever the network's libraries raise
            raise CheckpointError(f"{name} could not be fetched ({error}). Where there is no network, {REMEDY}.") from error
    raise CheckpointError(f"{name!r} is neither a folder nor a known name; {REMEDY}.")


class MissingExtraError(CheckpointError):
    """The library that talks to the hub is not installed."""


def downloaded(name: str) -> tuple[Path, Path]:
    """Config and weights from the library's own address or, where that fails, from a copy on the hub."""
    tried = []
    try:
        return Path(cached_path(library.PRETRAINED_CONFIG_ARCHIVE_MAP[name])), Path(cached_path(DOWNLOADS[name]))
    except Exception as error:  # whatever the network's libraries raise
        tried.append(f"{DOWNLOADS[name]} ({error})")
    untried = ""
    if name in HUB_COPIES:
        copy = f"the hub repository {HUB_COPIES[name]}"
        try:
            return hub_files(HUB_COPIES[name])
        except MissingExtraError:
            untried = f" Not tried: {copy}, which needs pip install 'paperlib[hub]'."
        except Exception as error:
            tried.append(f"{copy} ({error})")
    raise CheckpointError(f"{name} could not be fetched. Tried {', then '.join(tried)}.{untried} Where there is no network, {REMEDY}.")


def hub_files(repository: str) -> tuple[Path, Path]:
    """config.json and the weights of a hub repository; safetensors are preferred."""
    try:
        from huggingface_hub import hf_hub_download, list_repo_files
    except ImportError as error:
        raise MissingExtraError(
            f"{repository!r} looks like a hub repository, which needs the extra: pip install 'paperlib[hub]'. Or {REMEDY}."
        ) from error
    held = list_repo_files(repository)
    weights = next((name for name in WEIGHTS if name in held), None)
    if weights is None or CONFIG not in held:
        raise CheckpointError(f"the hub repository {repository} has no {CONFIG} or no weights; {REMEDY}.")
    return Path(hf_hub_download(repository, CONFIG)), Path(hf_hub_download(repository, weights))


def with_right_vectors(state: dict[str, torch.Tensor], model: BigGAN) -> dict[str, torch.Tensor]:
    """The state with each spectral norm's right singular vector v, `weight_v`, which files of an older PyTorch lack.

    In eval mode, v has one use: sigma = u^T W v. Such files hold W / sigma too, `weight`, and torch's own hook takes sigma from it; so it is
    done here. A file without either gets v = W^T u / |W^T u|, a step of the power iteration.
    """
    completed = dict(state)
    for layer, module in model.named_modules():
        for norm in module._forward_pre_hooks.values():
            name = f"{layer}.weight"
            if not isinstance(norm, SpectralNorm) or f"{name}_v" in state or not {f"{name}_orig", f"{name}_u"} <= state.keys():
                continue
            original, u, normalised = state[f"{name}_orig"], state[f"{name}_u"], completed.pop(name, None)
            matrix = norm.reshape_weight_to_matrix(original)
            v = F.normalize(matrix.T @ u, dim=0, eps=norm.eps)
            if normalised is not None:
                sigma = (original * normalised).sum() / normalised.square().sum()
                v = v * sigma / (u @ matrix @ v)
            completed[f"{name}_v"] = v
    return completed


def read_config(path: Path) -> BigGANConfig:
    """The sizes of the network; CheckpointError where the file is no BigGAN config."""
    try:
        values, names = json.loads(path.read_text()), BigGANConfig().to_dict()
        if not isinstance(values, dict):
            raise ValueError(f"it holds a {type(values).__name__} in place of sizes by name")
        missing = set(names) - set(values)
        if missing:
            raise ValueError(f"it lacks {', '.join(sorted(missing))}")
        config = BigGANConfig(**{name: values[name] for name in names})
        check_sizes(config)
        return config
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise CheckpointError(f"{path} is not the config of a BigGAN-deep: {str(error).rstrip('.')}; {REMEDY}.") from error


def check_sizes(config: BigGANConfig) -> None:
    """ConfigError unless a BigGAN-deep can have these sizes: each layer takes what the one before it makes, from 16 channel widths to one."""
    for name in ("z_dim", "class_embed_dim", "channel_width", "num_classes"):
        check_count(name, getattr(config, name), 1, 2**16)
    check_count("n_stats", config.n_stats, 2, 2**16)
    check_number("eps", config.eps, 0, 1, open_low=True)
    layers: Any = config.layers
    shown = f"a list of {len(layers):,}" if isinstance(layers, list) else layers
    check(isinstance(layers, list) and 1 <= len(layers) <= MOST_LAYERS, "layers", shown, f"use a list of 1 to {MOST_LAYERS}")
    channels = 16
    for i, layer in enumerate(layers):
        fits = isinstance(layer, list) and [type(part) for part in layer] == [bool, int, int]
        check(fits, f"layers[{i}]", layer, "use [whether it doubles the side, its channels, the channels that it makes]")
        check(layer[1] == channels, f"layers[{i}][1]", layer[1], f"use {channels}, what the layer before it makes")
        check(layer[2] > 0 and layer[2] in (channels, channels // 2), f"layers[{i}][2]", layer[2], f"use {channels} or half of it")
        channels = layer[2]
    check(channels == 1, f"layers[{len(layers) - 1}][2]", channels, "use 1, what the last norm takes")
    check_count("attention_layer_position", config.attention_layer_position, 0, len(layers) - 1)
    side = 4 * 2 ** sum(layer[0] for layer in layers)
    check(config.output_dim == side, "output_dim", config.output_dim, f"use {side}, the side that these layers make")


def random_biggan(config: BigGANConfig | None = None, seed: int = 0) -> BigGAN:
    """A BigGAN-deep of random weights whose numbers are finite, for timing and tests: its images mean nothing.

    The library leaves the last norm uninitialised, the spectral-norm vectors unconverged and attention switched off; here the
    norm is 1 and 0 with statistics of its own in every table, 15 power iterations are run, and attention has weight 0.5.
    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        model = BigGAN(config or BigGANConfig())
        model.generator.bn.weight.fill_(1)
        model.generator.bn.bias.zero_()
        for module in model.modules():
            if isinstance(module, library.BigGANBatchNorm):
                module.running_means.normal_(0, 0.1)
                module.running_vars.uniform_(0.5, 1.5)
            if isinstance(module, library.SelfAttn):
                module.gamma.fill_(0.5)
            if hasattr(module, "weight_orig"):
                matrix = module.weight_orig.flatten(1)
                for _ in range(15):
                    module.weight_v.copy_(torch.nn.functional.normalize(matrix.T @ module.weight_u, dim=0))
                    module.weight_u.copy_(torch.nn.functional.normalize(matrix @ module.weight_v, dim=0))
    return model.eval().requires_grad_(False)


def save_biggan(model: BigGAN, folder: Path) -> None:
    """Write config.json and pytorch_model.bin as the published checkpoints have them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG).write_text(model.config.to_json_string())
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
