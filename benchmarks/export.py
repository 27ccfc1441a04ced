"""Time that an export of many runs takes, by format: wall and CPU time, and size.

    python benchmarks/export.py [--runs 100] [--formats csv,nexus] [--keep FOLDER]

The file is made here: every run has four spectra of 31 points, derived once and written into each run, and a
temperature log. Each export is a command of its own, so that its start counts. The aim for 100 runs is 10 s
on an idle computer; on a busy one the CPU time says more. The ratio is CPU time over that aim.
"""

import argparse
import math
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from figures import state

from labctl.analysis import parse_circuit
from labctl.derive.conductivities import derive_conductivities
from labctl.derive.laws import derive_fits
from labctl.store import Store
from labctl.store.analyses import Maker

AIM_S = 10.0
OUTPUTS = {
    "csv": "csv",
    "origin": "origin.csv",
    "xlsx": "book.xlsx",
    "latex": "tables.tex",
    "parquet": "parquet",
    "zplot": "zplot",
    "netcdf": "all.nc",
    "nexus": "all.nxs",
}
SAMPLE = {"name": "pellet", "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}
KELVIN = (300.0, 320.0, 340.0, 360.0)
FREQUENCY_HZ = np.logspace(6, 0, 31)
READINGS = 200
COPIED = ("conductivities", "law_fits", "resistances")
BY_SPECTRUM = ("conductivities", "resistances")


def make(path: Path, runs: int) -> None:
    """Write a file with so many runs."""
    with Store.open(path) as store:
        sample_id = store.find_or_add_sample(SAMPLE)
        first = _measured(store, sample_id)
        derive_conductivities(store, first, 4.0)
        derive_fits(store, first, 4.0)
        store.update("runs", first, {"status": "finished", "ended_s": 5.0})
        with store.read() as db:
            derived = {table: db.rows(f"SELECT * FROM {table} ORDER BY id") for table in COPIED}
        for _ in range(runs - 1):
            run_id = _measured(store, sample_id)
            _copy(store, derived, first, run_id)
            store.update("runs", run_id, {"status": "finished", "ended_s": 5.0})


def _measured(store: Store, sample_id: int) -> int:
    run_id = store.insert("runs", {"sample_id": sample_id, "procedure": "p:P", "started_s": 1.0})
    rng = np.random.default_rng(run_id)
    for number, kelvin in enumerate(KELVIN):
        _spectrum(store, run_id, number, kelvin, rng)
    for number in range(READINGS):
        row = {"run_id": run_id, "number": number, "time_s": float(number), "temperature_k": 300.0}
        store.append("temperature_log", row)
    store.flush()
    return run_id


def _spectrum(store: Store, run_id: int, number: int, kelvin: float, rng: np.random.Generator) -> None:
    about = {"run_id": run_id, "number": number, "started_s": 1.0, "setpoint_k": kelvin}
    spectrum_id = store.insert("spectra", about)
    r1 = 1e-4 * math.exp(0.6 / 8.617e-5 / kelvin)
    z = parse_circuit("p(R1,CPE1)-CPE2").impedance([r1, 1e-10, 0.95, 1e-6, 0.9], FREQUENCY_HZ)
    z = z * (1 + 1e-3 * (rng.standard_normal(z.size) + 1j * rng.standard_normal(z.size)))
    for i, (frequency_hz, value) in enumerate(zip(FREQUENCY_HZ.tolist(), z.tolist(), strict=True)):
        point = {"spectrum_id": spectrum_id, "number": i, "time_s": 1.0 + i, "frequency_hz": frequency_hz}
        point |= {"z_real_ohm": value.real, "z_imag_ohm": value.imag, "temperature_k": kelvin}
        store.append("impedance_points", point)
    store.update("spectra", spectrum_id, {"status": "finished", "ended_s": 2.0})


def _copy(store: Store, derived: dict[str, list[dict]], first: int, run_id: int) -> None:
    """Give a run the derived rows of the first one; its spectra have the ids that follow."""
    shift = len(KELVIN) * (run_id - first)
    maker = Maker(4.0)
    for table, rows in derived.items():
        copies = [{k: v for k, v in row.items() if k not in ("id", "analysis_id")} for row in rows]
        for row in copies:
            row |= {"run_id": run_id} if "run_id" in row else {}
            row |= {"spectrum_id": row["spectrum_id"] + shift} if table in BY_SPECTRUM else {}
        if table in BY_SPECTRUM:
            for spectrum_id in sorted({row["spectrum_id"] for row in copies}):
                own = [row for row in copies if row["spectrum_id"] == spectrum_id]
                store.replace_derived(table, {"spectrum_id": spectrum_id}, own, maker)
        else:
            store.replace_derived(table, {"run_id": run_id}, copies, maker)


def exported(database: Path, kind: str, output: Path) -> tuple[float, float, int]:
    """Return wall time and CPU time in s of one export of all runs, and bytes written."""
    before, begun_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "labctl", "export", "--all", "--format", kind]
    command += ["--output", str(output), "--db", str(database)]
    subprocess.run(command, check=True, capture_output=True)
    wall_s = time.perf_counter() - begun_s
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    files = [output] if output.is_file() else [file for file in output.rglob("*") if file.is_file()]
    return wall_s, cpu_s, sum(file.stat().st_size for file in files)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    made.add_argument("--runs", type=int, default=100)
    made.add_argument("--formats", default=",".join(OUTPUTS))
    made.add_argument("--keep", type=Path, help="folder that the database and the exports are left in")
    return made


def main() -> None:
    """Make the file, time every format, print a line for each."""
    given = parser().parse_args()
    folder = given.keep or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    try:
        database = folder / "lab.db"
        if not database.exists():
            make(database, given.runs)
        print(f"{given.runs} runs, {database.stat().st_size / 1e6:.1f} MB; aim {AIM_S:g} s")
        for kind in given.formats.split(","):
            wall_s, cpu_s, size = exported(database, kind, folder / OUTPUTS[kind])
            ratio = cpu_s / AIM_S
            times = f"wall {wall_s:6.2f} s  CPU {cpu_s:6.2f} s  ratio {ratio:5.2f}"
            print(f"{kind:8} {times}  {size / 1e6:7.1f} MB")
            state(f"export.{kind}", cpu_s, "s of CPU")
    finally:
        if given.keep is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
