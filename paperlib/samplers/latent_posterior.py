"""Past paper B: a posterior on latents. A small network says which latents a frozen pair would keep; no image is made to sample.

q_T(z | a) = N(z; 0, I) h(a | z)^(1/T) / Z_T(a)         T > 0, the temperature

h(a | z) in (0, 1) is the learned chance that rejection keeps z for attribute a. T = 1 takes it at its word. A lower T keeps only latents of
which h is sure, a higher T spreads wider. distillation.py learns h and chooses T.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from paperlib.checks import check_number
from paperlib.conditioner import Latents, NeverProducedError, check_attribute, check_weight, log_normal, noise, uniform
from paperlib.streams import stream


class LatentPosterior(Latents):
    """Draws of the prior N(0, I) that a network of latents keeps.

    Args:
        network: (N, d) latents -> (N, K) logits; sigmoid(logits) is h. It is frozen here.
        num_attributes: at least 1. Number of attributes K.
        latent_dim: at least 1. Length d of a latent.
        prior_weight: in (0, 1000]. The w that h was learned for.
        temperature: in (0, 1000]. T of h^(1/T).

    Z and the moments come from EVIDENCE_DRAWS draws of the prior, always the same ones.
    """

    draws: torch.Tensor
    log_evidence: torch.Tensor
    EVIDENCE_DRAWS, CHUNK, MAX_DRAWS = 20_000, 4096, 20_000_000

    def __init__(self, network: nn.Module, num_attributes: int, latent_dim: int, prior_weight: float = 1.0, temperature: float = 1.0):
        super().__init__()
        check_weight(prior_weight)
        check_number("temperature", temperature, 0, 1e3, open_low=True)
        self.network, self.prior_weight, self.temperature = network.eval().requires_grad_(False), prior_weight, temperature
        self.num_attributes, self.latent_dim = num_attributes, latent_dim
        device = next(network.parameters()).device
        draws = noise(torch.Size((self.EVIDENCE_DRAWS, latent_dim)), stream(0, "posterior evidence"), device)
        self.register_buffer("draws", draws, persistent=False)
        self.register_buffer("log_evidence", self.log_kept(draws).logsumexp(0) - math.log(self.EVIDENCE_DRAWS), persistent=False)
        if not torch.isfinite(self.log_evidence).all():
            raise ValueError("the network's logits are NaN or infinite; train it again with a lower learning_rate.")

    def at(self, temperature: float) -> "LatentPosterior":
        """The same network at another temperature."""
        return LatentPosterior(self.network, self.num_attributes, self.latent_dim, self.prior_weight, temperature)

    @torch.no_grad()
    def log_kept(self, z: torch.Tensor) -> torch.Tensor:
        """log h(a | z)^(1/T), at most 0, for every attribute: (N, K)."""
        return F.logsigmoid(self.network(z)) / self.temperature

    def sample(self, attribute: torch.Tensor, rng: torch.Generator | None = None) -> torch.Tensor:
        """Exact draws of q_T, attribute by attribute.

        Args:
            attribute: (N,) long in [0, K). What is asked for.
            rng: stream of random numbers; None is torch's global stream.

        Returns:
            (N, d) float. One latent for each attribute.

        Raises:
            ValueError: an attribute is out of range.
            NeverProducedError: MAX_DRAWS draws of the prior did not give enough.
        """
        check_attribute(attribute, self.num_attributes)
        z = torch.empty(len(attribute), self.latent_dim, device=attribute.device)
        for a in attribute.unique().tolist():
            wanted = attribute == a
            z[wanted] = self._draw(a, int(wanted.sum()), rng, attribute.device)
        return z

    def _draw(self, a: int, n: int, rng: torch.Generator | None, device: torch.device) -> torch.Tensor:
        kept, count, draws = [], 0, 0
        while count < n:
            if draws >= self.MAX_DRAWS or (draws >= self.MAX_DRAWS // 100 and count < n * draws / self.MAX_DRAWS / 2):
                raise NeverProducedError(
                    f"{draws:,} draws of the prior gave {count} of {n} latents of attribute {a} (prior_weight {self.prior_weight:g}, "
                    f"temperature {self.temperature:g}); raise either, ask for fewer, or label more draws."
                )
            z = noise(torch.Size((self.CHUNK, self.latent_dim)), rng, device)
            kept.append(z[uniform(self.CHUNK, rng, device).log() < self.log_kept(z)[:, a]])
            count, draws = count + len(kept[-1]), draws + self.CHUNK
        return torch.cat(kept)[:n]

    def log_prob(self, z: torch.Tensor, attribute: torch.Tensor) -> torch.Tensor:
        """log q_T(z | attribute): (N,); Z is an estimate."""
        check_attribute(attribute, self.num_attributes)
        return log_normal(z) + self.log_kept(z).gather(1, attribute[:, None]).squeeze(1) - self.log_evidence[attribute]

    def moments(self, attribute: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Of q_T, by the weighted draws behind Z: mean and standard deviation, (N, d) each."""
        weights = self.log_kept(self.draws)[:, attribute].softmax(0).T
        mean = weights @ self.draws
        return mean, (weights @ self.draws.square() - mean.square()).clamp_min(0).sqrt()
