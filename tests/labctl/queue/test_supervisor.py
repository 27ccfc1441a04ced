"""A killed or frozen runner is detected and ended, and everything is made safe by another process."""

import itertools
import os
import platform
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.clock import RealClock, VirtualClock
from labctl.config.station import Station, read_station
from labctl.errors import ConfigurationError, StoreError
from labctl.instruments.locks import hardware_locks
from labctl.measure.run import StopRequest
from labctl.queue import restarts, supervision, supervisor, unqueued_program
from labctl.queue.conclusions import Conclusions
from labctl.queue.dismissal import dismiss
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.left_unsafe import LeftUnsafe
from labctl.queue.requests import Pauses, Requests
from labctl.queue.station_lock import station_lock
from labctl.queue.supervisor import Supervisor
from labctl.store import Store
from labctl.store.processes import process_birth
from labctl.store.wal import shm_of, wal_of

CLOCK = RealClock()
REAL_STATION = """
name = "rig"
[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1
[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]
"""
NIGHT = "[night]\nsilence_s = 1.0\n"


@dataclass(frozen=True)
class Before:
    """What had happened when an obstacle was removed."""

    made_safe: int
    restarts: int
    events: list[tuple[str, str]]
    states: list[str]


class Watched:
    """A supervisor in a thread, with a stand-in for the runner and for the instruments."""

    def __init__(self, night, folder, extra=NIGHT):
        (folder / "station.toml").write_text(REAL_STATION + extra)
        self.night, self.station = night, read_station(folder / "station.toml")
        self.stop, self.restarts, self.made_safe = StopRequest(), [], []
        self.clock = VirtualClock()
        self.failures: list[dict[str, str]] = []
        self.runner = subprocess.Popen(
            [sys.executable, "-SEc", "input()"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        self.beats = Heartbeats(night.connection, "runner", "rig")
        self.begin_runner()

    def begin_runner(self):
        self.beats.begin()
        birth = process_birth(self.runner.pid)
        self._set(pid=self.runner.pid, process_birth=birth, host=platform.node())

    def _set(self, **changes):
        names = ", ".join(f"{name} = ?" for name in changes)
        with self.night.connection.transaction() as connection:
            connection.execute(f"UPDATE heartbeats SET {names} WHERE process = 'runner'", [*changes.values()])

    def beat(self, **changes):
        self._set(beat_s=CLOCK.time(), **changes)

    def make_safe(self):
        self.made_safe.append(CLOCK.monotonic())
        return self.failures.pop(0) if self.failures else {}

    def watch(self, seconds, beating=False, until=lambda: False, **options):
        """Let the supervisor check for a limited virtual time, independent of the load of the computer."""
        clock = self.clock = VirtualClock(epoch_s=CLOCK.time())
        watching = Supervisor(
            self.station,
            self.night.path,
            self.stop,
            restart=lambda: self.restarts.append(1),
            make_safe=self.make_safe,
            clock=clock,
            **options,
        )
        with clock.participant():
            thread = clock.start_thread(watching.run)
            while clock.monotonic() < seconds and not until():
                if beating:
                    self.beat()
                clock.sleep(0.05)
            self.stop.request("enough")
            while beating and thread.is_alive():
                self.beat()
                clock.sleep(0.05)
            with clock.released():
                thread.join(timeout=60)

    def watch_past(self, met, remove):
        """Watch past an obstacle, removed once it is `met`, until a runner is started again.

        Return what had happened before it was removed. A supervisor does not end while it is there.
        """
        before = []

        def look():
            if not before and met():
                states = self.night.states()
                before.append(Before(len(self.made_safe), len(self.restarts), self.events(), states))
                remove()
            return self.restarts

        self.watch(60.0, until=look)
        return before[0]

    def events(self):
        with self.night.read() as db:
            return [(row["kind"], row["message"]) for row in db.rows("SELECT * FROM events ORDER BY id")]

    def close(self):
        self.runner.send_signal(getattr(signal, "SIGCONT", signal.SIGTERM))
        self.runner.kill()
        self.runner.communicate()


@pytest.fixture
def watched(night, tmp_path):
    watched = Watched(night, tmp_path)
    yield watched
    watched.close()


def a_running_job(night):
    job = night.add(station="rig")
    night.jobs.claim("rig")
    return job


def test_a_runner_that_beats_is_left_alone(watched, night):
    a_running_job(night)
    watched.watch(2.0, beating=True)
    assert watched.made_safe == []
    assert watched.restarts == []
    assert night.states() == ["running"]


def test_a_dead_runner_is_noticed_made_safe_recorded_and_replaced(watched, night):
    a_running_job(night)
    watched.runner.kill()
    watched.runner.wait()
    watched.watch(5.0, until=lambda: watched.restarts)
    assert len(watched.made_safe) == 1
    assert watched.restarts == [1]
    assert night.states() == ["interrupted"]
    ((kind, message),) = watched.events()
    assert kind == "process"
    assert "ended unexpectedly; every instrument was made safe" in message
    beat = watched.beats.read()
    assert beat is not None
    assert beat.state == "dead"


def test_a_supervisor_that_is_stopped_as_the_runner_dies_makes_safe_before_it_ends(watched, night):
    a_running_job(night)
    watched.runner.kill()
    watched.runner.wait()
    watched.stop.request("stopped by SIGTERM")
    watched.watch(5.0, until=lambda: watched.restarts)
    assert len(watched.made_safe) == 1
    assert night.states() == ["interrupted"]


def test_a_supervisor_that_is_stopped_as_the_runner_freezes_makes_safe_before_it_ends(watched, night):
    """A service stops it within the time that a runner may be silent: no other process would see it."""
    a_running_job(night)
    watched.beat()
    watched.watch(0.2)
    assert len(watched.made_safe) == 1
    assert "is frozen" in watched.events()[0][1]
    assert night.states() == ["interrupted"]


def test_a_supervisor_that_is_stopped_beside_a_runner_that_beats_leaves_it_alone(watched, night):
    a_running_job(night)
    watched.stop.request("stopped by SIGTERM")
    watched.watch(0.2, beating=True)
    assert watched.made_safe == []
    assert watched.clock.monotonic() < 1.0


@pytest.fixture
def empty_file(night):
    """The file that named the runner was deleted, and a new one stands in its place."""
    with night.connection.transaction() as connection:
        connection.execute("DELETE FROM heartbeats")


@pytest.mark.parametrize("takes_over", [True, False])
def test_a_program_that_the_file_does_not_name_is_followed_by_making_safe(watched, empty_file, takes_over):
    """File, program and first supervisor were lost together: only the lock of the station tells of it."""
    if not takes_over:
        with station_lock(watched.station):
            pass
    watched.failures = [{"oven": "time-out"}]
    recorded = set()

    def is_over():
        beat = watched.beats.read()
        recorded.add((beat.state, beat.unsafe) if beat else None)
        return False

    watched.watch(9.0, takes_over=takes_over, ends_with_runner=True, until=is_over)
    assert recorded == {None, ("unsafe", "oven: time-out"), ("ended", "")}
    assert len(watched.made_safe) == 2
    what = "a program held the station that the results file does not name"
    assert [message for _, message in watched.events()] == [
        f"{what}; NOT SAFE, trying again: oven: time-out",
        f"{what}; every instrument was made safe",
    ]
    assert watched.stop.reason == "the runner is ended"


def test_a_person_may_see_to_what_a_program_left_on_that_the_file_does_not_name(watched, night, empty_file):
    watched.failures = [UNSAFE] * 10000

    def seen_to():
        beat = watched.beats.read()
        if beat is not None and beat.state == "unsafe":
            watched.stop.request("stopped by SIGTERM")
            assert dismiss(night.connection, "rig", "Mara") == "oven: no answer"
        return beat is not None and beat.state == "dismissed"

    watched.watch(20.0, takes_over=True, until=seen_to)
    assert watched.beats.read().state == "dismissed"


HOLDER = """
import sys
from labctl.config.station import read_station
from labctl.queue.station_lock import station_lock
with station_lock(read_station(sys.argv[1])), open(sys.argv[2]):
    print("held", flush=True)
    input()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_frozen_program_that_the_file_does_not_name_is_ended_and_followed(watched, night, empty_file):
    """Both were frozen, and the file deleted: a service started this supervisor on a new one."""
    command = [sys.executable, "-c", HOLDER, watched.station.source, str(night.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        watched.watch(2.0)
        assert watched.made_safe == []
        holder.send_signal(signal.SIGSTOP)
        watched.stop = StopRequest()
        watched.watch(20.0, until=lambda: watched.made_safe)
        assert holder.wait(timeout=10) == -signal.SIGKILL
    assert len(watched.made_safe) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_program_that_froze_before_its_first_heartbeat_is_named_ended_and_replaced(watched):
    """The file names the runner of before, which ended; the new one was frozen before it opened the file."""
    watched.beat(state="ended")
    command = [sys.executable, "-c", HOLDER, watched.station.source, os.devnull]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        watched.watch(5.0)
        assert (watched.made_safe, watched.restarts) == ([], [])
        holder.send_signal(signal.SIGSTOP)
        watched.stop = StopRequest()
        watched.failures = [{"oven": "time-out"}]
        watched.watch(20.0, until=lambda: watched.restarts)
        assert holder.wait(timeout=10) == -signal.SIGKILL
    what = f"a program (pid {holder.pid}) held the station without a heartbeat, was frozen, and is ended"
    assert [message for _, message in watched.events()] == [
        f"{what}; NOT SAFE, trying again: oven: time-out",
        f"{what}; every instrument was made safe",
    ]
    assert len(watched.restarts) == 1


def test_a_file_without_a_runner_on_a_station_that_was_never_held_touches_nothing(watched, empty_file):
    watched.watch(3.0)
    assert watched.made_safe == []


def test_a_supervisor_that_starts_after_its_runner_has_ended_ends_too(watched):
    """It was started while the runner lived, and starting takes seconds."""
    watched.beat(state="ended")
    watched.watch(5.0, ends_with_runner=True, until=watched.stop)
    assert watched.stop.reason == "the runner is ended"


def test_a_supervisor_without_a_runner_puts_a_deleted_file_back(watched, night):
    """A runner that is started next finds its queue."""
    night.add(station="rig")
    watched.beat(state="ended")

    night.connection.close()
    looks = itertools.count()

    def delete_after_a_second():
        if next(looks) == 20:
            for file in (night.path, wal_of(night.path), shm_of(night.path)):
                file.unlink()

    watched.watch(3.0, until=delete_after_a_second)
    with night.read() as db:
        assert db.rows("SELECT count(*) AS n FROM jobs") == [{"n": 1}]
        messages = [row["message"] for row in db.rows("SELECT message FROM events")]
    assert any("put back in its place" in message for message in messages)


def test_a_supervisor_that_is_stopped_leaves_no_lost_file_behind(watched, night):
    """The runner is frozen: this supervisor or the next one finds it in the file."""
    a_running_job(night)
    night.connection.close()
    looks = itertools.count()

    def delete_and_stop():
        if next(looks) == 20:
            for file in (night.path, wal_of(night.path), shm_of(night.path)):
                file.unlink()
            watched.stop.request("stopped by SIGTERM")

    watched.watch(1.5, until=delete_and_stop)
    with night.read() as db:
        beats = {row["process"]: row["state"] for row in db.rows("SELECT process, state FROM heartbeats")}
    assert beats == {"runner": "dead", "supervisor": "ended"}


@pytest.fixture
def unqueued(watched, monkeypatch):
    """The stand-in counts as a script; a pause from before its start is in force."""
    monkeypatch.setattr(unqueued_program, "program_of", lambda station, beat: "measure.py")
    watched.night.pauses.ask_to_make_safe("Ann")
    watched.begin_runner()
    return watched


def ask_to_make_safe(watched):
    Pauses(watched.night.connection).ask_to_make_safe("Mara")


def test_a_script_is_not_ended_for_a_request_from_before_its_start(unqueued):
    unqueued.watch(10.0, beating=True)
    assert unqueued.runner.poll() is None
    assert unqueued.made_safe == []


def test_a_script_that_is_asked_to_make_safe_is_interrupted(unqueued):
    ask_to_make_safe(unqueued)
    unqueued.watch(20.0, until=lambda: unqueued.events())
    assert unqueued.runner.wait(timeout=10) == (-signal.SIGINT if os.name == "posix" else signal.SIGINT)
    assert len(unqueued.made_safe) == 1


@pytest.mark.skipif(os.name != "posix", reason="only POSIX can freeze a process by signal")
def test_a_script_that_does_not_end_when_it_is_asked_to_make_safe_is_ended(unqueued):
    unqueued.runner.send_signal(signal.SIGSTOP)
    ask_to_make_safe(unqueued)
    unqueued.watch(20.0, beating=True, until=lambda: unqueued.events())
    assert unqueued.runner.wait(timeout=10) == -signal.SIGKILL
    assert len(unqueued.made_safe) == 1
    ((_, message),) = unqueued.events()
    assert "did not end in time (make safe, asked for by Mara); every instrument was made safe" in message


def test_a_script_that_ends_safe_when_it_is_asked_is_confirmed(unqueued, monkeypatch):
    interrupted = []
    monkeypatch.setattr(unqueued_program, "interrupt", interrupted.append)
    ask_to_make_safe(unqueued)

    def end_once_interrupted():
        if interrupted:
            unqueued.beats.mark_confirmed(interrupted[0])
        return unqueued.events()

    unqueued.watch(5.0, beating=True, until=end_once_interrupted)
    message = "make safe, asked for by Mara: every instrument was made safe"
    assert unqueued.events() == [("person", message)]
    assert unqueued.made_safe == []


def test_the_run_of_a_dead_program_is_called_interrupted_without_another_program(watched, night):
    """A killed script is followed by no runner that would say so."""
    with Store.open(night.path) as store:
        sample = {"name": "a", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
        sample_id = store.find_or_add_sample(sample)
        identity = {"pid": watched.runner.pid, "process_birth": process_birth(watched.runner.pid)}
        run = {"sample_id": sample_id, "procedure": "script", "started_s": 1.0, "host": platform.node()}
        store.insert("runs", run | identity)
    watched.runner.kill()
    watched.runner.wait()
    watched.watch(5.0, until=lambda: watched.restarts)
    with night.read() as db:
        run = db.run("last")
    assert (run["status"], "ended unexpectedly" in run["reason"]) == ("interrupted", True)
    assert run["content_hash"] is not None


@pytest.mark.skipif(os.name != "posix", reason="only POSIX can freeze a process by signal")
def test_the_last_death_that_a_job_may_cause_fails_it_and_people_are_told(watched, night):
    job = a_running_job(night)
    with night.connection.transaction() as connection:
        connection.execute("UPDATE jobs SET attempts = 2, deaths = 2")
    watched.runner.kill()
    watched.runner.wait()
    watched.watch(5.0, until=lambda: watched.restarts)
    assert night.jobs.get(job).state == "failed"
    assert night.jobs.get(job).reason.startswith(
        "ended the runner 3 times without a new finished step; the last"
    )
    assert [message for kind, message in watched.events() if kind == "job failed"] == [
        f"job {job} 'series' failed: {night.jobs.get(job).reason}"
    ]


def test_a_runner_that_died_too_often_is_started_again_an_hour_later(watched, night, monkeypatch):
    monkeypatch.setattr(restarts, "MOST_PER_HOUR", 0)
    watched.runner.kill()
    watched.runner.wait()

    def allow_one_after_the_announcement():
        if [kind for kind, _ in watched.events()].count("person"):
            monkeypatch.setattr(restarts, "MOST_PER_HOUR", 1)
        return watched.restarts

    watched.watch(10.0, until=allow_one_after_the_announcement)
    assert watched.restarts == [1]
    (message,) = [message for kind, message in watched.events() if kind == "person"]
    assert "the runner died 0 times within an hour; it is started again when" in message


def test_a_job_of_another_station_is_not_interrupted_when_a_runner_dies(watched, night):
    """It was queued for any station, and another one measures it."""
    job = night.add()
    night.jobs.claim("another")
    watched.runner.kill()
    watched.runner.wait()
    watched.watch(5.0, until=lambda: watched.restarts)
    assert night.jobs.get(job).state == "running"


def test_a_power_cut_counts_as_no_death(watched, night):
    job = a_running_job(night)
    watched._set(boot="an earlier start of the computer")
    watched.runner.kill()
    watched.runner.wait()
    watched.watch(5.0, until=lambda: watched.restarts)
    assert (night.jobs.get(job).state, night.jobs.get(job).deaths) == ("interrupted", 0)


def test_a_frozen_runner_is_ended_for_certain_before_anything_is_touched(watched, night):
    a_running_job(night)
    watched.runner.send_signal(signal.SIGSTOP)
    watched.watch(6.0, until=lambda: watched.restarts)
    assert len(watched.made_safe) == 1
    assert watched.runner.wait(timeout=5) == -signal.SIGKILL
    assert "is frozen" in watched.events()[0][1]


HOLDS_THE_FILE = """
import sqlite3, sys
input()
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
input()
"""


@pytest.fixture
def holder(night):
    """A process that keeps the file locked on request, like a process that freezes during a write."""
    command = [sys.executable, "-SEc", HOLDS_THE_FILE, str(night.path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


def freeze_while_it_writes(holder, night, name):
    """Register the holder as the process of that name, and make it lock the file permanently."""
    Heartbeats(night.connection, name, "rig").begin()
    query = "UPDATE heartbeats SET pid = ?, process_birth = ? WHERE process = ?"
    with night.connection.transaction() as connection:
        connection.execute(query, (holder.pid, process_birth(holder.pid), name))
    holder.stdin.write("now\n")
    holder.stdin.flush()
    assert holder.stdout.readline() == "locked\n"


def test_a_runner_that_froze_while_it_wrote_is_ended_although_the_file_is_locked(watched, night, holder):
    a_running_job(night)
    freeze_while_it_writes(holder, night, "runner")
    watched.watch(8.0, until=lambda: watched.restarts)
    assert holder.wait(timeout=5) is not None
    assert len(watched.made_safe) == 1
    assert night.states() == ["interrupted"]


def test_everything_is_safe_before_the_file_is_needed(watched, night):
    """Another program keeps the file locked when the runner is killed; once it is free, all is recorded."""
    a_running_job(night)
    watched.runner.kill()
    watched.runner.wait()
    with closing(sqlite3.connect(night.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        before = watched.watch_past(lambda: watched.made_safe, lambda: other.execute("ROLLBACK"))
    assert before.restarts == 0
    assert night.states() == ["interrupted"]


def test_a_file_that_cannot_be_read_hides_no_dead_runner_and_all_is_told_in_the_end(
    watched, night, monkeypatch
):
    a_running_job(night)
    read, refusing = Heartbeats.read, threading.Event()

    def read_or_not(self):
        if refusing.is_set():
            raise StoreError("another program keeps it locked")
        return read(self)

    monkeypatch.setattr(Heartbeats, "read", read_or_not)

    def die_unseen():
        if not refusing.is_set() and has_looked(night):
            refusing.set()
            watched.runner.kill()
            watched.runner.wait()
        if watched.made_safe:
            refusing.clear()
        return watched.restarts

    watched.watch(20.0, until=die_unseen)
    assert len(watched.made_safe) == 1
    assert night.states() == ["interrupted"]
    ((_, message),) = watched.events()
    assert "every instrument was made safe" in message


def has_looked(night):
    query = "SELECT 1 FROM heartbeats WHERE process = 'supervisor' AND beat_s > started_s"
    return bool(night.connection.rows(query))


def test_a_runner_that_is_started_meanwhile_keeps_its_job(watched, night, monkeypatch):
    """The station is held until all is recorded, so that no job of a new runner is taken for interrupted."""
    job, tries = a_running_job(night), []
    conclude = Conclusions.runner_died

    def conclude_while_a_service_starts_a_new_runner(self, reason):
        try:
            with station_lock(watched.station):
                tries.append("in charge")
        except ConfigurationError as refusal:
            tries.append(str(refusal))
        return conclude(self, reason)

    monkeypatch.setattr(Conclusions, "runner_died", conclude_while_a_service_starts_a_new_runner)
    watched.runner.kill()
    watched.runner.wait()
    watched.watch(20.0, until=lambda: watched.restarts)
    assert "already has a runner" in tries[0]
    assert night.jobs.get(job).state == "interrupted"


def test_a_runner_whose_last_thread_hangs_in_the_kernel_is_passed_by(watched, night):
    """The process has ended but still holds the lock: no new runner is in charge."""
    a_running_job(night)
    lock = station_lock(watched.station)
    lock.__enter__()
    file = next(Path(watched.station.source).parent.glob("*.runner.lock"))
    file.write_text(f"{'':16}pid {watched.runner.pid}\n")
    watched.runner.kill()
    watched.runner.wait()
    before = watched.watch_past(watched.events, lambda: lock.__exit__(None, None, None))
    assert (before.made_safe, before.restarts) == (1, 0)
    assert "hangs and keeps the station; every instrument was made safe" in before.events[0][1]
    assert night.states() == ["interrupted"]


def test_a_program_that_holds_the_instruments_of_a_dead_runner_is_named_and_waited_for(watched, night):
    a_running_job(night)
    watched.runner.kill()
    watched.runner.wait()
    held = ExitStack()
    held.enter_context(hardware_locks(["GPIB::12"], "a check of its instruments"))
    before = watched.watch_past(watched.events, held.close)
    assert (before.made_safe, before.states) == (0, ["running"])
    ((kind, message),) = before.events
    assert kind == "interlock"
    assert "ended unexpectedly; NOT SAFE" in message
    assert f"(pid {os.getpid()}) for a check of its instruments" in message
    assert len(watched.made_safe) == 1
    assert night.states() == ["interrupted"]


def test_a_lock_folder_that_cannot_be_used_keeps_no_supervisor_from_making_safe(
    watched, night, tmp_path, monkeypatch
):
    (tmp_path / "no folder").write_text("")
    monkeypatch.setenv("LABCTL_LOCK_DIR", str(tmp_path / "no folder"))
    watched.runner.kill()
    watched.runner.wait()
    watched.watch(5.0, until=lambda: watched.restarts)
    assert len(watched.made_safe) == 1


def test_a_supervisor_that_cannot_open_the_file_makes_safe_unless_somebody_holds_the_station(
    watched, monkeypatch, tmp_path
):
    safe = []
    monkeypatch.setattr(Station, "make_safe", lambda self: safe.append(self.name) or {})
    command = ["supervisor", "--station", str(tmp_path / "station.toml"), "--db", str(tmp_path)]
    with station_lock(watched.station):
        assert isinstance(CliRunner().invoke(app, command).exception, StoreError)
    assert safe == []
    assert isinstance(CliRunner().invoke(app, command).exception, StoreError)
    assert safe == ["rig"]


def test_an_interlock_that_trips_while_the_file_is_locked_is_not_forgotten(watched, night, monkeypatch):
    job = a_running_job(night)
    run = a_run(night, job)
    watched.beat(job_id=job, run_id=run, setpoint_k=400.0)
    too_hot(night, run)
    ask, refusals = Requests.ask, [StoreError("locked"), StoreError("locked")]

    def refuse_twice(self, *arguments):
        if refusals:
            raise refusals.pop()
        return ask(self, *arguments)

    monkeypatch.setattr(Requests, "ask", refuse_twice)
    watched.watch(10.0, beating=True, until=lambda: Requests(night.connection).pending(job))
    assert len(Requests(night.connection).pending(job)) == 1


def test_an_interlock_trips_again_when_the_job_is_tried_again(watched, night):
    job = a_running_job(night)
    attempts = []

    def begin_an_attempt_where_the_last_was_stopped():
        for request in Requests(night.connection).pending(job):
            Requests(night.connection).take(request, "obeyed")
        if requests_so_far(night) == len(attempts) < 2:
            attempts.append(a_run(night, job))
            watched.beat(job_id=job, run_id=attempts[-1], setpoint_k=400.0)
            too_hot(night, attempts[-1])
        return requests_so_far(night) == 2

    watched.watch(20.0, beating=True, until=begin_an_attempt_where_the_last_was_stopped)
    assert requests_so_far(night) == 2


def requests_so_far(night):
    return night.connection.rows("SELECT count(*) AS n FROM requests")[0]["n"]


def test_a_supervisor_that_froze_while_it_wrote_is_ended_and_replaced(night, holder, monkeypatch):
    monkeypatch.setattr(supervision, "FROZEN_AFTER_S", 1.0)
    freeze_while_it_writes(holder, night, "supervisor")
    started = []
    keeper = supervision.Supervision(night.path, "rig", 1.0, lambda: started.append(1))
    end_s = CLOCK.monotonic() + 60.0
    while not started and CLOCK.monotonic() < end_s:
        keeper.keep()
        CLOCK.sleep(0.2)
    assert started == [1]
    assert holder.wait(timeout=5) is not None
    night.add()


def test_a_supervisor_that_beats_is_left_alone_by_the_runner(night, monkeypatch):
    monkeypatch.setattr(supervision, "FROZEN_AFTER_S", 1.0)
    keeper = supervision.Supervision(night.path, "rig", 60.0)
    beats = Heartbeats(night.connection, "supervisor", "rig")
    beats.begin()
    for _ in range(12):
        beats.beat()
        keeper.keep()
        CLOCK.sleep(0.2)
    assert keeper.alive()


@pytest.mark.skipif(os.name != "posix", reason="only POSIX can freeze a process by signal")
def test_a_new_supervisor_counts_how_long_the_runner_was_silent_before(night, tmp_path):
    watched = Watched(night, tmp_path, "[night]\nsilence_s = 60\n")
    try:
        watched._set(beat_s=CLOCK.time() - 90)
        watched.watch(20.0, until=lambda: watched.restarts)
        assert len(watched.made_safe) == 1
    finally:
        watched.close()


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
def test_a_supervisor_whose_clock_is_set_takes_no_runner_that_beats_for_frozen(watched, night, jump_s):
    a_running_job(night)
    jumps = [jump_s, -jump_s]

    def set_the_clock():
        if jumps and watched.clock.monotonic() > 4.0 - len(jumps):
            watched.clock.jump(jumps.pop())
        return False

    watched.watch(6.0, beating=True, until=set_the_clock)
    assert jumps == []
    assert watched.made_safe == []
    assert night.states() == ["running"]


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
def test_a_clock_that_is_set_hides_no_frozen_runner(watched, night, jump_s):
    """Silence of 1 s, 1.5 s for the first look: whatever the clock on the wall says."""
    a_running_job(night)
    jumps = [jump_s]

    def set_the_clock():
        if jumps and watched.clock.monotonic() > 0.3:
            watched.clock.jump(jumps.pop())
        return watched.made_safe

    watched.watch(20.0, until=set_the_clock)
    assert watched.clock.monotonic() < 4.0
    assert len(watched.made_safe) == 1


def test_a_new_supervisor_lets_a_runner_show_that_it_lives(night, tmp_path):
    """The wall clock was set back by a minute before the runner's last heartbeat, or at it."""
    watched = Watched(night, tmp_path)
    try:
        watched._set(beat_s=CLOCK.time() - 90)
        watched.watch(3.0, beating=True)
        assert watched.made_safe == []
    finally:
        watched.close()


def test_a_process_of_another_computer_is_never_killed_here(watched, night):
    """The file was copied during a run elsewhere; its process number belongs to another process here."""
    a_running_job(night)
    watched._set(host="another computer", beat_s=CLOCK.time() - 3600)
    watched.watch(5.0, until=lambda: watched.restarts)
    assert len(watched.made_safe) == 1
    assert watched.runner.poll() is None
    assert night.states() == ["interrupted"]


def test_a_measuring_thread_that_breaks_its_promise_counts_as_frozen(watched, night):
    a_running_job(night)
    watched.beat(due_s=CLOCK.time() - 1)
    watched.watch(5.0, beating=True, until=lambda: watched.restarts)
    assert len(watched.made_safe) == 1


def test_what_could_not_be_made_safe_is_tried_again_until_it_is(watched, night):
    watched.failures = [{"oven": "no answer"}, {"oven": "no answer"}]
    watched.runner.kill()
    watched.runner.wait()
    watched.watch(10.0, until=lambda: watched.restarts)
    assert len(watched.made_safe) == 3
    messages = [message for _, message in watched.events()]
    assert "NOT SAFE, trying again: oven: no answer" in messages[0]
    assert "every instrument was made safe" in messages[-1]


UNSAFE = {"oven": "no answer"}


def test_what_was_not_made_safe_is_told_to_people_and_recorded_until_it_is(watched, night):
    watched.failures = [UNSAFE] * 3
    watched.runner.kill()
    watched.runner.wait()
    recorded = set()

    def is_off():
        beat = watched.beats.read()
        recorded.add((beat.state, beat.unsafe))
        return beat.state == "ended"

    watched.watch(20.0, until=is_off)
    assert recorded == {("alive", ""), ("unsafe", "oven: no answer"), ("ended", "")}
    assert len(watched.made_safe) == 4
    messages = [message for _, message in watched.events()]
    assert sum("NOT SAFE, trying again: oven: no answer" in message for message in messages) == 1
    assert "every instrument was made safe" in messages[-1]
    assert watched.restarts == [1]


def test_a_supervisor_that_is_asked_to_stop_stays_while_something_is_unsafe(watched, night):
    watched._set(state="unsafe", unsafe="oven: no answer")
    watched.failures = [UNSAFE] * 4
    watched.stop.request("stopped by SIGTERM")
    watched.watch(0.5, until=lambda: True)
    assert len(watched.made_safe) == 5
    assert watched.beats.read().state == "ended"


def test_a_supervisor_that_is_asked_to_stop_stays_while_what_is_unsafe_cannot_be_recorded(watched, night):
    """The file is locked, so that it still calls the dead runner alive."""
    watched.failures = [UNSAFE] * 4
    watched.runner.kill()
    watched.runner.wait()
    watched.stop.request("stopped by SIGTERM")
    with closing(sqlite3.connect(night.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        watched.watch(0.5, until=lambda: True)
    assert len(watched.made_safe) == 5


def test_a_supervisor_that_is_asked_to_stop_stays_while_another_program_holds_the_instruments(watched):
    watched.runner.kill()
    watched.runner.wait()
    watched.stop.request("stopped by SIGTERM")
    held = ExitStack()
    held.enter_context(hardware_locks(["GPIB::12"], "a check of its instruments"))
    watched.watch(5.0, until=lambda: watched.made_safe or (len(watched.events()) and held.close()))
    assert len(watched.made_safe) == 1
    assert watched.beats.read().state == "dead"


def test_a_supervisor_that_is_asked_to_stop_leaves_what_is_unsafe_to_a_new_runner_that_is_in_charge(
    watched, night
):
    """A runner of another results file, which makes safe before it heats."""
    watched.runner.kill()
    watched.runner.wait()
    watched.stop.request("stopped by SIGTERM")
    watched.failures = [UNSAFE] * 1000
    in_charge = ExitStack()

    def has_taken_over():
        if watched.made_safe:
            with suppress(ConfigurationError):  # the supervisor makes safe at this moment
                in_charge.enter_context(station_lock(watched.station))
                other.execute("ROLLBACK")
                return True
        return False

    with in_charge, closing(sqlite3.connect(night.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # the file still calls the dead runner alive
        watched.watch(20.0, until=has_taken_over)
    assert Heartbeats(night.connection, "supervisor", "rig").read().state == "ended"
    assert watched.beats.read().state == "alive"


def test_what_is_off_at_last_is_told_once_although_that_could_not_be_recorded_at_first(
    watched, night, monkeypatch
):
    watched._set(state="unsafe", unsafe="oven: no answer")
    record, refusals = Heartbeats.mark_confirmed, [StoreError("another program keeps it locked")] * 5

    def record_or_not(self, beat):
        if refusals:
            raise refusals.pop()
        record(self, beat)

    monkeypatch.setattr(Heartbeats, "mark_confirmed", record_or_not)
    watched.watch(10.0, until=lambda: watched.beats.read().state == "ended")
    assert watched.beats.read().state == "ended"
    assert len(watched.made_safe) == 1
    assert len(watched.events()) == 1


def test_a_supervisor_of_a_runner_that_left_something_on_ends_once_a_person_has_seen_to_it(watched, night):
    watched._set(state="unsafe", unsafe="oven: no answer")
    watched.failures = [UNSAFE] * 10000

    def seen_to():
        if len(watched.made_safe) == 2 and watched.beats.read().state == "unsafe":
            assert dismiss(night.connection, "rig", "Mara") == "oven: no answer"
        return watched.beats.read().state == "dismissed"

    watched.watch(20.0, until=seen_to)
    assert len(watched.made_safe) <= 3
    assert (
        "person",
        "Mara has seen to the outputs that were not read back off: oven: no answer",
    ) in watched.events()
    with pytest.raises(ConfigurationError, match="nothing of 'rig' waits for a person"):
        dismiss(night.connection, "rig", "Mara")


def test_a_person_may_see_to_it_while_another_program_holds_the_instruments_of_a_dead_runner(watched, night):
    watched.runner.kill()
    watched.runner.wait()
    watched.stop.request("stopped by SIGTERM")

    def seen_to():
        if watched.events():
            assert dismiss(night.connection, "rig", "Mara") == "the outputs were not read back"
        return watched.beats.read().state == "dismissed"

    with hardware_locks(["GPIB::12"], "a check of its instruments"):
        watched.watch(20.0, until=seen_to)
    assert watched.beats.read().state == "dismissed"
    assert watched.made_safe == []


def test_a_runner_that_ended_by_itself_is_not_started_again_once_everything_is_off(watched, night):
    watched._set(state="unsafe", unsafe="oven: no answer")
    watched.watch(10.0, until=lambda: watched.beats.read().state == "ended")
    assert watched.beats.read().state == "ended"
    assert watched.restarts == []


def test_what_was_unsafe_before_a_power_cut_is_off_and_still_no_ending_in_good_order(watched, night):
    """The next runner pauses the queue then: nothing heats before a person says so."""
    watched._set(state="unsafe", unsafe="oven: no answer", boot="before the power cut")
    watched.watch(10.0, until=lambda: watched.beats.read().state != "unsafe")
    beat = watched.beats.read()
    assert (beat.state, beat.unsafe) == ("dead", "")
    assert len(watched.made_safe) == 1
    assert watched.restarts == []


def test_people_are_reminded_of_what_is_unsafe_every_quarter_of_an_hour(watched, night):
    clock, told = VirtualClock(), []
    left = LeftUnsafe(watched.station, clock, lambda: UNSAFE, lambda *event: told.append(event))
    for _ in range(1000):
        left.try_again("the runner died")
        clock.sleep(2.0)
    assert len(told) == 3
    left.take("another attempt", {})
    assert told[-1] == ("error", "process", "another attempt; every instrument was made safe")
    assert left.problem == ""


def test_a_new_runner_waits_for_a_supervisor_that_is_making_safe(watched):
    """The supervisor holds the station for seconds at a time; another runner is refused at once."""
    holding = """
import sys
from labctl.config.station import read_station
from labctl.queue.station_lock import station_lock
station = read_station(sys.argv[1])
with station_lock(station, "supervisor"):
    with station_lock(station):
        print("held", flush=True)
        input()
    print("released", flush=True)
    input()
"""
    command = [sys.executable, "-c", holding, watched.station.source]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout.readline() == "held\n"
        threading.Timer(0.3, lambda: (supervisor.stdin.write("\n"), supervisor.stdin.flush())).start()
        with station_lock(watched.station):
            assert supervisor.stdout.readline() == "released\n"
        supervisor.communicate("\n")


def test_a_supervisor_that_cannot_do_its_work_ends_without_saying_so(watched, night):
    """As where its memory is used up; the one that replaces it finds the runner as this one did."""
    watched.runner.kill()
    watched.runner.wait()
    clock, tries = VirtualClock(epoch_s=CLOCK.time()), []

    def make_safe():
        tries.append(clock.monotonic())
        raise MemoryError

    with pytest.raises(SystemExit):
        Supervisor(watched.station, night.path, watched.stop, make_safe=make_safe, clock=clock).run()
    assert 2.0 < tries[-1] < 4.0
    assert Heartbeats(night.connection, "supervisor", "rig").read().state == "alive"
    watched.watch(5.0, until=lambda: watched.restarts)
    assert len(watched.made_safe) == 1


def test_a_second_supervisor_that_cannot_be_started_prevents_no_making_safe(watched, night, monkeypatch):
    """No process can be started, or the log that it writes belongs to another user."""

    def make_safe(self, while_waiting):
        watched.clock.sleep(1.0)
        while_waiting()
        return {}

    monkeypatch.setattr(Station, "make_safe", make_safe)
    watched.make_safe = None

    def start_a_second():
        raise PermissionError("lab.supervisor.log")

    watched.runner.kill()
    watched.runner.wait()
    watched.watch(10.0, until=lambda: watched.restarts, on_look=start_a_second)
    assert watched.beats.read().state == "dead"


def test_a_supervisor_does_not_end_because_of_a_file_that_cannot_be_used(watched, night, monkeypatch):
    refusals = [StoreError("locked")] * 100
    seen = Supervisor._look

    def look(self):
        if refusals:
            raise refusals.pop()
        seen(self)

    monkeypatch.setattr(Supervisor, "_look", look)
    watched.runner.kill()
    watched.runner.wait()
    watched.watch(60.0, until=lambda: watched.restarts)
    assert len(watched.made_safe) == 1


def test_a_supervisor_that_cannot_judge_the_rows_of_a_runner_stays_and_sees_it_die(
    watched, night, monkeypatch
):
    job = a_running_job(night)
    watched.beat(job_id=job)

    def cannot(self, runner):
        raise TypeError("a row that it does not understand")

    monkeypatch.setattr(Supervisor, "_watch", cannot)
    watched.watch(6.0, beating=True)
    watched.stop = StopRequest()
    watched.runner.kill()
    watched.runner.wait()
    watched.watch(5.0, until=lambda: watched.restarts)
    assert len(watched.made_safe) == 1


LOOKS_ONCE = """
import sys
from pathlib import Path
import labctl.cli.run, labctl.queue.keeping, labctl.queue.notify
from labctl.config.station import read_station
from labctl.measure.stop import StopRequest
from labctl.queue.station_lock import rescue_lock
from labctl.queue.supervisor import Supervisor

station, stop = read_station(Path("station.toml")), StopRequest()


def look():
    before = set(sys.modules)
    with rescue_lock(station):
        print(station.make_safe(while_waiting=lambda: None))
    print(sorted(set(sys.modules) - before))
    stop.request("enough")


Supervisor(station, Path("lab.db"), stop, on_look=look).run()
"""


def test_a_supervisor_has_loaded_all_that_it_needs_to_make_safe(cabled_rig):
    """Later memory may be used up, or labctl be updated."""
    rig = cabled_rig("")
    (rig.folder / "look.py").write_text(LOOKS_ONCE)
    rig.heat()
    command = [sys.executable, "look.py"]
    done = subprocess.run(command, cwd=rig.folder, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["{}", "[]"]
    assert rig.heater_range == 0


def test_a_runner_that_ended_in_good_order_is_no_alarm(watched, night):
    watched._set(state="ended")
    watched.runner.kill()
    watched.runner.wait()
    watched.watch(1.0)
    assert watched.made_safe == []


def a_run(night, job, **ceilings):
    with Store.open(night.path) as store:
        sample = vars(night.protocol().sample) | ceilings
        row = {
            "sample_id": store.find_or_add_sample(sample),
            "procedure": "p:P",
            "started_s": 0.0,
            "job_id": job,
        }
        return store.insert("runs", row)


def too_hot(night, run):
    row = {"run_id": run, "number": 0, "time_s": 0.0, "temperature_k": 460.0, "setpoint_k": 400.0}
    with night.connection.transaction() as connection:
        connection.insert("temperature_log", row)


def test_a_temperature_above_the_limit_is_a_request_first(watched, night):
    job = a_running_job(night)
    run = a_run(night, job)
    watched.beat(job_id=job, run_id=run, setpoint_k=400.0)
    too_hot(night, run)
    watched.watch(5.0, beating=True, until=lambda: Requests(night.connection).pending(job))
    (request,) = Requests(night.connection).pending(job)
    assert request.kind == "stop"
    assert request.details["stops_queue"]
    assert "temperature 186.9 degC is above 170.0 degC" in request.details["reason"]
    assert watched.made_safe == []


def test_a_temperature_above_the_ceiling_of_the_sample_ends_the_job_and_not_the_queue(watched, night):
    job = a_running_job(night)
    run = a_run(night, job, temperature_max_k=430.0)
    watched.beat(job_id=job, run_id=run, setpoint_k=430.0)
    row = {"run_id": run, "number": 0, "time_s": 0.0, "temperature_k": 433.0, "setpoint_k": 430.0}
    with night.connection.transaction() as connection:
        connection.insert("temperature_log", row)
    watched.watch(5.0, beating=True, until=lambda: Requests(night.connection).pending(job))
    (request,) = Requests(night.connection).pending(job)
    assert not request.details["stops_queue"]
    assert "the highest that the sample endures" in request.details["reason"]


def test_a_runner_that_does_not_obey_an_interlock_is_ended(watched, night, monkeypatch):
    monkeypatch.setattr(supervisor, "OBEY_WITHIN_S", 0.5)
    job = a_running_job(night)
    watched.beat(job_id=job)
    night.requests.ask(job, "stop", {"reason": "interlock: too hot", "stops_queue": True}, "supervisor")
    with night.connection.transaction() as connection:  # by a clock that was an hour fast until just now
        connection.execute("UPDATE requests SET asked_s = ?", (CLOCK.time() + 3600,))
    watched.watch(15.0, beating=True, until=lambda: watched.restarts)
    assert len(watched.made_safe) == 1
    assert watched.runner.wait(timeout=5) is not None
    assert night.states() == ["failed"]
    assert night.jobs.get(job).reason == "interlock: too hot"
    assert night.pauses.in_force().reason == "interlock: too hot"


def test_a_watched_file_ends_the_job(night, tmp_path):
    door = tmp_path / "door"
    extra = f'{NIGHT}[night.interlocks]\nwatched_file = "{door.as_posix()}"\nwatched_content = "open"\n'
    watched = Watched(night, tmp_path, extra)
    try:
        job = a_running_job(night)
        watched.beat(job_id=job)
        door.write_text("closed")
        watched.watch(1.0, beating=True)
        assert night.requests.pending(job) == []
        watched.stop = StopRequest()
        door.write_text("open")
        watched.watch(5.0, beating=True, until=lambda: night.requests.pending(job))
        assert "contains 'open'" in night.requests.pending(job)[0].details["reason"]
    finally:
        watched.close()


FILE_RIG = '''
"""A rig whose state is a file, so that every process can see it."""

from pathlib import Path
from pymeasure.experiment import IntegerParameter, Procedure
from labctl.clock import RealClock, VirtualClock


class FileOven:
    name, identity, ramp_rate_k_s, temperature_k = "oven", "file oven", 0.0, 300.0

    def __init__(self, adapter, name="oven", *, file="heater.txt"):
        self.file, self.clock = Path(file), RealClock()

    def _write(self, state):
        with self.file.open("a") as lines:
            lines.write(f"{self.clock.time()} {state}\\n")

    @property
    def setpoint_k(self):
        return 300.0

    @setpoint_k.setter
    def setpoint_k(self, value):
        self._write("on")

    def prepare(self):
        self._write("off")

    def make_safe(self):
        self._write("off")


class Steps(Procedure):
    steps_wanted = IntegerParameter("Steps", default=4)
    DATA_COLUMNS = ["step", "frequency_hz"]
    roles_needed = ("oven",)
    finished_steps = frozenset()

    def steps(self):
        return list(range(self.steps_wanted))

    def execute(self):
        for step in self.steps():
            if step in self.finished_steps:
                continue
            self.emit("step", {"step": step, "of": self.steps_wanted, "setpoint_k": 300.0})
            self.bench.oven.setpoint_k = 300.0
            about = {"step": step, "setpoint_k": 300.0}
            self.emit("spectrum", {"state": "started", **about})
            for number in range(8):
                self.bench.clock.sleep(0.1)
                z = {"z_real_ohm": 5.0, "z_imag_ohm": -1.0, "status": "ok", "temperature_k": 300.0}
                when = {"time_s": self.bench.clock.time(), "frequency_hz": 10.0**number}
                self.emit("results", {**about, **when, **z})
                if self.should_stop():
                    self.emit("spectrum", {"state": "aborted", **about})
                    return
            self.emit("spectrum", {"state": "finished", **about})
'''
FILE_STATION = """
name = "file rig"
visa_library = "@sim"
[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1
[instruments.oven]
driver = "file_rig:FileOven"
address = "ASRL1::INSTR"
roles = ["oven"]
settings = { file = "FILE" }
[night]
silence_s = SILENCE
"""
FILE_PROTOCOL = """
title = "steps"
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "file_rig:Steps"
steps_wanted = 6
"""


def longest_heating_without_a_runner(file, died_s):
    """Time from the kill until the heater was first switched off."""
    for line in file.read_text().splitlines():
        when, state = line.split()
        if float(when) > died_s and state == "off":
            return float(when) - died_s
    return float("inf")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("blow", "silence_s"), [("SIGKILL", 60.0), ("SIGSTOP", 3.0)])
def test_real_processes_survive_a_dead_and_a_frozen_runner(
    tmp_path, night, blow, silence_s, waited_for_a_core_s
):
    heater = tmp_path / "heater.txt"
    (tmp_path / "file_rig.py").write_text(FILE_RIG)
    station = FILE_STATION.replace("FILE", heater.as_posix()).replace("SILENCE", f"{silence_s}")
    (tmp_path / "station.toml").write_text(station)
    (tmp_path / "protocol.toml").write_text(FILE_PROTOCOL)
    options = ["--station", str(tmp_path / "station.toml"), "--db", str(night.path)]
    labctl = [sys.executable, "-m", "labctl"]
    add = [*labctl, "queue", "add", str(tmp_path / "protocol.toml"), "--no-rehearsal", *options]
    subprocess.run(add, check=True, capture_output=True)
    runner = subprocess.Popen([*labctl, "runner", *options, "--until-empty"], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: points_of_the_third_spectrum(night) >= 2, 300)
        supervising = Heartbeats(night.connection, "supervisor", "file rig").read().pid
        died_s, waited_s = CLOCK.time(), waited_for_a_core_s(supervising)
        os.kill(Heartbeats(night.connection, "runner", "file rig").read().pid, getattr(signal, blow))
        wait_until(lambda: longest_heating_without_a_runner(heater, died_s) < float("inf"), 300)
        waited_s = waited_for_a_core_s(supervising) - waited_s
        wait_until(lambda: night.states() == ["finished"], 300)
    finally:
        runner.kill()
        runner.wait()
    wait_until(lambda: not supervisor_lives(night), 300)
    assert longest_heating_without_a_runner(heater, died_s) - waited_s < 5.0
    assert len(night.finished_spectra()) == 6
    with night.read() as db:
        statuses = [row["status"] for row in db.rows("SELECT status FROM runs ORDER BY id")]
        cut = db.rows("SELECT count(*) AS n FROM spectra WHERE status = 'interrupted'")[0]["n"]
        repeats = db.rows("SELECT count(*) AS n FROM spectra WHERE repeat_of IS NOT NULL")[0]["n"]
    assert statuses[-1] == "finished"
    assert set(statuses[:-1]) == {"interrupted"}  # more than one where a busy computer froze a runner as well
    assert cut >= repeats >= 1
    assert heater.read_text().splitlines()[-1].endswith("off")


def points_of_the_third_spectrum(night):
    query = "SELECT count(*) AS n FROM impedance_points WHERE spectrum_id = 3"
    with night.read() as db:
        return db.rows(query)[0]["n"]


def supervisor_lives(night):
    beat = Heartbeats(night.connection, "supervisor", "file rig").read()
    return beat is not None and beat.lives(5.0)


def wait_until(condition, seconds):
    end_s = CLOCK.monotonic() + seconds
    while not condition():
        assert CLOCK.monotonic() < end_s, "it did not come to that in time"
        CLOCK.sleep(0.1)
