"""Progress of the job under way, as its procedures emit it, as a bar in the queue."""

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from qtpy import QtGui, QtTest

from labctl.config.protocol import parse_protocol
from labctl.gui.progress_bar import ProgressDelegate, percent_in_words
from labctl.gui.queue_panel import DONE
from labctl.gui.rows_model import Column, RowsModel
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.jobs import Jobs
from labctl.store.transactions import WriteConnection

PROTOCOL = """
[sample]
name = "pellet"
thickness_mm = 1.0
diameter_mm = 10.0
[[procedure]]
use = "procedures.eis:EIS"
"""


def test_the_queue_shows_the_progress_of_the_job_under_way(window, station, db, wait):
    with WriteConnection(db) as connection:
        beats = Heartbeats(connection, "runner", station.name)
        beats.begin()
        protocol = parse_protocol(PROTOCOL, "p.toml")
        first, second = (Jobs(connection).add(protocol, station=station.name) for _ in range(2))
        Jobs(connection).claim(station.name)
        beats.beat(job_id=first, percent=37.6)
    model = window.queue.model

    def done():
        return {row[0].id: model.index(place, DONE).data() for place, row in enumerate(model.rows)}

    wait(lambda: done() == {first: "38 %", second: ""}, "the progress")


def test_a_cell_with_a_percentage_is_drawn_as_a_bar(app):
    from qtpy import QtWidgets

    model = RowsModel([Column("Done", str)], key=str)
    model.show_rows(["80 %", ""])
    table = QtWidgets.QTableView()
    table.setModel(model)
    table.setItemDelegateForColumn(0, ProgressDelegate(table))
    table.setColumnWidth(0, 200)
    table.show()
    QtTest.QTest.qWait(50)

    def colours(row):
        picture = table.viewport().grab(table.visualRect(model.index(row, 0))).toImage()
        line = range(10, picture.width() - 10)
        return {QtGui.QColor(picture.pixel(x, picture.height() // 2)).name() for x in line}

    with_bar, empty = colours(0), colours(1)
    table.close()
    assert len(with_bar) > len(empty)


def test_a_percentage_that_is_not_known_is_empty():
    assert (percent_in_words(None), percent_in_words(0.0), percent_in_words(99.6)) == ("", "0 %", "100 %")
