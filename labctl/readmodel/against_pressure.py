"""Conductivity of runs against the pressure on their cells: the slope of ln sigma, and whether it is real."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.laws.comparison import SIGNIFICANCE, two_sided_p
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.straight_line import StraightLine, fit_straight_line
from labctl.errors import InvalidRequest
from labctl.readmodel.across_runs import OverviewRun
from labctl.readmodel.comparing import conductivities_at, reservations

SCATTERS = 0.01


@dataclass(frozen=True)
class PressureSeries:
    """What runs at several pressures say together.

    Attributes
    ----------
    slope_per_mpa : Estimate
        d ln(sigma) / d p, 1/MPa.
    p_value : float
        Of a slope this large by chance where there is none; NaN where its uncertainty is not known.
    line : StraightLine
        ln(sigma / (S/m)) against the pressure in MPa.
    flags : tuple of str
    """

    slope_per_mpa: Estimate
    p_value: float
    line: StraightLine
    flags: tuple[str, ...]

    @property
    def is_real(self) -> bool | None:
        """Whether the slope is more than chance allows (p below 0.05); None where not known."""
        return None if math.isnan(self.p_value) else self.p_value < SIGNIFICANCE


def compare_pressures(
    runs: Sequence[OverviewRun], pressure_mpa: Sequence[float], at_k: float
) -> PressureSeries:
    """Fit a line to ln sigma against pressure, at one temperature.

    A geometry that all runs share does not count: it shifts ln sigma and leaves the slope.

    Parameters
    ----------
    runs : sequence of OverviewRun
    pressure_mpa : sequence of float
        Of each run, taken as exact.
    at_k : float
        Temperature in K.

    Raises
    ------
    InvalidRequest
        Not one pressure for each run, a negative one, all the same, a run without a conductivity there, or
        one of which nothing is uncertain.
    """
    _check(runs, pressure_mpa)
    found = conductivities_at(runs, at_k)
    relative_u = np.nan_to_num([each.relative_u for each in found])
    if one_geometry := len({run.geometry for run in runs}) == 1:
        relative_u = np.sqrt(np.maximum(relative_u**2 - runs[0].geometry_u ** 2, 0.0))
    if not relative_u.all():
        without = runs[int(np.argmin(relative_u))].id
        raise InvalidRequest(f"compare: run {without} has no uncertainty, so no interval follows")
    ln_sigma = np.log([each.value_s_m for each in found])
    line = fit_straight_line(pressure_mpa, ln_sigma, np.zeros(len(runs)), relative_u)
    flags = [*_flags(line, runs, one_geometry), *reservations(runs, found)]
    return PressureSeries(line.slope, two_sided_p(line.slope), line, tuple(flags))


def _check(runs: Sequence[OverviewRun], pressure_mpa: Sequence[float]) -> None:
    if len(pressure_mpa) != len(runs):
        raise InvalidRequest(
            f"compare: {len(pressure_mpa)} pressure(s) for {len(runs)} run(s): give one each"
        )
    if not all(0 <= pressure < math.inf for pressure in pressure_mpa):
        raise InvalidRequest("compare: a pressure is 0 MPa or more, and finite")
    if len(set(pressure_mpa)) < 2:
        raise InvalidRequest("compare: give runs at two pressures or more")


def _flags(line: StraightLine, runs: Sequence[OverviewRun], one_geometry: bool) -> list[str]:
    silent = [f"run {run.id}" for run in runs if run.geometry_u == 0 and not one_geometry]
    flags = {
        "two runs: nothing checks that they lie on a line": len(runs) == 2,
        f"the runs scatter more than stated (p = {line.p_value:.1g}): uncertainties follow from the "
        "scatter": line.p_value < SCATTERS,
        f"geometry: not stated for {' and '.join(silent)}; it is not in the interval": bool(silent),
    }
    return [words for words, holds in flags.items() if holds]
