"""The types of a run's arguments, which pydantic checks: no text for a number, no unknown name, no NaN, no infinity.

@frozen
class ClassifierRun(Arguments):        # see calls.py
    epochs: Count
    r: Fraction = 0.0
"""

import reprlib
from collections.abc import Callable, Mapping
from dataclasses import field, fields
from typing import Annotated, Any, TypeVar, dataclass_transform

from pydantic import AfterValidator, ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass as pydantic_dataclass

from paperlib.checks import ConfigError

Number = Annotated[float, AfterValidator(lambda x: x + 0.0)]  # an integer becomes the same float, -0.0 becomes 0.0
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Count = Annotated[int, Field(ge=1)]
Count0 = Annotated[int, Field(ge=0)]
Batch = Annotated[int, Field(ge=2)]
Fraction = Annotated[Number, Field(ge=0, le=1)]
StepSize = Annotated[Number, Field(ge=0, le=1e6)]
Rate = Annotated[Number, Field(gt=0, le=1e3)]
Momentum = Annotated[Number, Field(ge=0, le=0.9999)]

Truncation = Annotated[Number, Field(gt=0, le=10)]

T = TypeVar("T")


def one_line(error: ValidationError) -> str:
    """What pydantic found first: name = value: rule."""
    first = error.errors(include_url=False)[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, ConfigError):
        return str(cause)
    name = ".".join(str(part) for part in first["loc"]) or "argument"
    if first["type"] == "missing":
        return f"{name}: it is missing; give it a value."
    return f"{name} = {reprlib.repr(first['input'])}: {_rule(first)}."


def _rule(error: Mapping[str, Any]) -> str:
    match error["type"]:
        case "unexpected_keyword_argument" | "extra_forbidden":
            return "there is no such field; leave it out"
        case "too_short":
            return f"give at least {error['ctx']['min_length']}"
        case "union_tag_invalid":
            return f"its {error['ctx']['discriminator']} must be one of {error['ctx']['expected_tags']}"
        case "model_attributes_type":
            return "it must be an object of one of the classes in companion/settings.py"
    return str(error["msg"].replace("Input should be", "it must be"))


def checked(call: Callable[[], T]) -> T:
    """What `call` returns; ConfigError in one line where pydantic refuses."""
    try:
        return call()
    except ValidationError as error:
        raise ConfigError(one_line(error)) from None


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """A frozen dataclass whose fields pydantic checks: no text for numbers, no unknown name, no NaN, no infinity."""
    made: Any = pydantic_dataclass(frozen=True, config=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False))(cls)
    initialise = made.__init__
    names = [f.name for f in fields(made) if not f.kw_only]

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        named = dict(zip(names, args, strict=False))
        checked(lambda: initialise(self, *args[len(names) :], **named, **kwargs))

    made.__init__ = __init__
    return made
