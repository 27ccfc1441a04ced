"""Speed of `labctl fit --all` with two workers: time of one over time of two, from the same file.

    python benchmarks/refit.py [--runs 40] [--spectra 25] [--rounds 3]

Every run holds spectra of a pellet with noise. Each round derives all runs with one worker and with two, in
turn, each by a command of its own, so that the start of the processes counts. Each begins with a copy of the
file of which nothing was derived, since a second derivation finds the distributions of relaxation times done.
400 runs of 25 spectra are the 10 000 spectra of a laboratory's year. The result is the median of the ratios;
2 would be perfect. On a computer that does other work the ratio says little: CPU times show how much work the
second worker adds, and 2 x (CPU of one) / (CPU of two) is what an idle computer could reach at best. The last
line is the memory of the largest process of all rounds: the command, or one of its workers (not on Windows).
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from figures import state

from labctl.analysis import parse_circuit
from labctl.store import Store

FREQUENCY_HZ = np.logspace(6, 0, 61)
CIRCUIT = "p(R1,CPE1)-CPE2"


def impedance(kelvin: float, rng: np.random.Generator) -> np.ndarray:
    """Impedance of a pellet with 0.2 % of noise, ohm, (61,)."""
    r1 = 1e-4 * np.exp(0.6 / 8.617e-5 / kelvin)
    z = parse_circuit(CIRCUIT).impedance([r1, (1e-10 * r1) ** 0.95 / r1, 0.95, 1e-6, 0.9], FREQUENCY_HZ)
    noise = rng.standard_normal((2, FREQUENCY_HZ.size))
    return z * (1 + 2e-3 * (noise[0] + 1j * noise[1]))


def make(path: Path, runs: int, spectra: int) -> None:
    """Write a file with finished runs that nothing was derived of."""
    rng = np.random.default_rng(1)
    sample = {"name": "pellet", "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}
    with Store.open(path) as store:
        sample_id = store.find_or_add_sample(sample)
        for _ in range(runs):
            run_id = store.insert("runs", {"sample_id": sample_id, "procedure": "p:P", "started_s": 1.0})
            for number, kelvin in enumerate(np.linspace(300.0, 400.0, spectra)):
                about = {"run_id": run_id, "number": number, "started_s": 1.0, "setpoint_k": float(kelvin)}
                spectrum_id = store.insert("spectra", about)
                for place, (f, z) in enumerate(zip(FREQUENCY_HZ, impedance(kelvin, rng), strict=True)):
                    point = {"spectrum_id": spectrum_id, "number": place, "time_s": 1.0}
                    point |= {"frequency_hz": float(f), "temperature_k": float(kelvin)}
                    store.append(
                        "impedance_points", point | {"z_real_ohm": float(z.real), "z_imag_ohm": float(z.imag)}
                    )
                store.update("spectra", spectrum_id, {"status": "finished", "ended_s": 2.0})
            store.update("runs", run_id, {"status": "finished", "ended_s": 3.0})


def fit(made: Path, workers: int) -> tuple[float, float]:
    """Derive every run by a command; return the seconds it took, and its CPU time in s."""
    path = Path(tempfile.mkdtemp(dir=made.parent)) / made.name
    shutil.copy(made, path)
    words = [sys.executable, "-m", "labctl", "fit", "--all", "--again", "--json", "--db", str(path)]
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    before_s, before = time.perf_counter(), os.times()
    subprocess.run(
        [*words, "--workers", str(workers)], check=True, capture_output=True, env=os.environ | single
    )
    took_s, after = time.perf_counter() - before_s, os.times()
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return took_s, cpu_s


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--runs", type=int, default=40)
    made.add_argument("--spectra", type=int, default=25, help="of each run")
    made.add_argument("--rounds", type=int, default=3)
    return made


def main() -> None:
    given = parser().parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lab.db"
        make(path, given.runs, given.spectra)
        ratios = []
        for number in range(1, given.rounds + 1):
            (one_s, one_cpu_s), (two_s, two_cpu_s) = fit(path, 1), fit(path, 2)
            ratios.append(one_s / two_s)
            print(
                f"round {number}: one worker {one_s:.1f} s, two {two_s:.1f} s, ratio {ratios[-1]:.2f}; CPU "
                f"{one_cpu_s:.1f} s and {two_cpu_s:.1f} s: at best {2 * one_cpu_s / two_cpu_s:.2f}",
                flush=True,
            )
    print(f"median ratio {statistics.median(ratios):.2f}")
    print(f"largest process {largest_process_mb():.0f} MB")
    state("refit.two_workers", statistics.median(ratios))
    state("refit.memory", largest_process_mb(), "MB")


def largest_process_mb() -> float:
    """Largest resident memory of a process that this one started, or that they started; NaN on Windows."""
    try:
        import resource
    except ImportError:
        return float("nan")
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


if __name__ == "__main__":
    main()
