"""Amending in the window: correct a sample, add a note, exclude a spectrum, revoke; with keys and mouse."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from qtpy import QtCore, QtTest, QtWidgets
from qtpy.QtCore import Qt

import labctl
from labctl.bench import ZERO_CELSIUS_K
from labctl.config.protocol import parse_protocol
from labctl.config.station import read_station
from labctl.gui.amendment_forms import (
    AmendmentsForm,
    CorrectionForm,
    ExclusionForm,
    NoteForm,
    TemperaturesForm,
    _degc_beyond,
    _rounded,
)
from labctl.gui.number_field import NumberField
from labctl.measure.run import StopRequest, run_protocol
from labctl.store import Database, Store
from labctl.testing import STATION

pytestmark = pytest.mark.xdist_group("amending in the window")

PROTOCOL = """
title = "to be corrected"
[sample]
name = "pellet"
thickness_mm = 1.0
thickness_uncertainty_mm = 0.01
diameter_mm = 10.0
[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [30.0, 40.0]
frequency_min_hz = 1000
dwell_min = 1
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Measured once: a file with run 1."""
    folder = tmp_path_factory.mktemp("measured")
    (folder / "station.toml").write_text(STATION)
    protocol, station = parse_protocol(PROTOCOL, "p.toml"), read_station(folder / "station.toml")
    with station.open() as bench, Store.open(folder / "lab.db") as store:
        run_protocol(protocol, station, bench, store, StopRequest())
    return folder / "lab.db"


@pytest.fixture
def db(measured, tmp_path):
    return Path(shutil.copy(measured, tmp_path / "lab.db"))


@pytest.fixture
def window(window_of, station, wait):
    """The window with the run chosen and drawn."""
    window = window_of(station)
    wait(lambda: window.browser.model.rows and window._snapshots, "the run to be drawn")
    choose_run(window)
    return window


def choose_run(window):
    table = window.browser.table
    click(table.viewport(), table.visualRect(window.browser.filtered.index(0, 1)).center())


def click(widget, place=None):
    QtTest.QTest.mouseClick(
        widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, *filter(None, [place])
    )


def type_into(field, text):
    line = field if isinstance(field, QtWidgets.QLineEdit) else field.lineEdit()
    line.setFocus()
    line.selectAll()
    QtTest.QTest.keyClicks(line, text)


def choose_action(window, text, kind, wait):
    """Choose an entry of the menu of corrections; return the form that opens."""
    menu = window.browser.amend_button.menu()
    menu.popup(window.browser.amend_button.mapToGlobal(QtCore.QPoint(0, 0)))
    (action,) = (action for action in menu.actions() if action.text() == text)
    click(menu, menu.actionGeometry(action).center())
    return open_form(window, kind, wait)


def open_form(window, kind, wait):
    wait(lambda: forms(window, kind), f"the form {kind.__name__}")
    (form,) = forms(window, kind)
    assert not form.isModal()
    return form


def forms(window, kind):
    return [form for form in window.findChildren(kind) if form.isVisible()]


def correction(window, wait):
    return choose_action(window, "&Correct sample…", CorrectionForm, wait)


def preview(form, wait):
    click(form.panel.preview_button)
    wait(lambda: form.panel.write_button.isEnabled(), "the preview")


def write(form, window, wait, kind):
    click(form.panel.write_button)
    wait(lambda: not forms(window, kind), "the amendment to be written")


def refusal(form, wait):
    wait(lambda: form.panel.words.property("refused") == "true", "a sentence")
    return form.panel.words.text()


def sigma(db):
    with Database(db) as database:
        return list(database.conductivities("last")["conductivity_s_m"])


def amendments(db):
    with Database(db) as database:
        return database.amendments("last").to_dict("records")


def sigma_shown(window):
    return [
        row["conductivity_s_m"] for snapshot in window._snapshots.values() for row in snapshot.conductivities
    ]


def correct_thickness(window, wait):
    form = correction(window, wait)
    type_into(form.fields.thickness_mm, "1,05")
    type_into(form.panel.reason, "measured again")
    preview(form, wait)
    return form


def test_a_thickness_is_previewed_then_written_and_the_window_shows_the_new_numbers(window, db, wait):
    before = sigma(db)
    form = correct_thickness(window, wait)
    shown = form.panel.numbers.toPlainText()
    assert "thickness 1 mm, ± 0.01 mm -> thickness 1.05 mm, ± 0.01 mm" in shown
    assert "2 conductivities move by 1.05" in shown
    assert (sigma(db), amendments(db)) == (before, [])
    write(form, window, wait, CorrectionForm)
    (row,) = amendments(db)
    assert (row["field"], row["reason"], row["run_id"]) == ("thickness", "measured again", 1)
    assert row["person"] == window.queueing.person.text()
    assert sigma(db) == pytest.approx([1.05 * value for value in before], rel=1e-12)
    wait(lambda: sigma_shown(window) == sigma(db), "the new numbers in the window")
    wait(lambda: "in force: 1 thickness" in window.basis.text(), "the amendment in the line of the window")


def test_the_window_names_the_analysis_and_follows_an_amendment_of_the_command_line(window, db, wait):
    wait(lambda: window.basis.text().startswith("run 1: not amended; analysis 1"), "the analysis")
    arguments = ["amend", "1", "--thickness-mm", "2", "--reason", "typed in a terminal", "--db", db]
    subprocess.run([sys.executable, "-m", "labctl", *map(str, arguments)], check=True, capture_output=True)
    wait(lambda: "in force: 1 thickness" in window.basis.text(), "the amendment")
    assert "analysis 2" in window.basis.text()
    assert sigma_shown(window) == sigma(db)


def test_a_comma_is_a_decimal_point_in_every_field_of_the_window(app, window, wait):
    form = correction(window, wait)
    fields = [*form.findChildren(NumberField), *window.queueing.sample.findChildren(NumberField)]
    assert len(fields) == 31
    for field in fields:
        type_into(field, "1,05")
        assert field.value() == 1.05, field.accessibleName()
        QtTest.QTest.keyClick(field, Qt.Key.Key_Return)
        assert field.text() == f"1.05{field.suffix()}"


def test_only_what_is_changed_is_written(window, db, wait):
    form = correction(window, wait)
    form.fields.size_kind.setCurrentText("Area")
    type_into(form.fields.area_cm2, "0.5")
    type_into(form.fields.cation, "Li+")
    type_into(form.panel.reason, "the electrode had come off")
    preview(form, wait)
    write(form, window, wait, CorrectionForm)
    found = {row["field"]: row["new_value"] for row in amendments(db)}
    assert found.keys() == {"area", "cation"}
    assert found["area"]["area_m2"] == pytest.approx(5e-5)


def test_a_correction_holds_for_all_runs_of_the_sample_if_that_is_chosen(window, db, wait):
    form = correction(window, wait)
    assert [form.target.itemText(n) for n in range(form.target.count())] == [
        "run 1 only",
        "the sample pellet, all its runs: 1",
    ]
    form.target.setCurrentIndex(1)
    type_into(form.fields.thermometer_k, "-0.4")
    type_into(form.panel.reason, "ice point")
    preview(form, wait)
    write(form, window, wait, CorrectionForm)
    (row,) = amendments(db)
    assert (row["sample_id"], row["new_value"]) == (1, {"thermometer_correction_k": -0.4})


@pytest.mark.parametrize(
    ("thickness", "reason", "sentence"),
    [
        ("1", "measured again", "nothing is changed"),
        ("1.1", "", "Reason: say why"),
        ("50", "measured again", "is it in mm?"),
    ],
)
def test_what_cannot_be_written_is_a_sentence_in_the_form(window, db, wait, thickness, reason, sentence):
    form = correction(window, wait)
    type_into(form.fields.thickness_mm, thickness)
    type_into(form.panel.reason, reason)
    click(form.panel.preview_button)
    assert sentence in refusal(form, wait)
    assert not form.panel.write_button.isEnabled()
    assert amendments(db) == []


def test_a_change_by_more_than_ten_times_is_previewed_once_it_is_confirmed(window, wait):
    form = correction(window, wait)
    type_into(form.fields.thickness_mm, "50")
    type_into(form.panel.reason, "a thick one")
    QtTest.QTest.keyClick(form.sure, Qt.Key.Key_Space)
    preview(form, wait)
    assert "move by 50" in form.panel.numbers.toPlainText()


def test_an_edited_field_takes_the_preview_back(window, db, wait):
    form = correct_thickness(window, wait)
    type_into(form.fields.thickness_mm, "1.06")
    assert not form.panel.write_button.isEnabled()
    assert form.panel.numbers.toPlainText() == ""


def test_an_amendment_of_another_person_since_the_preview_is_told_and_nothing_is_written(window, db, wait):
    form = correct_thickness(window, wait)
    with labctl.open(db, write=True) as other:
        other.amend(1, thickness_mm=1.1, reason="another person")
    click(form.panel.write_button)
    assert "amended since the preview; nothing was written" in refusal(form, wait)
    assert [row["reason"] for row in amendments(db)] == ["another person"]


def test_a_file_that_cannot_be_written_is_a_sentence(window, db, wait, monkeypatch):
    form = correct_thickness(window, wait)
    db.rename(db.with_suffix(".moved"))
    click(form.panel.write_button)
    assert "no such file" in refusal(form, wait)
    db.with_suffix(".moved").rename(db)
    assert form.isVisible()


def test_a_note_is_added(window, db, wait):
    form = choose_action(window, "Add a &note…", NoteForm, wait)
    type_into(form.note, "the cable was moved")
    preview(form, wait)
    write(form, window, wait, NoteForm)
    assert amendments(db)[0]["new_value"] == {"remark": "the cable was moved"}
    wait(lambda: "1 note" in window.basis.text(), "the note in the line of the window")


def test_the_chosen_spectrum_is_excluded_and_the_exclusion_revoked(window, db, wait):
    tab = window.tab_widget.widget(0)
    wait(lambda: len(tab._by_key) == 2, "the spectra")
    assert not tab.exclude_button.isEnabled()
    tab.choose([*tab._by_key][1])
    click(tab.exclude_button)
    form = open_form(window, ExclusionForm, wait)
    type_into(form.panel.reason, "a contact was loose")
    preview(form, wait)
    write(form, window, wait, ExclusionForm)
    (row,) = amendments(db)
    assert row["new_value"] == {"spectrum": 1}
    wait(lambda: "1 exclusion" in window.basis.text(), "the exclusion in the line of the window")
    revoke_first(window, db, wait)
    wait(lambda: "not amended" in window.basis.text(), "the revocation in the line of the window")


def test_points_of_a_spectrum_are_excluded_by_their_frequencies_with_a_reason(window, db, wait):
    tab = window.tab_widget.widget(0)
    wait(lambda: len(tab._by_key) == 2, "the spectra")
    tab.choose([*tab._by_key][1])
    click(tab.exclude_button)
    form = open_form(window, ExclusionForm, wait)
    type_into(form.low_hz, "45")
    type_into(form.panel.reason, "hum of the mains")
    click(form.panel.preview_button)
    assert "Points to: give both ends, or none" in refusal(form, wait)
    type_into(form.high_hz, "5k")
    preview(form, wait)
    write(form, window, wait, ExclusionForm)
    (row,) = amendments(db)
    assert row["new_value"] == {"spectrum": 1, "frequency_min_hz": 45.0, "frequency_max_hz": 5000.0}
    assert row["reason"] == "hum of the mains"


def drag_around(plot, place):
    """Drag with the mouse from one corner of a rectangle of the axes to the other."""
    canvas = plot.scene().views()[0]
    begin, end = (
        canvas.mapFromScene(plot.vb.mapViewToScene(corner))
        for corner in (place.topLeft(), place.bottomRight())
    )
    button, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QtTest.QTest.mousePress(canvas.viewport(), button, keys, begin)
    for share in (0.3, 0.6, 1.0):
        step = begin + (end - begin) * share
        QtTest.QTest.mouseMove(canvas.viewport(), step)
        QtTest.QTest.qWait(20)
    QtTest.QTest.mouseRelease(canvas.viewport(), button, keys, end)


def test_points_around_which_the_mouse_is_dragged_are_excluded_and_the_step_is_undone(window, db, wait):
    tab = window.tab_widget.widget(0)
    wait(lambda: len(tab._by_key) == 2, "the spectra")
    key = next(iter(tab._by_key))
    tab.choose(key)
    frequency_hz = tab._by_key[key].spectrum.frequency_hz
    QtTest.QTest.qWait(50)
    tab.mark_button.setChecked(True)
    x, _ = tab.phase.curves.points((*key, "points"))
    third = np.sort(x)[2:4].mean()
    left, bottom = x.min() - 0.02, tab.phase.vb.viewRange()[1][0]
    top = tab.phase.vb.viewRange()[1][1]
    drag_around(tab.phase, QtCore.QRectF(left, bottom, third - left, top - bottom))
    form = open_form(window, ExclusionForm, wait)
    assert not tab.mark_button.isChecked()
    low_hz, high_hz = form.low_hz.value(), form.high_hz.value()
    assert sorted(hz for hz in frequency_hz if low_hz <= hz <= high_hz) == sorted(frequency_hz)[:3]
    type_into(form.panel.reason, "the contact was slow")
    preview(form, wait)
    write(form, window, wait, ExclusionForm)
    (row,) = amendments(db)
    assert row["new_value"] == {"spectrum": 0, "frequency_min_hz": low_hz, "frequency_max_hz": high_hz}
    wait(lambda: tab._by_key[key].spectrum.out.sum() == 3, "the points to be drawn hollow")
    window.undo.undo()
    wait(lambda: not tab._by_key[key].spectrum.out.any(), "the exclusion to be undone")


def test_temperatures_around_which_the_mouse_is_dragged_are_excluded_with_a_reason(window, db, wait):
    tab = window.tab_widget.widget(1)
    window.tab_widget.setCurrentIndex(1)
    wait(lambda: tab._points, "the points")
    QtTest.QTest.qWait(50)
    tab.mark_button.setChecked(True)
    x, _ = tab.plot.curves.points((1, "heating"))
    (_, right), (bottom, top) = tab.plot.vb.viewRange()
    drag_around(tab.plot, QtCore.QRectF(x.mean(), bottom, right - x.mean(), top - bottom))
    form = open_form(window, TemperaturesForm, wait)
    assert (form.low_degc.value(), form.high_degc.value()) == pytest.approx((30.0, 30.0), abs=0.5)
    type_into(form.panel.reason, "the sample was wet")
    preview(form, wait)
    assert "exclusion: from 30 °C, to 30.0" in form.panel.numbers.toPlainText()
    write(form, window, wait, TemperaturesForm)
    (row,) = amendments(db)
    assert set(row["new_value"]) == {"temperature_min_k", "temperature_max_k"}
    wait(lambda: (1, "excluded") in tab._points, "the point to be drawn hollow")


def test_temperatures_are_excluded_by_keyboard_too_and_both_ends_are_needed(window, db, wait):
    form = choose_action(window, "Exclude &temperatures…", TemperaturesForm, wait)
    type_into(form.low_degc, "39")
    type_into(form.panel.reason, "the sample was wet")
    click(form.panel.preview_button)
    assert "give both ends of the range" in refusal(form, wait)
    type_into(form.high_degc, "41")
    preview(form, wait)
    assert amendments(db) == []


def revoke_first(window, db, wait):
    form = choose_action(window, "&Amendments…", AmendmentsForm, wait)
    wait(lambda: form.model.rows, "the list")
    click(form.table.viewport(), form.table.visualRect(form.model.index(0, 1)).center())
    type_into(form.panel.reason, "it was not")
    preview(form, wait)
    click(form.panel.write_button)
    wait(lambda: len(form.model.rows) == 2, "the revocation in the list")
    assert form.model.data(form.model.index(0, 3)) == "revoked by 2"
    assert form.panel.reason.text() == ""


def test_f12_makes_safe_while_a_form_is_open(window, wait):
    form = correction(window, wait)
    pressed = []
    window.stop_key.pressed.connect(lambda: pressed.append(True))
    QtTest.QTest.keyClick(form.fields.thickness_mm, Qt.Key.Key_F12)
    assert pressed == [True]
    wait(lambda: window.control.stop.state in ("safe", "past", "not safe"), "the result")
    assert window.control.safe.isEnabled()


def test_nothing_can_be_corrected_without_a_chosen_run(window):
    window.browser.table.clearSelection()
    assert not window.browser.amend_button.isEnabled()


def test_ends_that_are_rounded_for_a_form_never_leave_out_the_point_marked():
    kelvins = [step / 100 for step in range(20000, 60000, 3)]
    assert all(_degc_beyond(kelvin, -1) + ZERO_CELSIUS_K <= kelvin for kelvin in kelvins)
    assert all(_degc_beyond(kelvin, 1) + ZERO_CELSIUS_K >= kelvin for kelvin in kelvins)
    assert all(
        abs(_degc_beyond(kelvin, way) + ZERO_CELSIUS_K - kelvin) < 0.02
        for kelvin in kelvins
        for way in (-1, 1)
    )
    hertz = [step * 10.0**power for step in range(1000, 9999, 11) for power in (-6, -3, 0, 3)]
    assert all(_rounded(value, -1) <= value <= _rounded(value, 1) for value in hertz)
    assert all(_rounded(value, 1) - _rounded(value, -1) < 3e-3 * value for value in hertz)
