"""Errors that the points of a temperature law share, carried into its parameters.

A fit to ln sigma (n,) with weights 1/u moves by d(theta) = G r where all points move by r = d(ln sigma),
G = (J^T W J)^-1 J^T W with the Jacobian J of the law. A temperature that is off by t moves the fit as
r = -s t does, s = d(ln sigma)/dT of the law. Each cause gives each parameter one signed change, so that what
is common to two numbers stays correlated (JCGM 100:2008, 5.2). Causes act linearly to a part in 1e3 where
they change ln sigma by less than 0.03; VTF is invariant under an offset and nearly under a gain of the
temperature.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.laws.law_fit import LawFit
from labctl.analysis.numerics.component import Component, Distribution, Kind
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.interval_estimates import LogEstimate
from labctl.analysis.numerics.thermometer import TemperatureError

Array = NDArray[np.float64]
STEP_K = 0.01
NEGLIGIBLE = 1e-6
"""Of the uncertainty of the fit: a smaller part is rounding."""


@dataclass(frozen=True)
class CommonError:
    """An error that all points of a series share, for one standard uncertainty of its cause.

    Attributes
    ----------
    source, cause : str
    ln_sigma : (k, n)
        Change of ln sigma of each point. Several rows are independent errors of this source, named by `rows`.
    temperature_k : (n,) or None
        Change of the temperature of each point.
    kind : {"A", "B"}
    distribution : {"normal", "rectangular"}
        Of each row; where there are several, their sum counts as normal.
    """

    source: str
    cause: str
    ln_sigma: Array
    temperature_k: Array | None = None
    kind: Kind = "B"
    rows: tuple[str, ...] = ()
    distribution: Distribution = "normal"

    @property
    def causes(self) -> tuple[str, ...]:
        """The cause of each row."""
        return tuple(f"{self.cause} {row}" for row in self.rows) or (self.cause,) * len(self.ln_sigma)

    @classmethod
    def of_temperature(cls, error: TemperatureError) -> "CommonError":
        """An error of all temperatures."""
        nothing = np.zeros((1, error.change_k.size))
        return cls(
            error.source, error.cause, nothing, error.change_k, error.kind, distribution=error.distribution
        )


@dataclass(frozen=True)
class Responses:
    """Changes of the internal parameters of one fit: for each error (k, p)."""

    fit: LawFit
    errors: Sequence[CommonError]
    changes: Sequence[Array]

    @classmethod
    def of(cls, fit: LawFit, errors: Iterable[CommonError]) -> "Responses":
        """Respond to errors of the points of the fit, in the order of its series."""
        errors = list(errors)
        if not errors:
            return cls(fit, (), ())
        kelvin, weight = fit.series.temperature_k, fit.solution.uncertainty**-2
        jacobian = fit.sensitivity(kelvin)
        pull = fit.solution.unit_covariance @ (jacobian * weight[:, None]).T
        slope = _slope_per_k(fit, kelvin)
        moves = [
            error.ln_sigma if error.temperature_k is None else error.ln_sigma - slope * error.temperature_k
            for error in errors
        ]
        return cls(fit, errors, [move @ pull.T for move in moves])

    def components(self, gradient: Array, scale: float = 1.0) -> list[Component]:
        """Components of a quantity with `gradient` (p,) by the internal parameters, times `scale`."""
        found = []
        for error, change in zip(self.errors, self.changes, strict=True):
            each = scale * (change @ gradient)
            whole = float(each[0]) if each.size == 1 else float(np.linalg.norm(each))
            if np.isfinite(whole) and whole:
                shape: Distribution = error.distribution if each.size == 1 else "normal"
                about = {"kind": error.kind, "common": True, "cause": error.cause, "distribution": shape}
                found.append(Component(error.source, whole, **about))
        return found

    def added_to(self, estimate: Estimate, gradient: Array) -> Estimate:
        """The estimate with the parts of all errors; for a LogEstimate `gradient` belongs to its logarithm.

        One without a finite uncertainty stays as it is.
        """
        if not (np.isfinite(estimate.standard_uncertainty) and np.isfinite(estimate.value)):
            return estimate
        scale = estimate.value if isinstance(estimate, LogEstimate) else 1.0
        least = NEGLIGIBLE * estimate.standard_uncertainty
        found = self.components(np.asarray(gradient, dtype=float), scale)
        more = [one for one in found if one.standard_uncertainty > least]
        return estimate.with_component(*more) if more else estimate

    def parameters(self) -> dict[str, Estimate]:
        """Every named parameter of the fit, by the name of its attribute."""
        gradients = self.fit.gradients | self.fit.pre_exponential_gradients
        return {name: self.added_to(getattr(self.fit, name), slope) for name, slope in gradients.items()}

    def conductivity_s_m(self, temperature_k: float, of_law: LogEstimate) -> Estimate:
        """The conductivity `of_law` at a temperature with the parts of all errors."""
        gradient = self.fit.sensitivity(np.array([temperature_k]))[0]
        return self.added_to(of_law, gradient)


def ranges_of_analyser(
    relative: Array, resistance_ohm: Array, beginnings: Sequence[float]
) -> tuple[Array, tuple[str, ...]]:
    """Rows (k, n) of independent errors, one for each decade of the resistance; names (k,).

    The current range that measured a point is not recorded; it goes with the decade. Where this begins is not
    known: the variance is the mean over `beginnings`, in decades.
    """
    rows, names = [], []
    for begin in beginnings:
        decade = np.floor(np.log10(resistance_ohm) + begin)
        for one in np.unique(decade):
            rows.append(np.where(decade == one, relative, 0.0))
            names.append(f"1e{one - begin:g} ohm")
    return np.array(rows) / np.sqrt(len(beginnings)), tuple(names)


def common_errors(components: Sequence[Mapping[str, Component]]) -> list[CommonError]:
    """Errors by cause from the common components of points (n,), each relative to its conductivity.

    A point without a cause that others have is not moved by it.
    """
    causes = dict.fromkeys(cause for point in components for cause in point)
    found = []
    for cause in causes:
        one = next(point[cause] for point in components if cause in point)
        moves = [point[cause].change if cause in point else 0.0 for point in components]
        change = np.array([moves])
        found.append(CommonError(one.source, cause, change, kind=one.kind, distribution=one.distribution))
    return found


def _slope_per_k(fit: LawFit, temperature_k: Array) -> Array:
    above, below = (fit.ln_conductivity(temperature_k + step)[0] for step in (STEP_K, -STEP_K))
    return (above - below) / (2 * STEP_K)
