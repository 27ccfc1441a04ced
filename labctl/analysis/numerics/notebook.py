"""Results as tables of a notebook, and sentences for names that a result does not have."""

import html
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from labctl import result_views

HINTS = {"predict": "of a temperature law: law.conductivity_s_m(temperature_k)"}
LONGEST_TEXT = 300


class NotebookResult:
    """A frozen result that a notebook shows as a table, and that names what to use for a missing name.

    Frames and figures are made by `labctl.report.notebook.results`, which is loaded when they are asked for.
    """

    __slots__ = ()

    def to_frame(self) -> Any:
        """Return a frame of pandas with a row for each number: value, standard uncertainty, 95 % interval.

        Raises
        ------
        labctl.errors.InvalidRequest
            pandas is not installed.
        """
        return result_views.to_frame(self)

    def plot(self, **options: Any) -> Any:
        """Draw the result and return matplotlib axes.

        A law over 1000 K / T, a circuit in the complex plane, a polarisation over time. Options: `axes`, to
        draw into; of a circuit or a resistance `spectrum`, the points that it was fitted to.

        Raises
        ------
        labctl.errors.InvalidRequest
            matplotlib is not installed, or the result has nothing to draw.
        """
        return result_views.draw(self, **options)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(name)}</td><td>{html.escape(text)}</td></tr>" for name, text in _rows(self)
        )
        return f"<table><caption>{type(self).__name__}</caption>{rows}</table>"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            hint = f"; {HINTS[name]}" if name in HINTS else ""
            raise AttributeError(f"{type(self).__name__} has no {name}{hint}", name=name, obj=self)


def _rows(result: Any) -> Iterator[tuple[str, str]]:
    headline = getattr(type(result), "headline", None)
    if headline is not None:
        yield "result", str(result.headline)
    if not is_dataclass(result):
        return
    for one in fields(result):
        yield from _cells(one.name, getattr(result, one.name))


def _cells(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield name and text of a field; arrays, fits and other large values are left out."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if _is_estimate(part):
                yield str(key), estimate_text(part)
    elif _is_estimate(value):
        yield name, estimate_text(value)
    elif isinstance(value, tuple) and value and all(isinstance(part, str) for part in value):
        yield name, "; ".join(value)
    elif isinstance(value, str) and value:
        yield name, value[:LONGEST_TEXT]
    elif isinstance(value, bool | int):
        yield name, str(value)
    elif isinstance(value, float) and not math.isnan(value):
        yield name, f"{value:.6g}"


def _is_estimate(value: Any) -> bool:
    return hasattr(type(value), "value") and hasattr(type(value), "standard_uncertainty")


def estimate_text(estimate: Any) -> str:
    """Return `0.5000 ± 0.0030`, the value to the place of its uncertainty; `± ?` where that is not known."""
    value, u = float(estimate.value), float(estimate.standard_uncertainty)
    if not math.isfinite(value):
        return "not known"
    if not math.isfinite(u):
        return f"{value:.4g} ± ?"
    if u <= 1e-9 * abs(value):
        return f"{value:.6g}"
    if value and not 1e-3 <= abs(value) < 1e5:
        exponent = math.floor(math.log10(abs(value)))
        decimals = _decimals(u / 10**exponent)
        return f"({value / 10**exponent:.{decimals}f} ± {u / 10**exponent:.{decimals}f})e{exponent:+03d}"
    return f"{value:.{_decimals(u)}f} ± {u:.{_decimals(u)}f}"


def _decimals(u: float) -> int:
    return min(max(0, 1 - math.floor(math.log10(u))), 15)
