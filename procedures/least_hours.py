"""Choice of the next step of a series by the information per hour, and of the frequencies that show it.

A line through ln(G T) over 1/(kB T) has the activation energy as its slope. With f = (1, x - x0) the
information of the points is M = sum of f f' / u^2, and one more point takes the half width of the interval
from h to h' (sequential c-optimal design, Fedorov 1972, ch. 2). A step is worth ln(h / h') per hour of oven
and analyser; while there are too few temperatures for a law, ln(det M' / det M) / 2, for both parameters.

A spectrum taken again at a settled temperature costs minutes, another temperature most of an hour. It is
taken again while the interval expected after the fewest temperatures of a law is too wide, and while that
narrows it more per hour than one temperature more. It averages the noise of the spectrum; errors of the
temperature and of the analyser that both share stay in the budget of the law.

The arc of a sample and the spike of its electrodes keep their capacitances while its conductance changes with
temperature: their frequencies change in proportion to it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labctl.bench import ImpedancePoint
from labctl.units import ZERO_CELSIUS_K

BOLTZMANN_EV_K = 8.617333262e-5

PRIOR_EV = 1.0
PRIOR_LN = 20.0
SMALLEST_UNCERTAINTY = 1e-3
TYPICAL_UNCERTAINTY = 0.01
CENTRE_K = 350.0
MARGIN = 10**0.5
"""Of a frequency window beyond the corners of the spectrum, in both directions."""


@dataclass(frozen=True)
class Proposal:
    """A step that a sample could measure next.

    Attributes
    ----------
    step : int
    temperature_k : float
    gain : float
        ln of the factor by which its interval becomes narrower.
    hours : float
        Of the oven and the analyser.
    settling_hours : float
        Of these the hours of the oven, which other samples in it can share.
    reason : str
    """

    step: int
    temperature_k: float
    gain: float
    hours: float
    settling_hours: float
    reason: str

    @property
    def rate(self) -> float:
        """Gain per hour."""
        return self.gain / self.hours


@dataclass(frozen=True)
class KnownPoint:
    """A measured point: temperature in K, conductance in S, its relative standard uncertainty."""

    temperature_k: float
    conductance_s: float
    relative_u: float


def half_width_ev(points: Sequence[KnownPoint], *also_k: float) -> float:
    """Return the expected half width of the 95 % interval of the activation energy, in eV.

    `also_k` are the temperatures of more points as uncertain as the median of those measured.
    """
    return 1.96 * math.sqrt(float(np.linalg.inv(_information(points, also_k))[1, 1]))


def gain_for_both(points: Sequence[KnownPoint], also_k: float) -> float:
    """Return the information of one more point about both parameters of the line: ln(det M' / det M) / 2."""
    before, after = (np.linalg.slogdet(_information(points, k))[1] for k in ((), (also_k,)))
    return float(after - before) / 2


def planned_k(points: Sequence[KnownPoint], left_k: Sequence[float], count: int) -> list[float]:
    """Return so many temperatures, of those left, that narrow the activation energy most together."""
    chosen: list[float] = []
    for _ in range(min(count, len(left_k))):
        free = [kelvin for kelvin in left_k if kelvin not in chosen]
        chosen.append(min(free, key=lambda kelvin: half_width_ev(points, *chosen, kelvin)))
    return chosen


def narrowing_per_hour(before_ev: float, after_ev: float, hours: float) -> float:
    """Return ln of the factor by which an interval becomes narrower, per hour."""
    return math.log(before_ev / after_ev) / hours


def _information(points: Sequence[KnownPoint], also_k: Sequence[float]) -> NDArray[np.float64]:
    """Return the information of points, and of more, on offset and slope; shape (2, 2)."""
    temperatures_k = np.array([p.temperature_k for p in points] + list(also_k))
    uncertainties = [max(p.relative_u, SMALLEST_UNCERTAINTY) for p in points]
    typical = float(np.median(uncertainties)) if uncertainties else TYPICAL_UNCERTAINTY
    u = np.array(uncertainties + [typical] * len(also_k))
    information = np.diag([PRIOR_LN**-2, PRIOR_EV**-2])
    if not temperatures_k.size:
        return information
    slope = 1 / (BOLTZMANN_EV_K * CENTRE_K) - 1 / (BOLTZMANN_EV_K * temperatures_k)
    f = np.vstack([np.ones_like(slope), slope]) / u
    return information + f @ f.T


def conductance_at_s(points: Sequence[KnownPoint], temperature_k: float) -> float:
    """Return the conductance expected at a temperature, from a line; NaN below two temperatures."""
    if len({round(p.temperature_k) for p in points}) < 2:
        return math.nan
    x = np.array([1 / p.temperature_k for p in points])
    y = np.log([p.conductance_s * p.temperature_k for p in points])
    slope, offset = np.polyfit(x, y, 1)
    return float(math.exp(offset + slope / temperature_k) / temperature_k)


def corners_hz(points: Sequence[ImpedancePoint]) -> tuple[float, float]:
    """Return the frequencies between which a cell is mostly a resistance: |Im Z| < |Re Z|.

    0 and infinity where a spectrum ends before such a corner; NaN where the cell is no resistance at all.
    """
    good = sorted((p for p in points if p.status == "ok"), key=lambda p: p.frequency_hz)
    inside = [place for place, p in enumerate(good) if abs(p.z_imag_ohm) < abs(p.z_real_ohm)]
    if not inside:
        return math.nan, math.nan
    low = good[inside[0]].frequency_hz if inside[0] > 0 else 0.0
    high = good[inside[-1]].frequency_hz if inside[-1] < len(good) - 1 else math.inf
    return low, high


@dataclass(frozen=True)
class Window:
    """Frequencies in Hz that show a sample at one temperature."""

    low_hz: float
    high_hz: float

    def of(self, frequencies_hz: Sequence[float]) -> list[float]:
        """Return the frequencies that lie inside; all of them where fewer than six do."""
        chosen = [f for f in frequencies_hz if self.low_hz <= f <= self.high_hz]
        return chosen if len(chosen) >= 6 else list(frequencies_hz)


EVERYTHING = Window(0.0, math.inf)


@dataclass(frozen=True)
class Seen:
    """The corners of one spectrum, and the conductance in S at which it was taken."""

    low_hz: float
    high_hz: float
    conductance_s: float


def window_at(seen: Sequence[Seen], conductance_s: float) -> Window:
    """Return the window for an expected conductance in S, from the spectrum taken nearest to it.

    Where a spectrum ended before a corner, or none is known, the window is open on that side.
    """
    if not seen or not math.isfinite(conductance_s):
        return EVERYTHING
    nearest = min(seen, key=lambda one: abs(math.log(one.conductance_s / conductance_s)))
    ratio = conductance_s / nearest.conductance_s
    return Window(nearest.low_hz * ratio / MARGIN, nearest.high_hz * ratio * MARGIN)


def window_beside(seen: Seen, is_hotter: bool) -> Window:
    """Return the window at another temperature after a first spectrum: ions conduct more when hotter.

    On the side to which the arc moves the window is open: by how far is not known yet.
    """
    if is_hotter:
        return Window(seen.low_hz / MARGIN, math.inf)
    return Window(0.0, seen.high_hz * MARGIN)


def in_words(temperature_k: float, before_ev: float, after_ev: float, hours: float, is_first: bool) -> str:
    """Return one line that explains a choice."""
    place = f"{temperature_k - ZERO_CELSIUS_K:g} degC in {hours:.2f} h"
    if is_first:
        return f"{place}: too few temperatures for a law yet, it best settles slope and offset of a line"
    return (
        f"{place}: expected to narrow the activation energy from +-{1e3 * before_ev:.1f} "
        f"to +-{1e3 * after_ev:.1f} meV"
    )


def again_in_words(
    temperature_k: float, before_ev: float, after_ev: float, hours: float, temperatures: int
) -> str:
    """Return one line that explains a spectrum taken again."""
    return (
        f"{temperature_k - ZERO_CELSIUS_K:g} degC again in {hours:.2f} h: after {temperatures} temperatures "
        f"expected to narrow the activation energy from +-{1e3 * before_ev:.1f} to +-{1e3 * after_ev:.1f} meV"
    )


def as_point(found: Any) -> KnownPoint:
    """Return a point of a series so far: temperature, spread, conductance, relative uncertainty."""
    temperature_k, _, conductance_s, relative_u = found
    return KnownPoint(temperature_k, conductance_s, relative_u)
