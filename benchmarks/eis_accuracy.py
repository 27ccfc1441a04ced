"""Accuracy of the stated resistances, on drawn spectra with known truth and on measured ones.

    python benchmarks/eis_accuracy.py [spectra]
    python benchmarks/eis_accuracy.py trust [--spectra 2000] [--seed 1] [--results FILE]
    python benchmarks/eis_accuracy.py series [--samples 200] [--seed 1] [--results FILE]
    python benchmarks/eis_accuracy.py kk [--spectra 1000] [--seed 1] [--results FILE]

The circuits come from eis.py. `rho` is the correlation of the noise from point to point. z is the error
over the Cramer-Rao standard error of white noise. Measured data are read from ../shared/data if present.

The other three draw cells of many kinds from generators that share no code with labctl (package `cells`).
`trust` counts by kind the resistances off by more than 5 %, those without a flag that says so, the intervals
that cover, the share that is flagged, and spectra without a number. `series` lets samples that follow
Arrhenius' law, with any electrode, through `ionic_resistance_series` and `fit_temperature_law`, and counts
false breaks and wrong energies. `kk` counts how often the Kramers-Kronig test fails, and how often check
points show a drift: on consistent spectra, and with a drift of 1, 3, 10 and 30 % during the sweep.

A study prints a table and whether the aims are met, and exits with 1 when one is not. `--results FILE` writes
a line of JSON for each cell as it is done; a second call with the same seed continues. `--only KIND` and
`--first N` narrow it, `--show` names the cells that count against the aims.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from cells import consistency, series, trust
from cells.results import gathered
from eis import CIRCUITS, SEED, draw, q
from figures import state, state_table

from labctl.analysis import (
    Estimate,
    Spectrum,
    fit_circuits,
    ionic_resistance,
    ionic_resistance_series,
    ionic_resistances,
    parse_circuit,
    read_spectra,
    read_spectrum,
)

DATA = Path(__file__).parents[1] / ".." / "shared" / "data"
OXIDE_OHM = {140: 2_158_200, 160: 746_790, 180: 282_840, 200: 117_480}
CARBONATE_OHM = (3061.9, 2404.3, 1959.0, 1645.2, 1392.2, 1284.4, 1157.6, 1007.8, 893.35)
STUDIES = {"trust": (trust, 2000), "series": (series, 200), "kk": (consistency, 1000)}


def fits(kind: str, rho: float, count: int) -> None:
    rng = np.random.default_rng([SEED, ord(kind), int(10 * rho)])
    drawn = [draw(kind, rng, rho=rho) for _ in range(count)]
    found = [fit.parameters["R1"] for fit in fit_circuits([d.spectrum for d in drawn], CIRCUITS[kind])]
    truth = np.array([d.r1_ohm for d in drawn])
    values = np.array([estimate.value for estimate in found])
    low, high = np.array([estimate.interval() for estimate in found]).T
    z = (values - truth) / np.array([d.cramer_rao_ohm for d in drawn])
    print(
        f"  {kind}, rho {rho}: R1 within 5 % in {100 * np.mean(np.abs(values / truth - 1) < 0.05):.1f} %,"
        f" rms z {np.sqrt(np.mean(z**2)):.2f},"
        f" 95 % interval covers {100 * np.mean((low <= truth) & (truth <= high)):.1f} %"
    )


def chosen(kind: str, rho: float, count: int) -> None:
    """How often the circuit that made the spectrum is selected, of resistances determined to 20 %."""
    rng, each = np.random.default_rng([SEED, ord(kind), int(10 * rho), 1]), []
    while len(each) < count:
        one = draw(kind, rng, rho=rho)
        if one.worst < 0.2 and one.cramer_rao_ohm < 0.01 * one.r1_ohm:
            each.append(one)
    found = ionic_resistances([one.spectrum for one in each])
    right = sum(one.circuit == CIRCUITS[kind] for one in found)
    covered = sum(
        low <= one.total_ohm <= high
        for one, (low, high) in zip(each, (one.total_ohm.interval() for one in found), strict=True)
    )
    print(
        f"  {kind}, rho {rho}: the circuit itself is selected in {100 * right / count:.1f} %,"
        f" 95 % interval of the total covers {100 * covered / count:.1f} %"
    )


def polymers(count: int) -> None:
    """Worst error of 24 temperatures of polymers with an arc that leaves the window upwards."""
    rng, frequency, circuit = np.random.default_rng(SEED + 4), np.logspace(6, -1, 60), "R0-p(R1,CPE1)-CPE2"
    kelvin, worst = np.linspace(253, 368, 24), 0.0
    for _ in range(count):
        growth = np.exp(rng.uniform(0.06, 0.10) / 8.617333262e-5 / (kelvin - rng.uniform(170, 205)))
        r1 = rng.uniform(2, 30) * np.sqrt(kelvin / 300) * growth
        r1 *= min(1.0, 5e9 / r1.max())  # what an analyser can measure
        farad = min(10 ** rng.uniform(-10.5, -9.5), 0.4 / r1.max())  # the coldest arc closes above 0.1 Hz
        n1, lead = rng.uniform(0.85, 0.97), rng.uniform(1, 10)
        spike = [10 ** rng.uniform(-6, -5), rng.uniform(0.75, 0.93)]
        values = np.array([[lead, r, (farad * r) ** n1 / r, n1, *spike] for r in r1])
        z, noise = parse_circuit(circuit).impedance(values, frequency), 10 ** rng.uniform(-3, -2.5)
        z = z * (1 + noise * (rng.standard_normal(z.shape) + 1j * rng.standard_normal(z.shape)))
        found = ionic_resistance_series([Spectrum(frequency, row) for row in z], kelvin)
        error = np.array([one.total_ohm.value for one in found]) / (lead + r1) - 1
        worst = max(worst, float(np.abs(error).max()))
    print(f"  polymers: {100 * worst:.2f} % (worst of {24 * count} temperatures)")


def reversible(count: int) -> None:
    rng, errors, covered = np.random.default_rng(SEED + 3), [], 0
    frequency, circuit = np.logspace(6, -3, 73), parse_circuit("R0-p(R1,CPE1)-p(R2,CPE2)-Ws1")
    for _ in range(count):
        bulk, lead = 10 ** rng.uniform(2.5, 5), rng.uniform(0.5, 5)
        interphase, capacitance = bulk * 10 ** rng.uniform(-0.7, 1), 10 ** rng.uniform(-6, -5)
        slow = 10 ** rng.uniform(max(1.2, np.log10(interphase * capacitance) + 1.5), 2.8)
        arcs = [bulk, q(bulk, 0.95, 1 / (2e-10 * bulk)), 0.95, interphase]
        arcs += [q(interphase, 0.87, 1 / (2 * np.pi * interphase * capacitance)), 0.87]
        z = circuit.impedance([lead, *arcs, bulk * rng.uniform(0.3, 3), slow], frequency)
        noise = rng.standard_normal((2, 73)) * 10 ** rng.uniform(-3, -2.3)
        found = ionic_resistance(Spectrum(frequency, z * (1 + noise[0] + 1j * noise[1])), "reversible")
        low, high = found.total_ohm.interval()
        errors.append(abs(found.total_ohm.value / (bulk + lead) - 1))
        covered += low <= bulk + lead <= high
    print(
        f"  reversible cell: electrolyte within {100 * np.median(errors):.2f} % (median),"
        f" {100 * max(errors):.1f} % (worst of {count}), 95 % interval covers {100 * covered / count:.0f} %"
    )


def measured() -> None:
    for degc, published in OXIDE_OHM.items():
        spectrum = read_spectrum(DATA / f"oxide_pellet_eis/s04147-{degc}deg.txt")
        report(f"oxide pellet {degc} degC", ionic_resistance(spectrum).total_ohm, published)
    sweeps = read_spectra(DATA / "carbonate_eis/PYA_25082021_BM169_1_spectra.csv")
    temperatures = 273.15 + np.arange(-20, 61, 10)
    series = ionic_resistance_series(sweeps, temperatures)
    for temperature, found, published in zip(temperatures, series, CARBONATE_OHM, strict=True):
        report(f"carbonate {temperature - 273.15:.0f} degC", found.total_ohm, published)
    lpscl = ionic_resistance(read_spectrum(DATA / "spectra/PEIS_LPSCl_IonBlocking_-25C.txt")).total_ohm
    report("LPSCl -25 degC", lpscl, 1470.0)
    print("    its 95 % interval: {:.0f} to {:.0f} ohm".format(*lpscl.interval()))


def report(name: str, found: Estimate, published: float) -> None:
    print(
        f"  {name}: {found.value:.5g} +- {found.standard_uncertainty:.2g} ohm, published {published:g},"
        f" {100 * (found.value / published - 1):+.2f} %"
    )


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    about = f"of each kind (%(default)s), or a study: {', '.join(STUDIES)}"
    made.add_argument("what", type=count_or_study, metavar="spectra", nargs="?", default=1000, help=about)
    study = made.add_argument_group("of a study")
    study.add_argument("--spectra", "--samples", type=int, help="cells; default: as many as its aims ask for")
    study.add_argument("--seed", type=int, default=1)
    study.add_argument("--first", type=int, default=0, help="number of the first cell")
    study.add_argument("--only", metavar="KIND", help="cells of this kind, of those numbers")
    study.add_argument("--show", action="store_true", help="name each cell that counts against the aims")
    study.add_argument("--results", type=Path, help="a line of JSON for every cell")
    return made


def count_or_study(text: str) -> int | str:
    """A number of spectra, or the name of a study."""
    return text if text in STUDIES else int(text)


def run_study(study: str, arguments: list[str]) -> int:
    options = parser().parse_args([study, *arguments])
    judge, usual = STUDIES[study]
    numbers = range(options.first, options.first + (options.spectra or usual))
    if options.only:
        numbers = [number for number in numbers if judge.kind_of(number) == options.only]
    rows = gathered(study, options.seed, numbers, judge.one, options.results)
    if options.show:
        print("\n".join(filter(None, map(judge.named, rows))), end="\n\n")
    text, met = judge.report(rows)
    print(f"seed {options.seed}, {len(numbers)} of {study}\n\n{text}")
    state_table(f"eis_accuracy.{study}_seed_{options.seed}", text)
    state(f"eis_accuracy.{study}_aims", "met" if met else "missed", "aims")
    return 0 if met else 1


def main() -> int:
    options = parser().parse_args()
    if options.what in STUDIES:
        return run_study(options.what, sys.argv[2:])
    count = options.what
    for kind in CIRCUITS:
        for rho in (0.0, 0.6):
            fits(kind, rho, count)
            chosen(kind, rho, max(count // 10, 10))
    reversible(max(count // 5, 10))
    polymers(max(count // 50, 2))
    if DATA.exists():
        measured()
    return 0


if __name__ == "__main__":
    sys.exit(main())
