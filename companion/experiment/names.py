"""What a run is called where a person reads of it: in the line of progress and where it fails.

named(classifier.call(DIGITS, seed=0, hsm=True, r=0.5))          # "ds+hsm, seed 0"
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from companion import printed_numbers
from companion.calls import Call
from companion.frames import flat
from companion.results.controls import control_name
from companion.results.methods import METHODS, short


def named(call: Call) -> str:
    """What tells it from the other runs of its profile, and its seed."""
    what = NAMES.get(call.run.name, lambda arguments: call.run.name.replace("_", " "))
    return f"{what(call.arguments)}, seed {call.seed}"


def _column(run: Any) -> str:
    """As Table 1 calls it, or by its point of the sweep."""
    if run.method:
        return str(run.method)
    if run.real:
        name = "real images"
    elif run.r in (0.0, printed_numbers.TABLE1_R):
        name = "+".join((["ds"] if run.r else []) + (["hsm"] if run.hsm else [])) or "baseline"
    else:
        name = f"r = {run.r:g}" + (", hsm" if run.hsm else "")
    return f"long ({name})" if run.long_factor > 1 else name


def _setting(run: Any) -> str:
    return f"{run.labels}, teacher {run.teacher}" + (f", warm start {run.warm_start}" if run.warm_start else "")


def _evaluated(run: Any) -> str:
    return f"evaluation {_setting(run.conditioning)}" if run.conditioning else "evaluation of the generator trained with labels"


NAMES: dict[str, Callable[[Any], str]] = {
    "classifier": _column,
    "control": control_name,
    "mined_classifier": lambda run: f"{_column(run)}, step size {run.step_size:g}",
    "shown_images": lambda run: f"shown images, {_column(run.classifier)}",
    "conditioning": lambda run: f"conditioning {_setting(run)}",
    "evaluation": _evaluated,
    "image_quality": lambda run: f"image quality, {run.image_set}",
    "diversity": lambda run: f"{METHODS[short(flat(asdict(run.method)))]} at w = {run.method.prior_weight:g}",
}
