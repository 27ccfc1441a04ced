"""Concurrent use of one results file by many real processes, for five minutes.

    python benchmarks/concurrency.py [--seconds 300] [--seed 1] [--hands 4]

A runner measures short jobs on a simulated rig, 400 times faster than real. Beside it, processes ("hands")
do at random what people and programs do: queue, move, hold, release, cancel and retry jobs, ask something of
the running job, pause and resume; read status and station view, follow the last run as the window does, read
frames, back the file up, merge it into another file, and type commands. A request that is not allowed is
refused in a sentence; nothing else may go wrong.

Judged afterwards: no error of a lock, no traceback, no job lost, no change of state that is not allowed, no
step of a job measured twice, every run ended, the file, its backups and the merged files sound.
"""

import argparse
import itertools
import json
import multiprocessing
import random
import signal
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from figures import state
from stations import ALONE, station_text

from labctl.clock import RealClock
from labctl.config.protocol import parse_protocol
from labctl.errors import LabctlError
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.job import ENDED, FailurePolicy, Job
from labctl.queue.jobs import Jobs
from labctl.queue.requests import Pauses, Requests
from labctl.readmodel.following import RunFollower
from labctl.readmodel.station_view import read_station_view
from labctl.store import Database, Store
from labctl.store.care import back_up, check
from labctl.store.merging import merge
from labctl.store.transactions import WriteConnection

CLOCK = RealClock()
STATION = "simulated rig"
SPEED = 400
DRAINED_WITHIN_S = 240.0
MOST_WAITING = 12
LOCKED = ("locked", "busy", "another program")
PROTOCOL = """\
title = "series {number}"
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = {temperatures}
frequencies_hz = [1e5, 1e4, 1e3, 100]
dwell_min = 1
"""
COMMANDS = (
    ("status", "--json"),
    ("queue", "list", "--json"),
    ("show", "--json"),
    ("db", "check"),
)
ALLOWED = {
    None: {"queued", "held"},
    "queued": {"queued", "held", "running", "cancelled", "failed"},
    "held": {"held", "queued", "interrupted", "cancelled"},
    "running": {"finished", "failed", "cancelled", "interrupted"},
    "interrupted": {"running", "held", "cancelled", "failed"},
    "failed": {"queued"},
    "cancelled": {"queued"},
    "finished": set(),
}
"""States that may follow a state in the history of a job."""


@dataclass
class Told:
    """What one hand did: how often, the sentences of refusals, what went wrong, the jobs it queued."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    jobs: list[int] = field(default_factory=list)


class Hand:
    """One process of people: does at random what may be done."""

    def __init__(self, folder: Path, number: int, seed: int) -> None:
        self.folder, self.db, self.number = folder, folder / "lab.db", number
        self.random = random.Random(seed * 1000 + number)
        self.told = Told()
        Store.open(folder / f"all{number}.db").close()
        self.connection = WriteConnection(self.db)
        self.jobs = Jobs(self.connection)
        self.actions: dict[Callable[[], Any], int] = {
            self.add: 6,
            self.change: 12,
            self.ask: 3,
            self.pause_and_resume: 2,
            self.look: 8,
            self.follow: 6,
            self.read_frames: 3,
            self.back_up: 1,
            self.merge: 1,
            self.type_a_command: 1,
        }

    def work(self, until_s: float) -> Told:
        """Act until then, by the monotonic clock."""
        actions, weights = list(self.actions), list(self.actions.values())
        while CLOCK.monotonic() < until_s:
            (action,) = self.random.choices(actions, weights)
            self.try_to(action)
            CLOCK.sleep(self.random.uniform(0.0, 0.1))
        self.connection.close()
        return self.told

    def try_to(self, action: Callable[[], Any]) -> None:
        name = action.__name__
        try:
            action()
        except LabctlError as error:
            words = str(error)
            if any(word in words for word in LOCKED):
                self.told.wrong.append(f"{name}: {words}")
            if name in ("follow", "look", "read_frames", "back_up", "merge"):  # these ask for nothing
                self.told.wrong.append(f"{name}: {words}")
            self.told.refused[name] += 1
        except Exception:  # noqa: BLE001 - that is what is looked for
            self.told.wrong.append(f"{name}: {traceback.format_exc(limit=3)}")
        else:
            self.told.done[name] += 1

    def add(self) -> None:
        waiting = [job for job in self.jobs.listed() if job.state not in ENDED]
        if len(waiting) >= MOST_WAITING:
            return
        temperatures = self.random.sample(range(30, 46, 3), self.random.randint(1, 2))
        text = PROTOCOL.format(number=len(self.told.jobs), temperatures=sorted(temperatures))
        protocol = parse_protocol(text, str(self.folder / "p.toml"))
        policy = FailurePolicy(retries=1, delay_s=0.0)
        job = self.jobs.add(
            protocol, station=STATION, policy=policy, priority=self.random.randint(0, 2), person="hand"
        )
        self.told.jobs.append(job)

    def change(self) -> None:
        jobs = self.jobs.listed(cleared=True)
        if not jobs:
            return
        job = self.random.choice(jobs)
        change: Callable[..., Any] = self.random.choice(
            [self.jobs.hold, self.jobs.release, self.jobs.release, self.jobs.cancel, self.jobs.retry]
        )
        kind = self.random.random()
        if kind < 0.1:
            self.jobs.clear_finished()
        elif kind < 0.3:
            self.jobs.move(job.id, self.random.randint(1, 5), "hand")
        else:
            change(job.id, person="hand")

    def ask(self) -> None:
        running = self.jobs.listed(states=["running"])
        if running:
            kind = self.random.choice(["skip step", "cancel", "cancel now", "temperatures"])
            details = {"temperatures_degc": [33.0]} if kind == "temperatures" else {}
            Requests(self.connection).ask(running[0].id, kind, details, "hand")

    def pause_and_resume(self) -> None:
        pauses = Pauses(self.connection)
        pauses.pause(self.random.choice(["point", "step", "job"]), "coffee", "hand")
        CLOCK.sleep(self.random.uniform(0.0, 0.5))
        pauses.resume()

    def look(self) -> None:
        read_station_view(self.connection, STATION, CLOCK.time(), 3.0)

    def follow(self) -> None:
        with Database(self.db) as database:
            if not database.rows("SELECT id FROM runs LIMIT 1"):
                return
            follower = RunFollower(database, database.run("last")["id"])
            for _ in range(5):
                follower.poll()

    def read_frames(self) -> None:
        with Database(self.db) as database:
            if database.rows("SELECT id FROM runs LIMIT 1"):
                assert database.conductivities("last") is not None
                assert database.spectra("last") is not None

    def back_up(self) -> None:
        target = self.folder / f"backup{self.number}.db"
        target.unlink(missing_ok=True)
        back_up(self.db, target)

    def merge(self) -> None:
        merged = merge(self.folder / f"all{self.number}.db", self.db)
        assert not merged.refused, merged.refused

    def type_a_command(self) -> None:
        command = self.random.choice(COMMANDS)
        done = subprocess.run(
            [sys.executable, "-m", "labctl", *command, "--db", str(self.db)]
            if command[0] != "db"
            else [sys.executable, "-m", "labctl", *command, str(self.db)],
            capture_output=True,
            text=True,
            cwd=self.folder,
            check=False,
        )
        words = done.stdout + done.stderr
        first_run = command[0] == "show" and "no run yet" in words
        if "Traceback" in words or (done.returncode and not first_run):
            raise AssertionError(f"{command}: {done.returncode} {words[-500:]}")


def jobs_left(connection: WriteConnection) -> list[Job]:
    """The jobs that have not ended."""
    return [job for job in Jobs(connection).listed(cleared=True) if job.state not in ENDED]


def hand(folder: Path, number: int, seed: int, seconds: float) -> Told:
    """Work as one hand, in a process of its own."""
    with suppress(AttributeError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return Hand(folder, number, seed).work(CLOCK.monotonic() + seconds)


class Concurrency:
    """One trial in a folder."""

    def __init__(self, folder: Path, seed: int, hands: int) -> None:
        self.folder, self.db, self.seed, self.hands = folder, folder / "lab.db", seed, hands
        text = station_text(ALONE).replace("[simulation]", f"[simulation]\nclock = {SPEED}")
        (folder / "station.toml").write_text(text, encoding="utf-8")
        with WriteConnection(self.db) as connection:
            Jobs(connection)

    def run(self, seconds: float) -> tuple[list[Told], list[str]]:
        """Return the reports of the hands, and the faults."""
        with (self.folder / "runner.log").open("w") as log:
            runner = self._start_runner(log)
            try:
                with multiprocessing.get_context("spawn").Pool(self.hands) as pool:
                    told = pool.starmap(
                        hand, [(self.folder, number, self.seed, seconds) for number in range(self.hands)], 1
                    )
                ended_early = [] if runner.poll() is None else ["the runner ended meanwhile"]
                drained = self._drained()
            finally:
                runner.send_signal(signal.SIGINT)
                runner.wait(timeout=120)
        wrong = [words for one in told for words in one.wrong]
        return told, [*ended_early, *drained, *wrong, *self.judge(told), *self._log()]

    def _start_runner(self, log: Any) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "labctl", "runner", "--without-supervisor"]
        return subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)

    def _drained(self) -> list[str]:
        """Release held jobs, and wait until every job has ended."""
        until_s = CLOCK.monotonic() + DRAINED_WITHIN_S
        with WriteConnection(self.db) as connection:
            jobs, pauses, left = Jobs(connection), Pauses(connection), jobs_left(connection)
            while CLOCK.monotonic() < until_s:
                pauses.resume()
                for job in jobs.listed(states=["held"]):
                    jobs.release(job.id)
                left = jobs_left(connection)
                if not left:
                    return []
                CLOCK.sleep(0.5)
            beat = Heartbeats(connection, "runner", STATION).read()
        doing = "" if beat is None else beat.doing
        return [f"job {job.id} is still {job.state}: {job.reason} (runner: {doing})" for job in left]

    def judge(self, told: list[Told]) -> list[str]:
        """Return the contradictions in the files."""
        with WriteConnection(self.db) as connection:
            jobs = {job.id: job for job in Jobs(connection).listed(cleared=True)}
            wrong = [f"job {job} is lost" for one in told for job in one.jobs if job not in jobs]
            for job in jobs:
                states = [None, *(row["state"] for row in Jobs(connection).history(job))]
                wrong += [
                    f"job {job} came from {before} to {after}"
                    for before, after in itertools.pairwise(states)
                    if after not in ALLOWED[before]
                ]
        return [*wrong, *self._twice(), *self._unsound()]

    def _twice(self) -> list[str]:
        query = """SELECT r.job_id, s.step, count(*) AS n FROM spectra s JOIN runs r ON r.id = s.run_id
                   WHERE s.status = 'finished' GROUP BY r.job_id, s.step HAVING n > 1"""
        with Database(self.db) as database:
            twice = database.rows(query)
            open_runs = database.rows("SELECT id FROM runs WHERE status = 'running'")
        return [f"step measured twice: {dict(row)}" for row in twice] + [
            f"run {row['id']} has no end" for row in open_runs
        ]

    def _unsound(self) -> list[str]:
        files = [self.db, *self.folder.glob("backup*.db"), *self.folder.glob("all*.db")]
        return [f"{file.name}: {problem}" for file in files for problem in check(file).problems]

    def _log(self) -> list[str]:
        lines = (self.folder / "runner.log").read_text(errors="replace").splitlines()
        return [f"runner: {line}" for line in lines if "Traceback" in line or "mistake in labctl" in line]


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--seconds", type=float, default=300.0)
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--hands", type=int, default=4)
    made.add_argument("--json", action="store_true", help="print one object")
    return made


def trial(seconds: float, seed: int, hands: int) -> dict[str, Any]:
    """Run one trial; return the figures and the faults."""
    with tempfile.TemporaryDirectory(prefix="concurrency-", ignore_cleanup_errors=True) as folder:
        told, wrong = Concurrency(Path(folder), seed, hands).run(seconds)
        with WriteConnection(Path(folder) / "lab.db") as connection:
            states = Counter(job.state for job in Jobs(connection).listed(cleared=True))
            spectra = connection.value("SELECT count(*) FROM spectra WHERE status = 'finished'")
    done = sum((one.done for one in told), Counter())
    refused = sum((one.refused for one in told), Counter())
    return {"done": done, "refused": refused, "jobs": states, "spectra": spectra, "wrong": wrong}


def main() -> int:
    options = parser().parse_args()
    found = trial(options.seconds, options.seed, options.hands)
    if options.json:
        print(json.dumps(found))
    else:
        for name in ("done", "refused", "jobs"):
            print(f"{name}: " + ", ".join(f"{n} {key}" for key, n in sorted(found[name].items())))
        print(f"finished spectra: {found['spectra']}")
        state("concurrency.actions", sum(found["done"].values()), "actions")
        state("concurrency.refused", sum(found["refused"].values()), "requests")
        state("concurrency.jobs", sum(found["jobs"].values()), "jobs")
        state("concurrency.wrong", len(found["wrong"]), "faults")
        print(*(found["wrong"] or ["nothing is wrong"]), sep="\n")
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
