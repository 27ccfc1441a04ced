"""pymeasure's own windows, each in a separate process, without a screen."""

import os
import subprocess
import sys
from textwrap import dedent

import pytest

import labctl
from labctl.testing import STATION

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

DRIVE = '''
import logging, sys, threading, time
from pymeasure.display.Qt import QtCore, QtWidgets
from pymeasure.display.windows import ManagedWindow
from pymeasure.experiment import BooleanParameter, FloatParameter, IntegerParameter, Procedure

logging.raiseExceptions = True
app = QtWidgets.QApplication([])
sys.excepthook = lambda *what: (sys.__excepthook__(*what), app.exit(9))

class Theirs(Procedure):
    rows = IntegerParameter("Rows", default=20)
    exact = FloatParameter("Exact", units="s", default=1234567.891)
    fails = BooleanParameter("Fails", default=False)
    DATA_COLUMNS = ["Count", "Square"]

    def execute(self):
        for count in range(self.rows):
            self.emit("results", {"Count": count, "Square": count**2})
            if self.make_cycles:
                for _ in range(1000):
                    cycle = []
                    cycle.append(cycle)
            if self.fails and count == 5:
                raise RuntimeError("the magnet quenched")
            if self.should_stop():
                return
            time.sleep(0.005)

    make_cycles = False
    shutting_down, awake = threading.Event(), threading.Event()
    needs_the_window_awake = False

    def shutdown(self):
        self.shutting_down.set()
        if self.needs_the_window_awake:
            print(self.awake.wait(30))

def statuses(window):
    return [e.browser_item.text(3) for e in window.manager.experiments.queue]

def done(window):
    return not window.manager.is_running() and not {"Queued", "Running"} & {*statuses(window)}

def until(condition, timeout_s=60):
    """Turn the event loop until something is so."""
    loop, timer, end = QtCore.QEventLoop(), QtCore.QTimer(), time.monotonic() + timeout_s
    timer.timeout.connect(lambda: (condition() or time.monotonic() > end) and loop.quit())
    timer.start(5)
    loop.exec()
    assert condition(), "waited in vain"
'''
OURS = """
from labctl.pymeasure.window import SQLiteWindow

class Window(SQLiteWindow, ManagedWindow):
    database = "lab.db"
    sample = {"name": "cell 4", "thickness_mm": 1.0, "diameter_mm": 10.0}

    def __init__(self):
        super().__init__(procedure_class=Theirs, inputs=["rows", "exact", "fails"], displays=["rows"],
                         x_axis="Count", y_axis="Square")

def queue(window, **parameters):
    procedure = Theirs()
    procedure.set_parameters(parameters)
    window.queue(procedure)

def drawn(window, number):
    (curve,) = window.manager.experiments.queue[number].curve_list[:1]
    return 0 if curve.getData()[0] is None else len(curve.getData()[0])
"""


@pytest.fixture
def drive(tmp_path):
    """Run a script with a window in an empty folder; return its output."""

    def run(script, prelude=DRIVE + OURS):
        (tmp_path / "drive.py").write_text(prelude + dedent(script), encoding="utf-8")
        environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "QT_API": "pyside6"}
        command = [sys.executable, "drive.py"]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=200, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_curves_grow_from_the_database_and_runs_end_truly(drive, tmp_path):
    out = drive("""
        window = Window()
        queue(window, rows=200)
        queue(window, fails=True)
        queue(window, rows=7)
        lengths = set()
        until(lambda: lengths.add(drawn(window, 0)) or done(window))
        print(statuses(window))
        print(len([n for n in lengths if 0 < n < 200]) > 1, sorted(lengths)[-1])
        print([len(e.results.data) for e in window.manager.experiments.queue])
        print(window.statusBar().currentMessage())
    """)
    lines = out.splitlines()
    assert lines[0] == "['Finished', 'Failed', 'Finished']"
    assert lines[1] == "True 200"
    assert lines[2] == "[200, 6, 7]"
    assert lines[3] == "run 2 failed: RuntimeError: the magnet quenched"
    with labctl.open(tmp_path / "lab.db") as db:
        assert [run["status"] for run in db.rows("SELECT status FROM runs ORDER BY id")] == [
            "finished",
            "failed",
            "finished",
        ]
    assert not list(tmp_path.glob("*.csv"))


@pytest.mark.slow
def test_the_window_stays_awake_while_a_failed_run_shuts_down(drive):
    out = drive("""
        Theirs.needs_the_window_awake = True
        window = Window()
        queue(window, fails=True)
        until(lambda: Theirs.shutting_down.is_set() and Theirs.awake.set() or done(window))
        print(statuses(window))
    """)
    assert out.splitlines() == ["True", "['Failed']"]


@pytest.mark.slow
def test_an_aborted_run_is_aborted_and_the_rest_waits_for_resume(drive, tmp_path):
    out = drive("""
        window = Window()
        queue(window, rows=100000)
        queue(window, rows=3)
        until(lambda: len(window.manager.experiments.queue[0].results.data) > 3)
        window.abort_button.click()
        until(lambda: not window.manager.is_running())
        print(statuses(window), window.abort_button.text())
        window.abort_button.click()
        until(lambda: done(window))
        print(statuses(window))
    """)
    assert out.splitlines() == ["['Aborted', 'Queued'] Resume", "['Aborted', 'Finished']"]
    with labctl.open(tmp_path / "lab.db") as db:
        assert db.run(1)["status"] == "aborted"


@pytest.mark.slow
def test_an_old_run_is_opened_with_its_state_and_its_exact_parameters(drive):
    drive("""
        window = Window()
        queue(window, rows=5)
        queue(window, fails=True)
        until(lambda: done(window))
    """)
    out = drive("""
        window = Window()
        print([line.split()[0] + " " + line.split()[-1] for line in window.runs()])
        for run in (1, 2, 2):
            window.open_run(run)
        print(statuses(window), [drawn(window, n) for n in (0, 1)])
        print(window.statusBar().currentMessage())
        window.set_parameters(window.manager.experiments.queue[0].procedure.parameter_objects())
        print(window.make_procedure().exact)
    """)
    assert out.splitlines() == [
        "['2 failed', '1 finished']",
        "['Finished', 'Failed'] [5, 6]",
        "run 2 is shown already",
        "1234567.891",
    ]


def test_f12_stops_the_procedure_and_starts_no_other_also_while_a_dialog_is_open(drive):
    out = drive("""
        from qtpy import QtTest
        window = Window()
        window.show()
        queue(window, rows=5000)
        queue(window, rows=5)
        until(lambda: drawn(window, 0) > 3)
        experiment = window.manager.experiments.queue[0]
        for dialog_of in (
            window.open_experiment,
            lambda: window.save_experiment_copy(experiment.data_filename),
            lambda: window.change_color(experiment),
            lambda: window.remove_experiment(experiment),
        ):
            dialog_of()
        dialogs = window.findChildren(QtWidgets.QDialog)
        print(len([d for d in dialogs if d.isVisible()]), any(d.isModal() for d in dialogs))
        QtTest.QTest.keyClick(dialogs[-1].windowHandle(), QtCore.Qt.Key.Key_F12)
        until(lambda: not window.manager.is_running())
        print(statuses(window))
        until(lambda: "shutdown() has run" in window.statusBar().currentMessage())
        window.safe_button.pressed.emit()
        print(window.statusBar().currentMessage())
    """)
    lines = out.splitlines()
    assert lines[0] == "4 False"
    assert lines[1] == "['Aborted', 'Queued']"
    assert "no procedure runs in this window; nothing was switched off" in lines[2]


@pytest.mark.slow
def test_garbage_is_collected_in_the_gui_thread_while_the_window_is_open(drive):
    done = drive(
        """
        import gc
        window = Window()
        threads = set()
        gc.callbacks.append(lambda phase, info: threads.add(threading.current_thread().name))
        Theirs.make_cycles = True
        queue(window, rows=40)
        until(lambda: done(window))
        gc.callbacks.clear()
        print(statuses(window), sorted(threads), gc.isenabled())
        window.quit()
        print(gc.isenabled())
        """
    )
    assert done == "['Finished'] ['MainThread'] False\nTrue\n"


def test_no_click_deletes_or_overwrites_the_database(drive, tmp_path):
    out = drive("""
        window = Window()
        queue(window, rows=5)
        until(lambda: done(window))
        experiment = window.manager.experiments.queue[0]
        window.delete_experiment_data(experiment)
        print(window.statusBar().currentMessage())
        window.open_file_externally(experiment.data_filename)
        window.save_experiment_copy(experiment.data_filename)
        (dialog,) = window.findChildren(QtWidgets.QFileDialog)
        dialog.fileSelected.emit("lab.db")
        (question,) = window.findChildren(QtWidgets.QMessageBox)
        question.buttons()[0].click()
    """)
    assert "not deleted" in out
    with labctl.open(tmp_path / "lab.db") as db:
        assert len(db.records()) == 5
    assert len((tmp_path / "lab.csv").read_text().splitlines()) == 6


@pytest.mark.slow
def test_a_sample_that_is_not_known_queues_nothing_and_says_so(drive):
    out = drive("""
        window = Window()
        window.sample = "no such thing"
        queue(window)
        print(statuses(window), window.statusBar().currentMessage())
    """)
    assert out.startswith("[] Not queued: lab.db: samples: there is no sample 'no such thing'")


OURS_IN_STOCK = """
import labctl
from procedures.temperature_stepped_eis import TemperatureSteppedEIS

with labctl.bench("station.toml") as bench:
    class OnThisRig(TemperatureSteppedEIS):
        pass

    OnThisRig.bench = bench
    window = {kind}(
        procedure_class=OnThisRig,
        inputs=["temperatures_degc", "return_down", "dwell_min", "frequency_min_hz", "refine"],
        displays=["temperatures_degc"],
        x_axis="z_real_ohm",
        y_axis="z_imag_ohm",
    )
    {prepare}
    procedure = window.make_procedure()
    procedure.set_parameters({{"temperatures_degc": [60, 80], "dwell_min": 5, "frequency_min_hz": 10.0}})
    window.queue(procedure)
    until(lambda: done(window))
    print(statuses(window), len(window.manager.experiments.queue[0].results.data))
    print(bench.oven.setpoint_k > 0)
    window.estimator.update_thread.join()
    window.close()
"""


@pytest.mark.parametrize(
    ("kind", "prepare"),
    [
        ("ManagedWindow", "window.directory, window.filename = '.', 'spectra'"),
        pytest.param(
            "type('Ours', (SQLiteWindow, ManagedWindow), {'database': 'lab.db', 'sample': Window.sample})",
            "",
            marks=pytest.mark.slow,
        ),
    ],
    ids=["stock", "over the database"],
)
def test_a_temperature_series_of_ours_runs_in_pymeasures_window(drive, tmp_path, kind, prepare):
    (tmp_path / "station.toml").write_text(STATION, encoding="utf-8")
    out = drive(OURS_IN_STOCK.format(kind=kind, prepare=prepare))
    assert out.splitlines() == ["['Finished'] 102", "True"]
    if prepare:
        (written,) = tmp_path.glob("spectra*.csv")
        assert len([line for line in written.read_text().splitlines() if line[0] != "#"]) == 103
    else:
        with labctl.open(tmp_path / "lab.db") as db:
            assert len(db.conductivities()) == 2
