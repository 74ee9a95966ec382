"""What a run is called where a person reads of it: in the line of progress and where it fails.

named(DIGITS.classifier_run(0, hsm=True, r=0.5))          # "ds+hsm, seed 0"
"""

from dataclasses import asdict

from companion import printed_numbers
from companion.config import (
    ClassifierRun,
    ConditioningRun,
    Config,
    ControlRun,
    DiversityRun,
    EvaluationRun,
    ImageQualityRun,
    MinedClassifierRun,
    ShownImagesRun,
)
from companion.frames import flat
from companion.results.methods import METHODS, short


def named(config: Config) -> str:
    """What tells it from the other runs of its profile, and its seed."""
    return f"{_what(config)}, seed {config.seed}"


def _what(config: Config) -> str:  # noqa: PLR0911 -- a return a kind
    match config:
        case ClassifierRun():
            return _column(config)
        case ControlRun():
            return _control(config.classifier)
        case MinedClassifierRun():
            return f"{_column(config.classifier)}, step size {config.classifier.step_size:g}"
        case ShownImagesRun():
            return f"shown images, {_column(config.classifier)}"
        case ConditioningRun():
            return f"conditioning {_setting(config)}"
        case EvaluationRun():
            return (
                f"evaluation {_setting(config.conditioning)}" if config.conditioning else "evaluation of the generator trained with labels"
            )
        case ImageQualityRun():
            return f"image quality, {config.image_set}"
        case DiversityRun():
            return f"{METHODS[short(flat(asdict(config.method)))]} at w = {config.method.prior_weight:g}"
    return config.kind.replace("-", " ")


def _column(run: ClassifierRun) -> str:
    """As Table 1 calls it, or by its point of the sweep."""
    if run.method:
        return run.method
    if run.real:
        name = "real images"
    elif run.r in (0.0, printed_numbers.TABLE1_R):
        name = "+".join((["ds"] if run.r else []) + (["hsm"] if run.hsm else [])) or "baseline"
    else:
        name = f"r = {run.r:g}" + (", hsm" if run.hsm else "")
    return f"long ({name})" if run.long_factor > 1 else name


def _control(run: ClassifierRun) -> str:
    """As the table of controls calls it."""
    if run.real:
        return "all real images" + (", long" if run.long_factor > 1 else "")
    return "DS for the cost of DS+HSM" if run.r else "long without DS"


def _setting(run: ConditioningRun) -> str:
    return f"{run.labels}, teacher {run.teacher}" + (f", warm start {run.warm_start}" if run.warm_start else "")
