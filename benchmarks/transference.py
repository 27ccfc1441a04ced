"""Transference numbers of simulated cells through the whole stack: are the stated intervals true?

    python benchmarks/transference.py --runs 200                        coverage of the 95 % interval
    python benchmarks/transference.py --runs 60 --early --noise 0.002   early stop: error of Iss, wait saved
    python benchmarks/transference.py --runs 60 --growth                an interphase that grows by 10 %
    python benchmarks/transference.py --runs 200 --lines study.jsonl    a line a run; goes on where it ended

Reversible cells with t+ 0.1 to 0.95, diffusion time 200 to 3200 s, noise of the current 0.02 or 0.2 % of the
steady one; 1260 and 1287 on the simulated rig in virtual time, one process. Run number n has the seed n.
"""

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from figures import state, state_share
from stations import PAIR, station_text

import labctl
from labctl.clock import VirtualClock
from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.measure.run import StopRequest, run_protocol
from labctl.store import Store

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
LEAD_OHM = 0.05  # of the simulated rig; part of the resistance at high frequency
COLUMNS = {  # of the row: value and standard uncertainty
    "t+": ("value", "standard_uncertainty"),
    "Rb": ("bulk_resistance_ohm", "bulk_resistance_u_ohm"),
    "R0": ("initial_resistance_ohm", "initial_resistance_u_ohm"),
    "Rss": ("steady_resistance_ohm", "steady_resistance_u_ohm"),
    "I0": ("initial_current_a", "initial_current_u_a"),
    "Iss": ("steady_current_a", "steady_current_u_a"),
    "dV": ("delta_v_v", "delta_v_u_v"),
}

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
        path.write_text(station_text(PAIR), encoding="utf-8")
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


def truths(case: Case) -> dict[str, float]:
    """True value of each column of the row; without the currents and interphases of a growing layer."""
    bulk_ohm = case.ionic_ohm + LEAD_OHM
    interphase_ohm = INTERPHASE_SHARE * case.ionic_ohm
    known = {"t+": case.transference_number, "Rb": bulk_ohm, "dV": DELTA_V_V}
    if case.growth:
        return known
    diffusion_ohm = case.ionic_ohm * (1 / case.transference_number - 1)
    initial_ohm = bulk_ohm + interphase_ohm
    return known | {
        "R0": interphase_ohm,
        "Rss": interphase_ohm,
        "I0": DELTA_V_V / initial_ohm,
        "Iss": DELTA_V_V / (initial_ohm + diffusion_ohm),
    }


def described(case: Case, row: dict[str, Any], early: bool) -> dict[str, Any]:
    """One line of a study: the case, the number, errors of every input and these over their uncertainties."""
    line: dict[str, Any] = {"number": case.seed, **vars(case)}
    for name in ("value", "standard_uncertainty", "low_95", "high_95", "held_s", "ended_by", "flags"):
        line[name] = row[name]
    has_number = row["value"] is not None
    line["inside"] = has_number and row["low_95"] <= case.transference_number <= row["high_95"]
    if has_number:
        pairs = {name: (row[value], row[u]) for name, (value, u) in COLUMNS.items()}
        true = truths(case)
        line["error"] = {name: pairs[name][0] / true[name] - 1 for name in true}
        line["z"] = {name: (pairs[name][0] - true[name]) / max(pairs[name][1], 1e-300) for name in true}
    if early:
        line["waited_s"] = measure(case, early=False)["held_s"]
    return line


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


def study(cases: list[Case], early: bool, path: Path | None) -> Iterator[dict[str, Any]]:
    """A line for each case; those the file holds are read, not measured again."""
    text = path.read_text(encoding="utf-8") if path and path.exists() else ""
    known = {line["number"]: line for line in map(json.loads, text.splitlines())}
    for case in cases:
        if case.seed not in known:
            started = time.process_time()
            known[case.seed] = described(case, measure(case, early), early)
            known[case.seed]["cpu_s"] = round(time.process_time() - started, 2)
            if path:
                with path.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(known[case.seed]) + "\n")
        yield known[case.seed]


def sentence(line: dict[str, Any]) -> str:
    """A line to read."""
    z = " ".join(f"{name} {value:+.1f}" for name, value in line.get("z", {}).items())
    value, u = (line[name] or math.nan for name in ("value", "standard_uncertainty"))
    verdict = "inside " if line["inside"] else "OUTSIDE"
    return (
        f"{line['number']:4} t+ {line['transference_number']:.3f} tau {line['time_constant_s']:5.0f} "
        f"noise {line['noise']:g}: {value:.4f} ± {u:.4f} {verdict} z: {z}; "
        f"held {line['held_s']:.0f} s, {line['ended_by']} {line['flags']}"
    )


def is_told(line: dict[str, Any]) -> bool:
    """Whether a remark says that the cell changed while it was polarised."""
    return any(word in flag for flag in line["flags"] for word in ("grew", "drift", "swapped"))


def summary(lines: list[dict[str, Any]]) -> Iterator[str]:
    """Result of a study."""
    inside = sum(line["inside"] for line in lines)
    silent = sum(not line["inside"] and not is_told(line) for line in lines)
    yield f"95 % interval of t+ covers the truth: {inside} of {len(lines)}, {100 * inside / len(lines):.1f} %"
    yield f"outside, and no remark on a change of the cell: {silent}, {100 * silent / len(lines):.1f} %"
    numbered = [line for line in lines if "z" in line]
    for name in numbered[0]["z"]:
        z, error = (np.array([line[kind][name] for line in numbered]) for kind in ("z", "error"))
        yield (
            f"{name:>4}: z mean {z.mean():+.2f}, rms {np.sqrt(np.mean(z**2)):.2f}, beyond 1.96 "
            f"{100 * np.mean(np.abs(z) > 1.96):.1f} %; |error| median {np.median(np.abs(error)):.3%}, "
            f"within 1 % in {100 * np.mean(np.abs(error) < 0.01):.1f} %"
        )
    waits = [line["held_s"] / line["waited_s"] for line in lines if "waited_s" in line]
    if waits:
        yield f"wait with early stop over wait without, median: {np.median(waits):.2f}"


def _state(lines: list[dict[str, Any]], chosen: argparse.Namespace) -> None:
    which = "early" if chosen.early else "growth" if chosen.growth else "whole"
    which = which if chosen.noise is None else f"{which}_{chosen.noise:g}"
    state_share(f"transference.{which}_covered", sum(line["inside"] for line in lines), len(lines))
    waits = [line["held_s"] / line["waited_s"] for line in lines if "waited_s" in line]
    if waits:
        state(f"transference.{which}_wait", float(np.median(waits)))
    near = [abs(line["error"]["Iss"]) < 0.01 for line in lines if "error" in line and "Iss" in line["error"]]
    if near:
        state_share(f"transference.{which}_steady_within_1_%", sum(near), len(near))


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--early", action="store_true")
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--noise", type=float)
    parser.add_argument("--lines", type=Path, help="a file of one line a run, kept and continued")
    parser.add_argument("-v", action="store_true")
    return parser


def main() -> int:
    chosen = parser().parse_args()
    started = time.perf_counter()
    cases = [
        draw(number, 0.1 if chosen.growth else 0.0, chosen.noise)
        for number in range(chosen.first, chosen.first + chosen.runs)
    ]
    lines = []
    for line in study(cases, chosen.early, chosen.lines):
        lines.append(line)
        if chosen.v:
            print(sentence(line), flush=True)
    print(f"{len(lines)} runs in {time.perf_counter() - started:.0f} s")
    print(*summary(lines), sep="\n")
    _state(lines, chosen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
