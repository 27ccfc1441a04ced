from datetime import datetime
from decimal import Decimal

import numpy as np
import pytest
from pymeasure.units import ureg

from labctl.measure.columns import Columns

COLUMNS = Columns(["Voltage (V)", "Time (s)", "remark"])


def test_a_misspelt_column_is_an_error_that_says_what_was_meant():
    with pytest.raises(ValueError, match=r"'Voltge \(V\)'.*did you mean 'Voltage \(V\)'"):
        COLUMNS.row({"Voltge (V)": 1.0})


def test_a_strange_column_is_an_error_that_lists_those_there_are():
    with pytest.raises(
        ValueError, match=r"'x' is not in DATA_COLUMNS; there are 'Voltage \(V\)', 'Time \(s\)'"
    ):
        COLUMNS.row({"x": 1.0})


@pytest.mark.parametrize(
    "value", [0.1, 3, True, None, "text, with a comma", [1, 2], np.float32(0.1), np.int64(7)]
)
def test_what_can_be_kept_stays_what_it_is(value):
    assert COLUMNS.row({"remark": value}) == {"remark": value}
    assert COLUMNS.row({"Time (s)": value}) == {"Time (s)": value}


@pytest.mark.parametrize(
    ("value", "volts"), [(ureg.Quantity(3, "mV"), 0.003), ("3 mV", 0.003), (Decimal("0.1"), 0.1)]
)
def test_a_quantity_becomes_the_number_in_the_unit_of_its_column(value, volts):
    assert COLUMNS.row({"Voltage (V)": value})["Voltage (V)"] == pytest.approx(volts, rel=1e-15)


def test_a_quantity_of_another_dimension_is_an_error():
    with pytest.raises(ValueError, match=r"'Voltage \(V\)' cannot hold 3 second"):
        COLUMNS.row({"Voltage (V)": ureg.Quantity(3, "s")})


def test_a_quantity_in_a_column_without_unit_is_its_number_in_base_units():
    assert COLUMNS.row({"remark": ureg.Quantity(3, "km")}) == {"remark": 3000.0}


@pytest.mark.parametrize("value", ["overload", "5", "3 kg"])
def test_a_text_that_is_no_quantity_of_the_column_stays_a_text(value):
    assert COLUMNS.row({"Voltage (V)": value}) == {"Voltage (V)": value}


def test_an_object_is_kept_as_its_text_where_no_unit_promises_a_number():
    noon = datetime(2026, 1, 1, 12)
    assert COLUMNS.row({"remark": noon}) == {"remark": "2026-01-01 12:00:00"}
    with pytest.raises(ValueError, match="holds numbers with a unit, got the complex"):
        COLUMNS.row({"Voltage (V)": 1 + 2j})


def test_a_batch_becomes_its_rows():
    rows = COLUMNS.rows({"Voltage (V)": np.array([1.0, 2.0]), "remark": ["a", "b"]})
    assert rows == [{"Voltage (V)": 1.0, "remark": "a"}, {"Voltage (V)": 2.0, "remark": "b"}]


@pytest.mark.parametrize("batch", [{}, [1, 2], {"remark": "ab"}, {"remark": 1.0}])
def test_a_batch_of_another_shape_is_an_error(batch):
    with pytest.raises(ValueError, match="'batch results' takes a mapping"):
        COLUMNS.rows(batch)


def test_a_batch_whose_columns_differ_in_length_loses_nothing_in_silence():
    with pytest.raises(ValueError, match="differ in length"):
        COLUMNS.rows({"Voltage (V)": [1.0, 2.0], "remark": ["a"]})


def test_a_result_that_is_no_mapping_is_an_error():
    with pytest.raises(ValueError, match="got a list"):
        COLUMNS.row([1, 2])


def test_a_procedure_without_columns_may_emit_what_it_likes():
    assert Columns([]).row({"anything": 1}) == {"anything": 1}
