"""Properties common to all fitted temperature laws, and the rule by which they state their uncertainty.

The rule. Points are weighted by the uncertainties the caller states (the part that is not common to all
points: a wrong thickness shifts ln A and leaves Ea alone). Where the points scatter more than stated, or
nothing is stated, the scatter decides: the covariance is multiplied by chi-square / degrees of freedom (Birge
ratio, 10.1103/PhysRev.40.207) and intervals are Student's. Where the stated uncertainties make such a scatter
by chance more often than in one of five series (the test of consistency of Cox, Metrologia 39 (2002) 589,
10.1088/0026-1394/39/6/10, with a stricter limit), they stand. With no degrees of freedom left and nothing
stated the uncertainty is infinite.

The limit is a compromise (drawn series, from four points more than parameters on; a test draws them again):
enlarging at every ratio above 1 covers 97 % of true values for stated uncertainties that are right, the
limit of one of five 96 %; for stated uncertainties half as large as the true ones 95 and 93 to 95 %. With
one or two points more than parameters the last is 84 to 89 %: so few points do not show such a scatter.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.laws.repeated_temperatures import disagreement_flags, way_back_flags
from labctl.analysis.laws.temperature_series import TemperatureSeries
from labctl.analysis.numerics.distributions import chi_square_tail
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.interval_estimates import LogEstimate
from labctl.analysis.numerics.notebook import NotebookResult

BOLTZMANN_EV_K = 8.617333262e-5
EV_TO_KJ_MOL = 96.48533212
LEAST_CHANCE = 0.2  # of a scatter that stated uncertainties explain
LEAST_SCATTER_TOLD = 1.05  # scatter over stated uncertainty that is told; less would read "1 times"


@dataclass(frozen=True, slots=True)
class Solution:
    """Least-squares solution of one law, and the scatter about it.

    Attributes
    ----------
    parameters : (p,)
    unit_covariance : (p, p)
        Inverse normal matrix; multiply by `variance_factor` for the covariance.
    residuals : (n,)
        ln sigma, measured minus fitted; dimensionless.
    uncertainty : (n,)
        By which the residuals were divided; ones where nothing was stated.
    chi_square : float
        Sum of (weighted) squared residuals.
    variance_factor, degrees_of_freedom : float
        The rule of this module.
    """

    parameters: NDArray[np.float64]
    unit_covariance: NDArray[np.float64]
    residuals: NDArray[np.float64]
    uncertainty: NDArray[np.float64]
    chi_square: float
    variance_factor: float
    degrees_of_freedom: float

    def standard_uncertainty(self, gradient: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of functions of the parameters with `gradient` (..., p): shape (...)."""
        if math.isinf(self.variance_factor):
            return np.full(gradient.shape[:-1], math.inf)
        unit = np.einsum("...i,ij,...j->...", gradient, self.unit_covariance, gradient)
        return np.sqrt(self.variance_factor * np.maximum(unit, 0.0))

    def estimate(self, value: float, gradient: ArrayLike) -> Estimate:
        """A function of the parameters, with `gradient` (p,), as an `Estimate`."""
        uncertainty = float(self.standard_uncertainty(np.asarray(gradient, dtype=float)))
        return Estimate(float(value), uncertainty, self.degrees_of_freedom)

    @property
    def covariance(self) -> NDArray[np.float64]:
        """Of the parameters, (p, p); infinite when nothing is known about the scatter."""
        if math.isinf(self.variance_factor):
            return np.full_like(self.unit_covariance, math.inf)
        return self.variance_factor * self.unit_covariance


@dataclass(frozen=True, kw_only=True)
class LawFit(NotebookResult, ABC):
    """A law fitted to ln sigma against temperature.

    Attributes
    ----------
    series : TemperatureSeries
        The points behind the fit.
    solution : Solution
        Internal parameters with their covariance; `residuals` are in ln sigma.
    r_squared : float
        Coefficient of determination of ln sigma.
    flags : tuple of str
    """

    series: TemperatureSeries
    solution: Solution
    r_squared: float
    flags: tuple[str, ...]

    @abstractmethod
    def _ln_sigma_and_gradient(
        self, temperature_k: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return ln sigma (m,) and its derivatives by the internal parameters (m, p)."""

    @property
    @abstractmethod
    def headline(self) -> str:
        """The parameters in one line, e.g. "Ea = 0.500 ± 0.003 eV (ln_sigma)"."""

    @property
    @abstractmethod
    def gradients(self) -> dict[str, NDArray[np.float64]]:
        """Derivatives (p,) of each quantity of this law, by its name, by the internal parameters."""

    @property
    def pre_exponential_gradients(self) -> dict[str, NDArray[np.float64]]:
        """Derivatives (p,) of the logarithm of each pre-exponential, by its name."""
        return {}

    @property
    def paid_parameters(self) -> tuple[int, int]:
        """Parameters that were fitted, and those that the search is charged for beyond them."""
        return self.solution.parameters.size, 0

    @property
    def objections(self) -> tuple[str, ...]:
        """Why this law cannot be preferred, however close it lies to the points."""
        return ()

    @property
    def is_excluded(self) -> bool:
        """Whether this law cannot be, beyond the doubt that its uncertainty leaves."""
        return False

    @property
    def lowest_temperature_k(self) -> float:
        """Where the law ends: it has a value above this."""
        return 0.0

    def apparent_activation_energy_ev(self, temperature_k: float) -> Estimate:
        """-d ln sigma / d(1 / kB T) at a temperature, the same quantity for every law.

        It is Ea for Arrhenius in the form "ln_sigma", Ea - kB T in the form "ln_sigma_t", and
        B T^2 / (T - T0)^2 + m kB T for VTF.
        """
        half_k = 0.01
        value, gradient = self._ln_sigma_and_gradient(temperature_k + half_k * np.array([-1.0, 1.0]))
        factor = BOLTZMANN_EV_K * temperature_k**2 / (2 * half_k)
        return self.solution.estimate(factor * (value[1] - value[0]), factor * (gradient[1] - gradient[0]))

    def ln_conductivity(self, temperature_k: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """ln(sigma / S/m) of the law and its standard uncertainty, each the shape of `temperature_k` (m,)."""
        value, gradient = self._ln_sigma_and_gradient(np.atleast_1d(np.asarray(temperature_k, dtype=float)))
        return value, self.solution.standard_uncertainty(gradient)

    def sensitivity(self, temperature_k: NDArray[np.float64]) -> NDArray[np.float64]:
        """Derivatives of ln sigma (m,) by the internal parameters: (m, p)."""
        return self._ln_sigma_and_gradient(temperature_k)[1]

    def unit_prediction(
        self, temperature_k: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """ln sigma (m,) and its variance (m,) for points of unit uncertainty."""
        value, gradient = self._ln_sigma_and_gradient(temperature_k)
        return value, np.einsum("mi,ij,mj->m", gradient, self.solution.unit_covariance, gradient)

    def __call__(self, temperature_k: float) -> LogEstimate:
        """Conductivity, S/m: `conductivity_s_m`."""
        return self.conductivity_s_m(temperature_k)

    def conductivity_s_m(self, temperature_k: float) -> LogEstimate:
        """Conductivity of the law at any temperature, S/m; its `.flags` say when it is extrapolated.

        Raises
        ------
        ValueError
            `temperature_k` is not positive, or the law has no value there.
        """
        if not (math.isfinite(temperature_k) and temperature_k > 0):
            raise ValueError(f"temperature_k must be positive and finite, got {temperature_k!r}")
        value, uncertainty = self.ln_conductivity(temperature_k)
        flags = self.extrapolation_flags(temperature_k)
        return LogEstimate.from_ln(
            float(value[0]), float(uncertainty[0]), self.solution.degrees_of_freedom, flags
        )

    def extrapolation_flags(self, temperature_k: float) -> tuple[str, ...]:
        """A sentence when `temperature_k` lies outside the measured range, else nothing."""
        low, high = self.temperature_range_k
        if low <= temperature_k <= high:
            return ()
        side, distance = (
            ("below", low - temperature_k) if temperature_k < low else ("above", temperature_k - high)
        )
        return (f"extrapolated: {temperature_k:.2f} K is {distance:.1f} K {side} the measured range",)

    @property
    def temperature_range_k(self) -> tuple[float, float]:
        """Lowest and highest measured temperature."""
        return float(self.series.temperature_k.min()), float(self.series.temperature_k.max())


def solution_from(
    parameters: NDArray[np.float64],
    jacobian: NDArray[np.float64],
    residuals: NDArray[np.float64],
    uncertainty: NDArray[np.float64],
    series: TemperatureSeries,
) -> Solution:
    """State the covariance at a least-squares minimum: `jacobian` (n, p) and `residuals` (n,) unweighted."""
    weighted = jacobian / uncertainty[:, None]
    chi_square = float(np.sum((residuals / uncertainty) ** 2))
    factor, dof = variance_factor(chi_square, series.full_points - parameters.size, series.stated)
    return Solution(parameters, _inverse_normal(weighted), residuals, uncertainty, chi_square, factor, dof)


def variance_factor(chi_square: float, spare_points: int, stated: bool) -> tuple[float, float]:
    """Multiplier of the covariance and the degrees of freedom behind it, by the rule of this module."""
    if spare_points <= 0:
        return (1.0 if stated else math.inf), math.inf
    birge = chi_square / spare_points
    if stated and chi_square_tail(chi_square, spare_points) > LEAST_CHANCE:
        return 1.0, math.inf
    return birge, float(spare_points)


def r_squared(series: TemperatureSeries, residuals: NDArray[np.float64]) -> float:
    """Coefficient of determination of ln sigma; 0 for points that are all equal."""
    total = float(np.sum((series.ln_sigma() - series.ln_sigma().mean()) ** 2))
    return 1 - float(np.sum(residuals**2)) / total if total else 0.0


def common_flags(fit: LawFit, parameters: int) -> tuple[str, ...]:
    """Flags of every law: few points, more scatter than stated, disagreements, contradicted bounds."""
    flags = list(fit.series.flags())
    if fit.series.full_points <= parameters:
        flags.append(f"{len(fit.series)} points determine {parameters} parameters: the scatter is unknown")
    elif fit.series.stated and (ratio := math.sqrt(fit.solution.variance_factor)) >= LEAST_SCATTER_TOLD:
        flags.append(f"points scatter {ratio:.2g} times more than stated: uncertainties enlarged")
    return (*flags, *_disagreements(fit, parameters), *_contradicted_bounds(fit))


def _disagreements(fit: LawFit, parameters: int) -> tuple[str, ...]:
    """Say where points at one temperature, or the way there and back, differ by more than by chance."""
    solution, series = fit.solution, fit.series
    full = series.weight >= 1
    kelvin, left, u = series.temperature_k[full], solution.residuals[full], solution.uncertainty[full]
    return (
        *disagreement_flags(kelvin, left, u, parameters, series.stated),
        *way_back_flags(kelvin, left, u, fit.sensitivity(kelvin), series.stated),
    )


def _contradicted_bounds(fit: LawFit) -> list[str]:
    series = fit.series
    if not series.bound_s_m.size:
        return []
    value, uncertainty = fit.ln_conductivity(series.bound_temperature_k)
    above = value - 2 * uncertainty > np.log(series.bound_s_m)
    return [
        f"the law lies above the bound sigma < {bound:.3g} S/m at {temperature:.2f} K"
        for temperature, bound in zip(series.bound_temperature_k[above], series.bound_s_m[above], strict=True)
    ]


def _inverse_normal(weighted_jacobian: NDArray[np.float64]) -> NDArray[np.float64]:
    _, r = np.linalg.qr(weighted_jacobian)
    try:
        inverse = np.linalg.inv(r)
    except np.linalg.LinAlgError:
        return np.full(r.shape, math.inf)
    return inverse @ inverse.T
