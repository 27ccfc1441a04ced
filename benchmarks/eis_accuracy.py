"""How right the stated resistances are: drawn spectra whose truth is known, and measured ones.

    python benchmarks/eis_accuracy.py [spectra]

The circuits are those of eis.py. `rho` is the correlation of the noise from point to point. z is the error
over the Cramer-Rao standard error of white noise. Measured data are read from ../shared/data if present.
"""

import argparse
from pathlib import Path

import numpy as np
from eis import CIRCUITS, SEED, draw, q

from labctl.analysis import (
    Estimate,
    Spectrum,
    fit_circuits,
    ionic_resistance,
    ionic_resistance_series,
    parse_circuit,
    read_spectra,
    read_spectrum,
)

DATA = Path(__file__).parents[1] / ".." / "shared" / "data"
OXIDE_OHM = {140: 2_158_200, 160: 746_790, 180: 282_840, 200: 117_480}
CARBONATE_OHM = (3061.9, 2404.3, 1959.0, 1645.2, 1392.2, 1284.4, 1157.6, 1007.8, 893.35)


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
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("spectra", type=int, nargs="?", default=1000, help="of each kind (%(default)s)")
    return parser


def main() -> None:
    count = parser().parse_args().spectra
    for kind in CIRCUITS:
        for rho in (0.0, 0.6):
            fits(kind, rho, count)
    reversible(max(count // 5, 10))
    if DATA.exists():
        measured()


if __name__ == "__main__":
    main()
