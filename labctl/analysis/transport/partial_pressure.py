"""Dependence of the conductivity on the partial pressure of a gas: the slope m = d log sigma / d log p.

Mass action gives each carrier of a solid in equilibrium with a gas a power of its pressure, at one
temperature and in the range of pressures where one pair of defects dominates (Kröger & Vink, Solid State
Phys. 3 (1956) 307):

    m = 0      ions in a number fixed by a dopant, or a conductor that does not exchange this gas
    m = +1/4   holes in O2, where a dopant or ionic disorder fixes the vacancies
    m = -1/4   excess electrons in O2, likewise
    m = +1/6, -1/6   holes or cation vacancies; electrons or oxygen vacancies, made by the gas itself
    m = +1/2   protons from H2O, few beside the vacancies: a material that takes up water weakly

Presumed: equilibrium with the gas at every pressure, one temperature, bulk conduction. Several exponents may
lie in an interval, and none of them alone names an ion: the slope excludes, and does not prove.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from labctl.analysis.numerics.budget import estimate_of
from labctl.analysis.numerics.component import Component
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.straight_line import fit_straight_line

EXPONENTS: dict[str, dict[Fraction, str]] = {
    "O2": {
        Fraction(0): "ions with a number fixed by a dopant, or no exchange with O2",
        Fraction(1, 4): "holes beside ionic disorder fixed by a dopant",
        Fraction(-1, 4): "electrons beside ionic disorder fixed by a dopant",
        Fraction(1, 6): "holes or cation vacancies made by O2",
        Fraction(-1, 6): "electrons or oxygen vacancies made by loss of O2",
    },
    "H2O": {
        Fraction(0): "carriers that do not come from H2O, or saturated with it",
        Fraction(1, 2): "protons from H2O, few beside the vacancies",
        Fraction(-1, 2): "holes that H2O consumes",
    },
}
SCATTERS = 0.01
NO_SINGLE_POWER = "no single power of the pressure"
NO_EXPONENT = "the slope fits none of the simple exponents: several carriers, or no equilibrium"


@dataclass(frozen=True, kw_only=True)
class PressureSlope:
    """Slope of log sigma against log p.

    Attributes
    ----------
    slope : Estimate
        Dimensionless.
    not_excluded, excluded : tuple of str
        Explanations with an exponent of the gas that lies within, and outside of, the 95 % interval.
    p_value : float
        Of scatter this large about a line; NaN with two pressures.
    flags : tuple of str
    """

    slope: Estimate
    not_excluded: tuple[str, ...]
    excluded: tuple[str, ...]
    p_value: float
    flags: tuple[str, ...]


def pressure_slope(
    pressure_pa: Sequence[Estimate], conductivity_s_m: Sequence[Estimate], gas: str
) -> PressureSlope:
    """Fit log sigma against log p, at one temperature.

    Parameters
    ----------
    pressure_pa : sequence of Estimate
        Partial pressures of the gas, at least two different ones.
    conductivity_s_m : sequence of Estimate
        At each. Components with a cause that all share (geometry) shift all alike and are left out.
    gas : str
        "O2" or "H2O".

    Raises
    ------
    ValueError
        Naming the argument: another gas, unequal numbers, not positive, all pressures the same, nothing
        uncertain.
    """
    if gas not in EXPONENTS:
        raise ValueError(f"gas must be one of {', '.join(EXPONENTS)}, got {gas!r}")
    if len(pressure_pa) != len(conductivity_s_m):
        raise ValueError(
            f"conductivity_s_m has {len(conductivity_s_m)} entries, pressure_pa has {len(pressure_pa)}"
        )
    for name, several in (("pressure_pa", pressure_pa), ("conductivity_s_m", conductivity_s_m)):
        if not all(one.value > 0 for one in several):
            raise ValueError(f"{name} must be positive")
    line = fit_straight_line(
        np.log([one.value for one in pressure_pa]),
        np.log([one.value for one in conductivity_s_m]),
        [one.relative_uncertainty for one in pressure_pa],
        _own_uncertainties(conductivity_s_m),
    )
    slope = _slope(line.slope)
    readings = readings_of(*slope.interval(), gas)
    flags = []
    if len(pressure_pa) == 2:
        flags.append("two pressures: nothing checks that a single power holds, or that the sample came back")
    if line.p_value < SCATTERS:
        flags.append(
            f"{NO_SINGLE_POWER} (p = {line.p_value:.1g}): several carriers, no equilibrium, or "
            "points that scatter more than stated"
        )
    if not any(readings.values()):
        flags.append(NO_EXPONENT)
    return PressureSlope(
        slope=slope,
        not_excluded=tuple(words for words, within in readings.items() if within),
        excluded=tuple(words for words, within in readings.items() if not within),
        p_value=line.p_value,
        flags=tuple(flags),
    )


def readings_of(low: float, high: float, gas: str) -> dict[str, bool]:
    """Return each explanation of a slope in this gas, and whether its exponent lies between both limits."""
    return {words: low <= float(exponent) <= high for exponent, words in EXPONENTS[gas].items()}


def _own_uncertainties(several: Sequence[Estimate]) -> list[float]:
    """Relative uncertainties without the causes that all points share with the same relative change."""
    shared = set.intersection(*({part.cause for part in one.components if part.cause} for one in several))
    alike = {cause for cause in shared if _is_alike(several, cause)}
    return [
        estimate_of(one.value, [part for part in one.parts if part.cause not in alike]).relative_uncertainty
        for one in several
    ]


def _is_alike(several: Sequence[Estimate], cause: str) -> bool:
    changes = [sum(p.change for p in one.components if p.cause == cause) / one.value for one in several]
    return bool(np.allclose(changes, changes[0], rtol=1e-3))


def _slope(slope: Estimate) -> Estimate:
    if not slope.standard_uncertainty:
        return slope
    part = Component("fit and noise", slope.standard_uncertainty, degrees_of_freedom=slope.degrees_of_freedom)
    return Estimate(slope.value, slope.standard_uncertainty, slope.degrees_of_freedom, components=(part,))
