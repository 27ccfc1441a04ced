"""Procedures of the shapes of pymeasure's examples, unchanged: filled in, measured, and drawn."""

import sys

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from qtpy import QtWidgets

from labctl.config.protocol import parse_protocol
from labctl.measure.run import StopRequest, run_protocol
from labctl.store import Database, Store

FILE = '''
import logging
import random
from time import sleep

import numpy as np
from pymeasure.display.inputs import ScientificInput
from pymeasure.experiment import (
    BooleanParameter, FloatParameter, IntegerParameter, ListParameter, Parameter, Procedure, VectorParameter,
)

log = logging.getLogger('')
log.addHandler(logging.NullHandler())


class Numbers(Procedure):
    """As of the examples of a window, of a table, of an estimator and of a sequencer."""

    count = IntegerParameter('Number of Loops', default=4)
    wait = FloatParameter('Wait', units='s', default=0.001)
    start = Parameter('Start of Chance', default='7')

    DATA_COLUMNS = ['Loop', 'Chance']

    def startup(self):
        log.info("random numbers begin")
        random.seed(self.start)

    def execute(self):
        for loop in range(self.count):
            self.emit('results', {'Loop': loop, 'Chance': random.random()})
            self.emit('progress', 100 * loop / self.count)
            sleep(self.wait)
            if self.should_stop():
                log.warning("asked to stop")
                break

    def shutdown(self):
        log.info("over")

    def get_estimates(self, sequence_length=None, sequence=None):
        took = self.count * self.wait
        return [("Takes", "%g s" % took), ("All take", "%g s" % (took * sequence_length))]


class Picture(Procedure):
    """As of the example of an image."""

    X_start = FloatParameter("X Start", units="m", default=0.)
    X_end = FloatParameter("X End", units="m", default=0.5)
    X_step = FloatParameter("X Step", units="m", default=0.1)
    Y_start = FloatParameter("Y Start", units="m", default=-1.)
    Y_end = FloatParameter("Y End", units="m", default=-0.7)
    Y_step = FloatParameter("Y Step", units="m", default=0.1)

    DATA_COLUMNS = ["X", "Y", "brightness"]

    def execute(self):
        for x in np.arange(self.X_start, self.X_end, self.X_step):
            for y in np.arange(self.Y_start, self.Y_end, self.Y_step):
                self.emit("results", {'X': x, 'Y': y, 'brightness': np.float64(x * y)})


class Gallery(Procedure):
    """As of the gallery of inputs."""

    scientific = FloatParameter("Scientific", default=1e-9, ui_class=ScientificInput)
    on = BooleanParameter("On", default=True)
    gain = ListParameter("Gain", choices=["low", "high"], default="low", group_by="on")
    place = VectorParameter("Place", length=3, units="mm", default=[1, 2, 3])

    DATA_COLUMNS = ["Place", "Gain"]

    def execute(self):
        for coordinate in self.place:
            self.emit("results", {"Place": coordinate, "Gain": self.gain})
'''
CLASSES = ("Numbers", "Picture", "Gallery")


@pytest.fixture
def examples(window, tmp_path):
    (tmp_path / "examples_of_pymeasure.py").write_text(FILE)
    panel = window.queueing
    panel.open_procedures(tmp_path / "examples_of_pymeasure.py")
    panel.sample.name.setEditText("film")
    panel.sample.thickness_mm.setText("1")
    panel.sample.diameter_mm.setText("10")
    yield window
    sys.modules.pop("examples_of_pymeasure", None)


def choose(window, name):
    panel = window.queueing
    panel.procedure.setCurrentIndex(panel.procedure.findText(name))
    return panel


def measure(window, db, station, name):
    panel = choose(window, name)
    protocol = parse_protocol(panel.text(), str(db.parent / "window.toml"))
    with station.open() as bench, Store.open(db) as store:
        (outcome,) = run_protocol(protocol, station, bench, store, StopRequest())
    assert outcome.status == "finished"
    return outcome.run_id


def tab(window, name):
    found = next(tab for tab in window.tabs if tab.name == name)
    window.tab_widget.setCurrentWidget(found)
    return found


def test_its_estimates_are_shown_for_one_job_and_for_a_sweep(examples, wait):
    panel = choose(examples, "Numbers")
    panel.check()
    wait(lambda: "All take: 0.004 s" in panel.estimate.text(), "the estimates")
    panel.sweep.setChecked(True)
    panel.sweep.load_text('- "Number of Loops", "[1, 2]"\n-- "Wait", "[0.1, 0.2, 0.3]"\n')
    wait(lambda: "All take: 0.024 s" in panel.estimate.text(), "the estimates of the sweep")
    assert "6 jobs" in panel.review.text()


def test_its_numbers_are_drawn_its_rows_listed_and_its_messages_kept(examples, db, station, wait):
    run_id = measure(examples, db, station, "Numbers")
    wait(lambda: run_id in examples._snapshots, "the run to be drawn")
    records, rows, log = tab(examples, "Records"), tab(examples, "Rows"), tab(examples, "Log")
    assert records.plot.curves.points(run_id)[0].tolist() == [0, 1, 2, 3]
    wait(lambda: rows.model.rowCount() == 4, "its rows")
    assert rows.model.columns[-2:] == ["Loop", "Chance"]
    with Database(db) as database:
        messages = database.rows("SELECT message FROM events WHERE kind = 'procedure' ORDER BY id")
    assert [row["message"] for row in messages] == ["random numbers begin", "over"]
    assert log.isVisible()


def test_its_image_has_its_pixels(examples, db, station, wait):
    run_id = measure(examples, db, station, "Picture")
    wait(lambda: run_id in examples._snapshots, "the run to be drawn")
    image = tab(examples, "Image").item.image
    assert image.shape == (5, 4)
    assert image[4, 0] == pytest.approx(-0.4)


def test_its_inputs_are_fields_with_their_values(examples, db, station, wait):
    panel = choose(examples, "Gallery")
    assert isinstance(panel.inputs.scientific, QtWidgets.QAbstractSpinBox)
    panel.inputs.gain.setCurrentText("high")
    panel.inputs.on.setChecked(False)
    assert not panel.inputs.gain.isVisibleTo(panel.inputs)
    panel.inputs.place.setText("4, 5, 6")
    run_id = measure(examples, db, station, "Gallery")
    with Database(db) as database:
        (run,) = database.rows("SELECT parameters FROM runs WHERE id = ?", (run_id,))
        rows = [row["data"] for row in database.rows("SELECT data FROM records")]
    assert run["parameters"] == {"scientific": 1e-9, "on": False, "gain": "high", "place": [4.0, 5.0, 6.0]}
    assert rows[0] == {"Place": 4.0, "Gain": "high"}
