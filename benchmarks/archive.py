"""The archive of a group: adding, asking, verifying and deriving 100 000 spectra, through kills.

    python benchmarks/archive.py [--runs 400] [--spectra 250] [--points 60] [--workers 1 2] [--fit-runs 400]
                                 [--kills 50] [--worker-kills 20] [--folder FOLDER]

One run of so many spectra is measured on the simulated rig, and its rows are copied until the file has so
many runs of as many samples. Then, one after the other:

* `archive add` of the whole file; rows, bytes and time for each run
* two writers at once, killed so many times at random moments, into an archive of its own: `verify` must be
  clean, with every run there once
* the list of samples, and the best conductivity of each at 25 degC, each the median of five
* `archive verify --files-only`
* `archive fit --again` of so many runs with each number of workers: time, scaling, memory of a worker; once
  more with so many workers killed, after which every spectrum has one current conductivity

Times hold for one computer; ratios to the first line of each kind can be compared.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
from figures import state
from large_file import multiply

import labctl
from labctl.testing import STATION

ROOM = (
    "SELECT sample, max(conductivity_s_m) FROM conductivities "
    "WHERE temperature_k BETWEEN 297.15 AND 299.15 GROUP BY sample"
)
SAMPLES = "SELECT sample, count(*) FROM runs GROUP BY sample"
CURRENT = (
    "SELECT count(*), count(DISTINCT (series_uuid, spectrum_id)) FROM conductivities",
    "SELECT count(*), count(*) FROM spectra WHERE status = 'finished'",
)
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
PROTOCOL = """\
title = "a long night"
[sample]
name = "pellet 0"
cation = "Mg2+"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [{temperatures}]
frequencies_hz = [{frequencies}]
dwell_min = 1
"""


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "labctl", *map(str, words)]


def run(*words: object, cwd: Path | None = None) -> str:
    """Run labctl to its end; return what it prints, and stop the benchmark where it fails."""
    done = subprocess.run(
        command(*words),
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, **ONE_THREAD},
    )
    if done.returncode:
        raise SystemExit(f"labctl {' '.join(map(str, words))}: {done.stderr or done.stdout}")
    return done.stdout


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun_s = time.perf_counter()
    found = work()
    return time.perf_counter() - begun_s, found


def made(folder: Path, runs: int, spectra: int, points: int) -> Path:
    """Return a results file with so many runs; made once in a folder."""
    place = folder / f"{runs}x{spectra}x{points}"
    if (place / "made").exists():
        return place / "lab.db"
    place.mkdir(parents=True, exist_ok=True)
    (place / "station.toml").write_text(STATION)
    # From 25 degC on: each sample has a conductivity there.
    degc = ", ".join(f"{25 + 130 * step / max(spectra - 1, 1):.3f}" for step in range(spectra))
    hertz = ", ".join(f"{10 ** (6 - 5 * n / (points - 1)):.6g}" for n in range(points))
    (place / "night.toml").write_text(PROTOCOL.format(temperatures=degc, frequencies=hertz))
    run("run", "night.toml", "--quiet", cwd=place)
    multiply(place / "lab.db", runs)
    (place / "made").touch()
    return place / "lab.db"


def killed_writers(db: Path, archive: Path, kills: int, seed: int) -> int:
    """Let two writers add the same file, killing one of them at random moments; return the kills made."""
    rng, done = random.Random(seed), 0
    while done < kills:
        writers = [
            subprocess.Popen(command("archive", "add", db, "--to", archive), **QUIET) for _ in range(2)
        ]
        time.sleep(rng.uniform(0.5, 4.0))
        for writer in writers:
            if writer.poll() is None:
                writer.kill()
                done += 1
            writer.wait()
        if all(writer.returncode == 0 for writer in writers):
            break
    last = [subprocess.Popen(command("archive", "add", db, "--to", archive), **QUIET) for _ in range(2)]
    if any(writer.wait() for writer in last):
        raise SystemExit("archive add failed after the kills")
    return done


QUIET: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def workers_of(process: "subprocess.Popen[str]") -> Iterator[psutil.Process]:
    """Yield the processes that derive: spawned by Dask below the command."""
    try:
        for child in psutil.Process(process.pid).children(recursive=True):
            if "spawn_main" in " ".join(child.cmdline()):
                yield child
    except psutil.Error:
        return


def fit(archive: Path, where: str, workers: int, kills: int, seed: int) -> tuple[float, int, float, int]:
    """Derive again; return time in s, runs derived, largest memory of a worker in MB, and workers killed."""
    words = [
        "archive",
        "fit",
        "--again",
        "--json",
        "--workers",
        workers,
        "--archive",
        archive,
        "--where",
        where,
    ]
    begun_s, rng, largest, killed = time.perf_counter(), random.Random(seed), 0.0, 0
    next_kill_s = begun_s + 10.0
    process = subprocess.Popen(
        command(*words),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **ONE_THREAD},
    )
    while process.poll() is None:
        time.sleep(0.2)
        for worker in list(workers_of(process)):
            try:
                largest = max(largest, worker.memory_info().rss / 1e6)
                if killed < kills and time.perf_counter() > next_kill_s and worker.memory_info().rss > 1e8:
                    worker.kill()
                    killed, next_kill_s = killed + 1, time.perf_counter() + rng.uniform(1.0, 6.0)
            except psutil.Error:
                continue
    output, errors = process.communicate()
    if process.returncode:
        raise SystemExit(f"archive fit: {output[:500]} {errors[-1000:]}")
    return time.perf_counter() - begun_s, json.loads(output)["derived"], largest, killed


def require_once(archive: Path) -> None:
    """Stop where a finished spectrum has no current conductivity, or two."""
    with labctl.open_archive(archive) as opened:
        (rows, spectra), (finished, _) = (opened.query(sql).rows[0] for sql in CURRENT)
    if not rows == spectra == finished:
        raise SystemExit(f"{finished} spectra, {rows} conductivities of {spectra} spectra")


def report_add(db: Path, archive: Path, runs: int) -> None:
    took_s, _ = timed(lambda: run("archive", "add", db, "--to", archive))
    bytes_ = sum(file.stat().st_size for file in archive.rglob("*") if file.is_file())
    files = sum(1 for file in archive.rglob("*") if file.is_file())
    each = f"{took_s / runs:.2f} s, {bytes_ / runs / 1e3:.0f} kB and {files / runs:.0f} files for each run"
    print(f"add: {took_s:.0f} s, {bytes_ / 1e6:.1f} MB of {db.stat().st_size / 1e6:.1f} MB; {each}")
    state("archive.size", bytes_ / db.stat().st_size, "of the results file")
    state("archive.add_each", 1e3 * took_s / runs, "ms for each run")
    again_s, _ = timed(lambda: run("archive", "add", db, "--to", archive))
    print(f"add again, nothing new: {again_s:.1f} s")


def report_queries(archive: Path) -> None:
    opening_s, opened = timed(lambda: labctl.open_archive(archive))
    with opened:
        for title, sql in (("samples", SAMPLES), ("best at 25 degC", ROOM)):
            times = [timed(lambda sql=sql: opened.query(sql))[0] for _ in range(5)]
            state(f"archive.{title}", statistics.median(times), "s")
            print(f"{title}: {statistics.median(times):.3f} s, {len(opened.query(sql).rows)} rows")
    print(f"opening: {opening_s:.2f} s")


def report_fits(archive: Path, fit_runs: int, workers: list[int], kills: int, seed: int) -> None:
    where = f"sample IN ({', '.join(repr(f'pellet {number}') for number in range(fit_runs))})"
    first_s = None
    for count in workers:
        took_s, derived, largest_mb, _ = fit(archive, where, count, 0, seed)
        first_s = first_s or took_s
        state(f"archive.fit_by_{count}", first_s / took_s)
        print(
            f"fit, {count} worker(s): {derived} runs in {took_s:.0f} s, {first_s / took_s:.2f} times as "
            f"fast as {workers[0]}; at most {largest_mb:.0f} MB each"
        )
    if kills:
        took_s, derived, _, killed = fit(archive, where, workers[-1], kills, seed)
        require_once(archive)
        print(
            f"fit through {killed} kills of workers: {derived} runs in {took_s:.0f} s, none lost or doubled"
        )


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--spectra", type=int, default=250, help="of each run")
    parser.add_argument("--points", type=int, default=60, help="of each spectrum")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--fit-runs", type=int, default=400, help="how many runs are derived again; 0: none")
    parser.add_argument("--kills", type=int, default=50, help="of two writers")
    parser.add_argument("--worker-kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keeps files; those that are there are taken as they are")
    return parser


def main() -> None:
    options = parser().parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        db = made(folder, options.runs, options.spectra, options.points)
        print(f"{options.runs} runs, {options.runs * options.spectra} spectra of {options.points} points")
        with tempfile.TemporaryDirectory(dir=folder) as place:
            archive, other = Path(place) / "archive", Path(place) / "killed"
            report_add(db, archive, options.runs)
            report_queries(archive)
            took_s, _ = timed(lambda: run("archive", "verify", "--files-only", "--archive", archive))
            print(f"verify of the files: {took_s:.1f} s")
            if options.kills:
                killed = killed_writers(db, other, options.kills, options.seed)
                found = json.loads(run("archive", "verify", "--json", "--archive", other))
                if found["runs"] != options.runs:
                    raise SystemExit(f"{found['runs']} runs are there, not {options.runs}")
                print(f"two writers through {killed} kills: verify clean, every run there once")
                state("archive.kills", killed, "kills of writers, verify clean")
            if options.fit_runs:
                fits = (min(options.fit_runs, options.runs), options.workers, options.worker_kills)
                report_fits(archive, *fits, options.seed)


if __name__ == "__main__":
    main()
