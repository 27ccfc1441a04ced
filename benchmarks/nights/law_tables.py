"""Laws against the truth, from points alone: extrapolation, weights, and degrees Celsius given as kelvin.

Materials of `nights.materials`; points have independent noise of a stated size. Each table
is a row of text with its acceptance.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from cells.results import percent, table, verdict
from numpy.random import Generator

from labctl.analysis import TemperatureLaw, fit_temperature_law
from nights import materials
from nights.instruments import ZERO_CELSIUS_K
from nights.judging import ASKED, binomial_interval
from nights.materials import ROOM_K, Material, Real

NAMES = {"arrhenius": "arrhenius", "vtf": "vtf", "break": "two_segments"}
UNLIKELY = 0.01
MOST_FALSE_CELSIUS = 1 / 500
LEAST_FOUND = 0.98
NOT_DECIDED = ("the law is not decided", "has no value at")


@dataclass(frozen=True)
class Points:
    """Temperatures in K (n,), conductivities in S/m (n,), and their relative standard uncertainty."""

    kelvin: Real
    sigma_s_m: Real
    relative_u: float

    def fitted(self, are_kelvin: bool = False) -> TemperatureLaw:
        """The choice of labctl."""
        u = self.relative_u * self.sigma_s_m
        return fit_temperature_law(
            self.kelvin, self.sigma_s_m, standard_uncertainty_s_m=u, are_kelvin=are_kelvin
        )


def points(material: Material, kelvin: Real, noise: float, rng: Generator) -> Points:
    """Points of a material with noise of a stated relative size."""
    ln_sigma = material.ln_sigma(kelvin) + noise * rng.standard_normal(kelvin.size)
    return Points(kelvin, np.exp(ln_sigma), noise)


def grid(low_degc: float, high_degc: float, count: int) -> Real:
    """Evenly spaced temperatures in K, (count,)."""
    return ZERO_CELSIUS_K + np.linspace(low_degc, high_degc, count)


@dataclass(frozen=True)
class Line:
    """One line of the table: truth, number of series, result and acceptance."""

    name: str
    n: int
    found: str
    asked: str
    met: bool


def extrapolated(count: int, n: int, seed: int) -> Line:
    """sigma(25 degC) of VTF truth from `count` points at 60 to 110 degC: covered, or flagged as undecided."""
    rng, kelvin = np.random.default_rng([seed, count, 30]), grid(60, 110, count)
    covered = told = bad = 0
    for _ in range(n):
        b_ev, t0_k = rng.uniform(0.06, 0.12), rng.uniform(200, 250)
        material = materials.through(materials.Vtf(0.0, b_ev, t0_k), 358.15, 1e-2)
        estimate = points(material, kelvin, 0.01, rng).fitted().conductivity_s_m(ROOM_K)
        low, high = estimate.interval()
        inside = low <= math.exp(float(material.ln_sigma(ROOM_K))) <= high
        flagged = any(words in flag for flag in estimate.flags for words in NOT_DECIDED)
        covered, told, bad = covered + inside, told + flagged, bad + (not inside and not flagged)
    found = f"covered {percent(covered, n)}, told as not decided {percent(told, n)}, neither {bad}"
    name = f"sigma(25 degC) of VTF, {count} points at 60 to 110 degC"
    return Line(name, n, found, "95 % covered or told, by the 99 % interval", enough(n - bad, n))


def enough(good: int, n: int) -> bool:
    """95 % are good, within the 99 % binomial interval."""
    return binomial_interval(good, n)[1] >= ASKED


def weights(n: int, seed: int) -> Line:
    """Of laws that are given a weight below 1 %, less than 1 % are true; every law as often as the others."""
    rng, unlikely, true = np.random.default_rng([seed, 31]), 0, 0
    kinds = list(NAMES)
    for number in range(n):
        kind = kinds[number % len(kinds)]
        low = rng.uniform(0, 60)
        kelvin = grid(low, low + rng.uniform(40, 120), int(rng.integers(5, 15)))
        if kind == "break" and kelvin.size < 10:
            kelvin = grid(low, low + 100, int(rng.integers(10, 15)))
        material = materials.through(materials.drawn(kind, kelvin, rng), float(kelvin[0]), 1e-4)
        noise = math.exp(rng.uniform(math.log(0.002), math.log(0.03)))
        for law, weight in points(material, kelvin, noise, rng).fitted(are_kelvin=True).weights.items():
            unlikely += weight < UNLIKELY
            true += weight < UNLIKELY and law == NAMES[kind]
    share = f"{true} of {unlikely} laws, {percent(true, unlikely)}"
    asked = "less than 1 % of the laws given less than 1 % are true"
    return Line("weights of laws", n, f"true: {share}", asked, unlikely > 0 and true < UNLIKELY * unlikely)


def is_refused(one: Points) -> bool:
    """The series is refused in words as degrees Celsius."""
    try:
        one.fitted()
    except ValueError as problem:
        if "Celsius" not in str(problem):
            raise
        return True
    return False


def celsius_found(degc: tuple[float, float], energy_ev: tuple[float, float], n: int, seed: int) -> Line:
    """Arrhenius at 1 % noise, given in degrees Celsius: refused in words."""
    rng, found = np.random.default_rng([seed, 32]), 0
    for _ in range(n):
        kelvin = grid(*degc, int(rng.integers(6, 13)))
        shape = materials.Arrhenius(0.0, rng.uniform(*energy_ev))
        right = points(materials.through(shape, float(kelvin[0]), 1e-5), kelvin, 0.01, rng)
        found += is_refused(Points(right.kelvin - ZERO_CELSIUS_K, right.sigma_s_m, 0.01))
    asked = f"refused in at least {100 * LEAST_FOUND:g} %"
    low, high = energy_ev
    name = f"degrees Celsius given as kelvin, {degc[0]:g} to {degc[1]:g} degC, {low:g} to {high:g} eV"
    return Line(name, n, f"refused {percent(found, n)}", asked, found >= LEAST_FOUND * n)


def celsius_alarms(kind: str, n: int, seed: int) -> Line:
    """Kelvin, of a material: refused as degrees Celsius in fewer than 1 of 500."""
    rng, alarms = np.random.default_rng([seed, len(kind), 33]), 0
    for _ in range(n):
        low = rng.uniform(-40, 400 if kind == "arrhenius" else 120)
        kelvin = grid(low, low + rng.uniform(40, 150), int(rng.integers(5, 15)))
        material = materials.through(materials.drawn(kind, kelvin, rng), float(kelvin[0]), 1e-5)
        alarms += is_refused(
            points(material, kelvin, math.exp(rng.uniform(math.log(1e-3), math.log(0.05))), rng)
        )
    name = f"kelvin of {kind}, taken for degrees Celsius"
    return Line(
        name, n, f"false alarms {alarms}", "fewer than 1 in 500", alarms < max(MOST_FALSE_CELSIUS * n, 1)
    )


def lines(n: int, seed: int) -> Iterator[Line]:
    """Every line of the table, of n series each; of ten times as many where false alarms are counted."""
    made: list[Callable[[], Line]] = [
        lambda: extrapolated(5, n, seed),
        lambda: extrapolated(6, n, seed),
        lambda: weights(3 * n, seed),
        lambda: celsius_found((25, 150), (0.3, 1.0), n, seed),
        lambda: celsius_found((400, 600), (0.7, 1.0), n, seed),
        *(lambda kind=kind: celsius_alarms(kind, 10 * n, seed) for kind in NAMES),
    ]
    for make in made:
        yield make()


def report(found: list[Line]) -> tuple[str, bool]:
    """The table, the verdicts, and whether all are met."""
    rows = [[one.name, str(one.n), one.found] for one in found]
    verdicts = [verdict(one.met, f"{one.name}: {one.asked}") for one in found]
    text = "\n".join([table(["truth", "n", "result"], rows), "", *verdicts])
    return text, all(one.met for one in found)
