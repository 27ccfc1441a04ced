"""How much faster than the laboratory is a simulated night? `python benchmarks/night.py`

Runs a 12 h protocol (10 temperatures up and back down, 61 points from 1 MHz to 0.1 Hz, 30 min dwells) through
the whole stack: procedure, drivers, pyvisa, simulated wire and physics, store, evaluation. Prints the ratio
of simulated to real time, and what share of the real time each part took.
"""

import cProfile
import pstats
import tempfile
import time
from pathlib import Path

from labctl.cli.run import measure
from labctl.protocol import parse_protocol
from labctl.station import read_station
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


def night(folder: Path) -> tuple[float, float]:
    """Return simulated and real seconds of one night."""
    (folder / "station.toml").write_text(STATION, encoding="utf-8")
    frequencies = ", ".join(f"{10 ** (6 - 7 * i / 60):.8g}" for i in range(61))
    protocol = parse_protocol(PROTOCOL.format(frequencies=frequencies), "night.toml")
    start_s = time.perf_counter()
    (outcome,) = measure(protocol, read_station(folder / "station.toml"), folder / "lab.db", quiet=True)
    real_s = time.perf_counter() - start_s
    assert outcome.status == "finished", outcome.reason
    with Database(folder / "lab.db") as db:
        run = db.run("last")
        (points,) = db.rows("SELECT count(*) AS n FROM impedance_points")
        (readings,) = db.rows("SELECT count(*) AS n FROM temperature_log")
    simulated_s = run["ended_s"] - run["started_s"]
    print(f"{points['n']} impedance points, {readings['n']} temperature readings, {simulated_s / 3600:.1f} h")
    return simulated_s, real_s


def main() -> None:
    ratios = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            simulated_s, real_s = night(Path(folder))
        ratios.append(simulated_s / real_s)
        print(f"  simulated / real = {ratios[-1]:.0f}  ({real_s:.1f} s)")
    print(f"median ratio simulated / real: {sorted(ratios)[1]:.0f}")
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
