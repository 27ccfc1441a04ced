"""Arrhenius' law, in either of the two forms that papers mix."""

from dataclasses import dataclass, replace
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
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.interval_estimates import LogEstimate

ArrheniusForm = Literal["ln_sigma_t", "ln_sigma"]
NO_RISE_EV = 1e-6
PRE_EXPONENTIAL_UNIT = {"ln_sigma_t": "S K/m", "ln_sigma": "S/m"}


@dataclass(frozen=True, kw_only=True)
class ArrheniusFit(LawFit):
    """sigma T = A exp(-Ea / kB T) (form "ln_sigma_t") or sigma = A exp(-Ea / kB T) (form "ln_sigma").

    Attributes
    ----------
    form : str
        Which of the two; their activation energies differ by about kB T, 0.03 to 0.04 eV.
    activation_energy_ev : Estimate
    pre_exponential : LogEstimate
        A, in the unit named by `pre_exponential_unit` ("S K/m" or "S/m").
    """

    form: ArrheniusForm
    activation_energy_ev: Estimate
    pre_exponential: LogEstimate

    @property
    def pre_exponential_unit(self) -> str:
        """Unit of A."""
        return PRE_EXPONENTIAL_UNIT[self.form]

    @property
    def activation_energy_kj_mol(self) -> Estimate:
        """The activation energy per mole."""
        ea = self.activation_energy_ev
        return Estimate(
            ea.value * EV_TO_KJ_MOL, ea.standard_uncertainty * EV_TO_KJ_MOL, ea.degrees_of_freedom
        )

    @property
    def gradients(self) -> dict[str, NDArray[np.float64]]:
        """Of the activation energy."""
        return {"activation_energy_ev": np.array([0.0, 1.0])}

    @property
    def pre_exponential_gradients(self) -> dict[str, NDArray[np.float64]]:
        """Of ln A."""
        centre = float(_inverse_energy(self.series.temperature_k).mean())
        return {"pre_exponential": np.array([1.0, centre])}

    @property
    def headline(self) -> str:
        """Activation energy and form."""
        ea = self.activation_energy_ev
        return f"Ea = {ea.value:.4f} ± {ea.standard_uncertainty:.4f} eV ({self.form})"

    def _ln_sigma_and_gradient(
        self, temperature_k: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        design = arrhenius_design(temperature_k, self.series.temperature_k)
        return design @ self.solution.parameters - ln_prefactor(temperature_k, self.form), design


def fit_arrhenius(
    temperature_k: ArrayLike,
    conductivity_s_m: ArrayLike,
    form: ArrheniusForm = "ln_sigma_t",
    *,
    standard_uncertainty_s_m: ArrayLike | None = None,
    temperature_u_k: ArrayLike | None = None,
    upper_bound: ArrayLike | None = None,
    cryogenic: bool = False,
    are_kelvin: bool = False,
) -> ArrheniusFit:
    """Fit a straight line through ln(sigma T) or ln(sigma) against 1 / (kB T).

    Review eq. 2 of 10.3390/batteries7010003 and its variant. Its uncertainty: see `laws.law_fit`.

    Parameters
    ----------
    temperature_k, conductivity_s_m : (n,)
        In any order; at least two different temperatures.
    form : {"ln_sigma_t", "ln_sigma"}
    standard_uncertainty_s_m : (n,) or scalar, optional
        Of each conductivity, the part not common to all points (leave thickness and area out).
    temperature_u_k : (n,) or scalar, optional
        Standard uncertainty of each temperature; it acts through the slope.
    upper_bound : (n,) bool, optional
        True where only "sigma < conductivity_s_m" is known; left out of the fit, compared with it, flagged.
    cryogenic : bool
        Accept a series that lies below 200 K throughout.
    are_kelvin : bool
        Known to be kelvin: the series is not tested for degrees Celsius (see `numerics.celsius`).

    Raises
    ------
    ValueError
        Naming the argument: not positive, not finite, unequal lengths, Celsius, too few temperatures.
    """
    series = temperature_series(
        temperature_k,
        conductivity_s_m,
        distinct=2,
        standard_uncertainty_s_m=standard_uncertainty_s_m,
        temperature_u_k=temperature_u_k,
        upper_bound=upper_bound,
        cryogenic=cryogenic,
        are_kelvin=are_kelvin,
    )
    return arrhenius_of_series(series, form)


def arrhenius_of_series(series: TemperatureSeries, form: ArrheniusForm) -> ArrheniusFit:
    """Fit a series that is already checked.

    Raises
    ------
    ValueError
        `form` is not one of the two.
    """
    if form not in PRE_EXPONENTIAL_UNIT:
        raise ValueError(f"form must be 'ln_sigma_t' or 'ln_sigma', got {form!r}")
    solution = _solve(series, form)
    energy, centre = float(solution.parameters[1]), _inverse_energy(series.temperature_k).mean()
    ln_a = solution.estimate(solution.parameters[0] + energy * centre, [1.0, centre])
    fit = ArrheniusFit(
        series=series,
        solution=solution,
        r_squared=r_squared(series, solution.residuals),
        flags=(),
        form=form,
        activation_energy_ev=solution.estimate(energy, [0.0, 1.0]),
        pre_exponential=LogEstimate.from_ln(ln_a.value, ln_a.standard_uncertainty, ln_a.degrees_of_freedom),
    )
    return replace(fit, flags=_flags(fit))


def arrhenius_design(
    temperature_k: NDArray[np.float64], centre_of_k: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Columns for (ln sigma at the centre, Ea): ones and -(1 / kB T - mean of it over `centre_of_k`)."""
    return np.column_stack(
        [np.ones_like(temperature_k), _inverse_energy(centre_of_k).mean() - _inverse_energy(temperature_k)]
    )


def ln_prefactor(temperature_k: NDArray[np.float64], form: ArrheniusForm) -> NDArray[np.float64]:
    """Term added to ln sigma before the line is fitted: ln T, or nothing."""
    return np.log(temperature_k) if form == "ln_sigma_t" else np.zeros_like(temperature_k)


def _line(
    design: NDArray[np.float64], y: NDArray[np.float64], uncertainty: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(
        np.linalg.lstsq(design / uncertainty[:, None], y / uncertainty, rcond=None)[0], dtype=float
    )


def _solve(series: TemperatureSeries, form: ArrheniusForm) -> Solution:
    temperature = series.temperature_k
    design = arrhenius_design(temperature, temperature)
    y = series.ln_sigma() + ln_prefactor(temperature, form)
    uncertainty = np.ones(len(series))
    parameters = _line(design, y, uncertainty)
    # the weight of a temperature's uncertainty depends on the slope: twice is enough
    for _ in range(3 if series.temperature_u_k is not None else 1):
        slope_per_k = parameters[1] / (BOLTZMANN_EV_K * temperature**2)
        uncertainty = series.uncertainty(slope_per_k)
        parameters = _line(design, y, uncertainty)
    return solution_from(parameters, design, y - design @ parameters, uncertainty, series)


def _inverse_energy(temperature_k: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (BOLTZMANN_EV_K * temperature_k)


def _flags(fit: ArrheniusFit) -> tuple[str, ...]:
    flags = list(common_flags(fit, parameters=2))
    middle_k = 1 / float(np.mean(1 / fit.series.temperature_k))
    if fit.apparent_activation_energy_ev(middle_k).value <= NO_RISE_EV:
        flags.append("conductivity does not rise with temperature: the activation energy has no meaning")
    return tuple(flags)
