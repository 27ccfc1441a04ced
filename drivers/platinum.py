"""Temperature of a PT100 by the equation of Callendar and van Dusen (IEC 60751, ITS-90)."""

import math

RESISTANCE_AT_ZERO_OHM = 100.0
A, B, C = 3.9083e-3, -5.775e-7, -4.183e-12
LOWEST_DEGC, HIGHEST_DEGC = -200.0, 850.0
STEPS = 6


def pt100_ohm(temperature_degc: float) -> float:
    """Return the resistance in ohm; raises ValueError outside -200 to 850 degC."""
    if not LOWEST_DEGC <= temperature_degc <= HIGHEST_DEGC:
        raise ValueError(f"{temperature_degc:g} degC is outside the range of a PT100, -200 to 850 degC")
    return _ohm(temperature_degc)


def _ohm(t: float) -> float:
    below = C * (t - 100) * t**3 if t < 0 else 0.0
    return RESISTANCE_AT_ZERO_OHM * (1 + A * t + B * t**2 + below)


def pt100_degc(resistance_ohm: float) -> float:
    """Return the temperature in degC; raises ValueError if it is outside -200 to 850 degC."""
    if not pt100_ohm(LOWEST_DEGC) <= resistance_ohm <= pt100_ohm(HIGHEST_DEGC):
        raise ValueError(f"{resistance_ohm:g} ohm is outside the range of a PT100, 18.52 to 390.48 ohm")
    ratio = resistance_ohm / RESISTANCE_AT_ZERO_OHM
    t = (-A + math.sqrt(A**2 - 4 * B * (1 - ratio))) / (2 * B)
    for _ in range(STEPS if t < 0 else 0):  # Newton; the slope of the quadratic part is close enough
        t -= (_ohm(t) - resistance_ohm) / (RESISTANCE_AT_ZERO_OHM * (A + 2 * B * t))
    return max(t, LOWEST_DEGC)
