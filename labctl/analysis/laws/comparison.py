"""Two conductivities that were measured apart: their ratio, its interval, and whether the difference is real.

Uncertainties common to both do not count: the uncertainty of a geometry that both stand on, of a thermometer
and of a current range that measured both cancels in the ratio. Linear propagation in ln sigma (JCGM 100:2008,
5.1), degrees of freedom after Welch and Satterthwaite.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from labctl.analysis.laws.law_function import LawFunction
from labctl.analysis.numerics.budget import Component, propagated
from labctl.analysis.numerics.distributions import student_tail
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.interval_estimates import LogEstimate

SIGNIFICANCE = 0.05
OF_GEOMETRY = ("thickness", "area", "thermal expansion", "leads")


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
    instruments : object
        What identifies the instruments: equal for two laws that the same ones measured; None: not known,
        their errors count as independent.

    A law that keeps the errors of its points has those of the geometry; `geometry_u` is then not used.
    """

    law: LawFunction
    geometry_u: float
    geometry: object
    instruments: object = None

    def own_causes(self, components: Iterable[Component], other: "Measured") -> list[Component]:
        """Components with causes that are those of `other` only where both share them."""
        return [
            one if self._shares(one.source, other) else replace(one, cause=f"{one.cause} of {id(self)}")
            for one in components
        ]

    def _shares(self, source: str, other: "Measured") -> bool:
        if source in OF_GEOMETRY:
            return self.geometry == other.geometry
        return self.instruments is not None and self.instruments == other.instruments


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
    one, other = _ln_sigma(first, second, temperature_k), _ln_sigma(second, first, temperature_k)
    ratio = difference(one, other)
    return ConductivityRatio(
        temperature_k=temperature_k,
        first=_log_estimate(one),
        second=_log_estimate(other),
        ratio=_log_estimate(ratio),
        p_value=two_sided_p(ratio),
    )


def _ln_sigma(measured: Measured, other: Measured, temperature_k: float) -> Estimate:
    """ln sigma with all components, those that `other` shares under the same cause."""
    law = measured.law
    value, u = law.ln_conductivity([temperature_k])
    unknown = math.isnan(float(u[0]))
    fitted = Estimate(float(value[0]), math.inf if unknown else float(u[0]), law.degrees_of_freedom)
    common = law.common_components(temperature_k)
    if law.common is None and measured.geometry_u:
        common = [Component("area", measured.geometry_u, "B", common=True, cause="geometry")]
    return fitted.with_component(*measured.own_causes(common, other), *law.law_components(temperature_k))


def difference(first: Estimate, second: Estimate) -> Estimate:
    """Second minus first, without what both share; the uncertainty is infinite where one is not known."""
    value = second.value - first.value
    if not all(math.isfinite(one.standard_uncertainty) for one in (first, second)):
        return Estimate(value, math.inf)
    return propagated(value, [(-1.0, first), (1.0, second)])


def _log_estimate(ln_value: Estimate) -> LogEstimate:
    return LogEstimate.from_ln(ln_value.value, ln_value.standard_uncertainty, ln_value.degrees_of_freedom)


def two_sided_p(apart: Estimate) -> float:
    """Return the probability of a difference this far from zero where there is none.

    NaN where its uncertainty is not known (infinite), or zero: then nothing says what chance allows.
    """
    u = apart.standard_uncertainty
    if not (math.isfinite(u) and u > 0):
        return math.nan
    return 2 * student_tail(abs(apart.value) / u, apart.degrees_of_freedom)
