"""Layout in small windows, and what is remembered of it."""

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from qtpy import QtCore, QtTest, QtWidgets
from qtpy.QtCore import Qt

from labctl.gui.flow_layout import FlowLayout
from labctl.gui.remembered import remember, restore

TWICE_AS_LARGE = (512, 384)  # 1024x768 at 200 %


def shrink(window, width, height):
    window.resize(width, height)
    QtTest.QTest.qWait(50)


def inside(widget, window):
    area = QtCore.QRect(widget.mapTo(window, QtCore.QPoint(0, 0)), widget.size())
    return window.rect().contains(area)


@pytest.mark.parametrize("size", [TWICE_AS_LARGE, (640, 480), (1024, 768), (1280, 800), (1920, 1080)])
def test_status_bar_and_make_safe_are_on_screen_and_the_plot_has_half_of_the_width(window, size):
    shrink(window, *size)
    assert (window.width(), window.height()) == size
    window.control.outcome.setText("SAFE since 22:26, heater off, read back")
    window.control.outcome.setVisible(True)
    QtTest.QTest.qWait(20)
    for widget in (window.statusBar(), window.control.safe, window.control.outcome):
        assert widget.isVisible()
        assert inside(widget, window)
    assert window.tab_widget.isVisible()
    assert window.tab_widget.width() >= size[0] / 2


def test_f9_and_f10_show_form_and_lower_half_in_the_place_of_the_plots(window):
    shrink(window, *TWICE_AS_LARGE)
    assert not window.queueing.isVisible()
    window.activateWindow()
    QtTest.QTest.keyClick(window, Qt.Key.Key_F9)
    assert (window.queueing.isVisible(), window.middle.isVisible()) == (True, False)
    assert inside(window.queueing.queue_button, window)
    QtTest.QTest.keyClick(window, Qt.Key.Key_F9)
    QtTest.QTest.keyClick(window, Qt.Key.Key_F10)
    assert (window.below.isVisible(), window.tab_widget.isVisible()) == (True, False)
    shrink(window, 1280, 800)
    assert window.queueing.isVisible()
    assert window.tab_widget.isVisible()


def test_the_arrangement_is_remembered(window_of, station, tmp_path):
    settings = QtCore.QSettings(str(tmp_path / "window.ini"), QtCore.QSettings.Format.IniFormat)
    first = window_of(station)
    first.browser.show_parameters(["amplitude_v"])
    first.across.setSizes([500, 700])
    first.choose_scheme("dark")
    panel = first.queueing
    panel.sample.name.setEditText("pellet 8")
    panel.sample.thickness_mm.setText("1,05")
    panel.sample.diameter_mm.setText("10")
    panel.inputs.dwell_min.setText("12,5")
    QtTest.QTest.qWait(20)
    sizes = first.across.sizes()
    remember(first, settings)
    second = window_of(station)
    restore(second, settings)
    QtTest.QTest.qWait(20)
    assert second.browser.parameter_names() == ["amplitude_v"]
    assert second.across.sizes()[0] == pytest.approx(sizes[0], abs=20)
    assert second.scheme == "dark"
    assert second.queueing.text() == panel.text()
    second.choose_scheme("light")


def test_a_form_that_is_not_complete_is_not_remembered(window_of, station, tmp_path):
    settings = QtCore.QSettings(str(tmp_path / "window.ini"), QtCore.QSettings.Format.IniFormat)
    remember(window_of(station), settings)
    assert settings.value(f"form/{station.name}") is None
    restore(window_of(station), settings)


def test_a_protocol_that_is_dropped_is_filled_in(window, tmp_path):
    file = tmp_path / "night.toml"
    file.write_text(
        '[sample]\nname = "dropped"\nthickness_mm = 1.0\ndiameter_mm = 10\n'
        '[[procedure]]\nuse = "procedures.eis:EIS"\n'
    )
    window.take_file(file)
    assert window.queueing.sample.name.currentText() == "dropped"
    window.take_file(tmp_path / "spectrum.mpt")
    assert "labctl import" in window.warning.text()


def test_a_row_of_widgets_goes_on_in_the_next_line(app):
    place, row = QtWidgets.QWidget(), FlowLayout(gap=5)
    for _ in range(4):
        button = QtWidgets.QPushButton("x")
        button.setFixedSize(100, 20)
        row.addWidget(button)
    place.setLayout(row)
    assert (row.heightForWidth(415), row.heightForWidth(300), row.heightForWidth(100)) == (20, 45, 95)
    assert row.minimumSize().width() == 100


def test_the_chosen_rows_are_copied_with_headings(window, station, db):
    from labctl.gui.queue_panel import copy_rows
    from labctl.gui.rows_model import Column, RowsModel

    table = window.browser.table
    model = RowsModel(
        [Column("U / V", lambda row: f"{row}"), Column("note", lambda _: "=1+1")], lambda row: row
    )
    table.setModel(model)
    model.show_rows([0.5, 1.5])
    table.selectAll()
    copy_rows(table)
    assert QtWidgets.QApplication.clipboard().text() == "U / V\tnote\n0.5\t'=1+1\n1.5\t'=1+1"
