"""Pre-flight: a minute of measurement that names what would spoil a night, before it is queued.

1. Order: thermometer, spectrum, the same frequencies again at twice and at half the amplitude and once more
   at the first one, and last the oven, since warming moves the sample.
2. A finding is `ok`, `fault`, or `unknown` where the bench does not show it. Nothing unknown passes as ok.
3. Every failure of an instrument is a finding. The outputs are made safe by the code that opened the bench,
   which is after every ending; the sweep ends its own excitation, and the oven is made safe here as well.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from labctl.bench import Bench, ImpedancePoint
from labctl.config.sample import Sample
from labctl.errors import InstrumentError, LimitExceeded
from labctl.units import ZERO_CELSIUS_K

OK, FAULT, UNKNOWN = "ok", "fault", "unknown"
EPSILON_0 = 8.8541878128e-12
PERMITTIVITY = (2.0, 100.0)
"""Relative permittivities outside of which the geometry is doubted; solid electrolytes have about 5 to 60."""
CAPACITIVE_DEG = -60.0  # phase at which a parallel capacitance is read
SHORT_OHM = 1.0
LARGEST_S_M = 10.0  # S/m; the best solid electrolytes at room temperature have 2.5
MOST_CHANGE = 0.02  # of |Z| between two spectra at one amplitude, median over the frequencies
FEWEST_GOOD = 0.75  # of the points
READINGS, READ_EVERY_S, LARGEST_SPREAD_K = 3, 1.0, 2.0
BESIDE_LIMITS_K = 30.0
LARGEST_DIFFERENCE_K = 30.0
OVEN_STEP_K, OVEN_RISE_K, SETPOINT_WITHIN_K = 5.0, 0.2, 0.05
REPEATED = 7
"""Frequencies of the spectra at the other amplitudes."""


@dataclass(frozen=True)
class PreflightSettings:
    """Amplitude (V rms), frequencies (Hz, descending), integration (s), time given to the oven (s)."""

    amplitude_v: float = 0.01
    frequencies_hz: tuple[float, ...] = tuple(float(hz) for hz in np.logspace(6, 1, 16))
    integration_s: float = 0.5
    oven_wait_s: float = 60.0


@dataclass(frozen=True)
class Finding:
    """One question with its answer: `ok`, `fault` or `unknown`, in words."""

    subject: str
    verdict: str
    words: str


@dataclass(frozen=True)
class Preflight:
    """All findings in the order found, and the points of the first spectrum."""

    findings: tuple[Finding, ...]
    points: tuple[ImpedancePoint, ...]

    @property
    def outcome(self) -> str:
        """`faults`, `passed`, or `passed in part` where something remained unknown."""
        verdicts = {one.verdict for one in self.findings}
        return "faults" if FAULT in verdicts else "passed in part" if UNKNOWN in verdicts else "passed"

    @property
    def words(self) -> str:
        """The verdict in one sentence; faults first."""
        faults = [f"{one.subject}: {one.words}" for one in self.findings if one.verdict == FAULT]
        open_ones = [one.subject for one in self.findings if one.verdict == UNKNOWN]
        if faults:
            return f"do not queue: {'; '.join(faults)}"
        return "ready" + (f"; not known: {', '.join(open_ones)}" if open_ones else "")


def preflight(bench: Bench, sample: Sample, settings: PreflightSettings) -> Preflight:
    """Measure for about a minute and judge; failures of instruments are findings."""
    findings = [_guarded("thermometer", lambda: _thermometer(bench))]
    sweeps, problem = _sweeps(bench, settings)
    findings += [problem] if problem else judged(sweeps, sample, settings.amplitude_v)
    findings.append(_guarded("oven", lambda: _oven(bench, settings)))
    return Preflight(tuple(findings), tuple(sweeps[0]) if sweeps else ())


def _guarded(subject: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except (InstrumentError, LimitExceeded) as error:
        return Finding(subject, FAULT, str(error))


def _thermometer(bench: Bench) -> Finding:
    """Read several times: plausible, steady, and near what the oven reads."""
    if not {"thermometer", "oven"} & set(bench.roles):
        return Finding("thermometer", UNKNOWN, "the station has none")
    found = []
    for _ in range(READINGS):
        found.append(bench.sample_temperature_k())
        bench.clock.sleep(READ_EVERY_S)
    kelvin, spread_k = float(np.mean(found)), max(found) - min(found)
    low, high = bench.limits.temperature_k
    said = f"{kelvin - ZERO_CELSIUS_K:.2f} °C"
    if not low - BESIDE_LIMITS_K <= kelvin <= high + BESIDE_LIMITS_K:
        limits = f"{low - ZERO_CELSIUS_K:g} to {high - ZERO_CELSIUS_K:g} °C"
        return Finding("thermometer", FAULT, f"{said} is far outside of the limits of the station, {limits}")
    if spread_k > LARGEST_SPREAD_K:
        return Finding("thermometer", FAULT, f"{said} moves by {spread_k:.2g} K in {READINGS} readings")
    if {"thermometer", "oven"} <= set(bench.roles):
        apart_k = kelvin - bench.oven.temperature_k
        if abs(apart_k) > LARGEST_DIFFERENCE_K:
            return Finding("thermometer", FAULT, f"{said} is {apart_k:+.1f} K from the sensor of the oven")
    return Finding("thermometer", OK, f"{said}, steady within {spread_k:.2g} K")


def _sweeps(
    bench: Bench, settings: PreflightSettings
) -> tuple[list[Sequence[ImpedancePoint]], Finding | None]:
    """Return the spectrum, and its repetitions at twice, half and the same amplitude."""
    every = settings.frequencies_hz
    some = tuple(every[int(place)] for place in np.linspace(0, len(every) - 1, min(REPEATED, len(every))))
    amplitude_v, found = settings.amplitude_v, []
    try:
        for frequencies_hz, volt in (
            *((every, amplitude_v), (some, 2 * amplitude_v)),
            *((some, amplitude_v / 2), (some, amplitude_v)),
        ):
            with closing(bench.fra.sweep(frequencies_hz, volt, settings.integration_s)) as sweep:
                found.append(tuple(sweep))
    except (InstrumentError, LimitExceeded) as error:
        return found[:1], Finding("spectrum", FAULT, f"could not be measured: {error}")
    return found, None


def judged(sweeps: Sequence[Sequence[ImpedancePoint]], sample: Sample, amplitude_v: float) -> list[Finding]:
    """Return the findings about the cell from the spectrum and its three repetitions."""
    good = _good(sweeps[0])
    if len(good) < FEWEST_GOOD * len(sweeps[0]):
        bad = next((point.status for point in sweeps[0] if point.status != "ok"), "no point")
        words = f"{len(sweeps[0]) - len(good)} of {len(sweeps[0])} points are not valid ({bad})"
        return [Finding("spectrum", FAULT, f"{words}: are the leads connected?")]
    spectrum = Finding("spectrum", OK, f"{len(good)} points from {max(good):.3g} to {min(good):.3g} Hz")
    connected = _open_or_short(good, sample)
    if connected.verdict == FAULT:
        return [spectrum, connected]
    contact = _contact(good, _good(sweeps[3]))
    return [spectrum, connected, _geometry(good, sample), contact, _linear(good, sweeps, amplitude_v)]


def _good(points: Sequence[ImpedancePoint]) -> dict[float, complex]:
    """Return the impedance of each valid point by its frequency, highest first."""
    valid = [point for point in points if point.status == "ok"]
    known = {point.frequency_hz: complex(point.z_real_ohm, point.z_imag_ohm) for point in valid}
    usable = {hz: z for hz, z in known.items() if hz > 0 and np.isfinite(z) and z != 0}
    return dict(sorted(usable.items(), reverse=True))


def _empty_f(sample: Sample) -> float:
    """Capacitance of the stated geometry with nothing between its electrodes, F."""
    return EPSILON_0 * sample.area_m2 / sample.thickness_m


def _open_or_short(good: dict[float, complex], sample: Sample) -> Finding:
    highest_hz, z = next(iter(good.items()))
    magnitudes = [abs(one) for one in good.values()]
    largest = max(magnitudes)
    vacuum_ohm = 1 / (2 * math.pi * highest_hz * _empty_f(sample))
    if abs(z) > vacuum_ohm:
        words = (
            f"|Z| at {highest_hz:.3g} Hz is {abs(z):.3g} ohm, above the {vacuum_ohm:.3g} ohm of the empty "
            "geometry: the cell is open, or the geometry is wrong by far"
        )
        return Finding("open or short", FAULT, words)
    sigma = sample.thickness_m / (sample.area_m2 * largest)
    if largest < SHORT_OHM or sigma > LARGEST_S_M:
        words = f"|Z| is at most {largest:.3g} ohm, {sigma / 100:.2g} S/cm: the cell is shorted"
        return Finding("open or short", FAULT, words)
    return Finding("open or short", OK, f"|Z| from {min(magnitudes):.3g} to {largest:.3g} ohm")


def _geometry(good: dict[float, complex], sample: Sample) -> Finding:
    """Compare the capacitance at the highest frequency, where it is seen, with that of the geometry."""
    hz, z = next(iter(good.items()))
    if math.degrees(np.angle(z)) > CAPACITIVE_DEG:
        words = f"the capacitance of the sample is not seen up to {hz:.3g} Hz (it conducts too well)"
        return Finding("geometry", UNKNOWN, words)
    farad = float((1 / z).imag) / (2 * math.pi * hz)
    permittivity = farad / _empty_f(sample)
    low, high = PERMITTIVITY
    words = (
        f"{farad * 1e12:.3g} pF, with {sample.thickness_m * 1e3:.4g} mm and {sample.area_m2 * 1e4:.4g} cm2 "
        f"a relative permittivity of {permittivity:.3g}"
    )
    if low <= permittivity <= high:
        return Finding("geometry", OK, words)
    asked = f"outside of {low:g} to {high:g}: are thickness and area right, and is the fixture small?"
    return Finding("geometry", FAULT, f"{words}, {asked}")


def _contact(good: dict[float, complex], again: dict[float, complex]) -> Finding:
    """Compare two spectra at one amplitude: a loose contact moves |Z|."""
    common = [hz for hz in again if hz in good]
    if not common:
        return Finding("contact", UNKNOWN, "no point of the repeated spectrum is valid")
    change = float(np.median([abs(abs(again[hz] / good[hz]) - 1) for hz in common]))
    words = f"|Z| changed by {100 * change:.2g} % (median) between two spectra"
    if change > MOST_CHANGE:
        return Finding("contact", FAULT, f"{words}: a loose contact, or the sample drifts")
    return Finding("contact", OK, words)


def _linear(
    good: dict[float, complex], sweeps: Sequence[Sequence[ImpedancePoint]], amplitude_v: float
) -> Finding:
    from labctl.analysis.spectra.linearity import linearity

    double, half = _good(sweeps[1]), _good(sweeps[2])
    common = [hz for hz in good if hz in double and hz in half]
    first, twice, once_half = ([known[hz] for hz in common] for known in (good, double, half))
    found = linearity(common, first, twice, once_half, amplitude_v)
    if found is None:
        return Finding("amplitude", UNKNOWN, "too few points are valid at all three amplitudes")
    advice = "" if found.is_linear else "; give a smaller amplitude"
    return Finding("amplitude", OK if found.is_linear else FAULT, found.words + advice)


def _oven(bench: Bench, settings: PreflightSettings) -> Finding:
    """Set a point a little above the temperature now; see it read back, and the oven warm."""
    if "oven" not in bench.roles:
        return Finding("oven", UNKNOWN, "the station has none")
    oven = bench.oven
    try:
        return _warmed(bench, oven, settings.oven_wait_s)
    finally:
        oven.make_safe()


def _warmed(bench: Bench, oven: Any, wait_s: float) -> Finding:
    before_k = oven.temperature_k
    asked_k = before_k + OVEN_STEP_K
    bench.limits.check_temperature(asked_k)
    oven.setpoint_k = asked_k
    begun_s = bench.clock.monotonic()
    read_k = before_k
    while bench.clock.monotonic() - begun_s < wait_s and read_k - before_k < OVEN_RISE_K:
        bench.clock.sleep(READ_EVERY_S)
        read_k = oven.temperature_k
    setpoint_k, waited_s = oven.setpoint_k, bench.clock.monotonic() - begun_s
    asked, rise_k = f"{asked_k - ZERO_CELSIUS_K:.2f} °C", read_k - before_k
    if read_k - before_k >= OVEN_RISE_K:
        return Finding("oven", OK, f"warmed by {rise_k:.2g} K in {waited_s:.0f} s, set to {asked}")
    if abs(setpoint_k - asked_k) > SETPOINT_WITHIN_K and not before_k <= setpoint_k <= asked_k:
        read = f"{setpoint_k - ZERO_CELSIUS_K:.2f} °C"
        return Finding("oven", FAULT, f"was set to {asked} and reads back {read}: it does not obey")
    words = (
        f"set to {asked}, it moved by {rise_k:+.2g} K in {waited_s:.0f} s: its heater is off, dead or slow"
    )
    return Finding("oven", FAULT, words)
