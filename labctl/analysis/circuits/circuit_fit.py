"""A fitted circuit: parameters with their covariance, residuals and what speaks against it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log, sqrt

import numpy as np

from labctl.analysis.numerics.arrays import ComplexArray, FloatArray
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.notebook import NotebookResult


@dataclass(frozen=True, eq=False)
class CircuitFit(NotebookResult):
    """A fitted circuit.

    Attributes
    ----------
    circuit : str
    parameters : dict of str to Estimate
        SI units, in the order of the description. Student intervals through `Estimate.interval`.
    covariance : (p, p)
        Of the parameters, same order and units.
    frequency_hz, z_ohm : (n,)
        The points used, highest frequency first, and the fitted impedance there.
    residuals : (n,) complex
        (measured - fitted) / |measured| (with other weights: times the weight).
    rms : float
        Root mean square of the real and imaginary residuals, divided by the degrees of freedom.
    autocorrelation : float
        Of neighbouring residuals (first-order autoregression); 0 when nothing speaks for one.
    effective_points : float
        How many independent numbers the 2n residuals are worth.
    flags : tuple of str
    """

    circuit: str
    parameters: Mapping[str, Estimate]
    covariance: FloatArray
    frequency_hz: FloatArray
    z_ohm: ComplexArray
    residuals: ComplexArray
    rms: float
    autocorrelation: float
    effective_points: float
    converged: bool
    at_bound: tuple[str, ...]
    flags: tuple[str, ...]

    @property
    def values(self) -> FloatArray:
        """(p,) the parameters as an array."""
        return np.array([estimate.value for estimate in self.parameters.values()])

    @property
    def bic(self) -> float:
        """Bayesian information criterion with the effective number of points (10.1214/aos/1176344136)."""
        return self.bic_for(self.effective_points)

    def bic_for(self, effective_points: float) -> float:
        """The same for a number of points that the compared fits share."""
        p = len(self.parameters)
        return effective_points * self._log_mean_square + p * log(max(effective_points, 1.0))

    @cached_property
    def _log_mean_square(self) -> float:
        return log(
            max(float(np.vdot(self.residuals, self.residuals).real) / (2 * self.residuals.size), 1e-30)
        )

    def sum_of(self, names: Sequence[str]) -> Estimate:
        """Sum of some parameters, with their covariance."""
        places = {name: place for place, name in enumerate(self.parameters)}
        chosen = [places[name] for name in names]
        variance = float(self.covariance[chosen][:, chosen].sum())
        first = next(iter(self.parameters.values()))
        total = sum(self.parameters[name].value for name in names)
        return Estimate(total, sqrt(max(variance, 0.0)), first.degrees_of_freedom)
