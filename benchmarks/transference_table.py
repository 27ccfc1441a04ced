"""Transference numbers of cells made with other code than the rig's and labctl's: covered or flagged?

    python benchmarks/transference_table.py --cells 80                        the table, as Markdown
    python benchmarks/transference_table.py --rows "reference,short hold"     some of its rows
    python benchmarks/transference_table.py --cells 80 --lines table.jsonl    a line a cell, continued

Each cell is a binary salt, ideal and dilute, between electrodes that exchange the cation: the salt diffuses
on a grid of 80 nodes (implicit steps in time), and at each time the current is the root of

    V = I R0(t) + I Rb <c0 / c> + t- (1/z+ + 1/|z-|) RT/F ln(c1 / c2)

with c1 and c2 at the electrodes. Impedances are written out in closed form. labctl gets spectra and samples
of the current with noise, and what its procedure would have read of step, temperature and current at 0 V.
Cell number n has the seed n; t+ is 0.1 to 0.95, the diffusion time L^2 / (4 D) 200 to 3200 s.

A cell counts as flagged where a flag has the words of its row, or where `not_stated` names the cause.
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from figures import state_table
from scipy.linalg import solve_banded
from scipy.optimize import brentq
from scipy.stats import beta

from labctl.analysis import Cell, Spectrum, ionic_resistance_series
from labctl.analysis.transport.electrodes_pass import shows_passing_electrodes
from labctl.derive.potentiostat_doubts import Potentiostat
from labctl.derive.transference import Polarisation, transference_row

KELVIN, BOLTZMANN_V_K = 333.15, 8.617333262e-5
THERMAL_V = 2 * BOLTZMANN_V_K * KELVIN  # (1/z+ + 1/|z-|) RT/F of a 1:1 salt
ENERGY_EV = 0.5
NODES, NOISE_OF_Z, ZERO_S = 80, 0.002, 60
FREQUENCY_HZ = np.geomspace(1e6, 0.05, 60)
SAMPLE = {"electrodes": "reversible", "cation": "Li+", "thickness_m": 1e-4, "area_m2": 1e-4}
GEOMETRY = SAMPLE | {"thickness_u_m": 1e-6, "area_u_m2": 1e-6}
BULK_F, INTERFACE_F, INTERFACE_EXPONENT = 1.3e-10, 2e-6, 0.92


@dataclass(frozen=True)
class Truth:
    """A cell, and the fault of it or of the instrument; ohm, s, V, A."""

    number: int
    t_plus: float
    tau_s: float
    bulk_ohm: float
    interface_ohm: float
    noise: float
    step_v: float = 0.01
    held_times: float = 4.0  # of the diffusion time
    growth: float = 0.0  # of the interface, until the end of the hold
    drift_k: float = 0.0
    fluctuation_k: float = 0.0
    gain: float = 0.0  # of direct current
    offset_share: float = 0.0  # of I0
    leak_share: float = 0.0
    blocks: bool = False

    @property
    def diffusion_ohm(self) -> float:
        return self.bulk_ohm * (1 - self.t_plus) / self.t_plus

    @property
    def initial_a(self) -> float:
        return self.step_v / (self.bulk_ohm + self.interface_ohm)

    @property
    def offset_a(self) -> float:
        return self.offset_share * abs(self.initial_a)


def draw(number: int) -> Truth:
    chance = np.random.default_rng([20, number])
    bulk_ohm = float(np.exp(chance.uniform(math.log(2000), math.log(20000))))
    return Truth(
        number,
        t_plus=float(chance.uniform(0.1, 0.95)),
        tau_s=float(np.exp(chance.uniform(math.log(200), math.log(3200)))),
        bulk_ohm=bulk_ohm,
        interface_ohm=bulk_ohm * float(chance.uniform(0.2, 0.8)),
        noise=float(chance.choice([2e-4, 2e-3])),
    )


# The cell.


def impedance_ohm(cell: Truth, bulk_factor: float = 1.0, interface_factor: float = 1.0) -> np.ndarray:
    """Impedance at FREQUENCY_HZ, (n,)."""
    s = 2j * np.pi * FREQUENCY_HZ
    bulk_ohm, interface_ohm = bulk_factor * cell.bulk_ohm, interface_factor * cell.interface_ohm
    z = bulk_ohm / (1 + s * bulk_ohm * BULK_F)
    z = z + interface_ohm / (1 + (s * interface_ohm * INTERFACE_F) ** INTERFACE_EXPONENT)
    root = np.sqrt(s * cell.tau_s)
    z = z + (1 / (1e-5 * s**0.9) if cell.blocks else bulk_factor * cell.diffusion_ohm * np.tanh(root) / root)
    return 1 / (1 / z + cell.leak_share / (1 - cell.leak_share) / cell.bulk_ohm)


def currents_a(cell: Truth, time_s: np.ndarray, potential_v: float) -> np.ndarray:
    """Current at rising times, (n,), after a step; electrons included."""
    salt, current_a, now_s = np.zeros(NODES), np.zeros(time_s.size), 0.0
    ampere = potential_v / (cell.bulk_ohm + cell.interface_ohm)
    electronic_s = cell.leak_share / (1 - cell.leak_share) / cell.bulk_ohm
    for place, end_s in enumerate(time_s):
        steps = max(1, math.ceil((end_s - now_s) / max(0.012 * end_s, 0.01)))
        step_s = (end_s - now_s) / steps
        for n in range(steps):
            salt, ampere = _next(cell, salt, ampere, step_s, now_s + (n + 1) * step_s, potential_v)
        now_s = float(end_s)
        current_a[place] = ampere + potential_v * electronic_s
    return current_a


def _next(
    cell: Truth, salt: np.ndarray, before_a: float, step_s: float, at_s: float, potential_v: float
) -> tuple[np.ndarray, float]:
    """Salt, relative to its mean, and current one implicit step later; the flux at the electrode is I."""
    number = step_s / cell.tau_s
    bands = THETA * number * OPERATOR
    bands[1] += 1.0
    known = salt - (1 - THETA) * number * _times(salt)
    flux = np.zeros(NODES)
    flux[-1] = number / FLUX_WIDTH
    known[-1] += (1 - THETA) * before_a * _per_ampere(cell) * flux[-1]
    without, by_flux = solve_banded((1, 1), bands, np.column_stack([known, THETA * flux])).T
    factor = _bulk_factor(cell, at_s)
    held_s = cell.held_times * cell.tau_s
    interface_ohm = cell.interface_ohm * (1 + cell.growth * math.sqrt(min(at_s / held_s, 1.0)))

    def missing_v(ampere: float) -> float:
        u = without + ampere * _per_ampere(cell) * by_flux
        mean = float(WIDTHS @ (1 / (1 - u * u)))
        ends = 2 * math.atanh(u[-1])
        ohmic_v = ampere * (interface_ohm + factor * cell.bulk_ohm * mean)
        return potential_v - ohmic_v - (1 - cell.t_plus) * THERMAL_V * ends

    per_ampere = _per_ampere(cell) * by_flux[-1]
    bound_a = min(1.5 * abs(cell.initial_a), (0.99 - abs(without[-1])) / per_ampere)
    ampere = float(np.asarray(brentq(missing_v, -bound_a, bound_a, xtol=1e-9 * bound_a)))
    return without + ampere * _per_ampere(cell) * by_flux, ampere


def _per_ampere(cell: Truth) -> float:
    """Gradient of c / c0 over half of the cell that 1 A needs."""
    return cell.diffusion_ohm / (2 * THERMAL_V * (1 - cell.t_plus))


THETA = 0.6
PLACES = 1 - (1 - np.linspace(0, 1, NODES)) ** 2  # from the middle of the cell to an electrode
WIDTHS = np.convolve(np.diff(PLACES), [0.5, 0.5])  # of the trapezoidal rule
FLUX_WIDTH = float(PLACES[-1] - PLACES[-2]) / 2


def _operator() -> np.ndarray:
    """Bands (3, n) of minus the second derivative; no salt in the middle, a flux at the electrode."""
    h = np.diff(PLACES)
    bands = np.zeros((3, NODES))
    width = (h[:-1] + h[1:]) / 2
    bands[0, 2:] = -1 / h[1:] / width
    bands[2, :-2] = -1 / h[:-1] / width
    bands[1, 1:-1] = 1 / h[1:] / width + 1 / h[:-1] / width
    bands[2, -2] = -1 / h[-1] / FLUX_WIDTH
    bands[1, -1] = 1 / h[-1] / FLUX_WIDTH
    return bands


OPERATOR = _operator()


def _times(salt: np.ndarray) -> np.ndarray:
    product = OPERATOR[1] * salt
    product[:-1] += OPERATOR[0, 1:] * salt[1:]
    product[1:] += OPERATOR[2, :-1] * salt[:-1]
    return product


def _bulk_factor(cell: Truth, at_s: float) -> float:
    """Resistance of the bulk over that of the first spectrum, by the temperature."""
    held_s = cell.held_times * cell.tau_s
    kelvin = cell.drift_k * min(at_s / held_s, 1.0)
    kelvin += cell.fluctuation_k * math.sin(2 * math.pi * at_s / 600)
    return math.exp(ENERGY_EV / BOLTZMANN_V_K * (1 / (KELVIN + kelvin) - 1 / KELVIN))


# What labctl gets.


def spectra(cell: Truth, pair: int) -> list[Any]:
    """Both spectra read by labctl, kept for cells that differ only outside the spectra."""
    grown = 1 + cell.growth
    shifted = _bulk_factor(replace(cell, fluctuation_k=0.0), cell.held_times * cell.tau_s)
    key = (cell.number, pair, cell.bulk_ohm, grown, shifted, cell.leak_share, cell.blocks, cell.t_plus)
    if key not in _KEPT:
        chance = np.random.default_rng([21, cell.number, pair])
        found = [_noisy(impedance_ohm(cell), chance), _noisy(impedance_ohm(cell, shifted, grown), chance)]
        measured = [Spectrum(FREQUENCY_HZ, z, cell=Cell.of_sample(GEOMETRY)) for z in found]
        _KEPT[key] = (
            list(ionic_resistance_series(measured, [KELVIN, KELVIN + cell.drift_k], "reversible")),
            shows_passing_electrodes(FREQUENCY_HZ, found[0]),
        )
    return list(_KEPT[key])


_KEPT: dict[tuple[Any, ...], tuple[list[Any], bool | None]] = {}


def _noisy(z: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    noise = chance.standard_normal((2, z.size))
    return z * (1 + NOISE_OF_Z * (noise[0] + 1j * noise[1]))


def measured(
    cell: Truth,
    *,
    pair: int = 0,
    with_zero: bool = True,
    potentiostat: Potentiostat | None = None,
    share: tuple[float, float] | None = None,
) -> Polarisation:
    """The hold as labctl reads it from its rows."""
    chance = np.random.default_rng([22, cell.number, pair, int(cell.step_v < 0)])
    held_s = cell.held_times * cell.tau_s
    time_s = np.unique(
        np.concatenate([np.geomspace(0.3, 60, 60), np.arange(75.0, held_s, held_s / 240), [held_s]])
    )
    found = currents_a(cell, time_s, cell.step_v)
    if cell.blocks:
        found = 1e-4 * cell.initial_a + cell.initial_a * np.exp(-time_s / 100)
    scatter_a = cell.noise * abs(found[-1])
    seen = (1 + cell.gain) * found + cell.offset_a + scatter_a * chance.standard_normal(found.size)
    at_zero = {}
    if with_zero:
        seconds = np.arange(ZERO_S + 1.0)
        reading = cell.offset_a + scatter_a * chance.standard_normal(seconds.size)
        at_zero["zero before"] = (seconds, seconds - 1000.0, reading)
    resistances, passes = spectra(cell, pair)
    moved_k = cell.drift_k * 0.9
    row = {"id": 1, "run_id": 1, "potential_v": cell.step_v, "rest_potential_v": 0.0, "rest_drift_v_s": 0.0}
    ended = "steady" if cell.held_times > 2 else "maximum time"
    sample = (
        SAMPLE if share is None else SAMPLE | {"electronic_share": share[0], "electronic_share_u": share[1]}
    )
    return Polarisation(
        row | {"ended_by": ended, "saved_s": None},
        sample,
        time_s,
        cell.step_v + 2e-6 * chance.standard_normal(time_s.size),
        seen,
        KELVIN + cell.drift_k / 2,
        moved_k,
        resistances,
        0.0,
        at_zero,
        0.0,
        held_s,
        passes,
        potentiostat or Potentiostat(),
    )


# The rows of the table.


@dataclass(frozen=True)
class Row:
    """The fault, the way it is measured, and words of which one must be in a flag or in `not_stated`."""

    words: tuple[str, ...]
    measure: Callable[[Truth], dict[str, Any] | None]


def _changed(**changes: Any) -> Callable[[Truth], dict[str, Any] | None]:
    return lambda cell: transference_row(measured(replace(cell, **changes)))


def _reference(cell: Truth) -> dict[str, Any] | None:
    return transference_row(measured(cell))


def _drifting(cell: Truth) -> dict[str, Any] | None:
    kelvin = float(np.random.default_rng([23, cell.number]).choice([-0.4, -0.2, 0.2, 0.4]))
    return transference_row(measured(replace(cell, drift_k=kelvin)))


def _offset(cell: Truth, *, with_zero: bool, both: bool) -> dict[str, Any] | None:
    wrong = replace(cell, offset_share=0.01)
    first = measured(wrong, with_zero=with_zero)
    if not both:
        return transference_row(first)
    second = measured(replace(wrong, step_v=-cell.step_v), pair=1, with_zero=with_zero)
    return transference_row(second, [first])


def _leaking(cell: Truth, *, known: bool) -> dict[str, Any] | None:
    chance = np.random.default_rng([24, cell.number])
    share = float(np.exp(chance.uniform(math.log(0.003), math.log(0.1))))
    u = 0.1 * share
    stated = (max(share + u * float(chance.standard_normal()), 0.0), u)
    return transference_row(measured(replace(cell, leak_share=share), share=stated if known else None))


def _with_certificate(cell: Truth) -> dict[str, Any] | None:
    chance = np.random.default_rng([25, cell.number])
    gain = float(chance.uniform(-0.005, 0.005))
    described = {"potential_gain": 0.001, "currents": [{"up_to_a": None, "gain": 0.005, "zero_a": 1e-9}]}
    return transference_row(measured(replace(cell, gain=gain), potentiostat=Potentiostat.of(described)))


ROWS: dict[str, Row] = {
    "reference": Row((), _reference),
    "interface grows by 10 %": Row(("grew", "drift"), _changed(growth=0.1)),
    "temperature fluctuates by 0.3 K": Row(
        ("correlated", "drift", "not steady"), _changed(fluctuation_k=0.3)
    ),
    "temperature drifts by 0.2 or 0.4 K": Row(("temperature moved", "bulk resistance"), _drifting),
    "hold of half the diffusion time": Row(
        ("not steady", "maximum time", "longest time"), _changed(held_times=0.5)
    ),
    "current gain 1 % off": Row(("initial currents disagree",), _changed(gain=0.01)),
    "current gain drawn from 0.5 %, stated": Row(("initial currents disagree",), _with_certificate),
    "offset 1 % of I0, 0 V not measured": Row(
        ("initial currents disagree", "zero of the current"),
        lambda c: _offset(c, with_zero=False, both=False),
    ),
    "offset 1 % of I0, 0 V measured": Row(
        ("the current at 0 V",), lambda c: _offset(c, with_zero=True, both=False)
    ),
    "offset 1 % of I0, 0 V not measured, reversed": Row(
        ("both polarities",), lambda c: _offset(c, with_zero=False, both=True)
    ),
    "electrons carry 0.3 to 10 %, not stated": Row(("electronic share",), lambda c: _leaking(c, known=False)),
    "electrons carry 0.3 to 10 %, known to 10 %": Row(
        ("electronic share",), lambda c: _leaking(c, known=True)
    ),
    "step of 50 mV": Row(("linear range", "not proportional"), _changed(step_v=0.05)),
    "blocked, Iss / I0 = 1e-4": Row(
        ("pass the cation", "no interphase", "only a bound", "no number"), _changed(blocks=True)
    ),
}


def line_of(name: str, number: int) -> dict[str, Any]:
    """One cell of one row: the truth, the number and its interval, and whether a flag says so."""
    row = ROWS[name]
    cell = draw(number)
    found = row.measure(cell) or {}
    has_number = found.get("value") is not None
    budget = found.get("budget") or {}
    flags = found.get("flags", [])
    not_stated = list(budget.get("not_stated", []))
    told = [flag for flag in flags if any(word in flag for word in row.words)]
    about = {"row": name, "number": number, "t_plus": cell.t_plus, "value": found.get("value")}
    about |= {"u": found.get("standard_uncertainty"), "flags": flags, "not_stated": not_stated}
    return about | {
        "has_number": has_number,
        "covered": has_number and found["low_95"] <= cell.t_plus <= found["high_95"],
        "told": bool(told),
        "named": any(word in name for name in not_stated for word in row.words if word),
    }


def study(names: list[str], cells: range, path: Path | None) -> Iterator[dict[str, Any]]:
    """A line for each cell of each row; those the file holds are read, not made again."""
    text = path.read_text(encoding="utf-8") if path and path.exists() else ""
    known = {(line["row"], line["number"]): line for line in map(json.loads, text.splitlines())}
    for number in cells:
        for name in names:
            if (name, number) not in known:
                known[name, number] = line_of(name, number)
                if path:
                    with path.open("a", encoding="utf-8") as lines:
                        lines.write(json.dumps(known[name, number]) + "\n")
            yield known[name, number]
        _KEPT.clear()


def _interval(hits: int, n: int) -> str:
    """Clopper and Pearson's 95 % interval of a share, in percent."""
    low = float(beta.ppf(0.025, hits, n - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, n - hits)) if hits < n else 1.0
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def table(lines: list[dict[str, Any]], names: list[str]) -> Iterator[str]:
    """The table as Markdown, and the sum over rows with a number."""
    yield (
        "| row | n | covered | interval of the share | no number | not covered, flag | "
        "not covered, not stated | silent |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    sums = [0, 0]
    for name in names:
        own = [line for line in lines if line["row"] == name]
        with_number = [line for line in own if line["has_number"]]
        covered = sum(line["covered"] for line in own)
        off = [line for line in with_number if not line["covered"]]
        flagged = sum(line["told"] for line in off)
        named = sum(line["named"] and not line["told"] for line in off)
        share = _interval(covered, len(with_number)) if with_number else ""
        none = len(own) - len(with_number)
        silent = len(off) - flagged - named
        yield f"| {name} | {len(own)} | {covered} | {share} | {none} | {flagged} | {named} | {silent} |"
        if "not stated" not in name:
            sums = [sums[0] + covered, sums[1] + len(with_number)]
    if sums[1]:
        yield (
            f"sum, without what is not stated: {sums[0]} of {sums[1]} covered, "
            f"{100 * sums[0] / sums[1]:.1f} % "
            f"({_interval(*sums)})"
        )


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--cells", type=int, default=80)
    made.add_argument("--first", type=int, default=0)
    made.add_argument("--rows", default="", help="names of rows, separated by commas; all where empty")
    made.add_argument("--lines", type=Path, help="a file of one line a cell, kept and continued")
    made.add_argument("-v", action="store_true")
    return made


def main() -> int:
    chosen = parser().parse_args()
    names = [name for name in ROWS if not chosen.rows or any(r in name for r in chosen.rows.split(","))]
    lines, started = [], time.process_time()
    for line in study(names, range(chosen.first, chosen.first + chosen.cells), chosen.lines):
        lines.append(line)
        if chosen.v:
            print({key: value for key, value in line.items() if key != "not_stated"}, flush=True)
    text = "\n".join(table(lines, names))
    print(text)
    state_table("transference_table.table", text)
    print(f"{time.process_time() - started:.0f} s of one core", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
