"""Bruce-Vincent with both polarities and two heights on simulated cells of several carriers, and the verdict.

    python benchmarks/polarised_carriers.py --samples 300 --lines sound.jsonl
    python benchmarks/polarised_carriers.py --samples 100 --fault "growing layer" --lines layer.jsonl
    python benchmarks/polarised_carriers.py --samples 100 --fault "blocked cation" --lines blocked.jsonl

The whole stack: 1260 and 1287 on the simulated rig in virtual time, procedure, evaluation, `labctl carriers`.
A study goes on where its file of lines ended. Sample number n has the seed n.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from carrier_samples.passing import FAULTS, Cell, draw
from carriers import clopper_pearson
from scipy.stats import binom
from stations import PAIR, station_text

from labctl.clock import VirtualClock
from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.derive.choices import NO_CHOICE
from labctl.derive.facts import Fact, keep_fact
from labctl.derive.refit import Refit, refit_runs
from labctl.measure.run import StopRequest, run_protocol
from labctl.readmodel.carriers import carriers_of
from labctl.store import Database, Store
from labctl.store.queries import transference_numbers

PROTOCOL = """
[sample]
name = "cell"
thickness_mm = 0.1
area_cm2 = 1.0
electrodes = "reversible"
cation = "Mg2+"

[[procedure]]
use = "procedures.bruce_vincent:BruceVincent"
temperatures_degc = [30]
dwell_min = 0
frequency_min_hz = 1.0
rest_min = 0.5
delta_v_v = 0.002
reverse = true
second_delta_v_v = 0.004
hold_min_min = {hold_min}
hold_max_min = {hold_max}
relaxation_min = {relaxation_min}
longest_interval_s = {interval_s}
"""
ELECTRONS_U = 0.02
HOLD, LONGEST, RELAXATION, INTERVAL = 5.0, 12.0, 8.0, 0.2  # of the time constant
OHM, THICKNESS_M, AREA_M2 = 2000.0, 1e-4, 1e-4


def measure(cell: Cell) -> dict[str, Any]:
    """Return the numbers of the run, with flags, and the verdict."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "station.toml"
        path.write_text(station_text(PAIR), encoding="utf-8")
        station = read_station(path)
        assert station.simulation is not None
        simulation = replace(station.simulation, seed=cell.seed, options=options(cell))
        station = replace(station, simulation=simulation)
        database = Path(folder) / "lab.db"
        with Store.open(database) as store, station.open(VirtualClock()) as bench:
            protocol = parse_protocol(protocol_of(cell), "protocol.toml")
            (outcome,) = run_protocol(protocol, station, bench, store, StopRequest())
        if cell.shares["electrons"]:
            _know_the_electrons(database, cell)
        with Database(database) as db:
            found = carriers_of(db, "cell")
            rows = transference_numbers.of_parts(db, [1])
    (verdict,) = [one for _, one in found.verdicts]
    return {
        "number": cell.seed,
        "fault": cell.fault,
        "current_fraction": cell.current_fraction,
        "status": outcome.status,
        "rows": [{name: row[name] for name in ("value", "low_95", "high_95", "flags")} for row in rows],
        "carries": verdict.carries,
        "broken": verdict.broken,
        "contradictions": verdict.contradictions,
        "not_excluded": verdict.not_excluded,
    }


def _know_the_electrons(database: Path, cell: Cell) -> None:
    """State their share, measured elsewhere with 2 % of itself, and evaluate the run again."""
    percent = 100 * cell.shares["electrons"]
    measured = percent * (1 + ELECTRONS_U * float(np.random.default_rng([27, cell.seed]).standard_normal()))
    keep_fact(database, "cell", Fact("electronic-share", measured, "elsewhere", ELECTRONS_U * percent))
    with Store.open(database) as store:
        (result,) = refit_runs(store, [1], Refit(NO_CHOICE, again=True), 0.0, lambda _: None)
    assert not result.problem, result.problem


def protocol_of(cell: Cell) -> str:
    """The protocol; holds and rests are multiples of the time constant."""
    minutes = cell.time_constant_s / 60
    return PROTOCOL.format(
        hold_min=HOLD * minutes,
        hold_max=LONGEST * minutes,
        relaxation_min=RELAXATION * minutes,
        interval_s=INTERVAL * cell.time_constant_s,
    )


def options(cell: Cell) -> dict[str, Any]:
    """Options of the rig."""
    law = {
        "law": "arrhenius",
        "form": "ln_sigma",
        "conductivity_s_m": THICKNESS_M / (OHM * AREA_M2),
        "temperature_k": 303.15,
        "activation_energy_ev": 0.5,
    }
    return {
        "thickness_m": THICKNESS_M,
        "area_m2": AREA_M2,
        "electrodes": "reversible",
        "noise_fraction": 0.002,
        "ambient_k": 303.15,
        "cell": {"law": law},
        "carriers": cell.carriers,
    }


def study(cells: list[Cell], path: Path | None) -> Iterator[dict[str, Any]]:
    """A line for each cell; those the file holds are read, not measured again."""
    text = path.read_text(encoding="utf-8") if path and path.exists() else ""
    known = {(line["fault"], line["number"]): line for line in map(json.loads, text.splitlines())}
    for cell in cells:
        if (cell.fault, cell.seed) not in known:
            started = time.process_time()
            line = measure(cell) | {"cpu_s": round(time.process_time() - started, 1)}
            known[cell.fault, cell.seed] = line
            if path:
                with path.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(line) + "\n")
        yield known[cell.fault, cell.seed]


def is_inside(row: dict[str, Any], line: dict[str, Any]) -> bool:
    """Whether the interval of a number covers the current fraction."""
    return row["low_95"] <= line["current_fraction"] <= row["high_95"]


def is_named(line: dict[str, Any]) -> bool:
    """Whether the verdict names a presumption of Bruce-Vincent that does not hold."""
    return any("Bruce-Vincent" in said for said in line["broken"])


def summary(lines: list[dict[str, Any]]) -> Iterator[str]:
    """Counts of a study of one fault, or of none."""
    numbers = [(row, line) for line in lines for row in line["rows"] if row["value"] is not None]
    inside = sum(is_inside(row, line) for row, line in numbers)
    if numbers:
        low, high = clopper_pearson(inside, len(numbers))
        least = int(binom.ppf(0.005, len(numbers), 0.95))
        yield (
            f"interval of rho+ covers the truth: {inside} of {len(numbers)}, {100 * low:.0f} to "
            f"{100 * high:.0f} %; at least expected at 99 %: {least}"
        )
        first = [next((row for row in line["rows"] if row["value"] is not None), None) for line in lines]
        counted = [(row, line) for row, line in zip(first, lines, strict=True) if row is not None]
        covered = sum(is_inside(row, line) for row, line in counted)
        yield f"of each sample the first number: {covered} of {len(counted)}"
    yield f"a presumption is named: {sum(map(is_named, lines))} of {len(lines)}"
    yield f"a carrier is stated: {sum(bool(line['carries']) for line in lines)} of {len(lines)}"


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=300, help="(%(default)s)")
    parser.add_argument("--first", type=int, default=0, help="seed of the first (%(default)s)")
    parser.add_argument("--fault", choices=FAULTS, default="", help="break this presumption")
    parser.add_argument("--lines", type=Path, help="a file of one line a sample, kept and continued")
    return parser


def main() -> None:
    asked = parser().parse_args()
    cells = [draw(seed, asked.fault) for seed in range(asked.first, asked.first + asked.samples)]
    print(*summary(list(study(cells, asked.lines))), sep="\n")


if __name__ == "__main__":
    main()
