"""Two conductivities that were measured apart: their ratio, its interval, and whether the difference is real.

Uncertainties common to both do not count: the uncertainty of a geometry that both stand on cancels in the
ratio. Linear propagation in ln sigma (JCGM 100:2008, 5.1), degrees of freedom after Welch and Satterthwaite.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labctl.analysis.laws.law_function import LawFunction
from labctl.analysis.numerics.distributions import student_tail
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.interval_estimates import LogEstimate
from labctl.analysis.numerics.propagation import combine

SIGNIFICANCE = 0.05


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A law, and the geometry it stands on.

    Attributes
    ----------
    law : LawFunction
    geometry_u : float
        Relative standard uncertainty of thickness / area; 0 where none was stated.
    geometry : object
        What identifies the geometry: equal for two laws of the same mounted sample.
    """

    law: LawFunction
    geometry_u: float
    geometry: object


@dataclass(frozen=True, kw_only=True)
class ConductivityRatio:
    """Two conductivities at one temperature.

    Attributes
    ----------
    temperature_k : float
    first, second : LogEstimate
        In S/m, each with its own geometry in its uncertainty.
    ratio : LogEstimate
        second / first, without uncertainties common to both.
    p_value : float
        Of a ratio this far from 1 between equal conductivities; NaN where an uncertainty is not known.
    """

    temperature_k: float
    first: LogEstimate
    second: LogEstimate
    ratio: LogEstimate
    p_value: float

    @property
    def is_real(self) -> bool | None:
        """Whether the difference is more than chance allows (p below 0.05); None where not known."""
        return None if math.isnan(self.p_value) else self.p_value < SIGNIFICANCE


def common_range_k(first: LawFunction, second: LawFunction) -> tuple[float, float] | None:
    """Return the temperatures that both laws stand on, in K; None where they have none in common."""
    low = max(first.temperature_range_k[0], second.temperature_range_k[0])
    high = min(first.temperature_range_k[1], second.temperature_range_k[1])
    return (low, high) if low <= high else None


def compare_laws(
    first: Measured, second: Measured, temperatures_k: Sequence[float]
) -> list[ConductivityRatio]:
    """Compare two laws at temperatures (n,) in K.

    Raises
    ------
    ValueError
        A temperature is not positive, or a law has no value there.
    """
    return [_at(first, second, kelvin) for kelvin in temperatures_k]


def _at(first: Measured, second: Measured, temperature_k: float) -> ConductivityRatio:
    parts = [_ln_sigma(measured.law, temperature_k) for measured in (first, second)]
    geometries = [Estimate(0.0, measured.geometry_u) for measured in (first, second)]
    common = first.geometry == second.geometry
    own = [Estimate(0.0, 0.0)] * 2 if common else geometries
    difference = _difference(parts, own)
    return ConductivityRatio(
        temperature_k=temperature_k,
        first=_log_estimate(_sum(parts[0], geometries[0])),
        second=_log_estimate(_sum(parts[1], geometries[1])),
        ratio=_log_estimate(difference),
        p_value=two_sided_p(difference),
    )


def _ln_sigma(law: LawFunction, temperature_k: float) -> Estimate:
    value, u = law.ln_conductivity([temperature_k])
    unknown = math.isnan(float(u[0]))
    return Estimate(float(value[0]), math.inf if unknown else float(u[0]), law.degrees_of_freedom)


def _sum(part: Estimate, geometry: Estimate) -> Estimate:
    return _combined(part.value, {"law": (1.0, part), "geometry": (1.0, geometry)})


def _difference(parts: Sequence[Estimate], geometries: Sequence[Estimate]) -> Estimate:
    terms = {"first": (-1.0, parts[0]), "second": (1.0, parts[1])}
    terms |= {"first geometry": (-1.0, geometries[0]), "second geometry": (1.0, geometries[1])}
    return _combined(parts[1].value - parts[0].value, terms)


def _combined(value: float, terms: Mapping[str, tuple[float, Estimate]]) -> Estimate:
    """Combine terms (derivative, input); the uncertainty is infinite where one is not known."""
    inputs = {name: estimate for name, (_, estimate) in terms.items()}
    if any(math.isinf(estimate.standard_uncertainty) for estimate in inputs.values()):
        return Estimate(value, math.inf)
    return combine(value, inputs, {name: derivative for name, (derivative, _) in terms.items()})


def _log_estimate(ln_value: Estimate) -> LogEstimate:
    return LogEstimate.from_ln(ln_value.value, ln_value.standard_uncertainty, ln_value.degrees_of_freedom)


def two_sided_p(difference: Estimate) -> float:
    """Return the probability of a difference this far from zero where there is none.

    NaN where its uncertainty is not known (infinite), or zero: then nothing says what chance allows.
    """
    u = difference.standard_uncertainty
    if not (math.isfinite(u) and u > 0):
        return math.nan
    return 2 * student_tail(abs(difference.value) / u, difference.degrees_of_freedom)
