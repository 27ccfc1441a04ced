"""Accuracy of instruments: limits of error and classes, from data sheets, standards and certificates.

A driver declares the figures of its data sheet beside its commands, and names the source. A figure that was
not found is not declared: it counts as not stated, never as zero. A station file replaces the figures of a
driver (`[accuracy.*]`, docs/reference/station.md).

    from labctl.accuracy import Accuracy, AccuracyRange

    ACCURACY = Accuracy(analyser=(AccuracyRange(gain=0.001, phase_rad=0.0017, source="data sheet, p. 3"),))
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

ANY = (0.0, math.inf)
ZERO_CELSIUS_K = 273.15
ROUNDING_K = 1e-9  # of a temperature in degC that was converted to K
COUPLES = ("B", "C", "E", "J", "K", "N", "R", "S", "T")
DRIFTS_FROM_DEGC = 200.0
"""Highest temperature of a run above which the wire of a thermocouple changes during the run."""
DRIFTS = {"K": 0.017}
"""Limit of the drift of a thermocouple, as a share of the temperature in degC. Type K: ORNL-TM-4862 (1975),
errors up to 1.7 % after use above 200 degC through short-range ordering between 200 and 600 degC. For the
other types no figure was found; their drift is not stated."""


@dataclass(frozen=True)
class AccuracyRange:
    """Limits of error of an impedance inside a range of frequency and of impedance, ends included.

    Attributes
    ----------
    gain : float
        Limit of the relative error of |Z|.
    phase_rad : float or None
        Limit of the error of the phase; None: not stated.
    source : str
        Data sheet, certificate or person that states it.
    frequency_hz, impedance_ohm : (low, high)

    Raises
    ------
    ValueError
        A limit that is no limit, or a range that is no range.
    """

    gain: float
    phase_rad: float | None
    source: str
    frequency_hz: tuple[float, float] = ANY
    impedance_ohm: tuple[float, float] = ANY

    def __post_init__(self) -> None:
        if not 0 < self.gain < 1:
            raise ValueError(f"gain must be a relative error between 0 and 1, got {self.gain!r}")
        if self.phase_rad is not None and not 0 < self.phase_rad < math.pi / 2:
            raise ValueError(f"phase_rad must lie between 0 and pi/2, got {self.phase_rad!r}")
        for name in ("frequency_hz", "impedance_ohm"):
            low, high = getattr(self, name)
            if not 0 <= low < high:
                raise ValueError(f"{name} must be (low, high) with 0 <= low < high, got {(low, high)!r}")


@dataclass(frozen=True)
class CurrentRange:
    """Limits of error of a measured current up to a current: `gain` (relative) and `zero_a`."""

    up_to_a: float
    gain: float
    zero_a: float


@dataclass(frozen=True)
class PotentiostatAccuracy:
    """Limits of error of a potentiostat.

    Attributes
    ----------
    potential_gain, potential_zero_v : float or None
        Of the potential: relative, and absolute; None: not stated.
    currents : tuple of CurrentRange
        Smallest range first.
    source : str
    """

    potential_gain: float | None
    potential_zero_v: float | None
    currents: tuple[CurrentRange, ...]
    source: str

    def of_current(self, current_a: float) -> CurrentRange | None:
        """Return the smallest range that holds a current; None where none does."""
        return next((one for one in self.currents if abs(current_a) <= one.up_to_a), None)


@dataclass(frozen=True)
class ThermometerClass:
    """Limits of error of a class of thermometer, in K; `t` is the temperature in degC.

    `adds`: the limit is fixed_k + share (|t| - beyond_degc), the second term from `beyond_degc` on; else the
    larger of fixed_k and share |t|.

    Attributes
    ----------
    range_degc : (low, high)
        Temperatures for which the standard defines the class; outside, nothing is stated.
    drifts : bool
        A thermocouple: its wire changes above 200 degC, and the class holds for new wire.
    couple : str
        Letter of a thermocouple; empty: a resistance thermometer.
    """

    name: str
    fixed_k: float
    share: float
    range_degc: tuple[float, float]
    source: str
    adds: bool = False
    beyond_degc: float = 0.0
    drifts: bool = False
    couple: str = ""

    def limit_k(self, temperature_k: float) -> float | None:
        """Return the limit of error at a temperature; None outside the range of the class."""
        t = temperature_k - ZERO_CELSIUS_K
        if not self.range_degc[0] - ROUNDING_K <= t <= self.range_degc[1] + ROUNDING_K:
            return None
        if self.adds:
            return self.fixed_k + self.share * max(abs(t) - self.beyond_degc, 0.0)
        return max(self.fixed_k, self.share * abs(t))


@dataclass(frozen=True)
class Accuracy:
    """Figures that a driver declares of its instrument; empty and None: not stated."""

    analyser: tuple[AccuracyRange, ...] = ()
    potentiostat: PotentiostatAccuracy | None = None


def _platinum(
    name: str, fixed_k: float, share: float, **ranges: tuple[float, float]
) -> list[ThermometerClass]:
    source = "IEC 60751:2022"
    return [
        ThermometerClass(f"{name} {element}", fixed_k, share, range_degc, source, adds=True)
        for element, range_degc in ranges.items()
    ]


def _couple(
    kind: str, number: int, fixed_k: float, share: float, range_degc: tuple[float, float]
) -> ThermometerClass:
    name, source = f"type {kind} class {number}", "IEC 60584-1:2013"
    return ThermometerClass(name, fixed_k, share, range_degc, source, drifts=True, couple=kind)


_BASE = (-40.0, 1000.0)
_BASE_2 = (-40.0, 1200.0)
CLASSES: Mapping[str, ThermometerClass] = {
    one.name: one
    for one in (
        *_platinum("PT100 A", 0.15, 0.002, wire=(-100.0, 450.0), film=(-30.0, 300.0)),
        *_platinum("PT100 B", 0.30, 0.005, wire=(-196.0, 600.0), film=(-50.0, 500.0)),
        _couple("K", 1, 1.5, 0.004, _BASE),
        _couple("K", 2, 2.5, 0.0075, _BASE_2),
        _couple("N", 1, 1.5, 0.004, _BASE),
        _couple("N", 2, 2.5, 0.0075, _BASE_2),
        _couple("T", 1, 0.5, 0.004, (-40.0, 350.0)),
        _couple("T", 2, 1.0, 0.0075, (-40.0, 350.0)),
        ThermometerClass(
            "type S class 1", 1.0, 0.003, (0.0, 1600.0), "IEC 60584-1:2013",
            adds=True, beyond_degc=1100.0, drifts=True, couple="S",
        ),
        _couple("S", 2, 1.5, 0.0025, (0.0, 1600.0)),
    )
}  # fmt: skip
"""Classes by name. PT100: `wire` or `film`, whose ranges differ. Thermocouples: new wire, cold end 0 degC."""


@dataclass(frozen=True)
class ThermometerCalibration:
    """Standard uncertainties that a calibration certificate leaves, of readings that are corrected by it.

    Attributes
    ----------
    offset_u_k : float
        In K, common to all readings.
    gain_u : float
        In K for each K of distance from 0 degC, common to all readings.
    couple : str
        Letter of a thermocouple; empty: a resistance thermometer, or not given.
    in_place : bool
        Calibrated where it is used, at the depth and the temperatures of use: the wire has drifted already.
    """

    offset_u_k: float
    gain_u: float = 0.0
    couple: str = ""
    in_place: bool = False

    def standard_uncertainty_k(self, temperature_k: float) -> float:
        """Return the standard uncertainty at a temperature."""
        return math.hypot(self.offset_u_k, self.gain_u * (temperature_k - ZERO_CELSIUS_K))


@dataclass(frozen=True)
class SampleOffset:
    """Difference between sample and sensor, measured by a second sensor or a known transition of a sample.

    Attributes
    ----------
    offset_k : float
        Temperature of the sample minus the reading of the sensor, at rest.
    uncertainty_k : float
        Its standard uncertainty.
    source : str
    """

    offset_k: float
    uncertainty_k: float
    source: str
