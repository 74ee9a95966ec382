"""What the methods of conditioning are called, past paper B, in tables, figures and lines."""

from companion.config import Langevin, Likelihood, Method, Metropolis, Ode, Posterior, Rejection, Resampling, Trained

REJECTION = "rejection"
METHODS = {
    "gaussian": "Gaussian",
    "warm": "Gaussian, warm start",
    "mixture": "mixture",
    "flow": "flow",
    "likelihood": "flow, likelihood",
    "tuned": "flow, likelihood, tuned",
    "map": "flow of the posterior",
    "posterior": "posterior on latents",
    "metropolis": "posterior, Metropolis",
    "rejection": REJECTION,
    "resampling": "resampling",
    "langevin": "Langevin",
    "mala": "MALA",
    "ode": "ODE",
}
Key = tuple[str, float]  # a method's name and its prior weight; 0 is the paper, 1 the truth


def key_of(method: Method) -> Key:  # noqa: PLR0911 -- a return a kind
    """The method's name in METHODS, and its prior weight."""
    match method:
        case Langevin(prior_weight=weight, adjusted=adjusted):
            return METHODS["mala" if adjusted else "langevin"], weight
        case Ode(prior_weight=weight):
            return METHODS["ode"], weight
        case Posterior(prior_weight=weight):
            return METHODS["posterior"], weight
        case Metropolis(prior_weight=weight):
            return METHODS["metropolis"], weight
        case Likelihood(prior_weight=weight, posterior=posterior, tuned=tuned):
            return METHODS["map" if posterior else "tuned" if tuned else "likelihood"], weight
        case Rejection(prior_weight=weight):
            return METHODS["rejection"], weight
        case Resampling(prior_weight=weight):
            return METHODS["resampling"], weight
        case Trained(family=family, prior_weight=weight, warm_start=warm_start):
            return METHODS["warm" if warm_start else family], weight
    raise TypeError(f"the name of a {type(method).__name__} is not known")
