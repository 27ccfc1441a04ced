"""Numbers on the command line: a decimal comma or a unit is answered with the number to write."""

import math
import re
from typing import Any

import typer

from labctl.plain_text import shown


def number_option(help_text: str, *names: str) -> Any:
    """Return an option that takes a number."""
    return typer.Option(*names, help=help_text, show_default=False, parser=typed_number, metavar="NUMBER")


def typed_number(text: str) -> float:
    """Return the finite number that a person typed; BadParameter says how to write it."""
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise typer.BadParameter(
            f"{shown(text)} is not a number; write {_likely(text)}, with a decimal point and without a unit"
        )
    return found


def _likely(text: str) -> str:
    """Return the number that was meant, or an example."""
    plain = re.fullmatch(r"\s*([+-]?\d+)[.,](\d+)\s*[a-zA-Zµ²2%]*\s*", text)
    whole = re.fullmatch(r"\s*([+-]?\d+)\s*[a-zA-Zµ²2%]+\s*", text)
    if plain:
        return f"{plain[1]}.{plain[2]}"
    return whole[1] if whole else "1.05"
