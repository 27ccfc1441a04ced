"""Kinds of fuzz cases for benchmarks/fuzz.py: one module for each, with `cases(seed, count)`."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes
    ----------
    words : str
        The input, or enough of it to recognise the case in a list of faults.
    attempt : Callable
        Tries the case; returns a sentence about the fault, or "". An exception is a fault too.
    """

    words: str
    attempt: Callable[[], str]
