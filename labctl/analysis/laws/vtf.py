"""The Vogel-Tammann-Fulcher law, found without a start value.

With s = 1 / (Tr - T0), Tr a temperature amid the data and d = T - Tr, the law reads

    ln(sigma T^-m) = a + c d / (1 + s d),    B / kB = c / s^2,   T0 = Tr - 1 / s,   ln A = a + c / s.

For each s this is a straight line (variable projection, 10.1137/0710036), so a scan of s sees every minimum;
and a, c, s are far less correlated than ln A, B, T0 (-0.999), so Gauss-Newton ends at the last digit.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.laws.law_fit import (
    BOLTZMANN_EV_K,
    EV_TO_KJ_MOL,
    LawFit,
    Solution,
    common_flags,
    r_squared,
    solution_from,
)
from labctl.analysis.laws.temperature_series import TemperatureSeries, temperature_series
from labctl.analysis.laws.vogel_profile import (
    HIGHEST_T0_BELOW_DATA_K,
    LikelihoodRegion,
    ShapeProfile,
    vogel_model,
)
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.interval_estimates import LogEstimate, ProfileEstimate

Residuals = Literal["ln_sigma", "sigma"]
MOST_FRAGILE_STRENGTH = 1.5


@dataclass(frozen=True, kw_only=True)
class VTFFit(LawFit):
    """sigma = A T^m exp(-B / (kB (T - T0))).

    Attributes
    ----------
    prefactor_exponent : float
        m; part of the result, because A and B depend on it.
    pseudo_activation_energy_ev : ProfileEstimate
        B, an energy, eV.
    vogel_temperature_k : ProfileEstimate
        T0, the ideal glass (Vogel) temperature, K.
    pre_exponential : LogEstimate
        A, in `pre_exponential_unit`.
    """

    prefactor_exponent: float
    pseudo_activation_energy_ev: ProfileEstimate
    vogel_temperature_k: ProfileEstimate
    pre_exponential: LogEstimate
    shape: ShapeProfile = field(repr=False, compare=False)

    @property
    def pre_exponential_unit(self) -> str:
        """Unit of A, e.g. "S/m K^0.5" for the exponent -1/2."""
        return "S/m" if self.prefactor_exponent == 0 else f"S/m K^{-self.prefactor_exponent:g}"

    @property
    def pseudo_activation_energy_kj_mol(self) -> Estimate:
        """B per mole."""
        b = self.pseudo_activation_energy_ev
        return Estimate(b.value * EV_TO_KJ_MOL, b.standard_uncertainty * EV_TO_KJ_MOL, b.degrees_of_freedom)

    @property
    def strength(self) -> float:
        """Angell's strength parameter B / (kB T0) (10.1126/science.267.5206.1924): about 3 to 100."""
        return self.pseudo_activation_energy_ev.value / (BOLTZMANN_EV_K * self.vogel_temperature_k.value)

    @property
    def gradients(self) -> dict[str, NDArray[np.float64]]:
        """Of B and T0."""
        return _gradients(self.solution)

    @property
    def pre_exponential_gradients(self) -> dict[str, NDArray[np.float64]]:
        """Of ln A."""
        return {"pre_exponential": _ln_a_gradient(self.solution)}

    @property
    def headline(self) -> str:
        """B, T0 and the exponent."""
        b, t0 = self.pseudo_activation_energy_ev, self.vogel_temperature_k
        return (
            f"B = {b.value:.4f} ± {b.standard_uncertainty:.4f} eV, "
            f"T0 = {t0.value:.1f} ± {t0.standard_uncertainty:.1f} K (T^{self.prefactor_exponent:g})"
        )

    @property
    def objections(self) -> tuple[str, ...]:
        """Why this cannot be a VTF law: the flags that begin with "not" or "unphysical"."""
        return tuple(flag for flag in self.flags if flag.startswith(("not ", "unphysical")))

    @property
    def strength_bounds(self) -> tuple[float, float]:
        """Lowest and highest strength that the 95 % intervals of B and T0 allow: large B with low T0."""
        (b_low, b_high), (t0_low, t0_high) = (
            estimate.interval() for estimate in (self.pseudo_activation_energy_ev, self.vogel_temperature_k)
        )
        low = max(b_low, 0.0) / (BOLTZMANN_EV_K * t0_high) if 0 < t0_high < math.inf else 0.0
        return low, b_high / (BOLTZMANN_EV_K * t0_low) if t0_low > 0 else math.inf

    @property
    def is_excluded(self) -> bool:
        """Whether it bends the wrong way, or no glass former is as fragile within its intervals."""
        bends_the_other_way = any(flag.startswith("not VTF") for flag in self.flags)
        return bends_the_other_way or self.strength_bounds[1] < MOST_FRAGILE_STRENGTH

    @property
    def lowest_temperature_k(self) -> float:
        """T0."""
        return self.vogel_temperature_k.value

    def _ln_sigma_and_gradient(
        self, temperature_k: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if (temperature_k <= self.vogel_temperature_k.value).any():
            raise ValueError(
                f"temperature_k must lie above T0 = {self.vogel_temperature_k.value:.2f} K, "
                f"got {float(temperature_k.min()):g}"
            )
        value, jacobian = vogel_model(temperature_k - self.shape.reference_k, self.solution.parameters)
        return value + self.prefactor_exponent * np.log(temperature_k), jacobian


def fit_vtf(
    temperature_k: ArrayLike,
    conductivity_s_m: ArrayLike,
    prefactor_exponent: float = -0.5,
    *,
    residuals: Residuals = "ln_sigma",
    standard_uncertainty_s_m: ArrayLike | None = None,
    temperature_u_k: ArrayLike | None = None,
    upper_bound: ArrayLike | None = None,
    cryogenic: bool = False,
    are_kelvin: bool = False,
) -> VTFFit:
    """Fit ln sigma by the VTF law (review eq. 11 of 10.3390/batteries7010003).

    The global optimum over T0 from 10 000 K below to 1 K below the lowest temperature. Intervals of B and T0
    are profile intervals (Bates & Watts 1988, ch. 6). How uncertainty is stated: `laws.law_fit`.

    Parameters
    ----------
    temperature_k, conductivity_s_m : (n,)
        In any order; at least three different temperatures.
    prefactor_exponent : float
        m in T^m: -1/2 (default), 0 and -1 are in use.
    residuals : {"ln_sigma", "sigma"}
        The residual that is squared. "sigma" serves comparison with work that fitted so; at constant relative
        noise it triples the error of T0.
    standard_uncertainty_s_m, temperature_u_k, upper_bound, cryogenic, are_kelvin
        As in `fit_arrhenius`.

    Raises
    ------
    ValueError
        Naming the argument: not positive, not finite, unequal lengths, Celsius, too few temperatures.
    """
    series = temperature_series(
        temperature_k,
        conductivity_s_m,
        distinct=3,
        standard_uncertainty_s_m=standard_uncertainty_s_m,
        temperature_u_k=temperature_u_k,
        upper_bound=upper_bound,
        cryogenic=cryogenic,
        are_kelvin=are_kelvin,
    )
    return vtf_of_series(series, prefactor_exponent, residuals)


def vtf_of_series(
    series: TemperatureSeries, prefactor_exponent: float = -0.5, residuals: Residuals = "ln_sigma"
) -> VTFFit:
    """Fit a series that is already checked.

    Raises
    ------
    ValueError
        `residuals` is not one of the two, `prefactor_exponent` is not finite.
    """
    if residuals not in ("ln_sigma", "sigma"):
        raise ValueError(f"residuals must be 'ln_sigma' or 'sigma', got {residuals!r}")
    if not math.isfinite(prefactor_exponent):
        raise ValueError(f"prefactor_exponent must be finite, got {prefactor_exponent!r}")
    shape, solution = _solve(series, prefactor_exponent, residuals)
    return _result(series, shape, solution, prefactor_exponent)


def _solve(series: TemperatureSeries, exponent: float, residuals: Residuals) -> tuple[ShapeProfile, Solution]:
    temperature, ln_sigma = series.temperature_k, series.ln_sigma()
    slope_per_k = np.full(len(series), np.polyfit(temperature, ln_sigma, 1)[0])
    y = ln_sigma - exponent * np.log(temperature)
    shape = ShapeProfile.of(temperature, y, _uncertainty(series, slope_per_k, residuals))
    parameters = shape.minimum()
    for _ in range(2 if series.temperature_u_k is not None else 0):
        slope_per_k = parameters[1] / (1 + parameters[2] * shape.d_k) ** 2 + exponent / temperature
        shape = replace(shape, uncertainty=_uncertainty(series, slope_per_k, residuals))
        parameters = shape.minimum()
    return shape, _polished(series, shape, parameters, residuals)


def _uncertainty(
    series: TemperatureSeries, slope_per_k: NDArray[np.float64], residuals: Residuals
) -> NDArray[np.float64]:
    uncertainty = series.uncertainty(slope_per_k)
    return (
        uncertainty / series.conductivity_s_m if residuals == "sigma" and not series.stated else uncertainty
    )


def _polished(
    series: TemperatureSeries, shape: ShapeProfile, parameters: NDArray[np.float64], residuals: Residuals
) -> Solution:
    """Gauss-Newton on (a, c, s) until the steps vanish."""
    residual, jacobian = _residual(shape, parameters, residuals)
    for _ in range(50):
        trial = _step(shape, parameters, residual, jacobian, residuals)
        done = bool((np.abs(trial - parameters) <= 1e-14 * np.abs(parameters)).all())
        parameters = trial
        residual, jacobian = _residual(shape, parameters, residuals)
        if done:
            break
    solution = solution_from(parameters, jacobian, residual, shape.uncertainty, series)
    return replace(solution, residuals=shape.y - vogel_model(shape.d_k, parameters)[0])


def _residual(
    shape: ShapeProfile, parameters: NDArray[np.float64], residuals: Residuals
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Residuals relative to the data, and the Jacobian of the model in the same measure."""
    model, jacobian = vogel_model(shape.d_k, parameters)
    if residuals == "ln_sigma":
        return shape.y - model, jacobian
    ratio = np.exp(model - shape.y)
    return 1 - ratio, ratio[:, None] * jacobian


def _step(
    shape: ShapeProfile,
    parameters: NDArray[np.float64],
    residual: NDArray[np.float64],
    jacobian: NDArray[np.float64],
    residuals: Residuals,
) -> NDArray[np.float64]:
    """Parameters after one step, halved until chi-square does not grow (beyond rounding)."""
    weight = 1 / shape.uncertainty
    scale = np.maximum(np.linalg.norm(jacobian * weight[:, None], axis=0), np.finfo(float).tiny)
    step = np.linalg.lstsq(jacobian * weight[:, None] / scale, residual * weight, rcond=None)[0] / scale
    chi_square = np.sum((residual * weight) ** 2)
    for halving in range(12):
        trial = parameters + step * 0.5**halving
        trial[2] = np.clip(trial[2], *shape.bounds)
        if np.sum((_residual(shape, trial, residuals)[0] * weight) ** 2) <= chi_square * (1 + 1e-10):
            return trial
    return parameters


def _result(series: TemperatureSeries, shape: ShapeProfile, solution: Solution, exponent: float) -> VTFFit:
    a, c, s = solution.parameters
    gradients = _gradients(solution)
    b = solution.estimate(BOLTZMANN_EV_K * c / s**2, gradients["pseudo_activation_energy_ev"])
    t0 = solution.estimate(shape.reference_k - 1 / s, gradients["vogel_temperature_k"])
    ln_a = solution.estimate(a + c / s, _ln_a_gradient(solution))
    region = LikelihoodRegion(shape, solution)
    fit = VTFFit(
        series=series,
        solution=solution,
        r_squared=r_squared(series, solution.residuals),
        flags=(),
        prefactor_exponent=exponent,
        pseudo_activation_energy_ev=_profiled(b, region.pseudo_activation_energy_ev),
        vogel_temperature_k=_profiled(t0, region.vogel_temperature_k),
        pre_exponential=LogEstimate.from_ln(ln_a.value, ln_a.standard_uncertainty, ln_a.degrees_of_freedom),
        shape=shape,
    )
    return replace(fit, flags=_flags(fit))


def _ln_a_gradient(solution: Solution) -> NDArray[np.float64]:
    _, c, s = solution.parameters
    return np.array([1.0, 1 / s, -c / s**2])


def _gradients(solution: Solution) -> dict[str, NDArray[np.float64]]:
    _, c, s = solution.parameters
    return {
        "pseudo_activation_energy_ev": BOLTZMANN_EV_K * np.array([0.0, 1 / s**2, -2 * c / s**3]),
        "vogel_temperature_k": np.array([0.0, 0.0, 1 / s**2]),
    }


def _profiled(estimate: Estimate, profile: Callable[[float], tuple[float, float]]) -> ProfileEstimate:
    return ProfileEstimate(
        estimate.value, estimate.standard_uncertainty, estimate.degrees_of_freedom, profile=cache(profile)
    )


def _flags(fit: VTFFit) -> tuple[str, ...]:
    flags = list(common_flags(fit, parameters=3))
    if fit.pseudo_activation_energy_ev.value <= 0:
        return (*flags, "not VTF: conductivity does not rise with temperature")
    return (*flags, *_identifiability(fit), *_plausibility(fit))


def _identifiability(fit: VTFFit) -> list[str]:
    low, high = fit.vogel_temperature_k.interval()
    nearest = fit.temperature_range_k[0] - HIGHEST_T0_BELOW_DATA_K
    flags = []
    if low <= 0 <= high:
        flags.append("not distinguishable from Arrhenius: the 95 % interval of T0 holds 0 K")
    elif high < 0:
        flags.append("not VTF: the Arrhenius plot bends the other way (T0 below 0 K)")
    if math.isinf(low) or high >= nearest - 0.01:
        flags.append("T0 not identifiable: its 95 % interval is not closed")
    return flags


def _plausibility(fit: VTFFit) -> list[str]:
    flags = []
    if fit.vogel_temperature_k.value > 0 and fit.strength < MOST_FRAGILE_STRENGTH:
        flags.append(
            f"unphysical: strength B / (kB T0) = {fit.strength:.2g} is below that of any glass former, "
            f"with T0 = {fit.vogel_temperature_k.value:.0f} K; look for a transition instead"
        )
    if fit.vogel_temperature_k.value >= fit.temperature_range_k[0] - 1.01 * HIGHEST_T0_BELOW_DATA_K:
        flags.append("not VTF: T0 lies at the lowest measured temperature")
    return flags
