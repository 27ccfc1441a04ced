"""One material in cells of several thicknesses or areas: what belongs to the material, what to the contacts.

At one temperature a cell has R A = L / sigma + c: against thickness the slope is the resistivity, and the
intercept c the resistance times area of both contacts. Against area a cell has 1 / R = sigma A / L + g, with
a conductance g beside the sample (leak, fringe of the electrodes).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.interval_estimates import LogEstimate
from labctl.analysis.numerics.straight_line import StraightLine, fit_straight_line

Array = NDArray[np.float64]
CERTAIN = 0.95
SCATTERS = 0.01


@dataclass(frozen=True, kw_only=True)
class CellSeries:
    """What several cells of one material say together.

    Attributes
    ----------
    conductivity_s_m : LogEstimate or None
        Of the material; None where the slope may be zero or negative.
    contact_ohm_m2 : Estimate or None
        Resistance times area of both contacts together, from a series of thicknesses.
    parallel_s : Estimate or None
        Conductance beside the sample, from a series of areas.
    line : StraightLine
        R A in ohm m2 against L in m, or 1 / R in S against A / L in m.
    flags : tuple of str
    """

    conductivity_s_m: LogEstimate | None
    contact_ohm_m2: Estimate | None
    parallel_s: Estimate | None
    line: StraightLine
    flags: tuple[str, ...]


def thickness_series(
    resistance_ohm: ArrayLike,
    thickness_m: ArrayLike,
    area_m2: ArrayLike,
    *,
    resistance_u_ohm: ArrayLike,
    thickness_u_m: ArrayLike,
    area_u_m2: ArrayLike,
) -> CellSeries:
    """Conductivity from the slope of R A against L, contacts from the intercept, at one temperature.

    Parameters
    ----------
    resistance_ohm, thickness_m, area_m2 : (n,)
        Of each cell; at least two thicknesses.
    resistance_u_ohm, thickness_u_m, area_u_m2 : (n,)
        Standard uncertainties, independent from cell to cell; of a cell not all zero.

    Raises
    ------
    ValueError
        Naming the argument: not positive, not finite, of another length, or only one thickness.
    """
    r, length, area = _positive(resistance_ohm=resistance_ohm, thickness_m=thickness_m, area_m2=area_m2)
    r_u, length_u, area_u = (np.asarray(u, dtype=float) for u in (resistance_u_ohm, thickness_u_m, area_u_m2))
    y = r * area
    line = fit_straight_line(length, y, length_u, y * np.hypot(r_u / r, area_u / area))
    sigma = _inverse(line.slope)
    flags = _flags(line, r.size, sigma is None, "thickness", "the contacts are not seen")
    return CellSeries(
        conductivity_s_m=sigma, contact_ohm_m2=line.intercept, parallel_s=None, line=line, flags=flags
    )


def area_series(
    resistance_ohm: ArrayLike,
    thickness_m: ArrayLike,
    area_m2: ArrayLike,
    *,
    resistance_u_ohm: ArrayLike,
    thickness_u_m: ArrayLike,
    area_u_m2: ArrayLike,
) -> CellSeries:
    """Conductivity from the slope of 1 / R against A / L, a conductance beside the sample from the intercept.

    Parameters and errors as in `thickness_series`, with at least two values of A / L.
    """
    r, length, area = _positive(resistance_ohm=resistance_ohm, thickness_m=thickness_m, area_m2=area_m2)
    r_u, length_u, area_u = (np.asarray(u, dtype=float) for u in (resistance_u_ohm, thickness_u_m, area_u_m2))
    x = area / length
    line = fit_straight_line(x, 1 / r, x * np.hypot(length_u / length, area_u / area), r_u / r**2)
    slope = line.slope
    sigma = None
    if _is_positive(slope):
        sigma = LogEstimate(slope.value, slope.standard_uncertainty, slope.degrees_of_freedom)
    flags = _flags(line, r.size, sigma is None, "area", "no conductance beside the sample is seen")
    return CellSeries(
        conductivity_s_m=sigma, contact_ohm_m2=None, parallel_s=line.intercept, line=line, flags=flags
    )


def _positive(**named: ArrayLike) -> list[Array]:
    arrays = {name: np.atleast_1d(np.asarray(values, dtype=float)) for name, values in named.items()}
    size = next(iter(arrays.values())).size
    for name, values in arrays.items():
        if not (np.isfinite(values) & (values > 0)).all():
            raise ValueError(f"{name} must be positive and finite")
        if values.size != size:
            raise ValueError(f"{name} has {values.size} entries, {next(iter(arrays))} has {size}")
    return list(arrays.values())


def _is_positive(estimate: Estimate) -> bool:
    return estimate.interval(CERTAIN)[0] > 0


def _inverse(slope: Estimate) -> LogEstimate | None:
    """1 / slope, with the relative uncertainty of the slope; None where the slope may be zero."""
    if not _is_positive(slope):
        return None
    value = 1 / slope.value
    return LogEstimate(value, value * slope.relative_uncertainty, slope.degrees_of_freedom)


def _flags(
    line: StraightLine, cells: int, no_conductivity: bool, series: str, zero_intercept: str
) -> tuple[str, ...]:
    low, high = line.intercept.interval(CERTAIN)
    flags = {
        "two cells: nothing checks that they lie on a line": cells == 2,
        f"the cells scatter more than stated (p = {line.p_value:.1g}): uncertainties follow from the "
        "scatter": line.p_value < SCATTERS,
        f"no conductivity: the slope against {series} may be zero": no_conductivity,
        f"the intercept may be zero: {zero_intercept}": low <= 0 <= high,
        "the intercept is negative: the cells differ in more than the geometry": high < 0,
    }
    return tuple(words for words, holds in flags.items() if holds)
