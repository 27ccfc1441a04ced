"""The window without a screen: input, display and error messages."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from qtpy import QtCore, QtGui, QtTest, QtWidgets
from qtpy.QtCore import Qt

from labctl.cli.gui import SCREENS, gui
from labctl.clock import RealClock
from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.errors import ConfigurationError
from labctl.gui import queueing, reading
from labctl.gui import window as window_module
from labctl.gui.application import lock_against_second_window
from labctl.gui.browser import Browser
from labctl.gui.number_field import NumberField
from labctl.gui.writing import export_runs, report_runs
from labctl.measure.run import StopRequest, run_protocol
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.jobs import Jobs
from labctl.queue.requests import Pauses, Requests
from labctl.store import Store, transactions
from labctl.store.transactions import WriteConnection
from labctl.testing import STATION

pytestmark = pytest.mark.xdist_group("window")

PATIENCE_S = 30.0
CLOCK = RealClock()
PROTOCOL = """
title = "an old one"
[sample]
name = "pellet"
thickness_mm = 0.87654321
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [30.0, 40.0]
amplitude_v = 0.0123456789012
frequency_min_hz = 1000
dwell_min = 1
"""


def wait(condition, what, patience_s=PATIENCE_S):
    end_s = CLOCK.monotonic() + patience_s
    while not condition():
        assert CLOCK.monotonic() < end_s, f"waited in vain: {what}"
        QtTest.QTest.qWait(20)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A results file with a finished run, to be copied."""
    folder = tmp_path_factory.mktemp("measured")
    (folder / "station.toml").write_text(STATION)
    station, protocol = read_station(folder / "station.toml"), parse_protocol(PROTOCOL, "old.toml")
    with station.open() as bench, Store.open(folder / "lab.db") as store:
        (outcome,) = run_protocol(protocol, station, bench, store, StopRequest())
    return folder / "lab.db", outcome.run_id


@pytest.fixture
def old_run(measured, db):
    """A finished run, measured before the window was opened."""
    path, run_id = measured
    shutil.copyfile(path, db)
    return run_id


def jobs_of(db):
    with WriteConnection(db) as connection:
        return Jobs(connection).listed()


def fill_in(window, name="film"):
    panel = window.queueing
    panel.inputs.temperatures_degc.setText("40, 50")
    panel.sample.name.setEditText(name)
    panel.sample.thickness_mm.setValue(1.0)
    panel.sample.diameter_mm.setValue(10.0)
    return panel


def open_boxes(window):
    return [box for box in window.findChildren(QtWidgets.QMessageBox) if box.isVisible()]


def open_box(window, question):
    """The one box that asks; it blocks nothing else."""
    wait(lambda: open_boxes(window), f"the question {question!r}")
    (box,) = open_boxes(window)
    assert box.text().startswith(question)
    assert not box.isModal()
    return box


def press_in_box(window, question, text):
    (button,) = (b for b in open_box(window, question).buttons() if b.text() == text)
    button.click()
    QtTest.QTest.qWait(20)


def run_in(station, db):
    """A heartbeat and a running job as a runner would show them; returns the job's id."""
    with WriteConnection(db) as connection:
        Heartbeats(connection, "runner", station.name).begin()
        job_id = Jobs(connection).add(parse_protocol(PROTOCOL, "p.toml"), station=station.name)
        Jobs(connection).claim(station.name)
    return job_id


def test_a_runner_is_asked_for_where_none_runs(window):
    assert window.runners_wanted == [True]


def test_a_runner_is_said_to_start_only_where_one_was_started(app, station, db):
    class Process:
        code = None

        def poll(self):
            return self.code

    process = Process()
    none, one = (window_module.Window(station, db, lambda found=found: found) for found in (None, process))
    try:
        wait(lambda: none._view and one._view, "a look at the station")
        assert "no runner is running" in none.statusBar().currentMessage()
        assert one.statusBar().currentMessage() == "a runner is starting"
        db.with_suffix(".runner.log").write_text("station.toml: limits: is missing\n")
        process.code = 2
        one._check_started_runner()
        assert "ended at once (exit code 2)" in one.warning.text()
        assert "limits: is missing" in one.warning.text()
    finally:
        for window in (none, one):
            window._view = None
            window.close()


def test_a_window_that_starts_no_runner_by_itself_starts_one_at_the_button(app, station, db):
    started = []
    window = window_module.Window(station, db, lambda: started.append(True), at_once=False)
    try:
        window.show()
        wait(lambda: window.control.start.isVisible(), "the button")
        assert started == []
        window.control.start.click()
        assert started == [True]
    finally:
        window._view = None
        window.close()


def test_no_end_is_said_while_the_queue_is_paused(window, db, station):
    with WriteConnection(db) as connection:
        Heartbeats(connection, "runner", station.name).begin()
        wait(lambda: window._view.runner_state == "running", "the runner")
        panel = fill_in(window)
        wait(lambda: "done about" in panel.estimate.text(), "an estimate")
        Pauses(connection, station=station.name).pause("job", person="Ada")
        wait(lambda: window._view.pause, "the pause")
        panel.inputs.dwell_min.setText("7")
        wait(lambda: "no end is known while the queue is paused" in panel.estimate.text(), "another estimate")
        assert "all done" not in window.control.details.text()


def test_what_is_filled_in_is_estimated_and_queued(window, db):
    panel = fill_in(window)
    wait(lambda: "within the limits of simulated rig" in panel.estimate.text(), "an estimate")
    panel.queue_button.click()
    wait(lambda: window.queue.model.rows, "the job in the table")
    (job,) = jobs_of(db)
    protocol = parse_protocol(job.protocol_text, job.source)
    assert protocol.procedures[0].parameters["temperatures_degc"] == [40.0, 50.0]
    assert (protocol.sample.name, job.state, job.person) == ("film", "queued", panel.person.text())
    assert job.duration_s > 0


def test_a_run_that_begins_is_drawn_unless_others_are_ticked_by_hand(app):
    def runs(*ids):
        usual = {"sample": "film", "procedure": "any:Any", "clock": "real", "job_id": None, "reason": ""}
        times = {"started_s": 0.0, "ended_s": None, "status": "running"}
        return [{"id": n, **usual, **times} for n in ids]

    browser = Browser()
    browser.show_runs(runs(1, 2))
    browser.show_runs(runs(1, 2, 3))
    assert browser.ticked() == [3]
    browser.model.tick([1], True)
    browser.show_runs(runs(1, 2, 3, 4))
    assert browser.ticked() == [1, 3]
    browser.model.tick([4], True, alone=True)
    browser.show_runs(runs(1, 2, 3, 4, 5))
    assert browser.ticked() == [5]


def test_no_number_of_a_form_is_cut(window):
    panel = window.queueing
    for place in range(panel.procedure.count()):
        panel.procedure.setCurrentIndex(place)
        QtTest.QTest.qWait(20)
        for field in panel.inputs.fields():
            if isinstance(field, NumberField):
                needed = field.fontMetrics().horizontalAdvance(field.text())
                assert field.contentsRect().width() >= needed + 4, field.text()


def test_a_job_queued_for_real_instruments_is_rehearsed_in_the_background(app, station, db):
    """The window of a station without instruments in reach: nothing is opened before a runner starts."""
    asked = []
    window = window_module.Window(replace(station, simulation=None), db, lambda: None, asked.append)
    try:
        fill_in(window).queue_button.click()
        wait(lambda: asked, "a rehearsal")
        (job,) = jobs_of(db)
        assert (asked, job.rehearsal) == ([job.id], "wanted")
        assert "its rehearsal begins in the background" in window.queueing.estimate.text()
        wait(lambda: window.queue.model.rows, "the job in the table")
        assert "waits for its rehearsal" in window.queue.model.rows[0][3]
    finally:
        window._view = None
        window.close()


def test_a_double_click_queues_once_and_a_later_click_queues_again(window, db, monkeypatch):
    panel = fill_in(window)
    wait(lambda: "within the limits" in panel.estimate.text(), "an estimate")
    panel.queue_button.click()
    panel.queue_button.click()
    wait(lambda: "job 1 queued" in panel.estimate.text(), "the first job")
    monkeypatch.setattr(queueing, "ONE_PRESS_S", 1000.0)
    panel.queue_button.click()
    monkeypatch.setattr(queueing, "ONE_PRESS_S", 0.0)
    panel.queue_button.click()
    wait(lambda: "job 2 queued" in panel.estimate.text(), "the second job")
    assert len(jobs_of(db)) == 2


def test_a_changed_form_is_queued_at_once(window, db):
    panel = fill_in(window)
    panel.queue_button.click()
    panel.inputs.temperatures_degc.setText("45, 55")
    panel.queue_button.click()
    wait(lambda: len(jobs_of(db)) == 2, "both jobs")


def test_a_temperature_above_the_limit_is_refused_in_words(window, db):
    panel = fill_in(window)
    panel.inputs.temperatures_degc.setText("40, 600")
    panel.queue_button.click()
    wait(lambda: "not possible" in panel.estimate.text(), "a refusal")
    assert "600" in panel.estimate.text()
    assert jobs_of(db) == []


def test_a_field_that_is_wrong_is_named_and_gets_the_focus_only_when_asked_for(window):
    panel = fill_in(window)
    panel.inputs.dwell_min.setFocus()
    panel.inputs.temperatures_degc.setText("40, warm")
    panel._check_quietly()
    assert QtWidgets.QApplication.focusWidget() is panel.inputs.dwell_min
    panel.check_button.click()
    assert "Temperatures" in panel.estimate.text()
    assert QtWidgets.QApplication.focusWidget() is panel.inputs.temperatures_degc


def test_several_procedures_become_one_protocol(window, db):
    panel = fill_in(window)
    panel.add.click()
    panel.procedure.setCurrentText("EIS")
    panel.add.click()
    panel.queue_button.click()
    wait(lambda: jobs_of(db), "the job")
    protocol = parse_protocol(jobs_of(db)[0].protocol_text, "p.toml")
    names = [entry.procedure_class.__name__ for entry in protocol.procedures]
    assert names == ["TemperatureSteppedEIS", "EIS"]


def test_what_is_changed_above_a_sequence_is_never_left_out_in_silence(window, db):
    panel = fill_in(window)
    for temperatures in ("40", "50"):
        panel.inputs.temperatures_degc.setText(temperatures)
        panel.add.click()
    panel.inputs.temperatures_degc.setText("60")
    panel.queue_button.click()
    wait(lambda: "not in the sequence" in panel.estimate.text(), "the refusal")
    assert jobs_of(db) == []
    panel.replace.click()
    panel.queue_button.click()
    wait(lambda: jobs_of(db), "the job")
    entries = parse_protocol(jobs_of(db)[0].protocol_text, "p.toml").procedures
    assert [entry.parameters["temperatures_degc"] for entry in entries] == [[40.0], [60.0]]


@pytest.mark.parametrize("missing", ["thickness_mm", "diameter_mm"])
def test_a_sample_without_its_size_is_not_queued(window, db, missing):
    panel = fill_in(window)
    field = getattr(panel.sample, missing)
    field.clear()
    panel.queue_button.click()
    assert "not filled in" in panel.estimate.text()
    assert jobs_of(db) == []


def test_a_number_that_is_not_understood_is_scrolled_into_view_in_red_and_nothing_is_queued(window, db):
    panel = fill_in(window)
    window.resize(1024, 600)
    field = panel.inputs.dwell_min
    panel._area.verticalScrollBar().setValue(panel._area.verticalScrollBar().maximum())
    QtTest.QTest.qWait(20)
    assert field.visibleRegion().isEmpty()
    field.setText("5m")
    assert panel.review.text() == "not understood: Dwell: '5m' can be 5 min or 5 ms; write the whole unit"
    panel.queue_button.click()
    QtTest.QTest.qWait(20)
    assert not field.visibleRegion().isEmpty()
    assert field.property("refused")
    assert jobs_of(db) == []


def test_the_line_above_the_buttons_says_what_was_understood(window, db):
    panel = fill_in(window)
    panel.inputs.temperatures_degc.setText("50:115:10")
    panel.inputs.dwell_min.setText("12,5")
    panel.sample.thickness_mm.setText("1,05")
    shown = panel.review.text()
    assert "50:115:10 ends at 110" in shown
    assert "Dwell 12.5 min" in shown
    assert "Thickness 1.05 mm" in shown
    panel.queue_button.click()
    wait(lambda: jobs_of(db), "the job")
    protocol = parse_protocol(jobs_of(db)[0].protocol_text, "p.toml")
    assert protocol.procedures[0].parameters["dwell_min"] == 12.5
    assert protocol.sample.thickness_m == pytest.approx(1.05e-3)


def test_tab_goes_through_the_form_from_top_to_bottom(window):
    panel = window.queueing
    for name in ("BruceVincent", "EIS"):
        panel.procedure.setCurrentText(name)
    QtTest.QTest.qWait(20)  # those of the first are taken away
    heights, widget = [], panel.procedure
    while widget is not panel.check_button:
        inside = isinstance(widget.parent(), QtWidgets.QAbstractSpinBox | QtWidgets.QComboBox)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(panel) and not inside:
            heights.append(widget.mapTo(panel, QtCore.QPoint(0, 0)).y())
        widget = widget.nextInFocusChain()
    assert len(heights) > 20
    assert heights == sorted(heights)


def test_the_button_that_makes_safe_is_in_sight_on_a_small_screen_at_twice_the_size(window):
    window.resize(640, 480)
    wait(lambda: window.width() <= 800, "a window of half a small screen")
    button = window.control.safe
    assert button.mapTo(window, QtCore.QPoint(button.width(), 0)).x() <= window.width()


@pytest.mark.parametrize("name", ["BruceVincent", "DCPolarisation", "TemperatureSteppedEIS"])
def test_no_form_is_cut_at_its_side(window, name):
    window.queueing.procedure.setCurrentText(name)
    bar = window.queueing.findChild(QtWidgets.QScrollArea).horizontalScrollBar()
    wait(lambda: bar.maximum() == 0, "a form as wide as its fields")


def test_the_wheel_turns_no_number_in_the_form(window):
    inputs = window.queueing.inputs
    for field in (inputs.dwell_min, window.queueing.sample.electrodes):
        before = (inputs.values(), window.queueing.sample.electrodes.currentText())
        field.setFocus()
        place = QtCore.QPointF(field.rect().center())
        turn = QtGui.QWheelEvent(
            place,
            QtCore.QPointF(field.mapToGlobal(field.rect().center())),
            QtCore.QPoint(),
            QtCore.QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QtWidgets.QApplication.sendEvent(field, turn)
        assert before == (inputs.values(), window.queueing.sample.electrodes.currentText())


def test_a_protocol_is_saved_and_loaded(window, tmp_path):
    panel = fill_in(window, name='film α "quoted"')
    panel.save_protocol(tmp_path / "p.toml")
    before = panel.text()
    panel.sample.name.setEditText("another")
    panel.load_protocol(
        parse_protocol((tmp_path / "p.toml").read_text(encoding="utf-8"), tmp_path / "p.toml")
    )
    assert panel.text() == before


def test_parameters_of_an_old_run_are_used_again_exactly(old_run, window, db):
    wait(lambda: window.browser.model.rows, "the old run")
    window.browser.table.selectRow(0)
    window.browser.reuse_button.click()
    wait(lambda: window.queueing.sample.name.currentText() == "pellet", "the form filled in")
    parameters = window.queueing.form().parameters
    assert parameters["amplitude_v"] == 0.0123456789012
    assert parameters["temperatures_degc"] == [30.0, 40.0]
    window.queueing.queue_button.click()
    wait(lambda: jobs_of(db), "the job")
    assert parse_protocol(jobs_of(db)[0].protocol_text, "p").sample == parse_protocol(PROTOCOL, "p").sample


def test_an_edited_parameter_is_taken_and_the_others_stay_exact(old_run, window):
    wait(lambda: window.browser.model.rows, "the old run")
    window.browser.table.selectRow(0)
    window.browser.reuse_button.click()
    wait(lambda: window.queueing.sample.name.currentText() == "pellet", "the form filled in")
    window.queueing.inputs.dwell_min.setValue(7)
    parameters = window.queueing.form().parameters
    assert (parameters["dwell_min"], parameters["amplitude_v"]) == (7, 0.0123456789012)


def test_an_old_run_is_drawn_at_once(old_run, window):
    wait(lambda: window._snapshots, "the run")
    wait(lambda: len(window._snapshots[old_run].spectra) == 2, "its spectra")
    assert window._snapshots[old_run].run["status"] == "finished"


def test_a_run_that_is_no_longer_drawn_is_let_go(old_run, window):
    wait(lambda: old_run in window.reader._emitted, "the run")
    window.browser.model.tick([old_run], False)
    wait(lambda: not window.reader._emitted and not window._snapshots, "nothing of it to be left")


def test_runs_are_filtered_by_words_and_state(old_run, window):
    wait(lambda: window.browser.model.rows, "the old run")
    browser = window.browser
    for text, state, shown in (("pell stepped", 0, 1), ("pellet 3", 0, 0), ("", 2, 1), ("", 3, 0)):
        browser.search.setText(text)
        browser.state.setCurrentIndex(state)
        assert browser.filtered.rowCount() == shown


def test_procedures_of_a_laboratory_s_own_file_are_offered(window, tmp_path, db):
    file = tmp_path / "our_own.py"
    file.write_text(
        "from procedures.eis import EIS\n\n\nclass QuickLook(EIS):\n    '''One spectrum in a hurry.'''\n"
    )
    panel = fill_in(window)
    panel.open_procedures(file)
    assert (panel.procedure.currentText(), panel.summary.text()) == ("QuickLook", "One spectrum in a hurry.")
    panel.queue_button.click()
    wait(lambda: jobs_of(db), "the job")
    protocol = parse_protocol(jobs_of(db)[0].protocol_text, jobs_of(db)[0].source)
    assert protocol.procedures[0].reference == "our_own:QuickLook"


def test_a_file_that_is_opened_again_after_an_edit_is_offered_as_it_is_now(window, tmp_path):
    file = tmp_path / "our_edited.py"
    panel = fill_in(window)
    for summary in ("One spectrum in a hurry.", "One spectrum at leisure."):
        file.write_text(f"from procedures.eis import EIS\n\n\nclass QuickLook(EIS):\n    '''{summary}'''\n")
        panel.open_procedures(file)
        assert panel.summary.text() == summary
    assert [panel.procedure.itemText(n) for n in range(panel.procedure.count())].count("QuickLook") == 1


def test_a_job_is_filled_in_again_with_its_sample_as_queued(two_jobs, window):
    press(two_jobs, 2, "reuse")
    wait(lambda: window.queueing.title.text() == "second", "the form filled in")
    assert window.queueing.sample.form().thickness_mm == 0.87654321


def test_a_procedure_with_instruments_of_its_own_is_warned_of(window, tmp_path):
    (tmp_path / "theirs.py").write_text(
        "from pymeasure.experiment import Procedure\n\n\n"
        "class Theirs(Procedure):\n    DATA_COLUMNS = ['x']\n\n    def startup(self):\n        self.x = 1\n"
    )
    panel = fill_in(window)
    panel.open_procedures(tmp_path / "theirs.py")
    panel.check_button.click()
    wait(lambda: "its own instruments" in panel.estimate.text(), "the warning")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_module", "broken.py imports 'no_such_module', which is not installed (line 1)"),
        ("raise SystemExit", "broken.py ends the program when it is imported"),
        ("def f(:", "broken.py, line 1: invalid syntax"),
        ("x = 1", "defines no pymeasure Procedure"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_refused_in_words(window, tmp_path, text, said):
    (tmp_path / "broken.py").write_text(text)
    window.queueing.open_procedures(tmp_path / "broken.py")
    assert said in window.queueing.estimate.text()


@pytest.fixture
def two_jobs(window, db):
    with WriteConnection(db) as connection:
        for title in ("first", "second"):
            protocol = parse_protocol(PROTOCOL.replace("an old one", title), "p.toml")
            Jobs(connection).add(protocol, station=window.station.name)
    wait(lambda: len(window.queue.model.rows) == 2, "the jobs")
    return window.queue


def press(queue, job_id, button):
    queue.select(job_id)
    queue._buttons[button].click()


def test_jobs_are_moved_held_released_and_cancelled_by_buttons(two_jobs, db):
    press(two_jobs, 2, "earlier")
    wait(lambda: [job.id for job in jobs_of(db)] == [2, 1], "the other order")
    press(two_jobs, 1, "hold")
    wait(lambda: jobs_of(db)[1].state == "held", "the hold")
    wait(lambda: two_jobs.model.rows[1][0].state == "held", "the hold in the table")
    press(two_jobs, 1, "hold")
    wait(lambda: jobs_of(db)[1].state == "queued", "the release")
    press(two_jobs, 2, "cancel")
    wait(lambda: jobs_of(db)[-1].state == "cancelled", "the cancellation")
    wait(lambda: two_jobs.model.rows[-1][0].state == "cancelled", "the cancellation in the table")
    press(two_jobs, 2, "retry")
    wait(lambda: jobs_of(db)[-1].state == "queued", "the job queued again")


def test_pause_and_resume_reach_the_queue(window, db):
    with WriteConnection(db) as connection:
        window.control.pause.click()
        wait(lambda: Pauses(connection).in_force(), "the pause")
        assert Pauses(connection).in_force().after == "step"
        wait(lambda: window.control.resume.isVisible(), "the button that resumes")
        window.control.resume.click()
        press_in_box(window, "Resume heats", "&Resume")
        wait(lambda: Pauses(connection).in_force() is None, "the end of the pause")


def test_a_running_job_is_skipped_and_aborted_by_keys(window, station, db):
    job_id = run_in(station, db)
    wait(lambda: window.control.abort.isEnabled(), "the running job")
    window.activateWindow()
    QtTest.QTest.keyClick(window, "k", Qt.KeyboardModifier.ControlModifier)
    with WriteConnection(db) as connection:
        wait(lambda: Requests(connection).pending(job_id), "the first request")
        QtTest.QTest.keyClick(window, "b", Qt.KeyboardModifier.ControlModifier)
        press_in_box(window, f"Abort job {job_id}?", "&Abort")
        wait(lambda: len(Requests(connection).pending(job_id)) == 2, "both requests")
        assert [request.kind for request in Requests(connection).pending(job_id)] == ["skip step", "cancel"]


def test_a_dead_runner_turns_the_bar_red_and_is_named(window, station, db):
    program = (
        "import sys; from pathlib import Path; from labctl.store.transactions import WriteConnection\n"
        "from labctl.queue.heartbeat import Heartbeats\n"
        "Heartbeats(WriteConnection(Path(sys.argv[1])), 'runner', sys.argv[2]).begin()\n"
        "print('alive', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(db), station.name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as runner:
        assert runner.stdout.readline().strip() == b"alive"
        wait(lambda: window.control.property("station") == "well", "a live runner")
        runner.kill()
    wait(lambda: window.control.property("station") == "trouble", "red")
    assert "DEAD" in window.control.state.text()
    assert "NO SUPERVISOR" in window.control.details.text()
    assert window.control.start.isVisible()


def test_a_vanished_database_is_told_and_not_made_again(window, db):
    away = db.with_name("away.db")
    db.rename(away)
    wait(lambda: "gone" in window.trouble.text(), "the sentence")
    fill_in(window).queue_button.click()
    wait(lambda: "gone" in window.queueing.estimate.text(), "the refusal")
    assert not db.exists()
    away.rename(db)
    wait(lambda: window.trouble.text() == "", "all well again")


def test_a_fault_in_one_question_leaves_the_next_one_answered(window):
    answers = []
    window.asker.ask(lambda connection: 1 / 0)
    window.asker.ask(lambda connection: 42, answers.append)
    wait(lambda: answers, "the second answer")
    assert "ZeroDivisionError" in window.warning.text()


def test_an_old_look_is_never_shown_as_the_state_of_now(window, monkeypatch):
    look, broken = reading.read_station_view, [True]
    monkeypatch.setattr(window_module, "UNSEEN_AFTER_S", 0.5)
    monkeypatch.setattr(
        reading, "read_station_view", lambda *given: {}["a fault"] if broken else look(*given)
    )
    wait(lambda: "KeyError" in window.trouble.text(), "the sentence")
    wait(lambda: "CANNOT BE SEEN" in window.control.state.text(), "that nobody knows")
    assert window.control.property("station") == "trouble"
    broken.clear()
    wait(lambda: "no runner" in window.control.state.text(), "a look again")
    wait(lambda: window.trouble.text() == "", "all well again")


def test_a_full_disk_refuses_the_job_in_words(window, db, monkeypatch):
    opened = transactions.open_for_writing

    def open_without_space(path, *arguments):
        connection = opened(path, *arguments)
        connection.execute("PRAGMA max_page_count = 1")
        return connection

    panel = fill_in(window)
    panel.title.setText("long " * 5000)
    monkeypatch.setattr(transactions, "open_for_writing", open_without_space)
    panel.queue_button.click()
    wait(lambda: "disk is full" in panel.estimate.text(), "the refusal")
    monkeypatch.undo()
    assert jobs_of(db) == []


def test_what_happened_to_the_station_stands_in_the_log(window, db):
    with WriteConnection(db) as connection, connection.transaction():
        row = {
            "time_s": 0.0,
            "level": "error",
            "kind": "process",
            "message": "the runner ended unexpectedly",
        }
        connection.insert("events", row)
    log = next(tab for tab in window.tabs if tab.name == "Log")
    window.tab_widget.setCurrentWidget(log)
    wait(lambda: log.model.items, "the event")
    assert log.model.line(0).cells[1:] == ("", "ERROR", "process", "the runner ended unexpectedly")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a screen")
def test_without_a_screen_a_sentence_says_so(monkeypatch, tmp_path):
    for name in SCREENS:
        monkeypatch.delenv(name, raising=False)
    file, db = tmp_path / "station.toml", tmp_path / "lab.db"
    file.write_text(STATION, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="no screen"):
        gui(station=file, db=db, scheme="system")
    assert not db.exists()


def test_a_second_window_says_so(window, db):
    first = lock_against_second_window(window, db)
    assert "both may be used" not in window.statusBar().currentMessage()
    second = lock_against_second_window(window, db)
    assert "both may be used" in window.statusBar().currentMessage()
    first.unlock()
    del second


def test_nothing_in_the_window_writes_over_the_database(old_run, window, db):
    before = db.read_bytes()
    for tab in window.tabs:
        for write in (tab.export_data, tab.export_picture):
            with pytest.raises(ValueError, match=r"\.csv|\.png|database"):
                write(db)
    with pytest.raises(ValueError, match=r"\.toml"):
        fill_in(window).save_protocol(db)
    assert db.read_bytes() == before


def test_a_procedure_that_is_gone_is_told_when_its_job_is_filled_in_again(window, db):
    with WriteConnection(db) as connection:
        Jobs(connection).add(parse_protocol(PROTOCOL, "p.toml"), station=window.station.name)
    (job,) = jobs_of(db)
    text = job.protocol_text.replace("temperature_stepped_eis", "of_last_year")
    window._fill_in(replace(job, protocol_text=text))
    wait(lambda: "of_last_year" in window.warning.text(), "the sentence")
    assert window.warning_bar.isVisible()


def test_closing_asks_while_a_job_runs_and_may_be_refused(window, station, db):
    run_in(station, db)
    wait(lambda: window._view.running_job is not None, "the running job")
    window.close()
    press_in_box(window, "A job is under way", "&Stay")
    assert window.isVisible()
    window.close()
    press_in_box(window, "A job is under way", "&Pause after this step")
    assert not window.isVisible()
    with WriteConnection(db) as connection:
        assert Pauses(connection).in_force().after == "step"


def test_a_resume_that_is_not_confirmed_keeps_the_queue_paused(window, db):
    with WriteConnection(db) as connection:
        Pauses(connection).pause("job")
        wait(lambda: window.control.resume.isVisible(), "the button that resumes")
        window.activateWindow()
        QtTest.QTest.keyClick(window, "r", Qt.KeyboardModifier.ControlModifier)
        box = open_box(window, "Resume heats")
        assert box.defaultButton().text() == "&Stay paused"
        QtTest.QTest.keyClick(box, Qt.Key.Key_Return)
        assert open_boxes(window) == []
        window.asker.stop()  # answers everything asked before
        assert Pauses(connection).in_force()


def test_pause_and_resume_have_different_keys(window):
    assert window.control.pause.shortcut().toString() == "Ctrl+P"
    assert window.control.resume.shortcut().toString() == "Ctrl+R"


def test_dark_and_light_are_both_readable(window):
    grounds = {}
    for scheme in ("dark", "light"):
        window.choose_scheme(scheme)
        dark = scheme == "dark"
        wait(lambda dark=dark: all(tab.appearance.dark == dark for tab in window.tabs), scheme)
        palette = window.palette()
        ground, text = (
            palette.color(role).lightness()
            for role in (palette.ColorRole.Window, palette.ColorRole.WindowText)
        )
        grounds[scheme] = ground
        assert abs(ground - text) > 120, scheme
    assert grounds["dark"] < grounds["light"]


def test_every_field_and_button_can_be_reached_and_named_without_a_mouse(window):
    for kind in (QtWidgets.QPushButton, QtWidgets.QLineEdit, QtWidgets.QComboBox, QtWidgets.QTableView):
        for widget in window.findChildren(kind):
            hidden_inside = isinstance(widget.parent(), QtWidgets.QAbstractSpinBox | QtWidgets.QComboBox)
            if (
                hidden_inside
                or not widget.isVisibleTo(window)
                or Path(widget.objectName()).name.startswith("qt_")
            ):
                continue
            assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, widget.objectName()


def test_a_filter_holds_for_one_column(old_run, window):
    wait(lambda: window.browser.model.rows, "the old run")
    browser = window.browser
    browser.search.setText("stepped")
    for column, shown in (("Procedure", 1), ("Sample", 0), ("any column", 1)):
        browser.column.setCurrentText(column)
        assert browser.filtered.rowCount() == shown


def test_the_parameters_of_the_chosen_run_and_job_are_shown(old_run, window, db):
    wait(lambda: window.browser.model.rows, "the old run")
    window.browser.table.selectRow(0)
    details = window.browser.details
    assert ("amplitude_v", "0.0123456789") in lines_of(details)
    details.selectAll()
    QtTest.QTest.keyClick(details, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "dwell_min\t1" in QtWidgets.QApplication.clipboard().text()
    panel = fill_in(window)
    panel.queue_button.click()
    wait(lambda: window.queue.model.rows, "the job in the table")
    window.queue.select(1)
    assert ("temperatures_degc", "40, 50") in lines_of(window.queue.details)
    assert ("sample thickness_mm", "1") in lines_of(window.queue.details)


def lines_of(details):
    items = [details.topLevelItem(n) for n in range(details.topLevelItemCount())]
    return [(item.text(0), item.text(1)) for item in items]


def test_three_queued_jobs_are_told_apart(window, station, db):
    with WriteConnection(db) as connection:
        for amplitude in ("0.01", "0.02", "0.05"):
            text = PROTOCOL.replace("0.0123456789012", amplitude)
            Jobs(connection).add(parse_protocol(text, "p.toml"), station=station.name)
    wait(lambda: len(window.queue.model.rows) == 3, "three jobs")
    place = [column.heading for column in window.queue.model.columns].index("Differs in")
    shown = [window.queue.model.index(row, place).data() for row in range(3)]
    assert shown == ["amplitude_v 0.01", "amplitude_v 0.02", "amplitude_v 0.05"]


def test_a_parameter_gets_a_column_from_the_menu_of_the_headings(old_run, window):
    wait(lambda: window.browser.model.rows, "the old run")
    browser = window.browser
    (entry,) = (action for action in browser.column_menu().actions() if action.text() == "amplitude_v")
    entry.setChecked(True)
    place = [column.heading for column in browser.model.columns].index("amplitude_v")
    assert browser.model.index(0, place).data() == "0.0123456789"
    entry.setChecked(False)
    assert browser.parameter_names() == []


def test_the_button_for_another_sample_fills_in_all_but_name_and_thickness(old_run, window, db):
    wait(lambda: window.browser.model.rows, "the old run")
    window.browser.table.selectRow(0)
    assert window.browser.like_button.text() == f"As run {old_run}, another sample"
    window.browser.like_button.click()
    panel = window.queueing
    wait(lambda: panel.inputs.amplitude_v.text().startswith("0.0123"), "the form filled in")
    assert panel.sample.name.currentText() == ""
    panel.queue_button.click()
    assert jobs_of(db) == []
    panel.sample.name.setEditText("pellet 8")
    panel.sample.thickness_mm.setText("1,2")
    panel.queue_button.click()
    wait(lambda: jobs_of(db), "the job")
    protocol = parse_protocol(jobs_of(db)[0].protocol_text, "p.toml")
    assert (protocol.sample.name, protocol.sample.thickness_m) == ("pellet 8", 1.2e-3)
    assert protocol.sample.area_m2 == pytest.approx(3.14159265e-4 / 4)
    assert protocol.procedures[0].parameters["amplitude_v"] == 0.0123456789012


def entry_of(menu, text):
    (found,) = (action for action in menu.actions() if action.text() == text)
    return found


def test_the_menu_of_a_run_hides_colours_and_shows_it(old_run, window):
    wait(lambda: window._snapshots, "the run")
    browser = window.browser
    browser.table.selectRow(0)
    entry_of(browser.context, "Hide").trigger()
    assert browser.ticked() == []
    colour = entry_of(browser.context, "Colour").menu().actions()[3]
    colour.trigger()
    wait(lambda: window._snapshots, "the run again")
    assert window.tabs[0].runs[0].colour == colour.text()
    entry_of(browser.context, "Use parameters again").trigger()
    wait(lambda: window.queueing.sample.name.currentText() == "pellet", "the form filled in")


def test_a_run_that_is_left_out_for_less_than_a_look_is_drawn_again(old_run, window):
    wait(lambda: window._snapshots, "the run")
    window.drawn.follow([])
    window.drawn.follow([1])
    assert not window._snapshots
    wait(lambda: window._snapshots, "the run again")


def write_and_wait(window, path, write):
    window.writing.write_runs(path, lambda database: write(database, [1], path))
    said = window.statusBar().currentMessage
    wait(lambda: said() == f"{path} written" or window.warning.text(), path.name, 5 * PATIENCE_S)
    assert not window.warning.text()
    assert path.stat().st_size > 0


def test_runs_are_exported_from_the_window_and_never_over_the_database(old_run, window, tmp_path):
    write_and_wait(window, tmp_path / "runs.zip", export_runs)
    window.writing.write_runs(window.db, lambda database: None)
    assert "must end in" in window.warning.text()


def test_a_report_is_written_from_the_window(old_run, window, tmp_path):
    pytest.importorskip("jinja2", reason="needs the extra report")
    write_and_wait(window, tmp_path / "page.html", report_runs)
