"""Nights with one thing wrong: class of the thermometer, a sample that changes, a sample that lags on a ramp.

Each line of the table is a number of nights of one arc with an Arrhenius material, through the results file.
A night is good where the interval of Ea covers the truth, or a flag names the cause.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from cells import elements, kinds
from cells.cell import Arc, Cell, Part
from cells.results import percent

from nights import instruments, law_tables, materials
from nights.law_tables import Line, grid
from nights.materials import BOLTZMANN_EV_K, Real
from nights.night import Bench, Measured, Night, made

ENERGY_EV = 0.84
CLASSES = ("PT100 A wire", "PT100 B wire", "type K class 1", "type T class 1", "calibrated")
PERCENT_AN_HOUR = 0.01
CHANGED = ("the sample changed", "changed while held", "hysteresis:", "cooling differs", "differ")
NOT_LOOKED_FOR = ("not stated: change of the sample",)
LAGGING = ("the temperature moved", "lag")
OF_THEIR_OWN = "bulk and grain boundary have activation energies of their own"
BULK_EV, BOUNDARY_EV = 0.35, 0.55
SPIKE = Part(elements.constant_phase, {"c": 3e-6, "n": 0.9})
POINT_S = 3.0

Judge = Callable[[Night], dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """Ea of a night: its standard uncertainty in eV, whether it is covered, and whether a flag names why."""

    u_ev: float
    covered: bool
    named: bool


def outcome(row: dict[str, Any], words: Sequence[str]) -> Outcome:
    """Of the row of a night; a night without Ea counts as named where a flag has the words."""
    flags = " | ".join(row["law_flags"])
    named = any(one in flags for one in words)
    if (judged := row.get("Ea")) is None:
        return Outcome(math.nan, False, named)
    return Outcome(judged["u"], judged["covered"], named)


def _line(name: str, found: list[Outcome], words: str = "") -> Line:
    n = len(found)
    covered, bad = sum(one.covered for one in found), sum(not one.covered and not one.named for one in found)
    told = f", told as {words} {percent(sum(one.named for one in found), n)}" if words else ""
    u_mev = 1e3 * float(np.nanmedian([one.u_ev for one in found]))
    text = f"Ea covered {percent(covered, n)}{told}, neither {bad}; u(Ea) {u_mev:.2f} meV"
    return Line(name, n, text, "95 % covered or told, by the 99 % interval", law_tables.enough(n - bad, n))


def of_class(name: str, n: int, seed: int, judge: Judge) -> Line:
    """Ea of 0.84 eV from 50 to 110 degC, with a thermometer of a class."""
    found = []
    for number in range(n):
        rng = np.random.default_rng([seed, number, len(name), 34])
        night = made(number, name, materials.Arrhenius(0.0, ENERGY_EV), grid(50, 110, 7), rng, (0.0, "up"))
        found.append(outcome(judge(night), ()))
    return _line(f"thermometer {name}, 0.84 eV, 50 to 110 degC", found)


def degrading(way: str, n: int, seed: int, judge: Judge) -> Line:
    """A sample that loses 1 % an hour, measured one way up, with the first temperature again, or back."""
    found = []
    for number in range(n):
        rng = np.random.default_rng([seed, number, len(way), 35])
        shape = materials.Arrhenius(0.0, rng.uniform(0.3, 0.8))
        night = made(number, "calibrated", shape, grid(30, 100, 8), rng, (PERCENT_AN_HOUR, way))
        found.append(outcome(judge(night), CHANGED if way != "up" else NOT_LOOKED_FOR))
    ways = {"up": "one way up", "repeat": "the first temperature again", "back": "there and back"}
    return _line(f"1 % an hour, {ways[way]}", found, "changed" if way != "up" else "not looked for")


def crossing(n: int, seed: int, judge: Judge) -> Line:
    """Bulk of 0.35 eV and grain boundary of 0.55 eV that cross: a flag, and energies of both."""
    told, covered, parts, vtf = 0, 0, 0, 0
    for number in range(n):
        row = judge(two_energies(number, np.random.default_rng([seed, number, 37])))
        told += any(OF_THEIR_OWN in flag for flag in row["law_flags"])
        vtf += row["stated_law"] == "vtf"
        for part, energy_ev in (("bulk", BULK_EV), ("grain_boundary_apparent", BOUNDARY_EV)):
            if part in row["parts"]:
                parts += 1
                covered += row["parts"][part]["low"] <= energy_ev <= row["parts"][part]["high"]
    of_parts = f"Ea of the parts covered {percent(covered, parts)} of {parts}"
    found = f"told {percent(told, n)}, {of_parts}, called VTF {vtf}"
    asked = "95 % told, and 95 % of the energies covered, by the 99 % interval"
    met = law_tables.enough(told, n) and parts > 0 and law_tables.enough(covered, parts)
    return Line("bulk 0.35 eV and grain boundary 0.55 eV", n, found, asked, met)


def two_energies(number: int, rng: np.random.Generator) -> Night:
    """A night of a pellet with a resolved grain boundary that has an energy of its own."""
    grid_k = grid(20, 90, 8)
    middle_k = float(np.median(grid_k))
    shape = materials.Arrhenius(0.0, BULK_EV)
    like = made(number, "calibrated", shape, grid_k, rng, (0.0, "up"))
    ohm = rng.uniform(3e3, 3e4)
    pellet = kinds.drawn_from(kinds.two_arcs, rng)
    pair = (Arc(ohm, 2e-11, a=0.97), Arc(ohm, 4e-9, a=0.95))

    def cells(kelvin: float) -> Cell:
        steps = (1 / kelvin - 1 / middle_k) / BOLTZMANN_EV_K
        grown = [math.exp(energy * steps) * kelvin / middle_k for energy in (BULK_EV, BOUNDARY_EV)]
        arcs = [replace(arc, resistance_ohm=ohm * factor) for arc, factor in zip(pair, grown, strict=True)]
        window = np.geomspace(5e6, 1.0, 50)
        return replace(pellet, electrolyte=tuple(arcs), frequency_hz=window, noise=1e-3, electrode=SPIKE)

    thermometer = instruments.thermometer("calibrated", 90.0, rng)
    bench = Bench(thermometer, instruments.analyser(rng), like.sample["lead_ohm"], spread_k=0.02)
    spectra = [
        bench.measured(like.material, cells, (float(k), "heating", float(h)), rng)
        for h, k in enumerate(grid_k)
    ]
    accuracy = like.accuracy | {"thermometer": thermometer.stated, "analyser": bench.analyser.stated()}
    return replace(like, spectra=tuple(spectra), accuracy=accuracy, circuit="")


def lagging(n: int, seed: int, judge: Judge) -> Line:
    """A sample that follows a ramp of 0.5 K/min behind its sensor, at rest before and after."""
    found = []
    for number in range(n):
        rng = np.random.default_rng([seed, number, 36])
        shape = materials.Arrhenius(0.0, rng.uniform(0.4, 0.8))
        still = made(number, "calibrated", shape, grid(30, 80, 6), rng, (0.0, "up"))
        found.append(outcome(judge(on_a_ramp(still, rng)), LAGGING))
    return _line("ramp of 0.5 K/min, sample behind its sensor", found, "moving")


def on_a_ramp(still: Night, rng: np.random.Generator) -> Night:
    """The sample of a night on a ramp: its spectra one after another, the first and the last at rest.

    The sample follows dT/dt = (sensor - T) / tau: on a ramp r begun at rest it lags by r tau (1 - e^-t/tau).
    """
    tau_s, rate = rng.uniform(60, 400), 0.5 / 60
    first, last = still.spectra[0], still.spectra[-1]
    length_s = (last.setpoint_k - first.setpoint_k) / rate
    begins = np.linspace(0, length_s - POINT_S * first.z_ohm.size, 12)
    rest = [_moving(still, first, start, tau_s, rate, length_s, rng) for start in (-1800.0, -900.0)]
    way = [_moving(still, last, float(start), tau_s, rate, length_s, rng) for start in begins]
    after = [
        _moving(still, last, length_s + wait, tau_s, rate, length_s, rng) for wait in (8 * tau_s, 10 * tau_s)
    ]
    held = [replace(one, band_k=0.5) for one in (*rest, *after)]
    moving = [replace(one, band_k=None) for one in way]
    return replace(still, spectra=(*held[:2], *moving, *held[2:]))


def _moving(
    still: Night, like: Measured, start_s: float, tau_s: float, rate: float, length_s: float, rng: Any
) -> Measured:
    """One spectrum on the ramp; each point has the temperature of its time, and the resistance with it."""
    time_s: Real = start_s + POINT_S * np.arange(like.z_ohm.size, dtype=np.float64)
    sensor_k = still.spectra[0].sample_k + rate * np.clip(time_s, 0, length_s)
    sample_k = still.spectra[0].sample_k + _behind(time_s, tau_s, rate, length_s)
    offset_k = float(np.mean(still.spectra[0].reading_k)) - still.spectra[0].sample_k
    readings = sensor_k + offset_k + 0.01 * rng.standard_normal(time_s.size)
    steps = still.material.ln_sigma(like.sample_k) - still.material.ln_sigma(sample_k)
    true_ohm = like.true_ohm * np.exp(steps)
    z = _impedance(like, true_ohm, rng)
    middle = float(sample_k[sample_k.size // 2])
    return replace(
        like,
        started_s=1e6 + start_s,
        reading_k=readings,
        z_ohm=z,
        sample_k=middle,
        true_ohm=float(true_ohm[true_ohm.size // 2]),
        true_s_m=math.exp(float(still.material.ln_sigma(middle))),
    )


def _behind(time_s: Real, tau_s: float, rate: float, length_s: float) -> Real:
    """Rise of the sample since the ramp began, K, (n,)."""
    on = np.clip(time_s, 0, length_s)
    rise = rate * (on - tau_s * (1 - np.exp(-on / tau_s)))
    after = np.clip(time_s - length_s, 0, None)
    left = rate * length_s - rate * (length_s - tau_s * (1 - math.exp(-length_s / tau_s)))
    return np.where(time_s > length_s, rate * length_s - left * np.exp(-after / tau_s), rise)


def _impedance(like: Measured, true_ohm: Real, rng: Any) -> np.ndarray:
    """A plain arc of 3e-11 F before a double layer of 5 uF, 0.1 % of noise."""
    omega = 2 * np.pi * like.frequency_hz
    z = true_ohm / (1 + 1j * omega * true_ohm * 3e-11) + 1 / (5e-6 * (1j * omega) ** 0.9)
    noise = rng.standard_normal((2, z.size))
    return z + 1e-3 * np.abs(z) * (noise[0] + 1j * noise[1])


def lines(n: int, seed: int, judge: Judge) -> Iterator[Line]:
    """Every line of the table, of n nights each."""
    for name in CLASSES:
        yield of_class(name, n, seed, judge)
    for way in ("up", "repeat", "back"):
        yield degrading(way, n, seed, judge)
    yield lagging(n, seed, judge)
    yield crossing(n, seed, judge)
