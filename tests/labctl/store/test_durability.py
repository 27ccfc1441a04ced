"""Acknowledged rows survive kill -9 and power failures; several processes share a file without lock-out."""

import random
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass

import pytest

from labctl.errors import StoreError
from labctl.store import Database, Store, migrations
from labctl.store.care import verify
from labctl.store.connections import open_for_writing
from labctl.store.fingerprint import content_hash
from labctl.store.transactions import WriteConnection

WRITE_UNTIL_KILLED = """
import os, sys, threading, time
from labctl.store import SpaceRule, Store
store = Store.open(sys.argv[1], space=SpaceRule(before_run=0, during_run=0))
sample = {"name": "a", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
sample_id = store.find_or_add_sample(sample)
run = store.insert("runs", {"sample_id": sample_id, "procedure": "p:C", "started_s": 0.0})
spectrum = store.insert("spectra", {"run_id": run, "number": 0, "started_s": 0.0})
before = store.acknowledged
point = {"spectrum_id": spectrum, "time_s": 1.0, "frequency_hz": 1e3, "z_real_ohm": 2.5, "z_imag_ohm": -1.5}
pause = threading.Event()
for number in range(1_000_000):
    store.append("impedance_points", point | {"number": number})
    os.write(1, f"{number} {time.monotonic()} {store.acknowledged - before}\\n".encode())
    pause.wait(0.0005)
"""


@dataclass(frozen=True)
class Witness:
    """Output of a writing process before it was stopped."""

    emitted_at_s: list[float]
    acknowledged_then: list[int]

    @classmethod
    def of(cls, output: bytes):
        lines = [line.split() for line in output.decode().splitlines()]
        return cls([float(when) for _, when, _ in lines], [int(count) for _, _, count in lines])

    @property
    def acknowledged(self):
        return max(self.acknowledged_then)

    def acknowledged_before(self, moment_s):
        """The number in a line was read before the time in the next line."""
        pairs = zip(self.acknowledged_then, self.emitted_at_s[1:], strict=False)
        return max((count for count, next_s in pairs if next_s < moment_s), default=0)


def start_writer(path):
    program = [sys.executable, "-c", WRITE_UNTIL_KILLED, str(path)]
    return subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def write_and_stop(path, after_s, stop):
    """Let a process write and call `stop(process)` after its first row; return the time and its output."""
    process = start_writer(path)
    assert process.stdout is not None
    first = process.stdout.readline()
    threading.Event().wait(after_s)
    stopped_s = time.monotonic()
    stop(process)
    process.kill()
    rest, _ = process.communicate()
    whole_lines = (first + rest).rpartition(b"\n")[0]
    return stopped_s, Witness.of(whole_lines)


def stored_numbers(path):
    with Database(path) as db:
        run = db.run("last")
        rows = db.rows_since("impedance_points", run["id"])
    return [row["number"] for row in rows]


def integrity(path):
    connection = sqlite3.connect(path)
    try:
        return connection.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        connection.close()


def kill_and_count(path, times, seed):
    """Kill a writer at random moments; for each, how long before the kill the oldest lost row was emitted."""
    moments = random.Random(seed)
    oldest_lost_s = []
    for _ in range(times):
        killed_s, witness = write_and_stop(path, moments.uniform(0.0, 0.25), lambda process: process.kill())
        stored = stored_numbers(path)
        assert stored == list(range(len(stored)))
        assert len(stored) >= witness.acknowledged
        lost = witness.emitted_at_s[len(stored) :]
        oldest_lost_s.append(max(0.0, killed_s - lost[0]) if lost else 0.0)
    return oldest_lost_s


def check_after_kills(path, times):
    assert integrity(path) == "ok"
    Store.open(path).close()
    with Database(path) as db:
        runs = db.runs()
    assert runs["status"].tolist() == ["interrupted"] * times
    assert all(run.intact for run in verify(path))


def test_a_killed_process_loses_no_acknowledged_row(path):
    kill_and_count(path, 4, seed=1)
    check_after_kills(path, 4)


@pytest.mark.slow
def test_thirty_kills_lose_no_acknowledged_row_and_a_tenth_of_a_second_of_others(path):
    """The last 50 ms and the time of one commit may be lost; the disk may be slow now and then."""
    oldest_lost_s = kill_and_count(path, 30, seed=2)
    check_after_kills(path, 30)
    assert statistics.median(oldest_lost_s) <= 0.1
    assert sum(age <= 0.1 for age in oldest_lost_s) >= 27


@pytest.mark.slow
def test_a_process_killed_while_it_makes_the_file_leaves_one_that_can_be_used(tmp_path):
    program = "import sys; from labctl.store import Store; Store.open(sys.argv[1]).close()"
    moments = random.Random(5)
    for number in range(10):
        path = tmp_path / f"{number}.db"
        maker = subprocess.Popen([sys.executable, "-c", program, str(path)])
        while not path.exists() and maker.poll() is None:
            threading.Event().wait(0.001)
        threading.Event().wait(moments.uniform(0.0, 1.0))
        maker.kill()
        maker.wait()
        Store.open(path).close()
        assert integrity(path) == "ok"


def cut_power_and_count(disk, times, seed):
    """Only rows acknowledged before the power cut count: while a disk is shut down by FS_IOC_SHUTDOWN, which
    takes up to 0.1 s, Linux returns success from an fsync that it does not carry out.
    """
    path = disk.folder / "lab.db"
    moments = random.Random(seed)
    for _ in range(times):
        cut_s, witness = write_and_stop(path, moments.uniform(0.0, 0.25), lambda _: disk.power_cut())
        disk.power_on()
        stored = stored_numbers(path)
        assert stored == list(range(len(stored)))
        assert len(stored) >= witness.acknowledged_before(cut_s)
        assert integrity(path) == "ok"


def test_what_was_acknowledged_before_a_moment_is_known_from_the_lines_before_it():
    witness = Witness([1.0, 2.0, 3.0, 4.0], [0, 5, 9, 9])
    assert [witness.acknowledged_before(s) for s in (1.0, 2.5, 3.5, 9.0)] == [0, 0, 5, 9]


def test_a_power_cut_loses_no_acknowledged_row(disk):
    cut_power_and_count(disk, 2, seed=3)


@pytest.mark.slow
def test_twenty_power_cuts_lose_no_acknowledged_row(disk):
    cut_power_and_count(disk, 20, seed=4)
    path = disk.folder / "lab.db"
    Store.open(path).close()
    with Database(path) as db:
        assert set(db.runs()["status"]) == {"interrupted"}
    assert all(run.intact for run in verify(path))


A_NIGHT = """
import sys
from labctl.store import Store
from labctl.clock import VirtualClock
clock = VirtualClock()
with Store.open(sys.argv[1]) as store:
    sample = {"name": sys.argv[2], "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
    sample_id = store.find_or_add_sample(sample)
    run = store.insert("runs", {"sample_id": sample_id, "procedure": "p:C", "started_s": clock.time()})
    logged = 0
    for step in range(10):
        for _ in range(360):
            clock.sleep(10.0)
            row = {"run_id": run, "number": logged, "time_s": clock.time(), "temperature_k": 300.0}
            store.append("temperature_log", row)
            logged += 1
        spectrum = store.insert("spectra", {"run_id": run, "number": step, "started_s": clock.time()})
        for number in range(61):
            clock.sleep(10.0)
            point = {"spectrum_id": spectrum, "number": number, "time_s": clock.time(), "frequency_hz": 1e3}
            store.append("impedance_points", point | {"z_real_ohm": 1.0, "z_imag_ohm": -1.0})
        store.update("spectra", spectrum, {"status": "finished", "ended_s": clock.time()})
        row = {"spectrum_id": spectrum, "run_id": run, "total_resistance_ohm": 1.0, "conductivity_s_m": 1.0}
        row |= {"method": "m", "method_version": "1", "derived_s": clock.time()}
        store.replace_derived("conductivities", {"spectrum_id": spectrum}, [row])
    store.update("runs", run, {"status": "finished", "ended_s": clock.time()})
"""


class Window:
    """Follows every run of a file as a screen does, with one cursor per table."""

    def __init__(self, path):
        self.db = Database(path)
        self.seen = {}
        self.cursors = {}

    def poll(self):
        for run in self.db.rows("SELECT id FROM runs"):
            self._follow("temperature_log", run["id"], lambda row: row["number"])
            self._follow("impedance_points", run["id"], lambda row: (row["spectrum_id"], row["number"]))
            self.db.conductivities(run["id"])

    def _follow(self, table, run_id, key):
        rows = self.db.rows_since(table, run_id, self.cursors.get((table, run_id)))
        if rows:
            self.cursors[table, run_id] = key(rows[-1])
            self.seen.setdefault((table, run_id), []).extend(key(row) for row in rows)


def test_two_runners_and_a_window_share_a_file_for_a_night_without_a_lock_error(path):
    Store.open(path).close()
    programs = [[sys.executable, "-c", A_NIGHT, str(path), name] for name in ("left", "right")]
    runners = [subprocess.Popen(program, stderr=subprocess.PIPE) for program in programs]
    window = Window(path)
    polls = 0
    while any(runner.poll() is None for runner in runners):
        window.poll()
        polls += 1
    said = [runner.communicate()[1] for runner in runners]
    window.poll()
    assert said == [b"", b""]
    assert polls > 2
    for run_id in (1, 2):
        assert window.seen["temperature_log", run_id] == list(range(3600))
        assert len(set(window.seen["impedance_points", run_id])) == 610
    window.db.close()
    assert all(run.intact for run in verify(path))


def test_several_programs_may_make_the_same_new_file_at_once(path):
    program = "import sys; from labctl.store import Store; Store.open(sys.argv[1]).close()"
    makers = [
        subprocess.Popen([sys.executable, "-c", program, str(path)], stderr=subprocess.PIPE) for _ in range(4)
    ]
    assert [maker.communicate()[1] for maker in makers] == [b""] * 4
    assert integrity(path) == "ok"


def test_a_file_that_is_gone_is_not_made_again_where_nobody_asked(path):
    with pytest.raises(StoreError, match="cannot be opened"):
        open_for_writing(path, may_create=False)
    assert not path.exists()
    Store.open(path).close()
    open_for_writing(path, may_create=False).close()


def test_a_new_file_that_another_program_is_about_to_write_is_waited_for(path):
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    released = threading.Timer(0.2, other.rollback)
    released.start()
    Store.open(path).close()
    released.join()
    other.close()
    assert integrity(path) == "ok"


def test_a_new_file_that_another_program_keeps_is_refused_in_the_end(path):
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program keeps it locked"):
            Store.open(path, busy_timeout_s=0.05)


def test_a_new_file_is_waited_for_by_readers_and_by_the_impatient_until_it_is_made(path, monkeypatch):
    """Creating the schema takes some time on a busy computer."""
    half_way, go_on, outcomes = threading.Event(), threading.Event(), []
    apply = migrations.apply

    def slowly(connection):
        half_way.set()
        go_on.wait(20)
        apply(connection)

    def opened(how):
        try:
            how().close()
            outcomes.append("opened")
        except StoreError as error:
            outcomes.append(str(error))

    monkeypatch.setattr(migrations, "apply", slowly)
    maker = threading.Thread(target=opened, args=(lambda: Store.open(path),))
    maker.start()
    assert half_way.wait(20)
    ways = (lambda: Database(path), lambda: WriteConnection(path, patience_s=0.01))
    others = [threading.Thread(target=opened, args=(how,)) for how in ways]
    for other in others:
        other.start()
    others[0].join(timeout=0.7)  # longer than an empty file is looked at
    go_on.set()
    for thread in (maker, *others):
        thread.join()
    assert outcomes == ["opened"] * 3


def test_others_may_write_while_the_hash_of_a_long_run_is_made(rig, path, monkeypatch):
    """A runner without a heartbeat for so long would be classified as frozen."""

    def look_in_between(connection, run_id):
        with WriteConnection(path, patience_s=0.05) as other, other.transaction():
            other.insert("events", {"time_s": 1.0, "level": "info", "kind": "between", "message": "me"})
        return content_hash(connection, run_id)

    monkeypatch.setattr("labctl.store.store.content_hash", look_in_between)
    rig.append_points(3)
    rig.store.update("runs", rig.run_id, {"status": "finished", "ended_s": 9000.0})
    with rig.read() as db:
        assert [row["kind"] for row in db.rows("SELECT kind FROM events")] == ["between"]
    assert verify(path)[0].intact


def test_many_threads_may_share_a_store(rig):
    def write(spectrum_number):
        spectrum = {"run_id": rig.run_id, "number": spectrum_number, "started_s": 0.0}
        spectrum_id = rig.store.insert("spectra", spectrum)
        for number in range(200):
            rig.store.append("impedance_points", rig.point(number, spectrum_id=spectrum_id))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rig.store.flush()
    with rig.read() as db:
        assert len(db.rows_since("impedance_points", rig.run_id)) == 1600


def test_a_program_that_forgets_to_close_loses_nothing(path):
    program = """
import sys
from labctl.store import Store
store = Store.open(sys.argv[1])
sample = {"name": "a", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
sample_id = store.find_or_add_sample(sample)
run = store.insert("runs", {"sample_id": sample_id, "procedure": "p:C", "started_s": 0.0})
store.append("records", {"run_id": run, "number": 0, "time_s": 0.0, "data": {}})
"""
    subprocess.run([sys.executable, "-c", program, str(path)], check=True)
    with Database(path) as db:
        assert len(db.rows("SELECT * FROM records")) == 1


def test_rows_may_come_faster_than_the_disk_takes_them(rig, monkeypatch):
    """Past a limit, appending waits for the disk: memory stays bounded and nothing is dropped."""
    monkeypatch.setattr("labctl.store.writer.MOST_WAITING_ROWS", 50)
    rig.append_points(2000)
    assert rig.store.acknowledged >= 1900
    rig.store.close()
    with pytest.raises(StoreError, match="closed"):
        rig.store.append("impedance_points", rig.point(2000))
    with Database(rig.store.path) as db:
        assert len(db.points(rig.spectrum_id)) == 2000


def test_an_error_told_to_one_thread_leaves_the_calls_of_others_done_or_refused(rig):
    """Many threads, many bad rows: a call that returns was executed."""
    names = iter(range(10_000))
    returned, told = [], []

    def work():
        for _ in range(40):
            name = f"sample {next(names)}"
            row = {"name": name, "thickness_m": 1.0, "area_m2": 1.0, "electrodes": "blocking"}
            try:
                rig.store.append("impedance_points", rig.point(0, frequency_hz=-1.0))
                returned.append((rig.store.find_or_add_sample(row), name))
            except StoreError as error:
                told.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with rig.read() as db:
        stored = {row["id"]: row["name"] for row in db.rows("SELECT id, name FROM samples")}
    assert told
    assert all(stored[sample_id] == name for sample_id, name in returned)


KILLED_AT_A_CHECK_POINT = """
import os, signal, sys
from labctl.store import SpaceRule, Store
store = Store.open(sys.argv[1], space=SpaceRule(before_run=0, during_run=0))
sample = {"name": "a", "thickness_m": 1e-3, "area_m2": 1e-4, "electrodes": "blocking"}
sample_id = store.find_or_add_sample(sample)
run = store.insert("runs", {"sample_id": sample_id, "procedure": "p:C", "started_s": 0.0})
spectrum = store.insert("spectra", {"run_id": run, "number": 0, "started_s": 0.0})
point = {"spectrum_id": spectrum, "number": 0, "time_s": 1.0, "frequency_hz": 1e3, "status": "ok"}
point |= {"z_real_ohm": 2.5, "z_imag_ohm": -1.5}
store.append("impedance_points", point)
store.update("spectra", spectrum, {"status": "finished", "ended_s": 2.0})
store.append("check_points", point | {"repeats": 0, "time_s": 9.0})
store.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_check_point_survives_kill_9_and_its_spectrum_stays_finished(path):
    subprocess.run([sys.executable, "-c", KILLED_AT_A_CHECK_POINT, str(path)], check=False)
    with Store.open(path) as store, store.read() as db:
        (run,) = db.runs().to_dict("records")
        assert (run["status"], run["ended_s"]) == ("interrupted", 9.0)
        assert [row["status"] for row in db.rows("SELECT status FROM spectra")] == ["finished"]
        assert [row["z_real_ohm"] for row in db.rows("SELECT * FROM check_points")] == [2.5]
    assert [run.intact for run in verify(path)] == [True]
