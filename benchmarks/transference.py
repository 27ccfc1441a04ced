"""Transference numbers of simulated cells through the whole stack: are the stated intervals true?

    python benchmarks/transference.py --runs 200            coverage of the 95 % interval
    python benchmarks/transference.py --runs 60 --early     early stop: error of Iss, wait saved
    python benchmarks/transference.py --runs 60 --growth    interphase that grows by 10 % while polarised

Reversible cells with t+ 0.1 to 0.95, diffusion time 200 to 3200 s, noise of the current 0.02 or 0.2 % of the
steady one; 1260 and 1287 on the simulated rig in virtual time, one process.
"""

import argparse
import math
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import labctl
from labctl.clock import VirtualClock
from labctl.protocol import parse_protocol
from labctl.run import StopRequest, run_protocol
from labctl.station import read_station
from labctl.store import Store

STATION = """
[limits]
temperature_degc = [-50, 250]
potential_v = 1.0
current_a = 0.1

[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]

[instruments.cell]
driver = "drivers.solartron_pair:Solartron1260With1287"
address = "GPIB0::6::INSTR"
roles = ["fra", "potentiostat"]
with = "analyser"
settings = { standard_resistor_ohm = 1000.0 }

[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"

[simulation]
"""
PROTOCOL = """
[sample]
name = "film"
thickness_mm = 0.1
area_cm2 = 1.0
electrodes = "reversible"
cation = "Li+"

[[procedure]]
use = "procedures.bruce_vincent:BruceVincent"
temperatures_degc = [60]
dwell_min = 60
rest_min = 0.5
early_stop = {early}
"""
FULL_SCALE_A, NOISE_OF_FULL_SCALE, DELTA_V_V, INTERPHASE_SHARE = 2e-4, 2e-5, 0.01, 0.4

AGE_S = 4200.0  # of the cell when it is polarised


@dataclass(frozen=True)
class Case:
    """A cell to be measured; the truth."""

    transference_number: float
    time_constant_s: float
    noise: float
    growth: float
    seed: int

    @property
    def steady_current_a(self) -> float:
        return FULL_SCALE_A * NOISE_OF_FULL_SCALE / self.noise

    @property
    def ionic_ohm(self) -> float:
        return DELTA_V_V / self.steady_current_a / (1 / self.transference_number + INTERPHASE_SHARE)


def draw(number: int, growth: float, noise: float | None) -> Case:
    chance = np.random.default_rng([2026, number])
    return Case(
        transference_number=float(chance.uniform(0.1, 0.95)),
        time_constant_s=float(np.exp(chance.uniform(math.log(1500 if growth else 200), math.log(3200)))),
        noise=float(noise or chance.choice([2e-4, 2e-3])),
        growth=growth,
        seed=number,
    )


def measure(case: Case, early: bool) -> dict[str, Any]:
    """Run the procedure once; return the rows of number and polarisation, and the length of the hold."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "station.toml"
        path.write_text(STATION, encoding="utf-8")
        station = read_station(path)
        assert station.simulation is not None
        simulation = replace(station.simulation, seed=case.seed, options=options(case))
        station = replace(station, simulation=simulation)
        protocol = parse_protocol(PROTOCOL.format(early=str(early).lower()), "protocol.toml")
        with Store.open(Path(folder) / "lab.db") as store, station.open(VirtualClock()) as bench:
            (outcome,) = run_protocol(protocol, station, bench, store, StopRequest())
        if outcome.status != "finished":
            raise RuntimeError(f"{case}: {outcome.reason}")
        with labctl.open(Path(folder) / "lab.db") as db:
            (row,) = db.rows(
                "SELECT t.*, p.ended_by, p.saved_s, "
                "(SELECT max(elapsed_s) FROM polarisation_points) AS held_s "
                "FROM transference_numbers t JOIN polarisations p ON p.id = t.polarisation_id"
            )
            return row


def standardised(row: dict[str, Any], case: Case) -> str:
    """Errors over their standard uncertainties: of the number, the bulk, both interphases, the current."""
    interphase_ohm = INTERPHASE_SHARE * case.ionic_ohm
    truths = {
        ("value", "standard_uncertainty"): case.transference_number,
        ("bulk_resistance_ohm", "bulk_resistance_u_ohm"): case.ionic_ohm,
        ("initial_resistance_ohm", "initial_resistance_u_ohm"): interphase_ohm,
        ("steady_resistance_ohm", "steady_resistance_u_ohm"): interphase_ohm,
        ("steady_current_a", "steady_current_u_a"): case.steady_current_a,
    }
    return " ".join(f"{(row[name] - truth) / row[u]:+.1f}" for (name, u), truth in truths.items())


def growth_share(case: Case) -> float:
    """Growth, relative to the fresh layer, that makes it grow by `case.growth` during the hold."""
    if not case.growth:
        return 0.0
    held_s, grown = 1.3 * case.time_constant_s, 1 - math.exp(-1)
    return case.growth / (math.exp(-1) * (1 - math.exp(-held_s / AGE_S)) - case.growth * grown)


def options(case: Case) -> dict[str, Any]:
    thickness_m, area_m2 = 1e-4, 1e-4
    law = {
        "law": "arrhenius",
        "form": "ln_sigma",
        "conductivity_s_m": thickness_m / (case.ionic_ohm * area_m2),
        "temperature_k": 333.15,
        "activation_energy_ev": 0.5,
    }
    interphase = {
        "share": INTERPHASE_SHARE,
        "growth_share": growth_share(case),
        "growth_time_s": AGE_S,
    }
    cell = {
        "law": law,
        "transference_number": case.transference_number,
        "salt_diffusivity_m2_s": thickness_m**2 / (4 * case.time_constant_s),
        "interphase": interphase,
    }
    return {
        "thickness_m": thickness_m,
        "area_m2": area_m2,
        "electrodes": "reversible",
        "noise_fraction": 0.002,
        "cell": cell,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--early", action="store_true")
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--noise", type=float)
    parser.add_argument("-v", action="store_true")
    chosen = parser.parse_args()
    started = time.perf_counter()
    cases = [
        draw(number, 0.1 if chosen.growth else 0.0, chosen.noise)
        for number in range(chosen.first, chosen.first + chosen.runs)
    ]
    inside, silent, errors, saved = [], [], [], []
    for case in cases:
        row = measure(case, chosen.early)
        covers = row["value"] is not None and row["low_95"] <= case.transference_number <= row["high_95"]
        inside.append(covers)
        silent.append(not covers and not row["flags"])
        if row["value"] is not None:
            errors.append(row["steady_current_a"] / case.steady_current_a - 1)
        if chosen.early:
            saved.append(row["held_s"] / measure(case, early=False)["held_s"])
        if chosen.v:
            print(
                f"t+ {case.transference_number:.3f} tau {case.time_constant_s:5.0f} noise {case.noise:g}: ",
                f"{row['value'] or math.nan:.4f} ± {row['standard_uncertainty'] or math.nan:.4f}",
                "inside " if covers else "OUTSIDE",
                standardised(row, case),
                f"Iss {100 * errors[-1]:+.2f} % held {row['held_s']:.0f} s {row['ended_by']}",
                row["flags"],
                flush=True,
            )
    print(f"{len(cases)} runs in {time.perf_counter() - started:.0f} s")
    print(f"95 % interval of t+ covers the truth: {100 * np.mean(inside):.1f} %")
    print(f"outside and not flagged: {100 * np.mean(silent):.1f} %")
    sizes = np.abs(errors)
    print(f"Iss within 1 %: {100 * np.mean(sizes < 0.01):.1f} %, median error {np.median(sizes):.2%}")
    if saved:
        print(f"wait with early stop over wait without, median: {np.median(saved):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
