"""A spectrum as text: its title, its resistance, its flags."""

import math

from labctl.readmodel.formatting import celsius, si, si_scale, with_uncertainty
from labctl.readmodel.snapshot import Row, SpectrumCurve

TWO_SIDED_95 = 1.959964


def title(spectrum: SpectrumCurve) -> str:
    """Return e.g. `no. 3, 70.02 °C, cooling, being measured`."""
    parts = [f"no. {spectrum.number}", _place(spectrum)]
    if spectrum.branch == "cooling":
        parts.append("cooling")
    if spectrum.status == "running":
        parts.append("being measured")
    elif spectrum.status != "finished":
        parts.append(spectrum.status)
    return ", ".join(parts)


def _place(spectrum: SpectrumCurve) -> str:
    if spectrum.temperature_k is not None:
        return f"{celsius(spectrum.temperature_k)} °C"
    if spectrum.setpoint_k is not None:
        return f"no temperature (set to {celsius(spectrum.setpoint_k)} °C)"
    return "no temperature"


def resistance(spectrum: SpectrumCurve) -> str:
    """Return the total resistance with its 95 % interval, a bound, or the reason why it is missing."""
    row = spectrum.resistance
    if row is None:
        return "resistance not known yet" if spectrum.status == "running" else "no resistance"
    value, u = row["resistance_ohm"], row["standard_uncertainty_ohm"]
    if value is None:
        return "no resistance: nothing can be said"
    if row["bound"]:
        return f"R {'>' if row['bound'] == 'lower' else '<'} {si(value, 'Ω')}"
    if u is None:
        return f"R = {si(value, 'Ω', 4)}, uncertainty not known"
    factor, prefix = si_scale(value)
    half = interval_half(row, "ohm")
    return f"R = {with_uncertainty(factor * value, factor * half)} {prefix}Ω (95\N{NO-BREAK SPACE}%)"


def interval_half(row: Row, unit: str) -> float:
    """Return half of the stored 95 % interval (columns `low_95_UNIT`); NaN without an uncertainty.

    1.96 u where an earlier labctl kept no interval.
    """
    low, high, u = row.get(f"low_95_{unit}"), row.get(f"high_95_{unit}"), row[f"standard_uncertainty_{unit}"]
    if low is not None and high is not None:
        return (high - low) / 2
    return math.nan if u is None else TWO_SIDED_95 * u


def flags(spectrum: SpectrumCurve) -> list[str]:
    """Return flags as sentences, including bad points."""
    row = spectrum.resistance
    found = list(row["flags"]) if row is not None else []
    if spectrum.bad_points:
        found.insert(0, f"{spectrum.bad_points} point(s) marked as bad are left out")
    return found


def relaxations(spectrum: SpectrumCurve) -> list[str]:
    """Return the peaks of the distribution of relaxation times, fastest first, then its flags."""
    if spectrum.relaxation is None:
        return []
    return [*map(relaxation, spectrum.relaxation.peaks), *spectrum.relaxation.flags]


def relaxation(peak: Row) -> str:
    """Return e.g. `τ 1.2 ms (133 Hz): 1.00 ± 0.02 kΩ (95 %)`."""
    value, u = peak["resistance_ohm"], peak["standard_uncertainty_ohm"]
    factor, prefix = si_scale(value)
    apex_hz = 1 / (2 * math.pi * peak["time_s"])
    interval = with_uncertainty(factor * value, factor * TWO_SIDED_95 * u)
    where = f"τ {si(peak['time_s'], 's')} ({si(apex_hz, 'Hz')})"
    return f"{where}: {interval} {prefix}Ω (95\N{NO-BREAK SPACE}%)"
