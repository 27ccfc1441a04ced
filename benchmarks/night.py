"""Speed of a simulated night, and the cost of late steps beside early ones.

    python benchmarks/night.py
    python benchmarks/night.py --spectra 20000 --days 30

The first runs a protocol of 14 h (10 temperatures up and back down, 61 points from 1 MHz to 0.1 Hz, 30 min
dwells) through the whole stack: procedure, drivers, pyvisa, simulated wire and physics, store, evaluation. It
prints the ratio of simulated to real time, the ratio to CPU time, which other work on the computer
does not change, and what share of the time each part took.

The second runs one job of many short spectra through the queue's runner, and prints for every tenth of it the
CPU time, the SQL instructions and the memory of a step, and the ratio of late steps to early ones. The laws
of the run must then equal the laws of a later analysis.
"""

import argparse
import cProfile
import pstats
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figures import state

from labctl.cli.run import measure
from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.derive.inputs import inputs_of
from labctl.derive.laws import evaluated_laws
from labctl.measure.events import AnyEvent, RunEnded, SpectrumEvaluated
from labctl.measure.stop import StopRequest
from labctl.queue.jobs import Jobs
from labctl.queue.runner import Runner
from labctl.store import Database
from labctl.store.encoding import decode, encode
from labctl.store.queries import law_fits
from labctl.store.transactions import WriteConnection
from labctl.testing import STATION

PROTOCOL = """\
[sample]
name = "benchmark pellet"
thickness_mm = 1.0
diameter_mm = 10.0

[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = "30:120:10"
frequencies_hz = [{frequencies}]
dwell_min = 30
return_down = true
"""

LONG_PROTOCOL = """\
[sample]
name = "benchmark pellet"
thickness_mm = 1.0
diameter_mm = 10.0

[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [{temperatures}]
frequencies_hz = [1e6, 1e5, 1e4, 1e3, 100, 10]
dwell_min = {dwell_min}
"""
TEMPERATURES = 10
SPECTRUM_S = 20.0  # with its settling, which a dwell is added to
INSTRUCTIONS_A_CALL = 20


class CountedConnection(sqlite3.Connection):
    """Counts the instructions of SQLite's virtual machine: the rows that are read, on any computer."""

    instructions = 0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        super().set_progress_handler(self._count, INSTRUCTIONS_A_CALL)

    def _count(self) -> int:
        CountedConnection.instructions += INSTRUCTIONS_A_CALL
        return 0

    def set_progress_handler(self, progress_handler: Any, n: int) -> None:
        """Keep the handler that counts."""


@contextmanager
def counted_sql() -> Iterator[None]:
    """Count the instructions of every connection opened inside."""
    connect = sqlite3.connect
    sqlite3.connect = lambda *a, **o: connect(*a, **{"factory": CountedConnection, **o})  # type: ignore[assignment] # as if it were its own
    try:
        yield
    finally:
        sqlite3.connect = connect


@dataclass(frozen=True)
class Cost:
    """Use since the start of the process: CPU in s, SQL instructions; memory held now in MB."""

    cpu_s: float
    instructions: int
    memory_mb: float

    @classmethod
    def now(cls) -> "Cost":
        return cls(time.process_time(), CountedConnection.instructions, _memory_mb())


def _memory_mb() -> float:
    """Memory held by this process; nan where /proc does not have it."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return float("nan")
    return pages * 4096 / 1e6


def long_night(
    folder: Path, spectra: int, days: float, tell: Callable[[str], None] = print
) -> tuple[list[Cost], Cost]:
    """Run one job of so many spectra; return the cost after each of them, and after the end of the run."""
    (folder / "station.toml").write_text(STATION, encoding="utf-8")
    station, db = read_station(folder / "station.toml"), folder / "lab.db"
    each = [30 + 5 * (n * TEMPERATURES // spectra) for n in range(spectra)]
    dwell_min = max(0.0, (86400 * days / spectra - SPECTRUM_S) / 60)
    text = LONG_PROTOCOL.format(temperatures=", ".join(map(str, each)), dwell_min=f"{dwell_min:.3g}")
    costs: list[Cost] = []
    ended: list[Cost] = []

    def see(event: AnyEvent) -> None:
        if isinstance(event, SpectrumEvaluated):
            costs.append(Cost.now())
            if len(costs) % max(1, spectra // 10) == 0:
                tell(_tenth(costs, spectra))
        elif isinstance(event, RunEnded):
            ended.append(Cost.now())

    with counted_sql():
        with WriteConnection(db) as connection:
            job = Jobs(connection).add(parse_protocol(text, str(folder / "long.toml")))
            Runner(station, db, StopRequest(), until_empty=True, on_event=see).run()
            found = Jobs(connection).get(job)
        assert found.state == "finished", found.reason
    return costs, ended[0]


def _tenth(costs: Sequence[Cost], spectra: int) -> str:
    before, now, steps = costs[-max(1, spectra // 10)], costs[-1], max(1, spectra // 10) - 1
    return (
        f"{len(costs):6d} spectra: {(now.cpu_s - before.cpu_s) / max(1, steps):.3f} s of CPU and "
        f"{(now.instructions - before.instructions) / max(1, steps):.0f} SQL instructions a step, "
        f"{now.memory_mb:.0f} MB"
    )


def late_to_early(costs: Sequence[Cost], quantity: str) -> float:
    """Cost of a step in the last fifth of a night, divided by that in the second fifth."""
    fifth = len(costs) // 5
    early = getattr(costs[2 * fifth], quantity) - getattr(costs[fifth], quantity)
    late = getattr(costs[-1], quantity) - getattr(costs[-1 - fifth], quantity)
    return late / early


def laws_are_complete(db: Path) -> bool:
    """Whether the laws of the last run are those that a later analysis gives."""
    with Database(db) as database:
        run_id = database.run("last")["id"]
        kept = law_fits.of_run(database, run_id)
        again = evaluated_laws(database, run_id, inputs_of(database, run_id), 0.0)
    place = {(row["branch"], row["law"], row["form"]): row for row in kept}
    return len(kept) == len(again) and all(
        place[row["branch"], row["law"], row["form"]][name] == decode(encode(value))
        for row in again
        for name, value in row.items()
        if name != "derived_s"
    )


def show_long_night(spectra: int, days: float) -> None:
    """Run a long night and print its figures."""
    prefix = "night" if days < 1 else "month"
    with tempfile.TemporaryDirectory() as folder:
        costs, ended = long_night(Path(folder), spectra, days)
        print(f"the end: {ended.cpu_s - costs[-1].cpu_s:.0f} s of CPU, {ended.memory_mb:.0f} MB")
        print(f"laws equal to those of a later analysis: {laws_are_complete(Path(folder) / 'lab.db')}")
    for quantity, words in {"cpu_s": "CPU", "instructions": "SQL instructions"}.items():
        print(f"{words} of late to early steps: {late_to_early(costs, quantity):.2f}")
        state(f"{prefix}.late_to_early_{quantity}", late_to_early(costs, quantity))
    print(f"memory at the last step over that at a fifth: {_growth_mb(costs):+.0f} MB")
    state(f"{prefix}.memory", ended.memory_mb, "MB")
    state(f"{prefix}.memory_growth", _growth_mb(costs), "MB")


def _growth_mb(costs: Sequence[Cost]) -> float:
    return costs[-1].memory_mb - costs[len(costs) // 5].memory_mb


def night(folder: Path) -> tuple[float, float, float]:
    """Return simulated, real and CPU seconds of one night."""
    (folder / "station.toml").write_text(STATION, encoding="utf-8")
    frequencies = ", ".join(f"{10 ** (6 - 7 * i / 60):.8g}" for i in range(61))
    protocol = parse_protocol(PROTOCOL.format(frequencies=frequencies), "night.toml")
    start_s, start_cpu_s = time.perf_counter(), time.process_time()
    (outcome,) = measure(protocol, read_station(folder / "station.toml"), folder / "lab.db", quiet=True)
    real_s, cpu_s = time.perf_counter() - start_s, time.process_time() - start_cpu_s
    assert outcome.status == "finished", outcome.reason
    with Database(folder / "lab.db") as db:
        run = db.run("last")
        (points,) = db.rows("SELECT count(*) AS n FROM impedance_points")
        (readings,) = db.rows("SELECT count(*) AS n FROM temperature_log")
    simulated_s = run["ended_s"] - run["started_s"]
    print(f"{points['n']} impedance points, {readings['n']} temperature readings, {simulated_s / 3600:.1f} h")
    return simulated_s, real_s, cpu_s


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--spectra", type=int, help="one job of so many spectra instead")
    made.add_argument("--days", type=float, default=30.0, help="virtual days that it takes (default 30)")
    return made


def main() -> None:
    chosen = parser().parse_args()
    if chosen.spectra:
        show_long_night(chosen.spectra, chosen.days)
        return
    ratios, cpu_ratios = [], []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            simulated_s, real_s, cpu_s = night(Path(folder))
        ratios.append(simulated_s / real_s)
        cpu_ratios.append(simulated_s / cpu_s)
        print(f"  simulated / real = {ratios[-1]:.0f}  ({real_s:.1f} s, {cpu_s:.1f} s of CPU)")
    real, cpu = sorted(ratios)[1], sorted(cpu_ratios)[1]
    print(f"median ratio simulated / real: {real:.0f}, simulated / CPU: {cpu:.0f}")
    state("night.simulated_per_cpu", cpu)
    state("night.simulated_per_real", real)
    profile = cProfile.Profile()
    with tempfile.TemporaryDirectory() as folder:
        profile.runcall(night, Path(folder))
    print("share of the time, under the profiler:")
    stats = vars(pstats.Stats(profile))
    total_s = stats["total_tt"]
    for name, needle in {
        "evaluation (derive)": ("conductivities.py", "evaluated_spectra"),
        "evaluation (fits)": ("laws.py", "derive_fits"),
        "store (append)": ("store.py", "append"),
        "simulated wire, writing": ("library.py", "write"),
        "simulated wire, reading": ("library.py", "read"),
    }.items():
        rows = [
            row
            for (file, _, function), row in stats["stats"].items()
            if file.endswith(needle[0]) and function == needle[1]
        ]
        spent_s = sum(row[3] for row in rows)
        print(f"  {name:28s} {100 * spent_s / total_s:5.1f} %")


if __name__ == "__main__":
    main()
