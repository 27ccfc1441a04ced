"""Two straight lines in the Arrhenius plot: a kink where they meet, or a step from one to the other.

With x = 1 / (kB T), L_i = a_i - E_i (x - mean x) and the break at Tb:

    kink (order-disorder; 4 parameters)    ln sigma = L_above for T > Tb, L_below for T < Tb, equal at Tb
    step (melting; 6 parameters)           ln sigma = f L_above + (1 - f) L_below,  f = expit((T - Tb) / w)

For a given break (and width) both are linear in the rest, so the scan sees every minimum.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.laws.arrhenius import PRE_EXPONENTIAL_UNIT, ArrheniusForm, ln_prefactor
from labctl.analysis.laws.criterion import criterion
from labctl.analysis.laws.law_fit import (
    BOLTZMANN_EV_K,
    LawFit,
    Solution,
    common_flags,
    r_squared,
    solution_from,
)
from labctl.analysis.laws.temperature_series import (
    TemperatureSeries,
    distinct_temperatures_k,
    temperature_series,
)
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.in_parts import in_parts
from labctl.analysis.numerics.interval_estimates import LogEstimate, ProfileEstimate, coverage_factor
from labctl.analysis.numerics.likelihood_profile import global_minimum, interval_below

Transition = Literal["kink", "step"]
POINTS_PER_SEGMENT = 3
TEMPERATURES_FOR_A_STEP = 8
BREAKS_SCANNED = 161
WIDTHS_SCANNED = 16
EXTRA_PARAMETERS_OF_A_BREAK = 2


def _expit(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 / (1 + exp(-x)); scipy is loaded by the first call, because drawing a stored law needs none."""
    from scipy.special import expit

    return expit(x)


@dataclass(frozen=True, kw_only=True)
class TwoSegmentFit(LawFit):
    """Two Arrhenius lines and the break between them.

    Attributes
    ----------
    form : {"ln_sigma_t", "ln_sigma"}
        Of both lines, as in `ArrheniusFit`.
    transition : {"kink", "step"}
    break_temperature_k : ProfileEstimate
    activation_energy_below_ev, activation_energy_above_ev : Estimate
        Of the lines below and above the break.
    pre_exponential_below, pre_exponential_above : LogEstimate
        In `pre_exponential_unit`.
    width_k : float
        w of a step (80 % of it happens within 4.4 w); 0 for a kink.
    """

    form: ArrheniusForm
    transition: Transition
    break_temperature_k: ProfileEstimate
    activation_energy_below_ev: Estimate
    activation_energy_above_ev: Estimate
    pre_exponential_below: LogEstimate
    pre_exponential_above: LogEstimate
    width_k: float
    lines: "BrokenLine" = field(repr=False, compare=False)

    @property
    def pre_exponential_unit(self) -> str:
        """Unit of both pre-exponentials, "S K/m" or "S/m"."""
        return PRE_EXPONENTIAL_UNIT[self.form]

    @property
    def gradients(self) -> dict[str, NDArray[np.float64]]:
        """Of the break and both activation energies."""
        unit = np.eye(self.solution.parameters.size)
        below = 2 if self.transition == "kink" else 3
        return {
            "break_temperature_k": unit[_break_index(self.lines)],
            "activation_energy_above_ev": unit[1],
            "activation_energy_below_ev": unit[below],
        }

    @property
    def pre_exponential_gradients(self) -> dict[str, NDArray[np.float64]]:
        """Of the logarithms of both pre-exponentials."""
        parameters = self.solution.parameters
        return {
            f"pre_exponential_{side}": _side(self.lines, parameters, side)[1] for side in ("above", "below")
        }

    @property
    def headline(self) -> str:
        """Both activation energies, the break and the form."""
        below, above, at = (
            self.activation_energy_below_ev,
            self.activation_energy_above_ev,
            self.break_temperature_k,
        )
        return (
            f"Ea = {below.value:.4f} ± {below.standard_uncertainty:.4f} eV below and "
            f"{above.value:.4f} ± {above.standard_uncertainty:.4f} eV above {at.value:.1f} K ({self.form})"
        )

    @property
    def paid_parameters(self) -> tuple[int, int]:
        """A width that no point feels is not paid for; a break is paid for three times."""
        unfelt_width = self.transition == "step" and self.solution.unit_covariance[5, 5] == 0
        return self.solution.parameters.size - int(unfelt_width), EXTRA_PARAMETERS_OF_A_BREAK

    def _ln_sigma_and_gradient(
        self, temperature_k: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        value, jacobian = self.lines.model(temperature_k, self.solution.parameters)
        return value - ln_prefactor(temperature_k, self.form), jacobian


def fit_two_segments(
    temperature_k: ArrayLike,
    conductivity_s_m: ArrayLike,
    form: ArrheniusForm = "ln_sigma_t",
    transition: Transition | None = None,
    *,
    standard_uncertainty_s_m: ArrayLike | None = None,
    temperature_u_k: ArrayLike | None = None,
    upper_bound: ArrayLike | None = None,
    cryogenic: bool = False,
    are_kelvin: bool = False,
) -> TwoSegmentFit:
    """Fit two Arrhenius lines with one break, at least three temperatures on either side.

    The break has a profile interval (Bates & Watts 1988, ch. 6).

    Parameters
    ----------
    temperature_k, conductivity_s_m : (n,)
        In any order; at least six different temperatures (eight for a step).
    form : {"ln_sigma_t", "ln_sigma"}
    transition : {"kink", "step"}, optional
        The better of the two by the criterion of `laws.law_fit` when not given.
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
        distinct=TEMPERATURES_FOR_A_STEP if transition == "step" else 2 * POINTS_PER_SEGMENT,
        standard_uncertainty_s_m=standard_uncertainty_s_m,
        temperature_u_k=temperature_u_k,
        upper_bound=upper_bound,
        cryogenic=cryogenic,
        are_kelvin=are_kelvin,
    )
    if form not in PRE_EXPONENTIAL_UNIT:
        raise ValueError(f"form must be 'ln_sigma_t' or 'ln_sigma', got {form!r}")
    if transition not in (None, "kink", "step"):
        raise ValueError(f"transition must be 'kink', 'step' or None, got {transition!r}")
    return two_segments_of_series(series, form, transition)


def two_segments_of_series(
    series: TemperatureSeries, form: ArrheniusForm, transition: Transition | None = None
) -> TwoSegmentFit:
    """Fit a series that is already checked."""
    enough_for_a_step = distinct_temperatures_k(series.temperature_k).size >= TEMPERATURES_FOR_A_STEP
    either: list[Transition] = ["kink", "step"] if enough_for_a_step else ["kink"]
    kinds: list[Transition] = [transition] if transition else either
    fits = [_fit(series, form, kind) for kind in kinds]
    return min(fits, key=criterion)


@dataclass(frozen=True, eq=False)
class BrokenLine:
    """The model: which transition, and the x = 1 / kB T about which the lines of a step are centred."""

    transition: Transition
    centre: float

    def design(
        self,
        temperature_k: NDArray[np.float64],
        break_k: NDArray[np.float64],
        width_k: float | NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Columns of the linear parameters, for breaks (k,) at temperatures (n,): (k, n, 3 or 4).

        `width_k` is one width or one for each break, (k, 1).
        """
        x = _inverse_energy(temperature_k)
        if self.transition == "kink":
            d = x - _inverse_energy(break_k)[:, None]
            return np.stack([np.ones_like(d), -np.minimum(d, 0), -np.maximum(d, 0)], axis=-1)
        f = _expit((temperature_k - break_k[:, None]) / width_k)
        d = self.centre - x
        return np.stack([f, f * d, 1 - f, (1 - f) * d], axis=-1)

    def model(
        self, temperature_k: NDArray[np.float64], parameters: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """ln sigma + prefactor at (n,) and its Jacobian; parameters (linear ones, Tb) or (.., Tb, ln w)."""
        if self.transition == "kink":
            return self._kink(temperature_k, parameters)
        linear, break_k, width_k = parameters[:4], parameters[4], math.exp(parameters[5])
        design = self.design(temperature_k, np.array([break_k]), width_k)[0]
        u = (temperature_k - break_k) / width_k
        d = self.centre - _inverse_energy(temperature_k)
        rise = _expit(u) * _expit(-u) * (linear[0] - linear[2] + (linear[1] - linear[3]) * d)
        return design @ linear, np.column_stack([design, -rise / width_k, -rise * u])

    def _kink(
        self, temperature_k: NDArray[np.float64], parameters: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        break_k = parameters[3]
        design = self.design(temperature_k, parameters[3:], 0.0)[0]
        energy = np.where(temperature_k > break_k, parameters[1], parameters[2])
        return design @ parameters[:3], np.column_stack([design, -energy / (BOLTZMANN_EV_K * break_k**2)])


@dataclass(frozen=True, eq=False)
class _BreakProfile:
    """Chi-square of the best lines for each break (and width)."""

    lines: BrokenLine
    temperature_k: NDArray[np.float64]
    y: NDArray[np.float64]
    uncertainty: NDArray[np.float64]

    def breaks_k(self) -> NDArray[np.float64]:
        return _breaks_k(self.temperature_k)

    def widths_k(self) -> NDArray[np.float64]:
        return _widths_k(self.temperature_k)

    def linear(self, break_k: NDArray[np.float64], width_k: float) -> tuple[NDArray[np.float64], ...]:
        """Best linear parameters (k, p) and their chi-square (k,)."""
        return in_parts(lambda breaks: self._linear(breaks, width_k), break_k, self.y.size)

    def _linear(self, break_k: NDArray[np.float64], width_k: float) -> tuple[NDArray[np.float64], ...]:
        design = self.lines.design(self.temperature_k, break_k, width_k)
        weighted, target = design / self.uncertainty[:, None], self.y / self.uncertainty
        normal = weighted.swapaxes(1, 2) @ weighted
        scale = 1 / np.sqrt(np.einsum("kii->ki", normal) + np.finfo(float).tiny)
        normal = normal * scale[:, :, None] * scale[:, None, :] + 1e-13 * np.eye(normal.shape[-1])
        right = (weighted.swapaxes(1, 2) @ target) * scale
        parameters = np.linalg.solve(normal, right[:, :, None])[:, :, 0] * scale
        residual = target - (weighted @ parameters[:, :, None])[:, :, 0]
        return parameters, np.sum(residual**2, axis=1)

    def chi_square(self, break_k: NDArray[np.float64]) -> NDArray[np.float64]:
        """At each break (k,), the width being at its best."""
        if self.lines.transition == "kink":
            return self.linear(break_k, 0.0)[1]
        return np.min([self.linear(break_k, width)[1] for width in self.widths_k()], axis=0)

    def minimum(self) -> NDArray[np.float64]:
        """All parameters at the global minimum."""
        if self.lines.transition == "kink":
            best = global_minimum(self.chi_square, self.breaks_k())
            return np.append(self.linear(np.array([best]), 0.0)[0][0], best)
        break_k, width_k = self._step_minimum()
        return np.append(self.linear(np.array([break_k]), width_k)[0][0], [break_k, math.log(width_k)])

    def _step_minimum(self) -> tuple[float, float]:
        from scipy.optimize import minimize

        breaks, widths = self.breaks_k(), self.widths_k()
        table = np.array([self.linear(breaks, width)[1] for width in widths])
        row, column = np.unravel_index(np.argmin(table), table.shape)
        found = minimize(
            lambda p: float(self.linear(np.array([p[0]]), math.exp(p[1]))[1][0]),
            [breaks[column], math.log(widths[row])],
            method="Nelder-Mead",
            bounds=[(breaks[0], breaks[-1]), (math.log(widths[0]), math.log(widths[-1]))],
            options={"xatol": 1e-4, "fatol": 1e-10},
        )
        return float(found.x[0]), math.exp(found.x[1])

    def interval(self, solution: Solution, break_k: float, level: float) -> tuple[float, float]:
        """Profile interval of the break; it ends at the outermost breaks that leave three points outside."""
        factor = coverage_factor(level, solution.degrees_of_freedom)
        threshold = solution.chi_square + factor**2 * solution.variance_factor
        return interval_below(self.chi_square, self.breaks_k(), break_k, threshold)


def break_designs(
    temperature_k: NDArray[np.float64], transition: Transition, part: slice = slice(None)
) -> NDArray[np.float64]:
    """Columns of the linear parameters at every other break (third width) of the scan, (k, n, 3 or 4).

    `part` of the nodes alone, where not all are wanted at once.
    """
    lines = BrokenLine(transition, float(_inverse_energy(temperature_k).mean()))
    widths = np.zeros(1) if transition == "kink" else _widths_k(temperature_k)[::3]
    breaks = _breaks_k(temperature_k)[::2]
    every_width, every_break = (grid.ravel() for grid in np.meshgrid(widths, breaks, indexing="ij"))
    return lines.design(temperature_k, every_break[part], every_width[part, None])


def _breaks_k(temperature_k: NDArray[np.float64]) -> NDArray[np.float64]:
    distinct = distinct_temperatures_k(temperature_k)
    return np.linspace(distinct[POINTS_PER_SEGMENT - 1], distinct[-POINTS_PER_SEGMENT], BREAKS_SCANNED)


def _widths_k(temperature_k: NDArray[np.float64]) -> NDArray[np.float64]:
    distinct = distinct_temperatures_k(temperature_k)
    spacing, span = np.diff(distinct).min(), np.ptp(distinct)
    return np.geomspace(0.1 * spacing, max(span / 12, 0.2 * spacing), WIDTHS_SCANNED)


def _inverse_energy(temperature_k: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (BOLTZMANN_EV_K * temperature_k)


def _fit(series: TemperatureSeries, form: ArrheniusForm, transition: Transition) -> TwoSegmentFit:
    temperature = series.temperature_k
    lines = BrokenLine(transition, float(_inverse_energy(temperature).mean()))
    y = series.ln_sigma() + ln_prefactor(temperature, form)
    slope_per_k = np.full(len(series), np.polyfit(temperature, y, 1)[0])
    profile = _BreakProfile(lines, temperature, y, series.uncertainty(slope_per_k))
    parameters = profile.minimum()
    value, jacobian = lines.model(temperature, parameters)
    solution = _identifiable(parameters, jacobian, y - value, profile.uncertainty, series)
    return _result(series, form, profile, solution)


def _identifiable(
    parameters: NDArray[np.float64],
    jacobian: NDArray[np.float64],
    residuals: NDArray[np.float64],
    uncertainty: NDArray[np.float64],
    series: TemperatureSeries,
) -> Solution:
    """Leave out of the covariance what no point feels: the place and width of a step between two points."""
    norm = np.linalg.norm(jacobian / uncertainty[:, None], axis=0)
    felt = norm > 1e-6 * norm[:3].max()
    solution = solution_from(parameters, jacobian[:, felt], residuals, uncertainty, series)
    covariance = np.zeros((parameters.size, parameters.size))
    covariance[np.ix_(felt, felt)] = solution.unit_covariance
    return replace(solution, unit_covariance=covariance)


def _result(
    series: TemperatureSeries, form: ArrheniusForm, profile: _BreakProfile, solution: Solution
) -> TwoSegmentFit:
    lines, break_k = profile.lines, float(solution.parameters[_break_index(profile.lines)])
    location = solution.estimate(break_k, np.eye(solution.parameters.size)[_break_index(lines)])
    above, below = (_line(lines, solution, side) for side in ("above", "below"))
    fit = TwoSegmentFit(
        series=series,
        solution=solution,
        r_squared=r_squared(series, solution.residuals),
        flags=(),
        form=form,
        transition=lines.transition,
        break_temperature_k=ProfileEstimate(
            location.value,
            location.standard_uncertainty,
            location.degrees_of_freedom,
            profile=lambda level: profile.interval(solution, break_k, level),
        ),
        activation_energy_below_ev=below[0],
        activation_energy_above_ev=above[0],
        pre_exponential_below=below[1],
        pre_exponential_above=above[1],
        width_k=math.exp(solution.parameters[5]) if lines.transition == "step" else 0.0,
        lines=lines,
    )
    return replace(fit, flags=_flags(fit))


def _break_index(lines: BrokenLine) -> int:
    return 3 if lines.transition == "kink" else 4


def _line(lines: BrokenLine, solution: Solution, side: str) -> tuple[Estimate, LogEstimate]:
    """Activation energy and pre-exponential of the line on one side."""
    parameters = solution.parameters
    energy_gradient, ln_a_gradient, x = _side(lines, parameters, side)
    slope = int(np.argmax(energy_gradient))
    level = 0 if lines.transition == "kink" else slope - 1
    ln_a = solution.estimate(parameters[level] + parameters[slope] * x, ln_a_gradient)
    return (
        solution.estimate(parameters[slope], energy_gradient),
        LogEstimate.from_ln(ln_a.value, ln_a.standard_uncertainty, ln_a.degrees_of_freedom),
    )


def _side(
    lines: BrokenLine, parameters: NDArray[np.float64], side: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Gradients of activation energy and ln A of the line on one side, and the x at its level."""
    energy_gradient, ln_a_gradient = np.zeros((2, parameters.size))
    level, slope = {"above": (0, 1), "below": (0 if lines.transition == "kink" else 2, 2)}[side]
    if lines.transition == "kink":
        break_k = parameters[3]
        x = 1 / (BOLTZMANN_EV_K * break_k)
        ln_a_gradient[3] = -parameters[slope] / (BOLTZMANN_EV_K * break_k**2)
    else:
        slope = level + 1
        x = lines.centre
    energy_gradient[slope] = 1
    ln_a_gradient[[level, slope]] = 1, x
    return energy_gradient, ln_a_gradient, x


def _flags(fit: TwoSegmentFit) -> tuple[str, ...]:
    flags = list(common_flags(fit, parameters=fit.solution.parameters.size))
    energies = fit.activation_energy_below_ev, fit.activation_energy_above_ev
    if min(energy.value for energy in energies) <= 0:
        flags.append("conductivity does not rise with temperature on both sides of the break")
    (below_low, below_high), (above_low, above_high) = (energy.interval() for energy in energies)
    if fit.transition == "kink" and below_low <= above_high and above_low <= below_high:
        flags.append("no break: the two activation energies agree within their 95 % intervals")
    return tuple(flags)
