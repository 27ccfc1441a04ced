"""A decimal comma is a decimal point, typed or pasted, and never a thousands separator."""

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from qtpy import QtTest, QtWidgets

from labctl.gui.decimal_field import DecimalField
from labctl.gui.inputs import ProcedureInputs
from procedures.temperature_stepped_eis import TemperatureSteppedEIS


def paste(field, text):
    QtWidgets.QApplication.clipboard().setText(text)
    field.selectAll()
    field.lineEdit().paste()


def test_a_comma_typed_or_pasted_into_a_field_is_a_point(app):
    field = DecimalField(1000, " cm²")
    field.selectAll()
    QtTest.QTest.keyClicks(field, "1,05")
    assert (field.value(), field.lineEdit().text()) == (1.05, "1.05 cm²")
    paste(field, "2,25")
    assert field.value() == 2.25
    paste(field, "1,000.5")
    assert field.value() == 2.25


def test_a_comma_in_a_number_of_a_procedure_is_a_point(app):
    inputs = ProcedureInputs(TemperatureSteppedEIS)
    inputs.load({"band_k": 0.25})
    for name in ("dwell_min", "amplitude_v", "band_k", "frequency_max_hz"):
        field = getattr(inputs, name)
        field.selectAll()
        QtTest.QTest.keyClicks(field, "1,05")
        assert field.value() == 1.05, name


def test_a_number_with_a_comma_is_not_pasted_into_a_procedure(app):
    inputs = ProcedureInputs(TemperatureSteppedEIS)
    inputs.load({"dwell_min": 30.0})
    paste(inputs.dwell_min, "1,05")
    assert inputs.values()["dwell_min"] == 30.0
