"""Temperature series of samples that follow Arrhenius' law, with any electrode: law and energy found.

Bulk and grain boundary have one energy, so that sigma T of the total is a straight line; what belongs to the
electrode has another. Each temperature is a spectrum of its own, with its own noise, in the same window.
"""

import math

import numpy as np
from numpy.random import Generator

from cells.cell import Cell
from cells.declared import measured
from cells.kinds import MOST_DRAWS, REGISTER, decidable, drawn_from
from cells.results import Row, by_kind, table, verdict
from labctl.analysis import (
    Resistance,
    conductivity,
    fit_temperature_law,
    ionic_resistance_series,
)
from labctl.analysis.laws.circuit_changes import circuit_errors
from labctl.analysis.laws.common_errors import Responses

BOLTZMANN_EV_K = 8.617333262e-5
KINDS = (
    "one arc",
    "branched",
    "rough",
    "leaking",
    "finite space",
    "finite length",
    "contact layer",
    "layer under the spike",
    "two arcs",
    "reversible",
    "Havriliak-Negami",
    "Cole-Davidson",
    "Gaussian",
    "analyser gain",
)
MOST_STANDARD_UNCERTAINTIES = 3.0
MOST_FALSE = 2 / 200


def kind_of(number: int) -> str:
    """Name of the kind of sample `number`."""
    return KINDS[number % len(KINDS)]


def sample(seed: int, number: int) -> tuple[list[Cell], np.ndarray, float]:
    """Cells of one sample at its temperatures in kelvin (n,), and its energy in eV.

    Raises
    ------
    RuntimeError
        When no draw is decidable at both ends.
    """
    rng = np.random.default_rng([seed, number, 2])
    make = REGISTER[kind_of(number)]
    for _ in range(MOST_DRAWS):
        middle, temperatures = drawn_from(make, rng), _temperatures(rng)
        energy, other = rng.uniform(0.2, 0.7), rng.uniform(0.2, 0.9)
        cells = [_at(middle, kelvin, np.median(temperatures), energy, other) for kelvin in temperatures]
        if decidable(cells[0]) and decidable(cells[-1]):
            return cells, temperatures, energy
    raise RuntimeError("no decidable series in as many draws as are allowed")


def _temperatures(rng: Generator) -> np.ndarray:
    coldest, step = rng.uniform(273.15, 313.15), rng.choice((5.0, 8.0, 10.0))
    return coldest + step * np.arange(rng.integers(8, 15))


def _at(middle: Cell, kelvin: float, middle_k: float, energy_ev: float, electrode_ev: float) -> Cell:
    """The cell at another temperature: R / T is activated, for sigma T is."""
    steps = (1 / kelvin - 1 / middle_k) / BOLTZMANN_EV_K
    electrolyte = kelvin / middle_k * math.exp(energy_ev * steps)
    return middle.grown(electrolyte, math.exp(electrode_ev * steps))


def one(seed: int, number: int) -> Row:
    """Row of one sample."""
    cells, temperatures, energy = sample(seed, number)
    rng = np.random.default_rng([seed, number, 3])
    spectra = [measured(cell, rng) for cell in cells]
    found = ionic_resistance_series(spectra, temperatures)
    return {"kind": cells[0].kind, "energy": energy, **judged(cells[0], found, temperatures, energy)}


def judged(cell: Cell, found: tuple[Resistance, ...], temperatures_k: np.ndarray, energy_ev: float) -> Row:
    """Law and energy of the numbers, against the truth.

    `false_break`: two segments are preferred. `z`: Arrhenius' energy minus the truth over its standard
    uncertainty; None with fewer than three numbers.
    """
    kept = [i for i, one in enumerate(found) if one.bound is None and math.isfinite(one.total_ohm.value)]
    row = {"temperatures": len(found), "numbers": len(kept), "flags": [list(one.flags) for one in found]}
    row["values"] = [one.total_ohm.value for one in found]
    row["circuits"] = [one.circuit for one in found]
    if len(kept) < 3:
        return {**row, "law": "", "z": None, "false_break": False}
    sigma = [conductivity(found[i].total_ohm, cell.thickness_m, cell.area_m2) for i in kept]
    choice = fit_temperature_law(
        temperatures_k[kept],
        [one.value for one in sigma],
        standard_uncertainty_s_m=[one.standard_uncertainty for one in sigma],
    )
    fit = choice.candidates["arrhenius"]
    steps = circuit_errors(fit, [found[i].circuit for i in kept])
    stated = Responses.of(fit, steps).parameters()["activation_energy_ev"]
    z = (stated.value - energy_ev) / stated.standard_uncertainty
    return {**row, "law": choice.law, "z": float(z), "false_break": choice.law == "two_segments"}


def is_false(row: Row) -> bool:
    """A break that is not there, or an energy off by more than 3 standard uncertainties."""
    return row["false_break"] or (row["z"] is not None and abs(row["z"]) > MOST_STANDARD_UNCERTAINTIES)


def named(row: Row) -> str:
    """One line about a row that counts against the acceptance; empty for the others."""
    if not is_false(row):
        return ""
    values = ", ".join(f"{value:.4g}" for value in row["values"])
    circuits = ", ".join(dict.fromkeys(row["circuits"]))
    return f"{row['number']:5d} {row['kind']}: {row['law']}, z {row['z']}; {values}; {circuits}"


def report(rows: list[Row]) -> tuple[str, bool]:
    """Table by electrode, the acceptance, and whether it is met."""
    kinds = by_kind(rows)
    lines = [_line(kind, of_kind) for kind, of_kind in {**kinds, "all": rows}.items()]
    heading = ["kind", "n", "false break", "Ea off > 3 u", "VTF preferred", "fewer than 3 numbers"]
    false = sum(map(is_false, rows))
    met = false <= MOST_FALSE * len(rows)
    asked = f"a false break or Ea off by more than 3 u in at most 2 of 200: {false} of {len(rows)}"
    return "\n".join([table(heading, lines), "", verdict(met, asked)]), met


def _line(kind: str, rows: list[Row]) -> list[str]:
    off = [row["z"] is not None and abs(row["z"]) > MOST_STANDARD_UNCERTAINTIES for row in rows]
    counts = [
        sum(row["false_break"] for row in rows),
        sum(off),
        sum(row["law"] == "vtf" for row in rows),
        sum(not row["law"] for row in rows),
    ]
    return [kind, str(len(rows)), *map(str, counts)]
