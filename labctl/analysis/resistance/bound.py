"""Lower and upper bounds for a resistance that a spectrum does not determine.

For resistances and capacitances in any connection Z' falls with frequency, from the total resistance at the
lowest to the series resistance at the highest (Guillemin, Synthesis of Passive Networks, 1957, ch. 4). So the
largest Z' before any electrode is seen is a lower bound, the smallest an upper one for a series resistance.
"""

import math
from dataclasses import dataclass

import numpy as np

from labctl.analysis.numerics.estimate import Estimate
from labctl.analysis.spectra.spectrum import Spectrum

CAPACITIVE_PHASE_RAD = math.radians(-80)


@dataclass(frozen=True)
class Bound:
    """A limit of the resistance: `side` is `lower` (it is at least that large) or `upper`."""

    resistance_ohm: float
    side: str
    reason: str


def lowest_capacitance_f(clean: Spectrum) -> float:
    """Series capacitance -1 / (w Z'') at the lowest frequency; infinite when it is not capacitive there."""
    reactance = -float(clean.z_ohm[-1].imag)
    return 1 / (2 * math.pi * float(clean.frequency_hz[-1]) * reactance) if reactance > 0 else math.inf


def is_open(clean: Spectrum, least_electrode_f: float) -> bool:
    """Nothing but a capacitor too small to be an electrode: no contact, or a sample that does not conduct."""
    phase = np.angle(clean.z_ohm)
    return (
        lowest_capacitance_f(clean) < least_electrode_f
        and bool(np.median(phase) < CAPACITIVE_PHASE_RAD)
        and bool(phase[-1] < CAPACITIVE_PHASE_RAD)
    )


def bound_from_data(clean: Spectrum, least_electrode_f: float) -> Bound | None:
    """The bound a spectrum allows when no circuit could be accepted; None when it allows none."""
    if is_open(clean, least_electrode_f):
        modulus = float(np.abs(clean.z_ohm[-1]))
        return Bound(modulus, "lower", "open cell: only a stray capacitance is seen")
    capacitance = lowest_capacitance_f(clean)
    if capacitance < least_electrode_f:
        largest = float(clean.z_ohm.real.max())
        if largest > 0:
            return Bound(largest, "lower", "arc not closed: its low-frequency end is below the window")
    elif math.isfinite(capacitance) and float(np.median(np.angle(clean.z_ohm))) < CAPACITIVE_PHASE_RAD:
        smallest = float(np.median(np.sort(clean.z_ohm.real)[:3]))
        if smallest > 0:
            return Bound(smallest, "upper", "resistance lost beside the electrodes' capacitance")
    return None


def bound_from_range(total_ohm: Estimate, range_ohm: tuple[float, float]) -> Bound | None:
    """The bound when a fitted resistance is outside the range of the instrument, or not above zero."""
    low, high = range_ohm
    if total_ohm.value > high:
        return Bound(high, "lower", f"out of range: {total_ohm.value:.3g} ohm is above {high:.3g} ohm")
    reach = total_ohm.value + 2 * total_ohm.standard_uncertainty
    if total_ohm.value < low:
        return Bound(max(low, reach), "upper", f"out of range: below {low:.3g} ohm")
    if total_ohm.value <= 2 * total_ohm.standard_uncertainty:
        return Bound(reach, "upper", "not distinguishable from zero")
    return None
