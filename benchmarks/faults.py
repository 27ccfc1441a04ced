"""What becomes of a night when things go wrong? `python benchmarks/faults.py [--faults 1000] [--seed 1]`

Many nights in virtual time. Each night is a queue of two temperature series on the simulated rig, and several
faults of one kind at random moments. Asked afterwards: did the night end, is every job finished or failed
with a reason, are the values of finished jobs right (within 2 % of the resistance put in, or flagged), are
all outputs off, is every row that was acknowledged there. Prints the table of docs/explanation/the-night.md.
"""

import argparse
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from labctl.clock import VirtualClock
from labctl.protocol import parse_protocol
from labctl.queue.job import FailurePolicy
from labctl.queue.jobs import Jobs
from labctl.queue.ledger import Ledger
from labctl.queue.runner import Runner
from labctl.run import StopRequest
from labctl.station import Station, read_station
from labctl.store import Database
from labctl.testing import STATION

OVEN, ANALYSER = "GPIB0::12::INSTR", "GPIB0::4::INSTR"
FAULTS_A_NIGHT = 4
JOBS_A_NIGHT = 2
TOLERANCE = 0.02
USUAL_FLAG = "arc not resolved"  # every undisturbed spectrum of this cell has it

PROTOCOL = """\
title = "series {number}"
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = {temperatures}
frequency_max_hz = 1e6
frequency_min_hz = 10
points_per_decade = 5
dwell_min = 15
settling_timeout_min = 120
"""

WIRE = ("timeout", "late", "garble", "truncate", "fields", "refuse", "lost", "reboot")
WORLD = (
    "sensor_fault",
    "overload",
    "heater_dead",
    "heater_stuck_on",
    "never_settles",
    "cell_open",
    "clock_jump",
)
COMMANDS = {OVEN: ("KRDG", "SETP", "RANGE", "ESR", "IDN"), ANALYSER: ("SI", "FR", "VA", "IDN")}


@dataclass
class Tally:
    """What became of the nights of one kind of fault."""

    struck: int = 0
    nights: int = 0
    finished: int = 0
    failed: int = 0
    waiting: int = 0
    retries: int = 0
    flagged: int = 0
    broken: Counter[str] = field(default_factory=Counter)


class SharedRig:
    """One simulated rig, the same at every opening of the station."""

    def __init__(self, station: Station, clock: VirtualClock, seed: int) -> None:
        assert station.simulation is not None
        self.rig = station.simulation.build(clock, seed=seed, material="Mg3(BH4)4(NH2)2")
        self.rig.close = lambda: None
        simulation = replace(station.simulation, build=lambda clock, seed, **options: self.rig, options={})
        self.station = replace(station, simulation=simulation)


def order_faults(rig: Any, kind: str, chance: random.Random) -> None:
    """Order several faults of one kind at moments spread over the night."""
    for _ in range(FAULTS_A_NIGHT):
        if kind in WORLD:
            lasting_s = chance.choice([30.0, 300.0, 1800.0])
            rig.faults.add(kind, after_s=chance.uniform(60, 6000), duration_s=lasting_s)
            continue
        address = chance.choice([OVEN, ANALYSER])
        command = chance.choice(COMMANDS[address])
        rare = command not in ("KRDG", "SI", "FR")
        skip = chance.randrange(0, 6) if rare else chance.randrange(0, 150)
        lasting_s = chance.choice([5.0, 60.0]) if kind in ("lost", "reboot") else float("inf")
        rig.faults.add(
            kind, instrument=address, command=command, skip=skip, duration_s=lasting_s, delay_s=20.0
        )


def one_night(folder: Path, kind: str, seed: int, tally: Tally) -> None:
    """Run a night and tally what is left of it."""
    chance, clock, db = random.Random(seed), VirtualClock(), folder / "lab.db"
    (folder / "station.toml").write_text(STATION, encoding="utf-8")
    shared = SharedRig(read_station(folder / "station.toml"), clock, seed)
    order_faults(shared.rig, kind, chance)
    with Ledger(db) as ledger:
        jobs = Jobs(ledger, clock)
        for number in range(JOBS_A_NIGHT):
            temperatures = [80 + 10 * number, 90 + 10 * number]
            text = PROTOCOL.format(number=number, temperatures=temperatures)
            jobs.add(parse_protocol(text, str(folder / "p.toml")), policy=FailurePolicy(2, 60.0))
    emitted = Counter[str]()
    Runner(
        shared.station,
        db,
        StopRequest(),
        clock=clock,
        until_empty=True,
        on_row=lambda topic, record: emitted.update([topic]),
    ).run()
    judge(db, shared, emitted["results"], tally)


def judge(db: Path, shared: SharedRig, emitted: int, tally: Tally) -> None:
    """Ask the file and the rig itself."""
    tally.nights += 1
    tally.struck += len(shared.rig.faults.log)
    with Database(db) as database:
        jobs = database.rows("SELECT state, reason FROM jobs")
        points = database.rows("SELECT count(*) AS n FROM impedance_points")[0]["n"]
        tally.retries += database.rows("SELECT count(*) AS n FROM events WHERE kind = 'retry'")[0]["n"]
        judge_values(database, shared, tally)
    for job in jobs:
        tally.finished += job["state"] == "finished"
        tally.failed += job["state"] == "failed" and bool(job["reason"])
        tally.waiting += job["state"] in ("queued", "interrupted")
        tally.broken["no reason"] += job["state"] == "failed" and not job["reason"]
        tally.broken["still running"] += job["state"] == "running"
    tally.broken["row lost"] += points != emitted
    oven, analyser = shared.rig.instruments[OVEN], shared.rig.instruments[ANALYSER]
    tally.broken["left on"] += oven.heater_range != 0 or analyser.amplitude_v != 0


def judge_values(database: Database, shared: SharedRig, tally: Tally) -> None:
    """Hold every conductivity of a finished job against the resistance that was put in."""
    query = """SELECT c.temperature_k, c.total_resistance_ohm, c.flags, c.bound FROM conductivities c
               JOIN runs r ON r.id = c.run_id JOIN jobs j ON j.id = r.job_id WHERE j.state = 'finished'"""
    true_ohm = shared.rig.world.cell.electrochemistry.ionic_ohm
    for row in database.rows(query):
        right = abs(row["total_resistance_ohm"] / true_ohm(row["temperature_k"]) - 1) < TOLERANCE
        warned = [flag for flag in row["flags"] if not flag.startswith(USUAL_FLAG)]
        flagged = bool(warned) or row["bound"] is not None
        tally.flagged += not right and flagged
        tally.broken["wrong value"] += not right and not flagged


def table(tallies: dict[str, Tally]) -> str:
    """Return the table as Markdown."""
    head = (
        "| fault | struck | nights | retries | finished | failed, reason told | waiting | flagged | broken |"
    )
    lines = [head, "|" + "---|" * 9]
    for kind, tally in tallies.items():
        broken = ", ".join(f"{n} {what}" for what, n in tally.broken.items() if n) or "0"
        numbers = (tally.struck, tally.nights, tally.retries, tally.finished, tally.failed, tally.waiting)
        lines.append(f"| {kind} | {' | '.join(map(str, numbers))} | {tally.flagged} | {broken} |")
    struck = sum(tally.struck for tally in tallies.values())
    broken = sum(sum(tally.broken.values()) for tally in tallies.values())
    return "\n".join([*lines, "", f"{struck} faults struck, {broken} promises broken"])


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--faults", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    tallies = {kind: Tally() for kind in (*WIRE, *WORLD)}
    start_s, seed = time.perf_counter(), options.seed
    while sum(tally.struck for tally in tallies.values()) < options.faults:
        for kind, tally in tallies.items():
            with tempfile.TemporaryDirectory() as folder:
                one_night(Path(folder), kind, seed, tally)
            seed += 1
    print(table(tallies))
    print(f"{sum(t.nights for t in tallies.values())} nights in {time.perf_counter() - start_s:.0f} s")
    return 1 if any(sum(tally.broken.values()) for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
