"""Gaps in a curve: where nothing was read, no line is drawn."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

NEIGHBOURS = 8  # intervals; some rows of a thinned curve are close together
TIMES_NEIGHBOURS = 3.0
SHORTEST_S = 60.0


def with_gaps(time_s: Array, *columns: Array) -> tuple[Array, ...]:
    """Return time and columns (n + gaps,) with a row without values in the middle of each gap.

    A gap is an interval that is longer than a minute and three times as long as the eight intervals before it
    and the eight after it, together each. So neither a thinned curve nor readings that come more and more
    seldom have one.

    Parameters
    ----------
    time_s : array (n,)
        In s, rising.
    columns : arrays (n,)
    """
    if time_s.size < 3:
        return (time_s, *columns)
    places = np.arange(time_s.size - 1)
    before_s = time_s[places] - time_s[np.maximum(places - NEIGHBOURS, 0)]
    after_s = time_s[np.minimum(places + 1 + NEIGHBOURS, time_s.size - 1)] - time_s[places + 1]
    usual_s = np.maximum(before_s, after_s)
    is_gap = (usual_s > 0) & (np.diff(time_s) > np.maximum(TIMES_NEIGHBOURS * usual_s, SHORTEST_S))
    gaps = np.flatnonzero(is_gap)
    middles = (time_s[gaps] + time_s[gaps + 1]) / 2
    return (
        np.insert(time_s, gaps + 1, middles),
        *(np.insert(column, gaps + 1, np.nan) for column in columns),
    )
