"""Undo of the last queueing, cancelling and excluding, named in the menu."""

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from qtpy import QtTest
from qtpy.QtCore import Qt

from labctl.config.protocol import parse_protocol
from labctl.measure.run import StopRequest, run_protocol
from labctl.queue.jobs import Jobs
from labctl.store import Database, Store
from labctl.store.queries import amendments
from labctl.store.transactions import WriteConnection

PROTOCOL = """
[sample]
name = "pellet"
thickness_mm = 0.9
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [30.0]
frequency_min_hz = 1000
dwell_min = 1
"""


def entry(window):
    (found,) = (
        action for action in window.menus["Edit"].actions() if action.shortcut().toString() == "Ctrl+Z"
    )
    return found


def states(db):
    with WriteConnection(db) as connection:
        return {job.id: (job.state, job.not_before_s) for job in Jobs(connection).listed()}


def add(db, station, **terms):
    with WriteConnection(db) as connection:
        return Jobs(connection).add(parse_protocol(PROTOCOL, "p.toml"), station=station.name, **terms)


def test_with_nothing_done_there_is_nothing_to_undo(window):
    assert (entry(window).text(), entry(window).isEnabled()) == ("&Undo", False)
    window.undo.undo()


def test_queueing_is_undone_by_the_key_for_the_jobs_that_still_wait(window, station, db, wait):
    jobs = [add(db, station) for _ in range(3)]
    with WriteConnection(db) as connection:
        Jobs(connection).claim(station.name)
    window.queueing.queued.emit(jobs)
    assert entry(window).text() == "&Undo queueing of jobs 1 to 3"
    window.activateWindow()
    window.browser.table.setFocus()
    QtTest.QTest.keyClick(window.browser.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    wait(
        lambda: [state for state, _ in states(db).values()].count("cancelled") == 2,
        "the jobs to be cancelled",
    )
    assert states(db)[jobs[0]][0] == "running"
    wait(lambda: "job 1 no longer waits and stays" in window.statusBar().currentMessage(), "the words")
    assert not entry(window).isEnabled()


def test_cancelling_is_undone_with_hold_and_hour(window, station, db, wait):
    first = add(db, station, not_before_s=4e9, held=True)
    wait(lambda: window.queue.model.rows, "the job in the table")
    window.queue.select(first)
    window.queue._cancel()
    wait(lambda: states(db)[first][0] == "cancelled", "the cancelling")
    wait(lambda: entry(window).text() == f"&Undo cancelling of job {first}", "the entry")
    entry(window).trigger()
    wait(lambda: states(db)[first] == ("held", 4e9), "the job to wait again")


def test_what_can_no_longer_be_undone_is_said_with_the_reason(window, station, db, wait):
    job = add(db, station)
    wait(lambda: window.queue.model.rows, "the job in the table")
    window.queue.select(job)
    window.queue._cancel()
    wait(lambda: entry(window).isEnabled(), "the entry")
    with WriteConnection(db) as connection:
        Jobs(connection).retry(job)
    window.undo.undo()
    wait(lambda: "is not undone" in window.warning.text(), "the reason")
    assert "is queued" in window.warning.text()


def test_the_newest_is_undone_first(window):
    done = []
    for number in range(60):
        window.undo._did(str(number), lambda n=number: done.append(n))
    window.undo.undo()
    window.undo.undo()
    assert done == [59, 58]
    assert entry(window).text() == "&Undo 57"


def test_an_exclusion_is_undone_by_its_revocation(window, station, db, wait):
    protocol = parse_protocol(PROTOCOL, "old.toml")
    with station.open() as bench, Store.open(db) as store:
        run_protocol(protocol, station, bench, store, StopRequest())
    window.corrections.exclude(1)
    from labctl.gui.amendment_forms import ExclusionForm

    wait(lambda: window.findChildren(ExclusionForm), "the form")
    (form,) = window.findChildren(ExclusionForm)
    form.panel.reason.setText("electrode fell off")
    form.panel.preview()
    wait(lambda: form.panel.write_button.isEnabled(), "the preview")
    form.panel.write()
    wait(lambda: entry(window).text().startswith("&Undo exclude spectrum"), "the entry")
    window.undo.undo()

    def in_force():
        with Database(db) as database:
            rows = amendments.of_run(database, 1) if hasattr(amendments, "of_run") else []
            return rows, database.rows("SELECT * FROM amendments")

    wait(lambda: len(in_force()[1]) == 2, "the revocation")
    assert in_force()[1][1]["reason"] == "undone"
