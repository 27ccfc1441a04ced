"""A field shows a number as it is understood, or is red; an empty one has no value."""

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from qtpy import QtTest, QtWidgets
from qtpy.QtCore import Qt

from labctl.gui.inputs import ProcedureInputs
from labctl.gui.number_field import NotFilledIn, NumberField, NumbersField, in_words
from procedures.temperature_stepped_eis import TemperatureSteppedEIS


def type_into(field, text):
    field.selectAll()
    QtTest.QTest.keyClicks(field, text)


def leave(field):
    QtTest.QTest.keyClick(field, Qt.Key.Key_Return)


def is_red(field):
    return bool(field.property("refused"))


def test_a_number_is_rewritten_as_it_was_understood(app):
    field = NumberField(1000, "mm")
    type_into(field, "0,105 cm")
    assert field.value() == 1.05
    leave(field)
    assert field.text() == "1.05 mm"
    assert not is_red(field)


def test_a_text_that_is_not_understood_stays_and_is_red_until_it_is_mended(app):
    field = NumberField(1000, "mm")
    field.setValue(2.0)
    type_into(field, "5m")
    leave(field)
    assert (field.text(), is_red(field)) == ("5m", True)
    with pytest.raises(NotFilledIn, match="5 m or 5 mm"):
        field.value()
    type_into(field, "5 mm")
    assert (field.value(), is_red(field)) == (5.0, False)


def test_an_empty_field_has_no_value(app):
    field = NumberField(1000, "mm", "not filled in")
    assert field.value() is None
    field.setValue(2.0)
    field.clear()
    assert (field.value(), in_words(field)) == (None, "")


def test_a_number_out_of_its_limits_is_refused_and_not_moved_to_the_limit(app):
    field = NumberField(3, "V", low=1e-4)
    type_into(field, "50")
    with pytest.raises(NotFilledIn, match=r"50 V is not from 0\.0001 to 3 V"):
        field.value()


def test_a_field_of_whole_numbers_refuses_a_fraction(app):
    field = NumberField(100, whole=True)
    type_into(field, "10.5")
    with pytest.raises(NotFilledIn, match="whole"):
        field.value()
    type_into(field, "1e1")
    assert field.value() == 10


def test_a_value_that_was_set_is_exact_until_it_is_edited(app):
    field = NumberField(3, "V")
    field.setValue(0.0123456789012345)
    assert field.text() == "0.0123456789 V"
    leave(field)
    assert field.value() == 0.0123456789012345


def test_the_arrow_keys_change_a_number_that_has_a_step(app):
    field = NumberField(10, "V")
    field.setValue(9.5)
    QtTest.QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.value() == 9.5
    field.set_step(1)
    QtTest.QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.value() == 10


def test_a_range_that_ends_before_its_last_value_says_so(app):
    field = NumbersField("degC")
    type_into(field, "50:115:10")
    assert field.value() == [50, 60, 70, 80, 90, 100, 110]
    assert in_words(field) == "50, 60, 70, …, 110 degC (7); 50:115:10 ends at 110"


def test_an_emptied_number_of_a_procedure_is_not_its_old_number(app):
    inputs = ProcedureInputs(TemperatureSteppedEIS)
    inputs.load({"temperatures_degc": [30.0], "dwell_min": 30.0})
    inputs.dwell_min.clear()
    with pytest.raises(NotFilledIn, match="Dwell: not filled in"):
        inputs.values()


def test_the_form_says_what_it_understood(app):
    inputs = ProcedureInputs(TemperatureSteppedEIS)
    type_into(inputs.temperatures_degc, "30; 40,5")
    type_into(inputs.dwell_min, "1h30min")
    assert inputs.understood() == ["Temperatures 30, 40.5 degC", "Dwell 90 min"]


def test_a_paste_is_read_as_typing_is(app):
    field = NumberField(1000, "cm²")
    QtWidgets.QApplication.clipboard().setText("2,25")
    field.paste()
    assert field.value() == 2.25
    QtWidgets.QApplication.clipboard().setText("1,000")
    field.selectAll()
    field.paste()
    with pytest.raises(NotFilledIn, match="1 or 1000"):
        field.value()
