"""The archive of a group: adding, asking, verifying and deriving 100 000 spectra, through kills.

    python benchmarks/archive.py [--runs 400] [--spectra 250] [--points 60] [--workers 1 2] [--fit-runs 400]
                                 [--kills 50] [--worker-kills 20] [--by-hand] [--folder FOLDER]
    python benchmarks/archive.py --sizing [--rigs 20] [--years 10] [--nights 250] [--share 0.1]

One run of so many spectra is measured on the simulated rig, and its rows are copied until the file has so
many runs of as many samples. Then, one after the other:

* `archive add` of the whole file; rows, bytes and time for each run
* two writers at once, killed so many times at random moments, into an archive of its own: `verify` must be
  clean, with every run there once
* the list of samples, and the best conductivity of each at 25 degC, each the median of five
* `archive verify --files-only`
* `archive fit --again` of so many runs with each number of workers: time, scaling, memory of a worker; once
  more with so many workers killed, after which the same spectra have one current conductivity each
* with `--by-hand`, the same command against a `dask scheduler` and two `dask worker` processes started here;
  once more with scheduler and workers killed and started again in the middle

With `--sizing`, a share of what so many rigs measure in so many years (each night 20 spectra of 61 points) is
put into an archive: rows of each table, bytes, files, times of the queries, and the same for all nights, with
its cost at the prices given (US dollars; by default those of S3 Standard in us-east-1 in 2025).

Times hold for one computer; ratios to the first line of each kind can be compared.
"""

import argparse
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
CURRENT = "SELECT count(*), count(DISTINCT (series_uuid, spectrum_id)) FROM conductivities"
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


def fitting(archive: Path, where: str, *words: object) -> "subprocess.Popen[str]":
    """Start to derive again."""
    options = ("--again", "--json", "--archive", archive, "--where", where)
    return subprocess.Popen(
        command("archive", "fit", *options, *words),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **ONE_THREAD},
    )


def derived_by(process: "subprocess.Popen[str]") -> int:
    """Wait for its end; return how many runs it derived, and stop the benchmark where it failed."""
    output, errors = process.communicate()
    if process.returncode:
        raise SystemExit(f"archive fit: {output[:500]} {errors[-1000:]}")
    return json.loads(output)["derived"]


def fit(archive: Path, where: str, workers: int, kills: int, seed: int) -> tuple[float, int, float, int]:
    """Derive again; return time in s, runs derived, largest memory of a worker in MB, and workers killed."""
    begun_s, rng, largest, killed = time.perf_counter(), random.Random(seed), 0.0, 0
    next_kill_s = begun_s + 10.0
    process = fitting(archive, where, "--workers", workers)
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
    return time.perf_counter() - begun_s, derived_by(process), largest, killed


@contextmanager
def cluster_by_hand(port: int, workers: int = 2) -> Iterator[None]:
    """Run a scheduler and workers, as a person starts them, while inside."""
    dask, address = [sys.executable, "-m", "dask"], f"tcp://127.0.0.1:{port}"
    scheduler = ["scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    worker = ["worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
    words = [scheduler, *[worker] * workers]
    about = {**QUIET, "env": {**os.environ, **ONE_THREAD}}
    with tempfile.TemporaryDirectory() as folder:
        started = [subprocess.Popen([*dask, *one], cwd=folder, **about) for one in words]
        try:
            yield
        finally:
            for process in started:
                process.kill()
                process.wait()


def report_by_hand(archive: Path, where: str, before: int) -> None:
    """Derive on a cluster started by hand; once more with the whole cluster killed in the middle."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = ("--scheduler", f"tcp://127.0.0.1:{port}")
    with cluster_by_hand(port):
        whole_s, runs = timed(lambda: derived_by(fitting(archive, where, *words)))
    require_once(archive, before)
    print(f"fit, scheduler and 2 workers started by hand: {runs} runs in {whole_s:.0f} s")
    with cluster_by_hand(port):
        process = fitting(archive, where, *words)
        time.sleep(whole_s / 2)
        if process.poll() is not None:
            raise SystemExit("it was over before the scheduler could be killed; derive more runs")
    with cluster_by_hand(port):
        runs = derived_by(process)
    require_once(archive, before)
    print(f"scheduler and workers killed and started again in the middle: {runs} runs, none lost or doubled")


def conductivities(archive: Path) -> int:
    """Return how many spectra have a current conductivity; stop the benchmark where one has two."""
    with labctl.open_archive(archive) as opened:
        rows, spectra = opened.query(CURRENT).rows[0]
    if rows != spectra:
        raise SystemExit(f"{rows} conductivities of {spectra} spectra")
    return rows


def require_once(archive: Path, before: int) -> None:
    """Stop where other spectra have a conductivity than before, or one has two."""
    if (found := conductivities(archive)) != before:
        raise SystemExit(f"{found} spectra have a conductivity, {before} had")


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


def report_fits(
    archive: Path, fit_runs: int, workers: list[int], kills: int, seed: int, by_hand: bool
) -> None:
    where = f"sample IN ({', '.join(repr(f'pellet {number}') for number in range(fit_runs))})"
    first_s, before = None, conductivities(archive)
    for count in workers:
        took_s, derived, largest_mb, _ = fit(archive, where, count, 0, seed)
        first_s = first_s or took_s
        state(f"archive.fit_by_{count}", first_s / took_s)
        print(
            f"fit, {count} worker(s): {derived} runs in {took_s:.0f} s, {first_s / took_s:.2f} times as "
            f"fast as {workers[0]}; at most {largest_mb:.0f} MB each"
        )
    require_once(archive, before)
    if by_hand:
        report_by_hand(archive, where, before)
    if kills:
        took_s, derived, _, killed = fit(archive, where, workers[-1], kills, seed)
        require_once(archive, before)
        print(
            f"fit through {killed} kills of workers: {derived} runs in {took_s:.0f} s, none lost or doubled"
        )


def in_archive(archive: Path) -> dict[str, tuple[int, int, int]]:
    """Return rows, bytes and files of each table."""
    import pyarrow.parquet as pq

    found = {}
    for folder in sorted(one for one in archive.iterdir() if one.name != "_labctl"):
        files = list(folder.rglob("*.parquet"))
        rows = sum(pq.read_metadata(file).num_rows for file in files)
        found[folder.name] = rows, sum(file.stat().st_size for file in files), len(files)
    entries = [file for file in (archive / "_labctl").rglob("*") if file.is_file()]
    return found | {"entries": (len(entries), sum(file.stat().st_size for file in entries), len(entries))}


def sizing(folder: Path, options: argparse.Namespace) -> None:
    """Print the size of a share of all nights, and that of all of them."""
    nights = options.rigs * options.years * options.nights
    runs = max(1, round(nights * options.share))
    db = made(folder, runs, 20, 61)
    print(f"{options.rigs} rigs, {options.years} years, {options.nights} nights a year: {nights} runs")
    print(f"measured: {runs} of them, 20 spectra of 61 points each")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        archive = Path(place) / "archive"
        report_add(db, archive, runs)
        report_queries(archive)
        tables = in_archive(archive)
    sums = tuple(map(sum, zip(*tables.values(), strict=True)))
    factor = nights / runs
    print(f"{'table':<28}{'rows':>14}{'MB':>10}{'files':>10}{'rows of all':>16}{'MB of all':>12}")
    for name, (rows, bytes_, files) in sorted(tables.items(), key=lambda one: -one[1][1]):
        print(
            f"{name:<28}{rows:>14}{bytes_ / 1e6:>10.1f}{files:>10}{rows * factor:>16.3g}"
            f"{bytes_ * factor / 1e6:>12.0f}"
        )
    _, bytes_, files = (factor * number for number in sums)
    month = bytes_ / 1e9 * options.price_gb_month
    print(f"all: {bytes_ / 1e9:.1f} GB in {files:.3g} files")
    print(
        f"cost: {month:.2f} a month to keep all of it, {files / 1e3 * options.price_1000_writes:.0f} to have "
        f"written it, {nights / 1e3 * options.price_1000_reads:.2f} for a query that opens one table"
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
    parser.add_argument("--by-hand", action="store_true", help="also on a cluster started by hand")
    parser.add_argument("--sizing", action="store_true", help="a share of what a group measures in years")
    parser.add_argument("--rigs", type=int, default=20)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--nights", type=int, default=250, help="a year")
    parser.add_argument(
        "--share", type=float, default=0.1, help="of all nights, which is put into an archive"
    )
    parser.add_argument("--price-gb-month", type=float, default=0.023)
    parser.add_argument("--price-1000-writes", type=float, default=0.005)
    parser.add_argument("--price-1000-reads", type=float, default=0.0004)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keeps files; those that are there are taken as they are")
    return parser


def main() -> None:
    options = parser().parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        if options.sizing:
            sizing(folder, options)
            return
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
                report_fits(archive, *fits, options.seed, options.by_hand)


if __name__ == "__main__":
    main()
