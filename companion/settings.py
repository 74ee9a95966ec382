"""What runs are asked for by name: paper B's settings, sets of images, and past paper B the ways to draw latents of an attribute.

Setting("unconditional", "mnist")                       # paper B's own
Rejection(1.0)                                          # the truth
replace(GAUSSIAN, prior_weight=0.1)                     # a method with other settings
"""

from dataclasses import field
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from companion.arguments import Count, Count0, Number, Rate, frozen
from paperlib.checks import check

Labels = Literal["unconditional", "given", "withheld", "shuffled"]
ImageSet = Literal["real train", "real test", "prior", "unconditional prior", "fifth prior", "long prior", "mined", "conditioned"]
Family = Literal["gaussian", "mixture", "flow"]
Optimizer = Literal["sgd", "adam"]


class Setting(NamedTuple):
    """What paper B conditions, and how. labels, teacher, warm_start: as in runs/conditioning.py."""

    labels: Labels
    teacher: str
    warm_start: int = 0


Weight = Annotated[Number, Field(gt=0, le=1e3)]


@frozen
class Trained:
    """A family of latents trained by the loop of paper B with a prior term of weight prior_weight; 0 is the paper, as is a warm_start of 0."""

    kind: Literal["trained"] = field(default="trained", kw_only=True)
    family: Family
    prior_weight: Annotated[Number, Field(ge=0, le=1e3)]
    epochs: Count
    labels_per_epoch: Count
    batch_size: Count
    learning_rate: Rate
    optimizer: Optimizer
    warm_start: Count0 = 0

    def __post_init__(self) -> None:
        check(
            not self.warm_start or self.family == "gaussian",
            "warm_start",
            self.warm_start,
            "only the gaussian family can start warm; use 0",
        )


@frozen
class Posterior:
    """A posterior on latents, learned from `labelled` latents that the frozen pair has read."""

    kind: Literal["posterior"] = field(default="posterior", kw_only=True)
    prior_weight: Weight
    labelled: Annotated[int, Field(ge=20)]
    epochs: Count


@frozen
class Likelihood:
    """A flow fitted by maximum likelihood to latents of p_w: those that rejection keeps of `labelled` draws of the prior, or draws of a posterior.

    components: of the mixture that it starts from; 1 is a Gaussian. steps: of the fit. tuned: labels of paper B's loop with the prior term
    that follow it; 0 is none.
    """

    kind: Literal["likelihood"] = field(default="likelihood", kw_only=True)
    prior_weight: Weight
    labelled: Count
    components: Count
    steps: Count
    tuned: Count0 = 0
    posterior: Posterior | None = None

    def __post_init__(self) -> None:
        if self.posterior is not None:
            check(
                self.posterior.prior_weight == self.prior_weight,
                "posterior.prior_weight",
                self.posterior.prior_weight,
                "use the flow's own",
            )


@frozen
class Rejection:
    """Draws of the prior that the frozen classifier keeps. At prior_weight = 1: the truth."""

    kind: Literal["rejection"] = field(default="rejection", kw_only=True)
    prior_weight: Weight


@frozen
class Metropolis:
    """A Metropolis-Hastings chain whose candidates a posterior draws. passes: candidates for each latent kept, after BURN_IN."""

    kind: Literal["metropolis"] = field(default="metropolis", kw_only=True)
    prior_weight: Weight
    passes: Count
    proposal: Posterior


@frozen
class Resampling:
    """Sampling importance resampling from `pool` draws of the prior."""

    kind: Literal["resampling"] = field(default="resampling", kw_only=True)
    prior_weight: Weight
    pool: Count


@frozen
class Langevin:
    """Langevin steps on the latent; adjusted: with the Metropolis-Hastings probability (MALA)."""

    kind: Literal["langevin"] = field(default="langevin", kw_only=True)
    prior_weight: Weight
    steps: Count
    step_size: Annotated[Number, Field(gt=0, le=1e3)]
    adjusted: bool = False


@frozen
class Ode:
    """LACE's probability-flow ODE on the latent."""

    kind: Literal["ode"] = field(default="ode", kw_only=True)
    prior_weight: Weight
    steps: Count


Method = Annotated[Trained | Posterior | Likelihood | Rejection | Metropolis | Resampling | Langevin | Ode, Field(discriminator="kind")]
