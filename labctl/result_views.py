"""Frames and figures of results of `labctl.analysis`, found by name.

`labctl.analysis` imports neither pandas nor matplotlib. `labctl/__init__.py` registers the functions of
`labctl.report.notebook.results`, and `result.to_frame()` and `result.plot()` call them.
"""

from collections.abc import Callable
from typing import Any

_registered: dict[str, Callable[..., Any]] = {}


def register(to_frame: Callable[..., Any], draw: Callable[..., Any]) -> None:
    """Register the functions that make a frame of a result, and draw it."""
    _registered.update(to_frame=to_frame, draw=draw)


def to_frame(result: Any) -> Any:
    """Return the numbers of a result as a frame of pandas."""
    return _registered["to_frame"](result)


def draw(result: Any, **options: Any) -> Any:
    """Draw a result and return matplotlib axes."""
    return _registered["draw"](result, **options)
