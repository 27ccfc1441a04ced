"""Outcome of unattended nights with injected faults.

    python benchmarks/faults.py [--faults 1000] [--seed 1]

Many nights in virtual time. Each is a queue of two jobs on the simulated rig, and several faults of one kind
at random moments: two temperature series of a pellet, or a Bruce-Vincent measurement and a series of a film.
The runner works as on an unattended rig, until every job has ended. Asked afterwards, of the file and of
the rig itself: did the night end, is every job finished or failed with a reason that names the fault, are the
values of finished jobs right or flagged, are all outputs off, is every row that was acknowledged there.

`--results FILE` writes a line per night as it ends and goes on from there when started again; `--kinds a,b`
runs a part. The table is printed in docs/explanation/the-night.md.
"""

import argparse
import itertools
import json
import logging
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from figures import state, state_table
from stations import ALONE, PAIR, station_text

from labctl.clock import VirtualClock
from labctl.config.protocol import parse_protocol
from labctl.config.station import Station, read_station
from labctl.measure.recording import Recording
from labctl.measure.run import StopRequest
from labctl.queue.job import FailurePolicy
from labctl.queue.jobs import Jobs
from labctl.queue.runner import Runner
from labctl.store import Database
from labctl.store.transactions import WriteConnection

OVEN, ANALYSER, POTENTIOSTAT = "GPIB0::12::INSTR", "GPIB0::4::INSTR", "GPIB0::6::INSTR"
FAULTS_A_NIGHT = 6
FILM_EVERY = 5  # night of a kind
TOLERANCE = 0.02
TOLERANCE_OF_SHARES = 0.05
LONGEST_NIGHT_S = 10 * 86400.0
USUAL_FLAGS = ("arc not resolved",)  # every undisturbed spectrum of the pellet has it

NIGHT = "[night]\nlongest_wait_for_person_h = 3\n"
PELLET = """\
title = "series {number}"
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
"""
FILM = """\
title = "film {number}"
[sample]
name = "film"
thickness_mm = 0.1
area_cm2 = 1.0
electrodes = "reversible"
cation = "Li+"
"""
SERIES = """
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = {temperatures}
frequency_max_hz = 1e6
frequency_min_hz = 10
points_per_decade = 5
dwell_min = 15
settling_timeout_min = 120
"""
BRUCE_VINCENT = """
[[procedure]]
use = "procedures.bruce_vincent:BruceVincent"
temperatures_degc = [60]
dwell_min = 15
settling_timeout_min = 120
rest_min = 1
hold_max_min = 60
frequency_max_hz = 1e6
frequency_min_hz = 0.1
points_per_decade = 5
current_limit_a = 2e-3
"""
STEPS = {"film 0": (1, 1)}  # with spectra, with transference numbers; every other job has two and none
PELLETS: dict[str, Any] = {"material": "Mg3(BH4)4(NH2)2"}
TRANSFERENCE_NUMBER = 0.3
FILMS: dict[str, Any] = {
    "cell": {
        "law": {
            "law": "arrhenius",
            "form": "ln_sigma_t",
            "conductivity_s_m": 5e-3,
            "temperature_k": 333.15,
            "activation_energy_ev": 0.4,
        },
        "transference_number": TRANSFERENCE_NUMBER,
        "salt_diffusivity_m2_s": 1.3e-12,
        "interphase": {"share": 0.4},
    },
    "thickness_m": 1e-4,
    "area_m2": 1e-4,
    "electrodes": "reversible",
}

# Kind of fault: what a true reason says of it.
WIRE = {
    "timeout": "time-out",
    "late": "time-out|cut|not text|expected|number",
    "garble": "not text|expected|number|terminator|time-out|cannot",
    "truncate": "cut|terminator|expected|number|time-out",
    "fields": "expected|fields|values|number",
    "refuse": "refused|error|command",
    "lost": "lost|closed|open|time-out",
    "reboot": "time-out|off|error|restart|identity|lost|expected",
}
WORLD = {
    "sensor_fault": "sensor",
    "overload": "overload|limit|range",
    "heater_dead": "no stable|heater open load|falls away",
    "heater_stuck_on": "rises|above|no stable|waited",
    "never_settles": "no stable",
    "cell_open": "open|nothing|current|overload|impedance",
    "clock_jump": "^$",
}
KINDS = {**WIRE, **WORLD}
EXCHANGES = {  # commands of a night without faults: a pattern, and about how often it is sent
    OVEN: (("KRDG", 500), ("KRDG", 500), ("SETP", 6), ("RANGE", 12), ("", 600)),
    ANALYSER: (("", 450), ("SI|FR", 100), ("VA", 4), ("IDN", 2)),
    POTENTIOSTAT: (("", 600), ("", 600), ("PW", 4)),
}


class Over(StopRequest):
    """Ends the runner, which would wait for more, once every job has ended, or far too late."""

    def __init__(self, jobs: Jobs, clock: VirtualClock) -> None:
        super().__init__()
        self._jobs, self._clock = jobs, clock

    def __call__(self) -> bool:
        waiting = any(job.state in ("queued", "interrupted", "running") for job in self._jobs.listed())
        if not waiting or self._clock.monotonic() > LONGEST_NIGHT_S:
            self.request("the night is over" if not waiting else "the night does not end")
        return super().__call__()


class SharedRig:
    """One simulated rig, the same at every opening of the station."""

    def __init__(self, station: Station, clock: VirtualClock, seed: int, options: dict[str, Any]) -> None:
        assert station.simulation is not None
        self.rig = station.simulation.build(clock, seed=seed, **options)
        self.rig.close = lambda: None
        simulation = replace(station.simulation, build=lambda clock, seed, **options: self.rig, options={})
        self.station = replace(station, simulation=simulation)


def order_faults(rig: Any, kind: str, chance: random.Random, addresses: tuple[str, ...]) -> None:
    """Order several faults of one kind at moments spread over the night."""
    for _ in range(FAULTS_A_NIGHT if kind in KINDS else 0):
        if kind in WORLD:
            lasting_s = chance.choice([30.0, 300.0, 1800.0])
            rig.faults.add(kind, after_s=chance.uniform(60, 9000), duration_s=lasting_s)
            continue
        address = chance.choice(addresses)
        command, sent = chance.choice(EXCHANGES[address])
        lasting_s = chance.choice([5.0, 60.0]) if kind in ("lost", "reboot") else float("inf")
        skip = chance.randrange(sent)
        rig.faults.add(
            kind, instrument=address, command=command, skip=skip, duration_s=lasting_s, delay_s=20.0
        )


def one_night(kind: str, seed: int) -> dict[str, Any]:
    """Run a night; return its outcome."""
    film = seed % FILM_EVERY == 0
    texts = [
        FILM.format(number=0) + BRUCE_VINCENT if film else PELLET.format(number=0) + series([80, 90]),
        FILM.format(number=1) + series([60, 70]) if film else PELLET.format(number=1) + series([90, 100]),
    ]
    clock = VirtualClock()
    with tempfile.TemporaryDirectory() as folder:
        path, db = Path(folder) / "station.toml", Path(folder) / "lab.db"
        path.write_text(station_text(PAIR if film else ALONE) + NIGHT, encoding="utf-8")
        shared = SharedRig(read_station(path), clock, seed, FILMS if film else PELLETS)
        addresses = (OVEN, ANALYSER, POTENTIOSTAT) if film else (OVEN, ANALYSER)
        order_faults(shared.rig, kind, random.Random(seed), addresses)
        with WriteConnection(db) as connection:
            jobs, emitted = Jobs(connection, clock), Counter[str]()
            for text in texts:
                jobs.add(parse_protocol(text, str(Path(folder) / "p.toml")), policy=FailurePolicy(2, 60.0))
            Runner(
                shared.station,
                db,
                Over(jobs, clock),
                clock=clock,
                on_event=lambda event: emitted.update([event.topic]),
            ).run()
        return {"kind": kind, "seed": seed, **judged(db, shared, emitted["results"], kind)}


def series(temperatures: list[int]) -> str:
    return SERIES.format(temperatures=temperatures)


def judged(db: Path, shared: SharedRig, emitted: int, kind: str) -> dict[str, Any]:
    """Ask the file and the rig itself."""
    broken = Counter[str]()
    with Database(db) as database:
        jobs = database.rows("SELECT id, state, reason FROM jobs")
        rows = sum(count(database, table) for table in ("impedance_points", "polarisation_points", "records"))
        retries = count(database, "events WHERE kind = 'retry'")
        flagged = judge_conductivities(database, shared, broken) + judge_shares(database, broken)
        flagged += judge_presence(database, broken)
    never_begun = [job for job in jobs if job["reason"].startswith(("not begun", "not continued"))]
    failed = [job for job in jobs if job["state"] == "failed"]
    for job in failed:
        broken["reason not true"] += not re.search(KINDS.get(kind, "^$"), job["reason"])
    broken["not ended"] += sum(job["state"] not in ("finished", "failed") for job in jobs)
    broken["row lost"] += rows != emitted
    broken["left on"] += anything_on(shared.rig)
    return {
        "struck": len(shared.rig.faults.log),
        "retries": retries,
        "finished": sum(job["state"] == "finished" for job in jobs),
        "failed": len(failed),
        "never begun": len(never_begun),
        "flagged": flagged,
        "broken": {what: n for what, n in broken.items() if n},
        "reasons": sorted({job["reason"] for job in failed}),
    }


def count(database: Database, what: str) -> int:
    return database.rows(f"SELECT count(*) AS n FROM {what}")[0]["n"]


def anything_on(rig: Any) -> bool:
    potentiostat = rig.instruments.get(POTENTIOSTAT)
    polarised = potentiostat is not None and (potentiostat.polarised or rig.world.terminals.connected)
    return rig.instruments[OVEN].heater_range != 0 or rig.instruments[ANALYSER].amplitude_v != 0 or polarised


def judge_presence(database: Database, broken: Counter[str]) -> int:
    """Look for steps of finished jobs without a value; return how many jobs say themselves that some lack."""
    query = """SELECT j.title, j.reason,
                 (SELECT count(DISTINCT s.step) FROM conductivities c JOIN spectra s ON s.id = c.spectrum_id
                  JOIN runs r ON r.id = s.run_id WHERE r.job_id = j.id AND s.status = 'finished') AS series,
                 (SELECT count(DISTINCT p.step) FROM transference_numbers t
                  JOIN polarisations p ON p.id = t.polarisation_id
                  JOIN runs r ON r.id = p.run_id WHERE r.job_id = j.id) AS shares
               FROM jobs j WHERE j.state = 'finished'"""
    flagged = 0
    for row in database.rows(query):
        complete = (row["series"], row["shares"]) == STEPS.get(row["title"], (2, 0))
        said = "gave no conductivity" in row["reason"]
        flagged += not complete and said
        broken["value missing"] += not complete and not said
    return flagged


def judge_conductivities(database: Database, shared: SharedRig, broken: Counter[str]) -> int:
    """Compare conductivities of finished jobs with the true ones; return how many wrong ones say so."""
    query = """SELECT c.temperature_k, c.total_resistance_ohm, c.flags, c.bound FROM conductivities c
               JOIN runs r ON r.id = c.run_id JOIN jobs j ON j.id = r.job_id
               JOIN spectra s ON s.id = c.spectrum_id
               WHERE j.state = 'finished' AND s.id NOT IN (
                   SELECT initial_spectrum_id FROM polarisations WHERE initial_spectrum_id IS NOT NULL
                   UNION SELECT steady_spectrum_id FROM polarisations WHERE steady_spectrum_id IS NOT NULL)"""
    true_ohm, flagged = shared.rig.world.cell.electrochemistry.ionic_ohm, 0
    for row in database.rows(query):
        right = abs(row["total_resistance_ohm"] / true_ohm(row["temperature_k"]) - 1) < TOLERANCE
        said = bool(warnings(row)) or row["bound"] is not None
        flagged += not right and said
        broken["wrong value"] += not right and not said
    return flagged


def judge_shares(database: Database, broken: Counter[str]) -> int:
    """The same for transference numbers; a finished polarisation without one is a promise broken."""
    query = """SELECT p.id, t.value, t.flags FROM polarisations p
               JOIN runs r ON r.id = p.run_id JOIN jobs j ON j.id = r.job_id
               LEFT JOIN transference_numbers t ON t.polarisation_id = p.id
               WHERE j.state = 'finished' AND p.status = 'finished'"""
    flagged = 0
    for row in database.rows(query):
        right = row["value"] is not None and abs(row["value"] / TRANSFERENCE_NUMBER - 1) < TOLERANCE_OF_SHARES
        said = bool(row["flags"] and warnings(row))
        flagged += not right and said
        broken["wrong share"] += not right and not said
    return flagged


def warnings(row: dict[str, Any]) -> list[str]:
    return [flag for flag in row["flags"] if not flag.startswith(USUAL_FLAGS)]


NUMBERS = ("struck", "retries", "finished", "failed", "never begun", "flagged")


def table(nights: list[dict[str, Any]]) -> str:
    """Return the table as Markdown."""
    titles = [
        "fault",
        "nights",
        "struck",
        "retries",
        "finished",
        "failed, reason told",
        "of these never begun",
    ]
    lines = ["| " + " | ".join([*titles, "flagged", "broken"]) + " |", "|" + "---|" * (len(titles) + 2)]
    for kind in dict.fromkeys(night["kind"] for night in nights):
        of_kind = [night for night in nights if night["kind"] == kind]
        broken = sum((Counter(night["broken"]) for night in of_kind), Counter[str]())
        words = ", ".join(f"{n} {what}" for what, n in broken.items()) or "0"
        sums = [sum(night[name] for night in of_kind) for name in NUMBERS]
        lines.append(f"| {kind} | {len(of_kind)} | {' | '.join(map(str, sums))} | {words} |")
    struck = sum(night["struck"] for night in nights)
    broken = sum(sum(night["broken"].values()) for night in nights)
    return "\n".join([*lines, "", f"{struck} faults in {len(nights)} nights, {broken} promises broken"])


def _state(nights: list[dict[str, Any]]) -> None:
    state_table("faults.table", table(nights))
    state("faults.struck", sum(night["struck"] for night in nights), "faults")
    state("faults.nights", len(nights), "nights")
    state("faults.broken", sum(sum(night["broken"].values()) for night in nights), "promises")


def schedule(kinds: list[str], seed: int) -> Iterator[tuple[str, int]]:
    """Every kind in turn, each night with a seed of its own."""
    places = {kind: 100_000 * FILM_EVERY * place for place, kind in enumerate(("none", *KINDS))}
    for number in itertools.count():
        for kind in kinds:
            yield kind, seed + places[kind] + number


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faults", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--kinds", default=",".join(KINDS), help="a part of them; `none`: nights without faults"
    )
    parser.add_argument("--nights", type=int, default=10**9, help="at most so many")
    parser.add_argument("--results", type=Path, help="a line of JSON for every night")
    return parser


def main() -> int:
    options = parser().parse_args()
    logging.disable(logging.CRITICAL)
    # Spectra are evaluated when their run ends; not one by one as well, which changes no value.
    Recording._evaluate_spectrum = lambda self, spectrum_id: None
    nights: list[dict[str, Any]] = []
    if options.results and options.results.exists():
        nights = [json.loads(line) for line in options.results.read_text("utf-8").splitlines()]
    done, start_s = {(night["kind"], night["seed"]) for night in nights}, time.perf_counter()
    for kind, seed in schedule(options.kinds.split(","), options.seed):
        enough = sum(night["struck"] for night in nights) >= options.faults
        if enough or len(nights) >= options.nights:
            break
        if (kind, seed) in done:
            continue
        nights.append(one_night(kind, seed))
        if options.results:
            with options.results.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(nights[-1]) + "\n")
    print(table(nights))
    _state(nights)
    print(f"{time.perf_counter() - start_s:.0f} s")
    return 1 if any(night["broken"] for night in nights) else 0


if __name__ == "__main__":
    sys.exit(main())
