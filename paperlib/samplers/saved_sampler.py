"""Keep a fitted sampler, and load it for the pair that it was fitted to.

save_sampler("sampler.safetensors", posterior, generator, classifier)
posterior = load_sampler("sampler.safetensors", generator, classifier)

The file is safetensors: the weights, and as text how to build the family again and the SHA-256 of the pair. No code is loaded from it.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from paperlib.conditioner import Conditioner, Latents
from paperlib.generators import Generator
from paperlib.samplers.distillation import mlp
from paperlib.samplers.latent_families import FlowConditioner, MixtureConditioner
from paperlib.samplers.latent_posterior import LatentPosterior
from paperlib.support.files import replacing
from paperlib.support.tensor_cache import checksum
from paperlib.support.weights import CheckpointError


def save_sampler(path: str | Path, sampler: Latents, generator: Generator, classifier: nn.Module) -> Path:
    """Write the sampler and the identity of its pair; the file appears only when it is whole.

    Args:
        path: of the new file; an older one is replaced.
        sampler: a Conditioner, MixtureConditioner, FlowConditioner, or a LatentPosterior of distil_posterior.
        generator: the frozen generator that it was fitted to.
        classifier: the frozen classifier that it was fitted to.

    Returns:
        The path.

    Raises:
        TypeError: the sampler is of another family.
        OSError: the file cannot be written.
    """
    metadata = {"sampler": json.dumps(_described(sampler)), "pair": pair_hash(generator, classifier)}
    state = {name: value.detach().cpu().contiguous() for name, value in sampler.state_dict().items()}
    with replacing(Path(path)) as temporary:
        save_file(state, temporary, metadata)
    return Path(path)


def load_sampler(path: str | Path, generator: Generator, classifier: nn.Module) -> Latents:
    """The sampler of the file, frozen, on the generator's device.

    Args:
        path: written by save_sampler.
        generator: the frozen generator that it was fitted to.
        classifier: the frozen classifier that it was fitted to.

    Returns:
        A sampler of the family that was saved.

    Raises:
        CheckpointError: the file is missing, damaged, no sampler, or fitted to another pair.
    """
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}); save the sampler again with save_sampler.") from None
    if not {"sampler", "pair"} <= metadata.keys():
        raise CheckpointError(f"{path} is no saved sampler: it does not name its family and pair. Use a file of save_sampler.")
    if metadata["pair"] != pair_hash(generator, classifier):
        raise CheckpointError(
            f"{path} was fitted to another generator or classifier; load these, or fit a sampler to the ones that you have."
        )
    try:
        sampler = _built(json.loads(metadata["sampler"]), state)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path} is damaged ({error}); save the sampler again with save_sampler.") from None
    return sampler.to(generator.device).eval().requires_grad_(False)


def pair_hash(generator: Generator, classifier: nn.Module) -> str:
    """SHA-256 of the numbers of both networks' parameters and buffers."""
    return checksum(*generator.state_dict().values(), *classifier.state_dict().values())


def _described(sampler: Latents) -> dict[str, Any]:
    own: dict[str, Any]
    match sampler:
        case LatentPosterior(network=nn.Sequential() as network):
            hidden = network[0].out_features
            own = {"family": "posterior", "hidden": hidden, "weight": sampler.prior_weight, "temperature": sampler.temperature}
        case FlowConditioner():
            hidden = sampler.networks[0][0].out_features  # type: ignore[index]
            components = sampler.base.components if sampler.base else 1
            own = {"family": "flow", "layers": len(sampler.networks), "hidden": hidden, "components": components}
        case MixtureConditioner():
            own = {"family": "mixture", "components": sampler.components}
        case Conditioner():
            own = {"family": "gaussian"}
        case _:
            raise TypeError(
                f"a {type(sampler).__name__} cannot be saved; use a Conditioner, a mixture, a flow or a posterior of distil_posterior."
            )
    return {**own, "num_attributes": sampler.num_attributes, "latent_dim": sampler.latent_dim}


def _built(described: dict[str, Any], state: dict[str, torch.Tensor]) -> Latents:
    family = described.pop("family")
    if family == "posterior":
        hidden, sizes = described.pop("hidden"), (described["num_attributes"], described["latent_dim"])
        network = mlp(sizes[1], hidden, sizes[0])
        network.load_state_dict({name.removeprefix("network."): value for name, value in state.items()})
        return LatentPosterior(network, *sizes, described["weight"], described["temperature"])
    sampler: Latents = {"gaussian": Conditioner, "mixture": MixtureConditioner, "flow": FlowConditioner}[family](**described)
    sampler.load_state_dict(state)
    return sampler
