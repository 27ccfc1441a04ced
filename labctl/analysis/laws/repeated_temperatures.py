"""Temperatures that were measured more than once: do the conductivities agree?

What all points share (geometry, gain, a thermometer's offset) cancels in the ratio of two conductivities of
one sample. A ratio that differs from 1 by more than its uncertainty says that the conductivity changed, not
why: ageing, drying and recrystallisation look alike, and so does a sample that lags its sensor.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.numerics.distributions import chi_square_tail, f_tail, student_tail
from labctl.analysis.numerics.estimate import Estimate
from labctl.units import ZERO_CELSIUS_K

SAME_TEMPERATURE_WITHIN_K = 0.5
SIGNIFICANCE = 0.01
FEWEST_ON_A_WAY = 2
WAY_BACK = "hysteresis: in the order of the list"
NO_CAUSE = "ageing, drying, recrystallisation and a sample that lags its sensor are not told apart"

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """Conductivity of a sample at one temperature, measured again later.

    Attributes
    ----------
    temperature_k : float
        Of the first measurement, K.
    ln_ratio : Estimate
        ln(sigma again / sigma first), both at that temperature; dimensionless.
    elapsed_s : float
        From the first to the second, s; nan where it is not known.
    as_k : float
        Change of temperature that would do the same, K; nan where the law is not known.
    """

    temperature_k: float
    ln_ratio: Estimate
    elapsed_s: float
    as_k: float = math.nan

    @property
    def factor(self) -> float:
        """Conductivity again, divided by the first."""
        return math.exp(self.ln_ratio.value)

    @property
    def is_significant(self) -> bool:
        """Whether a ratio this far from 1 has a probability below 1 % where nothing changed."""
        u = self.ln_ratio.standard_uncertainty
        if not math.isfinite(u):
            return False
        if u == 0:
            return self.ln_ratio.value != 0
        tail = student_tail(abs(self.ln_ratio.value) / u, self.ln_ratio.degrees_of_freedom)
        return 2 * tail < SIGNIFICANCE

    @property
    def per_hour(self) -> Estimate:
        """Relative change per hour, from ln sigma."""
        hours = self.elapsed_s / 3600
        value, u = (x / hours for x in (self.ln_ratio.value, self.ln_ratio.standard_uncertainty))
        return Estimate(value, u, self.ln_ratio.degrees_of_freedom)

    @property
    def words(self) -> str:
        """The ratio with its 95 % interval, the time between, and the kelvin that would do the same."""
        low, high = (math.exp(end) for end in self.ln_ratio.interval())
        interval = f"95 %: {low:.4g} to {high:.4g}" if math.isfinite(high) else "its interval is not known"
        return (
            f"at {self.temperature_k - ZERO_CELSIUS_K:.2f} degC the conductivity is {self.factor:.4g} times "
            f"the first ({interval}){_after(self.elapsed_s)}{_as_kelvin(self.as_k)}"
        )


def _as_kelvin(kelvin: float) -> str:
    return f", as {kelvin:+.2g} K would do" if math.isfinite(kelvin) else ""


def _after(elapsed_s: float) -> str:
    return f" after {elapsed_s / 3600:.2g} h" if math.isfinite(elapsed_s) else ""


def group_numbers(temperature_k: Array) -> NDArray[np.int_]:
    """Number of the temperature of each point (n,); temperatures within 0.5 K of a lower one are the same."""
    numbers = np.zeros(temperature_k.size, dtype=int)
    number, lowest_k = -1, -math.inf
    for place in np.argsort(temperature_k, kind="stable"):
        if temperature_k[place] - lowest_k >= SAME_TEMPERATURE_WITHIN_K:
            number, lowest_k = number + 1, float(temperature_k[place])
        numbers[place] = number
    return numbers


def disagreement_flags(
    temperature_k: Array, residuals: Array, uncertainty: Array, parameters: int, stated: bool
) -> tuple[str, ...]:
    """Say where conductivities at one temperature differ by more than the points scatter otherwise.

    The scatter within temperatures is compared with the scatter of the mean of each temperature about the law
    (the test of lack of fit, the other way round), and with the stated uncertainties.

    Parameters
    ----------
    temperature_k, residuals, uncertainty : (n,)
        Of a fit: kelvin, ln sigma minus the law, and by what the residuals were divided.
    parameters : int
        Of the law.
    stated : bool
        Whether `uncertainty` was stated.
    """
    groups = group_numbers(temperature_k)
    count = int(groups.max()) + 1
    within_freedom, between_freedom = temperature_k.size - count, count - parameters
    if within_freedom < 1 or (between_freedom < 1 and not stated):
        return ()
    weight = 1 / uncertainty**2
    of_group = np.bincount(groups, weight)
    mean = np.bincount(groups, weight * residuals) / of_group
    within = float(np.sum(weight * (residuals - mean[groups]) ** 2)) / within_freedom
    between = float(np.sum(of_group * mean**2)) / max(between_freedom, 1)
    p_value = _p_value(within, within_freedom, between, between_freedom, stated)
    if not p_value < SIGNIFICANCE:
        return ()
    widest = max(range(count), key=lambda g: np.ptp(residuals[groups == g]))
    factor = math.exp(float(np.ptp(residuals[groups == widest])))
    at_k = float(temperature_k[groups == widest].mean())
    return (
        f"conductivities at one temperature disagree: by a factor of {factor:.3g} at {at_k:.2f} K, more than "
        f"the points scatter otherwise (p = {p_value:.1g})",
    )


def way_back_flags(
    temperature_k: Array, residuals: Array, uncertainty: Array, jacobian: Array, stated: bool
) -> tuple[str, ...]:
    """Say where the points of a list that goes up and back down (or down and up) differ on the way back.

    A factor between the two ways is added to the law; it is told where its F test says more than chance.

    Parameters
    ----------
    temperature_k, residuals, uncertainty : (n,)
        As for `disagreement_flags`, in the order of the list.
    jacobian : (n, p)
        Derivatives of ln sigma by the parameters of the law.
    """
    back = _way_back(temperature_k)
    spare = temperature_k.size - jacobian.shape[1] - 1
    if back is None or spare < 1:
        return ()
    with_step = np.column_stack([jacobian, back.astype(float)]) / uncertainty[:, None]
    y = residuals / uncertainty
    found = np.linalg.lstsq(with_step, y, rcond=None)[0]
    left = float(np.sum((y - with_step @ found) ** 2))
    gain = max(float(y @ y) - left, 0.0)
    if stated and left <= spare:
        p_value = chi_square_tail(gain, 1)
    else:
        p_value = f_tail(gain / (left / spare), 1, spare) if left > 0 else float(gain <= 0)
    if not p_value < SIGNIFICANCE:
        return ()
    factor = math.exp(float(found[-1]))
    return (f"{WAY_BACK} the way back lies {factor:.3g} times the way there (p = {p_value:.1g})",)


def _way_back(temperature_k: Array) -> NDArray[np.bool_] | None:
    """Which points (n,) follow the only turn of the list; None for another number of turns or few points."""
    moves = np.diff(temperature_k)
    moved = np.nonzero(np.abs(moves) >= SAME_TEMPERATURE_WITHIN_K)[0]
    turns = np.nonzero(np.diff(np.sign(moves[moved])))[0]
    if turns.size != 1:
        return None
    back = np.arange(temperature_k.size) > moved[turns[0] + 1]
    return back if min(back.sum(), (~back).sum()) >= FEWEST_ON_A_WAY else None


def _p_value(within: float, within_freedom: int, between: float, between_freedom: int, stated: bool) -> float:
    if stated and (between_freedom < 1 or between <= 1):
        return chi_square_tail(within * within_freedom, within_freedom)
    if between <= 0:
        return 0.0 if within > 0 else 1.0
    return f_tail(within / between, within_freedom, between_freedom)


def change_between(
    ln_sigma: Sequence[float],
    law_ln_sigma: Sequence[float],
    uncertainty: Sequence[float],
    temperature_k: float,
    elapsed_s: float,
    degrees_of_freedom: float = math.inf,
    slope_per_k: float = math.nan,
) -> Change:
    """Compare two measurements of one sample at nearly the same temperature, first and again.

    Parameters
    ----------
    ln_sigma, law_ln_sigma, uncertainty : (2,)
        Measured, by the law at the temperature of each, and the uncertainty that the two do not share.
    temperature_k, elapsed_s : float
        Of the first; between the two.
    degrees_of_freedom : float
        Behind `uncertainty`.
    slope_per_k : float
        Of ln sigma at this temperature, 1/K.
    """
    first, again = (measured - law for measured, law in zip(ln_sigma, law_ln_sigma, strict=True))
    ratio = Estimate(again - first, math.hypot(*uncertainty), degrees_of_freedom)
    as_k = ratio.value / slope_per_k if slope_per_k else math.nan
    return Change(temperature_k, ratio, elapsed_s, as_k)
