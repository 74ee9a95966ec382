"""A saved sampler draws what it drew before; another pair, a damaged file and a stranger's file are refused."""

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from paperlib.conditioner import Conditioner
from paperlib.generators import from_module
from paperlib.samplers.distillation import distil_posterior
from paperlib.samplers.latent_families import FlowConditioner, MixtureConditioner
from paperlib.samplers.saved_sampler import load_sampler, save_sampler
from paperlib.support.weights import CheckpointError


def pair(seed=0):
    torch.manual_seed(seed)
    generator = from_module(nn.Sequential(nn.Linear(4, 12), nn.Tanh(), nn.Unflatten(1, (3, 2, 2))), latent_dim=4, image_shape=(3, 2, 2))
    return generator, nn.Sequential(nn.Flatten(), nn.Linear(12, 3))


SAMPLERS = {
    "gaussian": lambda: Conditioner(3, 4),
    "mixture": lambda: MixtureConditioner(3, 4, components=5),
    "flow": lambda: FlowConditioner(3, 4, layers=4, hidden=16),
    "flow from a mixture": lambda: FlowConditioner(3, 4, components=2),
    "posterior": lambda: distil_posterior(*pair(), 3, draws=300, epochs=1, hidden=16, prior_weight=0.5, progress=False)[0],
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_it_draws_what_it_drew(name, tmp_path):
    sampler, path = SAMPLERS[name](), tmp_path / "sampler.safetensors"
    save_sampler(path, sampler, *pair())
    loaded = load_sampler(path, *pair())
    attribute = torch.tensor([0, 1, 2, 2])
    first, again = (s.sample(attribute, torch.Generator().manual_seed(0)) for s in (sampler, loaded))
    assert torch.equal(first, again)
    assert torch.equal(sampler.log_prob(first, attribute), loaded.log_prob(first, attribute))
    assert type(loaded) is type(sampler)
    assert not any(p.requires_grad for p in loaded.parameters())
    if name == "posterior":
        assert (loaded.temperature, loaded.prior_weight) == (sampler.temperature, 0.5)


def test_refusals(tmp_path):
    path, generator, classifier = tmp_path / "sampler.safetensors", *pair()
    save_sampler(path, Conditioner(3, 4), generator, classifier)
    for other in ((pair(1)[0], classifier), (generator, pair(1)[1])):
        with pytest.raises(CheckpointError, match="was fitted to another generator or classifier"):
            load_sampler(path, *other)
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_sampler(tmp_path / "none.safetensors", generator, classifier)
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_sampler(path, generator, classifier)
    save_file({"x": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="is no saved sampler"):
        load_sampler(path, generator, classifier)
    with pytest.raises(TypeError, match="a Linear cannot be saved"):
        save_sampler(path, nn.Linear(1, 1), generator, classifier)


@pytest.mark.parametrize(
    "described",
    [
        "{}",
        "[]",
        "not json",
        '{"family": "other", "num_attributes": 3, "latent_dim": 4}',
        '{"family": "gaussian", "num_attributes": 3, "latent_dim": 5}',
    ],
)
def test_a_damaged_description_is_one_error(described, tmp_path):
    from paperlib.samplers.saved_sampler import pair_hash

    path, state = tmp_path / "sampler.safetensors", Conditioner(3, 4).state_dict()
    save_file(state, path, {"sampler": described, "pair": pair_hash(*pair())})
    with pytest.raises(CheckpointError, match="is damaged"):
        load_sampler(path, *pair())


def test_a_pair_in_bfloat16(tmp_path):
    generator, classifier = pair()
    half = classifier.bfloat16()
    save_sampler(tmp_path / "sampler.safetensors", Conditioner(3, 4), generator, half)
    load_sampler(tmp_path / "sampler.safetensors", generator, half)
    with pytest.raises(CheckpointError, match="was fitted to another generator or classifier"):
        load_sampler(tmp_path / "sampler.safetensors", *pair())
