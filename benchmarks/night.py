"""How much faster than the laboratory is a simulated night?

    python benchmarks/night.py

Runs a protocol of 14 h (10 temperatures up and back down, 61 points from 1 MHz to 0.1 Hz, 30 min dwells)
through the whole stack: procedure, drivers, pyvisa, simulated wire and physics, store, evaluation. Prints the
ratio of simulated to real time, that of simulated to CPU time, which other work on the computer does not
change, and what share of the time each part took.
"""

import argparse
import cProfile
import pstats
import tempfile
import time
from pathlib import Path

from labctl.cli.run import measure
from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.store import Database
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
    return argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)


def main() -> None:
    parser().parse_args()
    ratios, cpu_ratios = [], []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            simulated_s, real_s, cpu_s = night(Path(folder))
        ratios.append(simulated_s / real_s)
        cpu_ratios.append(simulated_s / cpu_s)
        print(f"  simulated / real = {ratios[-1]:.0f}  ({real_s:.1f} s, {cpu_s:.1f} s of CPU)")
    real, cpu = sorted(ratios)[1], sorted(cpu_ratios)[1]
    print(f"median ratio simulated / real: {real:.0f}, simulated / CPU: {cpu:.0f}")
    profile = cProfile.Profile()
    with tempfile.TemporaryDirectory() as folder:
        profile.runcall(night, Path(folder))
    print("share of the time, under the profiler:")
    stats = vars(pstats.Stats(profile))
    total_s = stats["total_tt"]
    for name, needle in {
        "evaluation (derive)": ("conductivities.py", "_derive"),
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
