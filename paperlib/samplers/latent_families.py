"""Past paper B: two more families of distributions q(z | a) over the latents of a frozen generator, beside conditioner.Conditioner.

mixture     z = mu_m(a) + sigma_m(a) eps,  m uniform        M Gaussians an attribute: several ways to be it
flow        z = f_L( ... f_1(eps, a) ..., a)                affine coupling layers (Dinh et al. 2017); eps ~ N(0, I), or a mixture, which
                                                            may fall into several pieces

eps ~ N(0, I). Each: sample(attribute, rng) -> z (N, d); log_prob(z, attribute) -> (N,); moments(attribute) -> mean, standard
deviation (N, d). Both are differentiable in their weights: conditioner.py trains them by paper B's loss, maximum_likelihood.py by that.
latent_posterior.py has a third family.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.conditioner import Latents, check_attribute, log_normal, noise
from paperlib.streams import stream


class MixtureConditioner(Latents):
    """M Gaussians of equal weight an attribute, their means drawn from the prior at the start. components: M."""

    def __init__(self, num_attributes: int, latent_dim: int, components: int = 8):
        super().__init__()
        if components < 1:
            raise ValueError(f"components is {components}; a mixture has at least 1.")
        self.num_attributes, self.latent_dim, self.components = num_attributes, latent_dim, components
        self.mu = nn.Parameter(torch.randn(num_attributes, components, latent_dim))
        self.s = nn.Parameter(torch.full((num_attributes, components, latent_dim), math.log(math.e - 1)))

    def sample(self, attribute: torch.Tensor, rng: torch.Generator | None = None) -> torch.Tensor:
        """A component at random, then its Gaussian: (N, d)."""
        check_attribute(attribute, self.num_attributes)
        m = torch.randint(self.components, attribute.shape, generator=rng, device=rng.device if rng else attribute.device).to(
            attribute.device
        )
        mu, sigma = self.mu[attribute, m], F.softplus(self.s[attribute, m])
        return mu + sigma * noise(mu.shape, rng, mu.device)

    def log_prob(self, z: torch.Tensor, attribute: torch.Tensor) -> torch.Tensor:
        """log of the mean density of the components: (N,)."""
        check_attribute(attribute, self.num_attributes)
        each = log_normal(z[:, None], self.mu[attribute], F.softplus(self.s[attribute]))
        return each.logsumexp(1) - math.log(self.components)

    def moments(self, attribute: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Of the whole mixture, exact."""
        mu, sigma = self.mu[attribute], F.softplus(self.s[attribute])
        mean = mu.mean(1)
        return mean, (sigma.square().mean(1) + mu.var(1, unbiased=False)).sqrt()


class FlowConditioner(Latents):
    """Affine couplings: half of z is scaled and shifted by a network of the other half and the attribute, the halves taking turns.

    layers: how many couplings. hidden: width of their networks. components: of the mixture that eps comes from; 1 is N(0, I), and with it
    the flow starts as the prior itself.
    """

    def __init__(self, num_attributes: int, latent_dim: int, layers: int = 6, hidden: int = 128, components: int = 1):
        super().__init__()
        if latent_dim < 2 or layers < 2:
            raise ValueError(f"latent_dim is {latent_dim} and layers {layers}; couplings need at least 2 of each.")
        self.num_attributes, self.latent_dim = num_attributes, latent_dim
        self.base = MixtureConditioner(num_attributes, latent_dim, components) if components > 1 else None
        half = latent_dim // 2
        kept = [half if i % 2 == 0 else latent_dim - half for i in range(layers)]
        self.networks = nn.ModuleList(
            nn.Sequential(nn.Linear(n + num_attributes, hidden), nn.ReLU(), nn.Linear(hidden, 2 * (latent_dim - n))) for n in kept
        )
        for network in self.networks:
            nn.init.zeros_(network[2].weight)  # type: ignore[index]
            nn.init.zeros_(network[2].bias)  # type: ignore[index]

    def _couplings(self, attribute: torch.Tensor) -> list[tuple[slice, slice, nn.Module, torch.Tensor]]:
        check_attribute(attribute, self.num_attributes)
        one_hot = F.one_hot(attribute, self.num_attributes).float()
        half = self.latent_dim // 2
        first, second = slice(0, half), slice(half, None)
        return [(*((first, second) if i % 2 == 0 else (second, first)), network, one_hot) for i, network in enumerate(self.networks)]

    def sample(self, attribute: torch.Tensor, rng: torch.Generator | None = None) -> torch.Tensor:
        """eps through all couplings: (N, d)."""
        shape = torch.Size((len(attribute), self.latent_dim))
        z = self.base.sample(attribute, rng) if self.base else noise(shape, rng, attribute.device)
        for kept, moved, network, one_hot in self._couplings(attribute):
            log_scale, shift = _scale_and_shift(network, z[:, kept], one_hot)
            z = _put(z, moved, z[:, moved] * log_scale.exp() + shift)
        return z

    def log_prob(self, z: torch.Tensor, attribute: torch.Tensor) -> torch.Tensor:
        """The density of the eps that z came from, less the log of the volume change: (N,)."""
        volume = torch.zeros(len(z), dtype=z.dtype, device=z.device)
        for kept, moved, network, one_hot in reversed(self._couplings(attribute)):
            log_scale, shift = _scale_and_shift(network, z[:, kept], one_hot)
            z = _put(z, moved, (z[:, moved] - shift) * (-log_scale).exp())
            volume = volume + log_scale.sum(1)
        return (self.base.log_prob(z, attribute) if self.base else log_normal(z)) - volume

    @torch.no_grad()
    def moments(self, attribute: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Of 1,000 draws an attribute, always the same ones."""
        rng = stream(0, "method moments")
        draws = torch.stack([self.sample(a.expand(1000), rng) for a in attribute])
        return draws.mean(1), draws.std(1)


def _scale_and_shift(network: nn.Module, kept: torch.Tensor, one_hot: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The log scale, bounded to +-2 so that no coupling can explode, and the shift."""
    log_scale, shift = network(torch.cat([kept, one_hot], dim=1)).chunk(2, dim=1)
    return 2 * torch.tanh(log_scale / 2), shift


def _put(z: torch.Tensor, where: slice, value: torch.Tensor) -> torch.Tensor:
    """z with the columns `where` replaced, out of place."""
    return torch.cat([value, z[:, where.stop :]], dim=1) if where.start == 0 else torch.cat([z[:, : where.start], value], dim=1)
