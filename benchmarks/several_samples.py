"""Eight samples in one oven: coverage of the stated intervals, and nights with killed programs.

    python benchmarks/several_samples.py coverage --results FILE --seeds 20
    python benchmarks/several_samples.py kills --results FILE --seeds 1 --kills 20

The first measures 8 samples of the review at 10 temperatures for each seed, and counts activation energies
that lie inside their stated 95 % interval, with the 99 % interval of a binomial share of 95 %.

The second serves the simulated rig over TCP in scaled time; runner and supervisor are other processes. The
runner, the supervisor or both are killed at random moments of one night of 8 samples and started again, as a
service manager does. Every sample must be measured once at every temperature, and no output stay on after a
kill for longer than 5 s; the time that a process waited for a core is subtracted. POSIX only.

Each night is a line of FILE; nights that are in it are not measured again.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from combined.load import waited_for_a_core_s

from labctl.cli.demo_samples import SAMPLES, DemoSample, files
from labctl.clock import RealClock, ScaledClock
from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.measure.run import StopRequest, run_protocol
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.jobs import Jobs
from labctl.store import Database, Store
from labctl.store.transactions import WriteConnection
from sim_instruments.materials import material
from sim_instruments.serve import Server

TEMPERATURES_DEGC = "45:108:7"
COVERAGE = {"dwell_min = 30": "dwell_min = 5", "points_per_decade = 10": "points_per_decade = 6"}
QUICK = {
    "dwell_min = 30": "dwell_min = 2",
    "points_per_decade = 10": "points_per_decade = 3",
    "frequency_min_hz = 1.0": "frequency_min_hz = 100",
    "frequency_max_hz = 1e6": "frequency_max_hz = 1e5",
}
NOISE = 0.02
"""At each frequency: it outweighs the stated accuracy of the analyser, which the rig does not draw."""
SPEED = 100.0
SAFE_WITHIN_S = 5.0
LONGEST_S = 3600.0
CLOCK = RealClock()


def texts(samples: int, seed: int, temperatures_degc: str, changes: dict[str, str]) -> tuple[str, str]:
    """Return station and protocol file of a night."""
    station, protocol = files(samples, seed, 1.0, 10.0, temperatures_degc)
    for old, new in changes.items():
        protocol = protocol.replace(old, new)
    return station, protocol


def covered(seed: int, folder: Path) -> dict[str, Any]:
    """Measure one night; return of each sample the value put in and its interval, in eV."""
    station_text, protocol_text = texts(8, seed, TEMPERATURES_DEGC, COVERAGE)
    station_text = station_text.replace("noise_fraction = 0.003", f"noise_fraction = {NOISE}")
    (folder / "station.toml").write_text(station_text, encoding="utf-8")
    station = read_station(folder / "station.toml")
    protocol = parse_protocol(protocol_text, "night.toml")
    with Store.open(folder / "x.db") as store, station.open() as bench:
        outcomes = run_protocol(protocol, station, bench, store, StopRequest())
    with Database(folder / "x.db") as db:
        found = [energy_ev(db, one.run_id, sample) for one, sample in zip(outcomes, SAMPLES, strict=True)]
        (doubts,) = db.rows("SELECT count(*) AS n FROM amendments")
    names = ("put_in_ev", "low_95_ev", "high_95_ev")
    return {
        "statuses": [one.status for one in outcomes],
        "samples": [dict(zip(names, one, strict=True)) for one in found],
        "in_doubt": doubts["n"],
    }


def energy_ev(db: Database, run_id: int, sample: DemoSample) -> tuple[float, float | None, float | None]:
    """Value put in, low and high end of the 95 % interval in eV; None without a law."""
    put_in_ev = material(sample.material).entry["activation_energy_ev"]
    query = """SELECT parameters FROM law_fits
               WHERE run_id = ? AND branch = 'all' AND law = 'arrhenius' AND form = ?"""
    for row in db.rows(query, (run_id, sample.form)):
        energy = row["parameters"]["activation_energy"]
        return put_in_ev, energy["low_95"], energy["high_95"]
    return put_in_ev, None, None


def print_coverage(nights: list[dict[str, Any]]) -> None:
    """Print the share of intervals that hold the value put in."""
    from scipy.stats import binom

    samples = [one for night in nights for one in night["samples"]]
    known = [one for one in samples if one["low_95_ev"] is not None]
    inside = sum(one["low_95_ev"] <= one["put_in_ev"] <= one["high_95_ev"] for one in known)
    low, high = (int(end) for end in binom.interval(0.99, len(known), 0.95))
    widths_mev = sorted(500 * (one["high_95_ev"] - one["low_95_ev"]) for one in known)
    print(f"{len(nights)} nights, {len(samples)} samples, {len(samples) - len(known)} without a law")
    print(f"{inside} of {len(known)} inside; of intervals that hold 95 %, {low} to {high} would be (99 %)")
    print(f"half widths {widths_mev[0]:.2f} to {widths_mev[-1]:.2f} meV")
    print(
        f"{sum(night['in_doubt'] for night in nights)} spectra in doubt, of none of which the cell was wrong"
    )


@dataclass
class Night:
    """Runner and supervisor as other processes, on a rig served by this one."""

    folder: Path
    server: Server
    services: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    longest_on_s: float = 0.0
    struck_while_on: int = 0

    def options(self) -> list[str]:
        return ["--station", str(self.folder / "station.toml"), "--db", str(self.folder / "lab.db")]

    def keep_up(self) -> None:
        """Start the services that do not run."""
        for name, arguments in (("supervisor", ["--kept", "--alone"]), ("runner", ["--no-start-supervisor"])):
            process = self.services.get(name)
            if process is None or process.poll() is not None:
                command = [sys.executable, "-m", "labctl", name, *arguments, *self.options()]
                with (self.folder / f"{name}.log").open("ab") as log:
                    self.services[name] = subprocess.Popen(command, stdout=log, stderr=log)

    def live(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Keep the services up for so long, or until it is as wanted; return whether it is."""
        end_s = CLOCK.monotonic() + seconds
        while not until():
            if CLOCK.monotonic() > end_s:
                return False
            self.keep_up()
            CLOCK.sleep(0.02)
        return True

    def is_on(self) -> bool:
        """Whether the oven heats or the analyser excites, as the rig has it."""
        devices = [self.server.rig.instruments[outlet.address] for outlet in self.server.outlets]
        heats = any(getattr(device, "heater_range", 0) != 0 for device in devices)
        return heats or any(getattr(device, "amplitude_v", 0) != 0 for device in devices)

    def measures(self) -> bool:
        """Whether the runner measures and an output is on."""
        with WriteConnection(self.folder / "lab.db") as connection:
            beat = Heartbeats(connection, "runner", "served").read()
        return beat is not None and beat.lives(2.0) and beat.job_id is not None and self.is_on()

    def strike(self, names: tuple[str, ...]) -> None:
        """Kill services, and note how long an output stays on where the runner was one of them."""
        self.struck_while_on += self.is_on()
        for name in names:
            self.services[name].kill()
            self.services[name].wait()
        if "runner" not in names:
            return
        self.keep_up()
        begun_s, waited_s = CLOCK.monotonic(), self.waited_s()
        self.live(120, until=lambda: not self.is_on())
        stolen_s = sum(s - waited_s.get(pid, 0.0) for pid, s in self.waited_s().items())
        self.longest_on_s = max(self.longest_on_s, CLOCK.monotonic() - begun_s - stolen_s)

    def waited_s(self) -> dict[int, float]:
        """Return how long supervisor and rig (this process) waited for a core so far, by process number."""
        return {pid: waited_for_a_core_s(pid) for pid in (self.services["supervisor"].pid, os.getpid())}

    def states(self) -> list[str]:
        """Return the states of the jobs."""
        with WriteConnection(self.folder / "lab.db") as connection:
            return [job.state for job in Jobs(connection).listed()]

    def finished(self) -> list[tuple[str, int]]:
        """Return cell and step of every finished spectrum, sorted."""
        query = """SELECT r.cell, s.step FROM spectra s JOIN runs r ON r.id = s.run_id
                   WHERE s.status = 'finished' ORDER BY 1, 2"""
        with Database(self.folder / "lab.db") as db:
            return [(row["cell"], row["step"]) for row in db.rows(query)]

    def in_doubt(self) -> int:
        """Return how many spectra the checks of cells excluded."""
        with Database(self.folder / "lab.db") as db:
            return db.rows("SELECT count(*) AS n FROM amendments")[0]["n"]


@contextmanager
def served(folder: Path, samples: int, seed: int, temperatures_degc: str) -> Iterator[Night]:
    """Serve a rig with a queued night of several samples; end the services at the end."""
    station_text, protocol_text = texts(samples, seed, temperatures_degc, QUICK)
    (folder / "described.toml").write_text(station_text, encoding="utf-8")
    described = read_station(folder / "described.toml").simulation
    assert described is not None
    with Server({"seed": seed, **described.options}, ScaledClock(SPEED)) as server:
        (folder / "station.toml").write_text(server.station_toml("served"), encoding="utf-8")
        (folder / "night.toml").write_text(protocol_text, encoding="utf-8")
        night = Night(folder, server)
        adding = ["queue", "add", str(folder / "night.toml"), "--no-rehearsal", "--retries", "100"]
        command = [sys.executable, "-m", "labctl", *adding, "--retry-delay-min", "0", *night.options()]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        try:
            yield night
        finally:
            for process in night.services.values():
                process.kill()
                process.wait()


def killed(
    folder: Path, seed: int, kills: int, samples: int = 8, temperatures_degc: str = TEMPERATURES_DEGC
) -> dict[str, Any]:
    """Kill programs of a night so often; return the spectra measured and how long an output stayed on."""
    chance = random.Random(seed)
    struck: list[str] = []
    with served(folder, samples, seed, temperatures_degc) as night:
        while len(struck) < kills and night.live(300, until=night.measures):
            night.live(chance.uniform(0.0, 6.0))
            blow = chance.choice((("runner",), ("runner",), ("supervisor",), ("runner", "supervisor")))
            struck.append(" and ".join(blow))
            night.strike(blow)
        is_over = night.live(LONGEST_S, until=lambda: night.states() == ["finished"])
        is_off = night.live(60, until=lambda: not night.is_on())
        found, doubts = night.finished(), night.in_doubt()
    steps = parse_protocol(texts(samples, seed, temperatures_degc, QUICK)[1], "night.toml")
    count = len(steps.procedures[0].build().steps())
    wanted = [(chr(ord("A") + sample), step) for sample in range(samples) for step in range(count)]
    return {
        "kills": len(struck),
        "with_an_output_on": night.struck_while_on,
        "struck": struck,
        "finished": is_over,
        "twice": len(found) - len(set(found)),
        "missing": len(set(wanted) - set(found)),
        "spectra": len(found),
        "off_at_the_end": is_off,
        "longest_on_s": round(night.longest_on_s, 2),
        "in_doubt": doubts,
    }


def print_kills(nights: list[dict[str, Any]]) -> None:
    """Print the counts of the killed nights."""
    for one in nights:
        print(
            f"seed {one['seed']}: {one['kills']} kills ({one['with_an_output_on']} with an output on), "
            f"{'finished' if one['finished'] else 'NOT FINISHED'}, {one['spectra']} spectra, {one['twice']} "
            f"twice, {one['missing']} missing, {one['in_doubt']} in doubt; an output was on for at most "
            f"{one['longest_on_s']} s after a kill; {'off' if one['off_at_the_end'] else 'ON'} at the end"
        )


def parser() -> argparse.ArgumentParser:
    """Options of this benchmark."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("study", nargs="?", choices=("coverage", "kills"), default="coverage")
    made.add_argument("--results", type=Path, help="a line of JSON for every night")
    made.add_argument("--seeds", type=int, default=None, help="coverage: 20, kills: 1")
    made.add_argument("--kills", type=int, default=20)
    return made


def main() -> None:
    asked = parser().parse_args()
    kept: Path | None = asked.results
    lines = kept.read_text("utf-8").splitlines() if kept and kept.exists() else []
    known = [json.loads(line) for line in lines]
    for seed in range(1, 1 + (asked.seeds or (20 if asked.study == "coverage" else 1))):
        if any(one["seed"] == seed for one in known):
            continue
        with tempfile.TemporaryDirectory() as folder:
            of_kills = asked.study == "kills"
            found = killed(Path(folder), seed, asked.kills) if of_kills else covered(seed, Path(folder))
        known.append({"seed": seed, **found})
        if kept:
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps(known[-1]) + "\n")
    (print_coverage if asked.study == "coverage" else print_kills)(known)


if __name__ == "__main__":
    main()
