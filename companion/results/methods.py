"""What the methods of conditioning are called, past paper B, in tables, figures and lines of progress.

METHODS[short({"kind": "langevin", "adjusted": True})]          # "MALA"
named(frame(found(DIGITS), "diversity"))                        # the runs with the columns method and w
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

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
Key = tuple[str, float]  # a method's name and its prior weight
KEY = ["method", "w"]
TRUTH: Key = (REJECTION, 1.0)


def short(arguments: Mapping[str, Any]) -> str:
    """The name in METHODS of a method with these arguments: its own, made flat, or the columns method.* of a run."""
    match arguments["kind"]:
        case "trained":
            return "warm" if arguments["warm_start"] else str(arguments["family"])
        case "likelihood":
            of_a_posterior = arguments.get("posterior.kind") == "posterior"
            return "map" if of_a_posterior else "tuned" if arguments["tuned"] else "likelihood"
        case "langevin":
            return "mala" if arguments["adjusted"] else "langevin"
        case kind:
            return str(kind)


def named(runs: pd.DataFrame) -> pd.DataFrame:
    """Diversity runs in the order of METHODS, weights and seeds rising; with the columns method, its name, and short, its name in METHODS; and w,
    the prior weight: 0 is the paper, 1 the truth."""
    arguments = runs.filter(regex=r"^method\.").rename(columns=lambda column: column.removeprefix("method."))
    found = runs.assign(short=[short(row) for row in arguments.to_dict("records")], w=runs["method.prior_weight"])
    found["method"], place = found["short"].map(METHODS), list(METHODS)
    return found.sort_values(["short", "w", "seed"], key=lambda c: c.map(place.index) if c.name == "short" else c, ignore_index=True)


def of(runs: pd.DataFrame, key: Key) -> pd.DataFrame:
    """Of named runs those of one method and weight."""
    return runs[(runs["method"] == key[0]) & (runs["w"] == key[1])]
