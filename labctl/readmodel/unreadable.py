"""Rows that cannot be shown, in a file that another program wrote or that is damaged."""

from collections.abc import Callable
from typing import TypeVar

Shown = TypeVar("Shown")

FAULTS = (ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError)
"""What formatting a value raises that labctl did not write: text for a number, a time of 1e18 s."""


def or_as_unreadable(show: Callable[[], Shown], instead: Callable[[str], Shown]) -> Shown:
    """Return what `show` returns; if the values are at fault, what `instead` makes of the reason."""
    try:
        return show()
    except FAULTS as fault:
        return instead(f"cannot be shown: {type(fault).__name__}: {fault}"[:200])
