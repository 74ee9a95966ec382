"""What a parameter may be: one error names the value, the rule and the remedy."""

from numbers import Integral, Real
from typing import Any


class ConfigError(ValueError):
    """A parameter that no run can start with; the message names the value, the rule and the remedy."""


def check(condition: bool, name: str, value: Any, rule: str) -> None:
    if not condition:
        raise ConfigError(f"{name} = {value!r}: {rule}.")


def check_count(name: str, value: Any, low: int = 1, high: int | None = None) -> None:
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    rule = f"use an integer of at least {low}" if high is None else f"use an integer from {low} to {high:,}"
    check(whole and low <= value and (high is None or value <= high), name, value, rule)


def check_number(name: str, value: Any, low: float, high: float, *, open_low: bool = False) -> None:
    numeric = isinstance(value, Real) and not isinstance(value, bool)
    inside = numeric and (low < value if open_low else low <= value) and value <= high
    check(inside, name, value, f"use a number in {'(' if open_low else '['}{low:g}, {high:g}]")


def check_choice(name: str, value: Any, choices: tuple[Any, ...]) -> None:
    check(value in choices, name, value, f"use one of {', '.join(map(repr, choices))}")
