"""Proposal of the next temperature to measure.

While laws compete: where the two most likely disagree most (Atkinson & Fedorov, 10.1093/biomet/62.1.57).
At a break: the middle of its interval. Else: where one more point takes most from the variance of the wanted
quantity, (g' C f)^2 / (1 + f' C f), with g the gradient of the quantity, f the gradient of ln sigma and C the
covariance (sequential c-optimal design, Fedorov 1972, ch. 2).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.laws.choice import TemperatureLaw
from labctl.analysis.laws.law_fit import LawFit
from labctl.analysis.laws.two_segments import TwoSegmentFit
from labctl.analysis.numerics.estimate import Estimate

OPEN_QUESTION_BELOW_WEIGHT = 0.9
CHOICES = 181
DEFAULT_QUANTITY = {
    "arrhenius": "activation_energy_ev",
    "vtf": "vogel_temperature_k",
    "two_segments": "break_temperature_k",
}


@dataclass(frozen=True)
class NextTemperature:
    """A proposal.

    Attributes
    ----------
    temperature_k : float
    reason : str
    """

    temperature_k: float
    reason: str


def wanted_quantity(found: TemperatureLaw, quantity: str | None = None) -> tuple[LawFit, str]:
    """The fit that has the wanted quantity, the preferred one first, and the quantity's name.

    Raises
    ------
    ValueError
        No law that was fitted has the quantity.
    """
    name = quantity or DEFAULT_QUANTITY[found.law]
    for fit in (found.preferred, *found.candidates.values()):
        if name in fit.gradients:
            return fit, name
    known = sorted({name for fit in found.candidates.values() for name in fit.gradients})
    raise ValueError(f"quantity must be one of {known}, got {quantity!r}")


def half_width(found: TemperatureLaw, quantity: str | None = None) -> float:
    """Half of the 95 % interval of the wanted quantity, in its unit; infinite where it is open.

    Raises
    ------
    ValueError
        No law that was fitted has the quantity.
    """
    fit, name = wanted_quantity(found, quantity)
    estimate: Estimate = getattr(fit, name)
    low, high = estimate.interval()
    return (high - low) / 2


def next_temperature(
    found: TemperatureLaw,
    lowest_k: float,
    highest_k: float,
    quantity: str | None = None,
    closest_k: float = 1.0,
) -> NextTemperature | None:
    """Propose the most informative temperature, or None where all are too close to a measured one.

    Parameters
    ----------
    found : TemperatureLaw
        Points measured so far.
    lowest_k, highest_k : float
        Limits of the proposal.
    quantity : str, optional
        Name of an estimate of the fit, e.g. "activation_energy_ev", "vogel_temperature_k",
        "pseudo_activation_energy_ev", "break_temperature_k"; by default the one of the preferred law.
    closest_k : float
        Least distance from a temperature already measured.

    Raises
    ------
    ValueError
        The limits are not in order, or no law that was fitted has the quantity.
    """
    if not 0 < lowest_k < highest_k:
        raise ValueError(f"lowest_k must lie below highest_k, got {lowest_k!r} and {highest_k!r}")
    fit, name = wanted_quantity(found, quantity)
    choices = np.linspace(lowest_k, highest_k, CHOICES)
    choices = choices[_distance(choices, found.preferred.series.temperature_k) >= closest_k]
    if not choices.size:
        return None
    return _between_laws(found, choices) or _at_break(found, name, choices) or _sharpest(fit, name, choices)


def _distance(choices: NDArray[np.float64], measured_k: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs(choices[:, None] - measured_k).min(axis=1)


def _between_laws(found: TemperatureLaw, choices: NDArray[np.float64]) -> NextTemperature | None:
    weights = {law: found.weights[law] for law, fit in found.candidates.items() if not fit.objections}
    first, second = (*sorted(weights, key=lambda law: -weights[law]), "")[:2]
    if not second or weights[first] >= OPEN_QUESTION_BELOW_WEIGHT * sum(weights.values()):
        return None
    fits = found.candidates[first], found.candidates[second]
    choices = choices[choices > max(fit.lowest_temperature_k for fit in fits)]
    if not choices.size:
        return None
    (one, u_one), (other, u_other) = (fit.ln_conductivity(choices) for fit in fits)
    scatter = fits[0].solution.variance_factor * fits[0].solution.uncertainty.mean() ** 2
    spread = np.abs(one - other) / np.sqrt(scatter + u_one**2 + u_other**2)
    best = int(np.argmax(np.nan_to_num(spread)))
    return NextTemperature(float(choices[best]), f"{first} and {second} disagree most here")


def _at_break(found: TemperatureLaw, name: str, choices: NDArray[np.float64]) -> NextTemperature | None:
    fit, reason = found.suspected_break, "a break is suspected"
    if isinstance(found.preferred, TwoSegmentFit) and name == "break_temperature_k":
        fit, reason = found.preferred, "the break lies"
    if fit is None:
        return None
    low, high = fit.break_temperature_k.interval()
    inside = choices[(choices >= low) & (choices <= high)]
    if inside.size:
        best = inside[int(np.argmax(_distance(inside, fit.series.temperature_k)))]
    else:
        best = choices[int(np.argmin(np.abs(choices - fit.break_temperature_k.value)))]
    return NextTemperature(float(best), f"{reason} between {low:.1f} and {high:.1f} K")


def _sharpest(fit: LawFit, name: str, choices: NDArray[np.float64]) -> NextTemperature:
    covariance, wanted = fit.solution.unit_covariance, fit.gradients[name]
    choices = choices[choices > fit.lowest_temperature_k]
    sensitivity = fit.sensitivity(choices) / fit.solution.uncertainty.mean()
    gain = (sensitivity @ covariance @ wanted) ** 2 / (
        1 + np.einsum("mi,ij,mj->m", sensitivity, covariance, sensitivity)
    )
    best = int(np.argmax(gain))
    left = math.sqrt(max(1 - gain[best] / (wanted @ covariance @ wanted), 0.0))
    return NextTemperature(
        float(choices[best]), f"brings the uncertainty of {name} to about {100 * left:.0f} % of what it is"
    )
