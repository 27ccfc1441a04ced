"""The stored temperature laws of a run as curves, and the points that a law stands on. Nothing is fitted.

A row of `law_fits` made before labctl kept its curve (`curve` and `spectra` NULL or missing) is drawn from
its stored parameters, without a band and without points; a remark says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.laws.law_function import (
    LawFunction,
    function_from_dict,
    function_from_parameters,
    is_sharp_step,
)
from labctl.readmodel.law_conditions import condition_key
from labctl.readmodel.snapshot import Array, Row

GRID = 200
NO_BAND_KEPT = "no band: this row is of an older labctl, which did not keep it; `labctl fit` derives it anew"
NO_BAND_KNOWN = "no band: the scatter of the points is not known"
WIDTH_NOT_KEPT = "the width of the step was not kept: drawn sharp"


@dataclass(frozen=True)
class LawCurve:
    """A stored law over the range of its points.

    Attributes
    ----------
    row : mapping
        The row of `law_fits` that it draws.
    function : LawFunction
    temperature_k, ln_sigma, ln_half_width : arrays (n,)
        ln(sigma / S/m) and half the width of its 95 % interval; NaN where no band is known.
    remark : str
        Names missing parts of the drawing; empty where nothing is missing.
    """

    row: Row
    function: LawFunction
    temperature_k: Array
    ln_sigma: Array
    ln_half_width: Array
    remark: str = ""

    @property
    def has_band(self) -> bool:
        """Whether the 95 % interval is known."""
        return bool(np.isfinite(self.ln_half_width).all())

    def ln_deviation(self, point: Row) -> float:
        """ln(measured conductivity / law at that temperature) of a row of `conductivities`."""
        value, _ = self.function.ln_conductivity(point["temperature_k"])
        return float(np.log(point["conductivity_s_m"]) - value[0])


def law_curves(fits: Sequence[Row], conductivities: Sequence[Row]) -> tuple[LawCurve, ...]:
    """One curve for each law fitted to all points, at each condition, the preferred last.

    A law that cannot be drawn is left out. `conductivities` give the range of an older row, which does not
    name its points.
    """
    chosen: dict[tuple[object, ...], Row] = {}
    for row in fits:
        key = (*condition_key(row), row["law"])
        if row["branch"] == "all" and (key not in chosen or row["preferred"]):
            chosen[key] = row
    found = [law_curve(row, conductivities) for row in sorted(chosen.values(), key=lambda r: r["preferred"])]
    return tuple(curve for curve in found if curve is not None)


def law_curve(row: Row, conductivities: Sequence[Row]) -> LawCurve | None:
    """Draw a row of `law_fits`; None where the row does not give a curve."""
    try:
        function, remark = stored_function(row, conductivities)
        grid_k = np.linspace(*function.temperature_range_k, GRID)
        ln_sigma, _ = function.ln_conductivity(grid_k)
        half_width = function.ln_half_width(grid_k)
    except ValueError:
        return None
    return LawCurve(row, function, grid_k, ln_sigma, half_width, remark)


def points_of(row: Row, conductivities: Sequence[Row]) -> tuple[Row, ...]:
    """Return the rows of `conductivities` that a law stands on, in the order of its fit.

    Empty for an older row, which does not name them.
    """
    by_spectrum = {point["spectrum_id"]: point for point in on_a_plot(conductivities)}
    return tuple(by_spectrum[i] for i in row.get("spectra") or () if i in by_spectrum)


def on_a_plot(conductivities: Sequence[Row]) -> list[Row]:
    """Return the conductivities that have a place on a temperature axis: those with a temperature reading."""
    return [point for point in conductivities if point["temperature_k"] is not None]


def stored_function(row: Row, conductivities: Sequence[Row]) -> tuple[LawFunction, str]:
    """Return the law of a row as a function, and a sentence about parts of it that were not kept.

    Raises ValueError where the row does not give one.
    """
    if row.get("curve"):
        function = function_from_dict(row["law"], row["form"], row["curve"])
        return function, "" if function.covariance is not None else NO_BAND_KNOWN
    values = {name: found["value"] for name, found in row["parameters"].items()}
    function = function_from_parameters(row["law"], row["form"], values, _range_k(conductivities))
    width = f"; {WIDTH_NOT_KEPT}" if is_sharp_step(function) else ""
    return function, NO_BAND_KEPT + width


def _range_k(conductivities: Sequence[Row]) -> tuple[float, float]:
    kelvin = [point["temperature_k"] for point in on_a_plot(conductivities) if point["bound"] is None]
    if not kelvin:
        raise ValueError("no point has a temperature: the range of the law is not known")
    return min(kelvin), max(kelvin)
