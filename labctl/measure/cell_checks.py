"""Faults of a switch that its read-back cannot see: welded relays, exchanged cables, an open cell.

1. Before a cell is connected, the analyser measures once with every channel open. A conductance that it sees
   then is a cell that is still connected: nothing is attributed to any cell after that.
2. A finished spectrum is held against earlier ones of its cell: the geometric capacitance does not depend on
   temperature, and the conductance at one condition follows its own temperature dependence. The consequences
   of a contradiction are in `labctl.measure.own_series`.
"""

import math
import statistics
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from labctl.bench import Bench
from labctl.errors import InstrumentError, NotMadeSafe
from labctl.instruments.cell_switch import BenchCell

CONTRADICTION = "contradiction"
"""Kind of the event that tells of a spectrum which is not as the cell's own series."""
STILL_CONNECTED = "cell still connected"

OPEN_HZ, OPEN_V = 1e3, 0.01
LARGEST_EV = 2.5
TOLERANCE = 0.25
CURVATURE = 0.4
LARGEST_CAPACITANCE_RATIO = 1.5
CAPACITIVE_TAN_PHASE = 0.5
"""Below it, noise and leads are a large part of the capacitance."""
CAPACITANCE_POINTS = 3
SAME_FREQUENCY_RATIO = 2.0
SMALLEST_TAN_PHASE = 0.15
BOLTZMANN_EV_K = 8.617333262e-5


@dataclass(frozen=True)
class Sighting:
    """What one spectrum shows of its cell: temperature in K, conductance in S, capacitance in F or NaN.

    `condition` is the quantity and set point of a condition beside the temperature; None: none was set.
    `highest_hz` is the frequency of the capacitance, which the arc of a real sample changes with; NaN: any.
    """

    temperature_k: float
    conductance_s: float
    capacitance_f: float = math.nan
    condition: tuple[str, float | None] | None = None
    highest_hz: float = math.nan

    @property
    def inverse_ev(self) -> float:
        """1 / (kB T), in 1/eV."""
        return 1 / (BOLTZMANN_EV_K * self.temperature_k)

    @property
    def ln_g_t(self) -> float:
        """ln(G T), in ln(S K)."""
        return math.log(self.conductance_s * self.temperature_k)


def refuse_connected(bench: Bench, cell: str) -> None:
    """Raise InstrumentError if the analyser of a cell sees a conductance while every channel is open.

    NotMadeSafe goes on: the next cell must not be connected to a source that may be on.
    Nothing is measured where no channel connects the cell, without an analyser, or where the station turns
    it off (`open_check_ohm = 0`). An analyser that fails at an open circuit is reported: nothing is known.
    """
    of_cell: BenchCell | None = getattr(bench, "cells", {}).get(cell)
    if of_cell is None or not of_cell.channels or of_cell.open_check_ohm == 0 or "fra" not in of_cell.roles:
        return
    fra = of_cell.roles["fra"]
    bench.limits.check_potential(0.0, OPEN_V)
    try:
        points = _measured_and_made_safe(fra)
    except NotMadeSafe:
        raise
    except InstrumentError as error:
        bench.tell("warning", STILL_CONNECTED, f"open channels not checked before cell {cell}: {error}")
        return
    seen_s = max((_conductance_s(one) for one in points if one.status == "ok"), default=0.0)
    if seen_s * of_cell.open_check_ohm > 1:
        problem = (
            f"with every channel open the analyser sees {1 / seen_s:.3g} ohm at {OPEN_HZ:g} Hz: a cell is "
            "still connected (a welded relay, or a lead beside the switch)"
        )
        raise InstrumentError(_name(bench), "open_all", "no channel closed", problem)


def _measured_and_made_safe(fra: Any) -> list[Any]:
    try:
        with closing(fra.sweep([OPEN_HZ], OPEN_V, 0.2, 0.0)) as sweep:
            return list(sweep)
    finally:
        fra.make_safe()


def _conductance_s(point: Any) -> float:
    """Real part of the admittance; only of a point that is more than a stray capacitance."""
    impedance_ohm = complex(point.z_real_ohm, point.z_imag_ohm)
    if impedance_ohm == 0:
        return math.inf
    admittance_s = 1 / impedance_ohm
    is_resistive = admittance_s.real > SMALLEST_TAN_PHASE * abs(admittance_s.imag)
    return admittance_s.real if is_resistive else 0.0


def _name(bench: Bench) -> str:
    return str(getattr(bench.roles.get("switch"), "name", "switch"))


def sighting_of(points: Sequence[Any], condition: tuple[str, float | None] | None = None) -> Sighting | None:
    """Return the content of a spectrum; None without two points with a temperature.

    Points have `temperature_k`, `frequency_hz`, `z_real_ohm` and `z_imag_ohm`, as `PointMeasured`.

    The conductance is that at the frequency where the cell is most resistive, the capacitance that at the
    highest frequencies: the median of Im Y / w of those that are far enough from a pure resistance.
    """
    usable = [p for p in points if p.temperature_k is not None and math.isfinite(p.temperature_k)]
    if len(usable) < 2:
        return None
    impedances = {id(p): complex(p.z_real_ohm or 0.0, p.z_imag_ohm or 0.0) for p in usable}
    most_resistive = min(
        usable, key=lambda p: abs(impedances[id(p)].imag / (impedances[id(p)].real or 1e-300))
    )
    real_ohm = abs(impedances[id(most_resistive)].real)
    if not real_ohm:
        return None
    temperature_k = sum(p.temperature_k or 0.0 for p in usable) / len(usable)
    highest = sorted(usable, key=lambda p: p.frequency_hz, reverse=True)[:CAPACITANCE_POINTS]
    capacitance_f = _capacitance_f([(p.frequency_hz, impedances[id(p)]) for p in highest])
    return Sighting(temperature_k, 1 / real_ohm, capacitance_f, condition, highest[0].frequency_hz)


def _capacitance_f(points: Sequence[tuple[float, complex]]) -> float:
    """Return the median of Im Y / w of points (Hz, ohm); NaN where none is capacitive enough."""
    seen = [(hertz, 1 / z_ohm) for hertz, z_ohm in points if z_ohm]
    found = [
        y_s.imag / (2 * math.pi * f) for f, y_s in seen if y_s.imag > CAPACITIVE_TAN_PHASE * abs(y_s.real)
    ]
    return statistics.median(found) if found else math.nan


def contradiction(known: Sequence[Sighting], now: Sighting, also_ln: float = 0.0) -> str:
    """Return in words how a spectrum contradicts the earlier ones of its cell; `""` if it does not.

    `also_ln` widens the range in which ln of the conductance is expected, at both ends.
    """
    at_its_condition = [one for one in known if one.condition == now.condition]
    return _other_capacitance(known, now) or _other_conductance(at_its_condition, now, also_ln)


def _other_capacitance(known: Sequence[Sighting], now: Sighting) -> str:
    alike = [one for one in known if not _is_apart(one.highest_hz, now.highest_hz)]
    before_f = sorted(one.capacitance_f for one in alike if math.isfinite(one.capacitance_f))
    if not before_f or not math.isfinite(now.capacitance_f):
        return ""
    usual_f = before_f[len(before_f) // 2]
    ratio = max(now.capacitance_f / usual_f, usual_f / now.capacitance_f)
    if ratio <= LARGEST_CAPACITANCE_RATIO:
        return ""
    return (
        f"its capacitance at the highest frequency is {1e12 * now.capacitance_f:.3g} pF, before it was "
        f"{1e12 * usual_f:.3g} pF: another cell, or two, may be connected"
    )


def _is_apart(one_hz: float, other_hz: float) -> bool:
    return abs(math.log(one_hz / other_hz)) > math.log(SAME_FREQUENCY_RATIO)


def _other_conductance(known: Sequence[Sighting], now: Sighting, also_ln: float) -> str:
    if not known:
        return ""
    low, high = _expected_ln(known, now)
    if low - also_ln <= now.ln_g_t <= high + also_ln:
        return ""
    nearest = low if now.ln_g_t < low else high
    factor = math.exp(abs(now.ln_g_t - (low + high) / 2))
    direction = "larger" if now.ln_g_t < nearest else "smaller"
    return (
        f"its resistance is {factor:.3g} times {direction} than its own series suggests: another cell, or "
        "none, may be connected, or the sample has changed"
    )


def _expected_ln(known: Sequence[Sighting], now: Sighting) -> tuple[float, float]:
    """Return the range of ln(G T) in which a spectrum of the same cell is expected."""
    nearest = min(known, key=lambda one: abs(one.inverse_ev - now.inverse_ev))
    away = nearest.inverse_ev - now.inverse_ev
    other = max(known, key=lambda one: abs(one.inverse_ev - nearest.inverse_ev))
    span = other.inverse_ev - nearest.inverse_ev
    if abs(span) < abs(away) / 4 or span == 0:
        ends = (nearest.ln_g_t, nearest.ln_g_t + LARGEST_EV * away)
        return min(ends) - TOLERANCE, max(ends) + TOLERANCE
    slope_ev = (nearest.ln_g_t - other.ln_g_t) / span
    expected = nearest.ln_g_t + slope_ev * away
    tolerance = TOLERANCE + CURVATURE * abs(slope_ev * away) * max(1.0, abs(away / span))
    return expected - tolerance, expected + tolerance
