"""Heating against cooling: is it one law or two?

Two tests, the smaller probability doubled: the law chosen for all points fitted to each branch (Chow,
10.2307/1910133), and the law that each branch would choose for itself (a melting that comes back late).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.laws.arrhenius import ArrheniusForm
from labctl.analysis.laws.choice import TemperatureLaw, fit_temperature_law, temperature_law_of_series
from labctl.analysis.laws.contenders import Contender, contenders
from labctl.analysis.laws.criterion import criterion
from labctl.analysis.laws.law_fit import LawFit
from labctl.analysis.laws.temperature_series import TemperatureSeries, distinct_temperatures_k
from labctl.analysis.numerics.distributions import chi_square_tail, f_tail
from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.numerics.notebook import NotebookResult

SIGNIFICANCE = 0.01
NO_MISFIT = 1e-9


@dataclass(frozen=True, kw_only=True)
class Hysteresis(NotebookResult):
    """One law fitted to both branches together, and to each apart.

    Attributes
    ----------
    together : TemperatureLaw
        The law chosen for all points.
    heating, cooling : TemperatureLaw or None
        The law chosen for each branch; None for a branch with fewer than two temperatures.
    ln_ratio : Estimate or None
        ln(sigma on cooling / sigma on heating) in the middle of the common range; None without such a range.
    p_value : float
        Of differences this large between branches that follow one law; nan when it cannot be tested.
    significant : bool
        p_value below 0.01.
    flags : tuple of str
    """

    together: TemperatureLaw
    heating: TemperatureLaw | None
    cooling: TemperatureLaw | None
    ln_ratio: Estimate | None
    p_value: float
    significant: bool
    flags: tuple[str, ...]


def heating_points(temperature_k: ArrayLike) -> NDArray[np.bool_]:
    """Which points (n,), in the order of measurement, were reached by heating.

    A repeated temperature belongs to the branch before it, the first point to the branch after it.
    """
    step = np.sign(np.diff(np.asarray(temperature_k, dtype=float)))
    moves = step[step != 0]
    branch, current = [], moves[0] if moves.size else 1.0
    for direction in (current, *step):
        current = direction or current
        branch.append(current > 0)
    return np.array(branch[: np.size(temperature_k)], dtype=bool)


def compare_branches(
    temperature_k: ArrayLike,
    conductivity_s_m: ArrayLike,
    heating: ArrayLike,
    form: ArrheniusForm = "ln_sigma_t",
    prefactor_exponent: float = -0.5,
    *,
    standard_uncertainty_s_m: ArrayLike | None = None,
    temperature_u_k: ArrayLike | None = None,
    cryogenic: bool = False,
    are_kelvin: bool = False,
) -> Hysteresis:
    """Fit heating and cooling together and apart, and test whether they differ.

    Parameters
    ----------
    temperature_k, conductivity_s_m : (n,)
    heating : (n,) bool
        True for a point reached by heating; see `heating_points`.
    form, prefactor_exponent, standard_uncertainty_s_m, temperature_u_k, cryogenic, are_kelvin
        As in `fit_temperature_law`.

    Raises
    ------
    ValueError
        Naming the argument, as `fit_temperature_law` does; `heating` of another length.
    """
    together = fit_temperature_law(
        temperature_k,
        conductivity_s_m,
        form,
        prefactor_exponent,
        standard_uncertainty_s_m=standard_uncertainty_s_m,
        temperature_u_k=temperature_u_k,
        cryogenic=cryogenic,
        are_kelvin=are_kelvin,
    )
    up = np.asarray(heating, dtype=bool)
    series = together.preferred.series
    if up.shape != series.temperature_k.shape:
        raise ValueError(f"heating has {up.size} entries, temperature_k has {len(series)}")
    laws = contenders(series, form, prefactor_exponent)
    branches = [_branch(series.select(points), form, prefactor_exponent) for points in (up, ~up)]
    if branches[0] is None or branches[1] is None:
        flags = ("hysteresis not tested: a branch has fewer than two temperatures",)
        return Hysteresis(
            together=together,
            heating=branches[0],
            cooling=branches[1],
            ln_ratio=None,
            p_value=math.nan,
            significant=False,
            flags=flags,
        )
    return _compared(together, branches[0], branches[1], _same_law(series, up, laws, together))


def _branch(series: TemperatureSeries, form: ArrheniusForm, exponent: float) -> TemperatureLaw | None:
    enough = distinct_temperatures_k(series.temperature_k).size >= 2
    return temperature_law_of_series(series, form, exponent) if enough else None


def _same_law(
    series: TemperatureSeries, up: NDArray[np.bool_], laws: list[Contender], together: TemperatureLaw
) -> tuple[LawFit, LawFit, LawFit]:
    """One law (Arrhenius where a branch has too few temperatures) on all points, heating, cooling."""
    fewest = min(distinct_temperatures_k(series.temperature_k[points]).size for points in (up, ~up))
    possible = [law for law in laws if law.law == together.law and law.fewest_temperatures <= fewest]
    law = min(possible or laws[:1], key=lambda law: criterion(law.fit(series)))
    return law.fit(series), law.fit(series.select(up)), law.fit(series.select(~up))


def _compared(
    together: TemperatureLaw,
    heating: TemperatureLaw,
    cooling: TemperatureLaw,
    same_law: tuple[LawFit, LawFit, LawFit],
) -> Hysteresis:
    own_laws = together.preferred, heating.preferred, cooling.preferred
    found = [p for p in (_probability(*same_law), _probability(*own_laws)) if not math.isnan(p)]
    p_value = min(1.0, 2 * min(found)) if found else math.nan
    ratio = _ln_ratio(heating.preferred, cooling.preferred)
    return Hysteresis(
        together=together,
        heating=heating,
        cooling=cooling,
        ln_ratio=ratio,
        p_value=p_value,
        significant=p_value < SIGNIFICANCE,
        flags=_flags(ratio, p_value),
    )


def _probability(one: LawFit, heating: LawFit, cooling: LawFit) -> float:
    """Of two laws fitting this much better than one, where there is one (F test, or chi-square if stated)."""
    apart = heating.solution.chi_square + cooling.solution.chi_square
    gain = max(one.solution.chi_square - apart, 0.0)
    parameters = heating.solution.parameters.size + cooling.solution.parameters.size
    more, spare = parameters - one.solution.parameters.size, len(one.series) - parameters
    if more <= 0:
        return math.nan
    if one.series.stated and apart <= max(spare, NO_MISFIT):
        return chi_square_tail(gain, more)
    if spare <= 0 or apart <= 0:
        return math.nan
    return f_tail(gain / more / (apart / spare), more, spare)


def _ln_ratio(heating: LawFit, cooling: LawFit) -> Estimate | None:
    low = max(heating.temperature_range_k[0], cooling.temperature_range_k[0])
    high = min(heating.temperature_range_k[1], cooling.temperature_range_k[1])
    if low > high:
        return None
    middle = 2 / (1 / low + 1 / high)
    (up, u_up), (down, u_down) = (fit.ln_conductivity(middle) for fit in (heating, cooling))
    freedom = min(fit.solution.degrees_of_freedom for fit in (heating, cooling))
    return Estimate(float(down[0] - up[0]), math.hypot(float(u_up[0]), float(u_down[0])), freedom)


def _flags(ratio: Estimate | None, p_value: float) -> tuple[str, ...]:
    flags = []
    if math.isnan(p_value):
        flags.append("hysteresis not tested: too few points")
    if ratio is None:
        flags.append("heating and cooling have no temperature range in common")
    if p_value < SIGNIFICANCE:
        size = f"by a factor {math.exp(ratio.value):.3g} " if ratio is not None else ""
        flags.append(f"hysteresis: cooling differs from heating {size}(p = {p_value:.1g})")
    return tuple(flags)
