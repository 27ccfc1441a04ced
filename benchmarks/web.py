"""Viewers of a running night: what they cost the procedure, and how long a page takes.

    python benchmarks/web.py [--seconds 60] [--pairs 5] [--clients 50] [--every 5] [--speed 300] [--kept FILE]
    python benchmarks/web.py --group [--rigs 20]

A runner measures a night on the simulated rig, so many times faster than real. Beside it `labctl web` answers
so many clients, each asking for a page with its figures every 5 s, in segments of two kinds that alternate:

* file: it serves the live file
* copy: it serves a copy of the file, made before the segment: the same load of the processor, without a
  connection to the file

Each page is asked for once before its times count. For each kind: p99 of emit (the wait of the procedure;
points and readings, and everything with the fits at the end of a spectrum), the longest wait for the lock of
the file, p95 of a page, use of the processor. Limits: p99 of emit 1.5 times that beside the copy, 100 ms for
the lock, 1 s for a page. `--kept` names a file with a line for each segment: a benchmark that was stopped
goes on with the segments that are missing.

With `--group`, so many rigs are served to one page. The runner of one is killed: seconds until it is red on
that page. Make safe is sent to another over the web: seconds until the true state of its simulated rig shows
heater and generator off. Limit: 10 s each.
"""

import argparse
import asyncio
import json
import math
import os
import re
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
from stations import ALONE, station_text

from labctl.clock import ScaledClock
from labctl.config.protocol import parse_protocol
from labctl.queue.jobs import Jobs
from labctl.store import Database, Store
from labctl.store.care import back_up
from labctl.store.transactions import WriteConnection
from sim_instruments.serve import Server

KINDS = ("file", "copy")
STATION = "simulated rig"
PROTOCOL = """\
title = "a night"
[sample]
name = "pellet"
cation = "Mg2+"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [40, 55, 70, 85, 100, 115, 130, 145, 130, 115, 100, 85, 70, 55, 40]
frequencies_hz = [{frequencies}]
dwell_min = 30
"""
NIGHT_H = 14.0
POINTS = 61
ROWS, ALL = "rows", "all"
PAGES = ("/", "/runs", "/run/{run}", "/samples", "/status.json", "/compare?runs=1,{run}", "/raw/spectra")
FIGURE = re.compile(r'src="(/[^"]+)"')
LIMITS = {"emit": 1.5, "lock_ms": 100.0, "page_s": 1.0, "group_s": 10.0}
SERVED = {"GPIB0::12::INSTR": "lakeshore336", "GPIB0::4::INSTR": "solartron1260"}
SERVED_SPEED = 60
SAFE_TOKEN = "make it safe, from elsewhere"


def labctl(*words: object) -> list[str]:
    return [sys.executable, "-m", "labctl", *map(str, words)]


# The night, in a process of its own that notes each emit and each wait for the lock.


def measure_a_night(folder: Path) -> None:
    """Work through the queue of a folder, with the times of emit and of the lock in `times.txt`."""
    noted: list[tuple[str, float, float]] = []

    class TimedConnection(sqlite3.Connection):
        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:  # type: ignore[override]  # fewer
            if not sql.startswith("BEGIN IMMEDIATE"):
                return super().execute(sql, *parameters)
            begun_s = time.perf_counter()
            try:
                return super().execute(sql, *parameters)
            finally:
                noted.append(("lock", time.monotonic(), time.perf_counter() - begun_s))

    connect = sqlite3.connect
    sqlite3.connect = lambda *given, **about: connect(*given, **({"factory": TimedConnection} | about))

    from labctl.cli import app
    from labctl.measure.recording import Recording

    emit = Recording.emit

    def timed(self: Recording, topic: str, record: Any) -> None:
        begun_s = time.perf_counter()
        emit(self, topic, record)
        is_row = type(record).__name__ in ("ImpedancePoint", "PointMeasured", "TemperatureRead")
        noted.append((ROWS if is_row else ALL, time.monotonic(), time.perf_counter() - begun_s))

    Recording.emit = timed
    threading.Thread(target=_write_times, args=(folder / "times.txt", noted), daemon=True).start()
    os.chdir(folder)
    app(["runner", "--without-supervisor"])


def _write_times(path: Path, noted: list[tuple[str, float, float]]) -> None:
    with path.open("a") as file:
        while True:
            time.sleep(0.5)
            count = len(noted)
            file.writelines(f"{kind} {at_s!r} {took_s!r}\n" for kind, at_s, took_s in noted[:count])
            file.flush()
            del noted[:count]


def times_of(folder: Path, begun_s: float, ended_s: float) -> dict[str, list[float]]:
    """Return the seconds of each emit and each wait for the lock between two times."""
    found: dict[str, list[float]] = {ROWS: [], ALL: [], "lock": []}
    for line in (folder / "times.txt").read_text().splitlines()[:-1]:
        kind, at_s, took_s = line.split()
        if begun_s <= float(at_s) <= ended_s:
            found[kind].append(float(took_s))
    return found | {ALL: found[ALL] + found[ROWS]}


# The clients, in a process of their own.


async def _fetch(port: int, path: str) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
        answer = (await reader.read()).decode()
    finally:
        writer.close()
    if " 200 " not in answer.partition("\r\n")[0]:
        raise SystemExit(f"{path}: {answer[:300]!r}")
    return answer


async def _view(port: int, path: str) -> float:
    """Return the seconds until a page and its figures are there."""
    begun_s = time.perf_counter()
    figures = FIGURE.findall(await _fetch(port, path))
    await asyncio.gather(*(_fetch(port, figure.replace("&amp;", "&")) for figure in figures))
    return time.perf_counter() - begun_s


async def _clients(port: int, count: int, every_s: float, seconds: float, run: int) -> list[list[Any]]:
    for path in PAGES:  # what a server loads at its first pages is no matter of many viewers
        await _view(port, path.format(run=run))
    end_s, found = time.perf_counter() + seconds, list[list[Any]]()

    async def client(number: int) -> None:
        await asyncio.sleep(every_s * number / count)
        turn, due_s = number, time.perf_counter()
        while time.perf_counter() < end_s:
            path = PAGES[turn % len(PAGES)].format(run=run)
            found.append([path, await _view(port, path)])
            turn, due_s = turn + 1, due_s + every_s
            await asyncio.sleep(max(0.0, due_s - time.perf_counter()))

    await asyncio.gather(*map(client, range(count)))
    return found


# The segments.


@contextmanager
def started(words: list[str], folder: Path, **about: Any) -> Iterator["subprocess.Popen[str]"]:
    """Run a process while inside; its words go into a log."""
    with (folder / "processes.log").open("a") as log:
        process = subprocess.Popen(words, text=True, cwd=folder, stderr=log, **about)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@contextmanager
def served(db: Path, folder: Path, *words: object) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """Serve a file while inside; give process and port."""
    command = labctl("web", "--db", db, "--port", 0, *words)
    with started(command, folder, stdout=subprocess.PIPE) as process:
        yield process, port_of(process)


def port_of(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://[^/]+:(\d+)/", line)
    if found is None:
        raise SystemExit(f"labctl web printed {line!r}")
    return int(found[1])


def cpu_s(process: "subprocess.Popen[str]") -> float:
    times = psutil.Process(process.pid).cpu_times()
    return times.user + times.system


def segment(kind: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Let the clients look for so many seconds; return the times of the night and of the pages."""
    db = shown = folder / "lab.db"
    if kind == "copy":
        shown = folder / "copy.db"
        shown.unlink(missing_ok=True)
        back_up(db, shown)
    with Database(db) as database:
        run = int(database.run("last")["id"])
    with served(shown, folder) as (server, port):
        before_s, begun_s = cpu_s(server), time.monotonic()
        words = [sys.executable, __file__, "--task", "clients", "--port", str(port), "--run", str(run)]
        for name in ("clients", "every", "seconds"):
            words += [f"--{name}", str(getattr(options, name))]
        with started(words, folder, stdout=subprocess.PIPE) as clients:
            told, _ = clients.communicate()
        if clients.returncode:
            raise SystemExit(f"the clients failed: {(folder / 'processes.log').read_text()[-1000:]}")
        used_s, ended_s = cpu_s(server) - before_s, time.monotonic()
        time.sleep(1.5)  # the times are written twice a second
    times = times_of(folder, begun_s, ended_s)
    return {"kind": kind, "cpu_s": used_s / (ended_s - begun_s), "pages": json.loads(told), **times}


@contextmanager
def night(folder: Path, options: argparse.Namespace) -> Iterator[None]:
    """Measure nights one after the other while inside, from the first finished spectra on."""
    text = station_text(ALONE).replace("[simulation]", f"[simulation]\nclock = {options.speed}")
    (folder / "station.toml").write_text(text)
    hertz = ", ".join(f"{10 ** (6 - 7 * n / (POINTS - 1)):.6g}" for n in range(POINTS))
    protocol = parse_protocol(PROTOCOL.format(frequencies=hertz), "night.toml")
    simulated_h = (2 * options.pairs * (options.seconds + 30) + 120) * options.speed / 3600
    db = folder / "lab.db"
    with WriteConnection(db) as connection:
        for _ in range(math.ceil(simulated_h / NIGHT_H) + 1):
            Jobs(connection).add(protocol, station=STATION)
    words = [sys.executable, __file__, "--task", "night", "--folder", str(folder)]
    with started(words, folder, stdout=subprocess.DEVNULL) as runner:
        wait_for(lambda: _finished(db) >= 3, 300.0, "the night does not begin", runner)
        yield
        if runner.poll() is not None:
            raise SystemExit("the night was over too early")


def _finished(db: Path) -> int:
    with Database(db) as database:
        return database.rows("SELECT count(*) AS n FROM spectra WHERE status = 'finished'")[0]["n"]


def wait_for(
    what: Callable[[], bool], longest_s: float, words: str, process: "subprocess.Popen[str] | None" = None
) -> float:
    """Return the seconds until something is so; stop the benchmark where it is not."""
    begun_s = time.monotonic()
    while not what():
        if time.monotonic() - begun_s > longest_s or (process is not None and process.poll() is not None):
            raise SystemExit(words)
        time.sleep(0.1)
    return time.monotonic() - begun_s


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else math.nan


def report(found: list[dict[str, Any]]) -> int:
    """Print the figures of all segments; return 1 where one is above its limit."""
    p99, figures = {}, {}
    for kind in KINDS:
        segments = [one for one in found if one["kind"] == kind]
        p99[kind] = {
            what: [1e3 * quantile(one[what], 0.99) for one in segments if one[what]] for what in (ROWS, ALL)
        }
        rows_ms, all_ms = (statistics.median(p99[kind][what]) for what in (ROWS, ALL))
        pages = [took_s for one in segments for _, took_s in one["pages"]]
        page_s = quantile(pages, 0.95)
        lock_ms = 1e3 * max((took_s for one in segments for took_s in one["lock"]), default=math.nan)
        rows = sum(len(one[ROWS]) for one in segments)
        cores = statistics.mean(one["cpu_s"] for one in segments)
        print(
            f"{kind}: {len(segments)} segments, {rows} points and readings; p99 of emit {rows_ms:.2f} ms "
            f"(with fits {all_ms:.2f} ms); longest wait for the lock {lock_ms:.1f} ms;\n"
            f"    {len(pages)} pages, p95 {page_s:.3f} s, longest {max(pages):.3f} s; "
            f"the server used {cores:.2f} of a core"
        )
        if kind == "file":
            figures = {"lock_ms": lock_ms, "page_s": page_s}
            _report_pages(segments)
    ratios = [
        [a / b for a, b in zip(p99["file"][what], p99["copy"][what], strict=False)] for what in (ROWS, ALL)
    ]
    figures = figures | {"emit": statistics.median(ratios[0])}
    each = " ".join(f"{ratio:.2f}" for ratio in ratios[0])
    print(f"p99 of emit beside the file, in that beside the copy: {figures['emit']:.2f} (each: {each})")
    print(f"with fits: {statistics.median(ratios[1]):.2f}")
    return _judged(figures)


def _report_pages(segments: list[dict[str, Any]]) -> None:
    kinds: dict[str, list[float]] = {}
    for one in segments:
        for path, took_s in one["pages"]:
            kinds.setdefault(re.sub(r"\d+", "N", path), []).append(took_s)
    for path, times in sorted(kinds.items()):
        print(f"    {path}: median {statistics.median(times):.3f} s, p95 {quantile(times, 0.95):.3f} s")


def _judged(figures: dict[str, float]) -> int:
    above = [
        f"{name} {value:.3g} > {LIMITS[name]:g}"
        for name, value in figures.items()
        if not value <= LIMITS[name]
    ]
    print("above the limit: " + ", ".join(above) if above else "every figure is within its limit")
    return 1 if above else 0


def viewers(folder: Path, options: argparse.Namespace) -> int:
    kept = options.kept or folder / "segments.jsonl"
    found = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    order = [kind for pair in range(options.pairs) for kind in (KINDS if pair % 2 == 0 else KINDS[::-1])]
    if len(found) < len(order):
        with night(folder, options), kept.open("a") as file:
            for kind in order[len(found) :]:
                one = segment(kind, folder, options)
                file.write(json.dumps(one) + "\n")
                file.flush()
                found.append(one)
    return report(found)


# The group.


class ServedRig:
    """A simulated rig with a runner that measures, seen by its own `labctl web`."""

    def __init__(self, folder: Path, name: str, stack: ExitStack, with_supervisor: bool) -> None:
        self.folder, self.name, self.db = folder / name.replace(" ", "-"), name, folder / f"{name}.db"
        self.folder.mkdir()
        self.server = stack.enter_context(
            Server({"seed": 1, "instruments": SERVED}, ScaledClock(SERVED_SPEED))
        )
        (self.folder / "station.toml").write_text(self.server.station_toml(name))
        protocol = parse_protocol(PROTOCOL.format(frequencies="1e5, 1e4, 1e3"), "night.toml")
        with WriteConnection(self.db) as connection:
            Jobs(connection).add(protocol, station=name)
        options = ("--station", self.folder / "station.toml", "--db", self.db)
        if with_supervisor:
            stack.enter_context(started(labctl("supervisor", "--kept", "--alone", *options), self.folder))
        words = labctl(
            "runner", *options, "--no-start-supervisor" if with_supervisor else "--without-supervisor"
        )
        self.runner = stack.enter_context(started(words, self.folder, stdout=subprocess.DEVNULL))
        wait_for(lambda: self.is_on, 300.0, f"{name} does not measure; see {self.folder}", self.runner)
        safe = {"LABCTL_WEB_SAFE_TOKEN": SAFE_TOKEN}
        about: dict[str, Any] = {"stdout": subprocess.PIPE, "env": os.environ | safe}
        web = labctl("web", "--db", self.db, "--station", self.folder / "station.toml", "--port", 0)
        self.url = f"http://127.0.0.1:{port_of(stack.enter_context(started(web, self.folder, **about)))}"

    @property
    def is_on(self) -> bool:
        """Whether heater or generator of the simulated rig are on, in truth."""
        heater, analyser = (self.server.rig.instruments[outlet.address] for outlet in self.server.outlets)
        return heater.heater_range != 0 or analyser.amplitude_v != 0

    def make_safe(self) -> None:
        """Ask for it over the web, as the form of the page does."""
        given = {"station": self.name, "person": "benchmark", "token": SAFE_TOKEN}
        body = urllib.parse.urlencode(given).encode()
        with urllib.request.urlopen(f"{self.url}/make-safe", body, timeout=60) as answer:
            answer.read()


def group(folder: Path, options: argparse.Namespace) -> int:
    with ExitStack() as stack:
        first, second = (
            ServedRig(folder, name, stack, with_supervisor)
            for name, with_supervisor in (("rig one", False), ("rig two", True))
        )
        urls = {rig.name: rig.url for rig in (first, second)}
        for number in range(3, options.rigs + 1):
            db = folder / f"rig {number}.db"
            Store.open(db).close()
            _, port = stack.enter_context(served(db, folder))
            urls[f"rig {number}"] = f"http://127.0.0.1:{port}"
        (folder / "rigs.toml").write_text(
            "".join(f'[[rig]]\nname = "{name}"\nurl = "{url}"\n' for name, url in urls.items())
        )
        words = labctl("web", "--rigs", folder / "rigs.toml", "--port", 0)
        page = port_of(stack.enter_context(started(words, folder, stdout=subprocess.PIPE)))
        all_well_s = wait_for(lambda: not red_on(page), 120.0, "not every rig is well")
        print(f"{len(urls)} rigs are well on one page after {all_well_s:.1f} s")
        first.runner.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        red_s = wait_for(lambda: red_on(page) == [first.name], 60.0, "the killed runner is not red")
        print(f"runner killed: red on the page of the group after {red_s:.1f} s")
        if not second.is_on:
            raise SystemExit("the second rig is off already")
        begun_s = time.monotonic()
        second.make_safe()
        wait_for(lambda: not second.is_on, 60.0, "make safe over the web did not switch the rig off")
        safe_s = time.monotonic() - begun_s
        print(f"make safe over the web: heater and generator are off after {safe_s:.1f} s")
    return _judged({"group_s": max(red_s, safe_s)})


def red_on(port: int) -> list[str]:
    """Return the names of the rigs that are red on the page of the group."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as answer:
        return re.findall(r'<section class="red"><h2>([^<]+)</h2>', answer.read().decode())


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--seconds", type=float, default=60.0, help="of a segment")
    made.add_argument("--pairs", type=int, default=5, help="of segments")
    made.add_argument("--clients", type=int, default=50)
    made.add_argument("--every", type=float, default=5.0, help="seconds between two pages of a client")
    made.add_argument("--speed", type=float, default=300.0)
    made.add_argument("--kept", type=Path, help="file with a line for each segment done")
    made.add_argument(
        "--group", action="store_true", help="kill a runner and make safe, on the page of a group"
    )
    made.add_argument("--rigs", type=int, default=20)
    made.add_argument("--task", choices=("night", "clients"), help=argparse.SUPPRESS)
    made.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    made.add_argument("--port", type=int, help=argparse.SUPPRESS)
    made.add_argument("--run", type=int, help=argparse.SUPPRESS)
    return made


def main() -> int:
    options = parser().parse_args()
    if options.task == "night":
        measure_a_night(options.folder)
        return 0
    if options.task == "clients":
        about = (options.port, options.clients, options.every, options.seconds, options.run)
        print(json.dumps(asyncio.run(_clients(*about))))
        return 0
    with tempfile.TemporaryDirectory(prefix="web-", ignore_cleanup_errors=True) as folder:
        return (group if options.group else viewers)(Path(folder), options)


if __name__ == "__main__":
    sys.exit(main())
