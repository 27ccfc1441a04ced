"""Predicted duration of a night, from its rehearsal, against the true one.

    python benchmarks/rehearsal.py [NIGHT ...]

Rehearses nights, then runs them in virtual time through the whole stack (runner, drivers, simulated wire and
physics, store, evaluation) on a rig of another seed, and prints the predicted over the true duration, beside
the plan's own times (`labctl check`), and the cost of the rehearsal.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from figures import state
from stations import PAIR, station_text

from labctl.clock import VirtualClock
from labctl.config.protocol import Protocol, parse_protocol
from labctl.config.station import Station, read_station
from labctl.measure.run import StopRequest
from labctl.queue.estimates import duration_s
from labctl.queue.jobs import Jobs
from labctl.queue.rehearsal import rehearse
from labctl.queue.runner import Runner
from labctl.store.transactions import WriteConnection

PELLET = """
title = "{title}"
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
"""
FILM = """
title = "{title}"
[sample]
name = "film"
thickness_mm = 0.1
area_cm2 = 1.0
electrodes = "reversible"
cation = "Li+"
[[procedure]]
use = "procedures.{procedure}"
"""
SERIES = "temperature_stepped_eis:TemperatureSteppedEIS"
POLYMER = {
    "law": "vtf",
    "conductivity_s_m": 5e-3,
    "temperature_k": 333.15,
    "pseudo_activation_energy_ev": 0.09,
    "vogel_temperature_k": 200.0,
}
SYMMETRIC: dict[str, Any] = {
    "cell": {
        "law": {
            "law": "arrhenius",
            "form": "ln_sigma_t",
            "conductivity_s_m": 5e-3,
            "temperature_k": 333.15,
            "activation_energy_ev": 0.4,
        },
        "transference_number": 0.3,
        "salt_diffusivity_m2_s": 1.3e-12,
        "interphase": {"share": 0.4},
    },
    "thickness_m": 1e-4,
    "area_m2": 1e-4,
    "electrodes": "reversible",
}


@dataclass(frozen=True)
class Case:
    """A night: its protocols, the parts of the rig, and how warm its oven is at the beginning."""

    texts: tuple[str, ...]
    rig: dict[str, Any] = field(default_factory=dict)
    oven_degc: float | None = None


HEATING_AND_COOLING = (
    PELLET.format(title="up and down")
    + """
temperatures_degc = "30:120:10"
return_down = true
dwell_min = 30
"""
)
LONG_DWELLS = (
    FILM.format(title="polymer", procedure=SERIES).replace("reversible", "blocking")
    + """
temperatures_degc = "30:90:10"
dwell_min = 90
band_k = 0.2
frequency_min_hz = 1
"""
)
THREE_JOBS = (
    FILM.format(title="before", procedure=SERIES) + "temperatures_degc = '40:80:10'\ndwell_min = 45\n",
    FILM.format(title="transference number", procedure="bruce_vincent:BruceVincent")
    + "temperatures_degc = [60]\ndwell_min = 60\nrest_min = 30\nhold_max_min = 240\ncurrent_limit_a = 2e-3\n",
    FILM.format(title="after", procedure=SERIES) + "temperatures_degc = '80:40:-10'\ndwell_min = 45\n",
)
CASES = {
    "up and down": Case((HEATING_AND_COOLING,)),
    "up and down, from 110 degC": Case((HEATING_AND_COOLING,), oven_degc=110.0),
    "polymer, long dwells": Case((LONG_DWELLS,), {"cell": {"law": POLYMER}}),
    "three jobs, one Bruce-Vincent": Case(THREE_JOBS, SYMMETRIC),
    "three jobs, from 90 degC": Case(THREE_JOBS, SYMMETRIC, oven_degc=90.0),
}


@dataclass(frozen=True)
class Outcome:
    """Seconds: planned, rehearsed and taken by the night; `cost_s` of this computer for rehearsing."""

    planned_s: float
    rehearsed_s: float
    took_s: float
    cost_s: float


def compare(case: Case, folder: Path) -> Outcome:
    """Rehearse a night and run it on a rig of another seed; RuntimeError where a job did not finish."""
    (folder / "station.toml").write_text(station_text(PAIR), encoding="utf-8")
    station = read_station(folder / "station.toml")
    assert station.simulation is not None
    station = replace(station, simulation=replace(station.simulation, options=case.rig))
    protocols = [parse_protocol(text, str(folder / "protocol.toml")) for text in case.texts]
    oven_k = None if case.oven_degc is None else case.oven_degc + 273.15
    start_s = time.process_time()
    rehearsed_s = rehearse(protocols, station, oven_k=oven_k).duration_s
    cost_s = time.process_time() - start_s
    planned_s = sum(duration_s(protocol.plan()) for protocol in protocols)
    return Outcome(planned_s, rehearsed_s, run(protocols, station, folder / "lab.db", oven_k), cost_s)


def run(protocols: list[Protocol], station: Station, db: Path, oven_k: float | None) -> float:
    """Run the queue on a rig of its own seed; return how long it took in the rig's time."""
    clock = VirtualClock()
    assert station.simulation is not None
    rig = station.simulation.build(clock, seed=station.simulation.seed + 1, **station.simulation.options)
    rig.close = lambda: None
    if oven_k is not None:
        rig.world.oven.start_at(oven_k)
    shared = replace(station.simulation, build=lambda clock, seed, **options: rig, options={})
    with WriteConnection(db) as connection:
        jobs = Jobs(connection, clock)
        for protocol in protocols:
            jobs.add(protocol)
        station = replace(station, simulation=shared)
        Runner(station, db, StopRequest(), clock=clock, until_empty=True).run()
        for job in jobs.listed():
            if job.state != "finished":
                raise RuntimeError(f"{job.title}: {job.state}: {job.reason}")
    return clock.monotonic()


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("nights", nargs="*", metavar="NIGHT", help="; ".join(CASES))
    return parser


def main() -> int:
    options = parser()
    nights = options.parse_args().nights or list(CASES)
    if unknown := set(nights) - set(CASES):
        options.error(f"no such night: {', '.join(unknown)}; there are: {'; '.join(CASES)}")
    print(f"{'night':32s} {'took':>8s} {'rehearsed':>10s} {'planned':>8s}   rehearsing costs")
    worst = 0.0
    for name in nights:
        with tempfile.TemporaryDirectory() as folder:
            found = compare(CASES[name], Path(folder))
        rehearsed, planned = found.rehearsed_s / found.took_s, found.planned_s / found.took_s
        worst = max(worst, abs(rehearsed - 1))
        numbers = f"{found.took_s / 3600:6.1f} h {rehearsed:10.3f} {planned:8.2f}   {found.cost_s:.1f} s CPU"
        print(f"{name:32s} {numbers}", flush=True)
        state(f"rehearsal.{name}", rehearsed)
        state(f"rehearsal.hours.{name}", found.took_s / 3600, "h")
        state(f"rehearsal.planned.{name}", planned)
        state(f"rehearsal.cost.{name}", found.cost_s, "s of CPU")
    print(f"rehearsed / took, worst deviation: {100 * worst:.1f} %")
    state("rehearsal.worst", 100 * worst, "%")
    return 0 if worst < 0.1 else 1


if __name__ == "__main__":
    sys.exit(main())
