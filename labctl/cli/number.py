"""Numbers on the command line: a decimal comma or a unit is answered with the number to write."""

import math
import re
from typing import Any

import typer

from labctl.plain_text import shown
from labctl.typed_number import comma_readings


def number_option(
    help_text: str,
    *names: str,
    low: float = -math.inf,
    high: float = math.inf,
    show_default: bool = False,
) -> Any:
    """Return an option that takes a number from `low` to `high`."""

    def parse(text: str | float) -> float:
        found = typed_number(str(text))
        if not low <= found <= high:
            raise typer.BadParameter(f"{found:g} is not in the range {low:g} to {high:g}")
        return found

    return typer.Option(*names, help=help_text, show_default=show_default, parser=parse, metavar="NUMBER")


def typed_number(text: str) -> float:
    """Return the finite number that a person typed; BadParameter says how to write it."""
    try:
        return one_number(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def one_number(text: str) -> float:
    """Return the finite number that a person typed where one is meant.

    Raises ValueError that says how to write it: for a comma with both readings, since commas separate lists.
    """
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if math.isfinite(found):
        return found
    raise ValueError(refusal(text))


def refusal(text: str) -> str:
    """Return why a text is not one number, and how to write it."""
    readings = comma_readings(text)
    problem = f"can be {' or '.join(readings)}" if readings else "is not a number"
    return f"{shown(text)} {problem}; write {_likely(text)}, with a decimal point and without a unit"


def _likely(text: str) -> str:
    """Return the number that was meant, or an example."""
    plain = re.fullmatch(r"\s*([+-]?\d+)[.,](\d+)\s*[a-zA-Zµ²2%]*\s*", text)
    whole = re.fullmatch(r"\s*([+-]?\d+)\s*[a-zA-Zµ²2%]+\s*", text)
    if plain:
        return f"{plain[1]}.{plain[2]}"
    return whole[1] if whole else "1.05"
