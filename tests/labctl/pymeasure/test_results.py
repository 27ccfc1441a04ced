import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import numpy as np
import pytest
from pymeasure.experiment import (
    BooleanParameter,
    FloatParameter,
    ListParameter,
    Metadata,
    Procedure,
    VectorParameter,
    Worker,
)
from pymeasure.experiment.parameters import PhysicalParameter

import labctl
from labctl.errors import ConfigurationError, StoreError
from labctl.pymeasure.results import SQLiteResults, SQLiteWorker

SAMPLE = {"name": "pellet 7", "thickness_mm": 1.0, "diameter_mm": 10.0}


class Theirs(Procedure):
    """A plain pymeasure procedure of a laboratory."""

    delay = FloatParameter("Delay", units="s", default=1234567.891)
    mode = ListParameter("Mode", choices=[1, 2.5, "fast"], default=2.5)
    field = VectorParameter("Field", units="T", default=[0.1, 0.2, 0.3])
    gain = PhysicalParameter("Gain", default=[1.0, 0.01])
    fails = BooleanParameter("Fails", default=False)
    start_k = Metadata("Start temperature", fget="read_k", units="K")
    DATA_COLUMNS: ClassVar = ["Voltage (V)", "Count", "Remark"]

    shut_down = False

    def read_k(self):
        return 295.123456789

    def execute(self):
        for count in range(5):
            self.emit("results", {"Voltage (V)": 0.1 * count, "Count": count, "Remark": "one, two"})
            self.emit("progress", 20 * count)
        self.emit(
            "batch results", {"Voltage (V)": np.array([7.0, 8.0]), "Count": [5, 6], "Remark": ["a", "b"]}
        )
        if self.fails:
            raise RuntimeError("the magnet quenched")

    def shutdown(self):
        self.shut_down = True


class Endless(Theirs):
    going = threading.Event()

    def execute(self):
        while not self.should_stop():
            self.emit("results", {"Count": 1})
            self.going.set()


class Misspelt(Theirs):
    def execute(self):
        self.emit("results", {"Voltge (V)": 1.0})


class FailsToShutDown(Theirs):
    def shutdown(self):
        raise RuntimeError("the field would not go down")


class FailsToStart(Theirs):
    def startup(self):
        self.emit("results", {"Count": 1})
        raise RuntimeError("no answer")


@pytest.fixture
def db_path(tmp_path):
    return tmp_path / "lab.db"


@pytest.fixture
def run_it(db_path):
    def run(kind=Theirs, worker_class=SQLiteWorker, stop_after=None, **parameters):
        procedure = kind()
        procedure.set_parameters(parameters)
        results = SQLiteResults(procedure, db_path, SAMPLE)
        worker = worker_class(results)
        worker.start()
        if stop_after is not None:
            assert stop_after.wait(10)
            worker.stop()
        threading.Thread.join(worker, 30)
        assert not worker.is_alive()
        opened.append(results)
        return results, told(worker)

    opened = []
    yield run
    for results in opened:
        results.close()


def told(worker):
    messages = []
    while not worker.monitor_queue.empty():
        messages.append(worker.monitor_queue.get())
    return messages


def test_a_procedure_streams_into_the_database_as_it_stands(run_it, db_path):
    results, messages = run_it()
    assert (results.state, results.procedure.status) == ("finished", Procedure.FINISHED)
    assert list(results.data["Count"]) == list(range(7))
    assert list(results.data["Voltage (V)"])[:5] == [0.1 * count for count in range(5)]
    assert list(results.data["Remark"]) == ["one, two"] * 5 + ["a", "b"]
    assert messages[-3:] == [("status", Procedure.FINISHED), ("progress", 100.0), None]
    assert results.procedure.shut_down
    with labctl.open(db_path) as db:
        assert db.sample(db.run()["sample_id"])["name"] == "pellet 7"
        assert len(db.records()) == 7


def test_rows_from_several_threads_are_all_kept_whole(run_it):
    class Threaded(Theirs):
        def execute(self):
            threads = [threading.Thread(target=self.emit_many, args=(n,)) for n in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                threading.Thread.join(thread)

        def emit_many(self, number):
            for count in range(500):
                self.emit("results", {"Count": 1000 * number + count})

    results, _ = run_it(Threaded)
    assert results.state == "finished", results.reason
    assert sorted(results.data["Count"]) == [1000 * n + count for n in range(4) for count in range(500)]


def test_a_run_comes_back_with_its_parameters_metadata_and_state(run_it):
    run_it(fails=True)
    results = SQLiteResults.load(run_it(mode="fast")[0].data_filename)
    assert isinstance(results.procedure, Theirs)
    assert results.procedure.delay == 1234567.891
    assert (results.procedure.mode, results.procedure.field) == ("fast", [0.1, 0.2, 0.3])
    assert results.procedure.start_k == 295.123456789
    assert str(results.procedure.metadata_objects()["start_k"]) == "295.123456789 K"
    assert results.procedure.status == Procedure.FINISHED
    failed = SQLiteResults.load(results.database, run=1)
    assert (failed.state, failed.procedure.status) == ("failed", Procedure.FAILED)
    assert failed.reason == "RuntimeError: the magnet quenched"
    assert len(failed.data) == 7


def test_names_and_units_are_kept(run_it, db_path):
    run_it()
    with labctl.open(db_path) as db:
        facts = db.provenance()
    assert facts["procedure"]["columns"] == ["Voltage (V)", "Count", "Remark"]
    assert facts["procedure"]["parameters"]["delay"] == {"name": "Delay", "units": "s"}
    kept = {"name": "Start temperature", "value": 295.123456789, "units": "K"}
    assert facts["metadata"] == {"start_k": kept}


def test_a_run_whose_class_is_gone_is_shown_all_the_same(run_it, monkeypatch):
    results, _ = run_it()
    monkeypatch.delattr(sys.modules[__name__], "Theirs")
    loaded = SQLiteResults.load(results.data_filename)
    assert type(loaded.procedure).__name__ == "Theirs"
    assert type(loaded.procedure) is not Theirs_
    assert loaded.procedure.parameter_values() == results.procedure.parameter_values()
    assert loaded.procedure.DATA_COLUMNS == Theirs_.DATA_COLUMNS
    assert len(loaded.data) == 7


Theirs_ = Theirs


def test_a_failure_keeps_its_traceback(run_it, db_path):
    run_it(fails=True)
    with labctl.open(db_path) as db:
        (error,) = [row for row in db.rows("SELECT * FROM events") if row["kind"] == "error"]
    assert "in execute" in error["details"]["traceback"]


def test_a_stopped_run_says_aborted(run_it):
    results, messages = run_it(Endless, stop_after=Endless.going)
    assert results.state == "aborted"
    assert ("status", Procedure.ABORTED) in messages
    assert len(results.data) > 0


@pytest.fixture
def ctrl_c():
    """Ctrl-C as in a script; the worker processes of a test run ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent to oneself alone on Windows")
def test_ctrl_c_in_a_script_asks_the_procedure_to_stop_and_waits_for_it(db_path, ctrl_c):
    class Interrupting(Theirs):
        def execute(self):
            os.kill(os.getpid(), signal.SIGINT)
            while not self.should_stop():
                self.emit("results", {"Count": 1})

    results = SQLiteResults(Interrupting(), db_path, SAMPLE)
    assert SQLiteWorker(results).measure() == "aborted"
    assert results.procedure.shut_down
    results.close()


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (Misspelt, "did you mean 'Voltage (V)'?"),
        (FailsToShutDown, "while shutting down: RuntimeError: the field would not go down"),
        (FailsToStart, "RuntimeError: no answer"),
    ],
)
def test_what_fails_is_failed_for_everybody_and_lets_the_next_begin(run_it, kind, reason):
    results, messages = run_it(kind)
    assert reason in results.reason
    assert (results.state, results.procedure.status) == ("failed", Procedure.FAILED)
    assert messages[-2:] == [("status", Procedure.FAILED), None]


def test_the_window_is_told_only_once_the_end_is_on_disk(run_it, db_path):
    seen = []

    class Asking(SQLiteWorker):
        def update_status(self, status):
            with sqlite3.connect(db_path) as connection:
                seen.append((status, *connection.execute("SELECT status FROM runs").fetchone()))
            connection.close()
            super().update_status(status)

    run_it(worker_class=Asking)
    assert seen == [(Procedure.RUNNING, "running"), (Procedure.FINISHED, "finished")]


def test_pymeasures_own_worker_is_refused_before_anything_is_measured(run_it):
    results, messages = run_it(worker_class=Worker)
    assert results.procedure.status == Procedure.FAILED
    assert ("status", Procedure.FAILED) in messages
    assert results.run_id is None
    assert results.data.empty


def test_rows_can_be_watched_while_they_come(db_path):
    more, seen = threading.Semaphore(0), threading.Semaphore(0)

    class InSteps(Theirs):
        def execute(self):
            for count in range(3):
                assert more.acquire(timeout=10)
                self.emit("results", {"Count": count})
                worker._store.flush()
                seen.release()

    results = SQLiteResults(InSteps(), db_path, SAMPLE)
    assert results.data.empty
    assert list(results.data.columns) == Theirs.DATA_COLUMNS
    worker = SQLiteWorker(results)
    worker.start()
    for count in range(3):
        more.release()
        assert seen.acquire(timeout=10)
        assert list(results.data["Count"]) == list(range(count + 1))
    threading.Thread.join(worker, 10)
    assert results.data is results.data
    results.reload()
    assert len(results.data) == 3
    results.close()


def test_a_window_can_neither_delete_nor_overwrite_the_database(run_it, db_path):
    results, _ = run_it()
    before = db_path.read_bytes()
    with pytest.raises(OSError, match="No such file"):
        os.unlink(results.data_filename)
    assert results.data_filenames == []
    assert db_path.read_bytes() == before
    assert os.path.basename(results.data_filename) != os.path.basename(run_it()[0].data_filename)


def test_a_run_whose_name_looks_like_a_number_is_found_by_it(run_it, monkeypatch):
    monkeypatch.setattr("uuid.uuid4", lambda: UUID("12345678-1234-5678-1234-567812345678"))
    results, _ = run_it()
    assert SQLiteResults.load(results.data_filename).run_id == results.run_id


def test_results_stay_in_their_process(run_it):
    with pytest.raises(TypeError, match="cannot be sent to another process"):
        pickle.dumps(run_it()[0])


def test_another_programs_file_is_refused_before_anything_is_queued(tmp_path):
    path = tmp_path / "theirs.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    with pytest.raises(StoreError, match="another program"):
        SQLiteResults(Theirs(), path, SAMPLE)


def test_a_sample_is_known_by_its_name_once_it_was_measured(run_it, db_path):
    with pytest.raises(ConfigurationError, match="no sample 'pellet 7'; known here: none"):
        SQLiteResults(Theirs(), db_path, "pellet 7")
    run_it()
    assert SQLiteResults(Theirs(), db_path, "pellet 7").sample.thickness_m == pytest.approx(1e-3)


def test_a_run_that_cannot_begin_fails_at_once(run_it, db_path, monkeypatch):
    def refuse(path):
        raise StoreError(f"{path}: the disk is full")

    class Late(SQLiteWorker):
        def run(self):
            monkeypatch.setattr("labctl.store.Store.open", refuse)
            super().run()

    results, messages = run_it(worker_class=Late)
    assert results.procedure.status == Procedure.FAILED
    assert messages[-2:] == [("status", Procedure.FAILED), None]
    assert not results.procedure.shut_down
    assert results.state == "failed"
    assert "the disk is full" in results.reason


FULL_DISK = """
import itertools, resource, sys, threading
from pymeasure.experiment import Procedure
from labctl.pymeasure.results import SQLiteResults, SQLiteWorker

class Long(Procedure):
    DATA_COLUMNS = ["x"]
    def execute(self):
        for x in itertools.count():  # only the disk ends it
            self.emit("results", {"x": x})

results = SQLiteResults(Long(), sys.argv[1], {"name": "p", "thickness_mm": 1, "diameter_mm": 10})
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
worker = SQLiteWorker(results)
worker.start()
threading.Thread.join(worker)
print(results.procedure.status == Procedure.FAILED)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no RLIMIT_FSIZE on Windows")
def test_a_full_disk_fails_the_run(db_path):
    command = [
        sys.executable,
        "-c",
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" + FULL_DISK,
    ]
    done = subprocess.run([*command, db_path], capture_output=True, text=True, timeout=100, check=True)
    assert done.stdout == "True\n", done.stderr
    assert "the disk" in done.stderr


KILLED = """
import os, sys
from pymeasure.experiment import Procedure
from labctl.pymeasure.results import SQLiteResults, SQLiteWorker

class Cut(Procedure):
    DATA_COLUMNS = ["x"]
    def execute(self):
        for x in range(50):
            self.emit("results", {"x": x})
        worker._store.flush()
        os.kill(os.getpid(), 9)

worker = SQLiteWorker(SQLiteResults(Cut(), sys.argv[1], {"name": "p", "thickness_mm": 1, "diameter_mm": 10}))
worker.start()
worker.join(60)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is not of Windows")
def test_a_run_cut_by_a_kill_says_interrupted(db_path):
    subprocess.run([sys.executable, "-c", KILLED, db_path], capture_output=True, timeout=100, check=False)
    SQLiteResults(Theirs(), db_path, SAMPLE)  # whoever opens the file for writing next finds out
    results = SQLiteResults.load(db_path, run=1)
    assert results.state == "interrupted"
    assert "ended unexpectedly" in results.reason
    assert results.procedure.status == Procedure.FAILED
    assert list(results.data["x"]) == list(range(50))


def test_importing_this_imports_no_qt():
    code = (
        "import sys, labctl.pymeasure.results; print([m for m in sys.modules if m[:4] in ('PySi', 'PyQt')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=True
    )
    assert done.stdout.strip() == "[]"


def test_procedures_of_ours_keep_spectra_and_conductivities(rig, db_path):
    from procedures.temperature_stepped_eis import TemperatureSteppedEIS

    procedure = TemperatureSteppedEIS()
    procedure.set_parameters({"temperatures_degc": [60], "dwell_min": 5, "frequency_min_hz": 10.0})
    procedure.bench = rig.bench
    results = SQLiteResults(procedure, db_path, SAMPLE)
    worker = SQLiteWorker(results)
    worker.start()
    threading.Thread.join(worker, 60)
    assert results.state == "finished", results.reason
    assert list(results.data.columns) == TemperatureSteppedEIS.DATA_COLUMNS
    assert results.data["z_real_ohm"].notna().all()
    with labctl.open(db_path) as db:
        assert len(db.conductivities()) == 1
        assert db.run()["clock"] == "virtual"
        assert [row["role"] for row in db.rows("SELECT role FROM run_instruments ORDER BY role")] == [
            "fra",
            "oven",
        ]
    assert Path(results.data_filename).name.startswith("lab.db#")
