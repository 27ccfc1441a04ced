"""Scans over many nodes of problems with many points, without holding all of it at once."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NUMBERS_AT_ONCE = 250_000


def parts(points: int) -> Iterator[slice]:
    """Yield, without end, slices of nodes that hold together about a quarter of a million numbers."""
    step = max(1, NUMBERS_AT_ONCE // max(points, 1))
    begin = 0
    while True:
        yield slice(begin, begin + step)
        begin += step


def in_parts(function: Callable[[Array], tuple[Array, ...]], nodes: Array, points: int) -> tuple[Array, ...]:
    """Return what `function` gives for nodes (k,): arrays whose first axis are the nodes."""
    found = []
    for part in parts(points):
        if part.start and part.start >= len(nodes):
            break
        found.append(function(nodes[part]))
    return found[0] if len(found) == 1 else tuple(map(np.concatenate, zip(*found, strict=True)))
