"""The sweep in the form: levels edited as in pymeasure's sequencer, reviewed, and queued all or none."""

import io

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from pymeasure.experiment.sequencer import SequenceHandler
from qtpy import QtTest, QtWidgets
from qtpy.QtCore import Qt

from labctl.config.protocol import parse_protocol
from labctl.gui.remembered import remember, restore
from labctl.queue.jobs import Jobs
from labctl.store.transactions import WriteConnection

OWN = """
from pymeasure.experiment import FloatParameter, IntegerParameter, Procedure

class Ramp(Procedure):
    start = FloatParameter("Start", units="V", default=0.0)
    points = IntegerParameter("Points", default=3)
    DATA_COLUMNS = ["Point", "Voltage"]

    def execute(self):
        for n in range(self.points):
            self.emit("results", {"Point": n, "Voltage": self.start + n})

    def get_estimates(self, sequence_length=None, sequence=None):
        return [("Points", str(self.points)), ("Sweep", f"{sequence_length} jobs")]
"""


@pytest.fixture
def ramp(window, tmp_path):
    """The form with a procedure of the laboratory, complete but for its sweep."""
    (tmp_path / "own_ramp.py").write_text(OWN)
    panel = window.queueing
    panel.open_procedures(tmp_path / "own_ramp.py")
    panel.sample.name.setEditText("film")
    panel.sample.thickness_mm.setText("1")
    panel.sample.diameter_mm.setText("10")
    panel.sweep.setChecked(True)
    return window


def jobs_of(db):
    with WriteConnection(db) as connection:
        return Jobs(connection).listed()


def field_of(box, row, kind=QtWidgets.QLineEdit):
    index = [*box._model][row]
    return box.tree.indexWidget(index.siblingAtColumn(2 if kind is QtWidgets.QLineEdit else 1))


def test_each_combination_becomes_a_job_with_its_parameters(ramp, db, wait):
    box = ramp.queueing.sweep
    box.add(False, "Start")
    QtTest.QTest.keyClicks(field_of(box, 0), "0, 1, 2")
    box.add(True, "Points")
    QtTest.QTest.keyClicks(field_of(box, 1), "range(2, 4)")
    assert "6 jobs: Start 0, 1, 2; within it Points 2, 3" in ramp.queueing.review.text()
    wait(lambda: "6 jobs, together" in ramp.queueing.estimate.text(), "the estimate")
    assert ramp.queueing.estimate.text().endswith("Points: 3\nSweep: 6 jobs")
    ramp.queueing.queue()
    wait(lambda: len(jobs_of(db)) == 6, "the jobs")
    jobs = jobs_of(db)
    found = [parse_protocol(job.protocol_text, job.source).procedures[0].parameters for job in jobs]
    assert [(one["start"], one["points"]) for one in found] == [(s, p) for s in (0, 1, 2) for p in (2, 3)]
    assert jobs[1].title == "film: Ramp 2/6 (start = 0, points = 3)"


def test_a_level_that_is_not_understood_is_named_and_nothing_is_queued(ramp, db):
    box = ramp.queueing.sweep
    box.add(False, "Start")
    QtTest.QTest.keyClicks(field_of(box, 0), "37,5")
    assert "not understood: Start: '37,5'" in ramp.queueing.review.text()
    ramp.queueing.queue()
    assert "Start" in ramp.queueing.estimate.text()
    QtTest.QTest.qWait(50)
    assert jobs_of(db) == []


def test_a_parameter_that_is_chosen_counts_at_once(ramp):
    box = ramp.queueing.sweep
    box.add(False, "Start", "[1, 2]")
    choices = field_of(box, 0, QtWidgets.QComboBox)
    choices.setFocus()
    QtTest.QTest.keyClick(choices, Qt.Key.Key_Home)
    choices.activated.emit(choices.currentIndex())
    assert box.jobs() == [{"points": 1}, {"points": 2}]


def test_a_sweep_is_saved_and_loaded_in_the_format_of_pymeasure(ramp, tmp_path):
    box = ramp.queueing.sweep
    box.add(False, "Start", "0:1:0.5")
    box.add(True, "Points", "[2]")
    box.save_file(tmp_path / "sweep.txt")
    text = (tmp_path / "sweep.txt").read_text()
    assert len(SequenceHandler(file_obj=io.StringIO(text)).parameters_sequence()) == 3
    before = box.jobs()
    box.load_text('- "points", "[7]"\n')
    assert box.jobs() == [{"points": 7}]
    box.load_file(tmp_path / "sweep.txt")
    assert box.jobs() == before
    box.load_text('- "Start", "[1]"\n')
    (tmp_path / "wrong.txt").write_text('- "Current", "[1]"\n')
    box.load_file(tmp_path / "wrong.txt")
    assert "Current" in ramp.queueing.estimate.text()
    assert box.jobs() == [{"start": 1}]


def test_levels_are_removed_with_those_inside(ramp):
    box = ramp.queueing.sweep
    box.add(False, "Start", "[1]")
    box.add(True, "Points", "[2]")
    box.tree.setCurrentIndex(next(iter(box._model)))
    box._remove()
    assert box.jobs() == []


def test_a_sequence_and_a_sweep_are_not_mixed(ramp):
    ramp.queueing.add.click()
    ramp.queueing.sweep.add(False, "Start", "[1, 2]")
    with pytest.raises(ValueError, match="empty the sequence"):
        ramp.queueing.texts()


def test_another_procedure_has_no_sweep_over_parameters_that_it_lacks(ramp):
    ramp.queueing.sweep.add(False, "Start", "[1, 2]")
    ramp.queueing.procedure.setCurrentIndex(0)
    assert ramp.queueing.sweep.jobs() == []
    assert not ramp.queueing.sweep.isChecked()


def test_the_sweep_is_remembered(ramp, window_of, station, tmp_path):
    from qtpy import QtCore

    settings = QtCore.QSettings(str(tmp_path / "window.ini"), QtCore.QSettings.Format.IniFormat)
    ramp.queueing.sweep.add(False, "Start", "[1, 2]")
    remember(ramp, settings)
    second = window_of(station)
    restore(second, settings)
    assert second.queueing.sweep.jobs() == [{"start": 1}, {"start": 2}]
