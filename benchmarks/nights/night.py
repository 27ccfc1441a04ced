"""A simulated night: one sample over temperature, measured by instruments with errors that stay all night.

Drawn: the material and its law, the electrodes, the true geometry about the stated one, the error of
thermometer and analyser inside their limits, the resistance of the leads, the spread of the oven, the
temperature of the sample beside its sensor, and in some nights a slow change of the sample. The
cells come from `cells.kinds`. Nothing here is imported from labctl.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from cells import kinds
from cells.cell import Cell
from cells.elements import Complex
from numpy.random import Generator
from numpy.typing import NDArray

from nights import instruments, materials
from nights.instruments import ZERO_CELSIUS_K, Analyser, Thermometer
from nights.materials import Material

Real = NDArray[np.float64]
LAWS = ("arrhenius", "vtf", "arrhenius", "vtf", "arrhenius", "vtf", "break", "arrhenius", "vtf", "vtf")
ELECTRODES = ("branched", "rough", "leaking", "finite space", "finite length", "contact layer")
ELECTRODE_SHARE, TWO_ARCS_SHARE = 0.05, 0.04
CIRCUIT_OF_ONE_ARC = "p(R1,CPE1)-CPE2"
NAMED_SHARE = 0.96  # of cells with one arc: the laboratory names the circuit, which saves most of the time
DEGRADING_SHARE = 0.1
THERMOMETERS = ("PT100 A wire", "PT100 B wire", "type K class 1", "type T class 1", "calibrated")
WAYS = ("up", "back", "repeat")
LAWS_OF_MOUNTS = ("arrhenius", "vtf")
MOUNTS = 4  # of one specimen
HOUR_S = 3600.0
MOST_DRAWS = 2000


@dataclass(frozen=True)
class Measured:
    """One spectrum: set point, readings of the thermometer (n,), frequencies (n,), impedance as read (n,).

    `sample_k`, `true_ohm` and `true_s_m` are the truth: of the sample while its arcs were measured.
    """

    setpoint_k: float
    started_s: float
    branch: str
    reading_k: Real
    frequency_hz: Real
    z_ohm: Complex
    sample_k: float
    true_ohm: float
    true_s_m: float
    band_k: float | None = 0.5


@dataclass(frozen=True)
class Night:
    """A night as it was measured, and its truth.

    Attributes
    ----------
    sample : dict
        Columns of a row of `samples`, as the laboratory states them.
    accuracy : dict
        Statements of the station about its instruments.
    spectra : tuple of Measured
    material : Material
    kind : str
        Of the cell.
    degradation_1_h : float
        Relative growth of the resistance for each hour.
    way : str
        "up"; "back": the same temperatures downwards; "repeat": the first temperature again.
    circuit : str
        Circuit that the laboratory names; empty: the analysis chooses.
    bench : Bench
        Its instruments.
    """

    number: int
    kind: str
    thermometer: str
    sample: dict[str, Any]
    accuracy: dict[str, Any]
    spectra: tuple[Measured, ...]
    material: Material
    degradation_1_h: float = 0.0
    way: str = "up"
    circuit: str = ""
    bench: "Bench | None" = None


def night(seed: int, number: int) -> Night:
    """Night `number` of a seed; the laws take turns.

    Raises
    ------
    RuntimeError
        No draw can be measured over its temperatures.
    """
    rng = np.random.default_rng([seed, number, 20])
    law = LAWS[number % len(LAWS)]
    name = THERMOMETERS[int(rng.integers(len(THERMOMETERS)))]
    for _ in range(MOST_DRAWS):
        grid_k = _grid(law, name, rng)
        shape = materials.drawn(law, grid_k, rng)
        cell = _cell(rng)
        material, cells = _series(shape, cell, grid_k)
        if all(kinds.decidable(one) for one in (cells(grid_k[0]), cells(grid_k[-1]))):
            return _measured(number, name, material, cell, cells, grid_k, rng)
    raise RuntimeError(f"no night {number} of seed {seed} can be measured in {MOST_DRAWS} draws")


def remounted(seed: int, number: int) -> tuple[Night, ...]:
    """One specimen in `MOUNTS` mounts, a night each, with the same instruments and the same stated sample.

    Each mount changes the resistance by a factor of its own, spread by 0.2 to 5 % about 1; the material of
    each night is the specimen's, before mounting.

    Raises
    ------
    RuntimeError
        No draw can be measured over its temperatures.
    """
    rng = np.random.default_rng([seed, number, 23])
    law = LAWS_OF_MOUNTS[number % len(LAWS_OF_MOUNTS)]
    name = THERMOMETERS[int(rng.integers(len(THERMOMETERS)))]
    for _ in range(MOST_DRAWS):
        grid_k = _grid(law, name, rng)
        shape = materials.drawn(law, grid_k, rng)
        cell = _windowed(kinds.drawn_from(kinds.one_arc, rng), rng)
        material, cells = _series(shape, cell, grid_k)
        if all(kinds.decidable(one) for one in (cells(grid_k[0]), cells(grid_k[-1]))):
            first = _measured(number, name, material, cell, cells, grid_k, rng, (0.0, "repeat"))
            spread = _log(rng, 2e-3, 5e-2)
            factors = np.exp(spread * rng.standard_normal(MOUNTS)).tolist()
            return tuple(_mounted(first, cells, grid_k, factor, rng) for factor in factors)
    raise RuntimeError(f"no specimen {number} of seed {seed} can be measured in {MOST_DRAWS} draws")


def _mounted(
    first: Night, cells: Callable[[float], Cell], grid_k: Real, factor: float, rng: Generator
) -> Night:
    """The night of another mount with the instruments of the first: its resistance times a factor."""
    assert first.bench is not None
    plans = _plan(grid_k, first.way)

    def at(kelvin: float) -> Cell:
        return cells(kelvin).grown(factor, 1.0)

    spectra = tuple(first.bench.measured(first.material, at, plan, rng) for plan in plans)
    sample = first.sample | {"name": f"specimen {first.number}"}
    return replace(first, sample=sample, spectra=spectra, circuit=CIRCUIT_OF_ONE_ARC)


def made(
    number: int, name: str, shape: Material, grid_k: Real, rng: Generator, habit: tuple[float, str]
) -> Night:
    """A night of one arc with a material and a thermometer that are given; arguments as in `Night`.

    Raises
    ------
    RuntimeError
        No draw can be measured over these temperatures.
    """
    for _ in range(MOST_DRAWS):
        cell = _windowed(kinds.drawn_from(kinds.one_arc, rng), rng)
        material, cells = _series(shape, cell, grid_k)
        if all(kinds.decidable(cells(float(kelvin))) for kelvin in (grid_k[0], grid_k[-1])):
            found = _measured(number, name, material, cell, cells, grid_k, rng, habit)
            return replace(found, circuit=CIRCUIT_OF_ONE_ARC)
    raise RuntimeError(f"no cell can be measured over these temperatures in {MOST_DRAWS} draws")


def _grid(law: str, name: str, rng: Generator) -> Real:
    """Set points in K, rising; a platinum thermometer may go to 300 degC."""
    count = {"arrhenius": (5, 8), "vtf": (8, 11), "break": (10, 13)}[law]
    low = rng.uniform(5, 65)
    span = rng.uniform(50, 100)
    if law == "arrhenius" and name.startswith("PT100") and rng.uniform() < 0.3:
        low, span = rng.uniform(90, 180), rng.uniform(80, 120)
    return ZERO_CELSIUS_K + np.round(np.linspace(low, low + span, int(rng.integers(*count))), 1)


def _cell(rng: Generator) -> Cell:
    """At the middle temperature: an ordinary cell, or one with another electrode."""
    make: Callable[[Generator], Cell] = kinds.one_arc
    if (chance := rng.uniform()) < ELECTRODE_SHARE:
        make = kinds.with_electrode(str(rng.choice(ELECTRODES)))
    elif chance < ELECTRODE_SHARE + TWO_ARCS_SHARE:
        make = kinds.two_arcs
    return _windowed(kinds.drawn_from(make, rng), rng)


def _windowed(found: Cell, rng: Generator) -> Cell:
    """The cell with few frequencies in the same window, and half its noise."""
    low, high = float(found.frequency_hz.min()), float(found.frequency_hz.max())
    count = round(math.log10(high / low) * rng.uniform(5, 6)) + 1
    return replace(found, frequency_hz=np.geomspace(high, low, count), noise=found.noise / 2)


def _series(shape: Material, cell: Cell, grid_k: Real) -> tuple[Material, Callable[[float], Cell]]:
    """The material to scale, and the cell at any temperature; electrodes have an energy of 0.4 eV."""
    middle_k = float(np.median(grid_k))
    sigma = cell.thickness_m / (cell.area_m2 * cell.truth_ohm)
    material = materials.through(shape, middle_k, sigma)

    def at(kelvin: float) -> Cell:
        grown = math.exp(float(material.ln_sigma(middle_k) - material.ln_sigma(kelvin)))
        electrode = math.exp(0.4 * (1 / kelvin - 1 / middle_k) / materials.BOLTZMANN_EV_K)
        return cell.grown(grown, electrode)

    return material, at


def _measured(
    number: int,
    name: str,
    material: Material,
    cell: Cell,
    cells: Callable[[float], Cell],
    grid_k: Real,
    rng: Generator,
    habit: tuple[float, str] | None = None,
) -> Night:
    """Measure the cells at their temperatures; `habit`: growth for each hour, and way; None: drawn."""
    thermometer = instruments.thermometer(name, float(grid_k[-1]) - ZERO_CELSIUS_K, rng)
    analyser = instruments.analyser(rng)
    sample, lead_ohm = _sample(number, cell, rng)
    rate, way = _habit(rng) if habit is None else habit
    bench = Bench(thermometer, analyser, lead_ohm, spread_k=_log(rng, 0.005, 0.08), rate_1_h=rate)
    spectra = tuple(bench.measured(material, cells, plan, rng) for plan in _plan(grid_k, way))
    accuracy = {"thermometer": thermometer.stated, "analyser": analyser.stated(), "potentiostat": None}
    named = cell.kind == "one arc" and rng.uniform() < NAMED_SHARE
    circuit = CIRCUIT_OF_ONE_ARC if named else ""
    return Night(number, cell.kind, name, sample, accuracy, spectra, material, rate, way, circuit, bench)


def _habit(rng: Generator) -> tuple[float, str]:
    """Growth of the resistance for each hour, and the way; a sample that changes is measured twice."""
    rate = _log(rng, 2e-4, 1e-2) if rng.uniform() < DEGRADING_SHARE else 0.0
    return rate, str(rng.choice(WAYS, p=(0.0, 0.3, 0.7) if rate else (0.3, 0.1, 0.6)))


def _sample(number: int, cell: Cell, rng: Generator) -> tuple[dict[str, Any], float]:
    """The sample as stated, drawn about its true geometry, and the true resistance of the leads."""
    relative = {"thickness": _log(rng, 2e-3, 2e-2), "area": _log(rng, 3e-3, 2e-2)}
    thickness_m = cell.thickness_m * (1 + relative["thickness"] * rng.standard_normal())
    area_m2 = cell.area_m2 * (1 + relative["area"] * rng.standard_normal())
    lead_ohm, lead_u_ohm = rng.uniform(0.05, 0.5), 0.01
    stated = {
        "name": f"night {number}",
        "thickness_m": thickness_m,
        "thickness_u_m": relative["thickness"] * cell.thickness_m,
        "area_m2": area_m2,
        "area_u_m2": relative["area"] * cell.area_m2,
        "electrodes": "blocking",
        "lead_ohm": lead_ohm,
        "lead_u_ohm": lead_u_ohm,
    }
    return stated, float(lead_ohm + lead_u_ohm * rng.standard_normal())


Plan = tuple[float, str, float]  # set point, branch, hours since the beginning


def _plan(grid_k: Real, way: str) -> list[Plan]:
    """The way up, and the way back or the first temperature again; an hour for each."""
    branch = "heating"
    plan: list[Plan] = [(float(kelvin), branch, float(hour)) for hour, kelvin in enumerate(grid_k)]
    if way == "back":
        down = reversed([kelvin for kelvin, *_ in plan[:-1]])
        plan += [(kelvin, "cooling", float(len(plan) + i)) for i, kelvin in enumerate(down)]
    if way == "repeat":
        plan.append((float(grid_k[0]), "cooling", float(len(plan))))
    return plan


@dataclass(frozen=True)
class Bench:
    """Instruments and habits of one night.

    Attributes
    ----------
    spread_k : float
        Standard deviation of the temperature about its mean during a spectrum.
    rate_1_h : float
        Relative growth of the sample's resistance for each hour.
    """

    thermometer: Thermometer
    analyser: Analyser
    lead_ohm: float
    spread_k: float
    rate_1_h: float = 0.0

    def measured(
        self, material: Material, cells: Callable[[float], Cell], plan: Plan, rng: Generator
    ) -> Measured:
        """One spectrum. The arcs belong to one moment of the spread that the readings show."""
        setpoint_k, branch, hours = plan
        mean_k = self.thermometer.shows(setpoint_k)
        sample_k = mean_k + self.spread_k * float(rng.standard_normal())
        cell = cells(sample_k).grown(1 + self.rate_1_h * hours, 1.0)
        z = cell.impedance() + self.lead_ohm
        noise = rng.standard_normal((2, z.size))
        z = self.analyser.reads(z) + cell.noise * np.abs(z) * (noise[0] + 1j * noise[1])
        drift = rng.standard_normal(z.size)
        reading_k = self.thermometer.reading_k(mean_k + self.spread_k * drift)
        sigma = math.exp(float(material.ln_sigma(sample_k))) / (1 + self.rate_1_h * hours)
        started_s = 1e6 + hours * HOUR_S
        truth = (sample_k, cell.truth_ohm, sigma)
        return Measured(setpoint_k, started_s, branch, reading_k, cell.frequency_hz, z, *truth)


def _log(rng: Generator, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))
