"""Errors of the instruments of a night, drawn from the limits that its station states.

A limit of error is rectangular: every error inside it is equally probable. One error belongs to one
instrument and stays the same through the night. Limits by IEC 60751:2022 (platinum) and IEC 60584-1:2013
(thermocouples), written out here a second time. Nothing here is imported from labctl.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from cells.elements import Complex
from numpy.random import Generator
from numpy.typing import NDArray

ZERO_CELSIUS_K = 273.15
Real = NDArray[np.float64]

LIMITS = {  # name: fixed part in K, share of |t| in degC, whether they add (else the larger holds)
    "PT100 A wire": (0.15, 0.002, True),
    "PT100 B wire": (0.30, 0.005, True),
    "type K class 1": (1.5, 0.004, False),
    "type T class 1": (0.5, 0.004, False),
}
HOTTEST_DEGC = {
    "PT100 A wire": 440.0,
    "PT100 B wire": 590.0,
    "type K class 1": 195.0,
    "type T class 1": 195.0,
}


@dataclass(frozen=True)
class Thermometer:
    """Error in K of a reading: offset + gain (T - 273.15 K), the same for every reading of a night.

    Attributes
    ----------
    stated : mapping or None
        Statement of the station about it; None: not stated.
    offset_k, gain : float
    """

    stated: Mapping[str, Any] | None
    offset_k: float
    gain: float

    def reading_k(self, kelvin: Real) -> Real:
        """Reading at a true temperature, (n,)."""
        return kelvin + self.offset_k + self.gain * (kelvin - ZERO_CELSIUS_K)

    def shows(self, reading_k: float) -> float:
        """True temperature at which it shows a reading."""
        return (reading_k - self.offset_k + self.gain * ZERO_CELSIUS_K) / (1 + self.gain)


def thermometer(name: str, hottest_degc: float, rng: Generator) -> Thermometer:
    """A thermometer of a class, or `calibrated`, with errors drawn.

    A class limits an offset and a part that grows with the temperature; both are drawn, so that their sum
    stays inside the limit at the hottest temperature.
    """
    about = {"instrument": "oven", "given_by": "station"}
    if name == "calibrated":
        offset_u_k, gain_u = math.exp(rng.uniform(math.log(0.02), math.log(0.5))), rng.uniform(0, 1e-3)
        stated = about | {"source": "certificate", "offset_u_k": offset_u_k, "gain_u": gain_u}
        return Thermometer(stated, offset_u_k * rng.standard_normal(), gain_u * rng.standard_normal())
    fixed_k, share, adds = LIMITS[name]
    stated = about | {"source": name, "class": name}
    while True:
        drawn = Thermometer(stated, rng.uniform(-1, 1) * fixed_k, rng.uniform(-1, 1) * share)
        limit_k = fixed_k + share * hottest_degc if adds else max(fixed_k, share * hottest_degc)
        if abs(drawn.offset_k + drawn.gain * hottest_degc) <= limit_k:
            return drawn


@dataclass(frozen=True)
class Analyser:
    """Errors of gain and phase, one pair for each range of |Z|, a decade wide.

    Attributes
    ----------
    gain, phase_rad : float
        Limits of error that are stated.
    begins : float
        Where a range begins, as a share of a decade.
    seed : int
        Of the errors.
    """

    gain: float
    phase_rad: float
    begins: float
    seed: int

    def stated(self) -> dict[str, Any]:
        """Return the statement of the station, as a run keeps it."""
        ends = {"frequency_hz": [0.0, None], "impedance_ohm": [0.0, None]}
        one = {"gain": self.gain, "phase_rad": self.phase_rad, "source": "data sheet"} | ends
        return {"instrument": "fra", "source": "data sheet", "given_by": "station", "ranges": [one]}

    def errors(self, of_range: int) -> tuple[float, float]:
        """Relative error of the gain, and error of the phase in rad, of a range."""
        rng = np.random.default_rng([self.seed, of_range + 1000])
        return rng.uniform(-1, 1) * self.gain, rng.uniform(-1, 1) * self.phase_rad

    def reads(self, z_ohm: Complex) -> Complex:
        """The impedance as it is read, (n,)."""
        ranges = np.floor(np.log10(np.abs(z_ohm)) + self.begins).astype(int)
        pairs = np.array([self.errors(one) for one in ranges.tolist()])
        return z_ohm * (1 + pairs[:, 0]) * np.exp(1j * pairs[:, 1])


def analyser(rng: Generator) -> Analyser:
    """An analyser of 0.05 to 0.5 %."""
    gain = math.exp(rng.uniform(math.log(5e-4), math.log(5e-3)))
    return Analyser(gain, gain * rng.uniform(0.5, 1.5), rng.uniform(), int(rng.integers(2**31)))


@dataclass(frozen=True)
class Potentiostat:
    """Errors of a potentiostat: relative ones of potential and current, and their zeros in V and A."""

    limits: tuple[float, float, float, float]
    potential_gain: float
    potential_zero_v: float
    current_gain: float
    current_zero_a: float

    def stated(self) -> dict[str, Any]:
        """Return the statement of the station, as a run keeps it."""
        potential_gain, potential_zero_v, gain, zero_a = self.limits
        about = {"instrument": "potentiostat", "source": "data sheet", "given_by": "station"}
        currents = [{"up_to_a": None, "gain": gain, "zero_a": zero_a}]
        return about | {
            "potential_gain": potential_gain,
            "potential_zero_v": potential_zero_v,
            "currents": currents,
        }

    def reads_v(self, volt: Real) -> Real:
        """Potential as it is read, (n,)."""
        return volt * (1 + self.potential_gain) + self.potential_zero_v

    def reads_a(self, ampere: Real) -> Real:
        """Current as it is read, (n,)."""
        return ampere * (1 + self.current_gain) + self.current_zero_a


def potentiostat(current_a: float, rng: Generator) -> Potentiostat:
    """A potentiostat of 0.05 to 0.5 %, with a zero of 0.02 to 0.5 % of a usual current."""
    gains = np.exp(rng.uniform(math.log(5e-4), math.log(5e-3), 2))
    zeros = rng.uniform(2e-4, 5e-3) * current_a, rng.uniform(1e-5, 1e-4)
    limits = (float(gains[0]), float(zeros[1]), float(gains[1]), float(zeros[0]))
    drawn = [float(rng.uniform(-1, 1) * limit) for limit in limits]
    return Potentiostat(limits, *drawn)
